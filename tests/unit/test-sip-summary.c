/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What voice mailboxes say of themselves. */
/* Test program. */
#include <string.h>

#include "services/sip/message-summary.h"
#include "tests/unit/rows.h"

typedef struct {
	const char *name, *body;
	gboolean good;
	guint fresh, old;
	const char *account;
} Row;

#define YES "Messages-Waiting: yes\r\n"

/* clang-format off */
static const Row rows[] = {
	{ "T10: of RFC 3842", YES "Message-Account: sip:alice@vmail.test\r\nVoice-Message: 2/8 (0/2)\r\n", TRUE, 2, 8, "sip:alice@vmail.test" },
	{ "T10: none", "Messages-Waiting: no\r\n", TRUE, 0, 0, NULL },
	{ "T10: only that there are some", YES, TRUE, 1, 0, NULL },
	{ "T10: only old ones", "Messages-Waiting: no\r\nVoice-Message: 0/5\r\n", TRUE, 0, 5, NULL },
	{ "T10: any case and spaces", "messages-waiting :  YES \nVOICE-MESSAGE\t: 3 / 4 ( 0 / 0 )\n", TRUE, 3, 4, NULL },
	{ "T10: other kinds do not count", YES "Fax-Message: 9/9\r\nVoice-Message: 1/0\r\n", TRUE, 1, 0, NULL },
	{ "T10: the first account counts", YES "Message-Account: sip:a@b\r\nMessage-Account: sip:c@d\r\n", TRUE, 1, 0, "sip:a@b" },
	{ "T10: headers of messages are not read", YES "Voice-Message: 1/0\r\n\r\nVoice-Message: 7/7\r\n", TRUE, 1, 0, NULL },
	{ "T10: more than can be", YES "Voice-Message: 99999999999999999999/18446744073709551617\r\n", TRUE, CUSAX_MAX_VOICE_MESSAGES, CUSAX_MAX_VOICE_MESSAGES, NULL },
	{ "T10: counts that are none", YES "Voice-Message: -1/x\r\n", TRUE, 1, 0, NULL },
	{ "T10: counts with more behind", YES "Voice-Message: 1/2 3\r\n", TRUE, 1, 0, NULL },
	{ "T10: neither yes nor no", "Messages-Waiting: maybe\r\nVoice-Message: 1/0\r\n", FALSE, 0, 0, NULL },
	{ "T10: no word of it", "Voice-Message: 1/0\r\n", FALSE, 0, 0, NULL },
	{ "T10: nothing", "", FALSE, 0, 0, NULL },
	{ "T10: something else", "<html></html>", FALSE, 0, 0, NULL },
};
/* clang-format on */

static void test_row(gconstpointer data)
{
	const Row *row = data;
	g_auto(CusaxMessageSummary) got = { 0 };

	g_assert_cmpint(cusax_message_summary_parse(row->body, strlen(row->body), &got), ==,
			row->good);
	g_assert_cmpuint(got.fresh, ==, row->fresh);
	g_assert_cmpuint(got.old, ==, row->old);
	g_assert_cmpstr(got.account, ==, row->account);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD_ROWS("/sip/summary", rows, test_row);
	return g_test_run();
}
