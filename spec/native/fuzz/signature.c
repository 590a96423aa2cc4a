/* signature.c: server URL, target and form from hostile bytes. Nothing but a
 * signature that we made ourselves is valid. */
#include "twilio/signature.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The next piece up to a NUL, without it; the last one may lack it. */
static char *piece(const uint8_t **data, size_t *size, size_t *len)
{
    const uint8_t *end = memchr(*data, 0, *size);
    char *copy;

    *len = end ? (size_t)(end - *data) : *size;
    copy = malloc(*len + 1);
    if (!copy)
        abort();
    memcpy(copy, *data, *len);
    copy[*len] = 0;
    *data += *len + (end != NULL);
    *size -= *len + (end != NULL);
    return copy;
}

static void check(const char *server, const char *target, size_t target_len,
                  const struct hs_form *form)
{
    struct hs_signer *signer = hs_signer_new("12345", server);
    char signature[29] = "AAAAAAAAAAAAAAAAAAAAAAAAAAA=", *url;
    size_t server_len = strlen(server);
    struct hs_signed_request request = {.target = target,
                                        .target_len = target_len,
                                        .form = form,
                                        .body = target,
                                        .body_len = target_len,
                                        .signature = signature};

    if (!signer || hs_signature_valid(signer, &request))
        abort();
    while (server_len > 0 && server[server_len - 1] == '/')
        server_len--;
    url = malloc(server_len + target_len + 1);
    if (!url)
        abort();
    memcpy(url, server, server_len);
    memcpy(url + server_len, target, target_len);
    url[server_len + target_len] = 0;
    if (hs_signature_make(signer, url, form, signature) != 0 ||
        !hs_signature_valid(signer, &request) ||
        !hs_signature_valid_url(signer, url, strlen(url), form, signature))
        abort();
    request.is_json = 1;
    (void)hs_signature_valid(signer, &request);
    free(url);
    hs_signer_free(signer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t server_len, target_len;
    char *server = piece(&data, &size, &server_len);
    char *target = piece(&data, &size, &target_len);
    char *text[2 * 16];
    struct hs_pair pairs[16];
    struct hs_form form = {.pairs = pairs};

    while (size > 0 && form.count < 16) {
        struct hs_pair *pair = &pairs[form.count];
        size_t n = 2 * form.count++;

        text[n] = piece(&data, &size, &pair->name_len);
        text[n + 1] = piece(&data, &size, &pair->value_len);
        pair->name = text[n];
        pair->value = text[n + 1];
    }
    check(server, target, target_len, &form);
    for (size_t i = 0; i < 2 * form.count; i++)
        free(text[i]);
    free(server);
    free(target);
    return 0;
}
