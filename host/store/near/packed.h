/* packed.h: a batch of statements as bytes, for the spool. */
#ifndef HS_NEAR_PACKED_H
#define HS_NEAR_PACKED_H

#include "base/buf.h"
#include "store/store.h"

/* Append the batch. 0, or -1 when memory ran out. */
int hs_packed_add(struct hs_buf *out, const struct hs_statement *batch,
                  int count);

/* Zero-initialise. Keeps its memory for the next batches. */
struct hs_unpacked {
    struct hs_statement *statements;
    struct hs_value *values;
    int count, value_count; /* used ... */
    int room, value_room;   /* ... and allocated */
};

/* Append the statements of packed bytes, which must outlive them. 0; -1 and
 * `err`: "memory", or "corrupt" for bytes that hs_packed_add() hasn't made. */
int hs_packed_read(const char *bytes, size_t len, struct hs_unpacked *out,
                   struct hs_error *err);
void hs_unpacked_clear(struct hs_unpacked *unpacked);
void hs_unpacked_free(struct hs_unpacked *unpacked);

#endif
