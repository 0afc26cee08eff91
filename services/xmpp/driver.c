/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The XMPP driver: accounts by id, each operation to what does it. */
/* Main thread. */
#include "services/xmpp/xmpp-driver.h"

#include "daemon/base/error.h"
#include "services/xmpp/archive-preferences.h"
#include "services/xmpp/archive.h"
#include "services/xmpp/avatar.h"
#include "services/xmpp/block.h"
#include "services/xmpp/bookmarks.h"
#include "services/xmpp/caps.h"
#include "services/xmpp/chat-reference.h"
#include "services/xmpp/chat.h"
#include "services/xmpp/check.h"
#include "services/xmpp/extdisco.h"
#include "services/xmpp/last-activity.h"
#include "services/xmpp/muc.h"
#include "services/xmpp/presence.h"
#include "services/xmpp/profile.h"
#include "services/xmpp/reach.h"
#include "services/xmpp/read-sync.h"
#include "services/xmpp/roster.h"
#include "services/xmpp/session.h"
#include "services/xmpp/upload.h"
#include "services/xmpp/vcard.h"

typedef struct {
	CusaxDriver driver; /* first */
	CusaxEventQueue *events;
	const CusaxXmppTimes *times;
	GHashTable *sessions; /* account id -> CusaxXmppSession */
} XmppDriver;

static void fail(XmppDriver *driver, const CusaxOperation *operation, CusaxError code,
		 const char *text)
{
	g_autoptr(GError) error = g_error_new_literal(CUSAX_ERROR, (int)code, text);

	cusax_event_queue_push(driver->events,
			       cusax_event_new_done(operation->account, operation->id, error));
}

static CusaxXmppSession *take_session(XmppDriver *driver, const char *account)
{
	CusaxXmppSession *session = g_hash_table_lookup(driver->sessions, account);

	if (!session) {
		session = cusax_xmpp_session_new(account, driver->events, driver->times);
		g_hash_table_insert(driver->sessions, session->account, session);
	}
	return session;
}

/* What needs an account that is online. */
static void run(XmppDriver *driver, CusaxXmppSession *session, const CusaxOperation *operation)
{
	switch (operation->kind) {
	case CUSAX_OPERATION_CHECK:
		cusax_xmpp_check(session, operation->id);
		break;
	case CUSAX_OPERATION_PRESENCE:
		cusax_xmpp_presence_broadcast(session, operation);
		break;
	case CUSAX_OPERATION_ROSTER_SET:
	case CUSAX_OPERATION_ROSTER_REMOVE:
		cusax_xmpp_roster_change(session, operation);
		break;
	case CUSAX_OPERATION_SUBSCRIPTION:
		cusax_xmpp_presence_subscribe(session, operation);
		break;
	case CUSAX_OPERATION_FETCH_VCARD:
		cusax_xmpp_vcard_fetch(session, operation);
		break;
	case CUSAX_OPERATION_FETCH_CLIENT:
		cusax_xmpp_caps_fetch(session, operation);
		break;
	case CUSAX_OPERATION_FETCH_LAST:
		cusax_xmpp_last_activity_fetch(session, operation);
		break;
	case CUSAX_OPERATION_ARCHIVE_PREFERENCES:
		cusax_xmpp_archive_preferences(session, operation);
		break;
	case CUSAX_OPERATION_PUBLISH_PHONES:
		cusax_xmpp_vcard_publish(session, operation);
		break;
	case CUSAX_OPERATION_SEND_MESSAGE:
		cusax_xmpp_chat_send(session, operation);
		break;
	case CUSAX_OPERATION_SEND_REACTIONS:
		cusax_xmpp_reference_send_reactions(session, operation);
		break;
	case CUSAX_OPERATION_SEND_RETRACTION:
		cusax_xmpp_reference_send_retraction(session, operation);
		break;
	case CUSAX_OPERATION_FETCH_ARCHIVE:
		cusax_xmpp_archive_fetch(session, operation);
		break;
	case CUSAX_OPERATION_SEND_CHAT_STATE:
		cusax_xmpp_chat_send_state(session, operation);
		break;
	case CUSAX_OPERATION_FETCH_AVATAR:
		cusax_xmpp_avatar_fetch(session, operation);
		break;
	case CUSAX_OPERATION_PUBLISH_AVATAR:
		cusax_xmpp_avatar_publish(session, operation);
		break;
	case CUSAX_OPERATION_PROFILE:
		cusax_xmpp_profile(session, operation);
		break;
	case CUSAX_OPERATION_REQUEST_SLOT:
		cusax_xmpp_upload_request(session, operation);
		break;
	case CUSAX_OPERATION_SEND_MARKER:
		cusax_xmpp_chat_send_marker(session, operation);
		break;
	case CUSAX_OPERATION_FETCH_READ:
		cusax_xmpp_read_sync_fetch(session, operation);
		break;
	case CUSAX_OPERATION_PUBLISH_READ:
		cusax_xmpp_read_sync_publish(session, operation);
		break;
	case CUSAX_OPERATION_PUBLISH_REACHABILITY:
		cusax_xmpp_reach_publish(session, operation);
		break;
	case CUSAX_OPERATION_FETCH_RELAYS:
		cusax_xmpp_extdisco_fetch(session, operation->id);
		break;
	case CUSAX_OPERATION_BLOCK:
		cusax_xmpp_block_change(session, operation);
		break;
	case CUSAX_OPERATION_ROOM_JOIN:
		cusax_xmpp_muc_join(session, operation);
		break;
	case CUSAX_OPERATION_ROOM_LEAVE:
		cusax_xmpp_muc_leave(session, operation);
		break;
	case CUSAX_OPERATION_ROOM_NICK:
		cusax_xmpp_muc_change_nick(session, operation);
		break;
	case CUSAX_OPERATION_ROOM_PING:
		cusax_xmpp_muc_ping(session, operation);
		break;
	case CUSAX_OPERATION_ROOM_SUBJECT:
	case CUSAX_OPERATION_ROOM_INVITE:
	case CUSAX_OPERATION_ROOM_DECLINE:
	case CUSAX_OPERATION_ROOM_ROLE:
	case CUSAX_OPERATION_ROOM_AFFILIATION:
	case CUSAX_OPERATION_ROOM_VOICE:
	case CUSAX_OPERATION_ROOM_CONFIGURE:
	case CUSAX_OPERATION_ROOM_DESTROY:
	case CUSAX_OPERATION_ROOM_INFO:
		cusax_xmpp_muc_administer(session, operation);
		break;
	case CUSAX_OPERATION_BOOKMARK_SET:
	case CUSAX_OPERATION_BOOKMARK_REMOVE:
		cusax_xmpp_bookmarks_change(session, operation);
		break;
	case CUSAX_OPERATION_CONNECT:
	case CUSAX_OPERATION_DISCONNECT:
	case CUSAX_OPERATION_KEPT:
	case CUSAX_OPERATION_FEATURES:
	case CUSAX_OPERATION_RELAYS:
	case CUSAX_OPERATION_CALL:
	case CUSAX_OPERATION_ACCEPT:
	case CUSAX_OPERATION_RING:
	case CUSAX_OPERATION_DECLINE:
	case CUSAX_OPERATION_HANGUP:
	case CUSAX_OPERATION_HOLD:
	case CUSAX_OPERATION_MUTE:
	case CUSAX_OPERATION_DTMF:
	case CUSAX_OPERATION_TRANSFER:
	case CUSAX_OPERATION_TELL_REFERRER:
	case CUSAX_OPERATION_DEVICE:
	case CUSAX_OPERATION_MIX:
	case CUSAX_OPERATION_RECORD:
	case CUSAX_OPERATION_STATISTICS:
	case CUSAX_OPERATION_VOICE:
	case CUSAX_OPERATION_SOUND:
	case CUSAX_OPERATION_AUDIO_DEVICES:
		fail(driver, operation, CUSAX_ERROR_UNSUPPORTED, "chat accounts do not do that");
		break;
	}
}

static void submit(CusaxDriver *base, CusaxOperation *taken)
{
	XmppDriver *driver = (XmppDriver *)base;
	g_autoptr(CusaxOperation) operation = taken;
	CusaxXmppSession *session;

	if (operation->kind == CUSAX_OPERATION_CONNECT) {
		session = take_session(driver, operation->account);
		cusax_xmpp_session_connect(session, g_steal_pointer(&operation));
		return;
	}
	session = g_hash_table_lookup(driver->sessions, operation->account);
	if (operation->kind == CUSAX_OPERATION_DISCONNECT)
		cusax_xmpp_session_disconnect(take_session(driver, operation->account),
					      operation->id);
	else if (session && operation->kind == CUSAX_OPERATION_KEPT)
		cusax_xmpp_session_kept(session, operation);
	else if (!session || !cusax_xmpp_stream_is_online(session->stream))
		fail(driver, operation, CUSAX_ERROR_NOT_CONNECTED,
		     "the chat account is not connected");
	else
		run(driver, session, operation);
}

static void driver_free(CusaxDriver *base)
{
	XmppDriver *driver = (XmppDriver *)base;

	g_hash_table_unref(driver->sessions);
	cusax_event_queue_unref(driver->events);
	g_free(driver);
}

CusaxDriver *cusax_xmpp_driver_new_with_times(CusaxEventQueue *events, const CusaxXmppTimes *times)
{
	XmppDriver *driver = g_new0(XmppDriver, 1);

	driver->driver.submit = submit;
	driver->driver.free = driver_free;
	driver->events = cusax_event_queue_ref(events);
	driver->times = times;
	driver->sessions = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
						 (GDestroyNotify)cusax_xmpp_session_free);
	return &driver->driver;
}

CusaxDriver *cusax_xmpp_driver_new(CusaxEventQueue *events, G_GNUC_UNUSED GError **error)
{
	return cusax_xmpp_driver_new_with_times(events, &cusax_xmpp_default_times);
}
