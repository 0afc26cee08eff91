/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ways through NATs: addresses gathered by STUN and TURN, the best one found by ICE (RFC 8445). */
/* Libre thread. */
#pragma once

#include <stdbool.h>

#include <re.h>

#include "daemon/base/relay.h"

enum {
	CUSAX_GATHER_MS = 1000, /* no longer is a call held up by servers that are silent */
	CUSAX_ICE_DEADLINE_MS = 10000,
	CUSAX_ICE_CANDIDATES_MAX = 24, /* of the other side that are looked at */
};

/* A server that helps; host NULL: none. A name or an address. */
struct cusax_ice_server {
	const char *host;
	uint16_t port;
	const char *login, *secret;    /* TURN */
	CusaxRelayTransport transport; /* TURN: TCP and TLS, too; TLS is verified by host */
	const char *ca_file;           /* and by these anchors beside the system's; NULL: none */
};

struct cusax_ice_config {
	const char *log_id;
	bool offerer;
	bool relay_only; /* the other side learns no address of this machine */
	bool checks;     /* ICE itself; else only the address that STUN sees is announced */
	struct udp_sock *rtp, *rtcp; /* rtcp NULL: on the RTP port */
	struct cusax_ice_server stun, turn;
	struct dnsc *dnsc; /* for names of servers; NULL: addresses only */
};

struct cusax_ice_handlers {
	/* What could be gathered in time is there. Once, never from inside a function of ours. */
	void (*gathered)(void *arg);
	/* The checks are over: 0, or none of the ways leads through. Once. */
	void (*checked)(int err, void *arg);
	void *arg;
};

struct cusax_ice;

/* Begins to gather. Counted by libre; must go after the last packet and before the sockets. */
int cusax_ice_alloc(struct cusax_ice **ret_ice, const struct cusax_ice_config *config,
		    const struct cusax_ice_handlers *handlers);
bool cusax_ice_is_gathered(const struct cusax_ice *ice);

/* Puts our addresses, and with checks the attributes of ICE, into the media line. */
int cusax_ice_encode(struct cusax_ice *ice, struct sdp_media *line);

/* Whether a description asks for ICE, with the default address among its candidates. */
bool cusax_ice_is_offered(const struct sdp_session *session, const struct sdp_media *line);
/* Takes candidates and credentials, once. Those in the way of `may` are left out. */
int cusax_ice_decode(struct cusax_ice *ice, const struct sdp_session *session,
		     const struct sdp_media *line, bool (*may)(const struct sa *remote, void *arg),
		     void *arg);
/* TRUE where a description begins the search anew (RFC 8445 §2.4): another name than the one taken. */
bool cusax_ice_is_restart(const struct cusax_ice *ice, const struct sdp_session *session,
			  const struct sdp_media *line);
/* Begins the checks, once; checked() follows within CUSAX_ICE_DEADLINE_MS. */
int cusax_ice_start(struct cusax_ice *ice);
/* The other side does without ICE: a relay is told where to. */
void cusax_ice_go_without(struct cusax_ice *ice, const struct sa *remote);

/* After the checks: where to send to. rtcp may come back unset. */
bool cusax_ice_selected(const struct cusax_ice *ice, struct sa *ret_rtp, struct sa *ret_rtcp);
/* An address that the other side may send from, for cusax_rtp_keep_path(). */
bool cusax_ice_knows(const struct sa *source, void *ice);
/* "direct", "host", "reflexive" or "relay": the way that our packets take. */
const char *cusax_ice_path(const struct cusax_ice *ice);
