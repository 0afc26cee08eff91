/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The signals of the Secret Service that tell of news. */
/* Main thread. */
#include "services/secret/watch.h"

#define SECRET_NAME       "org.freedesktop.secrets"
#define SECRET_SERVICE    "org.freedesktop.Secret.Service"
#define SECRET_COLLECTION "org.freedesktop.Secret.Collection"
#define MAX_SUBSCRIPTIONS 4

struct SecretWatch {
	void (*changed)(gpointer data);
	gpointer data;
	guint name;
	GDBusConnection *connection; /* while the name has an owner */
	guint subscriptions[MAX_SUBSCRIPTIONS];
	GSource *soon; /* changed is about to be called */
};

static gboolean on_soon(gpointer data)
{
	SecretWatch *watch = data;

	g_source_unref(g_steal_pointer(&watch->soon));
	watch->changed(watch->data);
	return G_SOURCE_REMOVE;
}

static void tell(SecretWatch *watch)
{
	if (watch->soon)
		return;
	watch->soon = g_idle_source_new();
	g_source_set_callback(watch->soon, on_soon, watch, NULL);
	g_source_attach(watch->soon, g_main_context_get_thread_default());
}

static void on_signal(G_GNUC_UNUSED GDBusConnection *connection, G_GNUC_UNUSED const char *sender,
		      G_GNUC_UNUSED const char *path, G_GNUC_UNUSED const char *interface,
		      G_GNUC_UNUSED const char *member, G_GNUC_UNUSED GVariant *arguments,
		      gpointer data)
{
	tell(data);
}

static void on_properties(G_GNUC_UNUSED GDBusConnection *connection,
			  G_GNUC_UNUSED const char *sender, G_GNUC_UNUSED const char *path,
			  G_GNUC_UNUSED const char *interface, G_GNUC_UNUSED const char *member,
			  GVariant *arguments, gpointer data)
{
	g_autoptr(GVariant) changed = NULL;
	gboolean locked;

	if (!g_variant_is_of_type(arguments, G_VARIANT_TYPE("(sa{sv}as)")))
		return;
	changed = g_variant_get_child_value(arguments, 1);
	if (g_variant_lookup(changed, "Locked", "b", &locked) && !locked)
		tell(data);
}

static guint subscribe(SecretWatch *watch, const char *interface, const char *member,
		       const char *argument, GDBusSignalCallback callback)
{
	return g_dbus_connection_signal_subscribe(watch->connection, SECRET_NAME, interface, member,
						  NULL, argument, G_DBUS_SIGNAL_FLAGS_NONE,
						  callback, watch, NULL);
}

static void unsubscribe(SecretWatch *watch)
{
	for (guint i = 0; watch->connection && i < MAX_SUBSCRIPTIONS; i++)
		g_dbus_connection_signal_unsubscribe(watch->connection, watch->subscriptions[i]);
	g_clear_object(&watch->connection);
}

static void on_appeared(GDBusConnection *connection, G_GNUC_UNUSED const char *name,
			G_GNUC_UNUSED const char *owner, gpointer data)
{
	SecretWatch *watch = data;

	unsubscribe(watch);
	watch->connection = g_object_ref(connection);
	watch->subscriptions[0] = subscribe(watch, "org.freedesktop.DBus.Properties",
					    "PropertiesChanged", SECRET_COLLECTION, on_properties);
	watch->subscriptions[1] =
		subscribe(watch, SECRET_COLLECTION, "ItemCreated", NULL, on_signal);
	watch->subscriptions[2] =
		subscribe(watch, SECRET_COLLECTION, "ItemChanged", NULL, on_signal);
	watch->subscriptions[3] =
		subscribe(watch, SECRET_SERVICE, "CollectionCreated", NULL, on_signal);
	tell(watch);
}

static void on_vanished(G_GNUC_UNUSED GDBusConnection *connection, G_GNUC_UNUSED const char *name,
			gpointer data)
{
	unsubscribe(data);
}

SecretWatch *secret_watch_new(void (*changed)(gpointer data), gpointer data)
{
	SecretWatch *watch = g_new0(SecretWatch, 1);

	watch->changed = changed;
	watch->data = data;
	watch->name =
		g_bus_watch_name(G_BUS_TYPE_SESSION, SECRET_NAME, G_BUS_NAME_WATCHER_FLAGS_NONE,
				 on_appeared, on_vanished, watch, NULL);
	return watch;
}

void secret_watch_free(SecretWatch *watch)
{
	if (!watch)
		return;
	g_bus_unwatch_name(watch->name);
	unsubscribe(watch);
	if (watch->soon) {
		g_source_destroy(watch->soon);
		g_source_unref(watch->soon);
	}
	g_free(watch);
}
