/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the media of a call get their keys: what policy allows, what is offered, what is agreed. */
/* Libre thread; no I/O. */
#pragma once

#include <stdbool.h>

#include "daemon/base/types.h"
#include "services/media/sdp.h"

struct cusax_keying {
	CusaxSrtpPolicy policy;
	bool signalling_secure; /* SDES keys may travel */
	bool prefers_dtls;

	CusaxEncryption agreed; /* once agreed, never less */
	/* SDES: our key of each suite, made once for the call; the tag and keys in effect. */
	struct cusax_srtp_key own[CUSAX_SDES_SUITES];
	unsigned tag;
	struct cusax_srtp_key send, receive;
	/* DTLS: who begins, and the certificate that must be shown. */
	bool dtls_active;
	uint8_t fingerprint[CUSAX_FINGERPRINT];
};

int cusax_keying_init(struct cusax_keying *keying, CusaxSrtpPolicy policy, bool signalling_secure,
		      bool prefers_dtls);
void cusax_keying_clear(struct cusax_keying *keying);

/* FALSE: policy demands keys, and they may not travel. */
bool cusax_keying_may_offer(const struct cusax_keying *keying);
/* What our next offer carries. */
CusaxEncryption cusax_keying_to_offer(const struct cusax_keying *keying);
/* The attributes of an offer, best first, or of the answer; gives how many. */
size_t cusax_keying_crypto(const struct cusax_keying *keying, bool offer,
			   struct cusax_crypto ret_crypto[static CUSAX_SDES_SUITES]);

/* Decides on what the other side said. 0, or EACCES with a reason and nothing changed. */
int cusax_keying_settle(struct cusax_keying *keying, const struct cusax_sdp_facts *facts,
			bool offer, const char **ret_why);
