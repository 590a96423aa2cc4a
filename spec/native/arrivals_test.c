/* arrivals_test.c: when a request that comes in pieces is worth a worker. */

#include "server/civetweb/arrivals.h"
#include "server/server.h"
#include "test.h"

#define HEAD "POST /api/x HTTP/1.1\r\nHost: a\r\n"

/* The first `len` bytes in memory of exactly that size: under a sanitizer a
 * byte too far is seen. */
static int is_whole(const char *bytes, size_t len)
{
    char *copy = malloc(len + !len);
    int whole;

    memcpy(copy, bytes, len);
    whole = hs_arrivals_is_whole(copy, len);
    free(copy);
    return whole;
}

/* Each cut at every byte. */
TEST_CASE(waits_for_the_last_byte)
{
    static const char *const all[] = {
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.0\r\n\r\n",
        HEAD "Content-Length: 0\r\n\r\n",
        HEAD "Content-Length: 5\r\n\r\nab\r\nc",
        HEAD "content-length:\t4\r\nX-Content-Length: 900\r\n\r\n\r\n\r\n",
        HEAD
        "X: Content-Length: 900\r\nCONTENT-LENGTH:0003\r\n\r\n\x00\x01\x02",
    };

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        size_t len = strlen(all[i]) + (i == 5 ? 3 : 0);

        for (size_t cut = 0; cut < len; cut++) {
            if (is_whole(all[i], cut))
                fail_msg("%zu bytes of %s", cut, all[i]);
        }
        assert_int_equal(is_whole(all[i], len), 1);
    }
}

/* What is refused whatever follows, and what a worker has to ask for. */
TEST_CASE(does_not_wait_in_vain)
{
    static const char *const all[] = {
        "\x16\x03\x01\x02",
        "\n",
        "GET / HTTP/1.1\n",
        HEAD "X: \x01",
        HEAD "Content-Length: 5\r\nContent-Length: 5\r\n\r\n",
        HEAD "Content-Length: -1\r\n\r\n",
        HEAD "Content-Length: +3\r\n\r\n",
        HEAD "Content-Length: 3,5\r\n\r\n",
        HEAD "Content-Length: 0x3\r\n\r\n",
        HEAD "Content-Length:\r\n\r\n",
        HEAD "Content-Length: \r\n 5\r\n\r\n",
        HEAD "Content-Length: 16384\r\n\r\n",
        HEAD "Content-Length: 99999999999999999999999\r\n\r\n",
        HEAD "Content-Length : 5\r\n\r\n",
        HEAD "Transfer-Encoding: chunked\r\n\r\n",
        HEAD "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n",
    };

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        int ended = strstr(all[i], "\r\n\r\n") != NULL;

        if (is_whole(all[i], strlen(all[i])) != (ended ? 1 : -1))
            fail_msg("%s", all[i]);
    }
}

TEST_CASE(waits_for_no_more_than_a_worker_reads)
{
    char header[HS_HEADER_BYTES];

    memset(header, 'x', sizeof header);
    assert_false(is_whole(header, sizeof header - 1));
    assert_int_equal(is_whole(header, sizeof header), -1);
}

int main(void)
{
    return cmocka_run_group_tests(tests, NULL, NULL);
}
