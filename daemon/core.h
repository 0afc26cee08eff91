/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The core: owns services and models; here the verbs that the bus turns methods into. */
/* Main thread only; nothing here blocks. */
#pragma once

#include <gio/gio.h>

#include "daemon/model/call.h"
#include "daemon/model/room.h"
#include "daemon/model/transfer.h"

typedef struct CusaxCore CusaxCore;

/* Every verb ends in (callback, data) and is answered exactly once, never from inside the verb; the
 * callback's source object is NULL. The result is taken, in the callback, by the finish function
 * that the verb names. Errors are CUSAX_ERROR; those of each verb are in the interface XML.
 *
 * Arguments are borrowed for the time of the verb. A GVariant of options is an a{sv} whose keys,
 * types and values the caller has validated as the XML describes them; the core need not check
 * them again, except what depends on state. Objects in options are object paths, and the caller has
 * checked that they exist; the last part of a path is the id of the object. Objects in results are
 * cusax_object_path() of them, "/" for none. */

gboolean cusax_core_finish(CusaxCore *core, GAsyncResult *result, GError **error);
/* A new reference. */
CusaxObject *cusax_core_finish_object(CusaxCore *core, GAsyncResult *result, GError **error);
/* Free with g_free(). */
char *cusax_core_finish_string(CusaxCore *core, GAsyncResult *result, GError **error);
/* A full reference to a variant of the type that the verb names. */
GVariant *cusax_core_finish_variant(CusaxCore *core, GAsyncResult *result, GError **error);

/* --- Manager --------------------------------------------------------------------------------- */

/* target: an object path of a contact or call, a JID, a SIP or tel URI, a number as typed, or the
 * name of one contact. Without side effects. finish_variant: aa{sv}, the best route first. */
void cusax_core_get_call_routes(CusaxCore *core, const char *target, GVariant *options,
				GAsyncReadyCallback callback, gpointer data);

/* target as above. Answered before the first packet leaves. finish_object: a CusaxCall. */
void cusax_core_call(CusaxCore *core, const char *target, GVariant *options,
		     GAsyncReadyCallback callback, gpointer data);

/* address: a JID, an object path of a contact, or the name of one contact. finish_object: a
 * CusaxChat, the one that is open already where there is one. */
void cusax_core_open_chat(CusaxCore *core, const char *address, GVariant *options,
			  GAsyncReadyCallback callback, gpointer data);

/* address: the JID of a room. options: account o, nick s, password s, bookmark b, settings a{sv} for
 * a room that is new (see cusax_core_configure_room()). Answered when joined. finish_object: a
 * CusaxRoom. */
void cusax_core_join_room(CusaxCore *core, const char *address, GVariant *options,
			  GAsyncReadyCallback callback, gpointer data);

/* address: a JID. options: account o, name s, groups as, subscribe b, message s. Answered when the
 * server has confirmed. finish_object: a CusaxContact. */
void cusax_core_add_contact(CusaxCore *core, const char *address, GVariant *options,
			    GAsyncReadyCallback callback, gpointer data);

/* Whose address this is. finish_variant: (osa{sv}): contact, identity, evidence. */
void cusax_core_lookup(CusaxCore *core, const char *uri, GAsyncReadyCallback callback,
		       gpointer data);

/* finish_variant: aa{sv}, the newest call first. */
void cusax_core_get_call_log(CusaxCore *core, GVariant *filter, GAsyncReadyCallback callback,
			     gpointer data);

/* filter: contact o or chat o; before, after, since, until, limit, types as. finish_variant: aa{sv},
 * messages and calls, the earliest first. */
void cusax_core_get_history(CusaxCore *core, GVariant *filter, GAsyncReadyCallback callback,
			    gpointer data);
/* In all chats. filter: as of messages, and account o. finish_variant: aa{sv}, the earliest first. */
void cusax_core_search_messages(CusaxCore *core, const char *query, GVariant *filter,
				GAsyncReadyCallback callback, gpointer data);
/* options: chat o (and message s), contact o, or all b. finish, when nothing of it is left in the
 * files. */
void cusax_core_delete_history(CusaxCore *core, GVariant *options, GAsyncReadyCallback callback,
			       gpointer data);

/* finish */
void cusax_core_mark_calls_seen(CusaxCore *core, GVariant *options, GAsyncReadyCallback callback,
				gpointer data);

/* finish_variant: a{sv} of t. */
/* aa{sv} */
void cusax_core_get_audio_devices(CusaxCore *core, GAsyncReadyCallback callback, gpointer data);
void cusax_core_get_statistics(CusaxCore *core, GAsyncReadyCallback callback, gpointer data);

/* The wish of the person; kept. finish, as soon as the property shows it. */
void cusax_core_set_availability(CusaxCore *core, CusaxAvailability availability,
				 GAsyncReadyCallback callback, gpointer data);
/* message: at most 1024 bytes of one line; may be empty. finish. */
void cusax_core_set_status_message(CusaxCore *core, const char *message,
				   GAsyncReadyCallback callback, gpointer data);

/* --- Admin ----------------------------------------------------------------------------------- */

/* address: as given, not yet parsed. settings: an a{sv} checked by cusax_settings_merge() for the
 * protocol. finish_object: a CusaxAccount. */
void cusax_core_add_account(CusaxCore *core, CusaxProtocol protocol, const char *address,
			    GVariant *settings, GAsyncReadyCallback callback, gpointer data);

/* options: keep-secret b. finish, when the account is down and gone. */
void cusax_core_remove_account(CusaxCore *core, CusaxAccount *account, GVariant *options,
			       GAsyncReadyCallback callback, gpointer data);

/* secret: never logged; empty removes it. finish, when it is stored. */
void cusax_core_set_secret(CusaxCore *core, CusaxAccount *account, const char *secret,
			   GAsyncReadyCallback callback, gpointer data);

/* options: an a{sv} checked by cusax_settings_merge() for CUSAX_SETTINGS_PAIR. finish_object: a
 * CusaxService. */
void cusax_core_pair(CusaxCore *core, CusaxAccount *chat, CusaxAccount *telephony,
		     GVariant *options, GAsyncReadyCallback callback, gpointer data);

/* finish */
void cusax_core_unpair(CusaxCore *core, CusaxService *service, GAsyncReadyCallback callback,
		       gpointer data);

/* finish_variant: a{sv}, defaults included. */
void cusax_core_get_policy(CusaxCore *core, GAsyncReadyCallback callback, gpointer data);

/* policy: an a{sv} checked by cusax_settings_merge() for CUSAX_SETTINGS_POLICY. finish. */
void cusax_core_set_policy(CusaxCore *core, GVariant *policy, GAsyncReadyCallback callback,
			   gpointer data);

/* --- Account --------------------------------------------------------------------------------- */

/* finish, when the attempt is under way. */
void cusax_core_connect_account(CusaxCore *core, CusaxAccount *account,
				GAsyncReadyCallback callback, gpointer data);
/* finish, when the account is offline. */
void cusax_core_disconnect_account(CusaxCore *core, CusaxAccount *account,
				   GAsyncReadyCallback callback, gpointer data);

/* Also what the writable properties become: label, enabled, disabled-features are settings.
 * settings: an a{sv} checked by cusax_settings_merge() for the protocol of the account. finish. */
void cusax_core_update_account(CusaxCore *core, CusaxAccount *account, GVariant *settings,
			       GAsyncReadyCallback callback, gpointer data);

/* fd: taken; a picture of at most 128 KiB. finish, when the server has it. */
void cusax_core_set_avatar(CusaxCore *core, CusaxAccount *account, int fd,
			   GAsyncReadyCallback callback, gpointer data);
void cusax_core_clear_avatar(CusaxCore *core, CusaxAccount *account, GAsyncReadyCallback callback,
			     gpointer data);
/* The own vCard. changes: a{sv} of strings, "" takes a field away, none only reads. finish_variant: an
 * a{sv}, what it says afterwards. */
void cusax_core_profile(CusaxCore *core, CusaxAccount *account, GVariant *changes,
			GAsyncReadyCallback callback, gpointer data);

/* What the server's archive keeps (XEP-0313 §7). changes: a{sv} of "default" s, "always" as, "never" as;
 * what is not there stays. finish_variant: an a{sv} of the three, as they are afterwards. */
void cusax_core_archive_preferences(CusaxCore *core, CusaxAccount *account, GVariant *changes,
				    GAsyncReadyCallback callback, gpointer data);
/* The block list is emptied (XEP-0191). finish. */
void cusax_core_unblock_all(CusaxCore *core, CusaxAccount *account, GAsyncReadyCallback callback,
			    gpointer data);

/* --- Service --------------------------------------------------------------------------------- */

/* finish, when the attempt is under way. */
void cusax_core_connect_service(CusaxCore *core, CusaxService *service,
				GAsyncReadyCallback callback, gpointer data);
/* finish, when both sides are offline. */
void cusax_core_disconnect_service(CusaxCore *core, CusaxService *service,
				   GAsyncReadyCallback callback, gpointer data);

/* What the writable properties become: name, connect-policy. options: an a{sv} checked by
 * cusax_settings_merge() for CUSAX_SETTINGS_PAIR. finish. */
void cusax_core_update_service(CusaxCore *core, CusaxService *service, GVariant *options,
			       GAsyncReadyCallback callback, gpointer data);

/* Changes what can be changed here, so that both sides reach the stronger level, and connects anew.
 * finish_variant: a{sv}: the path of each account to the settings that were changed (a{sv}), and
 * "advice" (s): every mismatch found, in words. */
void cusax_core_raise_security(CusaxCore *core, CusaxService *service, GAsyncReadyCallback callback,
			       gpointer data);

/* The draft's provider checks (C101-C106). finish_variant: aa{sv} as the XML describes. */
void cusax_core_diagnose(CusaxCore *core, CusaxService *service, GAsyncReadyCallback callback,
			 gpointer data);

/* Enters the telephone address of the service in the person's own vCard, where contacts look for it;
 * what else the vCard has stays (C39). finish, when the server has it. */
void cusax_core_publish_address(CusaxCore *core, CusaxService *service,
				GAsyncReadyCallback callback, gpointer data);

/* --- Contact --------------------------------------------------------------------------------- */

/* Contact.Call and Contact.OpenChat are cusax_core_call() and cusax_core_open_chat() with the path
 * of the contact. Each of these is answered by finish, when the server has confirmed. */
void cusax_core_refresh_contact(CusaxCore *core, CusaxContact *contact,
				GAsyncReadyCallback callback, gpointer data);
void cusax_core_remove_contact(CusaxCore *core, CusaxContact *contact, GAsyncReadyCallback callback,
			       gpointer data);
/* Asks the server of the contact (XEP-0012). finish_variant: x, Unix microseconds. */
void cusax_core_query_last_seen(CusaxCore *core, CusaxContact *contact,
				GAsyncReadyCallback callback, gpointer data);
/* message: may be empty. */
void cusax_core_subscribe_contact(CusaxCore *core, CusaxContact *contact, const char *message,
				  GAsyncReadyCallback callback, gpointer data);
void cusax_core_authorize_contact(CusaxCore *core, CusaxContact *contact,
				  GAsyncReadyCallback callback, gpointer data);
void cusax_core_deny_contact(CusaxCore *core, CusaxContact *contact, GAsyncReadyCallback callback,
			     gpointer data);
/* name: empty removes it. */
void cusax_core_set_contact_name(CusaxCore *core, CusaxContact *contact, const char *name,
				 GAsyncReadyCallback callback, gpointer data);
/* XEP-0191. */
void cusax_core_block_contact(CusaxCore *core, CusaxContact *contact, gboolean blocked,
			      GAsyncReadyCallback callback, gpointer data);
/* Blocks and reports (XEP-0377). reason: "spam" or "abuse"; text: may be empty. finish. */
void cusax_core_report_contact(CusaxCore *core, CusaxContact *contact, const char *reason,
			       const char *text, GAsyncReadyCallback callback, gpointer data);
void cusax_core_set_contact_groups(CusaxCore *core, CusaxContact *contact,
				   const char *const *groups, GAsyncReadyCallback callback,
				   gpointer data);

/* --- Chat, Room: what conversations have in common ------------------------------------------- */

/* text: valid, not empty, at most 64 KiB. options: origin-id s, reply-to s. Answered when the message is kept.
 * finish_string: the id of the message. */
void cusax_core_send_message(CusaxCore *core, CusaxConversation *chat, const char *text,
			     GVariant *options, GAsyncReadyCallback callback, gpointer data);

/* finish_variant: aa{sv}, the oldest message first. */
void cusax_core_get_messages(CusaxCore *core, CusaxConversation *chat, GVariant *filter,
			     GAsyncReadyCallback callback, gpointer data);

/* id: empty is the last message. finish. */
void cusax_core_mark_read(CusaxCore *core, CusaxConversation *chat, const char *id,
			  GAsyncReadyCallback callback, gpointer data);

/* state: any but CUSAX_CHAT_STATE_NONE. finish. */
void cusax_core_set_chat_state(CusaxCore *core, CusaxConversation *chat, CusaxChatState state,
			       GAsyncReadyCallback callback, gpointer data);

/* All reactions of the person to a message; none takes them back. finish, when it is kept. */
void cusax_core_react(CusaxCore *core, CusaxConversation *chat, const char *id,
		      const char *const *reactions, GAsyncReadyCallback callback, gpointer data);

/* Takes an own message back. finish, when it is kept. */
void cusax_core_retract_message(CusaxCore *core, CusaxConversation *chat, const char *id,
				GAsyncReadyCallback callback, gpointer data);

/* What this chat tells, whatever the policy: a{sb} of receipts, chat-states, markers. finish, when it
 * is kept. */
void cusax_core_set_chat_privacy(CusaxCore *core, CusaxChat *chat, GVariant *privacy,
				 GAsyncReadyCallback callback, gpointer data);

/* Replaces the last own message; text as for sending. finish. */
void cusax_core_correct_message(CusaxCore *core, CusaxConversation *chat, const char *id,
				const char *text, GAsyncReadyCallback callback, gpointer data);

/* Files, by HTTPS. fd: taken, checked here. options: name s, type s. finish_object: a CusaxTransfer, which
 * goes on by itself. */
void cusax_core_send_file(CusaxCore *core, CusaxConversation *chat, int fd, GVariant *options,
			  GAsyncReadyCallback callback, gpointer data);
/* The file that a message names, into fd (taken). options: max-size t. finish_object: a CusaxTransfer. */
void cusax_core_fetch_file(CusaxCore *core, CusaxConversation *chat, const char *message, int fd,
			   GVariant *options, GAsyncReadyCallback callback, gpointer data);
/* finish */
void cusax_core_cancel_transfer(CusaxCore *core, CusaxTransfer *transfer,
				GAsyncReadyCallback callback, gpointer data);
/* --- Room ------------------------------------------------------------------------------------ */

/* Each of these is answered by finish. */
void cusax_core_leave_room(CusaxCore *core, CusaxRoom *room, GAsyncReadyCallback callback,
			   gpointer data);
/* Leaves, removes the bookmark and the object; the messages stay. */
void cusax_core_forget_room(CusaxCore *core, CusaxRoom *room, GAsyncReadyCallback callback,
			    gpointer data);
/* Declines the invitation; reason may be empty. */
void cusax_core_decline_room(CusaxCore *core, CusaxRoom *room, const char *reason,
			     GAsyncReadyCallback callback, gpointer data);
void cusax_core_set_room_autojoin(CusaxCore *core, CusaxRoom *room, gboolean autojoin,
				  GAsyncReadyCallback callback, gpointer data);
/* nick: 1 to 128 characters of one line. */
void cusax_core_set_room_nick(CusaxCore *core, CusaxRoom *room, const char *nick,
			      GAsyncReadyCallback callback, gpointer data);
void cusax_core_set_room_subject(CusaxCore *core, CusaxRoom *room, const char *subject,
				 GAsyncReadyCallback callback, gpointer data);
/* address: a JID, not yet parsed. */
void cusax_core_invite_to_room(CusaxCore *core, CusaxRoom *room, const char *address,
			       const char *reason, GAsyncReadyCallback callback, gpointer data);
/* role, affiliation: words of XEP-0045 §5, checked. */
void cusax_core_set_room_role(CusaxCore *core, CusaxRoom *room, const char *nick, const char *role,
			      const char *reason, GAsyncReadyCallback callback, gpointer data);
void cusax_core_set_room_affiliation(CusaxCore *core, CusaxRoom *room, const char *address,
				     const char *affiliation, const char *reason,
				     GAsyncReadyCallback callback, gpointer data);
/* settings: an a{sv} of name s, description s, members-only b, moderated b, password s, persistent b,
 * public b, audio-video-uri s. */
void cusax_core_configure_room(CusaxCore *core, CusaxRoom *room, GVariant *settings,
			       GAsyncReadyCallback callback, gpointer data);
void cusax_core_destroy_room(CusaxCore *core, CusaxRoom *room, const char *reason,
			     GAsyncReadyCallback callback, gpointer data);
/* The picture that an occupant announces, fetched where it is not here. nick: as shown. finish_string: the
 * path of the file. */
void cusax_core_get_room_avatar(CusaxCore *core, CusaxRoom *room, const char *nick,
				GAsyncReadyCallback callback, gpointer data);
void cusax_core_request_room_voice(CusaxCore *core, CusaxRoom *room, GAsyncReadyCallback callback,
				   gpointer data);
/* options: as for cusax_core_call(). finish_object: a CusaxCall. */
void cusax_core_call_room_conference(CusaxCore *core, CusaxRoom *room, GVariant *options,
				     GAsyncReadyCallback callback, gpointer data);

/* --- Call ------------------------------------------------------------------------------------ */

/* options: media as, input-device s, output-device s. finish. */
void cusax_core_accept_call(CusaxCore *core, CusaxCall *call, GVariant *options,
			    GAsyncReadyCallback callback, gpointer data);
/* options: reason s, message s, claimed b. finish. */
void cusax_core_decline_call(CusaxCore *core, CusaxCall *call, GVariant *options,
			     GAsyncReadyCallback callback, gpointer data);
/* target: as for cusax_core_call(). finish, when the other side has agreed. */
void cusax_core_transfer_call(CusaxCore *core, CusaxCall *call, const char *target,
			      GAsyncReadyCallback callback, gpointer data);
/* The other sides of both are joined (RFC 3891). Likewise. */
void cusax_core_transfer_call_to(CusaxCore *core, CusaxCall *call, CusaxCall *other,
				 GAsyncReadyCallback callback, gpointer data);
/* What the other side asks for: options as for cusax_core_call(), uri and media apart.
 * finish_object: the CusaxCall to the target. */
void cusax_core_accept_transfer(CusaxCore *core, CusaxCall *call, GVariant *options,
				GAsyncReadyCallback callback, gpointer data);
/* finish */
void cusax_core_decline_transfer(CusaxCore *core, CusaxCall *call, GAsyncReadyCallback callback,
				 gpointer data);
/* finish, when the call has ended. */
void cusax_core_hangup_call(CusaxCore *core, CusaxCall *call, GAsyncReadyCallback callback,
			    gpointer data);
/* keys: 1 to 64 of 0-9 * # A-D. finish. */
void cusax_core_send_dtmf(CusaxCore *core, CusaxCall *call, const char *keys,
			  GAsyncReadyCallback callback, gpointer data);
/* finish_object: a CusaxChat with the verified contact of the call (C69). */
void cusax_core_open_call_chat(CusaxCore *core, CusaxCall *call, GAsyncReadyCallback callback,
			       gpointer data);
/* finish_variant: a{sv} */
/* Those that are merged hear one another; both must be active. */
void cusax_core_merge_calls(CusaxCore *core, CusaxCall *call, CusaxCall *other,
			    GAsyncReadyCallback callback, gpointer data);
void cusax_core_split_call(CusaxCore *core, CusaxCall *call, GAsyncReadyCallback callback,
			   gpointer data);
/* file: taken, also where it fails; -1 ends the recording. */
void cusax_core_record_call(CusaxCore *core, CusaxCall *call, int file,
			    GAsyncReadyCallback callback, gpointer data);
void cusax_core_get_call_statistics(CusaxCore *core, CusaxCall *call, GAsyncReadyCallback callback,
				    gpointer data);
/* finish, when the other side has agreed. */
void cusax_core_hold_call(CusaxCore *core, CusaxCall *call, gboolean held,
			  GAsyncReadyCallback callback, gpointer data);
/* finish */
void cusax_core_mute_call(CusaxCore *core, CusaxCall *call, gboolean muted,
			  GAsyncReadyCallback callback, gpointer data);
/* input: the source to speak into, else the sink to listen to. device: empty is the default.
 * finish. */
void cusax_core_set_call_device(CusaxCore *core, CusaxCall *call, gboolean input,
				const char *device, GAsyncReadyCallback callback, gpointer data);
