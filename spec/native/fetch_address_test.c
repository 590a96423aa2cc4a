/* fetch_address_test.c: which addresses are nobody's business. */
#include <arpa/inet.h>
#include <netinet/in.h>

#include "lib/fetch.h"
#include "test.h"

static int is_public(const char *text)
{
    struct sockaddr_in four = {.sin_family = AF_INET};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};

    if (inet_pton(AF_INET, text, &four.sin_addr) == 1)
        return hs_address_is_public((struct sockaddr *)&four);
    assert_int_equal(inet_pton(AF_INET6, text, &six.sin6_addr), 1);
    return hs_address_is_public((struct sockaddr *)&six);
}

TEST_CASE(the_edges_of_the_ranges)
{
    static const char *const public[] = {
        "1.0.0.0",          "9.255.255.255",   "11.0.0.0",    "100.63.255.255",
        "100.128.0.0",      "126.255.255.255", "128.0.0.0",   "169.253.255.255",
        "169.255.0.0",      "172.15.255.255",  "172.32.0.0",  "192.0.1.0",
        "192.0.3.0",        "192.167.255.255", "192.169.0.0", "198.17.255.255",
        "198.20.0.0",       "223.255.255.255", "2000::1",     "2001:200::1",
        "2600::1",          "2a00::1",         "3ffe::1",     "::ffff:8.8.8.8",
        "64:ff9b::808:808", "2002:808:808::1",
    };
    static const char *const special[] = {
        "0.255.255.255",
        "10.255.255.255",
        "100.64.0.0",
        "100.127.255.255",
        "127.255.255.255",
        "169.254.0.0",
        "169.254.255.255",
        "172.16.0.0",
        "172.31.255.255",
        "192.0.0.255",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.0",
        "198.18.0.0",
        "198.19.255.255",
        "198.51.100.9",
        "203.0.113.9",
        "224.0.0.0",
        "239.255.255.255",
        "240.0.0.0",
        "255.255.255.255",
        "::",
        "::1",
        "::8.8.8.8",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "64:ff9b:1::808:808",
        "100::1",
        "2001::1",
        "2001:1ff::1",
        "2001:db8::1",
        "2002:a00:1::1",
        "3fff::1",
        "3fff:fff::1",
        "fc00::1",
        "fdff::1",
        "fe80::1",
        "febf::1",
        "fec0::1",
        "ff0e::1",
        "4000::1",
        "1fff::1",
        "5f00::1",
    };
    struct sockaddr local = {.sa_family = AF_UNIX};

    for (size_t i = 0; i < sizeof public / sizeof *public; i++) {
        if (!is_public(public[i]))
            fail_msg("%s was refused", public[i]);
    }
    for (size_t i = 0; i < sizeof special / sizeof *special; i++) {
        if (is_public(special[i]))
            fail_msg("%s was let through", special[i]);
    }
    assert_int_equal(hs_address_is_public(&local), 0);
}

int main(void)
{
    return cmocka_run_group_tests(tests, NULL, NULL);
}
