/* table.c: every setting of the program, once. The parser, app.conf,
 * `hookswitch config` and its --help are all made from this table. */
#include "base/config/table.h"

#include <stdio.h>
#include <string.h>

#include "base/nearest.h"

#define TEXT(member)                                                           \
    .name = #member, .type = HS_SET_TEXT,                                      \
    .offset = offsetof(struct hs_config, member)
#define INTEGER(member, low, high)                                             \
    .name = #member, .type = HS_SET_INTEGER,                                   \
    .offset = offsetof(struct hs_config, member), .min = (low), .max = (high)
#define SWITCH(member)                                                         \
    .name = #member, .type = HS_SET_SWITCH,                                    \
    .offset = offsetof(struct hs_config, member)

const struct hs_setting hs_settings[] = {
    {.section = "Serving",
     TEXT(listen),
     .fallback = "127.0.0.1:8080",
     .check = hs_check_listen,
     .help = "Where to accept HTTP, as HOST:PORT, or PORT alone for 127.0.0.1. "
             "TLS and IPv6 belong to a proxy in front (nginx, caddy)."},
    {TEXT(database), .fallback = "hookswitch.db",
     .help = "The database, one file. Its folder must be writable too."},
    {TEXT(lua), .fallback = "lua",
     .help =
         "The folder with forwarding.lua and the rest of the Lua code. When "
         "it is left at its default and there is none in the working "
         "folder, the one installed with the program is used."},
    {TEXT(web), .fallback = "build/web",
     .help = "The folder with the built console, found like lua."},
    {INTEGER(workers, 1, 1024), .fallback = "64",
     .help = "Threads that answer requests, each with Lua states of its own. "
             "One connection occupies one thread, so take at least what the "
             "proxy in front keeps open, and some more."},
    {TEXT(log), .fallback = "info", .choices = "debug|info|warn|error",
     .help = "The lowest level that is logged:"},
    {TEXT(log_file), .fallback = "",
     .help = "Append the log to this file; empty is standard error."},
    {TEXT(server_url), .fallback = "", .env = "SERVER_URL",
     .check = hs_check_origin,
     .help =
         "The public base of our webhook URLs as Twilio calls them, such as "
         "https://phone.example.com: scheme, host and, if need be, port. "
         "Signatures are checked against it; without it every webhook is "
         "refused."},
    {INTEGER(request_timeout_ms, 100, 60000), .fallback = "3000",
     .help = "How long a client may take to send its whole request."},
    {INTEGER(keep_alive_timeout_ms, 0, 3600000), .fallback = "150000",
     .help = "How long an idle connection is kept for its next request. Longer "
             "than the proxy in front keeps it (nginx 60 s, caddy 120 s), or "
             "the proxy sends requests on connections that are just being "
             "closed."},
    {INTEGER(max_body_bytes, 1024, 67108864), .fallback = "262144",
     .help = "Larger request bodies are refused with 413. A rule file may have "
             "its 1 MiB whatever is set here."},
    {INTEGER(drain_seconds, 1, 600), .fallback = "14",
     .help = "After SIGTERM, how long requests under way may take to end."},
    {TEXT(metrics_token), .fallback = "", .secret = 1, .check = hs_check_token,
     .help = "Bearer token that opens /metrics to other hosts. Empty: loopback "
             "only."},

    {.section = "Twilio",
     TEXT(twilio_account_sid),
     .fallback = "",
     .env = "TWILIO_ACCOUNT_SID",
     .check = hs_check_account_sid,
     .help =
         "Account SID: AC and 32 letters or digits. Without credentials the "
         "program runs, and what needs Twilio answers 503 "
         "twilio_not_configured."},
    {TEXT(twilio_auth_token), .fallback = "", .env = "TWILIO_AUTH_TOKEN",
     .secret = 1, .check = hs_check_token,
     .help = "Auth token; it signs Twilio's webhooks. Better set in the "
             "environment or through twilio_auth_token_file than here."},
    {TEXT(twilio_auth_token_secondary), .fallback = "",
     .env = "TWILIO_AUTH_TOKEN_SECONDARY", .secret = 1, .check = hs_check_token,
     .help = "Another auth token that webhooks may be signed with, while the "
             "account changes from one to the other (docs/operations.md)."},
    {TEXT(twilio_auth_token_file), .fallback = "",
     .help = "A file that holds the auth token, and on a second line the "
             "secondary one if there is one. When it changes, the server "
             "takes the new ones."},
    {TEXT(twilio_api_key), .fallback = "", .env = "TWILIO_API_KEY",
     .check = hs_check_api_key,
     .help = "SID of an API key (SK...), for access tokens of browsers."},
    {TEXT(twilio_api_secret), .fallback = "", .env = "TWILIO_API_SECRET",
     .secret = 1, .check = hs_check_token, .help = "Secret of that API key."},
    {TEXT(twilio_app_sid), .fallback = "", .env = "TWILIO_APP_SID",
     .env_alias = "TWILIO_TWIML_APP_SID",
     .aliases = {"twilio_twiml_app_sid", "twiml_app_sid"},
     .check = hs_check_app_sid,
     .help = "SID of the TwiML App (AP...) that browsers call through."},
    {TEXT(twilio_api_base_url), .fallback = "https://api.twilio.com",
     .env = "TWILIO_API_BASE_URL", .check = hs_check_base_url,
     .help = "Where Twilio's REST API is; a stand-in is named here."},
    {TEXT(twilio_region), .fallback = "", .env = "TWILIO_REGION",
     .check = hs_check_place,
     .help = "Twilio's region that the account's keys are of, such as ie1 or "
             "au1. Empty: us1."},
    {TEXT(twilio_edge), .fallback = "", .env = "TWILIO_EDGE",
     .check = hs_check_place,
     .help = "Where requests and browsers enter Twilio's network, such as "
             "dublin or sydney. Empty: the region's own."},
    {INTEGER(twilio_timeout_ms, 100, 60000), .fallback = "8000",
     .help = "How long one request to Twilio's REST API may take."},
    {TEXT(fallback_url), .fallback = "", .check = hs_check_any_url,
     .help = "VoiceFallbackUrl given to our numbers, for when this host is "
             "down. Empty: our own."},
    {SWITCH(insecure_webhooks), .fallback = "no",
     .help = "Take webhooks without checking their signature. For trials only, "
             "and refused unless listen is a loopback address."},
    {SWITCH(sandbox), .fallback = "no",
     .help =
         "Run against the built-in stand-in for Twilio, without an account."},

    {.section = "Users of the API and the console",
     TEXT(jwt_secret),
     .fallback = "",
     .env = "JWT_SECRET",
     .secret = 1,
     .check = hs_check_jwt_secret,
     .help = "Secret of HS256 tokens, the host application's and our own."},
    {TEXT(jwt_secret_secondary), .fallback = "", .env = "JWT_SECRET_SECONDARY",
     .secret = 1, .check = hs_check_jwt_secret,
     .help = "Another secret that tokens may be signed with, while the host "
             "application changes from one to the other."},
    {TEXT(jwt_public_key_file), .fallback = "",
     .help = "PEM file with the public key of the host application's RS256 or "
             "ES256 tokens, or with two while it changes from one to the "
             "other. When it changes, the server takes the new ones."},
    {TEXT(jwt_algorithm), .fallback = "HS256", .choices = "HS256|RS256|ES256",
     .help = "The one algorithm that tokens are accepted with, whatever they "
             "say of themselves:"},
    {TEXT(jwt_issuer), .fallback = "",
     .help = "Required value of iss; empty: not checked."},
    {TEXT(jwt_audience), .fallback = "",
     .help = "Required value of aud; empty: not checked."},
    {TEXT(jwt_user_claim), .fallback = "",
     .help = "Claim that holds the user's id. Empty: the first of sub, userId, "
             "user_id and id that is there."},
    {TEXT(data_scope), .fallback = "user", .choices = "user|team",
     .help =
         "user: everybody sees their own numbers and calls. team: everybody "
         "with a valid token shares them."},
    {INTEGER(session_seconds, 60, 2592000), .fallback = "43200",
     .help = "How long a login to the console lasts."},
    {SWITCH(rate_limits), .fallback = "yes",
     .help = "Limit how often one user or one address may call the API: "
             "the numbers are in lua/hookswitch/limits.lua."},
    {TEXT(trusted_proxies), .fallback = "127.0.0.1",
     .check = hs_check_addresses,
     .help = "Addresses of the proxies in front, separated by spaces. From "
             "them, the last entry of X-Forwarded-For is the client's address, "
             "for the limits per address."},
    {TEXT(cors_origins), .fallback = "", .check = hs_check_origins,
     .help =
         "Origins of other sites whose pages may call the API, separated by "
         "spaces: https://app.example.com. Empty: none."},

    {.section = "Calls",
     INTEGER(rule_time_ms, 10, 5000),
     .fallback = "250",
     .help = "Time limit for forwarding.lua per call, in milliseconds."},
    {INTEGER(rule_memory_mb, 1, 1024), .fallback = "16",
     .help = "How much memory forwarding.lua may use in one worker."},
    {INTEGER(trial_seconds, 1, 600), .fallback = "30",
     .help = "Time limit for the checks of a save and of a start, in seconds. "
             "Files that exceed it are refused, and what was live stays."},
    {SWITCH(rules_editable), .fallback = "yes",
     .help = "Let users of the API and the console edit forwarding.lua. It is "
             "one file for all, so say no where users are strangers to each "
             "other."},
    {INTEGER(lookup_time_ms, 0, 5000), .fallback = "800",
     .help = "How long the lookups of one call may take together."},
    {TEXT(lookup_hosts), .fallback = "", .check = hs_check_hosts,
     .help = "Hosts in private networks that lookups may ask, as HOST or "
             "HOST:PORT, separated by spaces. Others are reached at public "
             "addresses only."},
    {INTEGER(ring_limit_seconds, 5, 600), .fallback = "60",
     .help = "How long a caller hears ringing in all, over every step of a "
             "plan."},
    {INTEGER(call_limit_seconds, 60, 86400), .fallback = "14400",
     .help = "Connected calls are ended after this time."},
    {TEXT(timezone), .fallback = "UTC", .check = hs_check_zone_name,
     .help = "Zone of numbers that have none of their own, such as "
             "America/Denver."},
    {TEXT(company), .fallback = "", .check = hs_check_company,
     .help = "The company's name, spoken to whom we ring: \"Call for ...\"."},
    {TEXT(voice), .fallback = "", .check = hs_check_word,
     .help =
         "Voice that speaks, such as Polly.Joanna. Empty: Twilio's default."},
    {TEXT(language), .fallback = "", .check = hs_check_word,
     .help =
         "Language that is spoken, such as en-US. Empty: Twilio's default."},
    {TEXT(forward_countries), .fallback = "", .check = hs_check_countries,
     .help = "Countries that calls may be forwarded to, as two-letter codes "
             "separated by spaces: US CA. Empty: those of the owned numbers."},
    {INTEGER(concurrent_calls, 1, 1000000), .fallback = "20",
     .help = "Telephones that one user's calls may ring or talk to at the "
             "same time: each phone of a ring group counts, browsers don't."},
    {INTEGER(daily_minutes, 0, 1000000), .fallback = "600",
     .help = "Minutes of forwarded and browser calls one user may make a day "
             "(UTC), calls under way included."},
    {INTEGER(buy_daily_cap, 0, 1000), .fallback = "3",
     .help = "Numbers that may be bought in a day."},
    {INTEGER(token_seconds, 60, 86400), .fallback = "3600",
     .help = "How long a browser's access token for calls is valid."},
    {INTEGER(text_pause_minutes, 0, 525600), .fallback = "720",
     .help = "A caller who was sent a text (:text in a rule) gets no other for "
             "so many minutes."},
    {INTEGER(text_daily_cap, 0, 100000), .fallback = "100",
     .help = "Texts that a number sends in a day. 0: none."},
    {INTEGER(recording_days, 0, 36500), .fallback = "0",
     .help =
         "Recordings are deleted after so many days, here and at Twilio. 0: "
         "they are kept."},
    {INTEGER(call_days, 0, 36500), .fallback = "0",
     .help = "Calls are deleted after so many days, with all that is known of "
             "them: legs, recordings (at Twilio, too), transcripts, decisions, "
             "missed callers and alerts. 0: they are kept."},
    {INTEGER(maintenance_seconds, 0, 86400), .fallback = "60",
     .help = "How often the server looks after what takes its time: prices "
             "that Twilio tells late, purchases whose answer was lost, "
             "recordings past their days, texts to missed callers. 0: never; "
             "run `hookswitch maintain` "
             "instead."},
};
const size_t hs_setting_count = sizeof hs_settings / sizeof hs_settings[0];

#define PREFIX "HOOKSWITCH_"

/* 1 when `name` is HOOKSWITCH_ and the key in upper case. */
static int is_prefixed(const char *name, const char *key)
{
    if (strncmp(name, PREFIX, sizeof PREFIX - 1) != 0)
        return 0;
    for (name += sizeof PREFIX - 1; *name && *key; name++, key++) {
        int upper = *key >= 'a' && *key <= 'z' ? *key - ('a' - 'A') : *key;

        if (*name != upper)
            return 0;
    }
    return *name == *key;
}

const char *hs_setting_key(const struct hs_setting *setting, int which)
{
    return which == 0 ? setting->name : setting->aliases[which - 1];
}

int hs_setting_by_key(const char *key, int *which)
{
    for (size_t i = 0; i < hs_setting_count; i++) {
        for (*which = 0; *which < HS_SPELLINGS; ++*which) {
            const char *known = hs_setting_key(&hs_settings[i], *which);

            if (known && strcmp(known, key) == 0)
                return (int)i;
        }
    }
    return -1;
}

int hs_setting_by_env(const char *name, int *which)
{
    for (size_t i = 0; i < hs_setting_count; i++) {
        const struct hs_setting *setting = &hs_settings[i];

        *which = 0;
        if (setting->env && strcmp(setting->env, name) == 0)
            return (int)i;
        *which = 1;
        if (setting->env_alias && strcmp(setting->env_alias, name) == 0)
            return (int)i;
        *which = 2;
        if (is_prefixed(name, setting->name))
            return (int)i;
    }
    return -1;
}

const char *hs_setting_near_key(const char *key)
{
    struct hs_nearest nearest = {0};

    for (size_t i = 0; i < hs_setting_count; i++)
        hs_nearest_offer(&nearest, key, hs_settings[i].name);
    return nearest.name;
}

const char *hs_setting_near_env(const char *name, char *scratch)
{
    const char *near;

    if (strncmp(name, PREFIX, sizeof PREFIX - 1) != 0)
        return NULL;
    near = hs_setting_near_key(name + sizeof PREFIX - 1);
    if (!near)
        return NULL;
    (void)snprintf(scratch, 64, PREFIX "%s", near);
    for (char *at = scratch; *at; at++) {
        if (*at >= 'a' && *at <= 'z')
            *at = (char)(*at - ('a' - 'A'));
    }
    return scratch;
}

static void *member(const struct hs_setting *setting, struct hs_config *config)
{
    return (char *)config + setting->offset;
}

char **hs_setting_text(const struct hs_setting *setting,
                       struct hs_config *config)
{
    return member(setting, config);
}

int64_t *hs_setting_integer(const struct hs_setting *setting,
                            struct hs_config *config)
{
    return member(setting, config);
}

int *hs_setting_switch(const struct hs_setting *setting,
                       struct hs_config *config)
{
    return member(setting, config);
}

struct hs_found *hs_layer_at(struct hs_layer *layer, int setting, int which)
{
    return &layer->found[(size_t)setting * HS_SPELLINGS + (size_t)which];
}
