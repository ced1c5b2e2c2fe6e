#!/bin/sh
# Installs what the lock file of one package names, and says how much that was: install.sh PACKAGE [--omit=dev]
package=$1
shift
printf 'installing %s … ' "$package"
started=$(date +%s)
if (cd "$package" && npm ci --loglevel=error --no-audit --no-fund "$@" >/dev/null); then
  echo "$(du -sm "$package/node_modules" | cut -f1) MB in $(($(date +%s) - started)) s"
else
  echo "The packages of $package were not installed; npm says why above."
  exit 1
fi
