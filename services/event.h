/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What services report: tagged, owned structs that travel up to the core. */
/* Made on any thread, handed over whole, read and freed on the main thread. */
#pragma once

#include "daemon/base/error.h"
#include "daemon/base/facts.h"
#include "daemon/base/media-facts.h"
#include "daemon/base/relay.h"
#include "daemon/base/types.h"
#include "services/room.h"

typedef enum {
	/* An operation is over: op, done.{failed, code, text}. Exactly one for each operation. */
	CUSAX_EVENT_DONE,
	/* The connection of an account changed. Only connecting, online and offline are reported;
	 * waiting, failed and needs-secret are what the core makes of an offline with its cause. */
	CUSAX_EVENT_CONNECTION,
	/* Input was refused by a guard and changed nothing; refused.kind is a word to count by. */
	CUSAX_EVENT_REFUSED,
	/* What was asked for by CUSAX_OPERATION_AUDIO_DEVICES; of no account. */
	CUSAX_EVENT_AUDIO_DEVICES,

	/* Chat. */
	CUSAX_EVENT_ROSTER_BEGIN, /* a full roster follows; entries not in it are gone at its end */
	CUSAX_EVENT_ROSTER_ITEM,  /* one entry, of a full roster or of a push (RFC 6121 §2.1.6) */
	CUSAX_EVENT_ROSTER_END,   /* the roster is as of version (may be NULL) */
	CUSAX_EVENT_PRESENCE,     /* presence of one resource (RFC 6121 §4) */
	CUSAX_EVENT_CLIENT,       /* what runs on a resource, as was asked for (XEP-0115) */
	CUSAX_EVENT_LAST_SEEN,    /* when somebody was here, as was asked for (XEP-0012) */
	CUSAX_EVENT_SUBSCRIPTION, /* somebody asks, grants or withdraws (RFC 6121 §3) */
	CUSAX_EVENT_VCARD,        /* a vCard that was asked for, or that it cannot be had */
	CUSAX_EVENT_VCARD_CHANGED, /* somebody's vCard is not what it was: worth asking again */
	CUSAX_EVENT_AVATAR,        /* which picture somebody has now (XEP-0084) */
	CUSAX_EVENT_AVATAR_DATA,   /* a picture that was asked for */
	CUSAX_EVENT_NICKNAME,      /* what somebody calls themselves (XEP-0172) */
	CUSAX_EVENT_PROFILE,       /* the own vCard */
	CUSAX_EVENT_REACHABILITY,  /* all addresses that somebody hints at now (XEP-0152) */
	CUSAX_EVENT_RELAYS,        /* STUN and TURN servers of the provider (XEP-0215) */
	CUSAX_EVENT_BLOCK_LIST,    /* the whole block list of the account (XEP-0191) */
	CUSAX_EVENT_MESSAGE,       /* a chat message, incoming or own from another device */
	CUSAX_EVENT_ARCHIVE,       /* a page of a message archive that was asked for */
	CUSAX_EVENT_ARCHIVE_PREFERENCES, /* what the own archive keeps, as was asked for */
	CUSAX_EVENT_MESSAGE_STATE,       /* delivery of an own message moved on */
	CUSAX_EVENT_CHAT_STATE,          /* XEP-0085 */
	CUSAX_EVENT_READ,                /* another device of ours has read up to a message */
	CUSAX_EVENT_REACTIONS,           /* all reactions of somebody to a message now (XEP-0444) */
	CUSAX_EVENT_RETRACTION,          /* somebody takes a message back (XEP-0424) */
	/* All that the server sent up to stanza handled.count has been told by the events before: once
	 * that is kept, CUSAX_OPERATION_KEPT says so. */
	CUSAX_EVENT_HANDLED,
	CUSAX_EVENT_UPLOAD_SLOT, /* a place for a file that was asked for (XEP-0363) */

	/* Rooms; room has the facts. */
	CUSAX_EVENT_ROOM_JOINED,     /* we are in: nick, created */
	CUSAX_EVENT_ROOM_LEFT,       /* we are not in any more: end, text */
	CUSAX_EVENT_ROOM_OCCUPANT,   /* somebody came, changed (new_nick, …) or went (end) */
	CUSAX_EVENT_ROOM_SUBJECT,    /* text, nick; also ends what was said before we came */
	CUSAX_EVENT_ROOM_CHANGED,    /* what the room says of itself is not what it was */
	CUSAX_EVENT_ROOM_INFO,       /* what it says: name, features, audio_video_uri */
	CUSAX_EVENT_ROOM_INVITATION, /* person, text, password */
	CUSAX_EVENT_ROOM_DECLINED,   /* an invitation of ours was: person, text */
	CUSAX_EVENT_BOOKMARKS,       /* all that there are */
	CUSAX_EVENT_BOOKMARK,        /* one came, changed or went */

	/* Telephony. */
	CUSAX_EVENT_MAILBOX, /* how many voice messages wait (RFC 3842) */
	CUSAX_EVENT_CALL_INCOMING,
	CUSAX_EVENT_CALL_RINGING,     /* outgoing: the other side rings */
	CUSAX_EVENT_CALL_ANSWERED,    /* either direction: the session is confirmed */
	CUSAX_EVENT_CALL_MEDIA,       /* codec, encryption or remote hold changed */
	CUSAX_EVENT_CALL_DTMF,        /* a key was heard */
	CUSAX_EVENT_CALL_REFERRED,    /* the other side asks us to call somebody else: REFER, 3xx */
	CUSAX_EVENT_CALL_TRANSFERRED, /* how a transfer that we asked for goes */
	CUSAX_EVENT_CALL_DEVICE,      /* its sound moved to another device */
	CUSAX_EVENT_CALL_RECORDING,   /* a recording began, or ended */
	CUSAX_EVENT_CALL_STATISTICS,  /* what was asked for, and once before a call ends */
	CUSAX_EVENT_CALL_ENDED,       /* the last event of a call */
} CusaxEventKind;

typedef struct {
	CusaxEventKind kind;
	char *account; /* id of the account concerned; never NULL */
	guint64 op;    /* the operation that this answers; 0: nobody asked */
	guint64 call;  /* telephony: the call */
	union {
		struct {
			gboolean failed;
			CusaxError code;
			char *text; /* one line for a person */
		} done;
		struct {
			CusaxAccountState state;
			gboolean failed;         /* offline, and nobody asked for it */
			CusaxError code;         /* why, where failed */
			char *text;              /* one line for a person, where failed */
			CusaxSecurity *security; /* online: the facts; else NULL */
			char *bound_address;     /* online, chat: the full JID; else NULL */
			gboolean resumed; /* online, chat: XEP-0198 resumed, nothing was lost */
			/* Online, chat: the session of an earlier process goes on. Messages are whole;
			 * presence and all else that it knew is told anew. */
			gboolean recovered;
			char *stream; /* chat: what the session is, or can be, resumed by; may be NULL */
			gboolean settled; /* the server told how far it got in the session before */
			guint32 accepted; /* settled: how many stanzas of ours it has */
			char *login_pin;  /* online, chat: how strong the login was; later ones must
					   * not be weaker. To be kept and given back; no secret */
		} connection;
		struct {
			const char *kind; /* static word, such as "roster-push", "no-digest" */
		} refused;
		struct {
			char *address; /* bare JID, prepared */
			char *name;    /* may be NULL */
			GStrv groups;  /* never NULL */
			CusaxSubscription subscription;
			gboolean asked;    /* ask='subscribe' */
			gboolean approved; /* before it asks (RFC 6121 §3.4) */
			gboolean removed;  /* subscription='remove' */
		} roster_item;
		struct {
			char *version; /* may be NULL */
		} roster_end;
		struct {
			char *address;                  /* bare JID, prepared */
			char *resource;                 /* may be empty */
			CusaxAvailability availability; /* offline: this resource left */
			char *status;                   /* may be NULL */
			gint8 priority;
			char *photo_hash; /* XEP-0153; NULL: not mentioned, "": none */
			char *nickname;   /* XEP-0172, may be NULL */
			gint64 seen; /* last activity or leave, Unix microseconds (XEP-0319, XEP-0256,
				      * XEP-0203); 0: not told */
			/* XEP-0115: what to ask for; all NULL: nothing is announced. No hash: there is
			 * none, or none that can be checked. */
			char *caps_node, *caps_version, *caps_hash;
		} presence;
		struct {
			char *address; /* full JID asked */
			char *category,
				*type;  /* as registered, such as client, phone; may be NULL */
			char *name;     /* not yet made safe; may be NULL */
			GStrv features; /* words, see Contact.Clients; never NULL */
		} client;
		struct {
			char *address; /* bare JID asked */
			gint64 time;   /* Unix microseconds */
		} last_seen;
		struct {
			char *fallback;      /* always, never, roster; "": not told */
			GStrv always, never; /* JIDs; never NULL */
		} archive_preferences;
		struct {
			char *address;
			enum {
				CUSAX_SUBSCRIPTION_ASKED,     /* subscribe */
				CUSAX_SUBSCRIPTION_GRANTED,   /* subscribed */
				CUSAX_SUBSCRIPTION_WITHDRAWN, /* unsubscribe */
				CUSAX_SUBSCRIPTION_DENIED,    /* unsubscribed */
			} what;
			char *text; /* may be NULL */
		} subscription;
		struct {
			char *address;     /* bare JID asked */
			gboolean failed;   /* the answer was an error, or none came */
			gboolean absent;   /* failed, because the person has none */
			char *full_name;   /* may be NULL */
			char *photo_hash;  /* SHA-1 of the photo in hex, may be NULL */
			GBytes *photo;     /* the photo; NULL: none */
			GPtrArray *phones; /* CusaxPhone, in the order found; never NULL */
		} vcard;
		struct {
			char *address; /* bare JID */
		} vcard_changed;
		struct {
			char *address; /* bare JID; the own one too */
			char *hash;    /* SHA-1 in hex; "": none */
		} avatar;
		struct {
			char *address;   /* as was asked */
			GBytes *picture; /* of the hash that was asked for; never NULL */
		} avatar_data;
		struct {
			char *address; /* bare JID; the own one too */
			char *name;    /* not yet made safe; NULL: none */
		} nickname;
		struct {
			GHashTable *fields; /* key -> text; never NULL */
		} profile;
		struct {
			char *address;     /* bare JID */
			GPtrArray *phones; /* CusaxPhone with source reachability, in order; empty:
					    * withdrawn; never NULL */
		} reachability;
		struct {
			GPtrArray *relays; /* CusaxRelay; never NULL */
		} relays;
		struct {
			GStrv addresses; /* JIDs as listed, prepared; never NULL */
		} block_list;
		struct {
			CusaxDirection direction; /* out: sent by another device of ours */
			CusaxMessageKind kind;
			/* bare JID of the other side or of the room; private: full JID of the
			 * occupant */
			char *address;
			char *resource;  /* of the sender (in a room its nick), may be NULL */
			char *id;        /* stanza id, may be NULL */
			char *origin_id; /* XEP-0359, may be NULL */
			/* XEP-0359 stanza-id by the own server, or by the room; may be NULL */
			char *server_id;
			char *replaces;   /* XEP-0308, may be NULL */
			char *reply_to;   /* XEP-0461, id of the message answered, may be NULL */
			char *text;       /* valid UTF-8 without control characters */
			gint64 time;      /* Unix microseconds; of XEP-0203 where given */
			gboolean delayed; /* kept by a server before it came */
			gboolean wants_receipt; /* XEP-0184 */
			gboolean markable;      /* XEP-0333: that it was read may be told */
			CusaxFile *file;        /* that the message names; NULL: none */
			char *occupant; /* in a room: of whom, whatever the nick (XEP-0421); may be
					 * NULL */
			/* In a room, kept by it: under our nick, which somebody else may have had. */
			gboolean claimed;
			gboolean undecryptable; /* an encrypted payload that we cannot read */
			gboolean counted;       /* of a session that counts, as stanza count: */
			guint32 count;
		} message;
		struct {
			gboolean complete; /* there is nothing before this page */
			char *first;       /* id of its first message; NULL: it is empty */
			gint64 first_time; /* of that, Unix microseconds */
			GPtrArray *events; /* CusaxEvent: MESSAGE with its server_id and time, and
					    * what else was read; in order; never NULL */
		} archive;
		struct {
			char *address;          /* as of the message */
			char *id;               /* stanza id of the own message */
			CusaxDelivery delivery; /* sent, server, delivered, displayed, failed */
			CusaxError code;        /* failed */
			char *text;             /* failed, may be NULL */
			gboolean counted; /* sent: goes out as stanza count of the session once */
			guint32 count;    /* CUSAX_OPERATION_KEPT says that this is kept */
		} message_state;
		struct {
			guint32 count;
		} handled;
		struct {
			char *address;
			CusaxChatState state;
		} chat_state;
		CusaxRoomFacts room;
		struct {
			GPtrArray *items; /* CusaxBookmark; never NULL */
		} bookmarks;
		struct {
			CusaxBookmark *item;
			gboolean removed; /* of item only the address is set */
		} bookmark;
		struct {
			char *address; /* bare JID of the other side, or of the room */
			char *id;      /* of the message, as on the wire or as the server gave it */
		} read;
		struct {
			CusaxDirection direction;  /* out: by another device of ours */
			CusaxMessageKind kind;     /* of the message that says so */
			char *address;             /* as of a message */
			char *resource, *occupant; /* as of a message */
			char *id;        /* of the message that is meant, as on the wire */
			GStrv reactions; /* REACTIONS: none twice, may be empty */
			gint64 time;     /* as of a message */
		} reference;             /* REACTIONS, RETRACTION */
		struct {
			guint fresh, old;
			char *uri; /* of the mailbox as the own proxy names it, may be NULL */
		} mailbox;
		struct {
			char *put, *get; /* https URLs: where to put it, where others find it */
			GStrv headers;   /* "Name: value", for putting it; never NULL */
		} upload_slot;
		struct {
			char *uri;  /* From, as on the wire: "sip:bob@sip.test" */
			char *name; /* display name as claimed, not yet made safe; may be NULL */
			char *asserted_uri; /* P-Asserted-Identity, only from the trusted proxy */
			char *unproven_uri; /* the same, where no TLS proves the proxy: it may
					     * contradict uri, never confirm it */
			GStrv impp; /* Call-Info URIs with purpose=impp (RFC 6993); never NULL */
			gboolean audio; /* the offer has audio we can take, or there is no offer */
			gboolean video;
			gboolean anonymous; /* RFC 3323, RFC 3325 */
			guint64 replaces;   /* the call that this one is to take the place of (RFC
					     * 3891); 0: none */
		} call_incoming;
		struct {
			guint code;           /* 180, 183… */
			gboolean early_media; /* the other side is heard already */
		} call_ringing;
		struct {
			CusaxEncryption encryption;
			char *codec; /* "opus/48000/2", "PCMU/8000"; "" before any */
			gboolean remote_held;
		} call_media;
		struct {
			char key; /* 0-9 * # A-D */
		} call_dtmf;
		struct {
			gboolean input;
			char *device; /* "": none */
		} call_device;
		struct {
			GPtrArray *devices; /* CusaxAudioDevice */
		} audio_devices;
		struct {
			gboolean on;
			char *text; /* off, and nobody asked for it: why; else NULL */
		} call_recording;
		struct {
			CusaxMediaFigures *figures;
		} call_statistics;
		struct {
			char *uri;           /* as on the wire */
			char *replaces;      /* for the INVITE to it, may be NULL (RFC 3891) */
			char *referred_by;   /* likewise (RFC 3892) */
			gboolean redirected; /* 3xx: the call itself ends */
		} call_referred;
		struct {
			guint code;    /* what the target answered; the refusal of the REFER; 0 */
			gboolean over; /* nothing more comes */
		} call_transferred;
		struct {
			CusaxEndReason reason;
			guint code; /* SIP status, 0 where there is none */
			char *text; /* one line for a person: reason phrase, Reason or Warning text */
		} call_ended;
	};
} CusaxEvent;

/* A zeroed event with copies of account; arrays that may never be NULL are empty. */
CusaxEvent *cusax_event_new(CusaxEventKind kind, const char *account);
/* A CUSAX_EVENT_DONE; error NULL: it went well. error is not consumed. */
CusaxEvent *cusax_event_new_done(const char *account, guint64 op, const GError *error);
void cusax_event_free(CusaxEvent *event);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CusaxEvent, cusax_event_free)

/* The way up. Any thread pushes; the main thread receives in order, never re-entered, in short
 * turns (a turn ends after 2 ms, so that a bulk of events does not hold up the bus). */
typedef struct CusaxEventQueue CusaxEventQueue;
typedef void (*CusaxEventSink)(CusaxEvent *event /* owned by the queue */, gpointer data);

/* context: where sink runs; NULL is the default main context. */
CusaxEventQueue *cusax_event_queue_new(GMainContext *context, CusaxEventSink sink, gpointer data);
/* What comes by it goes before what is of a lower priority (G_PRIORITY_…). */
void cusax_event_queue_set_priority(CusaxEventQueue *queue, int priority);
/* Takes the event. After cusax_event_queue_close() it is dropped. */
void cusax_event_queue_push(CusaxEventQueue *queue, CusaxEvent *event);
/* Nothing is delivered after this; main thread. Pushers may still hold references. */
void cusax_event_queue_close(CusaxEventQueue *queue);
CusaxEventQueue *cusax_event_queue_ref(CusaxEventQueue *queue);
void cusax_event_queue_unref(CusaxEventQueue *queue);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CusaxEventQueue, cusax_event_queue_unref)
