/* db.c: the Lua module db.
 *
 * query, one, exec and transaction raise a table {code=, message=} when the
 * database fails; batch returns nil, message, code if the database fails and
 * raises for mistakes in the SQL. Values are bound in place, without a copy:
 * they stay on the stack, or in a table on it, until the statement is done, and
 * no Lua code runs meanwhile. */
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/clock.h"
#include "script/bind/binds.h"
#include "script/glue/glue.h"
#include "script/glue/own_buf.h"
#include "script/glue/statements.h"
#include "script/host.h"
#include "script/rule_vm/watchdog.h"
#include "store/near/near.h"
#include "store/store.h"

#define ERROR "hs.db.error"
#define WAIT_MS 5000
#define BATCH_WAIT_MS 700
#define BATCH_WAIT_MAX_MS 60000
#define FEW_VALUES 48 /* more go into a block of the VM's memory */
#define FEW_STATEMENTS 8
#define SCRUB_TEXTS 16

/* One per VM, an upvalue of every function. */
struct loan {
    lua_State *owner; /* the coroutine that is inside db:transaction */
};

static struct loan *loan_of(lua_State *L)
{
    return lua_touserdata(L, lua_upvalueindex(1));
}

static struct hs_session *check_session(lua_State *L)
{
    struct hs_host *host = hs_host(L);

    luaL_checktype(L, 1, LUA_TTABLE); /* db:query(), not db.query() */
    if (!host || host->trial || !host->session) {
        luaL_error(L, "db is not available while files are loaded");
        return NULL;
    }
    if (hs_session_in_transaction(host->session) && loan_of(L)->owner != L)
        luaL_error(L, "a transaction cannot be used from another coroutine");
    return host->session;
}

static int l_raise(lua_State *L, const struct hs_error *err)
{
    lua_createtable(L, 0, 2);
    lua_pushstring(L, err->code);
    lua_setfield(L, -2, "code");
    lua_pushstring(L, err->message);
    lua_setfield(L, -2, "message");
    luaL_setmetatable(L, ERROR);
    return lua_error(L);
}

static int l_error_tostring(lua_State *L)
{
    lua_getfield(L, 1, "message");
    lua_getfield(L, 1, "code");
    lua_pushfstring(L, "database: %s (%s)",
                    lua_isstring(L, -2) ? lua_tostring(L, -2) : "?",
                    lua_isstring(L, -1) ? lua_tostring(L, -1) : "?");
    return 1;
}

/* ---- values ---- */

/* The same for functions that write. What a webhook stores must be able to wait
 * in the spool, so it goes with its answer. */
static struct hs_session *check_writing_session(lua_State *L)
{
    struct hs_session *session = check_session(L);

    if (hs_host(L)->lookup)
        luaL_error(L, "a lookup may only read: db:query and db:one");
    if (hs_session_is_calling(session))
        luaL_error(L, "a webhook may only read: it stores what it returns as "
                      "the batch of its answer");
    return session;
}

/* The SQL at index 2 and the values after it; `few` has FEW_VALUES places. */
static void check_statement(lua_State *L, struct hs_statement *statement,
                            struct hs_value *few)
{
    int count = lua_gettop(L) - 2;
    struct hs_value *values = few;

    *statement = (struct hs_statement){0};
    statement->sql = luaL_checklstring(L, 2, &statement->sql_len);
    if (count > FEW_VALUES)
        values = lua_newuserdatauv(L, (size_t)count * sizeof *values, 0);
    for (int i = 0; i < count; i++) {
        const char *wrong = hs_value_of(L, i + 3, &values[i]);

        if (wrong)
            luaL_argerror(L, i + 3,
                          lua_pushfstring(L, "cannot store %s", wrong));
    }
    statement->values = values;
    statement->count = count;
}

static void push_value(lua_State *L, const struct hs_value *value)
{
    switch (value->type) {
    case HS_INTEGER:
        lua_pushinteger(L, value->integer);
        break;
    case HS_REAL:
        lua_pushnumber(L, value->real);
        break;
    case HS_TEXT:
    case HS_BLOB:
        lua_pushlstring(L, value->bytes, value->len);
        break;
    case HS_NULL:
        lua_pushnil(L);
        break;
    }
}

/* ---- rows ---- */

static void close_cursor(void *cursor)
{
    hs_cursor_close(cursor);
}

/* Run the statement of the arguments. Leaves the column names on the stack and
 * returns a cell with the cursor, which is closed also when Lua raises. */
static void **l_open_cursor(lua_State *L, int *columns)
{
    struct hs_session *session = check_session(L);
    int64_t left = hs_watch_left_ns();
    struct hs_statement statement;
    struct hs_value few[FEW_VALUES];
    struct hs_error err;
    struct hs_cursor *cursor;
    void **cell;

    check_statement(L, &statement, few);
    statement.lookup = hs_host(L)->lookup;
    statement.read_only = statement.lookup || hs_session_is_calling(session);
    hs_session_set_deadline(
        session, left == INT64_MAX ? 0 : hs_running_ms() + left / 1000000);
    cell = l_own(L, close_cursor);
    cursor = *cell = hs_session_query(session, &statement, WAIT_MS, &err);
    if (!cursor)
        l_raise(L, &err);
    *columns = hs_cursor_columns(cursor);
    luaL_checkstack(L, *columns + 4, "too many columns");
    for (int i = 0; i < *columns; i++)
        lua_pushstring(L, hs_cursor_name(cursor, i));
    return cell;
}

/* At once, not when the C function returns: unread rows hold on to their
 * snapshot. */
static void close_now(void **cell)
{
    hs_cursor_close(*cell);
    *cell = NULL;
}

/* Push the next row as a table; 0 at the end. NULL columns are absent. */
static int push_row(lua_State *L, struct hs_cursor *cursor, int first_name,
                    int columns)
{
    struct hs_error err;
    int found = hs_cursor_step(cursor, &err);

    if (found < 0)
        l_raise(L, &err);
    if (found == 0)
        return 0;
    lua_createtable(L, 0, columns);
    for (int i = 0; i < columns; i++) {
        struct hs_value value;

        hs_cursor_value(cursor, i, &value);
        lua_pushvalue(L, first_name + i);
        push_value(L, &value);
        lua_rawset(L, -3);
    }
    return 1;
}

/* db:query(sql, ...): a list of rows. */
static int l_query(lua_State *L)
{
    int columns;
    void **cell = l_open_cursor(L, &columns);
    int first_name = lua_gettop(L) - columns + 1;

    lua_newtable(L);
    for (lua_Integer i = 1; push_row(L, *cell, first_name, columns); i++)
        lua_rawseti(L, -2, i);
    close_now(cell);
    return 1;
}

/* db:one(sql, ...): the first row, or nil. */
static int l_one(lua_State *L)
{
    int columns;
    void **cell = l_open_cursor(L, &columns);

    if (!push_row(L, *cell, lua_gettop(L) - columns + 1, columns))
        lua_pushnil(L);
    close_now(cell);
    return 1;
}

/* Within a transaction nothing is stored yet. */
static void note_change(lua_State *L, const struct hs_session *session)
{
    hs_host(L)->changed |= !hs_session_in_transaction(session);
}

/* db:exec(sql, ...): rows changed, id of the row inserted last. */
static int l_exec(lua_State *L)
{
    struct hs_session *session = check_writing_session(L);
    struct hs_statement statement;
    struct hs_value few[FEW_VALUES];
    struct hs_error err;

    check_statement(L, &statement, few);
    if (hs_session_write(session, &statement, 1, WAIT_MS, &err) != 0)
        return l_raise(L, &err);
    note_change(L, session);
    lua_pushinteger(L, statement.changes);
    lua_pushinteger(L, statement.last_id);
    return 2;
}

/* ---- batch ---- */

static int push_changes(lua_State *L, const struct hs_statement *batch,
                        int count)
{
    lua_createtable(L, count, 0);
    for (int i = 0; i < count; i++) {
        lua_pushinteger(L, batch[i].changes);
        lua_rawseti(L, -2, i + 1);
    }
    return 1;
}

/* db:batch({ {sql, ...}, ... }, wait_ms): rows changed by each, all or none. */
static int l_batch(lua_State *L)
{
    struct hs_session *session = check_writing_session(L);
    lua_Integer wait_ms = luaL_optinteger(L, 3, BATCH_WAIT_MS);
    struct hs_statement few_statements[FEW_STATEMENTS];
    struct hs_value few_values[FEW_VALUES];
    struct hs_statement *batch = few_statements;
    struct hs_value *values = few_values;
    struct hs_error err;
    int count;
    int total;

    luaL_checktype(L, 2, LUA_TTABLE);
    luaL_argcheck(L, wait_ms >= 0 && wait_ms <= BATCH_WAIT_MAX_MS, 3,
                  "0 to 60000 milliseconds");
    lua_settop(L, 3);
    l_statements_count(L, 2, &count, &total);
    if (count > FEW_STATEMENTS)
        batch = lua_newuserdatauv(L, (size_t)count * sizeof *batch, 0);
    if (total > FEW_VALUES)
        values = lua_newuserdatauv(L, (size_t)total * sizeof *values, 0);
    l_statements_read(L, 2, batch, values);
    if (hs_session_write(session, batch, count, (int)wait_ms, &err) == 0) {
        note_change(L, session);
        return push_changes(L, batch, count);
    }
    if (strcmp(err.code, "sql") == 0)
        return l_raise(L, &err);
    return l_fail(L, err.code, "%s", err.message);
}

/* ---- transactions ---- */

/* db:transaction(fn): what fn returned; rolled back when fn raises. A protected
 * call: when a coroutine dies of an error, or time is up, what a C function
 * owns is released late, and all writes would wait for this one. */
static int l_transaction(lua_State *L)
{
    struct hs_session *session = check_writing_session(L);
    struct loan *loan = loan_of(L);
    struct hs_error err;
    int raised;
    int failed;

    luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_settop(L, 2);
    if (hs_session_begin(session, WAIT_MS, &err) != 0)
        return l_raise(L, &err);
    loan->owner = L;
    raised = lua_pcall(L, 0, LUA_MULTRET, 0) != LUA_OK; /* cannot yield */
    failed = hs_session_end(session, !raised, WAIT_MS, &err) != 0;
    if (!hs_session_in_transaction(session))
        loan->owner = NULL;
    if (raised)
        return lua_error(L);
    if (failed)
        return l_raise(L, &err);
    note_change(L, session);
    return lua_gettop(L) - 1;
}

/* db:generation(kind): unchanged as long as what was read of that kind of
 * tables is current: "settings", if it is left out, or "presence". */
static int l_generation(lua_State *L)
{
    static const char *const kinds[] = {"settings", "presence", NULL};
    struct hs_session *session = check_session(L);
    int kind = luaL_checkoption(L, 2, "settings", kinds);

    lua_pushinteger(L, (lua_Integer)hs_store_generation(
                           hs_session_store(session), (enum hs_kind)kind));
    return 1;
}

/* db:down_since(): when the database stopped answering, while calls are
 * answered from the near file; else nil. */
static int l_down_since(lua_State *L)
{
    const struct hs_near *near =
        hs_store_near(hs_session_store(check_session(L)));
    int64_t since = near ? hs_near_down_since(near) : 0;

    if (since)
        lua_pushinteger(L, since);
    else
        lua_pushnil(L);
    return 1;
}

/* db:host(): this process among those that share the database; nil when it is
 * the only one by the engine's nature. */
static int l_host(lua_State *L)
{
    lua_pushstring(L, hs_store_host(hs_session_store(check_session(L))));
    return 1;
}

/* db:scrub(texts): make sure that these texts, deleted from all rows, are gone
 * from the files too; returns true, or false and what may hold them, or nil,
 * message, code. */
static int l_scrub(lua_State *L)
{
    struct hs_session *session = check_writing_session(L);
    struct hs_value texts[SCRUB_TEXTS] = {0};
    struct hs_error err;
    lua_Integer count;
    int found;

    luaL_checktype(L, 2, LUA_TTABLE);
    count = luaL_len(L, 2);
    luaL_argcheck(L, count <= SCRUB_TEXTS, 2, "too many texts");
    for (int i = 0; i < (int)count; i++) {
        lua_geti(L, 2, i + 1); /* stays on the stack */
        texts[i].bytes = luaL_checklstring(L, -1, &texts[i].len);
    }
    found = hs_store_scrub(hs_session_store(session), texts, (int)count, &err);
    if (found < 0)
        return l_fail(L, err.code, "%s", err.message);
    lua_pushboolean(L, !found);
    lua_pushstring(L, found ? err.message : NULL);
    return 2;
}

/* db:check(): what an administrator should know, a line each; or nil, message,
 * code when the database is damaged or can't be read. */
static int l_check(lua_State *L)
{
    struct hs_session *session = check_session(L);
    struct hs_buf *notes = l_own_buf(L);
    struct hs_error err;

    if (hs_store_check(hs_session_store(session), notes, &err) != 0)
        return l_fail(L, err.code, "%s", err.message);
    lua_pushlstring(L, notes->len ? notes->data : "", notes->len);
    return 1;
}

int l_open_db(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"query", l_query},
        {"one", l_one},
        {"exec", l_exec},
        {"batch", l_batch},
        {"transaction", l_transaction},
        {"generation", l_generation},
        {"down_since", l_down_since},
        {"host", l_host},
        {"scrub", l_scrub},
        {"check", l_check},
        {NULL, NULL},
    };
    struct loan *loan;

    if (luaL_newmetatable(L, ERROR)) {
        lua_pushcfunction(L, l_error_tostring);
        lua_setfield(L, -2, "__tostring");
    }
    lua_pop(L, 1);
    luaL_newlibtable(L, functions);
    loan = lua_newuserdatauv(L, sizeof *loan, 0);
    *loan = (struct loan){0};
    luaL_setfuncs(L, functions, 1);
    return 1;
}
