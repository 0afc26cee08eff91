/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TURN over TCP and TLS (RFC 8656 §2.1): one end is a socket of this machine to which libre's TURN client
 * speaks as to a server on UDP, the other a connection to the real one. */
/* Libre thread. */
#pragma once

#include <stdbool.h>

#include <re.h>

struct cusax_turn_stream;

struct cusax_turn_stream_config {
	const char *log_id;
	const struct sa *local;  /* of the media: the one address that is listened to */
	const struct sa *server; /* of the relay */
	bool secure;             /* TLS, verified: */
	const char *host;        /* what the certificate must carry */
	const char *ca_file;     /* anchors beside the system's; NULL: none */
};

/* Begins to connect. Counted by libre; the connection goes with it. ret_near: where the TURN client
 * sends to. Returns errno. */
int cusax_turn_stream_alloc(struct cusax_turn_stream **ret_stream,
			    const struct cusax_turn_stream_config *config, struct sa *ret_near);

/* The length of the message at the start of a stream: STUN (RFC 8489 §5) or ChannelData (RFC 8656
 * §12.5), as it stands there, padding included; 0: more has to come to tell; -1: it is neither. Pure. */
int cusax_turn_frame(const uint8_t *data, size_t length);
