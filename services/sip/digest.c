/* SPDX-License-Identifier: GPL-3.0-or-later */
/* HTTP digest as SIP uses it (RFC 2617, RFC 7616, RFC 8760). */
/* Pure; usable from any thread. */
#include "services/sip/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#define MAX_VALUE 1024
#define HEX_SIZE  (2 * EVP_MAX_MD_SIZE + 1)

static const struct {
	const char *token;
	const char *word;
	const EVP_MD *(*md)(void);
	gboolean session;
} algorithms[] = {
	[CUSAX_DIGEST_MD5] = { "MD5", "digest-md5", EVP_md5, FALSE },
	[CUSAX_DIGEST_MD5_SESS] = { "MD5-sess", "digest-md5", EVP_md5, TRUE },
	[CUSAX_DIGEST_SHA256] = { "SHA-256", "digest-sha-256", EVP_sha256, FALSE },
	[CUSAX_DIGEST_SHA256_SESS] = { "SHA-256-sess", "digest-sha-256", EVP_sha256, TRUE },
	[CUSAX_DIGEST_SHA512_256] = { "SHA-512-256", "digest-sha-512-256", EVP_sha512_256, FALSE },
	[CUSAX_DIGEST_SHA512_256_SESS] = { "SHA-512-256-sess", "digest-sha-512-256", EVP_sha512_256,
					   TRUE },
};

const char *cusax_digest_algorithm_token(CusaxDigestAlgorithm algorithm)
{
	return algorithms[algorithm].token;
}

const char *cusax_digest_algorithm_word(CusaxDigestAlgorithm algorithm)
{
	return algorithms[algorithm].word;
}

gboolean cusax_digest_is_weak(CusaxDigestAlgorithm algorithm)
{
	return algorithm < CUSAX_DIGEST_SHA256;
}

/* --- challenge ------------------------------------------------------------------------------- */

static gboolean parse_algorithm(const char *token, CusaxDigestAlgorithm *ret_algorithm)
{
	for (guint i = 0; i < G_N_ELEMENTS(algorithms); i++) {
		if (g_ascii_strcasecmp(token, algorithms[i].token) == 0) {
			*ret_algorithm = (CusaxDigestAlgorithm)i;
			return TRUE;
		}
	}
	return FALSE;
}

static gboolean is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static gboolean is_token_char(char c)
{
	return g_ascii_isalnum(c) || strchr("-.!%*_+`'~", c);
}

/* RFC 3261 §25.1: token or quoted-string. What it holds goes out again in our header, so a control
 * character (also a folded line) ends the reading. */
static char *parse_value(const char **position)
{
	const char *p = *position;
	GString *value = g_string_new(NULL);
	gboolean quoted = *p == '"';

	if (quoted)
		p++;
	while (*p && (quoted ? *p != '"' : is_token_char(*p))) {
		if (quoted && *p == '\\' && p[1])
			p++;
		if (g_ascii_iscntrl(*p) || value->len >= MAX_VALUE)
			goto bad;
		g_string_append_c(value, *p++);
	}
	if (quoted && *p++ != '"')
		goto bad;
	*position = p;
	return g_string_free(value, FALSE);
bad:
	g_string_free(value, TRUE);
	return NULL;
}

/* One name=value; takes value. FALSE where a parameter comes twice. */
static gboolean take(char **slot, char *value)
{
	if (*slot) {
		g_free(value);
		return FALSE;
	}
	*slot = value;
	return TRUE;
}

typedef struct {
	char *realm, *nonce, *opaque, *algorithm, *qop, *stale, *other;
} Fields;

static void fields_clear(Fields *fields)
{
	g_free(fields->realm);
	g_free(fields->nonce);
	g_free(fields->opaque);
	g_free(fields->algorithm);
	g_free(fields->qop);
	g_free(fields->stale);
	g_free(fields->other);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Fields, fields_clear)

static char **field_of(Fields *fields, const char *name)
{
	const struct {
		const char *name;
		char **slot;
	} known[] = {
		{ "realm", &fields->realm },   { "nonce", &fields->nonce },
		{ "opaque", &fields->opaque }, { "algorithm", &fields->algorithm },
		{ "qop", &fields->qop },       { "stale", &fields->stale },
	};

	for (guint i = 0; i < G_N_ELEMENTS(known); i++) {
		if (g_ascii_strcasecmp(name, known[i].name) == 0)
			return known[i].slot;
	}
	g_clear_pointer(&fields->other, g_free); /* unknown ones may come again */
	return &fields->other;
}

static gboolean parse_fields(const char *p, Fields *fields)
{
	for (;;) {
		const char *start;
		g_autofree char *name = NULL;
		char *value;

		while (is_blank(*p) || *p == ',')
			p++;
		if (!*p)
			return TRUE;
		for (start = p; *p && is_token_char(*p); p++)
			;
		name = g_strndup(start, p - start);
		while (is_blank(*p))
			p++;
		if (!*name || *p++ != '=')
			return FALSE;
		while (is_blank(*p))
			p++;
		value = parse_value(&p);
		if (!value || !take(field_of(fields, name), value))
			return FALSE;
		while (is_blank(*p))
			p++;
		if (*p && *p != ',')
			return FALSE;
	}
}

static gboolean offers_auth(const char *qop)
{
	g_auto(GStrv) words = g_strsplit(qop, ",", 8);

	for (guint i = 0; words[i]; i++) {
		if (g_ascii_strcasecmp(g_strstrip(words[i]), "auth") == 0)
			return TRUE;
	}
	return FALSE;
}

CusaxDigestChallenge *cusax_digest_challenge_parse(const char *value, gsize length,
						   gboolean *ret_unsupported)
{
	g_autoptr(CusaxDigestChallenge) challenge = g_new0(CusaxDigestChallenge, 1);
	g_auto(Fields) fields = { 0 };
	g_autofree char *text = NULL;

	if (ret_unsupported)
		*ret_unsupported = FALSE;
	if (length > 4 * MAX_VALUE || memchr(value, '\0', length))
		return NULL;
	text = g_strndup(value, length);
	if (g_ascii_strncasecmp(text, "Digest", 6) != 0 || !is_blank(text[6]) ||
	    !parse_fields(text + 6, &fields) || !fields.realm || !fields.nonce)
		return NULL;
	challenge->named = fields.algorithm != NULL;
	if ((fields.algorithm && !parse_algorithm(fields.algorithm, &challenge->algorithm)) ||
	    (fields.qop && !offers_auth(fields.qop))) {
		if (ret_unsupported)
			*ret_unsupported = TRUE;
		return NULL;
	}
	challenge->qop_auth = fields.qop != NULL;
	challenge->stale = fields.stale && g_ascii_strcasecmp(fields.stale, "true") == 0;
	challenge->realm = g_steal_pointer(&fields.realm);
	challenge->nonce = g_steal_pointer(&fields.nonce);
	challenge->opaque = g_steal_pointer(&fields.opaque);
	return g_steal_pointer(&challenge);
}

void cusax_digest_challenge_free(CusaxDigestChallenge *challenge)
{
	if (!challenge)
		return;
	g_free(challenge->realm);
	g_free(challenge->nonce);
	g_free(challenge->opaque);
	g_free(challenge);
}

/* --- response -------------------------------------------------------------------------------- */

/* H(parts joined by ":") in hex; parts end with NULL. */
static void hash(CusaxDigestAlgorithm algorithm, char hex[HEX_SIZE], const char *const *parts)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	guint8 digest[EVP_MAX_MD_SIZE];
	unsigned length = 0;

	EVP_DigestInit_ex(ctx, algorithms[algorithm].md(), NULL);
	for (guint i = 0; parts[i]; i++) {
		if (i > 0)
			EVP_DigestUpdate(ctx, ":", 1);
		EVP_DigestUpdate(ctx, parts[i], strlen(parts[i]));
	}
	EVP_DigestFinal_ex(ctx, digest, &length);
	EVP_MD_CTX_free(ctx);
	for (guint i = 0; i < length; i++)
		g_snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	OPENSSL_cleanse(digest, sizeof(digest));
}

char *cusax_digest_response(const CusaxDigestChallenge *challenge, const CusaxDigestInput *input)
{
	CusaxDigestAlgorithm algorithm = challenge->algorithm;
	char a1[HEX_SIZE], a2[HEX_SIZE], response[HEX_SIZE], count[9];

	/* RFC 7616 §3.4.2 */
	hash(algorithm, a1,
	     (const char *const[]){ input->user, challenge->realm, input->secret, NULL });
	if (algorithms[algorithm].session)
		hash(algorithm, a1,
		     (const char *const[]){ a1, challenge->nonce, input->cnonce, NULL });
	hash(algorithm, a2, (const char *const[]){ input->method, input->uri, NULL });
	g_snprintf(count, sizeof(count), "%08x", input->count);
	if (challenge->qop_auth)
		hash(algorithm, response,
		     (const char *const[]){ a1, challenge->nonce, count, input->cnonce, "auth", a2,
					    NULL });
	else
		hash(algorithm, response, (const char *const[]){ a1, challenge->nonce, a2, NULL });
	OPENSSL_cleanse(a1, sizeof(a1));
	return g_strdup(response);
}

static void append_quoted(GString *out, const char *name, const char *value)
{
	g_string_append_printf(out, "%s=\"", name);
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			g_string_append_c(out, '\\');
		g_string_append_c(out, *value);
	}
	g_string_append_c(out, '"');
}

char *cusax_digest_authorization(const CusaxDigestChallenge *challenge,
				 const CusaxDigestInput *input)
{
	GString *out = g_string_new("Digest ");
	g_autofree char *response = cusax_digest_response(challenge, input);

	append_quoted(out, "username", input->user);
	g_string_append(out, ", ");
	append_quoted(out, "realm", challenge->realm);
	g_string_append(out, ", ");
	append_quoted(out, "nonce", challenge->nonce);
	g_string_append(out, ", ");
	append_quoted(out, "uri", input->uri);
	g_string_append_printf(out, ", response=\"%s\"", response);
	if (challenge->named)
		g_string_append_printf(out, ", algorithm=%s",
				       cusax_digest_algorithm_token(challenge->algorithm));
	if (challenge->opaque) {
		g_string_append(out, ", ");
		append_quoted(out, "opaque", challenge->opaque);
	}
	if (challenge->qop_auth || algorithms[challenge->algorithm].session)
		g_string_append_printf(out, ", cnonce=\"%s\"", input->cnonce);
	if (challenge->qop_auth)
		g_string_append_printf(out, ", qop=auth, nc=%08x", input->count);
	return g_string_free(out, FALSE);
}
