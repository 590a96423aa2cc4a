/* pool.h: small blocks for one Lua state.
 *
 * A state allocates many small objects of few sizes, frees them together and
 * passes their size when freeing. So blocks need neither header nor lock: one
 * free list per size, cut from pages. A sanitizer must see every block, so
 * under one the pool passes everything on to malloc. */
#ifndef HS_POOL_H
#define HS_POOL_H

#include <stddef.h>

#define HS_POOL_STEP 16 /* sizes are rounded up to a multiple of this */
#define HS_POOL_LARGEST 256
#define HS_POOL_CLASSES (HS_POOL_LARGEST / HS_POOL_STEP)

/* Zero-initialise to start empty. One thread at a time. */
struct hs_pool {
    struct hs_pool_block *free[HS_POOL_CLASSES];
    struct hs_pool_page *pages;
    char *next; /* the rest of the newest page */
    size_t left;
    size_t mapped; /* bytes of pages */
};

struct hs_pool_block {
    struct hs_pool_block *next;
};

/* A block that was freed before, or NULL if there is none of this size. `size`
 * > 0. */
static inline void *hs_pool_take(struct hs_pool *pool, size_t size)
{
    size_t class = (size - 1) / HS_POOL_STEP;
    struct hs_pool_block *block =
        class < HS_POOL_CLASSES ? pool->free[class] : NULL;

    if (block)
        pool->free[class] = block->next;
    return block;
}

/* `size` is the size the block was allocated with. NULL is accepted. */
void hs_pool_put(struct hs_pool *pool, void *block, size_t size);
/* Like realloc, given the old size; `block` is NULL for a new one. NULL when
 * memory ran out; the old block is unchanged then. `size` > 0. */
void *hs_pool_resize(struct hs_pool *pool, void *block, size_t old,
                     size_t size);
/* Give all pages back, and with them all blocks. */
void hs_pool_free(struct hs_pool *pool);

#endif
