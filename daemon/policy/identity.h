/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who calls: from addresses and cues to a grade, a contact and the evidence (C52, C53, C62-C68). */
/* Pure functions: no state, any thread. */
#pragma once

#include "daemon/policy/phones.h"

/* The written trust policy (C68): an asserted address comes only from the account's own proxy over
 * its authenticated connection (the telephony service hands up no other), and then From is not
 * looked at. Without one, From counts, because requests that did not come through the account's
 * proxy are refused. An asserted address over a connection that proves nothing is never believed, but
 * where it names somebody else than From, nobody is matched. A telephone number counts only from a tel: URI or from the account's own
 * domain: a foreign domain can vouch for its own users, not for numbers. */
typedef struct {
	const char *from_uri;
	const char *asserted_uri;  /* or NULL */
	const char *unproven_uri;  /* asserted over a connection without TLS, or NULL */
	const char *const *impp;   /* Call-Info URIs with purpose=impp; NULL or empty: none */
	gboolean anonymous;        /* asked for privacy: then nothing is matched */
	const CusaxDialPlan *plan; /* of the account called */
} CusaxCaller;

typedef enum {
	CUSAX_CARD_UNKNOWN, /* never fetched, or stale */
	CUSAX_CARD_KNOWN,   /* phones are what the card says, be it nothing */
	CUSAX_CARD_FAILED,  /* was asked for now and cannot be had */
} CusaxCardState;

/* Somebody who may be the caller: found in the index by key, or named by a cue. */
typedef struct {
	const char *contact;     /* id; NULL: not a contact of ours */
	const char *address;     /* bare JID, prepared */
	const GPtrArray *phones; /* CusaxPhoneEntry, or NULL */
	CusaxCardState card;
} CusaxCandidate;

typedef enum {
	/* unknown */
	CUSAX_IDENTITY_NO_ADDRESS,     /* the caller's address is of no use */
	CUSAX_IDENTITY_ANONYMOUS,      /* the caller asked to stay anonymous */
	CUSAX_IDENTITY_NO_MATCH,       /* nobody known has this address */
	CUSAX_IDENTITY_HINT_ONLY,      /* only a hint (XEP-0152) has it (C51) */
	CUSAX_IDENTITY_AMBIGUOUS,      /* several contacts have it */
	CUSAX_IDENTITY_FOREIGN_NUMBER, /* a telephone number that nobody vouches for */
	CUSAX_IDENTITY_DISPUTED,       /* the network names another caller than From */
	/* claimed */
	CUSAX_IDENTITY_CUE_PENDING, /* names a contact whose card is not known: see fetch (C65) */
	CUSAX_IDENTITY_CUE_UNAVAILABLE, /* names a contact whose card cannot be had */
	CUSAX_IDENTITY_CUE_STRANGER,    /* names somebody who is not a contact */
	CUSAX_IDENTITY_CUE_AMBIGUOUS,   /* the card agrees, but others have the same address */
	CUSAX_IDENTITY_CUE_UNPROVABLE,  /* names a contact, without an address to confirm it by */
	/* contradicted */
	CUSAX_IDENTITY_CUE_DENIED,   /* the card of the contact named has another address (C66) */
	CUSAX_IDENTITY_CUE_CONFLICT, /* the address is that of another contact (C66) */
	/* verified */
	CUSAX_IDENTITY_MATCH,         /* exactly one contact has the address (C62, C67) */
	CUSAX_IDENTITY_CUE_CONFIRMED, /* the same, and the caller names that contact (C65) */
} CusaxIdentityReason;

#define CUSAX_N_IDENTITY_REASONS (CUSAX_IDENTITY_CUE_CONFIRMED + 1)

/* How far an association that verifies is confirmed (C52). Both ways: the card of the chat side lists
 * the calling address, and the telephony side names that JID, in the Call-Info of a call whose
 * address the account's own proxy vouches for over a connection that proves who it is: only whoever
 * is in possession of the address can say so under it. */
typedef enum {
	CUSAX_CONFIRMED_NOT,
	CUSAX_CONFIRMED_ONE_WAY,   /* a card, or the user's own address book, lists the address */
	CUSAX_CONFIRMED_BOTH_WAYS, /* and the owner of the address names that JID (C52 a) */
	CUSAX_CONFIRMED_DIRECTORY, /* a trusted directory says so (C52 b) */
} CusaxConfirmation;

typedef struct {
	CusaxIdentity grade;
	CusaxIdentityReason reason;
	char *contact; /* id; only where verified */
	char *claimed; /* bare JID that the caller names; NULL: none */
	char *fetch;   /* bare JID of the one card that would decide; NULL: none (C65) */
	CusaxSource
		source; /* verified: where the address was found; else call-info where claimed */
	CusaxConfirmation confirmation;
	char *key;      /* the caller's address as compared; NULL: of no use */
	char *evidence; /* one sentence for a person (C53) */
} CusaxIdentityResult;

void cusax_identity_result_clear(CusaxIdentityResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CusaxIdentityResult, cusax_identity_result_clear)

/* The key to look for in the index; NULL: none. Free with g_free(). */
char *cusax_identity_caller_key(const CusaxCaller *caller);

/* The bare JID that the cues name: the first valid `xmpp:` URI; NULL: none. contacts is the set of
 * our contacts' bare JIDs, or NULL: a JID in it is taken before any other. Free with g_free(). */
char *cusax_identity_claim(const CusaxCaller *caller, GHashTable *contacts);

/* Grades a caller. claim: what cusax_identity_claim() gave, or NULL. candidates: the contacts that
 * the index has for the key (two are enough where there are more), and the contact named by claim;
 * each once, in any order. Call again when the card in result.fetch has come or has failed. */
CusaxIdentityResult cusax_identity_grade(const CusaxCaller *caller, const char *claim,
					 const CusaxCandidate *candidates, guint n);

/* One sentence for a person; static. */
/* "none", "one-way", "both-ways", "directory". */
const char *cusax_identity_confirmation_word(CusaxConfirmation confirmation);

const char *cusax_identity_reason_text(CusaxIdentityReason reason);
