/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DTLS-SRTP (RFC 5763, RFC 5764): one association on the RTP port, checked by fingerprint. */
/* Libre thread. */
#pragma once

#include <stdbool.h>

#include "services/media/rtp.h"

enum {
	CUSAX_FINGERPRINT = 32, /* bytes of SHA-256, the only hash taken */
	CUSAX_DTLS_DEADLINE_MS = 10000,
};

struct cusax_dtls;

/* 0: the keys of the stream are set. EACCES: the certificate is not the one announced. Any other:
 * the handshake failed, or its deadline passed (ETIMEDOUT). Called once. */
typedef void(cusax_dtls_done_h)(int err, void *arg);

/* The certificate of this process, made when first asked for; and its end. */
int cusax_dtls_fingerprint(uint8_t ret_fingerprint[static CUSAX_FINGERPRINT]);
void cusax_dtls_forget(void);

/* "sha-256 AB:CD:…" (RFC 8122 §5), g_free(); and back. FALSE: malformed, or another hash. */
char *cusax_dtls_print_fingerprint(const uint8_t fingerprint[static CUSAX_FINGERPRINT]);
bool cusax_dtls_parse_fingerprint(const char *value,
				  uint8_t ret_fingerprint[static CUSAX_FINGERPRINT]);

/* Listens on the RTP socket. What comes before cusax_dtls_start() waits for it. */
int cusax_dtls_alloc(struct cusax_dtls **ret_dtls, struct cusax_rtp *rtp, cusax_dtls_done_h *done,
		     void *arg);

/* Starts the handshake (active, RFC 4145) or lets the other side start it. Only the first call has
 * an effect while the announced fingerprint stays the same. */
int cusax_dtls_start(struct cusax_dtls *dtls, bool active, const struct sa *remote,
		     const uint8_t fingerprint[static CUSAX_FINGERPRINT]);

bool cusax_dtls_established(const struct cusax_dtls *dtls);
