/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where we can be called: reachability (XEP-0152) and the own vCard; hints of contacts. */
/* Main thread. */
#include "daemon/core-private.h"

#define MAX_HINTS 16

void core_reach_on_reachability(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event)
{
	CusaxContact *contact = core_contact_find(core, account, event->reachability.address);
	GPtrArray *hints;
	CusaxCard *card;

	if (!contact)
		return;
	hints = g_ptr_array_new_with_free_func((GDestroyNotify)cusax_phone_free);
	for (guint i = 0; i < event->reachability.phones->len && i < MAX_HINTS; i++)
		g_ptr_array_add(hints, cusax_phone_copy(event->reachability.phones->pdata[i]));
	card = cusax_contact_card(contact);
	g_clear_pointer(&card->hints, g_ptr_array_unref);
	if (hints->len > 0)
		card->hints = hints;
	else
		g_ptr_array_unref(hints);
	core_vcard_apply(core, contact);
}

/* address NULL: withdraws. */
static void publish(CusaxCore *core, CusaxAccount *chat, const char *address)
{
	CoreLink *link = core_link_of(core, chat);
	g_autoptr(GStrvBuilder) uris = g_strv_builder_new();
	CusaxOperation *operation;

	/* The server keeps what was published over connections, so the first word of each counts. */
	if (link->reach_told && g_strcmp0(link->reach_published, address) == 0)
		return;
	link->reach_told = TRUE;
	g_free(link->reach_published);
	link->reach_published = g_strdup(address);
	if (address)
		g_strv_builder_add(uris, address);
	operation = cusax_operation_new(CUSAX_OPERATION_PUBLISH_REACHABILITY,
					cusax_object_id(CUSAX_OBJECT(chat)));
	operation->publish_reachability.uris = g_strv_builder_end(uris);
	core_submit(core, chat, operation, NULL, NULL);
}

void core_reach_update(CusaxCore *core, CusaxService *service)
{
	CusaxAccount *telephony = service->telephony_account;
	gboolean callable = core_is_online(telephony) &&
			    (telephony->features & CUSAX_FEATURE_AUDIO) &&
			    cusax_settings_boolean(core_policy(core), "publish-reachability");

	if (core_link_of(core, service->chat_account) && core_is_online(service->chat_account))
		publish(core, service->chat_account, callable ? telephony->address : NULL);
}

void core_reach_leave(CusaxCore *core, CusaxAccount *chat)
{
	CoreLink *link = core_link_of(core, chat);

	if (link && link->reach_published && core_is_online(chat))
		publish(core, chat, NULL);
}

void cusax_core_publish_address(CusaxCore *core, CusaxService *service,
				GAsyncReadyCallback callback, gpointer data)
{
	static const char *const voice[] = { "voice", NULL };
	g_autoptr(GTask) task = g_task_new(NULL, NULL, callback, data);
	CusaxAccount *chat = service->chat_account;
	CusaxOperation *publish;

	if (!core_is_online(chat)) {
		g_task_return_new_error(task, CUSAX_ERROR, CUSAX_ERROR_NOT_CONNECTED,
					"the chat account is not connected");
		return;
	}
	publish = cusax_operation_new(CUSAX_OPERATION_PUBLISH_PHONES,
				      cusax_object_id(CUSAX_OBJECT(chat)));
	publish->publish_phones.phones =
		g_ptr_array_new_with_free_func((GDestroyNotify)cusax_phone_free);
	g_ptr_array_add(
		publish->publish_phones.phones,
		cusax_phone_new(service->telephony_account->address, voice, CUSAX_SOURCE_VCARD));
	core_submit_for_task(core, chat, publish, g_steal_pointer(&task));
}
