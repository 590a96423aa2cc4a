/* app.c: the Lua application inside a VM: its routes and its dispatcher.
 *
 * Everything that may raise runs in an l_ function below one hs_vm_call; C's
 * buffers and forms belong to the worker, so nothing leaks when Lua jumps out.
 * */
#include "server/app.h"

#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/clock.h"
#include "base/log.h"
#include "script/glue/form_userdata.h"
#include "script/glue/glue.h"
#include "script/glue/statements.h"
#include "server/answers/header_text.h"

#define START_BUDGET_MS 5000
#define WEBHOOK_BUDGET_MS 8000 /* Twilio gives up after 15 s */
#define API_BUDGET_MS 30000    /* may talk to Twilio meanwhile */

/* Their addresses are registry keys. */
static const char dispatch_key, stored_key, params_key, query_key,
    request_meta_key;

struct start {
    struct hs_router *router; /* NULL: routes are loaded on first use */
};

struct dispatch {
    struct hs_request *request;
    struct hs_reply *reply;
    const struct hs_error *failure; /* result of storing, or NULL */
};

/* ---- routes ---- */

static const char *check_text(lua_State *L, int index, const char *field,
                              lua_Integer n)
{
    const char *text;

    lua_getfield(L, index, field);
    text = lua_tostring(L, -1);
    if (!text)
        luaL_error(L, "route %I has no %s", n, field);
    return text; /* stays on the stack */
}

static enum hs_auth check_auth(lua_State *L, const char *text)
{
    if (strcmp(text, "twilio") == 0)
        return HS_AUTH_TWILIO;
    if (strcmp(text, "user") == 0)
        return HS_AUTH_USER;
    if (strcmp(text, "none") != 0)
        luaL_error(L, "unknown auth %s", text);
    return HS_AUTH_NONE;
}

static enum hs_role check_role(lua_State *L, const char *text)
{
    enum hs_role role = hs_role_of(text, strlen(text));

    if (role == HS_ROLE_NONE)
        luaL_error(L, "unknown role %s", text);
    return role;
}

/* The table {name =, per_minute =} in a field of the table at `index`. */
static void l_read_limit(lua_State *L, int index, const char *field,
                         struct hs_limit *out)
{
    size_t len;
    const char *name;
    int is_integer;

    if (lua_getfield(L, index, field) == LUA_TNIL) {
        lua_pop(L, 1);
        return;
    }
    luaL_checktype(L, -1, LUA_TTABLE);
    lua_getfield(L, -1, "per_minute");
    out->per_minute = (int)lua_tointegerx(L, -1, &is_integer);
    lua_getfield(L, -2, "name");
    name = lua_tolstring(L, -1, &len);
    if (!name || len == 0 || len >= sizeof out->name || !is_integer ||
        out->per_minute < 1)
        luaL_error(L, "a limit needs a short name and per_minute");
    else
        memcpy(out->name, name, len + 1);
    lua_pop(L, 3);
}

/* Enter the route table at the top of the stack. */
static void l_enter_route(lua_State *L, struct hs_router *router, lua_Integer n)
{
    int table = lua_gettop(L);
    struct hs_route route = {.index = (int)n};
    struct hs_error err;

    luaL_checktype(L, table, LUA_TTABLE);
    route.method = hs_method_of(check_text(L, table, "method", n));
    route.pattern = check_text(L, table, "pattern", n);
    route.where = check_text(L, table, "where", n);
    route.auth = check_auth(L, check_text(L, table, "auth", n));
    if (route.auth == HS_AUTH_USER)
        route.least = check_role(L, check_text(L, table, "role", n));
    lua_getfield(L, table, "rescue");
    route.voice = route.auth == HS_AUTH_TWILIO && lua_toboolean(L, -1);
    lua_getfield(L, table, "stream");
    route.stream = route.auth == HS_AUTH_USER && lua_toboolean(L, -1);
    lua_getfield(L, table, "heavy");
    route.heavy = route.auth == HS_AUTH_USER && lua_toboolean(L, -1);
    lua_getfield(L, table, "seconds");
    route.budget_ms = (int)luaL_optinteger(L, -1, 0) * 1000;
    lua_getfield(L, table, "body_bytes");
    if (route.auth == HS_AUTH_USER && lua_tointeger(L, -1) > 0)
        route.body_bytes = (size_t)lua_tointeger(L, -1);
    l_read_limit(L, table, "limit", &route.limit);
    if (hs_router_add(router, &route, &err) != 0)
        luaL_error(L, "%s: %s", route.where, err.message);
    lua_settop(L, table);
}

/* The request behind the table at `index` while it is under way, else NULL. */
static struct hs_request *l_request_of(lua_State *L, int index)
{
    struct hs_request *request;
    int current;

    lua_rawgetp(L, index, &request_meta_key);
    request = lua_touserdata(L, -1);
    lua_getfield(L, index, "id");
    current = request && request->wire && lua_isstring(L, -1) &&
              strcmp(lua_tostring(L, -1), request->id) == 0;
    lua_pop(L, 2);
    return current ? request : NULL;
}

/* req:header(name): a header of the current request; several lines are joined
 * with commas (RFC 9110, 5.3). */
static int l_header(lua_State *L)
{
    struct hs_request *request;
    const char *name;
    struct hs_header header;
    int found = 0;

    luaL_checktype(L, 1, LUA_TTABLE);
    name = luaL_checkstring(L, 2);
    request = l_request_of(L, 1);
    if (!request)
        return luaL_error(L, "headers can be read only during the request");
    for (int i = 0; hs_header_at(request, i, &header); i++) {
        if (strcasecmp(header.name, name) != 0)
            continue;
        if (found)
            lua_pushliteral(L, ", ");
        lua_pushstring(L, header.value);
        if (found)
            lua_concat(L, 3);
        found = 1;
    }
    return found;
}

/* req:has_changed(): may something that it changed be stored, even if it fails?
 */
static int l_has_changed(lua_State *L)
{
    lua_pushboolean(L, hs_host(L)->changed);
    return 1;
}

/* Fields that handlers seldom read are made on demand: req.method, req.target …
 * */
static int l_request_index(lua_State *L)
{
    struct hs_request *request;
    const char *field = lua_tostring(L, 2);

    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL)
        return 1; /* a method */
    request = l_request_of(L, 1);
    if (!field || !request)
        return 0;
    if (strcmp(field, "method") == 0)
        lua_pushstring(L, request->method_name);
    else if (strcmp(field, "content_type") == 0)
        lua_pushstring(L, request->content_type);
    else if (strcmp(field, "remote") == 0)
        lua_pushstring(L, request->client);
    else if (strcmp(field, "target") == 0)
        lua_pushlstring(L, request->target, request->target_len);
    else
        return 0;
    return 1;
}

/* Shared by all requests of this VM. */
static void l_keep_request_parts(lua_State *L)
{
    l_form_push(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &params_key);
    l_form_push(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &query_key);
    lua_createtable(L, 0, 1);
    lua_createtable(L, 0, 2);
    lua_pushcfunction(L, l_header);
    lua_setfield(L, -2, "header");
    lua_pushcfunction(L, l_has_changed);
    lua_setfield(L, -2, "has_changed");
    lua_pushcclosure(L, l_request_index, 1);
    lua_setfield(L, -2, "__index");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &request_meta_key);
}

/* Read the limits for all routes from the module at `index`. */
static void l_enter_limits(lua_State *L, int index, struct hs_router *router)
{
    struct hs_router_limits *limits = hs_router_limits(router);

    if (lua_getfield(L, index, "limits") == LUA_TTABLE) {
        l_read_limit(L, lua_gettop(L), "user", &limits->user);
        l_read_limit(L, lua_gettop(L), "refused", &limits->refused);
    }
    lua_pop(L, 1);
}

/* Keep a function of the module at the top of the stack in the registry; a
 * missing one fails when it is called. */
static void l_keep_function(lua_State *L, const char *name, const void *key)
{
    lua_getfield(L, -1, name);
    lua_rawsetp(L, LUA_REGISTRYINDEX, key);
}

static int l_start(lua_State *L)
{
    struct start *start = lua_touserdata(L, 1);
    lua_Integer count;

    l_keep_request_parts(L);
    l_push_module(L, "hookswitch.router");
    l_keep_function(L, "dispatch", &dispatch_key);
    l_keep_function(L, "stored", &stored_key);
    if (start->router)
        l_enter_limits(L, lua_gettop(L), start->router);
    lua_getfield(L, -1, start->router ? "load" : "begin");
    l_push_module(L, "app");
    lua_call(L, 1, 1);
    if (!start->router)
        return 0;
    luaL_checktype(L, -1, LUA_TTABLE);
    count = luaL_len(L, -1);
    for (lua_Integer n = 1; n <= count; n++) {
        lua_geti(L, -1, n);
        l_enter_route(L, start->router, n);
        lua_pop(L, 1);
    }
    return 0;
}

int hs_app_start(struct hs_vm *vm, struct hs_router *router,
                 struct hs_script_error *err)
{
    struct start start = {.router = router};
    lua_State *L = hs_vm_state(vm);

    lua_pushcfunction(L, l_start);
    lua_pushlightuserdata(L, &start);
    return hs_vm_call(vm, 1, 0, START_BUDGET_MS, err);
}

/* hs_take_routes_fn of script/host.h: `router` is a struct hs_router. */
static int take_routes(struct hs_vm *vm, void *router,
                       struct hs_script_error *err)
{
    struct hs_router *own = router ? NULL : hs_router_new();
    int failed;

    if (!router && !own) {
        *err = (struct hs_script_error){.code = "memory",
                                        .message = "not enough memory"};
        return -1;
    }
    failed = hs_app_start(vm, router ? router : own, err);
    hs_router_free(own);
    return failed;
}

struct hs_vm_reach hs_app_reach(const struct hs_server *server)
{
    return (struct hs_vm_reach){.config = server->config,
                                .store = server->store,
                                .session_key = server->session_key,
                                .limiter = server->limiter,
                                .take_routes = take_routes};
}

/* ---- a request ---- */

static void l_set_text(lua_State *L, const char *field, const char *text)
{
    if (!text)
        return;
    lua_pushstring(L, text);
    lua_setfield(L, -2, field);
}

static void l_set_path(lua_State *L, const struct hs_match *match)
{
    lua_createtable(L, 0, match->count);
    for (int i = 0; i < match->count; i++) {
        lua_pushlstring(L, match->params[i].value, match->params[i].len);
        lua_setfield(L, -2, match->params[i].name);
    }
    lua_setfield(L, -2, "path");
}

static void push_request(lua_State *L, struct hs_request *request)
{
    lua_createtable(L, 1, 7);
    lua_pushlightuserdata(L, request);
    lua_rawsetp(L, -2, &request_meta_key);
    l_set_text(L, "id", request->id);
    lua_pushinteger(L, hs_now_ms());
    lua_setfield(L, -2, "at");
    if (request->continued)
        l_set_text(L, "continued", request->worker->more.data);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &query_key);
    lua_setfield(L, -2, "query");
    if (request->match.route->auth == HS_AUTH_TWILIO) {
        lua_rawgetp(L, LUA_REGISTRYINDEX, &params_key);
        lua_setfield(L, -2, "params");
    } else {
        lua_pushlstring(L, request->body, request->body_len);
        lua_setfield(L, -2, "raw");
        l_set_path(L, &request->match);
    }
    if (request->match.route->auth == HS_AUTH_USER) {
        lua_createtable(L, 0, 4);
        l_set_text(L, "id", request->user);
        l_set_text(L, "role", hs_role_name(request->role));
        lua_pushboolean(L, request->role_assumed);
        lua_setfield(L, -2, "role_assumed");
        l_set_text(L, "login", request->login[0] ? request->login : NULL);
        lua_setfield(L, -2, "user");
    }
    lua_rawgetp(L, LUA_REGISTRYINDEX, &request_meta_key);
    lua_setmetatable(L, -2);
}

static const char *l_copy_text(lua_State *L, int index, struct hs_buf *to,
                               size_t *len)
{
    const char *text = luaL_checklstring(L, index, len);

    hs_buf_clear(to);
    if (hs_buf_add(to, text, *len) != 0)
        luaL_error(L, "out of memory");
    return to->data;
}

static int value_is_clean(const char *value, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)value[i];

        if (byte < 32 || byte == 127)
            return 0;
    }
    return 1;
}

/* Headers that only the server itself sets. */
static int is_ours(const char *name)
{
    static const char *const ours[] = {
        "Content-Length", "Content-Type", "Transfer-Encoding",
        "Connection",     "Date",         "X-Request-Id"};

    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++) {
        if (strcasecmp(name, ours[i]) == 0)
            return 1;
    }
    return 0;
}

/* Turn the headers table at `index` into lines. */
static void l_take_headers(lua_State *L, int index, struct hs_buf *to,
                           struct hs_reply *reply)
{
    hs_buf_clear(to);
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        size_t name_len, value_len;
        const char *name, *value;

        if (lua_type(L, -2) != LUA_TSTRING)
            luaL_error(L, "a header's name is not a string");
        name = lua_tolstring(L, -2, &name_len);
        value = luaL_checklstring(L, -1, &value_len);
        if (!hs_name_is_token(name, name_len) || is_ours(name) ||
            !value_is_clean(value, value_len))
            luaL_error(L, "the header %s cannot be sent", name);
        if (hs_buf_printf(to, "%s: %s\r\n", name, value) != 0)
            luaL_error(L, "out of memory");
        reply->own_cache |= strcasecmp(name, "Cache-Control") == 0;
        reply->own_policy |= strcasecmp(name, "Content-Security-Policy") == 0;
    }
    reply->headers = to->len ? to->data : NULL;
}

/* status, content_type|nil, body|nil, headers|nil, recording|nil from the index
 * `first` on. */
static void l_take_answer(lua_State *L, int first, struct hs_worker *worker,
                          struct hs_reply *reply)
{
    int is_integer;
    lua_Integer status = lua_tointegerx(L, first, &is_integer);
    size_t type_len;

    if (!is_integer || status < 200 || status > 599)
        luaL_error(L, "the answer has no status");
    *reply = (struct hs_reply){.status = (int)status};
    if (!lua_isnil(L, first + 1)) {
        reply->type =
            l_copy_text(L, first + 1, &worker->answer_type, &type_len);
        if (!value_is_clean(reply->type, type_len))
            luaL_error(L, "the Content-Type cannot be sent");
    }
    if (!lua_isnil(L, first + 2))
        reply->body = l_copy_text(L, first + 2, &worker->answer, &reply->len);
    if (!lua_isnil(L, first + 3)) {
        luaL_checktype(L, first + 3, LUA_TTABLE);
        l_take_headers(L, first + 3, &worker->answer_headers, reply);
    }
    if (!lua_isnil(L, first + 4))
        reply->recording =
            l_copy_text(L, first + 4, &worker->answer, &reply->len);
}

/* What must be stored before the answer is sent, and the route's note about it:
 * batch|nil, note|nil from the index `first` on. */
static void l_take_batch(lua_State *L, int first, struct hs_worker *worker)
{
    size_t len;

    hs_buf_clear(&worker->note);
    if (lua_isnil(L, first))
        return;
    luaL_checktype(L, first, LUA_TTABLE);
    if (!lua_isnil(L, first + 1))
        (void)l_copy_text(L, first + 1, &worker->note, &len);
    l_batch_copy(L, first, &worker->batch);
}

/* Where the body continues, or nil: at the index `first`. */
static void l_take_more(lua_State *L, int first, struct hs_worker *worker)
{
    size_t len;

    hs_buf_clear(&worker->more);
    if (!lua_isnil(L, first))
        (void)l_copy_text(L, first, &worker->more, &len);
}

static int l_dispatch(lua_State *L)
{
    struct dispatch *dispatch = lua_touserdata(L, 1);
    struct hs_request *request = dispatch->request;

    lua_settop(L, 0);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &dispatch_key);
    lua_pushinteger(L, request->match.route->index);
    push_request(L, request);
    lua_call(L, 2, 8);
    l_take_answer(L, 1, request->worker, dispatch->reply);
    l_take_batch(L, 6, request->worker);
    l_take_more(L, 8, request->worker);
    return 0;
}

/* Push the number of rows each statement changed. */
static void push_changes(lua_State *L, const struct hs_batch *batch)
{
    lua_createtable(L, batch->count, 0);
    for (int i = 0; i < batch->count; i++) {
        lua_pushinteger(L, batch->statements[i].changes);
        lua_rawseti(L, -2, i + 1);
    }
}

static int l_stored(lua_State *L)
{
    struct dispatch *dispatch = lua_touserdata(L, 1);
    struct hs_request *request = dispatch->request;
    struct hs_worker *worker = request->worker;

    lua_settop(L, 0);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &stored_key);
    lua_pushinteger(L, request->match.route->index);
    push_request(L, request);
    if (worker->note.len > 0)
        lua_pushlstring(L, worker->note.data, worker->note.len);
    else
        lua_pushnil(L);
    if (dispatch->failure) {
        lua_pushnil(L);
        lua_pushstring(L, dispatch->failure->message);
        lua_pushstring(L, dispatch->failure->code);
        lua_call(L, 6, 5);
    } else {
        push_changes(L, &worker->batch);
        lua_call(L, 4, 5);
    }
    if (!lua_isnil(L, 1))
        l_take_answer(L, 1, worker, dispatch->reply);
    return 0;
}

/* Point params and query at this request's forms, or clear them. */
static void point_forms(lua_State *L, const struct hs_form *params,
                        const struct hs_form *query)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &params_key);
    hs_form_point(L, -1, params);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &query_key);
    hs_form_point(L, -1, query);
    lua_pop(L, 2);
}

/* Run l_dispatch or l_stored. 0, or -1 and `err`. */
static int run(struct hs_vm *vm, lua_CFunction function,
               struct dispatch *dispatch, struct hs_script_error *err)
{
    struct hs_worker *worker = dispatch->request->worker;
    lua_State *L = hs_vm_state(vm);
    const struct hs_route *route = dispatch->request->match.route;
    int usual =
        route->auth == HS_AUTH_TWILIO ? WEBHOOK_BUDGET_MS : API_BUDGET_MS;
    int budget = route->budget_ms > usual ? route->budget_ms : usual;
    int result;

    hs_vm_take_request(vm, dispatch->request->changed);
    point_forms(L, &worker->params, &worker->query);
    lua_pushcfunction(L, function);
    lua_pushlightuserdata(L, dispatch);
    result = hs_vm_call(vm, 1, 0, budget, err);
    point_forms(L, NULL, NULL);
    return result;
}

int hs_app_dispatch(struct hs_vm *vm, struct hs_request *request,
                    struct hs_reply *reply, struct hs_script_error *err)
{
    struct dispatch dispatch = {.request = request, .reply = reply};

    request->worker->batch.count = 0;
    return run(vm, l_dispatch, &dispatch, err);
}

int hs_app_stored(struct hs_vm *vm, struct hs_request *request,
                  const struct hs_error *failure, struct hs_reply *reply,
                  struct hs_script_error *err)
{
    struct dispatch dispatch = {
        .request = request, .reply = reply, .failure = failure};

    return run(vm, l_stored, &dispatch, err);
}

void hs_app_log(const char *event, const struct hs_script_error *err,
                const char *request_id)
{
    hs_log(HS_LOG_ERROR, event, HS_S("request_id", request_id),
           HS_S("code", err->code), HS_S("file", err->source),
           HS_I("line", err->line), HS_S("message", err->message),
           HS_S("traceback", err->traceback));
}
