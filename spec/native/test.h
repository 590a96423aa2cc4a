/* test.h: a test, cmocka, the headers it wants in front of it, and those that
 * nearly every test uses. */
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

/* A test; what the set-up made is in *state. */
#define TEST_CASE(name) static void name(void **state __attribute__((unused)))

#endif
