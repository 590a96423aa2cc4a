/* bind_db_test.c: the Lua module db, as its users see it. */
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "script/bind/binds.h"
#include "script/glue/glue.h"
#include "script/glue/statements.h"
#include "script/rule_vm/watchdog.h"
#include "script/vm.h"
#include "store_support.h"

/* The store's fixture, and a VM on its session. */
struct bound {
    struct fixture *f;
    struct hs_vm *vm;
};

static struct hs_vm *open_vm(struct hs_session *session, int trial)
{
    struct hs_host host = {.session = session, .trial = trial};
    struct hs_vm *vm = hs_vm_new(0, &host);
    lua_State *L;

    assert_non_null(vm);
    L = hs_vm_state(vm);
    luaL_openlibs(L);
    luaL_requiref(L, "db", l_open_db, 1);
    lua_settop(L, 0);
    return vm;
}

static int bind(void **state)
{
    struct bound *b = calloc(1, sizeof *b);

    assert_non_null(b);
    set_up((void **)&b->f);
    b->vm = open_vm(b->f->session, 0);
    *state = b;
    return 0;
}

static int unbind(void **state)
{
    struct bound *b = *state;

    hs_vm_free(b->vm);
    tear_down((void **)&b->f);
    free(b);
    return 0;
}

/* Run Lua text whose asserts must hold. */
static void lua(struct bound *b, const char *source)
{
    static struct hs_script_error err;

    assert_int_equal(luaL_loadbuffer(hs_vm_state(b->vm), source, strlen(source),
                                     "@spec.lua"),
                     LUA_OK);
    if (hs_vm_call(b->vm, 0, 0, 0, &err) != 0)
        fail_msg("line %d: %s: %s", err.line, err.code, err.message);
}

TEST_WITH(rows_come_as_tables, bind, unbind)
{
    lua(*state,
        "local changes, id = db:exec('INSERT INTO calls(sid, n) VALUES(?, ?)', "
        "  'CA1', 7)\n"
        "assert(changes == 1 and id == 1)\n"
        "changes, id = db:exec('UPDATE calls SET n = n + ?', 1)\n"
        "assert(changes == 1 and id == 0)\n"
        "local rows = db:query('SELECT sid, n, NULL AS none FROM calls')\n"
        "assert(#rows == 1 and rows[1].sid == 'CA1' and rows[1].n == 8)\n"
        "assert(math.type(rows[1].n) == 'integer' and rows[1].none == nil)\n"
        "local row = db:one('SELECT ? AS a, ? AS b, ? AS c, ? AS d, ? AS e', "
        "  true, 1.5, nil, 'x\\0y', false)\n"
        "assert(row.a == 1 and row.b == 1.5 and row.c == nil)\n"
        "assert(row.d == 'x\\0y' and row.e == 0)\n"
        "assert(db:one('SELECT 1 FROM calls WHERE n = 0') == nil)\n"
        "assert(#db:query('SELECT 1 FROM calls WHERE n = 0') == 0)\n"
        "local id = db:one('INSERT INTO calls(sid) VALUES(?) "
        "  ON CONFLICT DO NOTHING RETURNING id', 'CA2').id\n"
        "assert(id == 2)\n"
        "assert(db:one('INSERT INTO calls(sid) VALUES(?) "
        "  ON CONFLICT DO NOTHING RETURNING id', 'CA2') == nil)\n");
}

TEST_WITH(failures_raise_a_table, bind, unbind)
{
    lua(*state,
        "local function code(...)\n"
        "  local ok, e = pcall(db.exec, db, ...)\n"
        "  assert(not ok)\n"
        "  assert(type(e) == 'table' and type(e.message) == 'string', e)\n"
        "  assert(tostring(e):find(e.code, 1, true))\n"
        "  return e.code\n"
        "end\n"
        "db:exec('INSERT INTO calls(sid) VALUES(?)', 'CA1')\n"
        "assert(code('INSERT INTO calls(sid) VALUES(?)', 'CA1') == "
        "  'constraint')\n"
        "assert(code('INSERT INTO nowhere VALUES(1)') == 'sql')\n"
        "assert(code('SELECT ?') == 'sql')\n"
        "assert(code('SELECT 1', 2) == 'sql')\n"
        "assert(code('SELECT ?', 1, nil) == 'sql')\n"
        "assert(code('SELECT 1; SELECT 2') == 'sql')\n"
        "assert(code(\"ATTACH 'a' AS a\") == 'sql')\n");
}

TEST_WITH(mistakes_name_the_argument, bind, unbind)
{
    lua(*state,
        "local function says(text, f, ...)\n"
        "  local ok, e = pcall(f, ...)\n"
        "  assert(not ok and type(e) == 'string' and e:find(text, 1, true), "
        "text .. tostring(e))\n"
        "end\n"
        "says('cannot store table', db.exec, db, 'SELECT ?', {})\n"
        "says('cannot store function', db.one, db, 'SELECT ?', print)\n"
        "says('NaN', db.query, db, 'SELECT ?', 0/0)\n"
        "says('table expected', db.query, 'SELECT 1')\n"
        "says('string expected', db.query, db)\n"
        "says('statement 2 is not a list', db.batch, db, {{'SELECT 1'}, 5})\n"
        "says('not a list', db.batch, db, {{'SELECT 1', m = 5}})\n"
        "says('not a list', db.batch, db, {{}})\n"
        "says('does not begin with SQL', db.batch, db, {{5}})\n"
        "says('statement 1, value 2', db.batch, db, {{'SELECT ?', 1, {}}})\n"
        "says('1 to 1000', db.batch, db, {})\n"
        "says('milliseconds', db.batch, db, {{'SELECT 1'}}, -1)\n");
}

TEST_WITH(a_batch_is_all_or_nothing_and_returns_failures, bind, unbind)
{
    lua(*state,
        "local changes = db:batch {\n"
        "  { 'INSERT INTO calls(sid, n) VALUES(?, ?), (?, ?)', 'a', 1, 'b', 2 "
        "},\n"
        "  { 'UPDATE calls SET n = ?' },\n"
        "  { 'INSERT INTO notes(id, sid) VALUES(?, ?)', nil, 'x' },\n"
        "}\n"
        "assert(#changes == 3 and changes[1] == 2 and changes[2] == 2)\n"
        "assert(db:one('SELECT count(n) AS c FROM calls').c == 0)\n"
        "assert(db:one('SELECT sid FROM notes').sid == 'x')\n"
        "assert(db:batch {\n"
        "  { 'INSERT INTO notes(id, sid) SELECT ?3, ?5 WHERE ?1 = 1 AND ?2 "
        "    IS NULL AND ?4 IS NULL AND ?6 IS NULL AND ?7 IS NULL',\n"
        "    1, nil, 5, nil, 'holes', nil, nil },\n"
        "  table.pack('UPDATE notes SET sid = ? WHERE id = 5', nil),\n"
        "}[1] == 1)\n"
        "assert(db:one('SELECT sid FROM notes WHERE id = 5').sid == nil)\n"
        "local ok, message, code = db:batch {\n"
        "  { 'INSERT INTO calls(sid) VALUES(?)', 'c' },\n"
        "  { 'INSERT INTO calls(sid) VALUES(?)', 'a' },\n"
        "}\n"
        "assert(ok == nil and code == 'constraint' and #message > 0)\n"
        "assert(db:one('SELECT count(*) AS c FROM calls').c == 2)\n"
        "assert(not pcall(db.batch, db, {{'SELEKT'}}))\n"
        "local many = {}\n"
        "for i = 1, 50 do\n"
        "  many[i] = { 'INSERT INTO calls(sid, n) VALUES(?, ?)', 's' .. i, i "
        "}\n"
        "end\n"
        "assert(#db:batch(many) == 50)\n"
        "assert(db:one('SELECT sum(n) AS s FROM calls').s == 1275)\n"
        "local wide, places = {}, {}\n"
        "for i = 1, 60 do wide[i], places[i] = i, '?' end\n"
        "local sql = 'SELECT 1 WHERE 60 IN (' .. table.concat(places, ',') .. "
        "')'\n"
        "assert(#db:query(sql, table.unpack(wide)) == 1)\n"
        "assert(db:batch({{ sql, table.unpack(wide) }})[1] == 0)\n");
}

/* Copies the batch at index 1 into the one at index 2. */
static int l_copy(lua_State *L)
{
    l_batch_copy(L, 1, lua_touserdata(L, 2));
    return 0;
}

/* Push what `source` returns, and copy it. Returns lua_pcall's code. */
static int copy(struct bound *b, const char *source, struct hs_batch *batch)
{
    lua_State *L = hs_vm_state(b->vm);

    lua_settop(L, 0);
    lua_pushcfunction(L, l_copy);
    assert_int_equal(luaL_dostring(L, source), LUA_OK);
    lua_pushlightuserdata(L, batch);
    return lua_pcall(L, 2, 0, 0);
}

TEST_WITH(a_copied_batch_outlives_its_vm, bind, unbind)
{
    struct bound *b = *state;
    struct hs_batch batch = {0};
    struct hs_error err;

    assert_int_equal(copy(b, "return {{'SELECT 1'}, 5}", &batch), LUA_ERRRUN);
    assert_int_equal(copy(b, "return {}", &batch), LUA_ERRRUN);
    assert_int_equal(batch.count, 0);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(
            copy(b,
                 "N = (N or 0) + 1\n"
                 "return { { 'INSERT INTO calls(sid, n) VALUES(?, ?)', 'a' .. "
                 "N, N }, { 'UPDATE calls SET n = ? WHERE sid = ?', 1.5 * 4, "
                 "('long'):rep(100) .. N, n = 3 }, "
                 "{ 'UPDATE calls SET n = ?', nil, n = 2 } }",
                 &batch),
            LUA_OK);
        assert_int_equal(batch.count, 3);
        hs_vm_free(b->vm);
        b->vm = open_vm(b->f->session, 0);
        lua(b, round ? "N = 2" : "N = 1");
        assert_int_equal(hs_session_write(b->f->session, batch.statements,
                                          batch.count, PATIENT_MS, &err),
                         0);
        assert_int_equal(batch.statements[0].changes, 1);
        assert_int_equal(batch.statements[1].changes, 0);
        assert_int_equal(batch.statements[2].changes, round + 1);
    }
    hs_batch_free(&batch);
    lua(b, "local rows = db:query('SELECT sid, n FROM calls ORDER BY sid')\n"
           "assert(#rows == 2 and rows[1].sid == 'a1' and rows[2].n == nil)");
}

/* What it stores goes with its answer, so that it can wait in the spool. */
TEST_WITH(a_webhook_only_reads, bind, unbind)
{
    struct bound *b = *state;

    hs_session_calling(b->f->session, 1);
    lua(b, "local function refused(f, ...)\n"
           "  local ok, e = pcall(f, db, ...)\n"
           "  assert(not ok and (e.code == 'sql' or e:find('webhook')), e)\n"
           "end\n"
           "local insert = 'INSERT INTO calls(sid) VALUES(1)'\n"
           "refused(db.exec, insert)\n"
           "refused(db.batch, { { insert } })\n"
           "refused(db.transaction, function() end)\n"
           "refused(db.one, insert .. ' RETURNING id')\n"
           "refused(db.query, insert .. ' RETURNING id')\n"
           "assert(#db:query('SELECT 1 FROM calls') == 0)\n");
    hs_session_calling(b->f->session, 0);
    lua(b, "assert(db:exec('INSERT INTO calls(sid) VALUES(1)') == 1)");
}

TEST_WITH(a_batch_that_has_to_wait_gives_up_in_time, bind, unbind)
{
    struct bound *b = *state;
    struct hs_session *other = open_session(b->f->store);

    assert_int_equal(hs_session_begin(other, PATIENT_MS, NULL), 0);
    lua(b, "local ok, message, code = db:batch({{ "
           "  'INSERT INTO calls(sid) VALUES(1)' }}, 30)\n"
           "assert(ok == nil and code == 'busy', code)\n");
    assert_int_equal(hs_session_end(other, 0, PATIENT_MS, NULL), 0);
    hs_session_free(other);
}

TEST_WITH(a_transaction_commits_or_rolls_back, bind, unbind)
{
    lua(*state,
        "local a, b = db:transaction(function()\n"
        "  db:exec('INSERT INTO calls(sid) VALUES(?)', 'a')\n"
        "  assert(db:batch {{ 'INSERT INTO calls(sid) VALUES(?)', 'b' }})\n"
        "  return 1, db:one('SELECT count(*) AS c FROM calls').c\n"
        "end)\n"
        "assert(a == 1 and b == 2)\n"
        "local raised = {}\n"
        "local ok, e = pcall(db.transaction, db, function()\n"
        "  db:exec('INSERT INTO calls(sid) VALUES(?)', 'c')\n"
        "  error(raised)\n"
        "end)\n"
        "assert(not ok and e == raised)\n"
        "assert(db:one('SELECT count(*) AS c FROM calls').c == 2)\n"
        "db:transaction(function()\n"
        "  db:exec('INSERT INTO calls(sid) VALUES(?)', 'd')\n"
        "  local ok, e = pcall(db.transaction, db, function()\n"
        "    db:exec('INSERT INTO calls(sid) VALUES(?)', 'e')\n"
        "    db:exec('INSERT INTO calls(sid) VALUES(?)', 'd')\n"
        "  end)\n"
        "  assert(not ok and e.code == 'constraint')\n"
        "end)\n"
        "assert(db:one('SELECT count(*) AS c FROM calls').c == 3)\n"
        "db:exec('DELETE FROM calls')\n");
}

TEST_WITH(a_transaction_belongs_to_its_coroutine, bind, unbind)
{
    struct bound *b = *state;

    lua(b,
        "local ok, e = pcall(db.transaction, db, function()\n"
        "  db:exec('INSERT INTO calls(sid) VALUES(?)', 'a')\n"
        "  local co = coroutine.create(function() db:exec('SELECT 1') end)\n"
        "  local fine, why = coroutine.resume(co)\n"
        "  assert(not fine and why:find('another coroutine', 1, true), why)\n"
        "  fine, why = coroutine.resume(coroutine.create(function()\n"
        "    db:transaction(function() end)\n"
        "  end))\n"
        "  assert(not fine and why:find('another coroutine', 1, true), why)\n"
        "end)\n"
        "assert(ok, e)\n"
        "-- the whole of it inside a coroutine is fine, but it cannot yield\n"
        "local co = coroutine.create(function()\n"
        "  db:transaction(function()\n"
        "    db:exec('INSERT INTO calls(sid) VALUES(?)', 'b')\n"
        "  end)\n"
        "  db:transaction(function()\n"
        "    db:exec('INSERT INTO calls(sid) VALUES(?)', 'c')\n"
        "    coroutine.yield()\n"
        "  end)\n"
        "end)\n"
        "local fine, why = coroutine.resume(co)\n"
        "assert(not fine and why:find('yield', 1, true), why)\n"
        "kept = co -- a dead coroutine that nobody collects\n"
        "db:exec('INSERT INTO calls(sid) VALUES(?)', 'd')\n"
        "assert(db:one('SELECT count(*) AS c FROM calls').c == 3)\n");
    assert_false(hs_session_in_transaction(b->f->session));
}

TEST_WITH(a_time_budget_ends_a_transaction, bind, unbind)
{
    static const char source[] =
        "db:transaction(function()\n"
        "  db:exec('INSERT INTO calls(sid) VALUES(?)', 'a')\n"
        "  while true do db:one('SELECT 1') end\n"
        "end)\n";
    struct bound *b = *state;
    static struct hs_script_error err;

    assert_int_equal(luaL_loadbuffer(hs_vm_state(b->vm), source,
                                     sizeof source - 1, "@spec.lua"),
                     LUA_OK);
    assert_int_equal(hs_vm_call(b->vm, 0, 0, 100, &err), -1);
    assert_string_equal(err.code, "time");
    assert_false(hs_session_in_transaction(b->f->session));
    assert_int_equal(number(b->f->session, "SELECT count(*) FROM calls"), 0);
    hs_watchdog_thread_stop();
}

TEST_WITH(the_generation_moves_with_settings, bind, unbind)
{
    lua(*state, "local before = db:generation()\n"
                "assert(math.type(before) == 'integer')\n"
                "db:exec('INSERT INTO calls(sid) VALUES(?)', 'a')\n"
                "assert(db:generation() == before)\n"
                "db:exec('INSERT INTO settings VALUES(?, ?)', 'a', 'b')\n"
                "assert(db:generation() ~= before)\n");
}

TEST_WITH(a_trial_vm_has_no_database, bind, unbind)
{
    struct bound *b = *state;
    struct hs_vm *vms[] = {open_vm(b->f->session, 1), open_vm(NULL, 0)};

    for (int i = 0; i < 2; i++) {
        struct bound trial = {.vm = vms[i]};

        lua(&trial,
            "for name, f in pairs(db) do\n"
            "  local ok, e = pcall(f, db, 'SELECT 1')\n"
            "  assert(not ok and e:find('db is not available while files are "
            "loaded', 1, true), name)\n"
            "end\n");
        hs_vm_free(vms[i]);
    }
}

/* ---- no memory: everything is given back, nothing stays open ---- */

static void *limited(void *left, void *p, size_t old, size_t size)
{
    int *allocations = left;

    (void)old;
    if (size == 0) {
        free(p);
        return NULL;
    }
    if ((!p || size > old) && (*allocations)-- == 0)
        return NULL;
    return realloc(p, size);
}

static int l_everything(lua_State *L)
{
    static const char source[] =
        "db:batch {{ 'INSERT INTO notes(sid) VALUES(?)', ('x'):rep(100) }}\n"
        "db:exec('INSERT INTO notes(sid) VALUES(?)', 'y')\n"
        "assert(#db:query('SELECT *, sid || ? FROM notes', 'z') >= 2)\n"
        "local wide = {}\n"
        "for i = 1, 60 do wide[i] = i end\n"
        "db:one('SELECT ?' .. (',?'):rep(59), table.unpack(wide))\n"
        "db:transaction(function()\n"
        "  db:transaction(function()\n"
        "    db:exec('INSERT INTO notes(sid) VALUES(?)', 'y')\n"
        "  end)\n"
        "end)\n"
        "pcall(db.exec, db, 'no SQL')\n";

    l_glue_open(L);
    l_host_set(L, lua_touserdata(L, 1));
    luaL_openlibs(L);
    luaL_requiref(L, "db", l_open_db, 1);
    if (luaL_loadbuffer(L, source, sizeof source - 1, "@spec.lua") != LUA_OK)
        return lua_error(L);
    lua_call(L, 0, 0);
    return 0;
}

TEST_WITH(no_allocation_may_fail_badly, bind, unbind)
{
    struct bound *b = *state;
    struct hs_host host = {.session = b->f->session};
    int done = 0;

    for (int n = 0; !done; n++) {
        int left = n;
        lua_State *L = lua_newstate(limited, &left);

        if (!L)
            continue;
        lua_pushcfunction(L, l_everything);
        lua_pushlightuserdata(L, &host);
        done = lua_pcall(L, 1, 0, 0) == LUA_OK;
        /* Before the state is closed: at once, not at its end. */
        assert_false(hs_session_in_transaction(b->f->session));
        lua_close(L);
        assert_true(n < 20000);
    }
    run(b->f->session, "INSERT INTO notes(sid) VALUES('after')");
}

int main(void)
{
    return cmocka_run_group_tests(tests, NULL, NULL);
}
