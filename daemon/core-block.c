/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The block list (XEP-0191): shown on contacts, changed by the person; blocked callers do not ring. */
/* Main thread. */
#include "daemon/base/jid.h"
#include "daemon/core-private.h"

void core_block_on_list(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event)
{
	g_autoptr(GPtrArray) contacts = cusax_registry_list(core->registry, CUSAX_TYPE_CONTACT);
	g_autoptr(GHashTable) blocked = g_hash_table_new(g_str_hash, g_str_equal);

	for (GStrv address = event->block_list.addresses; *address; address++)
		g_hash_table_add(blocked, *address);
	for (guint i = 0; i < contacts->len; i++) {
		CusaxContact *contact = contacts->pdata[i];
		g_autofree char *domain = NULL;

		if (contact->account != account)
			continue;
		domain = cusax_jid_domain(contact->address); /* a whole domain may be blocked */
		g_object_set(contact, "blocked",
			     g_hash_table_contains(blocked, contact->address) ||
				     g_hash_table_contains(blocked, domain),
			     NULL);
	}
	core_callers_on_blocks(core);
}

/* address NULL: everybody. Takes task. */
static void change(CusaxCore *core, CusaxAccount *account, const char *address, gboolean blocked,
		   const char *report, const char *text, GTask *taken)
{
	g_autoptr(GTask) task = taken;
	CusaxOperation *block;

	if (!core_is_online(account)) {
		g_task_return_new_error(task, CUSAX_ERROR, CUSAX_ERROR_NOT_CONNECTED,
					"the chat account is not connected");
		return;
	}
	block = cusax_operation_new(CUSAX_OPERATION_BLOCK, cusax_object_id(CUSAX_OBJECT(account)));
	block->block.address = g_strdup(address);
	block->block.block = blocked;
	block->block.report = g_strdup(report);
	block->block.report_text = text && *text ? g_strdup(text) : NULL;
	core_submit_for_task(core, account, block, g_steal_pointer(&task));
}

void cusax_core_block_contact(CusaxCore *core, CusaxContact *contact, gboolean blocked,
			      GAsyncReadyCallback callback, gpointer data)
{
	change(core, contact->account, contact->address, blocked, NULL, NULL,
	       g_task_new(NULL, NULL, callback, data));
}

void cusax_core_report_contact(CusaxCore *core, CusaxContact *contact, const char *reason,
			       const char *text, GAsyncReadyCallback callback, gpointer data)
{
	change(core, contact->account, contact->address, TRUE, reason, text,
	       g_task_new(NULL, NULL, callback, data));
}

void cusax_core_unblock_all(CusaxCore *core, CusaxAccount *account, GAsyncReadyCallback callback,
			    gpointer data)
{
	change(core, account, NULL, FALSE, NULL, NULL, g_task_new(NULL, NULL, callback, data));
}
