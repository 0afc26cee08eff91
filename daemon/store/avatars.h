/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pictures of people on disk, by the hash of their bytes. */
/* Called on the main thread; a worker does what blocks, one thing after the other. */
#pragma once

#include <gio/gio.h>

#define CUSAX_AVATAR_MAX (256 * 1024) /* bytes of one picture */
#define CUSAX_AVATAR_TOTAL_MAX                                                                     \
	(64 * 1024 * 1024) /* of all; what was asked for longest ago goes first */

typedef struct CusaxAvatars CusaxAvatars;

/* path NULL: $XDG_CACHE_HOME/cusaxd/avatars, made with mode 0700. */
CusaxAvatars *cusax_avatars_new(const char *path);
/* What is under way ends by itself; callbacks come no more. */
void cusax_avatars_free(CusaxAvatars *avatars);

/* The media type of a picture by its first bytes: PNG, JPEG, GIF or WebP; NULL: none of them. Nothing is
 * decoded: what dimensions a picture claims is of no matter here. Static. */
const char *cusax_avatar_type(gconstpointer bytes, gsize length);

/* The path of the picture of a hash (SHA-1 in hex): finish gives NULL without an error where it is not
 * there. Free with g_free(). */
void cusax_avatars_find_async(CusaxAvatars *avatars, const char *hash, GAsyncReadyCallback callback,
			      gpointer data);
char *cusax_avatars_find_finish(GAsyncResult *result, GError **error);

/* Keeps a picture (0600) and gives its path. INVALID_ARGUMENT: no picture; LIMIT_EXCEEDED: too large;
 * REFUSED: its hash is another. */
void cusax_avatars_keep_async(CusaxAvatars *avatars, const char *hash, GBytes *picture,
			      GAsyncReadyCallback callback, gpointer data);
char *cusax_avatars_keep_finish(GAsyncResult *result, GError **error);

/* Reads a whole picture from fd (taken), from its beginning: as above, and FAILED. */
void cusax_avatars_read_async(CusaxAvatars *avatars, int fd, GAsyncReadyCallback callback,
			      gpointer data);
GBytes *cusax_avatars_read_finish(GAsyncResult *result, GError **error);
