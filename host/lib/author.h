/* author.h: who wrote the files of a folder. */
#ifndef HS_AUTHOR_H
#define HS_AUTHOR_H

#include <stdint.h>
#include <sys/types.h>

struct hs_author {
    char name[128]; /* "" = not known */
    char kind[8];   /* "git" or "os" */
    char note[256]; /* the title of the commit, or "" */
};

/* Of the newest file of the team at the top of `folder`: when it lies in a git
 * repository whose HEAD moved after the file was written, the author that this
 * move names; or else the user who owns the file. Reads files only, no program
 * is run. Any thread. */
void hs_author_find(const char *folder, struct hs_author *out);
/* A user of the system. Any thread. */
void hs_author_user(uid_t uid, struct hs_author *out);
/* When the HEAD of the folder's repository moved last, in ns; 0 without one. */
int64_t hs_author_moved(const char *folder);

#endif
