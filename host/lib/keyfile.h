/* keyfile.h: a random key that a file keeps. */
#ifndef HS_KEYFILE_H
#define HS_KEYFILE_H

#include "base/err.h"

#define HS_KEYFILE_BYTES 32

/* Read the key in the file at `path`. When there is no file, one is made, for
 * its owner only; of several processes that start at once, one makes it. With
 * `keep` = 0 nothing is written: without a file the key is a passing one.
 * 1 when others than the owner may read the file, else 0; -1 with `err`
 * ("key_file"). */
int hs_keyfile(const char *path, int keep, unsigned char out[HS_KEYFILE_BYTES],
               struct hs_error *err);

#endif
