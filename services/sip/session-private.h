/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of sessions share: session.c (life, requests inside), session-invite.c (our INVITE),
 * session-answer.c (theirs), session-modify.c (changes), session-timer.c, session-refer.c. */
/* The libre thread. */
#pragma once

#include "services/sip/dialog.h"
#include "services/sip/session.h"

#define CUSAX_T1_MS       500                /* RFC 3261 §17.1.1.1 */
#define CUSAX_T2_MS       4000               /* §17.1.2.2 */
#define CUSAX_ACK_WAIT_MS (64 * CUSAX_T1_MS) /* §13.3.1.4 */
#define CUSAX_MIN_SE      90                 /* RFC 4028 §5 */

enum session_state {
	SESSION_CALLING,  /* our INVITE has no final response yet */
	SESSION_RINGING,  /* theirs has none */
	SESSION_ANSWERED, /* we sent 200, its ACK has not come */
	SESSION_STANDING,
	SESSION_OVER,
};

/* One branch of our INVITE that was heard of: an early dialog (RFC 3261 §12.1). */
struct cusax_fork {
	struct cusax_dialog *dialog;
	uint32_t rseq; /* the last reliable response that was taken (RFC 3262 §4); 0: none */
	bool answered; /* a reliable response held the answer */
};

/* A response that is sent again until its acknowledgement comes: 2xx (RFC 3261 §13.3.1.4) or a
 * reliable 1xx (RFC 3262 §3). */
struct cusax_repeat {
	struct mbuf *response; /* NULL: nothing is repeated */
	struct sip_msg *request;
	struct tmr timer;
	guint interval, waited; /* ms */
	void (*gave_up)(struct cusax_session *session);
};

struct cusax_session {
	CusaxSipAccount *account;
	const struct cusax_session_handlers *handlers; /* NULL: nobody listens any more */
	void *arg;
	enum session_state state;
	bool outgoing;
	bool told_over; /* closed() was called */
	char *key;      /* in account->sessions */
	struct cusax_dialog *dialog;
	struct cusax_auth_scope *scope;
	struct cusax_session_end end;

	/* Our INVITE. */
	struct sip_auth *auth;
	struct sip_request *invite;
	uint32_t invite_cseq;
	struct mbuf *first_offer;
	char *headers;
	GPtrArray *forks;
	bool answer_seen; /* an answer has been taken */
	guint min_se;     /* what a 422 asked for; 0: none did */

	/* Their INVITE. */
	struct sip_strans *transaction;
	struct sip_msg *request;
	bool offered; /* it held an offer */
	bool rang;    /* and the caller knows */
	struct tmr trying;
	struct cusax_repeat reliable;
	uint32_t rseq;

	/* Our 2xx to an INVITE. */
	struct cusax_repeat reply;
	uint32_t reply_cseq;
	bool reply_offered; /* it held our offer: the ACK brings the answer */

	/* A change of ours. */
	struct sip_request *change;
	bool changing;   /* from the first attempt to the outcome */
	bool refreshing; /* the change is the session timer's: nobody waits for it */
	bool by_update;
	guint change_tries;
	uint32_t change_cseq;
	struct tmr change_timer;

	/* RFC 4028 */
	guint expires;     /* s; 0: no timer runs */
	bool refreshes;    /* we do */
	bool peer_updates; /* the other side takes UPDATE */
	struct tmr timer;

	/* REFER */
	struct sip_request *refer;
	bool referring; /* ours: NOTIFYs are awaited */
	uint32_t refer_cseq;
	struct tmr refer_timer;
	bool referred;        /* theirs: NOTIFYs are owed */
	bool refer_silent;    /* no subscription (RFC 4488) */
	uint32_t referred_id; /* CSeq of the REFER */

	struct sip_request *info;
};

/* --- session.c --- */

struct cusax_session *cusax_session_new(CusaxSipAccount *account,
					const struct cusax_session_handlers *handlers, void *arg);
/* Makes it findable; takes the dialog. */
void cusax_session_enter(struct cusax_session *session, struct cusax_dialog *dialog);
/* Over: tells the owner, where there is one, else frees. The session may be gone afterwards. */
void cusax_session_close(struct cusax_session *session, int err, const struct sip_msg *msg);
/* Frees at once; says nothing to anybody. */
void cusax_session_destroy(struct cusax_session *session);
/* BYE; the session is not waited for. reason: a header line, or NULL. */
void cusax_session_bye(struct cusax_session *session, const char *reason);
/* A challenge inside a dialog comes from the other side: counted, never answered. */
void cusax_session_count_challenge(CusaxSipAccount *account, const struct sip_msg *msg);
/* RFC 3326 */
guint cusax_session_note_reason(struct cusax_session *session, const struct sip_msg *msg);

bool cusax_session_has_sdp(const struct sip_msg *msg);
/* Allow and Supported: whole lines; free with g_free(). */
char *cusax_session_abilities(const CusaxSipAccount *account);
/* What the other side can do, by Allow. */
void cusax_session_note_abilities(struct cusax_session *session, const struct sip_msg *msg);
/* Answers request with 2xx or a reliable 1xx; a copy is kept in ret for repetition where not NULL. */
int cusax_session_reply(struct cusax_session *session, struct sip_strans **transaction,
			const struct sip_msg *msg, guint code, const char *headers,
			struct mbuf *sdp, struct mbuf **ret);
void cusax_session_repeat(struct cusax_session *session, struct cusax_repeat *repeat,
			  const struct sip_msg *request, struct mbuf *response,
			  void (*gave_up)(struct cusax_session *session));
void cusax_session_repeat_stop(struct cusax_repeat *repeat);

/* --- session-invite.c --- */

/* UPDATE, BYE and the like to an early dialog of ours. */
struct cusax_fork *cusax_session_fork(struct cusax_session *session, const struct sip_msg *msg);
void cusax_fork_free(struct cusax_fork *fork);
void cusax_session_cancel(struct cusax_session *session);

/* --- session-ack.c --- */

/* ACK for a 2xx, kept to be sent again for 32 s. dialog is the one of the response. */
void cusax_session_ack(CusaxSipAccount *account, struct cusax_dialog *dialog, uint32_t cseq);
/* A 2xx to an INVITE that no transaction waits for: its ACK again, or ACK and BYE to one more branch
 * that answered (RFC 3261 §13.2.2.4). */
void cusax_session_stray_answer(CusaxSipAccount *account, const struct sip_msg *msg);

/* --- session-answer.c --- */

/* Sends our 2xx to an INVITE and waits for its ACK. */
int cusax_session_accept(struct cusax_session *session, struct sip_strans **transaction,
			 const struct sip_msg *msg, struct mbuf *sdp, bool offer);
void cusax_session_take_ack(struct cusax_session *session, const struct sip_msg *msg);
void cusax_session_take_prack(struct cusax_session *session, const struct sip_msg *msg);

/* --- session-modify.c --- */

void cusax_session_take_invite(struct cusax_session *session, const struct sip_msg *msg);
void cusax_session_take_update(struct cusax_session *session, struct cusax_dialog *dialog,
			       const struct sip_msg *msg);
/* By UPDATE where that is known to be taken, else by INVITE with what is agreed. */
void cusax_session_refresh(struct cusax_session *session);
/* A change that waited for an ACK may go. */
void cusax_session_modify_again(struct cusax_session *session);

/* --- session-timer.c --- */

/* "Session-Expires…" for our INVITE; free with g_free(). */
char *cusax_session_timer_request(const struct cusax_session *session);
/* For a refresh of ours. */
char *cusax_session_timer_refresh(const struct cusax_session *session);
/* TRUE where msg asks for less than we allow; and the answer to that. */
bool cusax_session_timer_check(const struct sip_msg *msg);
void cusax_session_timer_refuse(CusaxSipAccount *account, const struct sip_msg *msg);
/* The timer that a request of theirs asks for begins anew; the lines for our 2xx, free with g_free(). */
char *cusax_session_timer_answer(struct cusax_session *session, const struct sip_msg *msg);
/* The one that a 2xx to a request of ours brings. */
void cusax_session_timer_start(struct cusax_session *session, const struct sip_msg *msg);
/* What the Min-SE of a 422 wants; 0: nothing that we would do. */
guint cusax_session_timer_min(const struct sip_msg *msg);

/* --- session-refer.c --- */

void cusax_session_take_refer(struct cusax_session *session, const struct sip_msg *msg);
void cusax_session_take_notify(struct cusax_session *session, const struct sip_msg *msg);
