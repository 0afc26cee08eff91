/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tables that tie every enumeration value to its word. */
/* Usable from any thread. */
#include "daemon/base/types.h"

#define VALUE G_DEFINE_ENUM_VALUE

/* clang-format off */
G_DEFINE_ENUM_TYPE(CusaxProtocol, cusax_protocol,
	VALUE(CUSAX_PROTOCOL_XMPP, "xmpp"),
	VALUE(CUSAX_PROTOCOL_SIP, "sip"))

G_DEFINE_ENUM_TYPE(CusaxAccountState, cusax_account_state,
	VALUE(CUSAX_ACCOUNT_OFFLINE, "offline"),
	VALUE(CUSAX_ACCOUNT_CONNECTING, "connecting"),
	VALUE(CUSAX_ACCOUNT_ONLINE, "online"),
	VALUE(CUSAX_ACCOUNT_WAITING, "waiting"),
	VALUE(CUSAX_ACCOUNT_FAILED, "failed"),
	VALUE(CUSAX_ACCOUNT_NEEDS_SECRET, "needs-secret"))

G_DEFINE_ENUM_TYPE(CusaxServiceState, cusax_service_state,
	VALUE(CUSAX_SERVICE_OFFLINE, "offline"),
	VALUE(CUSAX_SERVICE_CONNECTING, "connecting"),
	VALUE(CUSAX_SERVICE_PARTIAL, "partial"),
	VALUE(CUSAX_SERVICE_ONLINE, "online"))

G_DEFINE_ENUM_TYPE(CusaxConnectPolicy, cusax_connect_policy,
	VALUE(CUSAX_CONNECT_INDEPENDENT, "independent"),
	VALUE(CUSAX_CONNECT_TELEPHONY_FIRST, "telephony-first"),
	VALUE(CUSAX_CONNECT_BOTH_REQUIRED, "both-required"))

G_DEFINE_ENUM_TYPE(CusaxAvailability, cusax_availability,
	VALUE(CUSAX_AVAILABILITY_OFFLINE, "offline"),
	VALUE(CUSAX_AVAILABILITY_ONLINE, "online"),
	VALUE(CUSAX_AVAILABILITY_AWAY, "away"),
	VALUE(CUSAX_AVAILABILITY_XA, "xa"),
	VALUE(CUSAX_AVAILABILITY_DND, "dnd"))

G_DEFINE_ENUM_TYPE(CusaxSubscription, cusax_subscription,
	VALUE(CUSAX_SUBSCRIPTION_NONE, "none"),
	VALUE(CUSAX_SUBSCRIPTION_TO, "to"),
	VALUE(CUSAX_SUBSCRIPTION_FROM, "from"),
	VALUE(CUSAX_SUBSCRIPTION_BOTH, "both"))

G_DEFINE_ENUM_TYPE(CusaxDirection, cusax_direction,
	VALUE(CUSAX_DIRECTION_IN, "in"),
	VALUE(CUSAX_DIRECTION_OUT, "out"))

G_DEFINE_ENUM_TYPE(CusaxCallDirection, cusax_call_direction,
	VALUE(CUSAX_CALL_INCOMING_DIRECTION, "incoming"),
	VALUE(CUSAX_CALL_OUTGOING_DIRECTION, "outgoing"))

G_DEFINE_ENUM_TYPE(CusaxCallState, cusax_call_state,
	VALUE(CUSAX_CALL_DIALING, "dialing"),
	VALUE(CUSAX_CALL_RINGING, "ringing"),
	VALUE(CUSAX_CALL_INCOMING, "incoming"),
	VALUE(CUSAX_CALL_ACTIVE, "active"),
	VALUE(CUSAX_CALL_ENDED, "ended"))

G_DEFINE_ENUM_TYPE(CusaxEndReason, cusax_end_reason,
	VALUE(CUSAX_END_NONE, ""),
	VALUE(CUSAX_END_LOCAL_HANGUP, "local-hangup"),
	VALUE(CUSAX_END_REMOTE_HANGUP, "remote-hangup"),
	VALUE(CUSAX_END_DECLINED, "declined"),
	VALUE(CUSAX_END_BUSY, "busy"),
	VALUE(CUSAX_END_NO_ANSWER, "no-answer"),
	VALUE(CUSAX_END_UNREACHABLE, "unreachable"),
	VALUE(CUSAX_END_NOT_FOUND, "not-found"),
	VALUE(CUSAX_END_FORBIDDEN, "forbidden"),
	VALUE(CUSAX_END_REFUSED_BY_POLICY, "refused-by-policy"),
	VALUE(CUSAX_END_FAILED, "failed"),
	VALUE(CUSAX_END_ANSWERED_ELSEWHERE, "answered-elsewhere"),
	VALUE(CUSAX_END_CANCELLED, "cancelled"))

G_DEFINE_ENUM_TYPE(CusaxReferralState, cusax_referral_state,
	VALUE(CUSAX_REFERRAL_NONE, "none"),
	VALUE(CUSAX_REFERRAL_ASKED, "asked"),
	VALUE(CUSAX_REFERRAL_REQUESTED, "requested"),
	VALUE(CUSAX_REFERRAL_RINGING, "ringing"),
	VALUE(CUSAX_REFERRAL_DONE, "done"),
	VALUE(CUSAX_REFERRAL_DECLINED, "declined"),
	VALUE(CUSAX_REFERRAL_FAILED, "failed"))

G_DEFINE_ENUM_TYPE(CusaxIdentity, cusax_identity,
	VALUE(CUSAX_IDENTITY_UNKNOWN, "unknown"),
	VALUE(CUSAX_IDENTITY_CLAIMED, "claimed"),
	VALUE(CUSAX_IDENTITY_CONTRADICTED, "contradicted"),
	VALUE(CUSAX_IDENTITY_VERIFIED, "verified"))

G_DEFINE_ENUM_TYPE(CusaxEncryption, cusax_encryption,
	VALUE(CUSAX_ENCRYPTION_NONE, "none"),
	VALUE(CUSAX_ENCRYPTION_SDES_SRTP, "sdes-srtp"),
	VALUE(CUSAX_ENCRYPTION_DTLS_SRTP, "dtls-srtp"))

G_DEFINE_ENUM_TYPE(CusaxSrtpPolicy, cusax_srtp_policy,
	VALUE(CUSAX_SRTP_OFF, "off"),
	VALUE(CUSAX_SRTP_PREFER, "prefer"),
	VALUE(CUSAX_SRTP_REQUIRE, "require"))

G_DEFINE_ENUM_TYPE(CusaxCharges, cusax_charges,
	VALUE(CUSAX_CHARGES_NONE, "none"),
	VALUE(CUSAX_CHARGES_POSSIBLE, "possible"),
	VALUE(CUSAX_CHARGES_EXPECTED, "expected"),
	VALUE(CUSAX_CHARGES_UNKNOWN, "unknown"))

G_DEFINE_ENUM_TYPE(CusaxSource, cusax_source,
	VALUE(CUSAX_SOURCE_NONE, ""),
	VALUE(CUSAX_SOURCE_VCARD, "vcard"),
	VALUE(CUSAX_SOURCE_VCARD4, "vcard4"),
	VALUE(CUSAX_SOURCE_REACHABILITY, "reachability"),
	VALUE(CUSAX_SOURCE_ADDRESS_BOOK, "address-book"),
	VALUE(CUSAX_SOURCE_DIRECTORY, "directory"),
	VALUE(CUSAX_SOURCE_TYPED, "typed"),
	VALUE(CUSAX_SOURCE_CALL_INFO, "call-info"))

G_DEFINE_ENUM_TYPE(CusaxDelivery, cusax_delivery,
	VALUE(CUSAX_DELIVERY_QUEUED, "queued"),
	VALUE(CUSAX_DELIVERY_SENT, "sent"),
	VALUE(CUSAX_DELIVERY_SERVER, "server"),
	VALUE(CUSAX_DELIVERY_DELIVERED, "delivered"),
	VALUE(CUSAX_DELIVERY_DISPLAYED, "displayed"),
	VALUE(CUSAX_DELIVERY_FAILED, "failed"))

G_DEFINE_ENUM_TYPE(CusaxTransferState, cusax_transfer_state,
	VALUE(CUSAX_TRANSFER_PENDING, "pending"),
	VALUE(CUSAX_TRANSFER_ACTIVE, "active"),
	VALUE(CUSAX_TRANSFER_DONE, "done"),
	VALUE(CUSAX_TRANSFER_FAILED, "failed"),
	VALUE(CUSAX_TRANSFER_CANCELLED, "cancelled"))

G_DEFINE_ENUM_TYPE(CusaxChatState, cusax_chat_state,
	VALUE(CUSAX_CHAT_STATE_NONE, "none"),
	VALUE(CUSAX_CHAT_STATE_ACTIVE, "active"),
	VALUE(CUSAX_CHAT_STATE_COMPOSING, "composing"),
	VALUE(CUSAX_CHAT_STATE_PAUSED, "paused"),
	VALUE(CUSAX_CHAT_STATE_INACTIVE, "inactive"),
	VALUE(CUSAX_CHAT_STATE_GONE, "gone"))

G_DEFINE_ENUM_TYPE(CusaxRoomState, cusax_room_state,
	VALUE(CUSAX_ROOM_LEFT, "left"),
	VALUE(CUSAX_ROOM_JOINING, "joining"),
	VALUE(CUSAX_ROOM_JOINED, "joined"),
	VALUE(CUSAX_ROOM_FAILED, "failed"))

G_DEFINE_ENUM_TYPE(CusaxRoomEnd, cusax_room_end,
	VALUE(CUSAX_ROOM_END_NONE, ""),
	VALUE(CUSAX_ROOM_END_LEFT, "left"),
	VALUE(CUSAX_ROOM_END_KICKED, "kicked"),
	VALUE(CUSAX_ROOM_END_BANNED, "banned"),
	VALUE(CUSAX_ROOM_END_MEMBERS_ONLY, "members-only"),
	VALUE(CUSAX_ROOM_END_DESTROYED, "destroyed"),
	VALUE(CUSAX_ROOM_END_SHUTDOWN, "shutdown"),
	VALUE(CUSAX_ROOM_END_FAULT, "fault"))

G_DEFINE_ENUM_TYPE(CusaxMessageKind, cusax_message_kind,
	VALUE(CUSAX_MESSAGE_CHAT, "chat"),
	VALUE(CUSAX_MESSAGE_ROOM, "room"),
	VALUE(CUSAX_MESSAGE_PRIVATE, "private"))

G_DEFINE_FLAGS_TYPE(CusaxFeatures, cusax_features,
	VALUE(CUSAX_FEATURE_AUDIO, "audio"),
	VALUE(CUSAX_FEATURE_VIDEO, "video"),
	VALUE(CUSAX_FEATURE_MESSAGING, "messaging"),
	VALUE(CUSAX_FEATURE_PRESENCE, "presence"))
/* clang-format on */

const char *cusax_word(GType type, int value)
{
	g_autoptr(GEnumClass) klass = g_type_class_ref(type);
	const GEnumValue *found = g_enum_get_value(klass, value);

	/* Nicks are static strings of the tables above, so they outlive the class reference. */
	return found ? found->value_nick : "unknown";
}

gboolean cusax_word_parse(GType type, const char *word, int *ret_value)
{
	g_autoptr(GEnumClass) klass = g_type_class_ref(type);
	const GEnumValue *found = word ? g_enum_get_value_by_nick(klass, word) : NULL;

	if (!found)
		return FALSE;
	*ret_value = found->value;
	return TRUE;
}

GStrv cusax_features_to_words(CusaxFeatures features)
{
	g_autoptr(GFlagsClass) klass = g_type_class_ref(CUSAX_TYPE_FEATURES);
	g_autoptr(GStrvBuilder) words = g_strv_builder_new();

	for (guint i = 0; i < klass->n_values; i++) {
		if (features & klass->values[i].value)
			g_strv_builder_add(words, klass->values[i].value_nick);
	}
	return g_strv_builder_end(words);
}

gboolean cusax_features_from_words(const char *const *words, CusaxFeatures *ret_features,
				   const char **ret_bad_word)
{
	g_autoptr(GFlagsClass) klass = g_type_class_ref(CUSAX_TYPE_FEATURES);
	guint features = 0;

	for (; words && *words; words++) {
		const GFlagsValue *found = g_flags_get_value_by_nick(klass, *words);

		if (!found) {
			*ret_bad_word = *words;
			return FALSE;
		}
		features |= found->value;
	}
	*ret_features = features;
	return TRUE;
}
