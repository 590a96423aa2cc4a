/* program.h: the program's own Lua files, embedded in it: they answer if the
 * Lua folder can't. */
#ifndef HS_PROGRAM_H
#define HS_PROGRAM_H

#include <stddef.h>

struct hs_program_file {
    const char *name; /* "routes/voice.lua", as in the Lua folder */
    const char *text;
    const char *end; /* just past its last byte */
};

/* Sorted by name: app.lua and the folders, not what a team edits. Defined in
 * the generated build/program.c. */
extern const struct hs_program_file hs_program_files[];
extern const unsigned hs_program_count;
/* Changes with any of them: it identifies this release. */
extern const char hs_program_hash[];

/* Does the program have a file with that name and text? */
int hs_program_holds(const char *name, const char *text, size_t len);
/* Does the program have a file with that name? */
int hs_program_has(const char *name);

#endif
