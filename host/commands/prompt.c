/* prompt.c: a password or PIN, typed or piped. */
#include "commands/prompt.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
#define ENDINGS (sizeof ending / sizeof ending[0])

static volatile sig_atomic_t ended_by;

static void note_signal(int number)
{
    ended_by = number;
}

/* Read one line without its end, byte by byte: the rest of the input may be
 * meant for another program. 0; -1 at the end of input, on a signal, or if it
 * is too long. */
static int read_line(char *out)
{
    size_t len = 0;
    char byte;

    for (;;) {
        ssize_t got = read(STDIN_FILENO, &byte, 1);

        if (got < 0 && errno == EINTR && !ended_by)
            continue;
        if (got < 0 || (got == 0 && len == 0))
            return -1;
        if (got == 0 || byte == '\n')
            break;
        if (byte == '\0' || len + 1 >= HS_PASSWORD_SIZE)
            return -1;
        out[len++] = byte;
    }
    if (len > 0 && out[len - 1] == '\r')
        len--;
    out[len] = '\0';
    return 0;
}

static int ask(const char *what, char *out)
{
    int code;

    (void)fprintf(stderr, "%c%s: ", toupper((unsigned char)what[0]), what + 1);
    (void)fflush(stderr);
    code = read_line(out);
    (void)fputc('\n', stderr);
    return code;
}

static int ask_twice(char *out, const char *what, struct hs_error *err)
{
    char again[HS_PASSWORD_SIZE];
    int code = -1;

    if (ask(what, out) != 0 || ask("once more", again) != 0)
        hs_error_set(err, "password", "no %s was given", what);
    else if (strcmp(out, again) != 0)
        hs_error_set(err, "password", "the two %ss differ", what);
    else
        code = 0;
    explicit_bzero(again, sizeof again);
    return code;
}

/* Echo is restored however this ends. */
static int on_terminal(char *out, const char *what, struct hs_error *err)
{
    struct sigaction note = {.sa_handler = note_signal};
    struct sigaction before[ENDINGS];
    struct termios shown, hidden;
    int code;

    if (tcgetattr(STDIN_FILENO, &shown) != 0)
        return hs_error_set(err, "password",
                            "no %s can be read from this terminal", what);
    for (size_t i = 0; i < ENDINGS; i++)
        sigaction(ending[i], &note, &before[i]);
    hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    code = ask_twice(out, what, err);
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    for (size_t i = 0; i < ENDINGS; i++)
        sigaction(ending[i], &before[i], NULL);
    if (ended_by)
        (void)raise(ended_by);
    return code;
}

int hs_prompt_password(char out[HS_PASSWORD_SIZE], const char *what,
                       struct hs_error *err)
{
    if (isatty(STDIN_FILENO))
        return on_terminal(out, what, err);
    if (read_line(out) == 0)
        return 0;
    return hs_error_set(err, "password",
                        "the first line of standard input has to be the %s",
                        what);
}
