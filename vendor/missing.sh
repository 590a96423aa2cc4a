#!/bin/sh
# Print "package minimum purpose" for every package of the given sets that this
# Debian or Ubuntu system lacks.
set -u
list=$(dirname "$0")/packages.txt
for set in "$@"; do
    grep "^$set " "$list"
done | while read -r _ package minimum purpose; do
    case $package in
    # These may have come from elsewhere than the distribution.
    nodejs) version=$(node --version 2>/dev/null | tr -d v) ;;
    npm) version=$(npm --version 2>/dev/null) ;;
    python3) version=$(python3 --version 2>/dev/null | sed 's/[^0-9.]//g') ;;
    # Emacs has it from 29 on.
    elpa-eglot) version=$(apt-cache policy emacs-nox 2>/dev/null |
        sed -n 's/^ *Candidate: 1:\(29\|[3-9][0-9]\)/\1/p') ;;
    *) version= ;;
    esac
    if [ -z "$version" ]; then
        version=$(dpkg-query -W -f '${db:Status-Status} ${Version}' "$package" 2>/dev/null |
            sed -n 's/^installed //p')
    fi
    if [ -z "$version" ] || dpkg --compare-versions "${version#*:}" lt "$minimum"; then
        echo "$package $minimum $purpose"
    fi
done
