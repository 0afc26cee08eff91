/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the server's archive of an account keeps, as the person wants it. */
/* Main thread. */
#include "daemon/core-private.h"

#include "daemon/base/jid.h"

void core_archive_on_preferences(CusaxCore *core, const CusaxEvent *event)
{
	GVariantDict dict;

	g_variant_dict_init(&dict, NULL);
	core_insert_string(&dict, "default", event->archive_preferences.fallback);
	g_variant_dict_insert(&dict, "always", "^as", event->archive_preferences.always);
	g_variant_dict_insert(&dict, "never", "^as", event->archive_preferences.never);
	core_operation_answer(core, event->op, g_variant_dict_end(&dict));
}

/* NULL where changes do not have the key, or with an error. */
static GStrv addresses(GVariant *changes, const char *key, GError **error)
{
	g_autofree const char **given = NULL;
	g_autoptr(GStrvBuilder) prepared = g_strv_builder_new();

	if (!g_variant_lookup(changes, key, "^a&s", &given))
		return NULL;
	for (guint i = 0; given[i]; i++) {
		g_autofree char *jid = cusax_jid_prepare(given[i], error);

		if (!jid) {
			g_prefix_error(error, "%s: ", key);
			return NULL;
		}
		g_strv_builder_add(prepared, jid);
	}
	return g_strv_builder_end(prepared);
}

void cusax_core_archive_preferences(CusaxCore *core, CusaxAccount *account, GVariant *changes,
				    GAsyncReadyCallback callback, gpointer data)
{
	g_autoptr(GTask) task = g_task_new(NULL, NULL, callback, data);
	g_autoptr(CusaxOperation) ask = cusax_operation_new(CUSAX_OPERATION_ARCHIVE_PREFERENCES,
							    cusax_object_id(CUSAX_OBJECT(account)));
	GError *error = NULL;

	g_variant_lookup(changes, "default", "s", &ask->archive_preferences.fallback);
	ask->archive_preferences.always = addresses(changes, "always", &error);
	if (!error)
		ask->archive_preferences.never = addresses(changes, "never", &error);
	if (error)
		g_task_return_error(task, error);
	else if (!core_is_online(account))
		g_task_return_new_error(task, CUSAX_ERROR, CUSAX_ERROR_NOT_CONNECTED,
					"the chat account is not connected");
	else
		core_submit_for_answer(core, account, g_steal_pointer(&ask),
				       g_steal_pointer(&task));
}
