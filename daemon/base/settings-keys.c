/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tables of setting keys: name, type, default, validator. */
/* Usable from any thread. */
#include "daemon/base/settings.h"

#include <string.h>

/* A setting travels into log lines, SIP headers and XML: control characters have no place in it. */
static gboolean is_plain(GVariant *value, const char **ret_why)
{
	const char *text = g_variant_get_string(value, NULL);

	if (strlen(text) > 1024) {
		*ret_why = "is longer than 1024 bytes";
		return FALSE;
	}
	for (; *text; text++) {
		if (g_ascii_iscntrl(*text)) {
			*ret_why = "has a control character";
			return FALSE;
		}
	}
	return TRUE;
}

static gboolean is_port(GVariant *value, const char **ret_why)
{
	*ret_why = "must be a port from 1 to 65535";
	return g_variant_get_uint32(value) >= 1 && g_variant_get_uint32(value) <= 65535;
}

static gboolean is_priority(GVariant *value, const char **ret_why)
{
	*ret_why = "must be from -128 to 127"; /* RFC 6121 §4.7.2.3 */
	return g_variant_get_int32(value) >= -128 && g_variant_get_int32(value) <= 127;
}

static gboolean is_pin(GVariant *value, const char **ret_why)
{
	const char *text = g_variant_get_string(value, NULL);

	*ret_why = "must be the 64 hexadecimal digits of a SHA-256 fingerprint";
	if (strlen(text) != 64)
		return FALSE;
	for (; *text; text++) {
		if (!g_ascii_isxdigit(*text))
			return FALSE;
	}
	return TRUE;
}

static gboolean is_path(GVariant *value, const char **ret_why)
{
	*ret_why = "must be an absolute path";
	return g_variant_get_string(value, NULL)[0] == '/' && is_plain(value, ret_why);
}

static gboolean is_one_of(GVariant *value, const char *const *words)
{
	return g_strv_contains(words, g_variant_get_string(value, NULL));
}

static gboolean is_transport(GVariant *value, const char **ret_why)
{
	*ret_why = "must be udp, tcp, tls or auto";
	return is_one_of(value, (const char *const[]){ "udp", "tcp", "tls", "auto", NULL });
}

static gboolean is_media_encryption(GVariant *value, const char **ret_why)
{
	*ret_why = "must be sdes or dtls";
	return is_one_of(value, (const char *const[]){ "sdes", "dtls", NULL });
}

static gboolean is_srtp(GVariant *value, const char **ret_why)
{
	int policy;

	*ret_why = "must be off, prefer or require";
	return cusax_word_parse(CUSAX_TYPE_SRTP_POLICY, g_variant_get_string(value, NULL), &policy);
}

static gboolean is_connect_policy(GVariant *value, const char **ret_why)
{
	int policy;

	*ret_why = "must be independent, telephony-first or both-required";
	return cusax_word_parse(CUSAX_TYPE_CONNECT_POLICY, g_variant_get_string(value, NULL),
				&policy);
}

static gboolean is_features(GVariant *value, const char **ret_why)
{
	g_autofree const char **words = g_variant_get_strv(value, NULL);
	CusaxFeatures features;
	const char *bad;

	*ret_why = "may hold audio, video, messaging and presence";
	return cusax_features_from_words(words, &features, &bad);
}

static gboolean is_codecs(GVariant *value, const char **ret_why)
{
	static const char *const known[] = { "opus", "g722", "pcmu", "pcma", NULL };
	g_autofree const char **words = g_variant_get_strv(value, NULL);

	*ret_why = "may hold opus, g722, pcmu and pcma";
	for (guint i = 0; words[i]; i++) {
		if (!g_strv_contains(known, words[i]))
			return FALSE;
	}
	return TRUE;
}

static gboolean is_expires(GVariant *value, const char **ret_why)
{
	*ret_why = "must be from 30 to 86400 seconds";
	return g_variant_get_uint32(value) >= 30 && g_variant_get_uint32(value) <= 86400;
}

static gboolean is_keepalive(GVariant *value, const char **ret_why)
{
	guint32 seconds = g_variant_get_uint32(value);

	*ret_why = "must be 0, or from 2 to 3600 seconds";
	return seconds == 0 || (seconds >= 2 && seconds <= 3600);
}

static gboolean is_port_range(GVariant *value, const char **ret_why)
{
	guint16 low, high;

	g_variant_get(value, "(qq)", &low, &high);
	*ret_why = "must be a range of at least 8 ports above 1023";
	return low >= 1024 && high >= low && high - low >= 7;
}

static gboolean is_country(GVariant *value, const char **ret_why)
{
	const char *text = g_variant_get_string(value, NULL);
	gsize length = strlen(text);

	*ret_why = "must be a country code such as +33";
	if (text[0] != '+' || length < 2 || length > 4 || text[1] == '0')
		return FALSE;
	return strspn(text + 1, "0123456789") == length - 1;
}

static gboolean is_digits(GVariant *value, const char **ret_why)
{
	const char *text = g_variant_get_string(value, NULL);

	*ret_why = "must be at most 8 digits";
	return strlen(text) <= 8 && strspn(text, "0123456789") == strlen(text);
}

static gboolean is_plain_list(GVariant *value, const char **ret_why)
{
	GVariantIter iter;
	GVariant *item;

	if (g_variant_n_children(value) > 1000) {
		*ret_why = "has more than 1000 entries";
		return FALSE;
	}
	g_variant_iter_init(&iter, value);
	while ((item = g_variant_iter_next_value(&iter))) {
		gboolean plain = is_plain(item, ret_why);

		g_variant_unref(item);
		if (!plain)
			return FALSE;
	}
	return TRUE;
}

static gboolean is_tls_version(GVariant *value, const char **ret_why)
{
	*ret_why = "must be 1.2 or 1.3";
	return is_one_of(value, (const char *const[]){ "1.2", "1.3", NULL });
}

static gboolean is_unknown_callers(GVariant *value, const char **ret_why)
{
	*ret_why = "must be ring, ask or refuse";
	return is_one_of(value, (const char *const[]){ "ring", "ask", "refuse", NULL });
}

static gboolean is_join_rooms(GVariant *value, const char **ret_why)
{
	*ret_why = "must be ask, always or never";
	return is_one_of(value, (const char *const[]){ "ask", "always", "never", NULL });
}

static gboolean is_notifications(GVariant *value, const char **ret_why)
{
	*ret_why = "must be full, sender, count or off";
	return is_one_of(value, (const char *const[]){ "full", "sender", "count", "off", NULL });
}

static gboolean is_percent(GVariant *value, const char **ret_why)
{
	*ret_why = "must be from 0 to 100 per cent";
	return g_variant_get_uint32(value) <= 100;
}

static gboolean is_max_incoming(GVariant *value, const char **ret_why)
{
	*ret_why = "must be from 1 to 16";
	return g_variant_get_uint32(value) >= 1 && g_variant_get_uint32(value) <= 16;
}

/* clang-format off */
#define ACCOUNT_KEYS                                                \
	{ "login",             "s",    NULL,        is_plain },     \
	{ "display-name",      "s",    NULL,        is_plain },     \
	{ "label",             "s",    NULL,        is_plain },     \
	{ "enabled",           "b",    "true",      NULL },         \
	{ "ca-file",           "s",    NULL,        is_path },      \
	{ "pin",               "s",    NULL,        is_pin },       \
	{ "disabled-features", "as",   NULL,        is_features }

static const CusaxSettingsKey xmpp_keys[] = {
	ACCOUNT_KEYS,
	{ "server",            "s",    NULL,        is_plain },
	{ "port",              "u",    NULL,        is_port },
	{ "direct-tls",        "b",    "false",     NULL },
	{ "resource",          "s",    NULL,        is_plain },
	{ "priority",          "i",    "0",         is_priority },
	{ "certificate",       "s",    NULL,        is_path },
	{ "allow-plain",       "b",    "false",     NULL },
};

static const CusaxSettingsKey sip_keys[] = {
	ACCOUNT_KEYS,
	{ "registrar",         "s",    NULL,        is_plain },
	{ "proxy",             "s",    NULL,        is_plain },
	{ "transport",         "s",    "tls",       is_transport },
	{ "listen",            "s",    NULL,        is_plain },
	{ "expires",           "u",    "600",       is_expires },
	{ "keepalive",         "u",    "0",         is_keepalive },
	{ "srtp",              "s",    "prefer",    is_srtp },
	{ "media-encryption",  "s",    "sdes",      is_media_encryption },
	{ "codecs",            "as",   "['opus', 'g722', 'pcmu', 'pcma']", is_codecs },
	{ "ice",               "b",    "false",     NULL },
	{ "stun",              "s",    NULL,        is_plain },
	{ "turn",              "s",    NULL,        is_plain },
	{ "turn-login",        "s",    NULL,        is_plain },
	{ "relay-only",        "b",    "false",     NULL },
	{ "rtp-ports",         "(qq)", "(20000, 29999)", is_port_range },
	{ "voicemail",         "s",    NULL,        is_plain },
	{ "voicemail-notify",  "b",    "true",      NULL },
	{ "dns-servers",       "as",   NULL,        is_plain_list },
};

static const CusaxSettingsKey pair_keys[] = {
	{ "name",                 "s",  NULL,          is_plain },
	{ "connect-policy",       "s",  "independent", is_connect_policy },
	{ "country",              "s",  NULL,          is_country },
	{ "national-prefix",      "s",  NULL,          is_digits },
	{ "international-prefix", "s",  NULL,          is_digits },
	{ "free",                 "as", NULL,          is_plain_list },
	{ "charged",              "as", NULL,          is_plain_list },
	{ "charge-cue",           "s",  NULL,          is_plain },
	{ "emergency",            "as", "['112', '911']", is_plain_list },
};

static const CusaxSettingsKey policy_keys[] = {
	{ "min-tls",               "s",  "1.2",  is_tls_version },
	{ "require-srtp",          "b",  "false", NULL },
	{ "unknown-callers",       "s",  "ring", is_unknown_callers },
	{ "block-callers",         "as", NULL,   is_plain_list },
	{ "allow-callers",         "as", NULL,   is_plain_list },
	{ "send-call-info",        "b",  "true", NULL },
	{ "publish-reachability",  "b",  "true", NULL },
	{ "presence-during-calls", "b",  "true", NULL },
	{ "dnd-silences-calls",    "b",  "true", NULL },
	{ "confirm-charges",       "b",  "true", NULL },
	{ "join-conference-rooms", "s",  "ask",  is_join_rooms },
	{ "max-incoming-calls",    "u",  "4",    is_max_incoming },
	{ "receipts",              "b",  "true", NULL },
	{ "chat-states",           "b",  "true", NULL },
	{ "markers",               "b",  "true", NULL },
	{ "history-days",          "u",  "0",    NULL },
	{ "input-device",          "s",  NULL,   is_plain },
	{ "output-device",         "s",  NULL,   is_plain },
	{ "ring-device",           "s",  NULL,   is_plain },
	{ "ring-volume",           "u",  NULL,   is_percent },
	{ "ring-sound",            "s",  NULL,   is_path },
	{ "echo-cancellation",     "b",  "false", NULL },
	{ "noise-suppression",     "b",  "false", NULL },
	{ "call-tones",            "b",  "true", NULL },
	{ "auto-answer",           "as", NULL,   is_plain_list },
	{ "notifications",         "s",  "sender", is_notifications },
};
/* clang-format on */

const CusaxSettingsKey *cusax_settings_keys(CusaxSettingsKind kind, guint *ret_n)
{
	switch (kind) {
	case CUSAX_SETTINGS_XMPP_ACCOUNT:
		*ret_n = G_N_ELEMENTS(xmpp_keys);
		return xmpp_keys;
	case CUSAX_SETTINGS_SIP_ACCOUNT:
		*ret_n = G_N_ELEMENTS(sip_keys);
		return sip_keys;
	case CUSAX_SETTINGS_PAIR:
		*ret_n = G_N_ELEMENTS(pair_keys);
		return pair_keys;
	case CUSAX_SETTINGS_POLICY:
		*ret_n = G_N_ELEMENTS(policy_keys);
		return policy_keys;
	}
	g_return_val_if_reached(NULL);
}
