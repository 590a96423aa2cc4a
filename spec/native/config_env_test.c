/* config_env_test.c: the environment, .env and files that hold keys. */
#include "base/config/credentials.h"
#include "config_support.h"

TEST_WITH(the_environment_wins_over_env_file_over_app_conf, enter_folder,
          leave_folder)
{
    struct hs_config *config;

    write_text("app.conf", "workers = 1\nlog = debug\nvoice = alice\n");
    write_text(".env", "HOOKSWITCH_WORKERS=2\nHOOKSWITCH_LOG=warn\n");
    (void)setenv("HOOKSWITCH_WORKERS", "3", 1);
    config = loads(NULL);
    assert_int_equal(config->workers, 3);
    assert_string_equal(config->log, "warn");
    assert_string_equal(config->voice, "alice");
    hs_config_free(config);
    (void)setenv("HOOKSWITCH_WORKERS", "", 1); /* empty is unset */
    config = loads(NULL);
    assert_int_equal(config->workers, 2);
    hs_config_free(config);
    (void)setenv("HOOKSWITCH_WORKERS", "many", 1);
    refuses(NULL, "environment HOOKSWITCH_WORKERS: workers \"many\" is not a "
                  "whole number from 1 to 1024");
    (void)setenv("HOOKSWITCH_WORKERS", "\n", 1);
    refuses(NULL, "environment HOOKSWITCH_WORKERS: holds a control character");
}

TEST_WITH(seed_names_are_taken_from_the_environment, enter_folder, leave_folder)
{
    struct hs_config *config;

    (void)setenv("TWILIO_ACCOUNT_SID", SID("AC"), 1);
    (void)setenv("TWILIO_AUTH_TOKEN", "t0ken", 1);
    (void)setenv("TWILIO_API_KEY", SID("SK"), 1);
    (void)setenv("TWILIO_API_SECRET", "s3cret", 1);
    (void)setenv("TWILIO_TWIML_APP_SID", SID("AP"), 1);
    (void)setenv("SERVER_URL", "https://x.example/", 1);
    (void)setenv("JWT_SECRET", "jwt", 1);
    (void)setenv("TWILIO_API_BASE_URL", "http://127.0.0.1:1", 1);
    (void)setenv("PATH", "/bin", 1);
    (void)setenv("HOOKSWITCH_PORT", "tcp://10.0.0.1:80", 1); /* Kubernetes' */
    config = loads(NULL);
    assert_string_equal(config->twilio_account_sid, SID("AC"));
    assert_string_equal(config->twilio_auth_token, "t0ken");
    assert_string_equal(config->twilio_api_key, SID("SK"));
    assert_string_equal(config->twilio_api_secret, "s3cret");
    assert_string_equal(config->twilio_app_sid, SID("AP"));
    assert_string_equal(config->server_url, "https://x.example");
    assert_string_equal(config->jwt_secret, "jwt");
    assert_string_equal(config->twilio_api_base_url, "http://127.0.0.1:1");
    hs_config_free(config);
    (void)setenv("TWILIO_APP_SID", SID("AP"), 1); /* both, and the same */
    hs_config_free(loads(NULL));
    (void)setenv("TWILIO_APP_SID", SID("AX"), 1);
    refuses(NULL, "TWILIO_APP_SID and TWILIO_TWIML_APP_SID mean the same "
                  "setting, twilio_app_sid, and differ: set one of them");
    (void)unsetenv("TWILIO_TWIML_APP_SID");
    (void)setenv("HOOKSWITCH_TWILIO_APP_SID", SID("AP"), 1);
    refuses(NULL, "TWILIO_APP_SID and HOOKSWITCH_TWILIO_APP_SID mean the same "
                  "setting, twilio_app_sid, and differ: set one of them");
}

TEST_WITH(an_env_file_is_read_as_its_other_readers_do, enter_folder,
          leave_folder)
{
    struct hs_config *config;

    write_text(".env", "\xEF\xBB\xBF# shared with the web application\r\n"
                       "NODE_ENV=development\r\n"
                       "export TWILIO_AUTH_TOKEN='t0ken # 1'   # why\r\n"
                       "DATABASE_URL=postgres://u:p@h/d?x=\"y\r\n"
                       "JWT_SECRET = \"a b\"\r\n"
                       "  SERVER_URL=https://x.example   # public\r\n"
                       "HOOKSWITCH_VOICE=\r\n"
                       "not a line at all \x01\xff\r\n"
                       "KEY=\"-----BEGIN KEY-----\r\n"
                       "abc\r\n"
                       "-----END KEY-----\"\r\n"
                       "HOOKSWITCH_COMPANY='it\\s'");
    refuses(NULL, ".env:3: twilio_auth_token holds a space or a byte that is "
                  "not ASCII");
    write_text(".env", "\xEF\xBB\xBF# shared with the web application\r\n"
                       "NODE_ENV=development\r\n"
                       "export TWILIO_AUTH_TOKEN='t0ken#1'   # why\r\n"
                       "DATABASE_URL=postgres://u:p@h/d?x=\"y\r\n"
                       "JWT_SECRET = \"a b\"\r\n"
                       "  SERVER_URL=https://x.example   # public\r\n"
                       "HOOKSWITCH_VOICE=\r\n"
                       "not a line at all \x01\xff\r\n"
                       "KEY=\"-----BEGIN KEY-----\r\n"
                       "abc\r\n"
                       "-----END KEY-----\"\r\n"
                       "HOOKSWITCH_COMPANY='it\\s'");
    config = loads(NULL);
    assert_string_equal(config->twilio_auth_token, "t0ken#1");
    assert_string_equal(config->jwt_secret, "a b");
    assert_string_equal(config->server_url, "https://x.example");
    assert_string_equal(config->voice, "");
    assert_string_equal(config->company, "it\\s");
    hs_config_free(config);
}

TEST_WITH(an_env_file_that_readers_disagree_on_is_refused, enter_folder,
          leave_folder)
{
    static const char *const cases[][2] = {
        {"JWT_SECRET=a\nJWT_SECRET=b",
         ".env:2: JWT_SECRET is set twice, first at .env:1"},
        {"JWT_SECRET=abc#def", ".env:1: put a value with # in quotes"},
        {"JWT_SECRET=\"a\\nb\"",
         ".env:1: put a value with a backslash in single quotes"},
        {"JWT_SECRET=\"open", ".env:1: the quotes around the value do not "
                              "match"},
        {"JWT_SECRET='a'b", ".env:1: the quotes around the value do not match"},
        {"JWT_SECRET=a\x01", ".env:1: holds a control character"},
        {"TWILIO_APP_SID=" SID("AP") "\nTWILIO_TWIML_APP_SID=" SID("AX"),
         "TWILIO_APP_SID and TWILIO_TWIML_APP_SID mean the same setting, "
         "twilio_app_sid, and differ: set one of them"},
        {"\nTWILIO_ACCOUNT_SID=your_account_sid",
         ".env:2: twilio_account_sid \"your_account_sid\" is not AC and 32 "
         "letters or digits"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        write_text(".env", cases[i][0]);
        refuses(NULL, cases[i][1]);
    }
}

TEST_WITH(the_env_file_beside_the_named_file_is_read, enter_folder,
          leave_folder)
{
    struct hs_config *config;

    assert_int_equal(mkdir("sub", 0700), 0);
    write_text("sub/a.conf", "");
    write_text("sub/.env", "HOOKSWITCH_WORKERS=5");
    write_text(".env", "HOOKSWITCH_WORKERS=6");
    config = loads("sub/a.conf");
    assert_int_equal(config->workers, 5);
    hs_config_free(config);
}

TEST_WITH(a_folder_called_env_is_not_a_file, enter_folder, leave_folder)
{
    assert_int_equal(mkdir(".env", 0700), 0);
    hs_config_free(loads(NULL));
}

TEST_WITH(the_auth_token_may_stand_in_a_file, enter_folder, leave_folder)
{
    struct hs_config *config;

    write_text("token", "t0ken\r\n");
    write_text("app.conf", "twilio_auth_token_file = token");
    config = loads(NULL);
    assert_string_equal(config->twilio_auth_token, "t0ken");
    hs_config_free(config);
    (void)setenv("TWILIO_AUTH_TOKEN", "nearer", 1);
    config = loads(NULL);
    assert_string_equal(config->twilio_auth_token, "nearer");
    hs_config_free(config);
    (void)unsetenv("TWILIO_AUTH_TOKEN");
    write_text("app.conf", "twilio_auth_token_file = token\n"
                           "twilio_auth_token = t");
    refuses(NULL, "twilio_auth_token and twilio_auth_token_file are both set: "
                  "set one of them");
    (void)setenv("HOOKSWITCH_TWILIO_AUTH_TOKEN_FILE", "token", 1);
    config = loads(NULL);
    assert_string_equal(config->twilio_auth_token, "t0ken");
    hs_config_free(config);
}

TEST_WITH(a_bad_token_file_is_refused, enter_folder, leave_folder)
{
    static const char *const bad[] = {"",        "\n",  "two words",
                                      "a\nb\nc", "\na", "\xff"};

    write_text("app.conf", "twilio_auth_token_file = token");
    refuses(NULL, "twilio_auth_token_file: token: No such file or directory");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        write_text("token", bad[i]);
        refuses(NULL, "twilio_auth_token_file: token must hold one auth token, "
                      "or two, each on a line of its own");
    }
    write_bytes("token", "a\0b", 3);
    refuses(NULL, "twilio_auth_token_file: token must hold one auth token, "
                  "or two, each on a line of its own");
}

TEST_WITH(the_key_file_has_to_fit_the_algorithm, enter_folder, leave_folder)
{
    write_text("app.conf",
               "jwt_algorithm = ES256\njwt_public_key_file = key.pem");
    refuses(NULL, "jwt_public_key_file: key.pem: No such file or directory");
    write_text("key.pem", "ssh-rsa AAAA");
    refuses(NULL, "jwt_public_key_file: key.pem is not a PEM file");
    write_text("key.pem", "-----BEGIN PRIVATE KEY-----\n");
    refuses(NULL, "jwt_public_key_file: key.pem holds a private key: only the "
                  "public one belongs here");
    write_text("key.pem", "-----BEGIN PUBLIC KEY-----\n");
    hs_config_free(loads(NULL));
    write_text("app.conf", "jwt_secret = -----BEGIN PUBLIC KEY-----");
    refuses(NULL, "app.conf:1: jwt_secret is a PEM key: name its file in "
                  "jwt_public_key_file and set jwt_algorithm");
}

/* A line that gives the setting another value than its default. */
static void write_other(const struct hs_setting *setting, char *out,
                        size_t size)
{
    static const char *const guesses[] = {"x",  "https://x.example", "10.0.0.9",
                                          "US", "127.0.0.1:9",       "man"};
    const size_t count = sizeof guesses / sizeof guesses[0];
    const char *choice =
        setting->choices ? strrchr(setting->choices, '|') : NULL;
    struct hs_config *config = NULL;

    if (setting->type == HS_SET_INTEGER)
        (void)snprintf(out, size, "%s = %lld\n", setting->name,
                       (long long)setting->max);
    else if (setting->type == HS_SET_SWITCH)
        (void)snprintf(out, size, "%s = %s\n", setting->name,
                       *setting->fallback == 'y' ? "no" : "yes");
    else if (choice)
        (void)snprintf(out, size, "%s = %s\n", setting->name, choice + 1);
    else if (setting->prefix)
        (void)snprintf(out, size, "%s = %s%s\n", setting->name, setting->prefix,
                       SID(""));
    for (size_t i = 0; !config && i < count; i++) {
        if (!out[0] || i > 0)
            (void)snprintf(out, size, "%s = %s\n", setting->name, guesses[i]);
        write_text("app.conf", out);
        config = hs_config_load(NULL, NULL);
    }
    assert_non_null(config);
    hs_config_free(config);
}

/* What a row of the table says of SIGHUP is what SIGHUP does. */
TEST_WITH(what_is_reloadable_is_taken_and_nothing_else, enter_folder,
          leave_folder)
{
    struct hs_error err;

    for (size_t i = 0; i < hs_setting_count; i++) {
        const struct hs_setting *setting = &hs_settings[i];
        struct hs_config *config, *fresh;
        char line[160] = "";
        int expected = setting->reloadable;

        if (strstr(setting->name, "_file") ||
            strcmp(setting->name, "jwt_algorithm") == 0)
            continue; /* they need one another: http/rotation_test.mjs */
        if (strcmp(setting->name, "twilio_account_sid") == 0)
            expected = -1;
        write_text("app.conf", "");
        config = loads(NULL);
        write_other(setting, line, sizeof line);
        fresh = loads(NULL);
        if (hs_credentials_take(config, fresh, &err) != expected)
            fail_msg("%s: not %d", setting->name, expected);
        hs_config_free(fresh);
        hs_config_free(config);
    }
}

int main(void)
{
    if (!getcwd(start, sizeof start))
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
