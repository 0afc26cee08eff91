/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One chat account while it is wanted: its stream, its requests under way, its facts. */
/* Main thread. Inside services/xmpp only. */
#pragma once

#include "services/event.h"
#include "services/operation.h"
#include "services/xmpp/sm.h"
#include "services/xmpp/stream.h"

typedef struct CusaxXmppIqTable CusaxXmppIqTable;

typedef struct {
	CusaxEventQueue *events;
	const CusaxXmppTimes *times;
	char *account; /* id */
	char *jid;     /* bare, prepared; NULL before the first connect */
	char *domain;

	CusaxOperation *wanted;         /* the connect operation: settings, policy, secret */
	CusaxXmppStreamOptions options; /* points into wanted */
	CusaxXmppStream *stream;        /* NULL: down */
	gboolean is_online;             /* reported as such */
	gboolean is_inactive;           /* the server was told so (XEP-0352) */
	guint64 connect_op;             /* under way; 0: none */
	GArray *disconnect_ops;         /* guint64, under way */

	/* What outlives a stream, so that the next one can resume. */
	CusaxXmppSm sm;
	gboolean stream_taken; /* the session of an earlier process was tried, or there was none */
	char *login_pin;       /* cusax_sasl_pin() of the strongest login so far; NULL: none */

	guint attempt; /* connections in a row that came to nothing on the way */

	/* Where the server sent us: for the next connection alone. */
	char *other_host;
	guint16 other_port;
	guint redirects; /* in a row */

	CusaxXmppIqTable *iqs;
	GSource *checking;     /* a sign of life is awaited until then; of check.c */
	gboolean roster_begun; /* a full roster is coming in */
	gboolean roster_known; /* it came whole in this session */
	char *roster_version;  /* what the core has; NULL: nothing */
	GHashTable *contacts;  /* bare JIDs of the entries of the roster */
	GHashTable *reach;     /* what contacts hint at, by bare JID; of reach.c; NULL: nothing */
	GHashTable *vcards;    /* bare JID -> checksum of the vCard4 last told of */
	GHashTable *blocked;   /* the JIDs of the block list; NULL: none is known */
	GHashTable *pages;     /* archive pages on their way, by query; of archive.c; NULL: none */
	GPtrArray *collect;    /* events go there instead of up: what is read is archived */
	gboolean reports;      /* the server takes reports (XEP-0377) */
	char *photo_hash;      /* of the own vCard; NULL: not known, "": none */
	char *upload;          /* address of the upload service; NULL: not looked for yet */
	guint64 upload_limit;  /* bytes; 0: it tells none */
	gboolean plain_nodes;  /* the server knows few conditions on nodes of PEP (read-sync.c) */
	GHashTable *rooms;     /* bare JID -> CusaxXmppRoom, those it is in; of muc.c */
	gboolean private_bookmarks; /* no PEP: they are in the private storage (XEP-0049) */
	gboolean blocks_known;      /* it came in this session, or the server has none */
} CusaxXmppSession;

/* A stanza as the handlers see it. Borrowed. */
typedef struct {
	CusaxNode *node;
	const char *type;     /* "" where it has none */
	const char *id;       /* may be NULL */
	const char *from;     /* prepared; the own bare JID where the server left it out */
	gboolean from_server; /* no sender, or the own bare JID: the server for the account */
} CusaxXmppStanza;

CusaxXmppSession *cusax_xmpp_session_new(const char *account, CusaxEventQueue *events,
					 const CusaxXmppTimes *times);
/* Gone at once; nothing is reported. */
void cusax_xmpp_session_free(CusaxXmppSession *session);

/* CUSAX_OPERATION_CONNECT; takes the operation. A session that is up is taken down first. */
void cusax_xmpp_session_connect(CusaxXmppSession *session, CusaxOperation *operation);
/* CUSAX_OPERATION_DISCONNECT of that id. */
void cusax_xmpp_session_disconnect(CusaxXmppSession *session, guint64 op);

/* CUSAX_OPERATION_KEPT. */
void cusax_xmpp_session_kept(CusaxXmppSession *session, const CusaxOperation *operation);

gboolean cusax_xmpp_session_has(CusaxXmppSession *session, CusaxFeatures feature);

/* Sends a stanza; takes it. Dropped while not online. */
void cusax_xmpp_session_send(CusaxXmppSession *session, CusaxNode *stanza);

/* An event of the account, to be filled and pushed. */
CusaxEvent *cusax_xmpp_session_event(CusaxXmppSession *session, CusaxEventKind kind);
void cusax_xmpp_session_push(CusaxXmppSession *session, CusaxEvent *event); /* takes */
/* Operation op is over; op 0 does nothing. error NULL: it went well. */
void cusax_xmpp_session_done(CusaxXmppSession *session, guint64 op, const GError *error);
void cusax_xmpp_session_fail(CusaxXmppSession *session, guint64 op, CusaxError code,
			     const char *text);
/* A guard refused input; word: static. */
void cusax_xmpp_session_refuse(CusaxXmppSession *session, const char *word);
