/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One call: who, in which state, how protected, and how it ended. */
/* Main thread. */
#include "daemon/model/call.h"

#include "daemon/model/words.h"

G_DEFINE_FINAL_TYPE(CusaxCall, cusax_call, CUSAX_TYPE_OBJECT)

#define AT(member) G_STRUCT_OFFSET(CusaxCall, member)

static const CusaxField fields[] = {
	{ "account", CUSAX_FIELD_OBJECT, AT(account), NULL, NULL },
	{ "service", CUSAX_FIELD_OBJECT, AT(service), NULL, NULL },
	{ "direction", CUSAX_FIELD_ENUM, AT(direction), cusax_call_direction_get_type, NULL },
	{ "state", CUSAX_FIELD_ENUM, AT(state), cusax_call_state_get_type, NULL },
	{ "end-reason", CUSAX_FIELD_ENUM, AT(end_reason), cusax_end_reason_get_type, NULL },
	{ "end-code", CUSAX_FIELD_UINT, AT(end_code), NULL, NULL },
	{ "end-text", CUSAX_FIELD_STRING, AT(end_text), NULL, NULL },
	{ "remote-uri", CUSAX_FIELD_STRING, AT(remote_uri), NULL, NULL },
	{ "remote-name", CUSAX_FIELD_STRING, AT(remote_name), NULL, NULL },
	{ "contact", CUSAX_FIELD_OBJECT, AT(contact), NULL, NULL },
	{ "claimed-address", CUSAX_FIELD_STRING, AT(claimed_address), NULL, NULL },
	{ "identity", CUSAX_FIELD_ENUM, AT(identity), cusax_identity_get_type, NULL },
	{ "identity-source", CUSAX_FIELD_STRING, AT(identity_source), NULL, NULL },
	{ "identity-confirmation", CUSAX_FIELD_STRING, AT(identity_confirmation), NULL, NULL },
	{ "identity-evidence", CUSAX_FIELD_STRING, AT(identity_evidence), NULL, NULL },
	{ "media", CUSAX_FIELD_STRV, AT(media), NULL, NULL },
	{ "encryption", CUSAX_FIELD_ENUM, AT(encryption), cusax_encryption_get_type, NULL },
	{ "held", CUSAX_FIELD_BOOLEAN, AT(held), NULL, NULL },
	{ "remote-held", CUSAX_FIELD_BOOLEAN, AT(remote_held), NULL, NULL },
	{ "early-media", CUSAX_FIELD_BOOLEAN, AT(early_media), NULL, NULL },
	{ "muted", CUSAX_FIELD_BOOLEAN, AT(muted), NULL, NULL },
	{ "merged", CUSAX_FIELD_BOOLEAN, AT(merged), NULL, NULL },
	{ "recording", CUSAX_FIELD_BOOLEAN, AT(recording), NULL, NULL },
	{ "charges", CUSAX_FIELD_ENUM, AT(charges), cusax_charges_get_type, NULL },
	{ "transfer-state", CUSAX_FIELD_ENUM, AT(transfer_state), cusax_referral_state_get_type,
	  NULL },
	{ "transfer-target", CUSAX_FIELD_STRING, AT(transfer_target), NULL, NULL },
	{ "transfer-charges", CUSAX_FIELD_ENUM, AT(transfer_charges), cusax_charges_get_type,
	  NULL },
	{ "replaces", CUSAX_FIELD_OBJECT, AT(replaces), NULL, NULL },
	{ "conference", CUSAX_FIELD_OBJECT, AT(conference), NULL, NULL },
	{ "chat", CUSAX_FIELD_OBJECT, AT(chat), NULL, NULL },
	{ "start-time", CUSAX_FIELD_INT64, AT(start_time), NULL, NULL },
	{ "answer-time", CUSAX_FIELD_INT64, AT(answer_time), NULL, NULL },
	{ "end-time", CUSAX_FIELD_INT64, AT(end_time), NULL, NULL },
	{ "codec", CUSAX_FIELD_STRING, AT(codec), NULL, NULL },
	{ "input-device", CUSAX_FIELD_STRING, AT(input_device), NULL, NULL },
	{ "output-device", CUSAX_FIELD_STRING, AT(output_device), NULL, NULL },
	{ "input-device-used", CUSAX_FIELD_STRING, AT(input_device_used), NULL, NULL },
	{ "output-device-used", CUSAX_FIELD_STRING, AT(output_device_used), NULL, NULL },
};

static void finalize(GObject *object)
{
	g_clear_pointer(&CUSAX_CALL(object)->statistics, g_variant_unref);
	G_OBJECT_CLASS(cusax_call_parent_class)->finalize(object);
}

static void cusax_call_class_init(CusaxCallClass *klass)
{
	G_OBJECT_CLASS(klass)->finalize = finalize;
	cusax_object_class_install_fields(CUSAX_OBJECT_CLASS(klass), "call", fields,
					  G_N_ELEMENTS(fields));
}

static void cusax_call_init(CusaxCall *self)
{
	static const char *const audio[] = { "audio", NULL };

	self->media = cusax_words_ref(audio);
}

CusaxCall *cusax_call_new(guint64 handle, CusaxAccount *account, CusaxCallDirection direction,
			  CusaxCallState state, const char *remote_uri, gint64 start_time)
{
	g_autofree char *id = g_strdup_printf("c%" G_GINT64_MODIFIER "x_%" G_GUINT64_FORMAT,
					      start_time / G_USEC_PER_SEC, handle);
	CusaxCall *call = cusax_object_new(CUSAX_TYPE_CALL, id);

	call->handle = handle;
	call->account = g_object_ref(account);
	g_set_object(&call->service, (CusaxService *)account->service);
	call->direction = direction;
	call->state = state;
	call->remote_uri = g_strdup(remote_uri);
	call->start_time = start_time;
	return call;
}
