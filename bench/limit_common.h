/* limit_common.h: what the three limits share: civetweb, the request body, the
 * form and signature check, and texts filled in for a call.
 *
 * A limit is the least that C can do for one webhook with the libraries that
 * Hookswitch itself uses; the benchmark divides by it. Nothing here may be
 * slower than it has to be. */
#ifndef HS_LIMIT_COMMON_H
#define HS_LIMIT_COMMON_H

#include <stddef.h>

#include <openssl/evp.h>

enum { HS_LIMIT_BODY = 16384, HS_LIMIT_FIELDS = 96, HS_LIMIT_PIECES = 64 };

struct hs_field {
    const char *name;
    size_t name_len;
    const char *value;
    size_t value_len;
};

/* A text with {{CallSid}} and {{From}} in it, cut into pieces once. */
struct hs_template {
    char *text;
    struct {
        const char *start;
        size_t len;
        int slot; /* what follows the piece: -1 nothing, 0 CallSid, 1 From */
    } pieces[HS_LIMIT_PIECES];
    int count;
};

/* What the command line and the environment say. */
struct hs_limit {
    int port;
    int threads;
    int normal;   /* --normal: synchronous=NORMAL (limit C) */
    int remember; /* --remember: each worker reads a number once (limit C) */
    const char *database;
    const char *workload; /* folder of the texts */
    const char *token;
    const char *url; /* the public URL that is signed */
    struct hs_template twiml;
    struct hs_template plan;
    struct hs_template inputs;
    struct hs_template reads;
};

/* One worker thread's state. */
struct hs_worker {
    const struct hs_limit *limit;
    EVP_MAC_CTX *mac; /* keyed with the auth token */
    void *own;        /* the limit's own part */
    struct hs_field fields[HS_LIMIT_FIELDS];
    int field_count;
    size_t body_len;
    const char *signature; /* header, or NULL */
    char body[HS_LIMIT_BODY];
    char joined[HS_LIMIT_BODY * 2]; /* what is signed */
    char out[HS_LIMIT_BODY];        /* the answer, head and body */
    char plan[HS_LIMIT_BODY];
    char inputs[HS_LIMIT_BODY];
    char reads[HS_LIMIT_BODY];
};

/* What a limit adds to the common loop. */
struct hs_limit_hooks {
    int (*open)(
        struct hs_worker *worker); /* per thread; 0 or -1; may be NULL */
    void (*close)(struct hs_worker *worker); /* may be NULL */
    /* Answer one request whose body is read: writes status, and the length of
     * worker->out's body part by hs_limit_answer. Returns the status. */
    int (*serve)(struct hs_worker *worker);
};

/* Read options, serve until SIGTERM or SIGINT. Returns the exit status.
 * `prepare` (may be NULL) runs after the options are read and `finish` after
 * the last worker has ended. */
int hs_limit_main(int argc, char **argv, const struct hs_limit_hooks *hooks,
                  int (*prepare)(const struct hs_limit *limit),
                  void (*finish)(void));

/* Parse worker->body in place. Returns 0, or -1 when it is malformed. */
int hs_limit_parse(struct hs_worker *worker);
/* The first field of that name, or NULL. */
const struct hs_field *hs_limit_field(const struct hs_worker *worker,
                                      const char *name);
/* 1 when the request carries Twilio's signature of its parsed fields. */
int hs_limit_signed(struct hs_worker *worker);

enum hs_escape { HS_ESCAPE_XML, HS_ESCAPE_JSON };
/* Fill `text` for a call into `out` (HS_LIMIT_BODY bytes). Returns the length,
 * 0 when it does not fit. */
size_t hs_limit_fill(const struct hs_template *text, enum hs_escape escape,
                     const struct hs_field *call_sid,
                     const struct hs_field *from, char *out);

#endif
