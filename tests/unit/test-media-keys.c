/* SPDX-License-Identifier: GPL-3.0-or-later */
/* a=crypto, fingerprints, and keys pressed: read strictly, written so that they can be read. */
/* One thread. */
#include <errno.h>
#include <string.h>

#include <glib.h>

#include "services/media/dtls.h"
#include "services/media/dtmf.h"
#include "services/media/sdes.h"

#define KEY30 "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVpBQkNE"
#define KEY28 "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVpBQg=="
#define KEY44 "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVpBQkNERUZHSElKS0xNTk9QUVI="
#define CM    "AES_CM_128_HMAC_SHA1_80"

struct crypto {
	const char *name, *value;
	unsigned tag; /* 0: refused */
	size_t length;
};

/* clang-format off */
static const struct crypto cryptos[] = {
	{ "counter mode", "1 " CM " inline:" KEY30, 1, 30 },
	{ "GCM 128", "2 AEAD_AES_128_GCM inline:" KEY28, 2, 28 },
	{ "GCM 256", "3 AEAD_AES_256_GCM inline:" KEY44, 3, 44 },
	{ "longest tag", "999999999 " CM " inline:" KEY30, 999999999, 30 },
	{ "lifetime as power", "1 " CM " inline:" KEY30 "|2^31", 1, 30 },
	{ "lifetime as number", "1 " CM " inline:" KEY30 "|1048576", 1, 30 },
	{ "parameter that may be ignored", "1 " CM " inline:" KEY30 " -NOVEL=1", 1, 30 },
	{ "tag zero", "0 " CM " inline:" KEY30, 0, 0 },
	{ "tag too long", "1000000000 " CM " inline:" KEY30, 0, 0 },
	{ "tag with sign", "+1 " CM " inline:" KEY30, 0, 0 },
	{ "no tag", CM " inline:" KEY30, 0, 0 },
	{ "short tag of authenticity", "1 AES_CM_128_HMAC_SHA1_32 inline:" KEY30, 0, 0 },
	{ "no encryption", "1 NULL_HMAC_SHA1_80 inline:" KEY30, 0, 0 },
	{ "other suite", "1 F8_128_HMAC_SHA1_80 inline:" KEY30, 0, 0 },
	{ "suite in other letters", "1 aes_cm_128_hmac_sha1_80 inline:" KEY30, 0, 0 },
	{ "key too short", "1 " CM " inline:" KEY28, 0, 0 },
	{ "key too long", "1 " CM " inline:" KEY44, 0, 0 },
	{ "key of another suite", "1 AEAD_AES_128_GCM inline:" KEY30, 0, 0 },
	{ "key not base64", "1 " CM " inline:!!JDREVGR0hJSktMTU5PUFFSU1RVVldYWVpBQkNE", 0, 0 },
	{ "key with padding inside", "1 " CM " inline:QUJD==VGR0hJSktMTU5PUFFSU1RVVldYWVpBQkNE", 0, 0 },
	{ "no key", "1 " CM, 0, 0 },
	{ "empty key", "1 " CM " inline:", 0, 0 },
	{ "key not inline", "1 " CM " uri:" KEY30, 0, 0 },
	{ "two keys", "1 " CM " inline:" KEY30 ";inline:" KEY30, 0, 0 },
	{ "key index", "1 " CM " inline:" KEY30 "|1:4", 0, 0 },
	{ "lifetime and key index", "1 " CM " inline:" KEY30 "|2^20|1:4", 0, 0 },
	{ "lifetime too short", "1 " CM " inline:" KEY30 "|2^3", 0, 0 },
	{ "clear by parameter", "1 " CM " inline:" KEY30 " UNENCRYPTED_SRTP", 0, 0 },
	{ "clear reports by parameter", "1 " CM " inline:" KEY30 " UNENCRYPTED_SRTCP", 0, 0 },
	{ "not authenticated by parameter", "1 " CM " inline:" KEY30 " UNAUTHENTICATED_SRTP", 0, 0 },
	{ "nothing", "", 0, 0 },
};
/* clang-format on */

static void test_crypto(gconstpointer data)
{
	const struct crypto *row = data;
	struct cusax_crypto crypto = { .tag = 77 }, again;
	char *printed;

	g_assert_cmpint(cusax_sdes_parse(row->value, &crypto), ==, row->tag != 0);
	if (!row->tag) {
		g_assert_cmpuint(crypto.tag, ==, 77);
		return;
	}
	g_assert_cmpuint(crypto.tag, ==, row->tag);
	g_assert_cmpuint(crypto.key.length, ==, row->length);
	g_assert_cmpint(memcmp(crypto.key.bytes, "ABCDEFGHIJKLMNOPQRSTUVWXYZAB", 28), ==, 0);
	printed = cusax_sdes_print(&crypto);
	g_assert_true(cusax_sdes_parse(printed, &again));
	g_assert_cmpmem(crypto.key.bytes, crypto.key.length, again.key.bytes, again.key.length);
	g_free(printed);
}

static void test_crypto_long(void)
{
	g_autofree char *spaces = g_strnfill(100000, ' ');
	g_autofree char *value = g_strconcat("1 " CM " inline:" KEY30, spaces, NULL);
	struct cusax_crypto crypto;

	g_assert_false(cusax_sdes_parse(value, &crypto));
}

static void test_generate(void)
{
	for (size_t i = 0; i < CUSAX_SDES_SUITES; i++) {
		struct cusax_crypto a = { .tag = 1 }, b = { .tag = 1 }, c;
		g_autofree char *text = NULL;

		g_assert_cmpint(cusax_sdes_generate(cusax_sdes_suites[i], &a.key), ==, 0);
		g_assert_cmpint(cusax_sdes_generate(cusax_sdes_suites[i], &b.key), ==, 0);
		g_assert_cmpint(memcmp(a.key.bytes, b.key.bytes, a.key.length), !=, 0);
		text = cusax_sdes_print(&a);
		g_assert_true(cusax_sdes_parse(text, &c));
		g_assert_cmpmem(a.key.bytes, a.key.length, c.key.bytes, c.key.length);
	}
	g_assert_cmpint(
		cusax_sdes_generate(SRTP_AES_CM_128_HMAC_SHA1_32, &(struct cusax_srtp_key){ 0 }),
		==, EINVAL);
}

#define HEX16 "00:11:22:33:44:55:66:77:88:99:AA:bb:CC:DD:EE:FF"

static void test_fingerprint(void)
{
	static const char *const refused[] = {
		"",
		"sha-256",
		"sha-256 ",
		"sha-256 " HEX16,
		"sha-256 " HEX16 ":" HEX16 ":00",
		"sha-256 " HEX16 "-" HEX16,
		"sha-256 " HEX16 ":" HEX16 " ",
		"sha-256 " HEX16 ":00:11:22:33:44:55:66:77:88:99:AA:bb:CC:DD:EE:FG",
		"sha-1 " HEX16 ":00:11:22:33",
		"md5 " HEX16,
	};
	uint8_t fingerprint[CUSAX_FINGERPRINT], again[CUSAX_FINGERPRINT];
	g_autofree char *text = NULL;

	g_assert_true(cusax_dtls_parse_fingerprint("SHA-256 " HEX16 ":" HEX16, fingerprint));
	g_assert_cmpuint(fingerprint[11], ==, 0xbb);
	text = cusax_dtls_print_fingerprint(fingerprint);
	g_assert_true(cusax_dtls_parse_fingerprint(text, again));
	g_assert_cmpmem(fingerprint, sizeof(fingerprint), again, sizeof(again));
	for (size_t i = 0; i < G_N_ELEMENTS(refused); i++)
		g_assert_false(cusax_dtls_parse_fingerprint(refused[i], fingerprint));
}

static void test_own_fingerprint(void)
{
	uint8_t first[CUSAX_FINGERPRINT], second[CUSAX_FINGERPRINT];

	g_assert_cmpint(cusax_dtls_fingerprint(first), ==, 0);
	g_assert_cmpint(cusax_dtls_fingerprint(second), ==, 0);
	g_assert_cmpmem(first, sizeof(first), second, sizeof(second));
	cusax_dtls_forget();
}

/* What is queued is heard, once each, whatever part of its packets is lost. */
static void test_keys(gconstpointer data)
{
	unsigned lose = GPOINTER_TO_UINT(data); /* of each 8 packets, the first ones */
	static const char typed[] = "0123456789*#ABCD11";
	struct cusax_dtmf_sender sender = { 0 };
	struct cusax_dtmf_receiver receiver = { 0 };
	g_autoptr(GString) heard = g_string_new(NULL);
	uint32_t now = 4294960000u, timestamp = 0; /* wraps on the way */
	unsigned steps = 0, packets = 0;

	for (const char *key = typed; *key; key++)
		g_assert_cmpint(cusax_dtmf_queue(&sender, *key), ==, 0);
	for (; cusax_dtmf_busy(&sender); steps++, now += 160) {
		uint8_t payload[CUSAX_DTMF_PAYLOAD];
		bool first;
		char key;

		if (!cusax_dtmf_step(&sender, 8000, payload, &first))
			continue;
		if (first)
			timestamp = now;
		if (packets++ % 8 < lose)
			continue;
		key = cusax_dtmf_hear(&receiver, timestamp, payload, sizeof(payload));
		if (key)
			g_string_append_c(heard, key);
	}
	g_assert_cmpstr(heard->str, ==, typed);
	g_assert_cmpuint(packets, ==, 8 * strlen(typed));
	g_assert_cmpuint(steps, ==, 8 * strlen(typed));
}

static void test_key_packets(void)
{
	struct cusax_dtmf_sender sender = { 0 };
	uint8_t payload[CUSAX_DTMF_PAYLOAD];
	bool first;

	g_assert_cmpint(cusax_dtmf_queue(&sender, '#'), ==, 0);
	for (unsigned i = 1; i <= 8; i++) {
		unsigned duration = MIN(i, 5) * 20 * 48;

		g_assert_true(cusax_dtmf_step(&sender, 48000, payload, &first));
		g_assert_cmpint(first, ==, i == 1);
		g_assert_cmpuint(payload[0], ==, 11);
		g_assert_cmpuint(payload[1] & 0x80, ==, i > 5 ? 0x80 : 0);
		g_assert_cmpuint((unsigned)payload[2] << 8 | payload[3], ==, duration);
	}
	g_assert_false(cusax_dtmf_busy(&sender));
	g_assert_false(cusax_dtmf_step(&sender, 48000, payload, &first));
}

static void test_key_limits(void)
{
	struct cusax_dtmf_sender sender = { 0 };
	struct cusax_dtmf_receiver receiver = { 0 };
	uint8_t payload[CUSAX_DTMF_PAYLOAD] = { 16, 0, 0, 160 };

	for (const char *key = "xae+ "; *key; key++)
		g_assert_cmpint(cusax_dtmf_queue(&sender, *key), ==, EINVAL);
	g_assert_cmpint(cusax_dtmf_queue(&sender, '\0'), ==, EINVAL);
	for (unsigned i = 0; i < CUSAX_DTMF_QUEUE; i++)
		g_assert_cmpint(cusax_dtmf_queue(&sender, '1'), ==, 0);
	g_assert_cmpint(cusax_dtmf_queue(&sender, '1'), ==, ENOBUFS);

	g_assert_cmpint(cusax_dtmf_hear(&receiver, 1, payload, sizeof(payload)), ==, 0);
	payload[0] = 5;
	g_assert_cmpint(cusax_dtmf_hear(&receiver, 1, payload, 3), ==, 0);
	g_assert_cmpint(cusax_dtmf_hear(&receiver, 1000, payload, sizeof(payload)), ==, '5');
	g_assert_cmpint(cusax_dtmf_hear(&receiver, 1000, payload, sizeof(payload)), ==, 0);
	g_assert_cmpint(cusax_dtmf_hear(&receiver, 900, payload, sizeof(payload)), ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(cryptos); i++) {
		g_autofree char *path = g_strconcat("/media/sdes/", cryptos[i].name, NULL);

		g_test_add_data_func(path, &cryptos[i], test_crypto);
	}
	g_test_add_func("/media/sdes/endless", test_crypto_long);
	g_test_add_func("/media/sdes/own keys", test_generate);
	g_test_add_func("/media/dtls/fingerprints", test_fingerprint);
	g_test_add_func("/media/dtls/own fingerprint", test_own_fingerprint);
	g_test_add_data_func("/media/dtmf/all packets", GUINT_TO_POINTER(0), test_keys);
	g_test_add_data_func("/media/dtmf/only the end packets", GUINT_TO_POINTER(5), test_keys);
	g_test_add_func("/media/dtmf/packets of a key", test_key_packets);
	g_test_add_func("/media/dtmf/limits", test_key_limits);
	return g_test_run();
}
