/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One CUSAX pair: a chat account and a telephony account that are one service. */
/* Main thread. */
#include "daemon/model/service.h"

#include <string.h>

G_DEFINE_FINAL_TYPE(CusaxService, cusax_service, CUSAX_TYPE_OBJECT)

#define AT(member) G_STRUCT_OFFSET(CusaxService, member)

static const CusaxField fields[] = {
	{ "name", CUSAX_FIELD_STRING, AT(name), NULL, NULL },
	{ "chat-account", CUSAX_FIELD_OBJECT, AT(chat_account), NULL, NULL },
	{ "telephony-account", CUSAX_FIELD_OBJECT, AT(telephony_account), NULL, NULL },
	{ "state", CUSAX_FIELD_ENUM, AT(state), cusax_service_state_get_type, NULL },
	{ "chat-state", CUSAX_FIELD_ENUM, AT(chat_state), cusax_account_state_get_type, NULL },
	{ "telephony-state", CUSAX_FIELD_ENUM, AT(telephony_state), cusax_account_state_get_type,
	  NULL },
	{ "state-reason", CUSAX_FIELD_STRING, AT(state_reason), NULL, NULL },
	{ "connect-policy", CUSAX_FIELD_ENUM, AT(connect_policy), cusax_connect_policy_get_type,
	  NULL },
	{ "secure", CUSAX_FIELD_BOOLEAN, AT(secure), NULL, NULL },
	{ "security-mismatch", CUSAX_FIELD_STRV, AT(security_mismatch), NULL, NULL },
	{ "origin", CUSAX_FIELD_STRING, AT(origin), NULL, NULL },
};

static void finalize(GObject *object)
{
	cusax_settings_unref(CUSAX_SERVICE(object)->values);
	G_OBJECT_CLASS(cusax_service_parent_class)->finalize(object);
}

static void cusax_service_class_init(CusaxServiceClass *klass)
{
	G_OBJECT_CLASS(klass)->finalize = finalize;
	cusax_object_class_install_fields(CUSAX_OBJECT_CLASS(klass), "service", fields,
					  G_N_ELEMENTS(fields));
}

static void cusax_service_init(G_GNUC_UNUSED CusaxService *self)
{
}

CusaxService *cusax_service_new(const char *id, CusaxAccount *chat, CusaxAccount *telephony,
				const char *origin, CusaxSettings *values)
{
	CusaxService *service = cusax_object_new(CUSAX_TYPE_SERVICE, id);

	g_object_set(service, "chat-account", chat, "telephony-account", telephony, "origin",
		     origin, NULL);
	cusax_service_set_values(service, values);
	return service;
}

void cusax_service_set_values(CusaxService *service, CusaxSettings *values)
{
	const char *name = cusax_settings_string(values, "name");
	int policy = CUSAX_CONNECT_INDEPENDENT;

	cusax_settings_ref(values);
	cusax_settings_unref(service->values);
	service->values = values;
	if (!name && service->chat_account) {
		/* A pair without a name goes by the domain of its chat account. */
		const char *at = strchr(service->chat_account->address, '@');

		name = at ? at + 1 : service->chat_account->address;
	}
	cusax_word_parse(CUSAX_TYPE_CONNECT_POLICY, cusax_settings_string(values, "connect-policy"),
			 &policy);
	g_object_set(service, "name", name, "connect-policy", policy, NULL);
}
