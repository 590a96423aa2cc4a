#!/bin/sh
# Build the console into the folder given (build/web). `make` calls this when
# something below web/ is newer than what was built. Node is needed to build,
# never to run.
set -u
cd "$(dirname "$0")" || exit 1
case $1 in /*) out=$1 ;; *) out=$(pwd)/../$1 ;; esac
log=$(mktemp)
trap 'rm -f "$log"' EXIT

echo "  VITE  $1"
WEB_OUT=$out ./node.sh node_modules/vite/bin/vite.js build --logLevel warn >"$log" 2>&1 || {
    cat "$log" >&2
    exit 1
}
