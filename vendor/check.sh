#!/bin/sh
# Name every package of the given sets that is missing or too old, and the one
# command that installs them. Usage: vendor/check.sh build [test …]
set -u
here=$(dirname "$0")
missing=$("$here/missing.sh" "$@")
[ -n "$missing" ] || exit 0
echo "Hookswitch needs packages that are not installed (or are too old):" >&2
echo "$missing" | while read -r package minimum purpose; do
    echo "  $package >= $minimum   ($purpose)" >&2
done
echo "Install them with:  vendor/install.sh $*" >&2
exit 1
