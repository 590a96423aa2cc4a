/* limit_a.c: civetweb reads the body and sends a fixed document. */
#include "limit_common.h"

static int serve(struct hs_worker *worker)
{
    (void)worker;
    return 200;
}

int main(int argc, char **argv)
{
    static const struct hs_limit_hooks own_hooks = {NULL, NULL, serve};

    return hs_limit_main(argc, argv, &own_hooks, NULL, NULL);
}
