/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two sides of a call agree on media, and hear each other. */
/* One thread. */
#include <errno.h>
#include <string.h>

#include <re.h>
#define DEBUG_MODULE "test"
#define DEBUG_LEVEL  3
#include <re_dbg.h>

#include "tests/wire/media-pair.h"

#define OFF     CUSAX_SRTP_OFF
#define PREFER  CUSAX_SRTP_PREFER
#define REQUIRE CUSAX_SRTP_REQUIRE
#define NONE    CUSAX_ENCRYPTION_NONE
#define SDES    CUSAX_ENCRYPTION_SDES_SRTP
#define DTLS    CUSAX_ENCRYPTION_DTLS_SRTP

enum {
	SOON = 5000,
};

struct agreement {
	const char *name;
	struct pair_options a, b; /* a offers */
	CusaxEncryption encryption;
	const char *codec;
};

#define OPUS "['opus']"
#define WIDE "['g722']"
#define ULAW "['pcmu']"
#define ALAW "['pcma']"

/* clang-format off */
static const struct agreement agreements[] = {
	{ "off-off/opus", { OFF, NULL, OPUS, 0 }, { OFF, NULL, OPUS, 0 }, NONE, "opus/48000/2" },
	{ "off-off/pcmu", { OFF, NULL, ULAW, 0 }, { OFF, NULL, ULAW, 0 }, NONE, "PCMU/8000" },
	{ "off-off/g722", { OFF, NULL, WIDE, 0 }, { OFF, NULL, WIDE, 0 }, NONE, "G722/8000" },
	{ "off-off/pcma", { OFF, NULL, ALAW, 0 }, { OFF, NULL, ALAW, 0 }, NONE, "PCMA/8000" },
	{ "off-prefer", { OFF, NULL, NULL, 0 }, { PREFER, NULL, NULL, 0 }, NONE, "opus/48000/2" },
	{ "prefer-off", { PREFER, NULL, NULL, 0 }, { OFF, NULL, NULL, 0 }, NONE, "opus/48000/2" },
	{ "prefer-prefer/sdes/opus", { PREFER, "sdes", OPUS, 0 }, { PREFER, "sdes", OPUS, 0 }, SDES, "opus/48000/2" },
	{ "prefer-prefer/sdes/pcmu", { PREFER, "sdes", ULAW, 0 }, { PREFER, "sdes", ULAW, 0 }, SDES, "PCMU/8000" },
	{ "prefer-prefer/sdes/g722", { PREFER, "sdes", WIDE, 0 }, { PREFER, "sdes", WIDE, 0 }, SDES, "G722/8000" },
	{ "prefer-prefer/sdes/pcma", { PREFER, "sdes", ALAW, 0 }, { PREFER, "sdes", ALAW, 0 }, SDES, "PCMA/8000" },
	{ "prefer-prefer/dtls/opus", { PREFER, "dtls", OPUS, 0 }, { PREFER, "dtls", OPUS, 0 }, DTLS, "opus/48000/2" },
	{ "prefer-prefer/dtls/pcmu", { PREFER, "dtls", ULAW, 0 }, { PREFER, "dtls", ULAW, 0 }, DTLS, "PCMU/8000" },
	{ "prefer-prefer/dtls/g722", { PREFER, "dtls", WIDE, 0 }, { PREFER, "dtls", WIDE, 0 }, DTLS, "G722/8000" },
	{ "prefer-prefer/dtls/pcma", { PREFER, "dtls", ALAW, 0 }, { PREFER, "dtls", ALAW, 0 }, DTLS, "PCMA/8000" },
	{ "require-require/sdes", { REQUIRE, "sdes", OPUS, 0 }, { REQUIRE, "sdes", OPUS, 0 }, SDES, "opus/48000/2" },
	{ "require-require/dtls", { REQUIRE, "dtls", OPUS, 0 }, { REQUIRE, "dtls", OPUS, 0 }, DTLS, "opus/48000/2" },
	{ "require-prefer/sdes", { REQUIRE, "sdes", ULAW, 0 }, { PREFER, "dtls", NULL, 0 }, SDES, "PCMU/8000" },
	{ "require-prefer/dtls", { REQUIRE, "dtls", ULAW, 0 }, { PREFER, "sdes", NULL, 0 }, DTLS, "PCMU/8000" },
	{ "prefer-require/sdes", { PREFER, "sdes", NULL, 0 }, { REQUIRE, "dtls", ALAW, 0 }, SDES, "PCMA/8000" },
	{ "prefer-require/dtls", { PREFER, "dtls", NULL, 0 }, { REQUIRE, "sdes", ALAW, 0 }, DTLS, "PCMA/8000" },
	{ "no keys over clear signalling", { PREFER, "sdes", ULAW, 1 }, { PREFER, "sdes", ULAW, 1 }, NONE, "PCMU/8000" },
	{ "keys from clear signalling are not taken", { PREFER, "sdes", ULAW, 0 }, { PREFER, "sdes", ULAW, 1 }, NONE, "PCMU/8000" },
	{ "T6: who answers has the order of codecs", { OFF, NULL, "['pcma', 'opus']", 0 }, { OFF, NULL, "['opus', 'pcma']", 0 }, NONE, "opus/48000/2" },
	{ "T6: of what was offered", { OFF, NULL, "['pcma', 'g722']", 0 }, { OFF, NULL, "['opus', 'g722', 'pcma']", 0 }, NONE, "G722/8000" },
};
/* clang-format on */

static gboolean both_hear(struct pair *pair, gconstpointer data)
{
	(void)data;
	return pair_hears(&pair->a, 660) && pair_hears(&pair->b, 440);
}

static void test_agreement(gconstpointer data)
{
	const struct agreement *row = data;
	struct pair *pair = pair_new(&row->a, &row->b);

	g_assert_cmpstr(cusax_media_codec(pair->a.media), ==, "");
	pair_connect(pair);
	g_assert_true(pair_wait(pair, both_hear, NULL, SOON));
	g_assert_cmpint(cusax_media_encryption(pair->a.media), ==, row->encryption);
	g_assert_cmpint(cusax_media_encryption(pair->b.media), ==, row->encryption);
	g_assert_cmpstr(cusax_media_codec(pair->a.media), ==, row->codec);
	g_assert_cmpstr(cusax_media_codec(pair->b.media), ==, row->codec);
	g_assert_cmpuint(pair->a.changed, ==, row->encryption == DTLS);
	g_assert_cmpuint(pair->b.changed, ==, row->encryption == DTLS);
	g_assert_false(cusax_media_has_video(pair->a.media));
	pair_free(pair);
}

static void remove_lines(GString *sdp, const char *start)
{
	const char *found;

	while ((found = strstr(sdp->str, start)))
		g_string_erase(sdp, found - sdp->str, strchr(found, '\n') + 1 - found);
}

static void plain_answer(GString *sdp, gboolean offer)
{
	if (offer)
		return;
	remove_lines(sdp, "a=crypto");
	remove_lines(sdp, "a=fingerprint");
}

static void plain_avp_answer(GString *sdp, gboolean offer)
{
	plain_answer(sdp, offer);
	if (!offer) {
		g_string_replace(sdp, "UDP/TLS/RTP/SAVP", "RTP/AVP", 0);
		g_string_replace(sdp, "RTP/SAVP", "RTP/AVP", 0);
	}
}

static void keyless_savp(GString *sdp, gboolean offer)
{
	(void)offer;
	remove_lines(sdp, "a=crypto");
	g_string_replace(sdp, "RTP/AVP", "RTP/SAVP", 0);
}

static void other_tag(GString *sdp, gboolean offer)
{
	if (!offer)
		g_string_replace(sdp, "a=crypto:1", "a=crypto:7", 0);
}

static void other_suite(GString *sdp, gboolean offer)
{
	if (!offer)
		g_string_replace(sdp, "a=crypto:1", "a=crypto:2", 0);
}

static void no_audio(GString *sdp, gboolean offer)
{
	(void)offer;
	g_string_replace(sdp, "m=audio", "m=video", 0);
}

static void port_zero(GString *sdp, gboolean offer)
{
	guint16 port = pair_port(sdp->str);
	g_autofree char *from = g_strdup_printf("m=audio %u", port);

	(void)offer;
	g_string_replace(sdp, from, "m=audio 0", 0);
}

static void to_group(GString *sdp, gboolean offer)
{
	(void)offer;
	g_string_replace(sdp, "127.0.0.1", "239.1.2.3", 0);
}

static void garbage(GString *sdp, gboolean offer)
{
	(void)offer;
	g_string_assign(sdp, "hello\r\n");
}

static void too_long(GString *sdp, gboolean offer)
{
	(void)offer;
	for (int i = 0; i < 4000; i++)
		g_string_append(sdp, "a=x:1\r\n");
}

struct refusal {
	const char *name;
	struct pair_options a, b;
	PairEdit edit;
	int err;
};

/* clang-format off */
static const struct refusal refusals[] = {
	{ "plain answer under require/sdes", { REQUIRE, "sdes", NULL, 0 }, { REQUIRE, "sdes", NULL, 0 }, plain_answer, EACCES },
	{ "plain answer under require/dtls", { REQUIRE, "dtls", NULL, 0 }, { REQUIRE, "dtls", NULL, 0 }, plain_answer, EACCES },
	{ "RTP/AVP answer under require/sdes", { REQUIRE, "sdes", NULL, 0 }, { PREFER, "sdes", NULL, 0 }, plain_avp_answer, EACCES },
	{ "RTP/AVP answer under require/dtls", { REQUIRE, "dtls", NULL, 0 }, { PREFER, "dtls", NULL, 0 }, plain_avp_answer, EACCES },
	{ "plain offer under require", { OFF, NULL, NULL, 0 }, { REQUIRE, "sdes", NULL, 0 }, NULL, EACCES },
	{ "RTP/SAVP offer where encryption is off", { REQUIRE, "sdes", NULL, 0 }, { OFF, NULL, NULL, 0 }, NULL, EACCES },
	{ "DTLS offer where encryption is off", { REQUIRE, "dtls", NULL, 0 }, { OFF, NULL, NULL, 0 }, NULL, EACCES },
	{ "RTP/SAVP without keys", { PREFER, "sdes", NULL, 0 }, { PREFER, "sdes", NULL, 0 }, keyless_savp, EACCES },
	{ "keys from clear signalling under require", { PREFER, "sdes", NULL, 0 }, { REQUIRE, "sdes", NULL, 1 }, NULL, EACCES },
	{ "RTP/SAVP keys from clear signalling", { REQUIRE, "sdes", NULL, 0 }, { PREFER, "sdes", NULL, 1 }, NULL, EACCES },
	{ "required keys are not sent over clear signalling", { REQUIRE, "sdes", NULL, 1 }, { PREFER, "sdes", NULL, 0 }, NULL, EACCES },
	{ "answer with a tag not offered under require", { REQUIRE, "sdes", NULL, 0 }, { REQUIRE, "sdes", NULL, 0 }, other_tag, EACCES },
	{ "answer with the suite of another tag under require", { REQUIRE, "sdes", NULL, 0 }, { REQUIRE, "sdes", NULL, 0 }, other_suite, EACCES },
	{ "no common codec", { OFF, NULL, ULAW, 0 }, { OFF, NULL, OPUS, 0 }, NULL, ENOTSUP },
	{ "no audio", { OFF, NULL, NULL, 0 }, { OFF, NULL, NULL, 0 }, no_audio, ENOTSUP },
	{ "audio switched off", { OFF, NULL, NULL, 0 }, { OFF, NULL, NULL, 0 }, port_zero, ENOTSUP },
	{ "audio to a group", { OFF, NULL, NULL, 0 }, { OFF, NULL, NULL, 0 }, to_group, ENOTSUP },
	{ "no session description", { OFF, NULL, NULL, 0 }, { OFF, NULL, NULL, 0 }, garbage, EBADMSG },
	{ "endless session description", { OFF, NULL, NULL, 0 }, { OFF, NULL, NULL, 0 }, too_long, EBADMSG },
};
/* clang-format on */

static void test_refusal(gconstpointer data)
{
	const struct refusal *row = data;
	struct pair *pair = pair_new(&row->a, &row->b);
	const char *why = NULL;

	g_assert_cmpint(pair_offer(&pair->a, &pair->b, row->edit, &why), ==, row->err);
	g_assert_nonnull(why);
	pair_free(pair);
}

static gboolean heard_keys(struct pair *pair, gconstpointer data)
{
	return g_str_equal(pair->b.keys->str, data);
}

static gboolean encrypted(struct pair *pair, gconstpointer data)
{
	(void)data;
	return cusax_media_encryption(pair->a.media) != NONE &&
	       cusax_media_encryption(pair->b.media) != NONE;
}

static void test_dtmf(gconstpointer data)
{
	struct pair *pair = pair_new(data, data);

	g_assert_cmpint(cusax_media_dtmf(pair->a.media, '1'), ==, ENOTSUP);
	pair_connect(pair);
	g_assert_true(pair_wait(pair, both_hear, NULL, SOON));
	for (const char *key = "0#*9955D"; *key; key++)
		g_assert_cmpint(cusax_media_dtmf(pair->a.media, *key), ==, 0);
	g_assert_cmpint(cusax_media_dtmf(pair->a.media, 'x'), ==, EINVAL);
	g_assert_true(pair_wait(pair, heard_keys, "0#*9955D", SOON));
	/* Sound goes on afterwards, and no key is heard twice. */
	pair_forget(&pair->b);
	g_assert_true(pair_wait(pair, both_hear, NULL, SOON));
	g_assert_cmpstr(pair->b.keys->str, ==, "0#*9955D");
	g_assert_cmpstr(pair->a.keys->str, ==, "");
	pair_free(pair);
}

static gboolean b_silent(struct pair *pair, gconstpointer data)
{
	(void)data;
	return pair->b.n_heard >= pair->b.output_rate / 5 && pair_is_silent(&pair->b);
}

static void test_hold(void)
{
	static const struct pair_options prefer = { PREFER, "sdes", NULL, 0 };
	struct pair *pair = pair_new(&prefer, &prefer);
	g_autofree char *offer = NULL;
	unsigned captured;
	const char *why;

	pair_connect(pair);
	g_assert_true(pair_wait(pair, both_hear, NULL, SOON));
	g_assert_false(cusax_media_remote_held(pair->b.media));

	/* The microphone is off before the other side knows. */
	cusax_media_hold(pair->a.media, true);
	g_assert_cmpuint(pair->a.input_rate, ==, 0);
	offer = pair_encode(&pair->a, TRUE);
	g_assert_nonnull(strstr(offer, "a=sendonly"));
	g_assert_cmpint(pair_offer(&pair->a, &pair->b, NULL, &why), ==, 0);
	g_assert_cmpint(cusax_media_start(pair->b.media), ==, 0);
	g_assert_cmpint(cusax_media_start(pair->a.media), ==, 0);
	g_assert_true(cusax_media_remote_held(pair->b.media));
	g_assert_false(cusax_media_remote_held(pair->a.media));
	g_assert_cmpuint(pair->b.input_rate, ==, 0);
	g_assert_cmpuint(pair->a.output_rate, ==, 0);
	captured = pair->a.captured + pair->b.captured;
	pair_run(pair, 400);
	g_assert_cmpuint(pair->a.captured + pair->b.captured, ==, captured);
	g_assert_true(pair_wait(pair, b_silent, NULL, SOON));

	cusax_media_hold(pair->a.media, false);
	g_assert_cmpint(pair_offer(&pair->a, &pair->b, NULL, &why), ==, 0);
	g_assert_cmpint(cusax_media_start(pair->b.media), ==, 0);
	g_assert_cmpint(cusax_media_start(pair->a.media), ==, 0);
	g_assert_false(cusax_media_remote_held(pair->b.media));
	pair_forget(&pair->a);
	pair_forget(&pair->b);
	g_assert_true(pair_wait(pair, both_hear, NULL, SOON));
	g_assert_cmpint(cusax_media_encryption(pair->a.media), ==, SDES);
	pair_free(pair);
}

static void test_mute(void)
{
	static const struct pair_options off = { OFF, NULL, ULAW, 0 };
	struct pair *pair = pair_new(&off, &off);

	pair_connect(pair);
	g_assert_true(pair_wait(pair, both_hear, NULL, SOON));
	cusax_media_mute(pair->a.media, true);
	g_assert_true(pair_wait(pair, b_silent, NULL, SOON));
	pair_run(pair, 200);
	g_assert_true(pair_is_silent(&pair->b));
	g_assert_true(pair_hears(&pair->a, 660));
	cusax_media_mute(pair->a.media, false);
	g_assert_true(pair_wait(pair, both_hear, NULL, SOON));
	pair_free(pair);
}

static void test_device(void)
{
	static const struct pair_options off = { OFF, NULL, ULAW, 0 };
	struct pair *pair = pair_new(&off, &off);

	pair_connect(pair);
	g_assert_cmpstr(pair->a.input, ==, NULL);
	cusax_media_device(pair->a.media, true, "headset");
	cusax_media_device(pair->a.media, false, "speaker");
	g_assert_cmpstr(pair->a.input, ==, "headset");
	g_assert_cmpstr(pair->a.output, ==, "speaker");
	cusax_media_device(pair->a.media, true, NULL);
	g_assert_cmpstr(pair->a.input, ==, NULL);
	g_assert_true(pair_wait(pair, both_hear, NULL, SOON));
	pair_free(pair);
}

/* A refused offer in a running call leaves the call as it was. */
static void test_refused_later(gconstpointer data)
{
	struct pair *pair = pair_new(data, data);
	g_autofree char *before = NULL, *after = NULL;
	const char *why;

	pair_connect(pair);
	g_assert_true(pair_wait(pair, both_hear, NULL, SOON));
	before = g_strdup(cusax_media_codec(pair->b.media));
	g_assert_cmpint(pair_offer(&pair->a, &pair->b, keyless_savp, &why), ==, EACCES);
	g_assert_cmpint(pair_offer(&pair->a, &pair->b, no_audio, &why), ==, ENOTSUP);
	g_assert_cmpint(pair_offer(&pair->a, &pair->b, garbage, &why), ==, EBADMSG);
	after = g_strdup(cusax_media_codec(pair->b.media));
	g_assert_cmpstr(before, ==, after);
	pair_forget(&pair->a);
	pair_forget(&pair->b);
	g_assert_true(pair_wait(pair, both_hear, NULL, SOON));
	g_assert_cmpint(pair_offer(&pair->b, &pair->a, NULL, &why), ==, 0);
	g_assert_cmpint(cusax_media_start(pair->a.media), ==, 0);
	g_assert_cmpint(cusax_media_start(pair->b.media), ==, 0);
	g_assert_true(pair_wait(pair, both_hear, NULL, SOON));
	pair_free(pair);
}

static void drop_keys(GString *sdp, gboolean offer)
{
	(void)offer;
	remove_lines(sdp, "a=crypto");
	remove_lines(sdp, "a=fingerprint");
}

static void test_no_downgrade(gconstpointer data)
{
	struct pair *pair = pair_new(data, data);
	const char *why;

	pair_connect(pair);
	g_assert_true(pair_wait(pair, encrypted, NULL, SOON));
	g_assert_cmpint(pair_offer(&pair->a, &pair->b, drop_keys, &why), ==, EACCES);
	g_assert_cmpstr(why, ==, "encryption was agreed and may not end");
	g_assert_true(pair_wait(pair, both_hear, NULL, SOON));
	pair_free(pair);
}

static void false_fingerprint(GString *sdp, gboolean offer)
{
	char *found = strstr(sdp->str, "sha-256 ");

	(void)offer;
	g_assert_nonnull(found);
	found[8] = found[8] == '0' ? '1' : '0';
}

static gboolean somebody_failed(struct pair *pair, gconstpointer data)
{
	(void)data;
	return pair->a.failed && pair->b.failed;
}

static void test_fingerprint(void)
{
	static const struct pair_options prefer = { PREFER, "dtls", NULL, 0 };
	struct pair *pair = pair_new(&prefer, &prefer);
	const char *why;

	g_assert_cmpint(pair_offer(&pair->a, &pair->b, false_fingerprint, &why), ==, 0);
	g_assert_cmpint(cusax_media_start(pair->b.media), ==, 0);
	g_assert_cmpint(cusax_media_start(pair->a.media), ==, 0);
	g_assert_true(pair_wait(pair, somebody_failed, NULL, SOON));
	g_assert_cmpint(pair->a.code, ==, CUSAX_ERROR_SECURITY_REQUIRED);
	g_assert_cmpint(cusax_media_encryption(pair->a.media), ==, NONE);
	g_assert_cmpint(cusax_media_encryption(pair->b.media), ==, NONE);
	pair_run(pair, 300);
	g_assert_true(pair_is_silent(&pair->a) && pair_is_silent(&pair->b));
	pair_free(pair);
}

/* The handshake may begin before the answer has come: it waits for it. */
static void test_early_handshake(void)
{
	static const struct pair_options prefer = { PREFER, "dtls", NULL, 0 };
	struct pair *pair = pair_new(&prefer, &prefer);
	g_autofree char *offer = pair_encode(&pair->a, TRUE), *answer = NULL;
	const char *why;

	g_assert_cmpint(pair_decode(&pair->b, offer, TRUE, &why), ==, 0);
	answer = pair_encode(&pair->b, FALSE);
	g_assert_cmpint(cusax_media_start(pair->b.media), ==, 0);
	pair_run(pair, 100);
	g_assert_cmpint(pair_decode(&pair->a, answer, FALSE, &why), ==, 0);
	g_assert_cmpint(cusax_media_start(pair->a.media), ==, 0);
	/* Sooner than the first packet would be repeated. */
	g_assert_true(pair_wait(pair, encrypted, NULL, 600));
	g_assert_true(pair_wait(pair, both_hear, NULL, SOON));
	pair_free(pair);
}

static void roles(GString *sdp, gboolean offer)
{
	if (offer)
		g_string_replace(sdp, "setup:actpass", "setup:active", 0);
	else
		g_assert_nonnull(strstr(sdp->str, "a=setup:passive"));
}

/* The side that offers may insist on beginning. */
static void test_passive_answer(void)
{
	static const struct pair_options prefer = { PREFER, "dtls", NULL, 0 };
	struct pair *pair = pair_new(&prefer, &prefer);
	const char *why;

	g_assert_cmpint(pair_offer(&pair->a, &pair->b, roles, &why), ==, 0);
	g_assert_cmpint(cusax_media_start(pair->b.media), ==, 0);
	g_assert_cmpint(cusax_media_start(pair->a.media), ==, 0);
	g_assert_true(pair_wait(pair, both_hear, NULL, SOON));
	g_assert_cmpint(cusax_media_encryption(pair->b.media), ==, DTLS);
	pair_free(pair);
}

/* RFC 3264 §6: an answer has a line for each line of the offer. */
static void test_second_audio(void)
{
	static const struct pair_options prefer = { PREFER, "sdes", NULL, 0 };
	struct pair *pair = pair_new(&prefer, &prefer);
	g_autofree char *offer = pair_encode(&pair->a, TRUE);
	g_autofree char *both = g_strconcat(offer, "m=audio 5004 RTP/SAVP 0\r\n", NULL);
	g_autofree char *answer = NULL;
	const char *why;

	g_assert_cmpint(pair_decode(&pair->b, both, TRUE, &why), ==, 0);
	answer = pair_encode(&pair->b, FALSE);
	g_assert_nonnull(strstr(answer, "m=audio 0 RTP/SAVP"));
	g_assert_cmpuint(pair_port(answer), !=, 0);
	pair_free(pair);
}

static void test_video(void)
{
	static const struct pair_options off = { OFF, NULL, ULAW, 0 };
	struct pair *pair = pair_new(&off, &off);
	g_autofree char *offer = pair_encode(&pair->a, TRUE);
	g_autofree char *both = g_strconcat(offer,
					    "m=video 5004 RTP/AVP 97\r\n"
					    "a=rtpmap:97 VP8/90000\r\n",
					    NULL);
	g_autofree char *answer = NULL;
	const char *why;

	g_assert_cmpint(pair_decode(&pair->b, both, TRUE, &why), ==, 0);
	g_assert_true(cusax_media_has_video(pair->b.media));
	answer = pair_encode(&pair->b, FALSE);
	g_assert_nonnull(strstr(answer, "m=video 0 "));
	pair_free(pair);
}

static void test_ports(void)
{
	static const struct pair_options off = { OFF, NULL, ULAW, 0 };
	struct pair *pair = pair_new(&off, &off);
	g_autofree char *offer = pair_encode(&pair->a, TRUE);

	g_assert_cmpuint(pair_port(offer), >=, 20000);
	g_assert_cmpuint(pair_port(offer), <=, 29998);
	g_assert_cmpuint(pair_port(offer) % 2, ==, 0);
	pair_free(pair);
}

int main(int argc, char **argv)
{
	static const struct pair_options clear = { OFF, NULL, NULL, 0 };
	static const struct pair_options narrow = { OFF, NULL, ULAW, 0 };
	static const struct pair_options sdes = { PREFER, "sdes", NULL, 0 };
	static const struct pair_options dtls = { PREFER, "dtls", NULL, 0 };
	int result;

	g_test_init(&argc, &argv, NULL);
	g_assert_cmpint(libre_init(), ==, 0);
	dbg_init(3, 0); /* what refused handshakes print is expected */
	g_assert_cmpint(cusax_media_init(), ==, 0);
	for (size_t i = 0; i < G_N_ELEMENTS(agreements); i++) {
		g_autofree char *path = g_strconcat("/media/agree/", agreements[i].name, NULL);

		g_test_add_data_func(path, &agreements[i], test_agreement);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(refusals); i++) {
		g_autofree char *path = g_strconcat("/media/refuse/", refusals[i].name, NULL);

		g_test_add_data_func(path, &refusals[i], test_refusal);
	}
	g_test_add_data_func("/media/dtmf/pcmu", &narrow, test_dtmf);
	g_test_add_data_func("/media/dtmf/opus over SRTP", &sdes, test_dtmf);
	g_test_add_func("/media/hold has no microphone and says sendonly", test_hold);
	g_test_add_func("/media/mute", test_mute);
	g_test_add_func("/media/device moves while running", test_device);
	g_test_add_data_func("/media/refused offer changes nothing/clear", &clear,
			     test_refused_later);
	g_test_add_data_func("/media/refused offer changes nothing/sdes", &sdes,
			     test_refused_later);
	g_test_add_data_func("/media/encryption agreed is not given up/sdes", &sdes,
			     test_no_downgrade);
	g_test_add_data_func("/media/encryption agreed is not given up/dtls", &dtls,
			     test_no_downgrade);
	g_test_add_func("/media/false fingerprint is refused and silent", test_fingerprint);
	g_test_add_func("/media/early handshake waits for the answer", test_early_handshake);
	g_test_add_func("/media/offer may insist on beginning", test_passive_answer);
	g_test_add_func("/media/second audio line is declined", test_second_audio);
	g_test_add_func("/media/video is seen and declined", test_video);
	g_test_add_func("/media/ports lie in the range", test_ports);
	result = g_test_run();
	cusax_media_close();
	libre_close();
	mem_debug();
	return result;
}
