/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cusaxctl security, doctor, pair publish: how a service is protected, and found. */
/* Single-threaded, as all of cusaxctl. */
#include "cli/command.h"
#include "cli/error.h"
#include "cli/output.h"
#include "cli/resolve.h"

/* The service named, or the only one there is. */
static const CusaxObject *service_of(CusaxClient *client, const char *id, GError **error)
{
	g_autoptr(GPtrArray) services = NULL;

	if (id)
		return cusax_resolve(client, "Service", id, error);
	services = cusax_client_objects_of(client, "Service", error);
	if (!services)
		return NULL;
	if (services->len == 1)
		return services->pdata[0];
	g_set_error(error, CUSAX_CLI_ERROR, CUSAX_EXIT_NO_OBJECT, "%s",
		    services->len ? "There are several services: name one."
				  : "There is no service: 'cusaxctl pair' makes one.");
	return NULL;
}

static void print_side(CusaxTable *table, const char *side, const CusaxObject *account)
{
	g_autoptr(GVariant) facts =
		account ? g_variant_lookup_value(account->properties, "Security",
						 G_VARIANT_TYPE_VARDICT)
			: NULL;
	g_autofree char *weak = facts ? cusax_map_words(facts, "weak") : NULL;

	if (!facts)
		return;
	cusax_table_add(table, side, cusax_map_string(facts, "transport"),
			cusax_map_string(facts, "tls-version"),
			cusax_map_boolean(facts, "tls-verified") ? "verified" : "not verified",
			cusax_map_string(facts, "authentication"), weak ? weak : "");
}

gboolean cusax_command_security(CusaxClient *client, char **arguments, GError **error)
{
	const CusaxObject *service = service_of(client, arguments[0], error);
	g_autoptr(CusaxTable) table = NULL;
	g_autofree char *mismatch = NULL;

	if (!service)
		return FALSE;
	if (client->json) {
		JsonBuilder *builder = cusax_json_begin();

		cusax_json_object(builder, "service", service);
		cusax_json_end(builder);
		return TRUE;
	}
	table = cusax_table_new("SIDE", "TRANSPORT", "TLS", "SERVER", "LOGIN", "WEAK", NULL);
	print_side(table, "chat",
		   cusax_client_find(client, cusax_map_string(service->properties, "ChatAccount")));
	print_side(table, "telephony",
		   cusax_client_find(client,
				     cusax_map_string(service->properties, "TelephonyAccount")));
	cusax_table_print(table);
	mismatch = cusax_map_words(service->properties, "SecurityMismatch");
	if (cusax_map_boolean(service->properties, "Secure"))
		cusax_output_note("Both sides are equally protected.");
	else if (mismatch && *mismatch)
		cusax_output_note("Not equally protected: %s. 'cusaxctl security raise' helps.",
				  mismatch);
	else
		cusax_output_note("Not secure: one side is not connected.");
	return TRUE;
}

gboolean cusax_command_security_raise(CusaxClient *client, char **arguments, GError **error)
{
	const CusaxObject *service = service_of(client, arguments[0], error);
	g_autoptr(GVariant) answer = NULL, changes = NULL;
	const char *advice = NULL;

	if (!service)
		return FALSE;
	answer = cusax_client_call(client, service->path, "Service", "RaiseSecurity", NULL, error);
	if (!answer)
		return FALSE;
	changes = g_variant_get_child_value(answer, 0);
	if (client->json) {
		JsonBuilder *builder = cusax_json_begin();

		cusax_json_value(builder, "changes", changes);
		cusax_json_end(builder);
		return TRUE;
	}
	if (g_variant_lookup(changes, "advice", "&s", &advice))
		cusax_output_note("%s", advice);
	cusax_output_note(g_variant_n_children(changes) ? "Done what settings can do."
							: "Nothing was to be done.");
	return TRUE;
}

gboolean cusax_command_pair_publish(CusaxClient *client, char **arguments, GError **error)
{
	const CusaxObject *service = service_of(client, arguments[0], error);
	g_autoptr(GVariant) answer = NULL;

	if (!service)
		return FALSE;
	answer = cusax_client_call(client, service->path, "Service", "PublishAddress", NULL, error);
	if (!answer)
		return FALSE;
	cusax_output_done(client, service->path, "Service", "Contacts can find your address now.");
	return TRUE;
}

gboolean cusax_command_doctor(CusaxClient *client, char **arguments, GError **error)
{
	const CusaxObject *service = service_of(client, arguments[0], error);
	g_autoptr(GVariant) answer = NULL, checks = NULL;
	g_autoptr(CusaxTable) table = NULL;
	GVariantIter iter;
	GVariant *row;

	if (!service)
		return FALSE;
	answer = cusax_client_call(client, service->path, "Service", "Diagnose",
				   g_variant_new("(a{sv})", NULL), error);
	if (!answer)
		return FALSE;
	checks = g_variant_get_child_value(answer, 0);
	if (client->json) {
		JsonBuilder *builder = cusax_json_begin();

		cusax_json_value(builder, "checks", checks);
		cusax_json_end(builder);
		return TRUE;
	}
	table = cusax_table_new("CHECK", "RESULT", "WHAT", "FOUND", NULL);
	g_variant_iter_init(&iter, checks);
	while ((row = g_variant_iter_next_value(&iter))) {
		cusax_table_add(table, cusax_map_string(row, "check"),
				cusax_map_string(row, "result"), cusax_map_string(row, "title"),
				cusax_map_string(row, "text"));
		g_variant_unref(row);
	}
	cusax_table_print(table);
	return TRUE;
}
