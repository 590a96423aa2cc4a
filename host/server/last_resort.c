/* last_resort.c: what a caller hears when Lua cannot be asked at all: memory
 * ran out, a time budget was exceeded, the application is broken.
 *
 * Constant documents. Each ends the call or connects it; none leads to another
 * that could ask for a message again. */
#include "server/last_resort.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define XML "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define SORRY "We are sorry, your call cannot be connected right now. "

static const char goodbye[] =
    XML "<Response><Say>" SORRY "Goodbye.</Say><Hangup/></Response>";
static const char thanks[] =
    XML "<Response><Say>Thank you. Goodbye.</Say><Hangup/></Response>";
static const char hang_up[] = XML "<Response><Hangup/></Response>";
static const char connect[] = XML "<Response/>";

static int add_escaped(struct hs_buf *out, const char *text)
{
    int failed = 0;

    for (; *text && !failed; text++) {
        switch (*text) {
        case '&':
            failed = hs_buf_add_str(out, "&amp;");
            break;
        case '<':
            failed = hs_buf_add_str(out, "&lt;");
            break;
        case '"':
            failed = hs_buf_add_str(out, "&quot;");
            break;
        default:
            failed = hs_buf_add(out, text, 1);
        }
    }
    return failed;
}

char *hs_last_resort_new(const char *server_url)
{
    struct hs_buf out = {0};

    if (hs_buf_add_str(&out, XML "<Response><Say>" SORRY
                                 "Please leave a message after the tone.</Say>"
                                 "<Record maxLength=\"120\" timeout=\"5\" "
                                 "method=\"POST\" action=\"") ||
        add_escaped(&out, server_url) ||
        hs_buf_add_str(&out, "/api/twilio/twiml?step=vm_done\"") ||
        hs_buf_add_str(&out, " recordingStatusCallbackMethod=\"POST\" "
                             "recordingStatusCallback=\"") ||
        add_escaped(&out, server_url) ||
        hs_buf_add_str(&out, "/api/twilio/recording-callback\"/>"
                             "<Say>Goodbye.</Say><Hangup/></Response>")) {
        hs_buf_free(&out);
        return NULL;
    }
    return out.data;
}

static const char *value_of(const struct hs_form *form, const char *name)
{
    const struct hs_pair *pair = hs_form_find(form, name, strlen(name));

    return pair ? pair->value : "";
}

const char *hs_last_resort_pick(const char *voicemail,
                                const struct hs_form *params,
                                const struct hs_form *query)
{
    const char *step = value_of(query, "step");
    const char *dialled = value_of(params, "DialCallStatus");

    /* The called person's leg: they have pressed 1, or were about to. */
    if (strcmp(step, "screened") == 0 &&
        strcmp(value_of(params, "Digits"), "1") != 0)
        return hang_up;
    if (strcmp(step, "screen") == 0 || strcmp(step, "screened") == 0)
        return connect;
    /* They have talked. */
    if (strcmp(dialled, "completed") == 0 || strcmp(dialled, "answered") == 0)
        return hang_up;
    if (strcmp(step, "vm_done") == 0 || value_of(params, "RecordingUrl")[0])
        return thanks;
    if (strncmp(value_of(params, "From"), "client:", 7) == 0 || !voicemail)
        return goodbye;
    return voicemail;
}
