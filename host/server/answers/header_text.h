/* header_text.h: small helpers for header text. */
#ifndef HS_SERVER_HEADER_TEXT_H
#define HS_SERVER_HEADER_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* True when a comma-separated list holds `option`, without regard to case. */
int hs_list_has(const char *list, const char *option);
/* True if a Content-Type is `type`, whatever its parameters; false for NULL. */
int hs_type_is(const char *content_type, const char *type);
/* True for a header name of RFC 9110's token bytes. */
int hs_name_is_token(const char *name, size_t len);

/* Lets one line a second through, so that an attack can't fill the log. */
struct hs_log_gate {
    _Atomic int64_t open_at; /* zero-initialise */
    _Atomic int64_t kept_back;
};
/* True if the caller may log; `kept_back` (may be NULL) then receives how many
 * lines were suppressed since the last one. Any thread. */
int hs_log_gate_open(struct hs_log_gate *gate, int64_t *kept_back);

#endif
