/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The address books of the desktop, by Evolution Data Server; with WITH_EDS=1 only. */
/* Main thread for the contract; all that speaks to the server is on a thread of its own, for the
 * library's calls wait for answers. */
#define CUSAX_LOG_DOMAIN "book"
#include <glib.h>
#include <string.h>

/* Its headers name types that GLib has replaced. */
G_GNUC_BEGIN_IGNORE_DEPRECATIONS
#include <libebook/libebook.h>
G_GNUC_END_IGNORE_DEPRECATIONS

#include "daemon/base/log.h"
#include "services/addressbook/vcard-parse.h"

#define CONNECT_SECONDS 5
/* An import changes thousands of contacts: one look at the end of them is enough. */
#define SETTLE_MSEC 200
/* A book whose server process died is opened again. */
#define REOPEN_SECONDS 5

/* Shared by both threads; the last reference frees it. */
typedef struct {
	CusaxAddressBook book;
	gatomicrefcount refs;
	GCancellable *cancellable;
	GMainContext *context; /* of the thread */
	GMainLoop *loop;

	/* Main thread. */
	CusaxBookChanged changed; /* NULL: not watched yet, or freed */
	gpointer data;

	/* The thread. */
	ESourceRegistry *registry;
	GHashTable *books; /* uid of a source -> Book */
	GSource *settle;   /* NULL: nothing changed */
} EdsBook;

/* One address book that the user has and has switched on. */
typedef struct {
	EdsBook *self;
	EBookClient *client;
	EBookClientView *view;
	GHashTable *contacts; /* uid of a contact -> GPtrArray of CusaxBookEntry */
	char *uid;
	gulong died;
} Book;

typedef struct {
	EdsBook *self;
	GPtrArray *entries;
} News;

static void eds_unref(EdsBook *self)
{
	if (!g_atomic_ref_count_dec(&self->refs))
		return;
	g_object_unref(self->cancellable);
	g_main_loop_unref(self->loop);
	g_main_context_unref(self->context);
	g_free(self);
}

static EdsBook *eds_ref(EdsBook *self)
{
	g_atomic_ref_count_inc(&self->refs);
	return self;
}

/* --- news for the main thread -------------------------------------------------------------------- */

static void news_free(gpointer data)
{
	News *news = data;

	g_ptr_array_unref(news->entries);
	eds_unref(news->self);
	g_free(news);
}

static gboolean tell(gpointer data)
{
	News *news = data;

	if (news->self->changed)
		news->self->changed(news->entries, news->self->data);
	return G_SOURCE_REMOVE;
}

static void add_entries(GPtrArray *all, Book *book)
{
	GHashTableIter iter;
	gpointer entries;

	g_hash_table_iter_init(&iter, book->contacts);
	while (g_hash_table_iter_next(&iter, NULL, &entries)) {
		for (guint i = 0; i < ((GPtrArray *)entries)->len; i++) {
			const CusaxBookEntry *from = ((GPtrArray *)entries)->pdata[i];

			if (all->len < CUSAX_BOOK_MAX_ENTRIES)
				g_ptr_array_add(all, cusax_book_entry_copy(from));
		}
	}
}

/* The entries are copies: the main thread keeps them for as long as it likes. */
static gboolean on_settled(gpointer data)
{
	EdsBook *self = data;
	News *news = g_new0(News, 1);
	GSource *source = g_idle_source_new();
	GHashTableIter iter;
	gpointer book;

	g_clear_pointer(&self->settle, g_source_unref);
	news->self = eds_ref(self);
	news->entries = g_ptr_array_new_with_free_func((GDestroyNotify)cusax_book_entry_free);
	g_hash_table_iter_init(&iter, self->books);
	while (g_hash_table_iter_next(&iter, NULL, &book))
		add_entries(news->entries, book);
	cusax_info(NULL, "the desktop's address books: %u entries", news->entries->len);
	/* Attached, not invoked: it must not run here where no loop runs there. */
	g_source_set_callback(source, tell, news, news_free);
	g_source_attach(source, NULL);
	g_source_unref(source);
	return G_SOURCE_REMOVE;
}

static GSource *start_timer(EdsBook *self, guint msec, GSourceFunc callback, gpointer data)
{
	GSource *timer = g_timeout_source_new(msec);

	g_source_set_callback(timer, callback, data, NULL);
	g_source_attach(timer, self->context);
	return timer;
}

static void settle_soon(EdsBook *self)
{
	if (!self->settle)
		self->settle = start_timer(self, SETTLE_MSEC, on_settled, self);
}

/* --- one book -------------------------------------------------------------------------------------- */

/* FALSE: nobody with a chat address. */
static gboolean take_contact(Book *book, EContact *contact)
{
	const char *uid = e_contact_get_const(contact, E_CONTACT_UID);
	g_autofree char *text = e_vcard_to_string(E_VCARD(contact), EVC_FORMAT_VCARD_30);
	GPtrArray *entries;

	if (!uid || !text)
		return FALSE;
	entries = cusax_vcard_parse(text, strlen(text), NULL);
	if (entries->len == 0) {
		g_ptr_array_unref(entries);
		return g_hash_table_remove(book->contacts, uid);
	}
	g_hash_table_insert(book->contacts, g_strdup(uid), entries);
	return TRUE;
}

static void on_changed(G_GNUC_UNUSED EBookClientView *view, const GSList *contacts, gpointer data)
{
	Book *book = data;

	for (const GSList *l = contacts; l; l = l->next) {
		if (take_contact(book, l->data))
			settle_soon(book->self);
	}
}

static void on_removed(G_GNUC_UNUSED EBookClientView *view, const GSList *uids, gpointer data)
{
	Book *book = data;

	for (const GSList *l = uids; l; l = l->next) {
		if (g_hash_table_remove(book->contacts, l->data))
			settle_soon(book->self);
	}
}

static void book_free(gpointer data)
{
	Book *book = data;

	if (book->view) {
		g_signal_handlers_disconnect_by_data(book->view, book);
		g_object_unref(book->view);
	}
	if (book->died)
		g_signal_handler_disconnect(book->client, book->died);
	g_clear_object(&book->client);
	g_hash_table_unref(book->contacts);
	g_free(book->uid);
	g_free(book);
}

/* Circular: a book that died is looked for again, among all. */
static gboolean follow_sources(gpointer data);

static void on_died(G_GNUC_UNUSED EClient *client, gpointer data)
{
	Book *book = data;
	EdsBook *self = book->self;
	GSource *again = start_timer(self, REOPEN_SECONDS * 1000, follow_sources, self);

	g_source_unref(again);
	g_hash_table_remove(self->books, book->uid);
	settle_soon(self);
}

static gboolean open_view(Book *book, GError **error)
{
	/* Everybody: by chat address not every kind of book can search. */
	static const char everybody[] = "(contains \"x-evolution-any-field\" \"\")";
	GError *failure = NULL;

	if (!e_book_client_get_view_sync(book->client, everybody, &book->view,
					 book->self->cancellable, error))
		return FALSE;
	g_signal_connect(book->view, "objects-added", G_CALLBACK(on_changed), book);
	g_signal_connect(book->view, "objects-modified", G_CALLBACK(on_changed), book);
	g_signal_connect(book->view, "objects-removed", G_CALLBACK(on_removed), book);
	e_book_client_view_start(book->view, &failure);
	if (failure)
		g_propagate_error(error, failure);
	return !failure;
}

static void open_book(EdsBook *self, ESource *source)
{
	const char *uid = e_source_get_uid(source);
	g_autoptr(GError) error = NULL;
	EClient *client =
		e_book_client_connect_sync(source, CONNECT_SECONDS, self->cancellable, &error);
	Book *book;

	if (!client) {
		cusax_info(NULL, "an address book of the desktop cannot be opened: %s",
			   error->message);
		return;
	}
	book = g_new0(Book, 1);
	book->self = self;
	book->uid = g_strdup(uid);
	book->client = E_BOOK_CLIENT(client);
	book->contacts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					       (GDestroyNotify)g_ptr_array_unref);
	if (!open_view(book, &error)) {
		cusax_info(NULL, "an address book of the desktop cannot be read: %s",
			   error->message);
		book_free(book);
		return;
	}
	book->died = g_signal_connect(client, "backend-died", G_CALLBACK(on_died), book);
	g_hash_table_insert(self->books, book->uid, book);
}

/* --- all books -------------------------------------------------------------------------------------- */

static gboolean follow_sources(gpointer data)
{
	EdsBook *self = data;
	GList *sources =
		e_source_registry_list_enabled(self->registry, E_SOURCE_EXTENSION_ADDRESS_BOOK);
	g_autoptr(GHashTable) wanted = g_hash_table_new(g_str_hash, g_str_equal);
	GHashTableIter iter;
	gpointer uid;

	for (GList *l = sources; l; l = l->next) {
		g_hash_table_add(wanted, (gpointer)e_source_get_uid(l->data));
		if (!g_hash_table_contains(self->books, e_source_get_uid(l->data)))
			open_book(self, l->data);
	}
	g_hash_table_iter_init(&iter, self->books);
	while (g_hash_table_iter_next(&iter, &uid, NULL)) {
		if (!g_hash_table_contains(wanted, uid))
			g_hash_table_iter_remove(&iter);
	}
	g_list_free_full(sources, g_object_unref);
	settle_soon(self);
	return G_SOURCE_REMOVE;
}

static void on_sources(G_GNUC_UNUSED ESourceRegistry *registry, G_GNUC_UNUSED ESource *source,
		       gpointer data)
{
	follow_sources(data);
}

static gpointer run(gpointer data)
{
	static const char *const signals[] = { "source-added", "source-removed", "source-enabled",
					       "source-disabled" };
	EdsBook *self = data;
	g_autoptr(GError) error = NULL;

	g_main_context_push_thread_default(self->context);
	self->books = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, book_free);
	self->registry = e_source_registry_new_sync(self->cancellable, &error);
	if (self->registry) {
		for (guint i = 0; i < G_N_ELEMENTS(signals); i++)
			g_signal_connect(self->registry, signals[i], G_CALLBACK(on_sources), self);
		follow_sources(self);
		if (!g_cancellable_is_cancelled(self->cancellable))
			g_main_loop_run(self->loop);
		g_signal_handlers_disconnect_by_data(self->registry, self);
	} else {
		cusax_info(NULL, "the desktop has no address books: %s", error->message);
	}
	if (self->settle) {
		g_source_destroy(self->settle);
		g_source_unref(self->settle);
	}
	g_hash_table_unref(self->books);
	g_clear_object(&self->registry);
	g_main_context_pop_thread_default(self->context);
	eds_unref(self);
	return NULL;
}

/* --- the contract -------------------------------------------------------------------------------- */

static void eds_watch(CusaxAddressBook *book, CusaxBookChanged changed, gpointer data)
{
	EdsBook *self = (EdsBook *)book;

	g_return_if_fail(!self->changed);
	self->changed = changed;
	self->data = data;
	g_thread_unref(g_thread_new("book-eds", run, eds_ref(self)));
}

static gboolean quit(gpointer data)
{
	EdsBook *self = data;

	g_main_loop_quit(self->loop);
	return G_SOURCE_REMOVE;
}

/* The thread ends by itself: it may be waiting for an answer, and nobody waits for it. */
static void eds_free(CusaxAddressBook *book)
{
	EdsBook *self = (EdsBook *)book;
	GSource *source;

	g_cancellable_cancel(self->cancellable);
	if (self->changed) {
		self->changed = NULL;
		source = g_idle_source_new();
		g_source_set_callback(source, quit, eds_ref(self), (GDestroyNotify)eds_unref);
		g_source_attach(source, self->context);
		g_source_unref(source);
	}
	eds_unref(self);
}

CusaxAddressBook *cusax_eds_book_new(void)
{
	EdsBook *self = g_new0(EdsBook, 1);

	self->book = (CusaxAddressBook){ eds_watch, eds_free };
	g_atomic_ref_count_init(&self->refs);
	self->cancellable = g_cancellable_new();
	self->context = g_main_context_new();
	self->loop = g_main_loop_new(self->context, FALSE);
	return &self->book;
}
