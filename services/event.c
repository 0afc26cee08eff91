/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Life of the events that services report. */
/* Made on any thread, freed on the main thread. */
#include "services/event.h"

CusaxEvent *cusax_event_new(CusaxEventKind kind, const char *account)
{
	CusaxEvent *event = g_new0(CusaxEvent, 1);

	event->kind = kind;
	event->account = g_strdup(account);
	if (kind == CUSAX_EVENT_ROSTER_ITEM)
		event->roster_item.groups = g_new0(char *, 1);
	else if (kind == CUSAX_EVENT_CLIENT)
		event->client.features = g_new0(char *, 1);
	else if (kind == CUSAX_EVENT_ARCHIVE_PREFERENCES) {
		event->archive_preferences.always = g_new0(char *, 1);
		event->archive_preferences.never = g_new0(char *, 1);
	} else if (kind == CUSAX_EVENT_VCARD)
		event->vcard.phones =
			g_ptr_array_new_with_free_func((GDestroyNotify)cusax_phone_free);
	else if (kind == CUSAX_EVENT_REACHABILITY)
		event->reachability.phones =
			g_ptr_array_new_with_free_func((GDestroyNotify)cusax_phone_free);
	else if (kind == CUSAX_EVENT_ARCHIVE)
		event->archive.events =
			g_ptr_array_new_with_free_func((GDestroyNotify)cusax_event_free);
	else if (kind == CUSAX_EVENT_RELAYS)
		event->relays.relays = cusax_relays_new();
	else if (kind == CUSAX_EVENT_BLOCK_LIST)
		event->block_list.addresses = g_new0(char *, 1);
	else if (kind == CUSAX_EVENT_REACTIONS)
		event->reference.reactions = g_new0(char *, 1);
	else if (kind == CUSAX_EVENT_UPLOAD_SLOT)
		event->upload_slot.headers = g_new0(char *, 1);
	else if (kind == CUSAX_EVENT_BOOKMARKS)
		event->bookmarks.items =
			g_ptr_array_new_with_free_func((GDestroyNotify)cusax_bookmark_free);
	else if (kind == CUSAX_EVENT_CALL_INCOMING)
		event->call_incoming.impp = g_new0(char *, 1);
	return event;
}

CusaxEvent *cusax_event_new_done(const char *account, guint64 op, const GError *error)
{
	CusaxEvent *event = cusax_event_new(CUSAX_EVENT_DONE, account);

	event->op = op;
	if (error) {
		event->done.failed = TRUE;
		event->done.code = cusax_error_code(error);
		event->done.text = g_strdup(error->message);
	}
	return event;
}

static void clear_payload(CusaxEvent *event)
{
	switch (event->kind) {
	case CUSAX_EVENT_DONE:
		g_free(event->done.text);
		break;
	case CUSAX_EVENT_CONNECTION:
		g_free(event->connection.text);
		g_free(event->connection.bound_address);
		g_free(event->connection.stream);
		g_free(event->connection.login_pin);
		cusax_security_free(event->connection.security);
		break;
	case CUSAX_EVENT_ROSTER_ITEM:
		g_free(event->roster_item.address);
		g_free(event->roster_item.name);
		g_strfreev(event->roster_item.groups);
		break;
	case CUSAX_EVENT_ROSTER_END:
		g_free(event->roster_end.version);
		break;
	case CUSAX_EVENT_PRESENCE:
		g_free(event->presence.address);
		g_free(event->presence.resource);
		g_free(event->presence.status);
		g_free(event->presence.photo_hash);
		g_free(event->presence.nickname);
		g_free(event->presence.caps_node);
		g_free(event->presence.caps_version);
		g_free(event->presence.caps_hash);
		break;
	case CUSAX_EVENT_CLIENT:
		g_free(event->client.address);
		g_free(event->client.category);
		g_free(event->client.type);
		g_free(event->client.name);
		g_strfreev(event->client.features);
		break;
	case CUSAX_EVENT_LAST_SEEN:
		g_free(event->last_seen.address);
		break;
	case CUSAX_EVENT_ARCHIVE_PREFERENCES:
		g_free(event->archive_preferences.fallback);
		g_strfreev(event->archive_preferences.always);
		g_strfreev(event->archive_preferences.never);
		break;
	case CUSAX_EVENT_SUBSCRIPTION:
		g_free(event->subscription.address);
		g_free(event->subscription.text);
		break;
	case CUSAX_EVENT_VCARD:
		g_free(event->vcard.address);
		g_free(event->vcard.full_name);
		g_free(event->vcard.photo_hash);
		g_clear_pointer(&event->vcard.photo, g_bytes_unref);
		g_clear_pointer(&event->vcard.phones, g_ptr_array_unref);
		break;
	case CUSAX_EVENT_AVATAR:
		g_free(event->avatar.address);
		g_free(event->avatar.hash);
		break;
	case CUSAX_EVENT_AVATAR_DATA:
		g_free(event->avatar_data.address);
		g_clear_pointer(&event->avatar_data.picture, g_bytes_unref);
		break;
	case CUSAX_EVENT_NICKNAME:
		g_free(event->nickname.address);
		g_free(event->nickname.name);
		break;
	case CUSAX_EVENT_PROFILE:
		g_clear_pointer(&event->profile.fields, g_hash_table_unref);
		break;
	case CUSAX_EVENT_VCARD_CHANGED:
		g_free(event->vcard_changed.address);
		break;
	case CUSAX_EVENT_REACHABILITY:
		g_free(event->reachability.address);
		g_clear_pointer(&event->reachability.phones, g_ptr_array_unref);
		break;
	case CUSAX_EVENT_RELAYS:
		g_clear_pointer(&event->relays.relays, g_ptr_array_unref);
		break;
	case CUSAX_EVENT_BLOCK_LIST:
		g_strfreev(event->block_list.addresses);
		break;
	case CUSAX_EVENT_MESSAGE:
		g_free(event->message.address);
		g_free(event->message.resource);
		g_free(event->message.occupant);
		g_free(event->message.id);
		g_free(event->message.origin_id);
		g_free(event->message.server_id);
		g_free(event->message.replaces);
		g_free(event->message.reply_to);
		g_free(event->message.text);
		cusax_file_free(event->message.file);
		break;
	case CUSAX_EVENT_ARCHIVE:
		g_free(event->archive.first);
		g_ptr_array_unref(event->archive.events);
		break;
	case CUSAX_EVENT_MESSAGE_STATE:
		g_free(event->message_state.address);
		g_free(event->message_state.id);
		g_free(event->message_state.text);
		break;
	case CUSAX_EVENT_CHAT_STATE:
		g_free(event->chat_state.address);
		break;
	case CUSAX_EVENT_READ:
		g_free(event->read.address);
		g_free(event->read.id);
		break;
	case CUSAX_EVENT_REACTIONS:
	case CUSAX_EVENT_RETRACTION:
		g_free(event->reference.address);
		g_free(event->reference.resource);
		g_free(event->reference.occupant);
		g_free(event->reference.id);
		g_strfreev(event->reference.reactions);
		break;
	case CUSAX_EVENT_MAILBOX:
		g_free(event->mailbox.uri);
		break;
	case CUSAX_EVENT_UPLOAD_SLOT:
		g_free(event->upload_slot.put);
		g_free(event->upload_slot.get);
		g_strfreev(event->upload_slot.headers);
		break;
	case CUSAX_EVENT_ROOM_JOINED:
	case CUSAX_EVENT_ROOM_LEFT:
	case CUSAX_EVENT_ROOM_OCCUPANT:
	case CUSAX_EVENT_ROOM_SUBJECT:
	case CUSAX_EVENT_ROOM_CHANGED:
	case CUSAX_EVENT_ROOM_INFO:
	case CUSAX_EVENT_ROOM_INVITATION:
	case CUSAX_EVENT_ROOM_DECLINED:
		cusax_room_facts_clear(&event->room);
		break;
	case CUSAX_EVENT_BOOKMARKS:
		g_ptr_array_unref(event->bookmarks.items);
		break;
	case CUSAX_EVENT_BOOKMARK:
		cusax_bookmark_free(event->bookmark.item);
		break;
	case CUSAX_EVENT_CALL_INCOMING:
		g_free(event->call_incoming.uri);
		g_free(event->call_incoming.name);
		g_free(event->call_incoming.asserted_uri);
		g_free(event->call_incoming.unproven_uri);
		g_strfreev(event->call_incoming.impp);
		break;
	case CUSAX_EVENT_CALL_MEDIA:
		g_free(event->call_media.codec);
		break;
	case CUSAX_EVENT_CALL_DEVICE:
		g_free(event->call_device.device);
		break;
	case CUSAX_EVENT_AUDIO_DEVICES:
		g_clear_pointer(&event->audio_devices.devices, g_ptr_array_unref);
		break;
	case CUSAX_EVENT_CALL_RECORDING:
		g_free(event->call_recording.text);
		break;
	case CUSAX_EVENT_CALL_STATISTICS:
		cusax_media_figures_free(event->call_statistics.figures);
		break;
	case CUSAX_EVENT_CALL_REFERRED:
		g_free(event->call_referred.uri);
		g_free(event->call_referred.replaces);
		g_free(event->call_referred.referred_by);
		break;
	case CUSAX_EVENT_CALL_ENDED:
		g_free(event->call_ended.text);
		break;
	case CUSAX_EVENT_REFUSED:
	case CUSAX_EVENT_HANDLED:
	case CUSAX_EVENT_ROSTER_BEGIN:
	case CUSAX_EVENT_CALL_RINGING:
	case CUSAX_EVENT_CALL_ANSWERED:
	case CUSAX_EVENT_CALL_DTMF:
	case CUSAX_EVENT_CALL_TRANSFERRED:
		break;
	}
}

void cusax_event_free(CusaxEvent *event)
{
	if (!event)
		return;
	clear_payload(event);
	g_free(event->account);
	g_free(event);
}
