# Load, restarts and scaling. Read by the root Makefile.

.PHONY: drain scale-test

drain: install ## ten rolling restarts behind nginx at 400 requests/s, then 100 kills behind each gateway at what the machine carries; no cluster needed: RATE, ROUNDS, KILLS, KILL_RATE, LIMIT_SECONDS
	cd e2e && RATE=$${RATE:-400} ROUNDS=$${ROUNDS:-10} KILLS=$${KILLS:-100} LIMIT_SECONDS=$${LIMIT_SECONDS:-600} node_modules/.bin/tap run --reporter=tap --timeout=1800 restarts/*.test.ts

# RUNS=ramp,disturbances,storm RATE=200 QUIET=60 RAMP=30 PLATEAU=120 …: all of e2e/scaling/settings.ts; images and ingress as for `make e2e`.
scale-test: cluster-tools install ## load, autoscaling, restarts and failures on the cluster of KUBECONFIG; a picture and numbers in e2e/results
	node e2e/commands/in-cluster.ts scaling/cluster/*.test.ts

.PHONY: photograph-scaling
photograph-scaling: cluster-tools install ## beside a running scale-test: its page in Chromium, in docs/screenshots/scale-on-kubernetes.png
	node e2e/web/cluster/photograph.ts
