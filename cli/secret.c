/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Passwords: asked on the terminal or read from a descriptor, never from the command line. */
/* Single-threaded, as all of cusaxctl. */
#include "cli/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cli/error.h"

#define LONGEST 4096

/* Byte by byte, so that nothing beyond the line is taken from a pipe that others read too. */
static gboolean read_line(int fd, char *line, GError **error)
{
	gsize length = 0;

	for (;;) {
		ssize_t got = read(fd, line + length, 1);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			g_set_error(error, CUSAX_CLI_ERROR, CUSAX_EXIT_USAGE,
				    "the password cannot be read: %s", g_strerror(errno));
			return FALSE;
		}
		if (got == 0 || line[length] == '\n')
			break;
		if (++length == LONGEST) {
			g_set_error(error, CUSAX_CLI_ERROR, CUSAX_EXIT_USAGE,
				    "the password is longer than %d bytes", LONGEST - 1);
			return FALSE;
		}
	}
	line[length] = '\0';
	if (length && line[length - 1] == '\r')
		line[length - 1] = '\0';
	if (!*line || !g_utf8_validate(line, -1, NULL)) {
		g_set_error(error, CUSAX_CLI_ERROR, CUSAX_EXIT_USAGE,
			    "the password is empty or no valid UTF-8");
		return FALSE;
	}
	return TRUE;
}

static void say(int fd, const char *text)
{
	/* A terminal that does not take the prompt takes no password either: read_line() says so. */
	if (write(fd, text, strlen(text)) < 0)
		return;
}

/* What a signal must put back before it ends us: the terminal with its echo. */
static struct {
	int fd;
	struct termios before;
} asking;

static void on_signal(int number)
{
	tcsetattr(asking.fd, TCSAFLUSH, &asking.before);
	_exit(128 + number);
}

static gboolean ask(const char *prompt, char *line, GError **error)
{
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	struct sigaction restore = { .sa_handler = on_signal }, interrupt, terminate;
	struct termios quiet;
	gboolean done;

	if (fd < 0 || tcgetattr(fd, &asking.before) < 0) {
		if (fd >= 0)
			close(fd);
		g_set_error(error, CUSAX_CLI_ERROR, CUSAX_EXIT_USAGE,
			    "there is no terminal to ask for the password: use --secret-fd");
		return FALSE;
	}
	asking.fd = fd;
	quiet = asking.before;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	quiet.c_lflag |= ECHONL | ICANON | ISIG;
	sigaction(SIGINT, &restore, &interrupt);
	sigaction(SIGTERM, &restore, &terminate);
	tcsetattr(fd, TCSAFLUSH, &quiet);
	say(fd, prompt);
	done = read_line(fd, line, error);
	tcsetattr(fd, TCSAFLUSH, &asking.before);
	sigaction(SIGTERM, &terminate, NULL);
	sigaction(SIGINT, &interrupt, NULL);
	close(fd);
	return done;
}

char *cusax_secret_read(int fd, const char *prompt, GError **error)
{
	char *line = g_malloc0(LONGEST + 1);

	if (fd >= 0 ? read_line(fd, line, error) : ask(prompt, line, error))
		return line;
	explicit_bzero(line, LONGEST + 1);
	g_free(line);
	return NULL;
}

void cusax_secret_free(char *secret)
{
	if (!secret)
		return;
	explicit_bzero(secret, strlen(secret));
	g_free(secret);
}
