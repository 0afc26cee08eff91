/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One SIP session (RFC 3261 §12-§15) on libre's transactions: offer and answer (RFC 3264), reliable
 * provisional responses (RFC 3262), UPDATE (RFC 3311), session timers (RFC 4028), REFER (RFC 3515). */
/* The libre thread. */
#pragma once

#include "services/sip/account.h"

struct cusax_session;

/* Why a session is over that we did not end ourselves. */
struct cusax_session_end {
	int err;        /* errno of the transport or of a description that was refused; 0: none */
	guint code;     /* final response to our INVITE; 0: none */
	bool elsewhere; /* CANCEL with Reason SIP;cause=200: answered by another device */
	char *text;     /* what the other side gives as the cause (refusal.h); NULL: nothing */
	char *other;    /* 3xx: the address to be called instead; NULL: none that can be used */
};

/* What a REFER wants (RFC 3515, RFC 3891, RFC 3892). Borrowed. */
struct cusax_session_referral {
	const char *uri;
	const char *replaces;    /* value of a Replaces header, or NULL */
	const char *referred_by; /* value of Referred-By, or NULL */
};

/* What a session tells. Descriptions are copies, position at their start; borrowed. */
struct cusax_session_handlers {
	/* The remote offers (sdp) or wants an offer (sdp NULL): *ret_sdp is the answer or offer, for
	 * mem_deref(). errno refuses with 488. */
	int (*offer)(struct mbuf *sdp, struct mbuf **ret_sdp, void *arg);
	/* The answer to what we offered; errno ends the session (or drops the change). */
	int (*answer)(struct mbuf *sdp, void *arg);
	/* A description in a provisional response: what may be heard before the answer. */
	void (*early)(struct mbuf *sdp, void *arg);
	void (*progress)(guint code, void *arg);
	void (*established)(void *arg);
	/* The outcome of cusax_session_modify(): code is the final response, 0: none came. */
	void (*modified)(bool done, guint code, void *arg);
	void (*key)(char key, void *arg);
	/* The outcome of cusax_session_info(). */
	void (*informed)(bool done, void *arg);
	/* The other side asks us to call somebody else. FALSE: refused. */
	bool (*referred)(const struct cusax_session_referral *referral, void *arg);
	/* How a transfer of ours goes: code is what the target answered, or the refusal of the
	 * REFER; over: nothing more comes. */
	void (*transferred)(guint code, bool over, void *arg);
	/* The last call. The session may be freed in it. */
	void (*closed)(const struct cusax_session_end *end, void *arg);
};

/* Sends INVITE. headers: whole lines. errno where it cannot be sent. */
int cusax_session_connect(struct cusax_session **ret_session, CusaxSipAccount *account,
			  const char *to, struct mbuf *offer, const char *headers,
			  const struct cusax_session_handlers *handlers, void *arg);
/* Takes a new INVITE. The caller hears nothing of it yet, or after 200 ms that it is being tried. */
int cusax_session_take(struct cusax_session **ret_session, CusaxSipAccount *account,
		       const struct sip_msg *msg, const struct cusax_session_handlers *handlers,
		       void *arg);
/* It rings where people are: 180. Only the first time counts. */
int cusax_session_ring(struct cusax_session *session);
int cusax_session_answer(struct cusax_session *session, struct mbuf *sdp);
/* Answers with a final refusal; free afterwards. */
int cusax_session_reject(struct cusax_session *session, guint code);
/* Re-INVITE with what the offer handler gives; modified() follows. A change of the other side that
 * comes first is waited for; 491 is tried again (RFC 3261 §14.1). */
int cusax_session_modify(struct cusax_session *session);
/* INFO with one key (application/dtmf-relay); informed() follows. */
int cusax_session_info(struct cusax_session *session, char key);
/* REFER; transferred() follows. replaces: of cusax_session_replaces(), or NULL. */
int cusax_session_refer(struct cusax_session *session, const char *uri, const char *replaces);
/* What a Replaces header says to name this session (RFC 3891); NULL: it does not stand. */
char *cusax_session_replaces(const struct cusax_session *session);
/* The address of the other side that others can call; free with g_free(). */
char *cusax_session_remote_uri(const struct cusax_session *session);
/* What became of the call that the other side asked for: NOTIFY. over: the last one. */
void cusax_session_notify(struct cusax_session *session, guint code, bool over);
/* Ends it by what its state needs (CANCEL, 486, BYE) and frees; handlers are silent from here on.
 * What is under way on the wire goes on without us. NULL is fine. */
void cusax_session_free(struct cusax_session *session);

/* --- called by the stack and the guard --- */

int cusax_sessions_listen(CusaxSipAccount *account);
GHashTable *cusax_session_acks_new(void);
/* All of them, at once and silently. */
void cusax_sessions_drop(CusaxSipAccount *account);
/* The stack goes and another comes: what is under way ends, and so do sessions that do not stand. */
void cusax_sessions_pause(CusaxSipAccount *account);
/* It has come: BYE to those that were freed meanwhile. */
void cusax_sessions_resume(CusaxSipAccount *account);
/* The session that a message belongs to, or NULL. */
struct cusax_session *cusax_session_find(CusaxSipAccount *account, const struct sip_msg *msg);
/* The session that the Replaces header of an INVITE names, or NULL: one that stands, or one that we
 * began and that rings; *ret_code is the answer where there is none: 481, 486 or 603 (RFC 3891 §3), 400
 * for a header that cannot be read. */
struct cusax_session *cusax_session_replaced(CusaxSipAccount *account, const struct sip_msg *msg,
					     guint *ret_code);
/* The description in a message: a copy with its position at the start, or NULL; mem_deref(). */
struct mbuf *cusax_session_copy_body(const struct sip_msg *msg);
void *cusax_session_owner(const struct cusax_session *session);
/* Every packet received, before libre acts on it: the Reason of a CANCEL is seen nowhere else. */
void cusax_session_trace(CusaxSipAccount *account, const uint8_t *packet, size_t length);
