/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The RTP and RTCP ports of one call, and who may be heard on them. */
/* Libre thread. */
#include "services/media/rtp.h"

#include <errno.h>
#include <string.h>

#include <glib.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	/* Packets in unbroken order before a clear source or a new sender is believed. */
	CONSISTENT = 10,
	BUFFER = 256,          /* room for RTP and SRTP around a payload */
	RTT_MAX_US = 60000000, /* what is longer, or below zero, is a clock that jumped */
};

/* A source or sender that asks to be believed. */
struct candidate {
	struct sa source;
	uint32_t ssrc;
	uint16_t next;
	unsigned count;
};

struct cusax_rtp {
	struct rtp_sock *sock;
	struct sa local; /* of RTP */
	struct udp_helper *rtp_helper, *rtcp_helper;
	struct cusax_srtp *srtp;
	void *kept, *path;
	bool (*knows)(const struct sa *source, void *path);
	struct sa remote; /* negotiated */
	struct sa peer;   /* where we send to and hear from */
	bool mux, reports;
	bool demand_keys;
	bool source_locked, ssrc_locked;
	uint32_t ssrc;
	struct candidate source_candidate, ssrc_candidate;
	bool types[128];
	char cname[17];
	cusax_rtp_heard_h *heard;
	void *arg;
	struct cusax_rtp_stats stats;
	uint64_t heard_at;
};

static bool is_rtcp(const struct mbuf *packet)
{
	/* RFC 5761 §4 */
	return mbuf_get_left(packet) >= 2 && (mbuf_buf(packet)[1] & 0x7f) >= 64 &&
	       (mbuf_buf(packet)[1] & 0x7f) <= 95;
}

/* RFC 7983 §7: the first byte tells STUN and DTLS from RTP. */
static bool is_stun(const struct mbuf *packet)
{
	return mbuf_get_left(packet) >= 1 && *mbuf_buf(packet) <= 3;
}

static bool is_dtls(const struct mbuf *packet)
{
	return mbuf_get_left(packet) >= 1 && *mbuf_buf(packet) >= 20 && *mbuf_buf(packet) <= 63;
}

static bool is_private(const struct sa *sa)
{
	uint32_t ip = sa_in(sa);

	if (sa_af(sa) != AF_INET)
		return sa_is_linklocal(sa);
	return (ip >> 24) == 10 || (ip >> 20) == 0xac1 || (ip >> 16) == 0xc0a8 ||
	       (ip >> 22) == (0x64400000 >> 22); /* RFC 1918, RFC 6598 */
}

static void point_at(struct cusax_rtp *rtp, const struct sa *peer)
{
	rtp->peer = *peer;
	if (rtp->reports && rtp->mux)
		rtcp_start(rtp->sock, rtp->cname, peer);
}

/* Counts packets that follow one another; TRUE when there were enough. */
static bool is_consistent(struct candidate *candidate, const struct sa *source,
			  const struct rtp_header *header)
{
	if (candidate->count && candidate->ssrc == header->ssrc &&
	    sa_cmp(&candidate->source, source, SA_ALL) && candidate->next == header->seq)
		candidate->count++;
	else
		candidate->count = 1;
	candidate->source = *source;
	candidate->ssrc = header->ssrc;
	candidate->next = (uint16_t)(header->seq + 1);
	return candidate->count >= CONSISTENT;
}

/* RFC 8445 §7.3: a candidate of the other side, told in its description or proven by a check. */
static bool is_candidate(const struct cusax_rtp *rtp, const struct sa *source)
{
	return rtp->path && rtp->knows(source, rtp->path);
}

/* A clear stream may come from elsewhere only while the negotiated address is silent, and only
 * where an address translator explains it: the same host, or a host that named a private address. */
static bool may_move(const struct cusax_rtp *rtp, const struct sa *source)
{
	return sa_cmp(source, &rtp->remote, SA_ADDR) ||
	       (is_private(&rtp->remote) && !is_private(source) && !sa_is_loopback(source));
}

/* TRUE where the packet comes from where the other side is, or has now been found to be. */
static bool check_source(struct cusax_rtp *rtp, const struct sa *source,
			 const struct rtp_header *header, bool authentic)
{
	if (sa_cmp(source, &rtp->remote, SA_ALL)) {
		if (!rtp->source_locked || !sa_cmp(source, &rtp->peer, SA_ALL))
			point_at(rtp, source);
		rtp->source_locked = true;
		return true;
	}
	if (is_candidate(rtp, source))
		return true;
	if (rtp->source_locked)
		return sa_cmp(source, &rtp->peer, SA_ALL);
	if (!authentic &&
	    (!may_move(rtp, source) || !is_consistent(&rtp->source_candidate, source, header)))
		return false;
	rtp->source_locked = true;
	point_at(rtp, source);
	return true;
}

static bool check_sender(struct cusax_rtp *rtp, const struct sa *source,
			 const struct rtp_header *header, bool authentic)
{
	if (rtp->ssrc_locked && header->ssrc == rtp->ssrc) {
		rtp->ssrc_candidate.count = 0;
		return true;
	}
	if (rtp->ssrc_locked && !authentic && !is_consistent(&rtp->ssrc_candidate, source, header))
		return false;
	rtp->ssrc_locked = true;
	rtp->ssrc = header->ssrc;
	return true;
}

/* RFC 3550 §5.1: the last byte of padding counts it. */
static bool strip_padding(struct mbuf *packet, size_t payload, bool padded)
{
	uint8_t count;

	if (!padded)
		return true;
	if (packet->end <= payload)
		return false;
	count = packet->buf[packet->end - 1];
	if (!count || count > packet->end - payload)
		return false;
	packet->end -= count;
	packet->buf[packet->pos] &= (uint8_t)~0x20;
	return true;
}

/* Every guard, before anything of the packet is remembered elsewhere. FALSE: pass it on. */
static bool guard_rtp(struct cusax_rtp *rtp, struct sa *source, struct mbuf *packet)
{
	struct rtp_header header;
	size_t start = packet->pos;
	bool authentic = false;

	memset(&header, 0, sizeof(header));
	if (rtp_hdr_decode(&header, packet) || header.ver != RTP_VERSION ||
	    !rtp->types[header.pt]) {
		rtp->stats.malformed++;
		return true;
	}
	packet->pos = start;
	if (!sa_isset(&rtp->remote, SA_ALL) ||
	    (rtp->source_locked && !sa_cmp(source, &rtp->peer, SA_ALL) &&
	     !sa_cmp(source, &rtp->remote, SA_ALL) && !is_candidate(rtp, source))) {
		rtp->stats.foreign++;
		return true;
	}
	if (rtp->demand_keys) {
		if (cusax_srtp_unprotect(rtp->srtp, packet, false)) {
			rtp->stats.unauthentic++;
			return true;
		}
		authentic = true;
	}
	if (!check_source(rtp, source, &header, authentic)) {
		rtp->stats.foreign++;
		return true;
	}
	if (!check_sender(rtp, source, &header, authentic)) {
		rtp->stats.stranger++;
		return true;
	}

	packet->pos = start;
	(void)rtp_hdr_decode(&header, packet);
	size_t payload = packet->pos;

	packet->pos = start;
	if (!strip_padding(packet, payload, header.pad)) {
		rtp->stats.malformed++;
		return true;
	}
	rtp->stats.heard++;
	rtp->stats.bytes_heard += packet->end - payload;
	rtp->heard_at = tmr_jiffies();
	return false;
}

static bool guard_rtcp(struct cusax_rtp *rtp, const struct sa *source, struct mbuf *packet)
{
	size_t start = packet->pos;

	if (!rtp->reports || (!sa_cmp(source, &rtp->peer, rtp->mux ? SA_ALL : SA_ADDR) &&
			      !is_candidate(rtp, source))) {
		rtp->stats.foreign++;
		return true;
	}
	if (rtp->demand_keys && cusax_srtp_unprotect(rtp->srtp, packet, true)) {
		rtp->stats.unauthentic++;
		return true;
	}
	packet->pos = start;
	return false;
}

static bool rtp_receive_h(struct sa *source, struct mbuf *packet, void *arg)
{
	struct cusax_rtp *rtp = arg;

	if (is_dtls(packet))
		return rtp->kept == NULL;
	if (rtp->mux && is_rtcp(packet))
		return guard_rtcp(rtp, source, packet);
	return guard_rtp(rtp, source, packet);
}

static bool rtcp_receive_h(struct sa *source, struct mbuf *packet, void *arg)
{
	struct cusax_rtp *rtp = arg;

	return guard_rtcp(rtp, source, packet);
}

/* Last stop before the wire: what is not protected does not pass. */
static bool protect(struct cusax_rtp *rtp, struct mbuf *packet, bool rtcp)
{
	if (rtp->demand_keys && cusax_srtp_protect(rtp->srtp, packet, rtcp)) {
		rtp->stats.withheld++;
		return true;
	}
	return false;
}

static bool rtp_send_h(int *err, struct sa *to, struct mbuf *packet, void *arg)
{
	struct cusax_rtp *rtp = arg;

	(void)err;
	(void)to;
	if (is_dtls(packet) || is_stun(packet))
		return false;
	return protect(rtp, packet, rtp->mux && is_rtcp(packet));
}

static bool rtcp_send_h(int *err, struct sa *to, struct mbuf *packet, void *arg)
{
	(void)err;
	(void)to;
	return is_stun(packet) ? false : protect(arg, packet, true);
}

static void rtp_heard_h(const struct sa *source, const struct rtp_header *header,
			struct mbuf *payload, void *arg)
{
	struct cusax_rtp *rtp = arg;

	(void)source;
	if (rtp->heard)
		rtp->heard(header, payload, rtp->arg);
}

/* The closing RTCP must leave protected, and the sockets must outlive their helpers. */
static void rtp_destructor(void *data)
{
	struct cusax_rtp *rtp = data;
	struct udp_sock *rtp_socket = mem_ref(rtp_sock(rtp->sock));
	struct udp_sock *rtcp_socket = mem_ref(rtcp_sock(rtp->sock));

	mem_deref(rtp->sock);
	mem_deref(rtp->rtp_helper);
	mem_deref(rtp->rtcp_helper);
	mem_deref(rtp->kept);
	mem_deref(rtp->path);
	mem_deref(rtp_socket);
	mem_deref(rtcp_socket);
	mem_deref(rtp->srtp);
}

int cusax_rtp_alloc(struct cusax_rtp **ret_rtp, const struct sa *local, uint16_t low, uint16_t high,
		    cusax_rtp_heard_h *heard, void *arg)
{
	struct cusax_rtp *rtp = mem_zalloc(sizeof(*rtp), rtp_destructor);
	int err;

	if (!rtp)
		return ENOMEM;
	rtp->heard = heard;
	rtp->arg = arg;
	sa_init(&rtp->remote, AF_UNSPEC);
	sa_init(&rtp->peer, AF_UNSPEC);
	rand_str(rtp->cname, sizeof(rtp->cname)); /* RFC 7022: tells nothing */
	err = cusax_srtp_alloc(&rtp->srtp);
	if (err)
		goto out;
	/* The pair lies whole within the range: the port drawn is rounded down to even. */
	err = rtp_listen(&rtp->sock, IPPROTO_UDP, local, (uint16_t)((low + 1) & ~1),
			 (uint16_t)(high - 1 + (high & 1)), true, rtp_heard_h, NULL, rtp);
	if (err)
		goto out;
	rtp->local = *rtp_local(rtp->sock);
	err = udp_register_helper(&rtp->rtp_helper, rtp_sock(rtp->sock), CUSAX_RTP_LAYER,
				  rtp_send_h, rtp_receive_h, rtp);
	if (err)
		goto out;
	err = udp_register_helper(&rtp->rtcp_helper, rtcp_sock(rtp->sock), CUSAX_RTP_LAYER,
				  rtcp_send_h, rtcp_receive_h, rtp);
out:
	if (err)
		mem_deref(rtp);
	else
		*ret_rtp = rtp;
	return err;
}

const struct sa *cusax_rtp_local(const struct cusax_rtp *rtp)
{
	return &rtp->local;
}

/* --- another address ------------------------------------------------------------------------- */

/* A descriptor, or -1 with errno. */
static int bind_at(const struct sa *local, uint16_t port)
{
	struct sa at = *local;
	int on = 1, saved;
	int fd = socket(sa_af(local), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);

	sa_set_port(&at, port);
	if (fd < 0)
		return -1;
	if (sa_af(local) == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, &at.u.sa, at.len) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

/* libre reads from the descriptor that it knows: that becomes another socket. fd is taken. */
static int replace_socket(struct udp_sock *sock, int fd)
{
	int err = 0;

	udp_thread_detach(sock);
	if (dup2(fd, udp_sock_fd(sock, AF_INET)) < 0)
		err = errno;
	close(fd);
	return err ? err : udp_thread_attach(sock);
}

/* As rtp_listen() does: an even port and the next. errno. */
static int bind_pair(const struct sa *local, uint16_t low, uint16_t high, int fds[2],
		     uint16_t *ret_port)
{
	unsigned pairs = (unsigned)(high - low + 1) / 2, first = rand_u32() % pairs;

	for (unsigned i = 0; i < pairs; i++) {
		uint16_t port = (uint16_t)(low + 2 * ((first + i) % pairs));

		fds[0] = bind_at(local, port);
		if (fds[0] < 0 && errno != EADDRINUSE)
			return errno;
		fds[1] = fds[0] < 0 ? -1 : bind_at(local, (uint16_t)(port + 1));
		if (fds[1] >= 0) {
			*ret_port = port;
			return 0;
		}
		if (fds[0] >= 0)
			close(fds[0]);
	}
	return EADDRINUSE;
}

int cusax_rtp_move(struct cusax_rtp *rtp, const struct sa *local, uint16_t low, uint16_t high)
{
	uint16_t port = 0;
	int fds[2] = { -1, -1 };
	int err = bind_pair(local, (uint16_t)((low + 1) & ~1), high, fds, &port);

	if (err)
		return err;
	err = replace_socket(rtp_sock(rtp->sock), fds[0]);
	if (err)
		close(fds[1]);
	else
		err = replace_socket(rtcp_sock(rtp->sock), fds[1]);
	rtp->local = *local;
	sa_set_port(&rtp->local, port);
	return err;
}

struct udp_sock *cusax_rtp_socket(const struct cusax_rtp *rtp)
{
	return rtp_sock(rtp->sock);
}

struct cusax_srtp *cusax_rtp_srtp(const struct cusax_rtp *rtp)
{
	return rtp->srtp;
}

void cusax_rtp_keep(struct cusax_rtp *rtp, void *object)
{
	mem_deref(rtp->kept);
	rtp->kept = mem_ref(object);
}

void cusax_rtp_keep_path(struct cusax_rtp *rtp, void *path,
			 bool (*knows)(const struct sa *source, void *path))
{
	mem_deref(rtp->path);
	rtp->path = mem_ref(path);
	rtp->knows = knows;
}

struct udp_sock *cusax_rtp_report_socket(const struct cusax_rtp *rtp)
{
	return rtcp_sock(rtp->sock);
}

void cusax_rtp_forget_remote(struct cusax_rtp *rtp)
{
	sa_init(&rtp->remote, AF_UNSPEC);
	sa_init(&rtp->peer, AF_UNSPEC);
	rtp->source_locked = rtp->ssrc_locked = false;
}

void cusax_rtp_set_remote(struct cusax_rtp *rtp, const struct sa *remote, const struct sa *rtcp,
			  bool mux)
{
	bool moved = !sa_cmp(&rtp->remote, remote, SA_ALL);

	rtp->mux = mux;
	rtp->reports = mux || rtcp;
	rtcp_enable_mux(rtp->sock, mux);
	if (moved) {
		rtp->remote = rtp->peer = *remote;
		rtp->source_locked = rtp->ssrc_locked = false;
		rtp->source_candidate.count = rtp->ssrc_candidate.count = 0;
	}
	if (rtp->reports)
		rtcp_start(rtp->sock, rtp->cname, mux ? &rtp->peer : rtcp);
}

void cusax_rtp_demand_keys(struct cusax_rtp *rtp)
{
	rtp->demand_keys = true;
}

void cusax_rtp_set_types(struct cusax_rtp *rtp, const bool types[static 128])
{
	memcpy(rtp->types, types, sizeof(rtp->types));
}

int cusax_rtp_send(struct cusax_rtp *rtp, bool marker, uint8_t type, uint32_t timestamp,
		   struct mbuf *payload)
{
	if (!sa_isset(&rtp->peer, SA_ALL))
		return ENOTCONN;
	rtp->stats.sent++;
	rtp->stats.bytes_sent += mbuf_get_left(payload);
	return rtp_send(rtp->sock, &rtp->peer, false, marker, type, timestamp, payload);
}

bool cusax_rtp_is_remote(const struct cusax_rtp *rtp, const struct sa *source)
{
	return sa_cmp(source, &rtp->remote, SA_ALL) || is_candidate(rtp, source);
}

void cusax_rtp_set_clock(struct cusax_rtp *rtp, uint32_t clock)
{
	rtcp_set_srate(rtp->sock, clock, clock);
}

uint64_t cusax_rtp_heard_at(const struct cusax_rtp *rtp)
{
	return rtp->heard_at;
}

void cusax_rtp_figures(const struct cusax_rtp *rtp, CusaxMediaFigures *figures)
{
	const struct cusax_rtp_stats *stats = &rtp->stats;
	struct rtcp_stats reports;

	figures->packets_sent = stats->sent;
	figures->packets_received = stats->heard;
	figures->packets_refused =
		(guint64)stats->foreign + stats->unauthentic + stats->stranger + stats->malformed;
	figures->bytes_sent = stats->bytes_sent;
	figures->bytes_received = stats->bytes_heard;
	if (!rtp->ssrc_locked || rtcp_stats(rtp->sock, rtp->ssrc, &reports))
		return;
	figures->packets_lost = (guint64)MAX(reports.rx.lost, 0);
	figures->packets_lost_remote = (guint64)MAX(reports.tx.lost, 0);
	figures->jitter = reports.rx.jit;
	if (reports.rtt && reports.rtt < RTT_MAX_US)
		figures->round_trip = reports.rtt;
}

void cusax_rtp_stats(const struct cusax_rtp *rtp, struct cusax_rtp_stats *ret_stats)
{
	*ret_stats = rtp->stats;
}
