/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The state of stream management (XEP-0198) that outlives a connection: counters and what was sent. */
/* Main thread; plain data, no I/O. */
#pragma once

#include <glib.h>

/* One stanza that the server has not acknowledged. */
typedef struct {
	char *bytes;
	gsize length;
	char *message;  /* id of the chat message in it, else NULL */
	char *address;  /* of that message */
	gboolean keep;  /* is worth sending again on another connection */
	guint32 number; /* in its session */
} CusaxXmppSent;

/* Two things are told only once they are on the disk: to the server, what was handled (h_kept runs
 * behind h_in), and to the other side, a message, so that its number is known to whoever resumes the
 * session (unwritten stanzas stand behind the last one that is). */
typedef struct {
	gboolean active;   /* on the stream of this moment: stanzas are counted */
	gboolean restored; /* of an earlier process: what it sent is not in sent */
	char *id;          /* to resume by; NULL: cannot be resumed */
	char *bound;       /* full JID of the session */
	guint32 h_in;      /* stanzas of the server that came */
	guint32 h_kept;    /* those of them whose effect is kept */
	guint32 h_out;     /* sent by us; h_out - sent.length are acknowledged */
	GQueue sent;       /* CusaxXmppSent, oldest first */
	guint unwritten;   /* how many at the end of sent are not on the wire yet: */
	GList *next;       /* the first of them */
} CusaxXmppSm;

void cusax_xmpp_sent_free(CusaxXmppSent *sent);

void cusax_xmpp_sm_init(CusaxXmppSm *sm);
/* Forgets the session and everything sent. */
void cusax_xmpp_sm_clear(CusaxXmppSm *sm);

/* The session of an earlier process, which may be resumed. */
void cusax_xmpp_sm_restore(CusaxXmppSm *sm, const char *id, const char *bound, guint32 handled,
			   guint32 accepted);

/* A new session begins: at <enabled/> nothing is handled and nothing acknowledged. Chat messages of
 * the session before are dropped: whoever keeps them hands over again what did not arrive; what else
 * is worth it stands for sending again. id NULL: the session cannot be resumed. */
void cusax_xmpp_sm_start(CusaxXmppSm *sm, const char *id, const char *bound);
/* The session goes on (XEP-0198 §5): the server sends again what was not kept. */
void cusax_xmpp_sm_resume(CusaxXmppSm *sm);
/* The stream is gone; counters and stanzas stay. */
void cusax_xmpp_sm_pause(CusaxXmppSm *sm);

/* The server has handled h stanzas. TRUE, with those now acknowledged in ret_done (full of
 * CusaxXmppSent; free with g_ptr_array_unref()). FALSE where h is not one it can have (more than
 * was sent, or fewer than before); nothing changes then. Of a restored session any number from the
 * last known one on is possible. */
gboolean cusax_xmpp_sm_acknowledge(CusaxXmppSm *sm, guint32 h, GPtrArray **ret_done);

/* What is still worth sending, oldest first, taken out; the rest is dropped and the counter stands
 * where the server's does. The caller sends them again. Full of CusaxXmppSent. */
GPtrArray *cusax_xmpp_sm_take_unacknowledged(CusaxXmppSm *sm);

/* A stanza is going out, and gets its number; takes it. TRUE: at once; FALSE: not before what is
 * before it, and the message in it, is kept. */
gboolean cusax_xmpp_sm_push(CusaxXmppSm *sm, CusaxXmppSent *sent);
/* Own stanzas up to number are kept: the next one that may be written now, borrowed; NULL: none. */
const CusaxXmppSent *cusax_xmpp_sm_next_written(CusaxXmppSm *sm, guint32 number);
