/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The file of vCards: found, followed, refused (C40, C54). */
/* Main thread. */
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "services/addressbook.h"
#include "tests/unit/store-support.h"

#define DEADLINE_SECONDS 10
#define CARD(number)                                                                               \
	"BEGIN:VCARD\nVERSION:4.0\nIMPP:xmpp:bob@xmpp.test\nTEL:" number "\nEND:VCARD\n"

typedef struct {
	char *folder; /* of the test */
	char *path;   /* of the book, in a folder that is not there yet */
	CusaxAddressBook *book;
	GPtrArray *entries; /* told last */
	guint told;
} Fixture;

static void on_changed(GPtrArray *entries, gpointer data)
{
	Fixture *f = data;

	g_clear_pointer(&f->entries, g_ptr_array_unref);
	f->entries = g_ptr_array_ref(entries);
	f->told++;
}

static void set_up(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	f->folder = store_folder_new();
	f->path = g_build_filename(f->folder, "contacts.vcf", NULL);
}

static void tear_down(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	if (f->book)
		f->book->free(f->book);
	while (g_main_context_iteration(NULL, FALSE))
		;
	g_clear_pointer(&f->entries, g_ptr_array_unref);
	g_free(f->path);
	store_folder_remove(f->folder);
}

static void watch(Fixture *f)
{
	f->book = cusax_vcard_book_new(CUSAX_SOURCE_ADDRESS_BOOK, f->path);
	f->book->watch(f->book, on_changed, f);
	g_assert_cmpuint(f->told, ==, 0);
}

/* The number of the only entry; NULL: no entry. */
static const char *number(Fixture *f)
{
	CusaxBookEntry *entry;

	if (!f->entries || f->entries->len == 0)
		return NULL;
	entry = f->entries->pdata[0];
	return ((CusaxPhone *)entry->phones->pdata[0])->uri;
}

static gboolean on_deadline(gpointer data)
{
	*(gboolean *)data = TRUE;
	return G_SOURCE_CONTINUE;
}

/* Waits until the book was told and has that number (NULL: is empty). */
static void expect(Fixture *f, const char *wanted)
{
	gboolean late = FALSE;
	guint deadline = g_timeout_add_seconds(DEADLINE_SECONDS, on_deadline, &late);

	while (!late && (f->told == 0 || g_strcmp0(number(f), wanted) != 0))
		g_main_context_iteration(NULL, TRUE);
	g_source_remove(deadline);
	g_assert_cmpuint(f->told, >, 0);
	g_assert_cmpstr(number(f), ==, wanted);
}

static void put(const char *path, const char *text)
{
	g_assert_true(
		g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
}

static void test_live(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	watch(f);
	expect(f, NULL);
	put(f->path, CARD("1111111"));
	expect(f, "1111111");
	store_put(CARD("2222222"), f->folder, "contacts.vcf"); /* written beside and renamed */
	expect(f, "2222222");
	g_assert_cmpint(g_unlink(f->path), ==, 0);
	expect(f, NULL);
	put(f->path, CARD("3333333"));
	expect(f, "3333333");
}

static void test_folder(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree char *parent = g_build_filename(f->folder, "a", NULL);
	g_autofree char *folder = g_build_filename(parent, "b", NULL);
	struct stat status;

	g_free(f->path);
	f->path = g_build_filename(folder, "contacts.vcf", NULL);
	watch(f);
	expect(f, NULL);
	g_assert_cmpint(g_stat(folder, &status), ==, 0);
	g_assert_cmpint(status.st_mode & 0777, ==, 0700);
	put(f->path, CARD("1111111"));
	expect(f, "1111111");
	g_unlink(f->path);
	g_rmdir(folder);
	g_rmdir(parent);
}

static void test_link(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree char *elsewhere = g_build_filename(f->folder, "elsewhere", NULL);
	g_autofree char *target = g_build_filename(elsewhere, "mine.vcf", NULL);

	g_assert_cmpint(g_mkdir(elsewhere, 0700), ==, 0);
	put(target, CARD("1111111"));
	g_assert_cmpint(symlink(target, f->path), ==, 0);
	watch(f);
	expect(f, "1111111");
	put(target, CARD("2222222"));
	expect(f, "2222222");
	g_assert_cmpint(g_unlink(f->path), ==, 0);
	expect(f, NULL);
	g_unlink(target);
	g_rmdir(elsewhere);
}

static void make_fifo(const char *path)
{
	g_assert_cmpint(mkfifo(path, 0600), ==, 0);
}

static void make_open(const char *path)
{
	put(path, CARD("1111111"));
	g_assert_cmpint(g_chmod(path, 0666), ==, 0);
}

static void make_huge(const char *path)
{
	put(path, CARD("1111111"));
	g_assert_cmpint(truncate(path, 16 * 1024 * 1024 + 1), ==, 0);
}

static void make_folder(const char *path)
{
	g_assert_cmpint(g_mkdir(path, 0700), ==, 0);
}

static void make_foreign(const char *path)
{
	/* Only root can give a good file away; others find one that is not theirs. */
	if (geteuid() != 0) {
		g_assert_cmpint(symlink("/etc/passwd", path), ==, 0);
		return;
	}
	put(path, CARD("1111111"));
	g_assert_cmpint(chown(path, 65534, 65534), ==, 0);
}

static void make_loop(const char *path)
{
	g_assert_cmpint(symlink(path, path), ==, 0);
}

typedef struct {
	const char *name;
	void (*make)(const char *path);
} Refusal;

static const Refusal refusals[] = {
	{ "C54: a FIFO is refused and nobody waits for it", make_fifo },
	{ "C54: a file that everybody can write is refused", make_open },
	{ "C54: a file over 16 MiB is refused", make_huge },
	{ "C54: a folder is refused", make_folder },
	{ "C54: a file of somebody else is refused", make_foreign },
	{ "C54: a link to itself is refused", make_loop },
};

static void test_refused(Fixture *f, gconstpointer data)
{
	const Refusal *refusal = data;

	refusal->make(f->path);
	watch(f);
	expect(f, NULL);
	/* And the next good one is taken. */
	if (g_unlink(f->path) < 0)
		g_assert_cmpint(g_rmdir(f->path), ==, 0);
	put(f->path, CARD("1111111"));
	expect(f, "1111111");
}

static void test_free(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	put(f->path, CARD("1111111"));
	watch(f);
	f->book->free(g_steal_pointer(&f->book));
	while (g_main_context_iteration(NULL, FALSE))
		;
	g_assert_cmpuint(f->told, ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add("/addressbook/C54: the file is followed as it comes, changes and goes", Fixture,
		   NULL, set_up, test_live, tear_down);
	g_test_add("/addressbook/C54: the folder is made where it is missing", Fixture, NULL,
		   set_up, test_folder, tear_down);
	g_test_add("/addressbook/C54: a link is followed, and what it leads to", Fixture, NULL,
		   set_up, test_link, tear_down);
	for (guint i = 0; i < G_N_ELEMENTS(refusals); i++) {
		g_autofree char *path = g_strconcat("/addressbook/", refusals[i].name, NULL);

		g_test_add(path, Fixture, &refusals[i], set_up, test_refused, tear_down);
	}
	g_test_add("/addressbook/C54: freed while a worker reads", Fixture, NULL, set_up, test_free,
		   tear_down);
	return g_test_run();
}
