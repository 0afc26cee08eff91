/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A scripted XMPP server on 127.0.0.1, and the driver under test, in one main loop. */
/* Main thread: whoever expects something runs the loop until it has come, at most some seconds. */
#pragma once

#include "services/driver.h"
#include "services/xmpp/times.h"
#include "tests/wire/xmpp-cert.h"

#define XMPP_PEER_SECONDS 5
#define XMPP_PEER_FULL    "alice@xmpp.test/one"
#define XMPP_PEER_SECRET  "pencil"

typedef struct XmppPeer XmppPeer;

/* Listens on a free port. ctx: what TLS is done with; taken; NULL: a good certificate. */
XmppPeer *xmpp_peer_new(SSL_CTX *ctx);
void xmpp_peer_free(XmppPeer *peer);
guint16 xmpp_peer_port(XmppPeer *peer);

void xmpp_peer_accept(XmppPeer *peer);
/* TRUE where the handshake was completed. */
gboolean xmpp_peer_start_tls(XmppPeer *peer);
/* Waits for text; gives what came up to its end, which is then taken. Free with g_free(). */
char *xmpp_peer_expect(XmppPeer *peer, const char *text);
void xmpp_peer_send(XmppPeer *peer, const char *format, ...) G_GNUC_PRINTF(2, 3);
void xmpp_peer_send_bytes(XmppPeer *peer, const char *bytes, gsize length);
/* Waits for the client to close; gives what came before and was not taken. */
char *xmpp_peer_expect_close(XmppPeer *peer);
/* After xmpp_peer_start_tls(). */
SSL *xmpp_peer_ssl(XmppPeer *peer);
/* Cuts without a word. */
void xmpp_peer_drop(XmppPeer *peer);

/* The steps of a good login. */
void xmpp_peer_open(XmppPeer *peer, const char *features); /* header and features */
void xmpp_peer_secure(XmppPeer *peer);                     /* accept, STARTTLS, TLS */
/* SCRAM-SHA-256 up to <success/>; bad_proof: with a wrong server signature. */
void xmpp_peer_scram(XmppPeer *peer, gboolean bad_proof);
/* All of it up to <enabled/>. */
void xmpp_peer_bind(XmppPeer *peer);
/* All of it, stream management and an empty roster included, for a driver that connects. */
void xmpp_peer_login(XmppPeer *peer);
/* The steps before the stream management, with more features of the stream behind the login. */
void xmpp_peer_bind_with(XmppPeer *peer, const char *features);
/* The same with those entries of the roster and features of the server. */
void xmpp_peer_login_with(XmppPeer *peer, const char *items, const char *features);
/* The value of an attribute in text: attr("<iq id='a'>", "id"). Free with g_free(). */
char *xmpp_peer_attr(const char *text, const char *name);

/* --- the driver: events as lines of text ------------------------------------------------------- */

typedef struct {
	CusaxDriver *driver;
	CusaxEventQueue *queue;
	XmppPeer *peer;
	char *stream;       /* what the session is resumed by; NULL: nothing */
	gboolean forgetful; /* nothing is kept: CUSAX_OPERATION_KEPT is the test's */
	GQueue lines; /* "connection online", "refused roster-push", "message in bob@xmpp.test hi"… */
	CusaxXmppTimes times;
	char *login_pin; /* as the core keeps it: told by the last login, given to the next */
} XmppRig;

/* times are short. */
void xmpp_rig_init(XmppRig *rig, SSL_CTX *ctx);
void xmpp_rig_clear(XmppRig *rig);
/* Submits CONNECT to the peer; settings: GVariant text of an a{sv} on top, or NULL. */
guint64 xmpp_rig_connect(XmppRig *rig, const char *settings);
/* The operation of that, to be changed and submitted. */
CusaxOperation *xmpp_rig_connection(XmppRig *rig, const char *settings);
/* The next line that begins with text; lines before it are dropped. Free with g_free(). */
char *xmpp_rig_expect(XmppRig *rig, const char *text);
/* Fails where a line that begins with text is there already. */
void xmpp_rig_forbid(XmppRig *rig, const char *text);
/* What the driver has been sent so far is handled: a ping went there and back. */
void xmpp_rig_fence(XmppRig *rig);
/* Connects and logs in. */
void xmpp_rig_login(XmppRig *rig);
CusaxOperation *xmpp_rig_operation(CusaxOperationKind kind);
guint64 xmpp_rig_submit(XmppRig *rig, CusaxOperation *operation);
/* CUSAX_OPERATION_KEPT. */
void xmpp_rig_keep(XmppRig *rig, gboolean own, guint32 count);
