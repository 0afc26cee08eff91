/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What we read from and write into SIP headers, as text. */
/* Pure; usable from any thread. */
#include "services/sip/headers.h"

#include <string.h>

#define MAX_URI  3072
#define MAX_TEXT 256

/* A header value under the reader's finger. */
struct cursor {
	const char *p, *end;
};

static void skip_blanks(struct cursor *c)
{
	while (c->p < c->end && strchr(" \t\r\n", *c->p) && *c->p)
		c->p++;
}

static gboolean at(const struct cursor *c, char wanted)
{
	return c->p < c->end && *c->p == wanted;
}

/* Over a quoted-string; FALSE where it does not end. */
static gboolean skip_quoted(struct cursor *c)
{
	for (c->p++; c->p < c->end; c->p++) {
		if (*c->p == '\\')
			c->p++;
		else if (*c->p == '"') {
			c->p++;
			return TRUE;
		}
	}
	c->p = c->end;
	return FALSE;
}

/* To the comma that ends this entry, or to the end. */
static void skip_entry(struct cursor *c)
{
	while (c->p < c->end && *c->p != ',') {
		if (*c->p == '"')
			skip_quoted(c);
		else
			c->p++;
	}
}

static char *read_token(struct cursor *c)
{
	const char *start = c->p;

	while (c->p < c->end && (g_ascii_isalnum(*c->p) || (*c->p && strchr("-.!%*_+`'~", *c->p))))
		c->p++;
	return g_strndup(start, c->p - start);
}

/* "<uri>": printable ASCII without quotes (RFC 3986 §2 has nothing else). */
static char *read_uri(struct cursor *c)
{
	const char *start;

	if (!at(c, '<'))
		return NULL;
	for (start = ++c->p; c->p < c->end && *c->p != '>'; c->p++) {
		if (*c->p <= ' ' || *c->p >= 0x7f || strchr("\"<\\^`{|}", *c->p))
			return NULL;
	}
	if (!at(c, '>') || c->p == start || c->p - start > MAX_URI)
		return NULL;
	return g_strndup(start, c->p++ - start);
}

/* A quoted-string without its quotes and escapes, or a token. */
static char *read_value(struct cursor *c)
{
	GString *value;
	const char *start = c->p;

	if (!at(c, '"'))
		return read_token(c);
	if (!skip_quoted(c))
		return NULL;
	value = g_string_new(NULL);
	for (start++; start < c->p - 1; start++) {
		if (*start == '\\' && start + 1 < c->p - 1)
			start++;
		g_string_append_c(value, *start);
	}
	return g_string_free(value, FALSE);
}

/* ";name=value" or ";name". FALSE at the end of parameters and where they are malformed (then the
 * cursor is not at a comma or the end). */
static gboolean read_param(struct cursor *c, char **ret_name, char **ret_value)
{
	g_autofree char *name = NULL;

	skip_blanks(c);
	if (!at(c, ';'))
		return FALSE;
	c->p++;
	skip_blanks(c);
	name = read_token(c);
	skip_blanks(c);
	*ret_value = NULL;
	if (at(c, '=')) {
		c->p++;
		skip_blanks(c);
		*ret_value = read_value(c);
		if (!*ret_value)
			return FALSE;
	}
	*ret_name = g_steal_pointer(&name);
	return TRUE;
}

/* RFC 6993: exactly one purpose, and that it is impp. */
static gboolean has_purpose_impp(struct cursor *c)
{
	char *name, *value;
	guint purposes = 0, impp = 0;

	while (read_param(c, &name, &value)) {
		if (g_ascii_strcasecmp(name, "purpose") == 0) {
			purposes++;
			impp += value && g_ascii_strcasecmp(value, "impp") == 0;
		}
		g_free(name);
		g_free(value);
	}
	skip_blanks(c);
	return purposes == 1 && impp == 1 && (c->p >= c->end || *c->p == ',');
}

void cusax_sip_read_call_info(const char *value, gsize length, GPtrArray *uris)
{
	struct cursor c = { value, value + length };

	while (c.p < c.end) {
		g_autofree char *uri = NULL;

		skip_blanks(&c);
		uri = read_uri(&c);
		if (uri && has_purpose_impp(&c) && uris->len < CUSAX_SIP_MAX_IMPP)
			g_ptr_array_add(uris, g_steal_pointer(&uri));
		skip_entry(&c);
		if (at(&c, ','))
			c.p++;
	}
}

static void append_escaped(GString *uri, const char *text, gsize length)
{
	for (gsize i = 0; i < length; i++) {
		guchar byte = (guchar)text[i];

		if (g_ascii_isalnum(byte) || (byte && strchr("-._~!$()*+=", byte)))
			g_string_append_c(uri, (char)byte);
		else
			g_string_append_printf(uri, "%%%02X", byte);
	}
}

char *cusax_sip_xmpp_uri(const char *jid)
{
	const char *at_sign = strchr(jid, '@');
	const char *domain = at_sign ? at_sign + 1 : jid;
	GString *uri;

	if (!*domain || at_sign == jid || strpbrk(domain, "@/") || strlen(jid) > MAX_URI / 3 ||
	    !g_utf8_validate(jid, -1, NULL))
		return NULL;
	uri = g_string_new("xmpp:");
	if (at_sign) {
		append_escaped(uri, jid, at_sign - jid);
		g_string_append_c(uri, '@');
	}
	append_escaped(uri, domain, strlen(domain));
	return g_string_free(uri, FALSE);
}

char *cusax_sip_text(const char *text, gsize length)
{
	struct cursor c = { text, text + MIN(length, MAX_TEXT) };
	g_autofree char *plain = NULL;
	g_autofree char *valid = NULL;
	GString *out;

	skip_blanks(&c);
	plain = at(&c, '"') ? read_value(&c) : g_strndup(c.p, c.end - c.p);
	if (!plain)
		return NULL;
	valid = g_utf8_make_valid(plain, -1);
	out = g_string_new(NULL);
	for (const char *p = valid; *p; p = g_utf8_next_char(p)) {
		gunichar u = g_utf8_get_char(p);

		if (g_unichar_iscntrl(u))
			g_string_append_c(out, ' ');
		else
			g_string_append_unichar(out, u);
	}
	g_strstrip(out->str);
	if (*out->str)
		return g_string_free(out, FALSE);
	g_string_free(out, TRUE);
	return NULL;
}

guint cusax_sip_read_reason(const char *value, gsize length, char **ret_text)
{
	struct cursor c = { value, value + length };
	g_autofree char *protocol = NULL;
	char *name, *param;
	guint64 cause = 0;

	*ret_text = NULL;
	skip_blanks(&c);
	protocol = read_token(&c);
	while (read_param(&c, &name, &param)) {
		if (param && g_ascii_strcasecmp(name, "cause") == 0) {
			if (!g_ascii_string_to_unsigned(param, 10, 0, 999, &cause, NULL))
				cause = 0;
		} else if (param && g_ascii_strcasecmp(name, "text") == 0 && !*ret_text) {
			*ret_text = cusax_sip_text(param, strlen(param));
		}
		g_free(name);
		g_free(param);
	}
	return g_ascii_strcasecmp(protocol, "SIP") == 0 ? (guint)cause : 0;
}

char *cusax_sip_read_warning(const char *value, gsize length)
{
	struct cursor c = { value, value + length };
	g_autofree char *code = NULL;
	g_autofree char *text = NULL;

	skip_blanks(&c);
	code = read_token(&c);
	skip_blanks(&c);
	/* The agent: a host with a port, or a token. */
	while (c.p < c.end && !strchr(" \t\r\n\",", *c.p))
		c.p++;
	skip_blanks(&c);
	if (!*code || !at(&c, '"'))
		return NULL;
	text = read_value(&c);
	return text ? cusax_sip_text(text, strlen(text)) : NULL;
}

gboolean cusax_sip_is_anonymous(const char *user, const char *host, const char *privacy)
{
	g_auto(GStrv) words = NULL;

	if (g_ascii_strcasecmp(host, "anonymous.invalid") == 0 ||
	    (user && g_ascii_strcasecmp(user, "anonymous") == 0))
		return TRUE;
	words = g_strsplit_set(privacy ? privacy : "", ";, \t", 16);
	for (guint i = 0; words[i]; i++) {
		if (g_ascii_strcasecmp(words[i], "id") == 0 ||
		    g_ascii_strcasecmp(words[i], "user") == 0 ||
		    g_ascii_strcasecmp(words[i], "header") == 0)
			return TRUE;
	}
	return FALSE;
}

char cusax_sip_read_dtmf(const char *body, gsize length)
{
	struct cursor c = { body, body + length };

	skip_blanks(&c);
	if (c.end - c.p >= 6 && g_ascii_strncasecmp(c.p, "Signal", 6) == 0) {
		c.p += 6;
		skip_blanks(&c);
		if (!at(&c, '='))
			return 0;
		c.p++;
		skip_blanks(&c);
	}
	if (c.p >= c.end || !*c.p || !strchr("0123456789*#ABCDabcd", *c.p))
		return 0;
	/* "Signal=12" is no key. */
	if (c.p + 1 < c.end && !strchr(" \t\r\n", c.p[1]))
		return 0;
	return g_ascii_toupper(*c.p);
}
