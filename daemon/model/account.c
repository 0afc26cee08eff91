/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One account of one protocol: what is configured and how it fares. */
/* Main thread. */
#include "daemon/model/account.h"

G_DEFINE_FINAL_TYPE(CusaxAccount, cusax_account, CUSAX_TYPE_OBJECT)

#define AT(member) G_STRUCT_OFFSET(CusaxAccount, member)

static const CusaxField fields[] = {
	{ "protocol", CUSAX_FIELD_ENUM, AT(protocol), cusax_protocol_get_type, NULL },
	{ "address", CUSAX_FIELD_STRING, AT(address), NULL, NULL },
	{ "label", CUSAX_FIELD_STRING, AT(label), NULL, NULL },
	{ "role", CUSAX_FIELD_STRING, AT(role), NULL, NULL },
	{ "enabled", CUSAX_FIELD_BOOLEAN, AT(enabled), NULL, NULL },
	{ "state", CUSAX_FIELD_ENUM, AT(state), cusax_account_state_get_type, NULL },
	{ "state-reason", CUSAX_FIELD_STRING, AT(state_reason), NULL, NULL },
	{ "error-name", CUSAX_FIELD_STRING, AT(error_name), NULL, NULL },
	{ "features", CUSAX_FIELD_FLAGS, AT(features), NULL, NULL },
	{ "disabled-features", CUSAX_FIELD_FLAGS, AT(disabled_features), NULL, NULL },
	{ "service", CUSAX_FIELD_OBJECT, AT(service), NULL, NULL },
	{ "security", CUSAX_FIELD_VARIANT, AT(security), NULL, "a{sv}" },
	{ "settings", CUSAX_FIELD_VARIANT, AT(settings), NULL, "a{sv}" },
	{ "avatar-path", CUSAX_FIELD_STRING, AT(avatar_path), NULL, NULL },
	{ "voicemail", CUSAX_FIELD_VARIANT, AT(voicemail), NULL, "(uu)" },
	{ "voicemail-uri", CUSAX_FIELD_STRING, AT(voicemail_uri), NULL, NULL },
};

/* What an account does before anything is switched off: as part of a service SIP is for calls and XMPP
 * for messages and presence (C1); by itself each protocol does all that it can (C4, C5). */
static CusaxFeatures native_features(const CusaxAccount *account)
{
	switch (account->protocol) {
	case CUSAX_PROTOCOL_XMPP:
		return CUSAX_FEATURE_MESSAGING | CUSAX_FEATURE_PRESENCE;
	case CUSAX_PROTOCOL_SIP:
		return account->service ? CUSAX_FEATURE_AUDIO
					: CUSAX_FEATURE_AUDIO | CUSAX_FEATURE_MESSAGING |
						  CUSAX_FEATURE_PRESENCE;
	}
	g_return_val_if_reached(0);
}

static void on_service(CusaxAccount *account, G_GNUC_UNUSED GParamSpec *pspec,
		       G_GNUC_UNUSED gpointer data)
{
	g_object_set(account, "features", native_features(account) & ~account->disabled_features,
		     NULL);
}

static GVariant *security_variant(const CusaxSecurity *facts)
{
	GVariantDict dict;

	g_variant_dict_init(&dict, NULL);
	if (!facts)
		return g_variant_dict_end(&dict);
	if (facts->transport)
		g_variant_dict_insert(&dict, "transport", "s", facts->transport);
	if (facts->tls_version)
		g_variant_dict_insert(&dict, "tls-version", "s", facts->tls_version);
	if (facts->tls_cipher)
		g_variant_dict_insert(&dict, "tls-cipher", "s", facts->tls_cipher);
	g_variant_dict_insert(&dict, "tls-verified", "b", facts->tls_verified);
	if (facts->authentication)
		g_variant_dict_insert(&dict, "authentication", "s", facts->authentication);
	if (facts->weak && *facts->weak)
		g_variant_dict_insert(&dict, "weak", "^as", facts->weak);
	return g_variant_dict_end(&dict);
}

static void finalize(GObject *object)
{
	CusaxAccount *self = CUSAX_ACCOUNT(object);

	cusax_settings_unref(self->values);
	g_free(self->avatar_hash);
	cusax_security_free(self->facts);
	G_OBJECT_CLASS(cusax_account_parent_class)->finalize(object);
}

static void cusax_account_class_init(CusaxAccountClass *klass)
{
	G_OBJECT_CLASS(klass)->finalize = finalize;
	cusax_object_class_install_fields(CUSAX_OBJECT_CLASS(klass), "account", fields,
					  G_N_ELEMENTS(fields));
}

static void cusax_account_init(CusaxAccount *self)
{
	self->security = g_variant_ref_sink(security_variant(NULL));
	self->settings = g_variant_ref_sink(g_variant_new("a{sv}", NULL));
	self->voicemail = g_variant_ref_sink(g_variant_new("(uu)", 0, 0));
	g_signal_connect(self, "notify::service", G_CALLBACK(on_service), NULL);
}

CusaxAccount *cusax_account_new(const char *id, CusaxProtocol protocol, const char *address,
				CusaxSettings *values)
{
	CusaxAccount *account = cusax_object_new(CUSAX_TYPE_ACCOUNT, id);

	account->protocol = protocol;
	account->address = g_strdup(address);
	account->role = g_strdup(protocol == CUSAX_PROTOCOL_XMPP ? "chat" : "telephony");
	cusax_account_set_values(account, values);
	return account;
}

void cusax_account_set_values(CusaxAccount *account, CusaxSettings *values)
{
	const char *label = cusax_settings_string(values, "label");
	g_auto(GStrv) words = cusax_settings_strv(values, "disabled-features");
	CusaxFeatures disabled = 0;
	const char *bad;

	cusax_settings_ref(values);
	cusax_settings_unref(account->values);
	account->values = values;
	if (!label) /* C21 */
		label = account->protocol == CUSAX_PROTOCOL_XMPP ? "Chat" : "Telephony";
	if (!cusax_features_from_words((const char *const *)words, &disabled, &bad))
		g_return_if_reached(); /* validated with the settings */
	g_object_set(account, "label", label, "enabled", cusax_settings_boolean(values, "enabled"),
		     "disabled-features", disabled, "features",
		     native_features(account) & ~disabled, "settings",
		     cusax_settings_to_variant(values), NULL);
}

void cusax_account_set_security(CusaxAccount *account, CusaxSecurity *facts)
{
	if (!account->facts && !facts)
		return;
	cusax_security_free(account->facts);
	account->facts = facts;
	g_object_set(account, "security", security_variant(facts), NULL);
}
