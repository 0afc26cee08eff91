/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the daemon tells the bus of its own accord, in one order. */
/* Main thread. */
#include "dbus/bus-announce.h"

#include <string.h>

#include "daemon/base/names.h"
#include "daemon/model/call.h"

/* Sending a bulk (a contact list of 10,000 that arrives) must not hold up the main loop. */
#define TURN_USEC 2000
#define BATCH     16 /* signals that go out as one */

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
	CusaxObject *object; /* ADDED, CHANGED: read when sent; NULL once values are */
	char *path;          /* NULL: ADDED, of the object; SNAPSHOT */
	GVariant *values;    /* CHANGED: read already, because the object goes; MOMENT: arguments */
	union {
		guint64 set; /* CHANGED */
		char *name;  /* MOMENT */
		struct {     /* SNAPSHOT */
			CusaxBusSnapshot read;
			gpointer data;
		} snapshot;
	};
} Entry;

struct CusaxBusAnnounce {
	CusaxBusStream *stream;
	GQueue queue;        /* Entry, in the order of sending */
	GHashTable *pending; /* object -> its Entry that is ADDED or CHANGED with an object */
	Entry *last_object;  /* the last ADDED or REMOVED in queue; NULL: none */
	GSource *turn;       /* ready while there is something to send */
	gboolean held;       /* by a snapshot */
};

typedef struct {
	GSource source;
	CusaxBusAnnounce *announce; /* owns the source */
} Turn;

static void entry_free(Entry *entry)
{
	g_clear_object(&entry->object);
	g_clear_pointer(&entry->values, g_variant_unref);
	g_free(entry->path);
	if (entry->kind == ENTRY_MOMENT)
		g_free(entry->name);
	g_free(entry);
}

#define PROPERTIES     "org.freedesktop.DBus.Properties"
#define OBJECT_MANAGER "org.freedesktop.DBus.ObjectManager"

static void write_added(CusaxBusWire *wire, const Entry *entry)
{
	cusax_bus_wire_begin(wire, CUSAX_ROOT_PATH, OBJECT_MANAGER, "InterfacesAdded",
			     "oa{sa{sv}}");
	cusax_bus_mirror_write_path(wire, entry->object);
	cusax_bus_mirror_write_interfaces(entry->mirror, wire, entry->object);
	cusax_bus_wire_end(wire);
}

static void write_removed(CusaxBusWire *wire, const Entry *entry)
{
	CusaxBusWireArray interfaces;

	cusax_bus_wire_begin(wire, CUSAX_ROOT_PATH, OBJECT_MANAGER, "InterfacesRemoved", "oas");
	cusax_bus_wire_string(wire, entry->path);
	interfaces = cusax_bus_wire_array(wire, 's');
	cusax_bus_wire_string(wire, cusax_bus_mirror_info(entry->mirror)->name);
	cusax_bus_wire_array_end(wire, interfaces);
	cusax_bus_wire_end(wire);
}

static void write_changed(CusaxBusWire *wire, const Entry *entry)
{
	CusaxBusWireArray invalidated;

	cusax_bus_wire_begin(wire, entry->path, PROPERTIES, "PropertiesChanged", "sa{sv}as");
	cusax_bus_wire_string(wire, cusax_bus_mirror_info(entry->mirror)->name);
	if (entry->values)
		cusax_bus_wire_value(wire, entry->values);
	else
		cusax_bus_mirror_write(entry->mirror, wire, entry->object, entry->set);
	invalidated = cusax_bus_wire_array(wire, 's');
	cusax_bus_wire_array_end(wire, invalidated);
	cusax_bus_wire_end(wire);
}

static void write_moment(CusaxBusWire *wire, const Entry *entry)
{
	const char *type = g_variant_get_type_string(entry->values);
	g_autofree char *signature = g_strndup(type + 1, strlen(type) - 2);
	gsize n = g_variant_n_children(entry->values);

	cusax_bus_wire_begin(wire, entry->path, cusax_bus_mirror_info(entry->mirror)->name,
			     entry->name, signature);
	for (gsize i = 0; i < n; i++) {
		g_autoptr(GVariant) arg = g_variant_get_child_value(entry->values, i);

		cusax_bus_wire_value(wire, arg);
	}
	cusax_bus_wire_end(wire);
}

static void write_entry(CusaxBusAnnounce *announce, Entry *entry)
{
	CusaxBusWire *wire = cusax_bus_stream_wire(announce->stream);

	switch (entry->kind) {
	case ENTRY_ADDED:
		write_added(wire, entry);
		break;
	case ENTRY_REMOVED:
		write_removed(wire, entry);
		break;
	case ENTRY_CHANGED:
		write_changed(wire, entry);
		break;
	case ENTRY_MOMENT:
		write_moment(wire, entry);
		break;
	case ENTRY_SNAPSHOT:
		announce->held = TRUE;
		entry->snapshot.read(entry->snapshot.data);
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

/* Whoever is not urgent waits for a bus that is slow. */
static void send_until(CusaxBusAnnounce *announce, gint64 end, gboolean urgent)
{
	while (!announce->held && announce->queue.head &&
	       (urgent || !cusax_bus_stream_is_full(announce->stream))) {
		for (guint i = 0; i < BATCH && !announce->held && announce->queue.head; i++) {
			Entry *entry = announce->queue.head->data;

			unlink_entry(announce, entry);
			write_entry(announce, entry);
			entry_free(entry);
		}
		cusax_bus_stream_send(announce->stream);
		if (g_get_monotonic_time() >= end)
			return;
	}
}

/* Where the bus is slow, the stream makes the turn ready. */
static void plan_turn(CusaxBusAnnounce *announce)
{
	if (!announce->held && announce->queue.head && !cusax_bus_stream_is_full(announce->stream))
		g_source_set_ready_time(announce->turn, 0);
}

static gboolean dispatch_turn(GSource *source, G_GNUC_UNUSED GSourceFunc callback,
			      G_GNUC_UNUSED gpointer data)
{
	CusaxBusAnnounce *announce = ((Turn *)source)->announce;

	g_source_set_ready_time(source, -1);
	send_until(announce, g_get_monotonic_time() + TURN_USEC, FALSE);
	plan_turn(announce);
	return G_SOURCE_CONTINUE;
}

static GSourceFuncs turn_funcs = { .dispatch = dispatch_turn };

/* At the priority of everything else: a long queue takes turns with it. */
static GSource *turn_new(CusaxBusAnnounce *announce)
{
	GSource *turn = g_source_new(&turn_funcs, sizeof(Turn));

	((Turn *)turn)->announce = announce;
	g_source_set_static_name(turn, "cusax bus announcements");
	g_source_attach(turn, g_main_context_get_thread_default());
	return turn;
}

static Entry *entry_new(EntryKind kind, CusaxBusMirror *mirror, CusaxObject *object)
{
	Entry *entry = g_new0(Entry, 1);

	entry->link.data = entry;
	entry->kind = kind;
	entry->mirror = mirror;
	if (kind != ENTRY_ADDED && object)
		entry->path = cusax_object_path(object);
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

CusaxBusAnnounce *cusax_bus_announce_new(CusaxBusStream *stream)
{
	CusaxBusAnnounce *announce = g_new0(CusaxBusAnnounce, 1);

	announce->stream = stream;
	announce->pending = g_hash_table_new(NULL, NULL);
	g_queue_init(&announce->queue);
	announce->turn = turn_new(announce);
	cusax_bus_stream_set_room(stream, announce->turn);
	return announce;
}

void cusax_bus_announce_free(CusaxBusAnnounce *announce)
{
	if (!announce)
		return;
	cusax_bus_stream_set_room(announce->stream, NULL);
	send_until(announce, G_MAXINT64, TRUE);
	g_source_destroy(announce->turn);
	g_source_unref(announce->turn);
	while (announce->queue.head) {
		Entry *entry = announce->queue.head->data;

		unlink_entry(announce, entry);
		entry_free(entry);
	}
	g_hash_table_unref(announce->pending);
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
		write_entry(announce, entry);
		cusax_bus_stream_send(announce->stream);
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

	entry->snapshot.read = snapshot;
	entry->snapshot.data = data;
	append(announce, entry);
}

void cusax_bus_announce_resume(CusaxBusAnnounce *announce)
{
	announce->held = FALSE;
	plan_turn(announce);
}

void cusax_bus_announce_flush(CusaxBusAnnounce *announce)
{
	send_until(announce, g_get_monotonic_time() + TURN_USEC, TRUE);
}
