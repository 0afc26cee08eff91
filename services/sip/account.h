/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One account on the wire: an own stack, its route to the proxy, its registration. */
/* The libre thread. */
#pragma once

#include "services/event.h"
#include "services/operation.h"
#include "services/sip/auth.h"
#include "services/sip/re-compat.h"
#include "services/sip/resolve.h"
#include "services/sip/target.h"
#include "services/sip/tls.h"

/* The SIP service on the libre thread; driver.c owns it. */
typedef struct {
	CusaxEventQueue *events;
	GHashTable *accounts; /* id -> CusaxSipAccount */
	GHashTable *calls;    /* guint64 -> CusaxSipCall */
	GHashTable *pins;     /* account and server -> CusaxAuthPin */
	GHashTable *bindings; /* account and registrar -> Contact URI that stands there */
} CusaxSipService;

typedef enum {
	CUSAX_SIP_CONNECTING, /* asking for addresses, connecting, registering */
	CUSAX_SIP_ONLINE,
	CUSAX_SIP_LEAVING, /* calls are ended, the registration is withdrawn */
} CusaxSipState;

/* A connect with all that is known about where to. */
struct cusax_sip_connect {
	CusaxOperation *operation;
	CusaxSipTarget *target;
	GArray *endpoints; /* CusaxSipEndpoint; NULL: to be asked for through dns-servers */
};
void cusax_sip_connect_clear(struct cusax_sip_connect *connect);

typedef struct {
	CusaxSipService *service;
	char *id;
	CusaxSipState state;
	CusaxSipTarget *target;
	CusaxSettings *settings;
	CusaxSettings *policy;
	CusaxFeatures disabled;
	GPtrArray *relays;             /* CusaxRelay: of the provider; NULL: none */
	CusaxOperation *connect;       /* the operation under way; NULL once answered */
	struct cusax_sip_connect next; /* what waits until we have left; empty: nothing */
	GArray *leaving;               /* guint64: operations that wait for the end */

	CusaxSipQuery *query;
	GArray *endpoints; /* CusaxSipEndpoint */
	guint endpoint;    /* the one in use */

	/* The stack: made for one endpoint, NULL in between. */
	struct sip *sip;
	struct dnsc *dnsc;
	struct cusax_sip_tls *tls; /* NULL without TLS */
	struct sipevent_sock *subscriptions;
	struct sip_lsnr *guard, *requests, *answers, *rest, *responses;
	struct udp_helper *filter;
	struct udp_sock *datagrams; /* what it sits on */
	struct sa local; /* our address towards the proxy, port of the listening socket */
	struct sa proxy;
	enum sip_transp transport;
	char *route; /* "sip:192.0.2.1:5061;transport=tls" */
	struct cusax_credentials *credentials;
	GHashTable *sessions; /* Call-ID and own tag -> struct cusax_session */
	GHashTable *acks;     /* likewise -> what was acknowledged a moment ago */
	guint messages;       /* sent and not answered yet */
	GQueue seen;          /* char *: MESSAGE requests that were taken, the last first */
	struct cusax_publication *publication;

	struct sipreg *registration;
	struct cusax_auth_scope *scope;
	struct cusax_flow *flow; /* to the proxy */
	struct cusax_mailbox *mailbox;

	struct tmr deadline; /* of connecting or leaving; when moving: the next attempt */
	bool moving;         /* the way is lost and made anew, calls that stand wait for it */
	uint64_t move_until; /* tmr_jiffies() */
	struct tmr failing;  /* defers a failure out of libre's handlers */
	GError *failure;
	bool left;   /* cusax_sip_stack_leave() gave the stack to libre */
	bool closed; /* libre has let go of it */
} CusaxSipAccount;

/* Takes what connect holds. An account that is up is taken down first. */
void cusax_sip_account_connect(CusaxSipService *service, const struct cusax_sip_connect *connect);
/* In order: calls end, the registration is withdrawn, at most 1.5 s. op is answered at the end. */
void cusax_sip_account_disconnect(CusaxSipAccount *account, guint64 op);
/* Other features from now on; what waits to be connected included. */
void cusax_sip_account_set_disabled(CusaxSipAccount *account, CusaxFeatures disabled);
/* STUN and TURN servers for the calls that begin from now on; a reference is taken. */
void cusax_sip_account_set_relays(CusaxSipAccount *account, GPtrArray *relays);
/* At once, without a word to the core. */
void cusax_sip_account_free(CusaxSipAccount *account);

CusaxSipAccount *cusax_sip_account_find(CusaxSipService *service, const char *id);

/* The stack was left and has nothing more to send. */
void cusax_sip_account_stack_gone(CusaxSipAccount *account);

/* What registration.c reports. The error is taken; the account may be on its next address, or gone,
 * when the loop comes round. */
void cusax_sip_account_online(CusaxSipAccount *account);
void cusax_sip_account_fail(CusaxSipAccount *account, GError *error);

/* The way to the proxy is lost, or is just being found to be: what needs a stack has none that serves. */
bool cusax_sip_account_seeks_way(const CusaxSipAccount *account);

/* Display name for From, with quotes and backslashes escaped, or NULL. Borrowed, libre's memory is
 * not involved: free with g_free(). */
char *cusax_sip_account_name(const CusaxSipAccount *account);

/* Events. */
void cusax_sip_report_done(CusaxSipService *service, const char *account, guint64 op,
			   const GError *error);
void cusax_sip_report_refused(CusaxSipAccount *account, const char *kind);
