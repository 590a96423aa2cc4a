/* numbering.h: what the world's numbering plans say about a phone number:
 * whether it is possible, its countries, and its type.
 *
 * The plans are libphonenumber's, turned into one automaton when the program is
 * built (vendor/numbering.mjs): a lookup takes one step per digit and no
 * memory. Any thread. */
#ifndef HS_NUMBERING_H
#define HS_NUMBERING_H

#include <stddef.h>

/* In libphonenumber's order, then those without a country. */
enum hs_number_type {
    HS_NUMBER_FIXED = 1 << 0,
    HS_NUMBER_MOBILE = 1 << 1,
    HS_NUMBER_TOLL_FREE = 1 << 2,
    HS_NUMBER_PREMIUM = 1 << 3,
    HS_NUMBER_PERSONAL = 1 << 4,
    HS_NUMBER_VOICEMAIL = 1 << 5,
    HS_NUMBER_UAN = 1 << 6,
    HS_NUMBER_PAGER = 1 << 7,
    HS_NUMBER_VOIP = 1 << 8,
    HS_NUMBER_SHARED_COST = 1 << 9,
    HS_NUMBER_GLOBAL = 1 << 10, /* satellites, international networks */
};

struct hs_numbering_label {
    unsigned types;        /* of hs_number_type */
    const char *countries; /* "US CA": ISO codes, the main one first */
};

/* How a country's numbers are dialled. */
struct hs_numbering_country {
    const char *iso;    /* "DE" */
    const char *code;   /* "49" */
    const char *trunk;  /* "0", dialled before a national number; or "" */
    const char *abroad; /* "00", dialled before a country code */
};

/* The generated build/numbering.c. */
struct hs_numbering_node {
    unsigned short step[10]; /* by digit; 0: no number goes on like that */
    unsigned short accept;   /* label of a number that ends here, 0: none */
    unsigned short reach;    /* label shared by all that go on from here */
};
/* The label of a number whose type the plan doesn't name. */
#define HS_NUMBERING_UNTYPED 1
extern const char hs_numbering_version[];
extern const unsigned short hs_numbering_root;
extern const struct hs_numbering_label hs_numbering_labels[];
extern const struct hs_numbering_node hs_numbering_nodes[];
extern const struct hs_numbering_country hs_numbering_countries[]; /* by iso */
extern const size_t hs_numbering_country_count;

/* Look up `digits`, a number without its plus. Sets `valid` if a country has
 * such a number. Returns the number's label; if the plan names no type for it,
 * or it isn't valid, the label of all numbers that begin like it. NULL if no
 * country's do. */
const struct hs_numbering_label *hs_numbering_look(const char *digits,
                                                   size_t len, int *valid);

/* NULL for an unknown country. */
const struct hs_numbering_country *hs_numbering_country_of(const char *iso);

#endif
