/* hex.h: the value of a hexadecimal digit. */
#ifndef HS_HEX_H
#define HS_HEX_H

/* 0 to 15; -1 for anything else. */
static inline int hs_hex_digit(int c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

#endif
