/* keyfile.h: a random key in a file. */
#ifndef HS_KEYFILE_H
#define HS_KEYFILE_H

#include "base/err.h"

#define HS_KEYFILE_BYTES 32

/* Read the key in the file at `path`. A missing file is created, readable by
 * its owner only; if several processes start at once, one creates it. With
 * `keep` = 0 nothing is written: without a file the key is a temporary one. 1
 * if others than the owner may read the file, else 0; -1 with `err`
 * ("key_file"). */
int hs_keyfile(const char *path, int keep, unsigned char out[HS_KEYFILE_BYTES],
               struct hs_error *err);

#endif
