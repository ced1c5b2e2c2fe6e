# Tests on a Kubernetes cluster, the one that KUBECONFIG names. Read by the root Makefile.

# How an image comes to where the cluster finds it; CONTEXT, IMAGE and VERSION are in the command's environment. For kind:
#   make e2e IMAGE_BUILD='docker build --tag "$IMAGE" --build-arg "VERSION=$VERSION" "$CONTEXT" && kind load docker-image "$IMAGE"'
export IMAGE_BUILD
# Address of the ingress controller, and its class.
export INGRESS_URL
export INGRESS_CLASS
# KEEP=1 leaves the namespace for a look.
export KEEP

.PHONY: e2e e2e-drills

# Images, a throw-away restricted namespace, helm install, helm test, the end-to-end suite through the ingress.
e2e: charts-deps install
	node e2e/cluster/run.ts contract/*.test.ts

# The same, then upgrades and failures on purpose.
e2e-drills: charts-deps install
	node e2e/cluster/run.ts cluster/*.test.ts
