/* journal.h: what is in memory of calls under way, kept for a restart. */
#ifndef HS_NEAR_JOURNAL_H
#define HS_NEAR_JOURNAL_H

#include "store/near/near.h"

/* Write down what is new, until near->stopping and once more then. In a thread
 * of its own: the courier's may wait for the database. 0, or -1 and `err`. */
int hs_journal_start(struct hs_near *near, struct hs_error *err);
/* Bring back what an earlier process has written down. 0, or -1 and `err`. */
int hs_journal_load(struct hs_near *near, struct hs_error *err);

#endif
