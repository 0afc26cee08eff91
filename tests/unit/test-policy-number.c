/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every way to write an address, and the one key it has or has not. */
/* Test program. */
#include <string.h>

#include "tests/unit/policy-support.h"
#include "tests/unit/rows.h"

typedef struct {
	const char *name;
	const char *address;
	const CusaxDialPlan *plan;
	CusaxNumberReason reason;
	const char *key;  /* NULL: none */
	const char *dial; /* NULL: cannot be dialled */
} Row;

/* clang-format off */
static const Row rows[] = {
	/* SIP addresses. */
	{ "C34: a SIP address is its own key", "sip:bob@sip.test", &plan_france,
	  CUSAX_NUMBER_SIP_ADDRESS, "sip:bob@sip.test", "sip:bob@sip.test" },
	{ "C34: sips names the same person as sip", "sips:bob@sip.test", &plan_france,
	  CUSAX_NUMBER_SIP_ADDRESS, "sip:bob@sip.test", "sips:bob@sip.test" },
	{ "C67: host is compared without case, user with", "SIP:Bob@SIP.Test.", &plan_france,
	  CUSAX_NUMBER_SIP_ADDRESS, "sip:Bob@sip.test", "sip:Bob@sip.test" },
	{ "C67: port and parameters play no part", "sip:bob@sip.test:5061;transport=TLS;lr", &plan_france,
	  CUSAX_NUMBER_SIP_ADDRESS, "sip:bob@sip.test", "sip:bob@sip.test:5061;transport=tls" },
	{ "C67: escapes are normalised", "sip:b%6fb%2Bx@sip.test", &plan_france,
	  CUSAX_NUMBER_SIP_ADDRESS, "sip:bob+x@sip.test", "sip:bob+x@sip.test" },
	{ "C67: an escaped separator stays one", "sip:bob%40evil.test@sip.test", &plan_france,
	  CUSAX_NUMBER_SIP_ADDRESS, "sip:bob%40evil.test@sip.test", "sip:bob%40evil.test@sip.test" },
	{ "C67: password and headers are left out", "sip:bob:secret@sip.test?Subject=hi&Call-Info=x", NULL,
	  CUSAX_NUMBER_SIP_ADDRESS, "sip:bob@sip.test", "sip:bob@sip.test" },
	{ "C35: a JID is no SIP address", "bob@sip.test", &plan_france,
	  CUSAX_NUMBER_NOT_ADDRESS, NULL, NULL },
	{ "C35: an xmpp URI is no SIP address", "xmpp:bob@sip.test", &plan_france,
	  CUSAX_NUMBER_NOT_ADDRESS, NULL, NULL },
	{ "a SIP address without user names nobody", "sip:sip.test", &plan_france,
	  CUSAX_NUMBER_NOT_ADDRESS, NULL, NULL },

	/* International numbers. */
	{ "C34: tel in international form", "tel:+33123456789", NULL,
	  CUSAX_NUMBER_GLOBAL, "tel:+33123456789", NULL },
	{ "C34: tel with visual separators", "tel:+33-1.23(45)67-89", &plan_france,
	  CUSAX_NUMBER_GLOBAL, "tel:+33123456789", "sip:+33123456789@sip.test;user=phone" },
	{ "C34: tel with spaces as cards have them", "tel:+33 1 23 45 67 89", &plan_france,
	  CUSAX_NUMBER_GLOBAL, "tel:+33123456789", "sip:+33123456789@sip.test;user=phone" },
	{ "C34: bare international number", "+33123456789", NULL,
	  CUSAX_NUMBER_GLOBAL, "tel:+33123456789", NULL },
	{ "C34: every separator people use", " +33 (1) 23-45.67/89\n", &plan_france,
	  CUSAX_NUMBER_GLOBAL, "tel:+33123456789", "sip:+33123456789@sip.test;user=phone" },
	{ "C34: typographic spaces and dashes", "+33\xc2\xa0""1\xe2\x80\xaf""23\xe2\x80\x93""45\xe2\x88\x92""6789", &plan_france,
	  CUSAX_NUMBER_GLOBAL, "tel:+33123456789", "sip:+33123456789@sip.test;user=phone" },
	{ "C67: trunk zero in brackets, own country", "+33 (0)1 23 45 67 89", &plan_france,
	  CUSAX_NUMBER_GLOBAL, "tel:+33123456789", "sip:+33123456789@sip.test;user=phone" },
	{ "C67: trunk zero in brackets, other country, is not guessed", "+44 (0)20 7946 0123", &plan_france,
	  CUSAX_NUMBER_AMBIGUOUS, NULL, "sip:+442079460123@sip.test" },
	{ "C67: trunk zero in brackets, no plan, is not guessed", "+33 (0)1 23 45 67 89", NULL,
	  CUSAX_NUMBER_AMBIGUOUS, NULL, NULL },
	{ "C67: trunk zero in brackets in the wrong place", "+331 (0)23 45 67 89", &plan_france,
	  CUSAX_NUMBER_AMBIGUOUS, NULL, "sip:+33123456789@sip.test" },
	{ "C67: trunk zero in brackets without country", "33 (0)1 23 45 67 89", &plan_france,
	  CUSAX_NUMBER_AMBIGUOUS, NULL, "sip:33123456789@sip.test" },
	{ "C67: trunk zero after the country code is nobody's", "+330123456789", &plan_france,
	  CUSAX_NUMBER_AMBIGUOUS, NULL, "sip:+330123456789@sip.test" },
	{ "C67: Italy keeps its zero", "+390612345678", &plan_france,
	  CUSAX_NUMBER_GLOBAL, "tel:+390612345678", "sip:+390612345678@sip.test;user=phone" },
	{ "C67: E.164 has at least 7 digits", "+331234", &plan_france,
	  CUSAX_NUMBER_BAD_LENGTH, NULL, "sip:+331234@sip.test" },
	{ "C67: E.164 has at most 15 digits", "+3312345678901234", &plan_france,
	  CUSAX_NUMBER_BAD_LENGTH, NULL, "sip:+3312345678901234@sip.test" },
	{ "C67: 15 digits are allowed", "+331234567890123", &plan_france,
	  CUSAX_NUMBER_GLOBAL, "tel:+331234567890123", "sip:+331234567890123@sip.test;user=phone" },
	{ "C67: no country code starts with 0", "+0123456789", &plan_nowhere,
	  CUSAX_NUMBER_BAD_LENGTH, NULL, "sip:+0123456789@sip.test" },
	{ "international prefix of the plan", "0033123456789", &plan_france,
	  CUSAX_NUMBER_INTERNATIONAL_PREFIX, "tel:+33123456789", "sip:+33123456789@sip.test;user=phone" },
	{ "international prefix of another plan", "011 33 123456789", &plan_us,
	  CUSAX_NUMBER_INTERNATIONAL_PREFIX, "tel:+33123456789", "sip:+33123456789@sip.test;user=phone" },
	{ "international prefix before too little", "0012", &plan_france,
	  CUSAX_NUMBER_OF_DOMAIN, "sip:0012@sip.test", "sip:0012@sip.test" },

	/* National numbers. */
	{ "C67: national number of the default country", "01 23 45 67 89", &plan_france,
	  CUSAX_NUMBER_NATIONAL, "tel:+33123456789", "sip:+33123456789@sip.test;user=phone" },
	{ "national number in a tel URI", "tel:0123456789", &plan_france,
	  CUSAX_NUMBER_NATIONAL, "tel:+33123456789", "sip:+33123456789@sip.test;user=phone" },
	{ "C67: without a country nothing is completed", "0123456789", NULL,
	  CUSAX_NUMBER_LOCAL_ONLY, NULL, NULL },
	{ "a malformed country is none", "0123456789", &(const CusaxDialPlan){ "33", "0", NULL, NULL },
	  CUSAX_NUMBER_LOCAL_ONLY, NULL, NULL },
	{ "an empty country is none", "0123456789", &(const CusaxDialPlan){ "+", "0", NULL, NULL },
	  CUSAX_NUMBER_LOCAL_ONLY, NULL, NULL },
	{ "without its prefix a number is local", "123456789", &plan_france,
	  CUSAX_NUMBER_OF_DOMAIN, "sip:123456789@sip.test", "sip:123456789@sip.test" },
	{ "a number too short to be national is local", "01234", &plan_france,
	  CUSAX_NUMBER_OF_DOMAIN, "sip:01234@sip.test", "sip:01234@sip.test" },
	{ "a second zero is no national number", "0012345678901234", &(const CusaxDialPlan){ "+33", "0", NULL, "sip.test" },
	  CUSAX_NUMBER_OF_DOMAIN, "sip:0012345678901234@sip.test", "sip:0012345678901234@sip.test" },
	{ "a country in letters completes nothing", "0123456789", &(const CusaxDialPlan){ "+3x", "0", NULL, NULL },
	  CUSAX_NUMBER_BAD_LENGTH, NULL, NULL },
	{ "an em dash is no separator", "+33123\xe2\x80\x94""456789", &plan_france,
	  CUSAX_NUMBER_NOT_ADDRESS, NULL, NULL },
	{ "a national number can be too long", "0123456789012345", &plan_france,
	  CUSAX_NUMBER_BAD_LENGTH, NULL, "sip:0123456789012345@sip.test" },
	{ "a country without prefix", "612 34 56 78", &plan_spain,
	  CUSAX_NUMBER_NATIONAL, "tel:+34612345678", "sip:+34612345678@sip.test;user=phone" },
	{ "a country with an empty prefix", "612345678", &(const CusaxDialPlan){ "+34", "", "", NULL },
	  CUSAX_NUMBER_NATIONAL, "tel:+34612345678", NULL },
	{ "a country without prefix: short is local", "1004", &plan_spain,
	  CUSAX_NUMBER_OF_DOMAIN, "sip:1004@sip.test", "sip:1004@sip.test" },
	{ "a country without prefix: its own code is not guessed", "34 612 34 56 78", &plan_spain,
	  CUSAX_NUMBER_AMBIGUOUS, NULL, "sip:34612345678@sip.test" },
	{ "a country without prefix: short after its code is national", "34 12345", &plan_spain,
	  CUSAX_NUMBER_NATIONAL, "tel:+343412345", "sip:+343412345@sip.test;user=phone" },
	{ "North America: ten digits", "(212) 555-0123", &plan_us,
	  CUSAX_NUMBER_NATIONAL, "tel:+12125550123", "sip:+12125550123@sip.test;user=phone" },
	{ "North America: eleven digits", "1-212-555-0123", &plan_us,
	  CUSAX_NUMBER_NATIONAL, "tel:+12125550123", "sip:+12125550123@sip.test;user=phone" },
	{ "North America: seven digits are local", "555-0123", &plan_us,
	  CUSAX_NUMBER_OF_DOMAIN, "sip:5550123@sip.test", "sip:5550123@sip.test" },
	{ "North America: no area starts with 1", "1125550123", &plan_us,
	  CUSAX_NUMBER_OF_DOMAIN, "sip:1125550123@sip.test", "sip:1125550123@sip.test" },
	{ "North America: eleven digits without 1 are local", "22125550123", &plan_us,
	  CUSAX_NUMBER_OF_DOMAIN, "sip:22125550123@sip.test", "sip:22125550123@sip.test" },
	{ "Russia: prefix 8", "8 (495) 123-45-67", &plan_russia,
	  CUSAX_NUMBER_NATIONAL, "tel:+74951234567", "sip:+74951234567@sip.test;user=phone" },
	{ "Russia: 8 after the country code is part of the number", "+78001234567", &plan_russia,
	  CUSAX_NUMBER_GLOBAL, "tel:+78001234567", "sip:+78001234567@sip.test;user=phone" },
	{ "Russia: international prefix", "810 33 123456789", &plan_russia,
	  CUSAX_NUMBER_INTERNATIONAL_PREFIX, "tel:+33123456789", "sip:+33123456789@sip.test;user=phone" },

	/* Extensions. */
	{ "C67: an extension is part of the key", "tel:+33123456789;ext=12", &plan_france,
	  CUSAX_NUMBER_GLOBAL, "tel:+33123456789;ext=12", "sip:+33123456789;ext=12@sip.test;user=phone" },
	{ "bare extension with ;ext=", "+33123456789;ext=12", &plan_france,
	  CUSAX_NUMBER_GLOBAL, "tel:+33123456789;ext=12", "sip:+33123456789;ext=12@sip.test;user=phone" },
	{ "bare extension with x", "01 23 45 67 89 x12", &plan_france,
	  CUSAX_NUMBER_NATIONAL, "tel:+33123456789;ext=12", "sip:+33123456789;ext=12@sip.test;user=phone" },
	{ "bare extension with Ext.", "01 23 45 67 89 Ext. 12", &plan_france,
	  CUSAX_NUMBER_NATIONAL, "tel:+33123456789;ext=12", "sip:+33123456789;ext=12@sip.test;user=phone" },
	{ "bare extension with ext", "0123456789ext12", &plan_france,
	  CUSAX_NUMBER_NATIONAL, "tel:+33123456789;ext=12", "sip:+33123456789;ext=12@sip.test;user=phone" },
	{ "a local number with extension has no key", "4711x12", &plan_france,
	  CUSAX_NUMBER_LOCAL_ONLY, NULL, "sip:4711@sip.test" },
	{ "an extension of eleven digits is no extension", "+33123456789x12345678901", &plan_france,
	  CUSAX_NUMBER_NOT_ADDRESS, NULL, NULL },
	{ "a tel extension of eleven digits is refused", "tel:+33123456789;ext=12345678901", &plan_france,
	  CUSAX_NUMBER_NOT_ADDRESS, NULL, NULL },
	{ "an extension without digits is no extension", "+33123456789x", &plan_france,
	  CUSAX_NUMBER_NOT_ADDRESS, NULL, NULL },
	{ "text after an extension is refused", "+33123456789x12 home", &plan_france,
	  CUSAX_NUMBER_NOT_ADDRESS, NULL, NULL },

	/* Local numbers and contexts. */
	{ "C34: a local number is an address of the own domain", "4711", &plan_france,
	  CUSAX_NUMBER_OF_DOMAIN, "sip:4711@sip.test", "sip:4711@sip.test" },
	{ "a local number without domain matches nothing", "4711", NULL,
	  CUSAX_NUMBER_LOCAL_ONLY, NULL, NULL },
	{ "a local number and an empty domain", "4711", &(const CusaxDialPlan){ "+33", "0", "00", "" },
	  CUSAX_NUMBER_LOCAL_ONLY, NULL, NULL },
	{ "service codes can be dialled", "*21#", &plan_france,
	  CUSAX_NUMBER_OF_DOMAIN, "sip:*21%23@sip.test", "sip:*21%23@sip.test" },
	{ "a service code has no plus", "+*21#", &plan_france,
	  CUSAX_NUMBER_NOT_ADDRESS, NULL, NULL },
	{ "C67: a context makes a local number unique", "tel:7042;phone-context=PBX.test", &plan_france,
	  CUSAX_NUMBER_IN_CONTEXT, "tel:7042;phone-context=pbx.test", "sip:7042;phone-context=pbx.test@sip.test;user=phone" },
	{ "C67: a numeric context is no prefix", "tel:123456789;phone-context=+33", &plan_france,
	  CUSAX_NUMBER_IN_CONTEXT, "tel:123456789;phone-context=+33", "sip:123456789;phone-context=+33@sip.test;user=phone" },
	{ "a global number needs no context", "tel:+33123456789;phone-context=evil.test", &plan_france,
	  CUSAX_NUMBER_GLOBAL, "tel:+33123456789", "sip:+33123456789@sip.test;user=phone" },
	{ "hexadecimal tel digits need a context", "tel:abc123", &plan_france,
	  CUSAX_NUMBER_NOT_ADDRESS, NULL, NULL },

	/* Numbers inside SIP URIs. */
	{ "C67: user=phone at the own domain", "sip:+33123456789@sip.test;user=phone", &plan_france,
	  CUSAX_NUMBER_GLOBAL, "tel:+33123456789", "sip:+33123456789@sip.test;user=phone" },
	{ "C67: a number at the own domain, host in capitals", "sip:+33123456789@SIP.TEST", &plan_france,
	  CUSAX_NUMBER_GLOBAL, "tel:+33123456789", "sip:+33123456789@sip.test" },
	{ "C67: a national number at the own domain", "sip:0123456789@sip.test", &plan_france,
	  CUSAX_NUMBER_NATIONAL, "tel:+33123456789", "sip:0123456789@sip.test" },
	{ "C67: separators inside user=phone", "sip:+33-1-23-45-67-89@sip.test;user=phone", &plan_france,
	  CUSAX_NUMBER_GLOBAL, "tel:+33123456789", "sip:+33-1-23-45-67-89@sip.test;user=phone" },
	{ "C67: extension inside user=phone", "sip:+33123456789;ext=12@sip.test;user=phone", &plan_france,
	  CUSAX_NUMBER_GLOBAL, "tel:+33123456789;ext=12", "sip:+33123456789;ext=12@sip.test;user=phone" },
	{ "C67: extension at the own domain", "sip:+33123456789;ext=12@sip.test", &plan_france,
	  CUSAX_NUMBER_GLOBAL, "tel:+33123456789;ext=12", "sip:+33123456789%3Bext=12@sip.test" },
	{ "a local user at the own domain", "sip:4711@sip.test", &plan_france,
	  CUSAX_NUMBER_OF_DOMAIN, "sip:4711@sip.test", "sip:4711@sip.test" },
	{ "C67: user=phone of another domain, international", "sip:+33123456789@gw.test;user=phone", &plan_france,
	  CUSAX_NUMBER_GLOBAL, "tel:+33123456789", "sip:+33123456789@gw.test;user=phone" },
	{ "C67: user=phone of another domain is not read by our plan", "sip:0123456789@gw.test;user=phone", &plan_france,
	  CUSAX_NUMBER_SIP_ADDRESS, "sip:0123456789@gw.test", "sip:0123456789@gw.test;user=phone" },
	{ "C67: a number of another domain is that address only", "sip:+33123456789@evil.test", &plan_france,
	  CUSAX_NUMBER_SIP_ADDRESS, "sip:+33123456789@evil.test", "sip:+33123456789@evil.test" },
	{ "C67: a domain that ends like ours is another", "sip:+33123456789@evil-sip.test", &plan_france,
	  CUSAX_NUMBER_SIP_ADDRESS, "sip:+33123456789@evil-sip.test", "sip:+33123456789@evil-sip.test" },
	{ "C67: a sub-domain of ours is another", "sip:+33123456789@sip.test.evil.test", &plan_france,
	  CUSAX_NUMBER_SIP_ADDRESS, "sip:+33123456789@sip.test.evil.test", "sip:+33123456789@sip.test.evil.test" },
	{ "user=phone with a context", "sip:7042;phone-context=pbx.test@sip.test;user=phone", &plan_france,
	  CUSAX_NUMBER_OF_DOMAIN, "sip:7042;phone-context=pbx.test@sip.test", "sip:7042;phone-context=pbx.test@sip.test;user=phone" },
	{ "user=phone with a name", "sip:bob@sip.test;user=phone", &plan_france,
	  CUSAX_NUMBER_SIP_ADDRESS, "sip:bob@sip.test", "sip:bob@sip.test;user=phone" },
	{ "user=phone without a plan", "sip:+33123456789@sip.test;user=phone", NULL,
	  CUSAX_NUMBER_GLOBAL, "tel:+33123456789", "sip:+33123456789@sip.test;user=phone" },

	/* Hostile and hopeless. */
	{ "nothing", NULL, &plan_france, CUSAX_NUMBER_NOT_ADDRESS, NULL, NULL },
	{ "empty", "", &plan_france, CUSAX_NUMBER_NOT_ADDRESS, NULL, NULL },
	{ "white space", " \t\r\n ", &plan_france, CUSAX_NUMBER_NOT_ADDRESS, NULL, NULL },
	{ "only a plus", "+", &plan_france, CUSAX_NUMBER_NOT_ADDRESS, NULL, NULL },
	{ "only separators", "()-. /", &plan_france, CUSAX_NUMBER_NOT_ADDRESS, NULL, NULL },
	{ "letters are not translated", "1-800-FLOWERS", &plan_us, CUSAX_NUMBER_NOT_ADDRESS, NULL, NULL },
	{ "pauses are refused", "0123456789,,12", &plan_france, CUSAX_NUMBER_NOT_ADDRESS, NULL, NULL },
	{ "a second plus is refused", "+33+123456789", &plan_france, CUSAX_NUMBER_NOT_ADDRESS, NULL, NULL },
	{ "a second trunk zero is read as a digit", "+33(0)1(0)23456789", &plan_france,
	  CUSAX_NUMBER_GLOBAL, "tel:+331023456789", "sip:+331023456789@sip.test;user=phone" },
	{ "digits of other scripts are refused", "+33\xd9\xa1\xd9\xa2\xd9\xa3\xd9\xa4\xd9\xa5\xd9\xa6\xd9\xa7", &plan_france,
	  CUSAX_NUMBER_NOT_ADDRESS, NULL, NULL },
	{ "a zero-width space is refused", "+331\xe2\x80\x8b""23456789", &plan_france,
	  CUSAX_NUMBER_NOT_ADDRESS, NULL, NULL },
	{ "invalid UTF-8 is refused", "+33\xff""123456789", &plan_france, CUSAX_NUMBER_NOT_ADDRESS, NULL, NULL },
	{ "line breaks inside are refused", "+33123\r\n456789", &plan_france, CUSAX_NUMBER_NOT_ADDRESS, NULL, NULL },
	{ "a malformed URI is refused", "sip:bob@", &plan_france, CUSAX_NUMBER_NOT_ADDRESS, NULL, NULL },
	{ "an address in brackets is refused", "<sip:bob@sip.test>", &plan_france, CUSAX_NUMBER_NOT_ADDRESS, NULL, NULL },
	{ "65 digits are refused", "11111111111111111111111111111111111111111111111111111111111111111", &plan_france,
	  CUSAX_NUMBER_NOT_ADDRESS, NULL, NULL },
};
/* clang-format on */

static void test_row(gconstpointer data)
{
	const Row *row = data;
	g_auto(CusaxNumber) number = cusax_number_read(row->address, row->plan);
	g_autofree char *key = cusax_number_key(row->address, row->plan);
	g_autofree char *dial = cusax_number_dial(row->address, row->plan);

	g_assert_cmpstr(number.key, ==, row->key);
	g_assert_cmpint(number.reason, ==, row->reason);
	g_assert_cmpstr(key, ==, row->key);
	g_assert_cmpstr(dial, ==, row->dial);
	g_assert_cmpstr(cusax_number_reason_text(number.reason), !=, "");
	if (number.e164)
		g_assert_true(g_str_has_prefix(number.key, "tel:+"));
}

/* A number read, dialled and read again is the same number: what is called is what was matched. */
static void test_round_trip(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *dial = cusax_number_dial(rows[i].address, &plan_france);
		g_autofree char *key = cusax_number_key(rows[i].address, &plan_france);
		g_autofree char *again = dial ? cusax_number_key(dial, &plan_france) : NULL;

		/* A context is kept in the address of the domain that is asked to resolve it. */
		if (dial && key && !strstr(key, "phone-context"))
			g_assert_cmpstr(again, ==, key);
	}
}

static void test_too_long(void)
{
	g_autofree char *spaces = g_strnfill(4000, ' ');
	g_autofree char *text = g_strconcat("+", spaces, "33123456789", NULL);

	g_assert_null(cusax_number_key(text, &plan_france));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD_ROWS("/policy/number", rows, test_row);
	g_test_add_func("/policy/number/what is dialled has the key that was matched",
			test_round_trip);
	g_test_add_func("/policy/number/a number of 4000 characters is refused", test_too_long);
	return g_test_run();
}
