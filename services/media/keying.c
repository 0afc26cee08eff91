/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the media of a call get their keys: what policy allows, what is offered, what is agreed. */
/* Libre thread; no I/O. */
#include "services/media/keying.h"

#include <errno.h>
#include <string.h>

#include <openssl/crypto.h>

int cusax_keying_init(struct cusax_keying *keying, CusaxSrtpPolicy policy, bool signalling_secure,
		      bool prefers_dtls)
{
	int err = 0;

	memset(keying, 0, sizeof(*keying));
	keying->policy = policy;
	keying->signalling_secure = signalling_secure;
	keying->prefers_dtls = prefers_dtls;
	for (size_t i = 0; i < CUSAX_SDES_SUITES && !err; i++)
		err = cusax_sdes_generate(cusax_sdes_suites[i], &keying->own[i]);
	return err;
}

void cusax_keying_clear(struct cusax_keying *keying)
{
	OPENSSL_cleanse(keying, sizeof(*keying));
}

bool cusax_keying_may_offer(const struct cusax_keying *keying)
{
	return keying->policy != CUSAX_SRTP_REQUIRE || keying->prefers_dtls ||
	       keying->signalling_secure;
}

CusaxEncryption cusax_keying_to_offer(const struct cusax_keying *keying)
{
	if (keying->agreed != CUSAX_ENCRYPTION_NONE)
		return keying->agreed;
	if (keying->policy == CUSAX_SRTP_OFF)
		return CUSAX_ENCRYPTION_NONE;
	if (keying->prefers_dtls)
		return CUSAX_ENCRYPTION_DTLS_SRTP;
	return keying->signalling_secure ? CUSAX_ENCRYPTION_SDES_SRTP : CUSAX_ENCRYPTION_NONE;
}

size_t cusax_keying_crypto(const struct cusax_keying *keying, bool offer,
			   struct cusax_crypto ret_crypto[static CUSAX_SDES_SUITES])
{
	if (keying->agreed == CUSAX_ENCRYPTION_SDES_SRTP) {
		ret_crypto[0].tag = keying->tag;
		ret_crypto[0].key = keying->send;
		return 1;
	}
	if (!offer)
		return 0;
	for (size_t i = 0; i < CUSAX_SDES_SUITES; i++) {
		ret_crypto[i].tag = (unsigned)i + 1;
		ret_crypto[i].key = keying->own[i];
	}
	return CUSAX_SDES_SUITES;
}

/* Our key for a suite. A call that changes its suite gets a fresh one, so that none is ever taken up
 * a second time. */
static const struct cusax_srtp_key *own_key(struct cusax_keying *keying, enum srtp_suite suite)
{
	struct cusax_srtp_key *own = keying->own;

	while (own->suite != suite)
		own++;
	if (keying->send.length && keying->send.suite != suite &&
	    cusax_sdes_generate(suite, own) != 0)
		return NULL;
	return own;
}

/* The attribute that an answer picked must be one that we offered, tag and suite (RFC 4568 §5.1.3). */
static bool was_offered(const struct cusax_keying *keying, const struct cusax_crypto *crypto)
{
	struct cusax_crypto offered[CUSAX_SDES_SUITES];
	size_t n = cusax_keying_crypto(keying, true, offered);
	bool found = false;

	for (size_t i = 0; i < n; i++)
		found |= offered[i].tag == crypto->tag && offered[i].key.suite == crypto->key.suite;
	OPENSSL_cleanse(offered, sizeof(offered));
	return found;
}

static bool settle_sdes(struct cusax_keying *keying, const struct cusax_sdp_facts *facts,
			bool offer)
{
	const struct cusax_crypto *crypto = &facts->crypto[0]; /* the one they like best */
	const struct cusax_srtp_key *own;

	if (!keying->signalling_secure || !facts->n_crypto)
		return false;
	if (!offer && (cusax_keying_to_offer(keying) != CUSAX_ENCRYPTION_SDES_SRTP ||
		       !was_offered(keying, crypto)))
		return false;
	own = own_key(keying, crypto->key.suite);
	if (!own)
		return false;
	keying->agreed = CUSAX_ENCRYPTION_SDES_SRTP;
	keying->tag = crypto->tag;
	keying->send = *own;
	keying->receive = crypto->key;
	return true;
}

static bool settle_dtls(struct cusax_keying *keying, const struct cusax_sdp_facts *facts,
			bool offer)
{
	bool renewed = keying->agreed == CUSAX_ENCRYPTION_DTLS_SRTP;

	if (!facts->has_fingerprint)
		return false;
	if (!offer && cusax_keying_to_offer(keying) != CUSAX_ENCRYPTION_DTLS_SRTP)
		return false;
	/* RFC 5763 §6.6: the association goes on while the certificate is the same. */
	if (renewed)
		return memcmp(keying->fingerprint, facts->fingerprint, CUSAX_FINGERPRINT) == 0;
	/* We offer both roles and answer with the active one where we may. */
	keying->dtls_active = offer ? facts->may_be_passive : !facts->may_be_active;
	keying->agreed = CUSAX_ENCRYPTION_DTLS_SRTP;
	memcpy(keying->fingerprint, facts->fingerprint, CUSAX_FINGERPRINT);
	return true;
}

static bool settle_any(struct cusax_keying *keying, const struct cusax_sdp_facts *facts, bool offer)
{
	if (keying->agreed == CUSAX_ENCRYPTION_SDES_SRTP)
		return settle_sdes(keying, facts, offer);
	if (keying->agreed == CUSAX_ENCRYPTION_DTLS_SRTP)
		return settle_dtls(keying, facts, offer);
	if (keying->prefers_dtls || facts->profile == CUSAX_SDP_DTLS)
		return settle_dtls(keying, facts, offer) || settle_sdes(keying, facts, offer);
	return settle_sdes(keying, facts, offer) || settle_dtls(keying, facts, offer);
}

int cusax_keying_settle(struct cusax_keying *keying, const struct cusax_sdp_facts *facts,
			bool offer, const char **ret_why)
{
	bool demanded = facts->profile == CUSAX_SDP_SAVP || facts->profile == CUSAX_SDP_DTLS;

	if (keying->policy == CUSAX_SRTP_OFF) {
		*ret_why = "encryption is demanded and switched off here";
		return demanded ? EACCES : 0;
	}
	if (settle_any(keying, facts, offer))
		return 0;
	if (keying->agreed != CUSAX_ENCRYPTION_NONE) {
		*ret_why = "encryption was agreed and may not end";
		return EACCES;
	}
	if (keying->policy == CUSAX_SRTP_REQUIRE) {
		*ret_why = "encryption is required here and was not offered in a way that counts";
		return EACCES;
	}
	*ret_why = "encryption is announced and comes without keys that count";
	return demanded ? EACCES : 0;
}
