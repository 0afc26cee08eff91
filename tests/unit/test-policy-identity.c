/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Genuine and forged callers, and the grade, contact and evidence that each gets. */
/* Test program. */
#include <string.h>

#include "daemon/policy/identity-index.h"
#include "daemon/policy/identity.h"
#include "tests/unit/policy-support.h"
#include "tests/unit/rows.h"

#define BOB   "bob@xmpp.test"
#define CAROL "carol@xmpp.test"
#define KNOWN CUSAX_CARD_KNOWN

typedef struct {
	const char *address; /* NULL: no more candidates */
	const char *phones;
	CusaxCardState card;
	gboolean stranger; /* no contact of ours */
} Person;

typedef struct {
	const char *name;
	const char *from;
	const char *asserted;
	const char *impp[4];
	Person people[3];
	CusaxIdentityReason reason;
	const char *contact; /* address of the contact expected; NULL: none */
	gboolean fetch;      /* the card of the claimed contact is asked for */
	CusaxSource source;
	gboolean strong; /* both ways, or by a directory */
	gboolean anonymous;
} Row;

#define VCARD     CUSAX_SOURCE_VCARD
#define CALL_INFO CUSAX_SOURCE_CALL_INFO

/* clang-format off */
static const Row rows[] = {
	{ "C62: a SIP address in one vCard is verified",
	  "sip:bob@sip.test", NULL, { NULL }, { { BOB, "sip:bob@sip.test", KNOWN, FALSE } },
	  CUSAX_IDENTITY_MATCH, BOB, FALSE, VCARD, FALSE, FALSE },
	{ "C62: a number in one vCard is verified",
	  "sip:+33123456789@sip.test;user=phone", NULL, { NULL }, { { BOB, "tel:+33123456789", KNOWN, FALSE } },
	  CUSAX_IDENTITY_MATCH, BOB, FALSE, VCARD, FALSE, FALSE },
	{ "C67: a tel URI as caller",
	  "tel:+33123456789", NULL, { NULL }, { { BOB, "01 23 45 67 89", KNOWN, FALSE } },
	  CUSAX_IDENTITY_MATCH, BOB, FALSE, VCARD, FALSE, FALSE },
	{ "C67: national form of the default country",
	  "sip:0123456789@sip.test", NULL, { NULL }, { { BOB, "+33 1 23 45 67 89", KNOWN, FALSE } },
	  CUSAX_IDENTITY_MATCH, BOB, FALSE, VCARD, FALSE, FALSE },
	{ "C67: the number at the own domain without user=phone",
	  "sip:+33123456789@sip.test", NULL, { NULL }, { { BOB, "tel:+33123456789", KNOWN, FALSE } },
	  CUSAX_IDENTITY_MATCH, BOB, FALSE, VCARD, FALSE, FALSE },
	{ "C67: separators in the card",
	  "sip:+33123456789@sip.test;user=phone", NULL, { NULL }, { { BOB, "+33 (1) 23-45.67/89", KNOWN, FALSE } },
	  CUSAX_IDENTITY_MATCH, BOB, FALSE, VCARD, FALSE, FALSE },
	{ "C67: same extension",
	  "sip:+33123456789;ext=12@sip.test;user=phone", NULL, { NULL }, { { BOB, "tel:+33123456789;ext=12", KNOWN, FALSE } },
	  CUSAX_IDENTITY_MATCH, BOB, FALSE, VCARD, FALSE, FALSE },
	{ "C67: port, transport and capitals of the host",
	  "sip:bob@SIP.TEST:5061;transport=tls", NULL, { NULL }, { { BOB, "sip:bob@sip.test", KNOWN, FALSE } },
	  CUSAX_IDENTITY_MATCH, BOB, FALSE, VCARD, FALSE, FALSE },
	{ "C67: sips and sip are one person",
	  "sips:bob@sip.test", NULL, { NULL }, { { BOB, "sip:bob@sip.test", KNOWN, FALSE } },
	  CUSAX_IDENTITY_MATCH, BOB, FALSE, VCARD, FALSE, FALSE },
	{ "C67: escapes in the caller's address",
	  "sip:%62ob@sip.test", NULL, { NULL }, { { BOB, "sip:bob@sip.test", KNOWN, FALSE } },
	  CUSAX_IDENTITY_MATCH, BOB, FALSE, VCARD, FALSE, FALSE },
	{ "C67: a short number of the own domain",
	  "sip:4711@sip.test", NULL, { NULL }, { { BOB, "4711", KNOWN, FALSE } },
	  CUSAX_IDENTITY_MATCH, BOB, FALSE, VCARD, FALSE, FALSE },
	{ "C67: the very address of a gateway",
	  "sip:+33123456789@gw.test;user=phone", NULL, { NULL }, { { BOB, "sip:+33123456789@gw.test;user=phone", KNOWN, FALSE } },
	  CUSAX_IDENTITY_MATCH, BOB, FALSE, VCARD, FALSE, FALSE },
	{ "C67: a user of another domain by exact address",
	  "sip:bob@other.test", NULL, { NULL }, { { BOB, "sip:bob@other.test", KNOWN, FALSE } },
	  CUSAX_IDENTITY_MATCH, BOB, FALSE, VCARD, FALSE, FALSE },
	{ "C65: a cue that the card confirms",
	  "sip:bob@sip.test", NULL, { "xmpp:bob@xmpp.test" }, { { BOB, "sip:bob@sip.test", KNOWN, FALSE } },
	  CUSAX_IDENTITY_CUE_CONFIRMED, BOB, FALSE, VCARD, FALSE, FALSE },
	{ "C65: a confirmed cue among others",
	  "sip:bob@sip.test", NULL, { "http://sip.test/icon", "im:bob@sip.test", "xmpp:bob@xmpp.test" }, { { BOB, "sip:bob@sip.test", KNOWN, FALSE } },
	  CUSAX_IDENTITY_CUE_CONFIRMED, BOB, FALSE, VCARD, FALSE, FALSE },
	{ "C65: a cue with a resource and capitals",
	  "sip:bob@sip.test", NULL, { "XMPP:Bob@XMPP.test/phone" }, { { BOB, "sip:bob@sip.test", KNOWN, FALSE } },
	  CUSAX_IDENTITY_CUE_CONFIRMED, BOB, FALSE, VCARD, FALSE, FALSE },
	{ "C65: a confirmed cue for a number",
	  "sip:+33123456789@sip.test;user=phone", NULL, { "xmpp:bob@xmpp.test" }, { { BOB, "tel:+33123456789", KNOWN, FALSE } },
	  CUSAX_IDENTITY_CUE_CONFIRMED, BOB, FALSE, VCARD, FALSE, FALSE },
	{ "C65: an address book confirms without a card",
	  "sip:bob@sip.test", NULL, { "xmpp:bob@xmpp.test" }, { { BOB, "sip:bob@sip.test,address-book", CUSAX_CARD_UNKNOWN, FALSE } },
	  CUSAX_IDENTITY_CUE_CONFIRMED, BOB, FALSE, CUSAX_SOURCE_ADDRESS_BOOK, FALSE, FALSE },
	{ "C68: the asserted address counts, not From",
	  "sip:anybody@sip.test", "sip:bob@sip.test", { NULL }, { { BOB, "sip:bob@sip.test", KNOWN, FALSE } },
	  CUSAX_IDENTITY_MATCH, BOB, FALSE, VCARD, FALSE, FALSE },
	{ "C68: an asserted number",
	  "sip:anonymous@anonymous.invalid", "tel:+33123456789", { NULL }, { { BOB, "tel:+33123456789", KNOWN, FALSE } },
	  CUSAX_IDENTITY_MATCH, BOB, FALSE, VCARD, FALSE, FALSE },
	{ "C52: both ways: the caller who is vouched for names the card that lists it",
	  "sip:bob@sip.test", "sip:bob@sip.test", { "xmpp:bob@xmpp.test" }, { { BOB, "sip:bob@sip.test", KNOWN, FALSE } },
	  CUSAX_IDENTITY_CUE_CONFIRMED, BOB, FALSE, VCARD, TRUE, FALSE },
	{ "C52: one way where the caller names nobody",
	  "sip:bob@sip.test", "sip:bob@sip.test", { NULL }, { { BOB, "sip:bob@sip.test", KNOWN, FALSE } },
	  CUSAX_IDENTITY_MATCH, BOB, FALSE, VCARD, FALSE, FALSE },
	{ "C52: one way where the address book has it, and no card",
	  "sip:bob@sip.test", "sip:bob@sip.test", { "xmpp:bob@xmpp.test" }, { { BOB, "sip:bob@sip.test,address-book", KNOWN, FALSE } },
	  CUSAX_IDENTITY_CUE_CONFIRMED, BOB, FALSE, CUSAX_SOURCE_ADDRESS_BOOK, FALSE, FALSE },
	{ "C52: a directory is stronger",
	  "sip:bob@sip.test", NULL, { NULL }, { { BOB, "sip:bob@sip.test,directory", CUSAX_CARD_UNKNOWN, FALSE } },
	  CUSAX_IDENTITY_MATCH, BOB, FALSE, CUSAX_SOURCE_DIRECTORY, TRUE, FALSE },
	{ "C52: one way where nobody vouches for the caller's address",
	  "sip:bob@sip.test", NULL, { "xmpp:bob@xmpp.test" }, { { BOB, "sip:bob@sip.test", KNOWN, FALSE } },
	  CUSAX_IDENTITY_CUE_CONFIRMED, BOB, FALSE, VCARD, FALSE, FALSE },
	{ "C54: an address book entry verifies",
	  "sip:bob@sip.test", NULL, { NULL }, { { BOB, "sip:bob@sip.test,address-book", CUSAX_CARD_UNKNOWN, FALSE } },
	  CUSAX_IDENTITY_MATCH, BOB, FALSE, CUSAX_SOURCE_ADDRESS_BOOK, FALSE, FALSE },
	{ "C53: vCard4 is named as the source",
	  "sip:bob@sip.test", NULL, { NULL }, { { BOB, "sip:bob@sip.test,vcard4", KNOWN, FALSE } },
	  CUSAX_IDENTITY_MATCH, BOB, FALSE, CUSAX_SOURCE_VCARD4, FALSE, FALSE },
	{ "one person in the rosters of two accounts is one person",
	  "sip:bob@sip.test", NULL, { NULL }, { { BOB, "sip:bob@sip.test", KNOWN, FALSE }, { BOB, "sip:bob@sip.test", KNOWN, FALSE } },
	  CUSAX_IDENTITY_MATCH, BOB, FALSE, VCARD, FALSE, FALSE },
	{ "C62: a stranger's cue does not undo the match",
	  "sip:bob@sip.test", NULL, { "xmpp:other@x.test" }, { { BOB, "sip:bob@sip.test", KNOWN, FALSE } },
	  CUSAX_IDENTITY_MATCH, BOB, FALSE, VCARD, FALSE, FALSE },
	{ "C62: a fax line calls too",
	  "sip:bob@sip.test", NULL, { NULL }, { { BOB, "sip:bob@sip.test,vcard,fax", KNOWN, FALSE } },
	  CUSAX_IDENTITY_MATCH, BOB, FALSE, VCARD, FALSE, FALSE },
	{ "another contact without phones does no harm",
	  "sip:bob@sip.test", NULL, { NULL }, { { BOB, "sip:bob@sip.test", KNOWN, FALSE }, { CAROL, NULL, KNOWN, FALSE } },
	  CUSAX_IDENTITY_MATCH, BOB, FALSE, VCARD, FALSE, FALSE },
	{ "C64: a cue without a known card is a claim; one card is fetched",
	  "sip:bob@sip.test", NULL, { "xmpp:bob@xmpp.test" }, { { BOB, NULL, CUSAX_CARD_UNKNOWN, FALSE } },
	  CUSAX_IDENTITY_CUE_PENDING, NULL, TRUE, CALL_INFO, FALSE, FALSE },
	{ "C65: only the card of the contact named is fetched",
	  "sip:bob@sip.test", NULL, { "xmpp:bob@xmpp.test" }, { { BOB, NULL, CUSAX_CARD_UNKNOWN, FALSE }, { CAROL, NULL, CUSAX_CARD_UNKNOWN, FALSE } },
	  CUSAX_IDENTITY_CUE_PENDING, NULL, TRUE, CALL_INFO, FALSE, FALSE },
	{ "C66: a card that cannot be had leaves a claim",
	  "sip:bob@sip.test", NULL, { "xmpp:bob@xmpp.test" }, { { BOB, NULL, CUSAX_CARD_FAILED, FALSE } },
	  CUSAX_IDENTITY_CUE_UNAVAILABLE, NULL, FALSE, CALL_INFO, FALSE, FALSE },
	{ "C64: a stranger's name is a claim, nothing is fetched",
	  "sip:bob@sip.test", NULL, { "xmpp:evil@evil.test" }, { { 0 } },
	  CUSAX_IDENTITY_CUE_STRANGER, NULL, FALSE, CALL_INFO, FALSE, FALSE },
	{ "C64: a stranger whose card agrees is still no contact",
	  "sip:bob@sip.test", NULL, { "xmpp:evil@evil.test" }, { { "evil@evil.test", "sip:bob@sip.test", KNOWN, TRUE } },
	  CUSAX_IDENTITY_CUE_STRANGER, NULL, FALSE, CALL_INFO, FALSE, FALSE },
	{ "C64: a cue and an anonymous caller",
	  "sip:anonymous@anonymous.invalid", NULL, { "xmpp:bob@xmpp.test" }, { { BOB, "sip:bob@sip.test", KNOWN, FALSE } },
	  CUSAX_IDENTITY_CUE_DENIED, NULL, FALSE, CALL_INFO, FALSE, FALSE },
	{ "C64: a cue and a request for privacy",
	  "sip:bob@sip.test", NULL, { "xmpp:bob@xmpp.test" }, { { BOB, "sip:bob@sip.test", KNOWN, FALSE } },
	  CUSAX_IDENTITY_CUE_UNPROVABLE, NULL, FALSE, CALL_INFO, FALSE, TRUE },
	{ "C64: a cue and no usable From",
	  "sip:", NULL, { "xmpp:bob@xmpp.test" }, { { BOB, "sip:bob@sip.test", KNOWN, FALSE } },
	  CUSAX_IDENTITY_CUE_UNPROVABLE, NULL, FALSE, CALL_INFO, FALSE, FALSE },
	{ "C64: a stranger's cue and no usable From",
	  "mailto:bob@sip.test", NULL, { "xmpp:evil@evil.test" }, { { 0 } },
	  CUSAX_IDENTITY_CUE_STRANGER, NULL, FALSE, CALL_INFO, FALSE, FALSE },
	{ "C67: several have the number, the cue names one",
	  "tel:+33123456789", NULL, { "xmpp:bob@xmpp.test" }, { { BOB, "tel:+33123456789", KNOWN, FALSE }, { CAROL, "tel:+33123456789", KNOWN, FALSE } },
	  CUSAX_IDENTITY_CUE_AMBIGUOUS, NULL, FALSE, CALL_INFO, FALSE, FALSE },
	{ "C67: several have the number, the cue names a stranger",
	  "tel:+33123456789", NULL, { "xmpp:evil@evil.test" }, { { BOB, "tel:+33123456789", KNOWN, FALSE }, { CAROL, "tel:+33123456789", KNOWN, FALSE } },
	  CUSAX_IDENTITY_CUE_STRANGER, NULL, FALSE, CALL_INFO, FALSE, FALSE },
	{ "C66: contradicted cue is never shown as a contact",
	  "sip:evil@evil.test", NULL, { "xmpp:bob@xmpp.test" }, { { BOB, "sip:bob@sip.test", KNOWN, FALSE } },
	  CUSAX_IDENTITY_CUE_DENIED, NULL, FALSE, CALL_INFO, FALSE, FALSE },
	{ "C66: a contact without any number contradicts",
	  "sip:bob@sip.test", NULL, { "xmpp:bob@xmpp.test" }, { { BOB, NULL, KNOWN, FALSE } },
	  CUSAX_IDENTITY_CUE_DENIED, NULL, FALSE, CALL_INFO, FALSE, FALSE },
	{ "C66: the address of one contact, the name of another",
	  "sip:carol@sip.test", NULL, { "xmpp:bob@xmpp.test" }, { { BOB, "sip:bob@sip.test", KNOWN, FALSE }, { CAROL, "sip:carol@sip.test", KNOWN, FALSE } },
	  CUSAX_IDENTITY_CUE_CONFLICT, NULL, FALSE, CALL_INFO, FALSE, FALSE },
	{ "C66: the same while the card of the one named is not known",
	  "sip:carol@sip.test", NULL, { "xmpp:bob@xmpp.test" }, { { BOB, NULL, CUSAX_CARD_UNKNOWN, FALSE }, { CAROL, "sip:carol@sip.test", KNOWN, FALSE } },
	  CUSAX_IDENTITY_CUE_CONFLICT, NULL, FALSE, CALL_INFO, FALSE, FALSE },
	{ "C66: the number of two others",
	  "tel:+33123456789", NULL, { "xmpp:bob@xmpp.test" }, { { BOB, "sip:bob@sip.test", KNOWN, FALSE }, { CAROL, "tel:+33123456789", KNOWN, FALSE }, { "dave@xmpp.test", "tel:+33123456789", KNOWN, FALSE } },
	  CUSAX_IDENTITY_CUE_CONFLICT, NULL, FALSE, CALL_INFO, FALSE, FALSE },
	{ "C51: a hint does not confirm a cue",
	  "sip:bob@sip.test", NULL, { "xmpp:bob@xmpp.test" }, { { BOB, "sip:bob@sip.test,reachability", KNOWN, FALSE } },
	  CUSAX_IDENTITY_CUE_DENIED, NULL, FALSE, CALL_INFO, FALSE, FALSE },
	{ "C51: a typed address does not confirm a cue",
	  "sip:bob@sip.test", NULL, { "xmpp:bob@xmpp.test" }, { { BOB, "sip:bob@sip.test,typed", KNOWN, FALSE } },
	  CUSAX_IDENTITY_CUE_DENIED, NULL, FALSE, CALL_INFO, FALSE, FALSE },
	{ "C66: an asserted address contradicts a true From",
	  "sip:bob@sip.test", "sip:evil@sip.test", { "xmpp:bob@xmpp.test" }, { { BOB, "sip:bob@sip.test", KNOWN, FALSE } },
	  CUSAX_IDENTITY_CUE_DENIED, NULL, FALSE, CALL_INFO, FALSE, FALSE },
	{ "C67: the first contact among the cues is the claim",
	  "sip:bob@sip.test", NULL, { "xmpp:carol@xmpp.test", "xmpp:bob@xmpp.test" }, { { BOB, "sip:bob@sip.test", KNOWN, FALSE }, { CAROL, "sip:carol@sip.test", KNOWN, FALSE } },
	  CUSAX_IDENTITY_CUE_CONFLICT, NULL, FALSE, CALL_INFO, FALSE, FALSE },
	{ "C70: a stranger is unknown",
	  "sip:stranger@sip.test", NULL, { NULL }, { { BOB, "sip:bob@sip.test", KNOWN, FALSE } },
	  CUSAX_IDENTITY_NO_MATCH, NULL, FALSE, CUSAX_SOURCE_NONE, FALSE, FALSE },
	{ "C67: no substring: longer user",
	  "sip:bobby@sip.test", NULL, { NULL }, { { BOB, "sip:bob@sip.test", KNOWN, FALSE } },
	  CUSAX_IDENTITY_NO_MATCH, NULL, FALSE, CUSAX_SOURCE_NONE, FALSE, FALSE },
	{ "C67: no substring: shorter user",
	  "sip:bo@sip.test", NULL, { NULL }, { { BOB, "sip:bob@sip.test", KNOWN, FALSE } },
	  CUSAX_IDENTITY_NO_MATCH, NULL, FALSE, CUSAX_SOURCE_NONE, FALSE, FALSE },
	{ "C67: user part of another domain",
	  "sip:bob@evil.test", NULL, { NULL }, { { BOB, "sip:bob@sip.test", KNOWN, FALSE } },
	  CUSAX_IDENTITY_NO_MATCH, NULL, FALSE, CUSAX_SOURCE_NONE, FALSE, FALSE },
	{ "C67: a sub-domain is another domain",
	  "sip:bob@x.sip.test", NULL, { NULL }, { { BOB, "sip:bob@sip.test", KNOWN, FALSE } },
	  CUSAX_IDENTITY_NO_MATCH, NULL, FALSE, CUSAX_SOURCE_NONE, FALSE, FALSE },
	{ "C67: our domain as a label of another",
	  "sip:bob@sip.test.evil.test", NULL, { NULL }, { { BOB, "sip:bob@sip.test", KNOWN, FALSE } },
	  CUSAX_IDENTITY_NO_MATCH, NULL, FALSE, CUSAX_SOURCE_NONE, FALSE, FALSE },
	{ "C67: users differ by case",
	  "sip:BOB@sip.test", NULL, { NULL }, { { BOB, "sip:bob@sip.test", KNOWN, FALSE } },
	  CUSAX_IDENTITY_NO_MATCH, NULL, FALSE, CUSAX_SOURCE_NONE, FALSE, FALSE },
	{ "C67: our address as the user of another domain",
	  "sip:bob%40sip.test@evil.test", NULL, { NULL }, { { BOB, "sip:bob@sip.test", KNOWN, FALSE } },
	  CUSAX_IDENTITY_NO_MATCH, NULL, FALSE, CUSAX_SOURCE_NONE, FALSE, FALSE },
	{ "C67: our address in a header of the URI",
	  "sip:evil@evil.test?From=sip%3Abob%40sip.test", NULL, { NULL }, { { BOB, "sip:bob@sip.test", KNOWN, FALSE } },
	  CUSAX_IDENTITY_NO_MATCH, NULL, FALSE, CUSAX_SOURCE_NONE, FALSE, FALSE },
	{ "C67: our address in a parameter",
	  "sip:evil@evil.test;maddr=sip.test;user=bob", NULL, { NULL }, { { BOB, "sip:bob@sip.test", KNOWN, FALSE } },
	  CUSAX_IDENTITY_NO_MATCH, NULL, FALSE, CUSAX_SOURCE_NONE, FALSE, FALSE },
	{ "C67: our address as a password",
	  "sip:evil:bob@evil.test", NULL, { NULL }, { { BOB, "sip:bob@sip.test", KNOWN, FALSE } },
	  CUSAX_IDENTITY_NO_MATCH, NULL, FALSE, CUSAX_SOURCE_NONE, FALSE, FALSE },
	{ "C67: a null in the user",
	  "sip:bob%00@sip.test", NULL, { NULL }, { { BOB, "sip:bob@sip.test", KNOWN, FALSE } },
	  CUSAX_IDENTITY_NO_ADDRESS, NULL, FALSE, CUSAX_SOURCE_NONE, FALSE, FALSE },
	{ "C67: a homoglyph",
	  "sip:b%D0%BEb@sip.test", NULL, { NULL }, { { BOB, "sip:bob@sip.test", KNOWN, FALSE } },
	  CUSAX_IDENTITY_NO_MATCH, NULL, FALSE, CUSAX_SOURCE_NONE, FALSE, FALSE },
	{ "C67: a zero-width space in the user",
	  "sip:bob%E2%80%8B@sip.test", NULL, { NULL }, { { BOB, "sip:bob@sip.test", KNOWN, FALSE } },
	  CUSAX_IDENTITY_NO_MATCH, NULL, FALSE, CUSAX_SOURCE_NONE, FALSE, FALSE },
	{ "C67: a number one digit longer",
	  "sip:+331234567890@sip.test;user=phone", NULL, { NULL }, { { BOB, "tel:+33123456789", KNOWN, FALSE } },
	  CUSAX_IDENTITY_NO_MATCH, NULL, FALSE, CUSAX_SOURCE_NONE, FALSE, FALSE },
	{ "C67: a number one digit shorter",
	  "sip:+3312345678@sip.test;user=phone", NULL, { NULL }, { { BOB, "tel:+33123456789", KNOWN, FALSE } },
	  CUSAX_IDENTITY_NO_MATCH, NULL, FALSE, CUSAX_SOURCE_NONE, FALSE, FALSE },
	{ "C67: the last digits alone",
	  "sip:123456789@sip.test", NULL, { NULL }, { { BOB, "tel:+33123456789", KNOWN, FALSE } },
	  CUSAX_IDENTITY_NO_MATCH, NULL, FALSE, CUSAX_SOURCE_NONE, FALSE, FALSE },
	{ "C67: the same national number of another country",
	  "sip:+49123456789@sip.test;user=phone", NULL, { NULL }, { { BOB, "tel:+33123456789", KNOWN, FALSE } },
	  CUSAX_IDENTITY_NO_MATCH, NULL, FALSE, CUSAX_SOURCE_NONE, FALSE, FALSE },
	{ "C67: another extension",
	  "sip:+33123456789;ext=13@sip.test;user=phone", NULL, { NULL }, { { BOB, "tel:+33123456789;ext=12", KNOWN, FALSE } },
	  CUSAX_IDENTITY_NO_MATCH, NULL, FALSE, CUSAX_SOURCE_NONE, FALSE, FALSE },
	{ "C67: the switchboard is not the extension",
	  "sip:+33123456789@sip.test;user=phone", NULL, { NULL }, { { BOB, "tel:+33123456789;ext=12", KNOWN, FALSE } },
	  CUSAX_IDENTITY_NO_MATCH, NULL, FALSE, CUSAX_SOURCE_NONE, FALSE, FALSE },
	{ "C67: a number as user of another domain",
	  "sip:+33123456789@evil.test", NULL, { NULL }, { { BOB, "tel:+33123456789", KNOWN, FALSE } },
	  CUSAX_IDENTITY_NO_MATCH, NULL, FALSE, CUSAX_SOURCE_NONE, FALSE, FALSE },
	{ "C67: a number vouched for by another domain only",
	  "sip:+33123456789@evil.test;user=phone", NULL, { NULL }, { { BOB, "tel:+33123456789", KNOWN, FALSE } },
	  CUSAX_IDENTITY_FOREIGN_NUMBER, NULL, FALSE, CUSAX_SOURCE_NONE, FALSE, FALSE },
	{ "C67: a national number of another domain",
	  "sip:0123456789@evil.test;user=phone", NULL, { NULL }, { { BOB, "tel:+33123456789", KNOWN, FALSE } },
	  CUSAX_IDENTITY_NO_MATCH, NULL, FALSE, CUSAX_SOURCE_NONE, FALSE, FALSE },
	{ "C67: a number in a foreign asserted address",
	  "sip:bob@sip.test", "sip:+33123456789@evil.test;user=phone", { NULL }, { { BOB, "sip:bob@sip.test", KNOWN, FALSE }, { CAROL, "tel:+33123456789", KNOWN, FALSE } },
	  CUSAX_IDENTITY_FOREIGN_NUMBER, NULL, FALSE, CUSAX_SOURCE_NONE, FALSE, FALSE },
	{ "C67: a local number in another context",
	  "tel:4711;phone-context=evil.test", NULL, { NULL }, { { BOB, "tel:4711;phone-context=pbx.test", KNOWN, FALSE } },
	  CUSAX_IDENTITY_NO_MATCH, NULL, FALSE, CUSAX_SOURCE_NONE, FALSE, FALSE },
	{ "C67: two contacts with one number are never verified",
	  "tel:+33123456789", NULL, { NULL }, { { BOB, "tel:+33123456789", KNOWN, FALSE }, { CAROL, "tel:+33123456789", KNOWN, FALSE } },
	  CUSAX_IDENTITY_AMBIGUOUS, NULL, FALSE, CUSAX_SOURCE_NONE, FALSE, FALSE },
	{ "C67: two contacts with one SIP address are never verified",
	  "sip:bob@sip.test", NULL, { NULL }, { { BOB, "sip:bob@sip.test", KNOWN, FALSE }, { CAROL, "sip:bob@sip.test,directory", KNOWN, FALSE } },
	  CUSAX_IDENTITY_AMBIGUOUS, NULL, FALSE, CUSAX_SOURCE_NONE, FALSE, FALSE },
	{ "C51: a hint alone verifies nobody",
	  "sip:bob@sip.test", NULL, { NULL }, { { BOB, "sip:bob@sip.test,reachability", KNOWN, FALSE } },
	  CUSAX_IDENTITY_HINT_ONLY, NULL, FALSE, CUSAX_SOURCE_NONE, FALSE, FALSE },
	{ "C35: the JID as SIP address verifies nobody",
	  "sip:bob@xmpp.test", NULL, { NULL }, { { BOB, "sip:bob@sip.test", KNOWN, FALSE } },
	  CUSAX_IDENTITY_NO_MATCH, NULL, FALSE, CUSAX_SOURCE_NONE, FALSE, FALSE },
	{ "C68: From is not looked at beside an asserted address",
	  "sip:bob@sip.test", "sip:evil@sip.test", { NULL }, { { BOB, "sip:bob@sip.test", KNOWN, FALSE } },
	  CUSAX_IDENTITY_NO_MATCH, NULL, FALSE, CUSAX_SOURCE_NONE, FALSE, FALSE },
	{ "C68: an asserted address that is no address does not revive From",
	  "sip:bob@sip.test", "nonsense", { NULL }, { { BOB, "sip:bob@sip.test", KNOWN, FALSE } },
	  CUSAX_IDENTITY_NO_ADDRESS, NULL, FALSE, CUSAX_SOURCE_NONE, FALSE, FALSE },
	{ "an empty asserted address is none",
	  "sip:bob@sip.test", "", { NULL }, { { BOB, "sip:bob@sip.test", KNOWN, FALSE } },
	  CUSAX_IDENTITY_MATCH, BOB, FALSE, VCARD, FALSE, FALSE },
	{ "a request for privacy is kept",
	  "sip:bob@sip.test", "sip:bob@sip.test", { NULL }, { { BOB, "sip:bob@sip.test", KNOWN, FALSE } },
	  CUSAX_IDENTITY_ANONYMOUS, NULL, FALSE, CUSAX_SOURCE_NONE, FALSE, TRUE },
	{ "the anonymous address is nobody's",
	  "sip:anonymous@anonymous.invalid", NULL, { NULL }, { { BOB, "sip:bob@sip.test", KNOWN, FALSE } },
	  CUSAX_IDENTITY_NO_MATCH, NULL, FALSE, CUSAX_SOURCE_NONE, FALSE, FALSE },
	{ "no From",
	  NULL, NULL, { NULL }, { { BOB, "sip:bob@sip.test", KNOWN, FALSE } },
	  CUSAX_IDENTITY_NO_ADDRESS, NULL, FALSE, CUSAX_SOURCE_NONE, FALSE, FALSE },
	{ "a From that is no address",
	  "bob", NULL, { NULL }, { { BOB, "sip:bob@sip.test", KNOWN, FALSE } },
	  CUSAX_IDENTITY_NO_ADDRESS, NULL, FALSE, CUSAX_SOURCE_NONE, FALSE, FALSE },
	{ "a JID as From",
	  "xmpp:bob@xmpp.test", NULL, { NULL }, { { BOB, "sip:bob@sip.test", KNOWN, FALSE } },
	  CUSAX_IDENTITY_NO_ADDRESS, NULL, FALSE, CUSAX_SOURCE_NONE, FALSE, FALSE },
	{ "C63: other purposes' URIs are no cue",
	  "sip:bob@sip.test", NULL, { "https://evil.test/bob.vcf", "sip:bob@sip.test", "im:bob@xmpp.test" }, { { BOB, "sip:bob@sip.test", KNOWN, FALSE } },
	  CUSAX_IDENTITY_MATCH, BOB, FALSE, VCARD, FALSE, FALSE },
	{ "C63: a cue that is no JID is none",
	  "sip:evil@evil.test", NULL, { "xmpp:", "xmpp:@", "xmpp:bob@" }, { { BOB, "sip:bob@sip.test", KNOWN, FALSE } },
	  CUSAX_IDENTITY_NO_MATCH, NULL, FALSE, CUSAX_SOURCE_NONE, FALSE, FALSE },
	{ "C63: a JID without scheme is no cue",
	  "sip:evil@evil.test", NULL, { "bob@xmpp.test" }, { { BOB, "sip:bob@sip.test", KNOWN, FALSE } },
	  CUSAX_IDENTITY_NO_MATCH, NULL, FALSE, CUSAX_SOURCE_NONE, FALSE, FALSE },
};
/* clang-format on */

static CusaxIdentity expected_grade(CusaxIdentityReason reason)
{
	if (reason >= CUSAX_IDENTITY_MATCH)
		return CUSAX_IDENTITY_VERIFIED;
	if (reason >= CUSAX_IDENTITY_CUE_DENIED)
		return CUSAX_IDENTITY_CONTRADICTED;
	return reason >= CUSAX_IDENTITY_CUE_PENDING ? CUSAX_IDENTITY_CLAIMED
						    : CUSAX_IDENTITY_UNKNOWN;
}

/* Whatever the row: what a grade promises. */
static void check_promises(const CusaxIdentityResult *result)
{
	gboolean verified = result->grade == CUSAX_IDENTITY_VERIFIED;

	g_assert_cmpint(result->grade, ==, expected_grade(result->reason));
	g_assert_cmpint(verified, ==, result->contact != NULL);
	if (result->fetch)
		g_assert_cmpstr(result->fetch, ==, result->claimed);
	if (result->grade == CUSAX_IDENTITY_CLAIMED || result->grade == CUSAX_IDENTITY_CONTRADICTED)
		g_assert_nonnull(result->claimed);
	if (verified)
		g_assert_nonnull(strstr(result->evidence, result->key));
	g_assert_true(
		g_str_has_prefix(result->evidence, cusax_identity_reason_text(result->reason)));
}

static void test_row(gconstpointer data)
{
	const Row *row = data;
	const CusaxCaller caller = { .from_uri = row->from,
				     .asserted_uri = row->asserted,
				     .impp = row->impp,
				     .anonymous = row->anonymous,
				     .plan = &plan_france };
	g_autoptr(GHashTable) contacts = g_hash_table_new(g_str_hash, g_str_equal);
	GPtrArray *entries[G_N_ELEMENTS(row->people)] = { NULL };
	CusaxCandidate candidates[G_N_ELEMENTS(row->people)];
	guint n = 0;
	g_autofree char *claim = NULL, *key = cusax_identity_caller_key(&caller);
	g_auto(CusaxIdentityResult) result = { 0 };

	for (; n < G_N_ELEMENTS(row->people) && row->people[n].address; n++) {
		const Person *person = &row->people[n];

		entries[n] = entries_from_text(person->phones, &plan_france);
		candidates[n] = (CusaxCandidate){
			.contact = person->stranger ? NULL : person->address,
			.address = person->address,
			.phones = entries[n],
			.card = person->card,
		};
		if (!person->stranger)
			g_hash_table_add(contacts, (gpointer)person->address);
	}
	claim = cusax_identity_claim(&caller, contacts);
	result = cusax_identity_grade(&caller, claim, candidates, n);
	check_promises(&result);
	g_assert_cmpint(result.reason, ==, row->reason);
	g_assert_cmpstr(result.contact, ==, row->contact);
	g_assert_cmpint(result.fetch != NULL, ==, row->fetch);
	g_assert_cmpint(result.source, ==, row->source);
	g_assert_cmpint(result.confirmation == CUSAX_CONFIRMED_BOTH_WAYS ||
				result.confirmation == CUSAX_CONFIRMED_DIRECTORY,
			==, row->strong);
	g_assert_cmpstr(cusax_identity_confirmation_word(result.confirmation), ==,
			result.grade != CUSAX_IDENTITY_VERIFIED   ? "none"
			: !row->strong                            ? "one-way"
			: result.source == CUSAX_SOURCE_DIRECTORY ? "directory"
								  : "both-ways");
	g_assert_cmpint(result.confirmation == CUSAX_CONFIRMED_NOT, ==,
			result.grade != CUSAX_IDENTITY_VERIFIED);
	g_assert_cmpstr(result.key, ==, key);
	for (guint i = 0; i < n; i++)
		g_clear_pointer(&entries[i], g_ptr_array_unref);
}

/* What is asserted over a connection that proves nothing, beside a From that bob's card lists. */
typedef struct {
	const char *name;
	const char *from;
	const char *asserted;
	const char *unproven;
	CusaxIdentityReason reason;
} UnprovenRow;

static const UnprovenRow unproven_rows[] = {
	{ "C68: unproven, it says the same as From", "sip:bob@sip.test", NULL,
	  "sips:%62ob@SIP.test:5061", CUSAX_IDENTITY_MATCH },
	{ "C68: unproven, it disputes From", "sip:bob@sip.test", NULL, "sip:mallory@sip.test",
	  CUSAX_IDENTITY_DISPUTED },
	{ "C68: unproven, it is of no use", "sip:bob@sip.test", NULL, "bob",
	  CUSAX_IDENTITY_DISPUTED },
	{ "C68: unproven, it makes nobody a contact", "sip:mallory@sip.test", NULL,
	  "sip:bob@sip.test", CUSAX_IDENTITY_DISPUTED },
	{ "C68: unproven, it is not asked where a proven one is", "sip:mallory@sip.test",
	  "sip:bob@sip.test", "sip:mallory@sip.test", CUSAX_IDENTITY_MATCH },
	{ "C68: unproven and empty", "sip:bob@sip.test", NULL, "", CUSAX_IDENTITY_MATCH },
};

static void test_unproven(gconstpointer data)
{
	const UnprovenRow *row = data;
	const CusaxCaller caller = { .from_uri = row->from,
				     .asserted_uri = row->asserted,
				     .unproven_uri = row->unproven,
				     .plan = &plan_france };
	g_autoptr(GPtrArray) entries = entries_from_text("sip:bob@sip.test", &plan_france);
	const CusaxCandidate bob = {
		.contact = BOB, .address = BOB, .phones = entries, .card = KNOWN
	};
	g_auto(CusaxIdentityResult) result = cusax_identity_grade(&caller, NULL, &bob, 1);

	check_promises(&result);
	g_assert_cmpint(result.reason, ==, row->reason);
	g_assert_cmpstr(result.contact, ==, row->reason == CUSAX_IDENTITY_MATCH ? BOB : NULL);
}

/* C65: the claim, one fetch, and what comes of it. */
static void test_confirmation(void)
{
	static const char *const impp[] = { "xmpp:bob@xmpp.test", NULL };
	const CusaxCaller caller = { .from_uri = "sip:bob@sip.test", .impp = impp };
	g_autoptr(GPtrArray) phones = entries_from_text("sip:bob@sip.test", NULL);
	CusaxCandidate bob = { .contact = "7", .address = BOB };
	g_auto(CusaxIdentityResult) before = cusax_identity_grade(&caller, BOB, &bob, 1);
	g_auto(CusaxIdentityResult) after = { 0 };

	g_assert_cmpstr(before.fetch, ==, BOB);
	g_assert_null(before.contact);
	bob.phones = phones;
	bob.card = CUSAX_CARD_KNOWN;
	after = cusax_identity_grade(&caller, BOB, &bob, 1);
	g_assert_cmpint(after.grade, ==, CUSAX_IDENTITY_VERIFIED);
	g_assert_cmpstr(after.contact, ==, "7");
	g_assert_null(after.fetch);
}

/* C63: a thousand cues cost no more than eight. */
static void test_many_cues(void)
{
	const char *impp[1001];
	g_autofree char *claim = NULL;
	CusaxCaller caller = { .from_uri = "sip:evil@evil.test", .impp = impp };

	for (guint i = 0; i < 1000; i++)
		impp[i] = "https://evil.test/";
	impp[999] = "xmpp:bob@xmpp.test";
	impp[1000] = NULL;
	claim = cusax_identity_claim(&caller, NULL);
	g_assert_null(claim);
	caller.impp = NULL;
	g_assert_null(cusax_identity_claim(&caller, NULL));
}

static void test_claim_without_roster(void)
{
	static const char *const impp[] = { "xmpp:Carol@XMPP.test/x", "xmpp:bob@xmpp.test", NULL };
	const CusaxCaller caller = { .impp = impp };
	g_autofree char *claim = cusax_identity_claim(&caller, NULL);

	g_assert_cmpstr(claim, ==, CAROL);
}

static guint count(CusaxIdentityIndex *index, const char *key)
{
	return cusax_identity_index_lookup(index, key, NULL, 0);
}

static void set(CusaxIdentityIndex *index, const char *contact, const char *phones)
{
	g_autoptr(GPtrArray) entries = entries_from_text(phones, &plan_france);

	cusax_identity_index_set(index, contact, entries);
}

static void test_index(void)
{
	g_autoptr(CusaxIdentityIndex) index = cusax_identity_index_new();
	const char *found[4] = { NULL };

	set(index, "1", "sip:bob@sip.test|+33123456789");
	g_assert_cmpuint(cusax_identity_index_lookup(index, "sip:bob@sip.test", found, 4), ==, 1);
	g_assert_cmpstr(found[0], ==, "1");
	g_assert_cmpuint(count(index, "tel:+33123456789"), ==, 1);
	g_assert_cmpuint(count(index, NULL), ==, 0);
	g_assert_cmpuint(count(index, "sip:bob@sip"), ==, 0);

	/* A second and a third with the same number, then less. */
	set(index, "2", "01 23 45 67 89|tel:+33123456789;ext=1");
	set(index, "3", "01 23 45 67 89");
	g_assert_cmpuint(cusax_identity_index_lookup(index, "tel:+33123456789", found, 2), ==, 3);
	g_assert_cmpstr(found[0], !=, found[1]);
	g_assert_cmpuint(cusax_identity_index_lookup(index, "tel:+33123456789", found, 4), ==, 3);
	set(index, "2", "sip:two@sip.test");
	g_assert_cmpuint(count(index, "tel:+33123456789"), ==, 2);
	g_assert_cmpuint(count(index, "tel:+33123456789;ext=1"), ==, 0);
	set(index, "1", "sip:bob@sip.test");
	g_assert_cmpuint(cusax_identity_index_lookup(index, "tel:+33123456789", found, 4), ==, 1);
	g_assert_cmpstr(found[0], ==, "3");
	cusax_identity_index_set(index, found[0], NULL);
	g_assert_cmpuint(count(index, "tel:+33123456789"), ==, 0);

	/* The first of many leaves, the others stay. */
	set(index, "4", "+33999999999");
	set(index, "5", "+33999999999");
	set(index, "6", "+33999999999");
	set(index, "4", NULL);
	g_assert_cmpuint(count(index, "tel:+33999999999"), ==, 2);
	set(index, "6", NULL);
	set(index, "5", NULL);
	g_assert_cmpuint(count(index, "tel:+33999999999"), ==, 0);
	cusax_identity_index_free(NULL);
}

static void test_index_hints(void)
{
	g_autoptr(CusaxIdentityIndex) index = cusax_identity_index_new();

	set(index, "1", "sip:bob@sip.test,reachability|nonsense");
	g_assert_cmpuint(count(index, "sip:bob@sip.test"), ==, 0);
	/* A gateway's address and the number in it lead to the same contact, once each. */
	set(index, "1", "sip:+33123456789@gw.test;user=phone|sip:+33123456789@gw.test");
	g_assert_cmpuint(count(index, "tel:+33123456789"), ==, 1);
	g_assert_cmpuint(count(index, "sip:+33123456789@gw.test"), ==, 1);
	set(index, "2", "sip:+33123456789@gw.test|sip:+33123456789@gw.test;user=phone");
	g_assert_cmpuint(count(index, "sip:+33123456789@gw.test"), ==, 2);
	set(index, "1", NULL);
	set(index, "2", NULL);
	g_assert_cmpuint(count(index, "sip:+33123456789@gw.test"), ==, 0);
}

/* Kept right over many changes: compared with a list that is searched in full. */
static void test_index_random(void)
{
	g_autoptr(CusaxIdentityIndex) index = cusax_identity_index_new();
	guint held[50] = { 0 }; /* bit k: the contact has key k */

	for (guint turn = 0; turn < 5000; turn++) {
		guint contact = g_test_rand_int_range(0, 50);
		guint bits = g_test_rand_int_range(0, 256);
		g_autofree char *id = g_strdup_printf("%u", contact);
		g_autoptr(GString) phones = g_string_new("nonsense");
		guint key = g_test_rand_int_range(0, 8);
		g_autofree char *wanted = g_strdup_printf("sip:user%u@sip.test", key);
		guint expected = 0;

		for (guint k = 0; k < 8; k++) {
			if (bits & (1u << k))
				g_string_append_printf(phones, "|sip:user%u@sip.test", k);
		}
		set(index, id, phones->str);
		held[contact] = bits;
		for (guint i = 0; i < 50; i++)
			expected += (held[i] >> key) & 1;
		g_assert_cmpuint(count(index, wanted), ==, expected);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD_ROWS("/policy/identity", rows, test_row);
	ADD_ROWS("/policy/identity", unproven_rows, test_unproven);
	g_test_add_func("/policy/identity/C65: one fetch turns a claim into a contact",
			test_confirmation);
	g_test_add_func("/policy/identity/C63: a thousand cues are cut", test_many_cues);
	g_test_add_func("/policy/identity/C63: the first JID is the claim where no roster is known",
			test_claim_without_roster);
	g_test_add_func("/policy/identity-index/C62: contacts come and go", test_index);
	g_test_add_func("/policy/identity-index/C51: hints are not in it", test_index_hints);
	g_test_add_func("/policy/identity-index/five thousand changes keep it right",
			test_index_random);
	return g_test_run();
}
