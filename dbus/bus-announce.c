/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the daemon tells the bus of its own accord, in one order. */
/* Main thread. */
#define CUSAX_LOG_DOMAIN "bus"
#include "dbus/bus-announce.h"

#include "daemon/base/log.h"
#include "daemon/base/names.h"
#include "daemon/model/call.h"

/* Sending a bulk (a contact list of 10,000 that arrives) must not hold up the main loop. */
#define TURN_USEC 2000

typedef enum {
	ENTRY_ADDED,
	ENTRY_REMOVED,
	ENTRY_CHANGED,
	ENTRY_MOMENT,
	ENTRY_SNAPSHOT,
	ENTRY_NOTHING, /* was ADDED, and the object went before that was sent */
} EntryKind;

typedef struct {
	GList link; /* in queue; data is the entry */
	EntryKind kind;
	CusaxBusMirror *mirror;
	char *path;
	CusaxObject *object; /* ADDED, CHANGED: read when sent; NULL once values are */
	guint64 set;         /* CHANGED */
	GVariant *values;    /* CHANGED: read already, because the object goes; MOMENT: arguments */
	char *name;          /* MOMENT */
	CusaxBusSnapshot snapshot;
	gpointer snapshot_data;
} Entry;

struct CusaxBusAnnounce {
	GDBusConnection *connection;
	GQueue queue;        /* Entry, in the order of sending */
	GHashTable *pending; /* object -> its Entry that is ADDED or CHANGED with an object */
	Entry *last_object;  /* the last ADDED or REMOVED in queue; NULL: none */
	GSource *turn;       /* NULL: not planned */
	gboolean held;       /* by a snapshot */
};

static void entry_free(Entry *entry)
{
	g_clear_object(&entry->object);
	g_clear_pointer(&entry->values, g_variant_unref);
	g_free(entry->path);
	g_free(entry->name);
	g_free(entry);
}

static void emit(CusaxBusAnnounce *announce, const char *path, const char *interface,
		 const char *name, GVariant *args)
{
	g_autoptr(GError) error = NULL;

	if (!g_dbus_connection_emit_signal(announce->connection, NULL, path, interface, name, args,
					   &error))
		cusax_debug(NULL, "%s is not sent: %s", name, error->message);
}

static void send_added(CusaxBusAnnounce *announce, Entry *entry)
{
	emit(announce, CUSAX_ROOT_PATH, "org.freedesktop.DBus.ObjectManager", "InterfacesAdded",
	     g_variant_new("(o@a{sa{sv}})", entry->path,
			   cusax_bus_mirror_interfaces(entry->mirror, entry->object)));
}

static void send_removed(CusaxBusAnnounce *announce, Entry *entry)
{
	const char *interfaces[] = { cusax_bus_mirror_info(entry->mirror)->name, NULL };

	emit(announce, CUSAX_ROOT_PATH, "org.freedesktop.DBus.ObjectManager", "InterfacesRemoved",
	     g_variant_new("(o^as)", entry->path, interfaces));
}

static void send_changed(CusaxBusAnnounce *announce, Entry *entry)
{
	GVariant *values =
		entry->values ? entry->values
			      : cusax_bus_mirror_collect(entry->mirror, entry->object, entry->set);

	emit(announce, entry->path, "org.freedesktop.DBus.Properties", "PropertiesChanged",
	     g_variant_new("(s@a{sv}as)", cusax_bus_mirror_info(entry->mirror)->name, values,
			   NULL));
}

static void send_entry(CusaxBusAnnounce *announce, Entry *entry)
{
	switch (entry->kind) {
	case ENTRY_ADDED:
		send_added(announce, entry);
		break;
	case ENTRY_REMOVED:
		send_removed(announce, entry);
		break;
	case ENTRY_CHANGED:
		send_changed(announce, entry);
		break;
	case ENTRY_MOMENT:
		emit(announce, entry->path, cusax_bus_mirror_info(entry->mirror)->name, entry->name,
		     entry->values);
		break;
	case ENTRY_SNAPSHOT:
		announce->held = TRUE;
		entry->snapshot(entry->snapshot_data);
		break;
	case ENTRY_NOTHING:
		break;
	}
}

static void unlink_entry(CusaxBusAnnounce *announce, Entry *entry)
{
	g_queue_unlink(&announce->queue, &entry->link);
	if (entry->object)
		g_hash_table_remove(announce->pending, entry->object);
	if (announce->last_object == entry)
		announce->last_object = NULL;
}

static void send_until(CusaxBusAnnounce *announce, gint64 end)
{
	while (!announce->held && announce->queue.head) {
		Entry *entry = announce->queue.head->data;

		unlink_entry(announce, entry);
		send_entry(announce, entry);
		entry_free(entry);
		if (g_get_monotonic_time() >= end)
			return;
	}
}

static gboolean on_turn(gpointer data)
{
	CusaxBusAnnounce *announce = data;

	cusax_bus_announce_flush(announce);
	if (!announce->held && announce->queue.head)
		return G_SOURCE_CONTINUE;
	g_clear_pointer(&announce->turn, g_source_unref);
	return G_SOURCE_REMOVE;
}

/* At the priority of everything else: a long queue takes turns with it. */
static void plan_turn(CusaxBusAnnounce *announce)
{
	if (announce->turn || announce->held || !announce->queue.head)
		return;
	announce->turn = g_idle_source_new();
	g_source_set_priority(announce->turn, G_PRIORITY_DEFAULT);
	g_source_set_static_name(announce->turn, "cusax bus announcements");
	g_source_set_callback(announce->turn, on_turn, announce, NULL);
	g_source_attach(announce->turn, g_main_context_get_thread_default());
}

static Entry *entry_new(EntryKind kind, CusaxBusMirror *mirror, CusaxObject *object)
{
	Entry *entry = g_new0(Entry, 1);

	entry->link.data = entry;
	entry->kind = kind;
	entry->mirror = mirror;
	entry->path = object ? cusax_object_path(object) : NULL;
	return entry;
}

static void append(CusaxBusAnnounce *announce, Entry *entry)
{
	g_queue_push_tail_link(&announce->queue, &entry->link);
	plan_turn(announce);
}

/* Reads the object when it is sent. */
static void watch(CusaxBusAnnounce *announce, Entry *entry, CusaxObject *object)
{
	entry->object = g_object_ref(object);
	g_hash_table_insert(announce->pending, object, entry);
}

CusaxBusAnnounce *cusax_bus_announce_new(GDBusConnection *connection)
{
	CusaxBusAnnounce *announce = g_new0(CusaxBusAnnounce, 1);

	announce->connection = g_object_ref(connection);
	announce->pending = g_hash_table_new(NULL, NULL);
	g_queue_init(&announce->queue);
	return announce;
}

void cusax_bus_announce_free(CusaxBusAnnounce *announce)
{
	if (!announce)
		return;
	send_until(announce, G_MAXINT64);
	if (announce->turn)
		g_source_destroy(announce->turn);
	g_clear_pointer(&announce->turn, g_source_unref);
	while (announce->queue.head) {
		Entry *entry = announce->queue.head->data;

		unlink_entry(announce, entry);
		entry_free(entry);
	}
	g_hash_table_unref(announce->pending);
	g_object_unref(announce->connection);
	g_free(announce);
}

/* A call rings now, however many contacts are still to be told; but not before one that it points to.
 * Its path is never that of another, so that nothing before it matters. */
static gboolean is_urgent(CusaxBusAnnounce *announce, CusaxObject *object)
{
	const CusaxCall *call = CUSAX_IS_CALL(object) ? CUSAX_CALL(object) : NULL;

	return call && !announce->held &&
	       !(call->contact && g_hash_table_contains(announce->pending, call->contact));
}

/* Before changes and moments that wait, so that no other object points to it before it is known;
 * after objects that came or went before, as it may have the path of one of them. */
void cusax_bus_announce_added(CusaxBusAnnounce *announce, CusaxBusMirror *mirror,
			      CusaxObject *object)
{
	Entry *entry = entry_new(ENTRY_ADDED, mirror, object);

	if (is_urgent(announce, object)) {
		entry->object = g_object_ref(object);
		send_added(announce, entry);
		entry_free(entry);
		return;
	}
	watch(announce, entry, object);
	if (announce->last_object)
		g_queue_insert_after_link(&announce->queue, &announce->last_object->link,
					  &entry->link);
	else
		g_queue_push_head_link(&announce->queue, &entry->link);
	announce->last_object = entry;
	plan_turn(announce);
}

void cusax_bus_announce_removed(CusaxBusAnnounce *announce, CusaxBusMirror *mirror,
				CusaxObject *object)
{
	Entry *pending = g_hash_table_lookup(announce->pending, object);
	Entry *entry;

	if (pending && pending->kind == ENTRY_CHANGED)
		pending->values =
			g_variant_ref_sink(cusax_bus_mirror_collect(mirror, object, pending->set));
	if (pending) {
		g_hash_table_remove(announce->pending, object);
		g_clear_object(&pending->object);
	}
	if (pending && pending->kind == ENTRY_ADDED) {
		pending->kind = ENTRY_NOTHING;
		return;
	}
	entry = entry_new(ENTRY_REMOVED, mirror, object);
	append(announce, entry);
	announce->last_object = entry;
}

void cusax_bus_announce_changed(CusaxBusAnnounce *announce, CusaxBusMirror *mirror,
				CusaxObject *object, guint64 set)
{
	Entry *entry = g_hash_table_lookup(announce->pending, object);

	if (set == 0)
		return;
	if (!entry) {
		entry = entry_new(ENTRY_CHANGED, mirror, object);
		watch(announce, entry, object);
		append(announce, entry);
	}
	entry->set |= set;
}

void cusax_bus_announce_moment(CusaxBusAnnounce *announce, CusaxBusMirror *mirror,
			       CusaxObject *object, const char *name, GVariant *args)
{
	Entry *entry = entry_new(ENTRY_MOMENT, mirror, object);

	entry->name = g_strdup(name);
	entry->values = g_variant_ref_sink(args);
	append(announce, entry);
}

void cusax_bus_announce_snapshot(CusaxBusAnnounce *announce, CusaxBusSnapshot snapshot,
				 gpointer data)
{
	Entry *entry = entry_new(ENTRY_SNAPSHOT, NULL, NULL);

	entry->snapshot = snapshot;
	entry->snapshot_data = data;
	append(announce, entry);
}

void cusax_bus_announce_resume(CusaxBusAnnounce *announce)
{
	announce->held = FALSE;
	plan_turn(announce);
}

void cusax_bus_announce_flush(CusaxBusAnnounce *announce)
{
	send_until(announce, g_get_monotonic_time() + TURN_USEC);
}
