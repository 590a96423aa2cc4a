/* pattern.c: Lua 5.4 patterns (reference manual, 6.4.1) under a step budget.
 *
 * A pattern has no alternation, so its items are tried in one order and each
 * item that can match in several ways (`*`, `+`, `-`, `?`) is open at most
 * once: backtracking needs one slot an item, no recursion, and captures need no
 * undoing, since everything after a choice is written again. */
#include "script/rule_vm/pattern.h"

#include <stdalign.h>
#include <stdio.h>
#include <string.h>

#define ESCAPE '%'
#define WHY_SIZE 80

enum kind {
    ITEM_ACCEPT,   /* the end of the pattern */
    ITEM_BYTE,     /* a, %. */
    ITEM_ANY,      /* . */
    ITEM_SET,      /* [a-z], %a */
    ITEM_OPEN,     /* ( */
    ITEM_CLOSE,    /* ) */
    ITEM_POSITION, /* () */
    ITEM_BACK,     /* %1 */
    ITEM_BALANCE,  /* %bxy */
    ITEM_FRONTIER, /* %f[set] */
    ITEM_END       /* $ */
};

struct hs_pattern_item {
    unsigned char kind;
    unsigned char repeat; /* 0 or one of * + - ? */
    unsigned char a, b;   /* the byte, or the pair of %b */
    int index;            /* of the set or the capture */
};

/* An item that may still match another way: from `at`, down to `least` if
 * greedy; a lazy one grows from `at`. */
struct hs_pattern_choice {
    int item;
    size_t least;
    size_t at;
};

/* While compiling. */
struct reader {
    struct hs_pattern *out;
    const unsigned char *p, *end;
    char *why;
    int open[HS_PATTERN_CAPTURES]; /* captures not yet closed */
    int open_count;
    unsigned char closed[HS_PATTERN_CAPTURES];
};

/* While matching. */
struct walk {
    const struct hs_pattern *pattern;
    const unsigned char *text;
    size_t len;
    size_t at;   /* where to try the next item */
    int item;    /* the next item */
    int choices; /* open ones */
    int64_t steps;
    struct hs_pattern_match *match;
};

/* Classes of the C locale, whatever the process's is, so that a pattern means
 * the same on every machine. */
struct class
{
    char letter;
    int ranges;
    unsigned char range[4][2];
};
static const struct class classes[] = {
    {'a', 2, {{'A', 'Z'}, {'a', 'z'}}},
    {'c', 2, {{0, 31}, {127, 127}}},
    {'d', 1, {{'0', '9'}}},
    {'g', 1, {{'!', '~'}}},
    {'l', 1, {{'a', 'z'}}},
    {'p', 4, {{'!', '/'}, {':', '@'}, {'[', '`'}, {'{', '~'}}},
    {'s', 2, {{'\t', '\r'}, {' ', ' '}}},
    {'u', 1, {{'A', 'Z'}}},
    {'w', 3, {{'0', '9'}, {'A', 'Z'}, {'a', 'z'}}},
    {'x', 3, {{'0', '9'}, {'A', 'F'}, {'a', 'f'}}},
    {'z', 1, {{0, 0}}}, /* of Lua 5.1, still understood by 5.4 */
};

static size_t round_up(size_t size)
{
    return (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
}

/* Every item but the last takes at least one byte of the pattern, a set two. */
size_t hs_pattern_space(size_t len)
{
    return round_up((len + 1) * sizeof(struct hs_pattern_item)) +
           round_up(len * sizeof(struct hs_pattern_choice)) +
           (len / 2 + 1) * 32;
}

static int malformed(struct reader *r, const char *what)
{
    snprintf(r->why, WHY_SIZE, "malformed pattern (%s)", what);
    return -1;
}

static void set_add(unsigned char *set, int c)
{
    set[c >> 3] = (unsigned char)(set[c >> 3] | 1 << (c & 7));
}

static int set_has(const unsigned char *set, int c)
{
    return set[c >> 3] >> (c & 7) & 1;
}

static void set_add_range(unsigned char *set, int from, int to)
{
    for (int i = from >> 3; from <= to && i <= to >> 3; i++) {
        int bits = 0xff;

        if (i == from >> 3)
            bits &= 0xff << (from & 7);
        if (i == to >> 3)
            bits &= 0xff >> (7 - (to & 7));
        set[i] = (unsigned char)(set[i] | bits);
    }
}

static void set_negate(unsigned char *set)
{
    for (int i = 0; i < 32; i++)
        set[i] = (unsigned char)~set[i];
}

/* The class of a letter in either case; NULL for an ordinary byte. */
static const struct class *find_class(int letter)
{
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        if ((letter | 0x20) == classes[i].letter)
            return &classes[i];
    }
    return NULL;
}

/* The upper-case letter means all other bytes. */
static void set_add_class(unsigned char *set, const struct class *class,
                          int letter)
{
    unsigned char members[32] = {0};

    for (int i = 0; i < class->ranges; i++)
        set_add_range(members, class->range[i][0], class->range[i][1]);
    if (letter != class->letter)
        set_negate(members);
    for (int i = 0; i < 32; i++)
        set[i] = (unsigned char)(set[i] | members[i]);
}

/* The byte after `%` in a set. */
static void set_add_escaped(unsigned char *set, int c)
{
    const struct class *class = find_class(c);

    if (class)
        set_add_class(set, class, c);
    else
        set_add(set, c);
}

/* The `]` that ends a set whose first member is at `p`; a `]` there is a
 * member. NULL if it is missing. */
static const unsigned char *set_end(const unsigned char *p,
                                    const unsigned char *end)
{
    for (int first = 1; p < end; first = 0) {
        if (*p == ']' && !first)
            return p;
        p += *p == ESCAPE ? 2 : 1;
    }
    return NULL;
}

/* Read a set; r->p is after its `[`. Returns its index, or -1. */
static int read_set(struct reader *r)
{
    unsigned char *set = r->out->sets[r->out->set_count];
    const unsigned char *p = r->p, *end;
    int negative = p < r->end && *p == '^';

    if (negative)
        p++;
    end = set_end(p, r->end);
    if (!end)
        return malformed(r, "missing ']'");
    memset(set, 0, 32);
    while (p < end) {
        if (*p == ESCAPE) {
            set_add_escaped(set, p[1]);
            p += 2;
        } else if (p + 2 < end && p[1] == '-') {
            set_add_range(set, p[0], p[2]);
            p += 3;
        } else {
            set_add(set, *p++);
        }
    }
    if (negative)
        set_negate(set);
    r->p = end + 1;
    return r->out->set_count++;
}

static int read_open(struct reader *r, struct hs_pattern_item *item)
{
    if (r->out->captures == HS_PATTERN_CAPTURES) {
        snprintf(r->why, WHY_SIZE, "too many captures");
        return -1;
    }
    item->index = r->out->captures++;
    if (r->p < r->end && *r->p == ')') {
        r->p++;
        item->kind = ITEM_POSITION;
        r->closed[item->index] = 1;
        return 0;
    }
    item->kind = ITEM_OPEN;
    r->open[r->open_count++] = item->index;
    return 0;
}

static int read_close(struct reader *r, struct hs_pattern_item *item)
{
    if (r->open_count == 0) {
        snprintf(r->why, WHY_SIZE, "invalid pattern capture");
        return -1;
    }
    item->kind = ITEM_CLOSE;
    item->index = r->open[--r->open_count];
    r->closed[item->index] = 1;
    return 0;
}

static int read_balance(struct reader *r, struct hs_pattern_item *item)
{
    if (r->end - r->p < 2)
        return malformed(r, "missing arguments to '%b'");
    item->kind = ITEM_BALANCE;
    item->a = *r->p++;
    item->b = *r->p++;
    return 0;
}

static int read_frontier(struct reader *r, struct hs_pattern_item *item)
{
    if (r->p == r->end || *r->p++ != '[') {
        snprintf(r->why, WHY_SIZE, "missing '[' after '%%f' in pattern");
        return -1;
    }
    item->kind = ITEM_FRONTIER;
    item->index = read_set(r);
    return item->index < 0 ? -1 : 0;
}

static int read_back(struct reader *r, struct hs_pattern_item *item, int digit)
{
    int index = digit - '1';

    if (index < 0 || index >= r->out->captures || !r->closed[index]) {
        snprintf(r->why, WHY_SIZE, "invalid capture index %%%d", index + 1);
        return -1;
    }
    item->kind = ITEM_BACK;
    item->index = index;
    return 0;
}

/* Items that match one byte may be repeated. */
static void read_repeat(struct reader *r, struct hs_pattern_item *item)
{
    if (r->p < r->end && *r->p != 0 && strchr("*+-?", *r->p))
        item->repeat = *r->p++;
}

static int read_escape(struct reader *r, struct hs_pattern_item *item)
{
    const struct class *class;
    int c;

    if (r->p == r->end)
        return malformed(r, "ends with '%'");
    c = *r->p++;
    if (c == 'b')
        return read_balance(r, item);
    if (c == 'f')
        return read_frontier(r, item);
    if (c >= '0' && c <= '9')
        return read_back(r, item, c);
    class = find_class(c);
    if (class) {
        item->kind = ITEM_SET;
        item->index = r->out->set_count++;
        memset(r->out->sets[item->index], 0, 32);
        set_add_class(r->out->sets[item->index], class, c);
    } else {
        item->a = (unsigned char)c;
    }
    read_repeat(r, item);
    return 0;
}

static int read_item(struct reader *r, struct hs_pattern_item *item)
{
    int c = *r->p++;

    switch (c) {
    case '(':
        return read_open(r, item);
    case ')':
        return read_close(r, item);
    case ESCAPE:
        return read_escape(r, item);
    case '$':
        if (r->p == r->end) {
            item->kind = ITEM_END;
            return 0;
        }
        break;
    case '[':
        item->kind = ITEM_SET;
        item->index = read_set(r);
        if (item->index < 0)
            return -1;
        read_repeat(r, item);
        return 0;
    default:
        break;
    }
    item->kind = c == '.' ? ITEM_ANY : ITEM_BYTE;
    item->a = (unsigned char)c;
    read_repeat(r, item);
    return 0;
}

int hs_pattern_compile(struct hs_pattern *pattern, void *space,
                       const char *text, size_t len, char *why)
{
    struct reader r = {.out = pattern, .why = why};
    unsigned char *room = space;

    if (len > HS_PATTERN_LENGTH) {
        snprintf(why, WHY_SIZE, "pattern too long");
        return -1;
    }
    r.p = (const unsigned char *)text;
    r.end = r.p + len;
    *pattern = (struct hs_pattern){.items = space};
    room += round_up((len + 1) * sizeof *pattern->items);
    pattern->choices = (void *)room;
    room += round_up(len * sizeof *pattern->choices);
    pattern->sets = (void *)room;
    while (r.p < r.end) {
        struct hs_pattern_item *item = &pattern->items[pattern->item_count++];

        *item = (struct hs_pattern_item){.kind = ITEM_BYTE};
        if (read_item(&r, item) != 0)
            return -1;
    }
    if (r.open_count > 0) {
        snprintf(why, WHY_SIZE, "unfinished capture");
        return -1;
    }
    pattern->items[pattern->item_count++] =
        (struct hs_pattern_item){.kind = ITEM_ACCEPT};
    return 0;
}

/* Does an item of one byte match here? */
static int one(const struct walk *w, const struct hs_pattern_item *item,
               size_t at)
{
    int c;

    if (at >= w->len)
        return 0;
    c = w->text[at];
    switch (item->kind) {
    case ITEM_BYTE:
        return c == item->a;
    case ITEM_ANY:
        return 1;
    default:
        return set_has(w->pattern->sets[item->index], c);
    }
}

static void choose(struct walk *w, size_t least, size_t at)
{
    w->pattern->choices[w->choices++] =
        (struct hs_pattern_choice){w->item, least, at};
}

static int repeat_greedy(struct walk *w, const struct hs_pattern_item *item)
{
    size_t least = w->at + (item->repeat == '+');
    size_t most = item->repeat == '?' ? w->at + 1 : w->len;
    size_t at = w->at;

    while (at < most && w->steps > 0 && one(w, item, at)) {
        at++;
        w->steps--;
    }
    if (at < least)
        return 0;
    if (at > least)
        choose(w, least, at);
    w->at = at;
    return 1;
}

static int match_balance(struct walk *w, const struct hs_pattern_item *item)
{
    size_t depth = 1, at = w->at;

    if (at >= w->len || w->text[at] != item->a)
        return 0;
    while (++at < w->len && w->steps-- > 0) {
        if (w->text[at] == item->b) {
            if (--depth == 0) {
                w->at = at + 1;
                return 1;
            }
        } else if (w->text[at] == item->a) {
            depth++;
        }
    }
    return 0;
}

/* %f[set]: from outside the set into it; both ends of the subject are \0. */
static int match_frontier(const struct walk *w,
                          const struct hs_pattern_item *item)
{
    const unsigned char *set = w->pattern->sets[item->index];
    int before = w->at > 0 ? w->text[w->at - 1] : 0;
    int here = w->at < w->len ? w->text[w->at] : 0;

    return !set_has(set, before) && set_has(set, here);
}

/* Match capture `index` again. A position capture has no text and never
 * matches. */
static int match_back(struct walk *w, int index)
{
    size_t start = w->match->capture[index].start;
    size_t len = w->match->capture[index].len;

    if (len == HS_PATTERN_POSITION || len > w->len - w->at)
        return 0;
    w->steps -= (int64_t)(len / 8);
    if (memcmp(w->text + start, w->text + w->at, len) != 0)
        return 0;
    w->at += len;
    return 1;
}

static int match_single(struct walk *w, const struct hs_pattern_item *item)
{
    if (item->repeat == '-') {
        choose(w, w->at, w->at);
        return 1;
    }
    if (item->repeat)
        return repeat_greedy(w, item);
    if (!one(w, item, w->at))
        return 0;
    w->at++;
    return 1;
}

/* Try the next item at the current position. */
static int forward(struct walk *w, const struct hs_pattern_item *item)
{
    struct hs_pattern_match *m = w->match;

    switch (item->kind) {
    case ITEM_OPEN:
        m->capture[item->index].start = w->at;
        return 1;
    case ITEM_CLOSE:
        m->capture[item->index].len = w->at - m->capture[item->index].start;
        return 1;
    case ITEM_POSITION:
        m->capture[item->index].start = w->at;
        m->capture[item->index].len = HS_PATTERN_POSITION;
        return 1;
    case ITEM_BACK:
        return match_back(w, item->index);
    case ITEM_BALANCE:
        return match_balance(w, item);
    case ITEM_FRONTIER:
        return match_frontier(w, item);
    case ITEM_END:
        return w->at == w->len;
    default:
        return match_single(w, item);
    }
}

/* Take the latest remaining choice another way. Returns 0 if there is none. */
static int retry(struct walk *w)
{
    while (w->choices > 0) {
        struct hs_pattern_choice *c = &w->pattern->choices[w->choices - 1];
        const struct hs_pattern_item *item = &w->pattern->items[c->item];

        w->item = c->item + 1;
        w->steps--;
        if (item->repeat == '-') {
            if (one(w, item, c->at)) {
                w->at = ++c->at;
                return 1;
            }
            w->choices--;
            continue;
        }
        w->at = --c->at;
        if (c->at == c->least)
            w->choices--;
        return 1;
    }
    return 0;
}

int hs_pattern_match_at(const struct hs_pattern *pattern, const char *subject,
                        size_t len, size_t at, int64_t *steps,
                        struct hs_pattern_match *match)
{
    struct walk w = {.pattern = pattern,
                     .text = (const unsigned char *)subject,
                     .len = len,
                     .at = at,
                     .steps = *steps,
                     .match = match};
    int found = 0;

    for (;;) {
        const struct hs_pattern_item *item = &pattern->items[w.item];

        if (w.steps-- <= 0) {
            found = -1;
            break;
        }
        if (item->kind == ITEM_ACCEPT) {
            match->start = at;
            match->end = w.at;
            found = 1;
            break;
        }
        if (forward(&w, item))
            w.item++;
        else if (!retry(&w))
            break;
    }
    if (found == 0 && w.steps <= 0)
        found = -1; /* an item failed partway */
    *steps = w.steps > 0 ? w.steps : 0;
    return found;
}
