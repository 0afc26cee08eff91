/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Accounts as the user sets them up: added, changed, given a password, removed. */
/* Main thread. */
#define CUSAX_LOG_DOMAIN "core"
#include "daemon/core-private.h"

#include <string.h>

#include "daemon/base/jid.h"
#include "daemon/base/log.h"
#include "daemon/base/names.h"
#include "daemon/base/sip-uri.h"

typedef struct {
	CusaxCore *core;
	CusaxObject *object; /* an owned reference to what is to be shown, changed or removed */
} Change;

static void change_free(Change *change)
{
	g_clear_object(&change->object);
	g_free(change);
}

static GTask *change_task(CusaxCore *core, gpointer object, GAsyncReadyCallback callback,
			  gpointer data)
{
	GTask *task = g_task_new(NULL, NULL, callback, data);
	Change *change = g_new(Change, 1);

	*change = (Change){ core, object ? g_object_ref(object) : NULL };
	g_task_set_task_data(task, change, (GDestroyNotify)change_free);
	return task;
}

/* Returns the error on task where there is one; both are taken. */
static gboolean failed(GTask *task, GError *error)
{
	if (!error)
		return FALSE;
	g_task_return_error(task, error);
	g_object_unref(task);
	return TRUE;
}

/* --- adding ------------------------------------------------------------------------------------ */

static char *prepare_jid(const char *text, GError **error)
{
	g_autofree char *jid = cusax_jid_prepare(text, error);

	if (!jid)
		return NULL;
	if (!strchr(jid, '@') || *cusax_jid_resource(jid)) {
		g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT,
			    "address: must be of the form name@domain");
		return NULL;
	}
	return g_steal_pointer(&jid);
}

/* "alice@sip.test" and "sip:alice@sip.test" are the same address of record. */
static char *prepare_aor(const char *text, GError **error)
{
	g_autofree char *full = g_strrstr(text, ":") && !g_str_has_prefix(text, "[")
					? g_strdup(text)
					: g_strconcat("sip:", text, NULL);
	g_autoptr(CusaxSipUri) uri = cusax_sip_uri_parse(full, error);

	if (!uri)
		return NULL;
	if (uri->scheme == CUSAX_SCHEME_TEL || !uri->user) {
		g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT,
			    "address: must be of the form sip:name@domain");
		return NULL;
	}
	return cusax_sip_uri_key(uri);
}

static CusaxAccount *find_account(CusaxCore *core, CusaxProtocol protocol, const char *address)
{
	g_autoptr(GPtrArray) accounts = core_accounts(core, protocol);

	for (guint i = 0; i < accounts->len; i++) {
		CusaxAccount *account = accounts->pdata[i];

		if (strcmp(account->address, address) == 0)
			return account;
	}
	return NULL;
}

CusaxAccount *core_account_show(CusaxCore *core, const CusaxConfigAccount *entry)
{
	g_autoptr(CusaxAccount) account =
		cusax_account_new(entry->id, entry->protocol, entry->address, entry->settings);

	if (entry->problem)
		g_object_set(account, "enabled", FALSE, "state-reason", entry->problem,
			     "error-name", CUSAX_ERROR_PREFIX "InvalidArgument", NULL);
	cusax_registry_add(core->registry, CUSAX_OBJECT(account));
	g_hash_table_insert(core->links, g_strdup(entry->id), core_link_new(core, account));
	return account; /* the registry holds it */
}

static void on_account_saved(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GTask) task = data;
	Change *change = g_task_get_task_data(task);
	g_autofree char *id = g_strdup(g_object_get_data(G_OBJECT(task), "id"));
	const CusaxConfigAccount *entry;
	GError *error = NULL;
	CusaxAccount *account;

	(void)source;
	if (!cusax_config_save_finish(change->core->config, result, &error)) {
		/* What is not on the disk is not there: the change is taken back. */
		cusax_config_remove_account(change->core->config, id, NULL);
		g_task_return_error(task, error);
		return;
	}
	entry = cusax_config_account(change->core->config, id);
	if (!entry) {
		g_task_return_new_error(task, CUSAX_ERROR, CUSAX_ERROR_CANCELLED,
					"the account was removed meanwhile");
		return;
	}
	account = core_account_show(change->core, entry);
	cusax_info(id, "%s account added", cusax_word(CUSAX_TYPE_PROTOCOL, account->protocol));
	core_link_update(change->core, account);
	g_task_return_pointer(task, g_object_ref(account), g_object_unref);
}

void cusax_core_add_account(CusaxCore *core, CusaxProtocol protocol, const char *address,
			    GVariant *settings, GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = change_task(core, NULL, callback, data);
	g_autofree char *prepared = NULL;
	g_autofree char *id = NULL;
	GError *error = NULL;

	prepared = protocol == CUSAX_PROTOCOL_XMPP ? prepare_jid(address, &error)
						   : prepare_aor(address, &error);
	if (failed(task, error))
		return;
	if (find_account(core, protocol, prepared)) {
		g_task_return_new_error(task, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT,
					"address: there is an account with this address already");
		g_object_unref(task);
		return;
	}
	id = cusax_config_fresh_id(core->config, protocol == CUSAX_PROTOCOL_XMPP ? "x" : "s");
	cusax_config_add_account(core->config, id, protocol, prepared, settings, &error);
	if (failed(task, error))
		return;
	g_object_set_data_full(G_OBJECT(task), "id", g_steal_pointer(&id), g_free);
	cusax_config_save_async(core->config, on_account_saved, task);
}

/* --- changing ---------------------------------------------------------------------------------- */

static void on_change_saved(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GTask) task = data;
	Change *change = g_task_get_task_data(task);
	GError *error = NULL;

	(void)source;
	if (!cusax_config_save_finish(change->core->config, result, &error))
		g_task_return_error(task, error);
	else
		g_task_return_boolean(task, TRUE);
}

void core_save_for_task(CusaxCore *core, GTask *task)
{
	if (!g_task_get_task_data(task)) {
		Change *change = g_new0(Change, 1);

		change->core = core;
		g_task_set_task_data(task, change, (GDestroyNotify)change_free);
	}
	cusax_config_save_async(core->config, on_change_saved, task);
}

/* Settings that only change what is shown need no new connection, and neither do features of
 * telephony, which changes them on the way (CUSAX_OPERATION_FEATURES). */
static gboolean needs_new_connection(CusaxAccount *account, GVariant *changes)
{
	static const char *const shown_only[] = { "label", "display-name", "enabled", NULL };
	GVariantIter iter;
	const char *key;

	g_variant_iter_init(&iter, changes);
	while (g_variant_iter_next(&iter, "{&sv}", &key, NULL)) {
		if (account->protocol == CUSAX_PROTOCOL_SIP &&
		    strcmp(key, "disabled-features") == 0)
			continue;
		if (!g_strv_contains(shown_only, key))
			return TRUE;
	}
	return FALSE;
}

void cusax_core_update_account(CusaxCore *core, CusaxAccount *account, GVariant *settings,
			       GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = change_task(core, account, callback, data);
	const char *id = cusax_object_id(CUSAX_OBJECT(account));
	GError *error = NULL;

	cusax_config_change_account(core->config, id, settings, &error);
	if (failed(task, error))
		return;
	cusax_account_set_values(account, cusax_config_account(core->config, id)->settings);
	core_login_on_settings(core, account, settings);
	if (needs_new_connection(account, settings))
		core_link_restart(core, account);
	else
		core_link_update(core, account);
	core_save_for_task(core, task);
}

static void on_secret_stored(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GTask) task = data;
	Change *change = g_task_get_task_data(task);
	GError *error = NULL;

	(void)source;
	if (!change->core->secrets->store_finish(change->core->secrets, result, &error)) {
		g_task_return_error(task, error);
		return;
	}
	if (cusax_registry_contains(change->core->registry, change->object)) {
		core_login_forget(change->core, CUSAX_ACCOUNT(change->object));
		core_link_restart(change->core, CUSAX_ACCOUNT(change->object));
	}
	g_task_return_boolean(task, TRUE);
}

static void on_secret_cleared(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GTask) task = data;
	Change *change = g_task_get_task_data(task);
	GError *error = NULL;

	(void)source;
	if (!change->core->secrets->clear_finish(change->core->secrets, result, &error) &&
	    !g_error_matches(error, CUSAX_ERROR, CUSAX_ERROR_NOT_FOUND)) {
		g_task_return_error(task, error);
		return;
	}
	g_clear_error(&error);
	g_task_return_boolean(task, TRUE);
}

void cusax_core_set_secret(CusaxCore *core, CusaxAccount *account, const char *secret,
			   GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = change_task(core, account, callback, data);
	g_autofree char *label = NULL;

	if (!*secret) {
		core->secrets->clear(core->secrets, account->protocol, account->address, NULL,
				     on_secret_cleared, task);
		return;
	}
	label = g_strdup_printf("cusaxd: %s (%s)", account->address,
				cusax_word(CUSAX_TYPE_PROTOCOL, account->protocol));
	core->secrets->store(core->secrets, account->protocol, account->address, label, secret,
			     NULL, on_secret_stored, task);
}

/* --- removing ---------------------------------------------------------------------------------- */

static void on_cache_forgotten(GObject *source, GAsyncResult *result, gpointer data)
{
	CusaxCore *core = data;
	g_autoptr(GError) error = NULL;

	(void)source;
	if (!cusax_history_cache_finish(core->history, result, &error))
		cusax_notice(NULL, "the cache of a removed account stays, ignoring: %s",
			     error->message);
}

static void on_removed_secret_cleared(GObject *source, GAsyncResult *result, gpointer data)
{
	GTask *task = data;
	Change *change = g_task_get_task_data(task);
	CusaxCore *core = change->core;
	g_autoptr(GError) error = NULL;

	(void)source;
	if (!core->secrets->clear_finish(core->secrets, result, &error) &&
	    !g_error_matches(error, CUSAX_ERROR, CUSAX_ERROR_NOT_FOUND))
		cusax_notice(NULL, "the password of a removed account stays in the keyring: %s",
			     error->message);
	core_save_for_task(core, task);
}

static void forget(CusaxCore *core, CusaxAccount *account)
{
	const char *id = cusax_object_id(CUSAX_OBJECT(account));

	core_call_end_all(core, account, CUSAX_END_LOCAL_HANGUP, "the account was removed");
	if (account->service)
		core_service_remove(core, CUSAX_SERVICE(account->service));
	core_roster_forget(core, account);
	core_transfer_forget(core, account);
	core_chat_forget(core, account);
	cusax_history_forget_cache_async(core->history, id, on_cache_forgotten, core);
	g_hash_table_remove(core->links, id);
	cusax_info(id, "account removed");
	cusax_registry_remove(core->registry, CUSAX_OBJECT(account));
}

static void on_removed_offline(CusaxCore *core, G_GNUC_UNUSED const GError *error, gpointer data)
{
	GTask *task = data;
	Change *change = g_task_get_task_data(task);
	gboolean keep_secret = GPOINTER_TO_INT(g_object_get_data(G_OBJECT(task), "keep-secret"));
	CusaxAccount *account;

	if (!cusax_registry_contains(core->registry, change->object)) {
		core_save_for_task(core, task);
		return;
	}
	account = CUSAX_ACCOUNT(change->object);
	forget(core, account);
	/* The answer waits for the keyring: a password that is set for the same address afterwards
	 * must not be the one that goes. */
	if (keep_secret)
		core_save_for_task(core, task);
	else
		core->secrets->clear(core->secrets, account->protocol, account->address, NULL,
				     on_removed_secret_cleared, task);
}

void cusax_core_remove_account(CusaxCore *core, CusaxAccount *account, GVariant *options,
			       GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = change_task(core, account, callback, data);
	const char *id = cusax_object_id(CUSAX_OBJECT(account));
	gboolean keep_secret = FALSE;
	GError *error = NULL;

	g_variant_lookup(options, "keep-secret", "b", &keep_secret);
	if (account->service)
		cusax_config_remove_service(core->config, cusax_object_id(account->service), NULL);
	cusax_config_remove_account(core->config, id, &error);
	if (failed(task, error))
		return;
	g_object_set_data(G_OBJECT(task), "keep-secret", GINT_TO_POINTER(keep_secret));
	core_link_retire(core, account);
	core_submit(core, account, cusax_operation_new(CUSAX_OPERATION_DISCONNECT, id),
		    on_removed_offline, task);
}
