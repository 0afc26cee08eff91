/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The XMPP driver under test: operations in, events out as lines of text. */
/* Main thread. */
#include <string.h>

#include "services/xmpp/xmpp-driver.h"
#include "tests/wire/xmpp-peer.h"

static char *describe_vcard(const CusaxEvent *event)
{
	g_autoptr(GString) line = g_string_new(NULL);

	g_string_append_printf(line, "vcard %s%s%s %s", event->vcard.address,
			       event->vcard.failed ? " failed" : "",
			       event->vcard.absent ? " absent" : "",
			       event->vcard.full_name ? event->vcard.full_name : "-");
	for (guint i = 0; i < event->vcard.phones->len; i++) {
		CusaxPhone *phone = event->vcard.phones->pdata[i];
		g_autofree char *types = g_strjoinv(",", phone->types);

		g_string_append_printf(line, " | %s [%s] %u %s", phone->uri, types,
				       phone->preference,
				       cusax_word(CUSAX_TYPE_SOURCE, (int)phone->source));
	}
	return g_string_free(g_steal_pointer(&line), FALSE);
}

static char *describe_reachability(const CusaxEvent *event)
{
	g_autoptr(GString) line = g_string_new("reachability ");

	g_string_append(line, event->reachability.address);
	for (guint i = 0; i < event->reachability.phones->len; i++) {
		CusaxPhone *phone = event->reachability.phones->pdata[i];

		g_assert_cmpint(phone->source, ==, CUSAX_SOURCE_REACHABILITY);
		g_assert_null(phone->types[0]);
		g_string_append_printf(line, " %s", phone->uri);
	}
	return g_string_free(g_steal_pointer(&line), FALSE);
}

static char *describe_block_list(const CusaxEvent *event)
{
	g_autofree char *joined = g_strjoinv(" ", event->block_list.addresses);

	return g_strdup_printf("block-list [%s]", joined);
}

static char *describe_relays(const CusaxEvent *event)
{
	g_autoptr(GString) line = g_string_new("relays");

	for (guint i = 0; i < event->relays.relays->len; i++) {
		const CusaxRelay *relay = event->relays.relays->pdata[i];

		g_string_append_printf(
			line, " %s/%d:%s:%u%s%s", relay->kind == CUSAX_RELAY_TURN ? "turn" : "stun",
			(int)relay->transport, relay->host, relay->port, relay->username ? ":" : "",
			relay->username ? relay->username : "");
		if (relay->password)
			g_string_append_printf(line, ":%s:%" G_GINT64_FORMAT, relay->password,
					       relay->expires / G_USEC_PER_SEC);
	}
	return g_string_free(g_steal_pointer(&line), FALSE);
}

static char *describe_file(const CusaxFile *file)
{
	if (!file)
		return g_strdup("");
	return g_strdup_printf(" +file %s %s %s %" G_GUINT64_FORMAT, file->uri,
			       file->name ? file->name : "-", file->type ? file->type : "-",
			       file->size);
}

static char *describe_message(const CusaxEvent *event)
{
	g_autofree char *file = describe_file(event->message.file);
	g_autofree char *kind =
		event->message.kind == CUSAX_MESSAGE_CHAT
			? g_strdup("")
			: g_strconcat(cusax_word(CUSAX_TYPE_MESSAGE_KIND, (int)event->message.kind),
				      " ", NULL);

	return g_strdup_printf(
		"message %s%s %s%s%s %s%s%s%s%s%s%s%s%s%s%s%s", kind,
		cusax_word(CUSAX_TYPE_DIRECTION, (int)event->message.direction),
		event->message.address, event->message.kind == CUSAX_MESSAGE_ROOM ? "/" : "",
		event->message.kind == CUSAX_MESSAGE_ROOM ? event->message.resource : "",
		event->message.text, event->message.wants_receipt ? " +receipt" : "",
		event->message.claimed ? " +claimed" : "", event->message.occupant ? " @" : "",
		event->message.occupant ? event->message.occupant : "",
		event->message.delayed ? " +delayed" : "",
		event->message.undecryptable ? " +undecryptable" : "",
		event->message.replaces ? " +replaces " : "",
		event->message.replaces ? event->message.replaces : "",
		event->message.reply_to ? " +reply " : "",
		event->message.reply_to ? event->message.reply_to : "", file);
}

static char *describe_reference(const CusaxEvent *event)
{
	g_autofree char *reactions =
		event->reference.reactions ? g_strjoinv(",", event->reference.reactions) : NULL;

	return g_strdup_printf("%s %s %s %s%s%s",
			       event->kind == CUSAX_EVENT_REACTIONS ? "reactions" : "retraction",
			       cusax_word(CUSAX_TYPE_DIRECTION, (int)event->reference.direction),
			       event->reference.address, event->reference.id, reactions ? " " : "",
			       reactions ? reactions : "");
}

static char *describe(const CusaxEvent *event);

static char *describe_archive(const CusaxEvent *event)
{
	g_autoptr(GString) line = g_string_new("archive");

	g_string_append_printf(line, "%s first %s", event->archive.complete ? " complete" : "",
			       event->archive.first);
	for (guint i = 0; i < event->archive.events->len; i++) {
		CusaxEvent *inner = event->archive.events->pdata[i];
		g_autofree char *text = describe(inner);

		g_string_append_printf(line, " | %s", text);
		if (inner->kind == CUSAX_EVENT_MESSAGE)
			g_string_append_printf(line, " #%s", inner->message.server_id);
	}
	return g_string_free(g_steal_pointer(&line), FALSE);
}

static char *describe_profile(const CusaxEvent *event)
{
	g_autoptr(GList) keys =
		g_list_sort(g_hash_table_get_keys(event->profile.fields), (GCompareFunc)strcmp);
	GString *line = g_string_new("profile");

	for (GList *l = keys; l; l = l->next)
		g_string_append_printf(
			line, " %s=%s", (const char *)l->data,
			(const char *)g_hash_table_lookup(event->profile.fields, l->data));
	return g_string_free(line, FALSE);
}

static char *describe_presence(const CusaxEvent *event)
{
	g_autofree char *seen = event->presence.seen
					? g_strdup_printf(" seen %" G_GINT64_FORMAT,
							  event->presence.seen / G_USEC_PER_SEC)
					: g_strdup("");
	g_autofree char *caps =
		event->presence.caps_version
			? g_strdup_printf(" caps %s#%s %s", event->presence.caps_node,
					  event->presence.caps_version,
					  event->presence.caps_hash ? event->presence.caps_hash
								    : "-")
			: g_strdup("");

	return g_strdup_printf(
		"presence %s/%s %s %s%s%s", event->presence.address, event->presence.resource,
		cusax_word(CUSAX_TYPE_AVAILABILITY, (int)event->presence.availability),
		event->presence.photo_hash ? event->presence.photo_hash : "-", seen, caps);
}

static char *describe_slot(const CusaxEvent *event)
{
	g_autofree char *headers = g_strjoinv("|", event->upload_slot.headers);

	return g_strdup_printf("slot %s %s [%s]", event->upload_slot.put, event->upload_slot.get,
			       headers);
}

static char *describe_room(const char *what, const CusaxRoomFacts *room)
{
	g_autoptr(GString) line = g_string_new(NULL);

	g_string_append_printf(line, "room %s %s", what, room->address);
	if (room->nick && *room->nick)
		g_string_append_printf(line, "/%s", room->nick);
	if (room->new_nick)
		g_string_append_printf(line, " -> %s", room->new_nick);
	if (room->person)
		g_string_append_printf(line, " <%s>", room->person);
	if (room->role)
		g_string_append_printf(line, " %s", room->role);
	if (room->affiliation)
		g_string_append_printf(line, " %s", room->affiliation);
	if (room->end)
		g_string_append_printf(line, " %s",
				       cusax_word(CUSAX_TYPE_ROOM_END, (int)room->end));
	g_string_append_printf(line, "%s%s%s", room->self ? " +self" : "",
			       room->created ? " +created" : "", room->direct ? " +direct" : "");
	if (room->name)
		g_string_append_printf(line, " '%s'", room->name);
	if (room->audio_video_uri)
		g_string_append_printf(line, " %s", room->audio_video_uri);
	if (room->features) {
		g_autofree char *words = g_strjoinv(",", room->features);

		g_string_append_printf(line, " [%s]", words);
	}
	if (room->text)
		g_string_append_printf(line, " \"%s\"", room->text);
	return g_string_free(g_steal_pointer(&line), FALSE);
}

static void describe_bookmark(GString *line, const CusaxBookmark *bookmark)
{
	g_string_append_printf(
		line, " %s|%s|%s|%s%s", bookmark->address, bookmark->name ? bookmark->name : "",
		bookmark->nick ? bookmark->nick : "", bookmark->password ? bookmark->password : "",
		bookmark->autojoin ? "|autojoin" : "");
}

static char *describe_bookmarks(const CusaxEvent *event)
{
	g_autoptr(GString) line = g_string_new("bookmarks");

	for (guint i = 0; i < event->bookmarks.items->len; i++)
		describe_bookmark(line, event->bookmarks.items->pdata[i]);
	return g_string_free(g_steal_pointer(&line), FALSE);
}

static char *describe_one_bookmark(const CusaxEvent *event)
{
	g_autoptr(GString) line =
		g_string_new(event->bookmark.removed ? "bookmark removed" : "bookmark");

	describe_bookmark(line, event->bookmark.item);
	return g_string_free(g_steal_pointer(&line), FALSE);
}

static char *describe(const CusaxEvent *event)
{
	switch (event->kind) {
	case CUSAX_EVENT_DONE:
		return g_strdup_printf("done %" G_GUINT64_FORMAT " %s", event->op,
				       event->done.failed ? cusax_error_name(event->done.code)
							  : "ok");
	case CUSAX_EVENT_CONNECTION:
		return g_strdup_printf(
			"connection %s%s%s%s",
			cusax_word(CUSAX_TYPE_ACCOUNT_STATE, (int)event->connection.state),
			event->connection.failed ? " " : "",
			event->connection.failed ? cusax_error_name(event->connection.code) : "",
			event->connection.resumed     ? " resumed"
			: event->connection.recovered ? " recovered"
						      : "");
	case CUSAX_EVENT_REFUSED:
		return g_strdup_printf("refused %s", event->refused.kind);
	case CUSAX_EVENT_ROSTER_BEGIN:
		return g_strdup("roster begin");
	case CUSAX_EVENT_ROSTER_END:
		return g_strdup_printf("roster end %s", event->roster_end.version);
	case CUSAX_EVENT_ROSTER_ITEM:
		return g_strdup_printf(
			"roster item %s %s %s%s%s%s", event->roster_item.address,
			event->roster_item.name ? event->roster_item.name : "-",
			cusax_word(CUSAX_TYPE_SUBSCRIPTION, (int)event->roster_item.subscription),
			event->roster_item.asked ? " asked" : "",
			event->roster_item.approved ? " approved" : "",
			event->roster_item.removed ? " removed" : "");
	case CUSAX_EVENT_PRESENCE:
		return describe_presence(event);
	case CUSAX_EVENT_CLIENT: {
		g_autofree char *words = g_strjoinv(" ", event->client.features);

		return g_strdup_printf("client %s %s/%s %s [%s]", event->client.address,
				       event->client.category, event->client.type,
				       event->client.name, words);
	}
	case CUSAX_EVENT_LAST_SEEN:
		return g_strdup_printf("last-seen %s %" G_GINT64_FORMAT, event->last_seen.address,
				       event->last_seen.time / G_USEC_PER_SEC);
	case CUSAX_EVENT_ARCHIVE_PREFERENCES: {
		g_autofree char *always = g_strjoinv(" ", event->archive_preferences.always);
		g_autofree char *never = g_strjoinv(" ", event->archive_preferences.never);

		return g_strdup_printf("archive-preferences %s [%s] [%s]",
				       event->archive_preferences.fallback, always, never);
	}
	case CUSAX_EVENT_SUBSCRIPTION:
		return g_strdup_printf("subscription %s %d", event->subscription.address,
				       (int)event->subscription.what);
	case CUSAX_EVENT_VCARD:
		return describe_vcard(event);
	case CUSAX_EVENT_VCARD_CHANGED:
		return g_strdup_printf("vcard-changed %s", event->vcard_changed.address);
	case CUSAX_EVENT_REACHABILITY:
		return describe_reachability(event);
	case CUSAX_EVENT_RELAYS:
		return describe_relays(event);
	case CUSAX_EVENT_BLOCK_LIST:
		return describe_block_list(event);
	case CUSAX_EVENT_MESSAGE:
		return describe_message(event);
	case CUSAX_EVENT_MESSAGE_STATE:
		return g_strdup_printf(
			"state %s %s %s", event->message_state.address, event->message_state.id,
			cusax_word(CUSAX_TYPE_DELIVERY, (int)event->message_state.delivery));
	case CUSAX_EVENT_ARCHIVE:
		return describe_archive(event);
	case CUSAX_EVENT_HANDLED:
		return g_strdup_printf("handled %u", event->handled.count);
	case CUSAX_EVENT_CHAT_STATE:
		return g_strdup_printf(
			"chat-state %s %s", event->chat_state.address,
			cusax_word(CUSAX_TYPE_CHAT_STATE, (int)event->chat_state.state));
	case CUSAX_EVENT_READ:
		return g_strdup_printf("read %s %s", event->read.address, event->read.id);
	case CUSAX_EVENT_REACTIONS:
	case CUSAX_EVENT_RETRACTION:
		return describe_reference(event);
	case CUSAX_EVENT_AVATAR:
		return g_strdup_printf("avatar %s %s", event->avatar.address, event->avatar.hash);
	case CUSAX_EVENT_AVATAR_DATA:
		return g_strdup_printf("avatar-data %s %" G_GSIZE_FORMAT,
				       event->avatar_data.address,
				       g_bytes_get_size(event->avatar_data.picture));
	case CUSAX_EVENT_NICKNAME:
		return g_strdup_printf("nickname %s %s", event->nickname.address,
				       event->nickname.name ? event->nickname.name : "-");
	case CUSAX_EVENT_PROFILE:
		return describe_profile(event);
	case CUSAX_EVENT_UPLOAD_SLOT:
		return describe_slot(event);
	case CUSAX_EVENT_ROOM_JOINED:
		return describe_room("joined", &event->room);
	case CUSAX_EVENT_ROOM_LEFT:
		return describe_room("left", &event->room);
	case CUSAX_EVENT_ROOM_OCCUPANT:
		return describe_room(event->room.availability == CUSAX_AVAILABILITY_OFFLINE &&
						     !event->room.new_nick
					     ? "gone"
					     : "occupant",
				     &event->room);
	case CUSAX_EVENT_ROOM_SUBJECT:
		return describe_room("subject", &event->room);
	case CUSAX_EVENT_ROOM_CHANGED:
		return describe_room("changed", &event->room);
	case CUSAX_EVENT_ROOM_INFO:
		return describe_room("info", &event->room);
	case CUSAX_EVENT_ROOM_INVITATION:
		return describe_room("invitation", &event->room);
	case CUSAX_EVENT_ROOM_DECLINED:
		return describe_room("declined", &event->room);
	case CUSAX_EVENT_BOOKMARKS:
		return describe_bookmarks(event);
	case CUSAX_EVENT_BOOKMARK:
		return describe_one_bookmark(event);
	case CUSAX_EVENT_MAILBOX:
	case CUSAX_EVENT_CALL_INCOMING:
	case CUSAX_EVENT_CALL_RINGING:
	case CUSAX_EVENT_CALL_ANSWERED:
	case CUSAX_EVENT_CALL_MEDIA:
	case CUSAX_EVENT_CALL_DTMF:
	case CUSAX_EVENT_CALL_DEVICE:
	case CUSAX_EVENT_AUDIO_DEVICES:
	case CUSAX_EVENT_CALL_RECORDING:
	case CUSAX_EVENT_CALL_STATISTICS:
	case CUSAX_EVENT_CALL_REFERRED:
	case CUSAX_EVENT_CALL_TRANSFERRED:
	case CUSAX_EVENT_CALL_ENDED:
		break;
	}
	g_assert_not_reached();
}

void xmpp_rig_keep(XmppRig *rig, gboolean own, guint32 count)
{
	CusaxOperation *kept = xmpp_rig_operation(CUSAX_OPERATION_KEPT);

	kept->kept.own = own;
	kept->kept.count = count;
	kept->kept.stream = g_strdup(rig->stream);
	xmpp_rig_submit(rig, kept);
}

/* As the core does: what is told is kept. Its answer is nobody's line. */
static void on_event(CusaxEvent *event, gpointer data)
{
	XmppRig *rig = data;

	g_assert_cmpstr(event->account, ==, "alice");
	if (event->kind == CUSAX_EVENT_CONNECTION &&
	    event->connection.state == CUSAX_ACCOUNT_ONLINE) {
		g_free(rig->stream);
		rig->stream = g_strdup(event->connection.stream);
	}
	if (event->kind == CUSAX_EVENT_HANDLED && !rig->forgetful)
		xmpp_rig_keep(rig, FALSE, event->handled.count);
	else if (event->kind == CUSAX_EVENT_MESSAGE_STATE && event->message_state.counted &&
		 !rig->forgetful)
		xmpp_rig_keep(rig, TRUE, event->message_state.count);
	if (event->kind == CUSAX_EVENT_CONNECTION && event->connection.login_pin) {
		g_free(rig->login_pin);
		rig->login_pin = g_strdup(event->connection.login_pin);
	}
	g_queue_push_tail(&rig->lines, describe(event));
}

void xmpp_rig_init(XmppRig *rig, SSL_CTX *ctx)
{
	*rig = (XmppRig){ .times = cusax_xmpp_default_times };
	rig->times.connect = 2000;
	rig->times.handshake = 400;
	rig->times.negotiation = 3000;
	rig->times.answer = 3000;
	rig->times.close = 500;
	g_queue_init(&rig->lines);
	rig->peer = xmpp_peer_new(ctx);
	rig->queue = cusax_event_queue_new(NULL, on_event, rig);
	rig->driver = cusax_xmpp_driver_new_with_times(rig->queue, &rig->times);
}

void xmpp_rig_clear(XmppRig *rig)
{
	cusax_driver_free(rig->driver);
	cusax_event_queue_close(rig->queue);
	cusax_event_queue_unref(rig->queue);
	/* What was cancelled reports to nobody. */
	while (g_main_context_iteration(NULL, FALSE))
		;
	xmpp_peer_free(rig->peer);
	g_queue_clear_full(&rig->lines, g_free);
	g_clear_pointer(&rig->stream, g_free);
	g_clear_pointer(&rig->login_pin, g_free);
}

CusaxOperation *xmpp_rig_operation(CusaxOperationKind kind)
{
	return cusax_operation_new(kind, "alice");
}

guint64 xmpp_rig_submit(XmppRig *rig, CusaxOperation *operation)
{
	guint64 id = operation->id;

	cusax_driver_submit(rig->driver, operation);
	return id;
}

static CusaxSettings *make_settings(XmppRig *rig, const char *more)
{
	g_autofree char *text =
		g_strdup_printf("{'server': <'127.0.0.1'>, 'port': <uint32 %u>, 'ca-file': <'%s'>}",
				xmpp_peer_port(rig->peer), xmpp_cert_ca_file());
	g_autoptr(GVariant) base = g_variant_parse(G_VARIANT_TYPE_VARDICT, text, NULL, NULL, NULL);
	g_autoptr(GVariant) top =
		more ? g_variant_parse(G_VARIANT_TYPE_VARDICT, more, NULL, NULL, NULL) : NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(CusaxSettings) settings =
		cusax_settings_merge(CUSAX_SETTINGS_XMPP_ACCOUNT, NULL, base, &error);
	CusaxSettings *merged;

	g_assert_no_error(error);
	if (!top)
		return g_steal_pointer(&settings);
	merged = cusax_settings_merge(CUSAX_SETTINGS_XMPP_ACCOUNT, settings, top, &error);
	g_assert_no_error(error);
	return merged;
}

CusaxOperation *xmpp_rig_connection(XmppRig *rig, const char *settings)
{
	CusaxOperation *operation = xmpp_rig_operation(CUSAX_OPERATION_CONNECT);

	operation->connect.address = g_strdup("alice@xmpp.test");
	operation->connect.secret = g_strdup(XMPP_PEER_SECRET);
	operation->connect.settings = make_settings(rig, settings);
	operation->connect.login_pin = g_strdup(rig->login_pin);
	operation->connect.policy = cusax_settings_new(CUSAX_SETTINGS_POLICY);
	return operation;
}

guint64 xmpp_rig_connect(XmppRig *rig, const char *settings)
{
	return xmpp_rig_submit(rig, xmpp_rig_connection(rig, settings));
}

static gboolean on_late(gpointer data)
{
	g_error("no such event in time: %s", (const char *)data);
	return G_SOURCE_REMOVE;
}

char *xmpp_rig_expect(XmppRig *rig, const char *text)
{
	guint timer = g_timeout_add_seconds(XMPP_PEER_SECONDS, on_late, (gpointer)text);
	char *line;

	for (;;) {
		while ((line = g_queue_pop_head(&rig->lines))) {
			if (g_str_has_prefix(line, text)) {
				g_source_remove(timer);
				return line;
			}
			g_free(line);
		}
		g_main_context_iteration(NULL, TRUE);
	}
}

void xmpp_rig_forbid(XmppRig *rig, const char *text)
{
	for (GList *l = rig->lines.head; l; l = l->next) {
		if (g_str_has_prefix(l->data, text))
			g_error("unexpected: %s", (const char *)l->data);
	}
}

void xmpp_rig_fence(XmppRig *rig)
{
	static guint last;
	g_autofree char *id = g_strdup_printf("fence-%u", ++last);

	xmpp_peer_send(rig->peer,
		       "<iq type='get' id='%s' from='xmpp.test'>"
		       "<ping xmlns='urn:xmpp:ping'/></iq>",
		       id);
	g_free(xmpp_peer_expect(rig->peer, id));
	g_free(xmpp_peer_expect(rig->peer, ">"));
	while (g_main_context_iteration(NULL, FALSE))
		;
}

void xmpp_rig_login(XmppRig *rig)
{
	xmpp_rig_connect(rig, NULL);
	xmpp_peer_login(rig->peer);
	g_free(xmpp_rig_expect(rig, "roster end v1"));
}
