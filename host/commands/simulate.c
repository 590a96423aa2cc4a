/* simulate.c: `hookswitch simulate`: what would happen to this call?
 *
 * The call is played in lua/calls/simulator/simulate.lua. Nothing is written:
 * no row, no key, no database where there is none. */
#include <stdlib.h>

#include "base/buf.h"
#include "base/file.h"
#include "commands/application.h"
#include "commands/commands.h"
#include "commands/lua_command.h"
#include "lib/folder.h"

static const struct hs_usage about = {
    .command = "simulate",
    .text =
        "Plays one call without a telephone, and prints what the caller hears, "
        "second by second,\nthe rule that decided with its line, and the TwiML "
        "of each step:\n\n"
        "  hookswitch simulate --from +13035550123 --at \"2026-03-08 09:30 "
        "America/Denver\" \\\n"
        "    --no-answer --answer 5\n\n"
        "What each phone does that rings is said in their order; what is not "
        "said does not\nanswer. A time is one of the number's time zone: "
        "15:00, "
        "2026-11-26, \"2026-11-26 15:00\",\nor seconds since 1970. The exit "
        "status is 0 when the call ends well: with talk, a message\nor a word; "
        "1 for a dead end and for rules that fail. Nothing is written, and no "
        "server\nneeds to run; without a database, an ordinary number is "
        "assumed.",
    .json = 1,
};

static const struct hs_repeated repeated[] = {
    {"answer", "[SECONDS]",
     "the phone is picked up (after so long), presses 1"},
    {"answered", "[SECONDS]", "the same"},
    {"busy", "[SECONDS]", "the line is busy"},
    {"no-answer", NULL, "nobody answers"},
    {"failed", NULL, "the phone cannot be reached"},
    {"canceled", "[SECONDS]", "the network ends the ringing"},
    {"declined", "[SECONDS]", "it is picked up, and 1 is not pressed"},
    {"voicemail", "[SECONDS]", "the mobile's own mailbox picks up"},
    {"caller-hangs-up", "[SECONDS]", "the caller hangs up while it rings"},
    {"digits", "KEYS", "what the caller presses at the next menu"},
    {"message", "SECONDS", "how long a message the caller leaves (8)"},
    {"lookup", "NAME=JSON", "what a lookup of lookups.lua gives"},
    {"variant", "NAME=WORD", "how Twilio behaves where that is not settled"},
};

static int run(const struct hs_usage *usage, const struct hs_arguments *args,
               const char *rules_file)
{
    struct hs_config *config = hs_command_config(usage, args);
    struct hs_error err = {0};
    struct hs_buf given = {0};
    char *rules = NULL;
    size_t len;
    int code = HS_EXIT_FAILED;

    if (!config)
        return HS_EXIT_FAILED;
    if (rules_file) {
        rules = hs_file_read(rules_file, HS_FOLDER_FILE_BYTES, &len, &err);
        if (!rules) {
            code = hs_command_failed(usage, args, &err);
            goto done;
        }
    }
    if (hs_buf_printf(&given, "[%s]",
                      usage->given->len ? usage->given->data : "") == 0)
        code = hs_lua_rehearsal(
            usage, args, config, "commands.simulate",
            (const struct hs_lua_fact[]){{"given", given.data},
                                         {"source_name", rules_file},
                                         {NULL, NULL}},
            &(struct hs_tried_rules){.text = rules, .file = rules_file});

done:
    hs_buf_free(&given);
    free(rules);
    hs_config_free(config);
    return code;
}

int hs_cmd_simulate(int argc, char **argv)
{
    const char *from = NULL, *to = NULL, *at = NULL, *rules = NULL;
    const char *forwarded = NULL;
    int online = 0, offline = 0, busy = 0;
    const struct hs_option options[] = {
        {"from", "+1...", "who calls; \"anonymous\" hides the number", NULL,
         &from},
        {"to", "+1...", "the number that is called (default: the first)", NULL,
         &to},
        {"forwarded-from", "+1...", "the number that forwards the call here",
         NULL, &forwarded},
        {"at", "TIME", "when (default: now)", NULL, &at},
        {"rules", "FILE", "try FILE in place of forwarding.lua", NULL, &rules},
        {"online", NULL, "browsers are registered, and ring", &online, NULL},
        {"offline", NULL, "no browser is registered", &offline, NULL},
        {"line-busy", NULL, "the owner of the number is talking", &busy, NULL},
    };
    struct hs_buf given = {0};
    struct hs_usage usage = about;
    struct hs_arguments args;
    int code;

    usage.options = options;
    usage.count = sizeof options / sizeof options[0];
    usage.repeated = repeated;
    usage.repeated_count = sizeof repeated / sizeof repeated[0];
    usage.given = &given;
    code = hs_options_read(&usage, argc, argv, &args);
    if (code == HS_GO_ON)
        code = run(&usage, &args, rules);
    hs_buf_free(&given);
    return code;
}
