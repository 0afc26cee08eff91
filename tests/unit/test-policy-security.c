/* SPDX-License-Identifier: GPL-3.0-or-later */
/* "Secure" only where both sides deserve it; each difference named, each with a remedy. */
/* Test program. */
#include "daemon/policy/security.h"

#include <string.h>

#include "tests/unit/rows.h"

static const char *const md5[] = { "md5", NULL };
static const char *const plain[] = { "md5", "plain", NULL };

#define FACTS(version, verified, login, weak_words)                                                \
	&(const CusaxSecurity)                                                                     \
	{                                                                                          \
		.transport = (char *)"tls", .tls_version = (char *)(version),                      \
		.tls_verified = (verified), .authentication = (char *)(login),                     \
		.weak = (GStrv)(weak_words)                                                        \
	}

typedef struct {
	const char *name;
	const CusaxSecurity *chat, *telephony;
	const char *min_tls;
	CusaxSrtpPolicy srtp;
	gboolean in_call;
	CusaxEncryption call;
	gboolean secure;
	const char *mismatches; /* joined by blanks */
	CusaxRemedies remedies;
} Row;

/* clang-format off */
#define GOOD FACTS("TLSv1.3", TRUE, "SCRAM-SHA-256", NULL)
#define GOOD_SIP FACTS("TLSv1.2", TRUE, "digest-sha-256", NULL)
#define PREFER CUSAX_SRTP_PREFER, FALSE, CUSAX_ENCRYPTION_NONE
static const Row rows[] = {
	{ "C93: both protected is secure", GOOD, GOOD_SIP, NULL, PREFER, TRUE, "", 0 },
	{ "C93: MD5 inside verified TLS is accepted", GOOD, FACTS("TLSv1.3", TRUE, "digest-md5", md5), NULL, PREFER, TRUE, "", 0 },
	{ "C91: EXTERNAL beside digest is accepted", FACTS("TLSv1.3", TRUE, "EXTERNAL", NULL), GOOD_SIP, NULL, PREFER, TRUE, "", 0 },
	{ "C91: a login not known is no mismatch", FACTS("TLSv1.3", TRUE, NULL, NULL), GOOD_SIP, NULL, PREFER, TRUE, "", 0 },
	{ "C93: chat alone is not secure", GOOD, NULL, NULL, PREFER, FALSE, "", 0 },
	{ "C93: telephony alone is not secure", NULL, GOOD_SIP, NULL, PREFER, FALSE, "", 0 },
	{ "C93: nothing is not secure", NULL, NULL, NULL, PREFER, FALSE, "", 0 },
	{ "C94: telephony without TLS", GOOD, FACTS(NULL, FALSE, "digest-md5", md5), NULL, PREFER, FALSE, "telephony-no-tls", CUSAX_REMEDY_TELEPHONY_TLS },
	{ "C94: an empty version is no TLS", GOOD, FACTS("", TRUE, NULL, NULL), NULL, PREFER, FALSE, "telephony-no-tls", CUSAX_REMEDY_TELEPHONY_TLS },
	{ "C94: chat without TLS", FACTS(NULL, FALSE, NULL, NULL), GOOD_SIP, NULL, PREFER, FALSE, "chat-no-tls", CUSAX_REMEDY_CHAT_RECONNECT },
	{ "C98: chat not verified", FACTS("TLSv1.3", FALSE, NULL, NULL), GOOD_SIP, NULL, PREFER, FALSE, "chat-unverified", CUSAX_REMEDY_CERTIFICATE },
	{ "C98: telephony not verified", GOOD, FACTS("TLSv1.3", FALSE, NULL, NULL), NULL, PREFER, FALSE, "telephony-unverified", CUSAX_REMEDY_CERTIFICATE },
	{ "C96: telephony below the common version", GOOD, GOOD_SIP, "1.3", PREFER, FALSE, "telephony-tls-version", CUSAX_REMEDY_TELEPHONY_RECONNECT },
	{ "C96: chat below the common version", FACTS("TLSv1.1", TRUE, NULL, NULL), GOOD_SIP, "1.2", PREFER, FALSE, "chat-tls-version", CUSAX_REMEDY_CHAT_RECONNECT },
	{ "C96: TLSv1 is old", FACTS("TLSv1", TRUE, NULL, NULL), GOOD_SIP, NULL, PREFER, FALSE, "chat-tls-version", CUSAX_REMEDY_CHAT_RECONNECT },
	{ "C96: SSL is old", FACTS("SSLv3.9", TRUE, NULL, NULL), GOOD_SIP, NULL, PREFER, FALSE, "chat-tls-version", CUSAX_REMEDY_CHAT_RECONNECT },
	{ "C96: a minimum without a number is 1.2", GOOD, GOOD_SIP, "", PREFER, TRUE, "", 0 },
	{ "C96: both at the common version", GOOD, FACTS("TLSv1.3", TRUE, NULL, NULL), "1.3", PREFER, TRUE, "", 0 },
	{ "C97: PLAIN shows the password", FACTS("TLSv1.3", TRUE, "plain", NULL), GOOD_SIP, NULL, PREFER, FALSE, "chat-authentication", CUSAX_REMEDY_AUTHENTICATION },
	{ "C97: LOGIN shows the password", FACTS("TLSv1.3", TRUE, "LOGIN", NULL), GOOD_SIP, NULL, PREFER, FALSE, "chat-authentication", CUSAX_REMEDY_AUTHENTICATION },
	{ "C97: basic shows the password", GOOD, FACTS("TLSv1.3", TRUE, "Basic", NULL), NULL, PREFER, FALSE, "telephony-authentication", CUSAX_REMEDY_AUTHENTICATION },
	{ "C97: a word for it counts too", GOOD, FACTS("TLSv1.3", TRUE, "digest", plain), NULL, PREFER, FALSE, "telephony-authentication", CUSAX_REMEDY_AUTHENTICATION },
	{ "C99: SRTP switched off", GOOD, GOOD_SIP, NULL, CUSAX_SRTP_OFF, FALSE, CUSAX_ENCRYPTION_NONE, FALSE, "media-encryption", CUSAX_REMEDY_SRTP_REQUIRE },
	{ "C99: SRTP required", GOOD, GOOD_SIP, NULL, CUSAX_SRTP_REQUIRE, FALSE, CUSAX_ENCRYPTION_NONE, TRUE, "", 0 },
	{ "C99: a call in clear", GOOD, GOOD_SIP, NULL, CUSAX_SRTP_PREFER, TRUE, CUSAX_ENCRYPTION_NONE, FALSE, "call-encryption", CUSAX_REMEDY_SRTP_REQUIRE },
	{ "C99: a call with SDES", GOOD, GOOD_SIP, NULL, CUSAX_SRTP_PREFER, TRUE, CUSAX_ENCRYPTION_SDES_SRTP, TRUE, "", 0 },
	{ "C99: a call with DTLS", GOOD, GOOD_SIP, NULL, CUSAX_SRTP_PREFER, TRUE, CUSAX_ENCRYPTION_DTLS_SRTP, TRUE, "", 0 },
	{ "C95: everything at once has every remedy", FACTS("TLSv1.1", FALSE, "PLAIN", NULL), FACTS(NULL, FALSE, "digest-md5", md5), "1.2",
	  CUSAX_SRTP_OFF, TRUE, CUSAX_ENCRYPTION_NONE, FALSE,
	  "chat-unverified chat-tls-version chat-authentication telephony-no-tls media-encryption call-encryption",
	  CUSAX_REMEDY_CHAT_RECONNECT | CUSAX_REMEDY_TELEPHONY_TLS | CUSAX_REMEDY_SRTP_REQUIRE | CUSAX_REMEDY_CERTIFICATE | CUSAX_REMEDY_AUTHENTICATION },
};
/* clang-format on */

static void check_promises(const CusaxSecurityResult *result)
{
	/* C95: a mismatch without a remedy, or a remedy without its sentence, is never shown. */
	g_assert_cmpint(result->mismatches[0] != NULL, ==, result->remedies != 0);
	g_assert_cmpint(result->mismatches[0] != NULL, ==, result->advice != NULL);
	if (result->secure)
		g_assert_null(result->mismatches[0]);
	for (guint i = 0; result->mismatches[i]; i++) {
		const char *text = cusax_security_mismatch_text(result->mismatches[i]);

		g_assert_nonnull(text);
		g_assert_nonnull(strstr(result->advice, text));
	}
}

static void test_row(gconstpointer data)
{
	const Row *row = data;
	const CusaxSecurityFacts facts = { row->chat,    row->telephony, row->srtp,
					   row->in_call, row->call,      row->min_tls };
	g_auto(CusaxSecurityResult) got = cusax_security_compare(&facts);
	g_autofree char *words = g_strjoinv(" ", got.mismatches);

	g_assert_cmpstr(words, ==, row->mismatches);
	g_assert_cmpint(got.secure, ==, row->secure);
	g_assert_cmpint(got.remedies, ==, row->remedies);
	check_promises(&got);
}

/* R9: 4 states of chat, 4 of telephony, 3 of media. */
static void test_matrix(void)
{
	const CusaxSecurity *sides[] = { NULL, FACTS(NULL, FALSE, NULL, NULL),
					 FACTS("TLSv1.3", FALSE, NULL, NULL), GOOD };

	for (guint i = 0; i < 48; i++) {
		guint chat = i % 4, telephony = (i / 4) % 4, media = i / 16;
		const CusaxSecurityFacts facts = { .chat = sides[chat],
						   .telephony = sides[telephony],
						   .srtp = media };
		g_auto(CusaxSecurityResult) got = cusax_security_compare(&facts);

		g_assert_cmpint(got.secure, ==,
				chat == 3 && telephony == 3 && media != CUSAX_SRTP_OFF);
		check_promises(&got);
	}
}

static void test_words(void)
{
	g_assert_null(cusax_security_mismatch_text("nonsense"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD_ROWS("/policy/security", rows, test_row);
	g_test_add_func("/policy/security/C93, R9: 48 states, no wrong flag", test_matrix);
	g_test_add_func("/policy/security/a word that is none has no sentence", test_words);
	return g_test_run();
}
