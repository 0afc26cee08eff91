/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The database: its files, order, damage, full disks. */
/* Main thread. */
#include <glib/gstdio.h>
#include <signal.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/store/erase.h"
#include "daemon/store/messages.h"
#include "daemon/store/schema.h"
#include "tests/unit/store-history.h"

static void test_private_files(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	static const char *const files[] = { "history.db", "history.db-wal", "history.db-shm" };
	struct stat status;

	g_free(store_put_message(f, store_incoming("a", 1)));
	for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *path = g_build_filename(f->folder, files[i], NULL);

		g_assert_cmpint(g_stat(path, &status), ==, 0);
		g_assert_cmpint(status.st_mode & 0777, ==, 0600);
	}
}

typedef struct {
	guint next;
	guint wrong;
} Order;

typedef struct {
	Order *order;
	guint number;
	gboolean fails;
} Expected;

static void on_added(G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer data)
{
	Expected *expected = data;
	g_autoptr(CusaxMessage) m = cusax_history_add_message_finish(NULL, result, NULL, NULL);

	if (expected->order->next++ != expected->number || (m == NULL) != expected->fails)
		expected->order->wrong++;
	g_free(expected);
}

/* 1,000 writes, each tenth refused: a refused one takes nothing of its neighbours with it. */
static void test_order(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	Order order = { 0 };
	g_autoptr(GPtrArray) found = NULL;

	for (guint i = 0; i < 1000; i++) {
		g_autofree char *id = i % 10 == 9 ? g_strdup("o0") : g_strdup_printf("o%u", i);
		g_autofree char *text = g_strdup_printf("%u", i);
		g_autoptr(CusaxMessage) m = store_outgoing(id, text, i + 1);
		Expected *expected = g_new(Expected, 1);

		*expected = (Expected){ &order, i, i % 10 == 9 };
		cusax_history_add_message_async(f->history, m, on_added, expected);
	}
	while (order.next < 1000)
		g_main_context_iteration(NULL, TRUE);
	g_assert_cmpuint(order.wrong, ==, 0);
	found = store_page(f, &(CusaxMessageFilter){ CHAT, .limit = 1000 });
	g_assert_cmpuint(found->len, ==, 900);
}

static void test_free_drains(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	Order order = { 0 };
	g_autoptr(GPtrArray) found = NULL;

	for (guint i = 0; i < 300; i++) {
		g_autofree char *id = g_strdup_printf("o%u", i);
		g_autoptr(CusaxMessage) m = store_outgoing(id, id, i + 1);
		Expected *expected = g_new(Expected, 1);

		*expected = (Expected){ &order, i, FALSE };
		cusax_history_add_message_async(f->history, m, on_added, expected);
	}
	store_reopen(f);
	while (order.next < 300)
		g_main_context_iteration(NULL, TRUE);
	g_assert_cmpuint(order.wrong, ==, 0);
	found = store_page(f, &(CusaxMessageFilter){ CHAT, .limit = 1000 });
	g_assert_cmpuint(found->len, ==, 300);
}

static void test_close(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(CusaxMessage) m = store_incoming("a", 1);
	g_autoptr(GAsyncResult) closed = NULL, late = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *wal = g_build_filename(f->folder, "history.db-wal", NULL);

	cusax_history_add_message_async(f->history, m, NULL, NULL);
	closed = store_await(cusax_history_close_async, f->history);
	cusax_history_close_finish(f->history, closed);
	g_assert_false(g_file_test(wal, G_FILE_TEST_EXISTS));
	late = store_await(cusax_history_add_message_async, f->history, m);
	g_assert_null(cusax_history_add_message_finish(f->history, late, NULL, &error));
	store_assert_code(&error, CUSAX_ERROR_WRONG_STATE);
	store_reopen(f);
	ASSERT_PAGE("a", CHAT);
}

static gboolean open_history(StoreFixture *f, gboolean *ret_set_aside, GError **error)
{
	g_autoptr(GAsyncResult) result = store_await(cusax_history_open_async, f->history);

	return cusax_history_open_finish(f->history, result, ret_set_aside, error);
}

static void test_damaged(StoreFixture *f, gconstpointer data)
{
	const char *how = data;
	g_autofree char *path = g_build_filename(f->folder, "history.db", NULL);
	g_autofree char *kept = g_build_filename(f->folder, "history.db.bad-1", NULL);
	gboolean set_aside = FALSE;
	g_autoptr(GError) error = NULL;

	g_free(store_put_message(f, store_incoming("a", 1)));
	cusax_history_free(f->history);
	if (strcmp(how, "text") == 0) {
		store_put("no database at all, and long enough to be seen as one", f->folder,
			  "history.db");
	} else {
		FILE *file = fopen(path, "r+");

		for (long at = 4096; at < 4096 * 8; at += 512) {
			fseek(file, at, SEEK_SET);
			fwrite("\xde\xad\xbe\xef\xde\xad\xbe\xef", 8, 1, file);
		}
		fclose(file);
	}
	f->history = cusax_history_new(f->folder);
	g_assert_true(open_history(f, &set_aside, &error));
	g_assert_no_error(error);
	g_assert_true(set_aside);
	g_assert_true(g_file_test(kept, G_FILE_TEST_EXISTS));
	g_free(store_put_message(f, store_incoming("b", 2)));
	ASSERT_PAGE("b", CHAT);
}

static void run_sql(StoreFixture *f, const char *sql)
{
	g_autofree char *path = g_build_filename(f->folder, "history.db", NULL);
	sqlite3 *db;

	g_assert_cmpint(sqlite3_open(path, &db), ==, SQLITE_OK);
	g_assert_cmpint(sqlite3_exec(db, sql, NULL, NULL, NULL), ==, SQLITE_OK);
	sqlite3_close(db);
}

static void test_newer_version(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	g_free(store_put_message(f, store_incoming("a", 1)));
	cusax_history_free(f->history);
	run_sql(f, "PRAGMA user_version=99");
	f->history = cusax_history_new(f->folder);
	g_assert_false(open_history(f, NULL, &error));
	store_assert_code(&error, CUSAX_ERROR_UNSUPPORTED);
	run_sql(f, "PRAGMA user_version=" G_STRINGIFY(SCHEMA_VERSION));
	ASSERT_PAGE("a", CHAT);
}

static void test_hostile_file(StoreFixture *f, gconstpointer data)
{
	const char *how = data;
	g_autofree char *path = g_build_filename(f->folder, "history.db", NULL);
	g_autofree char *target = g_build_filename(f->folder, "target", NULL);
	g_autoptr(GError) error = NULL;

	store_put("", f->folder, "target");
	if (strcmp(how, "link") == 0) {
		g_assert_cmpint(symlink(target, path), ==, 0);
	} else if (strcmp(how, "FIFO") == 0) {
		g_assert_cmpint(mkfifo(path, 0600), ==, 0);
	} else {
		store_put("", f->folder, "history.db");
		g_assert_cmpint(g_chmod(path, 0666), ==, 0);
	}
	g_assert_false(open_history(f, NULL, &error));
	store_assert_code(&error, CUSAX_ERROR_REFUSED);
	g_assert_cmpint(g_remove(path), ==, 0);
	ASSERT_PAGE("", CHAT);
}

static void test_folder_comes_back(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree char *folder = g_build_filename(f->folder, "data", NULL);
	g_autofree char *blocked = g_build_filename(folder, "cusaxd", NULL);
	g_autoptr(GError) error = NULL;

	/* A file stands where the folder belongs. */
	store_put("", f->folder, "data");
	cusax_history_free(f->history);
	f->history = cusax_history_new(blocked);
	g_assert_false(open_history(f, NULL, &error));
	g_assert_true(error->domain == CUSAX_ERROR);
	g_assert_cmpint(g_remove(folder), ==, 0);
	g_free(store_put_message(f, store_incoming("a", 1)));
	ASSERT_PAGE("a", CHAT);
}

static void test_locked_by_another(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree char *path = g_build_filename(f->folder, "history.db", NULL);
	g_autoptr(CusaxMessage) m = store_incoming("b", 2);
	g_autoptr(GAsyncResult) result = NULL;
	g_autoptr(GError) error = NULL;
	sqlite3 *db;

	g_free(store_put_message(f, store_incoming("a", 1)));
	g_assert_cmpint(sqlite3_open(path, &db), ==, SQLITE_OK);
	g_assert_cmpint(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), ==, SQLITE_OK);
	result = store_await(cusax_history_add_message_async, f->history, m);
	g_assert_null(cusax_history_add_message_finish(f->history, result, NULL, &error));
	store_assert_code(&error, CUSAX_ERROR_BUSY);
	sqlite3_close(db);
	g_free(store_put_message(f, g_steal_pointer(&m)));
	ASSERT_PAGE("a b", CHAT);
}

static void test_prune(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GAsyncResult) result = NULL;

	g_free(store_put_message(f, store_incoming("a", 1000)));
	g_free(store_put_message(f, store_outgoing("o1", "unsent", 1001)));
	g_free(store_put_message(f, store_incoming("b", 3000)));
	result = store_await(cusax_history_prune_async, f->history, (gint64)2000);
	g_assert_cmpint(cusax_history_prune_finish(f->history, result, NULL), ==, 1);
	ASSERT_PAGE("unsent b", CHAT);
}

/* R24: no room, then room again. */
static void test_full_disk(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree char *text = g_strnfill(200 * 1024, 'a');
	g_autoptr(CusaxMessage) m = store_incoming(text, 2);
	struct rlimit before, small;
	g_autoptr(GAsyncResult) result = NULL;
	g_autoptr(GError) error = NULL;

	g_free(store_put_message(f, store_incoming("a", 1)));
	g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &before), ==, 0);
	small = (struct rlimit){ .rlim_cur = 128 * 1024, .rlim_max = before.rlim_max };
	g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &small), ==, 0);
	result = store_await(cusax_history_add_message_async, f->history, m);
	g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &before), ==, 0);
	g_assert_null(cusax_history_add_message_finish(f->history, result, NULL, &error));
	g_assert_true(error->domain == CUSAX_ERROR);
	g_test_message("%s", error->message);
	ASSERT_PAGE("a", CHAT);
	g_free(store_put_message(f, store_incoming("b", 3)));
	ASSERT_PAGE("a b", CHAT);
}

#define ADD(name, data, test)                                                                      \
	g_test_add("/store/history/" name, StoreFixture, data, store_set_up, test, store_tear_down)

int main(int argc, char **argv)
{
	/* The full disk is one of a limit on files: an error, not a signal. */
	signal(SIGXFSZ, SIG_IGN);
	g_test_init(&argc, &argv, NULL);
	ADD("files are private", NULL, test_private_files);
	ADD("operations end in order, failures alone", NULL, test_order);
	ADD("the end waits for what is queued", NULL, test_free_drains);
	ADD("nothing is taken after a close", NULL, test_close);
	ADD("a damaged database is kept aside/text", "text", test_damaged);
	ADD("a damaged database is kept aside/pages", "pages", test_damaged);
	ADD("a newer version is not touched", NULL, test_newer_version);
	ADD("not to be trusted/link", "link", test_hostile_file);
	ADD("not to be trusted/FIFO", "FIFO", test_hostile_file);
	ADD("not to be trusted/writable for others", "mode", test_hostile_file);
	ADD("a folder that comes back is used", NULL, test_folder_comes_back);
	ADD("a lock of another process is named", NULL, test_locked_by_another);
	ADD("R24: a full disk is named and recovered from", NULL, test_full_disk);
	ADD("old messages go, unsent ones stay", NULL, test_prune);
	return g_test_run();
}
