/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pictures of contacts and the own one: found on disk, fetched a few at a time, shown. */
/* Main thread. */
#define CUSAX_LOG_DOMAIN "core"
#include "daemon/core-private.h"

#include <string.h>
#include <unistd.h>

#include "daemon/base/log.h"

/* In flight at once, and fetched without being asked for while the daemon runs: enough for the people that
 * one sees, no storm at the first login. The others come when their contact is refreshed or opened. */
#define MAX_IN_FLIGHT 2
#define MAX_UNASKED   300

/* One picture on its way, for a contact or for the own account. */
typedef struct {
	CusaxCore *core;
	CusaxObject *whose; /* CusaxContact or CusaxAccount */
	CusaxAccount *account;
	char *address, *hash;
} Want;

static void want_free(Want *want)
{
	g_object_unref(want->whose);
	g_object_unref(want->account);
	g_free(want->address);
	g_free(want->hash);
	g_free(want);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Want, want_free)

/* Where the hash of the picture that is to be shown is kept. */
static char **hash_of(CusaxObject *whose)
{
	return CUSAX_IS_CONTACT(whose) ? &cusax_contact_card(CUSAX_CONTACT(whose))->avatar_hash
				       : &CUSAX_ACCOUNT(whose)->avatar_hash;
}

static Want *want_new(CusaxCore *core, CusaxObject *whose, const char *hash)
{
	Want *want = g_new(Want, 1);
	CusaxAccount *account =
		CUSAX_IS_CONTACT(whose) ? CUSAX_CONTACT(whose)->account : CUSAX_ACCOUNT(whose);
	const char *address =
		CUSAX_IS_CONTACT(whose) ? CUSAX_CONTACT(whose)->address : account->address;

	*want = (Want){ core, g_object_ref(whose), g_object_ref(account), g_strdup(address),
			g_strdup(hash) };
	return want;
}

/* Another picture was announced meanwhile, or the contact is gone. */
static gboolean is_stale(const Want *want)
{
	return !cusax_registry_contains(want->core->registry, want->whose) ||
	       g_strcmp0(*hash_of(want->whose), want->hash) != 0;
}

/* The next announcement, at the next login, counts as a new one. */
static void forget_hash(const Want *want)
{
	if (!is_stale(want))
		g_clear_pointer(hash_of(want->whose), g_free);
}

static void show(const Want *want, const char *path)
{
	if (!is_stale(want))
		g_object_set(want->whose, "avatar-path", path, NULL);
}

/* --- fetching -------------------------------------------------------------------------------- */

static void run(CusaxCore *core);

static void on_fetched(CusaxCore *core, const GError *error, gpointer data)
{
	g_autoptr(Want) want = data;

	core->avatars_in_flight--;
	if (error && error->code == CUSAX_ERROR_NOT_CONNECTED) {
		forget_hash(want);
	} else if (error) {
		core_count(core, "avatars-refused");
		cusax_debug(cusax_object_id(want->whose), "avatar: %s", error->message);
	}
	run(core);
}

static void run(CusaxCore *core)
{
	guint left = core->avatars_wanted.length;

	while (core->avatars_in_flight < MAX_IN_FLIGHT && left-- > 0) {
		Want *want = g_queue_pop_head(&core->avatars_wanted);
		CusaxOperation *fetch;

		if (is_stale(want)) {
			want_free(want);
			continue;
		}
		if (!core_is_online(want->account)) {
			forget_hash(want);
			want_free(want);
			continue;
		}
		fetch = cusax_operation_new(CUSAX_OPERATION_FETCH_AVATAR,
					    cusax_object_id(CUSAX_OBJECT(want->account)));
		fetch->fetch_avatar.address = g_strdup(want->address);
		fetch->fetch_avatar.hash = g_strdup(want->hash);
		core->avatars_in_flight++;
		core_submit(core, want->account, fetch, on_fetched, want);
	}
}

static void on_found(G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(Want) want = data;
	CusaxCore *core = want->core;
	g_autoptr(GError) error = NULL;
	g_autofree char *path = cusax_avatars_find_finish(result, &error);

	if (error)
		cusax_info(NULL, "the cache of avatars cannot be used: %s", error->message);
	if (path) {
		show(want, path);
		return;
	}
	show(want, NULL); /* not the one before */
	if (error || is_stale(want))
		return;
	if (CUSAX_IS_CONTACT(want->whose) && !CUSAX_CONTACT(want->whose)->card->avatar_by_pep) {
		core_vcard_want(core, CUSAX_CONTACT(want->whose), FALSE); /* it comes with that */
		return;
	}
	if (CUSAX_IS_CONTACT(want->whose) && core->avatars_unasked++ >= MAX_UNASKED)
		return;
	g_queue_push_tail(&core->avatars_wanted, g_steal_pointer(&want));
	run(core);
}

/* hash: "" for none. */
static void take_hash(CusaxCore *core, CusaxObject *whose, const char *hash)
{
	char **at = hash_of(whose);

	if (!core->avatars || g_strcmp0(*at, hash) == 0)
		return;
	g_free(*at);
	*at = g_strdup(hash);
	if (*hash)
		cusax_avatars_find_async(core->avatars, hash, on_found,
					 want_new(core, whose, hash));
	else
		g_object_set(whose, "avatar-path", NULL, NULL);
}

/* --- what is told ---------------------------------------------------------------------------- */

void core_avatar_on_avatar(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event)
{
	CusaxContact *contact = core_contact_find(core, account, event->avatar.address);

	if (strcmp(event->avatar.address, account->address) == 0)
		take_hash(core, CUSAX_OBJECT(account), event->avatar.hash);
	if (!contact)
		return;
	cusax_contact_card(contact)->avatar_by_pep = TRUE;
	take_hash(core, CUSAX_OBJECT(contact), event->avatar.hash);
}

static void on_kept(G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(Want) want = data;
	g_autoptr(GError) error = NULL;
	g_autofree char *path = cusax_avatars_keep_finish(result, &error);

	if (path) {
		show(want, path);
		return;
	}
	core_count(want->core, "avatars-refused");
	cusax_info(cusax_object_id(want->whose), "a picture was refused: %s", error->message);
}

static void keep(CusaxCore *core, CusaxObject *whose, GBytes *picture)
{
	g_autofree char *hash = g_compute_checksum_for_bytes(G_CHECKSUM_SHA1, picture);

	cusax_avatars_keep_async(core->avatars, hash, picture, on_kept,
				 want_new(core, whose, hash));
}

void core_avatar_on_data(CusaxCore *core, CusaxAccount *account, const CusaxEvent *event)
{
	CusaxContact *contact = core_contact_find(core, account, event->avatar_data.address);

	if (strchr(event->avatar_data.address, '/')) {
		core_room_avatar_on_data(core, event);
		return;
	}
	if (strcmp(event->avatar_data.address, account->address) == 0)
		keep(core, CUSAX_OBJECT(account), event->avatar_data.picture);
	if (contact)
		keep(core, CUSAX_OBJECT(contact), event->avatar_data.picture);
}

/* XEP-0084 is above XEP-0153: who announces a picture by it is asked for no other. */
void core_avatar_on_photo_hash(CusaxCore *core, CusaxContact *contact, const char *hash)
{
	if (!contact->card->avatar_by_pep)
		take_hash(core, CUSAX_OBJECT(contact), hash);
}

void core_avatar_on_photo(CusaxCore *core, CusaxContact *contact, GBytes *photo)
{
	g_autofree char *hash = NULL;
	CusaxCard *card;

	if (!core->avatars || contact->card->avatar_by_pep)
		return;
	hash = photo ? g_compute_checksum_for_bytes(G_CHECKSUM_SHA1, photo) : g_strdup("");
	card = cusax_contact_card(contact);
	g_free(card->avatar_hash);
	card->avatar_hash = g_strdup(hash);
	if (photo)
		keep(core, CUSAX_OBJECT(contact), photo);
	else
		g_object_set(contact, "avatar-path", NULL, NULL);
}

void core_avatar_refresh(CusaxCore *core, CusaxContact *contact)
{
	if (!core->avatars || !contact->card->avatar_by_pep || !contact->card->avatar_hash ||
	    !*contact->card->avatar_hash || (contact->avatar_path && *contact->avatar_path))
		return;
	g_queue_push_head(&core->avatars_wanted,
			  want_new(core, CUSAX_OBJECT(contact), contact->card->avatar_hash));
	run(core);
}

void core_avatar_clear(CusaxCore *core)
{
	g_queue_clear_full(&core->avatars_wanted, (GDestroyNotify)want_free);
	g_queue_clear_full(&core->room_avatars, g_object_unref);
	g_clear_pointer(&core->avatars, cusax_avatars_free);
}

/* --- the own one ----------------------------------------------------------------------------- */

typedef struct {
	CusaxCore *core;
	CusaxAccount *account;
} Setting;

static void setting_free(gpointer data)
{
	g_object_unref(((Setting *)data)->account);
	g_free(data);
}

static void on_published(CusaxCore *core, const GError *error, gpointer data)
{
	g_autoptr(GTask) task = data;
	const Setting *setting = g_task_get_task_data(task);

	if (error) {
		g_task_return_error(task, g_error_copy(error));
		return;
	}
	if (cusax_registry_contains(core->registry, CUSAX_OBJECT(setting->account)))
		core_presence_repeat(core, setting->account); /* XEP-0153: the new hash */
	g_task_return_boolean(task, TRUE);
}

/* Takes task. picture NULL: none any more. */
static void publish(GTask *task, GBytes *picture)
{
	const Setting *setting = g_task_get_task_data(task);
	CusaxOperation *operation;
	gsize size = 0;
	gconstpointer bytes = picture ? g_bytes_get_data(picture, &size) : NULL;

	if (!core_is_online(setting->account)) {
		g_task_return_new_error(task, CUSAX_ERROR, CUSAX_ERROR_NOT_CONNECTED,
					"the chat account is not connected");
		g_object_unref(task);
		return;
	}
	operation = cusax_operation_new(CUSAX_OPERATION_PUBLISH_AVATAR,
					cusax_object_id(CUSAX_OBJECT(setting->account)));
	if (picture) {
		operation->publish_avatar.picture = g_bytes_ref(picture);
		operation->publish_avatar.type = g_strdup(cusax_avatar_type(bytes, size));
	}
	core_submit(setting->core, setting->account, operation, on_published, task);
}

static void on_read(G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GTask) task = data;
	GError *error = NULL;
	g_autoptr(GBytes) picture = cusax_avatars_read_finish(result, &error);

	if (!picture)
		g_task_return_error(task, error);
	else if (g_bytes_get_size(picture) > CORE_MAX_OWN_AVATAR)
		g_task_return_new_error(task, CUSAX_ERROR, CUSAX_ERROR_LIMIT_EXCEEDED,
					"the picture has more than %d bytes", CORE_MAX_OWN_AVATAR);
	else
		publish(g_steal_pointer(&task), picture);
}

static GTask *setting_task(CusaxCore *core, CusaxAccount *account, GAsyncReadyCallback callback,
			   gpointer data)
{
	GTask *task = g_task_new(NULL, NULL, callback, data);
	Setting *setting = g_new(Setting, 1);

	*setting = (Setting){ core, g_object_ref(account) };
	g_task_set_task_data(task, setting, setting_free);
	return task;
}

void cusax_core_set_avatar(CusaxCore *core, CusaxAccount *account, int fd,
			   GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = setting_task(core, account, callback, data);
	GError *error = NULL;

	if (core->avatars && core_check_file(fd, TRUE, NULL, &error)) {
		cusax_avatars_read_async(core->avatars, fd, on_read, task);
		return;
	}
	if (!error)
		g_set_error_literal(&error, CUSAX_ERROR, CUSAX_ERROR_UNSUPPORTED,
				    "there is no place for pictures");
	close(fd);
	g_task_return_error(task, error);
	g_object_unref(task);
}

void cusax_core_clear_avatar(CusaxCore *core, CusaxAccount *account, GAsyncReadyCallback callback,
			     gpointer data)
{
	publish(setting_task(core, account, callback, data), NULL);
}
