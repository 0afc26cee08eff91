/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The contract for passwords: kept in the user's Secret Service and nowhere else (C100). */
/* Main thread; asynchronous: a locked keyring, an open prompt or a dead service never block. */
#pragma once

#include <gio/gio.h>

#include "daemon/base/types.h"

/* Errors of all three: CUSAX_ERROR_SECRET_UNAVAILABLE where the service is missing, locked and not
 * unlocked, or the prompt was dismissed (no prompt is shown where interactive is FALSE);
 * CUSAX_ERROR_NOT_FOUND where no secret is stored; CUSAX_ERROR_TIMEOUT after 25 s, or 120 s with a
 * prompt; CUSAX_ERROR_CANCELLED.
 * At most one prompt is open: requests that need one share its outcome. Clearing never prompts. */
typedef struct CusaxSecretStore CusaxSecretStore;

struct CusaxSecretStore {
	void (*lookup)(CusaxSecretStore *store, CusaxProtocol protocol, const char *account,
		       gboolean interactive, GCancellable *cancellable,
		       GAsyncReadyCallback callback, gpointer data);
	/* The secret; wipe and free with cusax_secret_free(). */
	char *(*lookup_finish)(CusaxSecretStore *store, GAsyncResult *result, GError **error);
	/* label: what a keyring manager shows. Storing is the act of a person, who may be asked to
	 * unlock or to make the keyring. INVALID_ARGUMENT where secret is empty, over 4096 bytes
	 * or no UTF-8. */
	void (*store)(CusaxSecretStore *store, CusaxProtocol protocol, const char *account,
		      const char *label, const char *secret, GCancellable *cancellable,
		      GAsyncReadyCallback callback, gpointer data);
	gboolean (*store_finish)(CusaxSecretStore *store, GAsyncResult *result, GError **error);
	void (*clear)(CusaxSecretStore *store, CusaxProtocol protocol, const char *account,
		      GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data);
	gboolean (*clear_finish)(CusaxSecretStore *store, GAsyncResult *result, GError **error);
	/* changed is called when what was locked or missing may have become available: the service
	 * appeared, or a collection was unlocked. One watcher. */
	void (*watch)(CusaxSecretStore *store, void (*changed)(gpointer data), gpointer data);
	void (*free)(CusaxSecretStore *store);
};

/* The real one: services/secret/secret-service.c. */
CusaxSecretStore *cusax_secret_store_new(void);

/* Overwrites and frees; NULL is fine. */
void cusax_secret_free(char *secret);

/* Fills bytes with random numbers fit for keys; ends the process where the system has none. */
void cusax_secret_random(guint8 *bytes, gsize n);
/* Overwrites bytes, however the compiler sees it. */
void cusax_secret_wipe(gpointer bytes, gsize n);
