/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Interfaces on the bus: messages find their object, their handler, their property. */
/* Main thread. */
#define CUSAX_LOG_DOMAIN "bus"
#include "dbus/bus-export.h"

#include <string.h>

#include "daemon/base/error.h"
#include "daemon/base/log.h"
#include "daemon/base/names.h"
#include "dbus/bus-arguments.h"

static gboolean find_member(const CusaxBusMember *table, const char *name,
			    CusaxBusHandle *ret_handle)
{
	for (; table->name; table++) {
		if (strcmp(table->name, name) == 0) {
			*ret_handle = table->handle;
			return TRUE;
		}
	}
	return FALSE;
}

/* NULL where it has gone since the message was looked at. */
static CusaxObject *object_at(CusaxBusExport *export, const char *path)
{
	if (g_str_equal(path, CUSAX_ROOT_PATH))
		return cusax_registry_find(export->registry, export->interface->type(), "manager");
	return cusax_registry_find(export->registry, export->interface->type(),
				   strrchr(path, '/') + 1);
}

static void set_unsupported(GError **error)
{
	g_set_error_literal(error, CUSAX_ERROR, CUSAX_ERROR_UNSUPPORTED,
			    "this version does not support it");
}

/* The member may be a method, or a writable property whose new value is parameters. */
static gboolean handle(CusaxBusRequest *request, const CusaxBusMember *table, const char *name,
		       CusaxObject *object, GVariant *parameters, GError **error)
{
	g_autoptr(CusaxObject) alive = NULL;
	CusaxBusHandle handler = NULL;

	if (!object) {
		g_set_error_literal(error, CUSAX_ERROR, CUSAX_ERROR_NOT_FOUND,
				    "there is no such object any more");
		return FALSE;
	}
	if (!find_member(table, name, &handler) || !handler) {
		set_unsupported(error);
		return FALSE;
	}
	alive = g_object_ref(object);
	return handler(request, object, parameters, error);
}

static gboolean handle_method(CusaxBusExport *export, CusaxBusRequest *request, GError **error)
{
	GDBusMethodInvocation *invocation = request->invocation;
	GVariant *parameters = g_dbus_method_invocation_get_parameters(invocation);
	const GDBusMethodInfo *info = g_dbus_method_invocation_get_method_info(invocation);
	const char *path = g_dbus_method_invocation_get_object_path(invocation);

	cusax_debug(NULL, "%s calls %s of %s", g_dbus_method_invocation_get_sender(invocation),
		    info->name, path);
	return cusax_bus_check_size(parameters, info->in_args, error) &&
	       handle(request, export->interface->methods, info->name, object_at(export, path),
		      parameters, error);
}

/* org.freedesktop.DBus.Properties.Set: name and type were checked against the XML. */
static gboolean handle_set(CusaxBusExport *export, CusaxBusRequest *request, GError **error)
{
	GDBusMethodInvocation *invocation = request->invocation;
	GVariant *parameters = g_dbus_method_invocation_get_parameters(invocation);
	const char *path = g_dbus_method_invocation_get_object_path(invocation);
	g_autoptr(GVariant) value = NULL;
	const char *name;

	g_variant_get(parameters, "(&s&sv)", NULL, &name, &value);
	cusax_debug(NULL, "%s sets %s of %s", g_dbus_method_invocation_get_sender(invocation), name,
		    path);
	if (g_variant_get_size(value) > CUSAX_BUS_ARGUMENT_MAX) {
		g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT,
			    "%s is larger than 256 KiB", name);
		return FALSE;
	}
	return handle(request, export->interface->properties, name, object_at(export, path), value,
		      error);
}

static void on_method_call(G_GNUC_UNUSED GDBusConnection *connection,
			   G_GNUC_UNUSED const char *sender, G_GNUC_UNUSED const char *path,
			   const char *interface, G_GNUC_UNUSED const char *method,
			   G_GNUC_UNUSED GVariant *parameters, GDBusMethodInvocation *invocation,
			   gpointer data)
{
	CusaxBusExport *export = data;
	CusaxBusRequest *request = cusax_bus_request_new(export->requests, invocation);
	GError *error = NULL;
	gboolean taken;

	if (!request)
		return;
	if (g_str_equal(interface, "org.freedesktop.DBus.Properties"))
		taken = handle_set(export, request, &error);
	else
		taken = handle_method(export, request, &error);
	if (!taken)
		cusax_bus_request_fail(request, error);
}

static GVariant *on_get_property(G_GNUC_UNUSED GDBusConnection *connection,
				 G_GNUC_UNUSED const char *sender, const char *path,
				 G_GNUC_UNUSED const char *interface, const char *property,
				 GError **error, gpointer data)
{
	CusaxBusExport *export = data;
	CusaxObject *object = object_at(export, path);

	if (object)
		return cusax_bus_mirror_get(export->mirror, object, property);
	g_set_error_literal(error, CUSAX_ERROR, CUSAX_ERROR_NOT_FOUND,
			    "there is no such object any more");
	return NULL;
}

/* Without set_property, changes come to on_method_call() and may take their time. */
static const GDBusInterfaceVTable vtable = {
	.method_call = on_method_call,
	.get_property = on_get_property,
};

static char **on_enumerate(G_GNUC_UNUSED GDBusConnection *connection,
			   G_GNUC_UNUSED const char *sender, G_GNUC_UNUSED const char *path,
			   gpointer data)
{
	CusaxBusExport *export = data;
	g_autoptr(GPtrArray) objects =
		cusax_registry_list(export->registry, export->interface->type());
	char **ids = g_new0(char *, objects->len + 1);

	for (guint i = 0; i < objects->len; i++)
		ids[i] = g_strdup(cusax_object_id(objects->pdata[i]));
	return ids;
}

static GDBusInterfaceInfo **on_introspect(G_GNUC_UNUSED GDBusConnection *connection,
					  G_GNUC_UNUSED const char *sender,
					  G_GNUC_UNUSED const char *path, const char *node,
					  gpointer data)
{
	CusaxBusExport *export = data;
	GDBusInterfaceInfo **infos;

	if (!node || !cusax_registry_find(export->registry, export->interface->type(), node))
		return NULL;
	infos = g_new0(GDBusInterfaceInfo *, 2);
	infos[0] = g_dbus_interface_info_ref(cusax_bus_mirror_info(export->mirror));
	return infos;
}

static const GDBusInterfaceVTable *
on_dispatch(G_GNUC_UNUSED GDBusConnection *connection, G_GNUC_UNUSED const char *sender,
	    G_GNUC_UNUSED const char *path, G_GNUC_UNUSED const char *interface,
	    G_GNUC_UNUSED const char *node, gpointer *user_data, gpointer data)
{
	*user_data = data;
	return &vtable;
}

static const GDBusSubtreeVTable subtree_vtable = {
	.enumerate = on_enumerate,
	.introspect = on_introspect,
	.dispatch = on_dispatch,
};

void cusax_bus_export_init(CusaxBusExport *export, const CusaxBusInterface *interface)
{
	export->interface = interface;
	export->mirror = cusax_bus_mirror_new(interface->type(), interface->info());
}

gboolean cusax_bus_export_root(CusaxBusExport *export, GDBusConnection *connection, GError **error)
{
	export->object_id = g_dbus_connection_register_object(connection, CUSAX_ROOT_PATH,
							      cusax_bus_mirror_info(export->mirror),
							      &vtable, export, NULL, error);
	return export->object_id != 0;
}

gboolean cusax_bus_export_subtree(CusaxBusExport *export, GDBusConnection *connection,
				  GError **error)
{
	g_autoptr(GTypeClass) klass = g_type_class_ref(export->interface->type());
	g_autofree char *path =
		g_strconcat(CUSAX_ROOT_PATH, "/", CUSAX_OBJECT_CLASS(klass)->path_name, NULL);

	export->subtree_id = g_dbus_connection_register_subtree(
		connection, path, &subtree_vtable,
		G_DBUS_SUBTREE_FLAGS_DISPATCH_TO_UNENUMERATED_NODES, export, NULL, error);
	return export->subtree_id != 0;
}

void cusax_bus_export_clear(CusaxBusExport *export, GDBusConnection *connection)
{
	if (export->object_id)
		g_dbus_connection_unregister_object(connection, export->object_id);
	if (export->subtree_id)
		g_dbus_connection_unregister_subtree(connection, export->subtree_id);
	export->object_id = export->subtree_id = 0;
	g_clear_pointer(&export->mirror, cusax_bus_mirror_free);
}
