/* memory.h: whether memory ran short on this thread.
 *
 * What a failed allocation leads to looks like an ordinary result further up: a
 * token that isn't valid, a module that isn't there, a file without rules. So
 * every failure is counted where it happens, and whoever is about to give a
 * verdict compares the count with the one at the beginning. Allocations of our
 * own sources are counted by the linker's --wrap (Makefile, memory.c); those of
 * the libraries in lib/crypt.c, lib/fetch.c, store/sqlite/conn.c and
 * script/vm.c. */
#ifndef HS_MEMORY_H
#define HS_MEMORY_H

/* Allocations that failed on this thread so far. */
unsigned hs_memory_misses(void);
/* One more failed. */
void hs_memory_missed(void);
/* The allocation counted last succeeded at a second try. */
void hs_memory_found(void);

#endif
