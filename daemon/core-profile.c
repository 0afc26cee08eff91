/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The own profile, read and changed; nicknames of contacts. */
/* Main thread. */
#include "daemon/core-private.h"

#include <string.h>

#include "daemon/base/text.h"

void core_profile_on_nickname(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event)
{
	core_profile_take_nickname(core, account, event->nickname.address, event->nickname.name);
}

void core_profile_take_nickname(CusaxCore *core, CusaxAccount *account, const char *address,
				const char *name)
{
	CusaxContact *contact = core_contact_find(core, account, address);
	g_autofree char *safe = cusax_text_line(name, CUSAX_TEXT_NAME_MAX);

	if (!contact || g_strcmp0(contact->nickname, *safe ? safe : NULL) == 0)
		return;
	g_free(contact->nickname);
	contact->nickname = *safe ? g_steal_pointer(&safe) : NULL;
	core_contact_show_name(contact);
}

/* --- the own --------------------------------------------------------------------------------- */

typedef struct {
	guint64 op;
	GVariant *fields; /* a{sv}; NULL until they came */
} Ask;

static void ask_free(gpointer data)
{
	Ask *ask = data;

	g_clear_pointer(&ask->fields, g_variant_unref);
	g_free(ask);
}

void core_profile_on_profile(CusaxCore *core, const CusaxEvent *event)
{
	GTask *task = g_hash_table_lookup(core->profiles, &event->op);
	Ask *ask = task ? g_task_get_task_data(task) : NULL;
	GVariantDict dict;
	GHashTableIter iter;
	gpointer key, value;

	if (!ask)
		return;
	g_variant_dict_init(&dict, NULL);
	g_hash_table_iter_init(&iter, event->profile.fields);
	while (g_hash_table_iter_next(&iter, &key, &value)) {
		g_autofree char *text = cusax_text_body(value, CORE_MAX_TEXT);

		g_variant_dict_insert(&dict, key, "s", text);
	}
	g_clear_pointer(&ask->fields, g_variant_unref);
	ask->fields = g_variant_ref_sink(g_variant_dict_end(&dict));
}

static void on_done(CusaxCore *core, const GError *error, gpointer data)
{
	g_autoptr(GTask) task = data;
	Ask *ask = g_task_get_task_data(task);

	g_hash_table_remove(core->profiles, &ask->op);
	if (error)
		g_task_return_error(task, g_error_copy(error));
	else if (!ask->fields)
		g_task_return_new_error(task, CUSAX_ERROR, CUSAX_ERROR_FAILED,
					"the profile did not come");
	else
		g_task_return_pointer(task, g_variant_ref(ask->fields),
				      (GDestroyNotify)g_variant_unref);
}

void cusax_core_profile(CusaxCore *core, CusaxAccount *account, GVariant *changes,
			GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, NULL, callback, data);
	CusaxOperation *operation;
	Ask *ask;
	GVariantIter iter;
	const char *key;
	GVariant *value;

	if (!core_is_online(account)) {
		g_task_return_new_error(task, CUSAX_ERROR, CUSAX_ERROR_NOT_CONNECTED,
					"the chat account is not connected");
		g_object_unref(task);
		return;
	}
	operation = cusax_operation_new(CUSAX_OPERATION_PROFILE,
					cusax_object_id(CUSAX_OBJECT(account)));
	operation->profile.changes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_variant_iter_init(&iter, changes);
	while (g_variant_iter_next(&iter, "{&sv}", &key, &value)) {
		g_hash_table_insert(operation->profile.changes, g_strdup(key),
				    g_variant_dup_string(value, NULL));
		g_variant_unref(value);
	}
	ask = g_new0(Ask, 1);
	ask->op = operation->id;
	g_task_set_task_data(task, ask, ask_free);
	g_hash_table_insert(core->profiles, &ask->op, task);
	core_submit(core, account, operation, on_done, task);
}
