/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The daemon on the session bus: connection, exported objects, name. */
/* Main thread. */
#include "dbus/bus.h"

#include "daemon/base/names.h"
#include "daemon/model/manager.h"
#include "dbus/bus-announce.h"
#include "dbus/bus-error.h"
#include "dbus/bus-export.h"
#include "dbus/bus-object-manager.h"

/* Those of objects below the root: one subtree each. */
static const CusaxBusInterface *const subtrees[] = {
	&cusax_bus_account, &cusax_bus_service, &cusax_bus_contact,  &cusax_bus_chat,
	&cusax_bus_room,    &cusax_bus_call,    &cusax_bus_transfer,
};

struct CusaxBus {
	CusaxBusStream *stream;
	GDBusConnection *connection; /* of stream, borrowed */
	CusaxCore *core;
	CusaxRegistry *registry;
	CusaxBusHandler handler;
	gpointer handler_data;
	guint name; /* of g_bus_own_name_on_connection(); 0: not requested */
	gboolean owned;
	gboolean over; /* the last event was told */
	gulong closed;

	CusaxBusAnnounce *announce;
	CusaxBusRequests *requests;
	CusaxBusObjectManager *object_manager;
	guint object_manager_id;
	CusaxBusExport manager, admin;
	CusaxBusExport exports[G_N_ELEMENTS(subtrees)];
	GHashTable *mirrors; /* GType -> CusaxBusMirror of subtrees */
};

static void on_object_manager_call(G_GNUC_UNUSED GDBusConnection *connection,
				   G_GNUC_UNUSED const char *sender, G_GNUC_UNUSED const char *path,
				   G_GNUC_UNUSED const char *interface,
				   G_GNUC_UNUSED const char *method,
				   G_GNUC_UNUSED GVariant *parameters,
				   GDBusMethodInvocation *invocation, gpointer data)
{
	CusaxBus *bus = data;
	CusaxBusRequest *request = cusax_bus_request_new(bus->requests, invocation);

	if (request)
		cusax_bus_object_manager_get(bus->object_manager, request);
}

static const GDBusInterfaceVTable object_manager_vtable = {
	.method_call = on_object_manager_call,
};

/* The mirror of objects below the root; NULL for the root itself. */
static CusaxBusMirror *mirror_of(CusaxBus *bus, CusaxObject *object)
{
	return g_hash_table_lookup(bus->mirrors, GSIZE_TO_POINTER(G_OBJECT_TYPE(object)));
}

static void on_added(CusaxObject *object, gpointer data)
{
	CusaxBus *bus = data;
	CusaxBusMirror *mirror = mirror_of(bus, object);

	if (mirror)
		cusax_bus_announce_added(bus->announce, mirror, object);
}

static void on_removed(CusaxObject *object, gpointer data)
{
	CusaxBus *bus = data;
	CusaxBusMirror *mirror = mirror_of(bus, object);

	if (mirror)
		cusax_bus_announce_removed(bus->announce, mirror, object);
}

static void on_changed(CusaxObject *object, GParamSpec **pspecs, guint n, gpointer data)
{
	CusaxBus *bus = data;
	CusaxBusMirror *mirror = mirror_of(bus, object);

	if (!mirror && G_OBJECT_TYPE(object) == CUSAX_TYPE_MANAGER)
		mirror = bus->manager.mirror;
	if (mirror)
		cusax_bus_announce_changed(bus->announce, mirror, object,
					   cusax_bus_mirror_set_of(mirror, pspecs, n));
}

static void on_moment(CusaxObject *object, const char *name, GVariant *args, gpointer data)
{
	CusaxBus *bus = data;
	CusaxBusMirror *mirror = mirror_of(bus, object);

	if (mirror)
		cusax_bus_announce_moment(bus->announce, mirror, object, name, args);
}

static const CusaxRegistryWatcher watcher = {
	.added = on_added,
	.removed = on_removed,
	.changed = on_changed,
	.moment = on_moment,
};

static void tell(CusaxBus *bus, CusaxBusEvent event)
{
	if (bus->over)
		return;
	bus->owned = event == CUSAX_BUS_OWNED;
	bus->over = event != CUSAX_BUS_OWNED;
	if (bus->handler)
		bus->handler(event, bus->handler_data);
}

static void on_closed(G_GNUC_UNUSED GDBusConnection *connection,
		      G_GNUC_UNUSED gboolean remote_peer_vanished, G_GNUC_UNUSED GError *error,
		      gpointer data)
{
	tell(data, CUSAX_BUS_LOST);
}

static void on_name_acquired(G_GNUC_UNUSED GDBusConnection *connection,
			     G_GNUC_UNUSED const char *name, gpointer data)
{
	tell(data, CUSAX_BUS_OWNED);
}

static void on_name_lost(GDBusConnection *connection, G_GNUC_UNUSED const char *name, gpointer data)
{
	CusaxBus *bus = data;
	gboolean alive = connection && !g_dbus_connection_is_closed(connection);

	tell(bus, bus->owned || !alive ? CUSAX_BUS_LOST : CUSAX_BUS_TAKEN);
}

static CusaxBusStream *open_stream(const char *address, GError **error)
{
	g_autofree char *session = NULL;

	if (!address) {
		session = g_dbus_address_get_for_bus_sync(G_BUS_TYPE_SESSION, NULL, error);
		if (!session)
			return NULL;
		address = session;
	}
	return cusax_bus_stream_new(address, error);
}

static gboolean export_all(CusaxBus *bus, GError **error)
{
	for (guint i = 0; i < G_N_ELEMENTS(subtrees); i++) {
		if (!cusax_bus_export_subtree(&bus->exports[i], bus->connection, error))
			return FALSE;
	}
	bus->object_manager_id = g_dbus_connection_register_object(
		bus->connection, CUSAX_ROOT_PATH, cusax_bus_object_manager_info(),
		&object_manager_vtable, bus, NULL, error);
	return bus->object_manager_id != 0 &&
	       cusax_bus_export_root(&bus->manager, bus->connection, error) &&
	       cusax_bus_export_root(&bus->admin, bus->connection, error);
}

static void init_export(CusaxBus *bus, CusaxBusExport *export, const CusaxBusInterface *interface)
{
	export->requests = bus->requests;
	export->registry = bus->registry;
	cusax_bus_export_init(export, interface);
}

static void flush(gpointer data)
{
	cusax_bus_announce_flush(data);
}

CusaxBus *cusax_bus_new(const char *address, CusaxCore *core, CusaxRegistry *registry,
			CusaxBusHandler handler, gpointer data, GError **error)
{
	g_autoptr(CusaxBus) bus = NULL;
	CusaxBusStream *stream = open_stream(address, error);
	GDBusConnection *connection;

	if (!stream)
		return NULL;
	cusax_bus_error_register();
	connection = cusax_bus_stream_connection(stream);
	bus = g_new0(CusaxBus, 1);
	bus->stream = stream;
	bus->connection = connection;
	bus->core = core;
	bus->registry = registry;
	bus->handler = handler;
	bus->handler_data = data;
	g_dbus_connection_set_exit_on_close(connection, FALSE);
	bus->closed = g_signal_connect(connection, "closed", G_CALLBACK(on_closed), bus);
	bus->announce = cusax_bus_announce_new(stream);
	bus->requests = cusax_bus_requests_new(connection, core, registry, flush, bus->announce);
	bus->mirrors = g_hash_table_new(NULL, NULL);
	bus->object_manager =
		cusax_bus_object_manager_new(connection, registry, bus->mirrors, bus->announce);
	init_export(bus, &bus->manager, &cusax_bus_manager);
	init_export(bus, &bus->admin, &cusax_bus_admin);
	for (guint k = 0; k < G_N_ELEMENTS(subtrees); k++) {
		init_export(bus, &bus->exports[k], subtrees[k]);
		g_hash_table_insert(bus->mirrors, GSIZE_TO_POINTER(subtrees[k]->type()),
				    bus->exports[k].mirror);
	}
	cusax_registry_watch(registry, &watcher, bus);
	if (!export_all(bus, error))
		return NULL;
	return g_steal_pointer(&bus);
}

void cusax_bus_request_name(CusaxBus *bus)
{
	g_return_if_fail(bus->name == 0);
	bus->name = g_bus_own_name_on_connection(bus->connection, CUSAX_BUS_NAME,
						 G_BUS_NAME_OWNER_FLAGS_DO_NOT_QUEUE,
						 on_name_acquired, on_name_lost, bus, NULL);
}

void cusax_bus_free(CusaxBus *bus)
{
	if (!bus)
		return;
	bus->over = TRUE;
	cusax_registry_unwatch(bus->registry, bus);
	g_clear_handle_id(&bus->name, g_bus_unown_name);
	g_signal_handler_disconnect(bus->connection, bus->closed);
	if (bus->object_manager_id)
		g_dbus_connection_unregister_object(bus->connection, bus->object_manager_id);
	/* What waits is sent first, and read by the mirrors. */
	cusax_bus_announce_free(bus->announce);
	cusax_bus_object_manager_free(bus->object_manager);
	cusax_bus_export_clear(&bus->manager, bus->connection);
	cusax_bus_export_clear(&bus->admin, bus->connection);
	for (guint i = 0; i < G_N_ELEMENTS(subtrees); i++)
		cusax_bus_export_clear(&bus->exports[i], bus->connection);
	cusax_bus_requests_free(bus->requests);
	if (g_dbus_connection_flush_sync(bus->connection, NULL, NULL))
		g_dbus_connection_close_sync(bus->connection, NULL, NULL);
	g_hash_table_unref(bus->mirrors);
	cusax_bus_stream_free(bus->stream);
	g_free(bus);
}
