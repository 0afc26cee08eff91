/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One run of one reader on what a server sends: a roster until it is on the bus, messages until they are
 * stored and signalled. tests/bench/xmpp runs it for all readers, some times each. */
/* Bench program: the reader in this process; the server, and who listens on the bus, in others. */
#include <arpa/inet.h>
#include <expat.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strophe.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "daemon/base/stable-id.h"
#include "daemon/core-start.h"
#include "daemon/core.h"
#include "daemon/model/account.h"
#include "daemon/model/contact.h"
#include "dbus/bus.h"
#include "services/driver.h"
#include "tests/wire/xmpp-peer.h"

#define PEERS 10 /* who send the messages */

typedef struct {
	gboolean roster; /* else messages */
	guint n;
} Load;

static int report[2]; /* what the other processes tell: one gint64 each time */

static void tell(gint64 value)
{
	if (write(report[1], &value, sizeof value) != sizeof value)
		exit(1);
}

static gint64 hear(void)
{
	gint64 value;

	if (read(report[0], &value, sizeof value) != sizeof value)
		exit(1);
	return value;
}

/* --- what is sent ------------------------------------------------------------------------------- */

static char *make_items(guint n)
{
	GString *items = g_string_new(NULL);

	for (guint i = 0; i < n; i++)
		g_string_append_printf(items,
				       "<item jid='user%u@xmpp.test' name='User %u'"
				       " subscription='both'><group>Friends</group></item>",
				       i, i);
	return g_string_free(items, FALSE);
}

static char *make_messages(guint n)
{
	GString *all = g_string_new(NULL);

	for (guint i = 0; i < n; i++)
		g_string_append_printf(
			all,
			"<message from='user%u@xmpp.test/phone' to='alice@xmpp.test' type='chat'"
			" id='m%u'><body>Message number %u, of the usual length of what people say."
			"</body><origin-id xmlns='urn:xmpp:sid:0' id='m%u'/>"
			"<stanza-id xmlns='urn:xmpp:sid:0' by='alice@xmpp.test' "
			"id='s%u'/></message>",
			i % PEERS, i, i, i, i);
	return g_string_free(all, FALSE);
}

/* --- the server without TLS, for the other readers -------------------------------------------------- */

static int listen_on(guint16 *ret_port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (bind(fd, (struct sockaddr *)&address, length) || listen(fd, 1) ||
	    getsockname(fd, (struct sockaddr *)&address, &length))
		exit(1);
	*ret_port = ntohs(address.sin_port);
	return fd;
}

static void put(int fd, const char *text)
{
	for (size_t length = strlen(text); length > 0;) {
		ssize_t n = write(fd, text, length);

		if (n <= 0)
			exit(0);
		text += n;
		length -= (size_t)n;
	}
}

/* Waits for end in what the client says; gives all up to there. */
static char *await(int fd, GString *in, const char *end)
{
	char buffer[4096], *found;

	while (!(found = strstr(in->str, end))) {
		ssize_t n = read(fd, buffer, sizeof buffer);

		if (n <= 0)
			exit(0);
		g_string_append_len(in, buffer, n);
	}
	found = g_strndup(in->str, (gsize)(found - in->str) + strlen(end));
	g_string_erase(in, 0, (gssize)strlen(found));
	return found;
}

#define HEADER                                                                                     \
	"<?xml version='1.0'?><stream:stream xmlns='jabber:client' id='1' from='xmpp.test'"        \
	" xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"
#define SASL "urn:ietf:params:xml:ns:xmpp-sasl"

static void answer(int fd, const char *request, const char *payload)
{
	g_autofree char *id = xmpp_peer_attr(strstr(request, "<iq"), "id");

	put(fd, "<iq type='result' id='");
	put(fd, id);
	put(fd, "'>");
	put(fd, payload);
	put(fd, "</iq>");
}

static void serve_client(int listener, const Load *load, const char *bytes)
{
	int fd = accept(listener, NULL, NULL);
	GString *in = g_string_new(NULL);
	g_autofree char *bind = NULL, *request = NULL;

	g_free(await(fd, in, "stream:stream"));
	g_free(await(fd, in, ">"));
	put(fd, HEADER "<stream:features><mechanisms xmlns='" SASL "'><mechanism>PLAIN</mechanism>"
		       "</mechanisms></stream:features>");
	g_free(await(fd, in, "</auth>"));
	put(fd, "<success xmlns='" SASL "'/>");
	g_free(await(fd, in, "stream:stream"));
	g_free(await(fd, in, ">"));
	put(fd, HEADER "<stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"
		       "</stream:features>");
	bind = await(fd, in, "</iq>");
	answer(fd, bind,
	       "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>alice@xmpp.test/x</jid>"
	       "</bind>");
	if (load->roster) {
		g_autofree char *payload =
			g_strdup_printf("<query xmlns='jabber:iq:roster'>%s</query>", bytes);

		do {
			g_free(request);
			request = await(fd, in, "</iq>");
		} while (!strstr(request, "jabber:iq:roster"));
		answer(fd, request, payload);
	} else {
		g_free(await(fd, in, "<presence"));
		put(fd, bytes);
	}
	for (;;)
		g_free(await(fd, in, ">"));
}

static pid_t fork_server(const Load *load, gboolean bare, guint16 *ret_port)
{
	int listener = listen_on(ret_port);
	pid_t pid = fork();

	if (pid == 0) {
		g_autofree char *bytes =
			load->roster ? make_items(load->n) : make_messages(load->n);

		if (bare) {
			int fd = accept(listener, NULL, NULL);

			put(fd, HEADER);
			put(fd, bytes);
			pause();
		}
		serve_client(listener, load, bytes);
	}
	close(listener);
	return pid;
}

/* --- a bare reader: expat on the socket ---------------------------------------------------------- */

typedef struct {
	guint depth, seen;
} Bare;

static void on_start(void *data, G_GNUC_UNUSED const char *name, G_GNUC_UNUSED const char **attrs)
{
	((Bare *)data)->depth++;
}

static void on_end(void *data, G_GNUC_UNUSED const char *name)
{
	Bare *bare = data;

	if (--bare->depth == 1)
		bare->seen++;
}

static double run_bare(const Load *load)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	XML_Parser parser = XML_ParserCreate("UTF-8");
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	gint64 begin = 0;
	char buffer[16384];
	Bare bare = { 0 };
	guint16 port;
	pid_t server = fork_server(load, TRUE, &port);

	address.sin_port = htons(port);
	XML_SetUserData(parser, &bare);
	XML_SetElementHandler(parser, on_start, on_end);
	if (connect(fd, (struct sockaddr *)&address, sizeof address))
		exit(1);
	while (bare.seen < load->n) {
		ssize_t n = read(fd, buffer, sizeof buffer);

		/* From the first byte on: the server makes them before. */
		if (!begin)
			begin = g_get_monotonic_time();
		if (n <= 0 || XML_Parse(parser, buffer, (int)n, 0) != XML_STATUS_OK)
			exit(1);
	}
	XML_ParserFree(parser);
	kill(server, SIGKILL);
	return (double)(g_get_monotonic_time() - begin) / 1000;
}

/* --- libstrophe as it comes ---------------------------------------------------------------------- */

typedef struct {
	const Load *load;
	xmpp_ctx_t *ctx;
	gint64 begin, end;
	guint seen;
} Stock;

static int on_stock_message(G_GNUC_UNUSED xmpp_conn_t *conn, G_GNUC_UNUSED xmpp_stanza_t *stanza,
			    void *data)
{
	Stock *stock = data;

	if (++stock->seen == stock->load->n) {
		stock->end = g_get_monotonic_time();
		xmpp_stop(stock->ctx);
	}
	return 1;
}

static int on_stock_roster(G_GNUC_UNUSED xmpp_conn_t *conn, xmpp_stanza_t *stanza, void *data)
{
	Stock *stock = data;
	xmpp_stanza_t *query = xmpp_stanza_get_child_by_name(stanza, "query");

	for (xmpp_stanza_t *n = xmpp_stanza_get_children(query); n; n = xmpp_stanza_get_next(n))
		stock->seen++;
	stock->end = g_get_monotonic_time();
	xmpp_stop(stock->ctx);
	return 0;
}

static void on_stock_connection(xmpp_conn_t *conn, xmpp_conn_event_t event, G_GNUC_UNUSED int error,
				G_GNUC_UNUSED xmpp_stream_error_t *why, void *data)
{
	Stock *stock = data;

	if (event != XMPP_CONN_CONNECT)
		exit(1);
	stock->begin = g_get_monotonic_time();
	if (stock->load->roster) {
		xmpp_id_handler_add(conn, on_stock_roster, "roster", stock);
		xmpp_send_raw_string(conn, "<iq type='get' id='roster'><query "
					   "xmlns='jabber:iq:roster'/></iq>");
	} else {
		xmpp_handler_add(conn, on_stock_message, NULL, "message", NULL, stock);
		xmpp_send_raw_string(conn, "<presence/>");
	}
}

static double run_stock(const Load *load)
{
	Stock stock = { .load = load };
	xmpp_conn_t *conn;
	guint16 port;
	pid_t server = fork_server(load, FALSE, &port);

	xmpp_initialize();
	stock.ctx = xmpp_ctx_new(NULL, NULL);
	conn = xmpp_conn_new(stock.ctx);
	xmpp_conn_set_flags(conn, XMPP_CONN_FLAG_DISABLE_TLS | XMPP_CONN_FLAG_DISABLE_SM);
	xmpp_conn_set_jid(conn, "alice@xmpp.test");
	xmpp_conn_set_pass(conn, XMPP_PEER_SECRET);
	if (xmpp_connect_client(conn, "127.0.0.1", port, on_stock_connection, &stock) != XMPP_EOK)
		exit(1);
	xmpp_run(stock.ctx);
	kill(server, SIGKILL);
	return stock.seen == load->n ? (double)(stock.end - stock.begin) / 1000 : -1;
}

/* --- the core, its driver and the bus: all of the daemon but main() ------------------------------- */

static void lookup(G_GNUC_UNUSED CusaxSecretStore *store, G_GNUC_UNUSED CusaxProtocol protocol,
		   G_GNUC_UNUSED const char *account, G_GNUC_UNUSED gboolean interactive,
		   GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data)
{
	g_autoptr(GTask) task = g_task_new(NULL, cancellable, callback, data);

	g_task_return_pointer(task, g_strdup(XMPP_PEER_SECRET), g_free);
}

static char *lookup_finish(G_GNUC_UNUSED CusaxSecretStore *store, GAsyncResult *result,
			   GError **error)
{
	return g_task_propagate_pointer(G_TASK(result), error);
}

static void watch(G_GNUC_UNUSED CusaxSecretStore *store,
		  G_GNUC_UNUSED void (*changed)(gpointer data), G_GNUC_UNUSED gpointer data)
{
}

static void free_store(G_GNUC_UNUSED CusaxSecretStore *store)
{
}

static CusaxSecretStore secrets = {
	.lookup = lookup, .lookup_finish = lookup_finish, .watch = watch, .free = free_store
};

/* The longest time between two polls, in microseconds: by the clock, which counts what other programs
 * took meanwhile, and by the processor time of this thread. */
typedef struct {
	gint64 clock, processor;
} Moment;

static Moment left_poll, longest_turn;

static Moment now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
	return (Moment){ g_get_monotonic_time(),
			 (gint64)time.tv_sec * G_USEC_PER_SEC + time.tv_nsec / 1000 };
}

static gint measured_poll(GPollFD *fds, guint n, gint timeout)
{
	Moment at = now();
	gint result;

	if (left_poll.clock) {
		longest_turn.clock = MAX(longest_turn.clock, at.clock - left_poll.clock);
		longest_turn.processor =
			MAX(longest_turn.processor, at.processor - left_poll.processor);
	}
	result = g_poll(fds, n, timeout);
	left_poll = now();
	return result;
}

static pid_t fork_peer(const Load *load, SSL_CTX *ctx)
{
	pid_t pid = fork();

	if (pid == 0) {
		g_autofree char *bytes =
			load->roster ? make_items(load->n) : make_messages(load->n);
		g_autofree char *few = make_items(PEERS);
		XmppPeer *peer = xmpp_peer_new(ctx);

		tell(xmpp_peer_port(peer));
		xmpp_peer_login_with(peer, load->roster ? bytes : few, "");
		if (!load->roster) {
			g_free(xmpp_peer_expect(peer, "<presence"));
			tell(g_get_monotonic_time());
			xmpp_peer_send_bytes(peer, bytes, strlen(bytes));
		}
		for (;;)
			g_main_context_iteration(NULL, TRUE);
	}
	return pid;
}

static void on_signal(G_GNUC_UNUSED GDBusConnection *bus, G_GNUC_UNUSED const char *sender,
		      G_GNUC_UNUSED const char *path, G_GNUC_UNUSED const char *interface,
		      G_GNUC_UNUSED const char *name, G_GNUC_UNUSED GVariant *values, gpointer data)
{
	guint *left = data;

	if (--*left == 0)
		tell(g_get_monotonic_time());
}

static GDBusConnection *connect_client(const char *address)
{
	return g_dbus_connection_new_for_address_sync(
		address,
		G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
			G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
		NULL, NULL, NULL);
}

/* Who listens: a process of its own, as clients are. */
static pid_t fork_listener(const Load *load, const char *address)
{
	pid_t pid = fork();

	if (pid == 0) {
		guint left = load->n;
		GDBusConnection *bus = connect_client(address);

		g_dbus_connection_signal_subscribe(bus, NULL, NULL, "MessageAdded", NULL, NULL,
						   G_DBUS_SIGNAL_FLAGS_NONE, on_signal, &left,
						   NULL);
		g_dbus_connection_call_sync(bus, "org.freedesktop.DBus", "/org/freedesktop/DBus",
					    "org.freedesktop.DBus.Peer", "Ping", NULL, NULL, 0, -1,
					    NULL, NULL);
		tell(1);
		for (;;)
			g_main_context_iteration(NULL, TRUE);
	}
	return pid;
}

typedef struct {
	gboolean done;
	GAsyncResult *result;
} Answer;

static void keep(G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer data)
{
	*(Answer *)data = (Answer){ TRUE, g_object_ref(result) };
}

static void wait_for(Answer *got)
{
	while (!got->done)
		g_main_context_iteration(NULL, TRUE);
}

static void on_bus(G_GNUC_UNUSED CusaxBusEvent event, gpointer data)
{
	*(gboolean *)data = TRUE;
}

/* Until the last contact answers on the bus, to a client of its own. */
static gint64 await_roster(const Load *load, CusaxRegistry *registry, CusaxAccount *account,
			   GDBusConnection *client)
{
	g_autofree char *jid = g_strdup_printf("user%u@xmpp.test", load->n - 1);
	g_autofree char *id =
		cusax_stable_id("contact", cusax_object_id(CUSAX_OBJECT(account)), jid);
	g_autofree char *path = g_strconcat("/org/cusax/Cusax1/contact/", id, NULL);
	g_autoptr(GVariant) reply = NULL;
	g_autoptr(GError) error = NULL;
	Answer got = { 0 };

	while (cusax_registry_count(registry, CUSAX_TYPE_CONTACT) < load->n)
		g_main_context_iteration(NULL, TRUE);
	g_dbus_connection_call(client, "org.cusax.Cusax1", path, "org.freedesktop.DBus.Properties",
			       "Get", g_variant_new("(ss)", "org.cusax.Cusax1.Contact", "Name"),
			       NULL, 0, -1, NULL, keep, &got);
	wait_for(&got);
	reply = g_dbus_connection_call_finish(client, got.result, &error);
	if (!reply) {
		fprintf(stderr, "%s\n", error->message);
		exit(1);
	}
	return g_get_monotonic_time();
}

static gboolean on_told(G_GNUC_UNUSED int fd, G_GNUC_UNUSED GIOCondition condition, gpointer data)
{
	*(gboolean *)data = TRUE;
	return G_SOURCE_REMOVE;
}

/* hear() while the loop goes on. */
static gint64 hear_in_loop(void)
{
	gboolean told = FALSE;

	g_unix_fd_add(report[0], G_IO_IN, on_told, &told);
	while (!told)
		g_main_context_iteration(NULL, TRUE);
	return hear();
}

static double run_ours(const Load *load)
{
	g_autofree char *folder = g_dir_make_tmp("cusax-bench-XXXXXX", NULL);
	GTestDBus *daemon = g_test_dbus_new(G_TEST_DBUS_NONE);
	SSL_CTX *ctx = xmpp_cert_context(XMPP_CERT_GOOD, "xmpp.test");
	pid_t peer = fork_peer(load, ctx), listener = 0;
	guint16 port = (guint16)hear();
	gint64 begin = 0, end;
	gboolean owned = FALSE;
	Answer answer_load = { 0 }, answer_add = { 0 };
	g_autoptr(GVariant) settings = NULL;
	g_autoptr(GDBusConnection) client = NULL;
	CusaxCore *core;
	CusaxBus *bus;
	CusaxAccount *account;

	g_test_dbus_up(daemon);
	if (!load->roster) {
		listener = fork_listener(load, g_test_dbus_get_bus_address(daemon));
		hear();
	}
	g_main_context_set_poll_func(NULL, measured_poll);
	core = cusax_core_new(cusax_config_load(folder), cusax_history_new(folder), &secrets);
	cusax_core_set_driver(core, CUSAX_PROTOCOL_XMPP,
			      cusax_xmpp_driver_new(cusax_core_events(core), NULL));
	cusax_core_load(core, keep, &answer_load);
	wait_for(&answer_load);
	bus = cusax_bus_new(g_test_dbus_get_bus_address(daemon), core, cusax_core_registry(core),
			    on_bus, &owned, NULL);
	cusax_bus_request_name(bus);
	while (!owned)
		g_main_context_iteration(NULL, TRUE);
	cusax_core_run(core);
	settings = g_variant_ref_sink(
		g_variant_new_parsed("{'server': <'127.0.0.1'>, 'port': <%u>, 'ca-file': <%s>}",
				     (guint32)port, xmpp_cert_ca_file()));
	cusax_core_add_account(core, CUSAX_PROTOCOL_XMPP, "alice@xmpp.test", settings, keep,
			       &answer_add);
	wait_for(&answer_add);
	account = CUSAX_ACCOUNT(cusax_core_finish_object(core, answer_add.result, NULL));
	client = connect_client(g_test_dbus_get_bus_address(daemon));
	while (account->state != CUSAX_ACCOUNT_ONLINE)
		g_main_context_iteration(NULL, TRUE);
	begin = g_get_monotonic_time();
	longest_turn = (Moment){ 0, 0 };
	if (load->roster) {
		end = await_roster(load, cusax_core_registry(core), account, client);
	} else {
		begin = hear_in_loop();
		end = hear_in_loop();
		kill(listener, SIGKILL);
	}
	kill(peer, SIGKILL);
	fflush(stdout);
	{
		g_autofree char *remove = g_strdup_printf("rm -rf '%s'", folder);

		g_test_dbus_stop(daemon);
		if (system(remove))
			return -1;
	}
	xmpp_cert_clear();
	(void)bus;
	return (double)(end - begin) / 1000;
}

/* --- the program ----------------------------------------------------------------------------------- */

static long msec_of(const struct timeval *time)
{
	return time->tv_sec * 1000 + time->tv_usec / 1000;
}

/* Prints: milliseconds, KiB at the peak, microseconds of the longest turn by the clock and by the
 * processor (ours alone), milliseconds of the processor from the start of the program to its end. */
int main(int argc, char **argv)
{
	Load load;
	struct rusage usage;
	double msec;
	guint16 port;

	if (argc != 4)
		return 2;
	signal(SIGPIPE, SIG_IGN);
	load = (Load){ strcmp(argv[2], "roster") == 0, (guint)atoi(argv[3]) };
	if (pipe(report))
		return 1;
	if (strcmp(argv[1], "serve") == 0) {
		pid_t server = fork_server(&load, FALSE, &port);

		printf("%u\n", port);
		fflush(stdout);
		waitpid(server, NULL, 0);
		return 0;
	}
	msec = strcmp(argv[1], "bare") == 0    ? run_bare(&load)
	       : strcmp(argv[1], "stock") == 0 ? run_stock(&load)
					       : run_ours(&load);
	getrusage(RUSAGE_SELF, &usage);
	printf("%.1f %ld %" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %ld\n", msec, usage.ru_maxrss,
	       longest_turn.clock, longest_turn.processor,
	       msec_of(&usage.ru_utime) + msec_of(&usage.ru_stime));
	return msec < 0;
}
