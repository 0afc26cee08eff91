/* SPDX-License-Identifier: GPL-3.0-or-later */
/* STUN and TURN servers of the chat side, handed to the telephony side of the pair (T8, X9). */
/* Main thread. */
#define CUSAX_LOG_DOMAIN "core"
#include "daemon/core-private.h"

#include "daemon/base/log.h"

/* Asked again so long before they expire, so that no call begins with what ends at once. */
#define MARGIN_SECONDS 300
/* Nor more often than that, whatever the server says. */
#define SOONEST_SECONDS 600

static CusaxAccount *telephony_of(CusaxAccount *chat)
{
	CusaxService *service = core_service_of(chat);

	return service && chat->protocol == CUSAX_PROTOCOL_XMPP ? service->telephony_account : NULL;
}

/* What the account's own settings name counts; the provider's servers fill the gap. */
static GPtrArray *for_account(const GPtrArray *relays, CusaxAccount *telephony)
{
	gint64 now = g_get_real_time();
	GPtrArray *chosen = cusax_relays_new();

	if (!cusax_settings_has(telephony->values, "stun"))
		g_ptr_array_extend_and_steal(chosen,
					     cusax_relays_select(relays, CUSAX_RELAY_STUN, now));
	if (!cusax_settings_has(telephony->values, "turn"))
		g_ptr_array_extend_and_steal(chosen,
					     cusax_relays_select(relays, CUSAX_RELAY_TURN, now));
	return chosen;
}

void core_relay_hand_over(CusaxCore *core, CusaxAccount *telephony)
{
	CusaxService *service = core_service_of(telephony);
	CoreLink *chat = service ? core_link_of(core, service->chat_account) : NULL;
	CusaxOperation *operation;

	if (!chat || !chat->relays)
		return;
	operation = cusax_operation_new(CUSAX_OPERATION_RELAYS,
					cusax_object_id(CUSAX_OBJECT(telephony)));
	g_ptr_array_unref(operation->relays.relays);
	operation->relays.relays = for_account(chat->relays, telephony);
	core_submit(core, telephony, operation, NULL, NULL);
}

void core_relay_withdraw(CusaxCore *core, CusaxAccount *telephony)
{
	core_submit(core, telephony,
		    cusax_operation_new(CUSAX_OPERATION_RELAYS,
					cusax_object_id(CUSAX_OBJECT(telephony))),
		    NULL, NULL);
}

static gboolean on_expiring(gpointer data)
{
	CoreLink *link = data;

	link->relays_timer = 0;
	core_relay_want(link->core, link->account);
	return G_SOURCE_REMOVE;
}

static void plan_renewal(CoreLink *link)
{
	gint64 expiry = cusax_relays_expiry(link->relays);
	gint64 seconds = (expiry - g_get_real_time()) / G_USEC_PER_SEC - MARGIN_SECONDS;

	g_clear_handle_id(&link->relays_timer, g_source_remove);
	if (expiry)
		link->relays_timer = g_timeout_add_seconds(
			(guint)CLAMP(seconds, SOONEST_SECONDS, 7 * 24 * 3600), on_expiring, link);
}

void core_relay_want(CusaxCore *core, CusaxAccount *chat)
{
	if (telephony_of(chat) && core_is_online(chat))
		core_submit(core, chat,
			    cusax_operation_new(CUSAX_OPERATION_FETCH_RELAYS,
						cusax_object_id(CUSAX_OBJECT(chat))),
			    NULL, NULL);
}

void core_relay_on_relays(CusaxCore *core, CusaxAccount *chat, const CusaxEvent *event)
{
	CoreLink *link = core_link_of(core, chat);
	CusaxAccount *telephony = telephony_of(chat);

	g_clear_pointer(&link->relays, g_ptr_array_unref);
	link->relays = g_ptr_array_ref(event->relays.relays);
	cusax_info(cusax_object_id(CUSAX_OBJECT(chat)), "the server names %u servers for calls",
		   link->relays->len);
	plan_renewal(link);
	if (telephony)
		core_relay_hand_over(core, telephony);
}

void core_relay_forget(CoreLink *link)
{
	g_clear_handle_id(&link->relays_timer, g_source_remove);
	g_clear_pointer(&link->relays, g_ptr_array_unref);
}
