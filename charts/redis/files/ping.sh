#!/bin/sh
# Succeeds when the server answers a logged-in PING; works with the redis and the valkey image.
set -eu
cli=$(command -v redis-cli || command -v valkey-cli)
REDISCLI_AUTH=$(cat /secret/password)
export REDISCLI_AUTH
answer=$("$cli" -h 127.0.0.1 ping)
[ "$answer" = PONG ] || { echo "unexpected answer: $answer" >&2; exit 1; }
