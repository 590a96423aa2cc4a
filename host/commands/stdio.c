/* stdio.c: `hookswitch lsp` and `hookswitch mcp`: messages in JSON on standard
 * input and output, answered by lua/commands/editors/lsp.lua and mcp.lua.
 *
 * An editor's messages have a Content-Length before them; an assistant's are a
 * line each. Nothing is created; the database is read if there is one. */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/clock.h"
#include "base/log.h"
#include "commands/application.h"
#include "commands/commands.h"
#include "script/glue/glue.h"

#define MESSAGE_MAX ((size_t)8 << 20)
#define SKIPPED_MAX ((size_t)1 << 30) /* a longer one isn't a message */
#define TOO_LONG                                                               \
    "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32600,"             \
    "\"message\":\"a message has at most 8 MiB\"}}"
#define CHUNK 65536
#define HEAD_MAX 4096
#define QUIET_MS 150  /* check a file after this pause */
#define AGAIN_MS 2000 /* and one that could not be checked after this one */
#define LENGTH "Content-Length"

struct talk {
    const struct hs_config *config;
    const char *module;
    int is_framed; /* framed by Content-Length; else by lines */
    struct hs_application application;
    int is_open;
    char *data; /* read and not answered yet */
    size_t len, size;
    size_t skipped; /* of a message that is too long, still to be left out */
    /* Of the message being answered: */
    const char *text; /* NULL: no message for a while */
    size_t text_len;
    int is_over;
    int status; /* of the program, once it is over */
};

/* ---- Lua ---- */

static void write_message(const struct talk *talk, const char *text, size_t len)
{
    if (talk->is_framed)
        (void)printf(LENGTH ": %zu\r\n\r\n", len);
    (void)fwrite(text, 1, len, stdout);
    if (!talk->is_framed)
        (void)fputc('\n', stdout);
}

/* The path without links, or nil. */
static int l_real(lua_State *L)
{
    char path[PATH_MAX];

    lua_pushstring(L, realpath(luaL_checkstring(L, 1), path));
    return 1;
}

/* module.answer(text | nil, folder, now, real): a list of messages, and the
 * exit status when that was the last one. */
static int l_answer(lua_State *L)
{
    struct talk *talk = lua_touserdata(L, 1);
    char *folder = realpath(talk->config->lua, NULL);

    lua_pushstring(L, folder ? folder : talk->config->lua);
    free(folder);
    l_push_module(L, talk->module);
    lua_getfield(L, -1, "answer");
    if (talk->text)
        lua_pushlstring(L, talk->text, talk->text_len);
    else
        lua_pushnil(L);
    lua_pushvalue(L, 2);
    lua_pushinteger(L, hs_now_ms());
    lua_pushcfunction(L, l_real);
    lua_call(L, 4, 2);
    talk->is_over = lua_isinteger(L, -1);
    talk->status = (int)lua_tointeger(L, -1);
    for (lua_Integer i = 1; lua_rawgeti(L, -2, i) == LUA_TSTRING; i++) {
        size_t len;
        const char *text = lua_tolstring(L, -1, &len);

        write_message(talk, text, len);
        lua_pop(L, 1);
    }
    return 0;
}

/* The files as they are now; if they don't load, the program's own without the
 * team's. 0, or -1 and `err`. */
static int open_again(struct talk *talk, struct hs_script_error *err)
{
    if (talk->is_open && talk->is_framed)
        return 0;
    if (talk->is_open)
        hs_application_close(&talk->application);
    talk->is_open = 1;
    if (hs_application_open_read_only(&talk->application, talk->config, NULL, 0,
                                      err) == 0)
        return 0;
    hs_application_close(&talk->application);
    return hs_application_open_built_in(&talk->application, talk->config, err);
}

static int answer(struct talk *talk, const char *text, size_t len)
{
    struct hs_script_error err = {0};
    lua_State *L;
    int rc = open_again(talk, &err);

    talk->text = text;
    talk->text_len = len;
    if (rc == 0) {
        L = hs_vm_state(talk->application.vms.app);
        lua_pushcfunction(L, l_answer);
        lua_pushlightuserdata(L, talk);
        rc = hs_vm_call(talk->application.vms.app, 1, 0, 0, &err);
    }
    if (rc != 0)
        (void)fprintf(stderr, "hookswitch: %s\n", err.message);
    (void)fflush(stdout);
    return rc;
}

/* ---- messages ---- */

/* Read a line of a message's head, without its end. -1 if its length can't be
 * read. */
static int read_head_line(const char *line, size_t len, size_t *size)
{
    const char *at = line + sizeof LENGTH - 1, *end = line + len;

    if (len < sizeof LENGTH ||
        strncasecmp(line, LENGTH, sizeof LENGTH - 1) != 0)
        return 0;
    while (at < end && (*at == ' ' || *at == '\t'))
        at++;
    if (at == end || *at++ != ':')
        return 0;
    while (at < end && (*at == ' ' || *at == '\t'))
        at++;
    if (at == end || *at < '0' || *at > '9')
        return -1;
    *size = strtoull(at, NULL, 10);
    return 0;
}

/* Find the first message in what was read. 1; 0 if it isn't complete; -1 if it
 * isn't a message. Lines of its head may end without a carriage return. */
static int find_message(const struct talk *talk, size_t *from, size_t *to)
{
    const char *end = talk->len ? memchr(talk->data, '\n', talk->len) : NULL;
    const char *line = talk->data;
    size_t size = SIZE_MAX;

    if (!talk->is_framed) {
        *from = 0;
        *to = end ? (size_t)(end - talk->data) : 0;
        return end != NULL;
    }
    while (end) {
        size_t len = (size_t)(end - line);

        if (len > 0 && line[len - 1] == '\r')
            len--;
        if (len == 0)
            break;
        if (read_head_line(line, len, &size) != 0)
            return -1;
        line = end + 1;
        end = memchr(line, '\n', talk->len - (size_t)(line - talk->data));
    }
    if (!end)
        return talk->len > HEAD_MAX ? -1 : 0;
    if (size > SKIPPED_MAX)
        return -1;
    *from = (size_t)(end - talk->data) + 1;
    *to = *from + size;
    return size > MESSAGE_MAX || *to <= talk->len;
}

static void drop(struct talk *talk, size_t upto)
{
    upto += !talk->is_framed; /* end of line */
    memmove(talk->data, talk->data + upto, talk->len - upto);
    talk->len -= upto;
}

/* Leave out what has come of a message that is too long. */
static void skip(struct talk *talk)
{
    const char *end =
        talk->is_framed ? NULL : memchr(talk->data, '\n', talk->len);
    size_t upto = end ? (size_t)(end - talk->data) + 1 : talk->len;

    if (upto > talk->skipped)
        upto = talk->skipped;
    memmove(talk->data, talk->data + upto, talk->len - upto);
    talk->len -= upto;
    talk->skipped = end ? 0 : talk->skipped - upto;
}

static void refuse(struct talk *talk, size_t size)
{
    write_message(talk, TOO_LONG, sizeof TOO_LONG - 1);
    (void)fflush(stdout);
    talk->skipped = size;
    skip(talk);
}

/* Answer all complete messages. 0, or -1 at the end. */
static int answer_all(struct talk *talk)
{
    size_t from, to;
    int found = 0;

    if (talk->skipped)
        skip(talk);
    while (!talk->skipped && (found = find_message(talk, &from, &to)) > 0) {
        if (to - from > MESSAGE_MAX) {
            refuse(talk, to);
            continue;
        }
        if (to > from)
            (void)answer(talk, talk->data + from, to - from);
        drop(talk, to);
        if (talk->is_over)
            return -1;
    }
    if (!talk->is_framed && talk->len > MESSAGE_MAX)
        refuse(talk, SKIPPED_MAX);
    return found < 0 ? -1 : 0;
}

/* Read more. 1; 0 if nothing came for a while; -1 at the end. */
static int read_more(struct talk *talk, int wait_ms)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    ssize_t got;
    char *grown;

    if (poll(&input, 1, wait_ms) == 0)
        return 0;
    if (talk->size - talk->len < CHUNK) {
        grown = talk->len > MESSAGE_MAX
                    ? NULL
                    : realloc(talk->data, talk->size + 2UL * CHUNK);
        if (!grown)
            return -1;
        talk->data = grown;
        talk->size += 2UL * CHUNK;
    }
    do
        got = read(STDIN_FILENO, talk->data + talk->len, CHUNK);
    while (got < 0 && errno == EINTR);
    if (got <= 0)
        return -1;
    talk->len += (size_t)got;
    return 1;
}

int hs_run_stdio(const struct hs_arguments *args, struct hs_config *config)
{
    struct talk talk = {.config = config,
                        .module = args->verb->module,
                        .is_framed = strcmp(args->verb->name, "lsp") == 0};
    int got = 1;

    hs_log_open(HS_LOG_ERROR, -1);
    while (got >= 0) {
        got = read_more(&talk, !talk.is_framed ? -1
                               : got > 0       ? QUIET_MS
                                               : AGAIN_MS);
        if (got > 0 && answer_all(&talk) != 0)
            break;
        if (got == 0)
            (void)answer(&talk, NULL, 0);
    }
    if (!talk.is_framed && talk.len > 0 && !talk.is_over)
        (void)answer(&talk, talk.data, talk.len); /* its line has no end */
    if (talk.is_open)
        hs_application_close(&talk.application);
    free(talk.data);
    return talk.status;
}
