/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an account's settings mean on the wire. */
/* Pure. */
#include "services/sip/target.h"

static const struct {
	const char *name, *address, *settings;
	const char *aor, *registrar, *host, *tls_name;
	guint16 port;
	CusaxSipTransport transport;
	gboolean naptr, any;
} rows[] = {
	{ "nothing set", "sip:alice@sip.test", "{}", "sip:alice@sip.test", "sip:sip.test",
	  "sip.test", "sip.test", 0, CUSAX_SIP_TLS, TRUE, FALSE },
	{ "without scheme", "alice@SIP.test", "{}", "sip:alice@sip.test", "sip:sip.test",
	  "sip.test", "sip.test", 0, CUSAX_SIP_TLS, TRUE, FALSE },
	{ "left to DNS", "alice@sip.test", "{'transport': <'auto'>}", "sip:alice@sip.test",
	  "sip:sip.test", "sip.test", "sip.test", 0, CUSAX_SIP_TLS, TRUE, TRUE },
	{ "a sips proxy is not left to DNS", "alice@sip.test",
	  "{'transport': <'auto'>, 'proxy': <'sips:edge.test'>}", "sip:alice@sip.test",
	  "sip:sip.test", "edge.test", "edge.test", 0, CUSAX_SIP_TLS, TRUE, FALSE },
	{ "a transport in the proxy is the user's word", "alice@sip.test",
	  "{'transport': <'auto'>, 'proxy': <'sip:edge.test;transport=tcp'>}", "sip:alice@sip.test",
	  "sip:sip.test", "edge.test", "edge.test", 0, CUSAX_SIP_TCP, FALSE, FALSE },
	{ "TLS, said by the user", "alice@sip.test", "{'transport': <'tls'>}", "sip:alice@sip.test",
	  "sip:sip.test", "sip.test", "sip.test", 0, CUSAX_SIP_TLS, FALSE, FALSE },
	{ "transport setting", "alice@sip.test", "{'transport': <'udp'>}", "sip:alice@sip.test",
	  "sip:sip.test", "sip.test", "sip.test", 0, CUSAX_SIP_UDP, FALSE, FALSE },
	{ "proxy by name", "alice@sip.test", "{'proxy': <'sip:edge.test:5071;transport=tcp'>}",
	  "sip:alice@sip.test", "sip:sip.test", "edge.test", "edge.test", 5071, CUSAX_SIP_TCP,
	  FALSE, FALSE },
	{ "proxy by address: the domain's name is checked", "alice@sip.test",
	  "{'proxy': <'sip:127.0.0.1:5061;transport=tls'>}", "sip:alice@sip.test", "sip:sip.test",
	  "127.0.0.1", "sip.test", 5061, CUSAX_SIP_TLS, FALSE, FALSE },
	{ "proxy by IPv6 address", "alice@sip.test", "{'proxy': <'sip:[2001:db8::1]'>}",
	  "sip:alice@sip.test", "sip:sip.test", "2001:db8::1", "sip.test", 0, CUSAX_SIP_TLS, TRUE,
	  FALSE },
	{ "sips proxy", "alice@sip.test", "{'proxy': <'sips:edge.test'>, 'transport': <'udp'>}",
	  "sip:alice@sip.test", "sip:sip.test", "edge.test", "edge.test", 0, CUSAX_SIP_TLS, TRUE,
	  FALSE },
	{ "registrar by name", "alice@sip.test", "{'registrar': <'reg.test:5080'>}",
	  "sip:alice@sip.test", "sip:reg.test:5080", "reg.test", "reg.test", 5080, CUSAX_SIP_TLS,
	  TRUE, FALSE },
	{ "registrar and proxy", "alice@sip.test",
	  "{'registrar': <'sip:reg.test'>, 'proxy': <'edge.test'>}", "sip:alice@sip.test",
	  "sip:reg.test", "edge.test", "edge.test", 0, CUSAX_SIP_TLS, TRUE, FALSE },
};

static CusaxSettings *settings_of(const char *text)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) variant =
		g_variant_parse(G_VARIANT_TYPE_VARDICT, text, NULL, NULL, &error);
	CusaxSettings *settings;

	g_assert_no_error(error);
	settings = cusax_settings_merge(CUSAX_SETTINGS_SIP_ACCOUNT, NULL, variant, &error);
	g_assert_no_error(error);
	return settings;
}

static void test_target(gconstpointer data)
{
	guint row = GPOINTER_TO_UINT(data);
	g_autoptr(CusaxSettings) settings = settings_of(rows[row].settings);
	g_autoptr(GError) error = NULL;
	g_autoptr(CusaxSipTarget) target =
		cusax_sip_target_new(rows[row].address, settings, &error);

	g_assert_no_error(error);
	g_assert_cmpstr(target->aor, ==, rows[row].aor);
	g_assert_cmpstr(target->user, ==, "alice");
	g_assert_cmpstr(target->login, ==, "alice");
	g_assert_cmpstr(target->domain, ==, "sip.test");
	g_assert_cmpstr(target->registrar, ==, rows[row].registrar);
	g_assert_cmpstr(target->host, ==, rows[row].host);
	g_assert_cmpstr(target->tls_name, ==, rows[row].tls_name);
	g_assert_cmpuint(target->port, ==, rows[row].port);
	g_assert_cmpint(target->transport, ==, rows[row].transport);
	g_assert_cmpint(target->naptr, ==, rows[row].naptr);
	g_assert_cmpint(target->any, ==, rows[row].any);
}

static const struct {
	const char *address, *settings, *names; /* what the message names */
} bad[] = {
	{ "sip.test", "{}", "address" },
	{ "tel:+331", "{}", "address" },
	{ "a b@sip.test", "{}", "address" },
	{ "alice@sip.test\r\nX: y", "{}", "address" },
	{ "alice@sip.test", "{'proxy': <'sip:'>}", "proxy" },
	{ "alice@sip.test", "{'registrar': <'a b'>}", "registrar" },
	{ "alice@sip.test", "{'proxy': <'sip:x;transport=ws'>}", "transport" },
	{ "alice@sip.test", "{'proxy': <'sips:x;transport=udp'>}", "proxy" },
};

static void test_bad(gconstpointer data)
{
	guint row = GPOINTER_TO_UINT(data);
	g_autoptr(CusaxSettings) settings = settings_of(bad[row].settings);
	g_autoptr(GError) error = NULL;

	g_assert_null(cusax_sip_target_new(bad[row].address, settings, &error));
	g_assert_error(error, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT);
	g_assert_true(g_str_has_prefix(error->message, bad[row].names));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *path = g_strdup_printf("/sip/target/%s", rows[i].name);

		g_test_add_data_func(path, GUINT_TO_POINTER(i), test_target);
	}
	for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autofree char *path = g_strdup_printf("/sip/target/bad %u", i);

		g_test_add_data_func(path, GUINT_TO_POINTER(i), test_bad);
	}
	return g_test_run();
}
