/* bounds.h: how much a call of a bounded library may be given (bounded.h). */
#ifndef HS_BOUNDS_H
#define HS_BOUNDS_H

#include <stddef.h>
#include <stdint.h>

/* The most one call may be given. */
struct hs_bounds {
    int64_t pattern_steps;
    size_t rep;       /* bytes of a string.rep */
    size_t format;    /* bytes of a format of string.format */
    size_t formatted; /* bytes of the strings put into it */
    size_t text;      /* bytes processed one at a time */
    size_t elements;  /* of a list, moved or sorted */
};

#endif
