/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ways through NATs: addresses gathered by STUN and TURN, the best one found by ICE (RFC 8445). */
/* Libre thread. */
#include "services/media/ice.h"

#include <errno.h>
#include <string.h>

#include <glib.h>
#include <openssl/crypto.h>

#include "services/media/turn-stream.h"

#define CUSAX_LOG_DOMAIN "media"
#include "daemon/base/log.h"

enum {
	LAYER = 0,        /* of ICE on the sockets: below the guards of the stream */
	TURN_LAYER = -10, /* the relay wraps what all others made */
	RTO_MS = 100,
	RETRIES = 4,
	COMPONENTS = 2,
	UFRAG = 8,
	PASSWORD = 24,
};

struct component {
	struct cusax_ice *ice;
	unsigned id;
	struct udp_sock *sock; /* NULL: not used */
	struct stun_ctrans *request;
	struct cusax_turn_stream *stream; /* to the relay, where that is not by UDP */
};

struct cusax_ice {
	char *log_id;
	struct icem *icem;
	char ufrag[UFRAG + 1], password[PASSWORD + 1];
	char *remote_ufrag; /* NULL before it is decoded */
	bool checks, relay_only;
	struct component components[COMPONENTS];
	struct dnsc *dnsc;
	struct stun_dns *stun_lookup, *turn_lookup;
	char *login, *secret, *relay, *ca_file;
	CusaxRelayTransport relay_transport;
	unsigned pending; /* answers of servers that are waited for */
	bool gathered, told, decoded, started, done, relayed;
	int result;
	struct tmr deadline, verdict;
	struct cusax_ice_handlers handlers;
};

static void ice_destructor(void *data)
{
	struct cusax_ice *ice = data;

	tmr_cancel(&ice->deadline);
	tmr_cancel(&ice->verdict);
	mem_deref(ice->stun_lookup);
	mem_deref(ice->turn_lookup);
	for (size_t i = 0; i < COMPONENTS; i++)
		mem_deref(ice->components[i].request);
	mem_deref(ice->icem);
	for (size_t i = 0; i < COMPONENTS; i++)
		mem_deref(ice->components[i].stream);
	mem_deref(ice->dnsc);
	g_free(ice->relay);
	g_free(ice->ca_file);
	g_free(ice->login);
	g_free(ice->remote_ufrag);
	if (ice->secret)
		OPENSSL_cleanse(ice->secret, strlen(ice->secret));
	g_free(ice->secret);
	g_free(ice->log_id);
}

/* Owners may free us in their handlers, and libre may still be inside: so they are told later. */
static void tell_h(void *arg)
{
	struct cusax_ice *ice = arg;

	if (ice->done && ice->started) {
		ice->handlers.checked(ice->result, ice->handlers.arg);
		return;
	}
	if (!ice->gathered || ice->told)
		return;
	ice->told = true;
	ice->handlers.gathered(ice->handlers.arg);
}

static void finish(struct cusax_ice *ice, int err)
{
	if (ice->done)
		return;
	ice->done = true;
	ice->result = err;
	tmr_cancel(&ice->deadline);
	tmr_start(&ice->verdict, 0, tell_h, ice);
}

/* The sound has a way as soon as its component has one: reports can do without. */
static void checked_h(int err, bool update, void *arg)
{
	struct cusax_ice *ice = arg;

	(void)update;
	finish(ice, icem_selected_rcand(ice->icem, ICE_COMPID_RTP) ? 0 : err ? err : ENOENT);
}

/* --- gathering ------------------------------------------------------------------------------- */

/* Relays hold a reference to what they are based on: that is only not announced and not tried. */
static void keep_relays(struct cusax_ice *ice)
{
	struct le *le = list_head(icem_lcandl(ice->icem));

	while (le) {
		struct ice_cand *candidate = le->data;
		struct le *next = le->next;

		if (icem_cand_type(candidate) != ICE_CAND_TYPE_RELAY) {
			list_unlink(le);
			mem_deref(candidate);
		}
		le = next;
	}
}

static void conclude_gathering(struct cusax_ice *ice)
{
	if (ice->gathered)
		return;
	ice->gathered = true;
	tmr_cancel(&ice->deadline);
	icem_cand_redund_elim(ice->icem);
	if (ice->relay_only)
		keep_relays(ice);
	(void)icem_comps_set_default_cand(ice->icem);
	tmr_start(&ice->verdict, 0, tell_h, ice);
}

static void one_answer_less(struct cusax_ice *ice)
{
	if (ice->pending && --ice->pending == 0)
		conclude_gathering(ice);
}

static void gather_deadline_h(void *arg)
{
	struct cusax_ice *ice = arg;

	cusax_info(ice->log_id, "STUN or TURN did not answer in time, going on without");
	conclude_gathering(ice);
}

static void add_candidate(struct component *component, enum ice_cand_type type,
			  const struct sa *address)
{
	struct icem *icem = component->ice->icem;
	struct ice_cand *host = icem_cand_find(icem_lcandl(icem), component->id, NULL);

	if (host && address && !component->ice->gathered)
		(void)icem_lcand_add(icem, icem_lcand_base(host), type, address);
}

static void stun_h(int err, uint16_t code, const char *reason, const struct stun_msg *msg,
		   void *arg)
{
	struct component *component = arg;
	const struct stun_attr *mapped = NULL;

	(void)reason;
	if (!err && !code) {
		mapped = stun_msg_attr(msg, STUN_ATTR_XOR_MAPPED_ADDR);
		if (!mapped)
			mapped = stun_msg_attr(msg, STUN_ATTR_MAPPED_ADDR);
	}
	if (mapped)
		add_candidate(component, ICE_CAND_TYPE_SRFLX, &mapped->v.sa);
	else
		cusax_debug(component->ice->log_id, "STUN failed (%d, %u)", err, code);
	one_answer_less(component->ice);
}

static void turn_h(int err, uint16_t code, const char *reason, const struct sa *relay,
		   const struct sa *mapped, const struct stun_msg *msg, void *arg)
{
	struct component *component = arg;
	struct cusax_ice *ice = component->ice;

	(void)msg;
	if (err || code) {
		/* Later failures, such as of a refresh, end the relay too. */
		cusax_notice(ice->log_id, "the relay is not to be had: %s",
			     err ? g_strerror(err) : reason);
		if (!ice->gathered)
			(void)icem_set_turn_client(ice->icem, component->id, NULL);
	} else {
		ice->relayed = true;
		add_candidate(component, ICE_CAND_TYPE_RELAY, relay);
		/* Of a connection it says nothing about our datagrams. */
		if (!component->stream)
			add_candidate(component, ICE_CAND_TYPE_SRFLX, mapped);
	}
	if (!ice->gathered)
		one_answer_less(ice);
}

static void ask_stun(struct cusax_ice *ice, const struct sa *server)
{
	for (size_t i = 0; i < COMPONENTS; i++) {
		struct component *component = &ice->components[i];

		if (component->sock &&
		    !stun_request(&component->request, icem_stun(ice->icem), IPPROTO_UDP,
				  component->sock, server, 0, STUN_METHOD_BINDING, NULL, 0, false,
				  stun_h, component, 0))
			ice->pending++;
	}
}

/* Where the client of that component speaks to: the relay, or what stands for it. errno. */
static int reach_relay(struct component *component, const struct sa *server, struct sa *ret_near)
{
	struct cusax_ice *ice = component->ice;
	struct sa local;
	const struct cusax_turn_stream_config config = {
		.log_id = ice->log_id,
		.local = &local,
		.server = server,
		.secure = ice->relay_transport == CUSAX_RELAY_TLS,
		.host = ice->relay,
		.ca_file = ice->ca_file,
	};
	int err;

	*ret_near = *server;
	if (ice->relay_transport == CUSAX_RELAY_UDP)
		return 0;
	err = udp_local_get(component->sock, &local);
	return err ? err : cusax_turn_stream_alloc(&component->stream, &config, ret_near);
}

static void ask_turn(struct cusax_ice *ice, const struct sa *server)
{
	for (size_t i = 0; i < COMPONENTS; i++) {
		struct component *component = &ice->components[i];
		struct turnc *turn;
		struct sa near;

		if (!component->sock || reach_relay(component, server, &near) ||
		    turnc_alloc(&turn, stun_conf(icem_stun(ice->icem)), IPPROTO_UDP,
				component->sock, TURN_LAYER, &near, ice->login, ice->secret,
				TURN_DEFAULT_LIFETIME, turn_h, component))
			continue;
		if (icem_set_turn_client(ice->icem, component->id, turn) == 0)
			ice->pending++;
		mem_deref(turn);
	}
}

static void stun_found_h(int err, const struct sa *server, void *arg)
{
	struct cusax_ice *ice = arg;

	if (!err && !ice->gathered)
		ask_stun(ice, server);
	one_answer_less(ice);
}

static void turn_found_h(int err, const struct sa *server, void *arg)
{
	struct cusax_ice *ice = arg;

	if (!err && !ice->gathered)
		ask_turn(ice, server);
	one_answer_less(ice);
}

static void look_up(struct cusax_ice *ice, struct stun_dns **lookup, const char *usage, int af,
		    const struct cusax_ice_server *server, stun_dns_h *found)
{
	uint16_t port = server->transport == CUSAX_RELAY_TLS ? STUNS_PORT : STUN_PORT;
	const char *proto = server->transport == CUSAX_RELAY_UDP ? stun_proto_udp : stun_proto_tcp;
	struct sa address;

	if (!server->host || !*server->host)
		return;
	if (sa_set_str(&address, server->host, server->port ? server->port : port) == 0) {
		ice->pending++;
		found(0, &address, ice);
	} else if (ice->dnsc && !stun_server_discover(lookup, ice->dnsc, usage, proto, af,
						      server->host, server->port, found, ice)) {
		ice->pending++;
	} else {
		cusax_notice(ice->log_id, "%s cannot be looked up, going on without", server->host);
	}
}

static int add_component(struct cusax_ice *ice, unsigned id, struct udp_sock *sock)
{
	struct component *component = &ice->components[id - 1];
	struct sa local;
	int err;

	component->ice = ice;
	component->id = id;
	if (!sock)
		return 0;
	component->sock = sock;
	err = udp_local_get(sock, &local);
	if (!err)
		err = icem_comp_add(ice->icem, id, sock);
	/* The one address that the proxy is reached from: others of this machine are nobody's
	 * business. */
	return err ? err : icem_cand_add(ice->icem, id, 0, "", &local);
}

int cusax_ice_alloc(struct cusax_ice **ret_ice, const struct cusax_ice_config *config,
		    const struct cusax_ice_handlers *handlers)
{
	struct cusax_ice *ice = mem_zalloc(sizeof(*ice), ice_destructor);
	struct sa local;
	int err;

	if (!ice)
		return ENOMEM;
	ice->log_id = g_strdup(config->log_id);
	ice->checks = config->checks;
	ice->relay_only = config->relay_only && config->checks;
	ice->handlers = *handlers;
	ice->dnsc = mem_ref(config->dnsc);
	ice->login = g_strdup(config->turn.login ? config->turn.login : "");
	ice->secret = g_strdup(config->turn.secret ? config->turn.secret : "");
	ice->relay = g_strdup(config->turn.host);
	ice->relay_transport = config->turn.transport;
	ice->ca_file = g_strdup(config->turn.ca_file);
	rand_str(ice->ufrag, sizeof(ice->ufrag));
	rand_str(ice->password, sizeof(ice->password));
	err = icem_alloc(&ice->icem, ICE_MODE_FULL,
			 config->offerer ? ICE_ROLE_CONTROLLING : ICE_ROLE_CONTROLLED, IPPROTO_UDP,
			 LAYER, rand_u64() | 1, ice->ufrag, ice->password, checked_h, ice);
	if (err)
		goto out;
	stun_conf(icem_stun(ice->icem))->rto = RTO_MS;
	stun_conf(icem_stun(ice->icem))->rc = RETRIES;
	err = add_component(ice, ICE_COMPID_RTP, config->rtp);
	if (!err)
		err = add_component(ice, ICE_COMPID_RTCP, config->rtcp);
	if (!err)
		err = udp_local_get(config->rtp, &local);
	if (err)
		goto out;
	ice->pending = 1; /* until all are asked */
	look_up(ice, &ice->stun_lookup, stun_usage_binding, sa_af(&local), &config->stun,
		stun_found_h);
	if (config->checks)
		look_up(ice, &ice->turn_lookup,
			ice->relay_transport == CUSAX_RELAY_TLS ? stuns_usage_relay
								: stun_usage_relay,
			sa_af(&local), &config->turn, turn_found_h);
	tmr_start(&ice->deadline, CUSAX_GATHER_MS, gather_deadline_h, ice);
	one_answer_less(ice);
out:
	if (err)
		mem_deref(ice);
	else
		*ret_ice = ice;
	return err;
}

bool cusax_ice_is_gathered(const struct cusax_ice *ice)
{
	return ice->gathered;
}

/* --- descriptions ---------------------------------------------------------------------------- */

static bool candidate_h(struct le *le, void *arg)
{
	return sdp_media_set_lattr(arg, false, ice_attr_cand, "%H", ice_cand_encode, le->data) != 0;
}

int cusax_ice_encode(struct cusax_ice *ice, struct sdp_media *line)
{
	const struct sa *rtp, *rtcp;
	int err = 0;

	if (!ice->gathered)
		return 0;
	rtp = icem_selected_laddr(ice->icem, ICE_COMPID_RTP);
	if (!rtp)
		rtp = icem_cand_default(ice->icem, ICE_COMPID_RTP);
	rtcp = icem_selected_laddr(ice->icem, ICE_COMPID_RTCP);
	if (!rtcp)
		rtcp = icem_cand_default(ice->icem, ICE_COMPID_RTCP);
	if (rtp)
		sdp_media_set_laddr(line, rtp);
	if (rtcp)
		sdp_media_set_laddr_rtcp(line, rtcp);
	if (!ice->checks)
		return 0;
	sdp_media_del_lattr(line, ice_attr_cand);
	if (list_apply(icem_lcandl(ice->icem), true, candidate_h, line))
		return ENOMEM;
	err |= sdp_media_set_lattr(line, true, ice_attr_ufrag, "%s", ice->ufrag);
	err |= sdp_media_set_lattr(line, true, ice_attr_pwd, "%s", ice->password);
	return err;
}

static const char *attribute(const struct sdp_session *session, const struct sdp_media *line,
			     const char *name)
{
	return sdp_media_session_rattr(line, session, name);
}

/* One candidate of the other side, against the address that stands in the media line. */
static bool is_default_h(const char *name, const char *value, void *arg)
{
	struct ice_cand_attr candidate;

	(void)name;
	return value && !ice_cand_attr_decode(&candidate, value) &&
	       candidate.compid == ICE_COMPID_RTP && sa_cmp(&candidate.addr, arg, SA_ALL);
}

bool cusax_ice_is_offered(const struct sdp_session *session, const struct sdp_media *line)
{
	const char *ufrag = attribute(session, line, ice_attr_ufrag);
	const char *password = attribute(session, line, ice_attr_pwd);
	struct sa address = *sdp_media_raddr(line);

	/* RFC 8839 §5.4: at least 4 and 22 characters, 256 at most. */
	if (!ufrag || !password || strlen(ufrag) < 4 || strlen(ufrag) > 256 ||
	    strlen(password) < 22 || strlen(password) > 256)
		return false;
	return sdp_media_rattr_apply(line, ice_attr_cand, is_default_h, &address) != NULL;
}

struct reading {
	struct cusax_ice *ice;
	bool (*may)(const struct sa *remote, void *arg);
	void *arg;
	unsigned n;
};

static bool read_candidate_h(const char *name, const char *value, void *arg)
{
	struct reading *reading = arg;
	struct ice_cand_attr candidate;

	if (!value || ice_cand_attr_decode(&candidate, value) || candidate.proto != IPPROTO_UDP ||
	    !sa_isset(&candidate.addr, SA_ALL) || !reading->may(&candidate.addr, reading->arg))
		return false;
	(void)icem_sdp_decode(reading->ice->icem, name, value);
	return ++reading->n >= CUSAX_ICE_CANDIDATES_MAX;
}

int cusax_ice_decode(struct cusax_ice *ice, const struct sdp_session *session,
		     const struct sdp_media *line, bool (*may)(const struct sa *remote, void *arg),
		     void *arg)
{
	struct reading reading = { ice, may, arg, 0 };
	int err;

	if (ice->decoded)
		return 0;
	ice->decoded = true;
	ice->remote_ufrag = g_strdup(attribute(session, line, ice_attr_ufrag));
	if (sdp_session_rattr(session, ice_attr_lite))
		(void)ice_sdp_decode(ice->icem, ice_attr_lite, NULL);
	err = icem_sdp_decode(ice->icem, ice_attr_ufrag, attribute(session, line, ice_attr_ufrag));
	if (!err)
		err = icem_sdp_decode(ice->icem, ice_attr_pwd,
				      attribute(session, line, ice_attr_pwd));
	sdp_media_rattr_apply(line, ice_attr_cand, read_candidate_h, &reading);
	return err;
}

bool cusax_ice_is_restart(const struct cusax_ice *ice, const struct sdp_session *session,
			  const struct sdp_media *line)
{
	return ice->decoded &&
	       g_strcmp0(ice->remote_ufrag, attribute(session, line, ice_attr_ufrag)) != 0;
}

/* --- checks ---------------------------------------------------------------------------------- */

static void check_deadline_h(void *arg)
{
	struct cusax_ice *ice = arg;

	finish(ice, icem_selected_rcand(ice->icem, ICE_COMPID_RTP) ? 0 : ETIMEDOUT);
}

int cusax_ice_start(struct cusax_ice *ice)
{
	int err;

	if (ice->started || !ice->decoded)
		return 0;
	ice->started = true;
	tmr_start(&ice->deadline, CUSAX_ICE_DEADLINE_MS, check_deadline_h, ice);
	err = icem_conncheck_start(ice->icem);
	if (err)
		finish(ice, err);
	else
		ice_candpair_set_states(ice->icem);
	return 0;
}

void cusax_ice_go_without(struct cusax_ice *ice, const struct sa *remote)
{
	if (ice->relayed)
		(void)icem_add_chan(ice->icem, ICE_COMPID_RTP, remote);
}

bool cusax_ice_selected(const struct cusax_ice *ice, struct sa *ret_rtp, struct sa *ret_rtcp)
{
	const struct ice_cand *rtp = icem_selected_rcand(ice->icem, ICE_COMPID_RTP);
	const struct ice_cand *rtcp = icem_selected_rcand(ice->icem, ICE_COMPID_RTCP);

	sa_init(ret_rtcp, AF_UNSPEC);
	if (!rtp)
		return false;
	*ret_rtp = *icem_lcand_addr(rtp);
	if (rtcp)
		*ret_rtcp = *icem_lcand_addr(rtcp);
	/* A relay that nobody needs would carry what goes past it. */
	icem_update(ice->icem);
	return true;
}

bool cusax_ice_knows(const struct sa *source, void *data)
{
	const struct cusax_ice *ice = data;

	return ice->decoded && (icem_cand_find(icem_rcandl(ice->icem), ICE_COMPID_RTP, source) ||
				icem_cand_find(icem_rcandl(ice->icem), ICE_COMPID_RTCP, source));
}

const char *cusax_ice_path(const struct cusax_ice *ice)
{
	const struct ice_cand *local = icem_selected_lcand(ice->icem, ICE_COMPID_RTP);

	if (!local)
		return ice->relayed && !ice->decoded ? "relay" : "direct";
	switch (icem_cand_type(local)) {
	case ICE_CAND_TYPE_HOST:
		return "host";
	case ICE_CAND_TYPE_SRFLX:
	case ICE_CAND_TYPE_PRFLX:
		return "reflexive";
	case ICE_CAND_TYPE_RELAY:
		return "relay";
	}
	return "direct";
}
