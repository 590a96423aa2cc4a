/* memory.c: counting allocations that fail.
 *
 * The linker redirects every call of our sources here (--wrap). */
#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The dynamic TLS models allocate lazily, which would fail exactly here. */
static _Thread_local __attribute__((tls_model("initial-exec"))) unsigned misses;

unsigned hs_memory_misses(void)
{
    return misses;
}

void hs_memory_missed(void)
{
    misses++;
}

void hs_memory_found(void)
{
    misses--;
}

static void *counted(void *block)
{
    misses += !block;
    return block;
}

/* NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming): the
 * linker's names */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void *__real_reallocarray(void *block, size_t count, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t size);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
void *__wrap_reallocarray(void *block, size_t count, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t size);
int __wrap_asprintf(char **out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

void *__wrap_malloc(size_t size)
{
    return counted(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
    return counted(__real_calloc(count, size));
}

void *__wrap_realloc(void *block, size_t size)
{
    return counted(__real_realloc(block, size));
}

void *__wrap_reallocarray(void *block, size_t count, size_t size)
{
    return counted(__real_reallocarray(block, count, size));
}

char *__wrap_strdup(const char *text)
{
    return counted(__real_strdup(text));
}

char *__wrap_strndup(const char *text, size_t size)
{
    return counted(__real_strndup(text, size));
}

int __wrap_asprintf(char **out, const char *format, ...)
{
    va_list args;
    int len;

    va_start(args, format);
    len = vasprintf(out, format, args);
    va_end(args);
    misses += len < 0;
    return len;
}
/* NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming) */
