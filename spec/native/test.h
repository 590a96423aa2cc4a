/* test.h: how a test is written, cmocka, the headers it wants in front of it,
 * and those that nearly every test uses. */
#ifndef HS_SPEC_TEST_H
#define HS_SPEC_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The tests of a file, which main() runs in the order they stand in. */
static struct CMUnitTest tests[64] __attribute__((unused));

static inline void list_test(struct CMUnitTest test)
{
    static size_t listed;

    if (listed == sizeof tests / sizeof *tests)
        abort();
    tests[listed++] = test;
}

/* A test; with `make` and `drop`, one that they surround: what `make` made is
 * in *state. */
#define TEST_CASE(name) TEST_WITH(name, NULL, NULL)
#define TEST_WITH(name, make, drop)                                            \
    static void name(void **state);                                            \
    __attribute__((constructor)) static void list_##name(void)                 \
    {                                                                          \
        const struct CMUnitTest test =                                         \
            cmocka_unit_test_setup_teardown(name, make, drop);                 \
                                                                               \
        list_test(test);                                                       \
    }                                                                          \
    static void name(void **state __attribute__((unused)))

#endif
