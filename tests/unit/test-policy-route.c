/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which routes there are, which one is taken, what it may cost, and what is asked first. */
/* Test program. */
#include "daemon/policy/route.h"

#include <string.h>

#include "daemon/base/error.h"
#include "tests/unit/policy-support.h"
#include "tests/unit/rows.h"

#define A  CUSAX_FEATURE_AUDIO
#define AV (CUSAX_FEATURE_AUDIO | CUSAX_FEATURE_VIDEO)

static const guint8 secret[16] = "0123456789abcde";

/* --- charges --- */

static const char *const free_list[] = { "*@friend.test", "+33 1 99*", "tel:+44*", "(0)7?", "3*",
					 "4711@sip.test", NULL };
static const char *const charged_list[] = { "+33 899*",           "sip:*premium*@sip.test",
					    "+33 1 55 55 55 55*", "0900*",
					    "+33 1 99 00*",       NULL };
static const char *const emergency_list[] = { "112", "911", "", "0123456789", "1-1-0", "15", NULL };
static const CusaxChargeRules rules = { free_list, charged_list, emergency_list, NULL };
static const CusaxChargeRules cue_rules = { NULL, NULL, NULL, "Calls cost 9 ct a minute." };
static const CusaxChargeRules empty_cue_rules = { NULL, NULL, NULL, "" };

typedef struct {
	const char *name;
	const char *address;
	const CusaxDialPlan *plan;
	const CusaxChargeRules *rules;
	CusaxChargesReason reason;
	CusaxCharges charges;
} ChargeRow;

/* clang-format off */
static const ChargeRow charge_rows[] = {
	{ "C85: a user of the own domain is free", "sip:bob@sip.test", &plan_france, NULL,
	  CUSAX_CHARGES_OWN_DOMAIN, CUSAX_CHARGES_NONE },
	{ "C85: another domain is flagged", "sip:bob@other.test", &plan_france, NULL,
	  CUSAX_CHARGES_OTHER_DOMAIN, CUSAX_CHARGES_POSSIBLE },
	{ "C85: without an own domain every domain is another", "sip:bob@sip.test", NULL, NULL,
	  CUSAX_CHARGES_OTHER_DOMAIN, CUSAX_CHARGES_POSSIBLE },
	{ "C85: a plan without domain", "sip:bob@sip.test", &(const CusaxDialPlan){ "+33", "0", "00", NULL }, NULL,
	  CUSAX_CHARGES_OTHER_DOMAIN, CUSAX_CHARGES_POSSIBLE },
	{ "C85: a number of another domain", "sip:+33123456789@other.test;user=phone", &plan_france, NULL,
	  CUSAX_CHARGES_OTHER_DOMAIN, CUSAX_CHARGES_POSSIBLE },
	{ "C86: a telephone number may cost", "+33123456789", &plan_france, NULL,
	  CUSAX_CHARGES_TELEPHONE_NUMBER, CUSAX_CHARGES_POSSIBLE },
	{ "C88: a number dressed as a user of the own domain may cost", "sip:+33123456789@sip.test", &plan_france, NULL,
	  CUSAX_CHARGES_TELEPHONE_NUMBER, CUSAX_CHARGES_POSSIBLE },
	{ "C90: a short number may be a premium one", "sip:3615@sip.test", &plan_france, NULL,
	  CUSAX_CHARGES_TELEPHONE_NUMBER, CUSAX_CHARGES_POSSIBLE },
	{ "C90: escapes do not hide a number", "sip:%33615@sip.test", &plan_france, NULL,
	  CUSAX_CHARGES_TELEPHONE_NUMBER, CUSAX_CHARGES_POSSIBLE },
	{ "C90: separators do not hide a number", "sip:36.15@sip.test", &plan_france, NULL,
	  CUSAX_CHARGES_TELEPHONE_NUMBER, CUSAX_CHARGES_POSSIBLE },
	{ "a number in a context may cost", "tel:4711;phone-context=pbx.test", &plan_france, NULL,
	  CUSAX_CHARGES_TELEPHONE_NUMBER, CUSAX_CHARGES_POSSIBLE },
	{ "an ambiguous number may cost", "+44 (0)20 7946 0123", &plan_france, NULL,
	  CUSAX_CHARGES_TELEPHONE_NUMBER, CUSAX_CHARGES_POSSIBLE },
	{ "what is no address is not known", "nonsense", &plan_france, NULL,
	  CUSAX_CHARGES_NOT_KNOWN, CUSAX_CHARGES_UNKNOWN },
	{ "C87: a number on the provider's list", "0899 123456", &plan_france, &rules,
	  CUSAX_CHARGES_PROVIDER, CUSAX_CHARGES_EXPECTED },
	{ "C87: an address on the provider's list", "sip:my-premium-line@sip.test", &plan_france, &rules,
	  CUSAX_CHARGES_PROVIDER, CUSAX_CHARGES_EXPECTED },
	{ "C87: a local number on the provider's list", "0900 1", &plan_france, &rules,
	  CUSAX_CHARGES_PROVIDER, CUSAX_CHARGES_EXPECTED },
	{ "C87: lists do not care for case", "sip:MY-PREMIUM-LINE@SIP.TEST", &plan_france, &rules,
	  CUSAX_CHARGES_PROVIDER, CUSAX_CHARGES_EXPECTED },
	{ "C87: a friend's domain is free", "sip:bob@friend.test", &plan_france, &rules,
	  CUSAX_CHARGES_FREE_LIST, CUSAX_CHARGES_NONE },
	{ "C87: a free number, with separators in the pattern", "01 99 12 34 56", &plan_france, &rules,
	  CUSAX_CHARGES_FREE_LIST, CUSAX_CHARGES_NONE },
	{ "C87: a free country by its key", "+442079460123", &plan_france, &rules,
	  CUSAX_CHARGES_FREE_LIST, CUSAX_CHARGES_NONE },
	{ "C87: a free short number", "073", &plan_france, &rules,
	  CUSAX_CHARGES_FREE_LIST, CUSAX_CHARGES_NONE },
	{ "C87: a question mark is one character", "07x", &plan_france, &rules,
	  CUSAX_CHARGES_NOT_KNOWN, CUSAX_CHARGES_UNKNOWN },
	{ "C87: on both lists is charged", "01 99 00 00 00", &plan_france, &rules,
	  CUSAX_CHARGES_PROVIDER, CUSAX_CHARGES_EXPECTED },
	{ "C87: a domain that only ends alike is not free", "sip:bob@friend.test.evil.test", &plan_france, &rules,
	  CUSAX_CHARGES_OTHER_DOMAIN, CUSAX_CHARGES_POSSIBLE },
	{ "C87: a pattern ends where the number ends", "01 55 55 55 55", &plan_france, &rules,
	  CUSAX_CHARGES_PROVIDER, CUSAX_CHARGES_EXPECTED },
	{ "C87: a free extension as an address", "4711", &plan_france, &rules,
	  CUSAX_CHARGES_FREE_LIST, CUSAX_CHARGES_NONE },
	{ "C87: an ambiguous number against lists", "+45 (0)20 7946 0123", &plan_france, &rules,
	  CUSAX_CHARGES_TELEPHONE_NUMBER, CUSAX_CHARGES_POSSIBLE },
	{ "T17: an emergency number costs nothing", "112", &plan_france, &rules,
	  CUSAX_CHARGES_EMERGENCY, CUSAX_CHARGES_NONE },
	{ "T17: an emergency number as dialled", "sip:112@sip.test", &plan_france, &rules,
	  CUSAX_CHARGES_EMERGENCY, CUSAX_CHARGES_NONE },
	{ "T17: 112 of another domain is no emergency number", "sip:112@evil.test;user=phone", &plan_france, &rules,
	  CUSAX_CHARGES_OTHER_DOMAIN, CUSAX_CHARGES_POSSIBLE },
	{ "T17: a whole number on the emergency list is ignored", "0123456789", &plan_france, &rules,
	  CUSAX_CHARGES_TELEPHONE_NUMBER, CUSAX_CHARGES_POSSIBLE },
	{ "T17: a longer number is no emergency number", "1121", &plan_france, &rules,
	  CUSAX_CHARGES_TELEPHONE_NUMBER, CUSAX_CHARGES_POSSIBLE },
	{ "T17: an emergency entry with separators is ignored", "110", &plan_france, &rules,
	  CUSAX_CHARGES_TELEPHONE_NUMBER, CUSAX_CHARGES_POSSIBLE },
	{ "C87: the provider's own text", "+33123456789", &plan_france, &cue_rules,
	  CUSAX_CHARGES_TELEPHONE_NUMBER, CUSAX_CHARGES_POSSIBLE },
	{ "C87: an empty text of the provider is none", "+33123456789", &plan_france, &empty_cue_rules,
	  CUSAX_CHARGES_TELEPHONE_NUMBER, CUSAX_CHARGES_POSSIBLE },
};
/* clang-format on */

static void test_charges(gconstpointer data)
{
	const ChargeRow *row = data;
	CusaxChargesResult got = cusax_charges_of(row->address, row->plan, row->rules);

	g_assert_cmpint(got.reason, ==, row->reason);
	g_assert_cmpint(got.charges, ==, row->charges);
	g_assert_cmpint(cusax_charges_is_emergency(row->address, row->plan, row->rules), ==,
			row->reason == CUSAX_CHARGES_EMERGENCY);
	g_assert_cmpstr(cusax_charges_reason_text(got.reason), !=, "");
	/* C86: whatever may cost is cued, in the provider's words where there are any. */
	g_assert_cmpint(got.cue != NULL, ==, got.charges != CUSAX_CHARGES_NONE);
	if (row->rules == &cue_rules)
		g_assert_cmpstr(got.cue, ==, cue_rules.cue);
	g_assert_cmpint(*cusax_charges_reason_word(got.reason) != '\0', ==,
			got.charges == CUSAX_CHARGES_POSSIBLE ||
				got.charges == CUSAX_CHARGES_EXPECTED);
}

/* A pattern made to be slow is not. */
static void test_slow_pattern(void)
{
	g_autofree char *stars = g_strnfill(500, '*');
	g_autofree char *user = g_strnfill(900, 'a');
	g_autofree char *address = g_strconcat("sip:", user, "@sip.test", NULL);
	g_autofree char *pattern = g_strconcat("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", stars, NULL);
	const char *const list[] = { pattern, NULL };
	const CusaxChargeRules slow = { .charged = list };
	gint64 start = g_get_monotonic_time();

	g_assert_cmpint(cusax_charges_of(address, &plan_france, &slow).reason, ==,
			CUSAX_CHARGES_OWN_DOMAIN);
	g_assert_cmpint(g_get_monotonic_time() - start, <, G_USEC_PER_SEC);
}

/* --- routes --- */

enum {
	PAIRED = 1,
	OFFLINE = 2,
	NO_AUDIO = 4,
	VIDEO = 8,
	NO_TLS = 16,
	CHAT = 32,
	OTHER_DOMAIN = 64,
	ELSEWHERE = 128
};

typedef struct {
	const char *id;
	guint what; /* flags above */
} Account;

typedef struct {
	const char *name;
	Account accounts[4];
	const char *phones;   /* see phones_from_text(); NULL: none */
	const char *account;  /* explicit */
	const char *uri;      /* explicit */
	gboolean typed;       /* no contact, so no chat account */
	CusaxFeatures media;  /* 0: audio */
	const char *expected; /* "account uri rank;…" */
	const char *taken;    /* "account uri", or NULL: an error */
	int error;
} Row;

/* clang-format off */
#define BOB "sip:bob@sip.test"
static const Row rows[] = {
	{ "C43: a contact with a SIP address is called", { { "tel", PAIRED } }, BOB, NULL, NULL, FALSE, 0,
	  "tel sip:bob@sip.test related", "tel " BOB, 0 },
	{ "C44: calls of the chat account switched off do not matter", { { "tel", PAIRED }, { "chat", CHAT | NO_AUDIO } }, BOB, NULL, NULL, FALSE, 0,
	  "tel sip:bob@sip.test related", "tel " BOB, 0 },
	{ "C45: without a number there is no route", { { "tel", PAIRED } }, NULL, NULL, NULL, FALSE, 0,
	  "", NULL, CUSAX_ERROR_NO_ROUTE },
	{ "C45: with a fax number there is no route", { { "tel", PAIRED } }, BOB ",vcard,fax", NULL, NULL, FALSE, 0,
	  "", NULL, CUSAX_ERROR_NO_ROUTE },
	{ "C46: a typed address is dialled", { { "tel", 0 } }, NULL, NULL, BOB, TRUE, 0,
	  "tel sip:bob@sip.test only", "tel " BOB, 0 },
	{ "C46: a typed number is dialled", { { "tel", 0 } }, NULL, NULL, "01 23 45 67 89", TRUE, 0,
	  "tel sip:+33123456789@sip.test;user=phone only", "tel sip:+33123456789@sip.test;user=phone", 0 },
	{ "C46: what cannot be dialled has no route", { { "tel", 0 } }, NULL, NULL, "nonsense", TRUE, 0,
	  "", NULL, CUSAX_ERROR_NO_ROUTE },
	{ "C47: video where a line takes it", { { "tel", PAIRED | VIDEO } }, BOB ",vcard,video", NULL, NULL, FALSE, AV,
	  "tel sip:bob@sip.test related", "tel " BOB, 0 },
	{ "C47: the video line goes first for video", { { "tel", PAIRED | VIDEO } }, "sip:a@sip.test,vcard,,1|" BOB ",vcard,video", NULL, NULL, FALSE, AV,
	  "tel sip:bob@sip.test related;tel sip:a@sip.test related", "tel " BOB, 0 },
	{ "C47: and in its place for audio", { { "tel", PAIRED | VIDEO } }, "sip:a@sip.test,vcard,,1|" BOB ",vcard,video", NULL, NULL, FALSE, A,
	  "tel sip:a@sip.test related;tel sip:bob@sip.test related", "tel sip:a@sip.test", 0 },
	{ "C47: no video without a video line", { { "tel", PAIRED | VIDEO } }, BOB, NULL, NULL, FALSE, AV,
	  "tel sip:bob@sip.test related", NULL, CUSAX_ERROR_NO_ROUTE },
	{ "C17: video switched off", { { "tel", PAIRED } }, BOB ",vcard,video", NULL, NULL, FALSE, AV,
	  "tel sip:bob@sip.test related", NULL, CUSAX_ERROR_FEATURE_DISABLED },
	{ "C17: calls switched off", { { "tel", PAIRED | NO_AUDIO } }, BOB, NULL, NULL, FALSE, 0,
	  "", NULL, CUSAX_ERROR_FEATURE_DISABLED },
	{ "C17: calls switched off on the account named", { { "tel", NO_AUDIO }, { "two", 0 } }, BOB, "tel", NULL, FALSE, 0,
	  "", NULL, CUSAX_ERROR_FEATURE_DISABLED },
	{ "C56: one account calls at once", { { "tel", 0 } }, BOB, NULL, NULL, FALSE, 0,
	  "tel sip:bob@sip.test only", "tel " BOB, 0 },
	{ "C56: an account with calls off is no choice", { { "tel", 0 }, { "two", NO_AUDIO } }, BOB, NULL, NULL, FALSE, 0,
	  "tel sip:bob@sip.test only", "tel " BOB, 0 },
	{ "C58: the related account goes first", { { "aaa", 0 }, { "tel", PAIRED } }, BOB, NULL, NULL, FALSE, 0,
	  "tel sip:bob@sip.test related;aaa sip:bob@sip.test other", "tel " BOB, 0 },
	{ "C58: the related account is not replaced while it is offline", { { "aaa", 0 }, { "tel", PAIRED | OFFLINE } }, BOB, NULL, NULL, FALSE, 0,
	  "tel sip:bob@sip.test related;aaa sip:bob@sip.test other", NULL, CUSAX_ERROR_NOT_REGISTERED },
	{ "C58: an account paired with another chat account is not related", { { "one", ELSEWHERE }, { "two", 0 } }, BOB, NULL, NULL, FALSE, 0,
	  "one sip:bob@sip.test choice;two sip:bob@sip.test choice", NULL, CUSAX_ERROR_ACCOUNT_CHOICE_NEEDED },
	{ "C58: two related accounts leave a choice", { { "one", PAIRED }, { "two", PAIRED } }, BOB, NULL, NULL, FALSE, 0,
	  "one sip:bob@sip.test choice;two sip:bob@sip.test choice", NULL, CUSAX_ERROR_ACCOUNT_CHOICE_NEEDED },
	{ "C59: several accounts, none related, is a choice", { { "one", 0 }, { "two", 0 } }, BOB, NULL, NULL, FALSE, 0,
	  "one sip:bob@sip.test choice;two sip:bob@sip.test choice", NULL, CUSAX_ERROR_ACCOUNT_CHOICE_NEEDED },
	{ "C59: the choice stays where only one is online", { { "one", 0 }, { "two", OFFLINE } }, BOB, NULL, NULL, FALSE, 0,
	  "one sip:bob@sip.test choice;two sip:bob@sip.test choice", NULL, CUSAX_ERROR_ACCOUNT_CHOICE_NEEDED },
	{ "C59: a typed address has no relation", { { "one", PAIRED }, { "two", 0 } }, NULL, NULL, BOB, TRUE, 0,
	  "one sip:bob@sip.test choice;two sip:bob@sip.test choice", NULL, CUSAX_ERROR_ACCOUNT_CHOICE_NEEDED },
	{ "C60: the choice includes the chat account", { { "chat", CHAT }, { "one", 0 } }, BOB, NULL, NULL, FALSE, 0,
	  "one sip:bob@sip.test choice;chat xmpp:bob@xmpp.test source", NULL, CUSAX_ERROR_ACCOUNT_CHOICE_NEEDED },
	{ "C60: unless its telephony is switched off", { { "chat", CHAT | NO_AUDIO }, { "one", 0 } }, BOB, NULL, NULL, FALSE, 0,
	  "one sip:bob@sip.test only", "one " BOB, 0 },
	{ "C60: another chat account is no choice", { { "work", CHAT }, { "one", 0 } }, BOB, NULL, NULL, FALSE, 0,
	  "one sip:bob@sip.test only", "one " BOB, 0 },
	{ "C60: the chat account alone", { { "chat", CHAT } }, NULL, NULL, NULL, FALSE, 0,
	  "chat xmpp:bob@xmpp.test only", "chat xmpp:bob@xmpp.test", 0 },
	{ "C60: the chat account offline", { { "chat", CHAT | OFFLINE } }, NULL, NULL, NULL, FALSE, 0,
	  "chat xmpp:bob@xmpp.test only", NULL, CUSAX_ERROR_NOT_REGISTERED },
	{ "C60: a SIP address is nothing for a chat account", { { "chat", CHAT } }, NULL, NULL, BOB, FALSE, 0,
	  "", NULL, CUSAX_ERROR_NO_ROUTE },
	{ "C61: an explicit account wins over the related one", { { "one", 0 }, { "tel", PAIRED } }, BOB, "one", NULL, FALSE, 0,
	  "one sip:bob@sip.test explicit", "one " BOB, 0 },
	{ "C61: an explicit account that is offline", { { "one", OFFLINE }, { "tel", PAIRED } }, BOB, "one", NULL, FALSE, 0,
	  "one sip:bob@sip.test explicit", NULL, CUSAX_ERROR_NOT_REGISTERED },
	{ "C61: an account that does not exist", { { "one", 0 } }, BOB, "nine", NULL, FALSE, 0,
	  "", NULL, CUSAX_ERROR_NOT_FOUND },
	{ "C61: no account at all", { { NULL, 0 } }, BOB, NULL, NULL, FALSE, 0,
	  "", NULL, CUSAX_ERROR_NO_ROUTE },
	{ "C61: a chat account cannot be named for a typed address", { { "chat", CHAT }, { "one", 0 } }, NULL, "chat", BOB, TRUE, 0,
	  "", NULL, CUSAX_ERROR_NO_ROUTE },
	{ "C37: the person's preference is kept", { { "tel", PAIRED } }, "sip:a@sip.test,vcard,,2|sip:b@sip.test,vcard,,1", NULL, NULL, FALSE, 0,
	  "tel sip:b@sip.test related;tel sip:a@sip.test related", "tel sip:b@sip.test", 0 },
	{ "C88: without a preference what is free goes first", { { "tel", PAIRED } }, "+33123456789|" BOB, NULL, NULL, FALSE, 0,
	  "tel sip:bob@sip.test related;tel sip:+33123456789@sip.test;user=phone related", "tel " BOB, 0 },
	{ "C87: what is charged for certain goes last", { { "tel", PAIRED } }, "+33899123456|+33123456789|" BOB, NULL, NULL, FALSE, 0,
	  "tel sip:bob@sip.test related;tel sip:+33123456789@sip.test;user=phone related;tel sip:+33899123456@sip.test;user=phone related", "tel " BOB, 0 },
	{ "C50: hints go last", { { "tel", PAIRED } }, "sip:a@sip.test,reachability,,1|+33123456789", NULL, NULL, FALSE, 0,
	  "tel sip:+33123456789@sip.test;user=phone related;tel sip:a@sip.test related", "tel sip:+33123456789@sip.test;user=phone", 0 },
	{ "an address of the contact named explicitly", { { "tel", PAIRED } }, "sip:a@sip.test|+33123456789", NULL, "sip:+33123456789@sip.test;user=phone", FALSE, 0,
	  "tel sip:+33123456789@sip.test;user=phone related", "tel sip:+33123456789@sip.test;user=phone", 0 },
	{ "an explicit address that the contact has as fax", { { "tel", PAIRED } }, BOB ",vcard,fax", NULL, BOB, FALSE, 0,
	  "tel sip:bob@sip.test related", "tel " BOB, 0 },
	{ "sips needs verified TLS", { { "tel", PAIRED | NO_TLS } }, "sips:bob@sip.test", NULL, NULL, FALSE, 0,
	  "tel sips:bob@sip.test related", NULL, CUSAX_ERROR_SECURITY_REQUIRED },
	{ "sips over verified TLS", { { "tel", PAIRED } }, "sips:bob@sip.test", NULL, NULL, FALSE, 0,
	  "tel sips:bob@sip.test related", "tel sips:bob@sip.test", 0 },
	{ "an address that can be used goes before one that cannot", { { "tel", PAIRED | NO_TLS } }, "sips:bob@sip.test,vcard,,1|sip:b@sip.test", NULL, NULL, FALSE, 0,
	  "tel sips:bob@sip.test related;tel sip:b@sip.test related", "tel sip:b@sip.test", 0 },
	{ "the first of two that cannot be used explains itself", { { "tel", PAIRED | OFFLINE } }, "sip:a@sip.test|sip:b@sip.test", NULL, NULL, FALSE, 0,
	  "tel sip:a@sip.test related;tel sip:b@sip.test related", NULL, CUSAX_ERROR_NOT_REGISTERED },
	{ "T17: an emergency call waits for no choice", { { "one", OFFLINE }, { "two", 0 } }, NULL, NULL, "112", TRUE, 0,
	  "two sip:112@sip.test emergency;one sip:112@sip.test choice", "two sip:112@sip.test", 0 },
	{ "T17: an emergency call leaves the related account when it is offline", { { "two", 0 }, { "tel", PAIRED | OFFLINE } }, NULL, NULL, "112", FALSE, 0,
	  "two sip:112@sip.test emergency;tel sip:112@sip.test related", "two sip:112@sip.test", 0 },
	{ "T17: an emergency call over the only account", { { "one", 0 } }, NULL, NULL, "112", TRUE, 0,
	  "one sip:112@sip.test only", "one sip:112@sip.test", 0 },
	{ "T17: an emergency call and nothing online", { { "one", OFFLINE } }, NULL, NULL, "112", TRUE, 0,
	  "one sip:112@sip.test only", NULL, CUSAX_ERROR_NOT_REGISTERED },
	{ "an account of another domain dials numbers there", { { "one", OTHER_DOMAIN } }, NULL, NULL, "4711", TRUE, 0,
	  "one sip:4711@other.test only", "one sip:4711@other.test", 0 },
	{ "an account without domain dials no numbers", { { "one", OTHER_DOMAIN | NO_TLS } }, NULL, NULL, "4711", TRUE, 0,
	  "", NULL, CUSAX_ERROR_NO_ROUTE },
};
/* clang-format on */

static const char *rank_word(CusaxRouteReason rank)
{
	static const char *const words[] = {
		[CUSAX_ROUTE_EMERGENCY] = "emergency", [CUSAX_ROUTE_EXPLICIT] = "explicit",
		[CUSAX_ROUTE_RELATED] = "related",     [CUSAX_ROUTE_ONLY] = "only",
		[CUSAX_ROUTE_CHOICE] = "choice",       [CUSAX_ROUTE_SOURCE] = "source",
		[CUSAX_ROUTE_OTHER] = "other",
	};

	g_assert_cmpstr(cusax_route_reason_text(rank), !=, "");
	return words[rank];
}

static guint fill_accounts(const Account *given, guint max, CusaxRouteAccount *accounts)
{
	guint n = 0;

	for (; n < max && given[n].id; n++) {
		guint what = given[n].what;

		accounts[n] = (CusaxRouteAccount){
			.id = given[n].id,
			.label = given[n].id,
			.protocol = what & CHAT ? CUSAX_PROTOCOL_XMPP : CUSAX_PROTOCOL_SIP,
			.chat = what & PAIRED      ? "chat"
				: what & ELSEWHERE ? "work"
						   : NULL,
			.online = !(what & OFFLINE),
			.tls = !(what & NO_TLS),
			.features = (what & NO_AUDIO ? 0 : A) | (what & VIDEO ? AV : 0),
			.plan = plan_france,
			.rules = rules,
		};
		if (what & OTHER_DOMAIN)
			accounts[n].plan.domain = what & NO_TLS ? NULL : "other.test";
	}
	return n;
}

static void test_row(gconstpointer data)
{
	const Row *row = data;
	CusaxRouteAccount accounts[G_N_ELEMENTS(row->accounts)];
	guint n = fill_accounts(row->accounts, G_N_ELEMENTS(row->accounts), accounts);
	g_autoptr(GPtrArray) phones = entries_from_text(row->phones, &plan_france);
	const CusaxRouteIntent intent = {
		.account = row->account,
		.uri = row->uri,
		.media = row->media ? row->media : A,
		.chat_account = row->typed ? NULL : "chat",
		.chat_address = row->typed ? NULL : "bob@xmpp.test",
		.phones = phones,
		.secret = secret,
		.secret_length = sizeof secret,
	};
	g_autoptr(GPtrArray) routes = cusax_route_list(&intent, accounts, n);
	g_autoptr(GString) got = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	const CusaxRoute *taken = cusax_route_choose(routes, &intent, accounts, n, &error);
	g_autofree char *taken_text = NULL;
	guint preferred = 0;

	for (guint i = 0; i < routes->len; i++) {
		const CusaxRoute *route = g_ptr_array_index(routes, i);

		g_string_append_printf(got, "%s%s %s %s", i ? ";" : "", route->account, route->uri,
				       rank_word(route->rank));
		preferred += route->preferred;
		g_assert_cmpstr(route->reason, !=, "");
		g_assert_null(route->confirm);
	}
	g_assert_cmpstr(got->str, ==, row->expected);
	g_assert_cmpuint(preferred, <=, 1);
	taken_text = taken ? g_strdup_printf("%s %s", taken->account, taken->uri) : NULL;
	g_assert_cmpstr(taken_text, ==, row->taken);
	if (row->taken)
		g_assert_no_error(error);
	else
		g_assert_error(error, CUSAX_ERROR, row->error);
}

typedef struct {
	const char *name;
	const char *uri;         /* dialled */
	const char *confirm_for; /* the address that the token was given for; NULL: no token */
	const char *account_for; /* the account it was given for */
	gboolean ask;
	gboolean taken;
} ConfirmRow;

/* clang-format off */
static const ConfirmRow confirm_rows[] = {
	{ "C86: a call that may cost is asked about", "+33123456789", NULL, NULL, TRUE, FALSE },
	{ "C86: the token of the route says yes", "+33123456789", "sip:+33123456789@sip.test;user=phone", "tel", TRUE, TRUE },
	{ "C90: the token of another number says nothing", "+33899123456", "sip:+33123456789@sip.test;user=phone", "tel", TRUE, FALSE },
	{ "C90: the token of another account says nothing", "+33123456789", "sip:+33123456789@sip.test;user=phone", "two", TRUE, FALSE },
	{ "C86: a token cut short says nothing", "+33123456789", "", "", TRUE, FALSE },
	{ "C86: without the policy nothing is asked", "+33123456789", NULL, NULL, FALSE, TRUE },
	{ "C85: another domain is asked about", "sip:bob@other.test", NULL, NULL, TRUE, FALSE },
	{ "C85: the own domain is not", BOB, NULL, NULL, TRUE, TRUE },
	{ "T17: an emergency number is never asked about", "112", NULL, NULL, TRUE, TRUE },
	{ "C87: a free number is not asked about", "01 99 12 34 56", NULL, NULL, TRUE, TRUE },
};
/* clang-format on */

static void test_confirm(gconstpointer data)
{
	const ConfirmRow *row = data;
	static const Account given[] = { { "tel", PAIRED } };
	CusaxRouteAccount account;
	g_autofree char *token = row->confirm_for
					 ? cusax_route_token(row->confirm_for, row->account_for,
							     secret, sizeof secret)
					 : NULL;
	CusaxRouteIntent intent = {
		.uri = row->uri,
		.media = A,
		.confirm_charges = row->ask,
		.confirm = token,
		.secret = secret,
		.secret_length = sizeof secret,
	};
	g_autoptr(GPtrArray) routes = NULL;
	g_autoptr(GError) error = NULL;
	const CusaxRoute *taken;

	fill_accounts(given, 1, &account);
	if (token && !*row->confirm_for)
		token[10] = '\0';
	routes = cusax_route_list(&intent, &account, 1);
	taken = cusax_route_choose(routes, &intent, &account, 1, &error);
	g_assert_cmpint(taken != NULL, ==, row->taken);
	if (!taken)
		g_assert_error(error, CUSAX_ERROR, CUSAX_ERROR_CONFIRMATION_NEEDED);
}

/* R4: the number is swapped between the listing and the call. */
static void test_swapped(void)
{
	static const Account given[] = { { "tel", PAIRED } };
	CusaxRouteAccount account;
	CusaxRouteIntent intent = { .media = A,
				    .chat_account = "chat",
				    .confirm_charges = TRUE,
				    .secret = secret,
				    .secret_length = sizeof secret };

	fill_accounts(given, 1, &account);
	for (guint i = 0; i < 50; i++) {
		g_autofree char *honest = g_strdup_printf("+331234567%02u", i);
		g_autofree char *premium = g_strdup_printf("+338991234%02u", i);
		g_autoptr(GPtrArray) before = entries_from_text(honest, &plan_france);
		g_autoptr(GPtrArray) after = entries_from_text(premium, &plan_france);
		g_autoptr(GPtrArray) listed = NULL, now = NULL;
		g_autoptr(GError) error = NULL;
		const CusaxRoute *seen;

		intent.phones = before;
		listed = cusax_route_list(&intent, &account, 1);
		seen = g_ptr_array_index(listed, 0);
		g_assert_cmpstr(cusax_charges_reason_word(seen->charges_reason), ==,
				"telephone-number");
		intent.phones = after;
		intent.confirm = seen->confirm;
		now = cusax_route_list(&intent, &account, 1);
		g_assert_null(cusax_route_choose(now, &intent, &account, 1, &error));
		g_assert_error(error, CUSAX_ERROR, CUSAX_ERROR_CONFIRMATION_NEEDED);
		intent.confirm = NULL;
	}
}

/* Whose token: two secrets, two addresses, two accounts; no two alike, none shows the secret. */
static void test_token(void)
{
	static const guint8 other[16] = "fedcba987654321";
	g_autofree char *one = cusax_route_token("sip:a@b", "c", secret, sizeof secret);
	g_autofree char *again = cusax_route_token("sip:a@b", "c", secret, sizeof secret);
	g_autofree char *two = cusax_route_token("sip:a@b", "c", other, sizeof other);

	g_assert_cmpuint(strlen(one), ==, 64);
	g_assert_cmpstr(one, ==, again);
	g_assert_cmpstr(one, !=, two);
	cusax_route_free(NULL);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD_ROWS("/policy/charges", charge_rows, test_charges);
	g_test_add_func("/policy/charges/a pattern made to be slow is not", test_slow_pattern);
	ADD_ROWS("/policy/route", rows, test_row);
	ADD_ROWS("/policy/route", confirm_rows, test_confirm);
	g_test_add_func("/policy/route/C90: a number swapped after the listing is asked about",
			test_swapped);
	g_test_add_func("/policy/route/C86: a token belongs to address, account and secret",
			test_token);
	return g_test_run();
}
