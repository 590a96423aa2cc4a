/* bus_text.c: the text in which hosts tell each other something. */
#include "store/postgres/bus/bus_text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static int is_plain(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)text[i] < ' ')
            return 0;
    }
    return 1;
}

int hs_news_event(struct hs_buf *lines, const char *user, const char *type,
                  const char *data, size_t len)
{
    size_t before = lines->len;
    int failed;

    if (!is_plain(user, strlen(user)) || !is_plain(data, len))
        return -1;
    if (type[0])
        failed = hs_buf_printf(lines, "e%s\t%s\t", type, user);
    else
        failed = hs_buf_printf(lines, "h%s\t", user);
    failed = failed || hs_buf_add(lines, data, len) != 0 ||
             hs_buf_add_str(lines, "\n") != 0;
    if (!failed && lines->len - before <= HS_NEWS_MAX - 64)
        return 0;
    lines->len = before;
    return -1;
}

int hs_news_leg(struct hs_buf *lines, const struct hs_lines_news *leg)
{
    const char *const texts[] = {leg->user, leg->call, leg->phone, leg->child};
    size_t before = lines->len;

    for (size_t i = 0; i < 4; i++) {
        if (!is_plain(texts[i], strlen(texts[i])))
            return -1;
    }
    if (hs_buf_printf(lines, "l%c\t%s\t%s\t%s\t%s\t%d\t%d\t%lld\n", leg->what,
                      leg->user, leg->call, leg->phone, leg->child, leg->step,
                      leg->final, (long long)leg->until) == 0 &&
        lines->len - before <= HS_NEWS_MAX - 64)
        return 0;
    lines->len = before;
    return -1;
}

size_t hs_news_text(struct hs_buf *text, const char *host, uint64_t number,
                    const char *lines, size_t len)
{
    size_t room, fits = 0;

    hs_buf_clear(text);
    if (hs_buf_printf(text, "%s %" PRIu64 "\n", host, number) != 0)
        return 0;
    room = HS_NEWS_MAX - text->len;
    while (fits < len) {
        const char *end = memchr(lines + fits, '\n', len - fits);
        size_t next = end ? (size_t)(end - lines) + 1 : len;

        if (next > room)
            break;
        fits = next;
    }
    return hs_buf_add(text, lines, fits) == 0 ? fits : 0;
}

char *hs_news_head(char *text, char host[HS_NEWS_HOST + 1], uint64_t *number)
{
    char *end;

    if (strspn(text, "0123456789abcdef") != HS_NEWS_HOST ||
        text[HS_NEWS_HOST] != ' ')
        return NULL;
    memcpy(host, text, HS_NEWS_HOST);
    host[HS_NEWS_HOST] = '\0';
    *number = strtoull(text + HS_NEWS_HOST + 1, &end, 10);
    return *end == '\n' ? end + 1 : NULL;
}

/* The field at `*at`, which ends with a tab. NULL when there is none. */
static char *field(char **at)
{
    char *begin = *at;
    char *end = begin ? strchr(begin, '\t') : NULL;

    if (!end) {
        *at = NULL;
        return NULL;
    }
    *end = '\0';
    *at = end + 1;
    return begin;
}

/* 0, or -1 for one that isn't whole. */
static int read_leg(char *line, struct hs_lines_news *out)
{
    const char *what = field(&line), *user = field(&line);
    const char *call = field(&line), *phone = field(&line);
    const char *child = field(&line), *step = field(&line);
    const char *final = field(&line);

    if (!final || strlen(call) > HS_LINES_SID_MAX)
        return -1;
    *out = (struct hs_lines_news){.what = *what,
                                  .user = user,
                                  .call = call,
                                  .phone = phone,
                                  .child = child,
                                  .step = (int)strtol(step, NULL, 10),
                                  .final = *final == '1',
                                  .until = strtoll(line, NULL, 10)};
    return 0;
}

int hs_news_next(char **at, struct hs_news *out)
{
    char *line = *at;
    char *end = strchr(line, '\n');

    if (!*line)
        return 0;
    *at = end ? end + 1 : line + strlen(line);
    if (end)
        *end = '\0';
    *out = (struct hs_news){.what = *line, .type = ""};
    if (!*line++)
        return -1;
    if (out->what == 'e')
        out->type = field(&line);
    if (out->what == 'e' || out->what == 'h')
        out->user = field(&line);
    if (out->what == 'l')
        return read_leg(line, &out->leg) == 0 ? 1 : -1;
    if (!line || !strchr("ehmwpg", out->what))
        return -1;
    if (out->what == 'm')
        out->kinds = (unsigned)strtoul(line, NULL, 10);
    out->data = line;
    out->len = strlen(line);
    return 1;
}
