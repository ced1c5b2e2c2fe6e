# AuthDB. `make` lists what can be made; the README explains it.
# Everything is installed inside this checkout; `make clean` removes it.

SHELL := /bin/sh
# Every path below is relative to this file, and what a user says reaches a shell through its environment alone: then a space, a
# dollar or a quote in the checkout's own path, or in a variable, is never read as anything else.
override CACHE := .cache
NODE_VERSION := $(shell cat .node-version)
ifneq (,$(findstring :,$(CURDIR)))
$(error PATH cannot hold the path of this checkout, because of its colon: $(CURDIR))
endif
# Where the machine's Node is older, the one that `make node` puts here comes first.
export PATH := $(CURDIR)/$(CACHE)/node/node_modules/.bin:$(value PATH)
unexport CDPATH
# Addresses of this machine are never asked for through a proxy: with NODE_USE_ENV_PROXY nothing would be seen to start.
comma := ,
export NO_PROXY := $(addsuffix $(comma),$(or $(value NO_PROXY),$(value no_proxy)))127.0.0.1,localhost,::1
export no_proxy := $(NO_PROXY)
# Packages are fetched into the checkout, too: a home directory may be missing, or not be writable.
export npm_config_cache := $(CURDIR)/$(CACHE)/npm
unexport NPM_CONFIG_CACHE
# Given on the command line (make dev TASKS=5), these reach the commands through their environment.
export TASKS PORT GATEWAY AUTH_PORT TASK_PORT INTERNAL_PORT CONTROL_PORT MONGODB_PORT REDIS_PORT
export EMAIL FILE AUTHDB_URI AUTH_MONGODB_URI TASKS_MONGODB_URI
export NODE_COMPILE_CACHE := $(CURDIR)/$(CACHE)/compile

override PACKAGES := $(patsubst %/package-lock.json,%,$(wildcard dev/package-lock.json gateway/package-lock.json web/package-lock.json \
	auth-service/package-lock.json task-service/package-lock.json e2e/package-lock.json bench/package-lock.json helm/package-lock.json))
SERVICES := $(filter auth-service task-service,$(PACKAGES))
STAMPS := $(PACKAGES:%=$(CACHE)/installed/%)
# What the system itself consists of: `make dev` installs nothing else, and none of their tools for tests.
SYSTEM := $(addprefix $(CACHE)/run/,$(filter dev gateway web auth-service task-service,$(PACKAGES)))

.PHONY: help dev test browser page demo doctor screenshots check clean keys promote node install twins versions lint types openapi readme readme-check model consistency judge bench bench-protocol bench-generator bench-log-outs bench-import bench-rivals bench-page import erased restored

help: ## this list
	@awk -F ':.* ## ' '/^[a-z0-9-]+:.* ## / { printf "  %-15s %s\n", $$1, $$2 }' Makefile helm/charts.mk helm/cluster.mk e2e/scaling.mk

dev: $(SYSTEM) page ## the whole system, with addresses and three curl lines to try; TASKS=5, PORT=9000, GATEWAY=nginx and more are in docs/settings.md
	@exec node dev/src/commands/dev.ts

test: install page ## every test but the charts', with stores of its own; ends with "N passed, N failed"
	@node dev/src/commands/test.ts

demo: $(SYSTEM) ## sample data for a running `make dev`: a person with tasks and an administrator, with their passwords
	@node dev/src/commands/demo.ts

doctor: ## what this machine has and lacks for the commands here
	@sh dev/src/doctor.sh

screenshots: install page ## the pictures of the page in docs/screenshots, made by its tests in Chromium
	@cd e2e && SCREENSHOTS="$(CURDIR)/docs/screenshots" node_modules/.bin/tap run web/views.test.ts

browser: install ## a Chromium in .cache for the tests of the page, where the machine has none
	@node e2e/commands/browser.ts

page: $(CACHE)/run/web ## the page that the gateways serve at /, built into web/dist
	@node web/build.ts

check: lint types twins versions openapi readme-check ## lint, types, twins, versions, openapi and readme-check
	@echo "make check: nothing to mend"

lint: install ## Biome
	dev/node_modules/.bin/biome check --error-on-warnings .

types: install ## tsc in every package
	@set -e; for package in $(PACKAGES); do echo "typecheck $$package"; (cd $$package && npm run --silent typecheck); done

twins: install ## what both services have in common is the same, byte for byte
	@node dev/src/commands/twins.ts

versions: ## a dependency has one version in all lock files that name it
	@node dev/src/commands/versions.ts

openapi: install ## each committed openapi.json is what the routes say
	@set -e; for service in $(SERVICES); do (cd $$service && npm run --silent --if-present openapi:check); done

readme: install ## writes the tables of docs that are made from the code
	@node dev/src/commands/readme.ts

readme-check: install ## fails when those tables are stale
	@node dev/src/commands/readme.ts --check

model: install ## the cache protocol, exhaustively: minutes, and a table
	@node task-service/model/main.ts

consistency: install ## histories under every kind of fault: SECONDS, KINDS and more, see e2e/commands/consistency.ts
	@node e2e/commands/consistency.ts

judge: install ## judges a history again that a run has kept in e2e/results because something was found in it: FILE=…
	@node e2e/commands/judge.ts "$$FILE"

bench: install ## what requests cost beside a bare node:http, storms, sizes, overload, starts, soak, idle streams: PARTS, ROUNDS and more, see bench/settings.ts
	@node bench/main.ts

bench-protocol: install ## what the cache protocol costs beside the usual one
	@node bench/cache-cost.ts

bench-rivals: install ## one race on other caches and on ours: who is stale, and what a hit, a miss and a write cost
	@node bench/rivals/main.ts

bench-page: install ## lists beside a storm of log-ins, and what a page that reads all requests costs: ROUNDS, SECONDS, PEOPLE
	@node bench/page.ts

bench-generator: install ## the load generator beside vegeta, which has to be on PATH: RATE, SECONDS, ROUNDS
	@node bench/generator.ts

bench-log-outs: install ## how long a log-out takes to be felt at every instance, as a histogram: COUNT, AT_ONCE, TASKS, REDIS=off
	@node e2e/commands/log-outs.ts

bench-import: install ## how long an AuthDB of COUNT users takes to be copied, also when that is interrupted, and in how much memory
	@node e2e/commands/import.ts

keys: install ## makes the signing keys of `make dev`, or of FILE; or adds a new one and retires old ones
	@mkdir -p $(CACHE)/dev && chmod 700 $(CACHE)/dev
	@node auth-service/src/commands/keys.ts "$${FILE:-$(CACHE)/dev/signing-keys.json}"

promote: install ## makes the account of EMAIL an administrator, in the database of `make dev` or of MONGODB_URI
	@MONGODB_URI="$${MONGODB_URI:-mongodb://127.0.0.1:$${MONGODB_PORT:-27117}/?directConnection=true}" \
		node auth-service/src/commands/promote.ts "$$EMAIL"

# One connection string for each database: AUTHDB_URI is read from; the others are those of `make dev` where none is given.
import: install ## copies the users and tasks of the AuthDB at AUTHDB_URI (mongodb://…/NAME) into AUTH_MONGODB_URI and TASKS_MONGODB_URI
	@dev="$${MONGODB_URI:-mongodb://127.0.0.1:$${MONGODB_PORT:-27117}/?directConnection=true}"; \
	export AUTH_MONGODB_URI="$${AUTH_MONGODB_URI:-$$dev}" TASKS_MONGODB_URI="$${TASKS_MONGODB_URI:-$$dev}"; \
	MONGODB_URI="$$AUTH_MONGODB_URI" node auth-service/src/commands/import.ts && \
	MONGODB_URI="$$TASKS_MONGODB_URI" node task-service/src/commands/import.ts

erased: install ## the ids of deleted accounts, in the database of `make dev` or of MONGODB_URI: to be kept beside a backup
	@MONGODB_URI="$${MONGODB_URI:-mongodb://127.0.0.1:$${MONGODB_PORT:-27117}/?directConnection=true}" \
		node auth-service/src/commands/erased.ts

restored: install ## after a restore: deletes again the accounts in FILE (made by `make erased`), and ends every session
	@MONGODB_URI="$${MONGODB_URI:-mongodb://127.0.0.1:$${MONGODB_PORT:-27117}/?directConnection=true}" \
		node auth-service/src/commands/restored.ts $${FILE:+"$$FILE"}

install: $(STAMPS) ## the packages of every part, in this checkout

# One after another, since each uses all the network and processors there are. An installation is known by what was installed:
# a switch of branches and a copy change the times of files, and often nothing else.
$(CACHE)/installed/%: %/package-lock.json %/package.json | node
	@mkdir -p $(@D)
	@if [ -d $*/node_modules ] && cat $^ | cmp -s - $@; then touch $@; exit 0; fi; set -e; \
	rm -f $@; sh dev/src/install.sh $*; \
	if [ -f $*/.taprc ]; then (cd $* && node_modules/.bin/tap build) >$(CACHE)/tap-build.log 2>&1 || { cat $(CACHE)/tap-build.log; exit 1; }; fi; \
	cat $^ >$@

# The same without the tools for tests and types; whoever has all of a package has this, too.
$(CACHE)/run/%: %/package-lock.json %/package.json | node
	@mkdir -p $(@D)
	@if [ -d $*/node_modules ] && { cat $^ | cmp -s - $@ || cat $^ | cmp -s - $(CACHE)/installed/$*; }; then touch $@; exit 0; fi; set -e; \
	rm -f $@ $(CACHE)/installed/$*; sh dev/src/install.sh $* --omit=dev; cat $^ >$@

node: ## a Node of the right age in .cache, where the machine has an older one
	@mkdir -p $(CACHE)
	@command -v node >/dev/null && command -v npm >/dev/null || { echo "AuthDB needs Node 18 or newer with npm (https://nodejs.org), and there is none on PATH."; exit 1; }
	@command -v python3 >/dev/null || { echo "AuthDB needs Python 3 (for the databases it starts where none is installed), and there is no python3 on PATH."; exit 1; }
	@major=$$(node -p 'process.versions.node.split(".")[0]'); \
	if [ "$$major" -lt 18 ]; then echo "AuthDB needs Node 18 or newer to install its own; this one is $$(node -v)."; exit 1; fi; \
	if [ "$$major" -lt $(NODE_VERSION) ]; then \
		echo "installing Node $(NODE_VERSION), about 190 MB, into .cache/node (this machine has $$(node -v))"; \
		npm install --loglevel=error --no-audit --no-fund --prefix $(CACHE)/node node@$(NODE_VERSION) >/dev/null || \
			{ echo "Node $(NODE_VERSION) was not installed; npm says why above."; exit 1; }; \
	fi

clean: ## removes everything that was installed, built or stored in this checkout: data, too
	rm -rf $(CACHE) $(PACKAGES:%=%/node_modules) $(PACKAGES:%=%/.tap)

-include helm/charts.mk
-include e2e/scaling.mk
