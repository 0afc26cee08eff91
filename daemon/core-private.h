/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of the core share: its struct, and which part answers which event. */
/* Main thread. */
#pragma once

#include "daemon/core.h"
#include "daemon/model/account.h"
#include "daemon/model/call.h"
#include "daemon/model/chat.h"
#include "daemon/model/contact.h"
#include "daemon/model/manager.h"
#include "daemon/model/registry.h"
#include "daemon/model/room.h"
#include "daemon/model/service.h"
#include "daemon/policy/account-fsm.h"
#include "daemon/policy/admit.h"
#include "daemon/policy/call-fsm.h"
#include "daemon/policy/callers.h"
#include "daemon/policy/connect.h"
#include "daemon/policy/flood.h"
#include "daemon/policy/identity-index.h"
#include "daemon/policy/identity.h"
#include "daemon/policy/room-fsm.h"
#include "daemon/store/archive.h"
#include "daemon/store/avatars.h"
#include "daemon/store/cache.h"
#include "daemon/store/calls.h"
#include "daemon/store/clients.h"
#include "daemon/store/config.h"
#include "daemon/store/history.h"
#include "daemon/store/messages.h"
#include "daemon/store/reading.h"
#include "daemon/store/rooms.h"
#include "daemon/store/streams.h"
#include "services/addressbook.h"
#include "services/driver.h"
#include "services/http.h"
#include "services/secret.h"

/* The connection of one account (core-link.c). */
typedef struct {
	CusaxCore *core;
	CusaxAccount *account; /* the registry holds it at least as long */
	CusaxAccountFsm fsm;
	gboolean wanted;             /* FALSE after Disconnect(), until Connect() */
	gboolean retired;            /* being removed */
	gboolean interactive;        /* the next look-up of the secret may prompt */
	guint retry;                 /* timer, 0: none */
	gint64 connecting_since;     /* monotonic: when the service was asked to connect */
	GCancellable *lookup;        /* of the secret */
	char *secret;                /* between look-up and connect only */
	GPtrArray *awaiting_offline; /* GTask */
	GHashTable *claimed;         /* ids of messages handed to this connection */
	guint archive_turn;          /* which fetching is the one of this connection */
	guint flushes;            /* readings of the outbox under way: what is said now is behind */
	gboolean receipts_owed;   /* chat: by the process before, which did not end in order */
	gboolean archive_runs;    /* chat: what came while away is being fetched */
	gboolean archive_left;    /* it was not to be had to the end */
	gboolean archive_awaited; /* which own messages have arrived it alone can tell: they wait */
	guint32 handled;          /* chat: the stanza up to which all was told */
	CusaxStreamState *stream; /* chat: the session, up or to be resumed; NULL: none */

	GPtrArray *own_phones; /* CusaxPhone of the own vCard; NULL: never read */
	guint calls_heard;     /* incoming, since the start; those with a cue of the caller: */
	guint calls_with_cue;
	gboolean reach_told;    /* whether we can be called, on this connection */
	char *reach_published;  /* the address published on this connection; NULL: none */
	gboolean presence_sent; /* on this connection: */
	CusaxAvailability sent_availability;
	char *sent_status;

	GPtrArray *relays;    /* chat: CusaxRelay of the provider, for calls; NULL: not known */
	guint relays_timer;   /* asks again before they expire; 0: none does */
	char *login_pin;      /* chat: what logins must not fall below; NULL: none */
	char *roster_version; /* of what is known */
	guint32 roster_generation; /* rises with every full roster */
	gboolean roster_in_full;   /* between begin and end */
	guint roster_listed;       /* contacts of it that there are */
	GPtrArray *
		roster_unkept; /* CusaxContact of the last full roster, until all are on the disk */
	guint strangers;       /* who ask to subscribe and are not in the roster */
	char *roster_pushed;   /* address of the entry pushed last, until its end */
} CoreLink;

/* One call that has not ended (core-call.c). */
typedef struct {
	CusaxCall *call;
	CusaxCallFsm fsm;
	guint decline_code; /* SIP status to decline with; 0: 603 */
	gboolean missed;
	gboolean echo, noise;    /* told to be taken out of the microphone */
	gboolean silent;         /* shown without a sound */
	gboolean provisional;    /* let in only until its caller is looked up */
	guint announced;         /* source: what follows the announcement; 0: it is done */
	GPtrArray *awaiting_end; /* GTask */

	/* Incoming: the caller as told, and the card that may decide who it is. */
	char *from_uri;
	char *asserted_uri;
	char *unproven_uri;
	GStrv impp;
	gboolean anonymous;
	char *awaits; /* bare JID; NULL: nothing is awaited */
	gboolean fetch_failed;

	guint64 referrer; /* the call whose other side asked for this one; 0: none */
	guint64 replaces; /* the call that ends when this one is answered; 0: none */
} CoreCall;

/* What a call takes along that somebody asked for (RFC 3515). */
typedef struct {
	char *replaces, *referred_by; /* header values, may be NULL */
	guint64 referrer;
} CoreReferral;

/* Who is meant by what was typed (core-target.c). */
typedef struct {
	CusaxContact *contact; /* owned, or NULL */
	char *uri;             /* typed or of a call, or NULL */
} CoreTarget;

/* Characters of a message that are kept. */
#define CORE_MAX_TEXT (64 * 1024)
/* Bytes of an own picture: in base64 it has to fit into a stanza. */
#define CORE_MAX_OWN_AVATAR (128 * 1024)

typedef struct CoreClients CoreClients;

struct CusaxCore {
	CusaxRegistry *registry;
	CusaxManager *manager;
	CusaxEventQueue *events;
	CusaxEventQueue *call_events; /* of telephony: a call does not wait behind a roster */
	CusaxDriver *drivers[2];      /* by CusaxProtocol */
	CusaxSecretStore *secrets;
	CusaxHttp *http; /* NULL: none, in tests */
	CusaxConfig *config;
	CusaxHistory *history;
	CusaxIdentityIndex *identities; /* comparison key -> contacts */

	GHashTable *operations;     /* id -> what to do when it is done (core-operation.c) */
	GHashTable *links;          /* account id -> CoreLink (core-link.c) */
	GHashTable *calls;          /* handle -> CoreCall, those not ended (core-call.c) */
	GHashTable *rooms;          /* CusaxRoom -> CoreRoom (core-room.c) */
	GHashTable *referrals;      /* handle of a call -> what it is asked (core-referral.c) */
	GHashTable *numbers;        /* CusaxContact -> GPtrArray of CusaxPhoneEntry */
	CusaxFlood *flood;          /* how often callers ring (core-callers.c) */
	GQueue ended;               /* calls that can still be read, oldest first (core-call.c) */
	guint forgetting;           /* timer of the oldest; 0: none */
	GHashTable *counters;       /* word -> guint64 * (core-policy.c) */
	GHashTable *privacy;        /* chat id -> CusaxChatPrivacy (core-read.c) */
	GHashTable *read_untold;    /* chat -> what is to be told of it when online again */
	GHashTable *unacknowledged; /* ids of own messages that no server has yet */
	GHashTable *fetches;        /* operation id -> page of an archive on its way */
	CusaxSound sound;           /* asked for last (core-sound.c) */
	gboolean busy_tone;         /* the call that ends now found the other side busy */
	CusaxAvatars *avatars;      /* NULL: none, in tests (core-avatar.c) */
	GQueue avatars_wanted;      /* Want, to be fetched */
	guint avatars_in_flight;
	GQueue room_avatars; /* GTask, those that wait (core-room-avatar.c) */
	guint room_avatars_in_flight;
	guint avatars_unasked;     /* fetched by ourselves */
	GHashTable *transfers;     /* CusaxTransfer -> CoreTransfer (core-transfer.c) */
	GHashTable *timers;        /* ids of sources that end with the core */
	GQueue vcards_wanted;      /* CusaxContact, to be fetched (core-vcard.c) */
	GHashTable *vcards_queued; /* CusaxContact -> itself: in vcards_wanted or in flight */
	guint vcards_in_flight;
	CoreClients *clients;     /* what devices run (core-client.c) */
	GPtrArray *books;         /* CoreBook, in the order of their rank (core-addressbook.c) */
	GHashTable *book_changed; /* bare JIDs whose entries are to be looked at again */
	guint book_idle;          /* does that, a few at a time; 0: nothing to do */
	guint8 token_key[32];     /* of confirmation tokens: fresh for each process */
	enum {
		CORE_SCRUB_IDLE,
		CORE_SCRUB_RUNNING,
		CORE_SCRUB_AGAIN, /* more was deleted meanwhile */
	} scrub;
	GQueue unstored;        /* to be written again (core-unstored.c) */
	guint unstored_timer;   /* does that; 0: all is well */
	gboolean unstored_lost; /* more than fits: only the server still has it */
	guint next_prune;       /* timer, 0: history is kept for ever */
	gboolean stopping;
	GTask *stop_task; /* while stopping */
	guint stop_left;  /* accounts still to go offline */
	guint stop_deadline;
};

/* --- core-operation.c: what was asked of services ----------------------------------------- */

GHashTable *core_operations_new(void);
/* error NULL: it went well. */
typedef void (*CoreDone)(CusaxCore *core, const GError *error, gpointer data);

/* Hands the operation (taken) to the driver of the account; done may be NULL. */
void core_submit(CusaxCore *core, CusaxAccount *account, CusaxOperation *operation, CoreDone done,
		 gpointer data);
/* The same for what is of no account. */
void core_submit_to(CusaxCore *core, CusaxProtocol protocol, CusaxOperation *operation,
		    CoreDone done, gpointer data);
/* Where the core ends before the answer, destroy frees data; done takes it. */
void core_submit_owned(CusaxCore *core, CusaxAccount *account, CusaxOperation *operation,
		       CoreDone done, gpointer data, GDestroyNotify destroy);
/* The data of an operation that is not done yet, or NULL. */
gpointer core_operation_data(CusaxCore *core, guint64 op);
/* The same, and returns TRUE or the error on task, which is taken. */
void core_submit_for_task(CusaxCore *core, CusaxAccount *account, CusaxOperation *operation,
			  GTask *task);
/* The same for a question: what core_operation_answer() was given is returned on task. */
void core_submit_for_answer(CusaxCore *core, CusaxAccount *account, CusaxOperation *operation,
			    GTask *task);
/* The answer of such an operation (a floating one is taken), before it is done. */
void core_operation_answer(CusaxCore *core, guint64 op, GVariant *answer);
void core_operation_on_done(CusaxCore *core, const CusaxEvent *event);

/* --- core-link.c: keeping accounts connected ------------------------------------------------ */

CoreLink *core_link_new(CusaxCore *core, CusaxAccount *account);
void core_link_free(CoreLink *link);
CoreLink *core_link_of(CusaxCore *core, CusaxAccount *account);
/* Does what the account's settings, its pair's policy and its state ask for now. */
void core_link_update(CusaxCore *core, CusaxAccount *account);
void core_link_update_all(CusaxCore *core);
/* As if the account were fresh: attempts start again. For a changed secret, settings or wish. */
void core_link_restart(CusaxCore *core, CusaxAccount *account);
/* The account is being removed: nothing brings it up again. */
void core_link_retire(CusaxCore *core, CusaxAccount *account);
void core_link_on_connection(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event);
/* The keyring may answer now: accounts that wait for it try again. */
void core_link_on_secrets_changed(gpointer core);
/* TRUE once for each message and connection: a message is handed to a connection only once. */
gboolean core_link_claim_message(CusaxCore *core, CusaxAccount *account, const char *id);
/* The connection did not take it after all. */
void core_link_release_message(CusaxCore *core, CusaxAccount *account, const char *id);

/* --- core-stream.c: sessions of chat accounts that outlive the daemon (XEP-0198) --------------- */

/* The daemon starts: the account may have a session to be resumed; state is taken, may be NULL. */
void core_stream_restore(CusaxCore *core, CusaxAccount *account, CusaxStreamState *state);
/* Hands it to the connection that is being made. */
void core_stream_offer(CusaxCore *core, CusaxAccount *account, CusaxOperation *connect);
void core_stream_on_online(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event);
/* Closed in order: there is nothing to resume. */
void core_stream_forget(CusaxCore *core, CusaxAccount *account);
void core_stream_on_handled(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event);
/* The disk takes writes again: what came meanwhile is acknowledged. */
void core_stream_acknowledge_all(CusaxCore *core);
/* Own stanzas up to count are kept, or cannot be: they may go out. */
void core_stream_own_kept(CusaxCore *core, CusaxAccount *account, const char *stream,
			  guint32 count);
/* The message is told with stanza count of the session that is up; sets its stream. */
void core_stream_mark(CusaxCore *core, CusaxAccount *account, CusaxMessage *message,
		      const CusaxEvent *event);

/* --- core-login.c: how strong a login was -------------------------------------------------------- */

/* pin as a service told it, or as it was kept; NULL changes nothing. */
void core_login_keep(CusaxCore *core, CusaxAccount *account, const char *pin);
/* The account's user changed how it logs in: any login counts as the first. */
void core_login_forget(CusaxCore *core, CusaxAccount *account);
/* The same, where changed (a{sv}) holds a setting that has to do with the login. */
void core_login_on_settings(CusaxCore *core, CusaxAccount *account, GVariant *changed);

/* --- core-relay.c: STUN and TURN servers of the provider ----------------------------------------- */

/* Asks the server of a chat account that is online and has a telephony account beside it. */
void core_relay_want(CusaxCore *core, CusaxAccount *chat);
void core_relay_on_relays(CusaxCore *core, CusaxAccount *chat, const CusaxEvent *event);
/* Tells a telephony account what its pair's chat account knows. */
void core_relay_hand_over(CusaxCore *core, CusaxAccount *telephony);
/* The telephony account has no pair any more. */
void core_relay_withdraw(CusaxCore *core, CusaxAccount *telephony);
void core_relay_forget(CoreLink *link);

/* --- core-admin.c: accounts --------------------------------------------------------------------- */

/* Makes the account of an entry of the settings file visible; borrowed. */
CusaxAccount *core_account_show(CusaxCore *core, const CusaxConfigAccount *entry);
/* Saves the settings; TRUE or the error on task, which is taken. */
void core_save_for_task(CusaxCore *core, GTask *task);

/* --- core-service.c: pairs ------------------------------------------------------------------------ */

/* The pair that the account is part of, or NULL; borrowed. */
CusaxService *core_service_of(CusaxAccount *account);
/* NULL where its accounts do not exist; borrowed. */
CusaxService *core_service_show(CusaxCore *core, const CusaxConfigService *entry);
void core_service_remove(CusaxCore *core, CusaxService *service);
/* States, security and the sentence that names the side follow what was decided. */
void core_service_update(CusaxCore *core, CusaxService *service,
			 const CusaxConnectDecision *decision);
/* How numbers are written for a telephony account, with its domain; both may be NULL. Borrowed from
 * their settings. */
CusaxDialPlan core_dial_plan(CusaxService *service, CusaxAccount *telephony);
/* The same for the telephony side of a pair, which may be NULL. */
CusaxDialPlan core_service_dial_plan(CusaxService *service);

/* --- core-security.c -------------------------------------------------------------------------------- */

void core_security_update(CusaxCore *core, CusaxService *service);

/* --- core-roster.c: contacts and their presence ------------------------------------------------ */

CusaxContact *core_contact_find(CusaxCore *core, CusaxAccount *account, const char *address);
/* The contact with that address on any account, or NULL. */
CusaxContact *core_contact_find_any(CusaxCore *core, const char *address);
/* Shows the best of the names that are known for the contact. */
void core_contact_show_name(CusaxContact *contact);
/* The contacts of an account, owned references. */
GPtrArray *core_roster_contacts(CusaxCore *core, CusaxAccount *account);
void core_contact_remove(CusaxCore *core, CusaxContact *contact);
void core_roster_restore(CusaxCore *core, CusaxAccount *account, CusaxRosterCache *cache);
void core_roster_forget(CusaxCore *core, CusaxAccount *account);
/* The server accepted a new entry. It may answer before it pushes the entry (RFC 6121 §2.3.2): what was
 * asked for is shown until then. NULL: there are too many; borrowed. */
CusaxContact *core_roster_accepted(CusaxCore *core, CusaxAccount *account, const char *address,
				   const char *name, const char *const *groups);
void core_roster_on_begin(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event);
void core_roster_on_item(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event);
void core_roster_on_end(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event);
void core_roster_on_subscription(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event);

/* --- core-roster-keep.c: the roster over restarts ---------------------------------------------- */

/* A full roster has come: the contacts of link->roster_unkept go to the disk. */
void core_roster_keep(CusaxCore *core, CusaxAccount *account);
/* What a push said of one address goes there. */
void core_roster_keep_push(CusaxCore *core, CusaxAccount *account, const char *address);

/* --- core-presence.c ----------------------------------------------------------------------------- */

/* The account is no longer online: nobody is known to be there. */
void core_presence_hide(CusaxCore *core, CusaxAccount *account);
/* It is online again. resumed: what was known holds (XEP-0198); else all is told anew. */
void core_presence_restore(CusaxCore *core, CusaxAccount *account, gboolean resumed);
void core_presence_on_presence(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event);
void core_presence_on_last_seen(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event);
/* What own presence to show now: the user's, and what calls make of it. */
void core_presence_publish(CusaxCore *core, CusaxAccount *account);
void core_presence_publish_all(CusaxCore *core);
/* The same presence once more: something that goes with it has changed. */
void core_presence_repeat(CusaxCore *core, CusaxAccount *account);

/* --- core-client.c: what contacts' devices run (XEP-0115) ---------------------------------------- */

CoreClients *core_clients_new(void);
void core_clients_free(CoreClients *clients);
void core_client_restore(CusaxCore *core, const CusaxStoredClient *stored);
/* A device of the contact is here: what it announces is looked up, or asked for. */
void core_client_on_presence(CusaxCore *core, CusaxContact *contact, const CusaxEvent *event);
void core_client_on_client(CusaxCore *core, const CusaxEvent *event);

/* --- core-vcard.c: telephone numbers of contacts ------------------------------------------------ */

/* Fetches soon, a few at a time. urgent: before all others. */
void core_vcard_want(CusaxCore *core, CusaxContact *contact, gboolean urgent);
/* Calls ready when the contact's numbers are known, cannot be had now, or after 5 s; at once, from
 * inside, where there is nothing to wait for. */
typedef void (*CoreReady)(CusaxCore *core, gpointer data);
void core_vcard_await(CusaxCore *core, CusaxContact *contact, CoreReady ready, gpointer data);
void core_vcard_forget(CusaxCore *core, CusaxContact *contact);
/* Goes on with what is wanted, as far as accounts are online. */
void core_vcard_run(CusaxCore *core);
void core_vcard_on_vcard(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event);
/* Those of the account's contacts whose numbers were never read. */
void core_vcard_want_missing(CusaxCore *core, CusaxAccount *account);
void core_vcard_restore(CusaxCore *core, CusaxAccount *account, const CusaxCachedVcard *vcard);
/* XEP-0153: another hash means that the vCard changed. */
void core_vcard_on_photo_hash(CusaxCore *core, CusaxContact *contact, const char *hash);
/* What the contact's numbers and hints mean, anew: shown, indexed, callers graded again. */
void core_vcard_apply(CusaxCore *core, CusaxContact *contact);
void core_vcard_on_changed(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event);
/* Settings of a pair changed: what the numbers of its contacts mean may have, too. */
void core_vcard_reapply(CusaxCore *core, CusaxAccount *account);

/* --- core-addressbook.c: the user's own address books ----------------------------------------- */

/* One source of entries. Precedence (C54, C55):
 *  - Numbers of a contact are those of its vCards and of the books together. A number that both have
 *    is one entry, shown with the vCard as its source; what only a book has makes the contact
 *    callable and verifies a caller with source "address-book", also where there is no vCard.
 *  - The name shown is the one in the roster, else in the first book that has one, else in the
 *    vCard: what the user wrote is above what the contact says of itself.
 *  - A number of two contacts stays ambiguous, whoever says so: a caller with it is never verified.
 *  - Where two entries or books name one JID, their numbers are joined, in the order of the books. */
typedef struct CoreBook CoreBook;

void core_book_free(CoreBook *book);
/* The contact is in the roster: takes what the books have on it, if that is new. */
void core_book_link(CusaxCore *core, CusaxContact *contact);

/* --- core-reach.c: XEP-0152 ------------------------------------------------------------------------- */

void core_reach_on_reachability(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event);
/* Publishes the own telephone address while it can be called, and withdraws it when not. */
void core_reach_update(CusaxCore *core, CusaxService *service);
/* The chat account is about to go offline: nobody shall find an address that nobody answers. */
void core_reach_leave(CusaxCore *core, CusaxAccount *chat);

/* --- core-block.c: XEP-0191 ------------------------------------------------------------------------- */

void core_block_on_list(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event);

/* --- core-chat.c ------------------------------------------------------------------------------- */

/* The chat with an address, made where there is none. NULL and LIMIT_EXCEEDED beyond the limit. */
CusaxChat *core_chat_open(CusaxCore *core, CusaxAccount *account, const char *address,
			  GError **error);
CusaxChat *core_chat_find(CusaxCore *core, CusaxAccount *account, const char *address);
void core_chat_restore(CusaxCore *core, const CusaxChatSummary *summary);
void core_chat_forget(CusaxCore *core, CusaxAccount *account);
/* The room, if it is one, else the chat with that address; NULL: neither exists. */
CusaxConversation *core_conversation_find(CusaxCore *core, CusaxAccount *account,
					  const char *address);
/* Keeps the sum over all conversations in step. */
void core_chat_set_unread(CusaxCore *core, CusaxConversation *chat, guint unread);
/* moment: "MessageAdded" or "MessageChanged". */
void core_chat_announce(CusaxCore *core, CusaxConversation *chat, const CusaxMessage *message,
			const char *moment);
/* The account is offline: typing notices of the other side are void. */
void core_chat_offline(CusaxCore *core, CusaxAccount *account);
/* What a message event says, to be stored. */
CusaxMessage *core_chat_message_of(CusaxAccount *account, const CusaxEvent *event);
/* A message that an archive brought; it is stored. */
void core_chat_show_archived(CusaxCore *core, CusaxAccount *account, const CusaxMessage *message);
void core_chat_on_message(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event);
void core_chat_on_chat_state(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event);
/* A contact came or went: its chat, if there is one, follows. */
void core_chat_link_contact(CusaxCore *core, CusaxContact *contact, gboolean is_there);

/* --- core-message.c ---------------------------------------------------------------------------- */

/* The daemon before this one ended without a word: what came last may lack its receipts, which are sent
 * (again: twice does no harm). */
void core_chat_repeat_receipts(CusaxCore *core, CusaxAccount *account);
/* Stores a message that came (taken); receipt_for: its wire id, where a receipt is due, else NULL. */
void core_chat_store(CusaxCore *core, CusaxAccount *account, CusaxMessage *message,
		     const char *receipt_for);
/* The account is online: what waits is sent. */
void core_chat_flush(CusaxCore *core, CusaxAccount *account);
/* The archive was read, as far as it goes: what waited for that is sent. */
void core_chat_release(CusaxCore *core, CusaxAccount *account);
/* The delivery of an own message has moved on, in the history; shows it. */
void core_chat_show_delivery(CusaxCore *core, CusaxAccount *account, const CusaxMessage *message);
void core_chat_on_message_state(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event);

/* Hands a stored own message to the account's connection, where it is online, once. */
void core_chat_hand_over(CusaxCore *core, CusaxAccount *account, const CusaxMessage *message);
/* core-history.c: the map of a message that clients get (floating). chat NULL: its account is gone. */
GVariant *core_message_variant(CusaxConversation *chat, const CusaxMessage *message);

/* --- core-person.c, core-erase.c ------------------------------------------------------------------ */

/* Whose history the options "contact", "chat" or "room" mean; FALSE: nobody's. Borrowed. */
gboolean core_history_of(CusaxCore *core, GVariant *options, const char **ret_account,
			 const char **ret_address);
/* The map of a past call (floating); core-call-log.c. */
GVariant *core_call_variant(CusaxCore *core, const CusaxCallRecord *record);
/* Soon nothing of what was deleted is left in the files. */
void core_erase_scrub(CusaxCore *core);

/* --- core-read.c --------------------------------------------------------------------------------- */

typedef enum {
	CORE_TELLS_RECEIPTS,
	CORE_TELLS_CHAT_STATES,
	CORE_TELLS_MARKERS,
} CoreTells;

/* Whether the other side may learn that: the chat's own switch, else the policy. */
gboolean core_read_may_tell(CusaxCore *core, CusaxAccount *account, const char *address,
			    CoreTells what);
/* The own switches of a chat: a{sb} (floating). */
GVariant *core_read_privacy(CusaxCore *core, CusaxAccount *account, const char *address);
/* TRUE: the contact may see our presence anyway; core-chat.c. */
gboolean core_read_may_know_us(CusaxContact *contact);
GHashTable *core_read_privacy_new(void);
GHashTable *core_read_untold_new(void);
/* What the history has; takes the elements. */
void core_read_restore(CusaxCore *core, GPtrArray *all);
/* A new session: what was read on other devices is asked for. */
void core_read_fetch(CusaxCore *core, CusaxAccount *account);
/* The account is online: what was read meanwhile is told. */
void core_read_flush(CusaxCore *core, CusaxAccount *account);
/* Another device of the user read up to a message. */
void core_read_elsewhere(CusaxCore *core, CusaxAccount *account, const char *address,
			 const char *id);
/* Messages came from an archive, perhaps with the news that others were read. */
void core_read_recount(CusaxCore *core, CusaxAccount *account, const char *address);
void core_read_on_event(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event);

/* --- core-archive.c: message archives (XEP-0313) ----------------------------------------------- */

GHashTable *core_fetches_new(void);
/* A session begins: fetches what was said since the last one, newest first; what is more than some
 * thousand messages stays a gap. archive: JID of a room that was joined; NULL: the account's own. */
void core_archive_catch_up(CusaxCore *core, CusaxAccount *account, const char *archive);
typedef void (*CoreArchiveDone)(CusaxCore *core, gboolean went_well, gpointer data);
/* Fetches one page, the newest of a gap (taken), of one chat. done: once, never from inside. */
void core_archive_fill(CusaxCore *core, CusaxAccount *account, const char *archive,
		       const char *peer, CusaxArchiveGap *gap, CoreArchiveDone done, gpointer data);
/* core-archive-preferences.c */
void core_archive_on_preferences(CusaxCore *core, const CusaxEvent *event);
void core_archive_on_page(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event);

/* --- core-unstored.c: what the disk does not take at present ------------------------------------ */

typedef void (*CoreAgain)(CusaxCore *core, gpointer data);
/* A write failed. TRUE: it is tried again later, in order (data is taken; again NULL: somebody else
 * sees to it); FALSE: it never can be written. */
gboolean core_unstored_failed(CusaxCore *core, const GError *error, CoreAgain again, gpointer data,
			      GDestroyNotify destroy);
/* Whether something waits that must be written before anything new. */
gboolean core_unstored_waits(CusaxCore *core);
/* Writes it behind that; data is taken. */
void core_unstored_later(CusaxCore *core, CoreAgain again, gpointer data, GDestroyNotify destroy);
void core_unstored_clear(CusaxCore *core);

/* --- core-reference.c -------------------------------------------------------------------------- */

/* The operation that sends an own reaction or retraction. */
CusaxOperation *core_reference_operation(CusaxAccount *account, const CusaxMessage *act);
/* CUSAX_EVENT_REACTIONS, CUSAX_EVENT_RETRACTION. */
void core_reference_on_event(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event);
/* Sends a message that is the address of a file; cusax_core_finish_string(): its id. */
void core_message_send_file(CusaxCore *core, CusaxConversation *chat, const CusaxFile *file,
			    GAsyncReadyCallback callback, gpointer data);

/* --- core-avatar.c ------------------------------------------------------------------------------ */

void core_avatar_on_avatar(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event);
void core_avatar_on_data(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event);
/* XEP-0153, of presence or of the cache; hash "": none. */
void core_avatar_on_photo_hash(CusaxCore *core, CusaxContact *contact, const char *hash);
/* A vCard came with this photo; NULL: with none. */
void core_avatar_on_photo(CusaxCore *core, CusaxContact *contact, GBytes *photo);
/* The person looks at the contact: its picture is fetched if it was not. */
void core_avatar_refresh(CusaxCore *core, CusaxContact *contact);
void core_avatar_clear(CusaxCore *core);

/* core-room-avatar.c: the picture of an occupant. */
void core_room_avatar_on_data(CusaxCore *core, const CusaxEvent *event);

/* --- core-profile.c ----------------------------------------------------------------------------- */

void core_profile_on_nickname(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event);
void core_profile_on_profile(CusaxCore *core, const CusaxEvent *event);
/* What somebody calls themselves, not yet made safe; NULL: nothing. */
void core_profile_take_nickname(CusaxCore *core, CusaxAccount *account, const char *address,
				const char *name);

/* --- core-transfer.c ---------------------------------------------------------------------------- */

GHashTable *core_transfers_new(void);
void core_transfer_on_slot(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event);
/* The account is being removed: its files go no further. */
void core_transfer_forget(CusaxCore *core, CusaxAccount *account);
/* That a descriptor is an ordinary file, open for what it is to be used; ret_size may be NULL. INVALID_ARGUMENT
 * says what it is. */
gboolean core_check_file(int fd, gboolean for_reading, guint64 *ret_size, GError **error);
/* The keys of a message that names a file: file-uri, file-name, file-type, file-size. */
void core_file_describe(GVariantDict *dict, const CusaxFile *file);
/* --- core-call.c ------------------------------------------------------------------------------- */

GHashTable *core_calls_new(void);
/* Ends the timer of those that can still be read. */
void core_calls_forget_all(CusaxCore *core);
/* The record of a call that has not ended, or NULL. */
CoreCall *core_call_record(CusaxCore *core, CusaxCall *call);
void core_call_on_incoming(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event);
void core_call_on_event(CusaxCore *core, const CusaxEvent *event);
/* One step of the call; record may be gone afterwards, where the call ended. */
CusaxCallVerdict core_call_input(CusaxCore *core, CoreCall *record, CusaxCallInput input,
				 CusaxEndReason reason);
/* Places a call; borrowed. NULL and an error where it cannot even begin. */
CusaxCall *core_call_place(CusaxCore *core, CusaxAccount *account, const char *uri,
			   CusaxContact *contact, CusaxCharges charges,
			   const CoreReferral *referral, GError **error);
/* One talks at a time: all other calls that stand are held. */
void core_call_hold_others(CusaxCore *core, CusaxCall *call);
/* A caller that was let in until the look-up ended: it has. */
void core_call_admit_again(CusaxCore *core, CoreCall *record);
void core_call_end_all(CusaxCore *core, CusaxAccount *account, CusaxEndReason reason,
		       const char *text);
guint core_call_count(CusaxCore *core, CusaxCallState state);

/* --- core-voicemail.c --------------------------------------------------------------------------- */

void core_voicemail_on_mailbox(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event);
/* What to dial follows the settings of the account. */
void core_voicemail_on_settings(CusaxAccount *account);

/* --- core-callers.c: lists, blocks and limits ------------------------------------------------- */

/* What the user's lists and the block lists of the chat accounts say of the caller. */
CusaxCallerVerdict core_callers_judge(CusaxCore *core, CoreCall *record);
/* FALSE: this caller, or everybody together, rings too often. Never of an emergency service. */
gboolean core_callers_may_ring(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event);
/* The call was answered: it does not count any more. */
void core_callers_forgive(CusaxCore *core, CoreCall *record);
/* Answers what rings where the user's own list says so (T18); record may be gone afterwards. */
void core_callers_answer(CusaxCore *core, CoreCall *record);
/* Somebody was blocked or unblocked: who is blocked stops ringing. */
void core_callers_on_blocks(CusaxCore *core);

/* --- core-call-media.c: figures, mixing, recording ------------------------------------ */

void core_call_on_statistics(CoreCall *record, const CusaxEvent *event);
void core_call_on_recording(CusaxCore *core, CoreCall *record, const CusaxEvent *event);
/* The call is over: a mix of one is none. */
void core_call_leave_mix(CusaxCore *core, CusaxCall *call);

/* --- core-sound.c: what is heard beside calls, and on which devices ----------------------------- */

/* Rings, or falls silent, as the calls there are want it. */
void core_sound_update(CusaxCore *core);
/* The device of a call: its own, else the one of the policies, else NULL. Borrowed. */
const char *core_call_device(CusaxCore *core, CusaxCall *call, gboolean input);
/* Tells the service what to take out of the microphone, where that is anything. */
void core_call_voice(CusaxCore *core, CoreCall *record);
/* Policies changed: calls without a device of their own move. */
void core_sound_on_policy(CusaxCore *core);
void core_sound_on_devices(CusaxCore *core, const CusaxEvent *event);

/* --- core-referral.c ------------------------------------------------------------------------------ */

GHashTable *core_referrals_new(void);
void core_referral_on_referred(CusaxCore *core, CoreCall *record, const CusaxEvent *event);
void core_referral_on_progress(CusaxCore *core, CoreCall *record, const CusaxEvent *event);
/* A call changed its state: who asked for it is told (RFC 3515 §2.4.4). */
void core_referral_tell(CusaxCore *core, CoreCall *record);
/* The call is no longer shown. */
void core_referral_forget(CusaxCore *core, CusaxCall *call);

/* --- core-route.c --------------------------------------------------------------------------------- */

/* What a call to uri by account may cost, as policy sees it. */
CusaxCharges core_route_charges(CusaxCore *core, const char *uri, CusaxAccount *account);
/* cusax_core_call() for somebody who asked for it; takes nothing. */
void core_route_call(CusaxCore *core, const char *target, GVariant *options,
		     const CoreReferral *referral, GAsyncReadyCallback callback, gpointer data);
/* The address that a call to target by account would go to; char * of the task. */
void core_route_resolve(CusaxCore *core, const char *target, CusaxAccount *account,
			GAsyncReadyCallback callback, gpointer data);

/* --- core-call-log.c ----------------------------------------------------------------------------- */

void core_call_log(CusaxCore *core, CusaxCall *call, gboolean missed);

/* --- core-target.c ------------------------------------------------------------------------------- */

/* NOT_FOUND where text means nothing, INVALID_ARGUMENT where it means several. */
gboolean core_target_find(CusaxCore *core, const char *text, CoreTarget *ret, GError **error);
/* The contact who has the number or SIP URI, as verified callers are told. FALSE without an error: none
 * has; INVALID_ARGUMENT: several have. */
gboolean core_target_by_number(CusaxCore *core, const char *uri, CoreTarget *ret, GError **error);
/* "bob@example.org" of "xmpp:bob@example.org?message"; anything else as it is. Free. */
char *core_target_plain_jid(const char *text);
void core_target_clear(CoreTarget *target);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CoreTarget, core_target_clear)

/* --- core-contact.c ------------------------------------------------------------------------------ */

/* The chat account that an option names, or the only one; borrowed. */
CusaxAccount *core_chat_account_of(CusaxCore *core, GVariant *options, GError **error);

/* --- core-identity.c: who calls ---------------------------------------------------------------- */

/* The merged telephone entries of a contact (CusaxPhoneEntry); borrowed, NULL: none known. */
GPtrArray *core_numbers_of(CusaxCore *core, CusaxContact *contact);
/* Takes entries. */
void core_identity_set_numbers(CusaxCore *core, CusaxContact *contact, GPtrArray *entries);
void core_identity_forget(CusaxCore *core, CusaxContact *contact);
/* Grades the caller with what is known now, and fetches the one vCard that a cue points at. */
void core_identity_grade(CusaxCore *core, CoreCall *record);
/* What is known of the caller, for policy; borrows from both. */
CusaxCaller core_identity_caller(CoreCall *record, const CusaxDialPlan *plan);
/* The numbers of a contact changed: callers are graded again. */
void core_identity_on_numbers(CusaxCore *core, CusaxContact *contact);
/* A vCard that was asked for arrived, or never will. */
void core_identity_on_vcard(CusaxCore *core, CusaxContact *contact);

/* --- core-policy.c --------------------------------------------------------------------------- */

void core_count(CusaxCore *core, const char *word);
/* A service refused input: counted as stanzas-refused or requests-refused, and by its kind. */
void core_count_refused(CusaxCore *core, const char *account, const char *kind);

/* --- core-retention.c -------------------------------------------------------------------------- */

/* Deletes what is older than the policy history-days, now and once a day. */
void core_retention_apply(CusaxCore *core);

/* --- core-event.c ------------------------------------------------------------------------------ */

CusaxEventQueue *core_event_queue_new(CusaxCore *core);
/* One event of an account, as if it came now. */
void core_event_handle(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event);

/* --- small helpers ------------------------------------------------------------------------------ */

CusaxSettings *core_policy(CusaxCore *core); /* borrowed */
/* In effect for an account: the stricter of its own and the user's. */
CusaxSrtpPolicy core_srtp_policy(CusaxCore *core, CusaxAccount *telephony);
gboolean core_is_online(CusaxAccount *account);
/* NULL becomes "". */
void core_insert_string(GVariantDict *dict, const char *key, const char *value);
/* Accounts of a protocol, owned references, in the order of the settings file. */
GPtrArray *core_accounts(CusaxCore *core, CusaxProtocol protocol);

#include "daemon/core-room.h"
