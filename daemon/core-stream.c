/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sessions of chat accounts that outlive the daemon (XEP-0198): kept, offered, settled. */
/* Main thread. */
#define CUSAX_LOG_DOMAIN "core"
#include "daemon/core-private.h"

#include <string.h>

#include "daemon/base/log.h"

/* The order is all: what a stanza brought is in the history's queue before the number that covers it
 * (messages carry theirs), and an own message's number before the message is on the wire. So a daemon
 * that is killed at any point finds in the history exactly what it must ask for, and what it must
 * send. */

typedef struct {
	CusaxCore *core;
	CusaxAccount *account;
	guint32 count;
	char *stream; /* of which session; NULL: of one that cannot be resumed */
} Kept;

static Kept *kept_new(CusaxCore *core, CusaxAccount *account, guint32 count)
{
	CoreLink *link = core_link_of(core, account);
	Kept *kept = g_new(Kept, 1);

	*kept = (Kept){ core, g_object_ref(account), count,
			link && link->stream ? g_strdup(link->stream->id) : NULL };
	return kept;
}

static void kept_free(Kept *kept)
{
	g_object_unref(kept->account);
	g_free(kept->stream);
	g_free(kept);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Kept, kept_free)

void core_stream_restore(CusaxCore *core, CusaxAccount *account, CusaxStreamState *state)
{
	CoreLink *link = core_link_of(core, account);

	if (link)
		link->receipts_owed = state != NULL;
	/* With other features on or off it is another session that is wanted (C17). */
	if (link && state && state->disabled == (CUSAX_FEATURES_ALL & ~account->features))
		link->stream = g_steal_pointer(&state);
	cusax_stream_state_free(state);
}

void core_stream_offer(CusaxCore *core, CusaxAccount *account, CusaxOperation *connect)
{
	const CusaxStreamState *stream = core_link_of(core, account)->stream;

	if (!stream)
		return;
	connect->connect.stream = g_strdup(stream->id);
	connect->connect.stream_bound = g_strdup(stream->bound);
	connect->connect.stream_handled = stream->handled;
	connect->connect.stream_accepted = stream->accepted;
}

static void on_written(GObject *source, GAsyncResult *result, gpointer data)
{
	CusaxCore *core = data;
	g_autoptr(GError) error = NULL;

	(void)source;
	if (!cusax_history_stream_finish(core->history, result, &error))
		cusax_notice(NULL, "a session could not be kept, ignoring: %s", error->message);
}

void core_stream_forget(CusaxCore *core, CusaxAccount *account)
{
	CoreLink *link = core_link_of(core, account);

	if (!link->stream)
		return;
	g_clear_pointer(&link->stream, cusax_stream_state_free);
	cusax_history_set_stream_async(core->history, cusax_object_id(CUSAX_OBJECT(account)), NULL,
				       on_written, core);
}

static void on_settled(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(Kept) kept = data;
	CusaxAccount *account = kept->account;
	g_autoptr(GPtrArray) moved = NULL;
	g_autoptr(GError) error = NULL;

	(void)source;
	moved = cusax_history_settle_stream_finish(kept->core->history, result, &error);
	if (!moved) {
		cusax_notice(cusax_object_id(CUSAX_OBJECT(account)),
			     "what the server has could not be kept: %s", error->message);
		return;
	}
	for (guint i = 0; i < moved->len; i++)
		core_chat_show_delivery(kept->core, account, moved->pdata[i]);
}

void core_stream_on_online(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event)
{
	const char *id = cusax_object_id(CUSAX_OBJECT(account));
	CoreLink *link = core_link_of(core, account);

	if (event->connection.settled && !event->connection.resumed && link->stream)
		cusax_history_settle_stream_async(core->history, id, link->stream->id,
						  event->connection.accepted, on_settled,
						  kept_new(core, account, 0));
	/* What was more than fits in memory comes again by this. */
	core->unstored_lost = FALSE;
	if (!event->connection.resumed)
		link->handled = 0;
	if (event->connection.recovered)
		cusax_info(id, "the session of before the restart goes on");
	if (event->connection.resumed || event->connection.recovered)
		return;
	if (!event->connection.stream || !event->connection.bound_address) {
		core_stream_forget(core, account);
		return;
	}
	cusax_stream_state_free(link->stream);
	link->stream =
		cusax_stream_state_new(event->connection.stream, event->connection.bound_address);
	link->stream->disabled = CUSAX_FEATURES_ALL & ~account->features;
	cusax_history_set_stream_async(core->history, id, link->stream, on_written, core);
}

/* --- stanzas of the server --------------------------------------------------------------------- */

static void tell(CusaxCore *core, CusaxAccount *account, const char *stream, gboolean own,
		 guint32 count)
{
	CusaxOperation *kept =
		cusax_operation_new(CUSAX_OPERATION_KEPT, cusax_object_id(CUSAX_OBJECT(account)));

	kept->kept.own = own;
	kept->kept.count = count;
	kept->kept.stream = g_strdup(stream);
	core_submit(core, account, kept, NULL, NULL);
}

static void on_handled_kept(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(Kept) kept = data;
	CusaxAccount *account = kept->account;
	CoreLink *link = core_link_of(kept->core, account);
	CusaxStreamState *stream = link ? link->stream : NULL;
	g_autoptr(GError) error = NULL;

	(void)source;
	if (!cusax_history_stream_finish(kept->core->history, result, &error)) {
		/* The server keeps for us what we could not keep. */
		core_unstored_failed(kept->core, error, NULL, NULL, NULL);
		if (stream && g_strcmp0(stream->id, kept->stream) == 0)
			tell(kept->core, account, stream->id, FALSE, stream->handled);
		return;
	}
	/* Another session may have begun meanwhile: this says nothing of that. */
	if (!link || g_strcmp0(stream ? stream->id : NULL, kept->stream) != 0)
		return;
	if (stream)
		stream->handled = kept->count;
	tell(kept->core, account, kept->stream, FALSE, kept->count);
}

void core_stream_on_handled(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event)
{
	CoreLink *link = core_link_of(core, account);

	link->handled = event->handled.count;
	/* A session that cannot be resumed has no row; its turn in the queue tells as much. */
	cusax_history_set_handled_async(core->history, cusax_object_id(CUSAX_OBJECT(account)),
					link->stream ? link->stream->id : "", event->handled.count,
					on_handled_kept,
					kept_new(core, account, event->handled.count));
}

void core_stream_acknowledge_all(CusaxCore *core)
{
	g_autoptr(GPtrArray) accounts = core_accounts(core, CUSAX_PROTOCOL_XMPP);

	for (guint i = 0; i < accounts->len; i++) {
		CoreLink *link = core_link_of(core, accounts->pdata[i]);

		if (link && link->stream && link->handled != link->stream->handled)
			cusax_history_set_handled_async(
				core->history, cusax_object_id(accounts->pdata[i]),
				link->stream->id, link->handled, on_handled_kept,
				kept_new(core, accounts->pdata[i], link->handled));
	}
}

void core_stream_mark(CusaxCore *core, CusaxAccount *account, CusaxMessage *message,
		      const CusaxEvent *event)
{
	CoreLink *link = core_link_of(core, account);

	if (!event->message.counted || !link || !link->stream)
		return;
	message->stream = g_strdup(link->stream->id);
	message->stream_count = event->message.count;
}

/* --- own stanzas ------------------------------------------------------------------------------- */

void core_stream_own_kept(CusaxCore *core, CusaxAccount *account, const char *stream, guint32 count)
{
	tell(core, account, stream, TRUE, count);
}
