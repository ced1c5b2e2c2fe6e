#!/bin/bash
# Starts mongod through the image's own entry point. Only member 0 makes the root user on an empty volume;
# the others get it from member 0 when they join, and a member with a user of its own could not join.
set -euo pipefail
case ${HOSTNAME} in
  *-0)
    export MONGO_INITDB_ROOT_USERNAME=root
    export MONGO_INITDB_ROOT_PASSWORD_FILE=/secret/root-password
    ;;
esac
exec docker-entrypoint.sh mongod "$@"
