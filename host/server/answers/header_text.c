/* header_text.c: small helpers for header text. */
#include "server/answers/header_text.h"

#include <stdatomic.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"

#define GATE_MS 1000

int hs_list_has(const char *list, const char *option)
{
    size_t want = strlen(option);

    while (*list) {
        size_t len;

        list += strspn(list, " \t,");
        len = strcspn(list, " \t,");
        if (len == want && strncasecmp(list, option, len) == 0)
            return 1;
        list += len;
    }
    return 0;
}

int hs_type_is(const char *content_type, const char *type)
{
    size_t len = strlen(type);

    if (!content_type || strncasecmp(content_type, type, len) != 0)
        return 0;
    return strchr("; \t", content_type[len]) != NULL; /* or its end */
}

int hs_name_is_token(const char *name, size_t len)
{
    static const char token[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789!#$%&'*+-.^_`|~";

    return len > 0 && strspn(name, token) == len;
}

int hs_log_gate_open(struct hs_log_gate *gate, int64_t *kept_back)
{
    int64_t now = hs_monotonic_ms();
    int64_t open_at = atomic_load(&gate->open_at);

    if (now < open_at || !atomic_compare_exchange_strong(
                             &gate->open_at, &open_at, now + GATE_MS)) {
        atomic_fetch_add(&gate->kept_back, 1);
        return 0;
    }
    if (kept_back)
        *kept_back = atomic_exchange(&gate->kept_back, 0);
    return 1;
}
