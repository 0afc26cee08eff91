/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Refusals in words: what is read from a response, and what is made of it. */
/* Main thread. */
#include <string.h>

#include "services/sip/headers.h"
#include "services/sip/re-compat.h"
#include "services/sip/refusal.h"
#include "services/sip/sip-status.h"

static const struct {
	guint code;
	const char *other, *cause, *text;
} sentences[] = {
	/* Calls to another domain that the service does not place. */
	{ 403, "other.test", NULL, "sip.test does not allow calls to other.test" },
	{ 403, "other.test", "Barred", "sip.test does not allow calls to other.test: Barred" },
	{ 402, "other.test", NULL, "sip.test does not allow calls to other.test" },
	{ 407, "other.test", NULL, "sip.test does not allow calls to other.test" },
	{ 404, "other.test", NULL, "sip.test finds no such address at other.test" },
	{ 484, "other.test", NULL, "sip.test finds no such address at other.test" },
	{ 604, "other.test", NULL, "sip.test finds no such address at other.test" },
	{ 488, "other.test", NULL,
	  "this kind of call is not possible from sip.test to other.test" },
	{ 503, "other.test", NULL, "sip.test cannot reach other.test now" },
	{ 503, "other.test", "No trunk", "sip.test cannot reach other.test now: No trunk" },
	{ 408, "other.test", NULL, "sip.test cannot reach other.test now" },
	/* What a person does is no matter of domains. */
	{ 486, "other.test", NULL, "the other side is busy" },
	{ 603, "other.test", "In a meeting", "the other side declined: In a meeting" },
	/* Inside one domain. */
	{ 403, NULL, NULL, "the service does not allow it" },
	{ 404, NULL, NULL, "nobody has this address" },
	{ 484, NULL, NULL, "the number is incomplete" },
	{ 488, NULL, NULL, "the other side cannot take this kind of call" },
	{ 503, NULL, NULL, "the service is not able to do it now" },
	{ 503, NULL, "Maintenance", "the service is not able to do it now: Maintenance" },
	/* Codes that nobody knows. */
	{ 399, NULL, NULL, "the other side asks for another address" },
	{ 499, NULL, NULL, "the request was refused" },
	{ 599, NULL, NULL, "the service failed" },
	{ 699, NULL, NULL, "the other side refused" },
};

static void test_sentences(gconstpointer data)
{
	guint row = GPOINTER_TO_UINT(data);
	g_autofree char *text = cusax_sip_refusal_text(sentences[row].code, "sip.test",
						       sentences[row].other, sentences[row].cause);

	g_assert_cmpstr(text, ==, sentences[row].text);
}

static const struct {
	const char *name, *first, *headers, *cause;
} causes[] = {
	{ "usual phrase", "403 Forbidden", "", NULL },
	{ "usual phrase in another case", "404 not found", "", NULL },
	{ "own phrase", "403 Inter-domain calls barred", "", "Inter-domain calls barred" },
	{ "phrase of an unknown code", "499 Nope", "", "Nope" },
	{ "Reason before Warning", "403 No way",
	  "Warning: 399 sip.test \"warned\"\r\nReason: SIP;cause=403;text=\"reasoned\"\r\n",
	  "reasoned" },
	{ "Reason without text", "403 Forbidden",
	  "Warning: 399 sip.test \"warned\"\r\nReason: SIP;cause=403\r\n", "warned" },
	{ "Warning", "488 Not Acceptable Here",
	  "Warning: 305 [2001:db8::1]:5060 \"No \\\"codec\\\" of ours\"\r\n",
	  "No \"codec\" of ours" },
	{ "Warning without text", "488 Not Acceptable Here", "Warning: 305 sip.test\r\n", NULL },
	{ "Warning without an end", "488 Not Acceptable Here", "Warning: 305 sip.test \"no\r\n",
	  NULL },
	{ "Warning with controls", "488 Not Acceptable Here",
	  "Warning: 305 sip.test \"a\tb\x01"
	  "c\"\r\n",
	  "a b c" },
};

static void test_causes(gconstpointer data)
{
	guint row = GPOINTER_TO_UINT(data);
	g_autofree char *text = g_strdup_printf(
		"SIP/2.0 %s\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKx\r\n"
		"From: <sip:a@sip.test>;tag=a\r\nTo: <sip:b@sip.test>;tag=b\r\nCall-ID: x\r\n"
		"CSeq: 1 INVITE\r\n%sContent-Length: 0\r\n\r\n",
		causes[row].first, causes[row].headers);
	struct mbuf *mb = mbuf_alloc(strlen(text));
	struct sip_msg *msg = NULL;
	g_autofree char *cause = NULL;

	g_assert_cmpint(mbuf_write_str(mb, text), ==, 0);
	mb->pos = 0;
	g_assert_cmpint(sip_msg_decode(&msg, mb), ==, 0);
	cause = cusax_sip_refusal_cause(msg);
	g_assert_cmpstr(cause, ==, causes[row].cause);
	mem_deref(msg);
	mem_deref(mb);
}

/* Every code has words, and none of them is its phrase again. */
static void test_words(void)
{
	for (guint code = 300; code < 700; code++) {
		const char *words = cusax_sip_words(code);

		g_assert_nonnull(words);
		g_assert_true(g_ascii_islower(words[0]));
		g_assert_cmpstr(words, !=, cusax_sip_phrase(code));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(sentences); i++) {
		g_autofree char *path =
			g_strdup_printf("/sip/refusal/C89: %u %s %s", sentences[i].code,
					sentences[i].other ? "abroad" : "at home",
					sentences[i].cause ? "with a cause" : "alone");

		g_test_add_data_func(path, GUINT_TO_POINTER(i), test_sentences);
	}
	for (guint i = 0; i < G_N_ELEMENTS(causes); i++) {
		g_autofree char *path = g_strdup_printf("/sip/refusal/C89: %s", causes[i].name);

		g_test_add_data_func(path, GUINT_TO_POINTER(i), test_causes);
	}
	g_test_add_func("/sip/refusal/C89: every code has words", test_words);
	return g_test_run();
}
