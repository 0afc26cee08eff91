/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tests of daemon/store share: a private folder, and waiting for one result. */
/* Main thread. */
#pragma once

#include <gio/gio.h>

#include "daemon/base/error.h"

/* A folder of 0700 that store_folder_remove() takes away with all that is in it. */
char *store_folder_new(void);
void store_folder_remove(char *folder);

/* A GAsyncReadyCallback for a GAsyncResult *: keeps the result. */
void store_keep(GObject *source, GAsyncResult *result, gpointer data);
/* Runs the main loop until *result is there, at most 10 s. */
GAsyncResult *store_wait(GAsyncResult **result);

/* Fails unless error is of our domain with that code; frees it. */
void store_assert_code(GError **error, CusaxError code);

/* The result of call(…, callback, data). */
#define store_await(call, ...)                                                                     \
	({                                                                                         \
		GAsyncResult *kept_ = NULL;                                                        \
		call(__VA_ARGS__, store_keep, &kept_);                                             \
		store_wait(&kept_);                                                                \
	})

/* Makes or replaces a file of 0600 with that text. */
#define store_put(text, folder, name)                                                              \
	G_STMT_START                                                                               \
	{                                                                                          \
		g_autofree char *path_ = g_build_filename(folder, name, NULL);                     \
		g_assert_true(g_file_set_contents_full(                                            \
			path_, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL));             \
	}                                                                                          \
	G_STMT_END
