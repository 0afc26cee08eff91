/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a person types for an object, made into the object. */
/* Single-threaded, as all of cusaxctl. */
#include "cli/resolve.h"

#include <string.h>

#include "cli/error.h"
#include "cli/names.h"

/* Which properties an object may be called by. */
static const struct {
	const char *kind;
	const char *address; /* compared without scheme and parameters */
	const char *name;    /* compared as people write names */
} fields[] = {
	{ "Account", "Address", "Label" }, { "Service", NULL, "Name" },
	{ "Contact", "Address", "Name" },  { "Chat", "Address", NULL },
	{ "Room", "Address", "Name" },     { "Call", "RemoteUri", NULL },
};

/* "bob@example.org" of "sip:bob@Example.org:5061;transport=tls": enough to tell own objects apart. */
static char *plain_address(const char *text)
{
	static const char *const schemes[] = { "sip:", "sips:", "xmpp:", "tel:" };
	gsize start = 0;
	g_autofree char *bare = NULL;

	for (guint i = 0; i < G_N_ELEMENTS(schemes); i++) {
		if (g_ascii_strncasecmp(text, schemes[i], strlen(schemes[i])) == 0)
			start = strlen(schemes[i]);
	}
	bare = g_strndup(text + start, strcspn(text + start, ";?"));
	return g_utf8_validate(bare, -1, NULL) ? g_utf8_casefold(bare, -1) : g_strdup(bare);
}

static gboolean has_address(const CusaxObject *object, const char *property, const char *id)
{
	const char *value = cusax_map_string(object->properties, property);
	g_autofree char *own = NULL;
	g_autofree char *asked = NULL;

	if (!*value)
		return FALSE;
	own = plain_address(value);
	asked = plain_address(id);
	return strcmp(own, asked) == 0;
}

static gboolean has_name(const CusaxObject *object, const char *property, const char *id)
{
	const char *value = cusax_map_string(object->properties, property);
	g_autofree char *own = NULL;
	g_autofree char *asked = NULL;

	if (!*value || !g_utf8_validate(id, -1, NULL))
		return FALSE;
	own = g_utf8_casefold(value, -1);
	asked = g_utf8_casefold(id, -1);
	return strcmp(own, asked) == 0;
}

static gboolean has_id(const CusaxObject *object, const char *id)
{
	const char *last = strrchr(object->path, '/');

	return strcmp(object->path, id) == 0 || strcmp(cusax_short_id(object->path), id) == 0 ||
	       strcmp(last + 1, id) == 0;
}

/* An address with a scheme names accounts of that protocol only. */
static gboolean has_protocol(const CusaxObject *object, const char *protocol, const char *id)
{
	const char *own = cusax_map_string(object->properties, "Protocol");

	if (protocol && strcmp(own, protocol) != 0)
		return FALSE;
	if (g_ascii_strncasecmp(id, "xmpp:", 5) == 0)
		return strcmp(own, "xmpp") == 0;
	if (g_ascii_strncasecmp(id, "sip:", 4) == 0 || g_ascii_strncasecmp(id, "sips:", 5) == 0)
		return strcmp(own, "sip") == 0;
	return TRUE;
}

/* The address of the contact behind a call names the call too. */
static gboolean is_call_of(CusaxClient *client, const CusaxObject *call, const char *id)
{
	const CusaxObject *contact;

	contact = cusax_client_find(client, cusax_map_string(call->properties, "Contact"));
	return contact && (has_address(contact, "Address", id) || has_name(contact, "Name", id));
}

static gboolean fits(CusaxClient *client, const CusaxObject *object, const char *id)
{
	for (guint i = 0; i < G_N_ELEMENTS(fields); i++) {
		if (strcmp(fields[i].kind, object->kind) != 0)
			continue;
		if (fields[i].address && has_address(object, fields[i].address, id))
			return TRUE;
		if (fields[i].name && has_name(object, fields[i].name, id))
			return TRUE;
	}
	return strcmp(object->kind, "Call") == 0 && is_call_of(client, object, id);
}

/* @held: those that stand and are on hold. @asked: those whose other side asks for a transfer, which
 * may have ended. */
static gboolean is_in_state(GVariant *call, const char *state)
{
	const char *own = cusax_map_string(call, "State");

	if (strcmp(state, "held") == 0)
		return strcmp(own, "active") == 0 && cusax_map_boolean(call, "Held");
	if (strcmp(state, "asked") == 0)
		return strcmp(cusax_map_string(call, "TransferState"), "asked") == 0;
	return strcmp(own, state) == 0;
}

/* @active: calls that stand, those not on hold first; @incoming: calls that ring here. */
static GPtrArray *calls_in_state(GPtrArray *calls, const char *state)
{
	GPtrArray *found = g_ptr_array_new();

	for (guint i = 0; i < calls->len; i++) {
		CusaxObject *call = calls->pdata[i];

		if (is_in_state(call->properties, state))
			g_ptr_array_add(found, call);
	}
	if (found->len > 1 && strcmp(state, "active") == 0) {
		g_autoptr(GPtrArray) talking = g_ptr_array_new();

		for (guint i = 0; i < found->len; i++) {
			CusaxObject *call = found->pdata[i];

			if (!cusax_map_boolean(call->properties, "Held"))
				g_ptr_array_add(talking, call);
		}
		if (talking->len) {
			g_ptr_array_unref(found);
			return g_steal_pointer(&talking);
		}
	}
	return found;
}

static GPtrArray *candidates(CusaxClient *client, GPtrArray *objects, const char *protocol,
			     const char *id)
{
	GPtrArray *found = g_ptr_array_new();

	for (guint i = 0; i < objects->len; i++) {
		if (has_id(objects->pdata[i], id) &&
		    (!protocol || has_protocol(objects->pdata[i], protocol, id)))
			g_ptr_array_add(found, objects->pdata[i]);
	}
	/* An id names one thing; addresses and names are looked at only where none fits. */
	for (guint i = 0, exact = found->len; !exact && i < objects->len; i++) {
		const CusaxObject *object = objects->pdata[i];

		if (strcmp(object->kind, "Account") == 0 && !has_protocol(object, protocol, id))
			continue;
		/* An ended call is readable for a while, but it is not what a person means. */
		if (strcmp(cusax_map_string(object->properties, "State"), "ended") == 0)
			continue;
		if (fits(client, object, id))
			g_ptr_array_add(found, (gpointer)object);
	}
	return found;
}

static const CusaxObject *only_one(GPtrArray *found, const char *kind, const char *id,
				   GError **error)
{
	g_autofree char *noun = g_ascii_strdown(kind, -1);
	g_autoptr(GString) names = NULL;

	if (found->len == 1)
		return found->pdata[0];
	if (found->len == 0 && *id == '@') {
		g_set_error(error, CUSAX_CLI_ERROR, CUSAX_EXIT_NO_OBJECT, "there is no %s call",
			    id + 1);
		return NULL;
	}
	if (found->len == 0) {
		g_set_error(error, CUSAX_CLI_ERROR, CUSAX_EXIT_NO_OBJECT, "no %s is '%s'", noun,
			    id);
		return NULL;
	}
	names = g_string_new(NULL);
	for (guint i = 0; i < found->len; i++) {
		const CusaxObject *object = found->pdata[i];

		g_string_append_printf(names, "%s%s", i ? ", " : "", cusax_short_id(object->path));
	}
	g_set_error(error, CUSAX_CLI_ERROR, CUSAX_EXIT_USAGE, "'%s' fits several: %s", id,
		    names->str);
	return NULL;
}

const CusaxObject *cusax_resolve_account(CusaxClient *client, const char *protocol, const char *id,
					 GError **error)
{
	g_autoptr(GPtrArray) objects = cusax_client_objects_of(client, "Account", error);
	g_autoptr(GPtrArray) found = NULL;
	const char *noun = "Account";

	if (!objects)
		return NULL;
	if (g_strcmp0(protocol, "xmpp") == 0)
		noun = "chat account";
	else if (g_strcmp0(protocol, "sip") == 0)
		noun = "telephony account";
	found = candidates(client, objects, protocol, id);
	return only_one(found, noun, id, error);
}

const CusaxObject *cusax_resolve(CusaxClient *client, const char *kind, const char *id,
				 GError **error)
{
	g_autoptr(GPtrArray) objects = NULL;
	g_autoptr(GPtrArray) found = NULL;

	if (strcmp(kind, "Account") == 0)
		return cusax_resolve_account(client, NULL, id, error);
	objects = cusax_client_objects_of(client, kind, error);
	if (!objects)
		return NULL;
	if (strcmp(kind, "Call") == 0 && *id == '@')
		found = calls_in_state(objects, strcmp(id, "@active") == 0 ? "active" : id + 1);
	else
		found = candidates(client, objects, NULL, id);
	return only_one(found, kind, id, error);
}
