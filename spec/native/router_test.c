/* router_test.c: which route a method and a path mean. */

#include "server/router.h"
#include "test.h"

static const struct hs_route ROUTES[] = {
    {.method = HS_POST,
     .auth = HS_AUTH_TWILIO,
     .voice = 1,
     .pattern = "/api/twilio/twiml",
     .where = "a.lua:1"},
    {.method = HS_GET, .pattern = "/api/numbers", .where = "a.lua:2"},
    {.method = HS_POST, .pattern = "/api/numbers", .where = "a.lua:3"},
    {.method = HS_GET, .pattern = "/api/numbers/search", .where = "a.lua:4"},
    {.method = HS_DELETE, .pattern = "/api/numbers/:id", .where = "a.lua:5"},
    {.method = HS_PATCH,
     .auth = HS_AUTH_USER,
     .pattern = "/api/numbers/:id/toggle",
     .where = "a.lua:6"},
    {.method = HS_GET, .pattern = "/api/numbers/:id/:part", .where = "a.lua:7"},
    {.method = HS_GET, .pattern = "/api/:kind/search/all", .where = "a.lua:8"},
    {.method = HS_GET, .pattern = "/", .where = "a.lua:9"},
};

static int make(void **state)
{
    struct hs_router *router = hs_router_new();

    for (size_t i = 0; i < sizeof ROUTES / sizeof ROUTES[0]; i++) {
        struct hs_route route = ROUTES[i];
        struct hs_error err;

        route.index = (int)i + 1;
        if (hs_router_add(router, &route, &err) != 0)
            return -1;
    }
    *state = router;
    return 0;
}

static int unmake(void **state)
{
    hs_router_free(*state);
    return 0;
}

static enum hs_found look(const struct hs_router *router, const char *method,
                          const char *path, struct hs_match *match)
{
    return hs_router_find(router, hs_method_of(method), path, strlen(path),
                          match);
}

TEST_CASE(finds_literal_paths)
{
    struct hs_match match;

    assert_int_equal(look(*state, "POST", "/api/twilio/twiml", &match),
                     HS_FOUND);
    assert_int_equal(match.route->index, 1);
    assert_int_equal(match.route->auth, HS_AUTH_TWILIO);
    assert_true(match.route->voice);
    assert_int_equal(look(*state, "GET", "/", &match), HS_FOUND);
    assert_int_equal(match.route->index, 9);
    assert_int_equal(look(*state, "GET", "/api/numbers/search", &match),
                     HS_FOUND);
    assert_int_equal(match.route->index, 4);
    assert_string_equal(match.route->where, "a.lua:4");
}

TEST_CASE(decodes_parameters)
{
    struct hs_match match;

    assert_int_equal(
        look(*state, "PATCH", "/api/numbers/a%20b%2Fc%C3%A9/toggle", &match),
        HS_FOUND);
    assert_int_equal(match.route->index, 6);
    assert_int_equal(match.count, 1);
    assert_string_equal(match.params[0].name, "id");
    assert_string_equal(match.params[0].value, "a b/c\xC3\xA9");
    assert_int_equal(match.params[0].len, 7);
    assert_int_equal(look(*state, "GET", "/api/numbers/7/calls", &match),
                     HS_FOUND);
    assert_int_equal(match.count, 2);
    assert_string_equal(match.params[1].name, "part");
    assert_string_equal(match.params[1].value, "calls");
}

TEST_CASE(refuses_parameters_that_are_not_text)
{
    static const char *const bad[] = {
        "/api/numbers/%00",    "/api/numbers/a%0ab", "/api/numbers/%7f",
        "/api/numbers/%ff",    "/api/numbers/%c3",   "/api/numbers/%ed%a0%80",
        "/api/numbers/%c0%af", "/api/numbers/%4",    "/api/numbers/%zz",
    };
    struct hs_match match;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(look(*state, "DELETE", bad[i], &match), HS_BAD_PATH);
}

TEST_CASE(refuses_a_parameter_that_is_too_long)
{
    char path[2048] = "/api/numbers/";
    struct hs_match match;

    memset(path + 13, 'x', 1500);
    assert_int_equal(look(*state, "DELETE", path, &match), HS_BAD_PATH);
}

TEST_CASE(knows_no_aliases)
{
    static const char *const aliases[] = {"/api/twilio/twiml/",
                                          "/API/twilio/twiml",
                                          "//api/twilio/twiml",
                                          "/api//twilio/twiml",
                                          "/api/./twilio/twiml",
                                          "/x/../api/twilio/twiml",
                                          "/api/twilio/twimlx",
                                          "/api/twilio/twiml/x",
                                          "/api/twilio/%74wiml",
                                          "/api/twilio",
                                          "",
                                          "api/twilio/twiml",
                                          "/api/twilio/twiml;a"};
    struct hs_match match;

    for (size_t i = 0; i < sizeof aliases / sizeof aliases[0]; i++)
        assert_int_equal(look(*state, "POST", aliases[i], &match), HS_NO_PATH);
    assert_int_equal(look(*state, "DELETE", "/api/numbers/", &match),
                     HS_NO_PATH);
    assert_int_equal(look(*state, "DELETE", "/api/numbers/..", &match),
                     HS_NO_PATH);
    assert_int_equal(look(*state, "DELETE", "/api/numbers/%2e", &match),
                     HS_NO_PATH);
    assert_int_equal(look(*state, "PATCH", "/api/numbers//toggle", &match),
                     HS_NO_PATH);
}

TEST_CASE(names_the_methods_that_a_path_takes)
{
    struct hs_match match;
    char allow[64];

    assert_int_equal(look(*state, "PUT", "/api/numbers", &match), HS_NO_METHOD);
    hs_allow_text(match.allow, allow, sizeof allow);
    assert_string_equal(allow, "GET, HEAD, POST");
    assert_int_equal(look(*state, "PROPFIND", "/api/twilio/twiml", &match),
                     HS_NO_METHOD);
    hs_allow_text(match.allow, allow, sizeof allow);
    assert_string_equal(allow, "POST");
    /* both as itself and as an :id */
    assert_int_equal(look(*state, "PUT", "/api/numbers/search", &match),
                     HS_NO_METHOD);
    hs_allow_text(match.allow, allow, sizeof allow);
    assert_string_equal(allow, "GET, HEAD, DELETE");
}

TEST_CASE(falls_through_to_a_pattern_that_takes_the_method)
{
    struct hs_match match;

    assert_int_equal(look(*state, "DELETE", "/api/numbers/search", &match),
                     HS_FOUND);
    assert_int_equal(match.route->index, 5);
    assert_string_equal(match.params[0].value, "search");
}

TEST_CASE(prefers_the_more_specific_pattern)
{
    struct hs_match match;

    assert_int_equal(look(*state, "GET", "/api/numbers/search/all", &match),
                     HS_FOUND);
    assert_int_equal(match.route->index, 7);
    assert_int_equal(look(*state, "GET", "/api/calls/search/all", &match),
                     HS_FOUND);
    assert_int_equal(match.route->index, 8);
    assert_int_equal(look(*state, "PATCH", "/api/numbers/1/toggle", &match),
                     HS_FOUND);
    assert_int_equal(match.route->index, 6);
}

TEST_CASE(answers_head_by_get)
{
    struct hs_match match;

    assert_int_equal(look(*state, "HEAD", "/api/numbers", &match), HS_FOUND);
    assert_int_equal(match.route->index, 2);
    assert_int_equal(look(*state, "HEAD", "/api/twilio/twiml", &match),
                     HS_NO_METHOD);
}

TEST_CASE(refuses_routes_that_cannot_be)
{
    static const char *const bad[] = {
        "",
        "x",
        "/a/",
        "/a//b",
        "/a/:",
        "/a/:Id",
        "/a/.",
        "/a/..",
        "/a b",
        "/a/%20",
        "/a/b*",
        "/a?b",
        "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17",
        "/:a/:b/:c/:d/:e/:f/:g/:h/:i"};
    struct hs_error err;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct hs_route route = {
            .method = HS_GET, .pattern = bad[i], .where = "b.lua:1"};

        assert_int_equal(hs_router_add(*state, &route, &err), -1);
        assert_string_equal(err.code, "route");
    }
}

TEST_CASE(refuses_a_route_that_is_taken)
{
    struct hs_route route = {.method = HS_PATCH,
                             .pattern = "/api/numbers/:other/toggle",
                             .where = "b.lua:1"};
    struct hs_error err;

    assert_int_equal(hs_router_add(*state, &route, &err), -1);
    assert_non_null(strstr(err.message, "a.lua:6"));
    route.method = HS_POST;
    route.pattern = "/api/twilio/twiml";
    assert_int_equal(hs_router_add(*state, &route, &err), -1);
    assert_non_null(strstr(err.message, "a.lua:1"));
}

TEST_CASE(holds_many_routes)
{
    struct hs_router *router = hs_router_new();
    struct hs_match match;
    char pattern[32];

    for (int i = 0; i < 500; i++) {
        struct hs_route route = {.method = HS_GET,
                                 .index = i + 1,
                                 .where = "c.lua:1",
                                 .pattern = pattern};
        struct hs_error err;

        snprintf(pattern, sizeof pattern, i % 2 ? "/p%d/:id" : "/p%d", i);
        assert_int_equal(hs_router_add(router, &route, &err), 0);
    }
    assert_int_equal(hs_router_count(router), 500);
    for (int i = 0; i < 500; i++) {
        snprintf(pattern, sizeof pattern, i % 2 ? "/p%d/x" : "/p%d", i);
        assert_int_equal(look(router, "GET", pattern, &match), HS_FOUND);
        assert_int_equal(match.route->index, i + 1);
    }
    hs_router_free(router);
}

int main(void)
{
    return cmocka_run_group_tests(tests, make, unmake);
}
