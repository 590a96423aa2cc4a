/* fetch_address.c: which addresses a URL from a script may lead to. The
 * resolved address is checked, so neither spelling nor DNS gets around it. */
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/fetch.h"

/* IANA's special-purpose IPv4 blocks, and multicast and reserved space. */
static const struct {
    uint32_t network;
    int bits;
} refused[] = {
    {0x00000000, 8},  /* this network */
    {0x0A000000, 8},  /* private */
    {0x64400000, 10}, /* carrier-grade NAT */
    {0x7F000000, 8},  /* loopback */
    {0xA9FE0000, 16}, /* link-local: cloud metadata */
    {0xAC100000, 12}, /* private */
    {0xC0000000, 24}, /* protocol assignments */
    {0xC0000200, 24}, /* documentation */
    {0xC0586300, 24}, /* 6to4 relays */
    {0xC0A80000, 16}, /* private */
    {0xC6120000, 15}, /* benchmarks */
    {0xC6336400, 24}, /* documentation */
    {0xCB007100, 24}, /* documentation */
    {0xE0000000, 4},  /* multicast */
    {0xF0000000, 4},  /* reserved, broadcast */
};

static int v4_is_public(uint32_t address)
{
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        uint32_t mask = UINT32_MAX << (32 - refused[i].bits);

        if ((address & mask) == refused[i].network)
            return 0;
    }
    return 1;
}

static uint32_t big32(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 |
           p[3];
}

static int v6_is_public(const unsigned char a[16])
{
    static const unsigned char mapped[12] = {0, 0, 0, 0, 0,    0,
                                             0, 0, 0, 0, 0xFF, 0xFF};
    static const unsigned char nat64[12] = {0, 0x64, 0xFF, 0x9B};
    uint32_t top = big32(a);

    /* Forms of an IPv4 address are judged like that address. */
    if (memcmp(a, mapped, 12) == 0 || memcmp(a, nat64, 12) == 0)
        return v4_is_public(big32(a + 12));
    if (top >> 16 == 0x2002) /* 6to4 */
        return v4_is_public(big32(a + 2));
    /* Otherwise only global unicast, 2000::/3: no ::1, fc00::, fe80::, ff00::
     */
    if (top >> 29 != 1)
        return 0;
    return top >> 9 != 0x20010000 >> 9 && /* 2001::/23: Teredo, ORCHID, … */
           top != 0x20010DB8 &&           /* documentation */
           top >> 12 != 0x3FFF0000 >> 12; /* documentation */
}

int hs_address_is_public(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in v4;

        memcpy(&v4, address, sizeof v4);
        return v4_is_public(ntohl(v4.sin_addr.s_addr));
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;

        memcpy(&v6, address, sizeof v6);
        return v6_is_public(v6.sin6_addr.s6_addr);
    }
    return 0;
}
