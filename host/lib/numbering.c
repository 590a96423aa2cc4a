/* numbering.c: a walk through build/numbering.c. */
#include "lib/numbering.h"

#include <stdlib.h>
#include <string.h>

const struct hs_numbering_label *hs_numbering_look(const char *digits,
                                                   size_t len, int *valid)
{
    const struct hs_numbering_node *node =
        &hs_numbering_nodes[hs_numbering_root];
    unsigned reach = 0;
    unsigned next;

    *valid = 0;
    for (size_t i = 0; i < len; i++) {
        if (digits[i] < '0' || digits[i] > '9')
            return NULL;
        next = node->step[digits[i] - '0'];
        if (next == 0)
            return reach ? &hs_numbering_labels[reach] : NULL;
        node = &hs_numbering_nodes[next];
        if (node->reach)
            reach = node->reach;
    }
    *valid = node->accept != 0;
    if (node->accept > HS_NUMBERING_UNTYPED)
        reach = node->accept;
    return reach ? &hs_numbering_labels[reach] : NULL;
}

static int by_iso(const void *iso, const void *country)
{
    return strcmp(iso, ((const struct hs_numbering_country *)country)->iso);
}

const struct hs_numbering_country *hs_numbering_country_of(const char *iso)
{
    return bsearch(iso, hs_numbering_countries, hs_numbering_country_count,
                   sizeof *hs_numbering_countries, by_iso);
}
