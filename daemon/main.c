/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cusaxd: options, protection of the process, and the life of its parts. */
/* Main thread. The one file that knows every layer. */
#define CUSAX_LOG_DOMAIN "main"
#include <glib-unix.h>
#include <locale.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/log.h"
#include "daemon/base/names.h"
#include "daemon/core-start.h"
#include "dbus/bus.h"
#include "services/desktop/network.h"
#include "services/desktop/service-manager.h"
#include "services/desktop/sleep.h"

/* Documented in cusaxd(1). */
enum {
	EXIT_GOOD = 0,
	EXIT_BROKEN = 1,       /* something needed cannot be had; the message says what */
	EXIT_USAGE_ERROR = 2,  /* an option is not understood */
	EXIT_RUNNING = 3,      /* another cusaxd serves this session bus */
	EXIT_NO_BUS = 4,       /* there is no session bus, or it was lost */
	EXIT_REFUSED_ROOT = 5, /* a person's calls are not root's business */
};

typedef struct {
	GMainLoop *loop;
	CusaxCore *core;
	CusaxBus *bus;
	gboolean stopping;
	int exit_code;
} Daemon;

/* --- protection of the process ----------------------------------------------------------------- */

static void protect(void)
{
	const struct rlimit none = { 0, 0 };

	signal(SIGPIPE, SIG_IGN);
	umask(077);
	/* Threads come and go with calls: each with a heap of its own would leave holes in all. */
	mallopt(M_ARENA_MAX, 1);
	unsetenv("SSLKEYLOGFILE"); /* no library of ours may write session keys */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	/* Passwords are in memory while they are used: no core, and no reading by others. The
	 * sanitizers look into the process themselves. */
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0);
#else
	(void)none;
#endif
}

/* --- stopping ------------------------------------------------------------------------------------ */

static void on_stopped(GObject *source, GAsyncResult *result, gpointer data)
{
	Daemon *daemon = data;

	(void)source;
	cusax_core_finish(daemon->core, result, NULL);
	g_main_loop_quit(daemon->loop);
}

static void stop(Daemon *daemon, int exit_code)
{
	if (daemon->stopping)
		return;
	daemon->stopping = TRUE;
	daemon->exit_code = exit_code;
	cusax_service_manager_notify("STOPPING=1");
	cusax_core_stop(daemon->core, on_stopped, daemon);
}

static gboolean on_signal(gpointer data)
{
	Daemon *daemon = data;

	cusax_info(NULL, "asked to stop");
	stop(daemon, EXIT_GOOD);
	return G_SOURCE_CONTINUE;
}

static gboolean on_hangup(G_GNUC_UNUSED gpointer data)
{
	return G_SOURCE_CONTINUE; /* the terminal that started us is gone, the session is not */
}

/* --- starting ------------------------------------------------------------------------------------ */

static void on_network(gpointer data)
{
	Daemon *daemon = data;

	if (!daemon->stopping)
		cusax_core_network_changed(daemon->core);
}

static void on_bus(CusaxBusEvent event, gpointer data)
{
	Daemon *daemon = data;

	switch (event) {
	case CUSAX_BUS_OWNED:
		cusax_info(NULL, "%s is ours", CUSAX_BUS_NAME);
		cusax_service_manager_notify("READY=1");
		cusax_core_run(daemon->core);
		return;
	case CUSAX_BUS_TAKEN:
		fprintf(stderr, "cusaxd: another cusaxd serves this session already\n");
		stop(daemon, EXIT_RUNNING);
		return;
	case CUSAX_BUS_LOST:
		fprintf(stderr, "cusaxd: the session bus is gone\n");
		stop(daemon, EXIT_NO_BUS);
		return;
	}
}

static void on_loaded(GObject *source, GAsyncResult *result, gpointer data)
{
	Daemon *daemon = data;
	g_autoptr(GError) error = NULL;

	(void)source;
	cusax_core_finish(daemon->core, result, NULL);
	if (daemon->stopping)
		return;
	daemon->bus = cusax_bus_new(NULL, daemon->core, cusax_core_registry(daemon->core), on_bus,
				    daemon, &error);
	if (!daemon->bus) {
		fprintf(stderr, "cusaxd: no session bus: %s\n", error->message);
		stop(daemon, EXIT_NO_BUS);
		return;
	}
	cusax_bus_request_name(daemon->bus);
}

static gboolean add_drivers(CusaxCore *core, GError **error)
{
	CusaxDriver *xmpp, *sip;

	xmpp = cusax_xmpp_driver_new(cusax_core_events(core), error);
	if (!xmpp)
		return FALSE;
	cusax_core_set_driver(core, CUSAX_PROTOCOL_XMPP, xmpp);
	sip = cusax_sip_driver_new(cusax_core_call_events(core), error);
	if (!sip)
		return FALSE;
	cusax_core_set_driver(core, CUSAX_PROTOCOL_SIP, sip);
	return TRUE;
}

static int run(void)
{
	Daemon daemon = { .exit_code = EXIT_GOOD };
	g_autoptr(GError) error = NULL;

	daemon.loop = g_main_loop_new(NULL, FALSE);
	daemon.core = cusax_core_new(cusax_config_load(NULL), cusax_history_new(NULL),
				     cusax_secret_store_new());
	g_unix_signal_add(SIGTERM, on_signal, &daemon);
	g_unix_signal_add(SIGINT, on_signal, &daemon);
	g_unix_signal_add(SIGHUP, on_hangup, &daemon);
	if (add_drivers(daemon.core, &error)) {
		cusax_core_set_http(daemon.core, cusax_http_new());
		cusax_core_set_avatars(daemon.core, cusax_avatars_new(NULL));
		/* In this order a name is taken: the user's own word before an organisation's. */
		cusax_core_add_book(daemon.core,
				    cusax_vcard_book_new(CUSAX_SOURCE_ADDRESS_BOOK, NULL));
#ifdef WITH_EDS
		cusax_core_add_book(daemon.core, cusax_eds_book_new());
#endif
		cusax_core_add_book(daemon.core,
				    cusax_vcard_book_new(CUSAX_SOURCE_DIRECTORY, NULL));
		cusax_service_manager_start();
		cusax_network_watch(on_network, &daemon);
		cusax_sleep_watch(on_network, &daemon);
		cusax_core_load(daemon.core, on_loaded, &daemon);
		g_main_loop_run(daemon.loop);
	} else {
		fprintf(stderr, "cusaxd: %s\n", error->message);
		daemon.exit_code = EXIT_BROKEN;
	}
	cusax_bus_free(daemon.bus);
	cusax_core_free(daemon.core);
	g_main_loop_unref(daemon.loop);
	return daemon.exit_code;
}

int main(int argc, char **argv)
{
	gboolean version = FALSE, verbose = FALSE, debug = FALSE;
	const GOptionEntry entries[] = {
		{ "verbose", 'v', 0, G_OPTION_ARG_NONE, &verbose, "Say what happens", NULL },
		{ "debug", 'd', 0, G_OPTION_ARG_NONE, &debug, "Say also what the protocols do",
		  NULL },
		{ "version", 0, 0, G_OPTION_ARG_NONE, &version, "Print the version and exit",
		  NULL },
		G_OPTION_ENTRY_NULL,
	};
	g_autoptr(GOptionContext) context = g_option_context_new(NULL);
	g_autoptr(GError) error = NULL;

	setlocale(LC_ALL, "");
	protect();
	g_option_context_set_summary(context, "Calls by SIP, messages by XMPP, one service for the "
					      "session (org.cusax.Cusax1 on the session bus).");
	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, &argc, &argv, &error) || argc > 1) {
		fprintf(stderr, "cusaxd: %s\n", error ? error->message : "takes no arguments");
		return EXIT_USAGE_ERROR;
	}
	if (version) {
		g_print("cusaxd %s\n", CUSAX_VERSION);
		return EXIT_GOOD;
	}
	if (geteuid() == 0) {
		fprintf(stderr, "cusaxd: does not run as root; start it in a person's session\n");
		return EXIT_REFUSED_ROOT;
	}
	cusax_log_init(debug     ? G_LOG_LEVEL_DEBUG
		       : verbose ? G_LOG_LEVEL_INFO
				 : G_LOG_LEVEL_MESSAGE);
	return run();
}
