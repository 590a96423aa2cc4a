/* limit_common.c: options, civetweb, body, answer. */
#include "limit_common.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <civetweb.h>

static struct hs_limit limit;
static const struct hs_limit_hooks *hooks;

static const char forbidden[] = "HTTP/1.1 403 Forbidden\r\n"
                                "Content-Length: 0\r\n\r\n";
static const char malformed[] = "HTTP/1.1 400 Bad Request\r\n"
                                "Content-Length: 0\r\n"
                                "Connection: close\r\n\r\n";
static const char broken[] = "HTTP/1.1 500 Internal Server Error\r\n"
                             "Content-Length: 0\r\n\r\n";

static void *start_worker(const struct mg_context *ctx, int type)
{
    struct hs_worker *worker;

    (void)ctx;
    if (type != 1)
        return NULL;
    worker = calloc(1, sizeof *worker);
    if (!worker)
        abort();
    worker->limit = &limit;
    if (hooks->open && hooks->open(worker) != 0)
        abort();
    return worker;
}

static void end_worker(const struct mg_context *ctx, int type, void *own)
{
    struct hs_worker *worker = own;

    (void)ctx;
    if (type != 1 || !worker)
        return;
    if (hooks->close)
        hooks->close(worker);
    EVP_MAC_CTX_free(worker->mac);
    free(worker);
}

/* The whole body into worker->body. Returns 0, -1 when it is cut or long. */
static int read_body(struct mg_connection *conn, struct hs_worker *worker)
{
    long long announced = mg_get_request_info(conn)->content_length;
    size_t got = 0;

    if (announced < 0 || announced >= HS_LIMIT_BODY)
        return -1;
    while (got < (size_t)announced) {
        int n = mg_read(conn, worker->body + got, (size_t)announced - got);

        if (n <= 0)
            return -1;
        got += (size_t)n;
    }
    worker->body[got] = '\0';
    worker->body_len = got;
    return 0;
}

/* worker->out holds room for the head, then the body from HEAD_ROOM on: both
 * leave in one write. */
enum { HEAD_ROOM = 128 };

static int reply(struct mg_connection *conn, struct hs_worker *worker)
{
    const struct hs_field *sid = hs_limit_field(worker, "CallSid");
    const struct hs_field *from = hs_limit_field(worker, "From");
    size_t body_len;
    char head[HEAD_ROOM];
    int head_len;
    char *start;

    body_len = hs_limit_fill(&limit.twiml, HS_ESCAPE_XML, sid, from,
                             worker->out + HEAD_ROOM);
    head_len = snprintf(head, sizeof head,
                        "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n"
                        "Content-Length: %zu\r\n\r\n",
                        body_len);
    start = worker->out + HEAD_ROOM - head_len;
    memcpy(start, head, (size_t)head_len);
    mg_write(conn, start, (size_t)head_len + body_len);
    return 200;
}

/* As begin_request, not as a request handler: civetweb then looks for no
 * password file, which is a system call for each request. */
static int handle(struct mg_connection *conn)
{
    struct hs_worker *worker = mg_get_thread_pointer(conn);
    int status;

    worker->field_count = 0;
    if (read_body(conn, worker) != 0) {
        mg_disable_connection_keep_alive(conn);
        mg_write(conn, malformed, sizeof malformed - 1);
        return 400;
    }
    worker->signature = mg_get_header(conn, "X-Twilio-Signature");
    status = hooks->serve(worker);
    if (status == 200)
        return reply(conn, worker);
    if (status == 403)
        mg_write(conn, forbidden, sizeof forbidden - 1);
    else
        mg_write(conn, broken, sizeof broken - 1);
    return status;
}

static int load_template(struct hs_template *text, const char *name)
{
    static const char *const slots[] = {"{{CallSid}}", "{{From}}"};
    char path[4096];
    FILE *file;
    const char *p;
    size_t len;

    snprintf(path, sizeof path, "%s/%s", limit.workload, name);
    file = fopen(path, "rb");
    text->text = calloc(1, HS_LIMIT_BODY);
    if (!file || !text->text) {
        fprintf(stderr, "cannot read %s\n", path);
        if (file)
            fclose(file);
        return -1;
    }
    len = fread(text->text, 1, HS_LIMIT_BODY - 1, file);
    fclose(file);
    while (len && text->text[len - 1] == '\n')
        text->text[--len] = '\0';
    for (p = text->text; text->count < HS_LIMIT_PIECES; text->count++) {
        const char *nearest = text->text + len;
        int slot = -1;

        for (int i = 0; i < 2; i++) {
            const char *at = strstr(p, slots[i]);

            if (at && at < nearest) {
                nearest = at;
                slot = i;
            }
        }
        text->pieces[text->count].start = p;
        text->pieces[text->count].len = (size_t)(nearest - p);
        text->pieces[text->count].slot = slot;
        if (slot < 0) {
            text->count++;
            return 0;
        }
        p = nearest + strlen(slots[slot]);
    }
    fprintf(stderr, "%s has more than %d places to fill\n", path,
            HS_LIMIT_PIECES - 1);
    return -1;
}

static int read_options(int argc, char **argv)
{
    const char *server = secure_getenv("SERVER_URL");
    static char url[1024];

    limit.threads = 64;
    limit.workload = "bench/workload";
    limit.token = secure_getenv("TWILIO_AUTH_TOKEN");
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;

        if (strcmp(argv[i], "--normal") == 0) {
            limit.normal = 1;
            continue;
        }
        if (strcmp(argv[i], "--remember") == 0) {
            limit.remember = 1;
            continue;
        }
        if (value && strcmp(argv[i], "--port") == 0)
            limit.port = (int)strtol(value, NULL, 10);
        else if (value && strcmp(argv[i], "--threads") == 0)
            limit.threads = (int)strtol(value, NULL, 10);
        else if (value && strcmp(argv[i], "--database") == 0)
            limit.database = value;
        else if (value && strcmp(argv[i], "--workload") == 0)
            limit.workload = value;
        else {
            fprintf(stderr, "unknown option or no value: %s\n", argv[i]);
            return -1;
        }
        i++;
    }
    if (!server || !limit.token || limit.port <= 0 || limit.threads <= 0) {
        fprintf(stderr, "needs SERVER_URL, TWILIO_AUTH_TOKEN and --port\n");
        return -1;
    }
    snprintf(url, sizeof url, "%s/api/twilio/twiml", server);
    limit.url = url;
    return 0;
}

static struct mg_context *start_server(void)
{
    struct mg_callbacks callbacks;
    char port[32];
    char threads[16];
    const char *options[] = {"listening_ports",
                             port,
                             "num_threads",
                             threads,
                             "enable_keep_alive",
                             "yes",
                             "keep_alive_timeout_ms",
                             "500",
                             "request_timeout_ms",
                             "5000",
                             "tcp_nodelay",
                             "1",
                             "decode_url",
                             "no",
                             NULL};

    memset(&callbacks, 0, sizeof callbacks);
    callbacks.init_thread = start_worker;
    callbacks.exit_thread = end_worker;
    callbacks.begin_request = handle;
    snprintf(port, sizeof port, "127.0.0.1:%d", limit.port);
    snprintf(threads, sizeof threads, "%d", limit.threads);
    mg_init_library(0);
    return mg_start(&callbacks, NULL, options);
}

int hs_limit_main(int argc, char **argv, const struct hs_limit_hooks *with,
                  int (*prepare)(const struct hs_limit *limit),
                  void (*finish)(void))
{
    struct mg_context *ctx;
    sigset_t stop;
    int got = 0;

    hooks = with;
    if (read_options(argc, argv) != 0 ||
        load_template(&limit.twiml, "twiml.xml") != 0 ||
        load_template(&limit.plan, "plan.json") != 0 ||
        load_template(&limit.inputs, "inputs.json") != 0 ||
        load_template(&limit.reads, "reads.json") != 0)
        return 2;
    /* Blocked before any thread starts, so that sigwait below is the only
     * taker. */
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGINT);
    pthread_sigmask(SIG_BLOCK, &stop, NULL);
    if (prepare && prepare(&limit) != 0)
        return 1;
    ctx = start_server();
    if (!ctx) {
        fprintf(stderr, "cannot listen on 127.0.0.1:%d\n", limit.port);
        return 1;
    }
    sigwait(&stop, &got);
    mg_stop(ctx);
    mg_exit_library();
    if (finish)
        finish();
    return 0;
}
