#!/bin/sh
# As the official image: makes the database at the first start, from MARIADB_ROOT_PASSWORD, MARIADB_DATABASE, MARIADB_USER,
# MARIADB_PASSWORD (each also as NAME_FILE, or with MYSQL_ for MARIADB_), MARIADB_ROOT_HOST,
# MARIADB_ALLOW_EMPTY_ROOT_PASSWORD and /docker-entrypoint-initdb.d, then runs it.
set -eu

datadir=/var/lib/mysql

fail() {
  echo "docker-entrypoint.sh: $*" >&2
  exit 1
}

# Takes MARIADB_$1 from the file that MARIADB_$1_FILE names, or from itself, or the same with MYSQL_, or else the default $2.
take() {
  for name in "MARIADB_$1" "MYSQL_$1"; do
    eval "value=\${$name:-} file=\${${name}_FILE:-}"
    [ -z "$value" ] || [ -z "$file" ] || fail "$name and ${name}_FILE are both set: give one"
    if [ -n "$file" ]; then value=$(cat "$file"); fi
    [ -z "$value" ] || break
  done
  eval "MARIADB_$1=\${value:-\${2:-}}"
}

# The text $1 as a literal of SQL.
literal() {
  printf "'%s'" "$(printf %s "$1" | sed "s/\\\\/\\\\\\\\/g; s/'/''/g")"
}

# The client, as root on the server that runs during the set-up, which listens on its socket alone.
sql() {
  MYSQL_PWD=$MARIADB_ROOT_PASSWORD mariadb --protocol=socket -uroot "$@"
}

create_database() {
  take ROOT_PASSWORD
  take ROOT_HOST %
  take DATABASE
  take USER
  take PASSWORD
  [ -n "$MARIADB_ROOT_PASSWORD${MARIADB_ALLOW_EMPTY_ROOT_PASSWORD:-}${MYSQL_ALLOW_EMPTY_PASSWORD:-}" ] ||
    fail 'the database has no password: set MARIADB_ROOT_PASSWORD (or MARIADB_ALLOW_EMPTY_ROOT_PASSWORD=yes to do without)'

  mariadb-install-db --datadir="$datadir" --skip-test-db --auth-root-authentication-method=normal >/dev/null
  mariadbd --skip-networking &
  server=$!
  until mariadb --protocol=socket -uroot -e 'SELECT 1' >/dev/null 2>&1; do
    kill -0 "$server" 2>/dev/null || fail 'the server does not start'
    sleep 0.1
  done

  mariadb --protocol=socket -uroot <<SQL
DROP USER IF EXISTS root@'127.0.0.1', root@'::1', root@$(literal "$(hostname)");
ALTER USER root@localhost IDENTIFIED BY $(literal "$MARIADB_ROOT_PASSWORD");
${MARIADB_ROOT_HOST:+
CREATE USER IF NOT EXISTS root@$(literal "$MARIADB_ROOT_HOST") IDENTIFIED BY $(literal "$MARIADB_ROOT_PASSWORD");
GRANT ALL ON *.* TO root@$(literal "$MARIADB_ROOT_HOST") WITH GRANT OPTION;}
${MARIADB_DATABASE:+CREATE DATABASE IF NOT EXISTS \`$MARIADB_DATABASE\`;}
${MARIADB_USER:+CREATE USER $(literal "$MARIADB_USER")@'%' IDENTIFIED BY $(literal "$MARIADB_PASSWORD");}
${MARIADB_USER:+${MARIADB_DATABASE:+GRANT ALL ON \`$MARIADB_DATABASE\`.* TO $(literal "$MARIADB_USER")@'%';}}
SQL
  run_init_files
  kill "$server"
  wait "$server"
}

run_init_files() {
  for file in /docker-entrypoint-initdb.d/*; do
    case $file in
      *.sh) if [ -x "$file" ]; then "$file"; else . "$file"; fi ;;
      *.sql) sql ${MARIADB_DATABASE:+"$MARIADB_DATABASE"} <"$file" ;;
      *.sql.gz) gunzip -c "$file" | sql ${MARIADB_DATABASE:+"$MARIADB_DATABASE"} ;;
    esac
  done
}

case "${1:-}" in
  -*) set -- mariadbd "$@" ;;
esac
[ "${1:-}" = mariadbd ] || exec "$@"

if [ "$(id -u)" = 0 ]; then
  find "$datadir" /run/mysqld ! -user mysql -exec chown mysql {} +
  exec setpriv --reuid=mysql --regid=mysql --init-groups "$0" "$@"
fi

[ -d "$datadir/mysql" ] || create_database
exec "$@"
