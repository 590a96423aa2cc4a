/* limit_b.c: limit A, and the form parsed and its signature checked. */
#include "limit_common.h"

static int serve(struct hs_worker *worker)
{
    if (hs_limit_parse(worker) != 0 || !hs_limit_signed(worker))
        return 403;
    return 200;
}

int main(int argc, char **argv)
{
    static const struct hs_limit_hooks own_hooks = {NULL, NULL, serve};

    return hs_limit_main(argc, argv, &own_hooks, NULL, NULL);
}
