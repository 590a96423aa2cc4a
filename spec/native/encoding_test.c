/* encoding_test.c: texts of spreadsheets as UTF-8. */

#include "base/utf8.h"
#include "lib/encoding.h"
#include "test.h"

/* `name` with the bytes of `from` reads as `to`. */
static void reads(const char *name, const char *from, size_t len,
                  const char *to)
{
    char *text = malloc(len + 1);

    assert_non_null(text);
    memcpy(text, from, len);
    text[len] = '\0';
    assert_int_equal(hs_encoding_to_utf8(name, &text, &len), 0);
    assert_int_equal(len, strlen(to));
    assert_string_equal(text, to);
    free(text);
}

TEST_CASE(utf16_is_read)
{
    static const char LITTLE[] = "\xff\xfe"
                                 "A\0\xfc\0\x42\x01\xac\x20\x3d\xd8\x27\xdc\n";
    static const char BIG[] = "\xfe\xff\0A\0\xfc\x01\x42\x20\xac\xd8\x3d\xdc"
                              "\x27\0\n";

    reads("a.txt", LITTLE, sizeof LITTLE, "A\u00fc\u0142\u20ac\U0001F427\n");
    reads("a.csv", BIG, sizeof BIG - 1, "A\u00fc\u0142\u20ac\U0001F427\n");
    reads("deep/a.txt", BIG, 2, "");
    /* Cut within a unit, within a pair; a half of one alone. */
    reads("a.txt", LITTLE, 5, "A");
    reads("a.txt", LITTLE, 12, "A\u00fc\u0142\u20ac\uFFFD");
    reads("a.txt",
          "\xff\xfe\x27\xdc"
          "A\0",
          6, "\uFFFDA");
    reads("a.txt",
          "\xff\xfe\x3d\xd8"
          "A\0",
          6, "\uFFFDA");
}

TEST_CASE(windows_1252_is_read_of_tables)
{
    reads("a.csv", "M\xfcller \x96 \x80\x9f\x81\r\n", 14,
          "M\u00fcller \u2013 \u20ac\u0178\uFFFD\r\n");
    reads("a.csv", "M\u00fcller", 7, "M\u00fcller");
    reads("a.csv", "", 0, "");
}

TEST_CASE(others_stay_as_they_are)
{
    reads("a.txt", "caf\xe9", 4, "caf\xe9");
    reads("a.lua", "return '\xe9'", 10, "return '\xe9'");
    reads("a.lua", "\xff\xfe", 2, "\xff\xfe");
    reads(".csv", "\xe9", 1, "\xe9");
    reads("a.txt", "\xff", 1, "\xff");
}

/* Whatever the bytes: UTF-8 comes out, and no more than there is room for. */
TEST_CASE(any_bytes_are_read)
{
    uint32_t random = 7;

    for (int round = 0; round < 20000; round++) {
        size_t len = 2 + (size_t)round % 40;
        char *text = malloc(len + 1);

        assert_non_null(text);
        for (size_t i = 0; i < len; i++) {
            random = random * 1664525 + 1013904223;
            text[i] = (char)(random >> 24);
        }
        text[len] = '\0';
        if (round % 2)
            memcpy(text, round % 4 == 1 ? "\xff\xfe" : "\xfe\xff", 2);
        assert_int_equal(hs_encoding_to_utf8("a.csv", &text, &len), 0);
        assert_true(hs_utf8_valid(text, len));
        assert_int_equal(text[len], '\0');
        free(text);
    }
}

int main(void)
{
    return cmocka_run_group_tests(tests, NULL, NULL);
}
