/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tests of daemon/store share. */
/* Main thread. */
#include "tests/unit/store-support.h"

#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

char *store_folder_new(void)
{
	g_autoptr(GError) error = NULL;
	char *folder = g_dir_make_tmp("cusax-store-XXXXXX", &error);

	g_assert_no_error(error);
	return folder;
}

static void remove_tree(const char *path)
{
	struct stat status;

	if (g_lstat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
		g_autoptr(GDir) dir = NULL;
		const char *name;

		g_chmod(path, 0700);
		dir = g_dir_open(path, 0, NULL);
		while (dir && (name = g_dir_read_name(dir))) {
			g_autofree char *child = g_build_filename(path, name, NULL);

			remove_tree(child);
		}
	}
	g_remove(path);
}

void store_folder_remove(char *folder)
{
	remove_tree(folder);
	g_free(folder);
}

void store_keep(G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer data)
{
	*(GAsyncResult **)data = g_object_ref(result);
}

static gboolean on_late(G_GNUC_UNUSED gpointer data)
{
	g_error("no result within 10 s");
	return G_SOURCE_REMOVE;
}

GAsyncResult *store_wait(GAsyncResult **result)
{
	guint late = g_timeout_add_seconds(10, on_late, NULL);

	while (!*result)
		g_main_context_iteration(NULL, TRUE);
	g_source_remove(late);
	return *result;
}

void store_assert_code(GError **error, CusaxError code)
{
	g_assert_error(*error, CUSAX_ERROR, (int)code);
	g_clear_error(error);
}
