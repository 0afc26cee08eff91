/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The user's own files: opened only where nobody else can have written, replaced in one step. */
/* Usable from any thread; blocking. */
#pragma once

#include <glib.h>

/* What a file was when it was read or written; all zero: there was none. */
typedef struct {
	guint64 inode;
	gint64 size;
	gint64 mtime_s;
	gint64 mtime_ns;
} CusaxFileStamp;

/* Opens a folder, made with mode 0700 where it is missing. Refused (REFUSED) where it is a link, of
 * another user or writable for others; read permission of others is taken away. -1 on error. */
int cusax_folder_open(const char *path, GError **error);

/* Reads a whole regular file of at most limit bytes; the data ends in a NUL beyond its length. The
 * same guards, and nothing that blocks on opening; what it tightened is in ret_tightened. NOT_FOUND
 * where there is none, LIMIT_EXCEEDED, REFUSED, FAILED. */
gboolean cusax_file_read(int folder, const char *name, gsize limit, char **ret_data,
			 gsize *ret_length, CusaxFileStamp *ret_stamp, gboolean *ret_tightened,
			 GError **error);

/* Makes an empty file of mode 0600 where there is none, and guards what is there as above. */
gboolean cusax_file_prepare(int folder, const char *name, GError **error);

/* Writes a new file (0600), flushes it, gives it the name in one step and flushes the folder. The old
 * file stays whole where anything fails. Takes the stamp of the file expected under the name and
 * updates it; a file with another stamp is kept as name.edited-N first. */
gboolean cusax_file_replace(int folder, const char *name, const char *data, gsize length,
			    CusaxFileStamp *stamp, GError **error);

/* Renames name to name.WORD-N with the first free N. ret_name may be NULL. */
gboolean cusax_file_set_aside(int folder, const char *name, const char *word, char **ret_name,
			      GError **error);

/* An error of our domain for errno of an operation on a file. */
void cusax_file_set_error(GError **error, int code, const char *what, const char *name);
