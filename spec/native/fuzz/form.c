/* form.c: any bytes as a form. What is accepted holds what form.h says, and
 * reads the same after it was encoded again. */
#include "lib/form.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void encode(struct hs_buf *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (hs_buf_printf(out, "%%%02X", (unsigned char)text[i]) != 0)
            abort();
    }
}

static void check_pair(const struct hs_form *form, const struct hs_pair *pair)
{
    const char *end = form->bytes + form->bytes_cap;

    assert(pair->name >= form->bytes && pair->name + pair->name_len < end);
    assert(pair->value >= form->bytes && pair->value + pair->value_len < end);
    assert(strlen(pair->name) == pair->name_len);
    assert(strlen(pair->value) == pair->value_len);
    assert(hs_utf8_valid(pair->name, pair->name_len));
    assert(hs_utf8_valid(pair->value, pair->value_len));
    assert(hs_form_find(form, pair->name, pair->name_len) <= pair);
}

static void check_again(const struct hs_form *form)
{
    struct hs_form again = {0};
    struct hs_buf text = {0};

    for (size_t i = 0; i < form->count; i++) {
        encode(&text, form->pairs[i].name, form->pairs[i].name_len);
        (void)hs_buf_add_str(&text, "=");
        encode(&text, form->pairs[i].value, form->pairs[i].value_len);
        (void)hs_buf_add_str(&text, i % 2 ? "&" : "&&");
    }
    assert(hs_form_parse(&again, text.data, text.len, NULL) == 0);
    assert(again.count == form->count);
    for (size_t i = 0; i < form->count; i++) {
        assert(strcmp(again.pairs[i].name, form->pairs[i].name) == 0);
        assert(strcmp(again.pairs[i].value, form->pairs[i].value) == 0);
    }
    hs_form_free(&again);
    hs_buf_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct hs_form form; /* kept, as a worker keeps it */
    struct hs_error err = {0};

    if (hs_form_parse(&form, (const char *)data, size, &err) != 0) {
        assert(form.count == 0 && err.code[0] && err.message[0]);
        return 0;
    }
    assert(form.count <= HS_FORM_MAX && !err.code[0]);
    for (size_t i = 0; i < form.count; i++)
        check_pair(&form, &form.pairs[i]);
    check_again(&form);
    return 0;
}
