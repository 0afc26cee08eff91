/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A core on fake services: operations are recorded, events are put in by the test. */
/* Main thread. */
#include "tests/unit/core-bench.h"

#include <glib/gstdio.h>

#include "daemon/base/stable-id.h"

#define DEADLINE_SECONDS 5

/* --- fake services ------------------------------------------------------------------------------- */

typedef struct {
	CusaxDriver driver;
	CoreBench *bench;
} FakeDriver;

static void fake_submit(CusaxDriver *driver, CusaxOperation *operation)
{
	g_ptr_array_add(((FakeDriver *)driver)->bench->operations, operation);
}

static void fake_free(CusaxDriver *driver)
{
	g_free(driver);
}

static CusaxDriver *fake_driver(CoreBench *bench)
{
	FakeDriver *fake = g_new0(FakeDriver, 1);

	*fake = (FakeDriver){ { fake_submit, fake_free }, bench };
	return &fake->driver;
}

typedef struct {
	CusaxSecretStore store;
	CoreBench *bench;
} FakeSecrets;

static void fake_lookup(CusaxSecretStore *store, G_GNUC_UNUSED CusaxProtocol protocol,
			G_GNUC_UNUSED const char *account, G_GNUC_UNUSED gboolean interactive,
			GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data)
{
	g_autoptr(GTask) task = g_task_new(NULL, cancellable, callback, data);

	if (((FakeSecrets *)store)->bench->keyring_locked)
		g_task_return_new_error(task, CUSAX_ERROR, CUSAX_ERROR_SECRET_UNAVAILABLE,
					"The keyring is locked.");
	else
		g_task_return_pointer(task, g_strdup("secret"), g_free);
}

static char *fake_lookup_finish(G_GNUC_UNUSED CusaxSecretStore *store, GAsyncResult *result,
				GError **error)
{
	return g_task_propagate_pointer(G_TASK(result), error);
}

static void fake_store(G_GNUC_UNUSED CusaxSecretStore *store, G_GNUC_UNUSED CusaxProtocol protocol,
		       G_GNUC_UNUSED const char *account, G_GNUC_UNUSED const char *label,
		       G_GNUC_UNUSED const char *secret, GCancellable *cancellable,
		       GAsyncReadyCallback callback, gpointer data)
{
	g_autoptr(GTask) task = g_task_new(NULL, cancellable, callback, data);

	g_task_return_boolean(task, TRUE);
}

static void fake_clear(G_GNUC_UNUSED CusaxSecretStore *store, G_GNUC_UNUSED CusaxProtocol protocol,
		       G_GNUC_UNUSED const char *account, GCancellable *cancellable,
		       GAsyncReadyCallback callback, gpointer data)
{
	g_autoptr(GTask) task = g_task_new(NULL, cancellable, callback, data);

	g_task_return_boolean(task, TRUE);
}

static gboolean fake_finish(G_GNUC_UNUSED CusaxSecretStore *store, GAsyncResult *result,
			    GError **error)
{
	return g_task_propagate_boolean(G_TASK(result), error);
}

static void fake_watch(CusaxSecretStore *store, void (*changed)(gpointer data), gpointer data)
{
	((FakeSecrets *)store)->bench->secrets_changed = changed;
	((FakeSecrets *)store)->bench->secrets_data = data;
}

static void fake_secrets_free(CusaxSecretStore *store)
{
	g_free(store);
}

static CusaxSecretStore *fake_secrets(CoreBench *bench)
{
	FakeSecrets *fake = g_new0(FakeSecrets, 1);

	fake->store = (CusaxSecretStore){ fake_lookup, fake_lookup_finish, fake_store,
					  fake_finish, fake_clear,         fake_finish,
					  fake_watch,  fake_secrets_free };
	fake->bench = bench;
	return &fake->store;
}

/* --- waiting --------------------------------------------------------------------------------------- */

static gboolean on_deadline(gpointer data)
{
	*(gboolean *)data = TRUE;
	return G_SOURCE_CONTINUE;
}

void core_bench_until(gboolean (*met)(gpointer data), gpointer data)
{
	gboolean late = FALSE;
	guint deadline = g_timeout_add_seconds(DEADLINE_SECONDS, on_deadline, &late);

	while (!met(data) && !late)
		g_main_context_iteration(NULL, TRUE);
	g_source_remove(deadline);
	g_assert_true(met(data));
}

static gboolean is_answered(gpointer data)
{
	return ((Answer *)data)->done;
}

void core_bench_answer(G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer data)
{
	Answer *answer = data;

	answer->done = TRUE;
	answer->result = g_object_ref(result);
}

void core_bench_await(Answer *answer)
{
	core_bench_until(is_answered, answer);
}

/* The history works in the order asked: when a question put now is answered, all before it is done,
 * and with it what followed from that. */
void core_bench_settle(CoreBench *bench)
{
	for (guint round = 0; round < 2; round++) {
		Answer answer = { 0 };
		GVariant *none = g_variant_ref_sink(g_variant_new("a{sv}", NULL));

		while (g_main_context_iteration(NULL, FALSE))
			;
		cusax_core_get_call_log(bench->core, none, core_bench_answer, &answer);
		core_bench_await(&answer);
		g_clear_object(&answer.result);
		g_variant_unref(none);
	}
}

/* --- life ------------------------------------------------------------------------------------------ */

static void begin(CoreBench *bench)
{
	Answer answer = { 0 };

	bench->operations = g_ptr_array_new_with_free_func((GDestroyNotify)cusax_operation_free);
	bench->core = cusax_core_new(cusax_config_load(bench->folder),
				     cusax_history_new(bench->folder), fake_secrets(bench));
	cusax_core_set_driver(bench->core, CUSAX_PROTOCOL_XMPP, fake_driver(bench));
	cusax_core_set_driver(bench->core, CUSAX_PROTOCOL_SIP, fake_driver(bench));
	bench->registry = cusax_core_registry(bench->core);
	cusax_core_load(bench->core, core_bench_answer, &answer);
	core_bench_await(&answer);
	g_assert_true(cusax_core_finish(bench->core, answer.result, NULL));
	g_clear_object(&answer.result);
	cusax_core_run(bench->core);
}

static void end(CoreBench *bench)
{
	Answer answer = { 0 };

	cusax_core_stop(bench->core, core_bench_answer, &answer);
	while (!answer.done) {
		while (bench->operations->len > 0)
			core_bench_done(bench, g_ptr_array_steal_index(bench->operations, 0), -1);
		g_main_context_iteration(NULL, TRUE);
	}
	g_clear_object(&answer.result);
	cusax_core_free(bench->core);
	g_ptr_array_unref(bench->operations);
	g_clear_object(&bench->chat);
	g_clear_object(&bench->telephony);
}

void core_bench_start(CoreBench *bench)
{
	bench->folder = g_dir_make_tmp("cusax-core-XXXXXX", NULL);
	begin(bench);
}

void core_bench_restart(CoreBench *bench)
{
	g_autoptr(GPtrArray) accounts = NULL;

	end(bench);
	begin(bench);
	accounts = cusax_registry_list(bench->registry, CUSAX_TYPE_ACCOUNT);
	for (guint i = 0; i < accounts->len; i++) {
		CusaxAccount *account = accounts->pdata[i];

		g_set_object(account->protocol == CUSAX_PROTOCOL_XMPP ? &bench->chat
								      : &bench->telephony,
			     account);
	}
}

static void remove_folder(const char *folder)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(folder, name, NULL);

		g_unlink(path);
	}
	g_rmdir(folder);
}

void core_bench_stop(CoreBench *bench)
{
	end(bench);
	remove_folder(bench->folder);
	g_free(bench->folder);
}

/* --- operations and events ------------------------------------------------------------------------- */

typedef struct {
	CoreBench *bench;
	CusaxOperationKind kind;
	CusaxOperation *found;
} Expectation;

static gboolean find_expected(gpointer data)
{
	Expectation *expected = data;

	while (!expected->found && expected->bench->operations->len > 0) {
		CusaxOperation *first = g_ptr_array_steal_index(expected->bench->operations, 0);

		if (first->kind == expected->kind)
			expected->found = first;
		else
			cusax_operation_free(first);
	}
	return expected->found != NULL;
}

CusaxOperation *core_bench_expect(CoreBench *bench, CusaxOperationKind kind)
{
	Expectation expected = { bench, kind, NULL };

	core_bench_until(find_expected, &expected);
	return expected.found;
}

void core_bench_forbid(CoreBench *bench, CusaxOperationKind kind)
{
	core_bench_settle(bench);
	for (guint i = 0; i < bench->operations->len; i++)
		g_assert_cmpint(((CusaxOperation *)bench->operations->pdata[i])->kind, !=, kind);
}

void core_bench_event(CoreBench *bench, CusaxEvent *event)
{
	cusax_event_queue_push(cusax_core_events(bench->core), event);
	core_bench_settle(bench);
}

void core_bench_done(CoreBench *bench, CusaxOperation *operation, int code)
{
	g_autoptr(GError) error =
		code < 0 ? NULL : g_error_new_literal(CUSAX_ERROR, code, "It failed.");

	cusax_event_queue_push(cusax_core_events(bench->core),
			       cusax_event_new_done(operation->account, operation->id, error));
	cusax_operation_free(operation);
}

void core_bench_connection(CoreBench *bench, CusaxAccount *account, CusaxAccountState state,
			   int code)
{
	CusaxEvent *event =
		cusax_event_new(CUSAX_EVENT_CONNECTION, cusax_object_id(CUSAX_OBJECT(account)));

	event->connection.state = state;
	event->connection.failed = code >= 0;
	if (code >= 0) {
		event->connection.code = code;
		event->connection.text = g_strdup("The server said no.");
	}
	if (state == CUSAX_ACCOUNT_ONLINE)
		event->connection.security = cusax_security_new();
	core_bench_event(bench, event);
}

void core_bench_vcard(CoreBench *bench, const char *address, const char *number)
{
	g_autoptr(CusaxOperation) fetch = core_bench_expect(bench, CUSAX_OPERATION_FETCH_VCARD);
	CusaxEvent *event = cusax_event_new(CUSAX_EVENT_VCARD, fetch->account);

	g_assert_cmpstr(fetch->fetch_vcard.address, ==, address);
	event->op = fetch->id;
	event->vcard.address = g_strdup(address);
	if (number)
		g_ptr_array_add(event->vcard.phones,
				cusax_phone_new(number, NULL, CUSAX_SOURCE_VCARD));
	core_bench_event(bench, event);
	core_bench_done(bench, g_steal_pointer(&fetch), -1);
	core_bench_settle(bench);
}

guint64 core_bench_incoming(CoreBench *bench, const char *from, const char *impp)
{
	CusaxEvent *event = cusax_event_new(CUSAX_EVENT_CALL_INCOMING,
					    cusax_object_id(CUSAX_OBJECT(bench->telephony)));
	guint64 handle = cusax_id_next();

	event->call = handle;
	event->call_incoming.uri = g_strdup(from);
	event->call_incoming.name = g_strdup("Somebody");
	event->call_incoming.audio = TRUE;
	if (impp) {
		g_strfreev(event->call_incoming.impp);
		event->call_incoming.impp = g_strdupv((char *[]){ (char *)impp, NULL });
	}
	core_bench_event(bench, event);
	return handle;
}

/* --- alice ------------------------------------------------------------------------------------------- */

static CusaxAccount *add_account(CoreBench *bench, CusaxProtocol protocol, const char *address)
{
	g_autoptr(GVariant) none = g_variant_ref_sink(g_variant_new("a{sv}", NULL));
	g_autoptr(GError) error = NULL;
	Answer answer = { 0 };
	CusaxObject *account;

	cusax_core_add_account(bench->core, protocol, address, none, core_bench_answer, &answer);
	core_bench_await(&answer);
	account = cusax_core_finish_object(bench->core, answer.result, &error);
	g_assert_no_error(error);
	g_clear_object(&answer.result);
	return CUSAX_ACCOUNT(account);
}

static void bring_up(CoreBench *bench, CusaxAccount *account)
{
	CusaxOperation *connect = core_bench_expect(bench, CUSAX_OPERATION_CONNECT);

	g_assert_cmpstr(connect->account, ==, cusax_object_id(CUSAX_OBJECT(account)));
	g_assert_cmpstr(connect->connect.secret, ==, "secret");
	core_bench_connection(bench, account, CUSAX_ACCOUNT_CONNECTING, -1);
	core_bench_connection(bench, account, CUSAX_ACCOUNT_ONLINE, -1);
	core_bench_done(bench, connect, -1);
	g_assert_cmpint(account->state, ==, CUSAX_ACCOUNT_ONLINE);
}

void core_bench_alice(CoreBench *bench, const char *bobs_number)
{
	g_autoptr(GVariant) none = g_variant_ref_sink(g_variant_new("a{sv}", NULL));
	g_autoptr(CusaxObject) service = NULL;
	Answer answer = { 0 };
	CusaxEvent *event;

	bench->telephony = add_account(bench, CUSAX_PROTOCOL_SIP, "alice@sip.test");
	bring_up(bench, bench->telephony);
	bench->chat = add_account(bench, CUSAX_PROTOCOL_XMPP, "alice@xmpp.test");
	bring_up(bench, bench->chat);
	cusax_core_pair(bench->core, bench->chat, bench->telephony, none, core_bench_answer,
			&answer);
	core_bench_await(&answer);
	service = cusax_core_finish_object(bench->core, answer.result, NULL);
	g_assert_nonnull(service);
	g_clear_object(&answer.result);

	core_bench_event(bench, cusax_event_new(CUSAX_EVENT_ROSTER_BEGIN,
						cusax_object_id(CUSAX_OBJECT(bench->chat))));
	event = cusax_event_new(CUSAX_EVENT_ROSTER_ITEM,
				cusax_object_id(CUSAX_OBJECT(bench->chat)));
	event->roster_item.address = g_strdup("bob@xmpp.test");
	event->roster_item.name = g_strdup("Bob");
	event->roster_item.subscription = CUSAX_SUBSCRIPTION_BOTH;
	core_bench_event(bench, event);
	event = cusax_event_new(CUSAX_EVENT_ROSTER_END, cusax_object_id(CUSAX_OBJECT(bench->chat)));
	event->roster_end.version = g_strdup("v1");
	core_bench_event(bench, event);
	core_bench_vcard(bench, "bob@xmpp.test", bobs_number);
}

CusaxContact *core_bench_contact(CoreBench *bench, const char *address)
{
	g_autofree char *id =
		cusax_stable_id("contact", cusax_object_id(CUSAX_OBJECT(bench->chat)), address);

	return cusax_registry_find(bench->registry, CUSAX_TYPE_CONTACT, id);
}

CusaxCall *core_bench_call(CoreBench *bench)
{
	g_autoptr(GPtrArray) calls = cusax_registry_list(bench->registry, CUSAX_TYPE_CALL);

	g_assert_cmpuint(calls->len, ==, 1);
	return calls->pdata[0]; /* the registry holds it */
}

/* --- as a client does -------------------------------------------------------------------------------- */

GVariant *core_bench_no_options(void)
{
	return g_variant_ref_sink(g_variant_new("a{sv}", NULL));
}

void core_bench_expect_error(CoreBench *bench, Answer *answer, int code)
{
	g_autoptr(GError) error = NULL;

	core_bench_await(answer);
	g_assert_false(cusax_core_finish(bench->core, answer->result, &error));
	g_assert_error(error, CUSAX_ERROR, code);
	g_clear_object(&answer->result);
}

CusaxCall *core_bench_place(CoreBench *bench, const char *target)
{
	g_autoptr(GVariant) options = core_bench_no_options();
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

void core_bench_call_event(CoreBench *bench, guint64 handle, CusaxEventKind kind)
{
	CusaxEvent *event = cusax_event_new(kind, cusax_object_id(CUSAX_OBJECT(bench->telephony)));

	event->call = handle;
	core_bench_event(bench, event);
}

void core_bench_end_call(CoreBench *bench, guint64 handle, CusaxEndReason reason, guint code)
{
	CusaxEvent *event = cusax_event_new(CUSAX_EVENT_CALL_ENDED,
					    cusax_object_id(CUSAX_OBJECT(bench->telephony)));

	event->call = handle;
	event->call_ended.reason = reason;
	event->call_ended.code = code;
	core_bench_event(bench, event);
}

CusaxChat *core_bench_open_chat(CoreBench *bench, const char *address)
{
	g_autoptr(GVariant) none = core_bench_no_options();
	g_autoptr(CusaxObject) chat = NULL;
	Answer answer = { 0 };

	cusax_core_open_chat(bench->core, address, none, core_bench_answer, &answer);
	core_bench_await(&answer);
	chat = cusax_core_finish_object(bench->core, answer.result, NULL);
	g_assert_nonnull(chat);
	g_clear_object(&answer.result);
	return CUSAX_CHAT(chat); /* the registry holds it */
}

void core_bench_receive(CoreBench *bench, const char *from, const char *id, const char *text)
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

static void set_up(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	core_bench_start(bench);
}

static void tear_down(CoreBench *bench, G_GNUC_UNUSED gconstpointer data)
{
	core_bench_stop(bench);
}

void core_bench_add(const char *name, void (*test)(CoreBench *, gconstpointer), gconstpointer data)
{
	g_autofree char *path = g_strconcat("/core/", name, NULL);

	g_test_add(path, CoreBench, data, set_up, test, tear_down);
}
