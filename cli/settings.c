/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings as a person types them, key=value, made into an option map. */
/* Single-threaded, as all of cusaxctl. */
#include "cli/settings.h"

#include <string.h>

#include "cli/error.h"

/* Every key that is not a plain string: a key has one type, whatever it is a setting of. */
static const struct {
	const char *key, *type;
} types[] = {
	{ "enabled", "b" },
	{ "disabled-features", "as" },
	{ "port", "u" },
	{ "direct-tls", "b" },
	{ "priority", "i" },
	{ "allow-plain", "b" },
	{ "expires", "u" },
	{ "keepalive", "u" },
	{ "codecs", "as" },
	{ "ice", "b" },
	{ "relay-only", "b" },
	{ "voicemail-notify", "b" },
	{ "rtp-ports", "(qq)" },
	{ "dns-servers", "as" },
	{ "free", "as" },
	{ "charged", "as" },
	{ "emergency", "as" },
	{ "require-srtp", "b" },
	{ "send-call-info", "b" },
	{ "publish-reachability", "b" },
	{ "presence-during-calls", "b" },
	{ "dnd-silences-calls", "b" },
	{ "confirm-charges", "b" },
	{ "max-incoming-calls", "u" },
	{ "ring-volume", "u" },
	{ "call-tones", "b" },
	{ "echo-cancellation", "b" },
	{ "noise-suppression", "b" },
	{ "receipts", "b" },
	{ "chat-states", "b" },
	{ "markers", "b" },
	{ "history-days", "u" },
	{ "auto-answer", "as" },
	{ "block-callers", "as" },
	{ "allow-callers", "as" },
};

static const char *const names[] = { "login",
				     "display-name",
				     "label",
				     "enabled",
				     "ca-file",
				     "pin",
				     "disabled-features",
				     "server",
				     "port",
				     "direct-tls",
				     "resource",
				     "priority",
				     "certificate",
				     "allow-plain",
				     "registrar",
				     "proxy",
				     "transport",
				     "listen",
				     "expires",
				     "keepalive",
				     "srtp",
				     "media-encryption",
				     "codecs",
				     "ice",
				     "stun",
				     "turn",
				     "turn-login",
				     "relay-only",
				     "rtp-ports",
				     "voicemail",
				     "voicemail-notify",
				     "dns-servers",
				     "name",
				     "connect-policy",
				     "country",
				     "national-prefix",
				     "international-prefix",
				     "free",
				     "charged",
				     "charge-cue",
				     "emergency",
				     "min-tls",
				     "require-srtp",
				     "unknown-callers",
				     "block-callers",
				     "allow-callers",
				     "send-call-info",
				     "publish-reachability",
				     "presence-during-calls",
				     "dnd-silences-calls",
				     "confirm-charges",
				     "join-conference-rooms",
				     "max-incoming-calls",
				     "receipts",
				     "chat-states",
				     "markers",
				     "history-days",
				     "input-device",
				     "output-device",
				     "ring-device",
				     "ring-volume",
				     "ring-sound",
				     "call-tones",
				     "echo-cancellation",
				     "noise-suppression",
				     "auto-answer",
				     "notifications",
				     NULL };

static const char *type_of(const char *key)
{
	for (guint i = 0; i < G_N_ELEMENTS(types); i++) {
		if (strcmp(types[i].key, key) == 0)
			return types[i].type;
	}
	return "s";
}

static GVariant *parse_boolean(const char *text, const char **ret_why)
{
	static const char *const yes[] = { "yes", "true", "on", "1", NULL };
	static const char *const no[] = { "no", "false", "off", "0", NULL };

	*ret_why = "yes or no";
	if (g_strv_contains(yes, text))
		return g_variant_new_boolean(TRUE);
	return g_strv_contains(no, text) ? g_variant_new_boolean(FALSE) : NULL;
}

static GVariant *parse_ports(const char *text, const char **ret_why)
{
	g_auto(GStrv) ends = g_strsplit(text, "-", 2);
	guint64 low, high;

	*ret_why = "a range such as 20000-29999";
	if (g_strv_length(ends) != 2 ||
	    !g_ascii_string_to_unsigned(ends[0], 10, 0, G_MAXUINT16, &low, NULL) ||
	    !g_ascii_string_to_unsigned(ends[1], 10, 0, G_MAXUINT16, &high, NULL))
		return NULL;
	return g_variant_new("(qq)", (guint16)low, (guint16)high);
}

static GVariant *parse_value(const char *type, const char *text, const char **ret_why)
{
	if (strcmp(type, "b") == 0)
		return parse_boolean(text, ret_why);
	if (strcmp(type, "u") == 0) {
		guint64 number;

		*ret_why = "a number";
		if (!g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT32, &number, NULL))
			return NULL;
		return g_variant_new_uint32((guint32)number);
	}
	if (strcmp(type, "i") == 0) {
		gint64 number;

		*ret_why = "a number";
		if (!g_ascii_string_to_signed(text, 10, G_MININT32, G_MAXINT32, &number, NULL))
			return NULL;
		return g_variant_new_int32((gint32)number);
	}
	if (strcmp(type, "as") == 0) {
		g_auto(GStrv) words = g_strsplit(text, ",", -1);

		return g_variant_new_strv((const char *const *)words, *text ? -1 : 0);
	}
	if (strcmp(type, "(qq)") == 0)
		return parse_ports(text, ret_why);
	*ret_why = "valid UTF-8";
	return g_utf8_validate(text, -1, NULL) ? g_variant_new_string(text) : NULL;
}

GVariant *cusax_settings_parse(char **words, GError **error)
{
	GVariantDict map;

	g_variant_dict_init(&map, NULL);
	for (; words && *words; words++) {
		const char *equals = strchr(*words, '=');
		g_autofree char *key = NULL;
		const char *why = NULL;
		GVariant *value;

		if (!equals || equals == *words) {
			g_set_error(error, CUSAX_CLI_ERROR, CUSAX_EXIT_USAGE,
				    "'%s' is not of the form key=value", *words);
			g_variant_dict_clear(&map);
			return NULL;
		}
		key = g_strndup(*words, equals - *words);
		/* The empty string takes back a setting of any type. */
		value = parse_value(equals[1] ? type_of(key) : "s", equals + 1, &why);
		if (!value) {
			g_set_error(error, CUSAX_CLI_ERROR, CUSAX_EXIT_USAGE,
				    "'%s' wants %s, not '%s'", key, why, equals + 1);
			g_variant_dict_clear(&map);
			return NULL;
		}
		g_variant_dict_insert_value(&map, key, value);
	}
	return g_variant_dict_end(&map);
}

const char *const *cusax_settings_names(void)
{
	return names;
}
