#!/bin/sh
# Writes the configuration with the password into a memory volume and starts the server. A configuration file as the only
# argument makes the entry points of the redis and of the valkey image start their own binary.
set -eu
umask 077
{
  cat /files/redis.conf
  # Between double quotes a password may hold spaces; quotes and backslashes in it are escaped.
  printf 'requirepass "%s"\n' "$(sed 's/[\\"]/\\&/g' /secret/password)"
} >/run/redis/redis.conf
exec docker-entrypoint.sh /run/redis/redis.conf
