/* reload.h: the Lua that answers now, and the thread that replaces it.
 *
 * A release is one bundle with the router made from it. It is tried in fresh
 * VMs, then published by one store of a generation; workers compare generations
 * before a request and switch by themselves (vms.h). The old release is freed
 * when the last worker and the last VM have dropped it. */
#ifndef HS_RELOAD_H
#define HS_RELOAD_H

#include <stdint.h>

#include "base/buf.h"
#include "script/vm.h"
#include "server/release/release.h"
#include "server/server.h"

struct hs_reload;

/* Load the folder of the configuration for the first time. If it is refused,
 * for any reason, the last live version answers, or else no rules, so that the
 * console's settings decide (stand_in.h), with a loud message. NULL and
 * `err` only when memory ran out. */
struct hs_reload *hs_reload_new(struct hs_server *server,
                                struct hs_script_error *err);
/* Start watching the folder. 0 or -1. */
int hs_reload_watch(struct hs_reload *reload);
/* Stop watching, drop the release. NULL accepted. */
void hs_reload_free(struct hs_reload *reload);

/* Changes with every release. One atomic load. */
uint64_t hs_reload_generation(const struct hs_reload *reload);
/* The current release, held for the caller; drop it. `generation` receives its
 * number. */
struct hs_release *hs_reload_take(struct hs_reload *reload,
                                  uint64_t *generation);
/* Look at the folder now (SIGHUP). Any thread. */
void hs_reload_now(struct hs_reload *reload);
/* Append {"version":…,"hash":"…","defaults":…,"error":null|"file:line:
 * reason"}, and "instead" with a sentence if there is an error. 0 or -1. */
int hs_reload_describe(struct hs_reload *reload, struct hs_buf *out);
/* The current version, 0 if the database hasn't given it a number. */
int64_t hs_reload_version(struct hs_reload *reload);

#endif
