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

# One service's image: make image SERVICE=task-service IMAGE=authdb/task-service:1.2.3
.PHONY: image kind-up kind-down release-check chart-package
SERVICE ?= auth-service
VERSION ?= $(shell sed -n 's/^  "version": "\(.*\)",/\1/p' $(SERVICE)/package.json)
IMAGE ?= authdb/$(SERVICE):$(VERSION)
image:
	docker build --tag "$(IMAGE)" --build-arg "VERSION=$(VERSION)" $(SERVICE)

# A cluster in Docker with the ingress-nginx controller at http://127.0.0.1:8080; `kubectl config` then points to it.
kind-up: cluster-tools
	helm/kind up

kind-down: cluster-tools
	helm/kind down

# Fails unless VERSION is the version of SERVICE everywhere: package.json, the chart's appVersion.
release-check:
	@test "$(VERSION)" = "$$(sed -n 's/^  "version": "\(.*\)",/\1/p' $(SERVICE)/package.json)" || { echo "$(SERVICE)/package.json has another version than $(VERSION)"; exit 1; }
	@grep -qx 'appVersion: "$(VERSION)"' charts/$(SERVICE)/Chart.yaml || { echo "charts/$(SERVICE)/Chart.yaml has another appVersion than $(VERSION)"; exit 1; }

# The chart of SERVICE as an archive in .cache/packages; its own version is in its Chart.yaml. With REGISTRY its default
# image is REGISTRY/SERVICE: make chart-package SERVICE=task-service REGISTRY=registry.example.com/authdb
chart-package: charts-helm
	@rm -rf $(CACHE)/packages && mkdir -p $(CACHE)/packages && cp -rL charts/$(SERVICE) $(CACHE)/packages
	@sed 's|^  repository: authdb/|  repository: $(or $(REGISTRY),authdb)/|' charts/$(SERVICE)/values.yaml >$(CACHE)/packages/$(SERVICE)/values.yaml
	helm package $(CACHE)/packages/$(SERVICE) --destination $(CACHE)/packages

# Pushes the packaged chart to an OCI registry: make chart-push REGISTRY=ghcr.io/owner/charts, with HELM_USER and HELM_PASSWORD.
.PHONY: chart-push
chart-push: charts-helm
	@printf '%s' "$$HELM_PASSWORD" | helm registry login "$$(printf '%s' "$(REGISTRY)" | cut -d/ -f1)" --username "$$HELM_USER" --password-stdin
	@chart=$$(sed -n 's/^version: //p' charts/$(SERVICE)/Chart.yaml); \
	! helm show chart "oci://$(REGISTRY)/$(SERVICE)" --version "$$chart" >/dev/null 2>&1 || { echo "chart $(SERVICE) $$chart is published already: raise its version"; exit 1; }
	helm push $(CACHE)/packages/*.tgz "oci://$(REGISTRY)"
