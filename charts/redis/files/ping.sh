#!/bin/sh
# Succeeds when the server answers; works with the redis and the valkey image. Without a password the answer of a healthy server
# is that one is needed: the password in the Secret may be newer than the one the server started with.
set -eu
cli=$(command -v redis-cli || command -v valkey-cli)
answer=$("$cli" -h 127.0.0.1 ping 2>&1) || true
case $answer in
  PONG | *NOAUTH*) ;;
  *) echo "unexpected answer: $answer" >&2; exit 1 ;;
esac
