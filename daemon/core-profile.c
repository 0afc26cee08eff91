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
	CusaxCard *card;

	if (!contact || g_strcmp0(contact->card->nickname, *safe ? safe : NULL) == 0)
		return;
	card = cusax_contact_card(contact);
	g_free(card->nickname);
	card->nickname = *safe ? g_steal_pointer(&safe) : NULL;
	core_contact_show_name(contact);
}

/* --- the own --------------------------------------------------------------------------------- */

void core_profile_on_profile(CusaxCore *core, const CusaxEvent *event)
{
	GVariantDict dict;
	GHashTableIter iter;
	gpointer key, value;

	g_variant_dict_init(&dict, NULL);
	g_hash_table_iter_init(&iter, event->profile.fields);
	while (g_hash_table_iter_next(&iter, &key, &value)) {
		g_autofree char *text = cusax_text_body(value, CORE_MAX_TEXT);

		g_variant_dict_insert(&dict, key, "s", text);
	}
	core_operation_answer(core, event->op, g_variant_dict_end(&dict));
}

void cusax_core_profile(CusaxCore *core, CusaxAccount *account, GVariant *changes,
			GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, NULL, callback, data);
	CusaxOperation *operation;
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
	core_submit_for_answer(core, account, operation, task);
}
