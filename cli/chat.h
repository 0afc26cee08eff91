/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which chat a person means. */
/* Single-threaded, as all of cusaxctl. */
#pragma once

#include "cli/client.h"

/* The path of the chat with somebody: a contact, an address, a chat, or a call, which names the chat
 * with its other side; free. account: the chat account to use, or NULL. */
/* "Chat" or "Room": what is at such a path. */
const char *cusax_chat_kind(const char *path);

char *cusax_chat_path(CusaxClient *client, const char *who, const char *account, GError **error);

/* The newest messages of a chat, an aa{sv}, the oldest first; unref. */
GVariant *cusax_chat_messages(CusaxClient *client, const char *path, GVariant *filter,
			      GError **error);

/* The chat and those of its messages that were read are marked; id "" does nothing. */
gboolean cusax_chat_mark(CusaxClient *client, const char *path, const char *id, GError **error);
