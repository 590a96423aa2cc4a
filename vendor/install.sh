#!/bin/sh
# Install what the given sets lack through the distribution's package manager.
# Says what it does; asks nothing as root and uses sudo otherwise. A run with
# nothing missing takes a moment and needs no network.
set -eu
here=$(dirname "$0")
if ! command -v apt-get >/dev/null 2>&1; then
    echo "vendor/install.sh knows Debian and Ubuntu only; install these by hand:" >&2
    for set in "$@"; do grep "^$set " "$here/packages.txt" >&2; done
    exit 1
fi
missing=$("$here/missing.sh" "$@" | cut -d' ' -f1)
[ -n "$missing" ] || exit 0
root=
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null 2>&1 || {
        echo "Not root and no sudo: ask an administrator to run: apt-get install" $missing >&2
        exit 1
    }
    root=sudo
fi
echo "Installing from the distribution:" $missing
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
# Proxies are for the specs: their services are neither started nor enabled.
policy=/usr/sbin/policy-rc.d
[ ! -e $policy ] || policy=
trap 'rm -f "$log"; [ -z "$policy" ] || $root rm -f "$policy"' EXIT
if [ -n "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | $root tee "$policy" >/dev/null
    $root chmod 755 "$policy"
fi
if ! { $root apt-get update -q &&
    $root apt-get install -q -y --no-install-recommends $missing; } >"$log" 2>&1; then
    cat "$log" >&2
    exit 1
fi
for service in nginx caddy pgbouncer; do
    case " $missing " in
    *"$service"*) [ ! -d /run/systemd/system ] || $root systemctl -q disable "$service" ;;
    esac
done
"$here/check.sh" "$@"
