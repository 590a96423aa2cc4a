/* read.c: app.conf, .env and the environment, line by line. Only the form is
 * checked here; config.c decides what it means. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/config/table.h"
#include "base/file.h"
#include "base/log.h"
#include "base/utf8.h"

#define LINE_MAX_BYTES 4096
#define FILE_MAX_BYTES (1 << 20)

/* One file, or the environment, being read. */
struct reader {
    struct hs_given *given;
    const char *label; /* of a file, in messages */
    int line;
    int rank;
    char from[160]; /* what is being read: "app.conf:12" */
    struct hs_error *err;
};

/* Always -1. Lines are never quoted in messages: they may hold a secret. */
__attribute__((format(printf, 2, 3))) static int
refuse(const struct reader *reader, const char *fmt, ...)
{
    char why[200];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(why, sizeof why, fmt, args);
    va_end(args);
    return hs_error_set(reader->err, "config", "%s: %s", reader->from, why);
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

/* What is wrong with the bytes of a line, or NULL. */
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

/* Store a value under the name it was given. */
static int keep(const struct reader *reader, struct hs_found *found,
                const char *name, const char *value)
{
    char *copy;

    if (found->value && found->rank == reader->rank &&
        reader->rank != HS_FROM_ENVIRONMENT)
        return refuse(reader, "%s is set twice, first at %s", name,
                      found->from);
    copy = strdup(value);
    if (!copy)
        return hs_no_memory(reader->err);
    free(found->value);
    found->value = copy;
    (void)snprintf(found->name, sizeof found->name, "%s", name);
    (void)snprintf(found->from, sizeof found->from, "%s", reader->from);
    found->rank = reader->rank;
    return 0;
}

static int refuse_unknown(const struct reader *reader, const char *key)
{
    const char *near = hs_setting_near(key);
    struct hs_buf quoted = {0};

    if (hs_buf_add_json(&quoted, key, hs_utf8_cut(key, strnlen(key, 60))) != 0)
        hs_no_memory(reader->err);
    else if (near)
        (void)refuse(reader, "unknown setting %s; did you mean %s?",
                     quoted.data, near);
    else
        (void)refuse(reader,
                     "unknown setting %s; `hookswitch config --defaults` "
                     "lists them",
                     quoted.data);
    hs_buf_free(&quoted);
    return -1;
}

/* Quotes around a value keep a space at its beginning or end. NULL if a quote
 * isn't closed. */
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
    struct hs_found *found;
    char *value;

    if (bad)
        return refuse(reader, "%s", bad);
    if (!*key || *key == '#')
        return 0;
    if (!equals || equals == key)
        return refuse(reader, "a line has the form: key = value");
    *equals = 0;
    key = trim(key);
    value = unquote(trim(equals + 1));
    found = hs_given_at(reader->given, HS_IN_CONF, key);
    if (!found)
        return refuse_unknown(reader, key);
    if (!value)
        return refuse(reader, "the quotes around the value do not match");
    return keep(reader, found, key, value);
}

/* The rest of a .env line after a closing quote or a value. */
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

/* Probably one of our settings, misspelled; but other programs share the
 * environment, so it is a warning, not an error. */
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

/* Split NAME = value in place. NULL if the line doesn't look like that. */
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
    struct hs_found *found =
        name ? hs_given_at(reader->given, HS_IN_ENV, name) : NULL;

    if (!found) {
        if (name && !bad)
            warn_unknown(name, reader->label);
        return 0; /* another program's */
    }
    if (bad)
        return refuse(reader, "%s", bad);
    value = dotenv_value(reader, value);
    if (!value)
        return -1;
    return *value ? keep(reader, found, name, value) : 0; /* empty is unset */
}

/* The end of a long path says more than its start. */
static const char *tail(const char *label)
{
    size_t len = strlen(label);

    return len > 100 ? label + len - 100 : label;
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
        (void)snprintf(reader->from, sizeof reader->from, "%s:%d",
                       tail(reader->label), reader->line);
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

    if (!copy)
        return hs_no_memory(reader->err);
    if (len > 0)
        memcpy(copy, text, len);
    copy[len] = 0;
    code = each_line(reader, copy, len, take);
    free(copy);
    return code;
}

int hs_read_conf_text(struct hs_given *given, const char *label,
                      const char *text, size_t len, struct hs_error *err)
{
    struct reader reader = {
        .given = given, .label = label, .rank = HS_FROM_FILE, .err = err};

    return read_text(&reader, text, len, read_conf_line);
}

int hs_read_dotenv_text(struct hs_given *given, const char *label,
                        const char *text, size_t len, struct hs_error *err)
{
    struct reader reader = {
        .given = given, .label = label, .rank = HS_FROM_DOTENV, .err = err};

    return read_text(&reader, text, len, read_dotenv_line);
}

/* Read the file that the reader's label names. */
static int read_file(struct reader *reader, int required,
                     int (*take)(struct reader *, char *, size_t))
{
    struct hs_error why = {0};
    size_t len;
    char *text = hs_file_read(reader->label, FILE_MAX_BYTES, &len, &why);
    int code;

    if (!text && !required && strcmp(why.code, "missing") == 0)
        return 0;
    if (!text && reader->rank == HS_FROM_DOTENV &&
        strcmp(why.code, "folder") == 0)
        return 0; /* a Python environment */
    if (!text)
        return hs_error_set(reader->err, "config", "%s", why.message);
    code = read_text(reader, text, len, take);
    free(text);
    return code;
}

int hs_read_conf(struct hs_given *given, const char *path, int required,
                 struct hs_error *err)
{
    struct reader reader = {
        .given = given, .label = path, .rank = HS_FROM_FILE, .err = err};

    return read_file(&reader, required, read_conf_line);
}

int hs_read_dotenv(struct hs_given *given, const char *path,
                   struct hs_error *err)
{
    struct reader reader = {
        .given = given, .label = path, .rank = HS_FROM_DOTENV, .err = err};

    return read_file(&reader, 0, read_dotenv_line);
}

/* One NAME=value of the environment. */
static int read_variable(struct reader *reader, const char *entry)
{
    size_t len = name_length(entry);
    const char *value = entry + len + 1;
    const char *bad;
    char name[64];
    struct hs_found *found;

    if (entry[len] != '=' || len >= sizeof name)
        return 0;
    memcpy(name, entry, len);
    name[len] = 0;
    found = hs_given_at(reader->given, HS_IN_ENV, name);
    if (!found) {
        warn_unknown(name, "environment");
        return 0;
    }
    while (is_space(*value))
        value++;
    if (!*value)
        return 0;
    (void)snprintf(reader->from, sizeof reader->from, "environment %s", name);
    bad = bad_bytes(value, strlen(value));
    return bad ? refuse(reader, "%s", bad) : keep(reader, found, name, value);
}

int hs_read_environment(struct hs_given *given, char **environment,
                        struct hs_error *err)
{
    struct reader reader = {
        .given = given, .rank = HS_FROM_ENVIRONMENT, .err = err};

    for (char **entry = environment; entry && *entry; entry++) {
        if (read_variable(&reader, *entry) != 0)
            return -1;
    }
    return 0;
}
