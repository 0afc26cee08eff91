/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every event of the services and the part of the core that answers it. */
/* Main thread. */
#include "daemon/core-private.h"

void core_event_handle(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event)
{
	switch (event->kind) {
	case CUSAX_EVENT_CONNECTION:
		core_link_on_connection(core, account, event);
		break;
	case CUSAX_EVENT_ROSTER_BEGIN:
		core_roster_on_begin(core, account, event);
		break;
	case CUSAX_EVENT_ROSTER_ITEM:
		core_roster_on_item(core, account, event);
		break;
	case CUSAX_EVENT_ROSTER_END:
		core_roster_on_end(core, account, event);
		break;
	case CUSAX_EVENT_PRESENCE:
		core_presence_on_presence(core, account, event);
		break;
	case CUSAX_EVENT_CLIENT:
		core_client_on_client(core, event);
		break;
	case CUSAX_EVENT_LAST_SEEN:
		core_presence_on_last_seen(core, account, event);
		break;
	case CUSAX_EVENT_ARCHIVE_PREFERENCES:
		core_archive_on_preferences(core, event);
		break;
	case CUSAX_EVENT_SUBSCRIPTION:
		core_roster_on_subscription(core, account, event);
		break;
	case CUSAX_EVENT_VCARD:
		core_vcard_on_vcard(core, account, event);
		break;
	case CUSAX_EVENT_VCARD_CHANGED:
		core_vcard_on_changed(core, account, event);
		break;
	case CUSAX_EVENT_REACHABILITY:
		core_reach_on_reachability(core, account, event);
		break;
	case CUSAX_EVENT_RELAYS:
		core_relay_on_relays(core, account, event);
		break;
	case CUSAX_EVENT_BLOCK_LIST:
		core_block_on_list(core, account, event);
		break;
	case CUSAX_EVENT_MESSAGE:
		core_chat_on_message(core, account, event);
		break;
	case CUSAX_EVENT_ARCHIVE:
		core_archive_on_page(core, account, event);
		break;
	case CUSAX_EVENT_MESSAGE_STATE:
		core_chat_on_message_state(core, account, event);
		break;
	case CUSAX_EVENT_HANDLED:
		core_stream_on_handled(core, account, event);
		break;
	case CUSAX_EVENT_CHAT_STATE:
		core_chat_on_chat_state(core, account, event);
		break;
	case CUSAX_EVENT_READ:
		core_read_on_event(core, account, event);
		break;
	case CUSAX_EVENT_REACTIONS:
	case CUSAX_EVENT_RETRACTION:
		core_reference_on_event(core, account, event);
		break;
	case CUSAX_EVENT_MAILBOX:
		core_voicemail_on_mailbox(core, account, event);
		break;
	case CUSAX_EVENT_AVATAR:
		core_avatar_on_avatar(core, account, event);
		break;
	case CUSAX_EVENT_AVATAR_DATA:
		core_avatar_on_data(core, account, event);
		break;
	case CUSAX_EVENT_NICKNAME:
		core_profile_on_nickname(core, account, event);
		break;
	case CUSAX_EVENT_PROFILE:
		core_profile_on_profile(core, event);
		break;
	case CUSAX_EVENT_UPLOAD_SLOT:
		core_transfer_on_slot(core, account, event);
		break;
	case CUSAX_EVENT_ROOM_JOINED:
		core_room_on_joined(core, account, event);
		break;
	case CUSAX_EVENT_ROOM_LEFT:
		core_room_on_left(core, account, event);
		break;
	case CUSAX_EVENT_ROOM_OCCUPANT:
		core_room_on_occupant(core, account, event);
		break;
	case CUSAX_EVENT_ROOM_SUBJECT:
		core_room_on_subject(core, account, event);
		break;
	case CUSAX_EVENT_ROOM_CHANGED:
		core_room_on_changed(core, account, event);
		break;
	case CUSAX_EVENT_ROOM_INFO:
		core_room_on_info(core, account, event);
		break;
	case CUSAX_EVENT_ROOM_INVITATION:
		core_room_on_invitation(core, account, event);
		break;
	case CUSAX_EVENT_ROOM_DECLINED:
		core_room_on_declined(core, account, event);
		break;
	case CUSAX_EVENT_BOOKMARKS:
		core_bookmark_on_list(core, account, event);
		break;
	case CUSAX_EVENT_BOOKMARK:
		core_bookmark_on_change(core, account, event);
		break;
	case CUSAX_EVENT_CALL_INCOMING:
		core_call_on_incoming(core, account, event);
		break;
	case CUSAX_EVENT_CALL_RINGING:
	case CUSAX_EVENT_CALL_ANSWERED:
	case CUSAX_EVENT_CALL_MEDIA:
	case CUSAX_EVENT_CALL_DTMF:
	case CUSAX_EVENT_CALL_DEVICE:
	case CUSAX_EVENT_CALL_RECORDING:
	case CUSAX_EVENT_CALL_STATISTICS:
	case CUSAX_EVENT_CALL_REFERRED:
	case CUSAX_EVENT_CALL_TRANSFERRED:
	case CUSAX_EVENT_CALL_ENDED:
		core_call_on_event(core, event);
		break;
	case CUSAX_EVENT_DONE:
	case CUSAX_EVENT_REFUSED:
	case CUSAX_EVENT_AUDIO_DEVICES:
		break; /* not of one account: answered before */
	}
}

static void on_event(CusaxEvent *event, gpointer data)
{
	CusaxCore *core = data;
	CusaxAccount *account;

	if (event->kind == CUSAX_EVENT_DONE) {
		core_operation_on_done(core, event);
		return;
	}
	if (event->kind == CUSAX_EVENT_REFUSED) {
		core_count_refused(core, event->account, event->refused.kind);
		return;
	}
	if (event->kind == CUSAX_EVENT_AUDIO_DEVICES) {
		core_sound_on_devices(core, event);
		return;
	}
	/* An account that was removed meanwhile has nothing more to say. */
	account = cusax_registry_find(core->registry, CUSAX_TYPE_ACCOUNT, event->account);
	if (account) {
		g_autoptr(CusaxAccount) alive = g_object_ref(account);

		core_event_handle(core, alive, event);
	}
}

CusaxEventQueue *core_event_queue_new(CusaxCore *core)
{
	return cusax_event_queue_new(NULL, on_event, core);
}
