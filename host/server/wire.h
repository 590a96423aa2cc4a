/* wire.h: what the rest of the server may do with a request's connection.
 *
 * civetweb/ implements it; nothing else knows which HTTP library that is. Only
 * for the worker's thread, while its request is under way. */
#ifndef HS_WIRE_H
#define HS_WIRE_H

#include <stddef.h>
#include <stdint.h>

struct hs_request;

struct hs_header {
    const char *name;
    const char *value;
};

/* The value of the first header called `name`, in any case, or NULL. */
const char *hs_header(const struct hs_request *request, const char *name);
/* The header at index `at`, from 0 in the order sent. 1; 0 past the last one.
 * */
int hs_header_at(const struct hs_request *request, int at,
                 struct hs_header *out);
/* Read the whole body into request->body. 0; or the status to answer with: 413
 * too large, 408 not sent in time, 400 cut short or badly chunked, 503 out of
 * memory. */
int hs_wire_body(struct hs_request *request);
/* What HTTP calls a status: "OK". */
const char *hs_wire_phrase(const struct hs_request *request, int status);
/* Send bytes unchanged. 0; -1 if the client is gone or reads too slowly. */
int hs_wire_write(struct hs_request *request, const void *data, size_t len);
/* Send them as one chunk; with `len` 0 the last one. 0 or -1, as above. */
int hs_wire_chunk(struct hs_request *request, const void *data, size_t len);

/* The connection's identity: address and port of the other end in one number.
 * */
uint64_t hs_wire_peer(const struct hs_request *request);
/* Take over the connection's socket: the worker is free afterwards, and the
 * caller owns the client and closes the descriptor. -1 if that isn't possible.
 * The answer must have said that the connection ends. */
int hs_wire_take(struct hs_request *request);

#endif
