/* guard.h: refuses requests that civetweb's parser accepts but that aren't
 * safe. */
#ifndef HS_GUARD_H
#define HS_GUARD_H

#include <civetweb.h>

struct hs_verdict {
    int status;         /* 0: go on; else refuse with this status */
    const char *reason; /* a short word for the log, when refused */
    int close;          /* go on, but end the connection afterwards */
};

/* Judge a parsed request whose strings are still where civetweb read them
 * (decode_url=no), and trim blanks off the ends of its header values. `slack`:
 * one byte past civetweb's request buffer may be read, see hs_guard_slack().
 * Any thread. */
struct hs_verdict hs_guard_check(const struct mg_request_info *info, int slack);
/* The path of a request target: in absolute form (RFC 9112, 3.2.2) what follows
 * the authority. NULL if there is none. */
const char *hs_guard_path(const char *target);
/* True if malloc gives blocks of `size` bytes (a multiple of 16) at least one
 * spare byte, as glibc does and sanitizers don't. */
int hs_guard_slack(size_t size);

#endif
