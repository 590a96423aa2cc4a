#!/bin/sh
# Print the path of a fresh Debian's tree, kept for the next time, made by
# debootstrap from the mirror that this machine's apt uses. Everything that the
# package depends on is in it, so it installs without a network.
set -eu
suite=$(. /etc/os-release && echo "${VERSION_CODENAME:?this system has no VERSION_CODENAME}")
mirror=$(apt-get indextargets --format '$(CODENAME) $(ORIGIN) $(SITE)' 'Created-By: Packages' |
    awk -v suite="$suite" '$1 == suite && ($2 == "Debian" || $2 == "Ubuntu") { print $3; exit }')
include=systemd,systemd-sysv,dbus,adduser,ca-certificates,tzdata,libcivetweb1,libcurl4,liblua5.4-0,libsqlite3-0,libssl3,lua-cjson
tree=${XDG_CACHE_HOME:-$HOME/.cache}/hookswitch/debian-$suite-$(echo "$include" | cksum | cut -d' ' -f1)
if [ ! -e "$tree" ]; then
    [ -n "$mirror" ] || { echo "apt has no mirror of $suite" >&2; exit 1; }
    mkdir -p "$(dirname "$tree")"
    rm -rf "$tree.new"
    debootstrap --variant=minbase --include="$include" "$suite" "$tree.new" "$mirror" >&2
    mv "$tree.new" "$tree"
fi
echo "$tree"
