/* encoding.h: texts of spreadsheets, which aren't always UTF-8. */
#ifndef HS_ENCODING_H
#define HS_ENCODING_H

#include <stddef.h>

/* Turn a text into UTF-8: one in UTF-16 that says so with a byte order mark,
 * and, of a table (its name ends in .csv), one in Windows-1252. What can't be
 * read becomes U+FFFD. `*text` is on the heap, with a NUL behind it, and may be
 * replaced; any other text stays as it is. 0, or -1 if memory ran out. */
int hs_encoding_to_utf8(const char *name, char **text, size_t *len);

#endif
