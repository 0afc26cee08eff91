/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The core's life: put together, loaded, run, stopped. */
/* Main thread. */
#define CUSAX_LOG_DOMAIN "core"
#include "daemon/core-private.h"

#include "daemon/base/log.h"
#include "daemon/core-start.h"

#define STOP_MSEC 2500

/* --- putting together ------------------------------------------------------------------------------- */

CusaxCore *cusax_core_new(CusaxConfig *config, CusaxHistory *history, CusaxSecretStore *secrets)
{
	CusaxCore *core = g_new0(CusaxCore, 1);

	core->config = config;
	core->history = history;
	core->secrets = secrets;
	core->registry = cusax_registry_new();
	core->manager = cusax_manager_new();
	cusax_registry_add(core->registry, CUSAX_OBJECT(core->manager));
	core->events = core_event_queue_new(core);
	core->call_events = core_event_queue_new(core);
	/* What was read is dealt with before more is: nothing piles up in between. */
	cusax_event_queue_set_priority(core->events, G_PRIORITY_DEFAULT - 1);
	cusax_event_queue_set_priority(core->call_events, G_PRIORITY_HIGH);
	core->identities = cusax_identity_index_new();
	core->operations = core_operations_new();
	core->links = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					    (GDestroyNotify)core_link_free);
	core->calls = core_calls_new();
	core->transfers = core_transfers_new();
	core->referrals = core_referrals_new();
	g_queue_init(&core->avatars_wanted);
	g_queue_init(&core->room_avatars);
	core->clients = core_clients_new();
	core->rooms = core_rooms_new();
	core->numbers = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_ptr_array_unref);
	core->flood = cusax_flood_new();
	g_queue_init(&core->ended);
	core->counters = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	core->privacy = core_read_privacy_new();
	core->read_untold = core_read_untold_new();
	core->unacknowledged = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	core->fetches = core_fetches_new();
	core->timers = g_hash_table_new(NULL, NULL);
	core->vcards_queued = g_hash_table_new(NULL, NULL);
	g_queue_init(&core->vcards_wanted);
	core->books = g_ptr_array_new_with_free_func((GDestroyNotify)core_book_free);
	core->book_changed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	cusax_secret_random(core->token_key, sizeof core->token_key);
	g_queue_init(&core->unstored);
	secrets->watch(secrets, core_link_on_secrets_changed, core);
	return core;
}

CusaxEventQueue *cusax_core_events(CusaxCore *core)
{
	return core->events;
}

CusaxEventQueue *cusax_core_call_events(CusaxCore *core)
{
	return core->call_events;
}

void cusax_core_set_driver(CusaxCore *core, CusaxProtocol protocol, CusaxDriver *driver)
{
	core->drivers[protocol] = driver;
}

void cusax_core_set_http(CusaxCore *core, CusaxHttp *http)
{
	core->http = http;
}

void cusax_core_set_avatars(CusaxCore *core, CusaxAvatars *avatars)
{
	core->avatars = avatars;
}

CusaxRegistry *cusax_core_registry(CusaxCore *core)
{
	return core->registry;
}

static gboolean end_timer(gpointer source, G_GNUC_UNUSED gpointer value,
			  G_GNUC_UNUSED gpointer data)
{
	GSource *found = g_main_context_find_source_by_id(NULL, GPOINTER_TO_UINT(source));

	if (found)
		g_source_destroy(found);
	return TRUE;
}

void cusax_core_free(CusaxCore *core)
{
	if (!core)
		return;
	/* Services first: once they are gone nobody pushes, and nothing is delivered any more. */
	cusax_event_queue_close(core->events);
	cusax_event_queue_close(core->call_events);
	for (guint i = 0; i < G_N_ELEMENTS(core->drivers); i++)
		cusax_driver_free(core->drivers[i]);
	if (core->http)
		core->http->free(core->http);
	g_ptr_array_unref(core->books);
	g_clear_handle_id(&core->book_idle, g_source_remove);
	g_hash_table_unref(core->book_changed);
	cusax_event_queue_unref(core->events);
	cusax_event_queue_unref(core->call_events);
	g_hash_table_foreach_remove(core->timers, end_timer, NULL);
	g_hash_table_unref(core->timers);
	g_clear_handle_id(&core->stop_deadline, g_source_remove);
	g_clear_handle_id(&core->next_prune, g_source_remove);
	g_hash_table_unref(core->calls);
	g_hash_table_unref(core->transfers);
	g_hash_table_unref(core->referrals);
	core_avatar_clear(core);
	g_hash_table_unref(core->rooms);
	g_hash_table_unref(core->links);
	g_hash_table_unref(core->operations);
	core_clients_free(core->clients);
	g_queue_clear(&core->vcards_wanted);
	g_hash_table_unref(core->vcards_queued);
	g_hash_table_unref(core->numbers);
	cusax_identity_index_free(core->identities);
	cusax_flood_free(core->flood);
	core_calls_forget_all(core);
	g_hash_table_unref(core->counters);
	g_hash_table_unref(core->privacy);
	g_hash_table_unref(core->read_untold);
	g_hash_table_unref(core->unacknowledged);
	core_unstored_clear(core);
	g_hash_table_unref(core->fetches);
	cusax_registry_free(core->registry);
	g_object_unref(core->manager);
	core->secrets->free(core->secrets);
	cusax_history_free(core->history);
	cusax_config_free(core->config);
	cusax_secret_wipe(core->token_key, sizeof core->token_key);
	g_free(core);
}

/* --- small helpers ------------------------------------------------------------------------------------ */

gboolean core_is_online(CusaxAccount *account)
{
	return account->state == CUSAX_ACCOUNT_ONLINE;
}

GPtrArray *core_accounts(CusaxCore *core, CusaxProtocol protocol)
{
	GPtrArray *accounts = g_ptr_array_new_with_free_func(g_object_unref);
	const GPtrArray *entries = cusax_config_accounts(core->config);

	for (guint i = 0; i < entries->len; i++) {
		const CusaxConfigAccount *entry = entries->pdata[i];
		CusaxAccount *account =
			cusax_registry_find(core->registry, CUSAX_TYPE_ACCOUNT, entry->id);

		if (account && account->protocol == protocol)
			g_ptr_array_add(accounts, g_object_ref(account));
	}
	return accounts;
}

void core_insert_string(GVariantDict *dict, const char *key, const char *value)
{
	g_variant_dict_insert(dict, key, "s", value ? value : "");
}

gboolean cusax_core_finish(G_GNUC_UNUSED CusaxCore *core, GAsyncResult *result, GError **error)
{
	return g_task_propagate_boolean(G_TASK(result), error);
}

CusaxObject *cusax_core_finish_object(G_GNUC_UNUSED CusaxCore *core, GAsyncResult *result,
				      GError **error)
{
	return g_task_propagate_pointer(G_TASK(result), error);
}

char *cusax_core_finish_string(G_GNUC_UNUSED CusaxCore *core, GAsyncResult *result, GError **error)
{
	return g_task_propagate_pointer(G_TASK(result), error);
}

GVariant *cusax_core_finish_variant(G_GNUC_UNUSED CusaxCore *core, GAsyncResult *result,
				    GError **error)
{
	return g_task_propagate_pointer(G_TASK(result), error);
}

/* --- loading -------------------------------------------------------------------------------------------- */

typedef struct {
	CusaxCore *core;
	guint left; /* answers of the history still to come */
} Loading;

static void loaded_one(GTask *task)
{
	Loading *loading = g_task_get_task_data(task);

	if (--loading->left == 0)
		g_task_return_boolean(task, TRUE);
	g_object_unref(task);
}

static void on_privacy(GObject *source, GAsyncResult *result, gpointer data)
{
	CusaxCore *core = ((Loading *)g_task_get_task_data(data))->core;
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) all = NULL;

	(void)source;
	all = cusax_history_get_privacy_finish(core->history, result, &error);
	if (all)
		core_read_restore(core, all);
	else
		cusax_notice(NULL, "the switches of chats cannot be read: %s", error->message);
	loaded_one(data);
}

static void on_chats(GObject *source, GAsyncResult *result, gpointer data)
{
	CusaxCore *core = ((Loading *)g_task_get_task_data(data))->core;
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) chats = NULL;

	(void)source;
	chats = cusax_history_get_chats_finish(core->history, result, &error);
	if (!chats)
		cusax_notice(NULL, "the chats cannot be read, ignoring: %s", error->message);
	for (guint i = 0; chats && i < chats->len; i++)
		core_chat_restore(core, chats->pdata[i]);
	loaded_one(data);
}

static void on_rooms(GObject *source, GAsyncResult *result, gpointer data)
{
	CusaxCore *core = ((Loading *)g_task_get_task_data(data))->core;
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) rooms = NULL;

	(void)source;
	rooms = cusax_history_get_rooms_finish(core->history, result, &error);
	if (!rooms)
		cusax_notice(NULL, "the rooms cannot be read, ignoring: %s", error->message);
	for (guint i = 0; rooms && i < rooms->len; i++)
		core_room_restore(core, rooms->pdata[i]);
	loaded_one(data);
}

static void on_clients(GObject *source, GAsyncResult *result, gpointer data)
{
	CusaxCore *core = ((Loading *)g_task_get_task_data(data))->core;
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) clients = NULL;

	(void)source;
	clients = cusax_history_get_clients_finish(core->history, result, &error);
	if (!clients)
		cusax_notice(NULL, "capabilities cannot be read, ignoring: %s", error->message);
	for (guint i = 0; clients && i < clients->len; i++)
		core_client_restore(core, clients->pdata[i]);
	loaded_one(data);
}

static void on_missed(GObject *source, GAsyncResult *result, gpointer data)
{
	CusaxCore *core = ((Loading *)g_task_get_task_data(data))->core;
	g_autoptr(GError) error = NULL;
	gssize missed;

	(void)source;
	missed = cusax_history_count_missed_finish(core->history, result, &error);
	if (missed < 0)
		cusax_notice(NULL, "the call log cannot be read, ignoring: %s", error->message);
	else
		g_object_set(core->manager, "missed-calls", (guint)missed, NULL);
	loaded_one(data);
}

static void on_unacknowledged(GObject *source, GAsyncResult *result, gpointer data)
{
	CusaxCore *core = ((Loading *)g_task_get_task_data(data))->core;
	g_autoptr(GPtrArray) pending = NULL;

	(void)source;
	pending = cusax_history_get_pending_finish(core->history, result, NULL);
	for (guint i = 0; pending && i < pending->len; i++)
		g_hash_table_add(core->unacknowledged,
				 g_strdup(((CusaxMessage *)pending->pdata[i])->id));
	loaded_one(data);
}

typedef struct {
	GTask *task;
	CusaxAccount *account;
} CacheLoading;

static void on_cache(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autofree CacheLoading *loading = data;
	CusaxCore *core = ((Loading *)g_task_get_task_data(loading->task))->core;
	g_autoptr(GError) error = NULL;
	g_autoptr(CusaxRosterCache) cache = NULL;

	(void)source;
	cache = cusax_history_get_cache_finish(core->history, result, &error);
	if (cache)
		core_roster_restore(core, loading->account, cache);
	else
		cusax_notice(NULL, "the roster cache cannot be read, ignoring: %s", error->message);
	loaded_one(loading->task);
}

static void on_stream(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autofree CacheLoading *loading = data;
	CusaxCore *core = ((Loading *)g_task_get_task_data(loading->task))->core;

	(void)source;
	core_stream_restore(core, loading->account,
			    cusax_history_get_stream_finish(core->history, result, NULL));
	loaded_one(loading->task);
}

static CacheLoading *cache_loading_new(GTask *task, CusaxAccount *account)
{
	CacheLoading *one = g_new(CacheLoading, 1);

	*one = (CacheLoading){ g_object_ref(task), account };
	return one;
}

static void on_history_open(GObject *source, GAsyncResult *result, gpointer data)
{
	GTask *task = data;
	Loading *loading = g_task_get_task_data(task);
	CusaxCore *core = loading->core;
	g_autoptr(GPtrArray) accounts = core_accounts(core, CUSAX_PROTOCOL_XMPP);
	g_autoptr(GError) error = NULL;
	gboolean set_aside;

	(void)source;
	if (!cusax_history_open_finish(core->history, result, &set_aside, &error)) {
		cusax_notice(NULL, "the history cannot be used: %s", error->message);
	} else if (set_aside) {
		cusax_notice(NULL, "the history was damaged: it was set aside, a new one begins");
	}
	/* Rosters and rooms before chats, so that each chat finds its own. */
	loading->left = accounts->len * 2 + 6;
	for (guint i = 0; i < accounts->len; i++) {
		const char *id = cusax_object_id(CUSAX_OBJECT(accounts->pdata[i]));

		cusax_history_get_cache_async(core->history, id, on_cache,
					      cache_loading_new(task, accounts->pdata[i]));
		cusax_history_get_stream_async(core->history, id, on_stream,
					       cache_loading_new(task, accounts->pdata[i]));
	}
	cusax_history_get_privacy_async(core->history, on_privacy, g_object_ref(task));
	cusax_history_get_rooms_async(core->history, on_rooms, g_object_ref(task));
	cusax_history_get_chats_async(core->history, on_chats, g_object_ref(task));
	cusax_history_get_clients_async(core->history, on_clients, g_object_ref(task));
	cusax_history_count_missed_async(core->history, on_missed, g_object_ref(task));
	cusax_history_get_pending_async(core->history, NULL, on_unacknowledged, g_object_ref(task));
	g_object_unref(task);
}

static void show_configuration(CusaxCore *core)
{
	const GPtrArray *problems = cusax_config_problems(core->config);
	const GPtrArray *accounts = cusax_config_accounts(core->config);
	const GPtrArray *services = cusax_config_services(core->config);
	CusaxAvailability availability;
	g_autofree char *message = NULL;

	cusax_config_presence(core->config, &availability, &message);
	g_object_set(core->manager, "availability", availability, "status-message", message, NULL);
	for (guint i = 0; i < problems->len; i++) {
		CusaxConfigProblem *problem = problems->pdata[i];

		cusax_notice(NULL, "settings: [%s] %s: %s",
			     problem->group ? problem->group : "file",
			     problem->key ? problem->key : "", problem->reason);
	}
	for (guint i = 0; i < accounts->len; i++)
		core_account_show(core, accounts->pdata[i]);
	for (guint i = 0; i < services->len; i++)
		core_service_show(core, services->pdata[i]);
}

void cusax_core_load(CusaxCore *core, GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, NULL, callback, data);
	Loading *loading = g_new0(Loading, 1);

	loading->core = core;
	g_task_set_task_data(task, loading, g_free);
	show_configuration(core);
	cusax_history_open_async(core->history, on_history_open, task);
}

void cusax_core_run(CusaxCore *core)
{
	core_link_update_all(core);
	core_retention_apply(core);
}

/* --- stopping ------------------------------------------------------------------------------------------- */

static void on_history_closed(GObject *source, GAsyncResult *result, gpointer data)
{
	CusaxCore *core = data;

	(void)source;
	cusax_history_close_finish(core->history, result);
	g_clear_handle_id(&core->stop_deadline, g_source_remove);
	g_task_return_boolean(core->stop_task, TRUE);
	g_clear_object(&core->stop_task);
}

static void on_last_save(GObject *source, GAsyncResult *result, gpointer data)
{
	CusaxCore *core = data;
	g_autoptr(GError) error = NULL;

	(void)source;
	if (!cusax_config_save_finish(core->config, result, &error))
		cusax_notice(NULL, "the settings could not be saved: %s", error->message);
	cusax_history_close_async(core->history, on_history_closed, core);
}

/* What was asked of the disk before is done first, both there and in the history. */
static void all_offline(CusaxCore *core)
{
	core->stop_left = 0;
	cusax_config_save_async(core->config, on_last_save, core);
}

static void on_one_offline(CusaxCore *core, G_GNUC_UNUSED const GError *error,
			   G_GNUC_UNUSED gpointer data)
{
	if (core->stop_left > 0 && --core->stop_left == 0)
		all_offline(core);
}

static gboolean on_stop_deadline(gpointer data)
{
	CusaxCore *core = data;

	core->stop_deadline = 0;
	cusax_notice(NULL, "a server did not answer in time; stopping all the same");
	if (core->stop_left > 0)
		all_offline(core);
	return G_SOURCE_REMOVE;
}

void cusax_core_stop(CusaxCore *core, GAsyncReadyCallback callback, gpointer data)
{
	g_autoptr(GPtrArray) accounts = cusax_registry_list(core->registry, CUSAX_TYPE_ACCOUNT);

	core->stop_task = g_task_new(NULL, NULL, callback, data);
	core->stopping = TRUE;
	core->stop_deadline = g_timeout_add(STOP_MSEC, on_stop_deadline, core);
	core->stop_left = accounts->len;
	/* Asked for directly: this ends also what no account machine knows to be up. */
	for (guint i = 0; i < accounts->len; i++) {
		core_reach_leave(core, accounts->pdata[i]);
		core_submit(core, accounts->pdata[i],
			    cusax_operation_new(CUSAX_OPERATION_DISCONNECT,
						cusax_object_id(accounts->pdata[i])),
			    on_one_offline, NULL);
	}
	if (accounts->len == 0)
		all_offline(core);
}
