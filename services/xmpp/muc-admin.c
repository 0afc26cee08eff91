/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What members, moderators and owners ask of a room; what a room says of itself. */
/* Main thread. */
#include <string.h>

#include "daemon/base/error.h"
#include "daemon/base/jid.h"
#include "services/xmpp/iq.h"
#include "services/xmpp/muc.h"
#include "services/xmpp/ns.h"

/* The operation under way, and what it is about. */
typedef struct {
	guint64 op;
	char *address;
	GVariant *settings;
} Asked;

static void asked_free(gpointer data)
{
	Asked *asked = data;

	g_clear_pointer(&asked->settings, g_variant_unref);
	g_free(asked->address);
	g_free(asked);
}

static Asked *asked_new(const CusaxOperation *operation, const char *address)
{
	Asked *asked = g_new0(Asked, 1);

	asked->op = operation->id;
	asked->address = g_strdup(address);
	if (operation->room.settings)
		asked->settings = g_variant_ref(operation->room.settings);
	return asked;
}

static void on_answer(CusaxXmppSession *session, G_GNUC_UNUSED CusaxNode *answer,
		      const GError *error, gpointer data)
{
	cusax_xmpp_session_done(session, ((Asked *)data)->op, error);
}

static const CusaxXmppIqKind answered = { .done = on_answer };

/* --- roles, affiliations, subject, voice ----------------------------------------------------- */

/* §8.2, §9: kicking is the role none, banning the affiliation outcast. */
static void change_item(CusaxXmppSession *session, const CusaxOperation *operation,
			const char *room)
{
	const CusaxRoomRequest *request = &operation->room;
	gboolean is_role = operation->kind == CUSAX_OPERATION_ROOM_ROLE;
	g_autofree char *person = NULL, *bare = NULL;
	g_autoptr(GError) error = NULL;
	CusaxNode *query, *item, *iq;

	if (!is_role) {
		person = cusax_jid_prepare(request->person, &error);
		if (!person) {
			cusax_xmpp_session_done(session, operation->id, error);
			return;
		}
		bare = cusax_jid_bare(person);
	}
	iq = cusax_xmpp_iq_new("set", room, "query", CUSAX_NS_MUC_ADMIN, &query);
	item = cusax_node_add(query, "item", CUSAX_NS_MUC_ADMIN);
	cusax_node_set(item, is_role ? "nick" : "jid", is_role ? request->nick : bare);
	cusax_node_set(item, is_role ? "role" : "affiliation", request->word);
	if (request->text && *request->text)
		cusax_node_add_text(item, "reason", CUSAX_NS_MUC_ADMIN, request->text);
	cusax_xmpp_iq_send(session, iq, &answered, asked_new(operation, room), asked_free);
}

static CusaxNode *message_to(const char *room, const char *type)
{
	CusaxNode *message = cusax_node_new("message", CUSAX_NS_CLIENT);
	g_autofree char *id = g_uuid_string_random();

	cusax_node_set(message, "to", room);
	cusax_node_set(message, "type", type);
	cusax_node_set(message, "id", id);
	return message;
}

/* The room answers by telling everybody, or by an error that names the message. */
static void change_subject(CusaxXmppSession *session, const CusaxOperation *operation,
			   const char *room)
{
	CusaxNode *message = message_to(room, "groupchat"), *subject;

	subject = cusax_node_add(message, "subject", CUSAX_NS_CLIENT);
	if (operation->room.text && *operation->room.text)
		cusax_node_set_text(subject, operation->room.text, -1);
	cusax_xmpp_session_send(session, message);
	cusax_xmpp_session_done(session, operation->id, NULL);
}

static void add_field(CusaxNode *form, const char *name, const char *type, const char *value)
{
	CusaxNode *field = cusax_node_add(form, "field", CUSAX_NS_DATA);

	cusax_node_set(field, "var", name);
	cusax_node_set(field, "type", type);
	cusax_node_add_text(field, "value", CUSAX_NS_DATA, value);
}

/* §7.13 */
static void request_voice(CusaxXmppSession *session, const CusaxOperation *operation,
			  const char *room)
{
	CusaxNode *message = message_to(room, NULL);
	CusaxNode *form = cusax_node_add(message, "x", CUSAX_NS_DATA);

	cusax_node_set(form, "type", "submit");
	add_field(form, "FORM_TYPE", NULL, CUSAX_NS_MUC "#request");
	add_field(form, "muc#role", "list-single", "participant");
	cusax_xmpp_session_send(session, message);
	cusax_xmpp_session_done(session, operation->id, NULL);
}

/* --- invitations ----------------------------------------------------------------------------- */

/* §7.8.2: by the room, which lets the person in; flag: directly (XEP-0249), past a room that does
 * not need to know. */
static void invite(CusaxXmppSession *session, const CusaxOperation *operation, const char *room)
{
	const CusaxRoomRequest *request = &operation->room;
	const char *reason = request->text && *request->text ? request->text : NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *person = cusax_jid_prepare(request->person, &error);
	CusaxNode *message, *x, *child;

	if (!person) {
		cusax_xmpp_session_done(session, operation->id, error);
		return;
	}
	message = message_to(request->flag ? person : room, NULL);
	if (request->flag) {
		x = cusax_node_add(message, "x", CUSAX_NS_MUC_DIRECT);
		cusax_node_set(x, "jid", room);
		cusax_node_set(x, "reason", reason);
		cusax_node_set(x, "password", request->password);
	} else {
		x = cusax_node_add(message, "x", CUSAX_NS_MUC_USER);
		child = cusax_node_add(x, "invite", CUSAX_NS_MUC_USER);
		cusax_node_set(child, "to", person);
		cusax_node_add_text(child, "reason", CUSAX_NS_MUC_USER, reason);
	}
	cusax_xmpp_session_send(session, message);
	cusax_xmpp_session_done(session, operation->id, NULL);
}

static void decline(CusaxXmppSession *session, const CusaxOperation *operation, const char *room)
{
	CusaxNode *message = message_to(room, NULL), *child;

	child = cusax_node_add(cusax_node_add(message, "x", CUSAX_NS_MUC_USER), "decline",
			       CUSAX_NS_MUC_USER);
	cusax_node_set(child, "to", operation->room.person);
	if (operation->room.text && *operation->room.text)
		cusax_node_add_text(child, "reason", CUSAX_NS_MUC_USER, operation->room.text);
	cusax_xmpp_session_send(session, message);
	cusax_xmpp_session_done(session, operation->id, NULL);
}

/* --- configuration (§10) --------------------------------------------------------------------- */

#define CONFIG "muc#roomconfig_"

static const struct {
	const char *setting, *field;
} config_fields[] = {
	{ "name", CONFIG "roomname" },
	{ "description", CONFIG "roomdesc" },
	{ "members-only", CONFIG "membersonly" },
	{ "moderated", CONFIG "moderatedroom" },
	{ "password", CONFIG "roomsecret" },
	{ "persistent", CONFIG "persistentroom" },
	{ "public", CONFIG "publicroom" },
	{ "audio-video-uri", CONFIG "audio-video-uri" },
};

static CusaxNode *submit_form(const char *room, CusaxNode **ret_form)
{
	CusaxNode *query, *iq;

	iq = cusax_xmpp_iq_new("set", room, "query", CUSAX_NS_MUC_OWNER, &query);
	*ret_form = cusax_node_add(query, "x", CUSAX_NS_DATA);
	cusax_node_set(*ret_form, "type", "submit");
	return iq;
}

static void on_opened(G_GNUC_UNUSED CusaxXmppSession *session, G_GNUC_UNUSED CusaxNode *answer,
		      G_GNUC_UNUSED const GError *error, G_GNUC_UNUSED gpointer data)
{
}

void cusax_xmpp_muc_open_instantly(CusaxXmppRoom *room)
{
	static const CusaxXmppIqKind kind = { .done = on_opened };
	CusaxNode *form;

	cusax_xmpp_iq_send(room->session, submit_form(room->address, &form), &kind, NULL, NULL);
}

static gboolean form_has(CusaxNode *form, const char *name)
{
	for (CusaxNode *n = cusax_node_first(form); n; n = cusax_node_next(n)) {
		if (cusax_node_is(n, "field", CUSAX_NS_DATA) &&
		    g_strcmp0(cusax_node_attr(n, "var"), name) == 0)
			return TRUE;
	}
	return FALSE;
}

/* FALSE: the room does not offer that setting. */
static gboolean fill_in(CusaxNode *offered, CusaxNode *form, const char *setting, GVariant *value)
{
	const char *text;

	for (guint i = 0; i < G_N_ELEMENTS(config_fields); i++) {
		const char *field = config_fields[i].field;

		if (strcmp(setting, config_fields[i].setting) != 0)
			continue;
		if (!form_has(offered, field))
			return FALSE;
		if (g_variant_is_of_type(value, G_VARIANT_TYPE_BOOLEAN)) {
			add_field(form, field, NULL, g_variant_get_boolean(value) ? "1" : "0");
			return TRUE;
		}
		text = g_variant_get_string(value, NULL);
		if (strcmp(setting, "password") == 0 &&
		    form_has(offered, CONFIG "passwordprotectedroom"))
			add_field(form, CONFIG "passwordprotectedroom", NULL, *text ? "1" : "0");
		add_field(form, field, NULL, text);
		return TRUE;
	}
	return FALSE;
}

static void on_form(CusaxXmppSession *session, CusaxNode *answer, const GError *error,
		    gpointer data)
{
	Asked *asked = data, *next;
	CusaxNode *query = answer ? cusax_node_child(answer, "query", CUSAX_NS_MUC_OWNER) : NULL;
	CusaxNode *offered = query ? cusax_node_child(query, "x", CUSAX_NS_DATA) : NULL, *form;
	g_autoptr(CusaxNode) iq = NULL;
	GVariantIter iter;
	const char *key;
	GVariant *value;

	if (error || !offered) {
		if (error)
			cusax_xmpp_session_done(session, asked->op, error);
		else
			cusax_xmpp_session_fail(session, asked->op, CUSAX_ERROR_UNSUPPORTED,
						"the room cannot be configured");
		return;
	}
	iq = submit_form(asked->address, &form);
	add_field(form, "FORM_TYPE", "hidden", CUSAX_NS_MUC "#roomconfig");
	g_variant_iter_init(&iter, asked->settings);
	while (g_variant_iter_loop(&iter, "{&sv}", &key, &value)) {
		g_autofree char *text = NULL;

		if (fill_in(offered, form, key, value))
			continue;
		text = g_strdup_printf("settings: the room has no setting for %.64s", key);
		cusax_xmpp_session_fail(session, asked->op, CUSAX_ERROR_UNSUPPORTED, text);
		g_variant_unref(value);
		return;
	}
	next = g_new0(Asked, 1);
	next->op = asked->op;
	cusax_xmpp_iq_send(session, g_steal_pointer(&iq), &answered, next, asked_free);
}

static void configure(CusaxXmppSession *session, const CusaxOperation *operation, const char *room)
{
	static const CusaxXmppIqKind kind = { .done = on_form };

	cusax_xmpp_iq_send(session,
			   cusax_xmpp_iq_new("get", room, "query", CUSAX_NS_MUC_OWNER, NULL), &kind,
			   asked_new(operation, room), asked_free);
}

static void destroy(CusaxXmppSession *session, const CusaxOperation *operation, const char *room)
{
	CusaxNode *query, *child, *iq;

	iq = cusax_xmpp_iq_new("set", room, "query", CUSAX_NS_MUC_OWNER, &query);
	child = cusax_node_add(query, "destroy", CUSAX_NS_MUC_OWNER);
	if (operation->room.text && *operation->room.text)
		cusax_node_add_text(child, "reason", CUSAX_NS_MUC_OWNER, operation->room.text);
	cusax_xmpp_iq_send(session, iq, &answered, asked_new(operation, room), asked_free);
}

/* --- what the room says of itself (§6.4) ----------------------------------------------------- */

static const struct {
	const char *feature, *word;
} info_features[] = {
	{ "muc_membersonly", "members-only" }, { "muc_passwordprotected", "password" },
	{ "muc_persistent", "persistent" },    { "muc_public", "public" },
	{ "muc_moderated", "moderated" },      { "muc_nonanonymous", "non-anonymous" },
	{ CUSAX_NS_MAM, "archive" },           { CUSAX_NS_OCCUPANT, "occupant-ids" },
};

/* TRUE: it is that of XEP-0421. */
static gboolean read_feature(GStrvBuilder *words, const char *feature)
{
	for (guint i = 0; feature && i < G_N_ELEMENTS(info_features); i++) {
		if (strcmp(feature, info_features[i].feature) == 0)
			g_strv_builder_add(words, info_features[i].word);
	}
	return g_strcmp0(feature, CUSAX_NS_OCCUPANT) == 0;
}

/* XEP-0128; under each of the names that are in use for the field. */
static char *audio_video_uri_of(CusaxNode *form)
{
	static const char *const names[] = { "muc#roominfo_audio-video-uri", "audio-video-uri",
					     CONFIG "audio-video-uri", NULL };

	for (CusaxNode *n = cusax_node_first(form); n; n = cusax_node_next(n)) {
		const char *name = cusax_node_attr(n, "var");

		if (cusax_node_is(n, "field", CUSAX_NS_DATA) && name &&
		    g_strv_contains(names, name))
			return cusax_node_child_text(n, "value", CUSAX_NS_DATA);
	}
	return NULL;
}

static void on_info(CusaxXmppSession *session, CusaxNode *answer, const GError *error,
		    gpointer data)
{
	Asked *asked = data;
	CusaxNode *query = answer ? cusax_node_child(answer, "query", CUSAX_NS_DISCO_INFO) : NULL;
	g_autoptr(GStrvBuilder) words = g_strv_builder_new();
	gboolean occupant_ids = FALSE;
	CusaxXmppRoom *room;
	CusaxEvent *event;

	cusax_xmpp_session_done(session, asked->op, error);
	if (error || !query)
		return;
	event = cusax_xmpp_muc_event(session, CUSAX_EVENT_ROOM_INFO, asked->address);
	room = cusax_xmpp_muc_find(session, asked->address);
	for (CusaxNode *n = cusax_node_first(query); n; n = cusax_node_next(n)) {
		if (cusax_node_is(n, "identity", CUSAX_NS_DISCO_INFO) && !event->room.name)
			event->room.name = g_strdup(cusax_node_attr(n, "name"));
		else if (cusax_node_is(n, "feature", CUSAX_NS_DISCO_INFO))
			occupant_ids |= read_feature(words, cusax_node_attr(n, "var"));
		else if (cusax_node_is(n, "x", CUSAX_NS_DATA) && !event->room.audio_video_uri)
			event->room.audio_video_uri = audio_video_uri_of(n);
	}
	event->room.features = g_strv_builder_end(words);
	if (room)
		room->occupant_ids = occupant_ids;
	cusax_xmpp_session_push(session, event);
}

static void ask_info(CusaxXmppSession *session, const CusaxOperation *operation, const char *room)
{
	static const CusaxXmppIqKind kind = { .done = on_info };

	cusax_xmpp_iq_send(session,
			   cusax_xmpp_iq_new("get", room, "query", CUSAX_NS_DISCO_INFO, NULL),
			   &kind, asked_new(operation, room), asked_free);
}

/* --- entry ----------------------------------------------------------------------------------- */

void cusax_xmpp_muc_administer(CusaxXmppSession *session, const CusaxOperation *operation)
{
	static const struct {
		CusaxOperationKind kind;
		void (*run)(CusaxXmppSession *session, const CusaxOperation *operation,
			    const char *room);
		gboolean needs_place; /* in the room */
	} table[] = {
		{ CUSAX_OPERATION_ROOM_SUBJECT, change_subject, TRUE },
		{ CUSAX_OPERATION_ROOM_INVITE, invite, TRUE },
		{ CUSAX_OPERATION_ROOM_DECLINE, decline, FALSE },
		{ CUSAX_OPERATION_ROOM_ROLE, change_item, TRUE },
		{ CUSAX_OPERATION_ROOM_AFFILIATION, change_item, TRUE },
		{ CUSAX_OPERATION_ROOM_VOICE, request_voice, TRUE },
		{ CUSAX_OPERATION_ROOM_CONFIGURE, configure, FALSE },
		{ CUSAX_OPERATION_ROOM_DESTROY, destroy, FALSE },
		{ CUSAX_OPERATION_ROOM_INFO, ask_info, FALSE },
	};
	g_autoptr(GError) error = NULL;
	g_autofree char *jid = cusax_jid_prepare(operation->room.address, &error);
	g_autofree char *bare = jid ? cusax_jid_bare(jid) : NULL;
	CusaxXmppRoom *room = bare ? cusax_xmpp_muc_find(session, bare) : NULL;

	if (!bare) {
		cusax_xmpp_session_done(session, operation->id, error);
		return;
	}
	for (guint i = 0; i < G_N_ELEMENTS(table); i++) {
		if (table[i].kind != operation->kind)
			continue;
		if (table[i].needs_place && (!room || !room->joined))
			cusax_xmpp_session_fail(session, operation->id, CUSAX_ERROR_WRONG_STATE,
						"the account is not in the room");
		else
			table[i].run(session, operation, bare);
		return;
	}
	g_return_if_reached();
}
