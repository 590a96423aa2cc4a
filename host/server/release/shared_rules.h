/* shared_rules.h: one version of the rules for all hosts of a database.
 *
 * A host that wants its files to be live publishes them first, by a compare and
 * set on the change it has seen last; the others take them over: they try them
 * with their own program, then write them to their folder. Where the database
 * is a file, none of this is done. */
#ifndef HS_SHARED_RULES_H
#define HS_SHARED_RULES_H

#include "script/bundle.h"
#include "server/release/alert.h"
#include "server/release/versions.h"
#include "server/server.h"

struct hs_shared_rules {
    int on;
    char host[256];  /* what others call this one */
    int64_t seq;     /* the change whose files are live here; 0: none */
    char hash[65];   /* ... and their hash */
    int empty;       /* no host has published anything yet */
    int64_t refused; /* the change that can't be used here */
    uint64_t looked; /* the store's generation then, 0: not yet */
    /* The folder couldn't be written: */
    int64_t owed;     /* the change whose files it lacks, or 0 */
    int64_t write_at; /* not again before, hs_monotonic_ms() */
    char ignored[65]; /* hash of what it held then, which isn't an edit */
    int unread;       /* it couldn't be read either: what it holds next isn't */
    char lacks[1024]; /* what an alert says of it, or "" */
    struct hs_alert unwritten;
    char kept[1024]; /* what an alert is still to say of copies, or "" */
};

void hs_shared_rules_open(struct hs_shared_rules *shared,
                          const struct hs_server *server);
enum hs_share_result {
    HS_SHARE_DONE,    /* they are live everywhere, or may be here */
    HS_SHARE_IGNORED, /* an old folder that couldn't be written */
    HS_SHARE_REFUSED  /* `err` says why: "conflict" or "waiting" */
};

/* Make a bundle of the folder what is live on all hosts. */
enum hs_share_result hs_shared_rules_publish(struct hs_shared_rules *shared,
                                             const struct hs_server *server,
                                             const struct hs_bundle *bundle,
                                             struct hs_script_error *err);
/* Another host's change that isn't live here yet: 1, and `now`, whose files the
 * caller frees; 0 if there is none; -1 and `err` if the database can't say. A
 * query only when something has changed. */
int hs_shared_rules_look(struct hs_shared_rules *shared,
                         const struct hs_server *server, struct hs_current *now,
                         struct hs_error *err);
/* The folder has changed, and with it what a change is tried with, or it is
 * time to try again: one that couldn't be used may be usable now. */
void hs_shared_rules_reconsider(struct hs_shared_rules *shared);
/* Write a change's files to the folder. Texts there that were never live are
 * kept as NAME.local-DATE; log and alert say so, or that it can't be written.
 */
void hs_shared_rules_write(struct hs_shared_rules *shared,
                           const struct hs_server *server,
                           const struct hs_current *now);
/* Try that again where it failed, unless the folder has been edited since. */
void hs_shared_rules_write_again(struct hs_shared_rules *shared,
                                 const struct hs_server *server);
/* Raise or close those alerts, if that hasn't succeeded yet. */
void hs_shared_rules_tell(struct hs_shared_rules *shared,
                          const struct hs_server *server);

#endif
