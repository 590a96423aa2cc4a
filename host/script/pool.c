/* pool.c: small blocks for one Lua state. */
#include "script/pool.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#ifdef LARGEST /* set on the command line by specs */
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LARGEST 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LARGEST 0
#endif
#endif
#ifndef LARGEST
#define LARGEST HS_POOL_LARGEST
#endif

#define PAGE_BYTES 65536

struct hs_pool_page {
    struct hs_pool_page *next;
    size_t unused; /* keeps the first block aligned */
};

static size_t class_of(size_t size)
{
    return (size - 1) / HS_POOL_STEP;
}

/* Begin a new page; the rest of the old one becomes free blocks. Pages are
 * mapped, not allocated: the memory of a state that grew too large goes back to
 * the system with it. */
static int add_page(struct hs_pool *pool)
{
    struct hs_pool_page *page = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE,
                                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (page == MAP_FAILED)
        return -1;
    if (pool->left >= HS_POOL_STEP)
        hs_pool_put(pool, pool->next, pool->left - pool->left % HS_POOL_STEP);
    page->next = pool->pages;
    pool->pages = page;
    pool->mapped += PAGE_BYTES;
    pool->next = (char *)(page + 1);
    pool->left = PAGE_BYTES - sizeof *page;
    return 0;
}

static void *get(struct hs_pool *pool, size_t size)
{
    size_t bytes = (class_of(size) + 1) * HS_POOL_STEP;
    struct hs_pool_block *block;

    if (size > LARGEST)
        return malloc(size);
    block = hs_pool_take(pool, size);
    if (block)
        return block;
    if (pool->left < bytes && add_page(pool) != 0)
        return NULL;
    block = (struct hs_pool_block *)(void *)pool->next;
    pool->next += bytes;
    pool->left -= bytes;
    return block;
}

void hs_pool_put(struct hs_pool *pool, void *block, size_t size)
{
    struct hs_pool_block *freed = block;

    if (!block)
        return;
    if (size > LARGEST) {
        free(block);
        return;
    }
    freed->next = pool->free[class_of(size)];
    pool->free[class_of(size)] = freed;
}

void *hs_pool_resize(struct hs_pool *pool, void *block, size_t old, size_t size)
{
    void *moved;

    if (!block)
        return get(pool, size);
    if (old > LARGEST && size > LARGEST)
        return realloc(block, size);
    if (old <= LARGEST && size <= LARGEST && class_of(old) == class_of(size))
        return block;
    moved = get(pool, size);
    if (!moved)
        return NULL;
    memcpy(moved, block, old < size ? old : size);
    hs_pool_put(pool, block, old);
    return moved;
}

void hs_pool_free(struct hs_pool *pool)
{
    struct hs_pool_page *page = pool->pages;

    while (page) {
        struct hs_pool_page *next = page->next;

        (void)munmap(page, PAGE_BYTES);
        page = next;
    }
    memset(pool, 0, sizeof *pool);
}
