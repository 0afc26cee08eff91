/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every key of every table: its default, what it takes, what it refuses and how it says so. */
/* Test program. */
#include "daemon/base/settings.h"

#include <string.h>

#include "daemon/base/error.h"
#include "tests/unit/rows.h"

#define XMPP   CUSAX_SETTINGS_XMPP_ACCOUNT
#define SIP    CUSAX_SETTINGS_SIP_ACCOUNT
#define PAIR   CUSAX_SETTINGS_PAIR
#define POLICY CUSAX_SETTINGS_POLICY

typedef struct {
	const char *name;
	CusaxSettingsKind kind;
	const char *entry; /* "'key': <value>" in GVariant text form */
	gboolean taken;
} Row;

/* clang-format off */
static const Row rows[] = {
	{ "a login", XMPP, "'login': <'alice'>", TRUE },
	{ "a login with a line break", XMPP, "'login': <'al\\nice'>", FALSE },
	{ "a login with DEL", SIP, "'login': <'al\\u007fice'>", FALSE },
	{ "an unknown key", XMPP, "'nonsense': <'x'>", FALSE },
	{ "a key of another table", XMPP, "'registrar': <'sip.test'>", FALSE },
	{ "a key of another table, pair", PAIR, "'login': <'x'>", FALSE },
	{ "an empty key", POLICY, "'': <'x'>", FALSE },
	{ "a string where a number belongs", XMPP, "'port': <'5222'>", FALSE },
	{ "a signed number where an unsigned one belongs", XMPP, "'port': <5222>", FALSE },
	{ "a number where a switch belongs", XMPP, "'enabled': <uint32 1>", FALSE },
	{ "a switch", XMPP, "'enabled': <false>", TRUE },
	{ "a CA file", XMPP, "'ca-file': <'/etc/ca.pem'>", TRUE },
	{ "a CA file by a relative path", XMPP, "'ca-file': <'ca.pem'>", FALSE },
	{ "a CA file with a control", XMPP, "'ca-file': <'/a\\u0001'>", FALSE },
	{ "a pin", SIP, "'pin': <'0123456789abcdefABCDEF00112233445566778899aabbccddeeff0011223344'>", TRUE },
	{ "a short pin", SIP, "'pin': <'0123'>", FALSE },
	{ "a pin with colons", SIP, "'pin': <'01:23456789abcdef0011223344556677889900aabbccddeeff0011223344556'>", FALSE },
	{ "C13: features", XMPP, "'disabled-features': <['audio', 'video']>", TRUE },
	{ "C13: an unknown feature", XMPP, "'disabled-features': <['audio', 'smell']>", FALSE },
	{ "a port", XMPP, "'port': <uint32 65535>", TRUE },
	{ "port 0", XMPP, "'port': <uint32 0>", FALSE },
	{ "port 65536", XMPP, "'port': <uint32 65536>", FALSE },
	{ "a priority", XMPP, "'priority': <-128>", TRUE },
	{ "a priority too low", XMPP, "'priority': <-129>", FALSE },
	{ "a priority too high", XMPP, "'priority': <128>", FALSE },
	{ "a certificate", XMPP, "'certificate': <'/me.pem'>", TRUE },
	{ "T1: transports", SIP, "'transport': <'udp'>", TRUE },
	{ "T1: an unknown transport", SIP, "'transport': <'sctp'>", FALSE },
	{ "expiry", SIP, "'expires': <uint32 30>", TRUE },
	{ "expiry too short", SIP, "'expires': <uint32 29>", FALSE },
	{ "keepalive by itself", SIP, "'keepalive': <uint32 0>", TRUE },
	{ "keepalive", SIP, "'keepalive': <uint32 2>", TRUE },
	{ "keepalive too often", SIP, "'keepalive': <uint32 1>", FALSE },
	{ "keepalive too seldom", SIP, "'keepalive': <uint32 3601>", FALSE },
	{ "expiry too long", SIP, "'expires': <uint32 86401>", FALSE },
	{ "T7: SRTP", SIP, "'srtp': <'require'>", TRUE },
	{ "T7: an unknown SRTP policy", SIP, "'srtp': <'maybe'>", FALSE },
	{ "T7: media encryption", SIP, "'media-encryption': <'dtls'>", TRUE },
	{ "T7: an unknown media encryption", SIP, "'media-encryption': <'zrtp'>", FALSE },
	{ "T6: codecs", SIP, "'codecs': <['opus', 'g722', 'pcmu', 'pcma']>", TRUE },
	{ "T6: an unknown codec", SIP, "'codecs': <['opus', 'g729']>", FALSE },
	{ "C41: RTP ports", SIP, "'rtp-ports': <(uint16 10000, uint16 10007)>", TRUE },
	{ "C41: too few RTP ports", SIP, "'rtp-ports': <(uint16 10000, uint16 10006)>", FALSE },
	{ "C41: RTP ports the wrong way round", SIP, "'rtp-ports': <(uint16 10007, uint16 10000)>", FALSE },
	{ "C41: RTP ports of the system", SIP, "'rtp-ports': <(uint16 1000, uint16 2000)>", FALSE },
	{ "name servers", SIP, "'dns-servers': <['127.0.0.1:53']>", TRUE },
	{ "a name server with a control", SIP, "'dns-servers': <['127.0.0.1\\t']>", FALSE },
	{ "C10: a connect policy", PAIR, "'connect-policy': <'both-required'>", TRUE },
	{ "C10: an unknown connect policy", PAIR, "'connect-policy': <'sometimes'>", FALSE },
	{ "a country", PAIR, "'country': <'+33'>", TRUE },
	{ "a country of three digits", PAIR, "'country': <'+353'>", TRUE },
	{ "a country without plus", PAIR, "'country': <'33'>", FALSE },
	{ "a country of nothing", PAIR, "'country': <'+'>", FALSE },
	{ "a country of four digits", PAIR, "'country': <'+3333'>", FALSE },
	{ "a country that starts with 0", PAIR, "'country': <'+033'>", FALSE },
	{ "a country in letters", PAIR, "'country': <'+fr'>", FALSE },
	{ "a prefix", PAIR, "'national-prefix': <'0'>", TRUE },
	{ "a prefix too long", PAIR, "'international-prefix': <'123456789'>", FALSE },
	{ "a prefix with a plus", PAIR, "'international-prefix': <'+'>", FALSE },
	{ "C87: patterns", PAIR, "'charged': <['+33899*']>", TRUE },
	{ "a minimum version of TLS", POLICY, "'min-tls': <'1.3'>", TRUE },
	{ "C97: no old version of TLS", POLICY, "'min-tls': <'1.1'>", FALSE },
	{ "C70: unknown callers", POLICY, "'unknown-callers': <'ask'>", TRUE },
	{ "C70: an unknown word for them", POLICY, "'unknown-callers': <'bite'>", FALSE },
	{ "C77: conference rooms", POLICY, "'join-conference-rooms': <'never'>", TRUE },
	{ "C77: an unknown word for them", POLICY, "'join-conference-rooms': <'maybe'>", FALSE },
	{ "notifications", POLICY, "'notifications': <'count'>", TRUE },
	{ "an unknown word for notifications", POLICY, "'notifications': <'loud'>", FALSE },
	{ "incoming calls at once", POLICY, "'max-incoming-calls': <uint32 16>", TRUE },
	{ "no incoming calls at once", POLICY, "'max-incoming-calls': <uint32 0>", FALSE },
	{ "too many incoming calls at once", POLICY, "'max-incoming-calls': <uint32 17>", FALSE },
	{ "days of history", POLICY, "'history-days': <uint32 30>", TRUE },
};
/* clang-format on */

static GVariant *parse(const char *entry)
{
	g_autofree char *text = g_strdup_printf("{%s}", entry);
	g_autoptr(GError) error = NULL;
	GVariant *map = g_variant_parse(G_VARIANT_TYPE_VARDICT, text, NULL, NULL, &error);

	g_assert_no_error(error);
	return map;
}

static void test_row(gconstpointer data)
{
	const Row *row = data;
	g_autoptr(GVariant) changes = parse(row->entry);
	g_autoptr(GError) error = NULL;
	g_autoptr(CusaxSettings) merged = cusax_settings_merge(row->kind, NULL, changes, &error);
	g_autofree char *key = NULL;
	g_autoptr(GVariant) back = NULL;

	g_variant_get_child(changes, 0, "{sv}", &key, NULL);
	if (!row->taken) {
		g_assert_null(merged);
		g_assert_error(error, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT);
		g_assert_true(g_str_has_prefix(error->message, key));
		return;
	}
	g_assert_no_error(error);
	g_assert_true(cusax_settings_has(merged, key));
	back = g_variant_ref_sink(cusax_settings_to_variant(merged));
	g_assert_true(g_variant_equal(back, changes));
}

/* Each default is of its key's type and passes its key's validator. */
static void test_defaults(void)
{
	for (CusaxSettingsKind kind = XMPP; kind <= POLICY; kind++) {
		guint n;
		const CusaxSettingsKey *keys = cusax_settings_keys(kind, &n);
		g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

		for (guint i = 0; i < n; i++) {
			g_autoptr(GVariant) value = NULL;
			const char *why = NULL;

			g_assert_true(g_hash_table_add(seen, (gpointer)keys[i].key));
			if (!keys[i].fallback)
				continue;
			/* A string stands without quotes. */
			value = strcmp(keys[i].type, "s") == 0
					? g_variant_ref_sink(g_variant_new_string(keys[i].fallback))
					: g_variant_parse(G_VARIANT_TYPE(keys[i].type),
							  keys[i].fallback, NULL, NULL, NULL);
			g_assert_nonnull(value);
			if (keys[i].validate)
				g_assert_true(keys[i].validate(value, &why));
		}
	}
}

static void test_getters(void)
{
	g_autoptr(CusaxSettings) empty = cusax_settings_new(SIP);
	g_autoptr(GVariant) changes = parse("'transport': <'tcp'>, 'expires': <uint32 60>, "
					    "'ice': <true>, 'codecs': <['pcma']>, "
					    "'rtp-ports': <(uint16 4000, uint16 4100)>");
	g_autoptr(CusaxSettings) set = cusax_settings_merge(SIP, empty, changes, NULL);
	g_autoptr(CusaxSettings) xmpp = cusax_settings_new(XMPP);
	g_auto(GStrv) codecs = cusax_settings_strv(empty, "codecs");
	g_auto(GStrv) own = cusax_settings_strv(set, "codecs");
	g_auto(GStrv) none = cusax_settings_strv(set, "dns-servers");
	guint16 low, high;

	g_assert_cmpstr(cusax_settings_string(empty, "transport"), ==, "tls");
	g_assert_cmpstr(cusax_settings_string(set, "transport"), ==, "tcp");
	g_assert_null(cusax_settings_string(empty, "proxy"));
	g_assert_cmpuint(cusax_settings_uint(empty, "expires"), ==, 600);
	g_assert_cmpuint(cusax_settings_uint(set, "expires"), ==, 60);
	g_assert_cmpuint(cusax_settings_uint(xmpp, "port"), ==, 0);
	g_assert_cmpint(cusax_settings_int(xmpp, "priority"), ==, 0);
	g_assert_false(cusax_settings_boolean(empty, "ice"));
	g_assert_true(cusax_settings_boolean(set, "ice"));
	g_assert_cmpuint(g_strv_length(codecs), ==, 4);
	g_assert_cmpstr(own[0], ==, "pcma");
	g_assert_cmpuint(g_strv_length(none), ==, 0);
	cusax_settings_ports(empty, "rtp-ports", &low, &high);
	g_assert_cmpuint(low, ==, 20000);
	g_assert_cmpuint(high, ==, 29999);
	cusax_settings_ports(set, "rtp-ports", &low, &high);
	g_assert_cmpuint(high, ==, 4100);
	g_assert_false(cusax_settings_has(empty, "transport"));
}

/* Laid over, taken away, and never half done. */
static void test_merge(void)
{
	g_autoptr(GVariant) one = parse("'name': <'work'>, 'free': <['a', 'b']>");
	g_autoptr(GVariant) two = parse("'name': <''>, 'country': <'+33'>");
	g_autoptr(GVariant) three = parse("'free': <@as []>");
	g_autoptr(GVariant) bad = parse("'name': <'home'>, 'country': <'fr'>");
	g_autoptr(CusaxSettings) a = cusax_settings_merge(PAIR, NULL, one, NULL);
	g_autoptr(CusaxSettings) b = cusax_settings_merge(PAIR, a, two, NULL);
	g_autoptr(CusaxSettings) c = cusax_settings_merge(PAIR, b, three, NULL);
	g_autoptr(GError) error = NULL;
	CusaxSettings *again = cusax_settings_ref(c);

	g_assert_null(cusax_settings_merge(PAIR, a, bad, &error));
	g_assert_cmpstr(cusax_settings_string(a, "name"), ==, "work");
	g_assert_null(cusax_settings_string(b, "name"));
	g_assert_true(cusax_settings_has(b, "free"));
	g_assert_false(cusax_settings_has(c, "free"));
	g_assert_cmpstr(cusax_settings_string(again, "country"), ==, "+33");
	cusax_settings_unref(again);
	cusax_settings_unref(NULL);
}

static void test_limits(void)
{
	g_autofree char *text = g_strnfill(1025, 'a');
	g_autoptr(GVariantBuilder) builder = g_variant_builder_new(G_VARIANT_TYPE_STRING_ARRAY);
	g_autoptr(GVariant) name = NULL, list = NULL;

	for (guint i = 0; i < 1001; i++)
		g_variant_builder_add(builder, "s", "a");
	name = g_variant_ref_sink(g_variant_new_parsed("{'name': <%s>}", text));
	list = g_variant_ref_sink(
		g_variant_new_parsed("{'free': <%v>}", g_variant_builder_end(builder)));
	g_assert_null(cusax_settings_merge(PAIR, NULL, name, NULL));
	g_assert_null(cusax_settings_merge(PAIR, NULL, list, NULL));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD_ROWS("/settings", rows, test_row);
	g_test_add_func("/settings/every default is valid", test_defaults);
	g_test_add_func("/settings/getters give the entry or the default", test_getters);
	g_test_add_func("/settings/C12: a bad entry changes nothing", test_merge);
	g_test_add_func("/settings/long texts and lists are refused", test_limits);
	return g_test_run();
}
