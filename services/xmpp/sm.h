/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The state of stream management (XEP-0198) that outlives a connection: counters and what was sent. */
/* Main thread; plain data, no I/O. */
#pragma once

#include <glib.h>

/* One stanza that the server has not acknowledged. */
typedef struct {
	char *bytes;
	gsize length;
	char *message; /* id of the chat message in it, else NULL */
	char *address; /* of that message */
	gboolean keep; /* is worth sending again on another connection */
} CusaxXmppSent;

typedef struct {
	gboolean active; /* on the stream of this moment: stanzas are counted */
	char *id;        /* to resume by; NULL: cannot be resumed */
	char *bound;     /* full JID of the session */
	guint32 h_in;    /* handled by us */
	guint32 h_out;   /* sent by us; h_out - sent.length are acknowledged */
	GQueue sent;     /* CusaxXmppSent, oldest first */
} CusaxXmppSm;

void cusax_xmpp_sent_free(CusaxXmppSent *sent);

void cusax_xmpp_sm_init(CusaxXmppSm *sm);
/* Forgets the session and everything sent. */
void cusax_xmpp_sm_clear(CusaxXmppSm *sm);

/* Forgets the session and all that was sent but chat messages, which another may carry. */
void cusax_xmpp_sm_keep_messages(CusaxXmppSm *sm);

/* A new session begins: at <enabled/> nothing is handled and nothing acknowledged; what is left of
 * the session before stands for sending again. id NULL: the session cannot be resumed. */
void cusax_xmpp_sm_start(CusaxXmppSm *sm, const char *id, const char *bound);
/* The stream is gone; counters and stanzas stay. */
void cusax_xmpp_sm_pause(CusaxXmppSm *sm);

/* The server has handled h stanzas. TRUE, with those now acknowledged in ret_done (full of
 * CusaxXmppSent; free with g_ptr_array_unref()). FALSE where h is not one it can have (more than
 * was sent, or fewer than before); nothing changes then. */
gboolean cusax_xmpp_sm_acknowledge(CusaxXmppSm *sm, guint32 h, GPtrArray **ret_done);

/* What is still worth sending, oldest first, taken out; the rest is dropped and the counter stands
 * where the server's does. The caller sends them again. Full of CusaxXmppSent. */
GPtrArray *cusax_xmpp_sm_take_unacknowledged(CusaxXmppSm *sm);

/* A stanza is going out; takes it. */
void cusax_xmpp_sm_push(CusaxXmppSm *sm, CusaxXmppSent *sent);
