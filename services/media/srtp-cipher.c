/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One direction of SRTP: session keys from a master key, packets sealed and opened. */
/* One thread at a time. */
#include "services/media/srtp-cipher.h"

#include <string.h>

#include <glib.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

enum {
	SALT = 14, /* bytes; the shorter one of GCM is filled up with zeros (RFC 7714 §11) */
	IV = 16,
	GCM_IV = 12,
	GCM_TAG = 16,
	SHA1 = 20,
	SHA1_TAG = 10,
	LABEL_RTCP = 3, /* what the labels of RTCP are ahead of those of RTP */
};

/* The session keys of RTP or of RTCP. */
struct session {
	EVP_CIPHER_CTX *cipher;
	EVP_MAC_CTX *mac; /* NULL with GCM */
	uint8_t salt[SALT];
};

struct cusax_srtp_cipher {
	bool gcm;
	struct session rtp, rtcp;
};

static bool is_gcm(enum srtp_suite suite)
{
	return suite == SRTP_AES_128_GCM || suite == SRTP_AES_256_GCM;
}

static size_t master_length(enum srtp_suite suite)
{
	return suite == SRTP_AES_256_GCM ? 32 : 16;
}

bool cusax_srtp_derive(const struct cusax_srtp_key *key, uint8_t label, uint8_t *ret_bytes,
		       size_t length)
{
	size_t master = master_length(key->suite);
	EVP_CIPHER_CTX *prf = EVP_CIPHER_CTX_new();
	uint8_t iv[IV] = { 0 };
	bool good;
	int n;

	/* §4.3.3: the key stream that begins at salt XOR label, with a key derivation rate of 0. */
	memcpy(iv, key->bytes + master, key->length - master);
	iv[7] ^= label;
	memset(ret_bytes, 0, length);
	good = prf &&
	       EVP_EncryptInit_ex(prf, master == 32 ? EVP_aes_256_ctr() : EVP_aes_128_ctr(), NULL,
				  key->bytes, iv) &&
	       EVP_EncryptUpdate(prf, ret_bytes, &n, ret_bytes, (int)length);
	EVP_CIPHER_CTX_free(prf);
	return good;
}

static bool make_mac(struct session *session, const uint8_t bytes[static SHA1])
{
	OSSL_PARAM parameters[] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
								     (char *)"SHA1", 0),
				    OSSL_PARAM_construct_end() };
	EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);

	session->mac = hmac ? EVP_MAC_CTX_new(hmac) : NULL;
	EVP_MAC_free(hmac);
	return session->mac && EVP_MAC_init(session->mac, bytes, SHA1, parameters);
}

static const EVP_CIPHER *algorithm(enum srtp_suite suite)
{
	if (is_gcm(suite))
		return suite == SRTP_AES_256_GCM ? EVP_aes_256_gcm() : EVP_aes_128_gcm();
	return EVP_aes_128_ctr();
}

static bool make_session(struct session *session, const struct cusax_srtp_key *key, uint8_t label)
{
	uint8_t encryption[32], authentication[SHA1];
	bool good;

	session->cipher = EVP_CIPHER_CTX_new();
	good = session->cipher &&
	       cusax_srtp_derive(key, label, encryption, master_length(key->suite)) &&
	       cusax_srtp_derive(key, label + 1, authentication, SHA1) &&
	       cusax_srtp_derive(key, label + 2, session->salt, is_gcm(key->suite) ? 12 : SALT) &&
	       EVP_CipherInit_ex(session->cipher, algorithm(key->suite), NULL, encryption, NULL,
				 1) &&
	       (is_gcm(key->suite) || make_mac(session, authentication));
	OPENSSL_cleanse(encryption, sizeof(encryption));
	OPENSSL_cleanse(authentication, sizeof(authentication));
	return good;
}

static void clear_session(struct session *session)
{
	EVP_CIPHER_CTX_free(session->cipher);
	EVP_MAC_CTX_free(session->mac);
}

struct cusax_srtp_cipher *cusax_srtp_cipher_new(const struct cusax_srtp_key *key)
{
	struct cusax_srtp_cipher *cipher;

	if (!key->length || key->length != cusax_srtp_key_length(key->suite))
		return NULL;
	cipher = g_new0(struct cusax_srtp_cipher, 1);
	cipher->gcm = is_gcm(key->suite);
	if (!make_session(&cipher->rtp, key, 0) || !make_session(&cipher->rtcp, key, LABEL_RTCP)) {
		cusax_srtp_cipher_free(cipher);
		return NULL;
	}
	return cipher;
}

void cusax_srtp_cipher_free(struct cusax_srtp_cipher *cipher)
{
	if (!cipher)
		return;
	clear_session(&cipher->rtp);
	clear_session(&cipher->rtcp);
	OPENSSL_cleanse(cipher, sizeof(*cipher));
	g_free(cipher);
}

static void xor_number(uint8_t *bytes, uint64_t number, size_t length)
{
	for (size_t i = length; i > 0; i--, number >>= 8)
		bytes[i - 1] ^= (uint8_t)number;
}

/* §4.1.1: salt * 2^16 XOR ssrc * 2^64 XOR index * 2^16. The same key stream both ways. */
static bool run_counter(struct session *session, uint8_t *bytes, size_t length, uint32_t ssrc,
			uint64_t index)
{
	uint8_t iv[IV] = { 0 };
	int n;

	memcpy(iv, session->salt, SALT);
	xor_number(iv + 4, ssrc, 4);
	xor_number(iv + 8, index, 6);
	return EVP_CipherInit_ex(session->cipher, NULL, NULL, NULL, iv, 1) &&
	       EVP_CipherUpdate(session->cipher, bytes, &n, bytes, (int)length);
}

/* The tag over two pieces (§4.2). */
static bool make_tag(struct session *session, const uint8_t *bytes, size_t length,
		     const uint8_t *more, size_t more_length, uint8_t tag[static SHA1])
{
	size_t n;

	return EVP_MAC_init(session->mac, NULL, 0, NULL) &&
	       EVP_MAC_update(session->mac, bytes, length) &&
	       EVP_MAC_update(session->mac, more, more_length) &&
	       EVP_MAC_final(session->mac, tag, &n, SHA1);
}

/* RFC 7714 §8.1, §9.1: 16 zero bits, ssrc, then 48 bits of index, XOR salt. */
static bool begin_gcm(struct session *session, bool seal, uint32_t ssrc, uint64_t index)
{
	uint8_t iv[GCM_IV];

	memcpy(iv, session->salt, GCM_IV);
	xor_number(iv + 2, ssrc, 4);
	xor_number(iv + 6, index, 6);
	return EVP_CipherInit_ex(session->cipher, NULL, NULL, NULL, iv, seal);
}

static bool add_gcm(struct session *session, const uint8_t *bytes, size_t length)
{
	int n;

	return EVP_CipherUpdate(session->cipher, NULL, &n, bytes, (int)length);
}

/* The tag follows the bytes. */
static bool finish_gcm(struct session *session, bool seal, uint8_t *bytes, size_t length)
{
	uint8_t *tag = bytes + length;
	int n;

	if (!seal && !EVP_CIPHER_CTX_ctrl(session->cipher, EVP_CTRL_AEAD_SET_TAG, GCM_TAG, tag))
		return false;
	if (length && !EVP_CipherUpdate(session->cipher, bytes, &n, bytes, (int)length))
		return false;
	if (EVP_CipherFinal_ex(session->cipher, tag, &n) <= 0)
		return false;
	return !seal || EVP_CIPHER_CTX_ctrl(session->cipher, EVP_CTRL_AEAD_GET_TAG, GCM_TAG, tag);
}

static void write_u32(uint8_t bytes[static 4], uint32_t value)
{
	for (size_t i = 4; i > 0; i--, value >>= 8)
		bytes[i - 1] = (uint8_t)value;
}

static uint32_t read_u32(const uint8_t bytes[static 4])
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
	       bytes[3];
}

bool cusax_srtp_seal(struct cusax_srtp_cipher *cipher, uint8_t *packet, size_t header,
		     size_t *length, uint32_t ssrc, uint64_t index)
{
	struct session *session = &cipher->rtp;
	uint8_t tag[SHA1], counter[4];

	if (cipher->gcm) {
		if (!begin_gcm(session, true, ssrc, index) || !add_gcm(session, packet, header) ||
		    !finish_gcm(session, true, packet + header, *length - header))
			return false;
		*length += GCM_TAG;
		return true;
	}
	write_u32(counter, (uint32_t)(index >> 16));
	if (!run_counter(session, packet + header, *length - header, ssrc, index) ||
	    !make_tag(session, packet, *length, counter, sizeof(counter), tag))
		return false;
	memcpy(packet + *length, tag, SHA1_TAG);
	*length += SHA1_TAG;
	return true;
}

bool cusax_srtp_open(struct cusax_srtp_cipher *cipher, uint8_t *packet, size_t header,
		     size_t *length, uint32_t ssrc, uint64_t index)
{
	struct session *session = &cipher->rtp;
	size_t tag_length = cipher->gcm ? GCM_TAG : SHA1_TAG, end;
	uint8_t tag[SHA1], counter[4];

	if (*length < header + tag_length)
		return false;
	end = *length - tag_length;
	*length = end;
	if (cipher->gcm)
		return begin_gcm(session, false, ssrc, index) && add_gcm(session, packet, header) &&
		       finish_gcm(session, false, packet + header, end - header);
	write_u32(counter, (uint32_t)(index >> 16));
	return make_tag(session, packet, end, counter, sizeof(counter), tag) &&
	       CRYPTO_memcmp(tag, packet + end, SHA1_TAG) == 0 &&
	       run_counter(session, packet + header, end - header, ssrc, index);
}

bool cusax_srtcp_seal(struct cusax_srtp_cipher *cipher, uint8_t *packet, size_t *length,
		      uint32_t ssrc, uint32_t index)
{
	struct session *session = &cipher->rtcp;
	uint8_t *body = packet + CUSAX_SRTCP_HEADER;
	size_t n = *length - CUSAX_SRTCP_HEADER;
	uint8_t tag[SHA1], word[4];

	write_u32(word, index | UINT32_C(1) << 31); /* the bit says: encrypted */
	if (cipher->gcm) {
		if (!begin_gcm(session, true, ssrc, index) ||
		    !add_gcm(session, packet, CUSAX_SRTCP_HEADER) ||
		    !add_gcm(session, word, sizeof(word)) || !finish_gcm(session, true, body, n))
			return false;
		memcpy(body + n + GCM_TAG, word, sizeof(word));
		*length += GCM_TAG + sizeof(word);
		return true;
	}
	if (!run_counter(session, body, n, ssrc, index) ||
	    !make_tag(session, packet, *length, word, sizeof(word), tag))
		return false;
	memcpy(body + n, word, sizeof(word));
	memcpy(body + n + sizeof(word), tag, SHA1_TAG);
	*length += sizeof(word) + SHA1_TAG;
	return true;
}

bool cusax_srtcp_open(struct cusax_srtp_cipher *cipher, uint8_t *packet, size_t *length,
		      uint32_t ssrc, uint32_t *ret_index)
{
	struct session *session = &cipher->rtcp;
	uint8_t *body = packet + CUSAX_SRTCP_HEADER, *word;
	size_t trailer = 4 + (size_t)(cipher->gcm ? GCM_TAG : SHA1_TAG), n;
	uint8_t tag[SHA1];

	if (*length < CUSAX_SRTCP_HEADER + trailer)
		return false;
	n = *length - CUSAX_SRTCP_HEADER - trailer;
	word = body + n + (cipher->gcm ? GCM_TAG : 0);
	*length -= trailer;
	*ret_index = read_u32(word) & 0x7fffffff;
	/* Reports that are not encrypted are not agreed on. */
	if (!(word[0] & 0x80))
		return false;
	if (cipher->gcm)
		return begin_gcm(session, false, ssrc, *ret_index) &&
		       add_gcm(session, packet, CUSAX_SRTCP_HEADER) && add_gcm(session, word, 4) &&
		       finish_gcm(session, false, body, n);
	return make_tag(session, packet, CUSAX_SRTCP_HEADER + n, word, 4, tag) &&
	       CRYPTO_memcmp(tag, word + 4, SHA1_TAG) == 0 &&
	       run_counter(session, body, n, ssrc, *ret_index);
}
