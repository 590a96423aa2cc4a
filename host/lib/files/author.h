/* author.h: who wrote the files of a folder. */
#ifndef HS_AUTHOR_H
#define HS_AUTHOR_H

#include <stdint.h>
#include <sys/types.h>

struct hs_author {
    char name[128]; /* "" = unknown */
    char kind[8];   /* "git" or "os" */
    char note[256]; /* the title of the commit, or "" */
};

/* The author of the team's newest file at the top of `folder`: if HEAD of its
 * git repository moved after the file was written, the author of that move;
 * otherwise the user who owns the file. Only reads files, runs no program. Any
 * thread. */
void hs_author_find(const char *folder, struct hs_author *out);
/* A user of the system. Any thread. */
void hs_author_user(uid_t uid, struct hs_author *out);
/* When HEAD of the folder's repository last moved, in ns; 0 without a
 * repository. */
int64_t hs_author_moved(const char *folder);

#endif
