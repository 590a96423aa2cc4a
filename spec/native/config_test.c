/* config_test.c: app.conf and what is printed of the settings. */
#include "config_support.h"

/* A line of app.conf gives this value, or is refused with this message. */
struct line_case {
    const char *line, *key, *expected;
};

static void line_gives(const struct line_case *line)
{
    char scratch[32];
    const char *value;
    struct hs_config *config;

    write_text("app.conf", line->line);
    config = loads(NULL);
    value = hs_config_get(config, line->key, scratch);
    assert_non_null(value);
    assert_string_equal(value, line->expected);
    hs_config_free(config);
}

static char *printed_defaults(void)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    assert_non_null(out);
    hs_config_print_defaults(out);
    assert_int_equal(fclose(out), 0);
    return text;
}

TEST_WITH(app_conf_is_what_defaults_prints, enter_folder, leave_folder)
{
    struct hs_error err = {0};
    char path[1100];
    size_t len = 0;
    char *file, *printed = printed_defaults();

    (void)snprintf(path, sizeof path, "%s/app.conf", start);
    file = hs_file_read(path, 1 << 20, &len, &err);
    if (!file)
        fail_msg("%s (run from the repository's folder)", err.message);
    /* `build/hookswitch config --defaults > app.conf` repairs this. */
    assert_string_equal(file, printed);
    free(file);
    free(printed);
}

static char *shown(const struct hs_config *config, int json)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    assert_non_null(out);
    hs_config_print(config, json, out);
    assert_int_equal(fclose(out), 0);
    return text;
}

/* Every setting, taken out of its comment, is accepted and changes nothing. */
TEST_WITH(defaults_uncommented_are_the_defaults, enter_folder, leave_folder)
{
    char *text = printed_defaults();
    struct hs_config *plain, *written;
    int settings = 0;

    for (char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (line[0] == '#' && line[1] >= 'a' && line[1] <= 'z') {
            line[0] = ' ';
            settings++;
        }
    }
    assert_int_equal(settings, hs_setting_count);
    plain = loads(NULL);
    write_text("app.conf", text);
    written = loads(NULL);
    for (size_t i = 0; i < hs_setting_count; i++) {
        char a[32], b[32];
        const char *name = hs_settings[i].name;

        if (hs_settings[i].secret)
            continue;
        assert_string_equal(hs_config_get(plain, name, a),
                            hs_config_get(written, name, b));
    }
    hs_config_free(plain);
    hs_config_free(written);
    free(text);
}

TEST_WITH(defaults_are_documented_values, enter_folder, leave_folder)
{
    struct hs_config *config = loads(NULL);

    assert_string_equal(config->listen, "127.0.0.1:8080");
    assert_string_equal(config->database, "hookswitch.db");
    assert_string_equal(config->lua, "lua");
    assert_int_equal(config->workers, 64);
    assert_string_equal(config->log, "info");
    assert_string_equal(config->server_url, "");
    assert_int_equal(config->max_body_bytes, 262144);
    assert_string_equal(config->twilio_api_base_url, "https://api.twilio.com");
    assert_int_equal(config->insecure_webhooks, 0);
    assert_string_equal(config->jwt_algorithm, "HS256");
    assert_int_equal(config->rate_limits, 1);
    assert_int_equal(config->rule_time_ms, 250);
    assert_int_equal(config->lookup_time_ms, 800);
    assert_int_equal(config->buy_daily_cap, 3);
    assert_string_equal(config->twilio_auth_token, "");
    hs_config_free(config);
}

TEST_WITH(lines_are_read, enter_folder, leave_folder)
{
    static const struct line_case cases[] = {
        {"workers = 8", "workers", "8"},
        {"workers=8", "workers", "8"},
        {"  workers\t=\t8  \n", "workers", "8"},
        {"workers = 8\r\n# x\r\n", "workers", "8"},
        {"\xEF\xBB\xBFworkers = 8\n", "workers", "8"},
        {"\n\n  # a comment = 1\n#workers = 9\nworkers = 8", "workers", "8"},
        {"company = Smith # Sons", "company", "Smith # Sons"},
        {"company = \"  Smith & Sons\"", "company", "  Smith & Sons"},
        {"company = 'Smith = Sons'", "company", "Smith = Sons"},
        {"company = 'Tis Phones", "company", "'Tis Phones"},
        {"company = Zo\xC3\xAB", "company", "Zo\xC3\xAB"},
        {"company =", "company", ""},
        {"rate_limits = off", "rate_limits", "no"},
        {"rate_limits = 0", "rate_limits", "no"},
        {"rate_limits = false", "rate_limits", "no"},
        {"sandbox = on", "sandbox", "yes"},
        {"sandbox = true", "sandbox", "yes"},
        {"sandbox = 1", "sandbox", "yes"},
        {"listen = 9000", "listen", "127.0.0.1:9000"},
        {"listen = 0", "listen", "127.0.0.1:0"},
        {"listen = localhost:9000", "listen", "127.0.0.1:9000"},
        {"listen = 0.0.0.0:80", "listen", "0.0.0.0:80"},
        {"server_url = https://x.example", "server_url", "https://x.example"},
        {"server_url = https://x.example/", "server_url", "https://x.example"},
        {"server_url = HTTPS://X.example", "server_url", "https://X.example"},
        {"server_url = http://127.0.0.1:80", "server_url",
         "http://127.0.0.1:80"},
        {"server_url = http://[::1]:80/", "server_url", "http://[::1]:80"},
        {"twilio_api_base_url = http://127.0.0.1:1/twilio/",
         "twilio_api_base_url", "http://127.0.0.1:1/twilio"},
        {"fallback_url = https://x.example/a?b=c", "fallback_url",
         "https://x.example/a?b=c"},
        {"twilio_app_sid = " SID("AP"), "twilio_app_sid", SID("AP")},
        {"twiml_app_sid = " SID("AP"), "twilio_app_sid", SID("AP")},
        {"twilio_twiml_app_sid = " SID("AP"), "twilio_app_sid", SID("AP")},
        {"twiml_app_sid = " SID("AP") "\ntwilio_app_sid = " SID("AP"),
         "twiml_app_sid", SID("AP")},
        {"timezone = America/Argentina/Buenos_Aires", "timezone",
         "America/Argentina/Buenos_Aires"},
        {"country = de", "country", "DE"},
        {"forward_countries = us  ca ", "forward_countries", "US CA"},
        {"trusted_proxies = 10.0.0.2  127.0.0.1", "trusted_proxies",
         "10.0.0.2 127.0.0.1"},
        {"cors_origins = https://a.example/  http://localhost:3000",
         "cors_origins", "https://a.example http://localhost:3000"},
        {"voice = Polly.Joanna-Neural", "voice", "Polly.Joanna-Neural"},
        {"voice = woman", "voice", "woman"},
        {"voice = Google.fil-ph-Neural2-A", "voice", "Google.fil-ph-Neural2-A"},
        {"language = cmn-CN", "language", "cmn-CN"},
        {"language = es", "language", "es"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        line_gives(&cases[i]);
}

TEST_WITH(bad_lines_are_refused_with_file_and_line, enter_folder, leave_folder)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"listn = 80",
         "app.conf:1: unknown setting \"listn\"; did you mean listen?"},
        {"# one\n\nWORKRES = 1", "app.conf:3: unknown setting \"WORKRES\"; did "
                                 "you mean workers?"},
        {"Workers = 1",
         "app.conf:1: unknown setting \"Workers\"; did you mean workers?"},
        {"zzzzzzzz = 1", "app.conf:1: unknown setting \"zzzzzzzz\"; "
                         "`hookswitch config --defaults` lists them"},
        {"workers = 1\nlog = info\nworkers = 1",
         "app.conf:3: workers is set twice, first at app.conf:1"},
        {"workers", "app.conf:1: a line has the form: key = value"},
        {"[serving]", "app.conf:1: a line has the form: key = value"},
        {"= 3", "app.conf:1: a line has the form: key = value"},
        {"workers: 3", "app.conf:1: a line has the form: key = value"},
        {"log = info\rworkers = 3", "app.conf:1: holds a control character"},
        {"company = \x1b[31m", "app.conf:1: holds a control character"},
        {"company = \xff", "app.conf:1: is not valid UTF-8"},
        {"company = \"open", "app.conf:1: the quotes around the value do not "
                             "match"},
        {"company = \"a\" \"b\"",
         "app.conf:1: the quotes around the value do not match"},
        {"workers = ", "app.conf:1: workers \"\" is not a whole number from 1 "
                       "to 1024"},
        {"workers = 0", "app.conf:1: workers \"0\" is not a whole number from "
                        "1 to 1024"},
        {"workers = 1025", "app.conf:1: workers \"1025\" is not a whole number "
                           "from 1 to 1024"},
        {"workers = -1", "app.conf:1: workers \"-1\" is not a whole number "
                         "from 1 to 1024"},
        {"workers = 8 threads", "app.conf:1: workers \"8 threads\" is not a "
                                "whole number from 1 to 1024"},
        {"workers = 99999999999999999999999999",
         "app.conf:1: workers \"99999999999999999999999999\" is not a whole "
         "number from 1 to 1024"},
        {"sandbox = maybe", "app.conf:1: sandbox \"maybe\" is not yes or no"},
        {"log = loud", "app.conf:1: log \"loud\" is not debug, info, warn or "
                       "error"},
        {"log = debug|info", "app.conf:1: log \"debug|info\" is not debug, "
                             "info, warn or error"},
        {"database =", "app.conf:1: database \"\" needs a value"},
        {"database = host=db password=secret",
         "app.conf:1: database is neither a file nor a URL like "
         "postgresql://USER@HOST/NAME"},
        {"listen = 8443s", "app.conf:1: listen \"8443s\" asks for TLS, which "
                           "belongs to a proxy in front (nginx, caddy): leave "
                           "out the s"},
        {"listen = 0.0.0.0:443s",
         "app.conf:1: listen \"0.0.0.0:443s\" asks for TLS, which belongs to a "
         "proxy in front (nginx, caddy): leave out the s"},
        {"listen = 65536", "app.conf:1: listen \"65536\" is not HOST:PORT, or "
                           "a port from 0 to 65535"},
        {"listen = example.com:80",
         "app.conf:1: listen \"example.com:80\" needs an IPv4 address before "
         "the port: 127.0.0.1, or 0.0.0.0 for all"},
        {"listen = 256.0.0.1:80",
         "app.conf:1: listen \"256.0.0.1:80\" needs an IPv4 address before the "
         "port: 127.0.0.1, or 0.0.0.0 for all"},
        {"listen = [::1]:80", "app.conf:1: listen \"[::1]:80\" is IPv6: listen "
                              "on IPv4 and let a proxy in front take IPv6"},
        {"listen = 127.0.0.1:80,81",
         "app.conf:1: listen \"127.0.0.1:80,81\" is not HOST:PORT, or a port "
         "from 0 to 65535"},
        {"server_url = x.example", "app.conf:1: server_url \"x.example\" does "
                                   "not begin with http:// or https://"},
        {"server_url = ftp://x.example",
         "app.conf:1: server_url \"ftp://x.example\" does not begin with "
         "http:// or https://"},
        {"server_url = https://x.example/hooks",
         "app.conf:1: server_url \"https://x.example/hooks\" has a path, query "
         "or fragment: only scheme, host and port belong here"},
        {"server_url = https://x.example//",
         "app.conf:1: server_url \"https://x.example//\" has a path, query or "
         "fragment: only scheme, host and port belong here"},
        {"server_url = https://x.example?a",
         "app.conf:1: server_url \"https://x.example?a\" has a path, query or "
         "fragment: only scheme, host and port belong here"},
        {"server_url = https://u:p@x.example",
         "app.conf:1: server_url \"https://u:p@x.example\" holds a user or "
         "password (@)"},
        {"server_url = https://", "app.conf:1: server_url \"https://\" has no "
                                  "valid host and port after the scheme"},
        {"server_url = https://x.example:0",
         "app.conf:1: server_url \"https://x.example:0\" has no valid host and "
         "port after the scheme"},
        {"server_url = https://x.example:70000",
         "app.conf:1: server_url \"https://x.example:70000\" has no valid host "
         "and port after the scheme"},
        {"server_url = https://x example",
         "app.conf:1: server_url \"https://x example\" has no valid host and "
         "port after the scheme"},
        {"twilio_account_sid = your_account_sid",
         "app.conf:1: twilio_account_sid \"your_account_sid\" is not AC and 32 "
         "letters or digits"},
        {"twilio_api_key = " SID("AC"),
         "app.conf:1: twilio_api_key \"" SID("AC") "\" is not SK and 32 "
                                                   "letters or digits"},
        {"twiml_app_sid = " SID("AP") "0",
         "app.conf:1: twilio_app_sid \"" SID("AP") "0\" is not AP and 32 "
                                                   "letters or digits"},
        {"twilio_app_sid = " SID("AP") "\ntwiml_app_sid = " SID("AQ"),
         "twilio_app_sid and twiml_app_sid mean the same setting, "
         "twilio_app_sid, and differ: set one of them"},
        {"timezone = ../../etc/passwd",
         "app.conf:1: timezone \"../../etc/passwd\" is not a time zone such as "
         "America/Denver"},
        {"timezone = /etc", "app.conf:1: timezone \"/etc\" is not a time zone "
                            "such as America/Denver"},
        {"voice = Lupe",
         "app.conf:1: voice \"Lupe\" isn't a voice of Twilio's: man, woman, "
         "or one with its provider, such as Polly.Joanna"},
        {"voice = Polly.", "app.conf:1: voice \"Polly.\" isn't a voice of "
                           "Twilio's: man, woman, or one with its provider, "
                           "such as Polly.Joanna"},
        {"language = english",
         "app.conf:1: language \"english\" isn't the code of a language, such "
         "as en-US"},
        {"language = en_US",
         "app.conf:1: language \"en_US\" isn't the code of a language, such as "
         "en-US"},
        {"country = US CA", "app.conf:1: country \"US CA\" is not a two-letter "
                            "country code, such as US"},
        {"forward_countries = US, CA",
         "app.conf:1: forward_countries \"US, CA\" is not a list of two-letter "
         "country codes, separated by spaces"},
        {"trusted_proxies = 10.0.0.0/8",
         "app.conf:1: trusted_proxies \"10.0.0.0/8\" is not a list of IPv4 "
         "addresses such as 10.0.0.2, separated by spaces"},
        {"cors_origins = *", "app.conf:1: cors_origins \"*\" allows every site "
                             "(*): name the ones that may call"},
        {"cors_origins = https://a.example,https://b.example",
         "app.conf:1: cors_origins \"https://a.example,https://b.example\" is "
         "not a list of origins such as https://app.example.com, separated by "
         "spaces"},
        {"insecure_webhooks = yes\nlisten = 0.0.0.0:80",
         "insecure_webhooks is only allowed while listen is a loopback "
         "address, and it is 0.0.0.0:80"},
        {"jwt_algorithm = none", "app.conf:1: jwt_algorithm \"none\" is not "
                                 "HS256, RS256 or ES256"},
        {"jwt_algorithm = RS256",
         "jwt_algorithm RS256 needs jwt_public_key_file"},
        {"jwt_public_key_file = key.pem",
         "jwt_public_key_file is for RS256 and ES256, but jwt_algorithm is "
         "HS256: set it to the key's"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        write_text("app.conf", cases[i].text);
        refuses(NULL, cases[i].message);
    }
}

TEST_WITH(a_long_value_is_cut_between_characters, enter_folder, leave_folder)
{
    struct hs_error err = {0};
    char text[200] = "log = x";

    for (size_t at = 7; at < 187; at += 2)
        memcpy(text + at, "\xC3\xAB", 3);
    write_text("app.conf", text);
    assert_null(hs_config_load(NULL, &err));
    assert_true(hs_utf8_valid(err.message, strlen(err.message)));
}

TEST_WITH(hostile_files_are_refused, enter_folder, leave_folder)
{
    struct hs_buf text = {0};

    write_bytes("app.conf", "log = in\0fo\n", 12);
    refuses(NULL, "app.conf:1: holds a NUL byte");
    write_bytes("app.conf", "\0\0\0", 3);
    refuses(NULL, "app.conf:1: holds a NUL byte");
    for (int i = 0; i < 4100; i++)
        assert_int_equal(hs_buf_add_str(&text, "x"), 0);
    write_bytes("app.conf", text.data, text.len);
    refuses(NULL, "app.conf:1: is longer than 4096 bytes");
    hs_buf_clear(&text);
    for (int i = 0; i < 70000; i++)
        assert_int_equal(hs_buf_add_str(&text, "# a comment here\n"), 0);
    write_bytes("app.conf", text.data, text.len);
    refuses(NULL, "app.conf: larger than 1048576 bytes");
    hs_buf_clear(&text);
    assert_int_equal(hs_buf_add_str(&text, "company = \""), 0);
    for (int i = 0; i < 1100; i++)
        assert_int_equal(hs_buf_add_str(&text, "x"), 0);
    assert_int_equal(hs_buf_add_str(&text, "\""), 0);
    write_bytes("app.conf", text.data, text.len);
    assert_null(hs_config_load(NULL, NULL));
    hs_buf_free(&text);
}

TEST_WITH(a_named_file_must_be_there, enter_folder, leave_folder)
{
    struct hs_error err = {0};

    assert_null(hs_config_load("other.conf", &err));
    assert_string_equal(err.message, "other.conf: No such file or directory");
    assert_null(hs_config_load(".", &err));
    assert_string_equal(err.message, ".: Is a directory");
    write_text("other.conf", "workers = 7");
    write_text("app.conf", "workers = 8");
    hs_config_free(loads("other.conf"));
}

TEST_WITH(insecure_webhooks_need_a_loopback_address, enter_folder, leave_folder)
{
    struct hs_config *config;

    write_text("app.conf", "insecure_webhooks = yes\nlisten = 127.0.0.9:80");
    config = loads(NULL);
    assert_int_equal(config->insecure_webhooks, 1);
    hs_config_free(config);
}

TEST_WITH(secrets_are_never_shown, enter_folder, leave_folder)
{
    struct hs_config *config;
    char scratch[32];

    write_text("app.conf", "twilio_auth_token = hunter2\n"
                           "jwt_secret = hunter2\nvoice = alice");
    config = loads(NULL);
    for (int json = 0; json <= 1; json++) {
        char *text = shown(config, json);

        assert_null(strstr(text, "hunter2"));
        assert_non_null(strstr(text, "app.conf:3"));
        free(text);
    }
    assert_null(hs_config_get(config, "twilio_auth_token", scratch));
    assert_null(hs_config_get(config, "no_such_key", scratch));
    assert_int_equal(hs_config_is_set(config, "twilio_auth_token"), 1);
    assert_int_equal(hs_config_is_set(config, "metrics_token"), 0);
    assert_int_equal(hs_config_is_set(config, "voice"), 1);
    assert_int_equal(hs_config_is_set(config, "sandbox"), 0);
    assert_int_equal(hs_config_is_set(config, "workers"), 1);
    assert_int_equal(hs_config_is_set(config, "no_such_key"), -1);
    hs_config_free(config);
    write_text("app.conf", "jwt_secret = \"hunter2");
    refuses(NULL, "app.conf:1: the quotes around the value do not match");
    write_text("app.conf", "twilio_auth_token = hun ter2");
    refuses(NULL, "app.conf:1: twilio_auth_token holds a space or a byte that "
                  "is not ASCII");
}

TEST_WITH(settings_in_force_tell_where_they_come_from, enter_folder,
          leave_folder)
{
    struct hs_config *config;
    char *text;

    write_text("app.conf", "\nworkers = 8\ncompany = \"A \\\"\n");
    (void)setenv("HOOKSWITCH_LOG", "warn", 1);
    write_text("app.conf", "\nworkers = 8\ncompany = A \\ B\n");
    config = loads(NULL);
    text = shown(config, 1);
    assert_non_null(
        strstr(text, "\"workers\":{\"value\":8,\"from\":\"app.conf:2\"}"));
    assert_non_null(strstr(text, "\"company\":{\"value\":\"A \\\\ B\",\"from\":"
                                 "\"app.conf:3\"}"));
    assert_non_null(strstr(text, "\"log\":{\"value\":\"warn\",\"from\":"
                                 "\"environment HOOKSWITCH_LOG\"}"));
    assert_non_null(
        strstr(text, "\"sandbox\":{\"value\":false,\"from\":\"default\"}"));
    assert_non_null(strstr(
        text, "\"jwt_secret\":{\"value\":\"unset\",\"from\":\"default\"}"));
    free(text);
    hs_config_free(config);
}

TEST_WITH(every_setting_has_a_place_and_a_text, enter_folder, leave_folder)
{
    for (size_t i = 0; i < hs_setting_count; i++) {
        assert_true(strlen(hs_settings[i].help) > 10);
        assert_true(!hs_settings[i].fallback ||
                    strlen(hs_settings[i].fallback) < 64);
        assert_int_equal(hs_setting_find(hs_settings[i].name), i);
    }
    /* Each member of the struct up to `origins` is in the table once. */
    size_t bytes = 0;

    for (size_t i = 0; i < hs_setting_count; i++)
        bytes += hs_settings[i].type == HS_SET_SWITCH ? sizeof(int) : 8;
    assert_in_range(offsetof(struct hs_config, origins), bytes, bytes + 16);
}

int main(void)
{
    if (!getcwd(start, sizeof start))
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
