/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses as people write them, brought to one comparable form, or to none (C34, C35, C67). */
/* Pure functions: no state, any thread. */
#pragma once

#include "daemon/base/types.h"

/* How numbers are written where the account lives. Strings are borrowed; each may be NULL. */
typedef struct {
	const char *country;              /* "+33"; NULL: national numbers match nothing */
	const char *national_prefix;      /* "0"; NULL: national numbers are written without one */
	const char *international_prefix; /* "00"; NULL: only + is international */
	const char *domain; /* the account's own SIP domain: its numeric users are numbers here */
} CusaxDialPlan;

typedef enum {
	/* A key was found. */
	CUSAX_NUMBER_GLOBAL,               /* written with + */
	CUSAX_NUMBER_INTERNATIONAL_PREFIX, /* written with the plan's international prefix */
	CUSAX_NUMBER_NATIONAL,             /* a national number of the plan's country */
	CUSAX_NUMBER_IN_CONTEXT,           /* local, with its phone-context (RFC 3966 §5.1.5) */
	CUSAX_NUMBER_OF_DOMAIN,            /* local, of the account's own domain */
	CUSAX_NUMBER_SIP_ADDRESS,          /* no number at all: a SIP address of record */
	/* None was. */
	CUSAX_NUMBER_LOCAL_ONLY,  /* local, no domain to place it in; can still be dialled */
	CUSAX_NUMBER_AMBIGUOUS,   /* can be read in two ways, such as "+44 (0)20…" */
	CUSAX_NUMBER_BAD_LENGTH,  /* not 7 to 15 digits, where that is asked */
	CUSAX_NUMBER_NOT_ADDRESS, /* letters, pauses, other schemes, malformed URIs, nothing */
} CusaxNumberReason;

typedef struct {
	CusaxNumberReason reason;
	char *key;     /* compare with strcmp(); NULL: matches nothing */
	char *e164;    /* "+33123456789" where the key is that of a telephone number, else NULL */
	char *digits;  /* a number without separators, as written, else NULL */
	char *address; /* "sip:bob@sip.test" of a SIP URI, number or not, else NULL */
	char *uri;     /* a SIP URI, cleaned, else NULL */
	gboolean telephone; /* a number or numeric extension: may leave the IP world */
	gboolean foreign;   /* a number in a SIP URI of another domain than the plan's */
} CusaxNumber;

void cusax_number_clear(CusaxNumber *number);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CusaxNumber, cusax_number_clear)

/* Reads an address: sip:, sips:, tel:, or a bare number with the separators people use (spaces,
 * - . / and brackets), with `;ext=`, `ext.` or `x` before an extension. plan may be NULL.
 *
 * Keys: "sip:bob@sip.test", "tel:+33123456789", "tel:+33123456789;ext=12",
 * "tel:4711;phone-context=pbx.test". A number is read as strict E.164 or it has no such key:
 *  - national numbers need the plan's country, and its national prefix where there is one;
 *  - a local number is never completed by a guess. Of the own domain it is "sip:4711@sip.test",
 *    the address that dialling it reaches;
 *  - the user part of a SIP URI is a number where the host is the plan's domain (read by the plan),
 *    or where user=phone is given (then only with +: another domain has another plan). Otherwise
 *    "sip:+33123456789@other.test" is nothing but that very address. */
CusaxNumber cusax_number_read(const char *address, const CusaxDialPlan *plan);

/* One sentence for a person; static. */
const char *cusax_number_reason_text(CusaxNumberReason reason);

/* Only the key. Free with g_free(). */
char *cusax_number_key(const char *address, const CusaxDialPlan *plan);

/* The URI that reaches the address through an account of the plan's domain: SIP URIs as they are
 * (cleaned), "sip:+33123456789@sip.test;user=phone", "sip:4711@sip.test". NULL: cannot be dialled.
 * Free with g_free(). */
char *cusax_number_dial(const char *address, const CusaxDialPlan *plan);
