/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One multi-user chat and who is in it. */
/* Main thread. */
#include "daemon/model/room.h"

#include <string.h>

#include "daemon/base/text.h"

G_DEFINE_FINAL_TYPE(CusaxRoom, cusax_room, CUSAX_TYPE_CONVERSATION)

#define AT(member) G_STRUCT_OFFSET(CusaxRoom, member)

static const CusaxField fields[] = {
	CUSAX_CONVERSATION_FIELDS,
	{ "name", CUSAX_FIELD_STRING, AT(name), NULL, NULL },
	{ "subject", CUSAX_FIELD_STRING, AT(subject), NULL, NULL },
	{ "nick", CUSAX_FIELD_STRING, AT(nick), NULL, NULL },
	{ "state", CUSAX_FIELD_ENUM, AT(state), cusax_room_state_get_type, NULL },
	{ "state-reason", CUSAX_FIELD_STRING, AT(state_reason), NULL, NULL },
	{ "error-name", CUSAX_FIELD_STRING, AT(error_name), NULL, NULL },
	{ "role", CUSAX_FIELD_STRING, AT(role), NULL, NULL },
	{ "affiliation", CUSAX_FIELD_STRING, AT(affiliation), NULL, NULL },
	{ "features", CUSAX_FIELD_STRV, AT(features), NULL, NULL },
	{ "occupants", CUSAX_FIELD_VARIANT, AT(occupants), NULL, "aa{sv}" },
	{ "mentions", CUSAX_FIELD_UINT, AT(mentions), NULL, NULL },
	{ "autojoin", CUSAX_FIELD_BOOLEAN, AT(autojoin), NULL, NULL },
	{ "invitation", CUSAX_FIELD_VARIANT, AT(invitation), NULL, "a{sv}" },
	{ "audio-video-uri", CUSAX_FIELD_STRING, AT(audio_video_uri), NULL, NULL },
	{ "conference", CUSAX_FIELD_OBJECT, AT(conference), NULL, NULL },
};

static void finalize(GObject *object)
{
	g_hash_table_unref(CUSAX_ROOM(object)->members);
	G_OBJECT_CLASS(cusax_room_parent_class)->finalize(object);
}

static void cusax_room_class_init(CusaxRoomClass *klass)
{
	G_OBJECT_CLASS(klass)->finalize = finalize;
	cusax_object_class_install_fields(CUSAX_OBJECT_CLASS(klass), "room", fields,
					  G_N_ELEMENTS(fields));
}

static void cusax_room_init(CusaxRoom *self)
{
	self->role = g_strdup("none");
	self->affiliation = g_strdup("none");
	self->occupants = g_variant_ref_sink(g_variant_new("aa{sv}", NULL));
	self->invitation = g_variant_ref_sink(g_variant_new("a{sv}", NULL));
	self->members = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
					      (GDestroyNotify)cusax_occupant_free);
}

CusaxRoom *cusax_room_new(const char *id, CusaxAccount *account, const char *address)
{
	CusaxRoom *room = cusax_object_new(CUSAX_TYPE_ROOM, id);

	room->parent.account = g_object_ref(account);
	room->parent.address = g_strdup(address);
	return room;
}

/* --- who is in -------------------------------------------------------------------------------- */

CusaxOccupant *cusax_occupant_new(const char *nick)
{
	CusaxOccupant *occupant = g_new0(CusaxOccupant, 1);

	occupant->nick = g_strdup(nick);
	occupant->availability = CUSAX_AVAILABILITY_ONLINE;
	return occupant;
}

void cusax_occupant_free(CusaxOccupant *occupant)
{
	if (!occupant)
		return;
	g_free(occupant->nick);
	g_free(occupant->address);
	g_free(occupant->role);
	g_free(occupant->affiliation);
	g_free(occupant->status);
	g_free(occupant->avatar_hash);
	g_free(occupant);
}

void cusax_room_put(CusaxRoom *room, CusaxOccupant *occupant)
{
	g_hash_table_replace(room->members, occupant->nick, occupant);
}

gboolean cusax_room_take_out(CusaxRoom *room, const char *nick)
{
	return g_hash_table_remove(room->members, nick);
}

const CusaxOccupant *cusax_room_occupant(CusaxRoom *room, const char *nick)
{
	return g_hash_table_lookup(room->members, nick);
}

const CusaxOccupant *cusax_room_find_shown(CusaxRoom *room, const char *shown)
{
	const CusaxOccupant *found = g_hash_table_lookup(room->members, shown);
	GHashTableIter iter;
	gpointer occupant;

	if (found)
		return found;
	g_hash_table_iter_init(&iter, room->members);
	while (g_hash_table_iter_next(&iter, NULL, &occupant)) {
		g_autofree char *line =
			cusax_text_line(((CusaxOccupant *)occupant)->nick, CUSAX_TEXT_NAME_MAX);

		if (strcmp(line, shown) != 0)
			continue;
		if (found) /* two look the same: neither is meant for sure */
			return NULL;
		found = occupant;
	}
	return found;
}

static void insert(GVariantDict *dict, const char *key, const char *value)
{
	if (value && *value)
		g_variant_dict_insert(dict, key, "s", value);
}

static GVariant *describe(const CusaxOccupant *occupant)
{
	g_autofree char *shown = cusax_text_line(occupant->nick, CUSAX_TEXT_NAME_MAX);
	GVariantDict dict;

	g_variant_dict_init(&dict, NULL);
	g_variant_dict_insert(&dict, "nick", "s", shown);
	insert(&dict, "address", occupant->address);
	insert(&dict, "role", occupant->role);
	insert(&dict, "affiliation", occupant->affiliation);
	g_variant_dict_insert(&dict, "availability", "s",
			      cusax_word(CUSAX_TYPE_AVAILABILITY, (int)occupant->availability));
	insert(&dict, "status", occupant->status);
	insert(&dict, "avatar-hash", occupant->avatar_hash);
	g_variant_dict_insert(&dict, "self", "b", occupant->self);
	return g_variant_dict_end(&dict);
}

static int by_nick(gconstpointer a, gconstpointer b)
{
	return strcmp(a, b);
}

void cusax_room_show(CusaxRoom *room)
{
	g_autoptr(GList) nicks = g_list_sort(g_hash_table_get_keys(room->members), by_nick);
	g_auto(GVariantBuilder) list = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("aa{sv}"));

	for (GList *l = nicks; l; l = l->next)
		g_variant_builder_add_value(&list,
					    describe(g_hash_table_lookup(room->members, l->data)));
	g_object_set(room, "occupants", g_variant_builder_end(&list), NULL);
}
