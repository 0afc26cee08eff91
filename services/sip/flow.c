/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The flow to the proxy (RFC 5626): kept open, watched, and asked for a sign of life. */
/* The libre thread. */
#define CUSAX_LOG_DOMAIN "sip"

#include "services/sip/flow.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/base/log.h"
#include "services/sip/guard.h"
#include "services/sip/registration.h"
#include "services/sip/request.h"
#include "services/sip/stack.h"
#include "services/sip/stream.h"
#include "services/sip/stun-ping.h"

/* RFC 5626 §4.4.1: 24 to 29 s over UDP; over a stream 95 to 120 s. */
#define DATAGRAM_SECONDS 29
#define STREAM_SECONDS   120
#define MIN_FLOW_TIMER   5
#define MAX_FLOW_TIMER   3600
#define PONG_MS          10000 /* RFC 5626 §4.4.1 */
#define CHECK_MS         2500
/* libre has a ping of its own, which takes every server for one that answers: it never comes. */
#define WATCH_SECONDS 1000000
/* Above TLS, which libre puts at 0: what is read here is plain. */
#define HELPER_LAYER 10

struct cusax_flow {
	CusaxSipAccount *account;
	struct sip_keepalive *watch; /* tells when the connection goes */
	struct tcp_conn *connection; /* held as long as helper: it would take that with it */
	struct tcp_helper *helper;
	struct cusax_stream *stream; /* lives as long as these */
	struct tmr ping, pong;
	struct cusax_stun_ping *stun; /* UDP, where the registrar speaks outbound; else NULL */
	guint seconds;                /* between pings; 0: none */
	bool has_pongs;               /* this server answers a ping on a stream */

	GArray *checks; /* guint64: operations that wait for the answer */
	struct cusax_sip_request *asking;
	struct tmr check;
};

static bool is_stream(const CusaxSipAccount *account)
{
	return account->transport != SIP_TRANSP_UDP;
}

/* --- the connection -------------------------------------------------------------------------- */

static void let_go(struct cusax_flow *flow)
{
	tmr_cancel(&flow->ping);
	tmr_cancel(&flow->pong);
	flow->helper = mem_deref(flow->helper);
	flow->connection = mem_deref(flow->connection);
	g_clear_pointer(&flow->stream, cusax_stream_free);
	flow->stun = mem_deref(flow->stun);
}

static void lost_h(int err, void *arg)
{
	struct cusax_flow *flow = arg;
	CusaxSipAccount *account = flow->account;

	let_go(flow);
	cusax_sip_account_fail(account, g_error_new(CUSAX_ERROR, CUSAX_ERROR_NOT_REGISTERED,
						    "the connection to %s was lost: %s",
						    account->target->host,
						    g_strerror(err ? err : ECONNRESET)));
}

static void set_option(int fd, int level, int name, int value)
{
	/* Where the kernel does not know one, the others still serve. */
	(void)setsockopt(fd, level, name, &value, sizeof(value));
}

/* Small messages leave at once; a dead peer is noticed by the kernel within a minute, without
 * waking us in between. */
static void tune(struct tcp_conn *connection)
{
	int fd = re_compat_tcp_fd(connection);

	if (fd < 0)
		return;
	set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, 30);
	set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, 10);
	set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 2);
	set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 30000);
}

/* Whatever comes shows that the server is there; a bare CRLF that it answers pings (RFC 5626
 * §3.5.1), so that from now on a missing one means something. */
static bool received_h(G_GNUC_UNUSED int *err, struct mbuf *mb, G_GNUC_UNUSED bool *estab,
		       void *arg)
{
	struct cusax_flow *flow = arg;

	tmr_cancel(&flow->pong);
	if (mbuf_get_left(mb) >= 2 && memcmp(mbuf_buf(mb), "\r\n", 2) == 0)
		flow->has_pongs = true;
	return !cusax_stream_filter(flow->stream, mb);
}

static void refused_h(const char *data, size_t length, void *arg)
{
	struct cusax_flow *flow = arg;

	cusax_guard_unreadable(flow->account, data, length, flow->connection);
}

static void watch(struct cusax_flow *flow, const struct sip_msg *msg)
{
	struct tcp_conn *connection = sip_msg_tcpconn(msg);

	if (!connection || flow->watch)
		return;
	tune(connection);
	if (sip_keepalive_start(&flow->watch, flow->account->sip, msg, WATCH_SECONDS, lost_h,
				flow) != 0 ||
	    tcp_register_helper(&flow->helper, connection, HELPER_LAYER, NULL, NULL, received_h,
				flow) != 0) {
		cusax_debug(flow->account->id, "the connection cannot be watched");
		return;
	}
	flow->connection = mem_ref(connection);
	flow->stream = cusax_stream_new(refused_h, flow);
}

/* --- pings ----------------------------------------------------------------------------------- */

static void pong_h(void *arg)
{
	struct cusax_flow *flow = arg;
	CusaxSipAccount *account = flow->account;

	cusax_sip_account_fail(account,
			       g_error_new(CUSAX_ERROR, CUSAX_ERROR_TIMEOUT,
					   "%s does not answer any more", account->target->host));
}

static void stun_lost_h(int err, void *arg)
{
	struct cusax_flow *flow = arg;
	CusaxSipAccount *account = flow->account;

	if (err == EADDRNOTAVAIL)
		cusax_sip_account_fail(account, g_error_new(CUSAX_ERROR, CUSAX_ERROR_NOT_REGISTERED,
							    "the way from %s to us has changed",
							    account->target->host));
	else
		pong_h(flow);
}

void cusax_flow_stun_received(struct cusax_flow *flow, struct mbuf *mb)
{
	cusax_stun_ping_received(flow->stun, mb);
}

static void send_ping(struct cusax_flow *flow)
{
	CusaxSipAccount *account = flow->account;
	struct mbuf *mb;

	if (flow->stun && account->datagrams) {
		(void)cusax_stun_ping_send(flow->stun, account->datagrams, &account->proxy);
		return;
	}
	mb = mbuf_alloc(4);
	if (mb && mbuf_write_str(mb, "\r\n\r\n") == 0) {
		mb->pos = 0;
		if (!is_stream(account))
			(void)sip_send(account->sip, NULL, SIP_TRANSP_UDP, &account->proxy, mb);
		else if (flow->connection)
			(void)tcp_send(flow->connection, mb);
	}
	mem_deref(mb);
	if (flow->has_pongs && !tmr_isrunning(&flow->pong))
		tmr_start(&flow->pong, MIN(PONG_MS, flow->seconds * 500), pong_h, flow);
}

static void ping_h(void *arg)
{
	struct cusax_flow *flow = arg;

	/* Evenly between 80 and 100 % (RFC 5626 §4.4.1), so that the many do not ask at once. */
	tmr_start(&flow->ping, (guint64)flow->seconds * (800 + rand_u32() % 200), ping_h, flow);
	send_ping(flow);
}

/* What the server asks for (RFC 5626 §4.4), else the user, else what the RFC says. Between programs
 * of one machine nothing has to be kept open. */
static guint choose_seconds(const struct cusax_flow *flow, const struct sip_msg *msg)
{
	const CusaxSipAccount *account = flow->account;
	const struct sip_hdr *hdr = sip_msg_hdr(msg, SIP_HDR_FLOW_TIMER);
	guint seconds = cusax_settings_uint(account->settings, "keepalive");

	if (hdr && pl_u32(&hdr->val) >= MIN_FLOW_TIMER && pl_u32(&hdr->val) <= MAX_FLOW_TIMER)
		return pl_u32(&hdr->val);
	if (seconds > 0)
		return seconds;
	if (sa_is_loopback(&account->proxy))
		return 0;
	return is_stream(account) ? STREAM_SECONDS : DATAGRAM_SECONDS;
}

/* RFC 5626 §4.4: a registrar that speaks outbound stands behind a proxy that answers pings: STUN over
 * UDP, CRLF on a stream. Of any other nothing is expected that it did not show. */
static void choose_ping(struct cusax_flow *flow, const struct sip_msg *msg)
{
	bool outbound = sip_msg_hdr_has_value(msg, SIP_HDR_REQUIRE, "outbound");

	if (is_stream(flow->account))
		flow->has_pongs |= outbound;
	else if (!outbound)
		flow->stun = mem_deref(flow->stun);
	else if (!flow->stun && cusax_stun_ping_alloc(&flow->stun, stun_lost_h, flow) != 0)
		cusax_debug(flow->account->id, "no STUN for the connection");
}

void cusax_flow_registered(struct cusax_flow *flow, const struct sip_msg *msg)
{
	watch(flow, msg);
	choose_ping(flow, msg);
	flow->seconds = choose_seconds(flow, msg);
	/* The first one at once: its answer tells whether there are answers. */
	if (flow->seconds > 0 && !tmr_isrunning(&flow->ping))
		ping_h(flow);
}

/* --- checks ---------------------------------------------------------------------------------- */

static void end_checks(struct cusax_flow *flow, const GError *error)
{
	CusaxSipAccount *account = flow->account;

	tmr_cancel(&flow->check);
	cusax_sip_request_forget(g_steal_pointer(&flow->asking));
	for (guint i = 0; i < flow->checks->len; i++)
		cusax_sip_report_done(account->service, account->id,
				      g_array_index(flow->checks, guint64, i), error);
	g_array_set_size(flow->checks, 0);
}

/* error is taken: the account goes down with it, and whoever asked is told. */
static void fail_checks(struct cusax_flow *flow, GError *error)
{
	end_checks(flow, error);
	cusax_sip_account_fail(flow->account, error);
}

static void check_h(void *arg)
{
	struct cusax_flow *flow = arg;

	fail_checks(flow, g_error_new(CUSAX_ERROR, CUSAX_ERROR_TIMEOUT,
				      "%s does not answer any more", flow->account->target->host));
}

static void answered_h(int err, const struct sip_msg *msg, void *arg)
{
	struct cusax_flow *flow = arg;

	flow->asking = NULL;
	if (msg && msg->scode < 300)
		end_checks(flow, NULL);
	else
		fail_checks(flow, cusax_sip_registration_error(flow->account, err, msg));
}

/* Whether we would be found at the same address; one that the user chose stays. */
static bool is_same_way(const CusaxSipAccount *account)
{
	struct sa local;

	return cusax_settings_has(account->settings, "listen") ||
	       (cusax_sip_source_address(&account->proxy, &local) == 0 &&
		sa_cmp(&local, &account->local, SA_ADDR));
}

void cusax_flow_check(struct cusax_flow *flow, guint64 op)
{
	CusaxSipAccount *account = flow->account;
	int err;

	g_array_append_val(flow->checks, op);
	if (flow->asking)
		return;
	if (!is_same_way(account)) {
		fail_checks(flow, g_error_new(CUSAX_ERROR, CUSAX_ERROR_NOT_REGISTERED,
					      "the way to %s has changed", account->target->host));
		return;
	}
	tmr_start(&flow->check, CHECK_MS, check_h, flow);
	err = cusax_sip_registration_ask(account, &flow->asking, answered_h, flow);
	if (err)
		fail_checks(flow, cusax_sip_registration_error(account, err, NULL));
}

/* --- life ------------------------------------------------------------------------------------ */

void cusax_flow_stop(struct cusax_flow *flow)
{
	g_autoptr(GError) error = g_error_new_literal(CUSAX_ERROR, CUSAX_ERROR_CANCELLED,
						      "the connection is not wanted any more");

	end_checks(flow, error);
	let_go(flow);
	flow->watch = mem_deref(flow->watch);
	flow->has_pongs = false;
}

struct cusax_flow *cusax_flow_new(CusaxSipAccount *account)
{
	struct cusax_flow *flow = g_new0(struct cusax_flow, 1);

	flow->account = account;
	flow->checks = g_array_new(FALSE, FALSE, sizeof(guint64));
	tmr_init(&flow->ping);
	tmr_init(&flow->pong);
	tmr_init(&flow->check);
	return flow;
}

void cusax_flow_free(struct cusax_flow *flow)
{
	if (!flow)
		return;
	cusax_flow_stop(flow);
	g_array_unref(flow->checks);
	g_free(flow);
}
