#!/bin/sh
# Dependencies point down only (README, "How it is laid out"). Prints every
# include or require that does not.
cd "$(dirname "$0")/.." || exit 1
found=$(
    # C, rooms included: commands > server > script > twilio > store > lib > base
    rank() { case $1 in base) echo 1 ;; lib) echo 2 ;; store) echo 3 ;; twilio) echo 4 ;; script) echo 5 ;; server) echo 6 ;; *) echo 7 ;; esac; }
    for layer in base lib store twilio script server commands; do
        mine=$(rank $layer)
        grep -rnE '^#include "[a-z]+/' "host/$layer" | while IFS= read -r line; do
            target=$(printf '%s' "$line" | sed 's/.*#include "\([a-z]*\)\/.*/\1/')
            [ "$(rank "$target")" -le "$mine" ] || echo "points up: $line"
        done
    done
    grep -rnE '#include <(lua|lauxlib|lualib)\.h>' host/base host/lib host/store host/twilio | sed 's/^/knows Lua: /'
    # Outside its folder nothing names civetweb's functions, nor the folder's own headers.
    grep -rnE '\bmg_[a-z]|<civetweb\.h>|"server/civetweb/' host --include='*.[ch]' |
        grep -v '^host/server/civetweb/' | sed 's/^/knows civetweb: /'
    grep -rnE '<sqlite3\.h>|"store/sqlite/' host --include='*.[ch]' |
        grep -v '^host/store/sqlite/' | sed 's/^/knows SQLite: /'
    grep -rnE 'libpq|"store/postgres/' host --include='*.[ch]' |
        grep -v '^host/store/postgres/' | sed 's/^/knows PostgreSQL: /'
    # Modules (a .c and .h of one name, with NAME_internal.h) depend on each other in one direction.
    grep -rE '^#include "[a-z]+/' host --include='*.[ch]' |
        sed -E 's#^host/([^.]*)\.[ch]:.*"(.*)\.(h|def)".*#\1 \2#; s#_internal( |$)#\1#g' | awk '$1 != $2' | sort -u |
        tsort 2>&1 >/dev/null | sed 's/^tsort: /goes round: /'
    # SQL in C: of the store, and in the one file that says whose tables it touches.
    grep -rnE '"(SELECT .* FROM|INSERT INTO|UPDATE [a-z_]+ SET|DELETE FROM|WITH [a-z_]+ AS)' host --include='*.[ch]' |
        grep -vE '^host/(store/|server/sql\.c:)' | sed 's/^/SQL outside server\/sql.c: /'
    # Lua: a folder requires itself and those before it. Usage: climbs PREFIX FOLDER…
    climbs() {
        prefix=$1 below=
        shift
        for folder in "$@"; do
            below="$below|$folder"
            grep -rnE "require\(\"$prefix($(echo "$*" | tr ' ' '|'))\." "lua/$(echo "$prefix" | tr -d '\\' | tr . /)$folder" |
                grep -vE "require\(\"$prefix(${below#|})\." | sed 's/^/points up: /'
        done
    }
    climbs '' hookswitch calls models twilio sandbox doctor voice api routes
    climbs '' hookswitch calls models twilio sandbox doctor voice api commands
    grep -rnE 'require\("routes\.' lua/commands | sed 's/^/points up: /'
    grep -rnE 'require\("commands\.' lua/routes | sed 's/^/points up: /'
    climbs 'calls\.' parties plans twiml source syntax lint hours team rules ical steps simulator proof replay coverage report
    grep -rnE 'require\("(db|http|twilio|hookswitch\.(router|reply|fail|auth|memo))"\)' lua/calls | sed 's/^/not for calls: /'
    grep -rnE 'os\.(time|clock)\(' lua/calls | sed 's/^/reads a clock: /'
    find lua/routes -mindepth 2 | sed 's/^/a route file is a table of routes: /'
)
[ -z "$found" ] || { echo "$found"; exit 1; }
