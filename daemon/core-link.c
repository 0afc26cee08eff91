/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keeping an account connected: the account machine of policy, its effects, its timers. */
/* Main thread. */
#define CUSAX_LOG_DOMAIN "core"
#include "daemon/core-private.h"

#include <string.h>

#include "daemon/base/log.h"
#include "daemon/base/names.h"
#include "daemon/core-start.h"
#include "daemon/policy/connect.h"

#define FRESH_USEC (3 * G_USEC_PER_SEC)

static void input(CoreLink *link, CusaxAccountInput kind, CusaxError code, const char *why);

CoreLink *core_link_of(CusaxCore *core, CusaxAccount *account)
{
	return g_hash_table_lookup(core->links, cusax_object_id(CUSAX_OBJECT(account)));
}

/* Telephony learns of other features without a new connection, so that calls go on (C18); a chat
 * account is connected anew with its settings. */
static void on_features(CusaxAccount *account, G_GNUC_UNUSED GParamSpec *pspec, CoreLink *link)
{
	CusaxOperation *change;

	if (account->protocol != CUSAX_PROTOCOL_SIP || !link->fsm.started)
		return;
	change = cusax_operation_new(CUSAX_OPERATION_FEATURES,
				     cusax_object_id(CUSAX_OBJECT(account)));
	change->features.disabled = CUSAX_FEATURES_ALL & ~account->features;
	core_submit(link->core, account, change, NULL, NULL);
	link->presence_sent = FALSE;
	core_presence_publish(link->core, account);
	core_chat_flush(link->core, account);
}

static void on_settings(CusaxAccount *account, G_GNUC_UNUSED GParamSpec *pspec,
			G_GNUC_UNUSED CoreLink *link)
{
	core_voicemail_on_settings(account);
}

CoreLink *core_link_new(CusaxCore *core, CusaxAccount *account)
{
	CoreLink *link = g_new0(CoreLink, 1);

	link->core = core;
	link->account = account;
	link->wanted = TRUE;
	link->lookup = g_cancellable_new();
	link->claimed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	link->awaiting_offline = g_ptr_array_new_with_free_func(g_object_unref);
	g_signal_connect(account, "notify::features", G_CALLBACK(on_features), link);
	g_signal_connect(account, "notify::settings", G_CALLBACK(on_settings), link);
	core_voicemail_on_settings(account);
	return link;
}

void core_link_free(CoreLink *link)
{
	g_signal_handlers_disconnect_by_data(link->account, link);
	g_cancellable_cancel(link->lookup);
	g_object_unref(link->lookup);
	g_clear_handle_id(&link->retry, g_source_remove);
	cusax_secret_free(link->secret);
	g_hash_table_unref(link->claimed);
	cusax_stream_state_free(link->stream);
	for (guint i = 0; i < link->awaiting_offline->len; i++)
		g_task_return_boolean(link->awaiting_offline->pdata[i], TRUE);
	g_ptr_array_unref(link->awaiting_offline);
	g_clear_pointer(&link->own_phones, g_ptr_array_unref);
	g_free(link->sent_status);
	g_free(link->reach_published);
	core_relay_forget(link);
	g_free(link->login_pin);
	g_free(link->roster_version);
	g_free(link->roster_pushed);
	g_clear_pointer(&link->roster_unkept, g_ptr_array_unref);
	g_free(link);
}

gboolean core_link_claim_message(CusaxCore *core, CusaxAccount *account, const char *id)
{
	return g_hash_table_add(core_link_of(core, account)->claimed, g_strdup(id));
}

void core_link_release_message(CusaxCore *core, CusaxAccount *account, const char *id)
{
	CoreLink *link = core_link_of(core, account);

	if (link)
		g_hash_table_remove(link->claimed, id);
}

/* --- effects ----------------------------------------------------------------------------------- */

typedef struct {
	CusaxCore *core;
	char *account;
	GCancellable *current; /* cancelled once a later look-up took its place */
} Lookup;

static void on_secret(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autofree Lookup *lookup = data;
	g_autofree char *account = lookup->account;
	g_autoptr(GCancellable) current = lookup->current;
	g_autoptr(GError) error = NULL;
	CusaxCore *core = lookup->core;
	char *secret;
	CoreLink *link;

	(void)source;
	secret = core->secrets->lookup_finish(core->secrets, result, &error);
	/* Also an answer that was on its way already: the link may be gone. */
	if (g_cancellable_is_cancelled(current) ||
	    g_error_matches(error, CUSAX_ERROR, CUSAX_ERROR_CANCELLED)) {
		cusax_secret_free(secret);
		return;
	}
	link = g_hash_table_lookup(core->links, account);
	if (!link) {
		cusax_secret_free(secret);
		return;
	}
	link->interactive = FALSE;
	/* With a client certificate no password is needed (SASL EXTERNAL). */
	if (secret || (link->account->protocol == CUSAX_PROTOCOL_XMPP &&
		       cusax_settings_has(link->account->values, "certificate"))) {
		cusax_secret_free(link->secret);
		link->secret = secret;
		input(link, CUSAX_ACCOUNT_ON_SECRET, CUSAX_ERROR_FAILED, NULL);
		return;
	}
	input(link, CUSAX_ACCOUNT_ON_NO_SECRET, CUSAX_ERROR_SECRET_UNAVAILABLE,
	      g_error_matches(error, CUSAX_ERROR, CUSAX_ERROR_NOT_FOUND)
		      ? "No password is stored for this account."
		      : error->message);
}

static void look_up_secret(CoreLink *link)
{
	CusaxCore *core = link->core;
	Lookup *lookup = g_new(Lookup, 1);

	/* One look-up at a time: what an earlier one finds no longer counts. */
	g_cancellable_cancel(link->lookup);
	g_object_unref(link->lookup);
	link->lookup = g_cancellable_new();
	*lookup = (Lookup){ core, g_strdup(cusax_object_id(CUSAX_OBJECT(link->account))),
			    g_object_ref(link->lookup) };
	core->secrets->lookup(core->secrets, link->account->protocol, link->account->address,
			      link->interactive, link->lookup, on_secret, lookup);
}

/* The entries of the roster that we have. */
static GStrv roster_of(CoreLink *link)
{
	g_autoptr(GPtrArray) contacts = core_roster_contacts(link->core, link->account);
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

	for (guint i = 0; i < contacts->len; i++) {
		CusaxContact *contact = contacts->pdata[i];

		if (contact->listed)
			g_strv_builder_add(builder, contact->address);
	}
	return g_strv_builder_end(builder);
}

static void connect_account(CoreLink *link)
{
	CusaxAccount *account = link->account;
	CusaxOperation *connect = cusax_operation_new(CUSAX_OPERATION_CONNECT,
						      cusax_object_id(CUSAX_OBJECT(account)));

	connect->connect.address = g_strdup(account->address);
	connect->connect.settings = cusax_settings_ref(account->values);
	connect->connect.policy = cusax_settings_ref(core_policy(link->core));
	connect->connect.secret = g_steal_pointer(&link->secret);
	connect->connect.disabled = CUSAX_FEATURES_ALL & ~account->features;
	connect->connect.login_pin = g_strdup(link->login_pin);
	connect->connect.roster_version = g_strdup(link->roster_version);
	if (link->roster_version)
		connect->connect.roster = roster_of(link);
	link->connecting_since = g_get_monotonic_time();
	core_stream_offer(link->core, account, connect);
	/* The outcome is told by CUSAX_EVENT_CONNECTION. */
	core_submit(link->core, account, connect, NULL, NULL);
}

static gboolean on_retry(gpointer data)
{
	CoreLink *link = data;

	link->retry = 0;
	core_count(link->core, "reconnects");
	input(link, CUSAX_ACCOUNT_ON_RETRY, CUSAX_ERROR_FAILED, NULL);
	return G_SOURCE_REMOVE;
}

static void carry_out(CoreLink *link, const CusaxAccountStep *step)
{
	const char *id = cusax_object_id(CUSAX_OBJECT(link->account));

	if (step->effects & CUSAX_ACCOUNT_DISCONNECT) {
		core_reach_leave(link->core, link->account);
		core_submit(link->core, link->account,
			    cusax_operation_new(CUSAX_OPERATION_DISCONNECT, id), NULL, NULL);
	}
	if (step->effects & CUSAX_ACCOUNT_LOOKUP_SECRET)
		look_up_secret(link);
	if (step->effects & CUSAX_ACCOUNT_CONNECT)
		connect_account(link);
	if (step->effects & CUSAX_ACCOUNT_CHECK)
		core_submit(link->core, link->account,
			    cusax_operation_new(CUSAX_OPERATION_CHECK, id), NULL, NULL);
	if (step->effects & CUSAX_ACCOUNT_CANCEL_RETRY)
		g_clear_handle_id(&link->retry, g_source_remove);
	if (step->effects & CUSAX_ACCOUNT_SCHEDULE_RETRY) {
		g_clear_handle_id(&link->retry, g_source_remove);
		link->retry = g_timeout_add(step->delay_ms, on_retry, link);
	}
}

/* --- the one place where the state of an account changes ---------------------------------------- */

static void enter(CoreLink *link, CusaxAccountState state, CusaxError code, const char *why)
{
	CusaxAccount *account = link->account;
	gboolean healthy = state == CUSAX_ACCOUNT_ONLINE || state == CUSAX_ACCOUNT_OFFLINE ||
			   state == CUSAX_ACCOUNT_CONNECTING;
	g_autofree char *error_name = NULL;

	if (account->state != state)
		cusax_info(cusax_object_id(CUSAX_OBJECT(account)), "%s -> %s (%s)",
			   cusax_word(CUSAX_TYPE_ACCOUNT_STATE, account->state),
			   cusax_word(CUSAX_TYPE_ACCOUNT_STATE, state), why);
	/* Nothing is protected any more, also while the service still takes its leave. */
	if (state == CUSAX_ACCOUNT_OFFLINE)
		cusax_account_set_security(account, NULL);
	error_name = healthy ? NULL : g_strconcat(CUSAX_ERROR_PREFIX, cusax_error_name(code), NULL);
	g_object_set(account, "state", state, "state-reason", healthy ? NULL : why, "error-name",
		     error_name, NULL);
}

/* What a service said, and what follows from it, as sentences. */
static char *sentences(const char *why, const char *then)
{
	g_autofree char *line = g_strstrip(g_strdup(why ? why : ""));

	if (!*line)
		return g_strdup(then);
	line[0] = g_ascii_toupper(line[0]);
	return g_strconcat(line, strchr(".!?", line[strlen(line) - 1]) ? "" : ".", *then ? " " : "",
			   then, NULL);
}

static void input(CoreLink *link, CusaxAccountInput kind, CusaxError code, const char *why)
{
	CusaxAccountInputFacts facts = {
		.kind = kind, .code = code, .now = g_get_monotonic_time(), .random = g_random_int()
	};
	CusaxAccountStep step = cusax_account_fsm_step(&link->fsm, &facts);
	g_autoptr(CusaxAccount) account = g_object_ref(link->account);
	g_autofree char *reason = NULL;

	if (step.ignored) {
		cusax_debug(cusax_object_id(CUSAX_OBJECT(account)), "%s ignored in %s",
			    cusax_account_input_word(kind),
			    cusax_word(CUSAX_TYPE_ACCOUNT_STATE, link->fsm.state));
		return;
	}
	reason = sentences(why, step.reason);
	link->fsm = step.next;
	carry_out(link, &step);
	enter(link, step.next.state, step.next.error, reason);
	if (step.next.state == CUSAX_ACCOUNT_OFFLINE) {
		for (guint i = 0; i < link->awaiting_offline->len; i++)
			g_task_return_boolean(link->awaiting_offline->pdata[i], TRUE);
		g_ptr_array_set_size(link->awaiting_offline, 0);
	}
	core_link_update(link->core, account);
}

/* --- what is wanted ------------------------------------------------------------------------------ */

static gboolean is_wanted(CoreLink *link)
{
	return link->account->enabled && link->wanted && !link->retired && !link->core->stopping &&
	       link->core->manager->availability != CUSAX_AVAILABILITY_OFFLINE;
}

static void obey(CoreLink *link, CusaxConnectAct act)
{
	switch (act) {
	case CUSAX_CONNECT_START:
		input(link, CUSAX_ACCOUNT_DO_START, CUSAX_ERROR_FAILED, NULL);
		return;
	case CUSAX_CONNECT_STOP:
		input(link, CUSAX_ACCOUNT_DO_STOP, CUSAX_ERROR_FAILED, NULL);
		return;
	case CUSAX_CONNECT_STAY:
	case CUSAX_CONNECT_HOLD:
		return;
	}
}

static void update_single(CoreLink *link)
{
	if (is_wanted(link) && !link->fsm.started)
		obey(link, CUSAX_CONNECT_START);
	else if (!is_wanted(link) && link->fsm.started)
		obey(link, CUSAX_CONNECT_STOP);
}

static CusaxConnectSide side_of(CoreLink *link)
{
	return (CusaxConnectSide){ is_wanted(link), link->account->state, link->account->label,
				   link->account->state_reason };
}

void core_link_update(CusaxCore *core, CusaxAccount *account)
{
	CusaxService *service = core_service_of(account);
	CoreLink *link = core_link_of(core, account);
	CoreLink *chat, *telephony;
	CusaxConnectSide chat_side, telephony_side;
	g_auto(CusaxConnectDecision) decision = { 0 };

	if (!link)
		return;
	if (!service) {
		update_single(link);
		return;
	}
	chat = core_link_of(core, service->chat_account);
	telephony = core_link_of(core, service->telephony_account);
	if (!chat || !telephony)
		return; /* being loaded or removed */
	chat_side = side_of(chat);
	telephony_side = side_of(telephony);
	decision = cusax_connect_decide(service->connect_policy, &chat_side, &telephony_side);
	core_service_update(core, service, &decision);
	/* Each act changes a state and so comes here again, with what is true by then. */
	if (decision.telephony == CUSAX_CONNECT_START || decision.telephony == CUSAX_CONNECT_STOP)
		obey(telephony, decision.telephony);
	if (decision.chat == CUSAX_CONNECT_START || decision.chat == CUSAX_CONNECT_STOP)
		obey(chat, decision.chat);
}

void core_link_update_all(CusaxCore *core)
{
	g_autoptr(GPtrArray) accounts = cusax_registry_list(core->registry, CUSAX_TYPE_ACCOUNT);

	for (guint i = 0; i < accounts->len; i++)
		core_link_update(core, accounts->pdata[i]);
}

void core_link_restart(CusaxCore *core, CusaxAccount *account)
{
	CoreLink *link = core_link_of(core, account);

	if (link->fsm.started)
		input(link, CUSAX_ACCOUNT_DO_RESTART, CUSAX_ERROR_FAILED, NULL);
	else
		core_link_update(core, account);
}

/* An attempt that has only begun has begun on what is there now. */
static gboolean is_fresh(CoreLink *link)
{
	return link->fsm.state == CUSAX_ACCOUNT_CONNECTING &&
	       g_get_monotonic_time() - link->connecting_since < FRESH_USEC;
}

void cusax_core_network_changed(CusaxCore *core)
{
	g_autoptr(GPtrArray) accounts = cusax_registry_list(core->registry, CUSAX_TYPE_ACCOUNT);

	for (guint i = 0; i < accounts->len; i++) {
		CoreLink *link = core_link_of(core, accounts->pdata[i]);

		if (link && !is_fresh(link))
			input(link, CUSAX_ACCOUNT_ON_NETWORK, CUSAX_ERROR_FAILED, NULL);
	}
}

void core_link_retire(CusaxCore *core, CusaxAccount *account)
{
	CoreLink *link = core_link_of(core, account);

	link->retired = TRUE;
	g_clear_handle_id(&link->retry, g_source_remove);
	g_cancellable_cancel(link->lookup);
}

void core_link_on_secrets_changed(gpointer data)
{
	CusaxCore *core = data;
	g_autoptr(GPtrArray) accounts = cusax_registry_list(core->registry, CUSAX_TYPE_ACCOUNT);

	for (guint i = 0; i < accounts->len; i++) {
		CoreLink *link = core_link_of(core, accounts->pdata[i]);

		if (link && link->fsm.state == CUSAX_ACCOUNT_NEEDS_SECRET)
			core_link_restart(core, accounts->pdata[i]);
	}
}

/* --- what the service tells ---------------------------------------------------------------------- */

static void on_online(CoreLink *link, const CusaxEvent *event)
{
	CusaxCore *core = link->core;
	CusaxAccount *account = link->account;

	cusax_account_set_security(account, cusax_security_copy(event->connection.security));
	core_login_keep(core, account, event->connection.login_pin);
	if (!event->connection.resumed)
		g_hash_table_remove_all(link->claimed);
	if (account->protocol == CUSAX_PROTOCOL_XMPP)
		core_stream_on_online(core, account, event);
	input(link, CUSAX_ACCOUNT_ON_ONLINE, CUSAX_ERROR_FAILED, NULL);
	if (!core_is_online(account))
		return;
	if (account->protocol == CUSAX_PROTOCOL_XMPP)
		core_presence_restore(core, account, event->connection.resumed);
	if (account->protocol == CUSAX_PROTOCOL_XMPP && event->connection.resumed)
		core_room_resume(core, account);
	core_presence_publish(core, account);
	/* A session that goes on has missed nothing. */
	if (account->protocol == CUSAX_PROTOCOL_XMPP &&
	    (!event->connection.resumed || link->archive_left))
		core_archive_catch_up(core, account, NULL);
	core_chat_flush(core, account);
	if (link->receipts_owed)
		core_chat_repeat_receipts(core, account);
	link->receipts_owed = FALSE;
	if (account->protocol == CUSAX_PROTOCOL_XMPP) {
		if (!event->connection.resumed)
			core_read_fetch(core, account);
		core_vcard_run(core);
		core_relay_want(core, account);
	} else {
		core_relay_hand_over(core, account);
	}
}

static void on_offline(CoreLink *link, const CusaxEvent *event)
{
	CusaxCore *core = link->core;
	CusaxAccount *account = link->account;

	cusax_account_set_security(account, NULL);
	link->presence_sent = FALSE;
	link->reach_told = FALSE;
	g_clear_pointer(&link->reach_published, g_free);
	if (account->protocol == CUSAX_PROTOCOL_XMPP) {
		core_presence_hide(core, account);
		core_chat_offline(core, account);
		if (!event->connection.stream && !event->connection.failed)
			core_stream_forget(core, account);
		core_room_offline(core, account);
	} else {
		core_call_end_all(core, account, CUSAX_END_FAILED,
				  event->connection.failed ? event->connection.text
							   : "the account went offline");
	}
	if (event->connection.failed) {
		input(link, CUSAX_ACCOUNT_ON_LOST, event->connection.code, event->connection.text);
	} else {
		input(link, CUSAX_ACCOUNT_ON_OFFLINE, CUSAX_ERROR_FAILED, NULL);
	}
}

void core_link_on_connection(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event)
{
	CoreLink *link = core_link_of(core, account);

	switch (event->connection.state) {
	case CUSAX_ACCOUNT_CONNECTING:
		input(link, CUSAX_ACCOUNT_ON_CONNECTING, CUSAX_ERROR_FAILED, NULL);
		return;
	case CUSAX_ACCOUNT_ONLINE:
		on_online(link, event);
		return;
	case CUSAX_ACCOUNT_OFFLINE:
		on_offline(link, event);
		return;
	case CUSAX_ACCOUNT_WAITING:
	case CUSAX_ACCOUNT_FAILED:
	case CUSAX_ACCOUNT_NEEDS_SECRET:
		g_return_if_reached(); /* not a service's to say */
	}
}

/* --- verbs ----------------------------------------------------------------------------------------- */

void cusax_core_connect_account(CusaxCore *core, CusaxAccount *account,
				GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, NULL, callback, data);
	CoreLink *link = core_link_of(core, account);

	if (!account->enabled) {
		g_task_return_new_error(task, CUSAX_ERROR, CUSAX_ERROR_WRONG_STATE,
					"the account is not enabled");
	} else {
		link->wanted = TRUE;
		link->interactive = TRUE; /* a person asks: the keyring may prompt */
		if (account->state != CUSAX_ACCOUNT_ONLINE &&
		    account->state != CUSAX_ACCOUNT_CONNECTING)
			core_link_restart(core, account);
		g_task_return_boolean(task, TRUE);
	}
	g_object_unref(task);
}

void cusax_core_disconnect_account(CusaxCore *core, CusaxAccount *account,
				   GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, NULL, callback, data);
	CoreLink *link = core_link_of(core, account);

	link->wanted = FALSE;
	core_link_update(core, account);
	if (account->state == CUSAX_ACCOUNT_OFFLINE && !link->fsm.stopping) {
		g_task_return_boolean(task, TRUE);
		g_object_unref(task);
		return;
	}
	g_ptr_array_add(link->awaiting_offline, task);
}
