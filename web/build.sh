#!/bin/sh
# Build the console into the folder given (build/web). `make` calls this when
# something below web/ is newer than what was built.
#
# Node and npm are needed to build, never to run. Where the libraries cannot be
# had (no network), this says why and succeeds: the host runs without a console
# and says so on its first page.
set -u
cd "$(dirname "$0")" || exit 1
case $1 in /*) out=$1 ;; *) out=$(pwd)/../$1 ;; esac
log=$(mktemp)
trap 'rm -f "$log"' EXIT

without() {
    echo "  WEB   the console was not built: $1" >&2
    echo "        Everything else was; run make again to try once more." >&2
    exit 0
}

# The first line of npm's complaint that says something.
complaint() {
    sed -n 's/^npm \(ERR!\|error\) *//p' "$log" | grep -vE '^(code|syscall|errno) ' | head -1
}

command -v node >/dev/null 2>&1 || without "there is no node"
command -v npm >/dev/null 2>&1 || without "there is no npm"
./node.sh --version >"$log" 2>&1 ||
    without "the system's Node $(node --version) is too old, and npm could not fetch another ($(complaint))"
if ! cmp -s package-lock.json node_modules/.built-from; then
    echo "  NPM   web"
    # By the same Node: npm leaves out what would not run on the one it runs on.
    ./node.sh "$(readlink -f "$(command -v npm)")" ci --no-audit --no-fund --fetch-retries=2 \
        --fetch-retry-mintimeout=1000 --fetch-retry-maxtimeout=3000 --fetch-timeout=60000 >"$log" 2>&1 ||
        without "npm could not fetch its libraries ($(complaint))"
    cp package-lock.json node_modules/.built-from
fi
echo "  VITE  $1"
WEB_OUT=$out ./node.sh node_modules/vite/bin/vite.js build --logLevel warn >"$log" 2>&1 || {
    cat "$log" >&2
    exit 1
}
