/* read.c: app.conf, .env and the environment, line by line. What is read
 * here is checked for its form only; config.c decides what it means. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/config/table.h"
#include "base/log.h"
#include "base/utf8.h"

#define LINE_MAX_BYTES 4096
#define FILE_MAX_BYTES (1 << 20)

/* One file being read. */
struct reader {
    struct hs_layer *layer;
    const char *label; /* as it is called in messages */
    int line;
    int rank;
    struct hs_error *err;
};

int hs_layer_new(struct hs_layer *layer, struct hs_error *err)
{
    layer->found =
        calloc(hs_setting_count * HS_SPELLINGS, sizeof *layer->found);
    if (!layer->found)
        hs_error_set(err, "memory", "out of memory");
    return layer->found ? 0 : -1;
}

void hs_layer_free(struct hs_layer *layer)
{
    for (size_t i = 0; layer->found && i < hs_setting_count * HS_SPELLINGS; i++)
        free(layer->found[i].value);
    free(layer->found);
    layer->found = NULL;
}

/* The end of a long path says more than its beginning. */
static const char *tail(const char *label)
{
    size_t len = strlen(label);

    return len > 100 ? label + len - 100 : label;
}

/* Lines are never quoted in messages: they may hold a secret. */
static int refuse(const struct reader *reader, const char *why)
{
    hs_error_set(reader->err, "config", "%s:%d: %s", tail(reader->label),
                 reader->line, why);
    return -1;
}

static int is_space(char byte)
{
    return byte == ' ' || byte == '\t';
}

/* Cut spaces off both ends, in place. */
static char *trim(char *text)
{
    size_t len;

    while (is_space(*text))
        text++;
    len = strlen(text);
    while (len > 0 && is_space(text[len - 1]))
        len--;
    text[len] = 0;
    return text;
}

/* NULL, or what is wrong with the bytes of a line. */
static const char *bad_bytes(const char *line, size_t len)
{
    if (len > LINE_MAX_BYTES)
        return "is longer than 4096 bytes";
    if (memchr(line, 0, len))
        return "holds a NUL byte";
    for (size_t i = 0; i < len; i++) {
        if (((unsigned char)line[i] < 0x20 && line[i] != '\t') ||
            line[i] == 0x7F)
            return "holds a control character";
    }
    return hs_utf8_valid(line, len) ? NULL : "is not valid UTF-8";
}

/* Keep a value under the name it had; `from` says where it was read. */
static int keep(struct hs_found *found, const char *name, const char *value,
                int rank, const char *from)
{
    char *copy = strdup(value);

    if (!copy)
        return -1;
    free(found->value);
    found->value = copy;
    (void)snprintf(found->name, sizeof found->name, "%s", name);
    found->rank = rank;
    (void)snprintf(found->from, sizeof found->from, "%s", from);
    return 0;
}

static int keep_line(struct reader *reader, struct hs_found *found,
                     const char *name, const char *value)
{
    char from[sizeof found->from];

    (void)snprintf(from, sizeof from, "%s:%d", tail(reader->label),
                   reader->line);
    if (keep(found, name, value, reader->rank, from) == 0)
        return 0;
    hs_error_set(reader->err, "memory", "out of memory");
    return -1;
}

static int refuse_duplicate(const struct reader *reader, const char *name,
                            const struct hs_found *first)
{
    hs_error_set(reader->err, "config", "%s:%d: %s is set twice, first at %s",
                 tail(reader->label), reader->line, name, first->from);
    return -1;
}

static int refuse_unknown(const struct reader *reader, const char *key)
{
    const char *near = hs_setting_near_key(key);
    struct hs_buf quoted = {0};

    if (hs_buf_add_json(&quoted, key, hs_utf8_cut(key, strnlen(key, 60))) != 0)
        hs_error_set(reader->err, "memory", "out of memory");
    else if (near)
        hs_error_set(reader->err, "config",
                     "%s:%d: unknown setting %s; did you mean %s?",
                     tail(reader->label), reader->line, quoted.data, near);
    else
        hs_error_set(reader->err, "config",
                     "%s:%d: unknown setting %s; `hookswitch config "
                     "--defaults` lists them",
                     tail(reader->label), reader->line, quoted.data);
    hs_buf_free(&quoted);
    return -1;
}

/* A value may stand in quotes, to begin or end with a space. NULL when a
 * quote is left open. */
static char *unquote(char *value)
{
    size_t len = strlen(value);
    char quote = value[0];

    if (quote != '"' && quote != '\'')
        return value;
    if (len < 2 || value[len - 1] != quote)
        return quote == '"' ? NULL : value; /* 'Tis Phones Ltd */
    if (memchr(value + 1, quote, len - 2))
        return NULL;
    value[len - 1] = 0;
    return value + 1;
}

static int read_conf_line(struct reader *reader, char *line, size_t len)
{
    const char *bad = bad_bytes(line, len);
    char *key = bad ? line : trim(line);
    char *equals = strchr(key, '=');
    int setting, which;
    struct hs_found *found;
    char *value;

    if (bad)
        return refuse(reader, bad);
    if (!*key || *key == '#')
        return 0;
    if (!equals || equals == key)
        return refuse(reader, "a line has the form: key = value");
    *equals = 0;
    key = trim(key);
    value = unquote(trim(equals + 1));
    setting = hs_setting_by_key(key, &which);
    if (setting < 0)
        return refuse_unknown(reader, key);
    if (!value)
        return refuse(reader, "the quotes around the value do not match");
    found = hs_layer_at(reader->layer, setting, which);
    if (found->value)
        return refuse_duplicate(reader, key, found);
    return keep_line(reader, found, key, value);
}

/* The rest of a .env line behind a closing quote or a value. */
static int is_comment(const char *rest)
{
    while (is_space(*rest))
        rest++;
    return !*rest || *rest == '#';
}

/* Read the value of a .env line in place. Programs disagree on backslashes in
 * double quotes and on # without a space before it: those are refused rather
 * than read differently from the program that shares the file. */
static char *dotenv_value(const struct reader *reader, char *text)
{
    char quote = *text;
    char *end;

    if (quote == '"' || quote == '\'') {
        end = strchr(text + 1, quote);
        if (!end || !is_comment(end + 1)) {
            (void)refuse(reader, "the quotes around the value do not match");
            return NULL;
        }
        *end = 0;
        if (quote == '"' && strchr(text + 1, '\\')) {
            (void)refuse(reader, "put a value with a backslash in single "
                                 "quotes");
            return NULL;
        }
        return text + 1;
    }
    end = strchr(text, '#');
    if (end && end > text && !is_space(end[-1])) {
        (void)refuse(reader, "put a value with # in quotes");
        return NULL;
    }
    if (end)
        *end = 0;
    return trim(text);
}

/* A setting of ours that is spelled wrong is most likely meant, but the
 * environment is shared with others: it is told, not refused. */
static void warn_unknown(const char *name, const char *from)
{
    char scratch[64];
    const char *near = hs_setting_near_env(name, scratch);

    if (near)
        hs_log(HS_LOG_WARN, "setting_unknown", HS_S("setting", name),
               HS_S("nearest", near), HS_S("source", from));
}

static size_t name_length(const char *text)
{
    return strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                        "abcdefghijklmnopqrstuvwxyz0123456789_");
}

/* Split NAME = value in place. NULL when the line is not of that form. */
static char *dotenv_split(char *line, char **value)
{
    char *name = trim(line);
    size_t len;

    if (strncmp(name, "export", 6) == 0 && is_space(name[6]))
        name = trim(name + 6);
    len = name_length(name);
    *value = name + len;
    while (is_space(**value))
        ++*value;
    if (len == 0 || **value != '=')
        return NULL;
    ++*value;
    while (is_space(**value))
        ++*value;
    name[len] = 0;
    return name;
}

static int read_dotenv_line(struct reader *reader, char *line, size_t len)
{
    const char *bad = bad_bytes(line, len);
    char *value;
    char *name = dotenv_split(line, &value);
    int which;
    int setting = name ? hs_setting_by_env(name, &which) : -1;
    struct hs_found *found;

    if (setting < 0) {
        if (name && !bad)
            warn_unknown(name, reader->label);
        return 0; /* another program's */
    }
    if (bad)
        return refuse(reader, bad);
    value = dotenv_value(reader, value);
    if (!value)
        return -1;
    if (!*value)
        return 0; /* empty is unset */
    found = hs_layer_at(reader->layer, setting, which);
    if (found->value)
        return refuse_duplicate(reader, name, found);
    return keep_line(reader, found, name, value);
}

/* Give each line, without its end, to `take`. `text` is changed. */
static int each_line(struct reader *reader, char *text, size_t len,
                     int (*take)(struct reader *, char *, size_t))
{
    size_t at = 0;

    if (len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
        at = 3; /* a byte order mark, as some editors write it */
    while (at < len) {
        char *line = text + at;
        char *end = memchr(line, '\n', len - at);
        size_t line_len = end ? (size_t)(end - line) : len - at;

        at += line_len + 1;
        if (line_len > 0 && line[line_len - 1] == '\r')
            line_len--;
        line[line_len] = 0;
        reader->line++;
        if (take(reader, line, line_len) != 0)
            return -1;
    }
    return 0;
}

static int read_text(struct reader *reader, const char *text, size_t len,
                     int (*take)(struct reader *, char *, size_t))
{
    char *copy = malloc(len + 1);
    int code;

    if (!copy) {
        hs_error_set(reader->err, "memory", "out of memory");
        return -1;
    }
    if (len > 0)
        memcpy(copy, text, len);
    copy[len] = 0;
    code = each_line(reader, copy, len, take);
    free(copy);
    return code;
}

int hs_read_conf_text(struct hs_layer *layer, const char *label,
                      const char *text, size_t len, struct hs_error *err)
{
    struct reader reader = {layer, label, 0, HS_FROM_FILE, err};

    return read_text(&reader, text, len, read_conf_line);
}

int hs_read_dotenv_text(struct hs_layer *layer, const char *label,
                        const char *text, size_t len, struct hs_error *err)
{
    struct reader reader = {layer, label, 0, HS_FROM_DOTENV, err};

    return read_text(&reader, text, len, read_dotenv_line);
}

/* Read what is there, up to one byte more than `max`. -1 with errno. */
static int drain_fd(int fd, struct hs_buf *out, size_t max)
{
    char chunk[8192];

    while (out->len <= max) {
        ssize_t got = read(fd, chunk, sizeof chunk);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            return 0;
        if (hs_buf_add(out, chunk, (size_t)got) != 0) {
            errno = ENOMEM;
            return -1;
        }
    }
    return 0;
}

char *hs_read_small_file(const char *path, size_t max, size_t *len,
                         struct hs_error *err)
{
    struct hs_buf bytes = {0};
    char reason[96];
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0) {
        int missing = errno == ENOENT || errno == ENOTDIR;

        hs_error_set(err, missing ? "missing" : "config", "%s: %s", tail(path),
                     strerror_r(errno, reason, sizeof reason));
        return NULL;
    }
    if (drain_fd(fd, &bytes, max) != 0 || hs_buf_add(&bytes, "", 0) != 0) {
        hs_error_set(err, errno == EISDIR ? "folder" : "config", "%s: %s",
                     tail(path), strerror_r(errno, reason, sizeof reason));
        goto failed;
    }
    if (bytes.len > max) {
        hs_error_set(err, "config", "%s: larger than %zu bytes", tail(path),
                     max);
        goto failed;
    }
    (void)close(fd);
    *len = bytes.len;
    return bytes.data;

failed:
    hs_buf_free(&bytes);
    (void)close(fd);
    return NULL;
}

static int is_missing(const struct hs_error *err)
{
    return strcmp(err->code, "missing") == 0;
}

int hs_read_conf(struct hs_layer *layer, const char *path, int required,
                 struct hs_error *err)
{
    size_t len;
    char *text = hs_read_small_file(path, FILE_MAX_BYTES, &len, err);
    int code;

    if (!text)
        return !required && is_missing(err) ? 0 : -1;
    code = hs_read_conf_text(layer, path, text, len, err);
    free(text);
    return code;
}

int hs_read_dotenv(struct hs_layer *layer, const char *path,
                   struct hs_error *err)
{
    size_t len;
    char *text = hs_read_small_file(path, FILE_MAX_BYTES, &len, err);
    int code;

    if (!text) /* a folder of that name is a Python environment */
        return is_missing(err) || strcmp(err->code, "folder") == 0 ? 0 : -1;
    code = hs_read_dotenv_text(layer, path, text, len, err);
    free(text);
    return code;
}

/* One NAME=value of the environment. */
static int read_variable(struct hs_layer *layer, const char *entry,
                         struct hs_error *err)
{
    size_t len = name_length(entry);
    const char *value = entry + len + 1;
    char name[64], from[80];
    const char *bad;
    int setting, which;

    if (entry[len] != '=' || len >= sizeof name)
        return 0;
    memcpy(name, entry, len);
    name[len] = 0;
    setting = hs_setting_by_env(name, &which);
    if (setting < 0) {
        warn_unknown(name, "environment");
        return 0;
    }
    while (is_space(*value))
        value++;
    if (!*value)
        return 0;
    bad = bad_bytes(value, strlen(value));
    if (bad) {
        hs_error_set(err, "config", "environment %s: %s", name, bad);
        return -1;
    }
    (void)snprintf(from, sizeof from, "environment %s", name);
    if (keep(hs_layer_at(layer, setting, which), name, value,
             HS_FROM_ENVIRONMENT, from) == 0)
        return 0;
    hs_error_set(err, "memory", "out of memory");
    return -1;
}

int hs_read_environment(struct hs_layer *layer, char **environment,
                        struct hs_error *err)
{
    for (char **entry = environment; entry && *entry; entry++) {
        if (read_variable(layer, *entry, err) != 0)
            return -1;
    }
    return 0;
}
