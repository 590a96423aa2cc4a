/* last_resort.c: what a caller hears when Lua can't answer: memory or time ran
 * out, or the application is broken.
 *
 * Constant documents. Each ends the call or connects it; none leads to another
 * that could ask for a message again. */
#include "server/answers/last_resort.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"

#define XML "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"

/* The sentences in one language, ready to be put together. phrases.lua has
 * those that Lua uses. */
struct language {
    const char *tag; /* prefix of the setting `language` */
    const char *leave_message, *end, *goodbye, *thanks;
};
#define SAY(attribute, text) "<Say" attribute ">" text "</Say>"
#define ENDS(attribute, text)                                                  \
    XML "<Response>" SAY(attribute, text) "<Hangup/></Response>"
#define LANGUAGE(tag, attribute, sorry, leave, bye, thank)                     \
    {                                                                          \
        tag, XML "<Response>" SAY(attribute, sorry leave),                     \
            SAY(attribute, bye) "<Hangup/></Response>",                        \
            ENDS(attribute, sorry bye), ENDS(attribute, thank bye)             \
    }

static const struct language languages[] = {
    /* The first is the default. */
    LANGUAGE(
        "en", "", "We are sorry, your call cannot be connected right now. ",
        "Please leave a message after the tone.", "Goodbye.", "Thank you. "),
    LANGUAGE("es", " language=\"es-ES\"",
             "Lo sentimos, ahora no podemos atender su llamada. ",
             "Por favor, deje un mensaje despu&#233;s de la se&#241;al.",
             "Adi&#243;s.", "Gracias. "),
    LANGUAGE("fr", " language=\"fr-FR\"",
             "Nous sommes d&#233;sol&#233;s, votre appel ne peut pas aboutir "
             "pour le moment. ",
             "Veuillez laisser un message apr&#232;s le signal sonore.",
             "Au revoir.", "Merci. "),
    LANGUAGE("de", " language=\"de-DE\"",
             "Ihr Anruf kann zurzeit leider nicht verbunden werden. ",
             "Bitte hinterlassen Sie eine Nachricht nach dem Signalton.",
             "Auf Wiederh&#246;ren.", "Vielen Dank. "),
};

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

/* "es-MX" uses "es". */
static const struct language *language_of(const char *setting)
{
    for (size_t i = 1; i < sizeof languages / sizeof *languages; i++) {
        if (strncasecmp(setting, languages[i].tag, 2) == 0 &&
            (setting[2] == '\0' || setting[2] == '-'))
            return &languages[i];
    }
    return languages;
}

char *hs_last_resort_new(const char *server_url, const char *language)
{
    const struct language *words = language_of(language);
    struct hs_buf out = {0};

    if (hs_buf_add_str(&out, words->leave_message) ||
        hs_buf_add_str(&out, "<Record maxLength=\"120\" timeout=\"5\" "
                             "method=\"POST\" action=\"") ||
        add_escaped(&out, server_url) ||
        hs_buf_add_str(&out, "/api/twilio/twiml?step=vm_done\"") ||
        hs_buf_add_str(&out, " recordingStatusCallbackMethod=\"POST\" "
                             "recordingStatusCallback=\"") ||
        add_escaped(&out, server_url) ||
        hs_buf_add_str(&out, "/api/twilio/recording-callback\"/>") ||
        hs_buf_add_str(&out, words->end)) {
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

const char *hs_last_resort_pick(const char *voicemail, const char *language,
                                const struct hs_form *params,
                                const struct hs_form *query)
{
    const char *step = value_of(query, "step");
    const char *dialled = value_of(params, "DialCallStatus");

    /* The callee's leg: they have pressed 1, or were about to. A PIN can't be
     * checked. */
    if (value_of(query, "pin")[0] ||
        (strcmp(step, "screened") == 0 &&
         strcmp(value_of(params, "Digits"), "1") != 0))
        return hang_up;
    if (strcmp(step, "screen") == 0 || strcmp(step, "screened") == 0)
        return connect;
    /* They have talked. */
    if (strcmp(dialled, "completed") == 0 || strcmp(dialled, "answered") == 0)
        return hang_up;
    if (strcmp(step, "vm_done") == 0 || value_of(params, "RecordingUrl")[0])
        return language_of(language)->thanks;
    if (strncmp(value_of(params, "From"), "client:", 7) == 0 || !voicemail)
        return language_of(language)->goodbye;
    return voicemail;
}
