# Tests on a Kubernetes cluster, the one that KUBECONFIG names. Read by the root Makefile.

# How an image comes to where the cluster finds it: a shell command, run beside the Makefile, with CONTEXT, DOCKERFILE, IMAGE and
# VERSION in its environment. Given before `make`, not after it, where $I would be a variable of make's. For the cluster of `make kind-up`:
#   IMAGE_BUILD='docker build --file "$DOCKERFILE" --tag "$IMAGE" --build-arg "VERSION=$VERSION" "$CONTEXT" && .cache/tools/gobin/kind load docker-image --name authdb "$IMAGE"' make e2e
export IMAGE_BUILD
# Address of the ingress controller, and its class.
export INGRESS_URL
export INGRESS_CLASS
# A further values file, for example helm/ci/values-replicaset.yaml.
export E2E_VALUES
# A Gateway to test (namespace/name), and where it answers.
export E2E_GATEWAY
export E2E_GATEWAY_URL
# A commit whose charts and images are installed and then upgraded to these.
export E2E_FROM
# An image with mongodump, where MongoDB's own has none.
export E2E_BACKUP_IMAGE
# An image of Prometheus 3 that watches the system.
export E2E_PROMETHEUS_IMAGE
# KEEP=1 leaves the namespace for a look.
export KEEP
export NAMESPACE SECRET

.PHONY: cluster-tools e2e e2e-drills

cluster-tools: charts-deps ## kubectl, found on PATH or built
	@helm/tools kubectl

e2e: cluster-tools install ## on the cluster of KUBECONFIG: images, a throw-away namespace, helm install, helm test, the end-to-end tests through the ingress
	node e2e/commands/in-cluster.ts contract/*.test.ts

e2e-drills: cluster-tools install ## the same, then upgrades and failures on purpose
	node e2e/commands/in-cluster.ts cluster/*.test.ts web/cluster/*.test.ts

.PHONY: skaffold-e2e
skaffold-e2e: ## Skaffold's own end-to-end run: `verify` never builds, it is told what was built
	@command -v skaffold >/dev/null || { echo "skaffold-e2e needs Skaffold 2.19 or newer (https://skaffold.dev), and there is none on PATH."; exit 1; }
	@mkdir -p $(CACHE)
	skaffold build -p e2e --file-output=$(CACHE)/skaffold-build.json
	skaffold deploy -p e2e -a $(CACHE)/skaffold-build.json
	skaffold verify -p e2e -a $(CACHE)/skaffold-build.json

.PHONY: image kind-up kind-down
SERVICE ?= auth-service
ifndef VERSION
VERSION := $(shell sed -n 's/^  "version": "\(.*\)",/\1/p' '$(subst ','\'',$(SERVICE))/package.json')
endif
IMAGE ?= authdb/$(SERVICE):$(VERSION)
# The gateway's image holds the page, which comes from another folder.
CONTEXT := $(if $(filter gateway,$(SERVICE)),.,./$(SERVICE))
export SERVICE VERSION IMAGE REGISTRY CONTEXT
image: ## the image of a service or the gateway: SERVICE=task-service IMAGE=authdb/task-service:1.2.3
	docker build --file "$$SERVICE/Dockerfile" --tag "$$IMAGE" --build-arg "VERSION=$$VERSION" "$$CONTEXT"

export KUBERNETES
kind-up: cluster-tools ## a cluster in Docker with ingress-nginx at http://127.0.0.1:8080, for `kubectl`, too; KUBERNETES=oldest or newest
	helm/kind up

kind-down: cluster-tools ## removes it
	helm/kind down

# Adds a signing key to a Secret in the cluster, and takes out old ones: make rotate-keys NAMESPACE=authdb SECRET=authdb-auth-service
.PHONY: rotate-keys
rotate-keys: cluster-tools install ## a new signing key in the cluster of KUBECONFIG: NAMESPACE, SECRET
	@helm/rotate-keys "$${NAMESPACE:?is the namespace of AuthDB}" "$${SECRET:?is the Secret with signing-keys.json}"

# What the workflow `release` does, step by step; helm/release says what each needs.
RELEASE := release-check release-unpublished chart-package chart-push release-join
.PHONY: $(RELEASE)
$(RELEASE): export PART := $(or $(PART),$(SERVICE))
export DIGESTS

release-check: ## fails unless VERSION is the version of PART everywhere (package.json, the chart's appVersion or version), on main
	@helm/release check

release-unpublished: charts-helm ## fails when that image or chart is in the registry already
	@helm/release unpublished

chart-package: charts-helm ## the chart of PART in .cache/packages; with REGISTRY=registry.example.com/authdb it names the images there
	@helm/release package

chart-push: charts-helm ## pushes that archive and signs it; `helm registry login` and cosign come first
	@helm/release push-chart

release-join: ## makes one image of the DIGESTS that were built for each processor, and signs it
	@helm/release join-image $$DIGESTS
