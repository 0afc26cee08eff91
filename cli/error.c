/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table that ties names of errors to exit statuses and advice. */
/* Single-threaded, as all of cusaxctl. */
#include "cli/error.h"

#include <gio/gio.h>
#include <string.h>

#include "cli/names.h"

G_DEFINE_QUARK(cusax - cli - error, cusax_cli_error)

#define BUS_ERROR "org.freedesktop.DBus.Error."
#define NOT_RUNNING                                                                                \
	"cusaxd is not running and the session bus could not start it.\n"                          \
	"Start it with 'systemctl --user start cusaxd', or run 'cusaxd' in a terminal to see why."

typedef struct {
	const char *name;
	CusaxExit status;
	const char *advice;
} Row;

/* The first row of a status names errors that arise in cusaxctl itself. */
static const Row rows[] = {
	{ CUSAX_ERROR_PREFIX "Failed", CUSAX_EXIT_FAILED, NULL },
	{ CUSAX_ERROR_PREFIX "InvalidArgument", CUSAX_EXIT_USAGE, NULL },
	{ CUSAX_ERROR_PREFIX "Timeout", CUSAX_EXIT_TIMEOUT, NULL },
	{ CUSAX_ERROR_PREFIX "Refused", CUSAX_EXIT_REFUSED,
	  "'cusaxctl policy' shows what is allowed." },
	{ CUSAX_ERROR_PREFIX "Busy", CUSAX_EXIT_BUSY, NULL },
	{ CUSAX_ERROR_PREFIX "NotConnected", CUSAX_EXIT_NOT_CONNECTED,
	  "'cusaxctl status' says why." },
	{ BUS_ERROR "ServiceUnknown", CUSAX_EXIT_NO_DAEMON, NOT_RUNNING },
	{ CUSAX_ERROR_PREFIX "NotFound", CUSAX_EXIT_NO_OBJECT, NULL },
	{ CUSAX_ERROR_PREFIX "WrongState", CUSAX_EXIT_FAILED, NULL },
	{ CUSAX_ERROR_PREFIX "NotRegistered", CUSAX_EXIT_NOT_CONNECTED,
	  "'cusaxctl status' says why." },
	{ CUSAX_ERROR_PREFIX "FeatureDisabled", CUSAX_EXIT_REFUSED,
	  "The account has it switched off: see 'disabled-features' in 'cusaxctl accounts show'." },
	{ CUSAX_ERROR_PREFIX "AccountChoiceNeeded", CUSAX_EXIT_REFUSED,
	  "Choose one with --account; 'cusaxctl routes TARGET' lists them." },
	{ CUSAX_ERROR_PREFIX "ConfirmationNeeded", CUSAX_EXIT_REFUSED,
	  "The call may cost money: 'cusaxctl routes TARGET' says why, 'call --confirm' goes on." },
	{ CUSAX_ERROR_PREFIX "NoRoute", CUSAX_EXIT_FAILED,
	  "'cusaxctl routes TARGET' lists the ways to reach somebody; add a telephony account, or "
	  "dial a number or SIP URI." },
	{ CUSAX_ERROR_PREFIX "AuthenticationFailed", CUSAX_EXIT_NOT_CONNECTED,
	  "Set the password with 'cusaxctl accounts secret ACCOUNT'." },
	{ CUSAX_ERROR_PREFIX "Untrusted", CUSAX_EXIT_NOT_CONNECTED,
	  "The server's certificate is not trusted; nothing was sent to it." },
	{ CUSAX_ERROR_PREFIX "SecurityRequired", CUSAX_EXIT_REFUSED,
	  "Policy demands more protection than the other side offers." },
	{ CUSAX_ERROR_PREFIX "SecretUnavailable", CUSAX_EXIT_NOT_CONNECTED,
	  "Unlock the keyring, or start a Secret Service such as gnome-keyring." },
	{ CUSAX_ERROR_PREFIX "Locked", CUSAX_EXIT_REFUSED, "The provider has fixed this." },
	{ CUSAX_ERROR_PREFIX "Cancelled", CUSAX_EXIT_FAILED, NULL },
	{ CUSAX_ERROR_PREFIX "LimitExceeded", CUSAX_EXIT_FAILED, NULL },
	{ CUSAX_ERROR_PREFIX "Unsupported", CUSAX_EXIT_FAILED, NULL },
	{ BUS_ERROR "NameHasNoOwner", CUSAX_EXIT_NO_DAEMON, NOT_RUNNING },
	{ BUS_ERROR "Disconnected", CUSAX_EXIT_NO_DAEMON, NULL },
	{ BUS_ERROR "TimedOut", CUSAX_EXIT_TIMEOUT, NULL },
	{ BUS_ERROR "Timeout", CUSAX_EXIT_TIMEOUT, NULL },
	{ BUS_ERROR "InvalidArgs", CUSAX_EXIT_USAGE, NULL },
	{ BUS_ERROR "AccessDenied", CUSAX_EXIT_REFUSED, NULL },
	{ BUS_ERROR "UnknownObject", CUSAX_EXIT_NO_OBJECT, NULL },
	{ BUS_ERROR "UnknownMethod", CUSAX_EXIT_FAILED, "The running cusaxd does not have it." },
};

static const Row *find_row(const char *name)
{
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		if (strcmp(rows[i].name, name) == 0)
			return &rows[i];
	}
	if (g_str_has_prefix(name, BUS_ERROR "Spawn."))
		return find_row(BUS_ERROR "ServiceUnknown");
	return &rows[0];
}

static const Row *find_status(int status)
{
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		if (rows[i].status == (CusaxExit)status)
			return &rows[i];
	}
	return &rows[0];
}

/* A reply that never came because the daemon went away: GDBus has names of its own for that. */
static gboolean is_daemon_lost(const GError *error)
{
	return g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY) ||
	       g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CLOSED);
}

char *cusax_cli_error_name(const GError *error)
{
	char *name;

	if (error->domain == CUSAX_CLI_ERROR)
		return g_strdup(find_status(error->code)->name);
	name = g_dbus_error_get_remote_error(error);
	if (name && !is_daemon_lost(error))
		return name;
	g_free(name);
	if (is_daemon_lost(error))
		return g_strdup(BUS_ERROR "Disconnected");
	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
		return g_strdup(CUSAX_ERROR_PREFIX "Timeout");
	return g_strdup(CUSAX_ERROR_PREFIX "Failed");
}

CusaxExit cusax_cli_error_exit(const GError *error)
{
	g_autofree char *name = cusax_cli_error_name(error);

	return find_row(name)->status;
}

const char *cusax_cli_error_advice(const GError *error)
{
	g_autofree char *name = NULL;

	/* Our own messages say what to do themselves. */
	if (error->domain == CUSAX_CLI_ERROR)
		return NULL;
	name = cusax_cli_error_name(error);
	return find_row(name)->advice;
}
