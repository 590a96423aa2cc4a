/* state.h: what a thread that answers requests holds, and its current request.
 *
 * Reading order of a request: civetweb/server.c (callbacks) → exchange.c and
 * guard.c → request.c → router.c → access/webhook.c or auth.c → decide.c and
 * app.c (Lua) → reply.c. */
#ifndef HS_SERVER_STATE_H
#define HS_SERVER_STATE_H

#include <stdint.h>
#include <time.h>

#include "base/buf.h"
#include "lib/form.h"
#include "script/glue/statements.h"
#include "server/router.h"
#include "server/server.h"
#include "server/wire.h"

#define HS_ID_SIZE 24
#define HS_USER_SIZE 256
#define HS_LOGIN_SIZE 40
#define HS_CLIENT_SIZE 46

struct hs_release;
struct hs_rest;
struct hs_session;
struct hs_signer;
struct hs_wire;

/* The current request; its strings are valid until it is answered. */
struct hs_request {
    struct hs_wire *wire; /* its connection; NULL: no current request */
    struct hs_worker *worker;
    struct hs_server *server;
    char id[HS_ID_SIZE];
    enum hs_method method;
    const char *method_name;
    const char *path; /* raw */
    size_t path_len;
    const char *query;  /* raw, or NULL */
    const char *target; /* raw: path and ?query */
    size_t target_len;
    const char *content_type; /* or NULL */
    int64_t started_us;
    unsigned misses;  /* of memory in this thread when the request began */
    int has_body;     /* the client announced a body */
    int body_unread;  /* not all of it has been read */
    int takes_chunks; /* the client knows chunked answers */
    int close;        /* the connection ends with this answer */
    int status;       /* of the answer, 0 before */
    const char *body; /* once read, NUL-terminated; "" if there is none */
    size_t body_len;
    const char *origin; /* of a page that may read the answer, or NULL */
    const char *remote; /* address of the other end, as text */
    const char *client; /* the same; behind a proxy, the client's */
    char client_text[HS_CLIENT_SIZE];
    char user[HS_USER_SIZE];   /* id, for routes with auth "user" */
    char login[HS_LOGIN_SIZE]; /* of a local account, or "" */
    enum hs_role role;         /* of the user */
    int has_account;           /* the role is that of a local account */
    int role_assumed;          /* neither an account nor the token names one */
    int64_t until;             /* the token is valid until then, seconds */
    struct hs_match match;
    int turn;      /* at heavy work: heavy.c */
    int changed;   /* what it changed may be stored, even if it fails */
    int continued; /* the answer has begun, and continues at worker->more */
};

struct hs_worker {
    struct hs_server *server;

    struct hs_release *release; /* that answers this request */
    uint64_t generation;        /* its number */
    struct hs_session *session; /* the worker's own way to the database */
    struct hs_signer *signer;
    struct hs_rest *rest; /* for recordings; made on first use */

    struct hs_request request;
    struct hs_form params;
    struct hs_form query;
    struct hs_buf target;
    struct hs_buf body;
    struct hs_buf claims;         /* of the token */
    struct hs_batch batch;        /* to be stored before the answer is sent */
    struct hs_buf note;           /* the route's note about it, or empty */
    struct hs_buf answer;         /* Lua's body */
    struct hs_buf answer_type;    /* its Content-Type */
    struct hs_buf answer_headers; /* whole lines */
    struct hs_buf more;           /* where the body continues, or empty */
    struct hs_buf out;            /* bytes to send */
    time_t date_at;
    char date[32];
    char id_prefix[16];
    uint32_t id_next;
};

#endif
