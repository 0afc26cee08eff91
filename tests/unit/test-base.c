/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Words of all enumerations, names of all errors, and the life of facts. */
/* Test program. */
#include "daemon/base/error.h"
#include "daemon/base/facts.h"
#include "daemon/base/log.h"
#include "daemon/base/types.h"
#include "tests/unit/rows.h"

/* The words that dbus-api promises, in the order of their values. */
typedef struct {
	const char *name;
	GType (*type)(void);
	const char *words;
} WordRow;

/* clang-format off */
static const WordRow word_rows[] = {
	{ "protocol", cusax_protocol_get_type, "xmpp sip" },
	{ "account state", cusax_account_state_get_type, "offline connecting online waiting failed needs-secret" },
	{ "service state", cusax_service_state_get_type, "offline connecting partial online" },
	{ "connect policy", cusax_connect_policy_get_type, "independent telephony-first both-required" },
	{ "availability", cusax_availability_get_type, "offline online away xa dnd" },
	{ "subscription", cusax_subscription_get_type, "none to from both" },
	{ "direction", cusax_direction_get_type, "in out" },
	{ "call direction", cusax_call_direction_get_type, "incoming outgoing" },
	{ "call state", cusax_call_state_get_type, "dialing ringing incoming active ended" },
	{ "end reason", cusax_end_reason_get_type, " local-hangup remote-hangup declined busy no-answer unreachable not-found forbidden refused-by-policy failed answered-elsewhere cancelled" },
	{ "identity", cusax_identity_get_type, "unknown claimed contradicted verified" },
	{ "encryption", cusax_encryption_get_type, "none sdes-srtp dtls-srtp" },
	{ "srtp policy", cusax_srtp_policy_get_type, "off prefer require" },
	{ "charges", cusax_charges_get_type, "none possible expected unknown" },
	{ "source", cusax_source_get_type, " vcard vcard4 reachability address-book directory typed call-info" },
	{ "delivery", cusax_delivery_get_type, "queued sent server delivered displayed failed" },
	{ "chat state", cusax_chat_state_get_type, "none active composing paused inactive gone" },
};
/* clang-format on */

static void test_word(gconstpointer data)
{
	const WordRow *row = data;
	g_auto(GStrv) words = g_strsplit(row->words, " ", -1);
	g_autoptr(GEnumClass) klass = g_type_class_ref(row->type());
	int value = -7;

	g_assert_cmpuint(klass->n_values, ==, g_strv_length(words));
	for (guint i = 0; words[i]; i++) {
		g_assert_cmpstr(cusax_word(row->type(), i), ==, words[i]);
		g_assert_true(cusax_word_parse(row->type(), words[i], &value));
		g_assert_cmpint(value, ==, i);
	}
	value = -7;
	g_assert_false(cusax_word_parse(row->type(), "nonsense", &value));
	g_assert_false(cusax_word_parse(row->type(), NULL, &value));
	g_assert_cmpint(value, ==, -7);
	g_assert_cmpstr(cusax_word(row->type(), 4711), ==, "unknown");
}

static void test_features(void)
{
	static const char *const given[] = { "presence", "audio", "audio", NULL };
	static const char *const wrong[] = { "audio", "smell", NULL };
	CusaxFeatures features = 99;
	const char *bad = NULL;
	g_auto(GStrv) words = NULL, all = NULL, none = cusax_features_to_words(0);
	g_autofree char *joined = NULL;

	g_assert_true(cusax_features_from_words(given, &features, &bad));
	g_assert_cmpint(features, ==, CUSAX_FEATURE_AUDIO | CUSAX_FEATURE_PRESENCE);
	words = cusax_features_to_words(features);
	g_assert_cmpstr(words[0], ==, "audio");
	g_assert_cmpstr(words[1], ==, "presence");
	g_assert_null(words[2]);
	g_assert_null(none[0]);
	all = cusax_features_to_words(15);
	joined = g_strjoinv(" ", all);
	g_assert_cmpstr(joined, ==, "audio video messaging presence");
	g_assert_false(cusax_features_from_words(wrong, &features, &bad));
	g_assert_cmpstr(bad, ==, "smell");
	g_assert_true(cusax_features_from_words(NULL, &features, &bad));
	g_assert_cmpint(features, ==, 0);
}

/* The names are part of the API: spelt out here so that a change is seen. */
static void test_error_names(void)
{
	static const char *const names[] = {
		"Failed",
		"InvalidArgument",
		"NotFound",
		"WrongState",
		"NotConnected",
		"NotRegistered",
		"FeatureDisabled",
		"AccountChoiceNeeded",
		"ConfirmationNeeded",
		"NoRoute",
		"AuthenticationFailed",
		"Untrusted",
		"SecurityRequired",
		"SecretUnavailable",
		"Locked",
		"Refused",
		"Busy",
		"Timeout",
		"Cancelled",
		"LimitExceeded",
		"Unsupported",
	};
	CusaxError code = CUSAX_ERROR_BUSY;

	g_assert_cmpuint(G_N_ELEMENTS(names), ==, CUSAX_N_ERRORS);
	for (guint i = 0; i < CUSAX_N_ERRORS; i++) {
		g_assert_cmpstr(cusax_error_name(i), ==, names[i]);
		g_assert_true(cusax_error_parse_name(names[i], &code));
		g_assert_cmpint(code, ==, i);
	}
	code = CUSAX_ERROR_BUSY;
	g_assert_false(cusax_error_parse_name("busy", &code));
	g_assert_false(cusax_error_parse_name(NULL, &code));
	g_assert_cmpint(code, ==, CUSAX_ERROR_BUSY);
}

static void test_error_codes(void)
{
	g_autoptr(GError) ours = g_error_new(CUSAX_ERROR, CUSAX_ERROR_BUSY, "x");
	g_autoptr(GError) foreign = g_error_new(G_MARKUP_ERROR, G_MARKUP_ERROR_PARSE, "x");

	g_assert_cmpint(cusax_error_code(ours), ==, CUSAX_ERROR_BUSY);
	g_assert_cmpint(cusax_error_code(foreign), ==, CUSAX_ERROR_FAILED);
	g_assert_cmpint(cusax_error_code(NULL), ==, CUSAX_ERROR_FAILED);
}

static void test_facts(void)
{
	static const char *const types[] = { "voice", NULL };
	g_autoptr(CusaxSecurity) security = cusax_security_new();
	g_autoptr(CusaxSecurity) copy = NULL;
	g_autoptr(CusaxPhone) phone = cusax_phone_new("sip:a@b", types, CUSAX_SOURCE_VCARD);
	g_autoptr(CusaxPhone) untyped = cusax_phone_new("sip:a@b", NULL, CUSAX_SOURCE_TYPED);
	g_autoptr(CusaxPhone) phone_copy = NULL;

	security->tls_version = g_strdup("TLSv1.3");
	security->tls_verified = TRUE;
	security->weak = g_strdupv((GStrv)types);
	copy = cusax_security_copy(security);
	g_assert_cmpstr(copy->tls_version, ==, "TLSv1.3");
	g_assert_true(copy->tls_verified);
	g_assert_cmpstr(copy->weak[0], ==, "voice");
	g_assert_true(copy->weak[0] != security->weak[0]);
	g_assert_null(cusax_security_copy(NULL));
	phone->preference = 3;
	phone_copy = cusax_phone_copy(phone);
	g_assert_cmpstr(phone_copy->uri, ==, "sip:a@b");
	g_assert_cmpstr(phone_copy->types[0], ==, "voice");
	g_assert_cmpuint(phone_copy->preference, ==, 3);
	g_assert_nonnull(untyped->types);
	cusax_security_free(NULL);
	cusax_phone_free(NULL);
}

static void test_ids(void)
{
	guint64 first = cusax_id_next();

	g_assert_cmpuint(first, !=, 0);
	g_assert_cmpuint(cusax_id_next(), >, first);
}

typedef struct {
	const char *name;
	const char *address;
	const char *shown;
} LogRow;

static const LogRow log_rows[] = {
	{ "a JID", "alice@xmpp.test", "a…@xmpp.test" },
	{ "a SIP URI", "sip:alice@sip.test", "sip:a…@sip.test" },
	{ "a letter of two bytes is not cut", "ärger@xmpp.test", "ä…@xmpp.test" },
	{ "a colon after the @", "alice@[::1]", "a…@[::1]" },
	{ "a number", "+33123456734", "+33…34" },
	{ "a short number", "112", "…" },
	{ "nothing", NULL, "-" },
	{ "empty", "", "-" },
};

static void test_log_address(gconstpointer data)
{
	const LogRow *row = data;
	g_autofree char *shown = cusax_log_address(row->address);

	g_assert_cmpstr(shown, ==, row->shown);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD_ROWS("/base/words", word_rows, test_word);
	g_test_add_func("/base/words/features are a set", test_features);
	g_test_add_func("/base/error/every code has its name", test_error_names);
	g_test_add_func("/base/error/foreign errors are failures", test_error_codes);
	g_test_add_func("/base/facts/copies are deep", test_facts);
	g_test_add_func("/base/facts/ids rise", test_ids);
	ADD_ROWS("/base/log/addresses are shortened", log_rows, test_log_address);
	return g_test_run();
}
