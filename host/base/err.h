/* err.h: how every function below script/ says why it failed. */
#ifndef HS_ERR_H
#define HS_ERR_H

#include <stddef.h>

/* `code` is a short, stable word for programs; `message` is for people. */
struct hs_error {
    char code[32];
    char message[256];
};

/* Fill `err`, which may be NULL; overlong text is cut. Returns -1, what most
 * callers return then. Any thread. */
int hs_error_set(struct hs_error *err, const char *code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The same for a shortage of memory. */
int hs_no_memory(struct hs_error *err);
/* Write "file:12: message" to `out`; without the line if it is 0, and just the
 * message if `file` is "". */
void hs_error_place(const char *file, int line, const char *message, char *out,
                    size_t size);

#endif
