/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Announcements by the thousand: their form on the wire, and what a client of GLib makes of them. */
/* Main thread. */
#include <string.h>

#include "cusax-dbus.h"
#include "dbus/bus-wire.h"
#include "tests/bus/binding/fixture.h"

/* --- the wire -------------------------------------------------------------------------------- */

static const char *const values[] = {
	"(true, byte 0x07)",
	"(byte 0x01, int16 -2, uint16 3, -4, uint32 5, int64 -6, uint64 7, 8.5)",
	"('', 'text', 'täxt', objectpath '/a/b', signature 'a{sv}')",
	"(@as [], ['one', 'two'], @a(sv) [], @at [])",
	"(byte 0x01, @at [uint64 1, 2], byte 0x02, [(byte 0x03, int64 4)])",
	"({'key': <'value'>, 'none': <@as []>, 'deep': <{'a': <(1, 'b', <true>)>}>},)",
	"({'/o': {'i.f': {'P': <int64 1>}}},)",
	"([[byte 0x01], [byte 0x02, 0x03]], [('a', ['x', 'y'], 'b', 'c')])",
};

/* After one signal of odd length, so that nothing depends on where it begins. */
static void test_wire(gconstpointer data)
{
	g_autoptr(GVariant) value = g_variant_ref_sink(g_variant_new_parsed(data));
	const char *type = g_variant_get_type_string(value);
	g_autofree char *signature = g_strndup(type + 1, strlen(type) - 2);
	g_autoptr(GDBusMessage) message = NULL;
	g_autoptr(GError) error = NULL;
	CusaxBusWire wire;

	cusax_bus_wire_init(&wire);
	cusax_bus_wire_begin(&wire, "/first", "org.cusax.First", "First", "s");
	cusax_bus_wire_string(&wire, "odd!");
	cusax_bus_wire_end(&wire);
	g_assert_cmpuint(wire.bytes->len % 8, !=, 0);
	cusax_bus_wire_begin(&wire, "/a/b", "org.cusax.Second", "Said", signature);
	for (gsize i = 0; i < g_variant_n_children(value); i++) {
		g_autoptr(GVariant) arg = g_variant_get_child_value(value, i);

		cusax_bus_wire_value(&wire, arg);
	}
	cusax_bus_wire_end(&wire);
	message = g_dbus_message_new_from_blob(wire.bytes->data + wire.start,
					       wire.bytes->len - wire.start,
					       G_DBUS_CAPABILITY_FLAGS_NONE, &error);
	g_assert_no_error(error);
	g_assert_cmpint(g_dbus_message_get_message_type(message), ==, G_DBUS_MESSAGE_TYPE_SIGNAL);
	g_assert_cmpstr(g_dbus_message_get_path(message), ==, "/a/b");
	g_assert_cmpstr(g_dbus_message_get_interface(message), ==, "org.cusax.Second");
	g_assert_cmpstr(g_dbus_message_get_member(message), ==, "Said");
	g_assert_cmpuint(g_dbus_message_get_serial(message), !=, 0);
	g_assert_cmpvariant(g_dbus_message_get_body(message), value);
	cusax_bus_wire_clear(&wire);
}

/* The bus ends the connection of whoever sends other text. */
static void test_bad_text(void)
{
	g_autoptr(GDBusMessage) message = NULL;
	g_autoptr(GError) error = NULL;
	CusaxBusWire wire;

	cusax_bus_wire_init(&wire);
	cusax_bus_wire_begin(&wire, "/a", "org.cusax.First", "First", "s");
	cusax_bus_wire_string(&wire, "a\xff\xfe");
	cusax_bus_wire_end(&wire);
	message = g_dbus_message_new_from_blob(wire.bytes->data, wire.bytes->len,
					       G_DBUS_CAPABILITY_FLAGS_NONE, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(g_dbus_message_get_arg0(message), ==, "a\357\277\275\357\277\275");
	cusax_bus_wire_clear(&wire);
}

/* --- a client of GLib ------------------------------------------------------------------------- */

#define MANY 1000

typedef struct {
	GDBusObjectManager *objects;
	guint added, removed;
	guint before; /* MessageAdded that came while contacts were missing */
	gboolean done;
} Watcher;

static void on_object_added(G_GNUC_UNUSED GDBusObjectManager *manager,
			    G_GNUC_UNUSED GDBusObject *object, gpointer data)
{
	((Watcher *)data)->added++;
}

static void on_object_removed(G_GNUC_UNUSED GDBusObjectManager *manager,
			      G_GNUC_UNUSED GDBusObject *object, gpointer data)
{
	((Watcher *)data)->removed++;
}

static void on_said(G_GNUC_UNUSED GDBusConnection *bus, G_GNUC_UNUSED const char *sender,
		    G_GNUC_UNUSED const char *path, G_GNUC_UNUSED const char *interface,
		    G_GNUC_UNUSED const char *name, G_GNUC_UNUSED GVariant *args, gpointer data)
{
	Watcher *watcher = data;

	watcher->before += watcher->added < MANY;
	watcher->done = TRUE;
}

static void on_ready(G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer data)
{
	Watcher *watcher = data;
	g_autoptr(GError) error = NULL;

	watcher->objects = g_dbus_object_manager_client_new_finish(result, &error);
	g_assert_no_error(error);
	watcher->done = TRUE;
}

static GType type_of(G_GNUC_UNUSED GDBusObjectManagerClient *manager,
		     G_GNUC_UNUSED const char *path, const char *interface,
		     G_GNUC_UNUSED gpointer data)
{
	if (!interface)
		return G_TYPE_DBUS_OBJECT_PROXY;
	return g_str_equal(interface, "org.cusax.Cusax1.Contact") ? CUSAX_DBUS_TYPE_CONTACT_PROXY
								  : G_TYPE_DBUS_PROXY;
}

static CusaxContact *add(Fixture *fixture, guint i)
{
	g_autofree char *id = g_strdup_printf("m%05u", i);
	g_autofree char *address = g_strdup_printf("friend%05u@xmpp.test", i);
	CusaxContact *contact = cusax_contact_new(id, fixture->chat_account, address);

	cusax_registry_add(fixture->registry, CUSAX_OBJECT(contact));
	g_object_unref(contact);
	return contact;
}

static void say(Fixture *fixture)
{
	cusax_registry_moment(fixture->registry, fixture->chat, "MessageAdded",
			      g_variant_new_parsed("('m1', @a{sv} {})"));
}

/* Nobody asked for the contacts: they are told one by one, in their order among all else, and each
 * with all that it is. */
static void test_object_manager(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GDBusConnection) bus = client_connect();
	g_autoptr(GPtrArray) contacts = g_ptr_array_new();
	Watcher watcher = { 0 };

	g_dbus_object_manager_client_new(bus, G_DBUS_OBJECT_MANAGER_CLIENT_FLAGS_NONE,
					 CUSAX_BUS_NAME, ROOT, type_of, NULL, NULL, NULL, on_ready,
					 &watcher);
	client_run_until(&watcher.done);
	watcher.done = FALSE;
	g_signal_connect(watcher.objects, "object-added", G_CALLBACK(on_object_added), &watcher);
	g_signal_connect(watcher.objects, "object-removed", G_CALLBACK(on_object_removed),
			 &watcher);
	g_dbus_connection_signal_subscribe(bus, CUSAX_BUS_NAME, NULL, "MessageAdded", NULL, NULL,
					   G_DBUS_SIGNAL_FLAGS_NONE, on_said, &watcher, NULL);

	for (guint i = 0; i < MANY; i++)
		g_ptr_array_add(contacts, add(fixture, i));
	say(fixture);
	for (guint i = 0; i < MANY; i++)
		g_object_set(contacts->pdata[i], "last-seen", (gint64)i + 1, NULL);
	client_run_until(&watcher.done);
	g_assert_cmpuint(watcher.before, ==, 0);
	g_assert_cmpuint(watcher.added, ==, MANY);
	for (guint i = 0; i < MANY; i++) {
		g_autofree char *path = g_strdup_printf(ROOT "/contact/m%05u", i);
		g_autofree char *address = g_strdup_printf("friend%05u@xmpp.test", i);
		g_autoptr(GDBusInterface) proxy = g_dbus_object_manager_get_interface(
			watcher.objects, path, "org.cusax.Cusax1.Contact");
		CusaxDbusContact *contact = CUSAX_DBUS_CONTACT(proxy);

		g_assert_cmpstr(cusax_dbus_contact_get_address(contact), ==, address);
		g_assert_cmpstr(cusax_dbus_contact_get_account(contact), ==, ROOT "/account/a1");
		g_assert_cmpstrv(cusax_dbus_contact_get_capabilities(contact),
				 ((const char *const[]){ "chat", NULL }));
		g_assert_cmpint(cusax_dbus_contact_get_last_seen(contact), ==, i + 1);
	}

	watcher.done = FALSE;
	for (guint i = 0; i < MANY; i++)
		cusax_registry_remove(fixture->registry, contacts->pdata[i]);
	say(fixture);
	client_run_until(&watcher.done);
	g_assert_cmpuint(watcher.removed, ==, MANY);
	g_object_unref(watcher.objects);
	g_dbus_connection_close_sync(bus, NULL, NULL);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(values); i++) {
		g_autofree char *path = g_strdup_printf("/announce/wire/%u", i + 1);

		g_test_add_data_func(path, values[i], test_wire);
	}
	g_test_add("/announce/1,000 contacts come and go", Fixture, NULL, fixture_set_up,
		   test_object_manager, fixture_tear_down);
	g_test_add_func("/announce/wire/text that is no UTF-8 is mended", test_bad_text);
	return client_run_tests();
}
