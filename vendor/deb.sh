#!/bin/sh
# Build the Debian package with Debian's own tools: BUILD/deb/hookswitch_*.deb.
# The same sources give the same bytes. Usage: BUILD=folder vendor/deb.sh [VERSION]
set -eu
cd "$(dirname "$0")/.."
top=$(pwd)
mkdir -p "$BUILD/deb"
deb=$(cd "$BUILD/deb" && pwd)
version=${1:-$(sed -n 's/^#define HS_VERSION "\(.*\)"$/\1/p' host/base/version.h)}
# The time of the last change, for whatever in the package has a time.
: "${SOURCE_DATE_EPOCH:=$(git log -1 --format=%ct 2>/dev/null || stat -c %Y CHANGELOG.md)}"
export SOURCE_DATE_EPOCH

rm -rf "$deb/stage" "$deb"/hookswitch_*
mkdir -p "$deb/stage"
cp -R vendor/debian "$deb/stage/debian"
cat >"$deb/stage/debian/changelog" <<EOF
hookswitch ($version) unstable; urgency=medium

  * What changed: /usr/share/doc/hookswitch/NEWS.md.

 -- The Hookswitch authors <root@localhost>  $(LC_ALL=C date -uR -d "@$SOURCE_DATE_EPOCH")
EOF
# -d: vendor/install.sh has installed what it needs, npm perhaps from elsewhere.
cd "$deb/stage"
SOURCE=$top OUT=$deb/build DEB_BUILD_OPTIONS="noautodbgsym ${DEB_BUILD_OPTIONS:-}" MAKEFLAGS='' \
    dpkg-buildpackage -b -d -us -uc >"$deb/log" 2>&1 || {
    tail -40 "$deb/log" >&2
    exit 1
}
echo "$BUILD/deb/$(basename "$deb"/hookswitch_*.deb)"
