#!/bin/sh
# As the official image: makes the database at the first start, from POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB (each
# also as NAME_FILE), POSTGRES_INITDB_ARGS, POSTGRES_HOST_AUTH_METHOD and /docker-entrypoint-initdb.d, then runs it.
set -eu

fail() {
  echo "docker-entrypoint.sh: $*" >&2
  exit 1
}

# Takes variable $1 from the file that $1_FILE names, or else from itself, or else the default $2.
take() {
  eval "value=\${$1:-} file=\${$1_FILE:-}"
  [ -z "$value" ] || [ -z "$file" ] || fail "$1 and $1_FILE are both set: give one"
  if [ -n "$file" ]; then value=$(cat "$file"); fi
  export "$1=${value:-${2:-}}"
  unset "$1_FILE" value file
}

# psql on the server that runs during the set-up, which listens on its socket alone.
sql() {
  psql -v ON_ERROR_STOP=1 --no-psqlrc --no-password -U "$POSTGRES_USER" "$@"
}

create_cluster() {
  take POSTGRES_USER postgres
  take POSTGRES_PASSWORD
  take POSTGRES_DB "$POSTGRES_USER"
  take POSTGRES_INITDB_ARGS
  method=${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}
  [ -n "$POSTGRES_PASSWORD" ] || [ "$method" = trust ] ||
    fail 'the database has no password: set POSTGRES_PASSWORD to one (or POSTGRES_HOST_AUTH_METHOD=trust to do without)'

  password_file=$(mktemp)
  printf '%s\n' "$POSTGRES_PASSWORD" >"$password_file"
  # POSTGRES_INITDB_ARGS is a list of words.
  # shellcheck disable=SC2086
  initdb --username="$POSTGRES_USER" ${POSTGRES_PASSWORD:+--pwfile="$password_file"} --auth-local=trust --auth-host=trust $POSTGRES_INITDB_ARGS
  rm "$password_file"
  printf '\nhost all all all %s\n' "$method" >>"$PGDATA/pg_hba.conf"
  sed -i "s/^#*listen_addresses = .*/listen_addresses = '*'/" "$PGDATA/postgresql.conf"

  pg_ctl -D "$PGDATA" -o "-c listen_addresses=''" -w start
  if [ "$POSTGRES_DB" != postgres ]; then
    echo 'CREATE DATABASE :"db" ;' | sql -d postgres --set db="$POSTGRES_DB"
  fi
  run_init_files
  pg_ctl -D "$PGDATA" -m fast -w stop
}

run_init_files() {
  for file in /docker-entrypoint-initdb.d/*; do
    case $file in
      *.sh) if [ -x "$file" ]; then "$file"; else . "$file"; fi ;;
      *.sql) sql -d "$POSTGRES_DB" -f "$file" ;;
      *.sql.gz) gunzip -c "$file" | sql -d "$POSTGRES_DB" ;;
    esac
  done
}

case "${1:-}" in
  -*) set -- postgres "$@" ;;
esac
[ "${1:-}" = postgres ] || exec "$@"

if [ "$(id -u)" = 0 ]; then
  install -d -m 0700 -o postgres -g postgres "$PGDATA"
  install -d -m 3775 -o postgres -g postgres /var/run/postgresql
  find "$PGDATA" ! -user postgres -exec chown postgres {} +
  exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi

[ -s "$PGDATA/PG_VERSION" ] || create_cluster
unset PGPASSWORD
exec "$@"
