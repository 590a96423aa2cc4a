#!/bin/sh
# Build the components into the folder given and pack them beside it:
# hookswitch-components-VERSION.tgz, which any package manager installs.
set -eu
cd "$(dirname "$0")"
case $1 in /*) out=$1 ;; *) out=$(pwd)/../$1 ;; esac
folder=$(dirname "$out")
log=$(mktemp)
trap 'rm -f "$log"' EXIT

WEB_OUT=$out ./node.sh node_modules/vite/bin/vite.js build --config vite.components.js --logLevel warn >"$log" 2>&1 || {
    cat "$log" >&2
    exit 1
}
rm -f "$folder"/hookswitch-components-*.tgz
name=$(cd "$out" && npm pack --silent --ignore-scripts --pack-destination "$folder")
echo "  PACK  $folder/$name"
