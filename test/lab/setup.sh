#!/bin/sh
# The first command on a fresh machine: sees to the dependencies, then hands over to main.ts, where the commands are told.
set -eu

top=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)

fail() {
  printf 'lab: %s\n' "$@" >&2
  exit 1
}

command -v node >/dev/null && command -v npm >/dev/null ||
  fail 'node and npm are missing' 'Install Node.js 20 or later (on Debian 13: apt-get install nodejs npm; else see https://nodejs.org).'
[ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ] ||
  fail "Node.js $(node -v) is too old" 'Install Node.js 20 or later: it fetches the version that the project itself runs on.'

# Installed is what this very lock file says: times of files tell nothing after a checkout.
stamp=$top/node_modules/.installed-from
wanted=$(cksum <"$top/package-lock.json")
if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
  log=$(mktemp)
  trap 'rm -f "$log"' EXIT
  started=$(date +%s)
  echo 'lab: [  0 s] npm packages …' >&2
  (cd "$top" && exec npm ci --no-audit --no-fund --loglevel=error) >"$log" 2>&1 </dev/null &
  npm=$!
  trap 'kill "$npm" 2>/dev/null; exit 130' INT TERM
  while kill -0 "$npm" 2>/dev/null; do
    sleep 1
    seconds=$(($(date +%s) - started))
    [ $((seconds % 5)) != 0 ] || printf 'lab: [%3d s] npm packages …\n' "$seconds" >&2
  done
  wait "$npm" || { head -n 15 "$log" >&2; fail 'npm ci failed' 'See the lines above; is the npm registry reachable?'; }
  printf 'lab: [%3d s] npm packages: done\n' "$(($(date +%s) - started))" >&2
  echo "$wanted" >"$stamp"
  trap - INT TERM EXIT
  rm -f "$log"
fi

# Commands such as vitest are found as npm scripts find them, and run on the project's own Node.js.
export PATH="$top/node_modules/.bin:$PATH"
cd "$top"
# The bundle is what users of the package run, and quicker. Without one the sources run as they are.
node bin/build.ts || echo 'lab: provision could not be bundled; its sources run instead' >&2
exec node test/lab/main.ts "$@"
