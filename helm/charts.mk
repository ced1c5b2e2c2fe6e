# Charts: `make charts` checks them, `make charts-docs` writes what is generated. Read by the root Makefile.

# Shown when a command fails; otherwise helm's remarks stay out of the way.
override LOG := $(CACHE)/tools/command.log
CHARTS := charts/auth-service charts/task-service charts/gateway charts/mongodb charts/redis
# Each values file that somebody installs with, on top of those before its comma.
VALUES := helm/authdb/values-dev.yaml helm/authdb/values-e2e.yaml helm/authdb/values-prod.yaml helm/ci/values-everything.yaml \
	$(patsubst %,helm/authdb/values-e2e.yaml$(comma)%,$(wildcard helm/authdb/values-scale.yaml) helm/ci/values-replicaset.yaml) \
	$(patsubst %,helm/authdb/values-prod.yaml$(comma)%,$(wildcard helm/examples/values-*.yaml))
include helm/cluster.mk

# Each target asks for the tools that it uses: found on PATH, or built by Go in the versions of helm/tools.versions.
export PATH := $(CURDIR)/$(CACHE)/tools/bin:$(value PATH)

.PHONY: charts charts-tools charts-helm charts-deps charts-docs charts-lint charts-unit charts-conform charts-alerts charts-test workflows

charts: charts-lint charts-unit charts-conform charts-alerts charts-test ## charts-lint, charts-unit, charts-conform, charts-alerts and charts-test
	@echo "make charts: nothing to mend"

charts-tools: ## the tools of the charts, found on PATH or built: all of them at once, for who wants to have waited
	@helm/tools helm helm-unittest kubeconform promtool actionlint

charts-helm: ## helm, found on PATH or built
	@helm/tools helm

charts-deps: charts-helm ## puts the charts that helm/authdb is made of into it
	@helm dependency update helm/authdb >$(LOG) 2>&1 || { cat $(LOG); exit 1; }

charts-docs: $(CACHE)/installed/helm ## writes the tables and schemas that are made from the charts
	node helm/src/docs.ts

charts-lint: charts-deps $(CACHE)/installed/helm ## helm lint with every values file; nothing generated is stale
	node helm/src/docs.ts --check
	@set -e; for chart in $(CHARTS); do echo "lint $$chart"; helm lint --strict $$chart >$(LOG) 2>&1 || { cat $(LOG); exit 1; }; done
	@set -e; for values in $(VALUES); do echo "lint helm/authdb with $$values"; \
		helm lint --strict helm/authdb -f $$values >$(LOG) 2>&1 || { cat $(LOG); exit 1; }; done

charts-unit: charts-deps ## unit tests of the templates
	@helm/tools helm-unittest
	helm-unittest --strict $(CHARTS) helm/authdb

charts-conform: charts-deps $(CACHE)/installed/helm ## every values file against the API of each Kubernetes release in helm/tools.versions, and against the CRDs
	@command -v go >/dev/null || { echo "charts-conform takes the API schemas from Go modules, and there is no go on PATH (https://go.dev/dl)."; exit 1; }
	@helm/tools kubeconform
	node helm/src/api-schemas.ts
	@set -e; . helm/tools.versions; for values in $(VALUES); do for api in $$SCHEMAS; do \
		echo "conform $$values with Kubernetes $$api"; \
		helm template authdb helm/authdb --kube-version $$api -f $$values 2>$(LOG) >$(CACHE)/tools/rendered.yaml || { cat $(LOG); exit 1; }; \
		kubeconform -strict -summary -schema-location "$(CACHE)/tools/api-schemas/$$api/{{ .ResourceKind }}{{ .KindSuffix }}.json" \
			-schema-location "$(CACHE)/tools/api-schemas/crds/{{ .ResourceKind }}{{ .KindSuffix }}.json" $(CACHE)/tools/rendered.yaml; \
	done; done

charts-alerts: charts-deps $(CACHE)/installed/helm ## the alerts, by Prometheus' own unit tests
	@helm/tools promtool
	cd helm && node_modules/.bin/tap run alerts/*.test.ts

charts-test: charts-deps $(CACHE)/installed/helm ## tests of what the charts, skaffold.yaml and the workflows promise
	@helm/tools helm-unittest actionlint
	cd helm && npm run --silent typecheck && npm test --silent

workflows: ## actionlint
	@helm/tools actionlint
	actionlint
