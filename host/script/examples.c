/* examples.c: lua/calls/examples.lua does the work; here it gets its line. */
#include "script/examples.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "script/sandbox.h"
#include "script/script_error.h"

#define BUDGET_MS 10000 /* of all examples together */

/* The answer of examples.check, out of the VM. */
struct answer {
    int number; /* 0: all hold */
    char why[sizeof((struct hs_script_error *)0)->message];
};

static void require(lua_State *L, const char *name)
{
    lua_getglobal(L, "require");
    lua_pushstring(L, name);
    lua_call(L, 1, 1);
}

static int l_check(lua_State *L)
{
    struct answer *answer = lua_touserdata(L, 1);

    require(L, "calls.examples");
    lua_getfield(L, -1, "check");
    require(L, "rules");
    lua_pushstring(L, hs_host(L)->config->timezone);
    lua_call(L, 2, 2);
    if (lua_isnil(L, -2))
        return 0;
    answer->number = (int)luaL_checkinteger(L, -2);
    snprintf(answer->why, sizeof answer->why, "%s", luaL_checkstring(L, -1));
    return 0;
}

static int is_comment(const char *source, const char *at)
{
    const char *line = at;

    while (line > source && line[-1] != '\n')
        line--;
    while (line < at && isspace((unsigned char)*line))
        line++;
    return strncmp(line, "--", 2) == 0;
}

/* The next `word =` from `at` on that is not in a comment, or NULL. */
static const char *field(const char *source, const char *at, const char *word)
{
    while ((at = strstr(at, word)) != NULL) {
        const char *behind = at + strlen(word);

        if ((at == source ||
             (!isalnum((unsigned char)at[-1]) && at[-1] != '_')) &&
            behind[strspn(behind, " \t")] == '=' && !is_comment(source, at))
            return at;
        at = behind;
    }
    return NULL;
}

/* The examples lost their lines when the file had run: find the n-th expect
 * behind `examples =`. 0 when the file is written in another way. */
static int line_of(const struct hs_bundle *bundle, int number)
{
    size_t len;
    const char *source = hs_bundle_source(bundle, HS_RULE_FILE, &len);
    const char *at = source ? field(source, source, "examples") : NULL;
    int line = 1;

    for (int i = 0; at && i < number; i++)
        at = field(source, at + 1, "expect");
    if (!at)
        return 0;
    for (const char *p = source; p < at; p++)
        line += *p == '\n';
    return line;
}

int hs_examples_check(struct hs_vm *app, const struct hs_bundle *bundle,
                      struct hs_script_error *err)
{
    struct answer answer = {0};
    lua_State *L = hs_vm_state(app);

    lua_pushcfunction(L, l_check);
    lua_pushlightuserdata(L, &answer);
    if (hs_vm_call(app, 1, 0, BUDGET_MS, err) != 0)
        return -1;
    if (!answer.number)
        return 0;
    hs_script_error_set(err, "example", "");
    snprintf(err->source, sizeof err->source, "%s", HS_RULE_FILE);
    err->line = line_of(bundle, answer.number);
    snprintf(err->message, sizeof err->message, "example %d: %.480s",
             answer.number, answer.why);
    return -1;
}
