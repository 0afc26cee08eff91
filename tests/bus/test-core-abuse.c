/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hostile clients against the core on fake services: every member, values of every kind. */
/* Main thread. */
#include <string.h>

#include "cusax-dbus.h"
#include "daemon/base/error.h"
#include "daemon/base/names.h"
#include "dbus/bus.h"
#include "tests/bus/client.h"
#include "tests/unit/core-bench.h"

#define ROOT CUSAX_ROOT_PATH

/* How many different arguments each member gets. */
#define ROUNDS 24

typedef struct {
	CoreBench bench;
	CusaxBus *bus;
	Client client;
	guint answering; /* source: the services answer, well or badly */
	GRand *random;
} Abuse;

static void push_connection(Abuse *abuse, const CusaxOperation *operation, CusaxAccountState state,
			    int code)
{
	CusaxEvent *event = cusax_event_new(CUSAX_EVENT_CONNECTION, operation->account);

	event->connection.state = state;
	event->connection.failed = code >= 0;
	event->connection.code = code >= 0 ? code : 0;
	event->connection.text = code >= 0 ? g_strdup("The server said no.") : NULL;
	event->connection.security = state == CUSAX_ACCOUNT_ONLINE ? cusax_security_new() : NULL;
	cusax_event_queue_push(cusax_core_events(abuse->bench.core), event);
}

static void push_ended(Abuse *abuse, const CusaxOperation *operation)
{
	CusaxEvent *event = cusax_event_new(CUSAX_EVENT_CALL_ENDED, operation->account);

	event->call = operation->call;
	event->call_ended.reason = CUSAX_END_LOCAL_HANGUP;
	cusax_event_queue_push(cusax_core_events(abuse->bench.core), event);
}

static void push_roster_item(Abuse *abuse, const CusaxOperation *operation)
{
	CusaxEvent *event = cusax_event_new(CUSAX_EVENT_ROSTER_ITEM, operation->account);

	event->roster_item.address = g_strdup(operation->roster.address);
	event->roster_item.name = g_strdup(operation->roster.name);
	g_strfreev(event->roster_item.groups);
	event->roster_item.groups = g_strdupv(operation->roster.groups);
	cusax_event_queue_push(cusax_core_events(abuse->bench.core), event);
}

static void push_joined(Abuse *abuse, const CusaxOperation *operation)
{
	CusaxEvent *event = cusax_event_new(CUSAX_EVENT_ROOM_JOINED, operation->account);

	event->room.address = g_strdup(operation->room.address);
	event->room.nick = g_strdup(operation->room.nick);
	cusax_event_queue_push(cusax_core_events(abuse->bench.core), event);
}

/* What a question is answered by, before it is done. */
static void push_answer(Abuse *abuse, const CusaxOperation *operation)
{
	CusaxEvent *event = NULL;

	if (operation->kind == CUSAX_OPERATION_FETCH_LAST) {
		event = cusax_event_new(CUSAX_EVENT_LAST_SEEN, operation->account);
		event->last_seen.address = g_strdup(operation->fetch_last.address);
		event->last_seen.time = g_get_real_time();
	} else if (operation->kind == CUSAX_OPERATION_ARCHIVE_PREFERENCES) {
		event = cusax_event_new(CUSAX_EVENT_ARCHIVE_PREFERENCES, operation->account);
		event->archive_preferences.fallback = g_strdup("roster");
	} else if (operation->kind == CUSAX_OPERATION_PROFILE) {
		event = cusax_event_new(CUSAX_EVENT_PROFILE, operation->account);
		event->profile.fields =
			g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	}
	if (!event)
		return;
	event->op = operation->id;
	cusax_event_queue_push(cusax_core_events(abuse->bench.core), event);
}

/* As a service would: well or badly, but what is taken down is down. */
static void answer(Abuse *abuse, CusaxOperation *operation)
{
	int code = g_rand_boolean(abuse->random) ? -1 : CUSAX_ERROR_REFUSED;

	if (operation->kind == CUSAX_OPERATION_CONNECT)
		push_connection(abuse, operation,
				code < 0 ? CUSAX_ACCOUNT_ONLINE : CUSAX_ACCOUNT_OFFLINE, code);
	if (operation->kind == CUSAX_OPERATION_DISCONNECT) {
		code = -1;
		push_connection(abuse, operation, CUSAX_ACCOUNT_OFFLINE, code);
	}
	if (operation->kind == CUSAX_OPERATION_HANGUP ||
	    operation->kind == CUSAX_OPERATION_DECLINE) {
		code = -1;
		push_ended(abuse, operation);
	}
	if (operation->kind == CUSAX_OPERATION_ROSTER_SET && code < 0)
		push_roster_item(abuse, operation);
	if (operation->kind == CUSAX_OPERATION_ROOM_JOIN && code < 0)
		push_joined(abuse, operation);
	if (code < 0)
		push_answer(abuse, operation);
	core_bench_done(&abuse->bench, operation, code);
}

static gboolean on_answering(gpointer data)
{
	Abuse *abuse = data;

	while (abuse->bench.operations->len > 0)
		answer(abuse, g_ptr_array_steal_index(abuse->bench.operations, 0));
	return G_SOURCE_CONTINUE;
}

static void on_bus_event(CusaxBusEvent event, gpointer data)
{
	g_assert_cmpint(event, ==, CUSAX_BUS_OWNED);
	*(gboolean *)data = TRUE;
}

static void set_up(Abuse *abuse, G_GNUC_UNUSED gconstpointer data)
{
	gboolean owned = FALSE;

	core_bench_start(&abuse->bench);
	core_bench_alice(&abuse->bench, "sip:bob@sip.test");
	abuse->bus = cusax_bus_new(client_bus_address(), abuse->bench.core, abuse->bench.registry,
				   on_bus_event, &owned, NULL);
	cusax_bus_request_name(abuse->bus);
	client_run_until(&owned);
	client_start(&abuse->client);
	abuse->random = g_rand_new_with_seed(g_test_rand_int());
	abuse->answering = g_timeout_add(1, on_answering, abuse);
	g_variant_unref(client_do(&abuse->client, ROOT, "Manager", "OpenChat",
				  "('bob@xmpp.test', @a{sv} {})"));
	core_bench_incoming(&abuse->bench, "sip:bob@sip.test", NULL);
}

static void tear_down(Abuse *abuse, G_GNUC_UNUSED gconstpointer data)
{
	client_stop(&abuse->client);
	cusax_bus_free(abuse->bus);
	core_bench_stop(&abuse->bench);
	g_source_remove(abuse->answering);
	g_rand_free(abuse->random);
}

/* --- values ----------------------------------------------------------------------------------- */

static const char *const strings[] = {
	"",
	"/",
	ROOT,
	ROOT "/contact/",
	ROOT "/account/../x",
	"bob",
	"bob@xmpp.test",
	"BOB@XMPP.TEST/phone",
	"@",
	"@@@",
	"a@b@c",
	"sip:",
	"sip:@",
	"sip:bob@sip.test;transport=tls\r\nRoute: x",
	"sips:[::1",
	"tel:",
	"tel:+;ext=",
	"+33 1 02 03 04 05",
	"000000000000000000000000000000000000000000000000",
	"%s%n%x",
	"\x01\x02",
	"\u202e.evil",
	"\xef\xbf\xbf",
	"'; DROP TABLE messages; --",
	"audio",
	"xmpp",
	"sip",
	"online",
	"composing",
	"text",
	"*#0",
};

static const char *const keys[] = {
	"account", "uri",         "media", "confirm",   "limit",        "before",
	"after",   "query",       "kinds", "contact",   "name",         "groups",
	"label",   "enabled",     "port",  "rtp-ports", "priority",     "reason",
	"message", "until",       "since", "min-tls",   "auto-answer",  "country",
	"charged", "keep-secret", "",      "origin-id", "input-device",
};

static const char *const types[] = { "s", "o",    "as",    "b", "u", "i", "x",
				     "t", "(qq)", "a{sv}", "v", "d", "ay" };

static GVariant *value_of(Abuse *abuse, const GVariantType *type, guint depth);

static GVariant *string(Abuse *abuse)
{
	if (g_rand_int_range(abuse->random, 0, 12) == 0) {
		g_autofree char *text =
			g_strnfill((gsize)g_rand_int_range(abuse->random, 1, 100000), 'x');

		return g_variant_new_string(text);
	}
	return g_variant_new_string(
		strings[g_rand_int_range(abuse->random, 0, G_N_ELEMENTS(strings))]);
}

/* Mostly of an object that exists. */
static GVariant *path(Abuse *abuse)
{
	g_autoptr(GPtrArray) objects =
		cusax_registry_list(abuse->bench.registry, CUSAX_TYPE_OBJECT);
	g_autofree char *text = NULL;

	if (g_rand_int_range(abuse->random, 0, 4) == 0)
		return g_variant_new_object_path(
			g_rand_boolean(abuse->random) ? "/" : ROOT "/contact/none");
	text = cusax_object_path(
		objects->pdata[g_rand_int_range(abuse->random, 0, (gint32)objects->len)]);
	return g_variant_new_object_path(text);
}

static GVariant *dictionary(Abuse *abuse, guint depth)
{
	GVariantBuilder builder;
	gint32 n = g_rand_int_range(abuse->random, 0, 4);

	g_variant_builder_init(&builder, G_VARIANT_TYPE_VARDICT);
	for (gint32 i = 0; depth < 4 && i < n; i++) {
		const char *key = keys[g_rand_int_range(abuse->random, 0, G_N_ELEMENTS(keys))];
		const char *type = types[g_rand_int_range(abuse->random, 0, G_N_ELEMENTS(types))];

		g_variant_builder_add(&builder, "{sv}", key,
				      value_of(abuse, G_VARIANT_TYPE(type), depth + 1));
	}
	return g_variant_builder_end(&builder);
}

static GVariant *array(Abuse *abuse, const GVariantType *type, guint depth)
{
	const GVariantType *element = g_variant_type_element(type);
	gint32 n = g_rand_int_range(abuse->random, 0, 5);
	GVariantBuilder builder;

	g_variant_builder_init(&builder, type);
	for (gint32 i = 0; i < n; i++)
		g_variant_builder_add_value(&builder, value_of(abuse, element, depth + 1));
	return g_variant_builder_end(&builder);
}

static GVariant *value_of(Abuse *abuse, const GVariantType *type, guint depth)
{
	gint32 edge = g_rand_int_range(abuse->random, 0, 3);

	switch (*g_variant_type_peek_string(type)) {
	case 's':
		return string(abuse);
	case 'o':
		return path(abuse);
	case 'b':
		return g_variant_new_boolean(g_rand_boolean(abuse->random));
	case 'y':
		return g_variant_new_byte((guchar)g_rand_int(abuse->random));
	case 'u':
		return g_variant_new_uint32(edge == 0 ? 0 : edge == 1 ? G_MAXUINT32 : 10);
	case 'i':
		return g_variant_new_int32(edge == 0 ? G_MININT32 : edge == 1 ? G_MAXINT32 : 1);
	case 'x':
		return g_variant_new_int64(edge == 0 ? G_MININT64 : edge == 1 ? G_MAXINT64 : 1);
	case 't':
		return g_variant_new_uint64(G_MAXUINT64);
	case 'd':
		return g_variant_new_double(1e300);
	case '(':
		return g_variant_new_parsed("(@q 65535, @q 0)");
	case '{':
		return g_variant_new_dict_entry(
			value_of(abuse, g_variant_type_key(type), depth + 1),
			value_of(abuse, g_variant_type_value(type), depth + 1));
	case 'v':
		return g_variant_new_variant(dictionary(abuse, depth + 1));
	case 'a':
		return g_variant_type_equal(type, G_VARIANT_TYPE_VARDICT)
			       ? dictionary(abuse, depth)
			       : array(abuse, type, depth);
	}
	g_assert_not_reached();
}

/* --- members ---------------------------------------------------------------------------------- */

/* Every error is one that is documented; "Failed" would be a fault that nobody expected. */
static void assert_documented(const char *member, GVariant *args, const GError *error)
{
	g_autofree char *name = client_error_name(error);
	CusaxError code;

	if (!error)
		return;
	if (cusax_error_parse_name(name, &code) && code != CUSAX_ERROR_FAILED)
		return;
	/* The object may have gone by an earlier round. */
	if (g_str_equal(name, "org.freedesktop.DBus.Error.UnknownMethod"))
		return;
	g_error("%s%s: %s: %s", member, g_variant_print(args, TRUE), name, error->message);
}

static void abuse_method(Abuse *abuse, const char *object, const GDBusInterfaceInfo *info,
			 const GDBusMethodInfo *method)
{
	g_autoptr(GVariant) args = NULL, reply = NULL;
	g_autoptr(GError) error = NULL;
	GVariantBuilder tuple;

	g_variant_builder_init(&tuple, G_VARIANT_TYPE_TUPLE);
	for (guint i = 0; method->in_args && method->in_args[i]; i++) {
		if (g_str_equal(method->in_args[i]->signature, "h")) {
			g_variant_builder_clear(&tuple);
			return;
		}
		g_variant_builder_add_value(
			&tuple, value_of(abuse, G_VARIANT_TYPE(method->in_args[i]->signature), 0));
	}
	args = g_variant_ref_sink(g_variant_builder_end(&tuple));
	g_test_message("%s of %s", method->name, object);
	reply = client_ask(&abuse->client, object, info->name, method->name, args, &error);
	assert_documented(method->name, args, error);
}

static void abuse_property(Abuse *abuse, const char *object, const GDBusInterfaceInfo *info,
			   const GDBusPropertyInfo *property)
{
	g_autoptr(GVariant) args = NULL, reply = NULL;
	g_autoptr(GError) error = NULL;

	if (!(property->flags & G_DBUS_PROPERTY_INFO_FLAGS_WRITABLE))
		return;
	args = g_variant_ref_sink(
		g_variant_new("(ssv)", info->name, property->name,
			      value_of(abuse, G_VARIANT_TYPE(property->signature), 0)));
	reply = client_ask(&abuse->client, object, "org.freedesktop.DBus.Properties", "Set", args,
			   &error);
	assert_documented(property->name, args, error);
}

typedef struct {
	const char *name;
	GType (*type)(void);
	GDBusInterfaceInfo *(*info)(void);
} Row;

static const Row rows[] = {
	{ "Manager", cusax_manager_get_type, cusax_dbus_manager_interface_info },
	{ "Admin", cusax_manager_get_type, cusax_dbus_admin_interface_info },
	{ "Account", cusax_account_get_type, cusax_dbus_account_interface_info },
	{ "Service", cusax_service_get_type, cusax_dbus_service_interface_info },
	{ "Contact", cusax_contact_get_type, cusax_dbus_contact_interface_info },
	{ "Chat", cusax_chat_get_type, cusax_dbus_chat_interface_info },
	{ "Call", cusax_call_get_type, cusax_dbus_call_interface_info },
};

static void abuse_once(Abuse *abuse, const Row *row)
{
	const GDBusInterfaceInfo *info = row->info();
	g_autoptr(GPtrArray) objects = cusax_registry_list(abuse->bench.registry, row->type());

	for (guint i = 0; i < objects->len && i < 3; i++) {
		g_autofree char *object = cusax_object_path(objects->pdata[i]);

		for (guint m = 0; info->methods && info->methods[m]; m++)
			abuse_method(abuse, object, info, info->methods[m]);
		for (guint p = 0; info->properties && info->properties[p]; p++)
			abuse_property(abuse, object, info, info->properties[p]);
	}
}

static void test_abuse(Abuse *abuse, gconstpointer data)
{
	for (guint i = 0; i < ROUNDS; i++)
		abuse_once(abuse, data);
	/* It lives, and says what it should. */
	client_settle(&abuse->client);
}

/* --- clients that leave, and clients that ask too much ----------------------------------------- */

static void on_dropped(GObject *source, GAsyncResult *result, G_GNUC_UNUSED gpointer data)
{
	GVariant *reply = g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, NULL);

	g_clear_pointer(&reply, g_variant_unref);
}

static void test_vanishing(Abuse *abuse, G_GNUC_UNUSED gconstpointer data)
{
	for (guint i = 0; i < 50; i++) {
		g_autoptr(GDBusConnection) other = client_connect();

		for (guint k = 0; k < 20; k++)
			g_dbus_connection_call(
				other, CUSAX_BUS_NAME, ROOT, "org.cusax.Cusax1.Manager",
				"GetCallLog", g_variant_new_parsed("(@a{sv} {},)"), NULL,
				G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, NULL, on_dropped, NULL);
		g_dbus_connection_flush_sync(other, NULL, NULL);
		g_main_context_iteration(NULL, FALSE);
		g_dbus_connection_close_sync(other, NULL, NULL);
	}
	client_settle(&abuse->client);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *name =
			g_strconcat("/abuse/values of every kind: ", rows[i].name, NULL);

		g_test_add(name, Abuse, &rows[i], set_up, test_abuse, tear_down);
	}
	g_test_add("/abuse/50 clients leave with 20 requests each", Abuse, NULL, set_up,
		   test_vanishing, tear_down);
	return client_run_tests();
}
