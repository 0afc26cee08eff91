/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Table tests: one row is one case, named by its first member. */
/* Test programs only. */
#pragma once

#include <glib.h>

/* Adds a test "<prefix>/<row.name>" for each row of an array whose rows have a member `name`. */
#define ADD_ROWS(prefix, rows, function)                                                           \
	G_STMT_START                                                                               \
	{                                                                                          \
		for (guint row_ = 0; row_ < G_N_ELEMENTS(rows); row_++) {                          \
			g_autofree char *path_ =                                                   \
				g_strconcat(prefix, "/", (rows)[row_].name, NULL);                 \
			g_test_add_data_func(path_, &(rows)[row_], function);                      \
		}                                                                                  \
	}                                                                                          \
	G_STMT_END
