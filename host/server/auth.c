/* auth.c: who a user of the API is: a JWT of the host application, or one of
 * our own session tokens, in the Authorization header or (ours only) in a
 * cookie. */
#include "server/auth.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "lib/crypt.h"
#include "lib/jwt.h"
#include "lib/keyfile.h"
#include "server/limits.h"
#include "server/login.h"
#include "server/reply.h"
#include "server/text.h"

#define KEY_FILE_MAX (64L << 10)
#define LEEWAY_SECONDS 30
#define KEY_FILE_SUFFIX ".key"

/* ---- keys ---- */

static int read_key_file(const char *path, struct hs_buf *out,
                         struct hs_error *err)
{
    FILE *file = fopen(path, "re");
    char part[4096];
    size_t got;

    if (!file) {
        hs_error_set(err, "jwt_key", "jwt_public_key_file %s: %s", path,
                     strerrordesc_np(errno));
        return -1;
    }
    while ((got = fread(part, 1, sizeof part, file)) > 0 &&
           out->len < KEY_FILE_MAX) {
        if (hs_buf_add(out, part, got) != 0)
            break;
    }
    if (ferror(file) || !feof(file)) {
        hs_error_set(err, "jwt_key", "jwt_public_key_file %s cannot be read",
                     path);
        fclose(file);
        return -1;
    }
    fclose(file);
    return 0;
}

static int open_api_key(struct hs_server *server, struct hs_error *err)
{
    const struct hs_config *config = server->config;
    int shared = strcmp(config->jwt_algorithm, "HS256") == 0;
    struct hs_buf pem = {0};
    int result = 0;

    if (shared && !config->jwt_secret[0])
        return 0; /* the API answers 401 auth_not_configured */
    if (!shared && !config->jwt_public_key_file[0])
        return 0;
    if (shared) {
        server->api_key =
            hs_jwt_key_new(config->jwt_algorithm, config->jwt_secret,
                           strlen(config->jwt_secret), err);
    } else {
        result = read_key_file(config->jwt_public_key_file, &pem, err);
        if (result == 0)
            server->api_key =
                hs_jwt_key_new(config->jwt_algorithm, pem.data, pem.len, err);
    }
    hs_buf_free(&pem);
    return server->api_key ? 0 : -1;
}

/* Derived from jwt_secret, so that sessions hold on every host; without one,
 * kept in a file beside the database. */
static int derived_secret(const struct hs_config *config,
                          unsigned char out[HS_KEYFILE_BYTES],
                          struct hs_error *err)
{
    static const char label[] = "hookswitch session tokens, version 1";
    struct hs_hmac *hmac =
        hs_hmac_new("SHA256", config->jwt_secret, strlen(config->jwt_secret));

    if (!hmac) {
        hs_error_set(err, "memory", "out of memory");
        return -1;
    }
    hs_hmac_of(hmac, label, sizeof label - 1, out);
    hs_hmac_free(hmac);
    return 0;
}

static int kept_secret(const struct hs_config *config, int keep,
                       unsigned char out[HS_KEYFILE_BYTES],
                       struct hs_error *err)
{
    char *path = NULL;
    int code;

    if (asprintf(&path, "%s" KEY_FILE_SUFFIX, config->database) < 0) {
        hs_error_set(err, "memory", "out of memory");
        return -1;
    }
    code = hs_keyfile(path, keep, out, err);
    if (code > 0)
        hs_log(HS_LOG_WARN, "key_file_open", HS_S("file", path),
               HS_S("message", "others than its owner may read it"));
    free(path);
    return code < 0 ? -1 : 0;
}

int hs_auth_open(struct hs_server *server, int keep, struct hs_error *err)
{
    const struct hs_config *config = server->config;
    unsigned char secret[HS_KEYFILE_BYTES];
    char text[2 * HS_KEYFILE_BYTES + 1];

    if (open_api_key(server, err) != 0)
        return -1;
    if ((config->jwt_secret[0] ? derived_secret(config, secret, err)
                               : kept_secret(config, keep, secret, err)) != 0)
        return -1;
    hs_hex(secret, sizeof secret, text);
    server->session_key = hs_jwt_key_new("HS256", text, strlen(text), err);
    explicit_bzero(secret, sizeof secret);
    explicit_bzero(text, sizeof text);
    return server->session_key ? 0 : -1;
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

/* The one bearer token of the request. */
static struct found_token find_bearer(const struct mg_request_info *info)
{
    struct found_token found = {.kind = NO_TOKEN};

    for (int i = 0; i < info->num_headers; i++) {
        const char *value = info->http_headers[i].value;

        if (mg_strcasecmp(info->http_headers[i].name, "Authorization") != 0)
            continue;
        if (found.kind != NO_TOKEN || strncasecmp(value, "Bearer ", 7) != 0)
            return (struct found_token){.kind = SEVERAL_TOKENS};
        found.kind = BEARER;
        found.text = value + 7 + strspn(value + 7, " ");
        found.len = strlen(found.text);
    }
    return found;
}

/* EventSource cannot set a header: streams may have ?access_token=. */
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

/* Whoever sends a token means it: a cookie counts only without one. */
static struct found_token find_token(const struct hs_request *request)
{
    struct found_token found = find_bearer(request->info);

    if (found.kind == NO_TOKEN && request->match.route->stream)
        found = find_in_query(request);
    if (found.kind == NO_TOKEN) {
        int cookies = hs_login_cookie(request->info, &found.text, &found.len);

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

/* A token of ours that names a login is good while the login stands. One
 * without comes from `hookswitch token`. 0, or -1 with `err`. */
static int check_login(struct hs_request *request, struct hs_error *err)
{
    struct hs_buf login = {0};
    int stands = 0;

    if (!claim(request, "login", &login))
        return 0;
    if (is_plain(&login, HS_LOGIN_SIZE)) {
        memcpy(request->login, login.data, login.len + 1);
        stands = hs_login_stands(request->worker->session, request->login,
                                 request->user, hs_now_ms());
    }
    hs_buf_free(&login);
    if (stands < 0)
        hs_error_set(err, "store", "the login cannot be looked up");
    else if (stands == 0)
        hs_error_set(err, "logged_out", "the login has ended");
    return stands > 0 ? 0 : -1;
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
    return !ours || check_login(request, err) == 0;
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

/* Nobody's token can be checked but our own. */
static void refuse_unknown(struct hs_request *request)
{
    hs_count(HS_C_REFUSED_TOKEN, 1);
    if (hs_limits_admit_refused(request))
        hs_reply_error(request, 401, "auth_not_configured",
                       "This server has no key to check the tokens of another "
                       "application with: set JWT_SECRET or "
                       "jwt_public_key_file, or log in here.",
                       CHALLENGE "\r\n");
}

static void refuse_without(struct hs_request *request)
{
    hs_count(HS_C_REFUSED_TOKEN, 1);
    if (hs_limits_admit_refused(request))
        hs_reply_error(request, 401, "missing_token",
                       "Send a token: Authorization: Bearer ..., or log in.",
                       CHALLENGE "\r\n");
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

/* A code that says that the signature is not of this key, or that it never came
 * so far. */
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
        hs_reply_shortage(request); /* the token may be good */
    else if (token->kind == NO_TOKEN)
        refuse_without(request);
    else if (token->kind == SEVERAL_TOKENS)
        refuse(request, "several_tokens");
    else if (strcmp(own->code, "store") == 0)
        hs_reply_error(request, 503, "store_unavailable",
                       "The login cannot be looked up at the moment; please "
                       "try again.",
                       "Retry-After: 2\r\n");
    else if (token->kind == COOKIE || !is_not_ours(own))
        refuse(request, own->code);
    else if (request->server->api_key)
        refuse(request, api->code);
    else
        refuse_unknown(request);
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
