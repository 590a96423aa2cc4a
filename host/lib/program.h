/* program.h: the program's own Lua files as they are embedded in it: what
 * answers when the Lua folder cannot. */
#ifndef HS_PROGRAM_H
#define HS_PROGRAM_H

struct hs_program_file {
    const char *name; /* "routes/voice.lua", as in the Lua folder */
    const char *text;
    const char *end; /* one behind its last byte */
};

/* In the order of their names: app.lua and what lies in folders, not what a
 * team edits. Defined in the generated build/program.c. */
extern const struct hs_program_file hs_program_files[];
extern const unsigned hs_program_count;
/* Differs when one of them does: it names this release. */
extern const char hs_program_hash[];

/* Does the program have a file of that name? */
int hs_program_has(const char *name);

#endif
