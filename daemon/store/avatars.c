/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pictures on disk: found, kept, the oldest put out. */
/* Main thread; what takes a Job runs on the worker. */
#include "daemon/store/avatars.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/error.h"
#include "daemon/store/file.h"

struct CusaxAvatars {
	char *path;
	GThreadPool *worker; /* of one thread */
};

typedef struct {
	char *folder, *hash;
	GBytes *picture;
	int fd;
	void (*run)(GTask *task);
} Job;

static void job_free(gpointer data)
{
	Job *job = data;

	if (job->fd >= 0)
		close(job->fd);
	g_clear_pointer(&job->picture, g_bytes_unref);
	g_free(job->folder);
	g_free(job->hash);
	g_free(job);
}

/* --- what is a picture ----------------------------------------------------------------------- */

/* Name ends and media types, by what files begin with. */
static const struct {
	const char *type, *ending, *magic;
	gsize length, offset;
	const char *more; /* at 8, where one is needed */
} kinds[] = {
	{ "image/png", ".png", "\x89PNG\r\n\x1a\n", 8, 0, NULL },
	{ "image/jpeg", ".jpg", "\xff\xd8\xff", 3, 0, NULL },
	{ "image/gif", ".gif", "GIF87a", 6, 0, NULL },
	{ "image/gif", ".gif", "GIF89a", 6, 0, NULL },
	{ "image/webp", ".webp", "RIFF", 4, 0, "WEBP" },
};

static int kind_of(const guint8 *bytes, gsize length)
{
	for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
		if (length < 12 || memcmp(bytes, kinds[i].magic, kinds[i].length) != 0)
			continue;
		if (!kinds[i].more || memcmp(bytes + 8, kinds[i].more, 4) == 0)
			return (int)i;
	}
	return -1;
}

const char *cusax_avatar_type(gconstpointer bytes, gsize length)
{
	int kind = kind_of(bytes, length);

	return kind >= 0 ? kinds[kind].type : NULL;
}

static gboolean check(GBytes *picture, const char **ret_ending, GError **error)
{
	gsize length;
	gconstpointer bytes = g_bytes_get_data(picture, &length);
	int kind = kind_of(bytes, length);

	if (length > CUSAX_AVATAR_MAX) {
		g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_LIMIT_EXCEEDED,
			    "the picture has more than %d bytes", CUSAX_AVATAR_MAX);
		return FALSE;
	}
	if (kind < 0) {
		g_set_error_literal(error, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT,
				    "it is no PNG, JPEG, GIF or WebP picture");
		return FALSE;
	}
	*ret_ending = kinds[kind].ending;
	return TRUE;
}

/* --- the folder ------------------------------------------------------------------------------ */

static char *find(int folder, const char *path, const char *hash)
{
	for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
		g_autofree char *name = g_strconcat(hash, kinds[i].ending, NULL);
		struct stat facts;

		if (fstatat(folder, name, &facts, AT_SYMLINK_NOFOLLOW) != 0 ||
		    !S_ISREG(facts.st_mode) || facts.st_size == 0)
			continue;
		utimensat(folder, name, NULL, AT_SYMLINK_NOFOLLOW); /* asked for now */
		return g_build_filename(path, name, NULL);
	}
	return NULL;
}

typedef struct {
	char *name;
	gint64 time, size;
} Entry;

static void entry_free(gpointer data)
{
	g_free(((Entry *)data)->name);
	g_free(data);
}

static int compare_times(gconstpointer a, gconstpointer b)
{
	const Entry *one = *(Entry *const *)a, *other = *(Entry *const *)b;

	return (one->time > other->time) - (one->time < other->time);
}

/* The oldest go until the rest is small enough. */
static void make_room(int folder)
{
	g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func(entry_free);
	DIR *dir = fdopendir(fcntl(folder, F_DUPFD_CLOEXEC, 3));
	gint64 total = 0;
	struct dirent *found;

	if (!dir)
		return;
	rewinddir(dir);
	while ((found = readdir(dir))) {
		struct stat facts;
		Entry *entry;

		if (*found->d_name == '.' ||
		    fstatat(folder, found->d_name, &facts, AT_SYMLINK_NOFOLLOW) != 0 ||
		    !S_ISREG(facts.st_mode))
			continue;
		entry = g_new(Entry, 1);
		*entry = (Entry){ g_strdup(found->d_name),
				  facts.st_mtim.tv_sec * G_USEC_PER_SEC +
					  facts.st_mtim.tv_nsec / 1000,
				  facts.st_size };
		total += entry->size;
		g_ptr_array_add(entries, entry);
	}
	closedir(dir);
	g_ptr_array_sort(entries, compare_times);
	for (guint i = 0; i < entries->len && total > CUSAX_AVATAR_TOTAL_MAX; i++) {
		const Entry *entry = entries->pdata[i];

		if (unlinkat(folder, entry->name, 0) == 0)
			total -= entry->size;
	}
}

/* --- on the worker --------------------------------------------------------------------------- */

static void run_find(GTask *task)
{
	const Job *job = g_task_get_task_data(task);
	GError *error = NULL;
	int folder = cusax_folder_open(job->folder, &error);
	char *path;

	if (folder < 0) {
		g_task_return_error(task, error);
		return;
	}
	path = find(folder, job->folder, job->hash);
	close(folder);
	g_task_return_pointer(task, path, g_free);
}

static gboolean write_picture(const Job *job, const char *name, GError **error)
{
	int folder = cusax_folder_open(job->folder, error);
	CusaxFileStamp stamp = { 0 };
	gsize length;
	const char *bytes = g_bytes_get_data(job->picture, &length);
	struct stat facts;
	gboolean kept;

	if (folder < 0)
		return FALSE;
	/* What is shown already is never away, not even for a moment. */
	if (fstatat(folder, name, &facts, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(facts.st_mode) &&
	    (gsize)facts.st_size == length) {
		close(folder);
		return TRUE;
	}
	unlinkat(folder, name, 0); /* a damaged one */
	kept = cusax_file_replace(folder, name, bytes, length, &stamp, error);
	make_room(folder);
	close(folder);
	return kept;
}

static void run_keep(GTask *task)
{
	const Job *job = g_task_get_task_data(task);
	g_autofree char *actual = g_compute_checksum_for_bytes(G_CHECKSUM_SHA1, job->picture);
	g_autofree char *name = NULL;
	const char *ending;
	GError *error = NULL;

	if (!check(job->picture, &ending, &error)) {
		g_task_return_error(task, error);
		return;
	}
	if (strcmp(actual, job->hash) != 0) {
		g_task_return_new_error(task, CUSAX_ERROR, CUSAX_ERROR_REFUSED,
					"the picture is not the one of its hash");
		return;
	}
	name = g_strconcat(job->hash, ending, NULL);
	if (write_picture(job, name, &error))
		g_task_return_pointer(task, g_build_filename(job->folder, name, NULL), g_free);
	else
		g_task_return_error(task, error);
}

static void run_read(GTask *task)
{
	const Job *job = g_task_get_task_data(task);
	guint8 *bytes = g_malloc(CUSAX_AVATAR_MAX + 1);
	gsize length = 0;
	gssize n = 1;
	g_autoptr(GBytes) picture = NULL;
	const char *ending;
	GError *error = NULL;

	while (n > 0 && length <= CUSAX_AVATAR_MAX) {
		n = pread(job->fd, bytes + length, CUSAX_AVATAR_MAX + 1 - length, (off_t)length);
		if (n > 0)
			length += (gsize)n;
		else if (n < 0 && errno == EINTR)
			n = 1;
	}
	picture = g_bytes_new_take(bytes, length);
	if (n < 0)
		g_task_return_new_error(task, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT,
					"picture: cannot be read");
	else if (!check(picture, &ending, &error))
		g_task_return_error(task, error);
	else
		g_task_return_pointer(task, g_steal_pointer(&picture),
				      (GDestroyNotify)g_bytes_unref);
}

static void work(gpointer data, G_GNUC_UNUSED gpointer unused)
{
	GTask *task = data;

	((Job *)g_task_get_task_data(task))->run(task);
	g_object_unref(task);
}

/* --- asked from the main thread -------------------------------------------------------------- */

CusaxAvatars *cusax_avatars_new(const char *path)
{
	CusaxAvatars *avatars = g_new0(CusaxAvatars, 1);

	avatars->path = path ? g_strdup(path)
			     : g_build_filename(g_get_user_cache_dir(), "cusaxd", "avatars", NULL);
	avatars->worker = g_thread_pool_new(work, NULL, 1, FALSE, NULL);
	return avatars;
}

void cusax_avatars_free(CusaxAvatars *avatars)
{
	if (!avatars)
		return;
	g_thread_pool_free(avatars->worker, FALSE, TRUE);
	g_free(avatars->path);
	g_free(avatars);
}

static void submit(CusaxAvatars *avatars, void (*run)(GTask *task), const char *hash,
		   GBytes *picture, int fd, gpointer tag, GAsyncReadyCallback callback,
		   gpointer data)
{
	GTask *task = g_task_new(NULL, NULL, callback, data);
	Job *job = g_new(Job, 1);

	*job = (Job){ g_strdup(avatars->path), g_strdup(hash),
		      picture ? g_bytes_ref(picture) : NULL, fd, run };
	g_task_set_source_tag(task, tag);
	g_task_set_task_data(task, job, job_free);
	g_thread_pool_push(avatars->worker, task, NULL);
}

void cusax_avatars_find_async(CusaxAvatars *avatars, const char *hash, GAsyncReadyCallback callback,
			      gpointer data)
{
	submit(avatars, run_find, hash, NULL, -1, cusax_avatars_find_async, callback, data);
}

char *cusax_avatars_find_finish(GAsyncResult *result, GError **error)
{
	return g_task_propagate_pointer(G_TASK(result), error);
}

void cusax_avatars_keep_async(CusaxAvatars *avatars, const char *hash, GBytes *picture,
			      GAsyncReadyCallback callback, gpointer data)
{
	submit(avatars, run_keep, hash, picture, -1, cusax_avatars_keep_async, callback, data);
}

char *cusax_avatars_keep_finish(GAsyncResult *result, GError **error)
{
	return g_task_propagate_pointer(G_TASK(result), error);
}

void cusax_avatars_read_async(CusaxAvatars *avatars, int fd, GAsyncReadyCallback callback,
			      gpointer data)
{
	submit(avatars, run_read, NULL, NULL, fd, cusax_avatars_read_async, callback, data);
}

GBytes *cusax_avatars_read_finish(GAsyncResult *result, GError **error)
{
	return g_task_propagate_pointer(G_TASK(result), error);
}
