/* program.c: which of a folder's files are the program's. */
#include "lib/files/program.h"

#include <stdlib.h>
#include <string.h>

static int compare_name(const void *name, const void *file)
{
    return strcmp(name, ((const struct hs_program_file *)file)->name);
}

static const struct hs_program_file *find(const char *name)
{
    return bsearch(name, hs_program_files, hs_program_count,
                   sizeof *hs_program_files, compare_name);
}

int hs_program_has(const char *name)
{
    return find(name) != NULL;
}

int hs_program_holds(const char *name, const char *text, size_t len)
{
    const struct hs_program_file *file = find(name);

    return file && (size_t)(file->end - file->text) == len &&
           memcmp(file->text, text, len) == 0;
}
