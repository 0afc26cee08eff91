/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The call log: written while calls run, listed for clients, missed calls counted. */
/* Main thread. */
#define CUSAX_LOG_DOMAIN "core"
#include "daemon/core-private.h"

#include <string.h>

#include "daemon/base/log.h"

static void on_logged(GObject *source, GAsyncResult *result, gpointer data)
{
	CusaxCore *core = data;
	g_autoptr(GError) error = NULL;

	(void)source;
	if (!cusax_history_put_call_finish(core->history, result, &error))
		cusax_notice(NULL, "a call could not be logged, ignoring: %s", error->message);
}

void core_call_log(CusaxCore *core, CusaxCall *call, gboolean missed)
{
	g_autoptr(CusaxCallRecord) record = cusax_call_record_new(
		cusax_object_id(CUSAX_OBJECT(call)), cusax_object_id(CUSAX_OBJECT(call->account)),
		call->direction);

	if (call->service)
		record->service = g_strdup(cusax_object_id(CUSAX_OBJECT(call->service)));
	record->uri = g_strdup(call->remote_uri);
	record->name = g_strdup(call->remote_name);
	if (call->contact && call->contact->account) {
		record->contact_account =
			g_strdup(cusax_object_id(CUSAX_OBJECT(call->contact->account)));
		record->contact_address = g_strdup(call->contact->address);
	}
	record->claimed_address = g_strdup(call->claimed_address);
	record->identity = call->identity;
	record->identity_source = g_strdup(call->identity_source);
	record->start = call->start_time;
	record->answer = call->answer_time;
	record->end = call->end_time;
	record->reason = call->end_reason;
	record->code = call->end_code;
	record->text = g_strdup(call->end_text);
	record->encryption = call->encryption;
	record->codec = g_strdup(call->codec);
	record->charges = call->charges;
	record->missed = missed;
	if (missed)
		g_object_set(core->manager, "missed-calls", core->manager->missed_calls + 1, NULL);
	cusax_history_put_call_async(core->history, record, on_logged, core);
}

/* --- for clients ------------------------------------------------------------------------------------ */

GVariant *core_call_variant(CusaxCore *core, const CusaxCallRecord *record)
{
	CusaxAccount *account =
		cusax_registry_find(core->registry, CUSAX_TYPE_ACCOUNT, record->account);
	CusaxAccount *chat =
		cusax_registry_find(core->registry, CUSAX_TYPE_ACCOUNT, record->contact_account);
	CusaxContact *contact = chat && record->contact_address
					? core_contact_find(core, chat, record->contact_address)
					: NULL;
	g_autofree char *account_path = cusax_object_path((CusaxObject *)account);
	g_autofree char *contact_path = cusax_object_path((CusaxObject *)contact);
	const char *const media[] = { "audio", NULL };
	GVariantDict dict;

	g_variant_dict_init(&dict, NULL);
	core_insert_string(&dict, "id", record->id);
	g_variant_dict_insert(&dict, "account", "o", account_path);
	core_insert_string(&dict, "direction",
			   cusax_word(CUSAX_TYPE_CALL_DIRECTION, record->direction));
	core_insert_string(&dict, "uri", record->uri);
	core_insert_string(&dict, "name", record->name);
	g_variant_dict_insert(&dict, "contact", "o", contact_path);
	core_insert_string(&dict, "claimed-address", record->claimed_address);
	core_insert_string(&dict, "identity", cusax_word(CUSAX_TYPE_IDENTITY, record->identity));
	core_insert_string(&dict, "identity-source", record->identity_source);
	g_variant_dict_insert(&dict, "media", "^as", media);
	core_insert_string(&dict, "encryption",
			   cusax_word(CUSAX_TYPE_ENCRYPTION, record->encryption));
	core_insert_string(&dict, "codec", record->codec);
	core_insert_string(&dict, "charges", cusax_word(CUSAX_TYPE_CHARGES, record->charges));
	core_insert_string(&dict, "end-reason", cusax_word(CUSAX_TYPE_END_REASON, record->reason));
	g_variant_dict_insert(&dict, "end-code", "u", record->code);
	core_insert_string(&dict, "end-text", record->text);
	g_variant_dict_insert(&dict, "start-time", "x", record->start);
	g_variant_dict_insert(&dict, "answer-time", "x", record->answer);
	g_variant_dict_insert(&dict, "end-time", "x", record->end);
	g_variant_dict_insert(&dict, "missed", "b", record->missed);
	g_variant_dict_insert(&dict, "seen", "b", record->seen);
	return g_variant_dict_end(&dict);
}

static void on_calls(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GTask) task = data;
	CusaxCore *core = g_task_get_task_data(task);
	g_auto(GVariantBuilder) list = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("aa{sv}"));
	g_autoptr(GPtrArray) calls = NULL;
	GError *error = NULL;

	(void)source;
	calls = cusax_history_get_calls_finish(core->history, result, &error);
	if (!calls) {
		g_task_return_error(task, error);
		return;
	}
	for (guint i = 0; i < calls->len; i++) {
		CusaxCallRecord *record = calls->pdata[i];

		if (record->reason != CUSAX_END_NONE) /* those that still run have an object */
			g_variant_builder_add_value(&list, core_call_variant(core, record));
	}
	g_task_return_pointer(task, g_variant_ref_sink(g_variant_builder_end(&list)),
			      (GDestroyNotify)g_variant_unref);
}

void cusax_core_get_call_log(CusaxCore *core, GVariant *filter, GAsyncReadyCallback callback,
			     gpointer data)
{
	GTask *task = g_task_new(NULL, NULL, callback, data);
	CusaxCallFilter wanted = { 0 };
	const char *path;

	g_task_set_task_data(task, core, NULL);
	g_variant_lookup(filter, "before", "&s", &wanted.before);
	g_variant_lookup(filter, "limit", "u", &wanted.limit);
	g_variant_lookup(filter, "missed", "b", &wanted.missed);
	if (g_variant_lookup(filter, "contact", "&o", &path)) {
		CusaxContact *contact = cusax_registry_find(core->registry, CUSAX_TYPE_CONTACT,
							    strrchr(path, '/') + 1);

		if (contact) {
			wanted.contact_account = cusax_object_id(CUSAX_OBJECT(contact->account));
			wanted.contact_address = contact->address;
		}
	}
	cusax_history_get_calls_async(core->history, &wanted, on_calls, task);
}

static void on_seen(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GTask) task = data;
	CusaxCore *core = g_task_get_task_data(task);
	GError *error = NULL;
	gssize left;

	(void)source;
	left = cusax_history_mark_seen_finish(core->history, result, &error);
	if (left < 0) {
		g_task_return_error(task, error);
		return;
	}
	g_object_set(core->manager, "missed-calls", (guint)left, NULL);
	g_task_return_boolean(task, TRUE);
}

void cusax_core_mark_calls_seen(CusaxCore *core, GVariant *options, GAsyncReadyCallback callback,
				gpointer data)
{
	GTask *task = g_task_new(NULL, NULL, callback, data);
	const char *until = NULL;

	g_task_set_task_data(task, core, NULL);
	g_variant_lookup(options, "until", "&s", &until);
	cusax_history_mark_seen_async(core->history, until, on_seen, task);
}
