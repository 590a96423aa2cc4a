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
    {"lookup", "NAME=JSON", "what a lookup in lookups.lua returns"},
    {"variant", "NAME=WORD", "how Twilio behaves where it doesn't say"},
    {NULL, NULL, NULL},
};

const struct hs_verb hs_verbs[] = {
    {.name = "serve",
     .summary = "answer Twilio's webhooks, the API and the console",
     .text = "Answers Twilio's webhooks, the API and the console. Creates and "
             "migrates the\n"
             "database by itself. SIGTERM ends it once every call has its "
             "answer. SIGHUP rereads\n"
             "the Lua folder and the keys; a saved Lua file, or a changed "
             "twilio_auth_token_file\n"
             "or jwt_public_key_file, is noticed without it.",
     .serves = 1,
     .run = hs_run_serve},
    {.name = "check",
     .summary = "check settings, Lua code and rules before they go live",
     .text =
         "Checks the settings, compiles every Lua file, loads rules and routes "
         "as a server\n"
         "would, runs the examples of the rule file, and proves that no call "
         "comes to a dead\n"
         "end: whoever calls, whenever, and whatever happens to each leg, "
         "someone talks, a\n"
         "message is taken or a word is said. It also decides the last 1,000 "
         "real calls with\n"
         "these files: a call that now fails or comes to a dead end is an "
         "error, and those\n"
         "that go elsewhere are listed. Problems are printed as file:line: "
         "reason, with the\n"
         "path that leads there, and the exit status is 1. Nothing is changed.",
     .options = {{"rules", "FILE", "check FILE in place of forwarding.lua"}},
     .json = 1,
     .run = hs_run_check},
    {.name = "replay",
     .summary = "decide past calls again: which would go elsewhere?",
     .text = "Decides the calls of a period again, each from what was stored "
             "with it: the caller,\n"
             "the console's settings at the time, lookups and overrides. Lists "
             "those that would\n"
             "have gone elsewhere with the current rules, or with --rules "
             "FILE, and what would\n"
             "have happened to them as far as that is known. Changes nothing.",
     .options = {{"since", "TIME",
                  "from when: 7d, 12h, 2w ago, or a time (default: 7d)"},
                 {"until", "TIME", "up to when (default: now)"},
                 {"rules", "FILE",
                  "decide with FILE in place of "
                  "forwarding.lua"},
                 {"number", "NUMBER", "only calls to this number"}},
     .json = 1,
     .run = hs_run_replay,
     .module = "commands.replay"},
    {.name = "lsp",
     .summary = "tell an editor what is wrong with a rule file, as it is typed",
     .text = "Speaks the Language Server Protocol on standard input and "
             "output: what a save would\nbe refused for is underlined in the "
             "editor, with its line and how to write it. For\nforwarding.lua, "
             "forwarding.next.lua, lookups.lua and the data files of the Lua\n"
             "folder. Works in the folder of "
             "FILE, or else in the nearest one upwards that has\napp.conf. "
             "Changes nothing; docs/editors.md sets up editors.",
     .run = hs_run_stdio,
     .module = "commands.lsp",
     .enters_folder = 1},
    {.name = "mcp",
     .summary = "let an assistant check, simulate and propose rules",
     .text = "Speaks the Model Context Protocol on standard input and output, "
             "with the tools check,\nsimulate, replay, why, coverage and "
             "propose. What it proposes is a draft, beside\nforwarding.lua: "
             "it can't change what is live. Works in the folder of FILE, or "
             "else in\nthe nearest one upwards that has app.conf. "
             "docs/editors.md sets up assistants.",
     .run = hs_run_stdio,
     .module = "commands.mcp",
     .enters_folder = 1},
    {.name = "rules",
     .summary = "list, show, compare and restore versions of the rule file",
     .operands = "log | about [ID] | show [ID] | diff [ID [AGAINST]] | "
                 "restore ID | accept | draft | promote",
     .text =
         "Lists every version of the Lua files that ever answered calls. "
         "`show` prints the\n"
         "forwarding.lua of one, `diff` what it changed, or what is on "
         "disk but not live.\n"
         "`restore` puts a version's team files back if they pass every "
         "check; a running\n"
         "server uses them at once. `about` says who made a version, how "
         "it was checked, and\n"
         "what it changed for real calls. `accept` makes files live that "
         "are waiting for it\n"
         "(rules_confirm). `draft` says how forwarding.next.lua decides the "
         "calls that come in,\n"
         "`promote` makes it live. Instead of an ID, --at names the version "
         "that was live at a\ntime.",
     .options =
         {{"at", "TIME",
           "about, show, diff, restore: the version live then, such as "
           "\"2026-11-22 17:30\""},
          {"file", "NAME", "show: this file in place of forwarding.lua"},
          {"limit", "N", "log: at most this many (default 20)"},
          {"accept", NULL,
           "restore, promote: agree to what it changes for real calls, where "
           "rules_confirm asks"},
          {"discard", NULL, "draft: remove it"},
          {"note", "TEXT",
           "restore, accept, promote: why, kept with the version"}},
     .json = 1,
     .actions = {{"log", 0, 0},
                 {"about", 0, 1},
                 {"show", 0, 1},
                 {"diff", 0, 2},
                 {"restore", 1, 1},
                 {"accept", 0, 0},
                 {"draft", 0, 0},
                 {"promote", 0, 0}},
     .ids = 1,
     .stands_in = "at",
     .names = {"id", "against"},
     .operands_min = 1,
     .operands_max = 3,
     .run = hs_lua_verb,
     .module = "commands.rules"},
    {.name = "coverage",
     .summary = "show who rings in the coming days, and when nobody does",
     .text = "Shows who rings, every 15 minutes of the coming days, for each "
             "number and kind of\n"
             "caller, as a calendar. Marks times when callers can only leave a "
             "message or reach\n"
             "nobody at all, and nights when the clocks change.",
     .options = {{"number", "NUMBER", "only this number"},
                 {"days", "DAYS", "how many days (default 14)"},
                 {"offline", NULL, "as if nobody's browser were online"}},
     .json = 1,
     .run = hs_lua_verb,
     .module = "commands.coverage"},
    {.name = "now",
     .summary = "say what happens to a call that comes in now, and who rings",
     .operands = "[NUMBER]",
     .text = "Says for each number what happens to a call that comes in now "
             "from someone nobody\n"
             "knows: which rule, override or setting decides, and who rings. "
             "Lookups are left out.",
     .json = 1,
     .names = {"number"},
     .operands_min = 0,
     .operands_max = 1,
     .run = hs_lua_verb,
     .module = "commands.now"},
    {.name = "why",
     .summary =
         "explain one call: which rule decided, from what, what happened",
     .operands = "CALLSID",
     .text = "Explains one call: which rule decided, on which line, from which "
             "values, which rules\n"
             "before it didn't match, and what happened moment by moment. "
             "CALLSID is the call's id\n"
             "in the log, or that of one of its legs.",
     .json = 1,
     .names = {"sid"},
     .operands_min = 1,
     .operands_max = 1,
     .run = hs_lua_verb,
     .module = "commands.why"},
    {.name = "simulate",
     .summary = "play one call: what the caller hears, and why",
     .text =
         "Plays one call without a telephone, and prints what the caller "
         "hears, second by second,\n"
         "the rule that decided with its line, and the TwiML of each step:\n"
         "\n"
         "  hookswitch simulate --from +13035550123 --at \"2026-03-08 09:30 "
         "America/Denver\" \\\n"
         "    --no-answer --answer 5\n"
         "\n"
         "Say what each phone does, in the order they ring; a phone you say "
         "nothing about doesn't\n"
         "answer. Times are in the number's time zone: 15:00, 2026-11-26, "
         "\"2026-11-26 15:00\", or\n"
         "seconds since 1970. The exit status is 0 if the call ends well, with "
         "talk, a message or\n"
         "a word, and 1 for a dead end or rules that fail. Nothing is written "
         "and no server needs\n"
         "to run; without a database, an ordinary number is assumed.",
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
     .text = "Creates the database, or brings it up to this version's schema. "
             "Running it again\n"
             "changes nothing. `serve` does it by itself. A database from a "
             "newer version is\n"
             "refused.",
     .options = {{"dry-run", NULL, "try it, and undo everything at the end"}},
     .json = 1,
     .run = hs_run_migrate},
    {.name = "run",
     .summary = "run a Lua file with the application's modules",
     .operands = "FILE.lua [ARGUMENT...]",
     .text = "Runs a Lua file in an application VM, with the modules of the "
             "Lua folder, the\n"
             "database and the other native modules. ARGUMENTs arrive as "
             "`...`. For cron jobs and\n"
             "one-off repairs; a running server sees what the script writes.",
     .operands_min = 1,
     .operands_max = -1,
     .run = hs_run_script},
    {.name = "setup",
     .summary = "point Twilio's TwiML App and our numbers at this server",
     .text =
         "Creates the TwiML App that browsers call through, or brings it up to "
         "date, and\n"
         "points our numbers at SERVER_URL: voice, fallback and status "
         "callback. Says what it\n"
         "changed and what to put into .env. Running it again changes nothing.",
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
             "the webhooks of each\n"
             "number, the database, time zones, the clock, browser calling, "
             "the Lua files, and the\n"
             "webhooks a running server has refused. Says how to fix each "
             "problem. The exit status\n"
             "is 1 if something is broken.",
     .json = 1,
     .run = hs_run_doctor,
     .module = "commands.doctor"},
    {.name = "sync",
     .summary = "compare our numbers with Twilio's, in both directions",
     .text = "Compares our numbers with those of the Twilio account, in both "
             "directions: settles\n"
             "purchases whose answer was lost, marks numbers the account no "
             "longer owns as\n"
             "released, and takes over names. Numbers of the account that "
             "nobody here owns are\n"
             "listed; --adopt gives them to a user.",
     .options = {{"dry-run", NULL,
                  "show what would change, and change nothing"},
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
             "answer was lost, fetches\n"
             "the prices of calls, deletes recordings older than "
             "recording_days, here and at\n"
             "Twilio, and sends the texts that rules have for missed callers. "
             "`serve` does all\n"
             "this by itself unless maintenance_seconds is 0.",
     .json = 1,
     .run = hs_lua_verb,
     .module = "commands.maintain"},
    {.name = "override",
     .summary = "send all calls somewhere for a while",
     .operands = "add --to WHERE --until TIME | list | end ID",
     .text =
         "Sends all calls somewhere until a given time, whatever rules and "
         "settings say. It ends\non its own, and the trace of a call shows "
         "it:\n\n"
         "  hookswitch override add --to +13035550142 --until 15:00\n"
         "  hookswitch override add --to \"+13035550142, user:ana\" --until "
         "15:00\n"
         "  hookswitch override add --to voicemail --start \"2026-12-24 "
         "12:00\" --until 2026-12-27\n\n"
         "Times are in the number's time zone, or else in the setting "
         "timezone: 15:00 (the next\ntime clocks show it), 3pm, 90m, 2d, "
         "2026-11-26, \"2026-11-26 15:00\".",
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
     .summary = "delete everything known about a caller",
     .operands = "NUMBER",
     .text = "Deletes everything known about a caller: calls with their legs, "
             "decisions and\n"
             "transcripts, recordings (at Twilio too), contact, missed calls "
             "and alerts. Where the\n"
             "number appears in something else, such as an old rule file, "
             "zeros replace it.\n"
             "Nothing of it stays in the database's files. Backups, logs and "
             "Twilio's own call\n"
             "records are yours to clean up. It works while the server runs.",
     .json = 1,
     .names = {"phone"},
     .operands_min = 1,
     .operands_max = 1,
     .run = hs_lua_verb,
     .module = "commands.forget"},
    {.name = "audit",
     .summary = "list who changed what",
     .text = "Lists who changed overrides, forwarding, contacts, numbers and "
             "accounts, who deleted a\n"
             "recording and who erased a caller, the latest first (UTC). "
             "`rules log` lists who\n"
             "changed the rules. audit_days says how long this is kept.",
     .options = {{"limit", "N", "at most this many (default 50)"}},
     .json = 1,
     .run = hs_lua_verb,
     .module = "commands.audit"},
    {.name = "missed",
     .summary = "list callers to call back",
     .operands = "[list | dismiss ID | reopen ID]",
     .text = "Lists callers to call back, the latest first. A caller stays on "
             "the list until\n"
             "someone has talked to that number, in either direction, or "
             "dismisses it. Callers\n"
             "without a number and blocked callers aren't listed.",
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
             "the calls it answered\n"
             "were probably taken by its own mailbox: nobody pressed 1, or the "
             "call was over\n"
             "within seconds.",
     .options = {{"since", "TIME", "7d, 24h or a date (default: 30d)"},
                 {"seconds", "N",
                  "a talk shorter than this counts (default "
                  "8)"},
                 {"user", "NAME", "only calls of this account or user"}},
     .json = 1,
     .run = hs_lua_verb,
     .module = "commands.leaks"},
    {.name = "backup",
     .summary = "copy the database while it is in use",
     .operands = "FILE",
     .text = "Copies the database to FILE, which must not exist yet. The "
             "server can keep running:\n"
             "the copy is of one moment, checked, and a single plain file, of "
             "a database on\n"
             "PostgreSQL, too.",
     .json = 1,
     .operands_min = 1,
     .operands_max = 1,
     .run = hs_run_backup},
    {.name = "restore",
     .summary = "put a backup in place of the database",
     .operands = "FILE",
     .text = "Puts the copy FILE in place of the database. Refused while a "
             "server uses it, and if\n"
             "the file is damaged or from a newer version. The previous "
             "database is kept beside\n"
             "it, as NAME.before-restore.",
     .json = 1,
     .operands_min = 1,
     .operands_max = 1,
     .run = hs_run_restore},
    {.name = "copy",
     .summary = "copy a database into another one, file or PostgreSQL",
     .operands = "FROM TO",
     .text = "Copies all rows of one database into another. Each is a file or "
             "a URL,\n"
             "postgresql://USER@HOST/NAME (a password is better in PGPASSFILE "
             "or PGPASSWORD than\n"
             "here). TO is a file that doesn't exist yet, or an empty "
             "PostgreSQL database. Refused\n"
             "while one of them is in use, and if FROM is of another version. "
             "It is one\n"
             "transaction; in the end rows are counted and compared.",
     .json = 1,
     .no_settings = 1,
     .operands_min = 2,
     .operands_max = 2,
     .run = hs_run_copy},
    {.name = "hosts",
     .summary = "list the hosts on a PostgreSQL database",
     .text =
         "Lists the hosts that run on the PostgreSQL database: name and port, "
         "versions of the\nprogram and of the rules, when it started, when it "
         "was last seen (each host reports\nevery second), and how far its "
         "clock is ahead of the database's. Says which hosts died,\nlack the "
         "live rules or have a wrong clock.",
     .json = 1,
     .run = hs_lua_verb,
     .module = "commands.hosts"},
    {.name = "user",
     .summary = "add, list, change and remove local accounts",
     .operands = "add NAME | list | role NAME ROLE | disable NAME | enable "
                 "NAME | passwd NAME | remove NAME",
     .text = "Manages local accounts, for teams without an application of "
             "their own to log in to.\n"
             "Asks for the password, or reads it from the first line of "
             "standard input. ROLE is\n"
             "admin (everything), editor (rules, overrides and forwarding, "
             "and what an agent may)\n"
             "or agent (calls, contacts, callers to call back, the phone). "
             "`role` and `disable`\n"
             "take effect at once; a new password ends the account's logins. "
             "`remove` leaves\n"
             "numbers and calls as they are. The last active admin stays "
             "one. Whether users see\n"
             "each other's numbers and calls is up to data_scope in "
             "app.conf.",
     .options = {{"role", "ROLE", "add: what the user may do (default admin)"},
                 {"id", "ID",
                  "add: the id of a user of another application, whose numbers "
                  "and calls these will be"}},
     .json = 1,
     .actions = {{"add", 1, 1},
                 {"list", 0, 0},
                 {"role", 2, 2},
                 {"disable", 1, 1},
                 {"enable", 1, 1},
                 {"passwd", 1, 1},
                 {"remove", 1, 1}},
     .names = {"name", "role"},
     .operands_min = 1,
     .operands_max = 3,
     .run = hs_run_user,
     .module = "commands.user"},
    {.name = "pin",
     .summary = "print the line that gives someone a PIN",
     .text = "Prints a line for someone in people.txt: whoever picks up one "
             "of their phones types\n"
             "this PIN and # to take the call. Asks for the PIN, or reads it "
             "from the first line\n"
             "of standard input.",
     .json = 1,
     .run = hs_run_pin,
     .module = "commands.pin"},
    {.name = "token",
     .summary = "print a token for trying the API",
     .operands = "USER",
     .text = "Prints a token for the API: Authorization: Bearer ... USER is "
             "the name of a local\n"
             "account, or any user's id. The token is signed with JWT_SECRET, "
             "like your own\n"
             "application's tokens, or if that isn't set with this "
             "installation's own key.",
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
     .text = "Lists every route: method, path, who may ask, the least role "
             "that may, "
             "and where its\nhandler is in the Lua folder. Or prints the API's "
             "description, as GET\n/api/openapi.json does.",
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
