/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The core on fake services: accounts, calls, callers and chats as a client would see them. */
/* Main thread. */
#include <string.h>

#include "tests/unit/core-bench.h"

static void set_up(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	core_bench_start(bench);
}

static void tear_down(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	core_bench_stop(bench);
}

/* --- helpers ------------------------------------------------------------------------------------- */

static GVariant *no_options(void)
{
	return g_variant_ref_sink(g_variant_new("a{sv}", NULL));
}

static void expect_error(CoreBench *bench, Answer *answer, int code)
{
	g_autoptr(GError) error = NULL;

	core_bench_await(answer);
	g_assert_false(cusax_core_finish(bench->core, answer->result, &error));
	g_assert_error(error, CUSAX_ERROR, code);
	g_clear_object(&answer->result);
}

static CusaxCall *place(CoreBench *bench, const char *target)
{
	g_autoptr(GVariant) options = no_options();
	g_autoptr(GError) error = NULL;
	g_autoptr(CusaxObject) call = NULL;
	Answer answer = { 0 };

	cusax_core_call(bench->core, target, options, core_bench_answer, &answer);
	core_bench_await(&answer);
	call = cusax_core_finish_object(bench->core, answer.result, &error);
	g_assert_no_error(error);
	g_clear_object(&answer.result);
	return CUSAX_CALL(call); /* the registry holds it */
}

static void call_event(CoreBench *bench, guint64 handle, CusaxEventKind kind)
{
	CusaxEvent *event = cusax_event_new(kind, cusax_object_id(CUSAX_OBJECT(bench->telephony)));

	event->call = handle;
	core_bench_event(bench, event);
}

static void end_call(CoreBench *bench, guint64 handle, CusaxEndReason reason, guint code)
{
	CusaxEvent *event = cusax_event_new(CUSAX_EVENT_CALL_ENDED,
					    cusax_object_id(CUSAX_OBJECT(bench->telephony)));

	event->call = handle;
	event->call_ended.reason = reason;
	event->call_ended.code = code;
	core_bench_event(bench, event);
}

/* --- accounts ------------------------------------------------------------------------------------ */

static void test_locked_keyring(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	CusaxOperation *connect;

	core_bench_alice(bench, NULL);
	bench->keyring_locked = TRUE;
	core_bench_connection(bench, bench->chat, CUSAX_ACCOUNT_OFFLINE, CUSAX_ERROR_UNTRUSTED);
	g_assert_cmpint(bench->chat->state, ==, CUSAX_ACCOUNT_WAITING);
	g_assert_cmpstr(bench->chat->error_name, ==, "org.cusax.Cusax1.Error.Untrusted");
	/* The wait is over only in minutes; settings that change try at once. */
	{
		g_autoptr(GVariant) changes =
			g_variant_ref_sink(g_variant_new_parsed("{'resource': <'desk'>}"));
		Answer answer = { 0 };

		cusax_core_update_account(bench->core, bench->chat, changes, core_bench_answer,
					  &answer);
		core_bench_await(&answer);
		g_clear_object(&answer.result);
	}
	core_bench_settle(bench);
	g_assert_cmpint(bench->chat->state, ==, CUSAX_ACCOUNT_NEEDS_SECRET);
	g_assert_cmpstr(bench->chat->error_name, ==, "org.cusax.Cusax1.Error.SecretUnavailable");
	g_assert_cmpint(bench->telephony->state, ==, CUSAX_ACCOUNT_ONLINE); /* C19 */
	bench->keyring_locked = FALSE;
	bench->secrets_changed(bench->secrets_data);
	connect = core_bench_expect(bench, CUSAX_OPERATION_CONNECT);
	g_assert_cmpstr(connect->connect.secret, ==, "secret");
	cusax_operation_free(connect);
}

static void test_refused_password(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	core_bench_alice(bench, NULL);
	core_bench_connection(bench, bench->telephony, CUSAX_ACCOUNT_OFFLINE,
			      CUSAX_ERROR_AUTHENTICATION_FAILED);
	g_assert_cmpint(bench->telephony->state, ==, CUSAX_ACCOUNT_WAITING);
	for (guint i = 0; i < 2; i++) {
		cusax_operation_free(core_bench_expect(bench, CUSAX_OPERATION_CONNECT));
		core_bench_connection(bench, bench->telephony, CUSAX_ACCOUNT_OFFLINE,
				      CUSAX_ERROR_AUTHENTICATION_FAILED);
	}
	g_assert_cmpint(bench->telephony->state, ==, CUSAX_ACCOUNT_FAILED);
	g_assert_cmpstr(bench->telephony->error_name, ==,
			"org.cusax.Cusax1.Error.AuthenticationFailed");
	core_bench_forbid(bench, CUSAX_OPERATION_CONNECT);
}

static void test_one_sided(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	CusaxService *service;

	core_bench_alice(bench, NULL);
	service = CUSAX_SERVICE(bench->chat->service);
	g_assert_cmpint(service->state, ==, CUSAX_SERVICE_ONLINE);
	core_bench_connection(bench, bench->chat, CUSAX_ACCOUNT_OFFLINE, CUSAX_ERROR_NOT_CONNECTED);
	g_assert_cmpint(service->state, ==, CUSAX_SERVICE_PARTIAL);
	g_assert_nonnull(strstr(service->state_reason, "Chat"));
	g_assert_cmpint(service->telephony_state, ==, CUSAX_ACCOUNT_ONLINE);
}

static void test_second_account(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GVariant) none = no_options();
	Answer answer = { 0 };

	core_bench_alice(bench, NULL);
	cusax_core_add_account(bench->core, CUSAX_PROTOCOL_XMPP, "Alice@XMPP.test", none,
			       core_bench_answer, &answer);
	expect_error(bench, &answer, CUSAX_ERROR_INVALID_ARGUMENT);
}

static void test_remove(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GVariant) none = no_options();
	Answer answer = { 0 };

	core_bench_alice(bench, "sip:bob@sip.test");
	cusax_core_remove_account(bench->core, bench->chat, none, core_bench_answer, &answer);
	core_bench_done(bench, core_bench_expect(bench, CUSAX_OPERATION_DISCONNECT), -1);
	core_bench_await(&answer);
	g_assert_true(cusax_core_finish(bench->core, answer.result, NULL));
	g_clear_object(&answer.result);
	g_assert_cmpuint(cusax_registry_count(bench->registry, CUSAX_TYPE_CONTACT), ==, 0);
	g_assert_cmpuint(cusax_registry_count(bench->registry, CUSAX_TYPE_SERVICE), ==, 0);
	g_assert_cmpuint(cusax_registry_count(bench->registry, CUSAX_TYPE_ACCOUNT), ==, 1);
	g_assert_null(bench->telephony->service);
}

/* --- security ------------------------------------------------------------------------------------- */

static void online_with(CoreBench *bench, CusaxAccount *account, const char *transport,
			const char *tls_version)
{
	CusaxEvent *event =
		cusax_event_new(CUSAX_EVENT_CONNECTION, cusax_object_id(CUSAX_OBJECT(account)));

	event->connection.state = CUSAX_ACCOUNT_ONLINE;
	event->connection.security = cusax_security_new();
	event->connection.security->transport = g_strdup(transport);
	event->connection.security->tls_version = g_strdup(tls_version);
	event->connection.security->tls_verified = tls_version != NULL;
	core_bench_event(bench, event);
}

static void test_raise(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GVariant) answer_map = NULL;
	g_autoptr(GError) error = NULL;
	Answer answer = { 0 };
	CusaxOperation *connect;
	CusaxService *service;

	core_bench_alice(bench, NULL);
	service = CUSAX_SERVICE(bench->chat->service);
	online_with(bench, bench->chat, "starttls", "TLSv1.3");
	online_with(bench, bench->telephony, "udp", NULL);
	g_assert_false(service->secure);
	g_assert_true(g_strv_contains((const char *const *)service->security_mismatch,
				      "telephony-no-tls"));
	cusax_core_raise_security(bench->core, service, core_bench_answer, &answer);
	core_bench_await(&answer);
	answer_map = cusax_core_finish_variant(bench->core, answer.result, &error);
	g_assert_no_error(error);
	g_clear_object(&answer.result);
	g_assert_cmpstr(cusax_settings_string(bench->telephony->values, "transport"), ==, "tls");
	core_bench_done(bench, core_bench_expect(bench, CUSAX_OPERATION_DISCONNECT), -1);
	core_bench_connection(bench, bench->telephony, CUSAX_ACCOUNT_OFFLINE, -1);
	connect = core_bench_expect(bench, CUSAX_OPERATION_CONNECT);
	g_assert_cmpstr(connect->account, ==, cusax_object_id(CUSAX_OBJECT(bench->telephony)));
	g_assert_cmpstr(cusax_settings_string(connect->connect.settings, "transport"), ==, "tls");
	cusax_operation_free(connect);
	online_with(bench, bench->telephony, "tls", "TLSv1.3");
	g_assert_true(service->secure);
}

/* --- calling -------------------------------------------------------------------------------------- */

static void test_call_contact(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	CusaxContact *bob;
	CusaxOperation *operation;
	CusaxCall *call;

	core_bench_alice(bench, "sip:bob@sip.test");
	bob = core_bench_contact(bench, "bob@xmpp.test");
	g_assert_true(g_strv_contains((const char *const *)bob->capabilities, "audio"));
	call = place(bench, "bob");
	g_assert_cmpint(call->state, ==, CUSAX_CALL_DIALING);
	g_assert_true(call->contact == bob);
	g_assert_true(call->account == bench->telephony);
	operation = core_bench_expect(bench, CUSAX_OPERATION_CALL);
	g_assert_cmpstr(operation->place.uri, ==, "sip:bob@sip.test");
	g_assert_cmpstr(operation->place.impp, ==, "alice@xmpp.test");
	core_bench_done(bench, operation, -1);
	call_event(bench, call->handle, CUSAX_EVENT_CALL_RINGING);
	g_assert_cmpint(call->state, ==, CUSAX_CALL_RINGING);
	call_event(bench, call->handle, CUSAX_EVENT_CALL_ANSWERED);
	g_assert_cmpint(call->state, ==, CUSAX_CALL_ACTIVE);
	g_assert_cmpint(call->answer_time, >=, call->start_time);
	end_call(bench, call->handle, CUSAX_END_REMOTE_HANGUP, 0);
	g_assert_cmpint(call->state, ==, CUSAX_CALL_ENDED);
	g_assert_cmpint(call->end_reason, ==, CUSAX_END_REMOTE_HANGUP);
	g_assert_true(cusax_registry_contains(bench->registry, CUSAX_OBJECT(call)));
}

static void test_not_callable(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GVariant) none = no_options();
	Answer answer = { 0 };

	core_bench_alice(bench, NULL);
	g_assert_false(g_strv_contains(
		(const char *const *)core_bench_contact(bench, "bob@xmpp.test")->capabilities,
		"audio"));
	cusax_core_call(bench->core, "bob@xmpp.test", none, core_bench_answer, &answer);
	expect_error(bench, &answer, CUSAX_ERROR_NO_ROUTE);
	core_bench_forbid(bench, CUSAX_OPERATION_CALL);
}

static void test_not_registered(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GVariant) none = no_options();
	Answer answer = { 0 };

	core_bench_alice(bench, "sip:bob@sip.test");
	core_bench_connection(bench, bench->telephony, CUSAX_ACCOUNT_OFFLINE,
			      CUSAX_ERROR_NOT_REGISTERED);
	cusax_core_call(bench->core, "bob", none, core_bench_answer, &answer);
	expect_error(bench, &answer, CUSAX_ERROR_NOT_REGISTERED);
}

static void test_charges(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GVariant) none = no_options();
	Answer answer = { 0 };

	core_bench_alice(bench, NULL);
	cusax_core_call(bench->core, "+33 1 23 45 67 89", none, core_bench_answer, &answer);
	expect_error(bench, &answer, CUSAX_ERROR_CONFIRMATION_NEEDED);
	core_bench_forbid(bench, CUSAX_OPERATION_CALL);
}

static void test_hangup_while_ringing(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	Answer answer = { 0 };
	CusaxCall *call;

	core_bench_alice(bench, "sip:bob@sip.test");
	call = place(bench, "bob");
	core_bench_done(bench, core_bench_expect(bench, CUSAX_OPERATION_CALL), -1);
	cusax_core_hangup_call(bench->core, call, core_bench_answer, &answer);
	core_bench_done(bench, core_bench_expect(bench, CUSAX_OPERATION_HANGUP), -1);
	end_call(bench, call->handle, CUSAX_END_CANCELLED, 487);
	core_bench_await(&answer);
	g_assert_true(cusax_core_finish(bench->core, answer.result, NULL));
	g_clear_object(&answer.result);
	g_assert_cmpint(call->end_reason, ==, CUSAX_END_CANCELLED);
	g_assert_cmpuint(call->end_code, ==, 487);
}

/* --- being called ----------------------------------------------------------------------------------- */

static void test_verified(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	CusaxCall *call;
	CusaxChat *chat;
	Answer answer = { 0 };

	core_bench_alice(bench, "sip:bob@sip.test");
	core_bench_incoming(bench, "sip:bob@SIP.test", "xmpp:bob@xmpp.test");
	call = core_bench_call(bench);
	g_assert_cmpint(call->identity, ==, CUSAX_IDENTITY_VERIFIED);
	g_assert_true(call->contact == core_bench_contact(bench, "bob@xmpp.test"));
	cusax_core_open_call_chat(bench->core, call, core_bench_answer, &answer);
	core_bench_await(&answer);
	chat = (CusaxChat *)cusax_core_finish_object(bench->core, answer.result, NULL);
	g_assert_cmpstr(chat->address, ==, "bob@xmpp.test");
	g_assert_true(call->chat == chat);
	g_object_unref(chat);
	g_clear_object(&answer.result);
}

typedef struct {
	const char *name;
	const char *number; /* in bob's vCard */
	const char *from;
	const char *impp;
	CusaxIdentity identity;
} Caller;

static const Caller callers[] = {
	{ "C67: another user of the domain is unknown", "sip:bob@sip.test", "sip:bobby@sip.test",
	  NULL, CUSAX_IDENTITY_UNKNOWN },
	{ "C67: the same user of another domain is unknown", "sip:bob@sip.test",
	  "sip:bob@evil.test", NULL, CUSAX_IDENTITY_UNKNOWN },
	{ "C66: a contradicted cue is never shown as a contact", "sip:bob@sip.test",
	  "sip:mallory@evil.test", "xmpp:bob@xmpp.test", CUSAX_IDENTITY_CONTRADICTED },
	{ "C64: a stranger's cue is only a claim", "sip:bob@sip.test", "sip:carol@sip.test",
	  "xmpp:carol@xmpp.test", CUSAX_IDENTITY_CLAIMED },
	{ "C35: a JID that looks like the address proves nothing", NULL, "sip:bob@xmpp.test", NULL,
	  CUSAX_IDENTITY_UNKNOWN },
};

static void test_caller(CoreBench *bench, gconstpointer data)
{
	const Caller *row = data;
	Answer answer = { 0 };
	CusaxCall *call;

	core_bench_alice(bench, row->number);
	core_bench_incoming(bench, row->from, row->impp);
	call = core_bench_call(bench);
	g_assert_cmpint(call->identity, ==, row->identity);
	g_assert_null(call->contact);
	cusax_core_open_call_chat(bench->core, call, core_bench_answer, &answer);
	expect_error(bench, &answer, CUSAX_ERROR_NOT_FOUND);
}

static void test_number_changes(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	Answer answer = { 0 };
	CusaxCall *call;

	core_bench_alice(bench, "sip:bob@sip.test");
	core_bench_incoming(bench, "sip:bob@sip.test", NULL);
	call = core_bench_call(bench);
	g_assert_cmpint(call->identity, ==, CUSAX_IDENTITY_VERIFIED);
	cusax_core_refresh_contact(bench->core, core_bench_contact(bench, "bob@xmpp.test"),
				   core_bench_answer, &answer);
	core_bench_vcard(bench, "bob@xmpp.test", "sip:robert@sip.test");
	core_bench_await(&answer);
	g_clear_object(&answer.result);
	g_assert_cmpint(call->identity, ==, CUSAX_IDENTITY_UNKNOWN);
	g_assert_null(call->contact);
}

static void test_missed(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	CusaxManager *manager = cusax_registry_find(bench->registry, CUSAX_TYPE_MANAGER, "manager");
	guint64 handle;

	core_bench_alice(bench, NULL);
	handle = core_bench_incoming(bench, "sip:carol@sip.test", NULL);
	end_call(bench, handle, CUSAX_END_CANCELLED, 487);
	g_assert_cmpuint(manager->missed_calls, ==, 1);
}

static void test_too_many(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	CusaxOperation *decline;

	core_bench_alice(bench, NULL);
	for (guint i = 0; i < 5; i++)
		core_bench_incoming(bench, "sip:carol@sip.test", NULL);
	g_assert_cmpuint(cusax_registry_count(bench->registry, CUSAX_TYPE_CALL), ==, 4);
	decline = core_bench_expect(bench, CUSAX_OPERATION_DECLINE);
	g_assert_cmpuint(decline->decline.code, ==, 486);
	cusax_operation_free(decline);
}

static void test_decline_with_message(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GVariant) options = g_variant_ref_sink(
		g_variant_new_parsed("{'reason': <'declined'>, 'message': <'Later.'>}"));
	CusaxOperation *operation;
	Answer answer = { 0 };

	core_bench_alice(bench, "sip:bob@sip.test");
	core_bench_incoming(bench, "sip:bob@sip.test", NULL);
	cusax_core_decline_call(bench->core, core_bench_call(bench), options, core_bench_answer,
				&answer);
	operation = core_bench_expect(bench, CUSAX_OPERATION_DECLINE);
	g_assert_cmpuint(operation->decline.code, ==, 603);
	core_bench_done(bench, operation, -1);
	operation = core_bench_expect(bench, CUSAX_OPERATION_SEND_MESSAGE);
	g_assert_cmpstr(operation->send_message.text, ==, "Later.");
	cusax_operation_free(operation);
	core_bench_await(&answer);
	g_clear_object(&answer.result);
}

/* --- chat ------------------------------------------------------------------------------------------- */

static char *send_text(CoreBench *bench, CusaxChat *chat, const char *text)
{
	g_autoptr(GVariant) none = no_options();
	Answer answer = { 0 };
	char *id;

	cusax_core_send_message(bench->core, chat, text, none, core_bench_answer, &answer);
	core_bench_await(&answer);
	id = cusax_core_finish_string(bench->core, answer.result, NULL);
	g_assert_nonnull(id);
	g_clear_object(&answer.result);
	return id;
}

static CusaxChat *open_chat(CoreBench *bench, const char *address)
{
	g_autoptr(GVariant) none = no_options();
	g_autoptr(CusaxObject) chat = NULL;
	Answer answer = { 0 };

	cusax_core_open_chat(bench->core, address, none, core_bench_answer, &answer);
	core_bench_await(&answer);
	chat = cusax_core_finish_object(bench->core, answer.result, NULL);
	g_assert_nonnull(chat);
	g_clear_object(&answer.result);
	return CUSAX_CHAT(chat); /* the registry holds it */
}

static GVariant *messages(CoreBench *bench, CusaxChat *chat)
{
	g_autoptr(GVariant) none = no_options();
	Answer answer = { 0 };
	GVariant *list;

	cusax_core_get_messages(bench->core, chat, none, core_bench_answer, &answer);
	core_bench_await(&answer);
	list = cusax_core_finish_variant(bench->core, answer.result, NULL);
	g_assert_nonnull(list);
	g_clear_object(&answer.result);
	return list;
}

static void test_send_offline(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	CusaxOperation *operation;
	CusaxChat *chat;
	g_autofree char *id = NULL;
	g_autofree char *second = NULL;

	core_bench_alice(bench, NULL);
	chat = open_chat(bench, "bob");
	core_bench_connection(bench, bench->chat, CUSAX_ACCOUNT_OFFLINE, CUSAX_ERROR_NOT_CONNECTED);
	id = send_text(bench, chat, "one");
	second = send_text(bench, chat, "two");
	core_bench_forbid(bench, CUSAX_OPERATION_SEND_MESSAGE);
	cusax_operation_free(core_bench_expect(bench, CUSAX_OPERATION_CONNECT));
	core_bench_connection(bench, bench->chat, CUSAX_ACCOUNT_ONLINE, -1);
	operation = core_bench_expect(bench, CUSAX_OPERATION_SEND_MESSAGE);
	g_assert_cmpstr(operation->send_message.message, ==, id);
	cusax_operation_free(operation);
	operation = core_bench_expect(bench, CUSAX_OPERATION_SEND_MESSAGE);
	g_assert_cmpstr(operation->send_message.message, ==, second);
	cusax_operation_free(operation);
	core_bench_forbid(bench, CUSAX_OPERATION_SEND_MESSAGE);
}

static void test_delivery(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GVariant) list = NULL;
	g_autofree char *id = NULL;
	const char *delivery;
	CusaxEvent *event;
	CusaxChat *chat;

	core_bench_alice(bench, NULL);
	chat = open_chat(bench, "bob@xmpp.test");
	id = send_text(bench, chat, "hello");
	cusax_operation_free(core_bench_expect(bench, CUSAX_OPERATION_SEND_MESSAGE));
	event = cusax_event_new(CUSAX_EVENT_MESSAGE_STATE,
				cusax_object_id(CUSAX_OBJECT(bench->chat)));
	event->message_state.address = g_strdup("bob@xmpp.test");
	event->message_state.id = g_strdup(id);
	event->message_state.delivery = CUSAX_DELIVERY_DELIVERED;
	core_bench_event(bench, event);
	/* A receipt from somebody else is no receipt. */
	event = cusax_event_new(CUSAX_EVENT_MESSAGE_STATE,
				cusax_object_id(CUSAX_OBJECT(bench->chat)));
	event->message_state.address = g_strdup("mallory@xmpp.test");
	event->message_state.id = g_strdup(id);
	event->message_state.delivery = CUSAX_DELIVERY_DISPLAYED;
	core_bench_event(bench, event);
	list = messages(bench, chat);
	g_assert_cmpuint(g_variant_n_children(list), ==, 1);
	{
		g_autoptr(GVariant) first = g_variant_get_child_value(list, 0);

		g_assert_true(g_variant_lookup(first, "delivery", "&s", &delivery));
		g_assert_cmpstr(delivery, ==, "delivered");
	}
}

static void receive(CoreBench *bench, const char *from, const char *id, const char *text)
{
	CusaxEvent *event =
		cusax_event_new(CUSAX_EVENT_MESSAGE, cusax_object_id(CUSAX_OBJECT(bench->chat)));

	event->message.direction = CUSAX_DIRECTION_IN;
	event->message.address = g_strdup(from);
	event->message.id = g_strdup(id);
	event->message.text = g_strdup(text);
	event->message.wants_receipt = TRUE;
	core_bench_event(bench, event);
}

static void test_receive(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	CusaxManager *manager = cusax_registry_find(bench->registry, CUSAX_TYPE_MANAGER, "manager");
	CusaxOperation *receipt;
	CusaxChat *chat;

	core_bench_alice(bench, NULL);
	receive(bench, "bob@xmpp.test", "m1", "hello");
	receipt = core_bench_expect(bench, CUSAX_OPERATION_SEND_MARKER);
	g_assert_cmpstr(receipt->send_marker.message, ==, "m1");
	cusax_operation_free(receipt);
	receive(bench, "bob@xmpp.test", "m1", "hello"); /* delivered again by the server */
	chat = open_chat(bench, "bob");
	g_assert_cmpuint(chat->unread, ==, 1);
	g_assert_cmpuint(manager->unread, ==, 1);
	cusax_operation_free(core_bench_expect(bench, CUSAX_OPERATION_SEND_MARKER));
	receive(bench, "stranger@xmpp.test", "m2", "who am I");
	core_bench_forbid(bench, CUSAX_OPERATION_SEND_MARKER);
	g_assert_cmpuint(manager->unread, ==, 2);
}

/* --- presence --------------------------------------------------------------------------------------- */

static void test_on_the_phone(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	CusaxOperation *presence;
	CusaxCall *call;

	core_bench_alice(bench, "sip:bob@sip.test");
	call = place(bench, "bob");
	presence = core_bench_expect(bench, CUSAX_OPERATION_PRESENCE);
	g_assert_cmpint(presence->presence.availability, ==, CUSAX_AVAILABILITY_DND);
	cusax_operation_free(presence);
	end_call(bench, call->handle, CUSAX_END_BUSY, 486);
	presence = core_bench_expect(bench, CUSAX_OPERATION_PRESENCE);
	g_assert_cmpint(presence->presence.availability, ==, CUSAX_AVAILABILITY_ONLINE);
	cusax_operation_free(presence);
}

static void test_stranger_presence(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	CusaxEvent *event;

	core_bench_alice(bench, NULL);
	event = cusax_event_new(CUSAX_EVENT_PRESENCE, cusax_object_id(CUSAX_OBJECT(bench->chat)));
	event->presence.address = g_strdup("stranger@xmpp.test");
	event->presence.resource = g_strdup("x");
	event->presence.availability = CUSAX_AVAILABILITY_ONLINE;
	core_bench_event(bench, event);
	g_assert_cmpuint(cusax_registry_count(bench->registry, CUSAX_TYPE_CONTACT), ==, 1);
}

static void test_resume(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	CusaxContact *bob;
	CusaxEvent *event;

	core_bench_alice(bench, NULL);
	bob = core_bench_contact(bench, "bob@xmpp.test");
	event = cusax_event_new(CUSAX_EVENT_PRESENCE, cusax_object_id(CUSAX_OBJECT(bench->chat)));
	event->presence.address = g_strdup("bob@xmpp.test");
	event->presence.resource = g_strdup("desk");
	event->presence.availability = CUSAX_AVAILABILITY_AWAY;
	core_bench_event(bench, event);
	g_assert_cmpint(bob->availability, ==, CUSAX_AVAILABILITY_AWAY);
	core_bench_connection(bench, bench->chat, CUSAX_ACCOUNT_OFFLINE, CUSAX_ERROR_NOT_CONNECTED);
	g_assert_cmpint(bob->availability, ==, CUSAX_AVAILABILITY_OFFLINE);
	g_assert_cmpuint(g_variant_n_children(bob->resources), ==, 0);
	cusax_operation_free(core_bench_expect(bench, CUSAX_OPERATION_CONNECT));
	event = cusax_event_new(CUSAX_EVENT_CONNECTION, cusax_object_id(CUSAX_OBJECT(bench->chat)));
	event->connection.state = CUSAX_ACCOUNT_ONLINE;
	event->connection.security = cusax_security_new();
	event->connection.resumed = TRUE;
	core_bench_event(bench, event);
	g_assert_cmpint(bob->availability, ==, CUSAX_AVAILABILITY_AWAY);
	core_bench_connection(bench, bench->chat, CUSAX_ACCOUNT_OFFLINE, CUSAX_ERROR_NOT_CONNECTED);
	cusax_operation_free(core_bench_expect(bench, CUSAX_OPERATION_CONNECT));
	core_bench_connection(bench, bench->chat, CUSAX_ACCOUNT_ONLINE, -1);
	g_assert_cmpint(bob->availability, ==, CUSAX_AVAILABILITY_OFFLINE);
}

/* --- block list and reachability ------------------------------------------------------------------- */

static void test_block(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	CusaxOperation *operation;
	CusaxEvent *event;

	core_bench_alice(bench, "sip:bob@sip.test");
	event = cusax_event_new(CUSAX_EVENT_BLOCK_LIST, cusax_object_id(CUSAX_OBJECT(bench->chat)));
	g_strfreev(event->block_list.addresses);
	event->block_list.addresses = g_strsplit("bob@xmpp.test", ",", -1);
	core_bench_event(bench, event);
	g_assert_true(core_bench_contact(bench, "bob@xmpp.test")->blocked);
	core_bench_incoming(bench, "sip:bob@sip.test", NULL);
	operation = core_bench_expect(bench, CUSAX_OPERATION_DECLINE);
	g_assert_cmpuint(operation->decline.code, ==, 603);
	cusax_operation_free(operation);
	g_assert_cmpuint(cusax_registry_count(bench->registry, CUSAX_TYPE_CALL), ==, 0);
}

static void test_hint(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	CusaxContact *bob;
	CusaxEvent *event;

	core_bench_alice(bench, NULL);
	bob = core_bench_contact(bench, "bob@xmpp.test");
	event = cusax_event_new(CUSAX_EVENT_REACHABILITY,
				cusax_object_id(CUSAX_OBJECT(bench->chat)));
	event->reachability.address = g_strdup("bob@xmpp.test");
	g_ptr_array_add(event->reachability.phones,
			cusax_phone_new("sip:bob@sip.test", NULL, CUSAX_SOURCE_REACHABILITY));
	core_bench_event(bench, event);
	g_assert_cmpuint(g_variant_n_children(bob->phones), ==, 1);
	core_bench_incoming(bench, "sip:bob@sip.test", NULL);
	g_assert_cmpint(core_bench_call(bench)->identity, !=, CUSAX_IDENTITY_VERIFIED);
	g_assert_null(core_bench_call(bench)->contact);
	event = cusax_event_new(CUSAX_EVENT_REACHABILITY,
				cusax_object_id(CUSAX_OBJECT(bench->chat)));
	event->reachability.address = g_strdup("bob@xmpp.test");
	core_bench_event(bench, event);
	g_assert_cmpuint(g_variant_n_children(bob->phones), ==, 0);
}

static void test_publish_reach(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	CusaxOperation *publish;

	core_bench_alice(bench, NULL);
	core_bench_connection(bench, bench->telephony, CUSAX_ACCOUNT_OFFLINE,
			      CUSAX_ERROR_NOT_REGISTERED);
	publish = core_bench_expect(bench, CUSAX_OPERATION_PUBLISH_REACHABILITY);
	g_assert_null(publish->publish_reachability.uris[0]);
	cusax_operation_free(publish);
	cusax_operation_free(core_bench_expect(bench, CUSAX_OPERATION_CONNECT));
	core_bench_connection(bench, bench->telephony, CUSAX_ACCOUNT_ONLINE, -1);
	publish = core_bench_expect(bench, CUSAX_OPERATION_PUBLISH_REACHABILITY);
	g_assert_cmpstr(publish->publish_reachability.uris[0], ==, "sip:alice@sip.test");
	cusax_operation_free(publish);
}

/* --- doctor ------------------------------------------------------------------------------------------ */

static char *result_of(GVariant *report, const char *check)
{
	GVariantIter iter;
	GVariant *row;
	char *result = NULL;

	g_variant_iter_init(&iter, report);
	while ((row = g_variant_iter_next_value(&iter))) {
		const char *id;

		if (g_variant_lookup(row, "check", "&s", &id) && strcmp(id, check) == 0)
			g_variant_lookup(row, "result", "s", &result);
		g_variant_unref(row);
	}
	return result;
}

static void test_doctor(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	static const char *const expected[][2] = {
		{ "C101", "failed" }, { "C102", "ok" }, { "C103", "ok" },
		{ "C104", "failed" }, { "C105", "ok" }, { "C106", "ok" },
	};
	g_autoptr(GVariant) report = NULL;
	Answer answer = { 0 };

	core_bench_alice(bench, NULL);
	core_bench_incoming(bench, "sip:bob@sip.test", "xmpp:bob@xmpp.test");
	cusax_core_diagnose(bench->core, CUSAX_SERVICE(bench->chat->service), core_bench_answer,
			    &answer);
	core_bench_vcard(bench, "alice@xmpp.test", "sip:alice@sip.test");
	core_bench_await(&answer);
	report = cusax_core_finish_variant(bench->core, answer.result, NULL);
	g_clear_object(&answer.result);
	for (guint i = 0; i < G_N_ELEMENTS(expected); i++) {
		g_autofree char *result = result_of(report, expected[i][0]);

		g_assert_cmpstr(result, ==, expected[i][1]);
	}
}

/* --- restart ---------------------------------------------------------------------------------------- */

static void test_restart(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	CusaxManager *manager;
	CusaxContact *bob;
	g_autofree char *path = NULL, *path_now = NULL;
	Answer answer = { 0 };

	core_bench_alice(bench, "sip:bob@sip.test");
	receive(bench, "bob@xmpp.test", "m1", "hello");
	path = cusax_object_path(CUSAX_OBJECT(core_bench_contact(bench, "bob@xmpp.test")));
	cusax_core_set_availability(bench->core, CUSAX_AVAILABILITY_AWAY, core_bench_answer,
				    &answer);
	core_bench_await(&answer);
	g_clear_object(&answer.result);
	core_bench_restart(bench);
	manager = cusax_registry_find(bench->registry, CUSAX_TYPE_MANAGER, "manager");
	g_assert_cmpint(manager->availability, ==, CUSAX_AVAILABILITY_AWAY);
	g_assert_cmpuint(manager->unread, ==, 1);
	bob = core_bench_contact(bench, "bob@xmpp.test");
	g_assert_nonnull(bob);
	path_now = cusax_object_path(CUSAX_OBJECT(bob));
	g_assert_cmpstr(path_now, ==, path);
	g_assert_cmpstr(bob->name, ==, "Bob");
	g_assert_true(g_strv_contains((const char *const *)bob->capabilities, "audio"));
	g_assert_nonnull(bench->chat->service);
}

static void add(const char *name, void (*test)(CoreBench *, gconstpointer), gconstpointer data)
{
	g_autofree char *path = g_strconcat("/core/", name, NULL);

	g_test_add(path, CoreBench, data, set_up, test, tear_down);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	add("C100: a locked keyring is needs-secret until it opens", test_locked_keyring, NULL);
	add("C20: a refused password is tried three times, then failed", test_refused_password,
	    NULL);
	add("C19, C22: one side lost is partial and names the side", test_one_sided, NULL);
	add("the same address twice is refused", test_second_account, NULL);
	add("a removed account takes its contacts and its pair with it", test_remove, NULL);
	add("C93, C94, C95: a mismatch is named, and one act raises both sides", test_raise, NULL);
	add("C43, C56, C71: a contact with a number is called at once", test_call_contact, NULL);
	add("C45: a contact without a number cannot be called", test_not_callable, NULL);
	add("C61: an account that is not registered is no way out", test_not_registered, NULL);
	add("C86: a number that may cost is not called without a yes", test_charges, NULL);
	add("T2: a call hung up while it rings is cancelled", test_hangup_while_ringing, NULL);
	add("C62, C69: a caller with a contact's number is verified", test_verified, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(callers); i++)
		add(callers[i].name, test_caller, &callers[i]);
	add("C45: a number that changed no longer verifies", test_number_changes, NULL);
	add("T11: a call nobody took is missed", test_missed, NULL);
	add("R14: beyond four ringing calls the answer is busy", test_too_many, NULL);
	add("B1: declining with a message sends it by chat", test_decline_with_message, NULL);
	add("X2: what was written offline is sent in order when online", test_send_offline, NULL);
	add("X5: a receipt counts only from the one who was written to", test_delivery, NULL);
	add("X5: a message is stored once and receipted to contacts only", test_receive, NULL);
	add("B2: on the phone during calls and as before afterwards", test_on_the_phone, NULL);
	add("R1: presence of a stranger makes no contact", test_stranger_presence, NULL);
	add("X2: presence known before a resume holds after it, and only then", test_resume, NULL);
	add("T12: a caller who is blocked in chat does not ring", test_block, NULL);
	add("C48, C51: a reachability hint is shown and verifies nobody", test_hint, NULL);
	add("C48: own addresses are published while registered, withdrawn when not",
	    test_publish_reach, NULL);
	add("C101-C106: the provider checks say what was found", test_doctor, NULL);
	add("contacts, numbers, unread and presence survive a restart", test_restart, NULL);
	return g_test_run();
}
