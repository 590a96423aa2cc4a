#!/bin/sh
# Write C that holds the given Lua files: hs_program_files[] of lib/files/program.h,
# in the order of their names, and a hash that differs when they do.
set -eu
hash=$(for file in "$@"; do printf '%s\n' "$file" && cat "$file"; done | sha256sum | cut -c1-64)
echo '#include "lib/files/program.h"'
count=0
for file in "$@"; do
    printf '__asm__(".pushsection .rodata\\nhs_lua_%d: .incbin \\"%s\\"\\nhs_lua_%d_end: .byte 0\\n.popsection");\n' \
        "$count" "$file" "$count"
    printf 'extern const char hs_lua_%d[], hs_lua_%d_end[];\n' "$count" "$count"
    count=$((count + 1))
done
echo 'const struct hs_program_file hs_program_files[] = {'
count=0
for file in "$@"; do
    printf '    {"%s", hs_lua_%d, hs_lua_%d_end},\n' "${file#lua/}" "$count" "$count"
    count=$((count + 1))
done
printf '};\nconst unsigned hs_program_count = %d;\nconst char hs_program_hash[] = "%s";\n' "$count" "$hash"
