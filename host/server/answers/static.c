/* static.c: the console's files, from the folder `web`. */
#include "server/answers/static.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hex.h"
#include "lib/files/disk_turns.h"
#include "server/answers/header_text.h"
#include "server/answers/reply.h"

#define DEPTH_MAX 8
#define FILES_MAX 4096
#define SIZE_MAX_SERVED (32L << 20)
#define PATH_SIZE 1024
#define KEEP_BYTES (256U << 10) /* a larger buffer is given back */
#define HEADERS_SIZE 1024
#define LIST_MS 2000 /* a start waits so long for the list */
/* Where Twilio's browser library connects: an edge, and the event gateway of
 * the account's region. */
#define FIRST_REGION "us1"
#define TWILIO_CONNECT                                                         \
    " wss://voice-js.roaming.twilio.com wss://*.twilio.com"                    \
    " https://eventgw.%s.twilio.com"                                           \
    " https://eventgw.twilio.com https://sdk.twilio.com"
#define POLICY                                                                 \
    "Content-Security-Policy: default-src 'self'; connect-src "                \
    "'self'" TWILIO_CONNECT                                                    \
    "; media-src 'self' https://sdk.twilio.com blob:; "                        \
    "img-src 'self' data:; object-src 'none'; base-uri 'none'; "               \
    "form-action 'self'; frame-ancestors 'none'\r\n"                           \
    "Permissions-Policy: microphone=(self), camera=(), geolocation=()\r\n"

enum encoding { PLAIN, GZIP, BROTLI, ENCODINGS };

struct file {
    char *path;            /* as requested: "/assets/app-4f2a9c1e.js" */
    char *disk[ENCODINGS]; /* the file; NULL: not in that encoding */
};

struct hs_static {
    struct file *files; /* sorted by path */
    size_t count;
};

static const char *const suffixes[ENCODINGS] = {"", ".gz", ".br"};
static const char *const codings[ENCODINGS] = {"", "gzip", "br"};

static const char welcome[] =
    "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
    "<title>Hookswitch</title>\n"
    "<h1>Hookswitch is running</h1>\n"
    "<p>It answers the webhooks of your Twilio numbers: who rings, when it "
    "goes to voicemail, what is recorded and what is logged.</p>\n"
    "<p>The web console has not been built: its folder (<code>web</code> in "
    "app.conf) has no index.html.</p>\n"
    "<ul>\n<li><a href=\"/readyz\">/readyz</a>: can it take calls, and if "
    "not, why</li>\n<li><a href=\"/healthz\">/healthz</a>: version and "
    "rules</li>\n</ul>\n";

/* ---- the list ---- */

static int compare_files(const void *left, const void *right)
{
    return strcmp(((const struct file *)left)->path,
                  ((const struct file *)right)->path);
}

static void free_file(struct file *file)
{
    free(file->path);
    for (int i = 0; i < ENCODINGS; i++)
        free(file->disk[i]);
}

static void close_list(struct hs_static *files)
{
    if (!files)
        return;
    for (size_t i = 0; i < files->count; i++)
        free_file(&files->files[i]);
    free(files->files);
    free(files);
}

/* Names that need no escape in a URL; hidden files aren't served. */
static int name_is_plain(const char *name)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

    return name[0] != '.' && strspn(name, plain) == strlen(name);
}

static int add_file(struct hs_static *files, const char *disk, const char *path)
{
    struct file file = {.path = strdup(path), .disk = {strdup(disk)}};
    struct file *grown =
        realloc(files->files, (files->count + 1) * sizeof *grown);

    if (grown)
        files->files = grown;
    if (!grown || !file.path || !file.disk[PLAIN]) {
        free_file(&file);
        return -1;
    }
    files->files[files->count++] = file;
    return 0;
}

/* List everything below `root` + `below`; links aren't followed. */
static int list(struct hs_static *files, const char *root, const char *below,
                int depth)
{
    char disk[PATH_SIZE];
    char path[PATH_SIZE];
    DIR *folder;
    int failed = 0;

    snprintf(disk, sizeof disk, "%s%s", root, below);
    folder = opendir(disk);
    if (!folder)
        return -1;
    for (const struct dirent *entry;
         /* NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is ours alone */
         !failed && (entry = readdir(folder)) && files->count < FILES_MAX;) {
        int len = snprintf(path, sizeof path, "%s/%s", below, entry->d_name);
        struct stat info;

        if (!name_is_plain(entry->d_name) || len >= (int)sizeof path)
            continue;
        len = snprintf(disk, sizeof disk, "%s%s", root, path);
        if (len >= (int)sizeof disk || lstat(disk, &info) != 0)
            continue;
        if (S_ISDIR(info.st_mode) && depth > 0)
            failed = list(files, root, path, depth - 1);
        else if (S_ISREG(info.st_mode) && info.st_size <= SIZE_MAX_SERVED)
            failed = add_file(files, disk, path);
    }
    closedir(folder);
    return failed;
}

static struct file *find(const struct hs_static *files, const char *path)
{
    struct file key = {.path = (char *)(uintptr_t)path};

    return bsearch(&key, files->files, files->count, sizeof key, compare_files);
}

/* Give "x.js" its "x.js.gz" and "x.js.br". */
static void attach_encodings(struct hs_static *files)
{
    char path[PATH_SIZE];

    for (size_t i = 0; i < files->count; i++) {
        for (int encoding = GZIP; encoding < ENCODINGS; encoding++) {
            const struct file *packed;

            snprintf(path, sizeof path, "%s%s", files->files[i].path,
                     suffixes[encoding]);
            packed = find(files, path);
            if (packed)
                files->files[i].disk[encoding] = strdup(packed->disk[PLAIN]);
        }
    }
}

static struct hs_static *list_all(const char *folder)
{
    struct hs_static *files = calloc(1, sizeof *files);

    if (!files)
        return NULL;
    if (list(files, folder, "", DEPTH_MAX) != 0)
        goto none;
    if (files->count == 0)
        goto none;
    qsort(files->files, files->count, sizeof *files->files, compare_files);
    if (!find(files, "/index.html"))
        goto none;
    attach_encodings(files);
    return files;

none:
    close_list(files);
    return NULL;
}

/* ---- a folder that may not answer ----
 *
 * The list is made in a thread of its own, and few workers read at a time: the
 * others answer calls. */

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct hs_server *server; /* NULL: nobody wants the list any more */
    int listed;
} listing = {.lock = PTHREAD_MUTEX_INITIALIZER,
             .changed = PTHREAD_COND_INITIALIZER};
static struct hs_disk_turns readers = HS_DISK_TURNS;

static void *list_it(void *folder)
{
    struct hs_static *files = list_all(folder);

    free(folder);
    pthread_mutex_lock(&listing.lock);
    if (listing.server) {
        atomic_store(&listing.server->files, files);
        files = NULL;
    }
    listing.listed = 1;
    pthread_cond_broadcast(&listing.changed);
    pthread_mutex_unlock(&listing.lock);
    close_list(files);
    return NULL;
}

/* Wait for something to change until then. With the lock held. */
static int wait_until(int64_t until)
{
    struct timespec at = {.tv_sec = until / 1000,
                          .tv_nsec = (long)(until % 1000) * 1000000};

    if (hs_monotonic_ms() >= until)
        return 0;
    (void)pthread_cond_clockwait(&listing.changed, &listing.lock,
                                 CLOCK_MONOTONIC, &at);
    return 1;
}

void hs_static_start(struct hs_server *server)
{
    int64_t until = hs_monotonic_ms() + LIST_MS;
    char *folder = strdup(server->config->web);
    pthread_t thread;

    pthread_mutex_lock(&listing.lock);
    listing.server = server;
    listing.listed = 0;
    if (folder && pthread_create(&thread, NULL, list_it, folder) == 0)
        pthread_detach(thread);
    else
        free(folder);
    while (!listing.listed && wait_until(until))
        ;
    pthread_mutex_unlock(&listing.lock);
}

void hs_static_stop(struct hs_server *server)
{
    pthread_mutex_lock(&listing.lock);
    listing.server = NULL;
    pthread_mutex_unlock(&listing.lock);
    close_list(atomic_exchange(&server->files, NULL));
}

/* ---- an answer ---- */

static const char *type_of(const char *path)
{
    static const struct {
        const char *extension, *type;
    } types[] = {{".html", "text/html; charset=utf-8"},
                 {".js", "text/javascript; charset=utf-8"},
                 {".css", "text/css; charset=utf-8"},
                 {".json", "application/json; charset=utf-8"},
                 {".map", "application/json; charset=utf-8"},
                 {".webmanifest", "application/manifest+json"},
                 {".txt", "text/plain; charset=utf-8"},
                 {".svg", "image/svg+xml"},
                 {".png", "image/png"},
                 {".jpg", "image/jpeg"},
                 {".ico", "image/x-icon"},
                 {".woff2", "font/woff2"},
                 {".wasm", "application/wasm"},
                 {".wav", "audio/wav"},
                 {".mp3", "audio/mpeg"}};
    const char *dot = strrchr(path, '.');

    for (size_t i = 0; dot && i < sizeof types / sizeof types[0]; i++) {
        if (strcmp(dot, types[i].extension) == 0)
            return types[i].type;
    }
    return "application/octet-stream";
}

/* "/assets/name-<8 or more of hash>.ext": its content never changes. */
static int is_hashed(const char *path)
{
    static const char hash[] = "abcdefghijklmnopqrstuvwxyz"
                               "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    const char *dash = strrchr(path, '-');
    size_t len = dash ? strspn(dash + 1, hash) : 0;

    return strncmp(path, "/assets/", 8) == 0 && len >= 8 &&
           dash[1 + len] == '.';
}

/* Does Accept-Encoding allow `coding` (not with q=0)? */
static int accepts(const char *header, const char *coding)
{
    size_t want = strlen(coding);

    while (header && *header) {
        size_t len;

        header += strspn(header, " \t,");
        len = strcspn(header, ",");
        if (strncmp(header, coding, want) == 0 && len >= want &&
            strchr(" \t;,", header[want])) {
            const char *q = memmem(header, len, "q=", 2);

            return !q || strtod(q + 2, NULL) > 0;
        }
        header += len;
    }
    return 0;
}

static enum encoding choose_encoding(const struct hs_request *request,
                                     const struct file *file)
{
    const char *header = hs_header(request, "Accept-Encoding");

    if (file->disk[BROTLI] && accepts(header, codings[BROTLI]))
        return BROTLI;
    return file->disk[GZIP] && accepts(header, codings[GZIP]) ? GZIP : PLAIN;
}

/* Read a whole file into `out`; `info` receives its stat. 0 or -1. */
static int read_file(const char *disk, struct stat *info, struct hs_buf *out)
{
    int fd = open(disk, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    char part[16384];
    ssize_t got = -1;

    if (fd < 0)
        return -1;
    hs_buf_clear(out);
    if (fstat(fd, info) == 0 && S_ISREG(info->st_mode)) {
        while ((got = read(fd, part, sizeof part)) > 0) {
            if (hs_buf_add(out, part, (size_t)got) != 0)
                break;
        }
    }
    close(fd);
    return got == 0 && out->len <= SIZE_MAX_SERVED ? 0 : -1;
}

static int has_tag(const struct hs_request *request, const char *tag)
{
    const char *header = hs_header(request, "If-None-Match");

    return header && (strcmp(header, "*") == 0 || strstr(header, tag));
}

static int send_file(struct hs_request *request, const struct file *file)
{
    struct hs_buf *content = &request->worker->answer;
    const char *region = request->server->config->twilio_region;
    enum encoding encoding = choose_encoding(request, file);
    char tag[64];
    char headers[HEADERS_SIZE];
    struct hs_reply reply = {.status = 200,
                             .type = type_of(file->path),
                             .headers = headers,
                             .own_cache = 1,
                             .own_policy = 1};
    struct stat info;
    int failed;

    if (!hs_disk_turn_begin(&readers, (int)request->server->config->workers)) {
        hs_reply_error(request, 503, "disk",
                       "The console's folder doesn't answer.", NULL);
        return 1;
    }
    failed = read_file(file->disk[encoding], &info, content);
    hs_disk_turn_end(&readers);
    if (failed)
        return 0;
    snprintf(tag, sizeof tag, "\"%llx-%llx%s\"",
             (unsigned long long)info.st_mtim.tv_sec * 1000000000ULL +
                 (unsigned long long)info.st_mtim.tv_nsec,
             (unsigned long long)info.st_size, codings[encoding]);
    snprintf(headers, sizeof headers,
             "ETag: %s\r\nVary: Accept-Encoding\r\n"
             "Cache-Control: %s\r\n%s%s%s" POLICY,
             tag,
             is_hashed(file->path) ? "public, max-age=31536000, immutable"
                                   : "no-cache",
             encoding ? "Content-Encoding: " : "", codings[encoding],
             encoding ? "\r\n" : "", region[0] ? region : FIRST_REGION);
    reply.body = content->data ? content->data : "";
    reply.len = content->len;
    if (has_tag(request, tag))
        reply.status = 304;
    hs_reply_send(request, &reply);
    if (content->cap > KEEP_BYTES)
        hs_buf_free(content);
    return 1;
}

/* The API's paths, where a page would hide a mistake. */
static int is_api(const char *path)
{
    return strncmp(path, "/api", 4) == 0 && (!path[4] || path[4] == '/');
}

/* Every escape stands for a letter, a digit or the + of a number: nothing that
 * could lead elsewhere. */
static int is_harmless(const char *path)
{
    for (const char *at = strchr(path, '%'); at; at = strchr(at + 1, '%')) {
        int high = hs_hex_digit(at[1]);
        int low = high < 0 ? -1 : hs_hex_digit(at[2]);

        if (low < 0 || (high << 4 | low) >= 0x80 ||
            (!isalnum(high << 4 | low) && (high << 4 | low) != '+'))
            return 0;
    }
    return !strchr(path, '\\');
}

/* Paths where a browser gets the console. */
static int is_page(const struct hs_request *request)
{
    const char *accept = hs_header(request, "Accept");
    const char *last = strrchr(request->path, '/');

    if (strcmp(request->path, "/") == 0)
        return 1;
    return accept && strstr(accept, "text/html") && !is_api(request->path) &&
           is_harmless(request->path) && !strstr(request->path, "//") &&
           !strstr(request->path, "/.") && last[1] && !strchr(last, '.');
}

int hs_static_answer(struct hs_request *request)
{
    const struct hs_static *files = atomic_load(&request->server->files);
    const struct file *file = NULL;
    struct hs_reply reply = {.status = 200,
                             .type = "text/html; charset=utf-8",
                             .body = welcome,
                             .len = sizeof welcome - 1};

    if (request->method != HS_GET && request->method != HS_HEAD)
        return 0;
    if (!files) {
        if (strcmp(request->path, "/") != 0)
            return 0;
        hs_reply_send(request, &reply);
        return 1;
    }
    file = find(files, request->path);
    if (!file && is_page(request))
        file = find(files, "/index.html");
    return file && send_file(request, file);
}
