/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A scripted Secret Service. */
/* Main thread. */
#include "tests/wire/secret-fake.h"

#include <string.h>

#define ROOT       "/org/freedesktop/secrets"
#define COLLECTION ROOT "/collection/one"
#define ITEM       COLLECTION "/1"
#define SESSION    ROOT "/session/1"
#define PROMPT     ROOT "/prompt/1"

static const char xml[] =
	"<node>"
	"<interface name='org.freedesktop.Secret.Service'>"
	"<method name='OpenSession'><arg type='s' direction='in'/><arg type='v' direction='in'/>"
	"<arg type='v' direction='out'/><arg type='o' direction='out'/></method>"
	"<method name='SearchItems'><arg type='a{ss}' direction='in'/>"
	"<arg type='ao' direction='out'/><arg type='ao' direction='out'/></method>"
	"<method name='Unlock'><arg type='ao' direction='in'/><arg type='ao' direction='out'/>"
	"<arg type='o' direction='out'/></method>"
	"<method name='GetSecrets'><arg type='ao' direction='in'/><arg type='o' direction='in'/>"
	"<arg type='a{o(oayays)}' direction='out'/></method>"
	"<method name='ReadAlias'><arg type='s' direction='in'/><arg type='o' direction='out'/>"
	"</method><property name='Collections' type='ao' access='read'/></interface>"
	"<interface name='org.freedesktop.Secret.Collection'>"
	"<property name='Items' type='ao' access='read'/>"
	"<property name='Label' type='s' access='read'/>"
	"<property name='Locked' type='b' access='read'/>"
	"<property name='Created' type='t' access='read'/>"
	"<property name='Modified' type='t' access='read'/></interface>"
	"<interface name='org.freedesktop.Secret.Item'>"
	"<property name='Locked' type='b' access='read'/>"
	"<property name='Attributes' type='a{ss}' access='read'/>"
	"<property name='Label' type='s' access='read'/>"
	"<property name='Created' type='t' access='read'/>"
	"<property name='Modified' type='t' access='read'/></interface>"
	"<interface name='org.freedesktop.Secret.Prompt'>"
	"<method name='Prompt'><arg type='s' direction='in'/></method><method name='Dismiss'/>"
	"<signal name='Completed'><arg type='b'/><arg type='v'/></signal></interface>"
	"<interface name='org.freedesktop.Secret.Session'><method name='Close'/></interface>"
	"</node>";

static char *stored;

static void complete(FakeSecrets *fake, gboolean dismissed)
{
	static const char *const item[] = { ITEM, NULL };

	fake->open_prompts--;
	fake->locked = dismissed;
	g_dbus_connection_emit_signal(
		fake->connection, NULL, PROMPT, "org.freedesktop.Secret.Prompt", "Completed",
		g_variant_new("(bv)", dismissed, g_variant_new_objv(item, dismissed ? 0 : 1)),
		NULL);
}

static void show_prompt(FakeSecrets *fake)
{
	fake->prompts++;
	fake->open_prompts++;
	fake->most_prompts = MAX(fake->most_prompts, fake->open_prompts);
	if (fake->mode != FAKE_IGNORE)
		complete(fake, fake->mode == FAKE_DISMISS);
}

static GVariant *secrets(void)
{
	GVariantBuilder map;

	g_variant_builder_init(&map, G_VARIANT_TYPE("a{o(oayays)}"));
	g_variant_builder_add(
		&map, "{o(o@ay@ays)}", ITEM, SESSION,
		g_variant_new_fixed_array(G_VARIANT_TYPE_BYTE, "", 0, 1),
		g_variant_new_fixed_array(G_VARIANT_TYPE_BYTE, stored, strlen(stored), 1),
		"text/plain");
	return g_variant_new("(a{o(oayays)})", &map);
}

static void on_call(G_GNUC_UNUSED GDBusConnection *connection, G_GNUC_UNUSED const char *sender,
		    G_GNUC_UNUSED const char *path, G_GNUC_UNUSED const char *interface,
		    const char *method, GVariant *arguments, GDBusMethodInvocation *call,
		    gpointer data)
{
	static const char *const item[] = { ITEM, NULL };
	static const char *const none[] = { NULL };
	FakeSecrets *fake = data;

	if (fake->mode == FAKE_SILENT) {
		g_object_unref(call);
	} else if (strcmp(method, "OpenSession") == 0) {
		const char *algorithm;

		g_variant_get_child(arguments, 0, "&s", &algorithm);
		if (strcmp(algorithm, "plain") == 0)
			g_dbus_method_invocation_return_value(
				call, g_variant_new("(vo)", g_variant_new_string(""), SESSION));
		else
			g_dbus_method_invocation_return_dbus_error(
				call, "org.freedesktop.DBus.Error.NotSupported", "plain only");
	} else if (strcmp(method, "SearchItems") == 0) {
		gboolean hidden = fake->locked && fake->mode == FAKE_HIDDEN;

		g_dbus_method_invocation_return_value(
			call, g_variant_new("(^ao^ao)", fake->locked ? none : item,
					    fake->locked && !hidden ? item : none));
	} else if (strcmp(method, "Unlock") == 0) {
		g_dbus_method_invocation_return_value(
			call, g_variant_new("(^aoo)", fake->locked ? none : item,
					    fake->locked ? PROMPT : "/"));
	} else if (strcmp(method, "GetSecrets") == 0) {
		g_dbus_method_invocation_return_value(call, secrets());
	} else if (strcmp(method, "ReadAlias") == 0) {
		g_dbus_method_invocation_return_value(call, g_variant_new("(o)", COLLECTION));
	} else {
		g_dbus_method_invocation_return_value(call, NULL);
		if (strcmp(method, "Prompt") == 0)
			show_prompt(fake);
		else if (strcmp(method, "Dismiss") == 0 && fake->open_prompts)
			complete(fake, TRUE);
	}
}

static GVariant *on_get(G_GNUC_UNUSED GDBusConnection *connection, G_GNUC_UNUSED const char *sender,
			G_GNUC_UNUSED const char *path, G_GNUC_UNUSED const char *interface,
			const char *property, G_GNUC_UNUSED GError **error, gpointer data)
{
	FakeSecrets *fake = data;

	if (strcmp(property, "Locked") == 0)
		return g_variant_new_boolean(fake->locked);
	if (strcmp(property, "Label") == 0)
		return g_variant_new_string("label");
	if (strcmp(property, "Attributes") == 0)
		return g_variant_new("a{ss}", NULL);
	if (strcmp(property, "Collections") == 0 || strcmp(property, "Items") == 0)
		return g_variant_new("ao", NULL);
	return g_variant_new_uint64(1);
}

static const GDBusInterfaceVTable vtable = { .method_call = on_call, .get_property = on_get };

static void export(FakeSecrets *fake, const char *path, const char *interface)
{
	g_autoptr(GError) error = NULL;

	fake->ids[fake->n_ids++] = g_dbus_connection_register_object(
		fake->connection, path, g_dbus_node_info_lookup_interface(fake->info, interface),
		&vtable, fake, NULL, &error);
	g_assert_no_error(error);
}

static void on_owned(G_GNUC_UNUSED GDBusConnection *connection, G_GNUC_UNUSED const char *name,
		     gpointer data)
{
	*(gboolean *)data = TRUE;
}

FakeSecrets *fake_secrets_new(FakeMode mode, const char *secret)
{
	FakeSecrets *fake = g_new0(FakeSecrets, 1);
	g_autoptr(GError) error = NULL;
	gboolean owned = FALSE;

	fake->mode = mode;
	fake->locked = TRUE;
	g_free(stored);
	stored = g_strdup(secret);
	/* Its own connection: another peer on the bus. */
	fake->connection = g_dbus_connection_new_for_address_sync(
		g_getenv("DBUS_SESSION_BUS_ADDRESS"),
		G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
			G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
		NULL, NULL, &error);
	g_assert_no_error(error);
	fake->info = g_dbus_node_info_new_for_xml(xml, &error);
	g_assert_no_error(error);
	export(fake, ROOT, "org.freedesktop.Secret.Service");
	export(fake, COLLECTION, "org.freedesktop.Secret.Collection");
	export(fake, ITEM, "org.freedesktop.Secret.Item");
	export(fake, PROMPT, "org.freedesktop.Secret.Prompt");
	export(fake, SESSION, "org.freedesktop.Secret.Session");
	fake->name = g_bus_own_name_on_connection(fake->connection, "org.freedesktop.secrets",
						  G_BUS_NAME_OWNER_FLAGS_NONE, on_owned, NULL,
						  &owned, NULL);
	while (!owned)
		g_main_context_iteration(NULL, TRUE);
	return fake;
}

void fake_secrets_free(FakeSecrets *fake)
{
	g_bus_unown_name(fake->name);
	for (guint i = 0; i < fake->n_ids; i++)
		g_dbus_connection_unregister_object(fake->connection, fake->ids[i]);
	g_dbus_connection_close_sync(fake->connection, NULL, NULL);
	g_object_unref(fake->connection);
	g_dbus_node_info_unref(fake->info);
	g_clear_pointer(&stored, g_free);
	g_free(fake);
}
