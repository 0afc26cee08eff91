/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of calls share: call.c (life), call-operations.c (what the core asks), call-move.c and
 * call-transfer.c. */
/* The libre thread. */
#pragma once

#include "services/media.h"
#include "services/sip/call.h"
#include "services/sip/session.h"

#define CUSAX_SIP_MAX_CALLS 16

enum state {
	DIALING,  /* outgoing, until it is answered */
	RINGING,  /* incoming, until we answer */
	ANSWERED, /* 200 was sent or taken; waits for ACK where it is ours */
	ACTIVE,
	ENDED, /* told the core; waits for the next turn to be freed */
};

struct CusaxSipCall {
	CusaxSipService *service;
	CusaxSipAccount *account;
	guint64 id;
	enum state state;
	bool outgoing;
	bool rang;    /* outgoing: the other side was heard of */
	bool early;   /* and sends sound before it answers */
	bool delayed; /* incoming without an offer: ours goes in the 200 */
	bool held;
	bool wants_held;     /* what the re-INVITE under way is to bring */
	bool insists;        /* outgoing: offers nothing less than encryption */
	char *uri, *headers; /* outgoing: the INVITE, to be able to send it again */
	char *input, *output;
	char *other_domain;  /* outgoing: where to, where it is not the account's own domain */
	const char *refusal; /* why policy refused the description; static */
	struct cusax_session *session;
	struct cusax_media *media;
	struct tmr timer;  /* ringing; then the re-INVITE */
	struct tmr ending; /* frees, or ends for failed media, out of handlers */
	struct tmr informing;
	char *codec; /* as reported, with the next two; NULL: nothing was */
	CusaxEncryption encryption;
	bool remote_held;
	bool next_held;    /* what next_hold_op wants */
	char *failure;     /* of the media */
	bool echo, noise;  /* taken out of the microphone */
	bool gathering;    /* outgoing: the INVITE waits for the addresses of its media */
	guint64 accept_op; /* incoming: so does the answer; 0: no */
	guint64 hold_op, keys_op, record_op, transfer_op; /* operations that wait; 0: none */
	guint64 next_hold_op;                             /* behind hold_op; 0: none */
	bool moving;        /* to another address of ours: until the other side has followed */
	bool waits_to_move; /* for the addresses of its media */
	GString *keys;      /* to be sent by INFO */
};

/* What sessions of calls tell, with the call as argument. */
extern const struct cusax_session_handlers cusax_sip_call_handlers;

/* A new call in the table of the service. */
CusaxSipCall *cusax_sip_call_new(CusaxSipAccount *account, guint64 id, enum state state);
int cusax_sip_call_alloc_media(CusaxSipCall *call, const char *input, const char *output);
/* Outgoing: media and INVITE, by what the call has noted; the INVITE may wait for the addresses of
 * the media. errno. */
int cusax_sip_call_invite(CusaxSipCall *call);
/* Incoming, and everything is there: sends the answer. */
GError *cusax_sip_call_answer(CusaxSipCall *call);
/* An answer refused what was offered. TRUE: the call goes on, with an offer of encryption alone: a
 * phone that demands it does not see it in an offer that leaves it open (RFC 8643 §3.1). Never the
 * other way round. */
bool cusax_sip_call_insist(CusaxSipCall *call, guint code);
/* It has 120 s to be answered. */
void cusax_sip_call_ring(CusaxSipCall *call);
/* Answers an operation that waits, and clears it; text NULL: it went well. */
void cusax_sip_call_done(CusaxSipCall *call, guint64 *op, CusaxError code, const char *text);
void cusax_sip_call_report_media(CusaxSipCall *call);
/* The figures of its media; op: who asked, 0 for nobody. */
void cusax_sip_call_report_figures(CusaxSipCall *call, guint64 op);
void cusax_sip_call_recording(CusaxSipCall *call, bool on, const char *text);

/* The one way into ENDED: tells the core, lets go of wire and media; freed in the next turn. */
void cusax_sip_call_end(CusaxSipCall *call, CusaxEndReason reason, guint code, const char *text);
/* The same, refusing with code what rings. */
void cusax_sip_call_end_ours(CusaxSipCall *call, CusaxEndReason reason, guint code,
			     const char *text);

/* What the user asks to end it: CANCEL, 603 or BYE. Returns an error where it is over. */
GError *cusax_sip_call_hang_up(CusaxSipCall *call);

/* The re-INVITE of a hold is over (text NULL: accepted); so is an INFO with a key. */
void cusax_sip_call_hold_over(CusaxSipCall *call, CusaxError code, const char *text);
void cusax_sip_call_key_over(bool accepted, void *arg);

/* An event of this call, and its way up. */
CusaxEvent *cusax_sip_call_event(CusaxSipCall *call, CusaxEventKind kind);
void cusax_sip_call_push(CusaxSipCall *call, CusaxEvent *event);

/* Those of one account, borrowed. */
GPtrArray *cusax_sip_calls_of(const CusaxSipAccount *account);

/* --- call-move.c --- */

/* The addresses of the media are there: tells the other side, where this was waited for. */
void cusax_sip_call_follow(CusaxSipCall *call);
/* The other side has answered that. */
void cusax_sip_call_followed(CusaxSipCall *call, bool accepted, guint code);

/* --- call-transfer.c --- */

GError *cusax_sip_call_transfer(CusaxSipCall *call, const CusaxOperation *operation);
GError *cusax_sip_call_tell_referrer(CusaxSipCall *call, guint code);
bool cusax_sip_call_referred(const struct cusax_session_referral *referral, void *arg);
void cusax_sip_call_transferred(guint code, bool over, void *arg);
/* A 3xx names somebody else. */
void cusax_sip_call_redirected(CusaxSipCall *call, const char *uri);
