/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Life of the plain facts that travel from services to models. */
/* Owned structs: one owner at a time. */
#include "daemon/base/facts.h"

#include <string.h>

CusaxSecurity *cusax_security_new(void)
{
	return g_new0(CusaxSecurity, 1);
}

CusaxSecurity *cusax_security_copy(const CusaxSecurity *security)
{
	CusaxSecurity *copy;

	if (!security)
		return NULL;
	copy = cusax_security_new();
	copy->transport = g_strdup(security->transport);
	copy->tls_version = g_strdup(security->tls_version);
	copy->tls_cipher = g_strdup(security->tls_cipher);
	copy->tls_verified = security->tls_verified;
	copy->authentication = g_strdup(security->authentication);
	copy->weak = g_strdupv(security->weak);
	return copy;
}

void cusax_security_free(CusaxSecurity *security)
{
	if (!security)
		return;
	g_free(security->transport);
	g_free(security->tls_version);
	g_free(security->tls_cipher);
	g_free(security->authentication);
	g_strfreev(security->weak);
	g_free(security);
}

CusaxPhone *cusax_phone_new(const char *uri, const char *const *types, CusaxSource source)
{
	CusaxPhone *phone = g_new0(CusaxPhone, 1);

	phone->uri = g_strdup(uri);
	phone->types = types ? g_strdupv((GStrv)types) : g_new0(char *, 1);
	phone->source = source;
	return phone;
}

CusaxPhone *cusax_phone_copy(const CusaxPhone *phone)
{
	CusaxPhone *copy =
		cusax_phone_new(phone->uri, (const char *const *)phone->types, phone->source);

	copy->preference = phone->preference;
	return copy;
}

void cusax_phone_free(CusaxPhone *phone)
{
	if (!phone)
		return;
	g_free(phone->uri);
	g_strfreev(phone->types);
	g_free(phone);
}

CusaxFile *cusax_file_new(const char *uri)
{
	CusaxFile *file = g_new0(CusaxFile, 1);

	file->uri = g_strdup(uri);
	return file;
}

CusaxFile *cusax_file_copy(const CusaxFile *file)
{
	CusaxFile *copy;

	if (!file)
		return NULL;
	copy = cusax_file_new(file->uri);
	copy->name = g_strdup(file->name);
	copy->type = g_strdup(file->type);
	copy->size = file->size;
	return copy;
}

void cusax_file_free(CusaxFile *file)
{
	if (!file)
		return;
	g_free(file->uri);
	g_free(file->name);
	g_free(file->type);
	g_free(file);
}

/* RFC 6838 §4.2: two restricted names. */
static gboolean is_restricted_name(const char *text, gsize length)
{
	if (length < 1 || length > 127 || !g_ascii_isalnum(text[0]))
		return FALSE;
	for (gsize i = 0; i < length; i++) {
		if (!g_ascii_isalnum(text[i]) && !strchr("!#$&-^_.+", text[i]))
			return FALSE;
	}
	return TRUE;
}

gboolean cusax_file_is_type(const char *text)
{
	const char *slash = strchr(text, '/');

	return slash && is_restricted_name(text, (gsize)(slash - text)) &&
	       is_restricted_name(slash + 1, strlen(slash + 1));
}

guint64 cusax_id_next(void)
{
	static guint64 last;

	return __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED);
}
