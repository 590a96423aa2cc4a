/* cjson_memory.c: three functions that replace lua-cjson's own (strbuf.c): the
 * dynamic linker finds the program's first. */
#include "script/glue/cjson_memory.h"

#include <stdlib.h>
#include <string.h>

/* strbuf_t of lua-cjson 2.1.0, which Debian has had since 2012. */
struct strbuf {
    char *buf;
    int size, length, increment, dynamic, reallocs, debug;
};

static _Thread_local
    __attribute__((tls_model("initial-exec"))) struct strbuf *lent;

void l_cjson_lend(lua_State *L, size_t len)
{
    struct strbuf *buf = lua_newuserdatauv(L, sizeof *buf + len + 1, 0);

    *buf = (struct strbuf){.buf = (char *)(buf + 1), .size = (int)len + 1};
    buf->buf[0] = '\0';
    lent = buf;
}

struct strbuf *strbuf_new(int len);
void strbuf_init(struct strbuf *buf, int len);
void strbuf_free(struct strbuf *buf);

/* In decode(): it asks for as many bytes as the text has, and no string in it
 * is longer. */
struct strbuf *strbuf_new(int len)
{
    struct strbuf *buf = lent;

    lent = NULL;
    if (!buf || len >= buf->size)
        abort(); /* decode() was called without l_cjson_lend() */
    return buf;
}

/* In luaopen_cjson(): the buffer of encode(), which we never call. */
void strbuf_init(struct strbuf *buf, int len)
{
    (void)len;
    memset(buf, 0, sizeof *buf);
}

/* Lua's collector frees what was lent. */
void strbuf_free(struct strbuf *buf)
{
    (void)buf;
}
