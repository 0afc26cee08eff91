/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stream management: counters that wrap, acknowledgements that cannot be, what is sent again. */
/* Main thread. */
#include "services/xmpp/sm.h"

static void push(CusaxXmppSm *sm, const char *message)
{
	CusaxXmppSent *sent = g_new0(CusaxXmppSent, 1);

	sent->bytes = g_strdup("<x/>");
	sent->message = g_strdup(message);
	sent->keep = message != NULL;
	cusax_xmpp_sm_push(sm, sent);
	/* As if it were kept at once. */
	while (cusax_xmpp_sm_next_written(sm, sm->h_out))
		;
}

static guint acknowledge(CusaxXmppSm *sm, guint32 h)
{
	g_autoptr(GPtrArray) done = NULL;

	g_assert_true(cusax_xmpp_sm_acknowledge(sm, h, &done));
	return done->len;
}

static void test_acknowledge(void)
{
	g_autoptr(GPtrArray) done = NULL;
	CusaxXmppSm sm;

	cusax_xmpp_sm_init(&sm);
	cusax_xmpp_sm_start(&sm, "id", "a@b/c");
	for (guint i = 0; i < 5; i++)
		push(&sm, "m");
	g_assert_cmpuint(acknowledge(&sm, 2), ==, 2);
	g_assert_cmpuint(acknowledge(&sm, 2), ==, 0);
	g_assert_false(cusax_xmpp_sm_acknowledge(&sm, 1, &done));
	g_assert_false(cusax_xmpp_sm_acknowledge(&sm, 6, &done));
	g_assert_cmpuint(acknowledge(&sm, 5), ==, 3);
	cusax_xmpp_sm_clear(&sm);
}

static void test_wrap(void)
{
	g_autoptr(GPtrArray) done = NULL;
	CusaxXmppSm sm;

	cusax_xmpp_sm_init(&sm);
	cusax_xmpp_sm_start(&sm, "id", "a@b/c");
	sm.h_out = G_MAXUINT32 - 1;
	for (guint i = 0; i < 4; i++)
		push(&sm, "m");
	g_assert_cmpuint(sm.h_out, ==, 2);
	g_assert_cmpuint(acknowledge(&sm, G_MAXUINT32), ==, 1);
	g_assert_cmpuint(acknowledge(&sm, 1), ==, 2);
	g_assert_false(cusax_xmpp_sm_acknowledge(&sm, 3, &done));
	cusax_xmpp_sm_clear(&sm);
}

/* Requests are not sent again (who asked was told); messages are, in order. */
static void test_again(void)
{
	g_autoptr(GPtrArray) again = NULL;
	CusaxXmppSm sm;

	cusax_xmpp_sm_init(&sm);
	cusax_xmpp_sm_start(&sm, "id", "a@b/c");
	push(&sm, "1");
	push(&sm, NULL);
	push(&sm, "2");
	push(&sm, "3");
	g_assert_cmpuint(acknowledge(&sm, 1), ==, 1);
	again = cusax_xmpp_sm_take_unacknowledged(&sm);
	g_assert_cmpuint(sm.h_out, ==, 1);
	g_assert_cmpuint(again->len, ==, 2);
	g_assert_cmpstr(((CusaxXmppSent *)again->pdata[0])->message, ==, "2");
	g_assert_cmpstr(((CusaxXmppSent *)again->pdata[1])->message, ==, "3");
	cusax_xmpp_sm_clear(&sm);
}

/* A new session carries no chat message of the one before: whoever keeps them hands them over. */
static void test_new_session(void)
{
	g_autoptr(GPtrArray) again = NULL;
	CusaxXmppSent *receipt = g_new0(CusaxXmppSent, 1);
	CusaxXmppSm sm;

	cusax_xmpp_sm_init(&sm);
	cusax_xmpp_sm_start(&sm, "old", "a@b/c");
	push(&sm, "1");
	push(&sm, "2");
	receipt->bytes = g_strdup("<receipt/>");
	receipt->keep = TRUE;
	cusax_xmpp_sm_push(&sm, receipt);
	g_assert_cmpuint(acknowledge(&sm, 1), ==, 1);
	sm.h_in = sm.h_kept = 7;
	cusax_xmpp_sm_pause(&sm);
	cusax_xmpp_sm_start(&sm, "new", "a@b/d");
	again = cusax_xmpp_sm_take_unacknowledged(&sm);
	g_assert_cmpuint(again->len, ==, 1);
	g_assert_cmpstr(((CusaxXmppSent *)again->pdata[0])->bytes, ==, "<receipt/>");
	g_assert_cmpuint(sm.h_out, ==, 0);
	g_assert_cmpuint(sm.h_in, ==, 0);
	g_assert_cmpuint(sm.h_kept, ==, 0);
	cusax_xmpp_sm_clear(&sm);
}

static gboolean push_raw(CusaxXmppSm *sm, const char *message)
{
	CusaxXmppSent *sent = g_new0(CusaxXmppSent, 1);

	sent->bytes = g_strdup("<x/>");
	sent->message = g_strdup(message);
	sent->keep = TRUE;
	return cusax_xmpp_sm_push(sm, sent);
}

/* A message waits until its number is kept, and what comes after it waits behind it. */
static void test_unwritten(void)
{
	g_autoptr(GPtrArray) done = NULL;
	CusaxXmppSm sm;

	cusax_xmpp_sm_init(&sm);
	cusax_xmpp_sm_start(&sm, "id", "a@b/c");
	g_assert_true(push_raw(&sm, NULL));
	g_assert_false(push_raw(&sm, "m2"));
	g_assert_false(push_raw(&sm, NULL));
	g_assert_false(push_raw(&sm, "m4"));
	/* The server cannot have what was not written. */
	g_assert_false(cusax_xmpp_sm_acknowledge(&sm, 2, &done));
	g_assert_null(cusax_xmpp_sm_next_written(&sm, 1));
	g_assert_cmpstr(cusax_xmpp_sm_next_written(&sm, 2)->message, ==, "m2");
	g_assert_cmpuint(cusax_xmpp_sm_next_written(&sm, 2)->number, ==, 3);
	g_assert_null(cusax_xmpp_sm_next_written(&sm, 3));
	g_assert_cmpuint(acknowledge(&sm, 3), ==, 3);
	g_assert_cmpstr(cusax_xmpp_sm_next_written(&sm, 4)->message, ==, "m4");
	g_assert_null(cusax_xmpp_sm_next_written(&sm, 4));
	g_assert_true(push_raw(&sm, NULL));
	g_assert_cmpuint(acknowledge(&sm, 5), ==, 2);
	cusax_xmpp_sm_clear(&sm);
}

/* Of an earlier process nothing is known but the numbers. */
static void test_restored(void)
{
	g_autoptr(GPtrArray) done = NULL;
	CusaxXmppSm sm;

	cusax_xmpp_sm_init(&sm);
	cusax_xmpp_sm_restore(&sm, "id", "a@b/c", 12, G_MAXUINT32 - 1);
	g_assert_cmpuint(sm.h_kept, ==, 12);
	g_assert_false(cusax_xmpp_sm_acknowledge(&sm, G_MAXUINT32 - 2, &done));
	g_assert_cmpuint(acknowledge(&sm, 3), ==, 0);
	cusax_xmpp_sm_resume(&sm);
	g_assert_true(sm.active);
	g_assert_cmpuint(sm.h_in, ==, 12);
	push(&sm, "m");
	g_assert_cmpuint(sm.h_out, ==, 4);
	g_assert_false(cusax_xmpp_sm_acknowledge(&sm, 5, &done));
	g_assert_cmpuint(acknowledge(&sm, 4), ==, 1);
	cusax_xmpp_sm_clear(&sm);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/xmpp/sm/an acknowledgement of the unsent or the past is refused",
			test_acknowledge);
	g_test_add_func("/xmpp/sm/counters wrap at 2^32", test_wrap);
	g_test_add_func("/xmpp/sm/messages are sent again, in order, requests are not", test_again);
	g_test_add_func("/xmpp/sm/a new session starts at zero, without the messages of the old",
			test_new_session);
	g_test_add_func("/xmpp/sm/R22: a message is not written before it is kept", test_unwritten);
	g_test_add_func("/xmpp/sm/R22: the session of an earlier process", test_restored);
	return g_test_run();
}
