/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Preparation and comparison of XMPP addresses. */
/* Usable from any thread. */
#include "daemon/base/jid.h"

#include <arpa/inet.h>
#include <idn-free.h>
#include <idna.h>
#include <string.h>
#include <stringprep.h>

#include "daemon/base/error.h"

#define PART_MAX 1023                      /* RFC 7622 §3.1 */
#define TEXT_MAX (3 * (3 * PART_MAX) + 16) /* three parts, every byte escaped, and the scheme */

static gboolean refuse(GError **error, const char *why)
{
	g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT, "address: %s", why);
	return FALSE;
}

/* Small letters of ASCII, digits and some marks: what every profile leaves as it is. Nearly all
 * addresses are no more, and a long roster has many. */
static gboolean is_plain(const char *part, const char *marks)
{
	for (const char *c = part; *c; c++) {
		if (!g_ascii_islower(*c) && !g_ascii_isdigit(*c) && !strchr(marks, *c))
			return FALSE;
	}
	return TRUE;
}

/* The same of a name whose labels are in order. */
static gboolean is_plain_domain(const char *domain)
{
	gsize label = 0;

	if (!is_plain(domain, ".") || strlen(domain) > 253)
		return FALSE;
	for (const char *c = domain; *c; c++) {
		label = *c == '.' ? 0 : label + 1;
		if (label > 63 || (*c == '.' && (c == domain || c[1] == '.' || !c[1])))
			return FALSE;
	}
	return *domain != '\0';
}

static char *prepare_part(const char *part, const Stringprep_profile *profile)
{
	char buffer[PART_MAX + 1];

	if (*part && strlen(part) <= PART_MAX && is_plain(part, "._-"))
		return g_strdup(part);
	if (g_strlcpy(buffer, part, sizeof buffer) >= sizeof buffer)
		return NULL;
	/* Unassigned code points pass: the profiles know Unicode 3.2 only. */
	if (stringprep(buffer, sizeof buffer, 0, profile) != STRINGPREP_OK || !*buffer)
		return NULL;
	return g_strdup(buffer);
}

static char *prepare_ipv6(const char *domain)
{
	g_autofree char *inner = g_strndup(domain + 1, strlen(domain) - 2);
	char text[INET6_ADDRSTRLEN];
	struct in6_addr address;

	if (inet_pton(AF_INET6, inner, &address) != 1)
		return NULL;
	inet_ntop(AF_INET6, &address, text, sizeof text);
	return g_strdup_printf("[%s]", text);
}

/* Nameprep and IDNA: one name has one form, be it written in Unicode or in its ASCII form. */
static char *prepare_domain(const char *domain)
{
	g_autofree char *prepared = NULL, *result = NULL;
	char *ascii = NULL, *unicode = NULL;
	gsize length;

	if (is_plain_domain(domain))
		return g_strdup(domain);
	if (domain[0] == '[' && g_str_has_suffix(domain, "]"))
		return prepare_ipv6(domain);
	prepared = prepare_part(domain, stringprep_nameprep);
	if (!prepared)
		return NULL;
	length = strlen(prepared);
	if (length > 1 && prepared[length - 1] == '.')
		prepared[length - 1] = '\0';
	if (idna_to_ascii_8z(prepared, &ascii, IDNA_USE_STD3_ASCII_RULES) == IDNA_SUCCESS &&
	    strlen(ascii) <= 253 && !strstr(ascii, "..") && ascii[0] != '.' &&
	    idna_to_unicode_8z8z(ascii, &unicode, 0) == IDNA_SUCCESS) {
		/* Folded once more: the decoded form of a foreign ASCII label has no promise. */
		result = prepare_part(unicode, stringprep_nameprep);
	}
	idn_free(ascii);
	idn_free(unicode);
	return g_steal_pointer(&result);
}

/* What is left of an `xmpp:` URI: the part that names somebody (RFC 5122 §2.2). */
static char *uri_target(const char *text)
{
	const char *start = text + strlen("xmpp:");

	if (g_str_has_prefix(start, "//")) {
		start = strchr(start + 2, '/');
		if (!start)
			return NULL;
		start++;
	}
	return g_strndup(start, strcspn(start, "?#"));
}

static char *part_of(const char *start, gsize length, gboolean is_uri)
{
	g_autofree char *raw = g_strndup(start, length);

	/* An escaped NUL, or a bad escape, gives NULL. */
	return is_uri ? g_uri_unescape_string(raw, NULL) : g_steal_pointer(&raw);
}

static gboolean prepare(const char *target, gboolean is_uri, char **ret_jid, GError **error)
{
	const char *slash = strchr(target, '/');
	gsize bare_length = slash ? (gsize)(slash - target) : strlen(target);
	const char *at = memchr(target, '@', bare_length);
	const char *host = at ? at + 1 : target;
	g_autofree char *raw = NULL, *local = NULL, *domain = NULL, *resource = NULL;

	if (at) {
		raw = part_of(target, at - target, is_uri);
		local = raw && g_utf8_validate(raw, -1, NULL)
				? prepare_part(raw, stringprep_xmpp_nodeprep)
				: NULL;
		if (!local)
			return refuse(error, "the part before @ is not valid");
		g_clear_pointer(&raw, g_free);
	}
	raw = part_of(host, target + bare_length - host, is_uri);
	domain = raw && g_utf8_validate(raw, -1, NULL) ? prepare_domain(raw) : NULL;
	if (!domain)
		return refuse(error, "the domain is not valid");
	if (slash) {
		g_clear_pointer(&raw, g_free);
		raw = part_of(slash + 1, strlen(slash + 1), is_uri);
		resource = raw && g_utf8_validate(raw, -1, NULL)
				   ? prepare_part(raw, stringprep_xmpp_resourceprep)
				   : NULL;
		if (!resource)
			return refuse(error, "the resource is not valid");
	}
	*ret_jid = g_strconcat(local ? local : "", local ? "@" : "", domain, resource ? "/" : "",
			       resource, NULL);
	return TRUE;
}

/* An address without a resource that is plain as it stands: nearly all of a long roster. */
static gboolean is_plain_bare(const char *text)
{
	const char *at = strchr(text, '@');
	char local[64];

	if (!at || at == text || (gsize)(at - text) >= sizeof local)
		return FALSE;
	memcpy(local, text, (gsize)(at - text));
	local[at - text] = '\0';
	return is_plain(local, "._-") && is_plain_domain(at + 1);
}

char *cusax_jid_prepare(const char *text, GError **error)
{
	g_autofree char *target = NULL;
	gboolean is_uri;
	char *jid = NULL;

	if (!text || !*text) {
		refuse(error, "is empty");
		return NULL;
	}
	if (is_plain_bare(text))
		return g_strdup(text);
	if (strlen(text) > TEXT_MAX) {
		refuse(error, "is too long");
		return NULL;
	}
	is_uri = g_ascii_strncasecmp(text, "xmpp:", 5) == 0;
	target = is_uri ? uri_target(text) : g_strdup(text);
	if (!target) {
		refuse(error, "names nobody");
		return NULL;
	}
	prepare(target, is_uri, &jid, error);
	return jid;
}

static gsize bare_length(const char *jid)
{
	return strcspn(jid, "/");
}

char *cusax_jid_bare(const char *jid)
{
	return g_strndup(jid, bare_length(jid));
}

const char *cusax_jid_resource(const char *jid)
{
	const char *slash = strchr(jid, '/');

	return slash ? slash + 1 : "";
}

char *cusax_jid_domain(const char *jid)
{
	const char *end = jid + bare_length(jid);
	const char *at = memchr(jid, '@', end - jid);
	const char *start = at ? at + 1 : jid;

	return g_strndup(start, end - start);
}

gboolean cusax_jid_equal_bare(const char *a, const char *b)
{
	gsize length;

	if (!a || !b)
		return FALSE;
	length = bare_length(a);
	return length == bare_length(b) && memcmp(a, b, length) == 0;
}

char *cusax_jid_to_uri(const char *jid)
{
	g_autofree char *bare = cusax_jid_bare(jid);
	const char *resource = cusax_jid_resource(jid);
	char *at = strchr(bare, '@');
	g_autofree char *local = NULL, *domain = NULL, *tail = NULL;

	if (at)
		*at = '\0';
	local = at ? g_uri_escape_string(bare, NULL, FALSE) : NULL;
	domain = g_uri_escape_string(at ? at + 1 : bare, "[:]", FALSE);
	tail = g_uri_escape_string(resource, NULL, FALSE);
	return g_strconcat("xmpp:", local ? local : "", local ? "@" : "", domain, *tail ? "/" : "",
			   tail, NULL);
}
