/* SPDX-License-Identifier: GPL-3.0-or-later */
/* vCards as text: what is read of each form, and what hostile files come to (C40). */
/* Test program. */
#include "services/addressbook/vcard-parse.h"

#include <string.h>

#include "tests/unit/rows.h"

typedef struct {
	const char *name;
	const char *text;
	const char *found; /* "name|JIDs|number types preference;…", entries apart by a line feed */
	guint broken;
} Row;

/* One entry of version 3 or 4 with Bob's JID, and the lines given. */
#define V3(lines)                                                                                  \
	"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Bob\r\nX-JABBER:bob@xmpp.test\r\n" lines "END:VCARD\r\n"
#define V4(lines) "BEGIN:VCARD\nVERSION:4.0\nFN:Bob\nIMPP:xmpp:bob@xmpp.test\n" lines "END:VCARD\n"
#define BOB       "Bob|bob@xmpp.test|"

/* clang-format off */
static const Row rows[] = {
	{ "nothing", "", "", 0 },
	{ "C40: version 3", V3("TEL:+33123456789\r\n"), BOB "+33123456789  0", 0 },
	{ "C40: version 4", V4("TEL:+33123456789\n"), BOB "+33123456789  0", 0 },
	{ "a byte order mark", "\xef\xbb\xbf" V3(""), BOB, 0 },
	{ "words in any case", "begin:vcard\nversion:3.0\nfn:Bob\nx-jabber:BOB@xmpp.test\ntel:1234567\nend:vcard\n", BOB "1234567  0", 0 },
	{ "two entries", V3("") V4(""), BOB "\n" BOB, 0 },
	{ "no line feed at the end", "BEGIN:VCARD\nVERSION:3.0\nX-JABBER:bob@xmpp.test\nEND:VCARD", "|bob@xmpp.test|", 0 },

	{ "a folded line", V3("TEL:+3312\r\n 345\r\n\t6789\r\n"), BOB "+33123456789  0", 0 },
	{ "folded in its name", V4("TE\n L:1234567\n"), BOB "1234567  0", 0 },
	{ "folded in a letter", V4("NOTE:x\nTEL:1234567\n") "BEGIN:VCARD\nVERSION:4.0\nFN:J\xc3\n \xbcrgen\nIMPP:xmpp:j@xmpp.test\nEND:VCARD\n", BOB "1234567  0\nJürgen|j@xmpp.test|", 0 },
	{ "escapes", "BEGIN:VCARD\nVERSION:3.0\nFN:A\\, B\\; C\\\\ D\\nE\nX-JABBER:a@xmpp.test\nEND:VCARD\n", "A, B; C\\ D E|a@xmpp.test|", 0 },
	{ "a name is made safe", "BEGIN:VCARD\nVERSION:4.0\nFN:\xe2\x80\xae""boB\nIMPP:xmpp:b@xmpp.test\nEND:VCARD\n", "boB|b@xmpp.test|", 0 },
	{ "the first name counts", V4("FN:Robert\n"), BOB, 0 },

	{ "a group before the name", V3("item1.TEL;type=CELL:1234567\r\nitem1.X-ABLabel:phone\r\n"), BOB "1234567 cell 0", 0 },
	{ "C36: a list of types", V3("TEL;TYPE=HOME,Video:1234567\r\n"), BOB "1234567 home,video 0", 0 },
	{ "a list in quotes", V4("TEL;TYPE=\"voice,video\":1234567\n"), BOB "1234567 voice,video 0", 0 },
	{ "types one by one", V3("TEL;type=HOME;type=fax:1234567\r\n"), BOB "1234567 home,fax 0", 0 },
	{ "bare words", V3("TEL;HOME;VOICE:1234567\r\n"), BOB "1234567 home,voice 0", 0 },
	{ "a type that is no word is dropped", V3("TEL;TYPE=a b,x@y,cell:1234567\r\n"), BOB "1234567 cell 0", 0 },
	{ "C37: pref as a type", V3("TEL;TYPE=cell,pref:1234567\r\n"), BOB "1234567 cell 1", 0 },
	{ "C37: pref as a parameter", V4("TEL;PREF=20;TYPE=cell:1234567\n"), BOB "1234567 cell 20", 0 },
	{ "a preference out of range", V4("TEL;PREF=0:1234567\nTEL;PREF=x:2234567\n"), BOB "1234567  0;2234567  0", 0 },
	{ "C34: a URI", V4("TEL;VALUE=uri;TYPE=work:tel:+33-1-23;ext=5\n"), BOB "tel:+33-1-23;ext=5 work 0", 0 },
	{ "C34: a SIP URI", V4("TEL;VALUE=uri:sip:bob@sip.test;transport=tls\n"), BOB "sip:bob@sip.test;transport=tls  0", 0 },
	{ "a colon in quotes", V4("TEL;X-A=\"a:b;c\";TYPE=cell:1234567\n"), BOB "1234567 cell 0", 0 },
	{ "IMPP of sip is a number", V4("IMPP:sip:bob@sip.test\n"), BOB "sip:bob@sip.test  0", 0 },
	{ "X-SIP", V3("X-SIP:bob@sip.test\r\nX-SIP:sips:b@sip.test\r\n"), BOB "sip:bob@sip.test  0;sips:b@sip.test  0", 0 },
	{ "an empty number", V3("TEL:\r\nTEL: \r\nX-SIP:\r\n"), BOB, 0 },
	{ "a number of two lines", V3("TEL:12\\n34567\r\n"), BOB, 0 },

	{ "several JIDs", V4("IMPP;PREF=1:xmpp:bob@other.test\nX-JABBER:bob@xmpp.test/desk\n"), "Bob|bob@xmpp.test,bob@other.test|", 0 },
	{ "IMPP with its service named", V3("IMPP;X-SERVICE-TYPE=Jabber:b@other.test\r\n"), "Bob|bob@xmpp.test,b@other.test|", 0 },
	{ "IMPP of another service", V3("IMPP;X-SERVICE-TYPE=AIM:aim:b@other.test\r\n"), BOB, 0 },
	{ "a bad JID", V3("X-JABBER:a@b@c\r\n"), BOB, 0 },
	{ "C35: mail is no JID", "BEGIN:VCARD\nVERSION:3.0\nFN:Bob\nEMAIL:bob@xmpp.test\nTEL:1234567\nEND:VCARD\n", "", 0 },
	{ "a group of persons", V4("KIND:group\nTEL:1234567\n"), "", 0 },

	{ "not closed", V3("") "BEGIN:VCARD\nVERSION:3.0\nX-JABBER:eve@xmpp.test\n", BOB, 1 },
	{ "one within another", "BEGIN:VCARD\nVERSION:3.0\nTEL:999\n" V3("TEL:1234567\r\n"), BOB "1234567  0", 1 },
	{ "another version", "BEGIN:VCARD\nVERSION:2.1\nX-JABBER:eve@xmpp.test\nEND:VCARD\n" V3(""), BOB, 1 },
	{ "no version", "BEGIN:VCARD\nX-JABBER:eve@xmpp.test\nEND:VCARD\n" V3(""), BOB, 1 },
	{ "of another kind", "BEGIN:VCALENDAR\nVERSION:3.0\nX-JABBER:eve@xmpp.test\nEND:VCALENDAR\n" V3(""), BOB, 0 },
	{ "outside of an entry", "TEL:999\nX-JABBER:eve@xmpp.test\nEND:VCARD\n" V3(""), BOB, 0 },
	{ "a line without a colon", V3("what is this\r\n\r\n;;;\r\nTEL:1234567\r\n"), BOB "1234567  0", 0 },
	{ "an open quote", V3("TEL;TYPE=\"cell:1234567\r\n"), BOB, 0 },
	{ "no UTF-8", V3("TEL:12\xff""34567\r\nTEL:1234567\r\n"), BOB "1234567  0", 0 },
	{ "noise", "\x01\x02\xff\xfe;:\n\"\n:\n=:\n.:\n", "", 0 },
};
/* clang-format on */

static char *describe(GPtrArray *entries)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < entries->len; i++) {
		CusaxBookEntry *entry = entries->pdata[i];

		g_string_append_printf(text, "%s%s|", i ? "\n" : "",
				       entry->full_name ? entry->full_name : "");
		for (guint k = 0; k < entry->addresses->len; k++)
			g_string_append_printf(text, "%s%s", k ? "," : "",
					       (char *)entry->addresses->pdata[k]);
		g_string_append_c(text, '|');
		for (guint k = 0; k < entry->phones->len; k++) {
			CusaxPhone *phone = entry->phones->pdata[k];
			g_autofree char *types = g_strjoinv(",", phone->types);

			g_assert_cmpint(phone->source, ==, CUSAX_SOURCE_ADDRESS_BOOK);
			g_string_append_printf(text, "%s%s %s %u", k ? ";" : "", phone->uri, types,
					       phone->preference);
		}
	}
	return g_string_free(text, FALSE);
}

static void test_row(gconstpointer data)
{
	const Row *row = data;
	CusaxVcardCounts counts;
	g_autoptr(GPtrArray) entries = cusax_vcard_parse(row->text, strlen(row->text), &counts);
	g_autofree char *found = describe(entries);

	g_assert_cmpstr(found, ==, row->found);
	g_assert_cmpuint(counts.broken, ==, row->broken);
	g_assert_cmpuint(counts.surplus, ==, 0);
}

/* Every beginning of a file, each byte of it changed: nothing but entries comes of it. */
static void test_damage(void)
{
	static const char text[] = V3("item1.TEL;TYPE=\"cell,pref\";PREF=2:+3312\r\n 3456789\r\n")
		V4("TEL;VALUE=uri:tel:+33123456789\nIMPP:sip:b@sip.test\n");
	static const char bytes[] = {
		0, '\n', '\r', ' ', ';', ':', '"', '\\', '.', '=', (char)0xff
	};

	for (gsize length = 0; length < sizeof text; length++) {
		/* Its own block, so that a read beyond it is seen. */
		g_autofree char *part = g_memdup2(text, length + 1);
		g_autofree char *exact = length ? g_memdup2(text, length) : g_strdup("");
		g_autoptr(GPtrArray) entries = cusax_vcard_parse(exact, length, NULL);

		g_assert_cmpuint(entries->len, <=, 2);
		for (gsize i = 0; i < sizeof bytes; i++) {
			g_autoptr(GPtrArray) damaged = NULL;

			part[length] = bytes[i];
			damaged = cusax_vcard_parse(part, length + 1, NULL);
			g_assert_cmpuint(damaged->len, <=, 2);
		}
	}
}

static void test_limits(void)
{
	g_autofree char *photo = g_strnfill(1024 * 1024, 'A');
	g_autofree char *number = g_strnfill(CUSAX_BOOK_MAX_NUMBER + 1, '1');
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GPtrArray) entries = NULL;
	CusaxVcardCounts counts;
	CusaxBookEntry *first;

	g_string_append(text, "BEGIN:VCARD\nVERSION:4.0\nIMPP:xmpp:b@xmpp.test\n");
	g_string_append_printf(text, "PHOTO:%s\n %s\nTEL:%s\n", photo, photo, number);
	for (guint i = 0; i < 100; i++)
		g_string_append_printf(text, "TEL:%07u\nIMPP:xmpp:b%u@xmpp.test\n", i, i);
	g_string_append(text, "END:VCARD\n");
	for (guint i = 0; i < CUSAX_BOOK_MAX_ENTRIES + 4; i++)
		g_string_append_printf(
			text, "BEGIN:VCARD\nVERSION:3.0\nX-JABBER:u%u@xmpp.test\nEND:VCARD\n", i);
	entries = cusax_vcard_parse(text->str, text->len, &counts);
	g_assert_cmpuint(entries->len, ==, CUSAX_BOOK_MAX_ENTRIES);
	g_assert_cmpuint(counts.surplus, ==, 5);
	first = entries->pdata[0];
	g_assert_cmpuint(first->phones->len, ==, CUSAX_BOOK_MAX_PHONES);
	g_assert_cmpuint(first->addresses->len, ==, CUSAX_BOOK_MAX_ADDRESSES);
	g_assert_cmpstr(((CusaxPhone *)first->phones->pdata[0])->uri, ==, "0000000");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD_ROWS("/addressbook/vcard", rows, test_row);
	g_test_add_func("/addressbook/C40: damage does no harm", test_damage);
	g_test_add_func("/addressbook/C40: what is beyond the limits is dropped", test_limits);
	return g_test_run();
}
