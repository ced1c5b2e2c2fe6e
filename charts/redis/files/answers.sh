#!/bin/sh
# Run by `helm test`: the server lets in who knows the password, refuses who does not, and is set up as a cache.
set -eu
cli=$(command -v redis-cli || command -v valkey-cli)
expect() { # SENTENCE PATTERN COMMAND...
  sentence=$1 pattern=$2; shift 2
  answer=$("$cli" -h "$SERVER" "$@" 2>&1) || true
  case $answer in
    $pattern) echo "ok - $sentence" ;;
    *) echo "NOT OK - $sentence: $answer"; exit 1 ;;
  esac
}
expect 'a logged-in client is answered' PONG ping
expect 'a key can be written' OK set helm-test 1 PX 5000
expect 'and read' 1 get helm-test
expect "the least used keys go first" "*$MAXMEMORY_POLICY*" config get maxmemory-policy
expect 'nothing is written to disk' '*appendonly*no*' config get appendonly
REDISCLI_AUTH=wrong
expect 'a wrong password is refused' '*NOAUTH*' ping
