/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sanitiser at the setters: what goes on the wire is always well-formed. */
/* Main thread. */
#include "services/xmpp/reader.h"
#include "services/xmpp/stanza.h"

typedef struct {
	const char *name;
	const char *text;
	const char *expected;  /* as text */
	const char *attribute; /* as an attribute; NULL: the same */
} Row;

static const Row rows[] = {
	{ "plain", "hello", "hello", NULL },
	{ "markup", "<a href='b'>\"&amp;", "<a href='b'>\"&amp;", NULL },
	{ "unicode", "h\303\251llo \360\237\230\200", "h\303\251llo \360\237\230\200", NULL },
	{ "C0", "a\001b\013c\037d", "abcd", NULL },
	{ "tab and new line stay", "a\tb\nc", "a\tb\nc", "a b c" },
	{ "CR LF is one new line", "a\r\nb", "a\nb", "a b" },
	{ "CR alone is a new line", "a\rb", "a\nb", "a b" },
	{ "DEL and C1", "a\177b\302\205c\302\237d", "abcd", NULL },
	{ "not UTF-8", "a\377b", "a\357\277\275b", NULL },
	{ "half a character", "a\303", "a\357\277\275", NULL },
	{ "surrogate", "a\355\240\200b", "a\357\277\275\357\277\275\357\277\275b", NULL },
	{ "U+FFFE and U+FFFF", "a\357\277\276\357\277\277b", "ab", NULL },
	{ "end of CDATA", "]]>", "]]>", NULL },
	{ "empty", "", "", NULL },
};

typedef struct {
	const char *text, *attribute;
	guint stanzas;
} Expected;

static void on_opened(G_GNUC_UNUSED CusaxNode *header, G_GNUC_UNUSED gpointer data)
{
}

static void on_stanza(CusaxNode *stanza, gpointer data)
{
	Expected *expected = data;
	g_autofree char *body = cusax_node_child_text(stanza, "body", "jabber:client");

	expected->stanzas++;
	g_assert_cmpstr(body ? body : "", ==, expected->text);
	g_assert_cmpstr(cusax_node_attr(stanza, "id"), ==, expected->attribute);
}

static gboolean on_bulk(G_GNUC_UNUSED CusaxNode *iq, G_GNUC_UNUSED const char *name,
			G_GNUC_UNUSED const char *ns, G_GNUC_UNUSED gpointer data)
{
	return FALSE;
}

static void on_item(G_GNUC_UNUSED CusaxNode *iq, G_GNUC_UNUSED CusaxNode *item,
		    G_GNUC_UNUSED gpointer data)
{
}

static void on_swallowed(G_GNUC_UNUSED CusaxNode *head, G_GNUC_UNUSED const char *why,
			 G_GNUC_UNUSED gboolean item, G_GNUC_UNUSED gpointer data)
{
	g_assert_not_reached();
}

static void on_closed(G_GNUC_UNUSED gpointer data)
{
}

static const CusaxReaderHandlers handlers = { on_opened, on_stanza,    on_bulk,
					      on_item,   on_swallowed, on_closed };

/* Out by our writer, in by our reader. */
static void test_row(gconstpointer data)
{
	const Row *row = data;
	Expected expected = { row->expected, row->attribute ? row->attribute : row->expected, 0 };
	g_autoptr(CusaxNode) message = cusax_node_new("message", "jabber:client");
	g_autoptr(CusaxReader) reader = cusax_reader_new(&handlers, &expected);
	g_autofree char *wire = NULL;
	static const char header[] = "<stream:stream xmlns='jabber:client' xmlns:stream='"
				     "http://etherx.jabber.org/streams' version='1.0'>";
	gsize length = 0;

	cusax_node_set(message, "id", row->text);
	cusax_node_add_text(message, "body", "jabber:client", row->text);
	wire = cusax_node_to_text(message, &length);
	g_assert_true(cusax_reader_feed(reader, header, sizeof(header) - 1, NULL));
	g_assert_true(cusax_reader_feed(reader, wire, length, NULL));
	g_assert_cmpuint(expected.stanzas, ==, 1);
}

static void test_nul(void)
{
	g_autofree char *clean = cusax_text_clean("ab\0cd", 5);

	g_assert_true(g_utf8_validate(clean, -1, NULL));
	g_assert_true(g_str_has_prefix(clean, "ab"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *path = g_strconcat("/xmpp/stanza/", rows[i].name, NULL);

		g_test_add_data_func(path, &rows[i], test_row);
	}
	g_test_add_func("/xmpp/stanza/NUL never cuts silently into what follows", test_nul);
	return g_test_run();
}
