/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the bus shows of models: properties, their changes and order, objects, introspection. */
/* Main thread. */
#include <string.h>

#include "cusax-dbus.h"
#include "tests/bus/binding/fixture.h"

#define PROPERTIES     "org.freedesktop.DBus.Properties"
#define INTROSPECTABLE "org.freedesktop.DBus.Introspectable"
#define OBJECT_MANAGER "org.freedesktop.DBus.ObjectManager"

/* --- properties ------------------------------------------------------------------------------ */

/* Every property of a kind, sorted by name, for the models that fill() leaves. */
typedef struct {
	const char *interface;
	const char *path; /* below the root; NULL: of the call */
	const char *expected;
} KindRow;

static void fill(Fixture *fixture)
{
	const char *const groups[] = { "work", NULL };
	const char *const media[] = { "audio", NULL };
	const char *const mismatch[] = { "telephony-no-tls", NULL };
	CusaxOccupant *occupant;

	g_object_set(fixture->manager, "version", "9", "availability", CUSAX_AVAILABILITY_XA,
		     "status-message", "away", "unread", 3, "missed-calls", 4, "storage-error",
		     "full", NULL);
	g_object_set(fixture->chat_account, "state", CUSAX_ACCOUNT_NEEDS_SECRET, "state-reason",
		     "locked", "error-name", "SecretUnavailable", "features",
		     CUSAX_FEATURE_MESSAGING | CUSAX_FEATURE_PRESENCE, "service", fixture->service,
		     "security", g_variant_new_parsed("{'transport': <'starttls'>}"), NULL);
	g_object_set(fixture->service, "state", CUSAX_SERVICE_PARTIAL, "chat-state",
		     CUSAX_ACCOUNT_ONLINE, "telephony-state", CUSAX_ACCOUNT_WAITING, "state-reason",
		     "why", "security-mismatch", mismatch, "secure", TRUE, "name", "Home", NULL);
	g_object_set(fixture->contact, "name", "Bob", "groups", groups, "subscription",
		     CUSAX_SUBSCRIPTION_BOTH, "availability", CUSAX_AVAILABILITY_DND, "last-seen",
		     G_GINT64_CONSTANT(5), "resources",
		     g_variant_new_parsed("[('phone', 'dnd', 1, @x 2)]"), NULL);
	occupant = cusax_occupant_new("al");
	occupant->self = TRUE;
	cusax_room_put(fixture->room, occupant);
	cusax_room_show(fixture->room);
	g_object_set(fixture->room, "nick", "al", "subject", "news", "state", CUSAX_ROOM_JOINED,
		     NULL);
	g_object_set(fixture->chat, "contact", fixture->contact, "unread", 2, "peer-state",
		     CUSAX_CHAT_STATE_PAUSED, "last-message", "m7", NULL);
	g_object_set(fixture->call, "state", CUSAX_CALL_ENDED, "end-reason", CUSAX_END_NO_ANSWER,
		     "end-code", 408, "media", media, "encryption", CUSAX_ENCRYPTION_SDES_SRTP,
		     "contact", fixture->contact, "identity", CUSAX_IDENTITY_VERIFIED,
		     "identity-source", "vcard", "identity-confirmation", "both-ways",
		     "identity-evidence", "why", "chat", fixture->chat, "held", TRUE, NULL);
}

/* clang-format off */
static const KindRow kind_rows[] = {
	{ "Manager", "",
	  "Availability=<'xa'> MissedCalls=<uint32 4> StatusMessage=<'away'> StorageError=<'full'> Unread=<uint32 3> Version=<'9'>" },
	{ "Admin", "", "" },
	{ "Account", "/account/a1",
	  "Address=<'alice@xmpp.test'> AvatarPath=<''> DisabledFeatures=<@as []> Enabled=<true> "
	  "ErrorName=<'SecretUnavailable'> Features=<['messaging', 'presence']> Label=<'Chat'> "
	  "Protocol=<'xmpp'> Role=<'chat'> Security=<{'transport': <'starttls'>}> "
	  "Service=<objectpath '/org/cusax/Cusax1/service/s1'> Settings=<@a{sv} {}> "
	  "State=<'needs-secret'> StateReason=<'locked'> Voicemail=<(uint32 0, uint32 0)> "
	  "VoicemailUri=<''>" },
	{ "Service", "/service/s1",
	  "ChatAccount=<objectpath '/org/cusax/Cusax1/account/a1'> ChatState=<'online'> "
	  "ConnectPolicy=<'independent'> Name=<'Home'> Origin=<'manual'> Secure=<true> "
	  "SecurityMismatch=<['telephony-no-tls']> State=<'partial'> StateReason=<'why'> "
	  "TelephonyAccount=<objectpath '/org/cusax/Cusax1/account/a2'> TelephonyState=<'waiting'>" },
	{ "Contact", "/contact/c1",
	  "Account=<objectpath '/org/cusax/Cusax1/account/a1'> Address=<'bob@xmpp.test'> "
	  "Availability=<'dnd'> AvatarPath=<''> Blocked=<false> Capabilities=<['chat']> Clients=<@aa{sv} []> "
	  "Groups=<['work']> LastSeen=<int64 5> Name=<'Bob'> Phones=<@a(sasss) []> PreApproved=<false> "
	  "RequestMessage=<''> Resources=<[('phone', 'dnd', 1, int64 2)]> StatusMessage=<''> "
	  "Subscription=<'both'> SubscriptionPending=<false> SubscriptionRequested=<false>" },
	{ "Chat", "/chat/h1",
	  "Account=<objectpath '/org/cusax/Cusax1/account/a1'> Address=<'bob@xmpp.test'> "
	  "Contact=<objectpath '/org/cusax/Cusax1/contact/c1'> Encryption=<'none'> "
	  "LastMessage=<'m7'> PeerState=<'paused'> Privacy=<@a{sb} {}> Room=<objectpath '/'> Unread=<uint32 2>" },
	{ "Room", "/room/r1",
	  "Account=<objectpath '/org/cusax/Cusax1/account/a1'> Address=<'room@rooms.test'> "
	  "Affiliation=<'none'> AudioVideoUri=<''> Autojoin=<false> Conference=<objectpath '/'> "
	  "ErrorName=<''> Features=<@as []> Invitation=<@a{sv} {}> LastMessage=<''> "
	  "Mentions=<uint32 0> Name=<''> Nick=<'al'> "
	  "Occupants=<[{'availability': <'online'>, 'self': <true>, 'nick': <'al'>}]> Role=<'none'> "
	  "State=<'joined'> StateReason=<''> Subject=<'news'> Unread=<uint32 0>" },
	{ "Call", NULL,
	  "Account=<objectpath '/org/cusax/Cusax1/account/a2'> AnswerTime=<int64 0> Charges=<'none'> "
	  "Chat=<objectpath '/org/cusax/Cusax1/chat/h1'> ClaimedAddress=<''> Codec=<''> "
	  "Conference=<objectpath '/'> Contact=<objectpath '/org/cusax/Cusax1/contact/c1'> "
	  "Direction=<'incoming'> EarlyMedia=<false> Encryption=<'sdes-srtp'> EndCode=<uint32 408> "
	  "EndReason=<'no-answer'> EndText=<''> EndTime=<int64 0> Held=<true> Identity=<'verified'> "
	  "IdentityConfirmation=<'both-ways'> IdentityEvidence=<'why'> "
	  "IdentitySource=<'vcard'> InputDevice=<''> InputDeviceUsed=<''> Media=<['audio']> Merged=<false> Muted=<false> "
	  "OutputDevice=<''> OutputDeviceUsed=<''> Recording=<false> RemoteHeld=<false> RemoteName=<''> RemoteUri=<'sip:bob@sip.test'> "
	  "Replaces=<objectpath '/'> Service=<objectpath '/'> StartTime=<int64 1000000> "
	  "State=<'ended'> TransferCharges=<'none'> TransferState=<'none'> TransferTarget=<''>" },
};
/* clang-format on */

static char *path_of(Fixture *fixture, const KindRow *row)
{
	return row->path ? g_strconcat(ROOT, row->path, NULL) : g_strdup(fixture->call_path);
}

static int compare(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* "Name=<value> Name=<value>", sorted. */
static char *sorted(GVariant *properties)
{
	g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
	GVariantIter iter;
	GVariant *value;
	const char *name;

	g_variant_iter_init(&iter, properties);
	while (g_variant_iter_loop(&iter, "{&s@v}", &name, &value)) {
		g_autofree char *text = g_variant_print(value, TRUE);

		g_ptr_array_add(words, g_strdup_printf("%s=%s", name, text));
	}
	g_ptr_array_sort(words, compare);
	g_ptr_array_add(words, NULL);
	return g_strjoinv(" ", (GStrv)words->pdata);
}

static void test_properties(Fixture *fixture, gconstpointer data)
{
	const KindRow *row = data;
	g_autofree char *path = path_of(fixture, row), *text = NULL, *interface = NULL;
	g_autoptr(GVariant) reply = NULL, properties = NULL;
	g_autoptr(GError) error = NULL;

	fill(fixture);
	interface = g_strconcat(CUSAX_INTERFACE_PREFIX, row->interface, NULL);
	reply = client_ask(&fixture->client, path, PROPERTIES, "GetAll",
			   g_variant_new("(s)", interface), &error);
	g_assert_no_error(error);
	properties = g_variant_get_child_value(reply, 0);
	text = sorted(properties);
	g_assert_cmpstr(text, ==, row->expected);
}

static void on_proxy(G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer data)
{
	*(CusaxDbusCall **)data = cusax_dbus_call_proxy_new_finish(result, NULL);
}

static void on_notify(GObject *proxy, G_GNUC_UNUSED GParamSpec *pspec, gpointer data)
{
	*(gboolean *)data =
		g_strcmp0(cusax_dbus_call_get_state(CUSAX_DBUS_CALL(proxy)), "active") == 0;
}

/* What a client sees that uses the generated proxies, as the command line does. */
static void test_proxy(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(CusaxDbusCall) proxy = NULL;
	gboolean active = FALSE;

	cusax_dbus_call_proxy_new(fixture->client.connection, G_DBUS_PROXY_FLAGS_NONE,
				  CUSAX_BUS_NAME, fixture->call_path, NULL, on_proxy, &proxy);
	while (!proxy)
		g_main_context_iteration(NULL, TRUE);
	g_assert_cmpstr(cusax_dbus_call_get_state(proxy), ==, "incoming");
	g_assert_cmpint(cusax_dbus_call_get_start_time(proxy), ==, 1000000);
	g_signal_connect(proxy, "notify::state", G_CALLBACK(on_notify), &active);
	g_object_set(fixture->call, "state", CUSAX_CALL_ACTIVE, "codec", "opus/48000/2", NULL);
	client_run_until(&active);
	g_assert_cmpstr(cusax_dbus_call_get_codec(proxy), ==, "opus/48000/2");
}

/* --- changes and their order ----------------------------------------------------------------- */

static void assert_signals(Fixture *fixture, const char *expected)
{
	g_autofree char *signals = client_take_signals(&fixture->client);

	g_assert_cmpstr(signals, ==, expected);
}

static void test_batch(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_object_set(fixture->chat, "unread", 1, NULL);
	g_object_set(fixture->manager, "unread", 1, NULL);
	g_object_set(fixture->chat, "last-message", "m1", NULL);
	g_object_set(fixture->chat, "unread", 2, NULL);
	assert_signals(fixture,
		       "/chat/h1 PropertiesChanged ('org.cusax.Cusax1.Chat', "
		       "{'Unread': <uint32 2>, 'LastMessage': <'m1'>}, [])\n"
		       " PropertiesChanged ('org.cusax.Cusax1.Manager', {'Unread': <uint32 1>}, "
		       "[])");
}

static void test_same_value(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_object_set(fixture->chat, "unread", 0, "peer-state", CUSAX_CHAT_STATE_NONE, NULL);
	assert_signals(fixture, "");
}

static void test_moment(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_object_set(fixture->manager, "unread", 1, NULL);
	g_object_set(fixture->chat, "unread", 1, NULL);
	cusax_registry_moment(fixture->registry, fixture->chat, "MessageAdded",
			      g_variant_new_parsed("('m1', {'direction': <'in'>})"));
	g_object_set(fixture->contact, "availability", CUSAX_AVAILABILITY_AWAY, NULL);
	assert_signals(
		fixture,
		" PropertiesChanged ('org.cusax.Cusax1.Manager', {'Unread': <uint32 1>}, [])\n"
		"/chat/h1 PropertiesChanged ('org.cusax.Cusax1.Chat', {'Unread': <uint32 1>}, [])\n"
		"/chat/h1 MessageAdded ('m1', {'direction': <'in'>})\n"
		"/contact/c1 PropertiesChanged ('org.cusax.Cusax1.Contact', {'Availability': "
		"<'away'>}, [])");
}

static void on_verb(gpointer data)
{
	Fixture *fixture = data;

	g_object_set(fixture->call, "state", CUSAX_CALL_ENDED, NULL);
}

static void test_before_answer(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GVariant) reply = NULL;

	stub_core_on_verb(fixture->core, on_verb, fixture);
	reply = client_ask(&fixture->client, fixture->call_path, "Call", "Hangup", NULL, NULL);
	g_assert_nonnull(reply);
	/* Received before the answer: nothing was waited for since. */
	g_assert_cmpuint(fixture->client.signals->len, ==, 1);
	g_assert_nonnull(strstr(fixture->client.signals->pdata[0], "'State': <'ended'>"));
}

/* --- objects --------------------------------------------------------------------------------- */

static CusaxContact *add_contact(Fixture *fixture, const char *id)
{
	CusaxContact *contact = cusax_contact_new(id, fixture->chat_account, "eve@xmpp.test");

	cusax_registry_add(fixture->registry, CUSAX_OBJECT(contact));
	return contact;
}

/* The first lines' paths and names, without arguments. */
static char *outline(Fixture *fixture)
{
	g_autofree char *signals = client_take_signals(&fixture->client);
	g_auto(GStrv) lines = g_strsplit(signals, "\n", -1);

	for (guint i = 0; lines[i]; i++) {
		char *args = strstr(lines[i], " (");

		if (args)
			*args = '\0';
	}
	return g_strjoinv("|", lines);
}

static void test_added(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(CusaxContact) eve = add_contact(fixture, "c2");
	g_autofree char *signals = NULL;

	g_object_set(eve, "name", "Eve", NULL);
	signals = client_take_signals(&fixture->client);
	g_assert_true(g_str_has_prefix(signals, " InterfacesAdded ('/org/cusax/Cusax1/contact/c2', "
						"{'org.cusax.Cusax1.Contact': {'Account': "));
	g_assert_nonnull(strstr(signals, "'Name': <'Eve'>"));
	g_assert_null(strchr(signals, '\n'));
}

/* A chat that points to a contact of the same turn is announced after it. */
static void test_added_before_pointed_to(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(CusaxContact) eve = cusax_contact_new("c2", fixture->chat_account, "e@x");
	g_autoptr(CusaxContact) mallory = NULL;
	g_autofree char *text = NULL;

	g_object_set(fixture->chat, "contact", eve, NULL);
	cusax_registry_add(fixture->registry, CUSAX_OBJECT(eve));
	mallory = add_contact(fixture, "c3");
	text = outline(fixture);
	g_assert_cmpstr(text, ==, " InterfacesAdded| InterfacesAdded|/chat/h1 PropertiesChanged");
}

static void test_removed(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree char *signals = NULL;
	g_auto(GStrv) lines = NULL;

	g_object_set(fixture->call, "chat", fixture->chat, "state", CUSAX_CALL_ENDED, NULL);
	cusax_registry_remove(fixture->registry, CUSAX_OBJECT(fixture->call));
	signals = client_take_signals(&fixture->client);
	lines = g_strsplit(signals, "\n", -1);
	g_assert_cmpuint(g_strv_length(lines), ==, 2);
	g_assert_nonnull(strstr(lines[0], "'State': <'ended'>"));
	g_assert_nonnull(strstr(lines[0], "'Chat': <objectpath '/org/cusax/Cusax1/chat/h1'>"));
	g_assert_nonnull(strstr(lines[1], "InterfacesRemoved"));
	g_assert_nonnull(strstr(lines[1], "['org.cusax.Cusax1.Call']"));
}

static void test_came_and_went(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(CusaxContact) eve = add_contact(fixture, "c2");
	g_autoptr(CusaxContact) again = NULL;
	g_autofree char *text = NULL;

	cusax_registry_remove(fixture->registry, CUSAX_OBJECT(eve));
	assert_signals(fixture, "");

	cusax_registry_remove(fixture->registry, CUSAX_OBJECT(fixture->contact));
	again = add_contact(fixture, "c1");
	text = outline(fixture);
	g_assert_cmpstr(text, ==, " InterfacesRemoved| InterfacesAdded");
}

static GVariant *managed_objects(Fixture *fixture)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) reply = client_ask(&fixture->client, ROOT, OBJECT_MANAGER,
					       "GetManagedObjects", NULL, &error);

	g_assert_no_error(error);
	return g_variant_get_child_value(reply, 0);
}

static void test_managed_objects(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GVariant) objects = NULL;

	fill(fixture);
	objects = managed_objects(fixture);
	/* Without the root, which is the manager of the others. */
	g_assert_cmpuint(g_variant_n_children(objects), ==, 7);
	for (guint i = 2; i < G_N_ELEMENTS(kind_rows); i++) {
		g_autofree char *path = path_of(fixture, &kind_rows[i]), *interface = NULL;
		g_autofree char *text = NULL;
		g_autoptr(GVariant) interfaces = NULL, properties = NULL;

		interface = g_strconcat(CUSAX_INTERFACE_PREFIX, kind_rows[i].interface, NULL);
		interfaces = g_variant_lookup_value(objects, path, NULL);
		g_assert_nonnull(interfaces);
		g_assert_cmpuint(g_variant_n_children(interfaces), ==, 1);
		properties = g_variant_lookup_value(interfaces, interface, NULL);
		text = sorted(properties);
		g_assert_cmpstr(text, ==, kind_rows[i].expected);
	}
}

/* --- many ------------------------------------------------------------------------------------ */

#define MANY 10000

static void add_many(Fixture *fixture)
{
	for (guint i = 0; i < MANY; i++) {
		g_autofree char *id = g_strdup_printf("m%05u", i);
		g_autofree char *address = g_strdup_printf("friend%05u@xmpp.test", i);
		g_autoptr(CusaxContact) contact =
			cusax_contact_new(id, fixture->chat_account, address);

		cusax_registry_add(fixture->registry, CUSAX_OBJECT(contact));
	}
}

typedef struct {
	Fixture *fixture;
	gint64 last, longest; /* microseconds between turns of the main loop */
	guint changes;
} Pulse;

static gboolean on_pulse(gpointer data)
{
	Pulse *pulse = data;
	gint64 now = g_get_monotonic_time();

	pulse->longest = MAX(pulse->longest, now - pulse->last);
	pulse->last = now;
	if (pulse->changes++ < 100)
		g_object_set(pulse->fixture->contact, "last-seen", (gint64)pulse->changes, NULL);
	return G_SOURCE_CONTINUE;
}

/* Announcing and listing 10,000 contacts, while one of them changes all the time: the main loop
 * goes on, and the answer with what follows it is the truth. */
static void test_many(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	Pulse pulse = { .fixture = fixture };
	g_autoptr(GVariant) objects = NULL, interfaces = NULL, properties = NULL;
	g_autofree char *signals = NULL;
	const char *last;
	gint64 start, seen;
	guint source;

	add_many(fixture);
	client_settle(&fixture->client);
	g_ptr_array_set_size(fixture->client.signals, 0);

	start = pulse.last = g_get_monotonic_time();
	source = g_timeout_add(1, on_pulse, &pulse);
	objects = managed_objects(fixture);
	g_test_message("%u objects, %.1f MB in %.0f ms, longest turn of the loop %.0f ms", MANY,
		       (double)g_variant_get_size(objects) / 1e6,
		       (double)(g_get_monotonic_time() - start) / 1e3, (double)pulse.longest / 1e3);
	g_assert_cmpuint(g_variant_n_children(objects), ==, MANY + 7);
	while (pulse.changes <= 100)
		g_main_context_iteration(NULL, TRUE);
	g_source_remove(source);

	interfaces = g_variant_lookup_value(objects, ROOT "/contact/c1", NULL);
	properties = g_variant_lookup_value(interfaces, "org.cusax.Cusax1.Contact", NULL);
	g_assert_true(g_variant_lookup(properties, "LastSeen", "x", &seen));
	g_assert_cmpint(seen, <=, 100);
	signals = client_take_signals(&fixture->client);
	last = strrchr(signals, '\n') ? strrchr(signals, '\n') + 1 : signals;
	g_assert_cmpstr(last, ==,
			"/contact/c1 PropertiesChanged ('org.cusax.Cusax1.Contact', "
			"{'LastSeen': <int64 100>}, [])");
}

/* --- introspection --------------------------------------------------------------------------- */

static GDBusNodeInfo *introspect(Fixture *fixture, const char *path)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) reply =
		client_ask(&fixture->client, path, INTROSPECTABLE, "Introspect", NULL, &error);
	GDBusNodeInfo *node;
	const char *xml;

	g_assert_no_error(error);
	g_variant_get(reply, "(&s)", &xml);
	node = g_dbus_node_info_new_for_xml(xml, &error);
	g_assert_no_error(error);
	return node;
}

/* Without what only the generator of code is told. */
static char *print_interface(GDBusInterfaceInfo *info)
{
	GString *text = g_string_new(NULL);

	g_assert_nonnull(info);
	g_dbus_interface_info_generate_xml(info, 0, text);
	g_string_replace(text,
			 "    <annotation name=\"org.gtk.GDBus.C.UnixFD\" value=\"true\">\n"
			 "    </annotation>\n",
			 "", 0);
	return g_string_free(text, FALSE);
}

/* The interface that is exported is the one of the file that is installed. */
static void test_introspection(Fixture *fixture, gconstpointer data)
{
	const KindRow *row = data;
	g_autofree char *path = path_of(fixture, row), *name = NULL, *file = NULL, *xml = NULL;
	g_autofree char *exported = NULL, *written = NULL;
	g_autoptr(GDBusNodeInfo) node = introspect(fixture, path);
	g_autoptr(GDBusNodeInfo) of_file = NULL;
	g_autoptr(GError) error = NULL;

	name = g_strconcat(CUSAX_INTERFACE_PREFIX, row->interface, NULL);
	file = g_strdup_printf("dbus/%s.xml", name);
	g_assert_true(g_file_get_contents(file, &xml, NULL, &error));
	of_file = g_dbus_node_info_new_for_xml(xml, &error);
	g_assert_no_error(error);
	exported = print_interface(g_dbus_node_info_lookup_interface(node, name));
	written = print_interface(g_dbus_node_info_lookup_interface(of_file, name));
	g_assert_cmpstr(exported, ==, written);
}

static void test_root_introspection(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GDBusNodeInfo) root = introspect(fixture, ROOT);
	g_autoptr(GDBusNodeInfo) contacts = introspect(fixture, ROOT "/contact");
	g_autofree char *names = NULL;
	g_autoptr(GPtrArray) nodes = g_ptr_array_new();

	g_assert_nonnull(g_dbus_node_info_lookup_interface(root, OBJECT_MANAGER));
	for (guint i = 0; root->nodes && root->nodes[i]; i++)
		g_ptr_array_add(nodes, root->nodes[i]->path);
	g_ptr_array_sort(nodes, compare);
	g_ptr_array_add(nodes, NULL);
	names = g_strjoinv(" ", (GStrv)nodes->pdata);
	g_assert_cmpstr(names, ==, "account call chat contact room service transfer");
	g_assert_cmpstr(contacts->nodes[0]->path, ==, "c1");
}

/* --- the name -------------------------------------------------------------------------------- */

typedef struct {
	CusaxBusEvent event;
	gboolean told;
} Told;

static void on_event(CusaxBusEvent event, gpointer data)
{
	Told *told = data;

	told->event = event;
	told->told = TRUE;
}

static void test_taken(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	Told told = { 0 };
	g_autoptr(CusaxBus) second = cusax_bus_new(client_bus_address(), fixture->core,
						   fixture->registry, on_event, &told, NULL);

	cusax_bus_request_name(second);
	client_run_until(&told.told);
	g_assert_cmpint(told.event, ==, CUSAX_BUS_TAKEN);
}

static void test_no_bus(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(cusax_bus_new("unix:path=/nowhere/bus", fixture->core, fixture->registry,
				    NULL, NULL, &error));
	g_assert_nonnull(error);
}

static void add(const char *path, gconstpointer row, void (*test)(Fixture *, gconstpointer))
{
	g_test_add(path, Fixture, row, fixture_set_up, test, fixture_tear_down);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(kind_rows); i++) {
		g_autofree char *properties =
			g_strconcat("/binding/properties/", kind_rows[i].interface, NULL);
		g_autofree char *introspection =
			g_strconcat("/binding/introspection/", kind_rows[i].interface, NULL);

		add(properties, &kind_rows[i], test_properties);
		add(introspection, &kind_rows[i], test_introspection);
	}
	add("/binding/introspection/root has its kinds", NULL, test_root_introspection);
	add("/binding/properties/a generated proxy follows", NULL, test_proxy);
	add("/binding/order/changes of a turn are one signal for each object", NULL, test_batch);
	add("/binding/order/the same value is no change", NULL, test_same_value);
	add("/binding/order/changes come before the moment", NULL, test_moment);
	add("/binding/order/changes come before the answer", NULL, test_before_answer);
	add("/binding/objects/added once with all its facts", NULL, test_added);
	add("/binding/objects/added before others point to it", NULL, test_added_before_pointed_to);
	add("/binding/objects/last changes come before it goes", NULL, test_removed);
	add("/binding/objects/came and went", NULL, test_came_and_went);
	add("/binding/objects/all in one answer", NULL, test_managed_objects);
	add("/binding/objects/10,000 contacts do not hold up the loop", NULL, test_many);
	add("/binding/name/a second daemon is told", NULL, test_taken);
	add("/binding/name/no bus is an error", NULL, test_no_bus);
	return client_run_tests();
}
