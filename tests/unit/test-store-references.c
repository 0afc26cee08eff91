/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Replies, reactions and retractions in the database: whose word counts, in which order. */
/* Main thread. */
#include <string.h>

#include "daemon/store/references.h"
#include "tests/unit/store-history.h"

#define OWN "alice@xmpp.test"

static CusaxMessage *from_bob(const char *wire, const char *text, gint64 time)
{
	CusaxMessage *m = store_incoming(text, time);

	m->stanza_id = g_strdup(wire);
	return m;
}

static int code_of(GError *error)
{
	int code = error ? error->code : -1;

	g_clear_error(&error);
	return code;
}

/* -1: it went well. time 0: by the user. */
static int react(StoreFixture *f, const char *sender, const char *target, const char *reactions,
		 gint64 time, CusaxReferenceResult *ret)
{
	g_auto(GStrv) list = g_strsplit(reactions, " ", -1);
	CusaxReference reference = { .account = ALICE,
				     .peer = BOB,
				     .sender = sender,
				     .target = target,
				     .time = time,
				     .reactions = (const char *const *)list };
	g_autoptr(GAsyncResult) result =
		store_await(cusax_history_react_async, f->history, &reference);
	GError *error = NULL;

	cusax_history_react_finish(f->history, result, ret, &error);
	return code_of(error);
}

static int retract(StoreFixture *f, const char *sender, const char *target, gint64 time,
		   CusaxReferenceResult *ret)
{
	CusaxReference reference = {
		.account = ALICE, .peer = BOB, .sender = sender, .target = target, .time = time
	};
	g_autoptr(GAsyncResult) result =
		store_await(cusax_history_retract_async, f->history, &reference);
	GError *error = NULL;

	cusax_history_retract_finish(f->history, result, ret, &error);
	return code_of(error);
}

static int react_quietly(StoreFixture *f, const char *sender, const char *target,
			 const char *reactions, gint64 time)
{
	g_auto(CusaxReferenceResult) done = { 0 };

	return react(f, sender, target, reactions, time, &done);
}

static int retract_quietly(StoreFixture *f, const char *sender, const char *target, gint64 time)
{
	g_auto(CusaxReferenceResult) done = { 0 };

	return retract(f, sender, target, time, &done);
}

/* "text {reactions} reply-to" of all messages. */
static void assert_chat(StoreFixture *f, const char *wanted)
{
	g_autoptr(GPtrArray) found = store_page(f, &(CusaxMessageFilter){ CHAT });
	g_autoptr(GString) lines = g_string_new(NULL);

	for (guint i = 0; i < found->len; i++) {
		const CusaxMessage *m = found->pdata[i];
		g_autoptr(GVariant) reactions = g_variant_ref_sink(cusax_message_reactions(m));
		g_autofree char *printed = g_variant_print(reactions, FALSE);

		g_string_append_printf(lines, "%s%s%s%s%s%s", i ? "; " : "", m->text,
				       m->retracted ? " retracted" : "", m->reactions ? " " : "",
				       m->reactions ? printed : "", m->reply_to ? " reply" : "");
	}
	g_assert_cmpstr(lines->str, ==, wanted);
}

static void test_reactions(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree char *one = store_put_message(f, from_bob("w1", "one", 1000));
	g_autofree char *own = store_put_message(f, store_outgoing("o1", "own", 2000));
	g_auto(CusaxReferenceResult) first = { 0 }, again = { 0 }, by_user = { 0 };

	g_assert_cmpint(react(f, BOB, "o1", "x y", 3000, &first), ==, -1);
	g_assert_true(first.changed);
	g_assert_null(first.act);
	g_assert_cmpstr(first.message->id, ==, own);
	g_assert_cmpint(react(f, BOB, "o1", "x y", 4000, &again), ==, -1);
	g_assert_false(again.changed);
	g_assert_cmpint(react(f, OWN, one, "z", 0, &by_user), ==, -1);
	g_assert_true(by_user.changed);
	g_assert_cmpstr(by_user.act->kind, ==, CUSAX_KIND_REACTION);
	g_assert_cmpstr(by_user.act->reply_wire, ==, "w1");
	g_assert_cmpstr(by_user.act->text, ==, "z");
	g_assert_cmpint(by_user.act->delivery, ==, CUSAX_DELIVERY_QUEUED);
	assert_chat(f, "one {'alice@xmpp.test': ['z']}; own {'bob@xmpp.test': ['x', 'y']}");
	/* Of late comes what was said before: it is no news. */
	g_assert_cmpint(react_quietly(f, BOB, "o1", "old", 2500), ==, -1);
	assert_chat(f, "one {'alice@xmpp.test': ['z']}; own {'bob@xmpp.test': ['x', 'y']}");
	g_assert_cmpint(react_quietly(f, BOB, "o1", "", 5000), ==, -1);
	assert_chat(f, "one {'alice@xmpp.test': ['z']}; own");
	store_reopen(f);
	assert_chat(f, "one {'alice@xmpp.test': ['z']}; own");
}

/* What the other side never got is not shown as said. */
static void test_bounced(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree char *one = store_put_message(f, from_bob("w1", "one", 1000));
	g_auto(CusaxReferenceResult) first = { 0 }, second = { 0 };
	CusaxReferenceResult *const acts[] = { &first, &second };
	static const char *const left[] = { "one", "one {'alice@xmpp.test': ['x']}" };

	g_assert_cmpint(react(f, OWN, one, "x", 0, &first), ==, -1);
	g_assert_cmpint(react(f, OWN, one, "y", 0, &second), ==, -1);
	assert_chat(f, "one {'alice@xmpp.test': ['y']}");
	for (guint i = 2; i > 0; i--) {
		g_autoptr(CusaxMessage) meant = NULL;
		g_autoptr(GAsyncResult) result =
			store_await(cusax_history_set_delivery_async, f->history, ALICE, BOB,
				    acts[i - 1]->act->id, CUSAX_DELIVERY_FAILED, NULL, "not here");
		gboolean changed;

		meant = cusax_history_set_delivery_finish(f->history, result, &changed, NULL);
		g_assert_true(changed);
		g_assert_cmpstr(meant->id, ==, one);
		assert_chat(f, left[i - 1]);
	}
}

static int refer_as(StoreFixture *f, const char *nick, const char *occupant, const char *target,
		    const char *reaction, gint64 time)
{
	const char *const list[] = { reaction, NULL };
	CusaxReference reference = { .account = ALICE,
				     .peer = BOB,
				     .sender = nick,
				     .occupant = occupant,
				     .target = target,
				     .time = time,
				     .reactions = list };
	g_auto(CusaxReferenceResult) done = { 0 };
	g_autoptr(GAsyncResult) result = NULL;
	GError *error = NULL;

	if (reaction) {
		result = store_await(cusax_history_react_async, f->history, &reference);
		cusax_history_react_finish(f->history, result, &done, &error);
	} else {
		result = store_await(cusax_history_retract_async, f->history, &reference);
		cusax_history_retract_finish(f->history, result, &done, &error);
	}
	return code_of(error);
}

static CusaxMessage *said_by(const char *nick, const char *occupant, const char *wire,
			     const char *text, gint64 time)
{
	CusaxMessage *m = from_bob(wire, text, time);

	g_free(m->sender);
	m->sender = g_strdup(nick);
	m->occupant = g_strdup(occupant);
	return m;
}

static void correct_as(StoreFixture *f, const char *nick, const char *occupant, const char *text,
		       gboolean ret_foreign)
{
	CusaxMessage *m = said_by(nick, occupant, text, text, 9000);
	g_autoptr(CusaxMessage) stored = NULL;

	m->replaces = g_strdup("w1");
	m->replaces_since = G_MAXINT64; /* by its nick alone it would count for nothing */
	stored = store_add(f, m, NULL);
	cusax_message_free(m);
	g_assert_cmpint(stored->foreign_replace, ==, ret_foreign);
	g_assert_cmpint(stored->replaces != NULL, ==, !ret_foreign);
}

/* In a room that tells who is who, nicks come and go and decide nothing. */
static void test_occupants(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_free(store_put_message(f, said_by("r/ann", "A", "w1", "one", 1000)));
	g_assert_cmpint(refer_as(f, "r/eve", "E", "w1", "x", 2000), ==, -1);
	/* Another has the nick by now: they do not speak for the one before. */
	g_assert_cmpint(refer_as(f, "r/eve", "Z", "w1", "y", 3000), ==, -1);
	assert_chat(f, "one {'r/eve': ['x']}");
	g_assert_cmpint(refer_as(f, "r/eva", "E", "w1", "z", 4000), ==, -1);
	assert_chat(f, "one {'r/eva': ['z']}");
	correct_as(f, "r/ann", "Z", "two", TRUE);
	correct_as(f, "r/anna", "A", "three", FALSE);
	g_assert_cmpint(refer_as(f, "r/ann", "Z", "w1", NULL, 5000), ==, CUSAX_ERROR_REFUSED);
	g_assert_cmpint(refer_as(f, "r/anna", "A", "w1", NULL, 6000), ==, -1);
	assert_chat(f, " retracted; two;  retracted");
	/* What is taken back before it came is so by the one who says it. */
	g_assert_cmpint(refer_as(f, "r/ann", "Z", "w7", NULL, 7000), ==, -1);
	g_free(store_put_message(f, said_by("r/ann", "A", "w7", "seven", 8000)));
	assert_chat(f, " retracted; two;  retracted; seven");
}

static void test_unknown(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_auto(CusaxReferenceResult) early = { 0 };
	CusaxMessage *reply = from_bob("w3", "reply", 5000);

	g_assert_cmpint(react_quietly(f, OWN, "nothing", "x", 0), ==, CUSAX_ERROR_NOT_FOUND);
	g_assert_cmpint(retract_quietly(f, OWN, "nothing", 0), ==, CUSAX_ERROR_NOT_FOUND);
	/* From the wire: kept, and it has its effect when the message comes. */
	g_assert_cmpint(react(f, BOB, "w1", "x", 3000, &early), ==, -1);
	g_assert_null(early.message);
	g_assert_cmpint(retract_quietly(f, BOB, "w2", 3000), ==, -1);
	reply->reply_to = g_strdup("w1");
	g_free(store_put_message(f, reply));
	assert_chat(f, "reply");
	g_free(store_put_message(f, from_bob("w1", "one", 6000)));
	g_free(store_put_message(f, from_bob("w2", "secret", 7000)));
	assert_chat(f, "reply reply; one {'bob@xmpp.test': ['x']};  retracted");
}

static void test_unknown_limit(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	for (guint i = 0; i < 600; i++) {
		g_autofree char *id = g_strdup_printf("w%u", i);

		g_assert_cmpint(react_quietly(f, BOB, id, "x", 1000 + i), ==, -1);
		g_assert_cmpint(retract_quietly(f, BOB, id, 1000 + i), ==, -1);
	}
	g_free(store_put_message(f, from_bob("w0", "forgotten", 9000)));
	g_free(store_put_message(f, from_bob("w599", "remembered", 9001)));
	assert_chat(f, "forgotten;  retracted");
}

static void test_retraction(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree char *one = store_put_message(f, from_bob("w1", "one", 1000));
	CusaxMessage *correction = from_bob("w2", "corrected", 2000);
	CusaxMessage *late = from_bob("w3", "late correction", 5000);
	g_auto(CusaxReferenceResult) done = { 0 }, again = { 0 };

	correction->replaces = g_strdup("w1");
	g_free(store_put_message(f, correction));
	g_assert_cmpint(react_quietly(f, OWN, one, "x", 0), ==, -1);
	/* Not by anybody else: neither the user, nor a third person. */
	g_assert_cmpint(retract_quietly(f, OWN, one, 0), ==, CUSAX_ERROR_REFUSED);
	g_assert_cmpint(retract_quietly(f, "eve@xmpp.test", "w1", 3000), ==, CUSAX_ERROR_REFUSED);
	assert_chat(f, "one {'alice@xmpp.test': ['x']}; corrected");
	/* By the id of the correction, too. */
	g_assert_cmpint(retract(f, BOB, "w2", 4000, &done), ==, -1);
	g_assert_true(done.changed);
	g_assert_cmpuint(done.unread, ==, 0);
	g_assert_cmpstr(done.message->id, ==, one);
	g_assert_cmpint(retract(f, BOB, "w1", 4000, &again), ==, -1);
	g_assert_false(again.changed);
	g_assert_cmpint(react_quietly(f, OWN, one, "y", 0), ==, CUSAX_ERROR_WRONG_STATE);
	g_assert_cmpint(react_quietly(f, BOB, "w1", "y", 6000), ==, -1);
	late->replaces = g_strdup("w1");
	g_free(store_put_message(f, late));
	assert_chat(f, " retracted;  retracted;  retracted");
}

static void test_own_retraction(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree char *own = store_put_message(f, store_outgoing("o1", "own", 1000));
	g_auto(CusaxReferenceResult) done = { 0 };
	g_autoptr(GAsyncResult) result = NULL;
	g_autoptr(GPtrArray) pending = NULL;

	g_assert_cmpint(retract_quietly(f, BOB, "o1", 2000), ==, CUSAX_ERROR_REFUSED);
	g_assert_cmpint(retract(f, OWN, own, 0, &done), ==, -1);
	g_assert_cmpstr(done.act->kind, ==, CUSAX_KIND_RETRACTION);
	g_assert_cmpstr(done.act->reply_wire, ==, "o1");
	/* It was never sent, so that is over; what is to be sent is the retraction. */
	g_assert_cmpint(done.message->delivery, ==, CUSAX_DELIVERY_FAILED);
	result = store_await(cusax_history_get_pending_async, f->history, ALICE);
	pending = cusax_history_get_pending_finish(f->history, result, NULL);
	g_assert_cmpuint(pending->len, ==, 1);
	g_assert_true(cusax_message_is_act(pending->pdata[0]));
	assert_chat(f, " retracted");
}

static void test_reply(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree char *one = store_put_message(f, from_bob("w1",
							     "gr\xc3\xbc\xc3\x9f"
							     "e",
							     1000));
	CusaxMessage *own = store_outgoing("o1", "own", 2000);
	g_autoptr(CusaxMessage) stored = NULL;
	g_autoptr(GAsyncResult) result = NULL, refused = NULL;
	g_autoptr(GPtrArray) pending = NULL;
	g_autoptr(GError) error = NULL;
	CusaxMessage *m;

	own->reply_to = g_strdup(one);
	stored = store_add(f, own, NULL);
	g_assert_cmpstr(stored->reply_to, ==, one);
	g_assert_cmpstr(stored->reply_wire, ==, "w1");
	g_assert_cmpstr(stored->reply_sender, ==, BOB);
	g_assert_cmpstr(stored->reply_quote, ==,
			"gr\xc3\xbc\xc3\x9f"
			"e");
	/* The same after a restart. */
	store_reopen(f);
	result = store_await(cusax_history_get_pending_async, f->history, ALICE);
	pending = cusax_history_get_pending_finish(f->history, result, NULL);
	g_assert_cmpuint(pending->len, ==, 1);
	m = pending->pdata[0];
	g_assert_cmpstr(m->reply_wire, ==, "w1");
	g_assert_cmpstr(m->reply_sender, ==, BOB);
	g_assert_cmpstr(m->reply_quote, ==,
			"gr\xc3\xbc\xc3\x9f"
			"e");
	/* To what is not there: the user is told. */
	g_free(own->id);
	own->id = g_strdup("o2");
	g_free(own->stanza_id);
	own->stanza_id = g_strdup("o2");
	g_free(own->reply_to);
	own->reply_to = g_strdup("nothing");
	refused = store_await(cusax_history_add_message_async, f->history, own);
	g_assert_null(cusax_history_add_message_finish(f->history, refused, NULL, &error));
	store_assert_code(&error, CUSAX_ERROR_NOT_FOUND);
	cusax_message_free(own);
}

static void test_foreign_correction(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(CusaxMessage) m = from_bob("w1", "mine says something else", 2000);
	g_autoptr(CusaxMessage) stored = NULL;

	g_free(store_put_message(f, store_outgoing("o1", "own", 1000)));
	m->replaces = g_strdup("o1");
	stored = store_add(f, m, NULL);
	g_assert_true(stored->foreign_replace);
	g_assert_null(stored->replaces);
	assert_chat(f, "own; mine says something else");
}

static void add(const char *name, void (*test)(StoreFixture *, gconstpointer))
{
	g_autofree char *path = g_strconcat("/store/references/", name, NULL);

	g_test_add(path, StoreFixture, NULL, store_set_up, test, store_tear_down);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	add("X5: reactions of both sides, the newest count", test_reactions);
	add("X5: what refers to a message that comes later", test_unknown);
	add("X5: what refers to nothing is limited", test_unknown_limit);
	add("X5: only the sender takes a message back, and all of it", test_retraction);
	add("X5: an own message is taken back before it was sent", test_own_retraction);
	add("X5: a reply knows what it answers", test_reply);
	add("X5: a reaction that bounced is undone", test_bounced);
	add("X6: who of a room, whatever the nick", test_occupants);
	add("R1: a correction of another's message corrects nothing", test_foreign_correction);
	return g_test_run();
}
