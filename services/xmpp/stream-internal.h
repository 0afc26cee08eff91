/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the stream share: stream.c, stream-login.c, stream-sm.c. */
/* Main thread. */
#pragma once

#include "services/xmpp/reader.h"
#include "services/xmpp/sasl.h"
#include "services/xmpp/stream.h"
#include "services/xmpp/transport.h"

typedef enum {
	STREAM_CONNECTING,        /* anchors, names, TCP, direct TLS */
	STREAM_AWAITING_FEATURES, /* our header is sent */
	STREAM_AWAITING_PROCEED,  /* <starttls/> is sent */
	STREAM_PROCEEDING,        /* <proceed/> came; TLS begins after the bytes at hand */
	STREAM_SECURING,          /* the handshake */
	STREAM_LOGGING_IN,        /* <auth/> is sent */
	STREAM_REOPENING,         /* <success/> came; a header follows after the bytes at hand */
	STREAM_RESUMING,          /* <resume/> is sent */
	STREAM_BINDING,
	STREAM_ENABLING, /* <enable/> is sent */
	STREAM_ONLINE,
	STREAM_CLOSING, /* our end is sent, the server's is awaited */
	STREAM_ENDING,  /* over; it is told at the next turn of the loop */
	STREAM_CLOSED,
} StreamState;

struct CusaxXmppStream {
	grefcount refs; /* the owner's, and one for each callback under way */
	StreamState state;
	const CusaxXmppStreamHandlers *handlers;
	gpointer data;
	const CusaxXmppStreamOptions *options;
	const CusaxXmppTimes *times;
	CusaxXmppSm *sm;
	char *domain, *user;

	GCancellable *cancellable;
	CusaxXmppTransport *transport;
	CusaxReader *reader;
	GSource *resolving;
	GSource *limit;   /* of the negotiation; then of the closing */
	GSource *ending;  /* tells the end */
	GError *error;    /* why it ends */
	gboolean is_open; /* our header is sent and our end is not */
	gboolean is_secure;
	CusaxSecurity *security;

	/* Login. */
	char *secret;
	CusaxSasl *sasl;
	gboolean is_logged_in;
	char *login_pin;
	gboolean has_sm, has_roster_versions, has_csi, has_pre_approval;
	char *bind_id;
	char *bound;

	/* Where the server sends us; NULL: nowhere. */
	char *other_host;
	guint16 other_port;

	/* Life signs. */
	GSource *keepalive;
	gint64 last_heard;  /* monotonic */
	gboolean ack_asked; /* <r/> is sent, <a/> has not come */
	gboolean ack_owed;  /* <r/> came, our <a/> is not sent */
	CusaxXmppBegin begin;
};

CusaxXmppStream *cusax_xmpp_stream_ref(CusaxXmppStream *stream);
void cusax_xmpp_stream_unref(CusaxXmppStream *stream);

void cusax_xmpp_stream_write(CusaxXmppStream *stream, const char *text);
void cusax_xmpp_stream_write_node(CusaxXmppStream *stream, CusaxNode *node);

/* Sends the stream header. */
void cusax_xmpp_stream_open(CusaxXmppStream *stream);

/* stream-login.c: an element before online. */
void cusax_xmpp_stream_negotiate(CusaxXmppStream *stream, CusaxNode *node);
void cusax_xmpp_stream_wipe_login(CusaxXmppStream *stream);

/* stream-sm.c: what follows a login, and an element of stream management while online. */
void cusax_xmpp_stream_resume(CusaxXmppStream *stream);
void cusax_xmpp_stream_handle_resume(CusaxXmppStream *stream, CusaxNode *node);
void cusax_xmpp_stream_enable(CusaxXmppStream *stream);
void cusax_xmpp_stream_handle_enable(CusaxXmppStream *stream, CusaxNode *node);
void cusax_xmpp_stream_handle_sm(CusaxXmppStream *stream, CusaxNode *node);
/* Tells the server what is kept. */
void cusax_xmpp_stream_answer(CusaxXmppStream *stream);
/* stream-login.c: the session before is gone. */
void cusax_xmpp_stream_bind(CusaxXmppStream *stream);
