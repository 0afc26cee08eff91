/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Passwords in the user's Secret Service, through libsecret's asynchronous calls only. */
/* Main thread. */
#include "services/secret.h"

#include <string.h>

#include "services/secret/operation.h"
#include "services/secret/unlock.h"
#include "services/secret/watch.h"

#define MAX_SECRET         4096 /* bytes; more is no password */
#define DEADLINE_MS        25000
#define PROMPT_DEADLINE_MS 120000

typedef struct {
	CusaxSecretStore store; /* first: what the caller holds */
	SecretGate *gate;
	SecretWatch *watch;
} Keyring;

static const SecretSchema schema = {
	.name = "org.cusax.Cusax1",
	.flags = SECRET_SCHEMA_NONE,
	.attributes = { { "protocol", SECRET_SCHEMA_ATTRIBUTE_STRING },
			{ "account", SECRET_SCHEMA_ATTRIBUTE_STRING } },
};

static GHashTable *attributes_of(SecretOperation *op)
{
	return secret_attributes_build(&schema, "protocol",
				       cusax_word(CUSAX_TYPE_PROTOCOL, op->protocol), "account",
				       op->account, NULL);
}

static void search(SecretOperation *op, GAsyncReadyCallback callback)
{
	g_autoptr(GHashTable) attributes = attributes_of(op);

	secret_service_search(op->service, &schema, attributes,
			      SECRET_SEARCH_ALL | SECRET_SEARCH_LOAD_SECRETS, op->cancellable,
			      callback, secret_operation_ref(op));
}

static gboolean searched(SecretOperation *op, GAsyncResult *result)
{
	g_autoptr(GError) error = NULL;

	g_list_free_full(g_steal_pointer(&op->items), g_object_unref);
	op->items = secret_service_search_finish(op->service, result, &error);
	if (error)
		secret_operation_return_foreign(op, error);
	return !error && secret_operation_is_open(op);
}

static void find_collection(SecretOperation *op, GAsyncReadyCallback callback)
{
	secret_collection_for_alias(op->service, SECRET_COLLECTION_DEFAULT, SECRET_COLLECTION_NONE,
				    op->cancellable, callback, secret_operation_ref(op));
}

static gboolean found_collection(SecretOperation *op, GAsyncResult *result)
{
	g_autoptr(GError) error = NULL;

	g_clear_object(&op->collection);
	op->collection = secret_collection_for_alias_finish(result, &error);
	if (error)
		secret_operation_return_foreign(op, error);
	return !error && secret_operation_is_open(op);
}

static gboolean is_locked(SecretOperation *op)
{
	return op->collection && secret_collection_get_locked(op->collection);
}

/* Unlocks what was found, or else the collection: with the gate held. Asks nobody where another
 * request's prompt has unlocked it meanwhile. */
static void unlock(SecretOperation *op, void (*done)(SecretOperation *op, gboolean dismissed))
{
	g_autoptr(GPtrArray) paths = g_ptr_array_new();

	for (GList *link = op->items; link; link = link->next)
		g_ptr_array_add(paths, (gpointer)g_dbus_proxy_get_object_path(link->data));
	if (!op->items)
		g_ptr_array_add(paths, (gpointer)g_dbus_proxy_get_object_path(
					       G_DBUS_PROXY(op->collection)));
	g_ptr_array_add(paths, NULL);
	secret_operation_unlock(op, (const char *const *)paths->pdata, done);
}

/* TRUE: something was unlocked and the gate is left. */
static gboolean unlocked(SecretOperation *op, gboolean dismissed)
{
	op->unlocked = TRUE;
	secret_operation_leave(op, dismissed);
	if (dismissed)
		secret_operation_return_error(op, CUSAX_ERROR_SECRET_UNAVAILABLE,
					      "the prompt was dismissed");
	return secret_operation_is_open(op);
}

/* --- lookup ---------------------------------------------------------------------------------- */

/* The newest secret that can be read. */
static SecretItem *best_item(GList *items)
{
	SecretItem *best = NULL;

	for (GList *link = items; link; link = link->next) {
		SecretItem *item = link->data;

		if (!secret_item_get_locked(item) &&
		    (!best || secret_item_get_modified(item) > secret_item_get_modified(best)))
			best = item;
	}
	return best;
}

static void return_secret(SecretOperation *op, SecretItem *item)
{
	SecretValue *value = secret_item_get_secret(item);
	const char *secret = NULL;
	gsize length = 0;

	if (value)
		secret = secret_value_get(value, &length);
	if (!secret || length == 0)
		secret_operation_return_error(op, CUSAX_ERROR_NOT_FOUND, "no secret is stored");
	else if (length > MAX_SECRET || memchr(secret, '\0', length) ||
		 !g_utf8_validate(secret, length, NULL))
		secret_operation_return_error(op, CUSAX_ERROR_SECRET_UNAVAILABLE,
					      "what is stored is not a password");
	else
		secret_operation_return(op, g_strndup(secret, length));
	if (value)
		secret_value_unref(value);
}

static void look(SecretOperation *op);

static void on_lookup_unlocked(SecretOperation *op, gboolean dismissed)
{
	if (unlocked(op, dismissed))
		look(op);
}

static void unlock_for_lookup(SecretOperation *op)
{
	unlock(op, on_lookup_unlocked);
}

/* Locked: the second time round nobody is asked again. */
static void lookup_locked(SecretOperation *op)
{
	if (op->interactive && !op->unlocked)
		secret_operation_enter(op, unlock_for_lookup);
	else
		secret_operation_return_error(op, CUSAX_ERROR_SECRET_UNAVAILABLE,
					      "the keyring is locked");
}

static void on_lookup_collection(G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(SecretOperation) op = data;

	if (!found_collection(op, result))
		return;
	/* A service need not tell what a locked collection holds. */
	if (is_locked(op))
		lookup_locked(op);
	else
		secret_operation_return_error(op, CUSAX_ERROR_NOT_FOUND, "no secret is stored");
}

static void on_lookup_searched(G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(SecretOperation) op = data;
	SecretItem *item;

	if (!searched(op, result))
		return;
	item = best_item(op->items);
	if (item)
		return_secret(op, item);
	else if (op->items)
		lookup_locked(op);
	else
		find_collection(op, on_lookup_collection);
}

static void look(SecretOperation *op)
{
	search(op, on_lookup_searched);
}

static void lookup(CusaxSecretStore *store, CusaxProtocol protocol, const char *account,
		   gboolean interactive, GCancellable *cancellable, GAsyncReadyCallback callback,
		   gpointer data)
{
	GTask *task = g_task_new(NULL, cancellable, callback, data);
	SecretOperation *op =
		secret_operation_new(((Keyring *)store)->gate, task, protocol, account);

	g_task_set_source_tag(task, lookup);
	op->interactive = interactive;
	secret_operation_open(op, look);
}

static char *lookup_finish(G_GNUC_UNUSED CusaxSecretStore *store, GAsyncResult *result,
			   GError **error)
{
	g_return_val_if_fail(g_async_result_is_tagged(result, lookup), NULL);
	return g_task_propagate_pointer(G_TASK(result), error);
}

/* --- store ----------------------------------------------------------------------------------- */

static void on_stored(G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(SecretOperation) op = data;
	g_autoptr(GError) error = NULL;

	if (secret_service_store_finish(op->service, result, &error))
		secret_operation_return(op, NULL);
	else if (error)
		secret_operation_return_foreign(op, error);
	else
		secret_operation_return_error(op, CUSAX_ERROR_SECRET_UNAVAILABLE,
					      "the prompt was dismissed");
}

static void write_secret(SecretOperation *op)
{
	g_autoptr(GHashTable) attributes = attributes_of(op);
	SecretValue *value = secret_value_new(op->secret, -1, "text/plain");

	/* It need not follow what happens to its items from here on. */
	g_clear_object(&op->collection);
	secret_service_store(op->service, &schema, attributes, SECRET_COLLECTION_DEFAULT, op->label,
			     value, op->cancellable, on_stored, secret_operation_ref(op));
	secret_value_unref(value);
	g_clear_pointer(&op->secret, cusax_secret_free);
}

static void on_store_unlocked(SecretOperation *op, gboolean dismissed)
{
	if (unlocked(op, dismissed))
		write_secret(op);
}

static void unlock_for_store(SecretOperation *op)
{
	unlock(op, on_store_unlocked);
}

static void on_store_collection(G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(SecretOperation) op = data;

	if (!found_collection(op, result))
		return;
	if (is_locked(op))
		secret_operation_enter(op, unlock_for_store);
	else if (op->collection)
		write_secret(op);
	else
		/* The first secret of this person: the service may ask for a keyring's password. */
		secret_operation_enter(op, write_secret);
}

static void find_place(SecretOperation *op)
{
	find_collection(op, on_store_collection);
}

static void store_secret(CusaxSecretStore *store, CusaxProtocol protocol, const char *account,
			 const char *label, const char *secret, GCancellable *cancellable,
			 GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, cancellable, callback, data);
	SecretOperation *op =
		secret_operation_new(((Keyring *)store)->gate, task, protocol, account);

	g_task_set_source_tag(task, store_secret);
	if (!*secret || strlen(secret) > MAX_SECRET || !g_utf8_validate(secret, -1, NULL)) {
		secret_operation_return_error(op, CUSAX_ERROR_INVALID_ARGUMENT,
					      "secret: must be text of 1 to 4096 bytes");
		return;
	}
	op->label = g_strdup(label);
	op->secret = g_strdup(secret);
	secret_operation_open(op, find_place);
}

static gboolean store_finish(G_GNUC_UNUSED CusaxSecretStore *store, GAsyncResult *result,
			     GError **error)
{
	g_return_val_if_fail(g_async_result_is_tagged(result, store_secret), FALSE);
	return g_task_propagate_boolean(G_TASK(result), error);
}

/* --- clear ----------------------------------------------------------------------------------- */

static void delete_next(SecretOperation *op);

/* The plain call: one that would prompt is answered with the prompt's path, and nobody is asked. */
static void on_deleted(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(SecretOperation) op = data;
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) answer = g_dbus_proxy_call_finish(G_DBUS_PROXY(source), result, &error);
	const char *prompt = "/";

	if (!answer && !g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_OBJECT) &&
	    !g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_METHOD)) {
		secret_operation_return_foreign(op, error);
		return;
	}
	if (answer && g_variant_is_of_type(answer, G_VARIANT_TYPE("(o)")))
		g_variant_get(answer, "(&o)", &prompt);
	if (strcmp(prompt, "/") != 0)
		secret_operation_return_error(op, CUSAX_ERROR_SECRET_UNAVAILABLE,
					      "the keyring is locked");
	else if (secret_operation_is_open(op))
		delete_next(op);
}

static void delete_next(SecretOperation *op)
{
	g_autoptr(SecretItem) item = NULL;

	if (!op->items) {
		secret_operation_return(op, NULL);
		return;
	}
	item = op->items->data;
	op->items = g_list_delete_link(op->items, op->items);
	if (secret_item_get_locked(item))
		secret_operation_return_error(op, CUSAX_ERROR_SECRET_UNAVAILABLE,
					      "the keyring is locked");
	else
		g_dbus_proxy_call(G_DBUS_PROXY(item), "Delete", NULL, G_DBUS_CALL_FLAGS_NONE, -1,
				  op->cancellable, on_deleted, secret_operation_ref(op));
}

static void on_clear_collection(G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(SecretOperation) op = data;

	if (!found_collection(op, result))
		return;
	if (is_locked(op))
		secret_operation_return_error(op, CUSAX_ERROR_SECRET_UNAVAILABLE,
					      "the keyring is locked");
	else
		secret_operation_return_error(op, CUSAX_ERROR_NOT_FOUND, "no secret is stored");
}

static void on_clear_searched(G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(SecretOperation) op = data;

	if (!searched(op, result))
		return;
	if (op->items)
		delete_next(op);
	else
		find_collection(op, on_clear_collection);
}

static void find_items(SecretOperation *op)
{
	search(op, on_clear_searched);
}

static void clear(CusaxSecretStore *store, CusaxProtocol protocol, const char *account,
		  GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, cancellable, callback, data);
	SecretOperation *op =
		secret_operation_new(((Keyring *)store)->gate, task, protocol, account);

	g_task_set_source_tag(task, clear);
	secret_operation_open(op, find_items);
}

static gboolean clear_finish(G_GNUC_UNUSED CusaxSecretStore *store, GAsyncResult *result,
			     GError **error)
{
	g_return_val_if_fail(g_async_result_is_tagged(result, clear), FALSE);
	return g_task_propagate_boolean(G_TASK(result), error);
}

/* --- the store ------------------------------------------------------------------------------- */

static void watch(CusaxSecretStore *store, void (*changed)(gpointer data), gpointer data)
{
	Keyring *keyring = (Keyring *)store;

	g_clear_pointer(&keyring->watch, secret_watch_free);
	keyring->watch = secret_watch_new(changed, data);
}

static void keyring_free(CusaxSecretStore *store)
{
	Keyring *keyring = (Keyring *)store;

	g_clear_pointer(&keyring->watch, secret_watch_free);
	secret_gate_close(keyring->gate);
	g_free(keyring);
}

CusaxSecretStore *secret_store_new(guint deadline_ms, guint prompt_deadline_ms)
{
	Keyring *keyring = g_new0(Keyring, 1);

	keyring->gate = secret_gate_new(deadline_ms, prompt_deadline_ms);
	keyring->store = (CusaxSecretStore){
		.lookup = lookup,
		.lookup_finish = lookup_finish,
		.store = store_secret,
		.store_finish = store_finish,
		.clear = clear,
		.clear_finish = clear_finish,
		.watch = watch,
		.free = keyring_free,
	};
	return &keyring->store;
}

CusaxSecretStore *cusax_secret_store_new(void)
{
	return secret_store_new(DEADLINE_MS, PROMPT_DEADLINE_MS);
}
