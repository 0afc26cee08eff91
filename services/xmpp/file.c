/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files that messages name, read and written. */
/* Main thread. */
#include "services/xmpp/file.h"

#include <string.h>

#include "services/xmpp/ns.h"

#define MAX_URI  4096 /* bytes */
#define MAX_NAME 255
#define MAX_TYPE 127

/* What a client may offer to open: a web address. text (taken) may be NULL. */
static char *take_uri(char *text)
{
	g_autofree char *uri = text;
	g_autofree char *scheme = NULL;

	if (!uri || !*g_strstrip(uri) || strlen(uri) > MAX_URI || strpbrk(uri, " \t\n"))
		return NULL;
	scheme = g_uri_parse_scheme(uri);
	if (!scheme ||
	    (g_ascii_strcasecmp(scheme, "https") != 0 && g_ascii_strcasecmp(scheme, "http") != 0))
		return NULL;
	return g_steal_pointer(&uri);
}

/* A name without a folder; text (taken) may be NULL. */
static char *take_name(char *text)
{
	g_autofree char *name = text;
	char *slash;

	if (!name)
		return NULL;
	while ((slash = strpbrk(name, "/\\")))
		memmove(name, slash + 1, strlen(slash));
	g_strstrip(name);
	if (!*name || strlen(name) > MAX_NAME || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return NULL;
	return g_steal_pointer(&name);
}

static char *take_type(char *text)
{
	g_autofree char *type = text;

	return type && cusax_file_is_type(g_strstrip(type)) && strlen(type) <= MAX_TYPE
		       ? g_steal_pointer(&type)
		       : NULL;
}

static CusaxFile *read_sharing(CusaxNode *sharing)
{
	CusaxNode *about = cusax_node_child(sharing, "file", CUSAX_NS_FILE_METADATA);
	CusaxNode *sources = cusax_node_child(sharing, "sources", CUSAX_NS_FILE_SHARING);
	g_autoptr(CusaxFile) file = cusax_file_new(NULL);
	g_autofree char *size = NULL;

	for (CusaxNode *n = sources ? cusax_node_first(sources) : NULL; n && !file->uri;
	     n = cusax_node_next(n)) {
		if (cusax_node_is(n, "url-data", CUSAX_NS_URL_DATA))
			file->uri = take_uri(g_strdup(cusax_node_attr(n, "target")));
	}
	if (!file->uri)
		return NULL;
	if (!about)
		return g_steal_pointer(&file);
	file->name = take_name(cusax_node_child_text(about, "name", CUSAX_NS_FILE_METADATA));
	file->type = take_type(cusax_node_child_text(about, "media-type", CUSAX_NS_FILE_METADATA));
	size = cusax_node_child_text(about, "size", CUSAX_NS_FILE_METADATA);
	if (size)
		g_ascii_string_to_unsigned(g_strstrip(size), 10, 0, G_MAXINT64, &file->size, NULL);
	return g_steal_pointer(&file);
}

/* The last part of the path, as servers give it. */
static char *name_in(const char *address)
{
	g_autoptr(GUri) uri = g_uri_parse(address, G_URI_FLAGS_PARSE_RELAXED, NULL);
	const char *path = uri ? g_uri_get_path(uri) : "";
	const char *slash = strrchr(path, '/');

	return slash && g_utf8_validate(slash, -1, NULL) ? take_name(g_strdup(slash + 1)) : NULL;
}

CusaxFile *cusax_xmpp_file_read(CusaxNode *message)
{
	CusaxNode *sharing = cusax_node_child(message, "file-sharing", CUSAX_NS_FILE_SHARING);
	CusaxNode *oob = cusax_node_child(message, "x", CUSAX_NS_OOB);
	CusaxFile *file = sharing ? read_sharing(sharing) : NULL;
	char *uri = NULL;

	if (!file && oob)
		uri = take_uri(cusax_node_child_text(oob, "url", CUSAX_NS_OOB));
	if (uri)
		file = cusax_file_new(uri);
	g_free(uri);
	if (file && !file->name)
		file->name = name_in(file->uri);
	return file;
}

void cusax_xmpp_file_write(CusaxNode *message, const CusaxFile *file)
{
	CusaxNode *sharing = cusax_node_add(message, "file-sharing", CUSAX_NS_FILE_SHARING);
	CusaxNode *about = cusax_node_add(sharing, "file", CUSAX_NS_FILE_METADATA);
	CusaxNode *sources = cusax_node_add(sharing, "sources", CUSAX_NS_FILE_SHARING);
	g_autofree char *size = g_strdup_printf("%" G_GUINT64_FORMAT, file->size);

	cusax_node_set(sharing, "disposition", "inline");
	cusax_node_add_text(about, "media-type", CUSAX_NS_FILE_METADATA, file->type);
	cusax_node_add_text(about, "name", CUSAX_NS_FILE_METADATA, file->name);
	if (file->size)
		cusax_node_add_text(about, "size", CUSAX_NS_FILE_METADATA, size);
	cusax_node_set(cusax_node_add(sources, "url-data", CUSAX_NS_URL_DATA), "target", file->uri);
	cusax_node_add_text(cusax_node_add(message, "x", CUSAX_NS_OOB), "url", CUSAX_NS_OOB,
			    file->uri);
}
