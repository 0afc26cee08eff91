/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Strict reading and safe writing of sip:, sips: and tel: URIs. */
/* Usable from any thread. */
#include "daemon/base/sip-uri.h"

#include <arpa/inet.h>
#include <string.h>

#include "daemon/base/error.h"

/* RFC 3261 §25.1. */
#define MARK           "-_.!~*'()"
#define USER_CHARS     MARK "&=+$,;?/"
#define PASSWORD_CHARS MARK "&=+$,"
#define PARAM_CHARS    MARK "[]/:&+$"
#define HEADER_CHARS   MARK "[]/?:+$"
/* RFC 3966 §3. */
#define SEPARATORS "-.()"

/* What is written as it is in a user part: no character that ends one, or starts a parameter. */
#define PLAIN_USER "!*'()&=+$,"

static gboolean refuse(GError **error, const char *why)
{
	g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT, "URI: %s", why);
	return FALSE;
}

/* TRUE where text is made of letters, digits, the extra characters and well-formed escapes. */
static gboolean is_made_of(const char *text, const char *extra)
{
	for (; *text; text++) {
		if (*text == '%') {
			if (!g_ascii_isxdigit(text[1]) || !g_ascii_isxdigit(text[2]))
				return FALSE;
			text += 2;
		} else if (!g_ascii_isalnum(*text) && !strchr(extra, *text)) {
			return FALSE;
		}
	}
	return TRUE;
}

/* The text without escapes; NULL where that is not valid UTF-8 or has control characters. */
static char *unescape(const char *text)
{
	g_autofree char *plain = g_uri_unescape_string(text, NULL);

	if (!plain || !g_utf8_validate(plain, -1, NULL))
		return NULL;
	for (const char *at = plain; *at; at = g_utf8_next_char(at)) {
		if (g_unichar_iscntrl(g_utf8_get_char(at)))
			return NULL;
	}
	return g_steal_pointer(&plain);
}

static gboolean is_host_name(const char *host)
{
	const char *label = host;

	if (strlen(host) > 253)
		return FALSE;
	for (;;) {
		gsize length = strcspn(label, ".");

		if (length == 0 || length > 63 || label[0] == '-' || label[length - 1] == '-')
			return FALSE;
		for (gsize i = 0; i < length; i++) {
			if (!g_ascii_isalnum(label[i]) && label[i] != '-')
				return FALSE;
		}
		/* The last label starts with a letter: else it would be part of an address. */
		if (!label[length])
			return g_ascii_isalpha(label[0]);
		label += length + 1;
	}
}

/* The one form of a host, or NULL. */
static char *read_host(const char *text)
{
	g_autofree char *host = g_ascii_strdown(text, -1);
	gsize length = strlen(host);
	struct in6_addr v6;
	struct in_addr v4;

	if (length > 2 && host[0] == '[' && host[length - 1] == ']') {
		char canonical[INET6_ADDRSTRLEN];

		host[length - 1] = '\0';
		if (inet_pton(AF_INET6, host + 1, &v6) != 1)
			return NULL;
		inet_ntop(AF_INET6, &v6, canonical, sizeof canonical);
		return g_strdup_printf("[%s]", canonical);
	}
	if (inet_pton(AF_INET, host, &v4) == 1)
		return g_steal_pointer(&host);
	if (length > 1 && host[length - 1] == '.')
		host[length - 1] = '\0';
	return is_host_name(host) ? g_steal_pointer(&host) : NULL;
}

static char *without_separators(const char *text)
{
	GString *number = g_string_new(NULL);

	for (; *text; text++) {
		if (!strchr(SEPARATORS, *text))
			g_string_append_c(number, *text);
	}
	return g_string_free(number, FALSE);
}

static gboolean is_digits(const char *text)
{
	return *text && strspn(text, "0123456789") == strlen(text);
}

/* RFC 3966 §3: context = domainname / "+" digits. */
static char *read_context(const char *text)
{
	g_autofree char *number = NULL;

	if (*text != '+')
		return read_host(text);
	number = without_separators(text);
	return is_digits(number + 1) ? g_steal_pointer(&number) : NULL;
}

static gboolean set_once(char **place, char *value, GError **error)
{
	if (!value)
		return refuse(error, "a parameter has no valid value");
	if (*place) {
		g_free(value);
		return refuse(error, "a parameter is given twice");
	}
	*place = value;
	return TRUE;
}

/* One parameter of a telephone number: `ext=12`. */
static gboolean read_tel_param(CusaxSipUri *uri, const char *name, const char *value,
			       GError **error)
{
	g_autofree char *number = NULL;

	if (g_ascii_strcasecmp(name, "phone-context") == 0)
		return set_once(&uri->phone_context, value ? read_context(value) : NULL, error);
	if (g_ascii_strcasecmp(name, "isub") == 0)
		return set_once(&uri->subaddress, value && *value ? unescape(value) : NULL, error);
	if (g_ascii_strcasecmp(name, "ext") == 0) {
		number = without_separators(value ? value : "");
		return set_once(&uri->extension,
				is_digits(number) ? g_steal_pointer(&number) : NULL, error);
	}
	return TRUE;
}

static gboolean read_sip_param(CusaxSipUri *uri, const char *name, const char *value,
			       GError **error)
{
	if (g_ascii_strcasecmp(name, "transport") == 0) {
		/* A token (RFC 3261 §25.1), of which only letters, digits and '-' are in use. */
		gboolean ok = value && *value && is_made_of(value, "-") && !strchr(value, '%');

		return set_once(&uri->transport, ok ? g_ascii_strdown(value, -1) : NULL, error);
	}
	if (g_ascii_strcasecmp(name, "user") == 0)
		uri->user_phone = value && g_ascii_strcasecmp(value, "phone") == 0;
	return TRUE;
}

typedef gboolean (*ParamReader)(CusaxSipUri *uri, const char *name, const char *value,
				GError **error);

/* `name=value;name;…`, no name twice (RFC 3261 §19.1.1). */
static gboolean read_params(CusaxSipUri *uri, const char *text, ParamReader reader, GError **error)
{
	g_auto(GStrv) params = g_strsplit(text, ";", -1);
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	if (!*text)
		return refuse(error, "a parameter is malformed");
	for (guint i = 0; params[i]; i++) {
		char *value = strchr(params[i], '=');

		if (value)
			*value++ = '\0';
		if (!*params[i] || !is_made_of(params[i], PARAM_CHARS) ||
		    (value && !is_made_of(value, PARAM_CHARS)))
			return refuse(error, "a parameter is malformed");
		if (!g_hash_table_add(seen, g_ascii_strdown(params[i], -1)))
			return refuse(error, "a parameter is given twice");
		if (!reader(uri, params[i], value, error))
			return FALSE;
	}
	return TRUE;
}

/* `name=value&…`: checked, never used. */
static gboolean check_headers(const char *text, GError **error)
{
	g_auto(GStrv) headers = g_strsplit(text, "&", -1);

	for (guint i = 0; headers[i]; i++) {
		char *value = strchr(headers[i], '=');

		if (!value || value == headers[i])
			return refuse(error, "a header is malformed");
		*value++ = '\0';
		if (!is_made_of(headers[i], HEADER_CHARS) || !is_made_of(value, HEADER_CHARS))
			return refuse(error, "a header is malformed");
	}
	return *text ? TRUE : refuse(error, "a header is malformed");
}

static gboolean read_port(CusaxSipUri *uri, const char *text, GError **error)
{
	guint64 port;

	if (!g_ascii_string_to_unsigned(text, 10, 1, 65535, &port, NULL))
		return refuse(error, "the port is not valid");
	uri->port = port;
	return TRUE;
}

static gboolean read_host_port(CusaxSipUri *uri, char *text, GError **error)
{
	char *bracket = text[0] == '[' ? strchr(text, ']') : NULL;
	char *colon = strchr(bracket ? bracket : text, ':');

	if (colon)
		*colon++ = '\0';
	uri->host = read_host(text);
	if (!uri->host)
		return refuse(error, "the host is not valid");
	return !colon || read_port(uri, colon, error);
}

/* Checks the user part and keeps it escaped: what it means, the parameters tell. */
static gboolean read_user(CusaxSipUri *uri, char *text, GError **error)
{
	char *password = strchr(text, ':');

	if (password)
		*password++ = '\0';
	if (!*text || !is_made_of(text, USER_CHARS) ||
	    (password && !is_made_of(password, PASSWORD_CHARS)))
		return refuse(error, "the user is malformed");
	uri->user = g_strdup(text);
	return TRUE;
}

/* RFC 3261 §19.1.6: with user=phone the user part is a whole telephone number. */
static gboolean finish_user(CusaxSipUri *uri, GError **error)
{
	g_autofree char *raw = g_steal_pointer(&uri->user);
	char *params = raw && uri->user_phone ? strchr(raw, ';') : NULL;

	if (!raw)
		return TRUE;
	if (params)
		*params++ = '\0';
	uri->user = *raw ? unescape(raw) : NULL;
	if (!uri->user)
		return refuse(error, "the user has forbidden characters");
	return !params || read_params(uri, params, read_tel_param, error);
}

static gboolean read_sip(CusaxSipUri *uri, const char *text, GError **error)
{
	g_autofree char *work = g_strdup(text);
	char *host = work, *at = strchr(work, '@');
	char *headers, *params;

	if (at) {
		*at = '\0';
		host = at + 1;
		if (!read_user(uri, work, error))
			return FALSE;
	}
	headers = strchr(host, '?');
	if (headers)
		*headers++ = '\0';
	params = strchr(host, ';');
	if (params)
		*params++ = '\0';
	if (!read_host_port(uri, host, error) ||
	    (params && !read_params(uri, params, read_sip_param, error)) ||
	    (headers && !check_headers(headers, error)))
		return FALSE;
	return finish_user(uri, error);
}

static gboolean read_tel(CusaxSipUri *uri, const char *text, GError **error)
{
	g_autofree char *work = g_strdup(text);
	char *params = strchr(work, ';');
	const char *digits;

	if (params)
		*params++ = '\0';
	uri->user = without_separators(work);
	digits = uri->user[0] == '+' ? "0123456789" : "0123456789abcdefABCDEF*#";
	if (!uri->user[uri->user[0] == '+'] || strspn(uri->user + (uri->user[0] == '+'), digits) !=
						       strlen(uri->user + (uri->user[0] == '+')))
		return refuse(error, "the number is malformed");
	return !params || read_params(uri, params, read_tel_param, error);
}

CusaxSipUri *cusax_sip_uri_parse(const char *text, GError **error)
{
	static const struct {
		const char *prefix;
		CusaxScheme scheme;
	} schemes[] = {
		{ "sip:", CUSAX_SCHEME_SIP },
		{ "sips:", CUSAX_SCHEME_SIPS },
		{ "tel:", CUSAX_SCHEME_TEL },
	};
	g_autoptr(CusaxSipUri) uri = NULL;

	if (!text || strlen(text) > CUSAX_SIP_URI_MAX) {
		refuse(error, "is too long or missing");
		return NULL;
	}
	for (guint i = 0; i < G_N_ELEMENTS(schemes); i++) {
		gsize length = strlen(schemes[i].prefix);
		gboolean ok;

		if (g_ascii_strncasecmp(text, schemes[i].prefix, length) != 0)
			continue;
		uri = g_new0(CusaxSipUri, 1);
		uri->scheme = schemes[i].scheme;
		ok = uri->scheme == CUSAX_SCHEME_TEL ? read_tel(uri, text + length, error)
						     : read_sip(uri, text + length, error);
		return ok ? g_steal_pointer(&uri) : NULL;
	}
	refuse(error, "is none of sip:, sips: and tel:");
	return NULL;
}

CusaxSipUri *cusax_sip_uri_copy(const CusaxSipUri *uri)
{
	CusaxSipUri *copy;

	if (!uri)
		return NULL;
	copy = g_new0(CusaxSipUri, 1);
	*copy = *uri;
	copy->user = g_strdup(uri->user);
	copy->host = g_strdup(uri->host);
	copy->transport = g_strdup(uri->transport);
	copy->phone_context = g_strdup(uri->phone_context);
	copy->extension = g_strdup(uri->extension);
	copy->subaddress = g_strdup(uri->subaddress);
	return copy;
}

void cusax_sip_uri_free(CusaxSipUri *uri)
{
	if (!uri)
		return;
	g_free(uri->user);
	g_free(uri->host);
	g_free(uri->transport);
	g_free(uri->phone_context);
	g_free(uri->extension);
	g_free(uri->subaddress);
	g_free(uri);
}

/* The number or name with the telephone parameters in the order that RFC 3966 §3 asks. */
static void append_user(GString *out, const CusaxSipUri *uri)
{
	if (uri->scheme == CUSAX_SCHEME_TEL)
		g_string_append(out, uri->user);
	else
		g_string_append_uri_escaped(out, uri->user, PLAIN_USER, FALSE);
	if (uri->extension)
		g_string_append_printf(out, ";ext=%s", uri->extension);
	if (uri->subaddress) {
		g_string_append(out, ";isub=");
		g_string_append_uri_escaped(out, uri->subaddress, NULL, FALSE);
	}
	if (uri->phone_context)
		g_string_append_printf(out, ";phone-context=%s", uri->phone_context);
}

char *cusax_sip_uri_to_string(const CusaxSipUri *uri)
{
	static const char *const prefixes[] = {
		[CUSAX_SCHEME_SIP] = "sip:",
		[CUSAX_SCHEME_SIPS] = "sips:",
		[CUSAX_SCHEME_TEL] = "tel:",
	};
	GString *out = g_string_new(prefixes[uri->scheme]);

	if (uri->user)
		append_user(out, uri);
	if (uri->host)
		g_string_append_printf(out, "%s%s", uri->user ? "@" : "", uri->host);
	if (uri->port)
		g_string_append_printf(out, ":%u", uri->port);
	if (uri->user_phone)
		g_string_append(out, ";user=phone");
	if (uri->transport)
		g_string_append_printf(out, ";transport=%s", uri->transport);
	return g_string_free(out, FALSE);
}

char *cusax_sip_uri_key(const CusaxSipUri *uri)
{
	GString *key;

	if (!uri->user || !uri->host)
		return NULL;
	key = g_string_new("sip:");
	append_user(key, uri);
	g_string_append_printf(key, "@%s", uri->host);
	return g_string_free(key, FALSE);
}

gboolean cusax_sip_host_is_valid(const char *host)
{
	g_autofree char *valid = read_host(host);

	return valid != NULL;
}
