/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One XMPP stream: connected, secured, logged in, bound or resumed, then stanzas both ways. */
/* Main thread; never blocks. */
#pragma once

#include "daemon/base/facts.h"
#include "services/tls/tls-policy.h"
#include "services/xmpp/sm.h"
#include "services/xmpp/stanza.h"
#include "services/xmpp/times.h"

/* Where to and as whom. Borrowed for the life of the stream, except secret, which is copied and
 * wiped at the end of the login. */
typedef struct {
	const char *jid;    /* the account's bare JID, prepared: its domain is the name verified */
	const char *user;   /* of the login; NULL: the local part of jid */
	const char *secret; /* NULL: none */
	const char *resource; /* asked for; NULL: the server's choice */
	const char *server;   /* where to connect; NULL: what the domain's SRV records say */
	guint16 port;         /* 0: the usual */
	gboolean direct_tls;
	gboolean allow_plain;
	const char *certificate; /* PEM with certificate and key, for EXTERNAL; NULL: none */
	CusaxTlsRules tls;
	const char *login_pin;  /* cusax_sasl_pin() of the strongest login so far; NULL: none */
	const char *other_host; /* where the server sent us, instead of server and port; NULL */
	guint16 other_port;     /* 0: the usual */
	guint attempt; /* how many in a row came to nothing: each begins at another of the servers */
} CusaxXmppStreamOptions;

/* What an online stream begins with. */
typedef struct {
	gboolean resumed;   /* the session before goes on (XEP-0198) */
	gboolean recovered; /* and it was one of an earlier process */
	gboolean settled;   /* the server told how many stanzas of the session before it has: */
	guint32 accepted;
} CusaxXmppBegin;

/* None is called from inside a call of ours, and none may free the stream but closed. */
typedef struct {
	/* Stanzas can be sent. */
	void (*online)(CusaxXmppBegin begin, gpointer data);
	/* Of the reader: see reader.h. Only while online. */
	void (*stanza)(CusaxNode *stanza, gpointer data);
	gboolean (*bulk)(CusaxNode *iq, const char *name, const char *ns, gpointer data);
	void (*item)(CusaxNode *iq, CusaxNode *item, gpointer data);
	void (*swallowed)(CusaxNode *head, const char *why, gboolean item, gpointer data);
	/* A chat message goes out; counted: as stanza sent->number of the session, and not before
	 * cusax_xmpp_stream_kept() says that this is known. */
	void (*sent)(const CusaxXmppSent *sent, gboolean counted, gpointer data);
	/* The server asks how much of what it sent is handled: it is told once that is kept. */
	void (*asked)(gpointer data);
	/* The server has what was sent. */
	void (*acknowledged)(const CusaxXmppSent *sent, gpointer data);
	/* It is over; the last call. error NULL: cusax_xmpp_stream_close() asked for it. */
	void (*closed)(const GError *error, gpointer data);
} CusaxXmppStreamHandlers;

typedef struct CusaxXmppStream CusaxXmppStream;

/* Starts at once. sm: of the account; outlives the stream, which alone changes it meanwhile. Errors
 * that closed reports: AUTHENTICATION_FAILED, UNTRUSTED, SECURITY_REQUIRED, SECRET_UNAVAILABLE,
 * NOT_CONNECTED, TIMEOUT, REFUSED (another session took over), INVALID_ARGUMENT (ca-file or
 * certificate), FAILED (the server does not speak XMPP). */
CusaxXmppStream *cusax_xmpp_stream_new(const CusaxXmppStreamHandlers *handlers, gpointer data,
				       const CusaxXmppStreamOptions *options, CusaxXmppSm *sm,
				       const CusaxXmppTimes *times);

/* Gone at once; no handler is called any more. NULL is fine. */
void cusax_xmpp_stream_free(CusaxXmppStream *stream);

/* Ends in order: closed follows when the server has ended its side too, at latest after
 * times->close. What is kept is acknowledged before; the session cannot be resumed afterwards. */
void cusax_xmpp_stream_close(CusaxXmppStream *stream);

/* Ends it as lost, for what error (taken) says: closed follows. The session can be resumed. */
void cusax_xmpp_stream_fail(CusaxXmppStream *stream, GError *error);

/* Queues a stanza (borrowed) while online; else does nothing. A message or presence that the server
 * does not acknowledge is sent again when the session is resumed, a message also in the next one.
 * message and address: of a chat message, whose acknowledgement is asked for and which somebody keeps;
 * else NULL. */
void cusax_xmpp_stream_send(CusaxXmppStream *stream, CusaxNode *stanza, const char *message,
			    const char *address);

/* Own stanzas up to count are kept, or (own FALSE) those of the server. Online or not. */
void cusax_xmpp_stream_kept(CusaxXmppStream *stream, gboolean own, guint32 count);

gboolean cusax_xmpp_stream_is_online(CusaxXmppStream *stream);
/* The server keeps the answer to a question for presence that was not asked yet. */
gboolean cusax_xmpp_stream_pre_approves(const CusaxXmppStream *stream);

/* While online. Borrowed; bound is the full JID, prepared. */
const char *cusax_xmpp_stream_bound(CusaxXmppStream *stream);
const CusaxSecurity *cusax_xmpp_stream_security(CusaxXmppStream *stream);
gboolean cusax_xmpp_stream_has_roster_versions(CusaxXmppStream *stream);
const char *cusax_xmpp_stream_login_pin(CusaxXmppStream *stream);
/* Once closed was told: where a verified server sent us (RFC 6120 §4.9.3.19); NULL: nowhere. */
const char *cusax_xmpp_stream_other_host(CusaxXmppStream *stream, guint16 *ret_port);
/* Tells the server whether a person is looking (XEP-0352), where it wants to know. */
void cusax_xmpp_stream_indicate(CusaxXmppStream *stream, gboolean active);
