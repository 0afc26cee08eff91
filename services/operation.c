/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Life of the operations that the core asks of services. */
/* Made on the main thread, freed where the service lives. */
#include "services/operation.h"

#include <unistd.h>

#include "daemon/base/facts.h"
#include "services/secret.h"

CusaxOperation *cusax_operation_new(CusaxOperationKind kind, const char *account)
{
	CusaxOperation *operation = g_new0(CusaxOperation, 1);

	operation->kind = kind;
	operation->id = cusax_id_next();
	operation->account = g_strdup(account);
	if (kind == CUSAX_OPERATION_RELAYS)
		operation->relays.relays = cusax_relays_new();
	return operation;
}

static void clear_payload(CusaxOperation *operation)
{
	switch (operation->kind) {
	case CUSAX_OPERATION_CONNECT:
		g_free(operation->connect.address);
		cusax_settings_unref(operation->connect.settings);
		cusax_settings_unref(operation->connect.policy);
		cusax_secret_free(operation->connect.secret);
		g_free(operation->connect.roster_version);
		g_strfreev(operation->connect.roster);
		g_free(operation->connect.stream);
		g_free(operation->connect.stream_bound);
		g_free(operation->connect.login_pin);
		break;
	case CUSAX_OPERATION_RELAYS:
		g_clear_pointer(&operation->relays.relays, g_ptr_array_unref);
		break;
	case CUSAX_OPERATION_PRESENCE:
		g_free(operation->presence.status);
		break;
	case CUSAX_OPERATION_ROSTER_SET:
	case CUSAX_OPERATION_ROSTER_REMOVE:
		g_free(operation->roster.address);
		g_free(operation->roster.name);
		g_strfreev(operation->roster.groups);
		break;
	case CUSAX_OPERATION_SUBSCRIPTION:
		g_free(operation->subscription.address);
		g_free(operation->subscription.text);
		break;
	case CUSAX_OPERATION_FETCH_VCARD:
		g_free(operation->fetch_vcard.address);
		break;
	case CUSAX_OPERATION_FETCH_CLIENT:
		g_free(operation->fetch_client.address);
		g_free(operation->fetch_client.node);
		g_free(operation->fetch_client.version);
		g_free(operation->fetch_client.hash);
		break;
	case CUSAX_OPERATION_FETCH_LAST:
		g_free(operation->fetch_last.address);
		break;
	case CUSAX_OPERATION_ARCHIVE_PREFERENCES:
		g_free(operation->archive_preferences.fallback);
		g_strfreev(operation->archive_preferences.always);
		g_strfreev(operation->archive_preferences.never);
		break;
	case CUSAX_OPERATION_PUBLISH_PHONES:
		g_clear_pointer(&operation->publish_phones.phones, g_ptr_array_unref);
		break;
	case CUSAX_OPERATION_PROFILE:
		g_clear_pointer(&operation->profile.changes, g_hash_table_unref);
		break;
	case CUSAX_OPERATION_FETCH_AVATAR:
		g_free(operation->fetch_avatar.address);
		g_free(operation->fetch_avatar.hash);
		break;
	case CUSAX_OPERATION_PUBLISH_AVATAR:
		g_clear_pointer(&operation->publish_avatar.picture, g_bytes_unref);
		g_free(operation->publish_avatar.type);
		break;
	case CUSAX_OPERATION_PUBLISH_REACHABILITY:
		g_strfreev(operation->publish_reachability.uris);
		break;
	case CUSAX_OPERATION_BLOCK:
		g_free(operation->block.address);
		g_free(operation->block.report);
		g_free(operation->block.report_text);
		break;
	case CUSAX_OPERATION_SEND_MESSAGE:
		g_free(operation->send_message.address);
		g_free(operation->send_message.message);
		g_free(operation->send_message.text);
		g_free(operation->send_message.replaces);
		cusax_file_free(operation->send_message.file);
		g_free(operation->send_message.reply_to);
		g_free(operation->send_message.reply_sender);
		g_free(operation->send_message.reply_quote);
		break;
	case CUSAX_OPERATION_SEND_REACTIONS:
	case CUSAX_OPERATION_SEND_RETRACTION:
		g_free(operation->send_reference.address);
		g_free(operation->send_reference.message);
		g_free(operation->send_reference.target);
		g_strfreev(operation->send_reference.reactions);
		break;
	case CUSAX_OPERATION_KEPT:
		g_free(operation->kept.stream);
		break;
	case CUSAX_OPERATION_FETCH_ARCHIVE:
		g_free(operation->fetch_archive.archive);
		g_free(operation->fetch_archive.with);
		g_free(operation->fetch_archive.before);
		break;
	case CUSAX_OPERATION_SEND_CHAT_STATE:
		g_free(operation->send_chat_state.address);
		break;
	case CUSAX_OPERATION_PUBLISH_READ:
		g_free(operation->publish_read.address);
		g_free(operation->publish_read.server_id);
		break;
	case CUSAX_OPERATION_REQUEST_SLOT:
		g_free(operation->request_slot.name);
		g_free(operation->request_slot.type);
		break;
	case CUSAX_OPERATION_SEND_MARKER:
		g_free(operation->send_marker.address);
		g_free(operation->send_marker.message);
		break;
	case CUSAX_OPERATION_ROOM_JOIN:
	case CUSAX_OPERATION_ROOM_LEAVE:
	case CUSAX_OPERATION_ROOM_NICK:
	case CUSAX_OPERATION_ROOM_PING:
	case CUSAX_OPERATION_ROOM_SUBJECT:
	case CUSAX_OPERATION_ROOM_INVITE:
	case CUSAX_OPERATION_ROOM_DECLINE:
	case CUSAX_OPERATION_ROOM_ROLE:
	case CUSAX_OPERATION_ROOM_AFFILIATION:
	case CUSAX_OPERATION_ROOM_VOICE:
	case CUSAX_OPERATION_ROOM_CONFIGURE:
	case CUSAX_OPERATION_ROOM_DESTROY:
	case CUSAX_OPERATION_ROOM_INFO:
		cusax_room_request_clear(&operation->room);
		break;
	case CUSAX_OPERATION_BOOKMARK_SET:
	case CUSAX_OPERATION_BOOKMARK_REMOVE:
		cusax_bookmark_free(operation->bookmark);
		break;
	case CUSAX_OPERATION_CALL:
		g_free(operation->place.uri);
		g_free(operation->place.impp);
		g_free(operation->place.input_device);
		g_free(operation->place.output_device);
		g_free(operation->place.replaces);
		g_free(operation->place.referred_by);
		break;
	case CUSAX_OPERATION_ACCEPT:
		g_free(operation->accept.input_device);
		g_free(operation->accept.output_device);
		break;
	case CUSAX_OPERATION_TRANSFER:
		g_free(operation->transfer.uri);
		break;
	case CUSAX_OPERATION_DTMF:
		g_free(operation->dtmf.keys);
		break;
	case CUSAX_OPERATION_DEVICE:
		g_free(operation->device.device);
		break;
	case CUSAX_OPERATION_SOUND:
		g_free(operation->sound.device);
		g_free(operation->sound.file);
		break;
	case CUSAX_OPERATION_RECORD:
		if (operation->record.file >= 0)
			close(operation->record.file);
		break;
	case CUSAX_OPERATION_FETCH_READ:
	case CUSAX_OPERATION_DISCONNECT:
	case CUSAX_OPERATION_CHECK:
	case CUSAX_OPERATION_FEATURES:
	case CUSAX_OPERATION_FETCH_RELAYS:
	case CUSAX_OPERATION_RING:
	case CUSAX_OPERATION_DECLINE:
	case CUSAX_OPERATION_HANGUP:
	case CUSAX_OPERATION_HOLD:
	case CUSAX_OPERATION_MUTE:
	case CUSAX_OPERATION_MIX:
	case CUSAX_OPERATION_STATISTICS:
	case CUSAX_OPERATION_VOICE:
	case CUSAX_OPERATION_AUDIO_DEVICES:
	case CUSAX_OPERATION_TELL_REFERRER:
		break;
	}
}

void cusax_operation_free(CusaxOperation *operation)
{
	if (!operation)
		return;
	clear_payload(operation);
	g_free(operation->account);
	g_free(operation);
}
