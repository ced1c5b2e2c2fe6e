# Load, restarts and scaling. Read by the root Makefile.

export RATE ROUNDS SECONDS

.PHONY: drain

# Ten rolling restarts behind nginx at 400 requests/s, and a killed instance; no cluster needed.
drain: install
	cd e2e && RATE=$${RATE:-400} ROUNDS=$${ROUNDS:-10} SECONDS=$${SECONDS:-600} node_modules/.bin/tap run --reporter=tap --timeout=900 drain/*.test.ts
