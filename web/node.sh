#!/bin/sh
# Run a script with a Node that Vite and eslint take: the system's where it is
# new enough, otherwise the one of npm's package `node`, fetched once.
# Usage: web/node.sh script.js [argument …]
set -u
if node -e 'const [a, b] = process.versions.node.split(".").map(Number);
    process.exit(a > 22 || (a === 22 && b >= 12) || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null; then
    exec node "$@"
fi
exec npm exec --yes --package=node@22 -- node "$@"
