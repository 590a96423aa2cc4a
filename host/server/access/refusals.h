/* refusals.h: the webhooks refused last, so that `hookswitch doctor` can say
 * why calls don't come in. In memory, so that requests can't fill a disk. */
#ifndef HS_REFUSALS_H
#define HS_REFUSALS_H

#include "base/buf.h"

struct hs_refusals; /* any thread */

/* NULL when memory ran out. */
struct hs_refusals *hs_refusals_new(void);
void hs_refusals_free(struct hs_refusals *refusals); /* NULL accepted */
/* Remember one and drop the oldest. */
void hs_refusals_note(struct hs_refusals *refusals, const char *reason,
                      const char *path, const char *remote);
/* Append {"count":…,"last":[{"at":…,"reason":…,"path":…,"remote":…}, …]}, the
 * newest first. 0, or -1 when memory ran out. */
int hs_refusals_write(struct hs_refusals *refusals, struct hs_buf *out);

#endif
