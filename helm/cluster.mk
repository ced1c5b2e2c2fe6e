# Tests on a Kubernetes cluster, the one that KUBECONFIG names. Read by the root Makefile.

# How an image comes to where the cluster finds it: a shell command, run beside the Makefile, with CONTEXT, IMAGE and VERSION in its
# environment. Given before `make`, not after it, where $I would be a variable of make's. For the cluster of `make kind-up`:
#   IMAGE_BUILD='docker build --tag "$IMAGE" --build-arg "VERSION=$VERSION" "$CONTEXT" && .cache/tools/gobin/kind load docker-image --name authdb "$IMAGE"' make e2e
export IMAGE_BUILD
# Address of the ingress controller, and its class.
export INGRESS_URL
export INGRESS_CLASS
# A further values file, for example helm/ci/values-replicaset.yaml.
export E2E_VALUES
# A Gateway to test (namespace/name), and where it answers.
export E2E_GATEWAY
export E2E_GATEWAY_URL
# KEEP=1 leaves the namespace for a look.
export KEEP

.PHONY: cluster-tools e2e e2e-drills

cluster-tools: charts-deps
	@helm/tools kubectl

# Images, a throw-away restricted namespace, helm install, helm test, the end-to-end suite through the ingress.
e2e: cluster-tools install
	node e2e/commands/in-cluster.ts contract/*.test.ts

# The same, then upgrades and failures on purpose.
e2e-drills: cluster-tools install
	node e2e/commands/in-cluster.ts cluster/*.test.ts

# Skaffold's own end-to-end run: `verify` never builds, it is told what was built.
.PHONY: skaffold-e2e
skaffold-e2e:
	@command -v skaffold >/dev/null || { echo "skaffold-e2e needs Skaffold 2.19 or newer (https://skaffold.dev), and there is none on PATH."; exit 1; }
	@mkdir -p $(CACHE)
	skaffold build -p e2e --file-output=$(CACHE)/skaffold-build.json
	skaffold deploy -p e2e -a $(CACHE)/skaffold-build.json
	skaffold verify -p e2e -a $(CACHE)/skaffold-build.json

# One service's image: make image SERVICE=task-service IMAGE=authdb/task-service:1.2.3
.PHONY: image kind-up kind-down
SERVICE ?= auth-service
VERSION ?= $(shell sed -n 's/^  "version": "\(.*\)",/\1/p' $(SERVICE)/package.json)
IMAGE ?= authdb/$(SERVICE):$(VERSION)
image:
	docker build --tag "$(IMAGE)" --build-arg "VERSION=$(VERSION)" $(SERVICE)

# A cluster in Docker with the ingress-nginx controller at http://127.0.0.1:8080; `kubectl config` then points to it.
# KUBERNETES=oldest or newest, of those in helm/tools.versions.
export KUBERNETES
kind-up: cluster-tools
	helm/kind up

kind-down: cluster-tools
	helm/kind down

# What the workflow `release` does, step by step; helm/release says what each needs.
RELEASE := release-check release-unpublished chart-package chart-push release-join
.PHONY: $(RELEASE)
$(RELEASE): export PART := $(or $(PART),$(SERVICE))
$(RELEASE): export VERSION := $(VERSION)
$(RELEASE): export REGISTRY := $(REGISTRY)

# Fails unless VERSION is the version of PART everywhere (package.json, the chart's appVersion; or the chart's version), on main.
release-check:
	@helm/release check

# Fails when that image or chart is in the registry already.
release-unpublished: charts-helm
	@helm/release unpublished

# The chart of PART as an archive in .cache/packages; with REGISTRY it names the images there:
#   make chart-package PART=task-service REGISTRY=registry.example.com/authdb
chart-package: charts-helm
	@helm/release package

# Pushes that archive and signs it. `helm registry login` and cosign come first.
chart-push: charts-helm
	@helm/release push-chart

# Makes one image of the DIGESTS that were built for each processor, and signs it.
release-join:
	@helm/release join-image $$DIGESTS
