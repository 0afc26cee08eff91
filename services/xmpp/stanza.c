/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Nodes over libstrophe's stanza functions, with one sanitiser at every setter. */
/* Main thread only. */
#include "services/xmpp/stanza.h"

#include <string.h>

#include "daemon/base/text.h"

static void *node_alloc(size_t size, G_GNUC_UNUSED void *data)
{
	return g_malloc(size);
}

static void *node_realloc(void *block, size_t size, G_GNUC_UNUSED void *data)
{
	return g_realloc(block, size);
}

static void node_release(void *block, G_GNUC_UNUSED void *data)
{
	g_free(block);
}

/* GLib's allocator: no node is ever half built, and texts can be freed with g_free(). */
static xmpp_ctx_t *context(void)
{
	static xmpp_mem_t memory = { .alloc = node_alloc,
				     .free = node_release,
				     .realloc = node_realloc };
	static xmpp_ctx_t *ctx;

	if (!ctx)
		ctx = xmpp_ctx_new(&memory, NULL);
	return ctx;
}

static gboolean is_dropped(gunichar c)
{
	return (c < 0x20 && c != '\t' && c != '\n') || (c >= 0x7f && c <= 0x9f) || c == 0xfffe ||
	       c == 0xffff;
}

char *cusax_text_clean(const char *text, gssize length)
{
	gsize size = length < 0 ? strlen(text) : (gsize)length;
	g_autofree char *valid = NULL;
	GString *clean;

	if (cusax_text_plain(text, size) == size)
		return g_strndup(text, size);
	valid = g_utf8_make_valid(text, (gssize)size);
	clean = g_string_sized_new(strlen(valid));
	for (const char *p = valid; *p; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		if (c == '\r') {
			if (p[1] != '\n')
				g_string_append_c(clean, '\n');
		} else if (!is_dropped(c)) {
			g_string_append_len(clean, p, g_utf8_next_char(p) - p);
		}
	}
	return g_string_free(clean, FALSE);
}

gboolean cusax_node_is(CusaxNode *node, const char *name, const char *ns)
{
	return g_strcmp0(cusax_node_name(node), name) == 0 &&
	       g_strcmp0(cusax_node_ns(node), ns) == 0;
}

static CusaxNode *skip_text(CusaxNode *node)
{
	while (node && !xmpp_stanza_is_tag(node))
		node = xmpp_stanza_get_next(node);
	return node;
}

CusaxNode *cusax_node_first(CusaxNode *node)
{
	return skip_text(xmpp_stanza_get_children(node));
}

CusaxNode *cusax_node_next(CusaxNode *node)
{
	return skip_text(xmpp_stanza_get_next(node));
}

char *cusax_node_text(CusaxNode *node)
{
	g_autofree char *text = node ? xmpp_stanza_get_text(node) : NULL;

	return text ? cusax_text_clean(text, -1) : NULL;
}

char *cusax_node_child_text(CusaxNode *node, const char *name, const char *ns)
{
	return cusax_node_text(cusax_node_child(node, name, ns));
}

CusaxNode *cusax_node_new(const char *name, const char *ns)
{
	CusaxNode *node = xmpp_stanza_new(context());

	xmpp_stanza_set_name(node, name);
	xmpp_stanza_set_ns(node, ns);
	return node;
}

CusaxNode *cusax_node_ref(CusaxNode *node)
{
	return xmpp_stanza_clone(node);
}

CusaxNode *cusax_node_copy(CusaxNode *node)
{
	return xmpp_stanza_copy(node);
}

void cusax_node_unref(CusaxNode *node)
{
	if (node)
		xmpp_stanza_release(node);
}

void cusax_node_set(CusaxNode *node, const char *name, const char *value)
{
	g_autofree char *clean = NULL;

	if (!value)
		return;
	clean = g_strdelimit(cusax_text_clean(value, -1), "\t\n", ' ');
	xmpp_stanza_set_attribute(node, name, clean);
}

void cusax_node_adopt(CusaxNode *node, CusaxNode *child)
{
	xmpp_stanza_add_child_ex(node, child, 0);
}

CusaxNode *cusax_node_add(CusaxNode *node, const char *name, const char *ns)
{
	CusaxNode *child = cusax_node_new(name, ns);

	cusax_node_adopt(node, child);
	return child;
}

void cusax_node_set_text(CusaxNode *node, const char *text, gssize length)
{
	g_autofree char *clean = cusax_text_clean(text, length);
	CusaxNode *child = xmpp_stanza_new(context());

	xmpp_stanza_set_text(child, clean);
	cusax_node_adopt(node, child);
}

CusaxNode *cusax_node_add_text(CusaxNode *node, const char *name, const char *ns, const char *text)
{
	CusaxNode *child;

	if (!text)
		return NULL;
	child = cusax_node_add(node, name, ns);
	cusax_node_set_text(child, text, -1);
	return child;
}

char *cusax_node_to_text(CusaxNode *node, gsize *ret_length)
{
	char *text = NULL;
	size_t length = 0;

	xmpp_stanza_to_text(node, &text, &length);
	if (ret_length)
		*ret_length = length;
	return text;
}
