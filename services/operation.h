/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the core asks of services: tagged, owned structs that travel down. */
/* Made on the main thread, handed over whole, read and freed where the service lives. */
#pragma once

#include "daemon/base/facts.h"
#include "daemon/base/media-facts.h"
#include "daemon/base/relay.h"
#include "daemon/base/settings.h"
#include "daemon/base/types.h"
#include "services/room.h"

/* Every operation is answered by exactly one CUSAX_EVENT_DONE with its id, in time: a service sets a
 * deadline on what it waits for. Operations for an account that is not connected fail with
 * CUSAX_ERROR_NOT_CONNECTED or CUSAX_ERROR_NOT_REGISTERED, except connect and disconnect. */
typedef enum {
	/* Takes up the account: done when it is online, or fails with the cause. An account that is
	 * up already is taken down first. CUSAX_EVENT_CONNECTION tells each step. */
	CUSAX_OPERATION_CONNECT,
	/* Takes the account down in order (unavailable and stream end; BYE and un-REGISTER): done
	 * within 2 s whatever the other side does. Also ends a connect under way. */
	CUSAX_OPERATION_DISCONNECT,
	/* The way to the server may have changed, or we slept: asks the server for a sign of life at
	 * once. Done when one came; where none comes within seconds, or the own address is another,
	 * the connection is reported as lost. */
	CUSAX_OPERATION_CHECK,
	/* Telephony accounts: what is switched off changes, connected or not; calls go on (C18). Done
	 * at once, also where there is no such account. Chat accounts are connected anew instead. */
	CUSAX_OPERATION_FEATURES,

	/* Telephony accounts: the STUN and TURN servers for calls from now on, for as long as the
	 * account is up. Done at once, also where there is no such account. */
	CUSAX_OPERATION_RELAYS,

	/* Chat. */
	CUSAX_OPERATION_PRESENCE,      /* broadcast own presence */
	CUSAX_OPERATION_ROSTER_SET,    /* add or change an entry */
	CUSAX_OPERATION_ROSTER_REMOVE, /* remove an entry, both subscriptions with it */
	CUSAX_OPERATION_SUBSCRIPTION,  /* subscribe, authorize, deny, unsubscribe */
	CUSAX_OPERATION_FETCH_VCARD,   /* answered by CUSAX_EVENT_VCARD with this op, then done */
	CUSAX_OPERATION_FETCH_CLIENT, /* XEP-0115: CUSAX_EVENT_CLIENT with this op, then done; fails
					 * with REFUSED where it is not what was announced */
	CUSAX_OPERATION_FETCH_LAST,   /* XEP-0012: CUSAX_EVENT_LAST_SEEN with this op, then done */
	CUSAX_OPERATION_PUBLISH_PHONES, /* TEL entries of the own vCard: read, change, write (C39) */
	CUSAX_OPERATION_PROFILE, /* own vCard; answered by CUSAX_EVENT_PROFILE with this op, then done */
	CUSAX_OPERATION_FETCH_AVATAR,         /* answered by CUSAX_EVENT_AVATAR_DATA, then done */
	CUSAX_OPERATION_PUBLISH_AVATAR,       /* the own one (XEP-0084) */
	CUSAX_OPERATION_PUBLISH_REACHABILITY, /* own addresses (XEP-0152); none: retract */
	CUSAX_OPERATION_FETCH_RELAYS,    /* XEP-0215: CUSAX_EVENT_RELAYS with this op, then done */
	CUSAX_OPERATION_BLOCK,           /* XEP-0191; the new list comes as an event */
	CUSAX_OPERATION_SEND_MESSAGE,    /* done when written; state events follow */
	CUSAX_OPERATION_SEND_REACTIONS,  /* as a message: done when written, states follow */
	CUSAX_OPERATION_SEND_RETRACTION, /* the same */
	/* One page of a message archive (XEP-0313), the newest that fits: answered by
	 * CUSAX_EVENT_ARCHIVE with this op, then done. */
	CUSAX_OPERATION_FETCH_ARCHIVE,
	/* What the own archive keeps: changed, where anything is given; answered by
	 * CUSAX_EVENT_ARCHIVE_PREFERENCES with this op, then done. */
	CUSAX_OPERATION_ARCHIVE_PREFERENCES,
	CUSAX_OPERATION_SEND_CHAT_STATE,
	CUSAX_OPERATION_FETCH_READ,   /* what own devices have read: CUSAX_EVENT_READ, then done */
	CUSAX_OPERATION_PUBLISH_READ, /* how far a chat was read, for own devices (XEP-0490) */
	CUSAX_OPERATION_SEND_MARKER,  /* receipt or displayed for a received message */
	/* What was told of stanzas up to kept.count is on the disk, or cannot be brought there: those of
	 * the server are acknowledged, own ones go out. Done at once, connected or not. */
	CUSAX_OPERATION_KEPT,
	CUSAX_OPERATION_REQUEST_SLOT, /* answered by CUSAX_EVENT_UPLOAD_SLOT with this op, then done */

	/* Rooms; room has the request. Done when the room has confirmed, where it confirms. */
	CUSAX_OPERATION_ROOM_JOIN,  /* address, nick, password, since; flag: a new room is left
				     * locked, because a CONFIGURE follows. Occupants and
				     * CUSAX_EVENT_ROOM_JOINED come before it is done */
	CUSAX_OPERATION_ROOM_LEAVE, /* address, text */
	CUSAX_OPERATION_ROOM_NICK,  /* address, nick */
	CUSAX_OPERATION_ROOM_PING, /* address: fails with WRONG_STATE where we are not in (XEP-0410),
				     * with TIMEOUT where the room does not answer */
	CUSAX_OPERATION_ROOM_SUBJECT,     /* address, text; done when sent */
	CUSAX_OPERATION_ROOM_INVITE,      /* address, person, text, password; flag: directly */
	CUSAX_OPERATION_ROOM_DECLINE,     /* address, person, text */
	CUSAX_OPERATION_ROOM_ROLE,        /* address, nick, word, text */
	CUSAX_OPERATION_ROOM_AFFILIATION, /* address, person, word, text */
	CUSAX_OPERATION_ROOM_VOICE,       /* address */
	CUSAX_OPERATION_ROOM_CONFIGURE,   /* address, settings */
	CUSAX_OPERATION_ROOM_DESTROY,     /* address, text */
	CUSAX_OPERATION_ROOM_INFO,        /* address; CUSAX_EVENT_ROOM_INFO follows */
	CUSAX_OPERATION_BOOKMARK_SET,     /* bookmark */
	CUSAX_OPERATION_BOOKMARK_REMOVE,  /* bookmark: its address */

	/* Telephony. */
	CUSAX_OPERATION_CALL,    /* done when the INVITE is under way; call events follow */
	CUSAX_OPERATION_RING,    /* an incoming call is announced: now the caller is told */
	CUSAX_OPERATION_ACCEPT,  /* done when 200 was sent */
	CUSAX_OPERATION_DECLINE, /* an incoming call that was not answered */
	CUSAX_OPERATION_HANGUP,  /* CANCEL or BYE */
	CUSAX_OPERATION_HOLD,
	CUSAX_OPERATION_MUTE,
	CUSAX_OPERATION_DTMF,
	CUSAX_OPERATION_TRANSFER, /* done when the other side agreed; events tell how it goes */
	CUSAX_OPERATION_TELL_REFERRER, /* what became of the call that was asked for */
	CUSAX_OPERATION_DEVICE,        /* move the audio of a call to another device */
	CUSAX_OPERATION_MIX,           /* with on: the call joins those that hear one another */
	CUSAX_OPERATION_RECORD, /* what both sides say, into a file; CUSAX_EVENT_CALL_RECORDING tells */
	CUSAX_OPERATION_VOICE, /* what is taken out of the microphone of a call */
	/* Of no account: account is "". */
	CUSAX_OPERATION_SOUND,         /* what is heard beside calls, from now on */
	CUSAX_OPERATION_AUDIO_DEVICES, /* answered by CUSAX_EVENT_AUDIO_DEVICES, then done */
	CUSAX_OPERATION_STATISTICS,    /* answered by CUSAX_EVENT_CALL_STATISTICS, then done */
} CusaxOperationKind;

typedef struct {
	CusaxOperationKind kind;
	guint64 id;
	char *account; /* account id; never NULL */
	guint64 call;  /* telephony: the call */
	union {
		struct {
			char *address; /* the account's bare JID or SIP address of record */
			CusaxSettings *settings; /* of the account */
			CusaxSettings *policy;   /* of the user */
			char *secret;            /* wiped when freed; NULL where none is needed */
			CusaxFeatures disabled;
			char *roster_version; /* chat: what we have, NULL: nothing (RFC 6121 §2.6) */
			GStrv roster; /* chat: bare JIDs of the entries of that version, prepared */
			/* Chat: the session of an earlier process, to be resumed; NULL: none. */
			char *stream, *stream_bound;
			guint32 stream_handled;  /* stanzas of the server that are kept */
			guint32 stream_accepted; /* own ones that the server is known to have */
			char *login_pin; /* chat: of CUSAX_EVENT_CONNECTION, NULL: none yet */
		} connect;
		struct {
			CusaxFeatures disabled;
		} features;
		struct {
			GPtrArray *relays; /* CusaxRelay; never NULL */
		} relays;
		struct {
			CusaxAvailability availability;
			char *status; /* may be NULL */
		} presence;
		struct {
			char *address;
			char *name;   /* may be NULL */
			GStrv groups; /* never NULL */
		} roster;             /* ROSTER_SET, ROSTER_REMOVE */
		struct {
			char *address;
			enum {
				CUSAX_SUBSCRIBE,
				CUSAX_AUTHORIZE,
				CUSAX_DENY,
				CUSAX_UNSUBSCRIBE,
			} what;
			char *text;     /* may be NULL */
			gboolean ahead; /* AUTHORIZE: before it was asked for (RFC 6121 §3.4) */
		} subscription;
		struct {
			char *address;
		} fetch_vcard;
		struct {
			char *address;        /* full JID */
			char *node, *version; /* as announced */
			char *hash;           /* the same; NULL: not to be checked */
		} fetch_client;
		struct {
			char *address; /* bare JID */
		} fetch_last;
		struct {
			char *fallback;      /* always, never, roster; NULL: as it is */
			GStrv always, never; /* JIDs; NULL: as they are */
		} archive_preferences;
		struct {
			GPtrArray *phones; /* CusaxPhone */
		} publish_phones;
		struct {
			GHashTable *changes; /* key -> text, "": take it away; empty: read only */
		} profile;
		struct {
			char *address; /* bare JID, or full one of an occupant: then of its vCard */
			char *hash;    /* SHA-1 in hex */
		} fetch_avatar;
		struct {
			GBytes *picture; /* NULL: none any more */
			char *type;      /* media type */
		} publish_avatar;
		struct {
			GStrv uris; /* best first; empty: retract */
		} publish_reachability;
		struct {
			char *address;     /* JID; NULL: unblock everybody */
			gboolean block;    /* FALSE: unblock */
			char *report;      /* "spam" or "abuse" (XEP-0377); NULL: none */
			char *report_text; /* may be NULL */
		} block;
		struct {
			CusaxMessageKind kind;
			char *address; /* bare JID; private: full JID of the occupant */
			char *message; /* id of the message: stanza id and origin-id (XEP-0359) */
			char *text;
			char *replaces; /* XEP-0308, may be NULL */
			/* XEP-0461: the message answered, as on the wire, its sender, and what to
			 * quote of it for those who do not know replies; all NULL: no reply. */
			char *reply_to, *reply_sender, *reply_quote;
			gboolean ask_receipt;
			gboolean ask_marker;
			gboolean chat_state; /* carry <active/> */
			CusaxFile *file;     /* that the text is the address of; NULL: none */
		} send_message;
		struct {
			char *address;   /* bare JID */
			char *message;   /* id to send it under */
			char *target;    /* id of the message that is meant, as on the wire */
			GStrv reactions; /* SEND_REACTIONS: empty takes all back; else NULL */
		} send_reference;        /* SEND_REACTIONS, SEND_RETRACTION */
		struct {
			char *archive;     /* JID of a room; NULL: the account's own */
			char *with;        /* bare JID: only what was said with it; NULL: all */
			gint64 start, end; /* Unix microseconds; 0: no limit */
			char *before;      /* only what is before this id; NULL: up to the end */
			guint max;
		} fetch_archive;
		struct {
			char *address;
			CusaxChatState state;
		} send_chat_state;
		struct {
			char *address;   /* bare JID of the chat */
			char *server_id; /* of the last message read (XEP-0359) */
			gboolean room;   /* given by the room, not by the own server */
		} publish_read;
		struct {
			char *name;
			char *type; /* media type */
			guint64 size;
		} request_slot;
		struct {
			char *address;
			char *message;      /* id of the received message */
			gboolean displayed; /* XEP-0333 displayed, else XEP-0184 received */
		} send_marker;
		CusaxRoomRequest room;
		CusaxBookmark *bookmark;
		struct {
			gboolean own; /* own stanzas; else those of the server */
			guint32 count;
			char *stream; /* of which session; NULL: of one that cannot be resumed */
		} kept;
		struct {
			char *uri;  /* where to: a SIP or SIPS URI */
			char *impp; /* bare JID for Call-Info (RFC 6993), NULL: none (C72) */
			char *input_device, *output_device; /* NULL: the default */
			char *replaces, *referred_by;       /* of what was asked for, may be NULL */
		} place;                                    /* CALL */
		struct {
			char *input_device, *output_device;
		} accept;
		struct {
			guint code; /* SIP status, such as 486 or 603 */
		} decline;
		struct {
			gboolean on;
		} toggle; /* HOLD, MUTE, MIX */
		struct {
			char *keys;
		} dtmf;
		struct {
			char *uri;     /* NULL: to the other side of other */
			guint64 other; /* a call of this service */
		} transfer;
		struct {
			guint code; /* SIP status */
		} tell_referrer;
		struct {
			gboolean input;
			char *device; /* NULL: the default */
		} device;
		struct {
			gboolean echo, noise;
		} voice;
		struct {
			CusaxSound sound;
			char *device; /* NULL: the default */
			int volume;   /* per cent; -1: what the sound server remembers */
			char *file;   /* of the ring tone; NULL: that of the sound theme */
		} sound;
		struct {
			int file; /* descriptor of a regular file, owned; -1: stop */
		} record;
	};
} CusaxOperation;

/* A zeroed operation with a fresh id and a copy of account. */
CusaxOperation *cusax_operation_new(CusaxOperationKind kind, const char *account);
/* Wipes secrets. */
void cusax_operation_free(CusaxOperation *operation);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CusaxOperation, cusax_operation_free)
