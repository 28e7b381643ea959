#!/bin/sh
# run.sh PROGRAM DATABASE LISTEN: creates the database with the example records and an admin token if there is none,
# prints the address, and becomes the server, so that Ctrl-C reaches it.
set -eu
program=$1 db=$2 listen=$3
scheme=http
[ -z "${ENTENTE_TLS_CERT:-}" ] || scheme=https

if [ -e "$db" ]; then
  printf '\n%s exists already. Its registry:\n\n  %s://%s/\n\n' "$db" "$scheme" "$listen"
  printf 'A new token: %s token create --db %s --role admin --name "me"\n\n' "$program" "$db"
else
  mkdir -p "$(dirname "$db")"
  "$program" import --db "$db" examples/press-release.ndjson
  token=$("$program" token create --db "$db" --role admin --name "make run")
  printf '\n%s is new and contains the records of examples/press-release.ndjson.\n' "$db"
  printf 'Sign in as admin with this link, which is shown only once:\n\n  %s://%s/#token=%s\n\n' "$scheme" "$listen" "$token"
fi
exec "$program" serve --db "$db" --listen "$listen"
