/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The nodes of stanzas: the one place that knows which library holds the trees. */
/* Main thread only: reference counts are not atomic. */
#pragma once

#include <glib.h>
#include <strophe.h>

typedef xmpp_stanza_t CusaxNode;

/* --- reading; every result is borrowed unless it says otherwise ------------------------------- */

static inline const char *cusax_node_name(CusaxNode *node)
{
	return xmpp_stanza_get_name(node);
}

/* "" for none; never NULL for an element that the reader or cusax_node_new() made. */
static inline const char *cusax_node_ns(CusaxNode *node)
{
	return xmpp_stanza_get_ns(node);
}

/* NULL where the node has no such attribute. "xml:lang" goes by that full name. */
static inline const char *cusax_node_attr(CusaxNode *node, const char *name)
{
	return xmpp_stanza_get_attribute(node, name);
}

static inline CusaxNode *cusax_node_child(CusaxNode *node, const char *name, const char *ns)
{
	return xmpp_stanza_get_child_by_name_and_ns(node, name, ns);
}

gboolean cusax_node_is(CusaxNode *node, const char *name, const char *ns);

/* Elements alone: text between them is stepped over. NULL: no more. */
CusaxNode *cusax_node_first(CusaxNode *node);
CusaxNode *cusax_node_next(CusaxNode *node);

/* The joined text of the node made safe as in cusax_text_clean(); free with g_free(). NULL where it
 * has none or node is NULL. */
char *cusax_node_text(CusaxNode *node);

/* The same of a child. */
char *cusax_node_child_text(CusaxNode *node, const char *name, const char *ns);

/* --- building -------------------------------------------------------------------------------- */

/* A new element; ns "" for none. */
CusaxNode *cusax_node_new(const char *name, const char *ns);
CusaxNode *cusax_node_ref(CusaxNode *node);
CusaxNode *cusax_node_copy(CusaxNode *node); /* with all below it, without a parent */
void cusax_node_unref(CusaxNode *node);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CusaxNode, cusax_node_unref)

/* Sets an attribute; value NULL sets nothing. Made safe: see cusax_text_clean(); a tab or a new line
 * becomes a space, as a parser would make of it. */
void cusax_node_set(CusaxNode *node, const char *name, const char *value);

/* Appends a child element and gives it, borrowed from its parent. */
CusaxNode *cusax_node_add(CusaxNode *node, const char *name, const char *ns);

/* The same with text in it, made safe; text NULL adds nothing and gives NULL. */
CusaxNode *cusax_node_add_text(CusaxNode *node, const char *name, const char *ns, const char *text);

/* Appends a child that was made elsewhere; takes it. */
void cusax_node_adopt(CusaxNode *node, CusaxNode *child);

/* Sets the text of a node without children; length -1: up to its NUL. Made safe. */
void cusax_node_set_text(CusaxNode *node, const char *text, gssize length);

/* What goes on the wire; free with g_free(). */
char *cusax_node_to_text(CusaxNode *node, gsize *ret_length);

/* --- text ------------------------------------------------------------------------------------ */

/* text as XML 1.0 and a person may have it: valid UTF-8 without control characters (C0 other than
 * tab and new line, DEL, C1) and without U+FFFE and U+FFFF; a carriage return is a new line.
 * Free with g_free(). length -1: up to its NUL. */
char *cusax_text_clean(const char *text, gssize length);
