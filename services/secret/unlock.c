/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Unlocking, with the service's prompt where it wants one. */
/* Main thread. */
#include "services/secret/unlock.h"

#include <string.h>

#define PROMPT_INTERFACE "org.freedesktop.Secret.Prompt"

/* One prompt on the screen. */
typedef struct {
	SecretOperation *op;
	GDBusConnection *connection;
	char *owner; /* who shows it, by unique name: nobody else can complete it */
	char *path;
	guint completed;
	guint watch;
	gulong cancelled;
} Prompt;

static SecretOperation *prompt_end(Prompt *prompt)
{
	SecretOperation *op = prompt->op;

	g_dbus_connection_signal_unsubscribe(prompt->connection, prompt->completed);
	g_bus_unwatch_name(prompt->watch);
	g_signal_handler_disconnect(op->cancellable, prompt->cancelled);
	g_object_unref(prompt->connection);
	g_free(prompt->owner);
	g_free(prompt->path);
	g_free(prompt);
	return op;
}

static void on_completed(G_GNUC_UNUSED GDBusConnection *connection,
			 G_GNUC_UNUSED const char *sender, G_GNUC_UNUSED const char *path,
			 G_GNUC_UNUSED const char *interface, G_GNUC_UNUSED const char *member,
			 GVariant *arguments, gpointer data)
{
	g_autoptr(SecretOperation) op = prompt_end(data);
	gboolean dismissed = TRUE;

	if (g_variant_is_of_type(arguments, G_VARIANT_TYPE("(bv)")))
		g_variant_get_child(arguments, 0, "b", &dismissed);
	op->unlock_done(op, dismissed);
}

static void on_vanished(G_GNUC_UNUSED GDBusConnection *connection, G_GNUC_UNUSED const char *name,
			gpointer data)
{
	g_autoptr(SecretOperation) op = prompt_end(data);

	secret_operation_return_error(op, CUSAX_ERROR_SECRET_UNAVAILABLE,
				      "the Secret Service went away");
}

/* The operation has its answer: the person need not give one. */
static void on_cancelled(G_GNUC_UNUSED GCancellable *cancellable, gpointer data)
{
	Prompt *prompt = data;

	g_dbus_connection_call(prompt->connection, prompt->owner, prompt->path, PROMPT_INTERFACE,
			       "Dismiss", NULL, NULL, G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, NULL,
			       NULL, NULL);
	secret_operation_unref(prompt_end(prompt));
}

static void on_prompted(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(SecretOperation) op = data;
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) answer =
		g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);

	if (!answer)
		secret_operation_return_foreign(op, error);
}

static void show_prompt(SecretOperation *op, const char *path)
{
	g_autofree char *owner = g_dbus_proxy_get_name_owner(G_DBUS_PROXY(op->service));
	Prompt *prompt;

	if (!owner) {
		secret_operation_return_error(op, CUSAX_ERROR_SECRET_UNAVAILABLE,
					      "the Secret Service went away");
		return;
	}
	prompt = g_new0(Prompt, 1);
	prompt->op = secret_operation_ref(op);
	prompt->connection = g_object_ref(g_dbus_proxy_get_connection(G_DBUS_PROXY(op->service)));
	prompt->owner = g_steal_pointer(&owner);
	prompt->path = g_strdup(path);
	prompt->completed = g_dbus_connection_signal_subscribe(
		prompt->connection, prompt->owner, PROMPT_INTERFACE, "Completed", path, NULL,
		G_DBUS_SIGNAL_FLAGS_NONE, on_completed, prompt, NULL);
	prompt->watch = g_bus_watch_name_on_connection(prompt->connection, prompt->owner,
						       G_BUS_NAME_WATCHER_FLAGS_NONE, NULL,
						       on_vanished, prompt, NULL);
	prompt->cancelled =
		g_signal_connect(op->cancellable, "cancelled", G_CALLBACK(on_cancelled), prompt);
	g_dbus_connection_call(prompt->connection, prompt->owner, path, PROMPT_INTERFACE, "Prompt",
			       g_variant_new("(s)", ""), NULL, G_DBUS_CALL_FLAGS_NO_AUTO_START, -1,
			       NULL, on_prompted, secret_operation_ref(op));
}

static void on_unlock(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(SecretOperation) op = data;
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) answer = g_dbus_proxy_call_finish(G_DBUS_PROXY(source), result, &error);
	g_autoptr(GVariant) unlocked = NULL;
	const char *prompt;

	if (!secret_operation_is_open(op))
		return;
	if (!answer) {
		secret_operation_return_foreign(op, error);
	} else if (!g_variant_is_of_type(answer, G_VARIANT_TYPE("(aoo)"))) {
		secret_operation_return_error(op, CUSAX_ERROR_SECRET_UNAVAILABLE,
					      "the Secret Service cannot be used");
	} else {
		g_variant_get(answer, "(@ao&o)", &unlocked, &prompt);
		if (strcmp(prompt, "/") != 0)
			show_prompt(op, prompt);
		else
			op->unlock_done(op, g_variant_n_children(unlocked) == 0);
	}
}

void secret_operation_unlock(SecretOperation *op, const char *const *objects,
			     void (*done)(SecretOperation *op, gboolean dismissed))
{
	op->unlock_done = done;
	g_dbus_proxy_call(G_DBUS_PROXY(op->service), "Unlock", g_variant_new("(^ao)", objects),
			  G_DBUS_CALL_FLAGS_NONE, -1, op->cancellable, on_unlock,
			  secret_operation_ref(op));
}
