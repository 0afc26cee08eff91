/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Session descriptions that nobody should send: no harm, no delay, no change. */
/* One thread. */
#include <errno.h>
#include <string.h>

#include "tests/wire/media-pair.h"

#define HEAD   "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
#define LINES4 "m=x 0 x 0\r\nm=x 0 x 0\r\nm=x 0 x 0\r\nm=x 0 x 0\r\n"
#define KEY    "inline:QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVpBQkNE"
#define HEX8   "00:11:22:33:44:55:66:77"

static const struct pair_options prefer = { .srtp = CUSAX_SRTP_PREFER };

struct row {
	const char *name, *sdp;
	int err;
	CusaxEncryption encryption; /* where it is taken */
	gboolean held;
};

/* clang-format off */
static const struct row rows[] = {
	{ "least", HEAD "m=audio 5004 RTP/AVP 0\r\n", 0, CUSAX_ENCRYPTION_NONE, FALSE },
	{ "lines end in LF", "v=0\no=- 1 1 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n", 0, CUSAX_ENCRYPTION_NONE, FALSE },
	{ "hold by address", "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\nm=audio 5004 RTP/AVP 0\r\n", 0, CUSAX_ENCRYPTION_NONE, TRUE },
	{ "hold by direction", HEAD "m=audio 5004 RTP/AVP 0\r\na=sendonly\r\n", 0, CUSAX_ENCRYPTION_NONE, TRUE },
	{ "inactive", HEAD "m=audio 5004 RTP/AVP 0\r\na=inactive\r\n", 0, CUSAX_ENCRYPTION_NONE, TRUE },
	{ "only receives", HEAD "m=audio 5004 RTP/AVP 0\r\na=recvonly\r\n", 0, CUSAX_ENCRYPTION_NONE, FALSE },
	{ "feedback profile", HEAD "m=audio 5004 RTP/AVPF 0\r\n", 0, CUSAX_ENCRYPTION_NONE, FALSE },
	{ "keys with RTP/AVP", HEAD "m=audio 5004 RTP/AVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 " KEY "\r\n", 0, CUSAX_ENCRYPTION_SDES_SRTP, FALSE },
	{ "keys with RTP/SAVPF", HEAD "m=audio 5004 RTP/SAVPF 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 " KEY "\r\n", 0, CUSAX_ENCRYPTION_SDES_SRTP, FALSE },
	{ "first crypto that we know", HEAD "m=audio 5004 RTP/SAVP 0\r\na=crypto:1 F8_128_HMAC_SHA1_80 " KEY "\r\na=crypto:2 AES_CM_128_HMAC_SHA1_80 " KEY "\r\n", 0, CUSAX_ENCRYPTION_SDES_SRTP, FALSE },
	{ "only a crypto that we do not know", HEAD "m=audio 5004 RTP/SAVP 0\r\na=crypto:1 F8_128_HMAC_SHA1_80 " KEY "\r\n", EACCES, 0, FALSE },
	{ "only a short tag", HEAD "m=audio 5004 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_32 " KEY "\r\n", EACCES, 0, FALSE },
	{ "DTLS without fingerprint", HEAD "m=audio 5004 UDP/TLS/RTP/SAVP 0\r\na=setup:actpass\r\n", EACCES, 0, FALSE },
	{ "DTLS with SHA-1", HEAD "m=audio 5004 UDP/TLS/RTP/SAVP 0\r\na=setup:actpass\r\na=fingerprint:sha-1 " HEX8 ":" HEX8 ":00:11:22:33\r\n", EACCES, 0, FALSE },
	{ "unknown protocol", HEAD "m=audio 5004 TCP/RTP/AVP 0\r\n", ENOTSUP, 0, FALSE },
	{ "port zero", HEAD "m=audio 0 RTP/AVP 0\r\n", ENOTSUP, 0, FALSE },
	{ "no format in common", HEAD "m=audio 5004 RTP/AVP 3 4 18\r\n", ENOTSUP, 0, FALSE },
	{ "only events", HEAD "m=audio 5004 RTP/AVP 101\r\na=rtpmap:101 telephone-event/8000\r\n", ENOTSUP, 0, FALSE },
	{ "payload type too large", HEAD "m=audio 5004 RTP/AVP 300\r\na=rtpmap:300 opus/48000/2\r\n", ENOTSUP, 0, FALSE },
	{ "other address family", "v=0\r\no=- 1 1 IN IP6 ::1\r\ns=-\r\nc=IN IP6 ::1\r\nt=0 0\r\nm=audio 5004 RTP/AVP 0\r\n", ENOTSUP, 0, FALSE },
	{ "everybody", "v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\ns=-\r\nc=IN IP4 255.255.255.255\r\nt=0 0\r\nm=audio 5004 RTP/AVP 0\r\n", ENOTSUP, 0, FALSE },
	{ "no lines", HEAD, ENOTSUP, 0, FALSE },
	{ "empty", "", ENOTSUP, 0, FALSE },
	{ "other version", "v=1\r\n", EBADMSG, 0, FALSE },
	{ "no type", HEAD "m=audio 5004 RTP/AVP 0\r\nhello\r\n", EBADMSG, 0, FALSE },
	{ "too many media lines", HEAD LINES4 LINES4 LINES4 LINES4 "m=audio 5004 RTP/AVP 0\r\n", EBADMSG, 0, FALSE },
	{ "cut", HEAD "m=audio 5004 RTP/AVP 0", EBADMSG, 0, FALSE },
	{ "bad rtpmap", HEAD "m=audio 5004 RTP/AVP 0\r\na=rtpmap:x\r\n", EBADMSG, 0, FALSE },
};
/* clang-format on */

static void test_row(gconstpointer data)
{
	const struct row *row = data;
	struct pair *pair = pair_new(&prefer, &prefer);
	const char *why = NULL;

	g_assert_cmpint(pair_decode(&pair->a, row->sdp, TRUE, &why), ==, row->err);
	if (row->err) {
		g_assert_nonnull(why);
		/* Nothing changed: a good one is taken afterwards. */
		g_assert_cmpstr(cusax_media_codec(pair->a.media), ==, "");
		g_assert_cmpint(pair_decode(&pair->a, rows[0].sdp, TRUE, &why), ==, 0);
	} else {
		g_autofree char *answer = pair_encode(&pair->a, FALSE);

		g_assert_nonnull(answer);
		g_assert_cmpint(cusax_media_encryption(pair->a.media), ==, row->encryption);
		g_assert_cmpint(cusax_media_remote_held(pair->a.media), ==, row->held);
		g_assert_cmpint(cusax_media_start(pair->a.media), ==, 0);
	}
	pair_free(pair);
}

static void mutate(GString *sdp)
{
	for (int n = g_test_rand_int_range(1, 6); n > 0 && sdp->len > 0; n--) {
		gssize at = g_test_rand_int_range(0, (gint32)sdp->len);
		gssize wanted = g_test_rand_int_range(1, 40);
		gssize length = MIN(wanted, (gssize)sdp->len - at);
		g_autofree char *piece = g_strndup(sdp->str + at, (gsize)length);

		switch (g_test_rand_int_range(0, 4)) {
		case 0:
			sdp->str[at] = (char)g_test_rand_int_range(1, 256);
			break;
		case 1:
			g_string_erase(sdp, at, length);
			break;
		case 2:
			g_string_insert(sdp, g_test_rand_int_range(0, (gint32)sdp->len), piece);
			break;
		case 3:
			g_string_insert(sdp, at, g_test_rand_bit() ? "4294967296" : "\r\nm=");
			break;
		}
	}
}

static void test_mutants(void)
{
	static const struct pair_options dtls = { .srtp = CUSAX_SRTP_PREFER, .encryption = "dtls" };
	struct pair *pair = pair_new(&prefer, &dtls);
	g_autofree char *sdes_offer = pair_encode(&pair->a, TRUE);
	g_autofree char *dtls_offer = pair_encode(&pair->b, TRUE);
	unsigned taken = 0;

	for (unsigned i = 0; i < 20000; i++) {
		g_autoptr(GString) sdp = g_string_new(i % 2 ? sdes_offer : dtls_offer);
		const char *why;
		int err;

		/* Now and then a fresh call: lines that were once known stay known. */
		if (i % 50 == 0) {
			pair_free(pair);
			pair = pair_new(&prefer, &dtls);
		}
		mutate(sdp);
		err = pair_decode(&pair->a, sdp->str, TRUE, &why);
		g_assert_true(err == 0 || err == EBADMSG || err == ENOTSUP || err == EACCES);
		if (err == 0) {
			g_autofree char *answer = pair_encode(&pair->a, FALSE);

			g_assert_nonnull(answer);
			taken++;
		}
	}
	g_test_message("%u of 20000 were taken", taken);
	pair_free(pair);
}

/* What costs most within the limit: many formats, each described. */
static void test_costly(void)
{
	struct pair *pair = pair_new(&prefer, &prefer);
	g_autoptr(GString) sdp = g_string_new(HEAD "m=audio 5004 RTP/AVP");
	const char *why;
	gint64 begin;

	for (unsigned i = 0; i < 100; i++)
		g_string_append(sdp, " 4");
	g_string_append(sdp, "\r\n");
	while (sdp->len < 16 * 1024 - 32)
		g_string_append(sdp, "a=rtpmap:1 x/1\r\n");
	begin = g_get_monotonic_time();
	g_assert_cmpint(pair_decode(&pair->a, sdp->str, TRUE, &why), ==, ENOTSUP);
	g_test_message("%" G_GINT64_FORMAT " us", g_get_monotonic_time() - begin);
	g_assert_cmpint(g_get_monotonic_time() - begin, <, 500000); /* also under a sanitizer */
	pair_free(pair);
}

int main(int argc, char **argv)
{
	int result;

	g_test_init(&argc, &argv, NULL);
	g_assert_cmpint(libre_init(), ==, 0);
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *path = g_strconcat("/media/sdp/", rows[i].name, NULL);

		g_test_add_data_func(path, &rows[i], test_row);
	}
	g_test_add_func("/media/sdp/mutants", test_mutants);
	g_test_add_func("/media/sdp/costly", test_costly);
	result = g_test_run();
	cusax_media_close();
	libre_close();
	return result;
}
