/* err.c: filling struct hs_error. */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

int hs_error_set(struct hs_error *err, const char *code, const char *fmt, ...)
{
    va_list args;
    int wanted;

    if (!err)
        return -1;
    (void)snprintf(err->code, sizeof err->code, "%s", code);
    va_start(args, fmt);
    wanted = vsnprintf(err->message, sizeof err->message, fmt, args);
    va_end(args);
    /* Never cut a character in half: messages end up in JSON. */
    if (wanted >= (int)sizeof err->message)
        err->message[hs_utf8_cut(err->message, sizeof err->message - 1)] = 0;
    return -1;
}

int hs_no_memory(struct hs_error *err)
{
    return hs_error_set(err, "memory", "out of memory");
}

void hs_error_place(const char *file, int line, const char *message, char *out,
                    size_t size)
{
    if (file[0] && line > 0)
        (void)snprintf(out, size, "%s:%d: %s", file, line, message);
    else if (file[0])
        (void)snprintf(out, size, "%s: %s", file, message);
    else
        (void)snprintf(out, size, "%s", message);
}
