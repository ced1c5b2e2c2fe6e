#!/bin/bash
# Puts the databases back as they were in one folder of backups; collections that are in it are replaced.
set -euo pipefail
umask 077
[[ -d /backup/$ARCHIVE ]] || { echo "restore: there is no backup $ARCHIVE; there are: $(ls /backup | tr '\n' ' ')" >&2; exit 42; }
printf 'password: "%s"\n' "$(sed 's/[\\"]/\\&/g' /secret/root-password)" >/tmp/login.yaml
for database in $DATABASES; do
  [[ -s /backup/$ARCHIVE/$database.gz ]] || { echo "restore: $ARCHIVE holds nothing of $database" >&2; exit 42; }
done
for database in $DATABASES; do
  mongorestore --quiet --config=/tmp/login.yaml --uri="$URI" --drop --nsInclude="$database.*" --gzip --archive="/backup/$ARCHIVE/$database.gz"
  echo "restore: $database is as it was at $ARCHIVE"
done
