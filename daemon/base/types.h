/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The vocabulary shared by every layer: enumerations whose nicks are the words used on D-Bus. */
/* Leaf of the include graph; everything here is usable from any thread. */
#pragma once

#include <glib-object.h>

/* Every enumeration below is registered with GLib; the nick of a value is its word on the bus, in
 * settings and in the logs. Clients treat an unknown word as "unknown". */

typedef enum {
	CUSAX_PROTOCOL_XMPP, /* chat: messages, presence, contacts */
	CUSAX_PROTOCOL_SIP,  /* telephony: calls */
} CusaxProtocol;

typedef enum {
	CUSAX_ACCOUNT_OFFLINE,      /* not wanted, or stopped */
	CUSAX_ACCOUNT_CONNECTING,   /* resolving, handshaking, logging in, registering */
	CUSAX_ACCOUNT_ONLINE,       /* session bound, or registered */
	CUSAX_ACCOUNT_WAITING,      /* lost or refused for a while; a retry is scheduled */
	CUSAX_ACCOUNT_FAILED,       /* needs the user: nothing is retried by itself */
	CUSAX_ACCOUNT_NEEDS_SECRET, /* the password is missing or the keyring is locked */
} CusaxAccountState;

typedef enum {
	CUSAX_SERVICE_OFFLINE,
	CUSAX_SERVICE_CONNECTING,
	CUSAX_SERVICE_PARTIAL, /* exactly one side is online */
	CUSAX_SERVICE_ONLINE,
} CusaxServiceState;

typedef enum {
	CUSAX_CONNECT_INDEPENDENT,     /* C19: each side for itself */
	CUSAX_CONNECT_TELEPHONY_FIRST, /* C26: no XMPP before the SIP registration */
	CUSAX_CONNECT_BOTH_REQUIRED,   /* C23: both or none */
} CusaxConnectPolicy;

typedef enum {
	CUSAX_AVAILABILITY_OFFLINE,
	CUSAX_AVAILABILITY_ONLINE,
	CUSAX_AVAILABILITY_AWAY,
	CUSAX_AVAILABILITY_XA,
	CUSAX_AVAILABILITY_DND,
} CusaxAvailability;

typedef enum {
	CUSAX_SUBSCRIPTION_NONE,
	CUSAX_SUBSCRIPTION_TO,
	CUSAX_SUBSCRIPTION_FROM,
	CUSAX_SUBSCRIPTION_BOTH,
} CusaxSubscription;

typedef enum {
	CUSAX_DIRECTION_IN,
	CUSAX_DIRECTION_OUT,
} CusaxDirection;

typedef enum {
	CUSAX_CALL_INCOMING_DIRECTION,
	CUSAX_CALL_OUTGOING_DIRECTION,
} CusaxCallDirection;

typedef enum {
	CUSAX_CALL_DIALING,  /* outgoing, nothing heard from the other side yet */
	CUSAX_CALL_RINGING,  /* outgoing, the other side rings (180, 183) */
	CUSAX_CALL_INCOMING, /* incoming, not answered */
	CUSAX_CALL_ACTIVE,
	CUSAX_CALL_ENDED,
} CusaxCallState;

typedef enum {
	CUSAX_END_NONE, /* not ended */
	CUSAX_END_LOCAL_HANGUP,
	CUSAX_END_REMOTE_HANGUP,
	CUSAX_END_DECLINED,
	CUSAX_END_BUSY,
	CUSAX_END_NO_ANSWER,
	CUSAX_END_UNREACHABLE,
	CUSAX_END_NOT_FOUND,
	CUSAX_END_FORBIDDEN,
	CUSAX_END_REFUSED_BY_POLICY,
	CUSAX_END_FAILED,
	CUSAX_END_ANSWERED_ELSEWHERE,
	CUSAX_END_CANCELLED,
} CusaxEndReason;

/* Either direction: the other side moves us, or we move it. */
typedef enum {
	CUSAX_REFERRAL_NONE,
	CUSAX_REFERRAL_ASKED,     /* the other side asks us to call somebody else */
	CUSAX_REFERRAL_REQUESTED, /* the target is being called */
	CUSAX_REFERRAL_RINGING,
	CUSAX_REFERRAL_DONE,
	CUSAX_REFERRAL_DECLINED, /* by the person */
	CUSAX_REFERRAL_FAILED,
} CusaxReferralState;

typedef enum {
	CUSAX_IDENTITY_UNKNOWN,      /* nothing is known about the caller */
	CUSAX_IDENTITY_CLAIMED,      /* the caller names an address, nothing confirms it (C64) */
	CUSAX_IDENTITY_CONTRADICTED, /* the caller names an address and evidence denies it (C66) */
	CUSAX_IDENTITY_VERIFIED,     /* evidence ties the caller to one contact (C62, C67) */
} CusaxIdentity;

typedef enum {
	CUSAX_ENCRYPTION_NONE,
	CUSAX_ENCRYPTION_SDES_SRTP,
	CUSAX_ENCRYPTION_DTLS_SRTP,
} CusaxEncryption;

typedef enum {
	CUSAX_SRTP_OFF,
	CUSAX_SRTP_PREFER,
	CUSAX_SRTP_REQUIRE,
} CusaxSrtpPolicy;

typedef enum {
	CUSAX_CHARGES_NONE,
	CUSAX_CHARGES_POSSIBLE,
	CUSAX_CHARGES_EXPECTED,
	CUSAX_CHARGES_UNKNOWN,
} CusaxCharges;

/* Where an address was learned. Order is precedence for display only; grading is policy/identity. */
typedef enum {
	CUSAX_SOURCE_NONE,
	CUSAX_SOURCE_VCARD,        /* XEP-0054 */
	CUSAX_SOURCE_VCARD4,       /* XEP-0292 */
	CUSAX_SOURCE_REACHABILITY, /* XEP-0152: a hint, never an association (C51) */
	CUSAX_SOURCE_ADDRESS_BOOK, /* C54 */
	CUSAX_SOURCE_DIRECTORY,    /* C52 b */
	CUSAX_SOURCE_TYPED,        /* C46 */
	CUSAX_SOURCE_CALL_INFO,    /* RFC 6993: a cue only (C64) */
} CusaxSource;

typedef enum {
	CUSAX_DELIVERY_QUEUED,
	CUSAX_DELIVERY_SENT,
	CUSAX_DELIVERY_SERVER, /* acknowledged by the own server */
	CUSAX_DELIVERY_DELIVERED,
	CUSAX_DELIVERY_DISPLAYED,
	CUSAX_DELIVERY_FAILED,
} CusaxDelivery;

typedef enum {
	CUSAX_TRANSFER_PENDING, /* a place for the file is asked for */
	CUSAX_TRANSFER_ACTIVE,  /* bytes move */
	CUSAX_TRANSFER_DONE,
	CUSAX_TRANSFER_FAILED,
	CUSAX_TRANSFER_CANCELLED,
} CusaxTransferState;

/* XEP-0085 */
typedef enum {
	CUSAX_CHAT_STATE_NONE,
	CUSAX_CHAT_STATE_ACTIVE,
	CUSAX_CHAT_STATE_COMPOSING,
	CUSAX_CHAT_STATE_PAUSED,
	CUSAX_CHAT_STATE_INACTIVE,
	CUSAX_CHAT_STATE_GONE,
} CusaxChatState;

typedef enum {
	CUSAX_ROOM_LEFT,
	CUSAX_ROOM_JOINING, /* asked, or to be asked again soon */
	CUSAX_ROOM_JOINED,
	CUSAX_ROOM_FAILED, /* needs the user: nothing is tried by itself */
} CusaxRoomState;

/* Why somebody is not in a room any more. */
typedef enum {
	CUSAX_ROOM_END_NONE,
	CUSAX_ROOM_END_LEFT,
	CUSAX_ROOM_END_KICKED,
	CUSAX_ROOM_END_BANNED,
	CUSAX_ROOM_END_MEMBERS_ONLY, /* is no member, or no member any more */
	CUSAX_ROOM_END_DESTROYED,
	CUSAX_ROOM_END_SHUTDOWN, /* of the room's service */
	CUSAX_ROOM_END_FAULT,    /* a technical one */
} CusaxRoomEnd;

/* In which way a message was said. */
typedef enum {
	CUSAX_MESSAGE_CHAT,
	CUSAX_MESSAGE_ROOM,    /* in a room, to everybody */
	CUSAX_MESSAGE_PRIVATE, /* in a room, between two occupants */
} CusaxMessageKind;

/* What an account may be used for (C1, C13-C16). A set: values are or-ed. */
typedef enum {
	CUSAX_FEATURE_AUDIO = 1 << 0,
	CUSAX_FEATURE_VIDEO = 1 << 1,
	CUSAX_FEATURE_MESSAGING = 1 << 2,
	CUSAX_FEATURE_PRESENCE = 1 << 3,
} CusaxFeatures;

#define CUSAX_FEATURES_ALL                                                                         \
	(CUSAX_FEATURE_AUDIO | CUSAX_FEATURE_VIDEO | CUSAX_FEATURE_MESSAGING |                     \
	 CUSAX_FEATURE_PRESENCE)

#define CUSAX_TYPE_PROTOCOL       (cusax_protocol_get_type())
#define CUSAX_TYPE_ACCOUNT_STATE  (cusax_account_state_get_type())
#define CUSAX_TYPE_SERVICE_STATE  (cusax_service_state_get_type())
#define CUSAX_TYPE_CONNECT_POLICY (cusax_connect_policy_get_type())
#define CUSAX_TYPE_AVAILABILITY   (cusax_availability_get_type())
#define CUSAX_TYPE_SUBSCRIPTION   (cusax_subscription_get_type())
#define CUSAX_TYPE_DIRECTION      (cusax_direction_get_type())
#define CUSAX_TYPE_CALL_DIRECTION (cusax_call_direction_get_type())
#define CUSAX_TYPE_CALL_STATE     (cusax_call_state_get_type())
#define CUSAX_TYPE_END_REASON     (cusax_end_reason_get_type())
#define CUSAX_TYPE_REFERRAL_STATE (cusax_referral_state_get_type())
#define CUSAX_TYPE_IDENTITY       (cusax_identity_get_type())
#define CUSAX_TYPE_ENCRYPTION     (cusax_encryption_get_type())
#define CUSAX_TYPE_SRTP_POLICY    (cusax_srtp_policy_get_type())
#define CUSAX_TYPE_CHARGES        (cusax_charges_get_type())
#define CUSAX_TYPE_SOURCE         (cusax_source_get_type())
#define CUSAX_TYPE_DELIVERY       (cusax_delivery_get_type())
#define CUSAX_TYPE_TRANSFER_STATE (cusax_transfer_state_get_type())
#define CUSAX_TYPE_CHAT_STATE     (cusax_chat_state_get_type())
#define CUSAX_TYPE_ROOM_STATE     (cusax_room_state_get_type())
#define CUSAX_TYPE_ROOM_END       (cusax_room_end_get_type())
#define CUSAX_TYPE_MESSAGE_KIND   (cusax_message_kind_get_type())
#define CUSAX_TYPE_FEATURES       (cusax_features_get_type())

GType cusax_protocol_get_type(void);
GType cusax_account_state_get_type(void);
GType cusax_service_state_get_type(void);
GType cusax_connect_policy_get_type(void);
GType cusax_availability_get_type(void);
GType cusax_subscription_get_type(void);
GType cusax_direction_get_type(void);
GType cusax_call_direction_get_type(void);
GType cusax_call_state_get_type(void);
GType cusax_end_reason_get_type(void);
GType cusax_referral_state_get_type(void);
GType cusax_identity_get_type(void);
GType cusax_encryption_get_type(void);
GType cusax_srtp_policy_get_type(void);
GType cusax_charges_get_type(void);
GType cusax_source_get_type(void);
GType cusax_delivery_get_type(void);
GType cusax_transfer_state_get_type(void);
GType cusax_chat_state_get_type(void);
GType cusax_room_state_get_type(void);
GType cusax_room_end_get_type(void);
GType cusax_message_kind_get_type(void);
GType cusax_features_get_type(void);

/* The word of a value of one of the enumerations above; static. A value outside the enumeration is
 * a programming error and gives "unknown". */
const char *cusax_word(GType type, int value);

/* The value of a word. FALSE, with *ret_value untouched, where the word is not of that type. */
gboolean cusax_word_parse(GType type, const char *word, int *ret_value);

/* A set of features as words, sorted by value; free with g_strfreev(). */
GStrv cusax_features_to_words(CusaxFeatures features);

/* The set of the words. FALSE, with *ret_features untouched and *ret_bad_word (borrowed from words)
 * set, where one of them is not a feature. NULL words are the empty set. */
gboolean cusax_features_from_words(const char *const *words, CusaxFeatures *ret_features,
				   const char **ret_bad_word);
