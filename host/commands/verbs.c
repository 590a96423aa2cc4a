/* verbs.c: the one table of verbs: what each takes and who does its work. */
#include <string.h>

#include "base/nearest.h"
#include "base/version.h"
#include "commands/commands.h"
#include "commands/lua_command.h"

static const struct hs_option legs[] = {
    {"answer", "[SECONDS]",
     "the phone is answered (after so long), 1 is pressed"},
    {"answered", "[SECONDS]", "the same"},
    {"busy", "[SECONDS]", "the line is busy"},
    {"no-answer", NULL, "nobody answers"},
    {"failed", NULL, "the phone can't be reached"},
    {"canceled", "[SECONDS]", "the network ends the ringing"},
    {"declined", "[SECONDS]", "the phone is answered, and 1 isn't pressed"},
    {"voicemail", "[SECONDS]", "the mobile's own mailbox answers"},
    {"caller-hangs-up", "[SECONDS]", "the caller hangs up while it rings"},
    {"digits", "KEYS", "what the caller presses at the next menu"},
    {"message", "SECONDS", "how long a message the caller leaves (8)"},
    {"lookup", "NAME=JSON", "what a lookup of lookups.lua gives"},
    {"variant", "NAME=WORD", "how Twilio behaves where that isn't settled"},
    {NULL, NULL, NULL},
};

const struct hs_verb hs_verbs[] = {
    {.name = "serve",
     .summary = "answer Twilio's webhooks, the API and the console",
     .text = "Answers Twilio's webhooks, the API and the console. Creates and "
             "migrates the\ndatabase by itself. SIGTERM ends it when every "
             "call has its answer, SIGHUP reads\nthe Lua folder and the keys "
             "again (a saved Lua file, a changed twilio_auth_token_file\nand "
             "jwt_public_key_file are noticed without it).",
     .serves = 1,
     .run = hs_run_serve},
    {.name = "check",
     .summary = "check settings, Lua code and the examples of the rules",
     .text =
         "Checks the settings, compiles every Lua file, loads rules and "
         "routes as a server\nwould, runs the examples of the rule file, and "
         "proves that no call comes to a dead\nend: whoever calls and "
         "whenever, whatever comes of each leg, somebody talks, a\n"
         "message is taken or a word is said. The last 1,000 real calls are "
         "decided with\nthe files, too: one that fails now or comes to a dead "
         "end is an error; those that\ngo elsewhere are listed. What is wrong "
         "is printed as file:line: reason, with the\nway that leads there, and "
         "the exit status is 1. Nothing is changed.",
     .options = {{"rules", "FILE", "check FILE in place of forwarding.lua"}},
     .json = 1,
     .run = hs_run_check},
    {.name = "replay",
     .summary = "decide past calls once more: which would go elsewhere?",
     .text = "Decides the calls of a span once more, each from what was stored "
             "with it: the\ncaller, the console's settings of then, lookups "
             "and overrides. Lists those that\nwould have gone elsewhere with "
             "the rules as they are now, or with --rules FILE,\nand what would "
             "have come of them as far as that is known. Changes nothing.",
     .options = {{"since", "TIME",
                  "from when: 7d, 12h, 2w ago, or a time (default: 7d)"},
                 {"until", "TIME", "up to when (default: now)"},
                 {"rules", "FILE",
                  "decide with FILE in place of "
                  "forwarding.lua"},
                 {"number", "NUMBER", "only calls to this number of ours"}},
     .json = 1,
     .run = hs_run_replay,
     .module = "commands.replay"},
    {.name = "rules",
     .summary = "list, show, compare and restore versions of the rule file",
     .operands = "log | about [ID] | show [ID] | diff [ID [AGAINST]] | "
                 "restore ID | accept",
     .text = "Every version of the Lua files that ever answered calls. `show` "
             "prints forwarding.lua\nof one, `diff` what it changed, or what "
             "stands on disk and does not answer.\n`restore` puts the team's "
             "files of a version back, when they pass every check; a\nserver "
             "that runs uses them at once. `about` says who made a version, "
             "what it was\nchecked with, and what it changed for real calls. "
             "`accept` makes files live that\nwait for it (rules_confirm). In "
             "place of an ID, --at names the version that was live\nat a time.",
     .options = {{"at", "TIME",
                  "about, show, diff, restore: the version live then, such as "
                  "\"2026-11-22 17:30\""},
                 {"file", "NAME", "show: this file in place of forwarding.lua"},
                 {"limit", "N", "log: at most this many (default 20)"},
                 {"accept", NULL,
                  "restore: agree to what it changes for real calls, where "
                  "rules_confirm asks"},
                 {"note", "TEXT",
                  "restore, accept: why, kept with the version"}},
     .json = 1,
     .actions = {{"log", 0, 0},
                 {"about", 0, 1},
                 {"show", 0, 1},
                 {"diff", 0, 2},
                 {"restore", 1, 1},
                 {"accept", 0, 0}},
     .ids = 1,
     .stands_in = "at",
     .names = {"id", "against"},
     .operands_min = 1,
     .operands_max = 3,
     .run = hs_run_rules,
     .module = "commands.rules"},
    {.name = "coverage",
     .summary = "show who rings in the days to come, and when nobody does",
     .text = "Shows who rings, every 15 minutes of the days to come, for each "
             "number and class of\ncaller, as a calendar. Marks when only a "
             "message can be left, when nobody is reached\nat all, and nights "
             "in which the clocks change.",
     .options = {{"number", "NUMBER", "only this number of ours"},
                 {"days", "DAYS", "how many days (default 14)"},
                 {"offline", NULL, "as if nobody's browser were online"}},
     .json = 1,
     .run = hs_lua_verb,
     .module = "commands.coverage"},
    {.name = "why",
     .summary =
         "tell of one call which rule decided, from what, and what happened",
     .operands = "CALLSID",
     .text = "Tells of one call which rule decided, on which line, from which "
             "values, which rules\nbefore it did not hold, and what happened "
             "moment by moment. CALLSID is the call's id\nin the log, or that "
             "of one of its legs.",
     .json = 1,
     .names = {"sid"},
     .operands_min = 1,
     .operands_max = 1,
     .run = hs_lua_verb,
     .module = "commands.why"},
    {.name = "simulate",
     .summary = "play one call: what the caller hears, and why",
     .text = "Plays one call without a telephone, and prints what the caller "
             "hears, second by second,\nthe rule that decided with its line, "
             "and the TwiML of each step:\n\n"
             "  hookswitch simulate --from +13035550123 --at \"2026-03-08 "
             "09:30 America/Denver\" \\\n"
             "    --no-answer --answer 5\n\n"
             "What each phone does that rings is said in their order; a phone "
             "nothing is said of does\nnot answer. A time is one of the "
             "number's time zone: 15:00, 2026-11-26,\n\"2026-11-26 15:00\", or "
             "seconds since 1970. The exit status is 0 when the call ends\n"
             "well: with talk, a message or a word; 1 for a dead end and for "
             "rules that fail.\nNothing is written, and no server needs to "
             "run; without a database, an ordinary\nnumber is assumed.",
     .options = {{"from", "+1...",
                  "who calls; \"anonymous\" hides the "
                  "number"},
                 {"to", "+1...",
                  "the number that is called (default: the first)"},
                 {"forwarded-from", "+1...",
                  "the number that forwards the call here"},
                 {"at", "TIME", "when (default: now)"},
                 {"rules", "FILE", "try FILE in place of forwarding.lua"},
                 {"online", NULL, "browsers are registered, and ring"},
                 {"offline", NULL, "no browser is registered"},
                 {"line-busy", NULL, "the owner of the number is talking"}},
     .repeated = legs,
     .json = 1,
     .run = hs_run_simulate,
     .module = "commands.simulate"},
    {.name = "migrate",
     .summary = "create the database or bring it up to date",
     .text = "Creates the database, or brings it up to the schema of this "
             "version. Running it\nagain changes nothing. `serve` does it by "
             "itself. A database of a newer version\nis refused.",
     .options = {{"dry-run", NULL, "try it, and undo everything at the end"}},
     .json = 1,
     .run = hs_run_migrate},
    {.name = "run",
     .summary = "run a Lua file with the bindings of the application",
     .operands = "FILE.lua [ARGUMENT...]",
     .text = "Runs a Lua file in an application VM: the modules of the Lua "
             "folder, the database\nand the other native modules. ARGUMENTs "
             "come as `...`. For cron jobs and one-off\nfixes; a running "
             "server sees what the script writes.",
     .operands_min = 1,
     .operands_max = -1,
     .run = hs_run_script},
    {.name = "setup",
     .summary = "point Twilio's TwiML App and our numbers at this server",
     .text = "Creates the TwiML App that browsers call through, or brings it "
             "up to date, and points\nour numbers at SERVER_URL: voice, "
             "fallback and status callback. Says what it changed\nand what to "
             "put into .env. Running it again changes nothing.",
     .options = {{"dry-run", NULL,
                  "say what would be changed, and change nothing"},
                 {"take-over", NULL,
                  "also numbers that another application or a trunk answers"}},
     .json = 1,
     .run = hs_lua_verb,
     .module = "commands.setup"},
    {.name = "doctor",
     .summary = "check everything that calls need, and say how to fix it",
     .text = "Checks what calls need: credentials, SERVER_URL, the TwiML App, "
             "the webhooks of each\nnumber, the database, time zones, the "
             "clock, browser calling, the Lua files, and the\nwebhooks that a "
             "running server has refused. Says for each problem how to fix "
             "it. The\nexit status is 1 when something is broken.",
     .json = 1,
     .run = hs_run_doctor,
     .module = "commands.doctor"},
    {.name = "sync",
     .summary = "compare our numbers with Twilio's, in both directions",
     .text = "Compares our numbers with those of the Twilio account, in both "
             "directions: settles\npurchases whose answer was lost, marks as "
             "released what the account no longer owns,\nand takes over "
             "names. Numbers of the account that nobody here owns are listed;\n"
             "--adopt gives them to a user.",
     .options = {{"dry-run", NULL,
                  "say what would be changed, and change nothing"},
                 {"adopt", "USER",
                  "numbers that nobody here owns become this user's"},
                 {"force", NULL,
                  "release ours even when the account has none of them left"}},
     .json = 1,
     .run = hs_lua_verb,
     .module = "commands.sync"},
    {.name = "maintain",
     .summary = "fetch prices, finish purchases, delete old recordings",
     .text = "Looks up calls whose reports were lost and purchases whose "
             "answer was lost, asks\nTwilio for the prices of calls, deletes "
             "recordings past their days\n(recording_days), here and at "
             "Twilio, and sends the texts that rules have for\nmissed callers. "
             "`serve` does it by itself unless maintenance_seconds is 0.",
     .json = 1,
     .run = hs_lua_verb,
     .module = "commands.maintain"},
    {.name = "override",
     .summary = "send all calls somewhere until a moment",
     .operands = "add --to WHERE --until TIME | list | end ID",
     .text =
         "Sends all calls somewhere until a moment, whatever rules and "
         "settings say. It ends by\nitself, and the trace of a call shows "
         "it:\n\n"
         "  hookswitch override add --to +13035550142 --until 15:00\n"
         "  hookswitch override add --to \"+13035550142, user:ana\" --until "
         "15:00\n"
         "  hookswitch override add --to voicemail --start \"2026-12-24 "
         "12:00\" --until 2026-12-27\n\n"
         "A time is one of the number's time zone, else of the setting "
         "timezone: 15:00 (the next\ntime that clocks show it), 3pm, 90m, "
         "2d, 2026-11-26, \"2026-11-26 15:00\".",
     .options = {{"to", "WHERE",
                  "add: the phone that rings, user:NAME, several of these with "
                  "commas, or voicemail"},
                 {"until", "TIME", "add: when it ends"},
                 {"start", "TIME", "add: when it begins (default: now)"},
                 {"number", "+1...", "calls to this number only"},
                 {"user", "NAME",
                  "whose calls: an account's name or a user's id; not needed "
                  "when one user owns all numbers"},
                 {"seconds", "N", "add: how long it rings (default 25)"},
                 {"note", "TEXT", "add: why, for the list"}},
     .json = 1,
     .actions = {{"add", 0, 0}, {"list", 0, 0}, {"end", 1, 1}},
     .names = {"id"},
     .operands_min = 1,
     .operands_max = 2,
     .run = hs_lua_verb,
     .module = "commands.override"},
    {.name = "forget",
     .summary = "delete all that is known of a caller",
     .operands = "NUMBER",
     .text = "Deletes everything known of a caller: calls with their legs, "
             "decisions and\ntranscripts, recordings (at Twilio, too), "
             "contact, missed calls and alerts. Where\nthe number stands in "
             "something else, such as an old rule file, it is crossed out.\n"
             "Nothing of it stays in the database's files. Backups, logs and "
             "Twilio's own call\nrecords are yours to look after. It works "
             "while the server runs.",
     .json = 1,
     .names = {"phone"},
     .operands_min = 1,
     .operands_max = 1,
     .run = hs_lua_verb,
     .module = "commands.forget"},
    {.name = "missed",
     .summary = "list callers to get back to",
     .operands = "[list | dismiss ID | reopen ID]",
     .text = "Lists callers to get back to, the latest first. A caller is "
             "there until somebody has\ntalked to that number, in either "
             "direction, or dismisses it. Callers who show no\nnumber or are "
             "blocked are not listed.",
     .options = {{"closed", NULL, "list those that are done instead"},
                 {"user", "NAME", "only callers of this account or user"},
                 {"limit", "N", "at most this many (default 100)"}},
     .json = 1,
     .actions = {{"list", 0, 0}, {"dismiss", 1, 1}, {"reopen", 1, 1}},
     .names = {"id"},
     .operands_max = 2,
     .run = hs_lua_verb,
     .module = "commands.missed"},
    {.name = "leaks",
     .summary = "list phones whose own mailbox takes calls",
     .text = "Lists, for each phone that calls are forwarded to, how many of "
             "the calls it answered\nwere probably taken by its own mailbox: "
             "nobody pressed 1, or the talk was over within\nseconds.",
     .options = {{"since", "TIME", "7d, 24h or a date (default: 30d)"},
                 {"seconds", "N",
                  "a talk shorter than this counts (default "
                  "8)"},
                 {"user", "NAME", "only calls of this account or user"}},
     .json = 1,
     .run = hs_lua_verb,
     .module = "commands.leaks"},
    {.name = "backup",
     .summary = "copy the database to a file while it is in use",
     .operands = "FILE",
     .text = "Copies the database to FILE, which must not exist yet. The "
             "server may go on meanwhile:\nthe copy is of one moment, checked, "
             "and one plain file.",
     .json = 1,
     .operands_min = 1,
     .operands_max = 1,
     .run = hs_run_backup},
    {.name = "restore",
     .summary = "put such a copy in the place of the database",
     .operands = "FILE",
     .text = "Puts the copy FILE in the place of the database. Refused while a "
             "server uses it, and\nfor a damaged file or one of a newer "
             "version. The database that was there is kept\nbeside it, as "
             "NAME.before-restore.",
     .json = 1,
     .operands_min = 1,
     .operands_max = 1,
     .run = hs_run_restore},
    {.name = "user",
     .summary = "make, list, change and remove local accounts",
     .operands = "add NAME | list | passwd NAME | remove NAME",
     .text = "Local accounts, for teams without an application of their own to "
             "log in to. The\npassword is asked for, or read from the first "
             "line of standard input. A new\npassword ends the account's "
             "logins. `remove` leaves numbers and calls as they are.",
     .options = {{"id", "ID",
                  "add: the id of a user of another application, whose numbers "
                  "and calls these will be"}},
     .json = 1,
     .actions =
         {{"add", 1, 1}, {"list", 0, 0}, {"passwd", 1, 1}, {"remove", 1, 1}},
     .names = {"name"},
     .operands_min = 1,
     .operands_max = 2,
     .run = hs_run_user,
     .module = "commands.user"},
    {.name = "token",
     .summary = "print a token for trying the API",
     .operands = "USER",
     .text = "Prints a token for the API: Authorization: Bearer ... USER is "
             "the name of a local\naccount, or any user's id. It is signed "
             "with JWT_SECRET as the tokens of the host\napplication are; "
             "without one, with this installation's own key.",
     .options = {{"ttl", "SECONDS", "how long it is valid (default 3600)"}},
     .json = 1,
     .names = {"user"},
     .operands_min = 1,
     .operands_max = 1,
     .run = hs_lua_verb,
     .module = "commands.token"},
    {.name = "routes",
     .summary = "list what is answered over HTTP",
     .text = "Lists every route: method, path, who may ask, and the handler's "
             "place in the Lua\nfolder; or prints the API's description, as "
             "GET /api/openapi.json does.",
     .options = {{"openapi", NULL,
                  "print the API's description (OpenAPI, JSON)"}},
     .json = 1,
     .run = hs_run_routes},
    {.name = "config",
     .summary = "print the settings, or app.conf with --defaults",
     .operands = "[KEY]",
     .text = "Prints the settings in force and where each was set, or the "
             "value of one KEY.\nSecrets are printed as set or unset.",
     .options = {{"defaults", NULL,
                  "print app.conf: every setting at its default"}},
     .json = 1,
     .no_settings = 1,
     .operands_max = 1,
     .run = hs_run_config},
    {.name = "version",
     .summary = "print the version",
     .text = "Prints the version of the program.",
     .json = 1,
     .no_settings = 1,
     .run = hs_run_version},
    {.name = "help",
     .summary = "print this, or what one command takes",
     .operands = "[COMMAND]",
     .text = "Prints the list of commands, or what one of them takes.",
     .no_settings = 1,
     .operands_max = 1,
     .run = hs_run_help},
};
const size_t hs_verb_count = sizeof hs_verbs / sizeof hs_verbs[0];

const struct hs_verb *hs_verb_find(const char *name)
{
    struct hs_nearest nearest = {0};

    for (size_t i = 0; i < hs_verb_count; i++) {
        if (strcmp(hs_verbs[i].name, name) == 0)
            return &hs_verbs[i];
        hs_nearest_offer(&nearest, name, hs_verbs[i].name);
    }
    (void)fprintf(stderr, "hookswitch: unknown command %s", name);
    if (nearest.name)
        (void)fprintf(stderr, "; did you mean %s?", nearest.name);
    (void)fputs("\n`hookswitch help` lists the commands.\n", stderr);
    return NULL;
}

void hs_help_print(FILE *out)
{
    (void)fputs("usage: hookswitch COMMAND [options]\n\n", out);
    for (size_t i = 0; i < hs_verb_count; i++)
        (void)fprintf(out, "  %-10s %s\n", hs_verbs[i].name,
                      hs_verbs[i].summary);
    (void)fputs("\n`hookswitch COMMAND --help` tells what a command takes. It "
                "exits with 0, with 1\nwhen it failed, with 2 when it was "
                "called the wrong way.\n",
                out);
}

int hs_run_help(const struct hs_arguments *args, struct hs_config *config)
{
    const struct hs_verb *verb;

    (void)config;
    if (args->operand_count == 0) {
        hs_help_print(stdout);
        return HS_EXIT_OK;
    }
    verb = hs_verb_find(args->operands[0]);
    if (!verb)
        return HS_EXIT_USAGE;
    hs_help_print_verb(verb, stdout);
    return HS_EXIT_OK;
}

int hs_run_version(const struct hs_arguments *args, struct hs_config *config)
{
    (void)config;
    (void)printf(args->json ? "{\"version\":\"%s\"}\n" : "hookswitch %s\n",
                 HS_VERSION);
    return HS_EXIT_OK;
}

int hs_verb_run(const struct hs_verb *verb, int argc, char **argv)
{
    struct hs_arguments args;
    struct hs_config *config = NULL;
    int code = hs_options_read(verb, argc, argv, &args);

    if (code == HS_GO_ON && !verb->no_settings) {
        config = hs_command_config(&args);
        code = config ? HS_GO_ON : HS_EXIT_FAILED;
    }
    if (code == HS_GO_ON)
        code = verb->run(&args, config);
    hs_config_free(config);
    hs_buf_free(&args.given);
    return code;
}
