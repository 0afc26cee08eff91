/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One SIP session (RFC 3261 §12-§15) behind one interface, whichever library carries it. */
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
};

/* What a session tells. Descriptions are copies, position at their start; borrowed. */
struct cusax_session_handlers {
	/* The remote offers (sdp) or wants an offer (sdp NULL): *ret_sdp is the answer or offer, for
	 * libre to deref. errno refuses with 488. */
	int (*offer)(struct mbuf *sdp, struct mbuf **ret_sdp, void *arg);
	/* The answer to what we offered; errno ends the session (or drops the change). */
	int (*answer)(struct mbuf *sdp, void *arg);
	void (*progress)(guint code, void *arg);
	void (*established)(void *arg);
	/* The outcome of cusax_session_modify(): code is the final response, 0: none came. */
	void (*modified)(bool done, guint code, void *arg);
	void (*key)(char key, void *arg);
	/* The outcome of cusax_session_info(). */
	void (*informed)(bool done, void *arg);
	/* The last call. The session may be freed in it. */
	void (*closed)(const struct cusax_session_end *end, void *arg);
};

/* Sends INVITE. headers: whole lines. errno where it cannot be sent. */
int cusax_session_connect(struct cusax_session **ret_session, CusaxSipAccount *account,
			  const char *to, struct mbuf *offer, const char *headers,
			  const struct cusax_session_handlers *handlers, void *arg);
/* Answers a new INVITE with 180. */
int cusax_session_ring(struct cusax_session **ret_session, CusaxSipAccount *account,
		       const struct sip_msg *msg, const struct cusax_session_handlers *handlers,
		       void *arg);
int cusax_session_answer(struct cusax_session *session, struct mbuf *sdp);
/* Answers with a final refusal; free afterwards. */
int cusax_session_reject(struct cusax_session *session, guint code);
/* Re-INVITE with a new offer; modified() follows. */
int cusax_session_modify(struct cusax_session *session, struct mbuf *offer);
/* INFO with one key (application/dtmf-relay); informed() follows. */
int cusax_session_info(struct cusax_session *session, char key);
/* Ends it by what its state needs (CANCEL, 486, BYE) and frees; handlers are silent from here on.
 * What is under way on the wire goes on without us. NULL is fine. */
void cusax_session_free(struct cusax_session *session);

/* --- called by the stack and the guard --- */

/* A new INVITE that passed the guard. */
void cusax_session_invite_h(const struct sip_msg *msg, void *arg);
/* The session that a message belongs to, or NULL. */
struct cusax_session *cusax_session_find(CusaxSipAccount *account, const struct sip_msg *msg);
/* Every packet received, before libre acts on it: the Reason of a CANCEL, a redirection, the refusal
 * of a re-INVITE are seen nowhere else. */
void cusax_session_trace(CusaxSipAccount *account, const uint8_t *packet, size_t length);
/* A BYE that is about to close its session. */
void cusax_session_note_bye(CusaxSipAccount *account, const struct sip_msg *msg);
