/* config.c: any bytes as app.conf or .env (the first byte chooses). A refusal
 * says why, in valid UTF-8; what is accepted can be shown and read by key. */
#include "base/config/config.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/config/table.h"
#include "base/log.h"
#include "base/utf8.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static FILE *nowhere;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    hs_log_open(HS_LOG_ERROR, -1);
    nowhere = fopen("/dev/null", "w");
    return nowhere ? 0 : 1;
}

/* Settings that name files are left out: the fuzzer opens none. */
static void forget_files(struct hs_given *given)
{
    static const char *const keys[] = {"twilio_auth_token_file",
                                       "jwt_public_key_file"};

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        struct hs_found *found = hs_given_at(given, HS_IN_CONF, keys[i]);

        for (int which = 0; which < HS_SPELLINGS; which++) {
            free(found[which].value);
            found[which].value = NULL;
        }
    }
}

static void check_config(const struct hs_config *config)
{
    hs_config_print(config, 0, nowhere);
    hs_config_print(config, 1, nowhere);
    for (size_t i = 0; i < hs_setting_count; i++) {
        char scratch[32];
        const char *text = hs_config_get(config, hs_settings[i].name, scratch);

        assert((text == NULL) == hs_settings[i].secret);
        for (; text && *text; text++)
            assert((unsigned char)*text >= 0x20 || *text == '\t');
        assert(config->origins[i].text[0]);
    }
    assert(strchr(config->listen, ':'));
    assert(config->workers >= 1 && config->workers <= 1024);
    assert(!config->insecure_webhooks ||
           strncmp(config->listen, "127.", 4) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hs_given given = {0};
    struct hs_error err = {0};
    struct hs_config *config = NULL;
    int code;

    if (size == 0)
        return 0;
    if (hs_given_new(&given, &err) != 0)
        abort();
    if (data[0] & 1)
        code = hs_read_dotenv_text(&given, ".env", (const char *)data + 1,
                                   size - 1, &err);
    else
        code = hs_read_conf_text(&given, "app.conf", (const char *)data + 1,
                                 size - 1, &err);
    forget_files(&given);
    if (code == 0)
        config = hs_config_settle(&given, &err);
    if (config)
        check_config(config);
    else
        assert(err.code[0] && err.message[0] &&
               hs_utf8_valid(err.message, strlen(err.message)));
    hs_config_free(config);
    hs_given_free(&given);
    return 0;
}
