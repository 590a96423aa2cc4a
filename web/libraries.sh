#!/bin/sh
# Fetch what the console is made of, and what the program is built with: the
# metadata of libphonenumber and of CLDR (vendor/*.mjs). `make` calls this when
# package-lock.json is newer than what was fetched; nothing of it is needed to run.
set -u
cd "$(dirname "$0")" || exit 1
log=$(mktemp)
trap 'rm -f "$log"' EXIT

cannot() {
    echo "  NPM   $1" >&2
    echo "        The program needs the numbering plans and time zones in it: run make again when npm can fetch them." >&2
    exit 1
}

# The first line of npm's complaint that says something.
complaint() {
    sed -n 's/^npm \(ERR!\|error\) *//p' "$log" | grep -vE '^(code|syscall|errno) ' | head -1
}

for program in node npm; do
    command -v $program >/dev/null 2>&1 || cannot "$program isn't installed: vendor/install.sh build"
done
./node.sh --version >"$log" 2>&1 ||
    cannot "the system's Node $(node --version) is too old, and npm could not fetch another ($(complaint))"
echo "  NPM   web"
# By the same Node: npm leaves out what would not run on the one it runs on.
./node.sh "$(readlink -f "$(command -v npm)")" ci --no-audit --no-fund --fetch-retries=2 \
    --fetch-retry-mintimeout=1000 --fetch-retry-maxtimeout=3000 --fetch-timeout=60000 >"$log" 2>&1 ||
    cannot "npm could not fetch the libraries of web/package-lock.json ($(complaint))"
: >node_modules/.fetched
