#!/bin/bash
# Starts mongod through the image's own entry point. Only member 0 makes the root user on an empty volume;
# the others get it from member 0 when they join, and a member with a user of its own could not join.
set -euo pipefail

# A password that the release made goes with the release, and the volume stays: the next release's password becomes
# root's, through a server that only this container reaches. The digest beside the data says which one root has; a
# generated password is too long to be guessed from it.
follow_generated_password() {
  local mark=/data/db/.root-password.sha256 digest server
  digest=$(sha256sum </secret/root-password)
  if [[ ! -e /data/db/WiredTiger || $(cat "$mark" 2>/dev/null) == "$digest" ]]; then return; fi
  mongod --bind_ip=127.0.0.1 --port=27017 --dbpath=/data/db &
  server=$!
  # bash is the first process here, which no signal ends by itself.
  trap 'kill "$server"; wait "$server"; exit 143' TERM
  until mongosh --nodb --quiet --norc /files/root-password.js; do
    kill -0 "$server" # or there is nothing to wait for; the startup probe limits the time
    sleep 1
  done
  kill "$server"
  wait "$server"
  trap - TERM
  echo "$digest" >"$mark"
}

case ${HOSTNAME} in
  *-0)
    if [[ -n ${ROOT_PASSWORD_IS_GENERATED:-} ]]; then follow_generated_password; fi
    export MONGO_INITDB_ROOT_USERNAME=root
    export MONGO_INITDB_ROOT_PASSWORD_FILE=/secret/root-password
    ;;
esac
exec docker-entrypoint.sh mongod "$@"
