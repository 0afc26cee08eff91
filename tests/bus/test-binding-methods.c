/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Methods and writable properties: what reaches the core, what is refused, how it is answered. */
/* Main thread. */
#include <string.h>

#include "daemon/base/error.h"
#include "dbus/bus-request.h"
#include "tests/bus/binding/fixture.h"

#define A1      ROOT "/account/a1"
#define A2      ROOT "/account/a2"
#define S1      ROOT "/service/s1"
#define C1      ROOT "/contact/c1"
#define R1      ROOT "/room/r1"
#define H1      ROOT "/chat/h1"
#define CALL    "(call)" /* stands for the path of the call */
#define NO_OPTS "@a{sv} {}"

/* path, interface, method, arguments; what the core is asked, and the type of the answer. */
typedef struct {
	const char *path, *interface, *method, *args;
	const char *verb;
	const char *reply;
} VerbRow;

/* clang-format off */
static const VerbRow verb_rows[] = {
	{ ROOT, "Manager", "GetCallRoutes", "('bob', {'media': <['audio', 'video']>})",
	  "get_call_routes target=bob options={'media': <['audio', 'video']>}", "(aa{sv})" },
	{ ROOT, "Manager", "GetCallRoutes", "('" C1 "', " NO_OPTS ")",
	  "get_call_routes target=" C1 " options={}", "(aa{sv})" },
	{ ROOT, "Manager", "Call", "('+33 1 02 03', {'account': <objectpath '" A2 "'>, 'uri': <'tel:+33'>, 'confirm': <'t'>})",
	  "call target=+33 1 02 03 options={'account': <objectpath '" A2 "'>, 'uri': <'tel:+33'>, 'confirm': <'t'>}", "(o)" },
	{ ROOT, "Manager", "OpenChat", "('bob@xmpp.test', {'account': <objectpath '" A1 "'>})",
	  "open_chat address=bob@xmpp.test options={'account': <objectpath '" A1 "'>}", "(o)" },
	{ ROOT, "Manager", "AddContact", "('eve@xmpp.test', {'name': <'Eve'>, 'groups': <['work']>, 'subscribe': <false>})",
	  "add_contact address=eve@xmpp.test options={'name': <'Eve'>, 'groups': <['work']>, 'subscribe': <false>}", "(o)" },
	{ ROOT, "Manager", "Lookup", "('sip:bob@sip.test', " NO_OPTS ")",
	  "lookup uri=sip:bob@sip.test", "(osa{sv})" },
	{ ROOT, "Manager", "GetCallLog", "({'limit': <uint32 1000>, 'contact': <objectpath '" C1 "'>, 'missed': <true>},)",
	  "get_call_log filter={'limit': <uint32 1000>, 'contact': <objectpath '" C1 "'>, 'missed': <true>}", "(aa{sv})" },
	{ ROOT, "Manager", "GetHistory", "({'contact': <objectpath '" C1 "'>, 'types': <['call']>},)",
	  "get_history filter={'contact': <objectpath '" C1 "'>, 'types': <['call']>}", "(aa{sv})" },
	{ C1, "Contact", "GetHistory", "(" NO_OPTS ",)",
	  "get_history filter={'contact': <objectpath '" C1 "'>}", "(aa{sv})" },
	{ ROOT, "Manager", "SearchMessages", "('\"a AND', {'limit': <uint32 2>})",
	  "search_messages query=\"a AND filter={'limit': <uint32 2>}", "(aa{sv})" },
	{ ROOT, "Manager", "DeleteHistory", "({'chat': <objectpath '" H1 "'>, 'message': <'m1'>},)",
	  "delete_history options={'chat': <objectpath '" H1 "'>, 'message': <'m1'>}", "()" },
	{ ROOT, "Manager", "MarkCallsSeen", "({'until': <'x1'>},)",
	  "mark_calls_seen options={'until': <'x1'>}", "()" },
	{ ROOT, "Manager", "GetStatistics", "()", "get_statistics", "(a{sv})" },

	{ ROOT, "Admin", "AddAccount", "('sip', 'alice@sip.test', {'transport': <'udp'>, 'rtp-ports': <(uint16 30000, uint16 30100)>})",
	  "add_account protocol=1 address=alice@sip.test settings={'transport': <'udp'>, 'rtp-ports': <(uint16 30000, uint16 30100)>}", "(o)" },
	{ ROOT, "Admin", "RemoveAccount", "(objectpath '" A1 "', {'keep-secret': <true>})",
	  "remove_account account=a1 options={'keep-secret': <true>}", "()" },
	{ ROOT, "Admin", "SetSecret", "(objectpath '" A2 "', 'pass', " NO_OPTS ")",
	  "set_secret account=a2 secret=pass", "()" },
	{ ROOT, "Admin", "Pair", "(objectpath '" A1 "', objectpath '" A2 "', {'country': <'+33'>})",
	  "pair chat=a1 telephony=a2 options={'country': <'+33'>}", "(o)" },
	{ ROOT, "Admin", "Unpair", "(objectpath '" S1 "',)", "unpair service=s1", "()" },
	{ ROOT, "Admin", "GetPolicy", "()", "get_policy", "(a{sv})" },
	{ ROOT, "Admin", "SetPolicy", "({'require-srtp': <true>},)",
	  "set_policy policy={'require-srtp': <true>}", "()" },

	{ A1, "Account", "Connect", "()", "connect_account account=a1", "()" },
	{ A2, "Account", "Disconnect", "()", "disconnect_account account=a2", "()" },
	{ A1, "Account", "Update", "({'priority': <5>},)",
	  "update_account account=a1 settings={'priority': <5>}", "()" },
	{ A1, "Account", "GetArchivePreferences", "()", "archive_preferences account=a1 changes={}", "(a{sv})" },
	{ A1, "Account", "SetArchivePreferences", "({'default': <'roster'>, 'never': <['eve@evil.test']>},)",
	  "archive_preferences account=a1 changes={'default': <'roster'>, 'never': <['eve@evil.test']>}", "(a{sv})" },
	{ A1, "Account", "UnblockAll", "()", "unblock_all account=a1", "()" },
	{ S1, "Service", "Connect", "()", "connect_service service=s1", "()" },
	{ S1, "Service", "Disconnect", "()", "disconnect_service service=s1", "()" },
	{ S1, "Service", "Diagnose", "(" NO_OPTS ",)", "diagnose service=s1", "(aa{sv})" },
	{ S1, "Service", "PublishAddress", "()", "publish_address service=s1", "()" },
	{ S1, "Service", "RaiseSecurity", "()", "raise_security service=s1", "(a{sv})" },
	{ C1, "Contact", "Call", "({'media': <['audio']>},)",
	  "call target=" C1 " options={'media': <['audio']>}", "(o)" },
	{ C1, "Contact", "OpenChat", "()", "open_chat address=" C1 " options={}", "(o)" },
	{ C1, "Contact", "Refresh", "()", "refresh_contact contact=c1", "()" },
	{ C1, "Contact", "QueryLastSeen", "()", "query_last_seen contact=c1", "(x)" },
	{ C1, "Contact", "Remove", "()", "remove_contact contact=c1", "()" },
	{ C1, "Contact", "Subscribe", "('hello',)", "subscribe_contact contact=c1 message=hello", "()" },
	{ C1, "Contact", "Authorize", "()", "authorize_contact contact=c1", "()" },
	{ C1, "Contact", "Deny", "()", "deny_contact contact=c1", "()" },
	{ H1, "Chat", "Send", "('two\\nlines', {'origin-id': <'o1'>})",
	  "send_message chat=h1 text=two\nlines options={'origin-id': <'o1'>}", "(s)" },
	{ H1, "Chat", "GetMessages", "({'before': <'m1'>, 'since': <int64 1>, 'limit': <uint32 5>, 'kinds': <['text']>},)",
	  "get_messages chat=h1 filter={'before': <'m1'>, 'since': <int64 1>, 'limit': <uint32 5>, 'kinds': <['text']>}", "(aa{sv})" },
	{ H1, "Chat", "MarkRead", "('',)", "mark_read chat=h1 id=", "()" },
	{ H1, "Chat", "SetState", "('composing',)", "set_chat_state chat=h1 state=2", "()" },
	{ H1, "Chat", "Correct", "('m1', 'better')", "correct_message chat=h1 id=m1 text=better", "()" },
	{ H1, "Chat", "React", "('m1', ['+1', 'x'])", "react chat=h1 id=m1 reactions=+1,x", "()" },
	{ H1, "Chat", "React", "('m1', @as [])", "react chat=h1 id=m1 reactions=", "()" },
	{ H1, "Chat", "Retract", "('m1', @a{sv} {})", "retract_message chat=h1 id=m1", "()" },
	{ ROOT, "Manager", "JoinRoom", "('r@rooms.test', {'nick': <'al'>, 'settings': <{'public': <false>}>})",
	  "join_room address=r@rooms.test options={'nick': <'al'>, 'settings': <{'public': <false>}>}", "(o)" },
	{ R1, "Room", "Leave", "()", "leave_room room=r1", "()" },
	{ R1, "Room", "Forget", "()", "forget_room room=r1", "()" },
	{ R1, "Room", "DeclineInvitation", "('no',)", "decline_room room=r1 reason=no", "()" },
	{ R1, "Room", "Invite", "('bob@xmpp.test', 'come')", "invite_to_room room=r1 address=bob@xmpp.test reason=come", "()" },
	{ R1, "Room", "GetAvatar", "('bob',)", "get_room_avatar room=r1 nick=bob", "(s)" },
	{ R1, "Room", "SetNick", "('al',)", "set_room_nick room=r1 nick=al", "()" },
	{ R1, "Room", "SetRole", "('bob', 'none', 'out')", "set_room_role room=r1 nick=bob role=none reason=out", "()" },
	{ R1, "Room", "SetAffiliation", "('b@x', 'outcast', '')", "set_room_affiliation room=r1 address=b@x affiliation=outcast reason=", "()" },
	{ R1, "Room", "RequestVoice", "()", "request_room_voice room=r1", "()" },
	{ R1, "Room", "Configure", "({'members-only': <true>},)", "configure_room room=r1 settings={'members-only': <true>}", "()" },
	{ R1, "Room", "Destroy", "('over',)", "destroy_room room=r1 reason=over", "()" },
	{ R1, "Room", "CallConference", "(" NO_OPTS ",)", "call_room_conference room=r1 options={}", "(o)" },
	{ R1, "Room", "Send", "('hello', " NO_OPTS ")", "send_message chat=r1 text=hello options={}", "(s)" },
	{ R1, "Room", "GetMessages", "(" NO_OPTS ",)", "get_messages chat=r1 filter={}", "(aa{sv})" },
	{ R1, "Room", "MarkRead", "('m1',)", "mark_read chat=r1 id=m1", "()" },
	{ R1, "Room", "SetState", "('composing',)", "set_chat_state chat=r1 state=2", "()" },
	{ R1, "Room", "React", "('m1', ['x'])", "react chat=r1 id=m1 reactions=x", "()" },
	{ R1, "Room", "Retract", "('m1', @a{sv} {})", "retract_message chat=r1 id=m1", "()" },
	{ R1, "Room", "Correct", "('m1', 'better')", "correct_message chat=r1 id=m1 text=better", "()" },
	{ CALL, "Call", "Accept", "({'media': <['audio']>, 'input-device': <'mic'>},)",
	  "accept_call call=* options={'media': <['audio']>, 'input-device': <'mic'>}", "()" },
	{ CALL, "Call", "Decline", "({'reason': <'busy'>, 'message': <'later'>},)",
	  "decline_call call=* options={'reason': <'busy'>, 'message': <'later'>}", "()" },
	{ CALL, "Call", "Hangup", "()", "hangup_call call=*", "()" },
	{ CALL, "Call", "Decline", "({'message': <'later'>, 'claimed': <true>},)",
	  "decline_call call=* options={'message': <'later'>, 'claimed': <true>}", "()" },
	{ CALL, "Call", "Transfer", "('bob', " NO_OPTS ")", "transfer_call call=* target=bob", "()" },
	{ CALL, "Call", "AcceptTransfer", "({'confirm': <'t'>},)",
	  "accept_transfer call=* options={'confirm': <'t'>}", "(o)" },
	{ CALL, "Call", "DeclineTransfer", "()", "decline_transfer call=*", "()" },
	{ CALL, "Call", "SendDtmf", "('12*#D',)", "send_dtmf call=* keys=12*#D", "()" },
	{ CALL, "Call", "OpenChat", "()", "open_call_chat call=*", "(o)" },
	{ CALL, "Call", "GetStatistics", "()", "get_call_statistics call=*", "(a{sv})" },
	{ ROOT, "Manager", "GetAudioDevices", "()", "get_audio_devices", "(aa{sv})" },
	{ CALL, "Call", "Split", "()", "split_call call=*", "()" },
	{ CALL, "Call", "StopRecording", "()", "record_call call=* file=-1", "()" },
};

/* path, interface, property, value; what the core is asked. */
static const VerbRow property_rows[] = {
	{ ROOT, "Manager", "Availability", "'dnd'", "set_availability availability=4", NULL },
	{ ROOT, "Manager", "StatusMessage", "'at lunch'", "set_status_message message=at lunch", NULL },
	{ A1, "Account", "Label", "'Work'", "update_account account=a1 settings={'label': <'Work'>}", NULL },
	{ A1, "Account", "Enabled", "false", "update_account account=a1 settings={'enabled': <false>}", NULL },
	{ A1, "Account", "DisabledFeatures", "['video']",
	  "update_account account=a1 settings={'disabled-features': <['video']>}", NULL },
	{ S1, "Service", "Name", "'Home'", "update_service service=s1 options={'name': <'Home'>}", NULL },
	{ S1, "Service", "ConnectPolicy", "'both-required'",
	  "update_service service=s1 options={'connect-policy': <'both-required'>}", NULL },
	{ C1, "Contact", "Name", "'Bob'", "set_contact_name contact=c1 name=Bob", NULL },
	{ C1, "Contact", "Groups", "['a', 'b']", "set_contact_groups contact=c1 groups=a,b", NULL },
	{ H1, "Chat", "Privacy", "{'receipts': false}",
	  "set_chat_privacy chat=h1 privacy={'receipts': false}", NULL },
	{ R1, "Room", "Subject", "'news'", "set_room_subject room=r1 subject=news", NULL },
	{ R1, "Room", "Autojoin", "true", "set_room_autojoin room=r1 autojoin=1", NULL },
	{ CALL, "Call", "Held", "true", "hold_call call=* held=1", NULL },
	{ CALL, "Call", "Muted", "true", "mute_call call=* muted=1", NULL },
	{ CALL, "Call", "InputDevice", "'mic'", "set_call_device call=* input=1 device=mic", NULL },
	{ CALL, "Call", "OutputDevice", "''", "set_call_device call=* input=0 device=", NULL },
};

/* path, interface, method, arguments; the error, and what its message must name. */
typedef struct {
	const char *path, *interface, *method, *args;
	const char *error;
	const char *named;
} RefusalRow;

static const RefusalRow refusal_rows[] = {
	{ ROOT, "Manager", "Call", "('', " NO_OPTS ")", "InvalidArgument", "target" },
	{ ROOT, "Manager", "Call", "('a\\nb', " NO_OPTS ")", "InvalidArgument", "target" },
	{ ROOT, "Manager", "Call", "('/nowhere', " NO_OPTS ")", "InvalidArgument", "target" },
	{ ROOT, "Manager", "Call", "('" A1 "', " NO_OPTS ")", "InvalidArgument", "target" },
	{ ROOT, "Manager", "Call", "('" ROOT "/contact/none', " NO_OPTS ")", "NotFound", "target" },
	{ ROOT, "Manager", "Call", "('bob', {'colour': <'red'>})", "InvalidArgument", "colour" },
	{ ROOT, "Manager", "Call", "('bob', {'account': <'a1'>})", "InvalidArgument", "account" },
	{ ROOT, "Manager", "Call", "('bob', {'account': <objectpath '/'>})", "InvalidArgument", "account" },
	{ ROOT, "Manager", "Call", "('bob', {'account': <objectpath '" C1 "'>})", "InvalidArgument", "account" },
	{ ROOT, "Manager", "Call", "('bob', {'account': <objectpath '" A1 "/x'>})", "InvalidArgument", "account" },
	{ ROOT, "Manager", "Call", "('bob', {'account': <objectpath '" ROOT "/account/none'>})", "NotFound", "account" },
	{ ROOT, "Manager", "Call", "('bob', {'media': <['smell']>})", "InvalidArgument", "media" },
	{ ROOT, "Manager", "Call", "('bob', {'media': <@as []>})", "InvalidArgument", "media" },
	{ ROOT, "Manager", "Call", "('bob', {'uri': <''>})", "InvalidArgument", "uri" },
	{ ROOT, "Manager", "Call", "('bob', {'uri': <'a'>, 'uri': <'b'>})", "InvalidArgument", "uri" },
	{ ROOT, "Manager", "GetCallRoutes", "('bob', {'confirm': <'t'>})", "InvalidArgument", "confirm" },
	{ ROOT, "Manager", "OpenChat", "('" A1 "', " NO_OPTS ")", "InvalidArgument", "address" },
	{ ROOT, "Manager", "AddContact", "('', " NO_OPTS ")", "InvalidArgument", "address" },
	{ ROOT, "Manager", "AddContact", "('e@x', {'groups': <['']>})", "InvalidArgument", "groups" },
	{ ROOT, "Manager", "Lookup", "('a', {'x': <1>})", "InvalidArgument", "x" },
	{ ROOT, "Manager", "GetCallLog", "({'limit': <uint32 0>},)", "InvalidArgument", "limit" },
	{ ROOT, "Manager", "GetCallLog", "({'limit': <uint32 1001>},)", "InvalidArgument", "limit" },
	{ ROOT, "Manager", "GetCallLog", "({'limit': <5>},)", "InvalidArgument", "limit" },
	{ ROOT, "Manager", "MarkCallsSeen", "({'until': <true>},)", "InvalidArgument", "until" },
	{ ROOT, "Manager", "JoinRoom", "('', " NO_OPTS ")", "InvalidArgument", "address" },
	{ ROOT, "Manager", "JoinRoom", "('r@muc', {'nick': <''>})", "InvalidArgument", "nick" },
	{ ROOT, "Manager", "JoinRoom", "('r@muc', {'settings': <{'colour': <'red'>}>})", "InvalidArgument", "colour" },
	{ R1, "Room", "SetRole", "('bob', 'king', '')", "InvalidArgument", "role" },
	{ R1, "Room", "SetAffiliation", "('b@x', 'king', '')", "InvalidArgument", "affiliation" },
	{ R1, "Room", "SetNick", "('a\\nb',)", "InvalidArgument", "nick" },
	{ R1, "Room", "Invite", "('', '')", "InvalidArgument", "address" },
	{ R1, "Room", "Configure", "({'public': <'yes'>},)", "InvalidArgument", "public" },

	{ ROOT, "Admin", "AddAccount", "('smtp', 'a@b', " NO_OPTS ")", "InvalidArgument", "protocol" },
	{ ROOT, "Admin", "AddAccount", "('xmpp', '', " NO_OPTS ")", "InvalidArgument", "address" },
	{ ROOT, "Admin", "AddAccount", "('xmpp', 'a@b', {'registrar': <'x'>})", "InvalidArgument", "registrar" },
	{ ROOT, "Admin", "AddAccount", "('xmpp', 'a@b', {'port': <uint32 70000>})", "InvalidArgument", "port" },
	{ ROOT, "Admin", "RemoveAccount", "(objectpath '" S1 "', " NO_OPTS ")", "InvalidArgument", "account" },
	{ ROOT, "Admin", "SetSecret", "(objectpath '" ROOT "/account/none', 'canary', " NO_OPTS ")", "NotFound", "account" },
	{ ROOT, "Admin", "SetSecret", "(objectpath '" A1 "', 'can\\nary', " NO_OPTS ")", "InvalidArgument", "secret" },
	{ ROOT, "Admin", "Pair", "(objectpath '" A2 "', objectpath '" A1 "', " NO_OPTS ")", "InvalidArgument", "chat" },
	{ ROOT, "Admin", "Pair", "(objectpath '" A1 "', objectpath '" A1 "', " NO_OPTS ")", "InvalidArgument", "telephony" },
	{ ROOT, "Admin", "Pair", "(objectpath '" A1 "', objectpath '" A2 "', {'country': <'33'>})", "InvalidArgument", "country" },
	{ ROOT, "Admin", "Unpair", "(objectpath '" A1 "',)", "InvalidArgument", "service" },
	{ ROOT, "Admin", "SetPolicy", "({'min-tls': <'1.0'>},)", "InvalidArgument", "min-tls" },
	{ ROOT, "Admin", "SetPolicy", "({'no-such': <true>},)", "InvalidArgument", "no-such" },
	{ ROOT, "Admin", "Provision", "('a@b', " NO_OPTS ")", "Unsupported", "" },
	{ ROOT, "Admin", "ApplyProvision", "('t', 'canary', " NO_OPTS ")", "Unsupported", "" },

	{ A1, "Account", "Update", "({'srtp': <'off'>},)", "InvalidArgument", "srtp" },
	{ S1, "Service", "Diagnose", "({'no-such': <1>},)", "InvalidArgument", "no-such" },
	{ C1, "Contact", "Subscribe", "('a\\tb',)", "InvalidArgument", "message" },
	{ C1, "Contact", "Report", "('theft', '')", "InvalidArgument", "reason" },
	{ H1, "Chat", "Send", "('', " NO_OPTS ")", "InvalidArgument", "text" },
	{ H1, "Chat", "Send", "('bell\\a', " NO_OPTS ")", "InvalidArgument", "text" },
	{ H1, "Chat", "Send", "('hi', {'origin-id': <''>})", "InvalidArgument", "origin-id" },
	{ H1, "Chat", "GetMessages", "({'after': <1>},)", "InvalidArgument", "after" },
	{ H1, "Chat", "SetState", "('none',)", "InvalidArgument", "state" },
	{ H1, "Chat", "SetState", "('asleep',)", "InvalidArgument", "state" },
	{ H1, "Chat", "Correct", "('', 'x')", "InvalidArgument", "id" },
	{ H1, "Chat", "React", "('', ['+1'])", "InvalidArgument", "id" },
	{ H1, "Chat", "React", "('m1', [''])", "InvalidArgument", "reactions" },
	{ H1, "Chat", "React", "('m1', ['a\\nb'])", "InvalidArgument", "reactions" },
	{ H1, "Chat", "Retract", "('', @a{sv} {})", "InvalidArgument", "id" },
	{ H1, "Chat", "Retract", "('m1', {'x': <1>})", "InvalidArgument", "options" },
	{ H1, "Chat", "SendFile", "(handle 0, " NO_OPTS ")", "InvalidArgument", "descriptor" },
	{ H1, "Chat", "SendFile", "(handle 0, {'name': <'a/b'>})", "InvalidArgument", "name" },
	{ H1, "Chat", "SendFile", "(handle 0, {'type': <'png'>})", "InvalidArgument", "type" },
	{ H1, "Chat", "FetchFile", "('m1', handle 0, " NO_OPTS ")", "InvalidArgument", "descriptor" },
	{ H1, "Chat", "FetchFile", "('m1', handle 0, {'max-size': <uint64 0>})", "InvalidArgument",
	  "max-size" },
	{ H1, "Chat", "FetchFile", "('', handle 0, " NO_OPTS ")", "InvalidArgument", "id" },
	{ CALL, "Call", "Accept", "({'media': <['smell']>},)", "InvalidArgument", "media" },
	{ CALL, "Call", "Decline", "({'reason': <'tired'>},)", "InvalidArgument", "reason" },
	{ CALL, "Call", "SendDtmf", "('',)", "InvalidArgument", "keys" },
	{ CALL, "Call", "SendDtmf", "('12a',)", "InvalidArgument", "keys" },
	{ CALL, "Call", "Transfer", "('', " NO_OPTS ")", "InvalidArgument", "target" },
	{ CALL, "Call", "Transfer", "('x', {'account': <objectpath '" A2 "'>})", "InvalidArgument", "account" },
	{ CALL, "Call", "TransferTo", "(objectpath '/',)", "InvalidArgument", "call" },
	{ CALL, "Call", "TransferTo", "(objectpath '" ROOT "/call/none',)", "NotFound", "call" },
	{ CALL, "Call", "AcceptTransfer", "({'uri': <'x'>},)", "InvalidArgument", "uri" },
	{ CALL, "Call", "Merge", "(objectpath '/',)", "InvalidArgument", "call" },
	{ CALL, "Call", "StartRecording", "(handle 0, " NO_OPTS ")", "InvalidArgument", "file" },

	{ ROOT, "Manager", "Call", "('bob',)", "org.freedesktop.DBus.Error.InvalidArgs", "(sa{sv})" },
	{ ROOT, "Manager", "Fly", "()", "org.freedesktop.DBus.Error.UnknownMethod", "Fly" },
	{ ROOT "/contact/none", "Contact", "Refresh", "()", "org.freedesktop.DBus.Error.UnknownMethod", "" },
	{ ROOT "/zebra/z1", "Contact", "Refresh", "()", "org.freedesktop.DBus.Error.UnknownMethod", "" },
	{ C1, "Chat", "MarkRead", "('',)", "org.freedesktop.DBus.Error.UnknownMethod", "Chat" },

	/* Set: interface, property, value. */
	{ ROOT, "Manager", "=Availability", "'asleep'", "InvalidArgument", "Availability" },
	{ ROOT, "Manager", "=StatusMessage", "'a\\nb'", "InvalidArgument", "StatusMessage" },
	{ ROOT, "Manager", "=Version", "'9'", "org.freedesktop.DBus.Error.InvalidArgs", "Version" },
	{ ROOT, "Manager", "=Availability", "5", "org.freedesktop.DBus.Error.InvalidArgs", "Availability" },
	{ A1, "Account", "=DisabledFeatures", "['smell']", "InvalidArgument", "DisabledFeatures" },
	{ A1, "Account", "=Label", "'a\\nb'", "InvalidArgument", "Label" },
	{ S1, "Service", "=ConnectPolicy", "''", "InvalidArgument", "ConnectPolicy" },
	{ C1, "Contact", "=Groups", "['a', '']", "InvalidArgument", "Groups" },
	{ CALL, "Call", "=InputDevice", "'a\\nb'", "InvalidArgument", "InputDevice" },
};
/* clang-format on */

static const char *path_of(Fixture *fixture, const char *path)
{
	return strcmp(path, CALL) == 0 ? fixture->call_path : path;
}

static GVariant *parse(const char *text)
{
	GError *error = NULL;
	GVariant *value = g_variant_parse(NULL, text, NULL, NULL, &error);

	if (error)
		g_error("%s: %s", text, error->message);
	return value;
}

static GVariant *set_args(const char *interface, const char *property, const char *value)
{
	g_autofree char *name = g_strconcat(CUSAX_INTERFACE_PREFIX, interface, NULL);
	g_autoptr(GVariant) parsed = parse(value);

	return g_variant_new("(ssv)", name, property, parsed);
}

/* The call has an id of its own, which is * in the rows. */
static void assert_verb(Fixture *fixture, const char *expected)
{
	g_auto(GStrv) parts = g_strsplit(expected, "call=*", 2);
	g_autofree char *replacement =
		g_strconcat("call=", cusax_object_id(CUSAX_OBJECT(fixture->call)), NULL);
	g_autofree char *text = g_strjoinv(replacement, parts);

	g_assert_cmpstr(stub_core_take_last(fixture->core), ==, text);
}

static void test_verb(Fixture *fixture, gconstpointer data)
{
	const VerbRow *row = data;
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) args = NULL, reply = NULL;

	stub_core_answer_object(fixture->core, fixture->call);
	if (g_str_equal(row->reply, "(osa{sv})"))
		stub_core_answer_variant(fixture->core,
					 g_variant_new(row->reply, "/", "unknown", NULL));
	else if (g_str_equal(row->reply, "(aa{sv})"))
		stub_core_answer_variant(fixture->core, g_variant_new("aa{sv}", NULL));
	else if (g_str_equal(row->reply, "(x)"))
		stub_core_answer_variant(fixture->core, g_variant_new_int64(5));
	args = parse(row->args);
	reply = client_ask(&fixture->client, path_of(fixture, row->path), row->interface,
			   row->method, args, &error);
	g_assert_no_error(error);
	assert_verb(fixture, row->verb);
	g_assert_cmpstr(g_variant_get_type_string(reply), ==, row->reply);
	if (g_str_equal(row->reply, "(o)")) {
		const char *path;

		g_variant_get(reply, "(&o)", &path);
		g_assert_cmpstr(path, ==, fixture->call_path);
	}
}

static void test_property(Fixture *fixture, gconstpointer data)
{
	const VerbRow *row = data;
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) reply = NULL;

	reply = client_ask(&fixture->client, path_of(fixture, row->path),
			   "org.freedesktop.DBus.Properties", "Set",
			   set_args(row->interface, row->method, row->args), &error);
	g_assert_no_error(error);
	assert_verb(fixture, row->verb);
}

static void test_refusal(Fixture *fixture, gconstpointer data)
{
	const RefusalRow *row = data;
	const char *path = path_of(fixture, row->path);
	gboolean set = row->method[0] == '=';
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) args = NULL, reply = NULL;
	g_autofree char *name = NULL;

	args = set ? g_variant_ref_sink(set_args(row->interface, row->method + 1, row->args))
		   : parse(row->args);
	if (set)
		reply = client_ask(&fixture->client, path, "org.freedesktop.DBus.Properties", "Set",
				   args, &error);
	else
		reply = client_ask(&fixture->client, path, row->interface, row->method, args,
				   &error);
	g_assert_null(reply);
	name = client_error_name(error);
	g_assert_cmpstr(name, ==, row->error);
	if (!strstr(error->message, row->named))
		g_error("\"%s\" does not name %s", error->message, row->named);
	g_assert_null(strstr(error->message, "canary"));
	g_assert_cmpstr(stub_core_take_last(fixture->core), ==, "");
}

/* Errors of the core arrive under their names; foreign ones as one of ours. */
static void test_errors(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	for (guint code = 0; code < CUSAX_N_ERRORS; code++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *name = NULL;

		stub_core_fail(fixture->core,
			       g_error_new_literal(CUSAX_ERROR, (int)code, "why it is so"));
		g_assert_null(client_ask(&fixture->client, C1, "Contact", "Refresh", NULL, &error));
		name = client_error_name(error);
		g_assert_cmpstr(name, ==, cusax_error_name(code));
		g_assert_nonnull(strstr(error->message, "why it is so"));
	}
}

static void test_foreign_errors(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const struct {
		int code;
		const char *name;
	} rows[] = {
		{ G_IO_ERROR_CANCELLED, "Cancelled" },
		{ G_IO_ERROR_TIMED_OUT, "Timeout" },
		{ G_IO_ERROR_NO_SPACE, "Failed" },
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *name = NULL;

		stub_core_fail(fixture->core,
			       g_error_new_literal(G_IO_ERROR, rows[i].code, "bad \xff byte"));
		g_assert_null(client_ask(&fixture->client, C1, "Contact", "Refresh", NULL, &error));
		name = client_error_name(error);
		g_assert_cmpstr(name, ==, rows[i].name);
	}
}

static void test_size(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree char *text = g_strnfill(CUSAX_BUS_REQUESTS_MAX * 65, 'x');
	g_autoptr(GError) method = NULL, property = NULL;
	g_autofree char *name = NULL, *name2 = NULL;

	g_assert_null(client_ask(&fixture->client, C1, "Contact", "Subscribe",
				 g_variant_new("(s)", text), &method));
	name = client_error_name(method);
	g_assert_cmpstr(name, ==, "InvalidArgument");
	g_assert_nonnull(strstr(method->message, "message is larger than 256 KiB"));
	g_assert_null(client_ask(&fixture->client, C1, "org.freedesktop.DBus.Properties", "Set",
				 g_variant_new("(ssv)", "org.cusax.Cusax1.Contact", "Name",
					       g_variant_new_string(text)),
				 &property));
	name2 = client_error_name(property);
	g_assert_cmpstr(name2, ==, "InvalidArgument");
	g_assert_nonnull(strstr(property->message, "Name is larger than 256 KiB"));
}

static void on_answered(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GVariant) reply =
		g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, NULL);

	*(guint *)data += reply != NULL;
}

static void ask_n(GDBusConnection *client, guint n, guint *answered)
{
	for (guint i = 0; i < n; i++)
		g_dbus_connection_call(client, CUSAX_BUS_NAME, C1, "org.cusax.Cusax1.Contact",
				       "Refresh", NULL, NULL, G_DBUS_CALL_FLAGS_NO_AUTO_START, -1,
				       NULL, on_answered, answered);
}

static void run_until_held(Fixture *fixture, guint n)
{
	gint64 end = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;

	while (stub_core_n_held(fixture->core) < n) {
		g_assert_cmpint(g_get_monotonic_time(), <, end);
		g_main_context_iteration(NULL, FALSE);
	}
}

/* 64 wait, the next is refused, and another client is served all the same. */
static void test_limit(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GDBusConnection) other = client_connect();
	g_autoptr(GError) error = NULL;
	g_autofree char *name = NULL;
	guint answered = 0, answered_other = 0;
	gint64 end = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;

	stub_core_hold(fixture->core);
	ask_n(fixture->client.connection, CUSAX_BUS_REQUESTS_PER_PEER, &answered);
	run_until_held(fixture, CUSAX_BUS_REQUESTS_PER_PEER);
	g_assert_null(client_ask(&fixture->client, C1, "Contact", "Refresh", NULL, &error));
	name = client_error_name(error);
	g_assert_cmpstr(name, ==, "LimitExceeded");
	ask_n(other, 1, &answered_other);
	run_until_held(fixture, CUSAX_BUS_REQUESTS_PER_PEER + 1);
	stub_core_release(fixture->core);
	while (answered < CUSAX_BUS_REQUESTS_PER_PEER || answered_other < 1) {
		g_assert_cmpint(g_get_monotonic_time(), <, end);
		g_main_context_iteration(NULL, FALSE);
	}
	g_dbus_connection_close_sync(other, NULL, NULL);
	client_settle(&fixture->client);
}

static void on_vanished(G_GNUC_UNUSED GDBusConnection *connection, G_GNUC_UNUSED const char *sender,
			G_GNUC_UNUSED const char *path, G_GNUC_UNUSED const char *interface,
			G_GNUC_UNUSED const char *signal, GVariant *parameters, gpointer data)
{
	const char *owner;

	g_variant_get_child(parameters, 2, "&s", &owner);
	if (!*owner)
		*(gboolean *)data = TRUE;
}

/* What a client that left was waiting for is answered to nobody, and the core may go on. */
static void test_vanished(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GDBusConnection) other = client_connect();
	guint answered = 0;
	gboolean gone = FALSE;

	stub_core_hold(fixture->core);
	ask_n(other, 10, &answered);
	run_until_held(fixture, 10);
	g_dbus_connection_signal_subscribe(fixture->client.connection, "org.freedesktop.DBus",
					   "org.freedesktop.DBus", "NameOwnerChanged", NULL,
					   g_dbus_connection_get_unique_name(other),
					   G_DBUS_SIGNAL_FLAGS_NONE, on_vanished, &gone, NULL);
	/* The subscription stands when a later request of the same client was answered. */
	client_settle(&fixture->client);
	g_dbus_connection_close_sync(other, NULL, NULL);
	client_run_until(&gone);
	stub_core_release(fixture->core);
	client_settle(&fixture->client);
	g_assert_cmpuint(answered, ==, 0);
}

static void on_verb_remove(gpointer data)
{
	Fixture *fixture = data;

	cusax_registry_remove(fixture->registry, CUSAX_OBJECT(fixture->call));
}

/* The object may go while its own method runs. */
static void test_object_goes(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) reply = NULL;

	stub_core_on_verb(fixture->core, on_verb_remove, fixture);
	reply = client_ask(&fixture->client, fixture->call_path, "Call", "Hangup", NULL, &error);
	g_assert_no_error(error);
	stub_core_on_verb(fixture->core, NULL, NULL);
	g_assert_null(
		client_ask(&fixture->client, fixture->call_path, "Call", "Hangup", NULL, &error));
}

/* The bus may go while requests wait: the core still answers. */
static void test_bus_goes(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	guint answered = 0;

	stub_core_hold(fixture->core);
	ask_n(fixture->client.connection, 3, &answered);
	run_until_held(fixture, 3);
	g_clear_pointer(&fixture->bus, cusax_bus_free);
	stub_core_release(fixture->core);
	while (g_main_context_iteration(NULL, FALSE))
		;
	g_assert_cmpuint(answered, ==, 0);
}

static void add(const char *path, gconstpointer row, void (*test)(Fixture *, gconstpointer))
{
	g_test_add(path, Fixture, row, fixture_set_up, test, fixture_tear_down);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(verb_rows); i++) {
		g_autofree char *path = g_strdup_printf(
			"/binding/method/%s.%s/%u", verb_rows[i].interface, verb_rows[i].method, i);
		add(path, &verb_rows[i], test_verb);
	}
	for (guint i = 0; i < G_N_ELEMENTS(property_rows); i++) {
		g_autofree char *path = g_strdup_printf(
			"/binding/set/%s.%s", property_rows[i].interface, property_rows[i].method);
		add(path, &property_rows[i], test_property);
	}
	for (guint i = 0; i < G_N_ELEMENTS(refusal_rows); i++) {
		g_autofree char *path = g_strdup_printf(
			"/binding/refused/%u %s.%s names %s", i, refusal_rows[i].interface,
			refusal_rows[i].method, refusal_rows[i].named);
		add(path, &refusal_rows[i], test_refusal);
	}
	add("/binding/errors/each code has its name", NULL, test_errors);
	add("/binding/errors/foreign ones become ours", NULL, test_foreign_errors);
	add("/binding/limit/arguments over 256 KiB are refused", NULL, test_size);
	add("/binding/limit/64 requests of one client wait, no more", NULL, test_limit);
	add("/binding/limit/a client that leaves is forgotten", NULL, test_vanished);
	add("/binding/life/an object goes during its method", NULL, test_object_goes);
	add("/binding/life/the bus goes while requests wait", NULL, test_bus_goes);
	return client_run_tests();
}
