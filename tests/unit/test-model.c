/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Models: what changes together is announced together, the registry, references between models. */
/* Main thread. */
#include "daemon/model/call.h"
#include "daemon/model/registry.h"

typedef struct {
	guint added, removed, changes, properties, moments;
	char *last_moment;
} Seen;

static void on_added(G_GNUC_UNUSED CusaxObject *object, gpointer data)
{
	((Seen *)data)->added++;
}

static void on_removed(G_GNUC_UNUSED CusaxObject *object, gpointer data)
{
	((Seen *)data)->removed++;
}

static void on_changed(G_GNUC_UNUSED CusaxObject *object, G_GNUC_UNUSED GParamSpec **pspecs,
		       guint n, gpointer data)
{
	((Seen *)data)->changes++;
	((Seen *)data)->properties += n;
}

static void on_moment(G_GNUC_UNUSED CusaxObject *object, const char *name,
		      G_GNUC_UNUSED GVariant *args, gpointer data)
{
	((Seen *)data)->moments++;
	g_free(((Seen *)data)->last_moment);
	((Seen *)data)->last_moment = g_strdup(name);
}

static const CusaxRegistryWatcher watcher = { on_added, on_removed, on_changed, on_moment };

static CusaxAccount *new_account(const char *id, CusaxProtocol protocol, const char *address)
{
	g_autoptr(CusaxSettings) settings =
		cusax_settings_new(protocol == CUSAX_PROTOCOL_XMPP ? CUSAX_SETTINGS_XMPP_ACCOUNT
								   : CUSAX_SETTINGS_SIP_ACCOUNT);

	return cusax_account_new(id, protocol, address, settings);
}

static void test_together(void)
{
	g_autoptr(CusaxRegistry) registry = cusax_registry_new();
	g_autoptr(CusaxAccount) account = new_account("x1", CUSAX_PROTOCOL_XMPP, "a@xmpp.test");
	Seen seen = { 0 };

	cusax_registry_watch(registry, &watcher, &seen);
	cusax_registry_add(registry, CUSAX_OBJECT(account));
	g_assert_cmpuint(seen.added, ==, 1);
	g_object_set(account, "state", CUSAX_ACCOUNT_WAITING, "state-reason", "The server is gone.",
		     "error-name", "NotConnected", NULL);
	g_assert_cmpuint(seen.changes, ==, 1);
	g_assert_cmpuint(seen.properties, ==, 3);
	g_object_set(account, "state", CUSAX_ACCOUNT_WAITING, "state-reason", "The server is gone.",
		     NULL);
	g_assert_cmpuint(seen.changes, ==, 1); /* nothing changed: nothing is said */
	cusax_registry_moment(registry, account, "Moment", g_variant_new("(s)", "x"));
	g_assert_cmpstr(seen.last_moment, ==, "Moment");
	cusax_registry_remove(registry, CUSAX_OBJECT(account));
	g_object_set(account, "state", CUSAX_ACCOUNT_OFFLINE, NULL);
	g_assert_cmpuint(seen.removed, ==, 1);
	g_assert_cmpuint(seen.changes, ==, 1);
	g_free(seen.last_moment);
}

static void test_labels(void)
{
	g_autoptr(CusaxAccount) chat = new_account("x1", CUSAX_PROTOCOL_XMPP, "a@xmpp.test");
	g_autoptr(CusaxAccount) telephony = new_account("s1", CUSAX_PROTOCOL_SIP, "sip:a@sip.test");

	g_assert_cmpstr(chat->label, ==, "Chat");
	g_assert_cmpstr(chat->role, ==, "chat");
	g_assert_cmpstr(telephony->label, ==, "Telephony");
	g_assert_cmpuint(chat->features, ==, CUSAX_FEATURE_MESSAGING | CUSAX_FEATURE_PRESENCE);
}

/* One row, one account: in a service or not, what is switched off, what is left. */
static void test_features(void)
{
	static const struct {
		CusaxProtocol protocol;
		gboolean paired;
		const char *disabled;
		CusaxFeatures features;
	} rows[] = {
		{ CUSAX_PROTOCOL_SIP, TRUE, "@as []", CUSAX_FEATURE_AUDIO },
		{ CUSAX_PROTOCOL_SIP, TRUE, "['audio']", 0 },
		{ CUSAX_PROTOCOL_SIP, FALSE, "@as []",
		  CUSAX_FEATURE_AUDIO | CUSAX_FEATURE_MESSAGING | CUSAX_FEATURE_PRESENCE },
		{ CUSAX_PROTOCOL_SIP, FALSE, "['messaging']",
		  CUSAX_FEATURE_AUDIO | CUSAX_FEATURE_PRESENCE },
		{ CUSAX_PROTOCOL_SIP, FALSE, "['presence']",
		  CUSAX_FEATURE_AUDIO | CUSAX_FEATURE_MESSAGING },
		{ CUSAX_PROTOCOL_SIP, FALSE, "['audio', 'messaging', 'presence']", 0 },
		{ CUSAX_PROTOCOL_XMPP, TRUE, "@as []",
		  CUSAX_FEATURE_MESSAGING | CUSAX_FEATURE_PRESENCE },
		{ CUSAX_PROTOCOL_XMPP, FALSE, "@as []",
		  CUSAX_FEATURE_MESSAGING | CUSAX_FEATURE_PRESENCE },
		{ CUSAX_PROTOCOL_XMPP, FALSE, "['messaging']", CUSAX_FEATURE_PRESENCE },
	};
	g_autoptr(CusaxSettings) pair = cusax_settings_new(CUSAX_SETTINGS_PAIR);
	g_autoptr(CusaxAccount) chat = new_account("x1", CUSAX_PROTOCOL_XMPP, "a@xmpp.test");
	g_autoptr(CusaxAccount) telephony = new_account("s1", CUSAX_PROTOCOL_SIP, "sip:a@sip.test");
	g_autoptr(CusaxService) service = cusax_service_new("p1", chat, telephony, "manual", pair);

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		gboolean sip = rows[i].protocol == CUSAX_PROTOCOL_SIP;
		CusaxAccount *account = sip ? telephony : chat;
		g_autofree char *text =
			g_strdup_printf("{'disabled-features': <%s>}", rows[i].disabled);
		g_autoptr(GVariant) change = g_variant_ref_sink(g_variant_new_parsed(text));
		g_autoptr(CusaxSettings) values = cusax_settings_merge(
			sip ? CUSAX_SETTINGS_SIP_ACCOUNT : CUSAX_SETTINGS_XMPP_ACCOUNT, NULL,
			change, NULL);

		g_test_message("row %u", i);
		/* Both orders: settings first, pair first. */
		cusax_account_set_values(account, values);
		g_object_set(account, "service", rows[i].paired ? service : NULL, NULL);
		g_assert_cmpuint(account->features, ==, rows[i].features);
		cusax_account_set_values(account, values);
		g_assert_cmpuint(account->features, ==, rows[i].features);
		g_object_set(account, "service", NULL, NULL);
	}
}

static void test_cycle(void)
{
	g_autoptr(CusaxRegistry) registry = cusax_registry_new();
	g_autoptr(CusaxSettings) pair = cusax_settings_new(CUSAX_SETTINGS_PAIR);
	CusaxAccount *chat = new_account("x1", CUSAX_PROTOCOL_XMPP, "a@xmpp.test");
	CusaxAccount *telephony = new_account("s1", CUSAX_PROTOCOL_SIP, "sip:a@sip.test");
	CusaxService *service = cusax_service_new("p1", chat, telephony, "manual", pair);
	gpointer weak = service;

	g_object_add_weak_pointer(G_OBJECT(service), &weak);
	g_object_set(chat, "service", service, NULL);
	cusax_registry_add(registry, CUSAX_OBJECT(chat));
	cusax_registry_add(registry, CUSAX_OBJECT(telephony));
	cusax_registry_add(registry, CUSAX_OBJECT(service));
	g_assert_cmpstr(service->name, ==, "xmpp.test");
	g_object_unref(chat);
	g_object_unref(telephony);
	g_object_unref(service);
	g_clear_pointer(&registry, cusax_registry_free);
	g_assert_null(weak);
}

static void test_path(void)
{
	g_autoptr(CusaxAccount) account = new_account("s1", CUSAX_PROTOCOL_SIP, "sip:a@sip.test");
	g_autoptr(CusaxCall) call =
		cusax_call_new(7, account, CUSAX_CALL_OUTGOING_DIRECTION, CUSAX_CALL_DIALING,
			       "sip:b@sip.test", G_GINT64_CONSTANT(1700000000000000));
	g_autofree char *path = cusax_object_path(CUSAX_OBJECT(call));
	g_autofree char *none = cusax_object_path(NULL);

	g_assert_true(g_variant_is_object_path(path));
	g_assert_true(g_str_has_prefix(path, "/org/cusax/Cusax1/call/c"));
	g_assert_cmpstr(none, ==, "/");
}

static void test_resources(void)
{
	g_autoptr(CusaxAccount) account = new_account("x1", CUSAX_PROTOCOL_XMPP, "a@xmpp.test");
	g_autoptr(CusaxContact) contact = cusax_contact_new("c1", account, "b@xmpp.test");

	cusax_contact_apply_resource(contact, "desk", CUSAX_AVAILABILITY_ONLINE, 5, "here", 1000);
	cusax_contact_apply_resource(contact, "phone", CUSAX_AVAILABILITY_AWAY, 0, NULL, 2000);
	cusax_contact_apply_resource(contact, "desk", CUSAX_AVAILABILITY_DND, 5, "busy", 3000);
	g_assert_cmpuint(g_variant_n_children(contact->resources), ==, 2);
	cusax_contact_apply_resource(contact, "desk", CUSAX_AVAILABILITY_OFFLINE, 0, NULL, 4000);
	g_assert_cmpuint(g_variant_n_children(contact->resources), ==, 1);
	g_assert_cmpint(contact->last_seen, ==, 4000);
	cusax_contact_apply_resource(contact, "never-seen", CUSAX_AVAILABILITY_OFFLINE, 0, NULL,
				     5000);
	g_assert_cmpint(contact->last_seen, ==, 4000);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/model/what changes together is announced together", test_together);
	g_test_add_func("/model/C21: accounts are called Chat and Telephony", test_labels);
	g_test_add_func("/model/C1, C4, C5, C13, C15, C16: features follow pair and switches",
			test_features);
	g_test_add_func("/model/accounts and their pair are freed with the registry", test_cycle);
	g_test_add_func("/model/paths are valid and none is a slash", test_path);
	g_test_add_func("/model/resources come, change and go", test_resources);
	return g_test_run();
}
