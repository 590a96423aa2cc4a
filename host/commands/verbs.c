/* verbs.c: the table of verbs: what each takes and what runs it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/nearest.h"
#include "base/version.h"
#include "commands/commands.h"
#include "commands/lua_command.h"

static int run_help(const struct hs_arguments *args, struct hs_config *config);
static int run_version(const struct hs_arguments *args,
                       struct hs_config *config);

static const struct hs_option legs[] = {
    {"answer", "[SECONDS]",
     "the phone is answered (after SECONDS), and 1 is pressed"},
    {"answered", "[SECONDS]", "the same as --answer"},
    {"busy", "[SECONDS]", "the line is busy"},
    {"no-answer", NULL, "nobody answers"},
    {"failed", NULL, "the phone can't be reached"},
    {"canceled", "[SECONDS]", "the network ends the ringing"},
    {"declined", "[SECONDS]", "the phone is answered, and 1 isn't pressed"},
    {"voicemail", "[SECONDS]", "the mobile's own voicemail answers"},
    {"caller-hangs-up", "[SECONDS]", "the caller hangs up while it rings"},
    {"digits", "KEYS", "what the caller presses at the next menu"},
    {"message", "SECONDS", "how long the caller's message is (default 8)"},
    {"lookup", "NAME=JSON", "what a lookup in lookups.lua returns"},
    {"variant", "NAME=WORD",
     "how Twilio behaves where its documentation leaves it open"},
    {NULL, NULL, NULL},
};

const struct hs_verb hs_verbs[] = {
    {.name = "serve",
     .summary = "answer Twilio's webhooks, the API and the console",
     .text = "Answers Twilio's webhooks, the API and the console. Creates and "
             "migrates the database by itself. SIGTERM ends it once every call "
             "has its answer. SIGHUP rereads the Lua folder and the keys; it "
             "notices saved Lua files, and changes of twilio_auth_token_file "
             "and jwt_public_key_file, without that.",
     .serves = 1,
     .run = hs_run_serve},
    {.name = "check",
     .summary = "check settings, Lua code and rules before they go live",
     .text =
         "Checks the settings, compiles every Lua file, loads rules and "
         "routes as a server would, runs the rule file's examples, and "
         "proves that no call reaches a dead end: whoever calls, whenever, "
         "and whatever each phone does, the caller talks to someone, "
         "leaves a message or hears a word. It also decides the last 1,000 "
         "real calls with these files: a call that now fails or reaches a "
         "dead end is an error, and those that would go elsewhere are "
         "listed. Problems are printed as file:line: reason, with the path "
         "that leads there, and the exit status is 1; if the files can't be "
         "checked, such as while one is being written, it is 75. Changes "
         "nothing.",
     .options = {{"rules", "FILE", "check FILE in place of forwarding.lua"}},
     .json = 1,
     .run = hs_run_check},
    {.name = "replay",
     .summary =
         "decide past calls again, and list those that would go elsewhere",
     .text = "Decides the calls of a period again, each from what was stored "
             "with it: the caller, the console's settings at the time, lookups "
             "and overrides. Lists those that would have gone elsewhere with "
             "the current rules, or with --rules FILE, and what would have "
             "happened to them as far as that is known. Changes nothing.",
     .options = {{"since", "TIME",
                  "from when: 7d, 12h, 2w ago, or a time (default: 7d)"},
                 {"until", "TIME", "until when (default: now)"},
                 {"rules", "FILE",
                  "decide with FILE in place of "
                  "forwarding.lua"},
                 {"number", "NUMBER", "only calls to this number"}},
     .json = 1,
     .run = hs_run_replay,
     .module = "commands.rules.replay"},
    {.name = "lsp",
     .summary = "show an editor the mistakes in a rule file while you type",
     .text =
         "Speaks the Language Server Protocol on standard input and output: "
         "the editor underlines whatever a save would be refused for, and says "
         "how to fix it. For forwarding.lua, forwarding.next.lua, lookups.lua "
         "and the data files of the Lua folder. Works in the folder of FILE, "
         "or else in the nearest one, from this one upwards, that has "
         "app.conf. Changes nothing. docs/editors.md sets up editors.",
     .run = hs_run_stdio,
     .module = "commands.editors.lsp",
     .enters_folder = 1},
    {.name = "mcp",
     .summary = "let an assistant check, simulate and propose rules",
     .text = "Speaks the Model Context Protocol on standard input and output, "
             "with the tools check, simulate, replay, why, coverage and "
             "propose. It proposes drafts, beside forwarding.lua, and can't "
             "change what is live. Works in the folder of FILE, or else in the "
             "nearest one, from this one upwards, that has app.conf. "
             "docs/editors.md sets up assistants.",
     .run = hs_run_stdio,
     .module = "commands.editors.mcp",
     .enters_folder = 1},
    {.name = "rules",
     .summary = "list, show, compare and restore versions of the rule file",
     .operands = "log | about [ID] | show [ID] | diff [ID [AGAINST]] | "
                 "restore ID | accept [HASH] | draft | promote",
     .text =
         "`log` lists every version of the Lua files that ever answered calls. "
         "`show` prints the forwarding.lua of one, `diff` what it changed, or "
         "what is on disk but not live. `about` says who made a version, how "
         "it was checked, and what it changed for real calls. `restore` puts a "
         "version's team files back if they pass every check; a running server "
         "uses them at once. `accept` shows what saved files would change "
         "that wait for confirmation (rules_confirm); `accept HASH`, with the "
         "hash it prints, makes them live. `draft` says what "
         "forwarding.next.lua would do with the calls that come in, `promote` "
         "makes it live. "
         "Instead of an ID, --at names the version that was live at a time.",
     .options = {{"at", "TIME",
                  "about, show, diff, restore: the version live then, such as "
                  "\"2026-11-22 17:30\""},
                 {"file", "NAME", "show: this file in place of forwarding.lua"},
                 {"limit", "N", "log: at most this many (default 20)"},
                 {"accept", "HASH",
                  "restore, promote: confirm the change that was shown with "
                  "this hash (rules_confirm)"},
                 {"discard", NULL, "draft: remove the draft"},
                 {"note", "TEXT",
                  "restore, accept, promote: why, kept with the version"}},
     .json = 1,
     .actions = {{.name = "log"},
                 {.name = "about", .max = 1, .ids = 1},
                 {.name = "show", .max = 1, .ids = 1},
                 {.name = "diff", .max = 2, .ids = 1},
                 {.name = "restore", .min = 1, .max = 1, .ids = 1},
                 {.name = "accept", .max = 1},
                 {.name = "draft"},
                 {.name = "promote"}},
     .stands_in = "at",
     .names = {"id", "against"},
     .operands_min = 1,
     .operands_max = 3,
     .run = hs_lua_verb,
     .module = "commands.rules.rules"},
    {.name = "coverage",
     .summary = "show who rings in the coming days, and when nobody does",
     .text = "Shows who rings in the coming days, every 15 minutes, for each "
             "number and kind of caller, as a calendar. Marks times when "
             "callers can only leave a message or reach nobody, and nights "
             "when the clocks change.",
     .options = {{"number", "NUMBER", "only this number"},
                 {"days", "DAYS", "how many days (default 14)"},
                 {"offline", NULL, "as if no browser were online"}},
     .json = 1,
     .run = hs_lua_verb,
     .module = "commands.rules.coverage"},
    {.name = "now",
     .summary = "say what would happen to a call right now, and who would ring",
     .operands = "[NUMBER]",
     .text = "Says for each number what would happen to a call from an unknown "
             "caller right now: which rule, override or setting decides, and "
             "who rings. Lookups are left out.",
     .json = 1,
     .names = {"number"},
     .operands_min = 0,
     .operands_max = 1,
     .run = hs_lua_verb,
     .module = "commands.now"},
    {.name = "why",
     .summary = "explain one call: which rule decided, and what happened",
     .operands = "CALLSID",
     .text = "Explains one call: which rule decided, on which line, from which "
             "values, why earlier rules didn't match, and what happened step "
             "by step. CALLSID is the SID of the call or of one of its legs.",
     .json = 1,
     .names = {"sid"},
     .operands_min = 1,
     .operands_max = 1,
     .run = hs_lua_verb,
     .module = "commands.why"},
    {.name = "simulate",
     .summary = "play one call: what the caller hears, and why",
     .text = "Plays one call without a telephone, and prints what the caller "
             "hears, second by second, the rule that decided with its line, "
             "and the TwiML of each step:\n\n  hookswitch simulate --from "
             "+13035550123 --at \"2026-03-08 09:30 America/Denver\" \\\n    "
             "--no-answer --answer 5\n\nSay what each phone does, in the order "
             "they ring; a phone you say nothing about doesn't answer. Times "
             "are in the number's time zone: 15:00, 2026-11-26, \"2026-11-26 "
             "15:00\", or seconds since 1970. The exit status is 0 if the call "
             "ends well, with talk, a message or a word, and 1 for a dead end "
             "or rules that fail. Nothing is written and no server needs to "
             "run; without a database, an ordinary number is assumed.",
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
     .module = "commands.rules.simulate"},
    {.name = "migrate",
     .summary = "create the database or bring it up to date",
     .text = "Creates the database, or brings it up to this version's schema. "
             "Running it again changes nothing, and `serve` does it by itself. "
             "Refuses a database from a newer version.",
     .options = {{"dry-run", NULL, "try it, and undo everything at the end"}},
     .json = 1,
     .run = hs_run_migrate},
    {.name = "run",
     .summary = "run a Lua file with the application's modules",
     .operands = "FILE.lua [ARGUMENT...]",
     .text = "Runs a Lua file in an application VM, with the modules of the "
             "Lua folder, the database and the other native modules. ARGUMENTs "
             "arrive as `...`. For cron jobs and one-off repairs; a running "
             "server sees what the script writes.",
     .operands_min = 1,
     .operands_max = -1,
     .run = hs_run_script},
    {.name = "setup",
     .summary = "point Twilio's TwiML App and our numbers at this server",
     .text = "Creates the TwiML App that browsers call through, or brings it "
             "up to date, and points our numbers at SERVER_URL: voice, "
             "fallback and status callback. Says what it changed and what to "
             "put into .env. Running it again changes nothing.",
     .options = {{"dry-run", NULL,
                  "show what would change, and change nothing"},
                 {"take-over", NULL,
                  "also numbers that another application or a trunk answers"}},
     .json = 1,
     .run = hs_lua_verb,
     .module = "commands.setup"},
    {.name = "doctor",
     .summary = "check everything calls need, and say how to fix it",
     .text = "Checks what calls need: credentials, SERVER_URL, the TwiML App, "
             "the webhooks of each number, the database, time zones, the "
             "clock, browser calling, the Lua files, and the webhooks a "
             "running server has refused. Says how to fix each problem. The "
             "exit status is 1 if something is broken.",
     .json = 1,
     .run = hs_run_doctor,
     .module = "commands.doctor"},
    {.name = "sync",
     .summary = "compare our numbers with Twilio's, in both directions",
     .text = "Compares our numbers with those of the Twilio account, in both "
             "directions: settles purchases whose answer was lost, marks "
             "numbers the account no longer owns as released, and copies the "
             "account's names. Lists numbers of the account that nobody here "
             "owns; --adopt gives them to a user.",
     .options = {{"dry-run", NULL,
                  "show what would change, and change nothing"},
                 {"adopt", "USER",
                  "numbers that nobody here owns become this user's"},
                 {"force", NULL,
                  "release ours even if the account has none of them left"}},
     .json = 1,
     .run = hs_lua_verb,
     .module = "commands.sync"},
    {.name = "maintain",
     .summary =
         "fetch prices, finish purchases, delete old recordings and calls",
     .text =
         "Looks up calls and purchases whose reports were lost, fetches "
         "prices, deletes recordings (at Twilio too), calls and audit entries "
         "older than recording_days, call_days and audit_days, and sends the "
         "texts that rules have for missed callers. "
         "`serve` does all this by itself unless maintenance_seconds is 0.",
     .json = 1,
     .run = hs_lua_verb,
     .module = "commands.maintain"},
    {.name = "override",
     .summary = "send all calls somewhere for a while",
     .operands = "add --to WHERE --until TIME | list | end ID",
     .text =
         "Sends all calls somewhere until a given time, whatever rules and "
         "settings say. It ends by itself, and a call's trace shows it:\n\n  "
         "hookswitch override add --to +13035550142 --until 15:00\n  "
         "hookswitch override add --to \"+13035550142, user:ana\" --until "
         "15:00\n  hookswitch override add --to voicemail --start \"2026-12-24 "
         "12:00\" --until 2026-12-27\n\nTimes are in the number's time zone, "
         "or else in the setting timezone: 15:00 (the next time clocks show "
         "it), 3pm, 90m, 2d, 2026-11-26, \"2026-11-26 15:00\".",
     .options = {{"to", "WHERE",
                  "add: a phone number, user:NAME, a person or group of the "
                  "team's files (group crew), several of these separated by "
                  "commas, or voicemail"},
                 {"until", "TIME", "add: when it ends"},
                 {"start", "TIME", "add: when it begins (default: now)"},
                 {"number", "+1...", "calls to this number only"},
                 {"user", "NAME",
                  "whose calls: an account's name or a user's id; not needed "
                  "if one user owns all numbers"},
                 {"seconds", "N", "add: how long it rings (default 25)"},
                 {"note", "TEXT", "add: why, for the list"}},
     .json = 1,
     .actions = {{.name = "add"},
                 {.name = "list"},
                 {.name = "end", .min = 1, .max = 1}},
     .names = {"id"},
     .operands_min = 1,
     .operands_max = 2,
     .run = hs_lua_verb,
     .module = "commands.override"},
    {.name = "forget",
     .summary = "delete everything known about a caller",
     .operands = "NUMBER",
     .text =
         "Deletes everything known about a caller: calls with their legs, "
         "decisions and transcripts, recordings (at Twilio too), contact, "
         "missed calls and alerts. Where the number appears in something else, "
         "such as an old rule file, zeros replace it. Nothing of it stays in "
         "the database's files. Backups, logs and Twilio's own call records "
         "are yours to clean up. It works while the server runs.",
     .json = 1,
     .names = {"phone"},
     .operands_min = 1,
     .operands_max = 1,
     .run = hs_lua_verb,
     .module = "commands.forget"},
    {.name = "audit",
     .summary = "list who changed what",
     .text = "Lists who changed overrides, forwarding, contacts, numbers and "
             "accounts, who was away, who deleted a recording and who erased a "
             "caller, newest first (UTC). `rules log` lists who changed the "
             "rules. audit_days says how long entries are kept.",
     .options = {{"limit", "N", "at most this many (default 50)"}},
     .json = 1,
     .run = hs_lua_verb,
     .module = "commands.audit"},
    {.name = "missed",
     .summary = "list callers to call back",
     .operands = "[list | dismiss ID | reopen ID]",
     .text = "Lists callers to call back, newest first. A caller stays on the "
             "list until someone has talked to that number, in either "
             "direction, or dismisses it. Callers without a number and blocked "
             "callers aren't listed.",
     .options = {{"closed", NULL, "list those that are done"},
                 {"user", "NAME", "only callers of this account or user"},
                 {"limit", "N", "at most this many (default 100)"}},
     .json = 1,
     .actions = {{.name = "list"},
                 {.name = "dismiss", .min = 1, .max = 1},
                 {.name = "reopen", .min = 1, .max = 1}},
     .names = {"id"},
     .operands_max = 2,
     .run = hs_lua_verb,
     .module = "commands.missed"},
    {.name = "leaks",
     .summary = "list phones whose own voicemail answers calls",
     .text = "Lists, for each phone that calls are forwarded to, how many of "
             "the calls it answered probably went to its own voicemail: nobody "
             "pressed 1, or the call was over within seconds.",
     .options = {{"since", "TIME", "7d, 24h or a date (default: 30d)"},
                 {"seconds", "N", "count calls shorter than this (default 8)"},
                 {"user", "NAME", "only calls of this account or user"}},
     .json = 1,
     .run = hs_lua_verb,
     .module = "commands.leaks"},
    {.name = "backup",
     .summary = "copy the database while it is in use",
     .operands = "FILE",
     .text =
         "Copies the database to FILE, which must not exist yet. The server "
         "can keep running: the copy is of one moment, and it is checked. It "
         "is always a single SQLite file, even if the database is PostgreSQL.",
     .json = 1,
     .operands_min = 1,
     .operands_max = 1,
     .run = hs_run_backup},
    {.name = "restore",
     .summary = "put a backup in place of the database",
     .operands = "FILE",
     .text = "Puts the backup FILE in place of the database. Refuses while a "
             "server uses the database, and if the file is damaged or from a "
             "newer version. The previous database is kept beside it, as "
             "NAME.before-restore.",
     .json = 1,
     .operands_min = 1,
     .operands_max = 1,
     .run = hs_run_restore},
    {.name = "copy",
     .summary = "copy a database to another one, file or PostgreSQL",
     .operands = "FROM TO",
     .text = "Copies all rows of one database into another. Each is a file or "
             "a URL, postgresql://USER@HOST/NAME (put the password into "
             "PGPASSFILE or PGPASSWORD, not here). TO is a file that doesn't "
             "exist yet, or an empty PostgreSQL database. Refuses while either "
             "is in use, and if FROM is from another version. Everything is "
             "copied in one transaction, then counted and compared.",
     .json = 1,
     .no_settings = 1,
     .operands_min = 2,
     .operands_max = 2,
     .run = hs_run_copy},
    {.name = "hosts",
     .summary = "list the hosts on a PostgreSQL database",
     .text = "Lists the hosts on the PostgreSQL database: name and port, "
             "versions of the program and the rules, when each started and was "
             "last seen (it reports every second), and how far its clock is "
             "ahead of the database's. Points out hosts that died, that lack "
             "the live rules, or whose clock is wrong.",
     .json = 1,
     .run = hs_lua_verb,
     .module = "commands.hosts"},
    {.name = "user",
     .summary = "add, list, change and remove local accounts",
     .operands = "add NAME | list | role NAME ROLE | disable NAME | enable "
                 "NAME | passwd NAME | remove NAME",
     .text =
         "Manages local accounts, for teams without an application of their "
         "own to log in to. Asks for the password, or reads it from the first "
         "line of standard input. ROLE is admin (everything), editor (rules, "
         "overrides and forwarding, and what an agent may) or agent (calls, "
         "contacts, callers to call back, the phone). `role` and `disable` "
         "take effect at once; a new password ends the account's logins. "
         "`remove` keeps numbers and calls. The last active admin can't be "
         "demoted, disabled or removed. data_scope in app.conf says whether "
         "users see each other's numbers and calls.",
     .options = {{"role", "ROLE", "add: what the user may do (default admin)"},
                 {"id", "ID",
                  "add: the id of one of your application's users, whose "
                  "numbers and calls this account gets"}},
     .json = 1,
     .actions = {{.name = "add", .min = 1, .max = 1},
                 {.name = "list"},
                 {.name = "role", .min = 2, .max = 2},
                 {.name = "disable", .min = 1, .max = 1},
                 {.name = "enable", .min = 1, .max = 1},
                 {.name = "passwd", .min = 1, .max = 1},
                 {.name = "remove", .min = 1, .max = 1}},
     .names = {"name", "role"},
     .operands_min = 1,
     .operands_max = 3,
     .run = hs_run_user,
     .module = "commands.user"},
    {.name = "pin",
     .summary = "print the line that gives someone a PIN",
     .text =
         "Prints a line for someone's entry in people.txt: whoever answers "
         "one of their phones types this PIN and # to accept the call. Asks "
         "for the PIN, or reads it from the first line of standard input.",
     .json = 1,
     .run = hs_run_pin,
     .module = "commands.pin"},
    {.name = "token",
     .summary = "print a token for trying the API",
     .operands = "USER",
     .text = "Prints a token for the API (Authorization: Bearer ...). USER is "
             "the name of a local account, or any user's id. The token is "
             "signed with JWT_SECRET, like your own application's tokens, or "
             "if that isn't set with this installation's own key.",
     .options = {{"ttl", "SECONDS", "how long it is valid (default 3600)"},
                 {"role", "ROLE",
                  "admin, editor or agent, for a user without an account "
                  "(default admin)"}},
     .json = 1,
     .names = {"user"},
     .operands_min = 1,
     .operands_max = 1,
     .run = hs_lua_verb,
     .module = "commands.token"},
    {.name = "routes",
     .summary = "list the HTTP routes",
     .text =
         "Lists every route: method, path, how callers authenticate, the least "
         "role, and where its handler is in the Lua folder. --openapi prints "
         "the API's description, like GET /api/openapi.json.",
     .options = {{"openapi", NULL,
                  "print the API's description (OpenAPI, JSON)"}},
     .json = 1,
     .run = hs_run_routes},
    {.name = "config",
     .summary = "print the settings, or app.conf with --defaults",
     .operands = "[KEY]",
     .text = "Prints the settings in force and where each was set, or the "
             "value of one KEY. Secrets are printed as set or unset.",
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
     .run = run_version},
    {.name = "help",
     .summary = "print this, or the help of one command",
     .operands = "[COMMAND]",
     .text = "Prints the list of commands, or the help of one.",
     .no_settings = 1,
     .operands_max = 1,
     .run = run_help},
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
    (void)fputs("\n`hookswitch COMMAND --help` explains a command. The exit "
                "status is 0, or 1 for a\nfailure, or 2 for wrong usage.\n",
                out);
}

static int run_help(const struct hs_arguments *args, struct hs_config *config)
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

static int run_version(const struct hs_arguments *args,
                       struct hs_config *config)
{
    (void)config;
    (void)printf(args->json ? "{\"version\":\"%s\"}\n" : "hookswitch %s\n",
                 HS_VERSION);
    return HS_EXIT_OK;
}

static int is_top(void)
{
    struct stat here, above;

    return stat(".", &here) != 0 || stat("..", &above) != 0 ||
           (here.st_dev == above.st_dev && here.st_ino == above.st_ino);
}

/* Work in the nearest folder, from this one upwards, that has app.conf; stay
 * here if none has. */
static int look_upwards(void)
{
    int start = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int code = 0;

    while (code == 0 && access(HS_CONFIG_FILE, F_OK) != 0) {
        if (is_top()) {
            code = start < 0 ? -1 : fchdir(start);
            break;
        }
        code = chdir("..");
    }
    if (start >= 0)
        (void)close(start);
    return code;
}

/* Work in the folder of the settings, so that relative paths in them mean what
 * they mean to the server that is started there. */
static int enter_folder(struct hs_arguments *args)
{
    struct hs_error err;
    char folder[4096];
    const char *slash = args->config ? strrchr(args->config, '/') : NULL;
    int code = 0;

    if (!args->config) {
        code = look_upwards();
    } else if (slash) {
        (void)snprintf(folder, sizeof folder, "%.*s",
                       (int)(slash - args->config) + 1, args->config);
        code = chdir(folder);
        if (code == 0)
            args->config = slash + 1;
    }
    if (code == 0)
        return HS_GO_ON;
    hs_error_set(&err, "config", "can't work in the folder of %s: %s",
                 args->config ? args->config : HS_CONFIG_FILE,
                 strerrordesc_np(errno));
    return hs_command_failed(args, &err);
}

int hs_verb_run(const struct hs_verb *verb, int argc, char **argv)
{
    struct hs_arguments args;
    struct hs_config *config = NULL;
    int code = hs_options_read(verb, argc, argv, &args);

    if (code == HS_GO_ON && verb->enters_folder)
        code = enter_folder(&args);
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
