/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What contacts' devices run (XEP-0115): asked for once for each hash, a few at a time, kept. */
/* Main thread. */
#define CUSAX_LOG_DOMAIN "core"
#include "daemon/core-private.h"

#include <string.h>

#include "daemon/base/log.h"
#include "daemon/base/text.h"
#include "daemon/store/clients.h"

#define MAX_IN_FLIGHT  4
#define MAX_WANTED     200 /* hashes that wait to be asked for */
#define MAX_OF_CONTACT 4   /* of those, of one contact: nobody fills it alone */
#define MAX_TRIES      3   /* devices asked about one hash, until one tells the truth */

typedef struct {
	CusaxContact *contact;
	char *resource;
} Asker;

/* Something announced of which nobody knows yet what it is. */
typedef struct {
	char *key;
	char *node, *version, *hash;
	GPtrArray *askers; /* Asker; who announces it */
	guint tries;       /* the first of them were asked */
	guint64 op;        /* under way; 0: waits */
	gboolean answered;
} Want;

struct CoreClients {
	GHashTable *known;  /* what was announced, with a hash -> CusaxClient */
	GQueue order;       /* its keys, oldest first; borrowed */
	GHashTable *wanted; /* key -> Want */
	GQueue waiting;     /* Want, of those */
	guint in_flight;
};

static void asker_free(gpointer data)
{
	Asker *asker = data;

	g_object_unref(asker->contact);
	g_free(asker->resource);
	g_free(asker);
}

static void want_free(gpointer data)
{
	Want *want = data;

	g_ptr_array_unref(want->askers);
	g_free(want->key);
	g_free(want->node);
	g_free(want->version);
	g_free(want->hash);
	g_free(want);
}

CoreClients *core_clients_new(void)
{
	CoreClients *clients = g_new0(CoreClients, 1);

	clients->known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					       (GDestroyNotify)cusax_client_unref);
	clients->wanted = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, want_free);
	return clients;
}

void core_clients_free(CoreClients *clients)
{
	g_queue_clear(&clients->order);
	g_queue_clear(&clients->waiting);
	g_hash_table_unref(clients->wanted);
	g_hash_table_unref(clients->known);
	g_free(clients);
}

/* Takes client. */
static void keep(CoreClients *clients, const char *key, CusaxClient *client)
{
	char *own = g_strdup(key);

	if (g_hash_table_contains(clients->known, key)) {
		cusax_client_unref(client);
		g_free(own);
		return;
	}
	g_hash_table_insert(clients->known, own, client);
	g_queue_push_tail(&clients->order, own);
	if (clients->order.length > CUSAX_MAX_STORED_CLIENTS)
		g_hash_table_remove(clients->known, g_queue_pop_head(&clients->order));
}

void core_client_restore(CusaxCore *core, const CusaxStoredClient *stored)
{
	keep(core->clients, stored->caps,
	     cusax_client_new(stored->category, stored->type, stored->name,
			      (const char *const *)stored->features));
}

/* --- asking ---------------------------------------------------------------------------------- */

/* The device, while it still announces what is wanted. */
static CusaxDevice *device_of(const Want *want, const Asker *asker)
{
	CusaxDevice *device = cusax_contact_find_device(asker->contact, asker->resource);

	return device && g_strcmp0(device->caps, want->key) == 0 ? device : NULL;
}

static void run(CusaxCore *core);

/* Nobody can tell: the next presence of each is a reason to ask again. */
static void give_up(CusaxCore *core, Want *want)
{
	for (guint i = 0; i < want->askers->len && !want->answered; i++) {
		CusaxDevice *device = device_of(want, want->askers->pdata[i]);

		if (device)
			g_clear_pointer(&device->caps, g_ref_string_release);
	}
	g_hash_table_remove(core->clients->wanted, want->key);
}

static void on_done(CusaxCore *core, const GError *error, gpointer data)
{
	g_autofree char *key = data;
	Want *want = g_hash_table_lookup(core->clients->wanted, key);

	core->clients->in_flight--;
	want->op = 0;
	if (error)
		cusax_debug(NULL, "capabilities: %s", error->message);
	if (!want->answered && want->tries < MAX_TRIES && want->tries < want->askers->len)
		g_queue_push_tail(&core->clients->waiting, want);
	else
		give_up(core, want);
	run(core);
}

/* FALSE: nobody who can be asked announces it any more. */
static gboolean ask(CusaxCore *core, Want *want)
{
	while (want->tries < MIN(MAX_TRIES, want->askers->len)) {
		const Asker *asker = want->askers->pdata[want->tries++];
		CusaxAccount *account = asker->contact->account;
		CusaxOperation *fetch;

		if (!device_of(want, asker) || !core_is_online(account))
			continue;
		fetch = cusax_operation_new(CUSAX_OPERATION_FETCH_CLIENT,
					    cusax_object_id(CUSAX_OBJECT(account)));
		fetch->fetch_client.address =
			g_strconcat(asker->contact->address, *asker->resource ? "/" : "",
				    asker->resource, NULL);
		fetch->fetch_client.node = g_strdup(want->node);
		fetch->fetch_client.version = g_strdup(want->version);
		fetch->fetch_client.hash = g_strdup(want->hash);
		want->op = fetch->id;
		core->clients->in_flight++;
		core_submit_owned(core, account, fetch, on_done, g_strdup(want->key), g_free);
		return TRUE;
	}
	return FALSE;
}

static void run(CusaxCore *core)
{
	CoreClients *clients = core->clients;
	Want *want;

	while (clients->in_flight < MAX_IN_FLIGHT && (want = g_queue_pop_head(&clients->waiting))) {
		if (!ask(core, want))
			give_up(core, want);
	}
}

static guint wanted_of(CoreClients *clients, CusaxContact *contact)
{
	guint n = 0;
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, clients->wanted);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const Asker *first = ((Want *)value)->askers->pdata[0];

		n += first->contact == contact;
	}
	return n;
}

/* NULL: too much is wanted already. */
static Want *want_of(CusaxCore *core, CusaxContact *contact, const char *key,
		     const CusaxEvent *event)
{
	CoreClients *clients = core->clients;
	Want *want = g_hash_table_lookup(clients->wanted, key);

	if (want)
		return want;
	if (g_hash_table_size(clients->wanted) >= MAX_WANTED ||
	    wanted_of(clients, contact) >= MAX_OF_CONTACT)
		return NULL;
	want = g_new0(Want, 1);
	want->key = g_strdup(key);
	want->node = g_strdup(event->presence.caps_node);
	want->version = g_strdup(event->presence.caps_version);
	want->hash = g_strdup(event->presence.caps_hash);
	want->askers = g_ptr_array_new_with_free_func(asker_free);
	g_hash_table_insert(clients->wanted, want->key, want);
	g_queue_push_tail(&clients->waiting, want);
	return want;
}

/* What cannot be checked holds of this device alone. */
static char *key_of(CusaxContact *contact, const CusaxEvent *event)
{
	if (!event->presence.caps_version)
		return NULL;
	if (event->presence.caps_hash)
		return g_strconcat(event->presence.caps_hash, " ", event->presence.caps_version,
				   NULL);
	return g_strjoin(" ", cusax_object_id(CUSAX_OBJECT(contact)), event->presence.resource,
			 event->presence.caps_node, event->presence.caps_version, NULL);
}

void core_client_on_presence(CusaxCore *core, CusaxContact *contact, const CusaxEvent *event)
{
	CusaxDevice *device = cusax_contact_find_device(contact, event->presence.resource);
	g_autofree char *key = key_of(contact, event);
	CusaxClient *client;
	Asker *asker;
	Want *want;

	if (!device || g_strcmp0(device->caps, key) == 0)
		return;
	g_clear_pointer(&device->caps, g_ref_string_release);
	client = key ? g_hash_table_lookup(core->clients->known, key) : NULL;
	cusax_contact_set_client(contact, device, client);
	want = key && !client ? want_of(core, contact, key, event) : NULL;
	if (client || want)
		device->caps = g_ref_string_new_intern(key);
	if (!want)
		return;
	asker = g_new(Asker, 1);
	*asker = (Asker){ g_object_ref(contact), g_strdup(event->presence.resource) };
	g_ptr_array_add(want->askers, asker);
	run(core);
}

/* --- the answer ------------------------------------------------------------------------------ */

static void on_kept(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GError) error = NULL;

	(void)source;
	if (!cusax_history_put_client_finish(data, result, &error))
		cusax_notice(NULL, "capabilities could not be kept, ignoring: %s", error->message);
}

static void store(CusaxCore *core, const char *key, const CusaxClient *client)
{
	CusaxStoredClient *stored = g_new0(CusaxStoredClient, 1);

	stored->caps = g_strdup(key);
	stored->category = g_strdup(client->category);
	stored->type = g_strdup(client->type);
	stored->name = g_strdup(client->name);
	stored->features = g_strdupv(client->features);
	cusax_history_put_client_async(core->history, stored, on_kept, core->history);
}

/* Words of a registry: of others nothing is shown. */
static char *word(const char *text)
{
	gboolean good = text && strlen(text) <= 64;

	for (const char *p = text; good && *p; p++)
		good = g_ascii_isalnum(*p) || *p == '-' || *p == '_';
	return g_strdup(good ? text : "");
}

static Want *want_of_op(CoreClients *clients, guint64 op)
{
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, clients->wanted);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		if (((Want *)value)->op == op)
			return value;
	}
	return NULL;
}

void core_client_on_client(CusaxCore *core, const CusaxEvent *event)
{
	Want *want = want_of_op(core->clients, event->op);
	g_autofree char *category = word(event->client.category);
	g_autofree char *type = word(event->client.type);
	g_autofree char *name = event->client.name
					? cusax_text_line(event->client.name, CUSAX_TEXT_NAME_MAX)
					: NULL;
	g_autoptr(CusaxClient) client = NULL;

	if (!want)
		return;
	client =
		cusax_client_new(category, type, name, (const char *const *)event->client.features);
	want->answered = TRUE;
	for (guint i = 0; i < want->askers->len; i++) {
		const Asker *asker = want->askers->pdata[i];
		CusaxDevice *device = device_of(want, asker);

		if (device)
			cusax_contact_set_client(asker->contact, device, client);
	}
	if (!want->hash)
		return;
	store(core, want->key, client);
	keep(core->clients, want->key, g_rc_box_acquire(client));
}
