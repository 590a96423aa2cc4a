/* doctor.c: `hookswitch doctor`: everything that calls need, one by one.
 *
 * The checks are in lua/commands/doctor.lua. Other servers are asked here,
 * because addresses in the configuration may be local, where Lua's http can't
 * go. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "commands/commands.h"
#include "commands/lua_command.h"
#include "lib/fetch.h"

#define ASK_MS 5000
#define BODY_BYTES 65536

/* One request to a server. */
struct question {
    const char *url; /* NULL: can't be asked */
    struct hs_buf body;
    struct hs_buf date;
    char status[12]; /* "" if it didn't answer */
    struct hs_error err;
};

static void ask(struct hs_fetch *fetch, struct question *question)
{
    struct hs_fetch_request request = {.method = "GET",
                                       .url = question->url,
                                       .timeout_ms = ASK_MS,
                                       .max_body = BODY_BYTES};
    struct hs_fetch_answer answer = {0};
    const char *date;

    if (!question->url)
        return;
    if (hs_fetch(fetch, &request, &answer, &question->err) != 0)
        return;
    (void)snprintf(question->status, sizeof question->status, "%d",
                   answer.status);
    date = hs_fetch_header(&answer, "date");
    (void)hs_buf_add(&question->body, answer.body, answer.body_len);
    (void)hs_buf_add_str(&question->date, date ? date : "");
}

static void forget(struct question *question)
{
    hs_buf_free(&question->body);
    hs_buf_free(&question->date);
}

/* A running server of this configuration, as seen from this machine. */
static int local_url(const struct hs_config *config, const char *path,
                     struct hs_buf *out)
{
    const char *listen_at = config->listen;

    if (strncmp(listen_at, "0.0.0.0:", 8) == 0)
        return hs_buf_printf(out, "http://127.0.0.1:%s%s", listen_at + 8, path);
    return hs_buf_printf(out, "http://%s%s", listen_at, path);
}

static const char *text_of(const struct hs_buf *buf)
{
    return buf->len ? buf->data : NULL;
}

static int ask_all(const struct hs_arguments *args,
                   const struct hs_config *config, struct hs_fetch *fetch)
{
    struct hs_buf urls[4] = {{0}};
    struct question refusals = {0}, health = {0}, public = {0}, twilio = {0};
    int code = HS_EXIT_FAILED;

    if (local_url(config, "/refusals", &urls[0]) == 0)
        refusals.url = urls[0].data;
    if (config->server_url[0] &&
        hs_buf_printf(&urls[1], "%s/api/twilio/twiml", config->server_url) == 0)
    public.url = urls[1].data;
    /* Only its Date header matters. */
    if (hs_buf_printf(&urls[2], "%s/", config->twilio_api_base_url) == 0)
        twilio.url = urls[2].data;
    if (local_url(config, "/healthz", &urls[3]) == 0)
        health.url = urls[3].data;
    ask(fetch, &refusals);
    ask(fetch, &health);
    ask(fetch, &public);
    ask(fetch, &twilio);
    {
        const struct hs_lua_fact facts[] = {
            {"refusals", text_of(&refusals.body)},
            {"health", text_of(&health.body)},
            {"public_status", public.status},
            {"public_body", text_of(&public.body)},
            {"public_error", public.err.message},
            {"twilio_date", text_of(&twilio.date)},
            {NULL, NULL}};

        code = hs_lua_command_regardless(args, config, facts);
    }
    forget(&refusals);
    forget(&health);
    forget(&public);
    forget(&twilio);
    for (size_t i = 0; i < 4; i++)
        hs_buf_free(&urls[i]);
    return code;
}

int hs_run_doctor(const struct hs_arguments *args, struct hs_config *config)
{
    struct hs_fetch *fetch = hs_fetch_new(0);
    int code = fetch ? ask_all(args, config, fetch) : HS_EXIT_FAILED;

    hs_fetch_free(fetch);
    return code;
}
