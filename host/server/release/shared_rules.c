/* shared_rules.c: one version of the rules for all hosts of a database. */
#include "server/release/shared_rules.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/config/database_name.h"
#include "base/log.h"
#include "lib/files/folder.h"
#include "lib/files/text_file.h"
#include "script/rule_vm/rule_vm.h"
#include "script/trial.h"
#include "server/release/folder_watch.h"
#include "store/store.h"

#define KEPT "rules_kept"
#define UNWRITTEN "rules_unwritten"
#define PATH_SIZE 1024
#define MOST_COPIES 100 /* of one file in a second */
#define WRITE_AGAIN_MS 2000
#define SAVED "saved" /* by a hand, since the folder was read */
#define MOST_TRIES 3

void hs_shared_rules_open(struct hs_shared_rules *shared,
                          const struct hs_server *server)
{
    size_t len;

    *shared = (struct hs_shared_rules){
        .on = server->store && hs_database_is_url(server->config->database)};
    (void)gethostname(shared->host, 200);
    len = strlen(shared->host);
    (void)snprintf(shared->host + len, sizeof shared->host - len, ":%d",
                   server->port);
    shared->unwritten =
        (struct hs_alert){.kind = UNWRITTEN, .subject = shared->host};
}

static void say(struct hs_script_error *err, const char *code,
                const char *message)
{
    *err = (struct hs_script_error){.source = HS_RULE_FILE};
    (void)snprintf(err->code, sizeof err->code, "%s", code);
    (void)snprintf(err->message, sizeof err->message, "%s", message);
}

/* An answer that was lost: is it what the database holds? */
static int is_there(struct hs_shared_rules *shared,
                    const struct hs_server *server, const char *hash)
{
    struct hs_current now;
    struct hs_error err;
    int found = 0;

    if (hs_current_read(server->store, &now, &err) == 0 && now.seq > 0 &&
        strcmp(now.hash, hash) == 0) {
        shared->seq = now.seq;
        found = 1;
    }
    hs_version_files_free(&now.files);
    return found;
}

/* The folder has what is live. */
static void settle(struct hs_shared_rules *shared)
{
    shared->owed = 0;
    shared->unread = 0;
    shared->ignored[0] = shared->lacks[0] = '\0';
}

enum hs_share_result hs_shared_rules_publish(struct hs_shared_rules *shared,
                                             const struct hs_server *server,
                                             const struct hs_bundle *bundle,
                                             struct hs_script_error *err)
{
    char hash[65];
    struct hs_error why = {0};
    int rc;

    if (!shared->on)
        return HS_SHARE_DONE;
    if (hs_current_hash(bundle, hash) != 0) {
        say(err, HS_TRIAL_WAITING, "memory ran short");
        return HS_SHARE_REFUSED;
    }
    if (shared->unread) {
        memcpy(shared->ignored, hash, sizeof hash);
        shared->unread = 0;
    }
    if (strcmp(hash, shared->ignored) == 0)
        return HS_SHARE_IGNORED;
    if (strcmp(hash, shared->hash) == 0) {
        settle(shared);
        return HS_SHARE_DONE;
    }
    rc = hs_current_publish(server->store, bundle, shared->host, &shared->seq,
                            &why);
    if (rc > 0 || (rc == 0 && is_there(shared, server, hash))) {
        memcpy(shared->hash, hash, sizeof hash);
        settle(shared);
        return HS_SHARE_DONE;
    }
    if (rc == 0)
        say(err, "conflict",
            "not live: another host changed the rules at the same time, and "
            "its rules are live on all hosts");
    else
        say(err, HS_TRIAL_WAITING,
            "waiting, not live on any host: the database can't be written. "
            "It is tried again every second");
    return HS_SHARE_REFUSED;
}

void hs_shared_rules_reconsider(struct hs_shared_rules *shared)
{
    shared->refused = 0;
    shared->looked = 0;
}

int hs_shared_rules_look(struct hs_shared_rules *shared,
                         const struct hs_server *server, struct hs_current *now,
                         struct hs_error *err)
{
    uint64_t generation;

    *now = (struct hs_current){0};
    if (!shared->on)
        return 0;
    generation = hs_store_generation(server->store, HS_SETTINGS);
    if (generation == shared->looked)
        return 0;
    if (hs_current_read(server->store, now, err) != 0)
        return -1;
    shared->looked = generation;
    shared->empty = now->seq == 0;
    if (now->seq > 0 && now->seq != shared->seq && now->seq != shared->refused)
        return 1;
    hs_version_files_free(&now->files);
    return 0;
}

/* ---- the folder ---- */

static const struct hs_bundle_text *find(const struct hs_version_files *files,
                                         const char *name)
{
    for (size_t i = 0; i < files->count; i++) {
        if (strcmp(files->texts[i].name, name) == 0)
            return &files->texts[i];
    }
    return NULL;
}

static int holds(const char *path, const struct hs_bundle_text *text)
{
    FILE *file = fopen(path, "re");
    char *read = malloc(text->len + 1);
    int same = file && read &&
               fread(read, 1, text->len + 1, file) == text->len &&
               memcmp(read, text->text, text->len) == 0;

    free(read);
    if (file)
        (void)fclose(file);
    return same;
}

/* Has a text of `folder` been kept before, such as when the folder couldn't be
 * written? */
static int is_kept(const char *folder, const struct hs_bundle_text *old)
{
    char prefix[HS_FOLDER_NAME_MAX + 16], path[PATH_SIZE + 256];
    size_t len =
        (size_t)snprintf(prefix, sizeof prefix, "%s.local-", old->name);
    DIR *dir = opendir(folder);
    struct dirent *entry;
    int found = 0;

    /* The DIR is this function's own: readdir is safe. */
    while (dir && !found && (entry = readdir(dir))) { /* NOLINT */
        if (strncmp(entry->d_name, prefix, len) != 0)
            continue;
        (void)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        found = holds(path, old);
    }
    if (dir)
        (void)closedir(dir);
    return found;
}

/* Nobody else has this text. Two copies of one second get names of their own.
 */
static int keep_local(const char *path, const struct hs_bundle_text *old,
                      struct hs_buf *kept, struct hs_error *err)
{
    char copy[PATH_SIZE + 64], date[32];
    size_t from = strlen(path) - strlen(old->name);
    struct tm when;
    time_t now = time(NULL);
    int n = 1;

    (void)gmtime_r(&now, &when);
    (void)strftime(date, sizeof date, "%Y-%m-%d-%H%M%S", &when);
    (void)snprintf(copy, sizeof copy, "%s.local-%s", path, date);
    while (access(copy, F_OK) == 0 && n < MOST_COPIES)
        (void)snprintf(copy, sizeof copy, "%s.local-%s-%d", path, date, ++n);
    if (hs_text_file_make(copy, old->text, old->len) != 0)
        return hs_error_set(err, "io", "cannot write %s: %s", copy,
                            strerrordesc_np(errno));
    (void)hs_buf_printf(kept, "%s%s", kept->len ? ", " : "", copy + from);
    return 0;
}

static int same(const struct hs_bundle_text *a, const struct hs_bundle_text *b)
{
    return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}

/* One file of the folder, before the others' take its place. */
static int clear_way(const struct hs_server *server,
                     const struct hs_bundle_text *old,
                     const struct hs_version_files *files, struct hs_buf *kept,
                     struct hs_error *err)
{
    const struct hs_bundle_text *new = find(files, old->name);
    char path[PATH_SIZE];

    if (!hs_version_is_teams(old) || (new &&same(new, old)))
        return 0;
    (void)snprintf(path, sizeof path, "%s/%s", server->config->lua, old->name);
    if (!hs_version_was_live(server->store, old->text, old->len) &&
        !is_kept(server->config->lua, old) &&
        keep_local(path, old, kept, err) != 0)
        return -1;
    return new ? 0 : hs_text_file_remove(path, err);
}

/* A file of the folder, as long as that is there. */
static struct hs_bundle_text file_of(const struct hs_folder *folder, size_t i)
{
    struct hs_bundle_text file = {0};

    file.name = hs_folder_file(folder, i, &file.text, &file.len);
    return file;
}

static int has(const struct hs_folder *folder,
               const struct hs_bundle_text *file)
{
    for (size_t i = 0; i < hs_folder_count(folder); i++) {
        struct hs_bundle_text old = file_of(folder, i);

        if (strcmp(old.name, file->name) == 0)
            return same(&old, file);
    }
    return 0;
}

/* The folder as it was read, and which of its files are replaced. */
struct basis {
    const char *path;
    const struct hs_folder *folder;
    const struct hs_text_file *list;
    size_t count;
};

static const char *text_in(const struct hs_folder *folder, const char *name,
                           size_t *len)
{
    for (size_t i = 0; i < hs_folder_count(folder); i++) {
        struct hs_bundle_text file = file_of(folder, i);

        *len = file.len;
        if (strcmp(file.name, name) == 0)
            return file.text;
    }
    *len = 0;
    return NULL;
}

static int is_as_read(void *ctx, struct hs_error *err)
{
    const struct basis *basis = ctx;
    char source[HS_FOLDER_NAME_MAX + 1] = "";
    struct hs_folder *now =
        hs_folder_read(basis->path, HS_FOLDER_HURRY, NULL, source, err);
    int rc = now ? 0 : -1;

    for (size_t i = 0; rc == 0 && i < basis->count; i++) {
        const char *name = basis->list[i].name;
        size_t before, after;
        const char *old = text_in(basis->folder, name, &before);
        const char *text = text_in(now, name, &after);

        if (text && (!old || before != after || memcmp(old, text, after) != 0))
            rc = hs_error_set(err, SAVED, "%s was saved meanwhile", name);
    }
    hs_folder_free(now);
    return rc;
}

/* The files that differ. */
static int write_files(const struct hs_server *server,
                       const struct hs_folder *folder,
                       const struct hs_version_files *files,
                       struct hs_error *err)
{
    struct hs_text_file *list = calloc(files->count + 1, sizeof *list);
    struct basis basis = {
        .path = server->config->lua, .folder = folder, .list = list};
    size_t count = 0;
    int rc;

    if (!list)
        return hs_no_memory(err);
    for (size_t i = 0; i < files->count; i++) {
        const struct hs_bundle_text *file = &files->texts[i];

        if (!has(folder, file))
            list[count++] = (struct hs_text_file){
                .name = file->name, .text = file->text, .len = file->len};
    }
    basis.count = count;
    rc = count ? hs_text_files_replace(server->config->lua, list, count,
                                       is_as_read, &basis, err)
               : 0;
    free(list);
    return rc;
}

/* Does the folder hold what it held when it couldn't be written? */
static int is_left(const struct hs_shared_rules *shared,
                   const struct hs_folder *folder)
{
    char hash[65];

    return shared->unread || (hs_current_hash_folder(folder, hash) == 0 &&
                              strcmp(hash, shared->ignored) == 0);
}

/* 0; 1 if `again` is set and the folder has been edited; -1 and `err`. */
static int write_folder(const struct hs_shared_rules *shared,
                        const struct hs_server *server,
                        const struct hs_version_files *files, int again,
                        struct hs_buf *kept, struct hs_error *err)
{
    char source[HS_FOLDER_NAME_MAX + 1] = "";
    struct hs_folder *folder =
        hs_folder_read(server->config->lua, HS_FOLDER_HURRY, NULL, source, err);
    int rc = folder ? 0 : -1;

    if (rc == 0 && again && !is_left(shared, folder))
        rc = 1;
    for (size_t i = 0; rc == 0 && i < hs_folder_count(folder); i++) {
        struct hs_bundle_text old = file_of(folder, i);

        rc = clear_way(server, &old, files, kept, err);
    }
    if (rc == 0)
        rc = write_files(server, folder, files, err);
    hs_folder_free(folder);
    return rc;
}

/* What the folder holds isn't an edit: it couldn't be written. */
static void note_unwritten(struct hs_shared_rules *shared,
                           const struct hs_server *server,
                           const struct hs_current *now,
                           const struct hs_error *why)
{
    char source[HS_FOLDER_NAME_MAX + 1] = "";
    struct hs_error err;
    struct hs_folder *folder = hs_folder_read(
        server->config->lua, HS_FOLDER_HURRY, NULL, source, &err);

    shared->unread =
        !folder || hs_current_hash_folder(folder, shared->ignored) != 0;
    hs_folder_free(folder);
    shared->write_at = hs_monotonic_ms() + WRITE_AGAIN_MS;
    if (shared->owed == now->seq)
        return;
    shared->owed = now->seq;
    (void)snprintf(shared->lacks, sizeof shared->lacks,
                   "The rules from %s are live here, but aren't in the folder: "
                   "%s; trying again",
                   now->by_host, why->message);
    hs_log(HS_LOG_WARN, UNWRITTEN, HS_S("message", shared->lacks));
}

static void note_kept(struct hs_shared_rules *shared,
                      const struct hs_current *now, const char *names)
{
    (void)snprintf(shared->kept, sizeof shared->kept,
                   "Replaced by the rules from %s, and kept on %s: %s",
                   now->by_host, shared->host, names);
    hs_log(HS_LOG_WARN, KEPT, HS_S("message", shared->kept));
}

static void write_now(struct hs_shared_rules *shared,
                      const struct hs_server *server,
                      const struct hs_current *now, int again)
{
    struct hs_buf kept = {0};
    struct hs_error err = {0};
    int rc, tries = 0;

    hs_folder_watch_looks(1);
    do
        rc = write_folder(shared, server, &now->files, again, &kept, &err);
    while (rc < 0 && strcmp(err.code, SAVED) == 0 && ++tries < MOST_TRIES);
    if (rc < 0)
        note_unwritten(shared, server, now, &err);
    else if (rc == 0)
        settle(shared);
    hs_folder_watch_looks(0);
    if (kept.len > 0)
        note_kept(shared, now, kept.data);
    hs_buf_free(&kept);
}

void hs_shared_rules_write(struct hs_shared_rules *shared,
                           const struct hs_server *server,
                           const struct hs_current *now)
{
    write_now(shared, server, now, 0);
    hs_shared_rules_tell(shared, server);
}

void hs_shared_rules_write_again(struct hs_shared_rules *shared,
                                 const struct hs_server *server)
{
    struct hs_current now;
    struct hs_error err;

    if (!shared->owed || hs_monotonic_ms() < shared->write_at)
        return;
    shared->write_at = hs_monotonic_ms() + WRITE_AGAIN_MS;
    if (hs_current_read(server->store, &now, &err) == 0 &&
        now.seq == shared->owed)
        write_now(shared, server, &now, 1);
    hs_version_files_free(&now.files);
}

void hs_shared_rules_tell(struct hs_shared_rules *shared,
                          const struct hs_server *server)
{
    struct hs_error err;

    if (!shared->on)
        return;
    hs_alert_keep(server->store, &shared->unwritten, shared->lacks);
    if (shared->kept[0] && hs_alert_raise(server->store, KEPT, shared->host,
                                          shared->kept, &err) == 0)
        shared->kept[0] = '\0';
}
