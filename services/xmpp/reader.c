/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The stream reader: expat's events to stanzas, limits, namespaces by an own prefix table. */
/* Main thread only. */
#include "services/xmpp/reader.h"

#include <expat.h>
#include <string.h>

#include "daemon/base/error.h"

/* Expat without CVE-2023-52425's mend has neither the deferral nor the switch: its header and its
 * library are asked for neither. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wredundant-decls"
extern XML_Bool XML_SetReparseDeferralEnabled(XML_Parser parser, XML_Bool enabled)
	__attribute__((weak));
#pragma GCC diagnostic pop

/* Open elements, the stream's own included: 1 is between stanzas, 2 in a stanza. */
#define STREAM_DEPTH 1
#define STANZA_DEPTH 2
#define LIST_DEPTH   3 /* in the first child of a stanza: where bulk items are */

typedef struct {
	char *prefix; /* "" is the default namespace */
	char *uri;
	guint depth; /* of the element that declares it */
} Binding;

struct CusaxReader {
	XML_Parser parser;
	const CusaxReaderHandlers *handlers;
	gpointer data;

	gint64 fed;        /* bytes of this stream */
	gint64 restart_at; /* where the token ends that restarted; -1: none did */
	gboolean restarting;
	gboolean stopped;
	GError *error; /* why the stream ended */

	guint depth;
	gint64 begin;   /* first byte of the stanza or item */
	guint elements; /* so far in the stanza or item */
	gboolean bulk;  /* the children of open[1] are items */
	guint skip_to;  /* 0: reading; else nothing counts until that depth is left */
	CusaxNode *open
		[CUSAX_READER_MAX_DEPTH]; /* open[0] is the stanza; items are not its children */
	GString *text;                    /* of the element that is open */
	GArray *bindings;                 /* Binding, innermost last */
};

/* --- ends ------------------------------------------------------------------------------------ */

static void fail(CusaxReader *reader, const char *why)
{
	if (!reader->error)
		reader->error = g_error_new(CUSAX_ERROR, CUSAX_ERROR_FAILED,
					    "the server's stream is not valid: %s", why);
	cusax_reader_stop(reader);
}

static gint64 token_end(CusaxReader *reader)
{
	return XML_GetCurrentByteIndex(reader->parser) + XML_GetCurrentByteCount(reader->parser);
}

/* --- namespaces ------------------------------------------------------------------------------ */

static void clear_binding(gpointer item)
{
	Binding *binding = item;

	g_free(binding->prefix);
	g_free(binding->uri);
}

static const char *find_uri(CusaxReader *reader, const char *prefix, gsize length)
{
	for (guint i = reader->bindings->len; i > 0; i--) {
		Binding *binding = &g_array_index(reader->bindings, Binding, i - 1);

		if (strncmp(binding->prefix, prefix, length) == 0 && !binding->prefix[length])
			return binding->uri;
	}
	return length == 0 ? "" : NULL;
}

static void drop_bindings(CusaxReader *reader)
{
	guint n = reader->bindings->len;

	while (n > 0 && g_array_index(reader->bindings, Binding, n - 1).depth > reader->depth)
		n--;
	g_array_set_size(reader->bindings, n);
}

/* Takes the declarations of one element. FALSE: the stanza is over a limit, or the stream ended. */
static gboolean bind_namespaces(CusaxReader *reader, const char **attributes)
{
	for (guint i = 0; attributes[i]; i += 2) {
		const char *name = attributes[i], *uri = attributes[i + 1];
		Binding binding;

		if (!g_str_has_prefix(name, "xmlns") || (name[5] != '\0' && name[5] != ':'))
			continue;
		if (name[5] == ':' && (!name[6] || !*uri || strcmp(name + 6, "xml") == 0 ||
				       strcmp(name + 6, "xmlns") == 0)) {
			fail(reader, "a namespace declaration is not allowed");
			return FALSE;
		}
		if (strlen(uri) > CUSAX_READER_MAX_NS)
			return FALSE;
		binding.prefix = g_strdup(name[5] ? name + 6 : "");
		binding.uri = g_strdup(uri);
		binding.depth = reader->depth;
		g_array_append_val(reader->bindings, binding);
	}
	return TRUE;
}

/* Splits a qualified name; ends the stream where its prefix is not bound. */
static const char *resolve(CusaxReader *reader, const char *name, const char **ret_uri)
{
	const char *colon = strchr(name, ':');

	*ret_uri = find_uri(reader, colon ? name : "", colon ? (gsize)(colon - name) : 0);
	if (!*ret_uri || (colon && (colon == name || !colon[1] || strchr(colon + 1, ':')))) {
		fail(reader, "an element's prefix is not bound to a namespace");
		return NULL;
	}
	return colon ? colon + 1 : name;
}

/* --- limits ---------------------------------------------------------------------------------- */

static gboolean is_in_item(CusaxReader *reader)
{
	return reader->bulk && reader->depth > LIST_DEPTH;
}

static void drop_open(CusaxReader *reader, guint from)
{
	for (guint i = from; i < CUSAX_READER_MAX_DEPTH && reader->open[i]; i++) {
		/* What is deeper belongs to its parent, except the root of an item. */
		if (i == 0 || (reader->bulk && i == LIST_DEPTH - 1))
			cusax_node_unref(reader->open[i]);
		reader->open[i] = NULL;
	}
}

/* From here to the end of the stanza or item nothing counts. */
static void swallow(CusaxReader *reader, const char *why)
{
	gboolean item = is_in_item(reader);
	CusaxNode *head = reader->open[0];
	g_autoptr(CusaxNode) bare = NULL;

	if (reader->stopped)
		return;
	reader->skip_to = item ? LIST_DEPTH : STREAM_DEPTH;
	g_string_truncate(reader->text, 0);
	if (head) {
		static const char *const kept[] = { "id", "from", "to", "type" };

		bare = cusax_node_new(cusax_node_name(head), cusax_node_ns(head));
		for (guint i = 0; i < G_N_ELEMENTS(kept); i++)
			cusax_node_set(bare, kept[i], cusax_node_attr(head, kept[i]));
	}
	drop_open(reader, item ? LIST_DEPTH - 1 : 0);
	if (!item)
		reader->bulk = FALSE;
	reader->handlers->swallowed(bare, why, item, reader->data);
}

/* FALSE: too large, and dealt with. Called for every event inside a stanza. */
static gboolean check_size(CusaxReader *reader)
{
	gint64 size = token_end(reader) - reader->begin;

	if (size > CUSAX_READER_ABSURD_SIZE) {
		fail(reader, "a stanza is absurdly large");
		return FALSE;
	}
	if (reader->skip_to)
		return FALSE;
	if (size > CUSAX_READER_MAX_SIZE) {
		swallow(reader, "size");
		return FALSE;
	}
	return TRUE;
}

static gboolean is_over_limit(CusaxReader *reader, const char **attributes)
{
	guint n = 0;

	while (attributes[n])
		n += 2;
	if (n / 2 > CUSAX_READER_MAX_ATTRIBUTES)
		swallow(reader, "attributes");
	else if (!check_size(reader))
		return TRUE;
	else if (reader->depth - STREAM_DEPTH > CUSAX_READER_MAX_DEPTH)
		swallow(reader, "depth");
	else if (++reader->elements > CUSAX_READER_MAX_ELEMENTS)
		swallow(reader, "elements");
	else
		return FALSE;
	return TRUE;
}

/* --- trees ----------------------------------------------------------------------------------- */

static CusaxNode *build(CusaxReader *reader, const char *name, const char **attributes)
{
	const char *uri, *local = resolve(reader, name, &uri);
	CusaxNode *node;

	if (!local)
		return NULL;
	node = cusax_node_new(local, uri);
	for (guint i = 0; attributes[i]; i += 2) {
		const char *attribute = attributes[i];

		/* Nothing in XMPP depends on another prefixed attribute. */
		if (strcmp(attribute, "xmlns") == 0 ||
		    (strchr(attribute, ':') && strcmp(attribute, "xml:lang") != 0))
			continue;
		xmpp_stanza_set_attribute(node, attribute, attributes[i + 1]);
	}
	return node;
}

static void flush_text(CusaxReader *reader)
{
	guint level = reader->depth - STANZA_DEPTH;

	if (reader->text->len == 0)
		return;
	/* In a list text between items means nothing. */
	if (!(reader->bulk && level == 1))
		cusax_node_set_text(reader->open[level], reader->text->str,
				    (gssize)reader->text->len);
	g_string_truncate(reader->text, 0);
}

static gboolean starts_bulk(CusaxReader *reader, CusaxNode *node)
{
	CusaxNode *iq = reader->open[0];

	return reader->depth == LIST_DEPTH && strcmp(cusax_node_name(iq), "iq") == 0 &&
	       g_strcmp0(cusax_node_attr(iq, "type"), "result") == 0 && !cusax_node_first(iq) &&
	       reader->handlers->bulk(iq, cusax_node_name(node), cusax_node_ns(node), reader->data);
}

static void start_in_stanza(CusaxReader *reader, const char *name, const char **attributes)
{
	guint level = reader->depth - STANZA_DEPTH;
	gboolean item = reader->bulk && level == LIST_DEPTH - 1;
	CusaxNode *node;

	if (level == 0 || item) {
		reader->begin = XML_GetCurrentByteIndex(reader->parser);
		reader->elements = 0;
	}
	if (is_over_limit(reader, attributes))
		return;
	if (level > 0) {
		/* The text so far belongs to the parent. */
		reader->depth--;
		flush_text(reader);
		reader->depth++;
	}
	if (!bind_namespaces(reader, attributes)) {
		swallow(reader, "namespace");
		return;
	}
	node = build(reader, name, attributes);
	if (!node)
		return;
	if (level > 0 && !item) {
		if (starts_bulk(reader, node))
			reader->bulk = TRUE;
		cusax_node_adopt(reader->open[level - 1], node);
	}
	reader->open[level] = node;
}

static void start_stream(CusaxReader *reader, const char *name, const char **attributes)
{
	g_autoptr(CusaxNode) header = NULL;

	if (!bind_namespaces(reader, attributes)) {
		fail(reader, "the namespaces of its header");
		return;
	}
	header = build(reader, name, attributes);
	if (!header)
		return;
	if (!cusax_node_is(header, "stream", XMPP_NS_STREAMS)) {
		fail(reader, "it does not begin with a stream header");
		return;
	}
	reader->handlers->opened(header, reader->data);
}

static void XMLCALL on_start(void *data, const char *name, const char **attributes)
{
	CusaxReader *reader = data;

	if (reader->stopped)
		return;
	if (reader->restarting) {
		fail(reader, "data after the stream's restart");
		return;
	}
	if (++reader->depth > CUSAX_READER_ABSURD_DEPTH)
		fail(reader, "it is nested absurdly deep");
	else if (reader->skip_to)
		check_size(reader);
	else if (reader->depth == STREAM_DEPTH)
		start_stream(reader, name, attributes);
	else
		start_in_stanza(reader, name, attributes);
}

/* Level 0 ends a stanza; in bulk mode level 2 ends an item. */
static void end_node(CusaxReader *reader)
{
	guint level = reader->depth - STANZA_DEPTH;
	CusaxNode *node = reader->open[level];

	flush_text(reader);
	reader->open[level] = NULL;
	if (level == 0) {
		reader->bulk = FALSE;
		reader->handlers->stanza(node, reader->data);
		cusax_node_unref(node);
		if (reader->restarting)
			reader->restart_at = token_end(reader);
	} else if (reader->bulk && level == LIST_DEPTH - 1) {
		reader->handlers->item(reader->open[0], node, reader->data);
		cusax_node_unref(node);
	}
}

/* Each item of a bulk answer counts for itself. */
static void leave_item(CusaxReader *reader)
{
	if (reader->bulk && reader->depth == LIST_DEPTH) {
		reader->begin = token_end(reader);
		reader->elements = 0;
	}
}

static void XMLCALL on_end(void *data, G_GNUC_UNUSED const char *name)
{
	CusaxReader *reader = data;

	if (reader->stopped)
		return;
	if (reader->restarting) {
		fail(reader, "data after the stream's restart");
		return;
	}
	if (!reader->skip_to && reader->depth == STREAM_DEPTH)
		reader->handlers->closed(reader->data);
	else if (!reader->skip_to && check_size(reader))
		end_node(reader);
	reader->depth--;
	if (reader->skip_to == reader->depth)
		reader->skip_to = 0;
	leave_item(reader);
	drop_bindings(reader);
}

static void XMLCALL on_text(void *data, const char *text, int length)
{
	CusaxReader *reader = data;

	if (reader->stopped)
		return;
	if (reader->depth == STREAM_DEPTH) {
		for (int i = 0; i < length; i++) {
			if (!strchr(" \t\r\n", text[i])) {
				fail(reader, "text between stanzas");
				return;
			}
		}
	} else if (check_size(reader)) {
		g_string_append_len(reader->text, text, length);
	}
}

static void XMLCALL on_doctype(void *data, G_GNUC_UNUSED const char *name,
			       G_GNUC_UNUSED const char *system, G_GNUC_UNUSED const char *public,
			       G_GNUC_UNUSED int internal)
{
	fail(data, "a document type declaration");
}

static void XMLCALL on_instruction(void *data, G_GNUC_UNUSED const char *target,
				   G_GNUC_UNUSED const char *text)
{
	fail(data, "a processing instruction");
}

static void XMLCALL on_comment(void *data, G_GNUC_UNUSED const char *text)
{
	fail(data, "a comment");
}

/* --- life ------------------------------------------------------------------------------------ */

static void set_up(CusaxReader *reader)
{
	XML_SetUserData(reader->parser, reader);
	XML_SetElementHandler(reader->parser, on_start, on_end);
	XML_SetCharacterDataHandler(reader->parser, on_text);
	XML_SetStartDoctypeDeclHandler(reader->parser, on_doctype);
	XML_SetProcessingInstructionHandler(reader->parser, on_instruction);
	XML_SetCommentHandler(reader->parser, on_comment);
	/* A stanza is handled when its last byte is here, however it was cut into reads. */
	if (XML_SetReparseDeferralEnabled)
		XML_SetReparseDeferralEnabled(reader->parser, XML_FALSE);
	reader->fed = 0;
	reader->restart_at = -1;
	reader->restarting = FALSE;
}

static void clear(CusaxReader *reader)
{
	drop_open(reader, 0);
	g_array_set_size(reader->bindings, 0);
	g_string_truncate(reader->text, 0);
	reader->depth = 0;
	reader->skip_to = 0;
	reader->bulk = FALSE;
}

CusaxReader *cusax_reader_new(const CusaxReaderHandlers *handlers, gpointer data)
{
	CusaxReader *reader = g_new0(CusaxReader, 1);

	reader->handlers = handlers;
	reader->data = data;
	reader->text = g_string_new(NULL);
	reader->bindings = g_array_new(FALSE, FALSE, sizeof(Binding));
	g_array_set_clear_func(reader->bindings, clear_binding);
	reader->parser = XML_ParserCreate("UTF-8");
	if (!reader->parser)
		g_error("out of memory");
	set_up(reader);
	return reader;
}

void cusax_reader_free(CusaxReader *reader)
{
	if (!reader)
		return;
	clear(reader);
	XML_ParserFree(reader->parser);
	g_array_unref(reader->bindings);
	g_string_free(reader->text, TRUE);
	g_clear_error(&reader->error);
	g_free(reader);
}

void cusax_reader_restart(CusaxReader *reader)
{
	reader->restarting = TRUE;
}

void cusax_reader_stop(CusaxReader *reader)
{
	if (reader->stopped)
		return;
	reader->stopped = TRUE;
	XML_StopParser(reader->parser, XML_FALSE);
}

static gboolean report(CusaxReader *reader, GError **error)
{
	if (reader->error)
		g_propagate_error(error, g_error_copy(reader->error));
	return !reader->error;
}

static void parse(CusaxReader *reader, const char *bytes, gsize length)
{
	reader->fed += (gint64)length;
	if (XML_Parse(reader->parser, bytes, (int)length, XML_FALSE) != XML_STATUS_OK) {
		if (!reader->stopped)
			fail(reader, XML_ErrorString(XML_GetErrorCode(reader->parser)));
	} else if (reader->restarting && reader->restart_at != reader->fed) {
		fail(reader, "data after the stream's restart");
	} else if (reader->fed - XML_GetCurrentByteIndex(reader->parser) >
		   CUSAX_READER_ABSURD_TOKEN) {
		fail(reader, "a tag is absurdly long");
	}
}

gboolean cusax_reader_feed(CusaxReader *reader, const char *bytes, gsize length, GError **error)
{
	if (reader->stopped)
		return report(reader, error);
	if (reader->restarting) {
		XML_ParserReset(reader->parser, "UTF-8");
		clear(reader);
		set_up(reader);
	}
	parse(reader, bytes, length);
	return report(reader, error);
}
