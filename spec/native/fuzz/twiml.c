/* twiml.c: any bytes where callers, pages and settings put theirs into a
 * document, as text and as attributes. The document has the elements that it
 * has with harmless text, no byte that XML cannot hold, and says what was put
 * in. Runs in the repository's folder, for the Lua files. */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "script/bind/binds.h"

/* Above 64 KB a document is refused; a byte becomes six at most, nine times. */
#define SURELY_FITS 1000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char CHUNK[] =
    "package.path = 'lua/?.lua'\n"
    "local t = require('calls.twiml.document')\n"
    "return function(text)\n"
    "  return t.write(t.response {\n"
    "    t.say { text },\n"
    "    t.dial { callerId = text, t.number { text, url = text },\n"
    "      t.client { t.identity { text },\n"
    "        t.parameter { name = 'from_name', value = text } } },\n"
    "    t.gather { action = text, t.play(text) },\n"
    "  })\n"
    "end\n";

/* What stands between the places, and what each place is. */
static const struct piece {
    const char *before;
    int attribute;
} pieces[] = {
    {"<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Say>", 0},
    {"</Say><Dial callerId=\"", 1},
    {"\"><Number url=\"", 1},
    {"\">", 0},
    {"</Number><Client><Identity>", 0},
    {"</Identity><Parameter name=\"from_name\" value=\"", 1},
    {"\"/></Client></Dial><Gather action=\"", 1},
    {"\"><Play>", 0},
};
static const char end[] = "</Play></Gather></Response>";

static const struct entity {
    const char *name;
    char byte;
} entities[] = {{"&amp;", '&'},  {"&lt;", '<'},   {"&gt;", '>'},
                {"&quot;", '"'}, {"&#x9;", '\t'}, {"&#xA;", '\n'},
                {"&#xD;", '\r'}};

static void add(struct hs_buf *out, const char *bytes, size_t len)
{
    if (hs_buf_add(out, bytes, len) != 0)
        abort();
}

static const char *expect(const char *at, const char *literal)
{
    size_t len = strlen(literal);

    assert(strncmp(at, literal, len) == 0);
    return at + len;
}

/* Read an entity, which must be one that we write. */
static const char *read_entity(const char *at, struct hs_buf *out)
{
    for (size_t i = 0; i < sizeof entities / sizeof entities[0]; i++) {
        size_t len = strlen(entities[i].name);

        if (strncmp(at, entities[i].name, len) == 0) {
            add(out, &entities[i].byte, 1);
            return at + len;
        }
    }
    assert(!"a raw & or an unknown entity");
    return NULL;
}

/* Read what is at a place, up to the byte that ends it. */
static const char *read_place(const char *at, int attribute, struct hs_buf *out)
{
    hs_buf_clear(out);
    while (*at != (attribute ? '"' : '<')) {
        unsigned char byte = (unsigned char)*at;

        assert(byte != '<' && (attribute || byte != '>'));
        assert(byte >= 32 || (!attribute && (byte == '\t' || byte == '\n')));
        if (byte == '&') {
            at = read_entity(at, out);
        } else {
            add(out, at, 1);
            at++;
        }
    }
    return at;
}

/* What is left of text in UTF-8: no controls, no code points that are no
 * characters. */
static void clean(const uint8_t *data, size_t size, struct hs_buf *out)
{
    hs_buf_clear(out);
    for (size_t i = 0; i < size; i++) {
        if (data[i] < 32 && !strchr("\t\n\r", data[i] ? data[i] : 1))
            continue;
        if (i + 2 < size && data[i] == 0xEF && data[i + 1] == 0xBF &&
            data[i + 2] >= 0xBE) {
            add(out, "\xEF\xBF\xBD", 3);
            i += 2;
        } else {
            add(out, (const char *)data + i, 1);
        }
    }
}

static void assert_same(const struct hs_buf *a, const struct hs_buf *b)
{
    assert(a->len == b->len);
    assert(a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

static void check(const char *document, size_t len, const uint8_t *data,
                  size_t size)
{
    static struct hs_buf first, other;
    const char *at = document;

    assert(strlen(document) == len && hs_utf8_valid(document, len));
    assert(!strstr(document, "\xEF\xBF\xBE") &&
           !strstr(document, "\xEF\xBF\xBF"));
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        struct hs_buf *place = i ? &other : &first;

        at = expect(at, pieces[i].before);
        at = read_place(at, pieces[i].attribute, place);
        assert_same(place, &first);
    }
    assert(strcmp(at, end) == 0);
    if (!hs_utf8_valid((const char *)data, size))
        return;
    clean(data, size, &other);
    assert_same(&other, &first);
}

static lua_State *open_lua(void)
{
    lua_State *L = luaL_newstate();

    if (!L)
        abort();
    luaL_openlibs(L);
    luaL_requiref(L, "spelling", l_open_spelling, 0);
    lua_settop(L, 0);
    if (luaL_dostring(L, CHUNK)) {
        (void)fprintf(stderr, "%s\n", lua_tostring(L, -1));
        abort();
    }
    return L;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static lua_State *L;
    const char *document;
    size_t len;

    if (!L)
        L = open_lua();
    lua_settop(L, 1);
    lua_pushvalue(L, 1);
    lua_pushlstring(L, (const char *)data, size);
    if (lua_pcall(L, 1, 1, 0) != LUA_OK) {
        assert(size > SURELY_FITS);
        assert(strstr(lua_tostring(L, -1), "Twilio takes 65536 at most"));
        return 0;
    }
    document = lua_tolstring(L, -1, &len);
    check(document, len, data, size);
    return 0;
}
