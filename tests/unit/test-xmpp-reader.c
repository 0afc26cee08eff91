/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The stream reader: each limit with a good stanza behind it, each hard end, any cut into reads. */
/* Main thread. */
#include <stdlib.h>
#include <string.h>

#include "daemon/base/error.h"
#include "services/xmpp/reader.h"

#define HEADER                                                                                     \
	"<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='"                 \
	"http://etherx.jabber.org/streams' version='1.0' from='xmpp.test'>"

/* What happened, as one line: "open;stanza(…);swallowed(…);" */
typedef struct {
	GString *log;
	CusaxReader *reader;
	gboolean restart_on_proceed;
	gboolean stop_on_stop;
} Record;

static int compare(gconstpointer a, gconstpointer b)
{
	return strcmp(((const char *const *)a)[0], ((const char *const *)b)[0]);
}

static void dump_attributes(CusaxNode *node, const char *parent_ns, GString *out)
{
	const char *pairs[2 * CUSAX_READER_MAX_ATTRIBUTES + 2];
	int n = xmpp_stanza_get_attributes(node, pairs, G_N_ELEMENTS(pairs));

	qsort(pairs, (gsize)n / 2, 2 * sizeof(pairs[0]), compare);
	for (int i = 0; i < n; i += 2) {
		if (strcmp(pairs[i], "xmlns") != 0)
			g_string_append_printf(out, " %s='%s'", pairs[i], pairs[i + 1]);
	}
	if (strcmp(cusax_node_ns(node), parent_ns) != 0)
		g_string_append_printf(out, " xmlns='%s'", cusax_node_ns(node));
}

/* The tree as text, attributes in order of their names. */
static void dump(CusaxNode *node, const char *parent_ns, GString *out)
{
	if (xmpp_stanza_is_text(node)) {
		g_string_append(out, xmpp_stanza_get_text_ptr(node));
		return;
	}
	g_string_append_printf(out, "<%s", cusax_node_name(node));
	dump_attributes(node, parent_ns, out);
	g_string_append_c(out, '>');
	for (CusaxNode *n = xmpp_stanza_get_children(node); n; n = xmpp_stanza_get_next(n))
		dump(n, cusax_node_ns(node), out);
	g_string_append(out, "</>");
}

static void on_opened(CusaxNode *header, gpointer data)
{
	g_string_append_printf(((Record *)data)->log, "open %s;", cusax_node_attr(header, "from"));
}

static void on_stanza(CusaxNode *stanza, gpointer data)
{
	Record *record = data;

	dump(stanza, "jabber:client", record->log);
	g_string_append_c(record->log, ';');
	if (record->restart_on_proceed && strcmp(cusax_node_name(stanza), "proceed") == 0)
		cusax_reader_restart(record->reader);
	if (strcmp(cusax_node_name(stanza), "stop") == 0)
		cusax_reader_stop(record->reader);
}

static gboolean on_bulk(G_GNUC_UNUSED CusaxNode *iq, const char *name, const char *ns,
			gpointer data)
{
	gboolean is_list = strcmp(name, "query") == 0 && strcmp(ns, "list") == 0;

	if (is_list)
		g_string_append(((Record *)data)->log, "bulk;");
	return is_list;
}

static void on_item(CusaxNode *iq, CusaxNode *item, gpointer data)
{
	Record *record = data;

	g_string_append_printf(record->log, "%s:", cusax_node_attr(iq, "id"));
	dump(item, "list", record->log);
	g_string_append_c(record->log, ';');
}

static void on_swallowed(CusaxNode *head, const char *why, gboolean item, gpointer data)
{
	const char *id = head ? cusax_node_attr(head, "id") : NULL;

	g_string_append_printf(((Record *)data)->log, "swallowed %s %s%s;",
			       head ? cusax_node_name(head) : "-", why, item ? " item" : "");
	if (head)
		g_assert_null(cusax_node_first(head));
	if (id)
		g_assert_cmpstr(id, ==, "x");
}

static void on_closed(gpointer data)
{
	g_string_append(((Record *)data)->log, "closed;");
}

static const CusaxReaderHandlers handlers = { on_opened, on_stanza,    on_bulk,
					      on_item,   on_swallowed, on_closed };

/* Feeds text in pieces of chunk bytes; gives what happened, and "error: …" at the end. */
static char *read_all(const char *text, gsize length, gsize chunk)
{
	Record record = { .log = g_string_new(NULL), .restart_on_proceed = TRUE };
	g_autoptr(CusaxReader) reader = cusax_reader_new(&handlers, &record);
	g_autoptr(GError) error = NULL;

	record.reader = reader;
	/* expat looks at an unfinished tag anew with every read: large ones are cut less finely. */
	if (length > 65536)
		chunk *= 500;
	for (gsize at = 0; at < length; at += chunk) {
		if (!cusax_reader_feed(reader, text + at, MIN(chunk, length - at), &error)) {
			g_assert_error(error, CUSAX_ERROR, CUSAX_ERROR_FAILED);
			g_string_append_printf(record.log, "error: %s",
					       strstr(error->message, ": ") + 2);
			break;
		}
	}
	return g_string_free(record.log, FALSE);
}

/* --- exact outcomes -------------------------------------------------------------------------- */

typedef struct {
	const char *name;
	const char *input; /* after the header */
	const char *expected;
} Row;

#define GOOD     "<message id='g'><body>ok</body></message>"
#define GOOD_OUT "<message id='g'><body>ok</></>;"

static const Row rows[] = {
	{ "a message", GOOD, GOOD_OUT },
	{ "white space between stanzas", " \n" GOOD "\t\r\n" GOOD, GOOD_OUT GOOD_OUT },
	{ "default namespace of a child",
	  "<iq id='1'><query xmlns='jabber:iq:roster'><item jid='a@b'/></query></iq>",
	  "<iq id='1'><query xmlns='jabber:iq:roster'><item jid='a@b'></></></>;" },
	{ "prefixed child", "<message xmlns:d='urn:d'><d:x><d:y/></d:x></message>",
	  "<message><x xmlns='urn:d'><y></></></>;" },
	{ "prefix is undone at its end",
	  "<message xmlns:d='urn:d'><d:x/></message><message><d:x/></message>",
	  "<message><x xmlns='urn:d'></></>;"
	  "error: an element's prefix is not bound to a namespace" },
	{ "inner binding shadows the outer",
	  "<message xmlns:d='urn:1'><d:a xmlns:d='urn:2'/><d:b/></message>",
	  "<message><a xmlns='urn:2'></><b xmlns='urn:1'></></>;" },
	{ "no namespace", "<message><x xmlns=''/></message>", "<message><x xmlns=''></></>;" },
	{ "prefixed attribute is dropped, xml:lang is kept",
	  "<message xmlns:d='urn:d' d:id='forged' xml:lang='fr' id='g'/>",
	  "<message id='g' xml:lang='fr'></>;" },
	{ "CDATA and character references", "<message><![CDATA[<a>]]>&#65;&amp;</message>",
	  "<message><a>A&</>;" },
	{ "text around children", "<message>a<b/>c</message>", "<message>a<b></>c</>;" },
	{ "bulk",
	  "<iq id='r' type='result'><query xmlns='list' ver='7'> <item a='1'/>\n<item a='2'>"
	  "<g>x</g></item></query></iq>" GOOD,
	  "bulk;r:<item a='1'></>;r:<item a='2'><g>x</></>;"
	  "<iq id='r' type='result'><query ver='7' xmlns='list'></></>;" GOOD_OUT },
	{ "only a result is bulk", "<iq id='r' type='set'><query xmlns='list'><item/></query></iq>",
	  "<iq id='r' type='set'><query xmlns='list'><item></></></>;" },
	{ "a second child is not bulk",
	  "<iq id='r' type='result'><a/><query xmlns='list'><item/></query></iq>",
	  "<iq id='r' type='result'><a></><query xmlns='list'><item></></></>;" },
	{ "end of the stream", GOOD "</stream:stream>", GOOD_OUT "closed;" },
	{ "stop from a handler", "<stop/>" GOOD, "<stop></>;" },
	{ "restart", "<proceed/>", "<proceed></>;" },
	{ "a stanza behind the restart", "<proceed/>" GOOD,
	  "<proceed></>;error: data after the stream's restart" },
	{ "a new line behind the restart", "<proceed/>\n",
	  "<proceed></>;error: data after the stream's restart" },
	{ "the stream's end behind the restart", "<proceed/></stream:stream>",
	  "<proceed></>;error: data after the stream's restart" },
	{ "document type", "<!DOCTYPE a>", "error: not well-formed (invalid token)" },
	{ "processing instruction", "<?php a?>", "error: a processing instruction" },
	{ "comment", "<!-- a -->", "error: a comment" },
	{ "comment in a stanza", "<message><!-- a --></message>", "error: a comment" },
	{ "text between stanzas", "a", "error: text between stanzas" },
	{ "unknown entity", "<message>&a;</message>", "error: undefined entity" },
	{ "mismatched tags", "<message></iq>", "error: mismatched tag" },
	{ "the same attribute twice", "<message id='a' id='b'/>", "error: duplicate attribute" },
	{ "unbound prefix", "<a:message/>",
	  "error: an element's prefix is not bound to a namespace" },
	{ "two colons", "<message xmlns:a='b'><a:b:c/></message>",
	  "error: an element's prefix is not bound to a namespace" },
	{ "empty prefix binding", "<message xmlns:a=''/>",
	  "error: a namespace declaration is not allowed" },
	{ "reserved prefix binding", "<message xmlns:xml='urn:a'/>",
	  "error: a namespace declaration is not allowed" },
	{ "not UTF-8", "<message>\377</message>", "error: not well-formed (invalid token)" },
};

static void test_row(gconstpointer data)
{
	const Row *row = data;
	static const gsize chunks[] = { 1, 7, 100000 };
	g_autofree char *input = g_strconcat(HEADER, row->input, NULL);
	g_autofree char *expected = g_strconcat("open xmpp.test;", row->expected, NULL);

	for (guint i = 0; i < G_N_ELEMENTS(chunks); i++) {
		g_autofree char *found = read_all(input, strlen(input), chunks[i]);
		/* Bytes behind a restart that come in another read belong to what follows it. */
		gboolean apart = strstr(row->name, "behind the restart") && chunks[i] < 100;

		if (!apart)
			g_assert_cmpstr(found, ==, expected);
	}
}

/* --- limits ---------------------------------------------------------------------------------- */

typedef struct {
	const char *name;
	const char *before, *repeat, *middle, *close, *after;
	guint good, bad; /* how often repeat and close may stand, and what is one too many */
	const char *swallowed;
} Limit;

static const Limit limits[] = {
	{ "depth", "<message id='x'>", "<a>", "", "</a>", "</message>", CUSAX_READER_MAX_DEPTH - 1,
	  CUSAX_READER_MAX_DEPTH, "swallowed message depth;" },
	{ "elements", "<message id='x'>", "<a/>", "", "", "</message>",
	  CUSAX_READER_MAX_ELEMENTS - 1, CUSAX_READER_MAX_ELEMENTS, "swallowed message elements;" },
	{ "size of text", "<message id='x'>", "0123456789abcdef", "", "", "</message>", 16000,
	  17000, "swallowed message size;" },
	{ "size of one attribute", "<message id='x'><a b='", "0123456789abcdef", "'/>", "",
	  "</message>", 16000, 17000, "swallowed message size;" },
	{ "size of the first tag", "<message id='x' b='", "0123456789abcdef", "'/>", "", "", 16000,
	  17000, "swallowed - size;" },
	{ "namespace name", "<message id='x'><a xmlns='", "n", "'/>", "", "</message>",
	  CUSAX_READER_MAX_NS, CUSAX_READER_MAX_NS + 1, "swallowed message namespace;" },
	{ "items of a bulk answer are not counted together",
	  "<iq id='x' type='result'><query xmlns='list'>", "<item/>", "", "", "</query></iq>",
	  3 * CUSAX_READER_MAX_ELEMENTS, 0, NULL },
	{ "depth of a bulk item", "<iq id='x' type='result'><query xmlns='list'>", "<a>", "",
	  "</a>", "</query></iq>", CUSAX_READER_MAX_DEPTH - 2, CUSAX_READER_MAX_DEPTH - 1,
	  "swallowed iq depth item;" },
	{ "size of a bulk item", "<iq id='x' type='result'><query xmlns='list'><item n='",
	  "0123456789abcdef", "'/><item/>", "", "</query></iq>", 16000, 17000,
	  "swallowed iq size item;" },
};

static char *build_limit(const Limit *limit, guint n, gsize *ret_length)
{
	GString *text = g_string_new(HEADER);

	g_string_append(text, limit->before);
	for (guint i = 0; i < n; i++)
		g_string_append(text, limit->repeat);
	g_string_append(text, limit->middle);
	for (guint i = 0; i < n; i++)
		g_string_append(text, limit->close);
	g_string_append(text, limit->after);
	g_string_append(text, GOOD);
	*ret_length = text->len;
	return g_string_free(text, FALSE);
}

static void test_limit(gconstpointer data)
{
	const Limit *limit = data;
	static const gsize chunks[] = { 1, 7, 65536 };

	for (guint i = 0; i < G_N_ELEMENTS(chunks); i++) {
		gsize length;
		g_autofree char *good = build_limit(limit, limit->good, &length);
		g_autofree char *found_good = read_all(good, length, chunks[i]);
		g_autofree char *bad = NULL, *found_bad = NULL;

		g_assert_null(strstr(found_good, "swallowed"));
		g_assert_null(strstr(found_good, "error"));
		g_assert_true(g_str_has_suffix(found_good, GOOD_OUT));
		if (!limit->bad)
			continue;
		bad = build_limit(limit, limit->bad, &length);
		found_bad = read_all(bad, length, chunks[i]);
		g_assert_nonnull(strstr(found_bad, limit->swallowed));
		g_assert_null(strstr(found_bad, "error"));
		g_assert_true(g_str_has_suffix(found_bad, GOOD_OUT));
	}
}

static void test_attributes(void)
{
	for (guint n = CUSAX_READER_MAX_ATTRIBUTES; n <= CUSAX_READER_MAX_ATTRIBUTES + 1; n++) {
		g_autoptr(GString) text = g_string_new(HEADER "<message id='x'><a");
		g_autofree char *found = NULL;

		for (guint i = 0; i < n; i++)
			g_string_append_printf(text, " a%u=''", i);
		g_string_append(text, "/></message>" GOOD);
		found = read_all(text->str, text->len, 7);
		g_assert_cmpint(strstr(found, "swallowed message attributes;") != NULL, ==,
				n > CUSAX_READER_MAX_ATTRIBUTES);
		g_assert_true(g_str_has_suffix(found, GOOD_OUT));
	}
}

/* --- absurd sizes ---------------------------------------------------------------------------- */

typedef struct {
	const char *name, *before, *repeat;
	guint n;
	const char *error;
} Absurd;

static const Absurd absurd[] = {
	{ "a stanza of many megabytes ends the stream", "<message id='x'>", "<a>0123456789</a>",
	  400000, "error: a stanza is absurdly large" },
	{ "a tag without end ends the stream", "<message id='", "0123456789", 200000,
	  "error: a tag is absurdly long" },
	{ "a nesting without end ends the stream", "", "<a>", 300000,
	  "error: it is nested absurdly deep" },
};

static void test_absurd(gconstpointer data)
{
	const Absurd *row = data;
	g_autoptr(GString) text = g_string_new(HEADER);
	g_autofree char *found = NULL;

	g_string_append(text, row->before);
	for (guint i = 0; i < row->n; i++)
		g_string_append(text, row->repeat);
	found = read_all(text->str, text->len, 16384);
	g_assert_true(g_str_has_suffix(found, row->error));
}

/* A roster of that size comes in linear time and flat memory. */
static void test_large_bulk(void)
{
	g_autoptr(GString) text =
		g_string_new(HEADER "<iq id='x' type='result'><query xmlns='list'>");
	Record record = { .log = g_string_new(NULL) };
	g_autoptr(CusaxReader) reader = cusax_reader_new(&handlers, &record);

	for (guint i = 0; i < 20000; i++)
		g_string_append_printf(text, "<item jid='user%u@xmpp.test' name='User %u'/>", i, i);
	g_string_append(text, "</query></iq>");
	record.reader = reader;
	for (gsize at = 0; at < text->len; at += 16384) {
		g_assert_true(cusax_reader_feed(reader, text->str + at, MIN(16384, text->len - at),
						NULL));
		g_string_truncate(record.log, 0);
	}
	g_string_free(record.log, TRUE);
}

/* Freed in the middle of a stanza, of an item, of a swallowed one: nothing leaks. */
static void test_free_half_way(void)
{
	static const char *const halves[] = {
		HEADER "<message><a><b>text",
		HEADER "<iq id='x' type='result'><query xmlns='list'><item><group>te",
		HEADER "<message><a xmlns:p='q'><p:b c='d",
	};

	for (guint i = 0; i < G_N_ELEMENTS(halves); i++) {
		g_autofree char *found = read_all(halves[i], strlen(halves[i]), 7);

		g_assert_null(strstr(found, "error"));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *path = g_strconcat("/xmpp/reader/", rows[i].name, NULL);

		g_test_add_data_func(path, &rows[i], test_row);
	}
	for (guint i = 0; i < G_N_ELEMENTS(limits); i++) {
		g_autofree char *path = g_strconcat("/xmpp/reader/limit/", limits[i].name, NULL);

		g_test_add_data_func(path, &limits[i], test_limit);
	}
	for (guint i = 0; i < G_N_ELEMENTS(absurd); i++) {
		g_autofree char *path = g_strconcat("/xmpp/reader/", absurd[i].name, NULL);

		g_test_add_data_func(path, &absurd[i], test_absurd);
	}
	g_test_add_func("/xmpp/reader/limit/attributes", test_attributes);
	g_test_add_func("/xmpp/reader/a roster of 20,000 is read item by item", test_large_bulk);
	g_test_add_func("/xmpp/reader/freed half way", test_free_half_way);
	return g_test_run();
}
