/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pairs: made and dissolved; their state, reason and security follow those of both sides. */
/* Main thread. */
#define CUSAX_LOG_DOMAIN "core"
#include "daemon/core-private.h"

#include <string.h>

#include "daemon/base/log.h"

CusaxService *core_service_of(CusaxAccount *account)
{
	return account->service ? CUSAX_SERVICE(account->service) : NULL;
}

void core_service_update(CusaxCore *core, CusaxService *service,
			 const CusaxConnectDecision *decision)
{
	if (service->state != decision->state)
		cusax_info(cusax_object_id(CUSAX_OBJECT(service)), "%s -> %s (%s)",
			   cusax_word(CUSAX_TYPE_SERVICE_STATE, service->state),
			   cusax_word(CUSAX_TYPE_SERVICE_STATE, decision->state), decision->text);
	g_object_set(service, "state", decision->state, "state-reason", decision->text,
		     "chat-state", service->chat_account->state, "telephony-state",
		     service->telephony_account->state, NULL);
	core_security_update(core, service);
	core_reach_update(core, service);
}

CusaxDialPlan core_dial_plan(CusaxService *service, CusaxAccount *telephony)
{
	CusaxSettings *values = service ? service->values : NULL;
	const char *at = telephony ? strchr(telephony->address, '@') : NULL;

	return (CusaxDialPlan){
		.country = values ? cusax_settings_string(values, "country") : NULL,
		.national_prefix = values ? cusax_settings_string(values, "national-prefix") : NULL,
		.international_prefix =
			values ? cusax_settings_string(values, "international-prefix") : NULL,
		.domain = at ? at + 1 : NULL,
	};
}

CusaxDialPlan core_service_dial_plan(CusaxService *service)
{
	return core_dial_plan(service, service ? service->telephony_account : NULL);
}

/* --- made and dissolved -------------------------------------------------------------------------- */

CusaxService *core_service_show(CusaxCore *core, const CusaxConfigService *entry)
{
	CusaxAccount *chat = cusax_registry_find(core->registry, CUSAX_TYPE_ACCOUNT, entry->chat);
	CusaxAccount *telephony =
		cusax_registry_find(core->registry, CUSAX_TYPE_ACCOUNT, entry->telephony);
	g_autoptr(CusaxService) service = NULL;

	if (!chat || !telephony)
		return NULL;
	service = cusax_service_new(entry->id, chat, telephony, entry->origin, entry->settings);
	g_object_set(chat, "service", service, NULL);
	g_object_set(telephony, "service", service, NULL);
	cusax_registry_add(core->registry, CUSAX_OBJECT(service));
	return service; /* the registry holds it */
}

void core_service_remove(CusaxCore *core, CusaxService *service)
{
	g_autoptr(CusaxAccount) chat = g_object_ref(service->chat_account);
	g_autoptr(CusaxAccount) telephony = g_object_ref(service->telephony_account);

	g_object_set(chat, "service", NULL, NULL);
	g_object_set(telephony, "service", NULL, NULL);
	cusax_registry_remove(core->registry, CUSAX_OBJECT(service));
	/* What numbers mean followed the pair, and so did the connect policy. */
	core_vcard_reapply(core, chat);
	core_link_update(core, chat);
	core_link_update(core, telephony);
	core_relay_withdraw(core, telephony);
}

typedef struct {
	CusaxCore *core;
	char *id;
} Pairing;

static void pairing_free(Pairing *pairing)
{
	g_free(pairing->id);
	g_free(pairing);
}

static void on_pair_saved(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GTask) task = data;
	Pairing *pairing = g_task_get_task_data(task);
	CusaxCore *core = pairing->core;
	const CusaxConfigService *entry;
	CusaxService *service = NULL;
	GError *error = NULL;

	(void)source;
	if (!cusax_config_save_finish(core->config, result, &error)) {
		cusax_config_remove_service(core->config, pairing->id, NULL);
		g_task_return_error(task, error);
		return;
	}
	entry = cusax_config_service(core->config, pairing->id);
	if (entry)
		service = core_service_show(core, entry);
	if (!service) {
		g_task_return_new_error(task, CUSAX_ERROR, CUSAX_ERROR_CANCELLED,
					"the accounts were removed meanwhile");
		return;
	}
	core_vcard_reapply(core, service->chat_account);
	core_link_update(core, service->chat_account);
	core_relay_want(core, service->chat_account);
	g_task_return_pointer(task, g_object_ref(service), g_object_unref);
}

void cusax_core_pair(CusaxCore *core, CusaxAccount *chat, CusaxAccount *telephony,
		     GVariant *options, GAsyncReadyCallback callback, gpointer data)
{
	g_autoptr(GTask) task = g_task_new(NULL, NULL, callback, data);
	Pairing *pairing = g_new0(Pairing, 1);
	GError *error = NULL;

	pairing->core = core;
	g_task_set_task_data(task, pairing, (GDestroyNotify)pairing_free);
	if (chat->protocol != CUSAX_PROTOCOL_XMPP) {
		g_task_return_new_error(task, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT,
					"chat: must be an XMPP account");
		return;
	}
	if (telephony->protocol != CUSAX_PROTOCOL_SIP) {
		g_task_return_new_error(task, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT,
					"telephony: must be a SIP account");
		return;
	}
	if (chat->service || telephony->service) {
		g_task_return_new_error(task, CUSAX_ERROR, CUSAX_ERROR_WRONG_STATE,
					"%s: is part of a pair already",
					chat->service ? "chat" : "telephony");
		return;
	}
	pairing->id = cusax_config_fresh_id(core->config, "p");
	if (!cusax_config_add_service(
		    core->config, pairing->id, cusax_object_id(CUSAX_OBJECT(chat)),
		    cusax_object_id(CUSAX_OBJECT(telephony)), "manual", options, &error)) {
		g_task_return_error(task, error);
		return;
	}
	cusax_config_save_async(core->config, on_pair_saved, g_steal_pointer(&task));
}

void cusax_core_unpair(CusaxCore *core, CusaxService *service, GAsyncReadyCallback callback,
		       gpointer data)
{
	g_autoptr(GTask) task = g_task_new(NULL, NULL, callback, data);
	GError *error = NULL;

	if (!cusax_config_remove_service(core->config, cusax_object_id(CUSAX_OBJECT(service)),
					 &error)) {
		g_task_return_error(task, error);
		return;
	}
	core_service_remove(core, service);
	core_save_for_task(core, g_steal_pointer(&task));
}

void cusax_core_update_service(CusaxCore *core, CusaxService *service, GVariant *options,
			       GAsyncReadyCallback callback, gpointer data)
{
	g_autoptr(GTask) task = g_task_new(NULL, NULL, callback, data);
	const char *id = cusax_object_id(CUSAX_OBJECT(service));
	GError *error = NULL;

	if (!cusax_config_change_service(core->config, id, options, &error)) {
		g_task_return_error(task, error);
		return;
	}
	cusax_service_set_values(service, cusax_config_service(core->config, id)->settings);
	core_vcard_reapply(core, service->chat_account);
	core_link_update(core, service->chat_account);
	core_save_for_task(core, g_steal_pointer(&task));
}

/* --- both sides at once ---------------------------------------------------------------------------- */

typedef struct {
	CusaxCore *core;
	guint left;
	GError *error;
} Both;

static void both_free(Both *both)
{
	g_clear_error(&both->error);
	g_free(both);
}

static void on_one_side(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GTask) task = data;
	Both *both = g_task_get_task_data(task);
	g_autoptr(GError) error = NULL;

	(void)source;
	if (!cusax_core_finish(both->core, result, &error) && !both->error)
		both->error = g_steal_pointer(&error);
	if (--both->left > 0)
		return;
	if (both->error)
		g_task_return_error(task, g_steal_pointer(&both->error));
	else
		g_task_return_boolean(task, TRUE);
}

static void on_both(CusaxCore *core, CusaxService *service,
		    void (*verb)(CusaxCore *, CusaxAccount *, GAsyncReadyCallback, gpointer),
		    GAsyncReadyCallback callback, gpointer data)
{
	g_autoptr(GTask) task = g_task_new(NULL, NULL, callback, data);
	Both *both = g_new0(Both, 1);

	both->core = core;
	both->left = 2;
	g_task_set_task_data(task, both, (GDestroyNotify)both_free);
	verb(core, service->telephony_account, on_one_side, g_object_ref(task));
	verb(core, service->chat_account, on_one_side, g_object_ref(task));
}

void cusax_core_connect_service(CusaxCore *core, CusaxService *service,
				GAsyncReadyCallback callback, gpointer data)
{
	on_both(core, service, cusax_core_connect_account, callback, data);
}

void cusax_core_disconnect_service(CusaxCore *core, CusaxService *service,
				   GAsyncReadyCallback callback, gpointer data)
{
	on_both(core, service, cusax_core_disconnect_account, callback, data);
}
