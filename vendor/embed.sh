#!/bin/sh
# Write C that holds the given SQL files: hs_schema_files[] of store/engine/schema.h.
set -eu
echo '#include "store/engine/schema.h"'
count=0
for file in "$@"; do
    printf 'static const char sql_%d[] = {' "$count"
    od -An -v -tx1 "$file" | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g'
    echo '0};'
    count=$((count + 1))
done
echo 'const struct hs_schema_file hs_schema_files[] = {'
count=0
for file in "$@"; do
    printf '    {"%s", sql_%d, sizeof sql_%d - 1},\n' "$(basename "$file")" "$count" "$count"
    count=$((count + 1))
done
printf '};\nconst unsigned hs_schema_count = %d;\n' "$count"
