/* store_postgres_test.c: what only PostgreSQL's engine has: SQL with its own
 * placeholders, passwords that stay hidden, and, where HS_POSTGRES is set,
 * connections that break or go silent. */
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/config/database_name.h"
#include "base/config/database_url.h"
#include "engine_support.h"
#include "slow.h"
#include "store/postgres/connection/dial.h"
#include "store/postgres/connection/scout.h"
#include "store/postgres/dialect/sql_text.h"

static void places_are_numbered_outside_quotes(void **state)
{
    static const struct {
        const char *sql;
        const char *out; /* NULL: refused */
        int places;
        int writes;
    } cases[] = {
        {"SELECT ?, ?", "SELECT $1, $2", 2, 0},
        {"SELECT '?', \"a?\", ?", "SELECT '?', \"a?\", $1", 1, 0},
        {"SELECT 'it''s ?' || ?", "SELECT 'it''s ?' || $1", 1, 0},
        {"SELECT E'\\'?' || ?", "SELECT E'\\'?' || $1", 1, 0},
        {"SELECT 1 -- ?\n, ?", "SELECT 1 -- ?\n, $1", 1, 0},
        {"SELECT /* ? /* ? */ ? */ ?", "SELECT /* ? /* ? */ ? */ $1", 1, 0},
        {"SELECT $a$?$a$, ?", "SELECT $a$?$a$, $1", 1, 0},
        {"/* x */ insert INTO t VALUES(?)", "/* x */ insert INTO t VALUES($1)",
         1, 1},
        {"WITH x AS (DELETE FROM t RETURNING id) SELECT ?",
         "WITH x AS (DELETE FROM t RETURNING id) SELECT $1", 1, 1},
        {"SELECT 'DELETE', \"update\" FROM t;",
         "SELECT 'DELETE', \"update\" "
         "FROM t",
         0, 0},
        {"SELECT 1; DROP TABLE t", NULL, 0, 0},
        {"DROP TABLE t", NULL, 0, 0},
        {"COPY t FROM PROGRAM 'x'", NULL, 0, 0},
        {"SET ROLE x", NULL, 0, 0},
        {"-- only a comment", NULL, 0, 0},
        {"SELECT 'open", "SELECT 'open", 0, 0},
        {"", NULL, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hs_sql_text got;
        struct hs_error err;
        int rc =
            hs_sql_translate(cases[i].sql, strlen(cases[i].sql), &got, &err);

        if ((rc == 0) != (cases[i].out != NULL))
            fail_msg("%s", cases[i].sql);
        if (rc == 0) {
            assert_string_equal(got.sql.data, cases[i].out);
            assert_int_equal(got.places, cases[i].places);
            assert_int_equal(got.writes, cases[i].writes);
        }
        hs_buf_free(&got.sql);
    }
}

static void a_password_is_never_shown(void **state)
{
    static const char *const cases[][2] = {
        {"hookswitch.db", "hookswitch.db"},
        {"/a:b@c/x.db", "/a:b@c/x.db"},
        {"postgresql://ana:secret@db/x", "postgresql://ana:***@db/x"},
        {"postgres://ana:secret@db:5432/x?sslmode=require",
         "postgres://ana:***@db:5432/x"},
        {"postgresql://db/x?user=ana&password=secret", "postgresql://db/x"},
        {"postgresql://ana@db/x", "postgresql://ana@db/x"},
        {"postgresql://ana:se@secret@db/x", "postgresql://ana:***@db/x"},
        {"postgresql://ana:se?secret@db/x", "postgresql://***"},
        {"postgresql://ana:se/secret@db/x", "postgresql://ana:***@db/x"},
        {"postgresql://%2Ftmp/x", "postgresql://%2Ftmp/x"},
        {"POSTGRES://ana:secret@db/x", "***"},
        {"mysql://ana:secret@db/x", "***"},
        {"postgresql:ana:secret@db/x", "***"},
        {"dbname=x password=secret", "***"},
        {"Password = secret", "***"},
        {"./host=x.db", "./host=x.db"},
        {"hosts=x.db", "hosts=x.db"},
    };
    char shown[HS_DATABASE_SHOWN];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hs_database_shown(cases[i][0], shown);
        assert_string_equal(shown, cases[i][1]);
    }
}

/* ---- the servers of a URL ---- */

/* Each as name|address|port, in order. */
static void servers_of_a_url(void **state)
{
    static const char *const cases[][2] = {
        {"postgresql://", "||"},
        {"postgresql:///x", "||"},
        {"postgresql://ana@/x", "||"},
        {"postgresql://:5433/x", "||5433"},
        {"postgresql://db/x", "db||"},
        {"postgres://ana:secret@db:5433/x", "db||5433"},
        {"postgresql://h1,h2/x", "h1|| h2||"},
        {"postgresql://ana@h1:5432,h2:5433/x", "h1||5432 h2||5433"},
        {"postgresql://h1,h2:5433", "h1|| h2||5433"},
        {"postgresql://h1,h2/x?port=5433", "h1||5433 h2||5433"},
        {"postgresql://h1,h2/x?port=5433,5434", "h1||5433 h2||5434"},
        {"postgresql:///x?host=h1,h2&port=1,2", "h1||1 h2||2"},
        {"postgresql://db/x?host=h1", "h1||"},
        {"postgresql://h1,h2/x?hostaddr=10.0.0.1,10.0.0.2",
         "h1|10.0.0.1| h2|10.0.0.2|"},
        {"postgresql:///x?hostaddr=10.0.0.1,10.0.0.2", "|10.0.0.1| |10.0.0.2|"},
        {"postgresql://[::1]:5433,[2001:db8::2]/x", "::1||5433 2001:db8::2||"},
        {"postgresql://[fe80::1%25eth0]/x", "fe80::1%eth0||"},
        {"postgresql://%2Frun%2Fpg,db/x", "/run/pg|| db||"},
        {"postgresql://a.b-c_d.example/x", "a.b-c_d.example||"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hs_database_url url;
        struct hs_error err;
        char text[512] = "";

        if (hs_database_url_read(cases[i][0], &url, &err) != 0)
            fail_msg("%s: %s", cases[i][0], err.message);
        for (int host = 0; host < url.count; host++)
            snprintf(text + strlen(text), sizeof text - strlen(text),
                     "%s%s|%s|%s", host ? " " : "", url.hosts[host].name,
                     url.hosts[host].address, url.hosts[host].port);
        assert_string_equal(text, cases[i][1]);
    }
}

static void refused(const char *url, const char *says)
{
    struct hs_database_url out;
    struct hs_error err;

    if (hs_database_url_read(url, &out, &err) == 0)
        fail_msg("%s is accepted", url);
    if (!strstr(err.message, says))
        fail_msg("%s: %s, expected %s", url, err.message, says);
    if (strstr(err.message, "secret"))
        fail_msg("%s is shown: %s", url, err.message);
    assert_string_equal(err.code, "open");
}

/* Each fault at each place of a list of servers. */
static void faults_in_a_url_are_named(void **state)
{
    static const char *const servers[][2] = {
        {"h:", "port"},      {"h:0", "port"},
        {"h:65536", "port"}, {"h:99999999999", "port"},
        {"h:-1", "port"},    {"h:5432x", "port"},
        {"h:54:32", "port"}, {"h: ", "space"},
        {"h:%35x", "port"},  {"[::1", "]"},
        {"[]", "IPv6"},      {"[h]", "IPv6"},
        {"[::1]5432", "]"},  {"[::1]:x", "port"},
        {"::1", "port"},     {"h(", "name"},
        {"h%2", "%25"},      {"h%zz", "%25"},
        {"h%00", "%25"},     {"h\tx", "space"},
        {"h\x7f", "space"},
    };
    static const char *const options_refused[][2] = {
        {"target_session_attrs=standby", "target_session_attrs"},
        {"target_session_attrs=prefer-standby", "target_session_attrs"},
        {"target_session_attrs=read-only", "target_session_attrs"},
        {"target_session_attrs=", "target_session_attrs"},
        {"load_balance_hosts=random", "load_balance_hosts"},
        {"sslmode=verify_full", "sslmode"},
        {"sslmode=require%20", "sslmode"},
        {"gssencmode=require", "gssencmode"},
        {"client_encoding=LATIN1", "client_encoding"},
        {"keepalives=0", "keepalives"},
        {"replication=database", "replication"},
        {"service=main", "service"},
        {"options=-cdefault_transaction_read_only%3Don",
         "default_transaction_read_only"},
        {"options=-c%20session_replication_role%3Dreplica",
         "session_replication_role"},
        {"sslmod=require", "sslmod, which doesn't exist"},
        {"SSLMODE=require", "doesn't exist"},
        {"secret%21=1", "doesn't exist"},
        {"secret", "NAME=VALUE"},
        {"a=secret=b", "NAME=VALUE"},
        {"=secret", "doesn't exist"},
        {"port=1,2,3", "number of ports"},
        {"port=x", "port"},
        {"port=1,70000", "port"},
        {"host=h1,", "no name"},
        {"hostaddr=10.0.0.1", "addresses"},
        {"host=1,2,3,4,5,6,7,8,9", "more than 8"},
        {"user=secret@x", "%40"},
        {"sslmode=%", "%25"},
    };
    static const char *const taken[] = {
        "sslmode=verify-full&sslrootcert=/etc/ca.pem",
        "target_session_attrs=read-write",
        "target_session_attrs=primary",
        "target_session_attrs=any",
        "options=-csearch_path%3Dtelephony",
        "connect_timeout=3&application_name=x&keepalives=1",
        "ssl=true",
        "user=ana&password=a%3Db",
        "port=",
    };
    static const char *const around[][2] = {{"", ""},
                                            {"h1,", ""},
                                            {"h1,", ",h3"},
                                            {"u:secret@", ""},
                                            {"u:secret@h1:1,", ""}};
    struct hs_database_url out;
    struct hs_error err;
    char url[512];

    (void)state;
    for (size_t i = 0; i < sizeof servers / sizeof *servers; i++) {
        for (size_t j = 0; j < sizeof around / sizeof *around; j++) {
            snprintf(url, sizeof url, "postgresql://%s%s%s/x", around[j][0],
                     servers[i][0], around[j][1]);
            refused(url, servers[i][1]);
        }
    }
    for (size_t i = 0; i < sizeof options_refused / sizeof *options_refused;
         i++) {
        snprintf(url, sizeof url, "postgresql://u:secret@h1,h2/x?%s",
                 options_refused[i][0]);
        refused(url, options_refused[i][1]);
        snprintf(url, sizeof url,
                 "postgresql://u:secret@h1,h2/x?application_name=a&%s",
                 options_refused[i][0]);
        refused(url, options_refused[i][1]);
    }
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
        snprintf(url, sizeof url, "postgresql://u:p@h1,h2/x?%s", taken[i]);
        if (hs_database_url_read(url, &out, &err) != 0)
            fail_msg("%s: %s", url, err.message);
    }
    refused("postgresql://h1,,h2/x", "server 2 no name");
    refused("postgresql://,h2/x", "server 1 no name");
    refused("postgresql://h1,/x", "server 2 no name");
    refused("postgresql://1,2,3,4,5,6,7,8,9/x", "more than 8");
    refused("postgresql://u:se/secret@h/x", "%2F");
    refused("postgresql://u:a@secret@h/x", "%40");
    refused("postgresql://u:a/b?secret=1@h/x", "%2F");
}

/* ---- a server in need ---- */

static int loopback(int port, int is_server);

static int port_of(int listener)
{
    struct sockaddr_in at;
    socklen_t len = sizeof at;

    assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &len), 0);
    return ntohs(at.sin_port);
}

struct needy {
    int listener;
    const char *answer; /* to whoever connects */
    size_t len;
};

static void *needy_main(void *arg)
{
    const struct needy *server = arg;
    int fd = accept(server->listener, NULL, NULL);
    char startup[512];

    if (read(fd, startup, sizeof startup) > 0)
        assert_int_equal(write(fd, server->answer, server->len),
                         (ssize_t)server->len);
    close(fd);
    return NULL;
}

#define NEEDY(answer) answer, sizeof(answer) - 1

/* Memory that it is short of isn't ours: it counts as one that can't be
 * reached. */
static void a_server_without_memory_is_out_of_reach(void **state)
{
    struct needy cases[] = {
        {0, NEEDY("E\0\0\0\x22SFATAL\0C53200\0Mout of memory\0\0")},
        {0, NEEDY("Ecould not fork new process for connection: "
                  "Cannot allocate memory\n\0")}};
    struct hs_error err;

    (void)state;
    if (hs_libpq_load(&err) != 0)
        skip();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hs_place place = {0};
        pthread_t thread;
        char url[96];

        cases[i].listener = loopback(0, 1);
        assert_int_equal(pthread_create(&thread, NULL, needy_main, &cases[i]),
                         0);
        snprintf(url, sizeof url,
                 "postgresql://u:p@127.0.0.1:%d/x?sslmode=disable",
                 port_of(cases[i].listener));
        assert_null(hs_dial(url, &place, hs_running_ms() + 10000, &err));
        print_message("%s: %s\n", err.code, err.message);
        assert_string_equal(err.code, "io");
        pthread_join(thread, NULL);
        close(cases[i].listener);
    }
}

/* ---- a server that goes silent ---- */

static int upstream_port(void)
{
    const char *at = strstr(getenv("HS_POSTGRES"), "127.0.0.1:");

    assert_non_null(at);
    return atoi(at + strlen("127.0.0.1:"));
}

#define PAIRS 16

/* Passes on what it gets, until it is frozen: then nothing, as if the network
 * was cut. */
struct proxy {
    int listener;
    int port;
    _Atomic int frozen;
    _Atomic int stop;
    int pairs[PAIRS][2];
    int count;
    pthread_t thread;
};

static int loopback(int port, int is_server)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_true(fd >= 0);
    if (is_server) {
        assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
        assert_int_equal(listen(fd, 16), 0);
    } else {
        assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    }
    return fd;
}

static void pass_on(const int pair[2], int from)
{
    char bytes[8192];
    ssize_t n = read(pair[from], bytes, sizeof bytes);

    if (n <= 0 || write(pair[!from], bytes, (size_t)n) != n)
        shutdown(pair[!from], SHUT_RDWR);
}

static void *proxy_main(void *arg)
{
    struct proxy *proxy = arg;

    while (!atomic_load(&proxy->stop)) {
        struct pollfd fds[1 + 2 * PAIRS] = {
            {.fd = proxy->listener, .events = POLLIN}};
        int count = proxy->count;

        for (int i = 0; i < 2 * count; i++)
            fds[1 + i] = (struct pollfd){.fd = proxy->pairs[i / 2][i % 2],
                                         .events = POLLIN};
        if (atomic_load(&proxy->frozen)) {
            pause_ms(5);
            continue;
        }
        if (poll(fds, (nfds_t)(1 + 2 * count), 20) <= 0)
            continue;
        for (int i = 0; i < 2 * count; i++) {
            if (fds[1 + i].revents)
                pass_on(proxy->pairs[i / 2], i % 2);
        }
        if (fds[0].revents && proxy->count < PAIRS) {
            int *pair = proxy->pairs[proxy->count++];

            pair[0] = accept(proxy->listener, NULL, NULL);
            pair[1] = loopback(upstream_port(), 0);
        }
    }
    return NULL;
}

static void proxy_start(struct proxy *proxy)
{
    memset(proxy, 0, sizeof *proxy);
    proxy->listener = loopback(0, 1);
    proxy->port = port_of(proxy->listener);
    assert_int_equal(pthread_create(&proxy->thread, NULL, proxy_main, proxy),
                     0);
}

static void proxy_stop(struct proxy *proxy)
{
    atomic_store(&proxy->stop, 1);
    pthread_join(proxy->thread, NULL);
    for (int i = 0; i < 2 * proxy->count; i++)
        close(proxy->pairs[i / 2][i % 2]);
    close(proxy->listener);
}

/* The engine's database, by way of the proxy. */
static void through(const struct engine *e, const struct proxy *proxy,
                    char out[700])
{
    const char *at = strstr(e->database, "127.0.0.1:");
    const char *rest = at + strlen("127.0.0.1:");

    rest += strspn(rest, "0123456789");
    snprintf(out, 700, "%.*s127.0.0.1:%d%s", (int)(at - e->database),
             e->database, proxy->port, rest);
}

static void a_silent_server_keeps_nobody_waiting(void **state)
{
    struct engine *e = *state;
    struct proxy proxy;
    struct hs_store *store;
    struct hs_session *session;
    char database[700];
    int64_t began;
    const char *code;

    proxy_start(&proxy);
    through(e, &proxy, database);
    store = open_hot(database);
    session = open_session(store);
    run(session, "INSERT INTO calls(sid) VALUES('before')");
    assert_int_equal(number(session, "SELECT count(*) FROM calls"), 1);
    atomic_store(&proxy.frozen, 1);

    for (int i = 0; i < 3; i++) {
        began = hs_monotonic_ms();
        code = attempt(session, "INSERT INTO calls(sid) VALUES('lost')", 400);
        assert_true(hs_monotonic_ms() - began < 400 + lenient(300));
        if (strcmp(code, "unknown") != 0 && strcmp(code, "io") != 0)
            assert_string_equal(code, "busy");
        hs_session_set_deadline(session, hs_running_ms() + 300);
        began = hs_monotonic_ms();
        assert_int_equal(number(session, "SELECT count(*) FROM calls"), -2);
        assert_true(hs_monotonic_ms() - began < 300 + lenient(300));
    }
    hs_session_set_deadline(session, 0);
    atomic_store(&proxy.frozen, 0);
    for (int i = 0; i < 3000; i++) {
        code = attempt(session, "INSERT INTO calls(sid) VALUES('after')", 400);
        if (!*code || strcmp(code, "constraint") == 0)
            break; /* or the one before, that was unknown, is there */
        pause_ms(10);
    }
    if (strcmp(code, "constraint") != 0)
        assert_string_equal(code, "");
    for (int i = 0; i < 300 && number(session, "SELECT 1") != 1; i++)
        pause_ms(10);
    assert_int_equal(
        number(session, "SELECT count(*) FROM calls WHERE sid = 'after'"), 1);
    hs_session_free(session);
    hs_store_close(store);
    proxy_stop(&proxy);
}

/* Neither one that is silent, nor one whose name doesn't resolve, nor one that
 * refuses. */
static void a_server_beside_the_primary_keeps_nobody_waiting(void **state)
{
    static const char *const others[] = {"127.0.0.1:1,", "nowhere.invalid,",
                                         NULL};
    struct engine *e = *state;
    const char *at = strstr(e->database, "127.0.0.1:");
    struct proxy proxy;

    proxy_start(&proxy);
    atomic_store(&proxy.frozen, 1);
    for (int i = 0; i < 3; i++) {
        struct hs_store *store;
        struct hs_session *session;
        char database[800], silent[32];
        int64_t began = hs_monotonic_ms();

        snprintf(silent, sizeof silent, "127.0.0.1:%d,", proxy.port);
        snprintf(database, sizeof database, "%.*s%s%s", (int)(at - e->database),
                 e->database, others[i] ? others[i] : silent, at);
        store = open_hot(database);
        session = open_session(store);
        run(session, "INSERT INTO settings VALUES('x', 'y') ON CONFLICT (name)"
                     " DO UPDATE SET value = 'z'");
        assert_int_equal(number(session, "SELECT count(*) FROM settings"), 2);
        if (others[i] !=
            others[1]) /* how long a resolver takes, nobody knows */
            assert_true(hs_monotonic_ms() - began < 1500 + lenient(1500));
        hs_session_free(session);
        hs_store_close(store);
    }
    proxy_stop(&proxy);
}

/* However many of them refuse or are silent. */
static void each_address_of_a_name_has_its_turn(void **state)
{
    struct engine *e = *state;
    struct proxy proxy;
    struct hs_scouted server = {.host.name = "localhost", .count = 3};
    struct hs_report report;
    struct hs_error err;

    proxy_start(&proxy);
    atomic_store(&proxy.frozen, 1);
    for (int i = 0; i < 3; i++) {
        const int ports[] = {1, proxy.port, upstream_port()};

        snprintf(server.at[i].address, sizeof server.at[i].address,
                 "127.0.0.1");
        snprintf(server.at[i].port, sizeof server.at[i].port, "%d", ports[i]);
    }
    hs_scout_ask(e->database, &server, 200, &report);
    assert_false(report.answered);
    hs_scout_ask(e->database, &server, lenient(2000), &report);
    assert_true(report.answered);
    proxy_stop(&proxy);

    server.turn = 1;
    hs_scout_resolve(&server, &err);
    assert_in_range(server.count, 1, HS_SCOUT_ADDRESSES);
    assert_int_equal(server.turn, 1 % server.count);
}

static void lost_connections_are_made_again(void **state)
{
    struct engine *e = *state;
    const char *code = "";
    char end_all[160];

    snprintf(end_all, sizeof end_all,
             "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
             " WHERE application_name = $$%s$$",
             e->schema);
    assert_int_equal(number(e->session, "SELECT count(*) FROM calls"), 0);
    for (int round = 0; round < 3; round++) {
        psql(end_all);
        /* A read is asked again; a write is not, as it may have been done. */
        assert_int_equal(number(e->session, "SELECT count(*) FROM settings"),
                         1);
        for (int i = 0; i < 500; i++) {
            code = attempt(e->session, "UPDATE settings SET value = 'x'", 2000);
            if (!*code)
                break;
            pause_ms(10);
        }
        assert_string_equal(code, "");
    }
}

static void a_database_that_cannot_be_used_is_refused(void **state)
{
    static const struct {
        const char *database;
        const char *says;
    } cases[] = {
        {"postgresql://u:secret@127.0.0.1:1/x", "refused"},
        {"postgresql://u:secret@127.0.0.1:port/x", "port"},
        {"postgresql://u:secret@127.0.0.1:1,127.0.0.1:2/x",
         "no primary: 127.0.0.1:1: Connection refused"},
    };
    struct hs_error err;
    char none[700];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_null(hs_store_open(cases[i].database, hot, &err));
        assert_non_null(strstr(err.message, cases[i].says));
        assert_null(strstr(err.message, "secret"));
    }
    snprintf(none, sizeof none, "%s?options=-csearch_path%%3Dnone",
             getenv("HS_POSTGRES"));
    assert_null(hs_store_open(none, hot, &err));
    assert_string_equal(err.code, "open");
    assert_non_null(strstr(err.message, "search_path"));
}

static void texts_that_are_none_are_refused(void **state)
{
    struct engine *e = *state;
    struct hs_value values[] = {
        {.type = HS_TEXT, .bytes = "a\0b", .len = 3},
        {.type = HS_TEXT, .bytes = "\xff\xfe", .len = 2}};

    for (int i = 0; i < 2; i++) {
        struct hs_statement one =
            sql("INSERT INTO calls(sid) VALUES(?)", &values[i], 1);
        struct hs_error err;

        assert_int_equal(hs_session_write(e->session, &one, 1, 2000, &err), -1);
        assert_string_equal(err.code, "constraint");
    }
    run(e->session, "INSERT INTO calls(sid) VALUES('fine')");
}

int main(void)
{
    const struct CMUnitTest texts[] = {
        cmocka_unit_test(places_are_numbered_outside_quotes),
        cmocka_unit_test(a_password_is_never_shown),
        cmocka_unit_test(servers_of_a_url),
        cmocka_unit_test(faults_in_a_url_are_named),
        cmocka_unit_test(a_server_without_memory_is_out_of_reach)};
    const struct CMUnitTest postgres[] = {
        ON(postgres, a_silent_server_keeps_nobody_waiting),
        ON(postgres, a_server_beside_the_primary_keeps_nobody_waiting),
        ON(postgres, each_address_of_a_name_has_its_turn),
        ON(postgres, lost_connections_are_made_again),
        ON(postgres, a_database_that_cannot_be_used_is_refused),
        ON(postgres, texts_that_are_none_are_refused)};
    int failed = cmocka_run_group_tests(texts, NULL, NULL);

    if (getenv("HS_POSTGRES"))
        return failed + cmocka_run_group_tests(postgres, NULL, NULL);
    printf("PostgreSQL is left out: HS_POSTGRES is not set (spec/run postgres "
           "sets it)\n");
    return failed;
}
