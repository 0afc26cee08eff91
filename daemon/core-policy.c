/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The user's policies, presence wish and counters. */
/* Main thread. */
#define CUSAX_LOG_DOMAIN "core"
#include "daemon/core-private.h"

#include "daemon/base/log.h"
#include "daemon/base/text.h"

/* --- policies --------------------------------------------------------------------------------------- */

CusaxSettings *core_policy(CusaxCore *core)
{
	return cusax_config_policy(core->config);
}

CusaxSrtpPolicy core_srtp_policy(CusaxCore *core, CusaxAccount *telephony)
{
	int policy = CUSAX_SRTP_PREFER;

	if (cusax_settings_boolean(core_policy(core), "require-srtp"))
		return CUSAX_SRTP_REQUIRE;
	cusax_word_parse(CUSAX_TYPE_SRTP_POLICY, cusax_settings_string(telephony->values, "srtp"),
			 &policy);
	return policy;
}

void cusax_core_get_policy(CusaxCore *core, GAsyncReadyCallback callback, gpointer data)
{
	g_autoptr(GTask) task = g_task_new(NULL, NULL, callback, data);

	g_task_return_pointer(task,
			      g_variant_ref_sink(cusax_settings_to_full_variant(core_policy(core))),
			      (GDestroyNotify)g_variant_unref);
}

/* Policies that the protocols apply when they connect. */
static gboolean touches_connections(GVariant *changes)
{
	g_autoptr(GVariant) tls = g_variant_lookup_value(changes, "min-tls", NULL);
	g_autoptr(GVariant) srtp = g_variant_lookup_value(changes, "require-srtp", NULL);
	g_autoptr(GVariant) calls = g_variant_lookup_value(changes, "max-incoming-calls", NULL);

	return tls || srtp || calls;
}

void cusax_core_set_policy(CusaxCore *core, GVariant *policy, GAsyncReadyCallback callback,
			   gpointer data)
{
	g_autoptr(GTask) task = g_task_new(NULL, NULL, callback, data);
	GError *error = NULL;

	if (!cusax_config_change_policy(core->config, policy, &error)) {
		g_task_return_error(task, error);
		return;
	}
	core_sound_on_policy(core);
	if (touches_connections(policy)) {
		g_autoptr(GPtrArray) accounts =
			cusax_registry_list(core->registry, CUSAX_TYPE_ACCOUNT);

		for (guint i = 0; i < accounts->len; i++)
			core_link_restart(core, accounts->pdata[i]);
	}
	core_presence_publish_all(core);
	core_retention_apply(core);
	core_save_for_task(core, g_steal_pointer(&task));
}

/* --- own presence ------------------------------------------------------------------------------------ */

static void on_presence_kept(GObject *source, GAsyncResult *result, gpointer data)
{
	CusaxCore *core = data;
	g_autoptr(GError) error = NULL;

	(void)source;
	if (!cusax_config_save_finish(core->config, result, &error))
		cusax_notice(NULL, "the presence could not be kept, ignoring: %s", error->message);
}

static void keep_presence(CusaxCore *core)
{
	cusax_config_set_presence(core->config, core->manager->availability,
				  core->manager->status_message);
	cusax_config_save_async(core->config, on_presence_kept, core);
}

void cusax_core_set_availability(CusaxCore *core, CusaxAvailability availability,
				 GAsyncReadyCallback callback, gpointer data)
{
	g_autoptr(GTask) task = g_task_new(NULL, NULL, callback, data);

	g_object_set(core->manager, "availability", availability, NULL);
	core_sound_update(core);
	core_link_update_all(core);
	core_presence_publish_all(core);
	keep_presence(core);
	g_task_return_boolean(task, TRUE);
}

void cusax_core_set_status_message(CusaxCore *core, const char *message,
				   GAsyncReadyCallback callback, gpointer data)
{
	g_autoptr(GTask) task = g_task_new(NULL, NULL, callback, data);
	g_autofree char *line = cusax_text_line(message, 1024);

	g_object_set(core->manager, "status-message", line, NULL);
	core_presence_publish_all(core);
	keep_presence(core);
	g_task_return_boolean(task, TRUE);
}

/* --- counters ---------------------------------------------------------------------------------------- */

static void count_owned(CusaxCore *core, char *word)
{
	guint64 *value = g_hash_table_lookup(core->counters, word);

	if (value) {
		(*value)++;
		g_free(word);
		return;
	}
	value = g_new(guint64, 1);
	*value = 1;
	g_hash_table_insert(core->counters, word, value);
}

void core_count(CusaxCore *core, const char *word)
{
	count_owned(core, g_strdup(word));
}

void core_count_refused(CusaxCore *core, const char *account_id, const char *kind)
{
	CusaxAccount *account = cusax_registry_find(core->registry, CUSAX_TYPE_ACCOUNT, account_id);
	const char *what = account && account->protocol == CUSAX_PROTOCOL_SIP ? "requests-refused"
									      : "stanzas-refused";

	count_owned(core, g_strdup(what));
	count_owned(core, g_strdup_printf("%s-%s", what, kind));
}

void cusax_core_get_statistics(CusaxCore *core, GAsyncReadyCallback callback, gpointer data)
{
	static const char *const always[] = { "stanzas-refused", "requests-refused", "reconnects",
					      "messages-sent", "messages-received" };
	g_autoptr(GTask) task = g_task_new(NULL, NULL, callback, data);
	GVariantDict dict;
	GHashTableIter iter;
	gpointer word, value;

	g_variant_dict_init(&dict, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(always); i++)
		g_variant_dict_insert(&dict, always[i], "t", (guint64)0);
	g_variant_dict_insert(&dict, "messages-queued", "t",
			      (guint64)g_hash_table_size(core->unacknowledged));
	g_hash_table_iter_init(&iter, core->counters);
	while (g_hash_table_iter_next(&iter, &word, &value))
		g_variant_dict_insert(&dict, word, "t", *(guint64 *)value);
	g_task_return_pointer(task, g_variant_ref_sink(g_variant_dict_end(&dict)),
			      (GDestroyNotify)g_variant_unref);
}
