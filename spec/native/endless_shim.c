/* endless_shim.c: a C function that does not come back, as a library's may.
 *
 * Preloaded (LD_PRELOAD), it stands in front of the C library's strcoll, with
 * which Lua compares two texts: comparing one that begins with "endless" takes
 * for ever. */
#include <string.h>
#include <unistd.h>

int strcoll(const char *a, const char *b)
{
    while (strncmp(a, "endless", 7) == 0)
        usleep(1000); /* the machine has other work */
    return strcmp(a, b);
}
