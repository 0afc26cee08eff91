/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the first byte to online: what a hostile, broken or silent server gets, and what is said. */
/* Main thread. */
#include <gio/gio.h>
#include <string.h>

#include "tests/wire/xmpp-peer.h"

#define STARTTLS "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
#define PROCEED  "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
#define MECHANISMS(list)                                                                           \
	"<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>" list "</mechanisms>"
#define SCRAM MECHANISMS("<mechanism>SCRAM-SHA-256</mechanism>")

static void expect(XmppRig *rig, const char *line)
{
	g_autofree char *found = xmpp_rig_expect(rig, line);

	g_assert_cmpstr(found, ==, line);
}

static void skip(XmppRig *rig, const char *text)
{
	g_free(xmpp_peer_expect(rig->peer, text));
}

/* --- before TLS ------------------------------------------------------------------------------ */

typedef struct {
	const char *name, *answer; /* to the stream header; "" silence */
	gboolean close;            /* the server closes then */
	const char *outcome;
} Clear;

#define OPEN                                                                                       \
	"<stream:stream xmlns='jabber:client' version='1.0' "                                      \
	"xmlns:stream='http://etherx.jabber.org/streams'>"

static const Clear clear_rows[] = {
	{ "no STARTTLS offered",
	  OPEN "<stream:features>" MECHANISMS("<mechanism>PLAIN</mechanism>") "</stream:features>",
	  FALSE, "connection offline SecurityRequired" },
	{ "no features at all", OPEN "<stream:features/>", FALSE,
	  "connection offline SecurityRequired" },
	{ "an old version",
	  "<stream:stream xmlns='jabber:client' "
	  "xmlns:stream='http://etherx.jabber.org/streams'>",
	  FALSE, "connection offline SecurityRequired" },
	{ "not XML", "HTTP/1.1 400 Bad Request\r\n\r\n", FALSE, "connection offline Failed" },
	{ "another kind of XML", "<html><body/></html>", FALSE, "connection offline Failed" },
	{ "an endless tag", OPEN "<a b='", TRUE, "connection offline NotConnected" },
	{ "an entity bomb", "<!DOCTYPE x [<!ENTITY a 'aaaa'>]>", FALSE,
	  "connection offline Failed" },
	{ "an unknown host",
	  OPEN "<stream:error><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
	       "</stream:error></stream:stream>",
	  FALSE, "connection offline NotConnected" },
	{ "a close", "", TRUE, "connection offline NotConnected" },
	{ "success without a login", OPEN "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>",
	  FALSE, "connection offline Failed" },
	{ "silence", "", FALSE, "connection offline Timeout" },
};

static void test_clear(gconstpointer data)
{
	const Clear *row = data;
	g_autofree char *sent = NULL;
	XmppRig rig;

	xmpp_rig_init(&rig, NULL);
	rig.times.negotiation = 600;
	xmpp_rig_connect(&rig, NULL);
	xmpp_peer_accept(rig.peer);
	skip(&rig, "streams'>");
	xmpp_peer_send_bytes(rig.peer, row->answer, strlen(row->answer));
	if (row->close)
		xmpp_peer_drop(rig.peer);
	expect(&rig, row->outcome);
	if (!row->close) {
		sent = xmpp_peer_expect_close(rig.peer);
		g_assert_cmpstr(sent, ==, "");
	}
	xmpp_rig_clear(&rig);
}

/* Nothing in clear says who is there. */
static void test_anonymous_header(void)
{
	g_autofree char *header = NULL;
	XmppRig rig;

	xmpp_rig_init(&rig, NULL);
	xmpp_rig_connect(&rig, NULL);
	xmpp_peer_accept(rig.peer);
	header = xmpp_peer_expect(rig.peer, "streams'>");
	g_assert_nonnull(strstr(header, "to='xmpp.test'"));
	g_assert_null(strstr(header, "alice"));
	xmpp_rig_clear(&rig);
}

/* --- STARTTLS -------------------------------------------------------------------------------- */

typedef struct {
	const char *name, *answer, *outcome;
} Proceed;

static const Proceed proceeds[] = {
	{ "refused", "<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
	  "connection offline SecurityRequired" },
	{ "data behind proceed", PROCEED "<message><body>x</body></message>",
	  "connection offline Failed" },
	{ "a new line behind proceed", PROCEED "\n", "connection offline Failed" },
	{ "features behind proceed", PROCEED OPEN "<stream:features>" SCRAM "</stream:features>",
	  "connection offline Failed" },
	{ "silence in place of TLS", PROCEED, "connection offline Timeout" },
	{ "a stanza in its place", "<message/>", "connection offline Failed" },
};

static void test_proceed(gconstpointer data)
{
	const Proceed *row = data;
	XmppRig rig;

	xmpp_rig_init(&rig, NULL);
	xmpp_rig_connect(&rig, NULL);
	xmpp_peer_accept(rig.peer);
	xmpp_peer_open(rig.peer, STARTTLS);
	skip(&rig, STARTTLS);
	xmpp_peer_send_bytes(rig.peer, row->answer, strlen(row->answer));
	expect(&rig, row->outcome);
	xmpp_rig_clear(&rig);
}

static void test_garbage_for_tls(void)
{
	XmppRig rig;

	xmpp_rig_init(&rig, NULL);
	xmpp_rig_connect(&rig, NULL);
	xmpp_peer_accept(rig.peer);
	xmpp_peer_open(rig.peer, STARTTLS);
	skip(&rig, STARTTLS);
	xmpp_peer_send(rig.peer, PROCEED);
	skip(&rig, "\x16\x03"); /* a ClientHello */
	xmpp_peer_send(rig.peer, "<stream:features/>");
	expect(&rig, "connection offline NotConnected");
	xmpp_rig_clear(&rig);
}

/* --- certificates ---------------------------------------------------------------------------- */

typedef struct {
	const char *name;
	XmppCertKind kind;
	gboolean own_ca; /* the authority is not the user's */
	int pin;         /* 1: the right one, -1: another */
	gboolean direct;
	gboolean accepted;
} Certificate;

static const Certificate certificates[] = {
	{ "good", XMPP_CERT_GOOD, FALSE, 0, FALSE, TRUE },
	{ "good, direct TLS", XMPP_CERT_GOOD, FALSE, 0, TRUE, TRUE },
	{ "expired", XMPP_CERT_EXPIRED, FALSE, 0, FALSE, FALSE },
	{ "expired, direct TLS", XMPP_CERT_EXPIRED, FALSE, 0, TRUE, FALSE },
	{ "other name", XMPP_CERT_WRONG_NAME, FALSE, 0, FALSE, FALSE },
	{ "self-signed", XMPP_CERT_SELF_SIGNED, FALSE, 0, FALSE, FALSE },
	{ "authority not known", XMPP_CERT_GOOD, TRUE, 0, FALSE, FALSE },
	{ "self-signed and pinned", XMPP_CERT_SELF_SIGNED, TRUE, 1, FALSE, TRUE },
	{ "expired and pinned", XMPP_CERT_EXPIRED, FALSE, 1, FALSE, TRUE },
	{ "good, and another is pinned", XMPP_CERT_GOOD, FALSE, -1, FALSE, FALSE },
};

static char *certificate_settings(const Certificate *row, SSL_CTX *ctx)
{
	g_autofree char *pin = row->pin ? xmpp_cert_fingerprint(ctx) : NULL;
	GString *text = g_string_new("{");

	if (row->pin < 0)
		pin[0] = pin[0] == '0' ? '1' : '0';
	if (pin)
		g_string_append_printf(text, "'pin': <'%s'>, ", pin);
	if (row->own_ca)
		g_string_append(text, "'ca-file': <''>, ");
	g_string_append_printf(text, "'direct-tls': <%s>}", row->direct ? "true" : "false");
	return g_string_free(text, FALSE);
}

static void test_certificate(gconstpointer data)
{
	const Certificate *row = data;
	SSL_CTX *ctx = xmpp_cert_context(row->kind, "xmpp.test");
	g_autofree char *settings = certificate_settings(row, ctx);
	g_autofree char *sent = NULL;
	XmppRig rig;

	xmpp_rig_init(&rig, ctx);
	xmpp_rig_connect(&rig, settings);
	xmpp_peer_accept(rig.peer);
	if (!row->direct) {
		xmpp_peer_open(rig.peer, STARTTLS);
		skip(&rig, STARTTLS);
		xmpp_peer_send(rig.peer, PROCEED);
	}
	xmpp_peer_start_tls(rig.peer);
	if (row->accepted) {
		skip(&rig, "from='alice@xmpp.test'");
	} else {
		expect(&rig, "connection offline Untrusted");
		sent = xmpp_peer_expect_close(rig.peer);
		g_assert_cmpstr(sent, ==, "");
	}
	xmpp_rig_clear(&rig);
}

/* --- SASL ------------------------------------------------------------------------------------ */

typedef struct {
	const char *name, *features, *settings, *outcome;
} Offer;

static const Offer offers[] = {
	{ "PLAIN alone", MECHANISMS("<mechanism>PLAIN</mechanism>"), NULL,
	  "connection offline SecurityRequired" },
	{ "DIGEST-MD5 alone", MECHANISMS("<mechanism>DIGEST-MD5</mechanism>"), NULL,
	  "connection offline SecurityRequired" },
	{ "nothing", "", NULL, "connection offline SecurityRequired" },
	{ "binding alone, without a login", "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>",
	  NULL, "connection offline SecurityRequired" },
	{ "EXTERNAL without a certificate of ours", MECHANISMS("<mechanism>EXTERNAL</mechanism>"),
	  NULL, "connection offline SecurityRequired" },
};

static void test_offer(gconstpointer data)
{
	const Offer *row = data;
	g_autofree char *sent = NULL;
	XmppRig rig;

	xmpp_rig_init(&rig, NULL);
	xmpp_rig_connect(&rig, row->settings);
	xmpp_peer_secure(rig.peer);
	xmpp_peer_open(rig.peer, row->features);
	expect(&rig, row->outcome);
	sent = xmpp_peer_expect_close(rig.peer);
	g_assert_null(strstr(sent, "<auth"));
	xmpp_rig_clear(&rig);
}

static void test_plain_allowed(void)
{
	g_autofree char *sent = NULL;
	XmppRig rig;

	xmpp_rig_init(&rig, NULL);
	xmpp_rig_connect(&rig, "{'allow-plain': <true>}");
	xmpp_peer_secure(rig.peer);
	xmpp_peer_open(rig.peer, MECHANISMS("<mechanism>PLAIN</mechanism>"));
	sent = xmpp_peer_expect(rig.peer, "</auth>");
	/* NUL alice NUL pencil */
	g_assert_nonnull(strstr(sent, ">AGFsaWNlAHBlbmNpbA==<"));
	xmpp_rig_clear(&rig);
}

/* PLAIN is not the way around a SCRAM that failed to please. */
static void test_scram_before_plain(void)
{
	g_autofree char *sent = NULL;
	XmppRig rig;

	xmpp_rig_init(&rig, NULL);
	xmpp_rig_connect(&rig, "{'allow-plain': <true>}");
	xmpp_peer_secure(rig.peer);
	xmpp_peer_open(rig.peer, MECHANISMS("<mechanism>PLAIN</mechanism>"
					    "<mechanism>SCRAM-SHA-1</mechanism>"));
	sent = xmpp_peer_expect(rig.peer, "</auth>");
	g_assert_nonnull(strstr(sent, "SCRAM-SHA-1"));
	xmpp_rig_clear(&rig);
}

/* --- channel binding (XEP-0440, RFC 9266, RFC 5929) ------------------------------------------ */

typedef struct {
	const char *name;
	int version;          /* of TLS */
	const char *bindings; /* announced; NULL: none are */
	gboolean plus;
	const char *flag; /* how the client-first-message begins */
} Binding;

static const Binding bindings[] = {
	{ "announced: exporter", TLS1_3_VERSION, "tls-exporter", TRUE, "p=tls-exporter,," },
	{ "announced: end point", TLS1_3_VERSION, "tls-server-end-point", TRUE,
	  "p=tls-server-end-point,," },
	{ "announced: nothing that we know", TLS1_3_VERSION, "tls-sunshine", TRUE, "n,," },
	{ "offered without a kind, TLS 1.3", TLS1_3_VERSION, NULL, TRUE, "n,," },
	{ "offered without a kind, TLS 1.2", TLS1_2_VERSION, NULL, TRUE, "p=tls-unique,," },
	{ "an exporter needs TLS 1.3", TLS1_2_VERSION, "tls-exporter", TRUE, "n,," },
	{ "not offered", TLS1_3_VERSION, NULL, FALSE, "y,," },
	{ "announced and not offered", TLS1_3_VERSION, "tls-exporter", FALSE, "y,," },
};

static void test_binding(gconstpointer data)
{
	const Binding *row = data;
	SSL_CTX *ctx = xmpp_cert_context(XMPP_CERT_GOOD, "xmpp.test");
	g_autoptr(GString) features = g_string_new(NULL);
	g_autofree char *auth = NULL;
	g_autofree guchar *first = NULL;
	gsize length;
	XmppRig rig;

	SSL_CTX_set_max_proto_version(ctx, row->version);
	xmpp_rig_init(&rig, ctx);
	xmpp_rig_connect(&rig, NULL);
	xmpp_peer_secure(rig.peer);
	g_string_append_printf(features, MECHANISMS("%s<mechanism>SCRAM-SHA-256</mechanism>"),
			       row->plus ? "<mechanism>SCRAM-SHA-256-PLUS</mechanism>" : "");
	if (row->bindings)
		g_string_append_printf(features,
				       "<sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'>"
				       "<channel-binding type='%s'/></sasl-channel-binding>",
				       row->bindings);
	xmpp_peer_open(rig.peer, features->str);
	auth = xmpp_peer_expect(rig.peer, "</auth>");
	g_assert_cmpint(strstr(auth, "-PLUS") != NULL, ==, row->flag[0] == 'p');
	*strstr(auth, "</auth>") = '\0';
	first = g_base64_decode(strrchr(auth, '>') + 1, &length);
	g_assert_cmpmem(first, MIN(length, strlen(row->flag)), row->flag, strlen(row->flag));
	xmpp_rig_clear(&rig);
}

/* What is bound to is what the server sees of the same connection. */
static void test_exporter(void)
{
	guint8 material[32];
	g_autofree char *first = NULL, *response = NULL, *final = NULL, *expected = NULL;
	g_autofree char *challenge = NULL, *encoded = NULL, *binding = NULL;
	g_autoptr(GByteArray) bytes = g_byte_array_new();
	gsize length;
	XmppRig rig;

	xmpp_rig_init(&rig, NULL);
	xmpp_rig_connect(&rig, NULL);
	xmpp_peer_secure(rig.peer);
	xmpp_peer_open(
		rig.peer,
		MECHANISMS(
			"<mechanism>SCRAM-SHA-256-PLUS</mechanism>") "<sasl-channel-binding "
								     "xmlns='urn:xmpp:sasl-cb:0'>"
								     "<channel-binding "
								     "type='tls-exporter'/></"
								     "sasl-channel-binding>");
	response = xmpp_peer_expect(rig.peer, "</auth>");
	*strstr(response, "</auth>") = '\0';
	first = (char *)g_base64_decode(strrchr(response, '>') + 1, &length);
	challenge = g_strdup_printf("r=%.*sx,s=c2FsdA==,i=4096",
				    (int)(length - (gsize)(strstr(first, "r=") + 2 - first)),
				    strstr(first, "r=") + 2);
	encoded = g_base64_encode((const guchar *)challenge, strlen(challenge));
	xmpp_peer_send(rig.peer,
		       "<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>%s</challenge>",
		       encoded);
	g_free(response);
	response = xmpp_peer_expect(rig.peer, "</response>");
	*strstr(response, "</response>") = '\0';
	final = (char *)g_base64_decode(strrchr(response, '>') + 1, &length);
	SSL_export_keying_material(xmpp_peer_ssl(rig.peer), material, sizeof(material),
				   "EXPORTER-Channel-Binding", 24, NULL, 0, 0);
	g_byte_array_append(bytes, (const guint8 *)"p=tls-exporter,,", 16);
	g_byte_array_append(bytes, material, sizeof(material));
	binding = g_base64_encode(bytes->data, bytes->len);
	expected = g_strdup_printf("c=%s,", binding);
	g_assert_true(strncmp(final, expected, strlen(expected)) == 0);
	xmpp_rig_clear(&rig);
}

/* --- dialogues ------------------------------------------------------------------------------- */

typedef struct {
	const char *name, *answer, *outcome;
} Sasl;

#define NS_SASL "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'"

static const Sasl dialogues[] = {
	{ "wrong password", "<failure " NS_SASL "><not-authorized/></failure>",
	  "connection offline AuthenticationFailed" },
	{ "account disabled", "<failure " NS_SASL "><account-disabled/></failure>",
	  "connection offline AuthenticationFailed" },
	{ "failing for a while", "<failure " NS_SASL "><temporary-auth-failure/></failure>",
	  "connection offline NotConnected" },
	{ "success at once", "<success " NS_SASL "/>", "connection offline Untrusted" },
	{ "success with a made-up proof", "<success " NS_SASL ">dj1BQUFB</success>",
	  "connection offline Untrusted" },
	{ "challenge that is not base64", "<challenge " NS_SASL ">%%%</challenge>",
	  "connection offline Untrusted" },
	/* r=x,s=c2FsdA==,i=1 */
	{ "a nonce that is not ours", "<challenge " NS_SASL ">cj14LHM9YzJGc2RBPT0saT0x</challenge>",
	  "connection offline Untrusted" },
	{ "a stanza", "<message/>", "connection offline Failed" },
	{ "a roster push before the login",
	  "<iq type='set'><query xmlns='jabber:iq:roster'><item jid='eve@evil.test'/></query></iq>",
	  "connection offline Failed" },
	{ "silence", "", "connection offline Timeout" },
};

static void test_sasl(gconstpointer data)
{
	const Sasl *row = data;
	XmppRig rig;

	xmpp_rig_init(&rig, NULL);
	rig.times.negotiation = 900;
	xmpp_rig_connect(&rig, NULL);
	xmpp_peer_secure(rig.peer);
	xmpp_peer_open(rig.peer, SCRAM);
	skip(&rig, "</auth>");
	xmpp_peer_send_bytes(rig.peer, row->answer, strlen(row->answer));
	expect(&rig, row->outcome);
	xmpp_rig_clear(&rig);
}

static void test_wrong_proof(void)
{
	XmppRig rig;

	xmpp_rig_init(&rig, NULL);
	xmpp_rig_connect(&rig, NULL);
	xmpp_peer_secure(rig.peer);
	xmpp_peer_open(rig.peer, SCRAM);
	xmpp_peer_scram(rig.peer, TRUE);
	expect(&rig, "connection offline Untrusted");
	xmpp_rig_clear(&rig);
}

/* --- pins of a run --------------------------------------------------------------------------- */

static void test_weaker_later(void)
{
	XmppRig rig;

	xmpp_rig_init(&rig, NULL);
	xmpp_rig_login(&rig);
	xmpp_peer_drop(rig.peer);
	expect(&rig, "connection offline NotConnected");
	xmpp_rig_connect(&rig, "{'allow-plain': <true>}");
	xmpp_peer_secure(rig.peer);
	xmpp_peer_open(rig.peer, MECHANISMS("<mechanism>SCRAM-SHA-1</mechanism>"
					    "<mechanism>PLAIN</mechanism>"));
	expect(&rig, "connection offline SecurityRequired");
	xmpp_rig_clear(&rig);
}

/* --- online, and its end --------------------------------------------------------------------- */

static void test_login(void)
{
	g_autofree char *done = NULL;
	XmppRig rig;
	guint64 op;

	xmpp_rig_init(&rig, NULL);
	op = xmpp_rig_connect(&rig, NULL);
	xmpp_peer_login(rig.peer);
	expect(&rig, "connection connecting");
	expect(&rig, "connection online");
	done = xmpp_rig_expect(&rig, "done");
	g_assert_cmpuint(g_ascii_strtoull(done + strlen("done "), NULL, 10), ==, op);
	g_assert_true(g_str_has_suffix(done, "ok"));
	expect(&rig, "roster begin");
	expect(&rig, "roster end v1");
	xmpp_rig_clear(&rig);
}

static void test_disconnect(void)
{
	XmppRig rig;

	xmpp_rig_init(&rig, NULL);
	xmpp_rig_login(&rig);
	xmpp_rig_submit(&rig, xmpp_rig_operation(CUSAX_OPERATION_DISCONNECT));
	skip(&rig, "<presence type=\"unavailable\"/>");
	skip(&rig, "</stream:stream>");
	xmpp_peer_send(rig.peer, "</stream:stream>");
	expect(&rig, "connection offline");
	g_free(xmpp_rig_expect(&rig, "done"));
	xmpp_rig_clear(&rig);
}

/* The server says nothing: it is over all the same. */
static void test_disconnect_silent(void)
{
	gint64 begin;
	XmppRig rig;

	xmpp_rig_init(&rig, NULL);
	xmpp_rig_login(&rig);
	begin = g_get_monotonic_time();
	xmpp_rig_submit(&rig, xmpp_rig_operation(CUSAX_OPERATION_DISCONNECT));
	expect(&rig, "connection offline");
	g_free(xmpp_rig_expect(&rig, "done"));
	g_assert_cmpint(g_get_monotonic_time() - begin, <, 2 * G_USEC_PER_SEC);
	xmpp_rig_clear(&rig);
}

static void test_disconnect_while_connecting(void)
{
	g_autofree char *first = NULL;
	XmppRig rig;

	xmpp_rig_init(&rig, NULL);
	xmpp_rig_connect(&rig, NULL);
	xmpp_peer_accept(rig.peer);
	skip(&rig, "<stream:stream");
	xmpp_rig_submit(&rig, xmpp_rig_operation(CUSAX_OPERATION_DISCONNECT));
	expect(&rig, "connection offline");
	first = xmpp_rig_expect(&rig, "done");
	g_assert_true(g_str_has_suffix(first, "Cancelled"));
	g_free(xmpp_rig_expect(&rig, "done"));
	xmpp_rig_clear(&rig);
}

static void test_disconnect_offline(void)
{
	g_autofree char *done = NULL;
	XmppRig rig;

	xmpp_rig_init(&rig, NULL);
	xmpp_rig_submit(&rig, xmpp_rig_operation(CUSAX_OPERATION_DISCONNECT));
	done = xmpp_rig_expect(&rig, "done");
	g_assert_true(g_str_has_suffix(done, "ok"));
	xmpp_rig_clear(&rig);
}

static void test_free_at_each_step(gconstpointer data)
{
	guint step = GPOINTER_TO_UINT(data);
	XmppRig rig;

	xmpp_rig_init(&rig, NULL);
	xmpp_rig_connect(&rig, NULL);
	if (step > 0)
		xmpp_peer_accept(rig.peer);
	if (step > 1)
		xmpp_peer_open(rig.peer, STARTTLS);
	if (step > 2) {
		skip(&rig, STARTTLS);
		xmpp_peer_send(rig.peer, PROCEED);
	}
	if (step > 3)
		g_assert_true(xmpp_peer_start_tls(rig.peer));
	if (step > 4)
		xmpp_peer_open(rig.peer, SCRAM);
	if (step > 5)
		xmpp_peer_scram(rig.peer, FALSE);
	xmpp_rig_clear(&rig);
}

static void test_refused_port(void)
{
	XmppRig rig;

	xmpp_rig_init(&rig, NULL);
	/* Port 1 of the loopback: nobody listens. */
	xmpp_rig_connect(&rig, "{'port': <uint32 1>}");
	expect(&rig, "connection offline NotConnected");
	xmpp_rig_clear(&rig);
}

static void test_unknown_host(void)
{
	XmppRig rig;

	xmpp_rig_init(&rig, NULL);
	xmpp_rig_connect(&rig, "{'server': <'nowhere.invalid'>}");
	g_free(xmpp_rig_expect(&rig, "connection offline"));
	xmpp_rig_clear(&rig);
}

/* A resolver whose name servers never answer. */
typedef struct {
	GResolver parent;
} SilentResolver;
typedef struct {
	GResolverClass parent;
} SilentResolverClass;
GType silent_resolver_get_type(void);
G_DEFINE_TYPE(SilentResolver, silent_resolver, G_TYPE_RESOLVER)

static void on_cancelled(G_GNUC_UNUSED GCancellable *cancellable, gpointer data)
{
	g_task_return_error_if_cancelled(data);
}

static void silent_lookup(GResolver *resolver, G_GNUC_UNUSED const char *name,
			  GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(resolver, cancellable, callback, data);

	g_cancellable_connect(cancellable, G_CALLBACK(on_cancelled), task, g_object_unref);
}

static GList *silent_finish(G_GNUC_UNUSED GResolver *resolver, GAsyncResult *result, GError **error)
{
	return g_task_propagate_pointer(G_TASK(result), error);
}

static void silent_resolver_class_init(SilentResolverClass *class)
{
	G_RESOLVER_CLASS(class)->lookup_service_async = silent_lookup;
	G_RESOLVER_CLASS(class)->lookup_service_finish = silent_finish;
}

static void silent_resolver_init(G_GNUC_UNUSED SilentResolver *self)
{
}

static void test_dead_dns(void)
{
	g_autoptr(GResolver) real = g_resolver_get_default();
	g_autoptr(GResolver) silent = g_object_new(silent_resolver_get_type(), NULL);
	CusaxOperation *operation;
	XmppRig rig;

	xmpp_rig_init(&rig, NULL);
	rig.times.connect = 300;
	operation = xmpp_rig_connection(&rig, NULL);
	cusax_settings_unref(operation->connect.settings);
	operation->connect.settings = cusax_settings_new(CUSAX_SETTINGS_XMPP_ACCOUNT);
	g_resolver_set_default(silent);
	xmpp_rig_submit(&rig, operation);
	expect(&rig, "connection offline Timeout");
	g_free(xmpp_rig_expect(&rig, "done"));
	g_resolver_set_default(real);
	xmpp_rig_clear(&rig);
}

static void test_bad_ca_file(void)
{
	XmppRig rig;

	xmpp_rig_init(&rig, NULL);
	xmpp_rig_connect(&rig, "{'ca-file': <'/dev/null'>}");
	expect(&rig, "connection offline InvalidArgument");
	xmpp_rig_clear(&rig);
}

static void test_server_goes(void)
{
	XmppRig rig;

	xmpp_rig_init(&rig, NULL);
	xmpp_rig_login(&rig);
	xmpp_peer_send(
		rig.peer,
		"<stream:error><system-shutdown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
		"</stream:error></stream:stream>");
	expect(&rig, "connection offline NotConnected");
	xmpp_rig_clear(&rig);
}

static void test_taken_over(void)
{
	XmppRig rig;

	xmpp_rig_init(&rig, NULL);
	xmpp_rig_login(&rig);
	xmpp_peer_send(rig.peer, "<stream:error><conflict "
				 "xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>");
	expect(&rig, "connection offline Refused");
	xmpp_rig_clear(&rig);
}

/* --- the table ------------------------------------------------------------------------------- */

#define ADD_ROWS(prefix, rows, function)                                                           \
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {                                           \
		g_autofree char *path =                                                            \
			g_strconcat("/xmpp/login/" prefix "/", rows[i].name, NULL);                \
		g_test_add_data_func(path, &rows[i], function);                                    \
	}

int main(int argc, char **argv)
{
	int status;

	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/xmpp/login/online", test_login);
	g_test_add_func("/xmpp/login/the header in clear names nobody", test_anonymous_header);
	ADD_ROWS("before TLS", clear_rows, test_clear);
	ADD_ROWS("starttls", proceeds, test_proceed);
	g_test_add_func("/xmpp/login/starttls/garbage in place of TLS", test_garbage_for_tls);
	ADD_ROWS("certificate", certificates, test_certificate);
	ADD_ROWS("offer", offers, test_offer);
	ADD_ROWS("binding", bindings, test_binding);
	g_test_add_func("/xmpp/login/binding/is to this connection", test_exporter);
	ADD_ROWS("sasl", dialogues, test_sasl);
	g_test_add_func("/xmpp/login/sasl/wrong server signature", test_wrong_proof);
	g_test_add_func("/xmpp/login/offer/PLAIN where the user allows it", test_plain_allowed);
	g_test_add_func("/xmpp/login/offer/never PLAIN where SCRAM is offered",
			test_scram_before_plain);
	g_test_add_func("/xmpp/login/offer/nothing weaker than before", test_weaker_later);
	g_test_add_func("/xmpp/login/disconnect/in order", test_disconnect);
	g_test_add_func("/xmpp/login/disconnect/from a silent server", test_disconnect_silent);
	g_test_add_func("/xmpp/login/disconnect/while connecting",
			test_disconnect_while_connecting);
	g_test_add_func("/xmpp/login/disconnect/while offline", test_disconnect_offline);
	for (guint i = 0; i <= 6; i++) {
		g_autofree char *path = g_strdup_printf("/xmpp/login/freed at step %u", i);

		g_test_add_data_func(path, GUINT_TO_POINTER(i), test_free_at_each_step);
	}
	g_test_add_func("/xmpp/login/refused port", test_refused_port);
	g_test_add_func("/xmpp/login/unknown host", test_unknown_host);
	g_test_add_func("/xmpp/login/name servers that never answer", test_dead_dns);
	g_test_add_func("/xmpp/login/unreadable ca-file", test_bad_ca_file);
	g_test_add_func("/xmpp/login/the server goes", test_server_goes);
	g_test_add_func("/xmpp/login/another session takes over", test_taken_over);
	status = g_test_run();
	xmpp_cert_clear();
	return status;
}
