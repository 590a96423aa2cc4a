/* auth.c: checks the token of an API request: a JWT of the host application, or
 * one of our own session tokens, in the Authorization header or (ours only) in
 * a cookie. */
#include "server/access/auth.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/config/credentials.h"
#include "base/config/database_name.h"
#include "base/log.h"
#include "base/metrics.h"
#include "lib/crypt.h"
#include "lib/files/keyfile.h"
#include "lib/jwt.h"
#include "server/access/accounts.h"
#include "server/access/limits.h"
#include "server/access/login.h"
#include "server/answers/header_text.h"
#include "server/answers/reply.h"

#define LEEWAY_SECONDS 30
#define HS_ROLE_CLAIM "role" /* of our own tokens: commands/token.lua */
#define KEY_FILE_SUFFIX ".key"
#define PEM_BEGIN "-----BEGIN"
#define SECRET_TEXT (2 * HS_KEYFILE_BYTES + 1)

/* ---- keys ---- */

/* The keys in the text of a PEM file: one or two; the second also verifies.
 * NULL and `err`. */
static struct hs_jwt_key *public_keys(const char *algorithm, const char *pem,
                                      struct hs_error *err)
{
    const char *first = strstr(pem, PEM_BEGIN);
    const char *second = first ? strstr(first + 1, PEM_BEGIN) : NULL;
    struct hs_jwt_key *key = hs_jwt_key_new(algorithm, pem, strlen(pem), err);
    struct hs_jwt_key *other;

    if (!key || !second)
        return key;
    other = hs_jwt_key_new(algorithm, second, strlen(second), err);
    if (other && strstr(second + 1, PEM_BEGIN)) {
        hs_error_set(err, "bad_key", "the file holds more than two keys");
        hs_jwt_key_free(other);
        other = NULL;
    }
    hs_jwt_key_add(key, other);
    if (other)
        return key;
    hs_jwt_key_free(key);
    return NULL;
}

/* A key from a secret; it also verifies with the second one unless that is "".
 * NULL and `err`. */
static struct hs_jwt_key *shared_key(const char *secret, const char *second,
                                     struct hs_error *err)
{
    struct hs_jwt_key *key =
        hs_jwt_key_new("HS256", secret, strlen(secret), err);

    if (!key || !second[0])
        return key;
    hs_jwt_key_add(key, hs_jwt_key_new("HS256", second, strlen(second), err));
    if (err->code[0] == 0)
        return key;
    hs_jwt_key_free(key);
    return NULL;
}

/* The key of the host application's tokens. NULL without an error if it isn't
 * configured; the API then answers 401 auth_not_configured. */
static struct hs_jwt_key *make_api_key(const struct hs_config *config,
                                       struct hs_error *err)
{
    struct hs_credentials keys = hs_credentials_now(config);
    const char *algorithm = config->jwt_algorithm;

    if (strcmp(algorithm, "HS256") != 0)
        return keys.jwt_public_keys[0]
                   ? public_keys(algorithm, keys.jwt_public_keys, err)
                   : NULL;
    return keys.jwt_secret[0]
               ? shared_key(keys.jwt_secret, keys.jwt_secret_secondary, err)
               : NULL;
}

/* Derived from jwt_secret, so that sessions hold on every host; without one,
 * kept in a file beside the database. */
static int derived_secret(const char *secret, char out[SECRET_TEXT],
                          struct hs_error *err)
{
    static const char label[] = "hookswitch session tokens, version 1";
    unsigned char digest[HS_KEYFILE_BYTES];
    struct hs_hmac *hmac = hs_hmac_new("SHA256", secret, strlen(secret));

    if (!hmac)
        return hs_no_memory(err);
    hs_hmac_of(hmac, label, sizeof label - 1, digest);
    hs_hmac_free(hmac);
    hs_hex(digest, sizeof digest, out);
    explicit_bzero(digest, sizeof digest);
    return 0;
}

static int kept_secret(const struct hs_config *config, int keep,
                       char out[SECRET_TEXT], struct hs_error *err)
{
    unsigned char bytes[HS_KEYFILE_BYTES];
    char *path = hs_beside_database(config->database, KEY_FILE_SUFFIX);
    int code;

    if (!path)
        return hs_no_memory(err);
    code = hs_keyfile(path, keep, bytes, err);
    if (code > 0)
        hs_log(HS_LOG_WARN, "key_file_open", HS_S("file", path),
               HS_S("message", "others than its owner may read it"));
    free(path);
    hs_hex(bytes, sizeof bytes, out);
    explicit_bzero(bytes, sizeof bytes);
    return code < 0 ? -1 : 0;
}

/* The key of our own tokens. NULL and `err`. */
static struct hs_jwt_key *make_session_key(const struct hs_config *config,
                                           int keep, struct hs_error *err)
{
    struct hs_credentials keys = hs_credentials_now(config);
    char now[SECRET_TEXT] = "", second[SECRET_TEXT] = "";
    struct hs_jwt_key *key = NULL;
    int code;

    code = keys.jwt_secret[0] ? derived_secret(keys.jwt_secret, now, err)
                              : kept_secret(config, keep, now, err);
    if (code == 0 && keys.jwt_secret[0] && keys.jwt_secret_secondary[0])
        code = derived_secret(keys.jwt_secret_secondary, second, err);
    if (code == 0)
        key = shared_key(now, second, err);
    explicit_bzero(now, sizeof now);
    explicit_bzero(second, sizeof second);
    return key;
}

int hs_auth_open(struct hs_server *server, int keep, struct hs_error *err)
{
    *err = (struct hs_error){0};
    server->api_key = make_api_key(server->config, err);
    if (err->code[0])
        return -1;
    server->session_key = make_session_key(server->config, keep, err);
    return server->session_key ? 0 : -1;
}

int hs_auth_renew(struct hs_server *server, struct hs_error *err)
{
    struct hs_jwt_key *api, *own, *none = NULL;

    *err = (struct hs_error){0};
    api = make_api_key(server->config, err);
    if (!api && !err->code[0] && server->api_key)
        hs_error_set(err, "config",
                     "jwt_secret is gone: restart the server to do without");
    if (err->code[0])
        return -1;
    own = make_session_key(server->config, 0, err);
    if (!own) {
        hs_jwt_key_free(api);
        return -1;
    }
    hs_jwt_key_renew(server->session_key, own);
    if (api && !atomic_compare_exchange_strong(&server->api_key, &none, api))
        hs_jwt_key_renew(server->api_key, api);
    return 0;
}

void hs_auth_close(struct hs_server *server)
{
    hs_jwt_key_free(server->api_key);
    hs_jwt_key_free(server->session_key);
    server->api_key = NULL;
    server->session_key = NULL;
}

/* ---- tokens ---- */

struct found_token {
    enum { NO_TOKEN, SEVERAL_TOKENS, BEARER, COOKIE } kind;
    const char *text;
    size_t len;
};

/* The request's only bearer token. */
static struct found_token find_bearer(const struct hs_request *request)
{
    struct found_token found = {.kind = NO_TOKEN};
    struct hs_header header;

    for (int i = 0; hs_header_at(request, i, &header); i++) {
        const char *value = header.value;

        if (strcasecmp(header.name, "Authorization") != 0)
            continue;
        if (found.kind != NO_TOKEN || strncasecmp(value, "Bearer ", 7) != 0)
            return (struct found_token){.kind = SEVERAL_TOKENS};
        found.kind = BEARER;
        found.text = value + 7 + strspn(value + 7, " ");
        found.len = strlen(found.text);
    }
    return found;
}

/* EventSource can't set a header: streams may use ?access_token=. */
static struct found_token find_in_query(const struct hs_request *request)
{
    const struct hs_form *query = &request->worker->query;
    struct found_token found = {.kind = NO_TOKEN};

    for (size_t i = 0; i < query->count; i++) {
        const struct hs_pair *pair = &query->pairs[i];

        if (pair->name_len != 12 || memcmp(pair->name, "access_token", 12) != 0)
            continue;
        if (found.kind != NO_TOKEN)
            return (struct found_token){.kind = SEVERAL_TOKENS};
        found.kind = BEARER;
        found.text = pair->value;
        found.len = pair->value_len;
    }
    return found;
}

/* A token takes precedence: the cookie counts only without one. */
static struct found_token find_token(const struct hs_request *request)
{
    struct found_token found = find_bearer(request);

    if (found.kind == NO_TOKEN && request->match.route->stream)
        found = find_in_query(request);
    if (found.kind == NO_TOKEN) {
        int cookies = hs_login_cookie(request, &found.text, &found.len);

        if (cookies != 0)
            found.kind = cookies > 0 ? COOKIE : SEVERAL_TOKENS;
    }
    return found;
}

/* Text without control bytes that fits, NUL included, into `size`. */
static int is_plain(const struct hs_buf *text, size_t size)
{
    if (text->len == 0 || text->len >= size)
        return 0;
    for (size_t i = 0; i < text->len; i++) {
        unsigned char byte = (unsigned char)text->data[i];

        if (byte < 32 || byte == 127)
            return 0;
    }
    return 1;
}

static int claim(const struct hs_request *request, const char *name,
                 struct hs_buf *out)
{
    const struct hs_buf *claims = &request->worker->claims;

    return hs_jwt_claim(claims->data, claims->len, name, out);
}

static int take_user(struct hs_request *request, const char *wanted)
{
    static const char *const usual[] = {"sub", "userId", "user_id", "id"};
    struct hs_buf id = {0};
    int found = 0;

    if (wanted[0])
        found = claim(request, wanted, &id);
    for (size_t i = 0; !wanted[0] && !found && i < 4; i++)
        found = claim(request, usual[i], &id);
    found = found && is_plain(&id, HS_USER_SIZE);
    if (found)
        memcpy(request->user, id.data, id.len + 1);
    hs_buf_free(&id);
    return found;
}

static void take_expiry(struct hs_request *request)
{
    struct hs_buf exp = {0};

    request->until = 0;
    if (claim(request, "exp", &exp))
        request->until = (int64_t)strtod(exp.data, NULL);
    hs_buf_free(&exp);
}

/* Our own token is valid as long as the login it names. One without a login
 * comes from `hookswitch token`. 0, or -1 with `err`. */
static int check_login(struct hs_request *request, struct hs_error *err)
{
    struct hs_buf login = {0};
    int stands = 0;

    if (!claim(request, "login", &login))
        return 0;
    if (is_plain(&login, HS_LOGIN_SIZE)) {
        memcpy(request->login, login.data, login.len + 1);
        stands = hs_login_stands(request->worker->session, request->login,
                                 request->user, hs_now_ms(), &request->role);
        request->has_account = stands > 0;
    }
    hs_buf_free(&login);
    if (stands < 0)
        hs_error_set(err, "store", "the login cannot be looked up");
    else if (stands == 0)
        hs_error_set(err, "logged_out", "the login has ended");
    return stands > 0 ? 0 : -1;
}

/* The role of a token that isn't of a login: that of the user's local account,
 * whatever the token says; else the one that the token names. Where `name` says
 * that it names none, users may do all that they could before there were roles.
 * A role that is missing or that we don't know is the least. 0, or -1 with
 * `err`. */
static int take_role(struct hs_request *request, const char *name,
                     struct hs_error *err)
{
    struct hs_account account;
    struct hs_buf role = {0};
    int found = hs_accounts_find(request->server->accounts, request->user,
                                 &account, err);

    if (found < 0)
        return hs_error_set(err, "store", "the account cannot be looked up");
    if (found && !account.is_active)
        return hs_error_set(err, "disabled", "the account is disabled");
    request->has_account = found;
    request->role_assumed = !found && !name[0];
    request->role = found      ? account.role
                    : !name[0] ? HS_ROLE_ADMIN
                               : HS_ROLE_NONE;
    if (request->role == HS_ROLE_NONE && claim(request, name, &role))
        request->role = hs_role_of(role.data, role.len);
    if (request->role == HS_ROLE_NONE)
        request->role = HS_ROLE_AGENT;
    hs_buf_free(&role);
    return 0;
}

static int verify(struct hs_request *request, const struct hs_jwt_key *key,
                  const struct found_token *token, struct hs_error *err)
{
    const struct hs_config *config = request->server->config;
    int ours = key == request->server->session_key;
    struct hs_jwt_checks checks = {
        .issuer = ours ? HS_JWT_SESSION_ISSUER : config->jwt_issuer,
        .audience = ours ? "" : config->jwt_audience,
        .now_seconds = hs_now_ms() / 1000,
        .leeway_seconds = LEEWAY_SECONDS,
    };

    hs_buf_clear(&request->worker->claims);
    if (hs_jwt_verify(key, token->text, token->len, &checks,
                      &request->worker->claims, err) != 0)
        return 0;
    if (!take_user(request, ours ? "sub" : config->jwt_user_claim)) {
        hs_error_set(err, "no_user", "the token names no user");
        return 0;
    }
    take_expiry(request);
    if (ours && check_login(request, err) != 0)
        return 0;
    return request->login[0] ||
           take_role(request, ours ? HS_ROLE_CLAIM : config->jwt_role_claim,
                     err) == 0;
}

/* ---- refusals ---- */

#define CHALLENGE "WWW-Authenticate: Bearer realm=\"hookswitch\""

/* One text for every bad token: which check failed is in the log only. */
static void refuse(struct hs_request *request, const char *reason)
{
    static struct hs_log_gate gate;
    int64_t kept_back = 0;

    hs_count(HS_C_REFUSED_TOKEN, 1);
    if (hs_log_gate_open(&gate, &kept_back))
        hs_log(HS_LOG_INFO, "token_refused", HS_S("request_id", request->id),
               HS_S("reason", reason), HS_S("path", request->path),
               HS_S("remote", request->client),
               HS_I("dropped_count", kept_back));
    if (!hs_limits_admit_refused(request))
        return;
    hs_reply_error(request, 401, "invalid_token",
                   "The token is not valid here.",
                   CHALLENGE ", error=\"invalid_token\"\r\n");
}

/* Refuse a request without a token, or one whose token can't be checked. */
static void refuse_plainly(struct hs_request *request, const char *code,
                           const char *message)
{
    hs_count(HS_C_REFUSED_TOKEN, 1);
    if (hs_limits_admit_refused(request))
        hs_reply_error(request, 401, code, message, CHALLENGE "\r\n");
}

static int changes_something(enum hs_method method)
{
    return method != HS_GET && method != HS_HEAD && method != HS_OPTIONS;
}

/* 1; or 0 after a 403. */
static int admit_cookie(struct hs_request *request)
{
    if (!changes_something(request->method) || hs_login_same_origin(request))
        return 1;
    hs_reply_error(request, 403, "cross_site",
                   "With the session cookie, only pages of this server may "
                   "change something. Programs send a token, or the header "
                   "X-Requested-With.",
                   NULL);
    return 0;
}

/* Does the code mean a signature by another key, or that checking never got
 * that far? */
static int is_not_ours(const struct hs_error *own)
{
    return strcmp(own->code, "bad_signature") == 0 ||
           strcmp(own->code, "wrong_alg") == 0 ||
           strcmp(own->code, "malformed") == 0;
}

static void refuse_token(struct hs_request *request,
                         const struct found_token *token,
                         const struct hs_error *api, const struct hs_error *own)
{
    request->user[0] = '\0';
    if (hs_request_ran_short(request))
        hs_reply_shortage(request); /* the token may be valid */
    else if (token->kind == NO_TOKEN)
        refuse_plainly(request, "missing_token",
                       "Send a token: Authorization: Bearer ..., or log in.");
    else if (token->kind == SEVERAL_TOKENS)
        refuse(request, "several_tokens");
    else if (strcmp(own->code, "store") == 0 || strcmp(api->code, "store") == 0)
        hs_reply_error(request, 503, "store_unavailable",
                       "The login cannot be looked up at the moment; please "
                       "try again.",
                       "Retry-After: 2\r\n");
    else if (token->kind == COOKIE || !is_not_ours(own))
        refuse(request, own->code);
    else if (request->server->api_key)
        refuse(request, api->code);
    else
        refuse_plainly(
            request, "auth_not_configured",
            "This server has no key to check the tokens of another application "
            "with: set JWT_SECRET or jwt_public_key_file, or log in here.");
}

int hs_auth_admit(struct hs_request *request)
{
    const struct hs_server *server = request->server;
    struct found_token token = find_token(request);
    struct hs_error api = {0};
    struct hs_error own = {0};

    if (token.kind == BEARER && server->api_key &&
        verify(request, server->api_key, &token, &api))
        return 1;
    if ((token.kind == BEARER || token.kind == COOKIE) &&
        verify(request, server->session_key, &token, &own))
        return token.kind == BEARER || admit_cookie(request);
    refuse_token(request, &token, &api, &own);
    return 0;
}

int hs_auth_role(struct hs_request *request)
{
    const struct hs_route *route = request->match.route;
    int for_editors = route->least == HS_ROLE_EDITOR;
    char message[128];

    if (route->auth != HS_AUTH_USER || request->role >= route->least)
        return 1;
    (void)snprintf(message, sizeof message,
                   "Only an %s can do that, and your role is %s.",
                   for_editors ? "editor or an admin" : "admin",
                   hs_role_name(request->role));
    hs_reply_error(request, 403, for_editors ? "editor_only" : "admin_only",
                   message, NULL);
    return 0;
}
