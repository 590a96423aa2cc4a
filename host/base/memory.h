/* memory.h: whether memory ran short on this thread.
 *
 * Further up, a failed allocation can look like an ordinary result: an invalid
 * token, a missing module, a file without rules. So every failure is counted
 * where it happens, and code about to give a verdict compares the count with
 * the one it started from. Our own sources' allocations are counted by the
 * linker's --wrap (Makefile, memory.c), the libraries' in lib/crypt.c,
 * lib/fetch.c, store/sqlite/conn.c and script/vm.c. */
#ifndef HS_MEMORY_H
#define HS_MEMORY_H

/* Failed allocations on this thread so far. */
unsigned hs_memory_misses(void);
/* Count one more. */
void hs_memory_missed(void);
/* Uncount the last one: it succeeded on a second try. */
void hs_memory_found(void);

#endif
