/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SDES: keys inside the session description (RFC 4568), read strictly. */
/* Any thread: pure, but for the random key. */
#include "services/media/sdes.h"

#include <errno.h>
#include <string.h>

#include <glib.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>

const enum srtp_suite cusax_sdes_suites[CUSAX_SDES_SUITES] = {
	SRTP_AES_256_GCM,
	SRTP_AES_128_GCM,
	SRTP_AES_CM_128_HMAC_SHA1_80,
};

const char *cusax_sdes_suite_name(enum srtp_suite suite)
{
	switch (suite) {
	case SRTP_AES_CM_128_HMAC_SHA1_80:
		return "AES_CM_128_HMAC_SHA1_80"; /* RFC 4568 §6.2.1 */
	case SRTP_AES_128_GCM:
		return "AEAD_AES_128_GCM"; /* RFC 7714 §14.2 */
	case SRTP_AES_256_GCM:
		return "AEAD_AES_256_GCM";
	case SRTP_AES_CM_128_HMAC_SHA1_32:
	case SRTP_AES_256_CM_HMAC_SHA1_32:
	case SRTP_AES_256_CM_HMAC_SHA1_80:
		return NULL;
	}
	return NULL;
}

static bool parse_tag(const char *text, unsigned *ret_tag)
{
	guint64 tag;

	if (!g_ascii_string_to_unsigned(text, 10, 1, CUSAX_SDES_TAG_MAX, &tag, NULL))
		return false;
	*ret_tag = (unsigned)tag;
	return true;
}

static bool parse_suite(const char *text, enum srtp_suite *ret_suite)
{
	for (size_t i = 0; i < CUSAX_SDES_SUITES; i++) {
		if (g_str_equal(text, cusax_sdes_suite_name(cusax_sdes_suites[i]))) {
			*ret_suite = cusax_sdes_suites[i];
			return true;
		}
	}
	return false;
}

/* A lifetime: "2^20" or "1048576" (RFC 4568 §6.1). Ours ends long before any that is sensible. */
static bool is_lifetime(const char *text)
{
	guint64 value;

	if (g_str_has_prefix(text, "2^"))
		return g_ascii_string_to_unsigned(text + 2, 10, 20, 48, &value, NULL);
	return g_ascii_string_to_unsigned(text, 10, 1 << 20, G_MAXUINT64, &value, NULL);
}

static bool decode_key(const char *text, struct cusax_srtp_key *key)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t wanted = cusax_srtp_key_length(key->suite);
	size_t letters = strspn(text, alphabet);
	guchar *bytes;
	gsize length;

	/* The length of the text is fixed by that of the key. */
	if (strlen(text) != (wanted + 2) / 3 * 4 || letters != (wanted * 4 + 2) / 3 ||
	    strspn(text + letters, "=") != strlen(text) - letters)
		return false;
	bytes = g_base64_decode(text, &length);
	if (length == wanted) {
		memcpy(key->bytes, bytes, wanted);
		key->length = wanted;
	}
	OPENSSL_cleanse(bytes, length);
	g_free(bytes);
	return key->length != 0;
}

/* "inline:<key and salt>" ["|" lifetime]. An index ("|1:4") or a second key (";") is not ours. */
static bool parse_key(char *text, struct cusax_srtp_key *key)
{
	char *bar;

	if (!g_str_has_prefix(text, "inline:") || strchr(text, ';'))
		return false;
	text += strlen("inline:");
	bar = strchr(text, '|');
	if (bar) {
		*bar = '\0';
		if (!is_lifetime(bar + 1))
			return false;
	}
	return decode_key(text, key);
}

bool cusax_sdes_parse(const char *value, struct cusax_crypto *ret_crypto)
{
	struct cusax_crypto crypto = { 0 };
	char *copy, *word, *rest;
	bool good = false;

	if (strlen(value) > 256)
		return false;
	copy = g_strdup(value);
	rest = copy;
	word = strsep(&rest, " ");
	if (!word || !parse_tag(word, &crypto.tag))
		goto out;
	word = strsep(&rest, " ");
	if (!word || !parse_suite(word, &crypto.key.suite))
		goto out;
	word = strsep(&rest, " ");
	if (!word || !parse_key(word, &crypto.key))
		goto out;
	while ((word = strsep(&rest, " "))) {
		if (*word && *word != '-')
			goto out;
	}
	good = true;
	*ret_crypto = crypto;
out:
	cusax_srtp_key_wipe(&crypto.key);
	OPENSSL_cleanse(copy, strlen(value));
	g_free(copy);
	return good;
}

char *cusax_sdes_print(const struct cusax_crypto *crypto)
{
	char *encoded = g_base64_encode(crypto->key.bytes, crypto->key.length);
	char *value = g_strdup_printf("%u %s inline:%s", crypto->tag,
				      cusax_sdes_suite_name(crypto->key.suite), encoded);

	cusax_sdes_wipe(encoded);
	g_free(encoded);
	return value;
}

void cusax_sdes_wipe(char *value)
{
	if (value)
		OPENSSL_cleanse(value, strlen(value));
}

int cusax_sdes_generate(enum srtp_suite suite, struct cusax_srtp_key *ret_key)
{
	struct cusax_srtp_key key = { .suite = suite, .length = cusax_srtp_key_length(suite) };

	if (!key.length)
		return EINVAL;
	if (RAND_bytes(key.bytes, (int)key.length) != 1)
		return EIO;
	*ret_key = key;
	cusax_srtp_key_wipe(&key);
	return 0;
}
