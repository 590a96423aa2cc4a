/* config_sandbox_test.c: the account that a sandbox makes up and keeps. */
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"
#include "twilio/sandbox.h"

static char folder[64];
static char conf[96];
static char kept[128];

static int make_folder(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/config_sandbox.XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    (void)snprintf(conf, sizeof conf, "%s/a.conf", folder);
    (void)snprintf(kept, sizeof kept, "%s/calls.db.sandbox", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    (void)unlink(conf);
    (void)unlink(kept);
    return rmdir(folder);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* A configuration whose database is in the folder, and `more`. */
static struct hs_config *load(const char *more)
{
    struct hs_error err = {0};
    struct hs_config *config;
    char text[512];

    (void)snprintf(text, sizeof text, "database = %s/calls.db\n%s", folder,
                   more);
    write_file(conf, text);
    config = hs_config_load(conf, &err);
    if (!config)
        fail_msg("%s", err.message);
    return config;
}

static void applies(struct hs_config *config)
{
    struct hs_error err = {0};

    if (hs_sandbox_apply(config, &err) != 0)
        fail_msg("%s", err.message);
}

TEST_CASE(makes_up_what_is_missing)
{
    struct hs_config *config = load("sandbox = yes\nlisten = 0.0.0.0:8123\n");
    struct hs_config *again;
    struct stat info;

    applies(config);
    assert_int_equal(strlen(config->twilio_account_sid), 34);
    assert_memory_equal(config->twilio_account_sid, "AC", 2);
    assert_memory_equal(config->twilio_api_key, "SK", 2);
    assert_memory_equal(config->twilio_app_sid, "AP", 2);
    assert_int_equal(strlen(config->twilio_auth_token), 32);
    assert_int_equal(strlen(config->jwt_secret), 64);
    assert_string_not_equal(config->twilio_auth_token,
                            config->twilio_api_secret);
    assert_string_equal(config->server_url, "http://127.0.0.1:8123");
    assert_string_equal(config->twilio_api_base_url,
                        "http://127.0.0.1:8123/sandbox/twilio");
    assert_int_equal(stat(kept, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);

    again = load("sandbox = yes\n");
    applies(again);
    assert_string_equal(again->twilio_auth_token, config->twilio_auth_token);
    assert_string_equal(again->jwt_secret, config->jwt_secret);
    assert_string_equal(again->server_url, "http://127.0.0.1:8080");
    hs_config_free(again);
    hs_config_free(config);
}

TEST_CASE(leaves_what_is_set)
{
    struct hs_config *config =
        load("sandbox = yes\ntwilio_auth_token = mine\njwt_secret = ours\n"
             "server_url = https://phone.example.com\n"
             "twilio_api_base_url = http://127.0.0.1:9/\n");

    applies(config);
    assert_string_equal(config->twilio_auth_token, "mine");
    assert_string_equal(config->jwt_secret, "ours");
    assert_string_equal(config->server_url, "https://phone.example.com");
    assert_string_equal(config->twilio_api_base_url, "http://127.0.0.1:9");
    assert_memory_equal(config->twilio_account_sid, "AC", 2);
    hs_config_free(config);
}

TEST_CASE(never_means_the_real_twilio)
{
    struct hs_config *config =
        load("sandbox = yes\ntwilio_api_base_url = https://api.twilio.com\n");

    applies(config);
    assert_string_equal(config->twilio_api_base_url,
                        "http://127.0.0.1:8080/sandbox/twilio");
    hs_config_free(config);
}

TEST_CASE(waits_for_the_port)
{
    struct hs_config *config = load("sandbox = yes\nlisten = 127.0.0.1:0\n");
    struct hs_error err = {0};

    applies(config);
    assert_string_equal(config->server_url, "");
    assert_int_equal(hs_sandbox_port(config, 4711, &err), 0);
    assert_string_equal(config->listen, "127.0.0.1:4711");
    assert_string_equal(config->server_url, "http://127.0.0.1:4711");
    assert_string_equal(config->twilio_api_base_url,
                        "http://127.0.0.1:4711/sandbox/twilio");
    hs_config_free(config);
}

TEST_CASE(does_nothing_outside_a_sandbox)
{
    struct hs_config *config = load("listen = 127.0.0.1:0\n");
    struct hs_error err = {0};

    (void)unlink(kept);
    applies(config);
    assert_int_equal(hs_sandbox_port(config, 4711, &err), 0);
    assert_string_equal(config->listen, "127.0.0.1:0");
    assert_string_equal(config->twilio_account_sid, "");
    assert_string_equal(config->twilio_api_base_url, "https://api.twilio.com");
    assert_int_not_equal(access(kept, F_OK), 0);
    hs_config_free(config);
}

/* 1 when apply fails and its message says `what`. */
static int refuses(const char *what)
{
    struct hs_config *config = load("sandbox = yes\n");
    struct hs_error err = {0};
    int code = hs_sandbox_apply(config, &err);

    hs_config_free(config);
    return code != 0 && strstr(err.message, what) != NULL;
}

TEST_CASE(refuses_a_damaged_file)
{
    write_file(kept, "twilio_auth_token = x\n");
    assert_true(refuses("holds no twilio_account_sid"));
    write_file(kept, "nonsense\n");
    assert_true(refuses("calls.db.sandbox"));
    (void)unlink(kept);
    assert_int_equal(mkdir(kept, 0700), 0);
    assert_true(refuses("calls.db.sandbox"));
    (void)rmdir(kept);
}

TEST_CASE(says_where_it_cannot_write)
{
    struct hs_error err = {0};
    struct hs_config *config;

    write_file(conf, "sandbox = yes\ndatabase = /nowhere/calls.db\n");
    config = hs_config_load(conf, &err);
    assert_non_null(config);
    assert_int_equal(hs_sandbox_apply(config, &err), -1);
    assert_non_null(strstr(err.message, "/nowhere/calls.db.sandbox"));
    hs_config_free(config);
}

/* What a command means in the folder when `more` is configured. */
static int means_the_sandbox(const char *more)
{
    struct hs_error err = {0};
    struct hs_config *config;
    int here;

    write_file("app.conf", more);
    config = hs_config_load(NULL, &err);
    if (!config)
        fail_msg("%s", err.message);
    here = hs_sandbox_is_here(config);
    hs_config_free(config);
    return here;
}

TEST_CASE(has_a_database_of_its_own)
{
    struct hs_error err = {0};
    struct hs_config *config;
    char before[512];

    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(folder), 0);
    assert_false(means_the_sandbox(""));
    config = hs_config_load(NULL, &err);
    assert_non_null(config);
    config->sandbox = 1;
    applies(config);
    assert_string_equal(config->database, "sandbox.db");
    assert_int_equal(access("sandbox.db.sandbox", F_OK), 0);
    hs_config_free(config);

    write_file("sandbox.db", "");
    assert_true(means_the_sandbox(""));
    assert_false(means_the_sandbox("sandbox = no\n"));
    assert_false(means_the_sandbox("database = other.db\n"));
    assert_false(means_the_sandbox("twilio_auth_token = abcdef0123456789\n"));
    write_file("hookswitch.db", "");
    assert_false(means_the_sandbox(""));

    (void)unlink("hookswitch.db");
    (void)unlink("sandbox.db");
    (void)unlink("sandbox.db.sandbox");
    (void)unlink("app.conf");
    assert_int_equal(chdir(before), 0);
}

int main(void)
{
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
