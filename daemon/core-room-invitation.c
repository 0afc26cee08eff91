/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Invitations into rooms: shown, accepted by joining, declined; never joined by themselves. */
/* Main thread. */
#include "daemon/core-private.h"

#include <string.h>

#include "daemon/base/jid.h"
#include "daemon/base/text.h"

/* What strangers can make exist. */
#define MAX_INVITATIONS 50
#define MAX_OF_ONE      5 /* inviter, or room service in whose name it comes */

static gboolean is_invited(CusaxRoom *room)
{
	return g_variant_n_children(room->invitation) > 0;
}

/* FALSE: too many wait for an answer. */
static gboolean has_place(CusaxCore *core, const char *inviter)
{
	guint all = 0, of_one = 0;
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, core->rooms);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		CoreRoom *record = value;

		all += is_invited(record->room);
		of_one +=
			is_invited(record->room) && cusax_jid_equal_bare(record->inviter, inviter);
	}
	return all < MAX_INVITATIONS && of_one < MAX_OF_ONE;
}

static GVariant *describe(CusaxCore *core, CusaxAccount *account, const CusaxRoomFacts *facts)
{
	g_autofree char *reason = cusax_text_line(facts->text, 1024);
	g_autofree char *inviter = cusax_text_line(facts->person, 1024);
	g_autofree char *bare = facts->person ? cusax_jid_bare(facts->person) : NULL;
	CusaxContact *contact = bare ? core_contact_find(core, account, bare) : NULL;
	g_autofree char *path = cusax_object_path((CusaxObject *)contact);
	GVariantDict dict;

	g_variant_dict_init(&dict, NULL);
	g_variant_dict_insert(&dict, "inviter", "s", inviter);
	g_variant_dict_insert(&dict, "contact", "o", path);
	g_variant_dict_insert(&dict, "reason", "s", reason);
	g_variant_dict_insert(&dict, "time", "x", g_get_real_time());
	g_variant_dict_insert(&dict, "direct", "b", facts->direct);
	return g_variant_dict_end(&dict);
}

void core_room_on_invitation(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event)
{
	const char *account_id = cusax_object_id(CUSAX_OBJECT(account));
	const char *inviter = event->room.person ? event->room.person : event->room.address;
	CoreRoom *record = core_room_record(core, account, event->room.address);

	if (record && record->fsm.state == CUSAX_ROOM_JOINED)
		return;
	if (!(record && is_invited(record->room)) && !has_place(core, inviter)) {
		core_count_refused(core, account_id, "room-invitation");
		return;
	}
	record = core_room_open(core, account, event->room.address, NULL);
	if (!record) {
		core_count_refused(core, account_id, "room-invitation");
		return;
	}
	g_free(record->inviter);
	record->inviter = g_strdup(inviter);
	record->invited_directly = event->room.direct;
	if (event->room.password && !record->fsm.wanted) {
		cusax_secret_free(record->password);
		record->password = g_strdup(event->room.password);
	}
	g_object_set(record->room, "invitation", describe(core, account, &event->room), NULL);
}

void core_room_on_declined(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event)
{
	CusaxRoom *room = core_room_find(core, account, event->room.address);
	g_autofree char *reason = cusax_text_line(event->room.text, 1024);

	if (room)
		cusax_registry_moment(core->registry, room, "InvitationDeclined",
				      g_variant_new("(ss)", event->room.person, reason));
}

void cusax_core_decline_room(CusaxCore *core, CusaxRoom *room, const char *reason,
			     GAsyncReadyCallback callback, gpointer data)
{
	g_autoptr(GTask) task = g_task_new(NULL, NULL, callback, data);
	CoreRoom *record = g_hash_table_lookup(core->rooms, room);
	CusaxAccount *account = room->parent.account;
	CusaxOperation *decline;

	if (!is_invited(room)) {
		g_task_return_new_error(task, CUSAX_ERROR, CUSAX_ERROR_WRONG_STATE,
					"there is no invitation into this room");
		return;
	}
	/* Who invites directly does not learn that we read it (XEP-0249 §3). */
	if (!record->invited_directly && core_is_online(account)) {
		decline = cusax_operation_new(CUSAX_OPERATION_ROOM_DECLINE,
					      cusax_object_id(CUSAX_OBJECT(account)));
		decline->room.address = g_strdup(room->parent.address);
		decline->room.person = g_strdup(record->inviter);
		decline->room.text = g_strdup(reason);
		core_submit(core, account, decline, NULL, NULL);
	}
	g_object_set(room, "invitation", g_variant_new("a{sv}", NULL), NULL);
	if (!record->fsm.wanted && !room->autojoin && !record->last_time)
		core_room_remove(record);
	g_task_return_boolean(task, TRUE);
}
