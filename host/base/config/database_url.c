/* database_url.c: reading a PostgreSQL URL. */
#include "base/config/database_url.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/config/database_name.h"
#include "base/hex.h"

#define VALUE_MAX 1024

/* What an option may say. */
enum rule {
    ANY,    /* as PostgreSQL's library takes it */
    ONE_OF, /* a word of `words` */
    NOT,    /* anything else */
    HOSTS,  /* lists, an entry a server */
    ADDRESSES,
    PORTS,
    SETTINGS, /* of the session */
    NEVER
};

struct option {
    const char *name;
    enum rule rule;
    const char *words; /* between spaces */
    const char *why;   /* of a refusal: what to do */
};

#define SSL_VERSIONS " TLSv1 TLSv1.1 TLSv1.2 TLSv1.3 "

static const struct option options[] = {
    {"application_name", ANY, NULL, NULL},
    {"channel_binding", ONE_OF, " disable prefer require ", NULL},
    {"client_encoding", ONE_OF, " UTF8 utf8 UTF-8 utf-8 ", NULL},
    {"connect_timeout", ANY, NULL, NULL},
    {"dbname", ANY, NULL, NULL},
    {"fallback_application_name", ANY, NULL, NULL},
    {"gssencmode", ONE_OF, " disable prefer ", NULL},
    {"host", HOSTS, NULL, NULL},
    {"hostaddr", ADDRESSES, NULL, NULL},
    {"keepalives", NOT, " 0 ",
     "leave it out: without keepalives a dead server goes unnoticed"},
    {"keepalives_count", ANY, NULL, NULL},
    {"keepalives_idle", ANY, NULL, NULL},
    {"keepalives_interval", ANY, NULL, NULL},
    {"krbsrvname", ANY, NULL, NULL},
    {"load_balance_hosts", ONE_OF, " disable ", NULL},
    {"options", SETTINGS, NULL, NULL},
    {"passfile", ANY, NULL, NULL},
    {"password", ANY, NULL, NULL},
    {"port", PORTS, NULL, NULL},
    {"replication", NEVER, NULL, "leave it out: Hookswitch runs SQL"},
    {"require_auth", ANY, NULL, NULL},
    {"requirepeer", ANY, NULL, NULL},
    {"service", NEVER, NULL, "write the servers in the URL"},
    {"ssl_max_protocol_version", ONE_OF, SSL_VERSIONS, NULL},
    {"ssl_min_protocol_version", ONE_OF, SSL_VERSIONS, NULL},
    {"sslcert", ANY, NULL, NULL},
    {"sslcertmode", ONE_OF, " allow disable require ", NULL},
    {"sslcompression", ONE_OF, " 0 1 ", NULL},
    {"sslcrl", ANY, NULL, NULL},
    {"sslcrldir", ANY, NULL, NULL},
    {"sslkey", ANY, NULL, NULL},
    {"sslmode", ONE_OF, " disable allow prefer require verify-ca verify-full ",
     NULL},
    {"sslnegotiation", ONE_OF, " postgres direct ", NULL},
    {"sslpassword", ANY, NULL, NULL},
    {"sslrootcert", ANY, NULL, NULL},
    {"sslsni", ONE_OF, " 0 1 ", NULL},
    {"target_session_attrs", ONE_OF, " any read-write primary ",
     "leave it out: a host always looks for the primary itself"},
    {"tcp_user_timeout", ANY, NULL, NULL},
    {"user", ANY, NULL, NULL},
};

/* Settings in `options` that would make each write fail, or half of it. */
static const char *const settings_refused[] = {
    "default_transaction_read_only", "default_transaction_isolation",
    "transaction_read_only", "transaction_isolation",
    "session_replication_role"};

#define COUNT(list) (sizeof(list) / sizeof *(list))

static int refuse(struct hs_error *err, const char *why)
{
    return hs_error_set(err, "open", "%s", why);
}

static int refuse_host(struct hs_error *err, int host, const char *why)
{
    return hs_error_set(err, "open", "gives server %d %s", host + 1, why);
}

/* ---- parts ---- */

/* Decode %XX. 0; -1 and `err`. */
static int decode(const char *text, size_t len, char *out, size_t size,
                  struct hs_error *err)
{
    size_t used = 0;

    for (size_t i = 0; i < len; i++) {
        int byte = (unsigned char)text[i];

        if (text[i] == '%') {
            int high = i + 2 < len ? hs_hex_digit(text[i + 1]) : -1;
            int low = high >= 0 ? hs_hex_digit(text[i + 2]) : -1;

            if (low < 0 || high + low == 0)
                return refuse(err, "has a % that isn't followed by two "
                                   "hexadecimal digits: write it as %25");
            byte = high << 4 | low;
            i += 2;
        }
        if (used + 1 >= size)
            return refuse(err, "has a part that is too long");
        out[used++] = (char)byte;
    }
    out[used] = '\0';
    return 0;
}

static int is_port(const char *text)
{
    size_t len = strspn(text, "0123456789");

    long port = len <= 5 ? strtol(text, NULL, 10) : 0;

    return len > 0 && !text[len] && port > 0 && port <= 65535;
}

/* A name, an address, or a socket's folder. */
static int is_host(const char *name)
{
    if (*name == '/' || *name == '@')
        return 1;
    return strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                        "0123456789-._:%") == strlen(name);
}

static int is_ipv6(const char *name)
{
    char address[64];
    size_t len = strcspn(name, "%"); /* its zone */
    struct in6_addr out;

    if (len >= sizeof address)
        return 0;
    memcpy(address, name, len);
    address[len] = '\0';
    return inet_pton(AF_INET6, address, &out) == 1;
}

/* ---- servers before the path ---- */

/* One server up to `end`. */
static int read_host(const char *at, const char *end, int number,
                     struct hs_database_host *out, struct hs_error *err)
{
    int bracket = *at == '[';
    const char *close = bracket ? memchr(at, ']', (size_t)(end - at)) : NULL;
    const char *colon;

    if (bracket && !close)
        return refuse_host(err, number, "an IPv6 address without its ]");
    colon = close ? close + 1 : memchr(at, ':', (size_t)(end - at));
    if (close && colon != end && *colon != ':')
        return refuse_host(err, number, "more than a port after the ]");
    if (!colon)
        colon = end;
    if (decode(at + bracket, (size_t)((close ? close : colon) - at - bracket),
               out->name, sizeof out->name, err) != 0)
        return -1;
    if (bracket ? !is_ipv6(out->name) : !is_host(out->name))
        return refuse_host(err, number,
                           bracket
                               ? "brackets around what isn't an IPv6 address"
                               : "a name with a byte that no name may "
                                 "hold");
    if (colon == end)
        return 0;
    if (decode(colon + 1, (size_t)(end - colon - 1), out->port,
               sizeof out->port, err) == 0 &&
        is_port(out->port))
        return 0;
    return refuse_host(err, number,
                       "a port that isn't a number from 1 to 65535");
}

static int read_hosts(const char *at, const char *end,
                      struct hs_database_url *out, struct hs_error *err)
{
    for (;;) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        const char *stop = comma ? comma : end;

        if (out->count == HS_DATABASE_HOSTS)
            return refuse(err, "names more than 8 servers");
        if (read_host(at, stop, out->count, &out->hosts[out->count], err) != 0)
            return -1;
        out->count++;
        if (!comma)
            return 0;
        at = comma + 1;
    }
}

/* ---- options ---- */

struct lists {
    int hosts, addresses, ports; /* entries of each; 0: not there */
    struct hs_database_host of[HS_DATABASE_HOSTS];
};

/* Split at commas into one field of each server; how many, or -1 and `err`. */
static int split(const char *value, const struct option *option,
                 struct lists *lists, struct hs_error *err)
{
    int count = 0;

    for (const char *at = value;; at++) {
        size_t len = strcspn(at, ",");
        struct hs_database_host *host = &lists->of[count];
        char *to = option->rule == HOSTS       ? host->name
                   : option->rule == ADDRESSES ? host->address
                                               : host->port;
        size_t size = option->rule == HOSTS       ? sizeof host->name
                      : option->rule == ADDRESSES ? sizeof host->address
                                                  : sizeof host->port;

        if (count == HS_DATABASE_HOSTS)
            return refuse(err, "names more than 8 servers");
        if (len >= size)
            return refuse(err, "has a part that is too long");
        memcpy(to, at, len);
        to[len] = '\0';
        if (option->rule == HOSTS && !is_host(to))
            return refuse_host(err, count,
                               "a name with a byte that no name may hold");
        if (option->rule == PORTS && len > 0 && !is_port(to))
            return refuse_host(err, count,
                               "a port that isn't a number from 1 to 65535");
        count++;
        at += len;
        if (!*at)
            return count;
    }
}

static int refuse_option(struct hs_error *err, const struct option *option)
{
    if (option->why)
        hs_error_set(err, "open", "has %s: %s", option->name, option->why);
    else
        hs_error_set(err, "open", "has another %s than%s%.*s", option->name,
                     strchr(option->words + 1, ' ')[1] ? " one of" : "",
                     (int)strlen(option->words) - 1, option->words);
    return -1;
}

static int has_word(const char *words, const char *value)
{
    size_t len = strlen(value);

    if (len == 0 || strchr(value, ' '))
        return 0;
    for (const char *at = words; (at = strstr(at, value)); at++) {
        if (at[-1] == ' ' && at[len] == ' ')
            return 1;
    }
    return 0;
}

static int check_settings(const char *value, struct hs_error *err)
{
    for (size_t i = 0; i < COUNT(settings_refused); i++) {
        if (!strstr(value, settings_refused[i]))
            continue;
        return hs_error_set(err, "open", "sets %s in its options: leave it out",
                            settings_refused[i]);
    }
    return 0;
}

static int check_value(const struct option *option, const char *value,
                       struct lists *lists, struct hs_error *err)
{
    int count;

    switch (option->rule) {
    case ONE_OF:
        return has_word(option->words, value) ? 0 : refuse_option(err, option);
    case NOT:
        return has_word(option->words, value) ? refuse_option(err, option) : 0;
    case SETTINGS:
        return check_settings(value, err);
    case NEVER:
        return refuse_option(err, option);
    case HOSTS:
    case ADDRESSES:
    case PORTS:
        count = split(value, option, lists, err);
        *(option->rule == HOSTS       ? &lists->hosts
          : option->rule == ADDRESSES ? &lists->addresses
                                      : &lists->ports) = count;
        return count < 0 ? -1 : 0;
    default:
        return 0;
    }
}

/* One KEY=VALUE. A key that isn't a plain word isn't repeated: it may be part
 * of a password. */
static int read_option(const char *at, size_t len, struct lists *lists,
                       struct hs_error *err)
{
    const char *equals = memchr(at, '=', len);
    char key[64], value[VALUE_MAX];

    if (!equals || memchr(equals + 1, '=', len - (size_t)(equals + 1 - at)))
        return refuse(err, "has something after the ? that isn't NAME=VALUE");
    if (decode(at, (size_t)(equals - at), key, sizeof key, err) != 0 ||
        decode(equals + 1, len - (size_t)(equals + 1 - at), value, sizeof value,
               err) != 0)
        return -1;
    if (strcmp(key, "ssl") == 0 && strcmp(value, "true") == 0)
        return 0; /* as JDBC writes sslmode=require */
    for (size_t i = 0; i < COUNT(options); i++) {
        if (strcmp(options[i].name, key) == 0)
            return check_value(&options[i], value, lists, err);
    }
    if (!*key || strspn(key, "abcdefghijklmnopqrstuvwxyz_") != strlen(key))
        return refuse(err, "has an option that doesn't exist");
    return hs_error_set(err, "open", "has the option %s, which doesn't exist",
                        key);
}

/* What stands after the ? is stronger than what stands before it. */
static int merge(struct hs_database_url *out, const struct lists *lists,
                 struct hs_error *err)
{
    int count = lists->hosts ? lists->hosts : out->count;

    if (lists->addresses && !lists->hosts &&
        (out->count == 1 && !out->hosts[0].name[0]))
        count = lists->addresses;
    if (lists->addresses && lists->addresses != count)
        return refuse(err, "has another number of addresses (hostaddr) than of "
                           "servers");
    if (lists->ports > 1 && lists->ports != count)
        return refuse(err, "has another number of ports than of servers: write "
                           "one for each, or one for all");
    for (int i = 0; i < count; i++) {
        struct hs_database_host *host = &out->hosts[i];
        const struct hs_database_host *other = &lists->of[i];

        if (lists->hosts) {
            memcpy(host->name, other->name, sizeof host->name);
            if (count != out->count)
                host->port[0] = '\0';
        }
        if (lists->addresses)
            memcpy(host->address, other->address, sizeof host->address);
        if (lists->ports)
            memcpy(host->port, lists->of[lists->ports > 1 ? i : 0].port,
                   sizeof host->port);
    }
    out->count = count;
    for (int i = 0; count > 1 && i < count; i++) {
        if (!out->hosts[i].name[0] && !out->hosts[i].address[0])
            return refuse_host(err, i, "no name");
    }
    return 0;
}

static int read_options(const char *at, struct hs_database_url *out,
                        struct hs_error *err)
{
    struct lists lists = {0};

    while (*at) {
        size_t len = strcspn(at, "&");

        if (read_option(at, len, &lists, err) != 0)
            return -1;
        at += len + (at[len] == '&');
    }
    return merge(out, &lists, err);
}

/* ---- the whole ---- */

int hs_database_url_read(const char *url, struct hs_database_url *out,
                         struct hs_error *err)
{
    const char *at = strstr(url, "://") + 3;
    const char *end, *user;
    char part[VALUE_MAX];

    memset(out, 0, sizeof *out);
    for (const char *p = url; *p; p++) {
        if ((unsigned char)*p <= ' ' || *p == 127)
            return refuse(err, "has a space in it: write it as %20");
    }
    end = at + strcspn(at, "/");
    user = memchr(at, '@', (size_t)(end - at));
    if (strchr(end, '@') ||
        (user && memchr(user + 1, '@', (size_t)(end - user - 1))))
        return refuse(err, "has an @ where none may be: write @ in a password "
                           "as %40, / as %2F, : as %3A and ? as %3F");
    if (user) {
        if (decode(at, (size_t)(user - at), part, sizeof part, err) != 0)
            return -1;
        at = user + 1;
    }
    end = at + strcspn(at, "/?");
    if (read_hosts(at, end, out, err) != 0)
        return -1;
    at = end + strcspn(end, "?");
    if (decode(end, (size_t)(at - end), part, sizeof part, err) != 0)
        return -1;
    return read_options(*at ? at + 1 : at, out, err);
}

int hs_database_check(const char *database, struct hs_error *err)
{
    struct hs_database_url url;

    if (hs_database_is_url(database))
        return hs_database_url_read(database, &url, err);
    if (hs_database_is_address(database))
        return refuse(err, "is neither a file nor a URL like "
                           "postgresql://USER@HOST/NAME");
    return 0;
}
