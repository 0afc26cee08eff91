/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file of vCards, the user's own or a directory: read in a worker, watched through the kernel. */
/* Main thread, but for the functions that a worker runs. */
#define CUSAX_LOG_DOMAIN "book"
#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/error.h"
#include "daemon/base/log.h"
#include "services/addressbook/vcard-parse.h"

#define MAX_FILE (16 * 1024 * 1024)
/* A program that saves makes several events; one look at the end of them is enough. */
#define SETTLE_MSEC 200

typedef struct {
	CusaxAddressBook book;
	CusaxSource source;
	char *path;
	CusaxBookChanged changed; /* NULL: not watched yet, or freed */
	gpointer data;
	GFileMonitor *monitor;        /* of the path */
	GFileMonitor *target_monitor; /* of what it links to; NULL: no link */
	char *target;
	guint settle;     /* timer, 0: none */
	gboolean reading; /* a worker is at it: */
	gboolean again;   /* and something changed since */
} VcardBook;

/* What a worker found. */
typedef struct {
	GPtrArray *entries;
	CusaxVcardCounts counts;
	char *target; /* where the file is, when the path is a link; else NULL */
} Found;

static gint handovers; /* atomic: orders what a worker wrote before what the main thread reads */

static void found_free(Found *found)
{
	g_clear_pointer(&found->entries, g_ptr_array_unref);
	g_free(found->target);
	g_free(found);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Found, found_free)

/* --- in the worker ----------------------------------------------------------------------------- */

static gboolean may_be_used(int fd, GError **error)
{
	const char *why = NULL;
	struct stat status;

	if (fstat(fd, &status) < 0)
		why = "cannot be looked at";
	else if (!S_ISREG(status.st_mode))
		why = "is no regular file";
	else if (status.st_uid != geteuid())
		why = "belongs to somebody else";
	else if (status.st_mode & S_IWOTH)
		why = "can be written by everybody";
	else if (status.st_size > MAX_FILE)
		why = "is over 16 MiB";
	if (why)
		g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_REFUSED, "%s", why);
	return !why;
}

/* NULL and no error where there is none. */
static GString *read_file(const char *path, GError **error)
{
	/* Not blocking: a FIFO without a writer must not hold the worker. */
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	g_autoptr(GString) text = NULL;
	char block[16384];
	gssize n = 0;

	if (fd < 0 && errno == ENOENT)
		return NULL;
	if (fd < 0) {
		g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_FAILED, "cannot be opened: %s",
			    g_strerror(errno));
		return NULL;
	}
	if (may_be_used(fd, error)) {
		text = g_string_new(NULL);
		while (text->len <= MAX_FILE &&
		       ((n = read(fd, block, sizeof block)) > 0 || (n < 0 && errno == EINTR)))
			g_string_append_len(text, block, MAX(n, 0));
		if (n < 0)
			g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_FAILED, "cannot be read: %s",
				    g_strerror(errno));
		else if (text->len > MAX_FILE)
			g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_REFUSED, "is over 16 MiB");
	}
	close(fd);
	return text && n == 0 && text->len <= MAX_FILE ? g_steal_pointer(&text) : NULL;
}

static char *target_of(const char *path)
{
	struct stat status;
	char *real, *target;

	if (lstat(path, &status) < 0 || !S_ISLNK(status.st_mode))
		return NULL;
	real = realpath(path, NULL);
	target = g_strdup(real);
	free(real);
	return target;
}

static void read_in_thread(GTask *task, G_GNUC_UNUSED gpointer source, gpointer data,
			   G_GNUC_UNUSED GCancellable *cancellable)
{
	const char *path = data;
	g_autoptr(Found) found = g_new0(Found, 1);
	g_autoptr(GError) error = NULL;
	g_autoptr(GString) text = NULL;

	(void)g_atomic_int_get(&handovers); /* and what one worker wrote before the next one */
	found->target = target_of(path);
	text = read_file(path, &error);
	found->entries =
		cusax_vcard_parse(text ? text->str : "", text ? text->len : 0, &found->counts);
	if (error)
		cusax_notice(NULL, "%s %s, taken as empty", path, error->message);
	g_atomic_int_inc(&handovers);
	g_task_return_pointer(task, g_steal_pointer(&found), (GDestroyNotify)found_free);
}

/* A folder that is missing could only be polled for. */
static void prepare_in_thread(GTask *task, G_GNUC_UNUSED gpointer source, gpointer data,
			      G_GNUC_UNUSED GCancellable *cancellable)
{
	g_autofree char *folder = g_path_get_dirname(data);

	g_task_return_boolean(task, g_mkdir_with_parents(folder, 0700) == 0);
}

/* --- the book ---------------------------------------------------------------------------------- */

static void book_clear(VcardBook *self)
{
	g_clear_object(&self->monitor);
	g_clear_object(&self->target_monitor);
	g_free(self->target);
	g_free(self->path);
}

/* Workers hold a reference until their answer is here. */
static void book_unref(VcardBook *self)
{
	g_rc_box_release_full(self, (GDestroyNotify)book_clear);
}

static void run_in_thread(VcardBook *self, GTaskThreadFunc work, GAsyncReadyCallback done)
{
	g_autoptr(GTask) task = g_task_new(NULL, NULL, done, g_rc_box_acquire(self));

	g_task_set_task_data(task, g_strdup(self->path), g_free);
	g_task_run_in_thread(task, work);
}

/* Circular: what was read may have to be read again. */
static void on_read(GObject *source, GAsyncResult *result, gpointer data);

static void read_soon(VcardBook *self)
{
	if (self->reading) {
		self->again = TRUE;
		return;
	}
	self->reading = TRUE;
	self->again = FALSE;
	run_in_thread(self, read_in_thread, on_read);
}

static gboolean on_settled(gpointer data)
{
	VcardBook *self = data;

	self->settle = 0;
	read_soon(self);
	return G_SOURCE_REMOVE;
}

static void on_event(G_GNUC_UNUSED GFileMonitor *monitor, G_GNUC_UNUSED GFile *file,
		     G_GNUC_UNUSED GFile *other, G_GNUC_UNUSED GFileMonitorEvent event,
		     gpointer data)
{
	VcardBook *self = data;

	if (self->settle == 0)
		self->settle = g_timeout_add(SETTLE_MSEC, on_settled, self);
}

static GFileMonitor *watch_path(VcardBook *self, const char *path)
{
	g_autoptr(GFile) file = g_file_new_for_path(path);
	g_autoptr(GError) error = NULL;
	GFileMonitor *monitor = g_file_monitor_file(file, G_FILE_MONITOR_WATCH_MOVES, NULL, &error);

	if (monitor)
		g_signal_connect(monitor, "changed", G_CALLBACK(on_event), self);
	else
		cusax_notice(NULL, "%s cannot be watched: %s", path, error->message);
	return monitor;
}

static void unwatch(VcardBook *self, GFileMonitor **monitor)
{
	if (!*monitor)
		return;
	g_signal_handlers_disconnect_by_data(*monitor, self);
	g_file_monitor_cancel(*monitor);
	g_clear_object(monitor);
}

static void follow_link(VcardBook *self, const char *target)
{
	if (g_strcmp0(self->target, target) == 0)
		return;
	unwatch(self, &self->target_monitor);
	g_free(self->target);
	self->target = g_strdup(target);
	if (target) {
		self->target_monitor = watch_path(self, target);
		self->again = TRUE; /* it may have changed before the watch was there */
	}
}

static void mark_source(GPtrArray *entries, CusaxSource source)
{
	for (guint i = 0; i < entries->len; i++) {
		GPtrArray *phones = ((CusaxBookEntry *)entries->pdata[i])->phones;

		for (guint k = 0; k < phones->len; k++)
			((CusaxPhone *)phones->pdata[k])->source = source;
	}
}

static void on_read(G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer data)
{
	VcardBook *self = data;
	g_autoptr(Found) found = g_task_propagate_pointer(G_TASK(result), NULL);

	(void)g_atomic_int_get(&handovers);
	self->reading = FALSE;
	if (self->changed) {
		follow_link(self, found->target);
		if (found->counts.broken || found->counts.surplus)
			cusax_notice(NULL, "%s: %u entries are broken, %u are too many, ignoring",
				     self->path, found->counts.broken, found->counts.surplus);
		cusax_info(NULL, "%s: %u entries", self->path, found->entries->len);
		mark_source(found->entries, self->source);
		if (self->again)
			read_soon(self);
		self->changed(found->entries, self->data);
	}
	book_unref(self);
}

static void on_prepared(G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer data)
{
	VcardBook *self = data;

	if (self->changed) {
		/* Watched first, so that no change falls between. */
		if (g_task_propagate_boolean(G_TASK(result), NULL))
			self->monitor = watch_path(self, self->path);
		else
			cusax_notice(NULL, "%s is not watched: its folder cannot be made",
				     self->path);
		read_soon(self);
	}
	book_unref(self);
}

static void book_watch(CusaxAddressBook *book, CusaxBookChanged changed, gpointer data)
{
	VcardBook *self = (VcardBook *)book;

	g_return_if_fail(!self->changed);
	self->changed = changed;
	self->data = data;
	run_in_thread(self, prepare_in_thread, on_prepared);
}

static void book_free(CusaxAddressBook *book)
{
	VcardBook *self = (VcardBook *)book;

	self->changed = NULL;
	g_clear_handle_id(&self->settle, g_source_remove);
	unwatch(self, &self->monitor);
	unwatch(self, &self->target_monitor);
	book_unref(self);
}

CusaxAddressBook *cusax_vcard_book_new(CusaxSource source, const char *path)
{
	VcardBook *self = g_rc_box_new0(VcardBook);
	const char *name = source == CUSAX_SOURCE_DIRECTORY ? "directory.vcf" : "contacts.vcf";

	self->book = (CusaxAddressBook){ book_watch, book_free };
	self->source = source;
	self->path = path ? g_strdup(path)
			  : g_build_filename(g_get_user_data_dir(), "cusaxd", name, NULL);
	return &self->book;
}
