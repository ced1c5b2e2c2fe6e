#!/bin/bash
# Dumps each database into one folder, which appears when it is complete, and keeps the newest KEEP folders.
set -euo pipefail
umask 077
stamp=$(date -u +%Y%m%dT%H%M%SZ)
partial=/backup/.partial-$stamp
# What a run that was cut short has left.
rm -rf /backup/.partial-*
mkdir "$partial"
# In a file, because arguments are seen by everybody on the node.
printf 'password: "%s"\n' "$(sed 's/[\\"]/\\&/g' /secret/root-password)" >/tmp/login.yaml
for database in $DATABASES; do
  mongodump --quiet --config=/tmp/login.yaml --uri="$URI" --db="$database" --gzip --archive="$partial/$database.gz"
  [[ -s $partial/$database.gz ]] || { echo "backup: the archive of $database is empty" >&2; exit 1; }
done
mv "$partial" "/backup/$stamp"
find /backup -mindepth 1 -maxdepth 1 -type d -name '2*Z' | sort | head -n "-$KEEP" | xargs -r rm -rf
echo "backup: /backup/$stamp holds $(ls "/backup/$stamp" | tr '\n' ' ')"
