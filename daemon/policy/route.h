/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which way out: every route to a target, ranked, with reasons (C43-C47, C56-C61, C85-C90). */
/* Pure functions: no state, any thread. */
#pragma once

#include "daemon/policy/charges.h"
#include "daemon/policy/phones.h"

/* An account that may carry the call. Enabled accounts only; offline ones too. */
typedef struct {
	const char *id;
	const char *label;      /* for sentences: its address or name */
	CusaxProtocol protocol; /* xmpp: only where the account itself can call (C60) */
	const char *chat;       /* id of the paired chat account (C58); NULL: no relation */
	gboolean online;
	gboolean tls;           /* signalling is inside verified TLS: sips: needs it */
	CusaxFeatures features; /* those in effect */
	CusaxDialPlan plan;     /* with the domain */
	CusaxChargeRules rules;
} CusaxRouteAccount;

/* What is wanted. */
typedef struct {
	const char *account;      /* explicit account id (C61); NULL: ours to choose */
	const char *uri;          /* explicit address, dialled as it is; NULL: one of phones */
	CusaxFeatures media;      /* audio, or audio and video */
	const char *chat_account; /* the XMPP account whose roster has the target; NULL: none */
	const char *chat_address; /* the target's bare JID, for C60; NULL: none */
	const GPtrArray *phones;  /* CusaxPhoneEntry of the target; NULL: uri alone */
	gboolean confirm_charges; /* policy: charges need a yes (C86) */
	const char *confirm;      /* the token the caller gives; NULL: none */
	const guint8 *secret;     /* key of the tokens */
	gsize secret_length;
} CusaxRouteIntent;

typedef enum {
	CUSAX_ROUTE_EMERGENCY, /* an emergency number waits for nobody's choice (T17) */
	CUSAX_ROUTE_EXPLICIT,  /* the account was named (C61) */
	CUSAX_ROUTE_RELATED,   /* the account is paired with the contact's (C58) */
	CUSAX_ROUTE_ONLY,      /* there is one telephony account (C56) */
	CUSAX_ROUTE_CHOICE,    /* one of several, none related: a person must choose (C59) */
	CUSAX_ROUTE_SOURCE,    /* the chat account itself: its telephony is not disabled (C60) */
	CUSAX_ROUTE_OTHER,     /* works, but a related account is preferred */
} CusaxRouteReason;

typedef enum {
	CUSAX_ROUTE_USABLE,
	CUSAX_ROUTE_OFFLINE, /* the account is not registered */
	CUSAX_ROUTE_NO_TLS,  /* a sips: address, and the account has no verified TLS */
} CusaxRouteUse;

typedef struct {
	char *account; /* id */
	char *uri;     /* what would be dialled: safe in a header */
	char *address; /* as given */
	char *key;     /* comparison key, or NULL */
	CusaxFeatures media;
	CusaxSource source;
	gboolean verified; /* the address is an association, not a hint and not typed */
	CusaxCharges charges;
	CusaxChargesReason charges_reason;
	char *cue;     /* text for the user; NULL: none */
	char *confirm; /* token, where confirmation is needed; else NULL */
	CusaxRouteReason rank;
	CusaxRouteUse use;
	char *reason;       /* one sentence: why it ranks here, and why it cannot be used */
	gboolean preferred; /* the one that Call() takes; at most one */
} CusaxRoute;

void cusax_route_free(CusaxRoute *route);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CusaxRoute, cusax_route_free)

/* All routes, best first: never NULL, perhaps empty. A new array that frees its CusaxRoute. */
GPtrArray *cusax_route_list(const CusaxRouteIntent *intent, const CusaxRouteAccount *accounts,
			    guint n);

/* The route to take now, borrowed from routes, which cusax_route_list() gave for the same arguments.
 * NULL and
 *  CUSAX_ERROR_NOT_FOUND              the account named does not exist;
 *  CUSAX_ERROR_FEATURE_DISABLED       calls or video are switched off for the account (C17);
 *  CUSAX_ERROR_NO_ROUTE               nothing can reach the target (C45, C61);
 *  CUSAX_ERROR_ACCOUNT_CHOICE_NEEDED  several accounts, none related (C59);
 *  CUSAX_ERROR_NOT_REGISTERED         the account to take is offline: no other is taken silently;
 *  CUSAX_ERROR_SECURITY_REQUIRED      a sips: address and no verified TLS;
 *  CUSAX_ERROR_CONFIRMATION_NEEDED    it may cost, and the token is missing or another route's. */
const CusaxRoute *cusax_route_choose(const GPtrArray *routes, const CusaxRouteIntent *intent,
				     const CusaxRouteAccount *accounts, guint n, GError **error);

/* The token that says yes to this address over this account: HMAC-SHA-256 in hex. An address that
 * changed in between has another token (C90). Free with g_free(). */
char *cusax_route_token(const char *uri, const char *account, const guint8 *secret,
			gsize secret_length);

/* One sentence for a person; static. */
const char *cusax_route_reason_text(CusaxRouteReason reason);
