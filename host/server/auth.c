/* auth.c: who a user of the API is: a JWT of the host application, or one of
 * our own session tokens. */
#include "server/auth.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/log.h"
#include "lib/crypt.h"
#include "lib/jwt.h"
#include "server/reply.h"
#include "server/text.h"

#define KEY_FILE_MAX (64L << 10)
#define LEEWAY_SECONDS 30
/* Session tokens carry it, so that one kind never passes for the other. */
#define SESSION_ISSUER "hookswitch-session"

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

/* Derived from a secret of the configuration, so that sessions survive a
 * restart and hold on every host; random when there is none. */
static int session_secret(const struct hs_config *config, unsigned char out[32])
{
    const char *from =
        config->jwt_secret[0] ? config->jwt_secret : config->twilio_auth_token;
    static const char label[] = "hookswitch session tokens, version 1";
    struct hs_hmac *hmac;
    size_t len = 32;
    int failed;

    if (!from[0])
        return hs_random(out, 32);
    hmac = hs_hmac_new("SHA256", from, strlen(from));
    failed = !hmac || hs_hmac_begin(hmac) ||
             hs_hmac_add(hmac, label, sizeof label - 1) ||
             hs_hmac_end(hmac, out, &len);
    hs_hmac_free(hmac);
    return failed ? -1 : 0;
}

int hs_auth_open(struct hs_server *server, struct hs_error *err)
{
    unsigned char secret[64] = {0};
    char text[65];

    if (open_api_key(server, err) != 0)
        return -1;
    if (session_secret(server->config, secret) != 0) {
        hs_error_set(err, "crypto", "no key for session tokens can be made");
        return -1;
    }
    hs_hex(secret, 32, text);
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

/* The one bearer token of the request. 1 found, 0 none, -1 several. */
static int find_token(const struct mg_request_info *info, const char **token)
{
    int found = 0;

    for (int i = 0; i < info->num_headers; i++) {
        const char *value = info->http_headers[i].value;

        if (mg_strcasecmp(info->http_headers[i].name, "Authorization") != 0)
            continue;
        if (found || strncasecmp(value, "Bearer ", 7) != 0)
            return -1;
        *token = value + 7 + strspn(value + 7, " ");
        found = 1;
    }
    return found;
}

/* A user's id: text without control bytes, or a whole number. */
static int id_is_valid(const struct hs_buf *id)
{
    if (id->len == 0 || id->len >= HS_USER_SIZE)
        return 0;
    for (size_t i = 0; i < id->len; i++) {
        unsigned char byte = (unsigned char)id->data[i];

        if (byte < 32 || byte == 127)
            return 0;
    }
    return 1;
}

static int take_user(struct hs_request *request, const char *wanted)
{
    static const char *const usual[] = {"sub", "userId", "user_id", "id"};
    const struct hs_buf *claims = &request->worker->claims;
    struct hs_buf id = {0};
    int found = 0;

    if (wanted[0])
        found = hs_jwt_claim(claims->data, claims->len, wanted, &id);
    for (size_t i = 0; !wanted[0] && !found && i < 4; i++)
        found = hs_jwt_claim(claims->data, claims->len, usual[i], &id);
    found = found && id_is_valid(&id);
    if (found)
        memcpy(request->user, id.data, id.len + 1);
    hs_buf_free(&id);
    return found;
}

static int verify(struct hs_request *request, const struct hs_jwt_key *key,
                  const char *token, struct hs_error *err)
{
    const struct hs_config *config = request->server->config;
    int ours = key == request->server->session_key;
    struct hs_jwt_checks checks = {
        .issuer = ours ? SESSION_ISSUER : config->jwt_issuer,
        .audience = ours ? "" : config->jwt_audience,
        .now_seconds = hs_now_ms() / 1000,
        .leeway_seconds = LEEWAY_SECONDS,
    };

    hs_buf_clear(&request->worker->claims);
    if (hs_jwt_verify(key, token, strlen(token), &checks,
                      &request->worker->claims, err) != 0)
        return 0;
    if (take_user(request, ours ? "sub" : config->jwt_user_claim))
        return 1;
    hs_error_set(err, "no_user", "the token names no user");
    return 0;
}

/* One text for every bad token: which check failed is in the log only. */
static void refuse(struct hs_request *request, const char *reason)
{
    static struct hs_log_gate gate;
    int64_t kept_back = 0;

    if (hs_log_gate_open(&gate, &kept_back))
        hs_log(HS_LOG_INFO, "token_refused", HS_S("request_id", request->id),
               HS_S("reason", reason), HS_S("path", request->path),
               HS_S("remote", request->info->remote_addr),
               HS_I("dropped_count", kept_back));
    hs_reply_error(request, 401, "invalid_token",
                   "The token is not valid here.",
                   "WWW-Authenticate: Bearer realm=\"hookswitch\", "
                   "error=\"invalid_token\"\r\n");
}

static void challenge(struct hs_request *request, const char *code,
                      const char *message)
{
    hs_reply_error(request, 401, code, message,
                   "WWW-Authenticate: Bearer realm=\"hookswitch\"\r\n");
}

int hs_auth_admit(struct hs_request *request)
{
    const struct hs_server *server = request->server;
    struct hs_error err = {.code = "several_tokens"};
    struct hs_error own;
    const char *token = NULL;
    int found = find_token(request->info, &token);

    if (found == 1 && server->api_key &&
        verify(request, server->api_key, token, &err))
        return 1;
    if (found == 1 && verify(request, server->session_key, token, &own))
        return 1;
    if (!server->api_key)
        challenge(request, "auth_not_configured",
                  "This server has no key to check tokens with: set "
                  "JWT_SECRET or jwt_public_key_file.");
    else if (found == 0)
        challenge(request, "missing_token",
                  "Send a token: Authorization: Bearer ...");
    else
        refuse(request, err.code);
    return 0;
}
