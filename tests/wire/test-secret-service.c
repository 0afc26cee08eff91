/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Passwords against a real gnome-keyring-daemon and against a scripted Secret Service. */
/* Main thread. */
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/base/error.h"
#include "services/secret.h"
#include "services/secret/operation.h"
#include "tests/wire/secret-fake.h"

#define ALICE  "alice@xmpp.test"
#define CANARY "Canary; «pass» word"
#define ROOT   "/org/freedesktop/secrets"
#define LOGIN  ROOT "/collection/login"

/* A keyring's cryptography is slower under a sanitizer, and so is all else. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MAX_STALL_MS 500
#else
#define MAX_STALL_MS 50
#endif

typedef struct {
	CusaxSecretStore *store;
	char *home;
	GPid keyring;
	guint changes; /* calls of the watcher */
	/* The main loop's longest silence. */
	guint ticker;
	gint64 ticked;
	gint64 stall;
} Fixture;

static GDBusConnection *bus;
static gint64 *ticked; /* of the running test */

/* After the test itself has waited without the main loop. */
static void forget_tick(void)
{
	if (ticked)
		*ticked = 0;
}

/* How long this thread could have run, had another program not had the processor: microseconds. */
static gint64 time_in_line(void)
{
	g_autofree char *facts = NULL;
	guint64 waited = 0;

	if (g_file_get_contents("/proc/thread-self/schedstat", &facts, NULL, NULL))
		sscanf(facts, "%*u %" G_GUINT64_FORMAT, &waited);
	return waited / 1000;
}

static gboolean on_tick(gpointer data)
{
	Fixture *f = data;
	gint64 now = g_get_monotonic_time() - time_in_line();

	if (f->ticked)
		f->stall = MAX(f->stall, now - f->ticked);
	f->ticked = now;
	return G_SOURCE_CONTINUE;
}

static gboolean on_late(gpointer line)
{
	g_error("line %d: nothing happened within 20 s", GPOINTER_TO_INT(line));
	return G_SOURCE_REMOVE;
}

static gboolean on_poll(G_GNUC_UNUSED gpointer data)
{
	return G_SOURCE_CONTINUE;
}

/* The condition may come true without an event of ours: it is looked at every 20 ms too. */
#define WAIT_FOR(condition)                                                                        \
	G_STMT_START                                                                               \
	{                                                                                          \
		guint late_ = g_timeout_add_seconds(20, on_late, GINT_TO_POINTER(__LINE__));       \
		guint poll_ = g_timeout_add(20, on_poll, NULL);                                    \
		while (!(condition))                                                               \
			g_main_context_iteration(NULL, TRUE);                                      \
		g_source_remove(late_);                                                            \
		g_source_remove(poll_);                                                            \
	}                                                                                          \
	G_STMT_END

static void on_changed(gpointer data)
{
	((Fixture *)data)->changes++;
}

static void begin(Fixture *f, CusaxSecretStore *store)
{
	f->store = store;
	ticked = &f->ticked;
	f->ticker = g_timeout_add(2, on_tick, f);
	f->store->watch(f->store, on_changed, f);
}

static void set_up(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	begin(f, cusax_secret_store_new());
}

static gboolean has_owner(void)
{
	g_autoptr(GVariant) answer = g_dbus_connection_call_sync(
		bus, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
		"NameHasOwner", g_variant_new("(s)", "org.freedesktop.secrets"), NULL,
		G_DBUS_CALL_FLAGS_NONE, 5000, NULL, NULL);
	gboolean owned = FALSE;

	forget_tick();
	g_assert_nonnull(answer);
	g_variant_get(answer, "(b)", &owned);
	return owned;
}

static GVariant *ask_keyring(const char *path, const char *interface, const char *method,
			     GVariant *arguments)
{
	g_autoptr(GError) error = NULL;
	GVariant *answer = g_dbus_connection_call_sync(bus, "org.freedesktop.secrets", path,
						       interface, method, arguments, NULL,
						       G_DBUS_CALL_FLAGS_NONE, 5000, NULL, &error);

	g_assert_no_error(error);
	forget_tick();
	return answer;
}

static gboolean is_unlocked(void)
{
	g_autoptr(GVariant) answer = g_dbus_connection_call_sync(
		bus, "org.freedesktop.secrets", LOGIN, "org.freedesktop.DBus.Properties", "Get",
		g_variant_new("(ss)", "org.freedesktop.Secret.Collection", "Locked"), NULL,
		G_DBUS_CALL_FLAGS_NONE, 5000, NULL, NULL);
	g_autoptr(GVariant) locked = NULL;

	forget_tick();
	if (!answer)
		return FALSE;
	g_variant_get(answer, "(v)", &locked);
	return !g_variant_get_boolean(locked);
}

/* Starts the daemon; it unlocks its login keyring with the password on its standard input. */
static void start_keyring(Fixture *f)
{
	const char *argv[] = { "gnome-keyring-daemon", "--foreground", "--unlock",
			       "--components=secrets", NULL };
	g_autoptr(GError) error = NULL;
	g_auto(GStrv) env = g_get_environ();
	int in;

	if (!f->home)
		f->home = g_dir_make_tmp("cusax-keyring-XXXXXX", NULL);
	env = g_environ_setenv(env, "HOME", f->home, TRUE);
	env = g_environ_setenv(env, "XDG_DATA_HOME", f->home, TRUE);
	env = g_environ_setenv(env, "XDG_RUNTIME_DIR", f->home, TRUE);
	g_spawn_async_with_pipes(NULL, (char **)argv, env,
				 G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD |
					 G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL,
				 NULL, NULL, &f->keyring, &in, NULL, NULL, &error);
	g_assert_no_error(error);
	g_assert_cmpint(write(in, "lab", 3), ==, 3);
	close(in);
	WAIT_FOR(has_owner() && is_unlocked());
	forget_tick();
}

static void end_keyring(Fixture *f, int signum)
{
	if (!f->keyring)
		return;
	kill(f->keyring, signum);
	waitpid(f->keyring, NULL, 0);
	forget_tick();
	f->keyring = 0;
	WAIT_FOR(!has_owner());
}

static void set_up_keyring(Fixture *f, gconstpointer data)
{
	start_keyring(f);
	set_up(f, data);
}

static void remove_tree(const char *path)
{
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *child = g_build_filename(path, name, NULL);

		remove_tree(child);
	}
	g_remove(path);
}

static void tear_down(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_test_message("longest stall %.1f ms", f->stall / 1000.0);
	g_assert_cmpint(f->stall, <, MAX_STALL_MS * 1000);
	g_source_remove(f->ticker);
	ticked = NULL;
	if (f->store)
		f->store->free(f->store);
	end_keyring(f, SIGTERM);
	while (g_main_context_iteration(NULL, FALSE))
		;
	if (f->home)
		remove_tree(f->home);
	g_free(f->home);
}

static void lock(void)
{
	static const char *const paths[] = { LOGIN, NULL };

	g_variant_unref(ask_keyring(ROOT, "org.freedesktop.Secret.Service", "Lock",
				    g_variant_new("(^ao)", paths)));
	g_assert_false(is_unlocked());
}

static void unlock(void)
{
	g_autoptr(GVariant) session =
		ask_keyring(ROOT, "org.freedesktop.Secret.Service", "OpenSession",
			    g_variant_new("(sv)", "plain", g_variant_new_string("")));
	const char *path;

	g_variant_get_child(session, 1, "&o", &path);
	g_variant_unref(ask_keyring(
		ROOT, "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface",
		"UnlockWithMasterPassword",
		g_variant_new("(o(o@ay@ays))", LOGIN, path,
			      g_variant_new_fixed_array(G_VARIANT_TYPE_BYTE, "", 0, 1),
			      g_variant_new_fixed_array(G_VARIANT_TYPE_BYTE, "lab", 3, 1),
			      "text/plain")));
}

/* --- one request ------------------------------------------------------------------------------ */

typedef struct {
	CusaxSecretStore *store;
	gboolean done;
	char *secret;
	GError *error;
} Answer;

static void on_looked_up(G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer data)
{
	Answer *answer = data;

	g_assert_false(answer->done);
	answer->done = TRUE;
	answer->secret = answer->store->lookup_finish(answer->store, result, &answer->error);
	g_assert_true((answer->secret == NULL) == (answer->error != NULL));
}

static void on_stored(G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer data)
{
	Answer *answer = data;

	answer->done = TRUE;
	answer->store->store_finish(answer->store, result, &answer->error);
}

static void on_cleared(G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer data)
{
	Answer *answer = data;

	answer->done = TRUE;
	answer->store->clear_finish(answer->store, result, &answer->error);
}

static void answer_clear(Answer *answer)
{
	g_clear_pointer(&answer->secret, cusax_secret_free);
	g_clear_error(&answer->error);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Answer, answer_clear)

/* The error must not hold the secret. */
static void assert_code(Answer *answer, CusaxError code)
{
	g_assert_error(answer->error, CUSAX_ERROR, (int)code);
	g_assert_null(strstr(answer->error->message, CANARY));
}

static void lookup(Fixture *f, Answer *answer, gboolean interactive)
{
	*answer = (Answer){ .store = f->store };
	f->store->lookup(f->store, CUSAX_PROTOCOL_XMPP, ALICE, interactive, NULL, on_looked_up,
			 answer);
}

static void expect_secret(Fixture *f, const char *secret)
{
	g_auto(Answer) answer = { 0 };

	lookup(f, &answer, FALSE);
	WAIT_FOR(answer.done);
	g_assert_no_error(answer.error);
	g_assert_cmpstr(answer.secret, ==, secret);
}

static void expect_error(Fixture *f, gboolean interactive, CusaxError code)
{
	g_auto(Answer) answer = { 0 };

	lookup(f, &answer, interactive);
	WAIT_FOR(answer.done);
	assert_code(&answer, code);
}

static void store(Fixture *f, Answer *answer, CusaxProtocol protocol, const char *secret)
{
	*answer = (Answer){ .store = f->store };
	f->store->store(f->store, protocol, ALICE, "cusaxd: " ALICE, secret, NULL, on_stored,
			answer);
	WAIT_FOR(answer->done);
}

static void store_well(Fixture *f, CusaxProtocol protocol, const char *secret)
{
	g_auto(Answer) answer = { 0 };

	store(f, &answer, protocol, secret);
	g_assert_no_error(answer.error);
}

static void clear(Fixture *f, Answer *answer)
{
	*answer = (Answer){ .store = f->store };
	f->store->clear(f->store, CUSAX_PROTOCOL_XMPP, ALICE, NULL, on_cleared, answer);
	WAIT_FOR(answer->done);
}

/* --- gnome-keyring ---------------------------------------------------------------------------- */

static void test_round_trip(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_auto(Answer) first = { 0 }, second = { 0 };

	expect_error(f, FALSE, CUSAX_ERROR_NOT_FOUND);
	store_well(f, CUSAX_PROTOCOL_XMPP, CANARY);
	store_well(f, CUSAX_PROTOCOL_SIP, "other");
	expect_secret(f, CANARY);
	store_well(f, CUSAX_PROTOCOL_XMPP, "changed");
	expect_secret(f, "changed");
	clear(f, &first);
	g_assert_no_error(first.error);
	expect_error(f, FALSE, CUSAX_ERROR_NOT_FOUND);
	clear(f, &second);
	assert_code(&second, CUSAX_ERROR_NOT_FOUND);
}

static gboolean holds(const char *path, const char *text)
{
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	g_autofree char *contents = NULL;
	const char *name;
	gsize length;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *child = g_build_filename(path, name, NULL);

		if (holds(child, text))
			return TRUE;
	}
	return !dir && g_file_test(path, G_FILE_TEST_IS_REGULAR) &&
	       g_file_get_contents(path, &contents, &length, NULL) &&
	       memmem(contents, length, text, strlen(text));
}

static void test_no_plain_file(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	store_well(f, CUSAX_PROTOCOL_XMPP, CANARY);
	g_assert_false(holds(f->home, CANARY));
	g_assert_false(holds(g_get_user_data_dir(), CANARY));
}

static void test_bad_secrets(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree char *many = g_strnfill(4097, 'a');
	const char *const bad[] = { "", "\xff\xfe", many };

	for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_auto(Answer) answer = { 0 };

		store(f, &answer, CUSAX_PROTOCOL_XMPP, bad[i]);
		assert_code(&answer, CUSAX_ERROR_INVALID_ARGUMENT);
	}
}

static void test_locked(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_auto(Answer) cleared = { 0 }, stored = { 0 };
	guint changes;

	store_well(f, CUSAX_PROTOCOL_XMPP, CANARY);
	lock();
	expect_error(f, FALSE, CUSAX_ERROR_SECRET_UNAVAILABLE);
	/* Nobody shows a prompt on this bus: it counts as dismissed. */
	expect_error(f, TRUE, CUSAX_ERROR_SECRET_UNAVAILABLE);
	clear(f, &cleared);
	assert_code(&cleared, CUSAX_ERROR_SECRET_UNAVAILABLE);
	store(f, &stored, CUSAX_PROTOCOL_XMPP, "other");
	assert_code(&stored, CUSAX_ERROR_SECRET_UNAVAILABLE);
	changes = f->changes;
	unlock();
	WAIT_FOR(f->changes > changes);
	expect_secret(f, CANARY);
}

static void test_killed_between(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	guint changes;

	store_well(f, CUSAX_PROTOCOL_XMPP, CANARY);
	expect_secret(f, CANARY);
	end_keyring(f, SIGKILL);
	expect_error(f, FALSE, CUSAX_ERROR_SECRET_UNAVAILABLE);
	changes = f->changes;
	start_keyring(f);
	WAIT_FOR(f->changes > changes);
	expect_secret(f, CANARY);
}

static void test_killed_during(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_auto(Answer) answer = { 0 };

	store_well(f, CUSAX_PROTOCOL_XMPP, CANARY);
	/* It takes the question and dies over it. */
	kill(f->keyring, SIGSTOP);
	forget_tick();
	lookup(f, &answer, FALSE);
	for (guint i = 0; i < 20; i++)
		g_main_context_iteration(NULL, TRUE);
	g_assert_false(answer.done);
	end_keyring(f, SIGKILL);
	WAIT_FOR(answer.done);
	assert_code(&answer, CUSAX_ERROR_SECRET_UNAVAILABLE);
}

static void test_deleted_elsewhere(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GVariant) found = NULL;
	g_autofree const char **paths = NULL;

	store_well(f, CUSAX_PROTOCOL_XMPP, CANARY);
	found = ask_keyring(ROOT, "org.freedesktop.Secret.Service", "SearchItems",
			    g_variant_new("(a{ss})", NULL));
	g_variant_get_child(found, 0, "^a&o", &paths);
	g_assert_cmpuint(g_strv_length((char **)paths), ==, 1);
	g_variant_unref(ask_keyring(paths[0], "org.freedesktop.Secret.Item", "Delete", NULL));
	expect_error(f, FALSE, CUSAX_ERROR_NOT_FOUND);
}

static void test_item_created_elsewhere(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	CusaxSecretStore *other = cusax_secret_store_new(), *own = f->store;
	guint changes;

	WAIT_FOR(f->changes > 0);
	changes = f->changes;
	f->store = other;
	store_well(f, CUSAX_PROTOCOL_XMPP, CANARY);
	f->store = own;
	WAIT_FOR(f->changes > changes);
	other->free(other);
}

static void test_many_at_once(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	Answer answers[20];

	store_well(f, CUSAX_PROTOCOL_XMPP, CANARY);
	for (guint i = 0; i < G_N_ELEMENTS(answers); i++)
		lookup(f, &answers[i], TRUE);
	for (guint i = 0; i < G_N_ELEMENTS(answers); i++) {
		WAIT_FOR(answers[i].done);
		g_assert_cmpstr(answers[i].secret, ==, CANARY);
		answer_clear(&answers[i]);
	}
}

/* --- no service, and a scripted one ------------------------------------------------------------ */

static void test_missing(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_auto(Answer) stored = { 0 }, cleared = { 0 };

	expect_error(f, TRUE, CUSAX_ERROR_SECRET_UNAVAILABLE);
	store(f, &stored, CUSAX_PROTOCOL_XMPP, CANARY);
	assert_code(&stored, CUSAX_ERROR_SECRET_UNAVAILABLE);
	clear(f, &cleared);
	assert_code(&cleared, CUSAX_ERROR_SECRET_UNAVAILABLE);
	g_assert_cmpuint(f->changes, ==, 0);
}

static void set_up_short(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	begin(f, secret_store_new(300, 600));
}

static void test_silent(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	FakeSecrets *fake = fake_secrets_new(FAKE_SILENT, CANARY);
	gint64 start = g_get_monotonic_time();

	expect_error(f, TRUE, CUSAX_ERROR_TIMEOUT);
	g_assert_cmpint(g_get_monotonic_time() - start, <, 5 * G_USEC_PER_SEC);
	fake_secrets_free(fake);
}

static void test_prompt_left_open(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	FakeSecrets *fake = fake_secrets_new(FAKE_IGNORE, CANARY);

	expect_error(f, TRUE, CUSAX_ERROR_TIMEOUT);
	g_assert_cmpuint(fake->prompts, ==, 1);
	/* The prompt is taken away, and the next request may show one. */
	WAIT_FOR(fake->open_prompts == 0);
	fake->mode = FAKE_ACCEPT;
	{
		g_auto(Answer) answer = { 0 };

		lookup(f, &answer, TRUE);
		WAIT_FOR(answer.done);
		g_assert_cmpstr(answer.secret, ==, CANARY);
	}
	fake_secrets_free(fake);
}

static void test_one_prompt(Fixture *f, gconstpointer data)
{
	FakeMode mode = GPOINTER_TO_INT(data);
	FakeSecrets *fake = fake_secrets_new(mode, CANARY);
	Answer answers[8];

	for (guint i = 0; i < G_N_ELEMENTS(answers); i++)
		lookup(f, &answers[i], TRUE);
	for (guint i = 0; i < G_N_ELEMENTS(answers); i++) {
		WAIT_FOR(answers[i].done);
		if (mode == FAKE_DISMISS)
			assert_code(&answers[i], CUSAX_ERROR_SECRET_UNAVAILABLE);
		else
			g_assert_cmpstr(answers[i].secret, ==, CANARY);
		answer_clear(&answers[i]);
	}
	g_assert_cmpuint(fake->prompts, ==, 1);
	g_assert_cmpuint(fake->most_prompts, ==, 1);
	fake_secrets_free(fake);
}

static void test_no_prompt(Fixture *f, gconstpointer data)
{
	FakeSecrets *fake = fake_secrets_new(GPOINTER_TO_INT(data), CANARY);

	expect_error(f, FALSE, CUSAX_ERROR_SECRET_UNAVAILABLE);
	g_assert_cmpuint(fake->prompts, ==, 0);
	fake_secrets_free(fake);
}

static void test_cancelled(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	FakeSecrets *fake = fake_secrets_new(FAKE_IGNORE, CANARY);
	g_autoptr(GCancellable) cancellable = g_cancellable_new();
	g_auto(Answer) answer = { .store = f->store }, again = { .store = f->store };

	f->store->lookup(f->store, CUSAX_PROTOCOL_XMPP, ALICE, TRUE, cancellable, on_looked_up,
			 &answer);
	WAIT_FOR(fake->open_prompts == 1);
	g_cancellable_cancel(cancellable);
	WAIT_FOR(answer.done);
	assert_code(&answer, CUSAX_ERROR_CANCELLED);
	WAIT_FOR(fake->open_prompts == 0);
	f->store->lookup(f->store, CUSAX_PROTOCOL_XMPP, ALICE, TRUE, cancellable, on_looked_up,
			 &again);
	WAIT_FOR(again.done);
	assert_code(&again, CUSAX_ERROR_CANCELLED);
	fake_secrets_free(fake);
}

static void test_freed_meanwhile(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	FakeSecrets *fake = fake_secrets_new(FAKE_IGNORE, CANARY);
	Answer answers[3];
	CusaxSecretStore copy = *f->store; /* its finish functions need no store */

	for (guint i = 0; i < G_N_ELEMENTS(answers); i++) {
		lookup(f, &answers[i], TRUE);
		answers[i].store = &copy;
	}
	WAIT_FOR(fake->open_prompts == 1);
	f->store->free(f->store);
	f->store = NULL;
	for (guint i = 0; i < G_N_ELEMENTS(answers); i++) {
		WAIT_FOR(answers[i].done);
		assert_code(&answers[i], CUSAX_ERROR_CANCELLED);
		answer_clear(&answers[i]);
	}
	WAIT_FOR(fake->open_prompts == 0);
	fake_secrets_free(fake);
}

#define ADD(name, data, begin_, test)                                                              \
	g_test_add("/secret/" name, Fixture, data, begin_, test, tear_down)

int main(int argc, char **argv)
{
	g_autoptr(GTestDBus) test_bus = NULL;
	g_autofree char *keyring = NULL, *data = NULL;
	GDBusConnection *shared;
	int failed;

	g_test_init(&argc, &argv, NULL);
	/* The library knows a plain file as a place for secrets: it must not matter here. */
	g_setenv("SECRET_BACKEND", "file", TRUE);
	data = g_dir_make_tmp("cusax-secret-XXXXXX", NULL);
	g_setenv("XDG_DATA_HOME", data, TRUE);
	test_bus = g_test_dbus_new(G_TEST_DBUS_NONE);
	g_test_dbus_up(test_bus);
	bus = g_dbus_connection_new_for_address_sync(
		g_test_dbus_get_bus_address(test_bus),
		G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
			G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
		NULL, NULL, NULL);
	/* The daemon has its connection for as long as it runs. */
	shared = g_bus_get_sync(G_BUS_TYPE_SESSION, NULL, NULL);
	g_dbus_connection_set_exit_on_close(shared, FALSE);
	keyring = g_find_program_in_path("gnome-keyring-daemon");
	g_assert_nonnull(keyring);

	ADD("keyring/stored, changed, cleared", NULL, set_up_keyring, test_round_trip);
	ADD("keyring/C100: nothing in a plain file", NULL, set_up_keyring, test_no_plain_file);
	ADD("keyring/what is no password is refused", NULL, set_up_keyring, test_bad_secrets);
	ADD("keyring/R33: locked, then unlocked", NULL, set_up_keyring, test_locked);
	ADD("keyring/R33: killed and started again", NULL, set_up_keyring, test_killed_between);
	ADD("keyring/R33: killed over a question", NULL, set_up_keyring, test_killed_during);
	ADD("keyring/R33: deleted by somebody else", NULL, set_up_keyring, test_deleted_elsewhere);
	ADD("keyring/an item made elsewhere is told", NULL, set_up_keyring,
	    test_item_created_elsewhere);
	ADD("keyring/twenty at once", NULL, set_up_keyring, test_many_at_once);
	ADD("a missing service is unavailable", NULL, set_up, test_missing);
	ADD("a silent service ends at the deadline", NULL, set_up_short, test_silent);
	ADD("a prompt left open ends at the deadline", NULL, set_up_short, test_prompt_left_open);
	ADD("R33: one prompt for all/accepted", GINT_TO_POINTER(FAKE_ACCEPT), set_up,
	    test_one_prompt);
	ADD("R33: one prompt for all/dismissed", GINT_TO_POINTER(FAKE_DISMISS), set_up,
	    test_one_prompt);
	ADD("R33: one prompt for all/hidden items", GINT_TO_POINTER(FAKE_HIDDEN), set_up,
	    test_one_prompt);
	ADD("no prompt unless asked for/locked", GINT_TO_POINTER(FAKE_ACCEPT), set_up,
	    test_no_prompt);
	ADD("no prompt unless asked for/hidden items", GINT_TO_POINTER(FAKE_HIDDEN), set_up,
	    test_no_prompt);
	ADD("a cancelled request takes its prompt away", NULL, set_up, test_cancelled);
	ADD("a store that is freed answers all", NULL, set_up, test_freed_meanwhile);
	failed = g_test_run();
	g_clear_object(&bus);
	g_clear_object(&shared);
	g_test_dbus_down(test_bus);
	remove_tree(data);
	return failed;
}
