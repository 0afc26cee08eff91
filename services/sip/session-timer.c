/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Session timers (RFC 4028): a session whose other side has vanished ends. */
/* The libre thread. */
#define CUSAX_LOG_DOMAIN "sip"

#include <errno.h>

#include "daemon/base/log.h"
#include "services/sip/session-private.h"

#define OWN_SE   1800 /* s: what we ask for (§4) */
#define MAX_SE   86400
#define FLOOR_SE 4 /* s: nothing makes us refresh more often than every other second */

struct interval {
	guint seconds; /* 0: none given */
	bool uac, uas; /* who refreshes, where that is said */
};

static struct interval read_interval(const struct sip_msg *msg)
{
	const struct sip_hdr *hdr = sip_msg_hdr(msg, SIP_HDR_SESSION_EXPIRES);
	struct interval interval = { 0 };
	struct pl number, params, value;

	if (!hdr || re_regex(hdr->val.p, hdr->val.l, "[0-9]+[^]*", &number, &params))
		return interval;
	interval.seconds = MIN(pl_u32(&number), MAX_SE);
	if (!msg_param_decode(&params, "refresher", &value)) {
		interval.uac = !pl_strcasecmp(&value, "uac");
		interval.uas = !pl_strcasecmp(&value, "uas");
	}
	return interval;
}

static void expired_h(void *arg)
{
	struct cusax_session *session = arg;

	cusax_info(session->account->id, "a session timer ran out");
	g_free(session->end.text);
	session->end.text = g_strdup("the other side is gone");
	cusax_session_bye(session, "Reason: SIP;cause=408;text=\"Session timer\"\r\n");
	cusax_session_close(session, ETIMEDOUT, NULL);
}

/* §10: so long before the end BYE is sent. */
static guint margin(guint seconds)
{
	return MIN(32, seconds / 3);
}

static void refresh_h(void *arg)
{
	struct cusax_session *session = arg;
	guint left = session->expires - session->expires / 2 - margin(session->expires) / 2;

	tmr_start(&session->timer, 1000 * (guint64)left, expired_h, session);
	cusax_session_refresh(session);
}

static void start(struct cusax_session *session, guint seconds, bool we)
{
	tmr_cancel(&session->timer);
	session->expires = seconds;
	session->refreshes = we;
	if (!seconds)
		return;
	if (we)
		tmr_start(&session->timer, 500 * (guint64)seconds, refresh_h, session);
	else
		tmr_start(&session->timer, 1000 * (guint64)(seconds - margin(seconds)), expired_h,
			  session);
}

char *cusax_session_timer_request(const struct cusax_session *session)
{
	if (session->min_se)
		return g_strdup_printf("Session-Expires: %u\r\nMin-SE: %u\r\n",
				       MAX(session->min_se, OWN_SE), session->min_se);
	return g_strdup_printf("Session-Expires: %d\r\n", OWN_SE);
}

char *cusax_session_timer_refresh(const struct cusax_session *session)
{
	if (!session->expires)
		return g_strdup("");
	return g_strdup_printf("Session-Expires: %u;refresher=%s\r\n", session->expires,
			       session->refreshes ? "uac" : "uas");
}

guint cusax_session_timer_min(const struct sip_msg *msg)
{
	const struct sip_hdr *hdr = sip_msg_hdr(msg, SIP_HDR_MIN_SE);
	guint min = hdr ? pl_u32(&hdr->val) : 0;

	return min <= MAX_SE ? min : 0;
}

bool cusax_session_timer_check(const struct sip_msg *msg)
{
	struct interval interval = read_interval(msg);

	/* §9: only who understands it is told. */
	return interval.seconds && interval.seconds < CUSAX_MIN_SE &&
	       sip_msg_hdr_has_value(msg, SIP_HDR_SUPPORTED, "timer");
}

void cusax_session_timer_refuse(CusaxSipAccount *account, const struct sip_msg *msg)
{
	(void)sip_treplyf(NULL, NULL, account->sip, msg, false, 422, "Session Interval Too Small",
			  "Min-SE: %d\r\nContent-Length: 0\r\n\r\n", CUSAX_MIN_SE);
}

char *cusax_session_timer_answer(struct cusax_session *session, const struct sip_msg *msg)
{
	struct interval interval = read_interval(msg);
	bool theirs = sip_msg_hdr_has_value(msg, SIP_HDR_SUPPORTED, "timer") && !interval.uas;
	guint seconds = MAX(interval.seconds, CUSAX_MIN_SE);

	if (!interval.seconds) {
		start(session, 0, false);
		return g_strdup("");
	}
	start(session, seconds, !theirs);
	return g_strdup_printf("Session-Expires: %u;refresher=%s\r\n%s", seconds,
			       theirs ? "uac" : "uas", theirs ? "Require: timer\r\n" : "");
}

void cusax_session_timer_start(struct cusax_session *session, const struct sip_msg *msg)
{
	struct interval interval = read_interval(msg);

	start(session, interval.seconds ? MAX(interval.seconds, FLOOR_SE) : 0, !interval.uas);
}
