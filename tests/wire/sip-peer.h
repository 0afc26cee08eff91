/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A scripted SIP server on 127.0.0.1, and the telephony driver under test. */
/* The test's main thread; the driver's own thread runs beside it. */
#pragma once

#include <gio/gio.h>

#include "services/driver.h"

#define SIP_PEER_SECONDS 6

typedef struct SipPeer SipPeer;

/* Bound to a free port. tcp: one connection, accepted when something is expected. */
SipPeer *sip_peer_new(gboolean tcp);
void sip_peer_free(SipPeer *peer);
guint16 sip_peer_port(SipPeer *peer);

/* The next message that begins with start ("REGISTER ", "SIP/2.0 180"); others before it are passed
 * over and counted. Fails the test after SIP_PEER_SECONDS. Free with g_free(). */
char *sip_peer_expect(SipPeer *peer, const char *start);
/* UDP: the next datagram, whatever it is, up to size octets of it. */
gsize sip_peer_take_datagram(SipPeer *peer, guint8 *data, gsize size);
/* How many messages beginning with start were passed over or taken so far. */
guint sip_peer_count(SipPeer *peer, const char *start);
/* How many of these hold text anywhere. */
guint sip_peer_count_with(SipPeer *peer, const char *text);
/* Prints all of these. */
void sip_peer_show(SipPeer *peer);
/* Sends a message to where the last one came from. */
void sip_peer_send(SipPeer *peer, const char *text);
void sip_peer_send_bytes(SipPeer *peer, const char *data, gsize length);
void sip_peer_send_to(SipPeer *peer, GSocketAddress *address, const char *text);
/* TRUE where something arrived that was not taken yet. */
gboolean sip_peer_has_mail(SipPeer *peer);
/* A response to request, as text; free with g_free(). */
char *sip_response(const char *request, const char *status, const char *headers, const char *body);
/* Answers request with status ("200 OK"); headers: whole lines, may be NULL; body may be NULL. */
void sip_peer_reply(SipPeer *peer, const char *request, const char *status, const char *headers,
		    const char *body);
/* Everything sent before has been handled: OPTIONS went out and came back. */
void sip_peer_fence(SipPeer *peer);
/* The same; FALSE where no answer comes within a second, as on a stream that is out of step. */
gboolean sip_peer_try_fence(SipPeer *peer);
/* TCP: takes the connection and speaks first. */
void sip_peer_greet(SipPeer *peer, const char *text);
/* TCP: closes the connection. */
void sip_peer_drop(SipPeer *peer);

/* The value of a header, or NULL; free with g_free(). */
char *sip_header(const char *message, const char *name);
/* One quoted or bare parameter of a value, such as "nonce"; free with g_free(). */
char *sip_param(const char *value, const char *name);

/* An INVITE to the account, from "<sip:bob@sip.test>"; headers are whole lines. */
char *sip_invite(SipPeer *peer, const char *contact, const char *call_id, const char *headers,
		 const char *body);
extern const char sip_sdp[]; /* PCMU on a port of nobody */

/* --- the driver --- */

typedef struct {
	CusaxDriver *driver;
	CusaxEventQueue *queue;
	gboolean tcp;
	gboolean silent; /* what comes in is not announced: nobody says that it rings */
	GQueue events;   /* CusaxEvent copies that were not expected yet: taken from the queue */
	SipPeer *peer;
	char *contact;       /* the account's Contact URI, once registered */
	GHashTable *refused; /* kind -> count */
} SipRig;

void sip_rig_init(SipRig *rig, gboolean tcp);
void sip_rig_clear(SipRig *rig);
/* Submits CONNECT with these settings on top of proxy (GVariant text of an a{sv}, or NULL). */
guint64 sip_rig_connect(SipRig *rig, const char *secret, const char *settings);
guint64 sip_rig_submit(SipRig *rig, CusaxOperation *operation);
/* The next event of that kind; others before it are passed over. Borrowed until the next call. */
const CusaxEvent *sip_rig_expect(SipRig *rig, CusaxEventKind kind);
/* The DONE of an operation. */
const CusaxEvent *sip_rig_done(SipRig *rig, guint64 op);
/* Events that have arrived. */
guint sip_rig_pending(SipRig *rig, CusaxEventKind kind);
guint sip_rig_refused(SipRig *rig, const char *kind);
/* Registers with digest; the account is online afterwards. settings: as for sip_rig_connect(). */
void sip_rig_register(SipRig *rig, const char *settings);
/* The registrar's answer has more header lines. */
void sip_rig_register_with(SipRig *rig, const char *settings, const char *more);
/* Disconnects; the peer answers. */
void sip_rig_leave(SipRig *rig);
/* Over UDP, and registered. */
void sip_rig_begin(SipRig *rig);

/* --- calls --- */

/* An operation that needs nothing but the call. */
guint64 sip_rig_operate(SipRig *rig, CusaxOperationKind kind, guint64 call);
/* The peer calls, and is told that it rings: the call. */
guint64 sip_rig_ring(SipRig *rig, const char *call_id, const char *headers);
/* The driver calls sip:bob@sip.test: the call. */
guint64 sip_rig_place(SipRig *rig);
/* A response of the branch with that tag; more: whole lines, beside the Contact. */
void sip_rig_reply(SipRig *rig, const char *request, const char *tag, const char *status,
		   const char *more, const char *body);

/* The dialog that an INVITE of the driver made, as the peer sees it. */
typedef struct {
	char *local, *remote, *call_id;
	guint cseq;
} SipDialog;

void sip_dialog_clear(SipDialog *dialog);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SipDialog, sip_dialog_clear)
SipDialog sip_dialog_of(const char *invite, const char *tag);
/* A call of the driver that stands; more: headers of the 200. */
guint64 sip_rig_stand(SipRig *rig, const char *more, SipDialog *ret_dialog);
/* A request of the peer in it; body may be NULL. */
void sip_rig_request(SipRig *rig, SipDialog *dialog, const char *method, const char *headers,
		     const char *type, const char *body);
