/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From what a person or a program types to a contact, an address, or both (B4). */
/* Main thread. */
#include "daemon/core-private.h"

#include <string.h>

#include "daemon/base/jid.h"
#include "daemon/base/names.h"
#include "daemon/base/sip-uri.h"
#include "daemon/policy/number.h"

#define MAX_NAMED 5 /* contacts that an error names */

void core_target_clear(CoreTarget *target)
{
	g_clear_object(&target->contact);
	g_clear_pointer(&target->uri, g_free);
}

static gboolean is_uri(const char *text)
{
	return g_ascii_strncasecmp(text, "sip:", 4) == 0 ||
	       g_ascii_strncasecmp(text, "sips:", 5) == 0 ||
	       g_ascii_strncasecmp(text, "tel:", 4) == 0;
}

static gboolean of_path(CusaxCore *core, const char *path, CoreTarget *ret)
{
	const char *const contact = CUSAX_ROOT_PATH "/contact/", *const call =
									 CUSAX_ROOT_PATH "/call/";

	if (g_str_has_prefix(path, contact)) {
		ret->contact = cusax_registry_find(core->registry, CUSAX_TYPE_CONTACT,
						   path + strlen(contact));
		if (ret->contact)
			g_object_ref(ret->contact);
		return ret->contact != NULL;
	}
	if (g_str_has_prefix(path, call)) {
		CusaxCall *found =
			cusax_registry_find(core->registry, CUSAX_TYPE_CALL, path + strlen(call));

		if (!found)
			return FALSE;
		ret->uri = g_strdup(found->remote_uri);
		g_set_object(&ret->contact, found->contact);
		return TRUE;
	}
	return FALSE;
}

/* A typed name@domain that is no contact is a telephone address only where the domain is that of a
 * telephony account of ours: no likeness of JIDs and SIP addresses is assumed (C35). */
static char *own_domain_uri(CusaxCore *core, const char *jid)
{
	g_autoptr(GPtrArray) accounts = core_accounts(core, CUSAX_PROTOCOL_SIP);
	g_autofree char *domain = cusax_jid_domain(jid);

	for (guint i = 0; i < accounts->len; i++) {
		const char *at = strchr(((CusaxAccount *)accounts->pdata[i])->address, '@');

		if (at && g_ascii_strcasecmp(at + 1, domain) == 0)
			return g_strconcat("sip:", jid, NULL);
	}
	return NULL;
}

char *core_target_plain_jid(const char *text)
{
	if (g_ascii_strncasecmp(text, "xmpp:", 5) != 0)
		return g_strdup(text);
	text += 5;
	return g_strndup(text, strcspn(text, "?#"));
}

static gboolean of_jid(CusaxCore *core, const char *text, CoreTarget *ret)
{
	g_autofree char *plain = core_target_plain_jid(text);
	g_autofree char *jid = strchr(plain, '@') ? cusax_jid_prepare(plain, NULL) : NULL;
	g_autofree char *bare = jid ? cusax_jid_bare(jid) : NULL;
	CusaxContact *contact;

	if (!bare)
		return FALSE;
	contact = core_contact_find_any(core, bare);
	if (contact)
		ret->contact = g_object_ref(contact);
	else
		ret->uri = own_domain_uri(core, bare);
	return ret->contact || ret->uri;
}

static gboolean of_number(const char *text, CoreTarget *ret)
{
	g_auto(CusaxNumber) number = cusax_number_read(text, NULL);

	if (number.reason == CUSAX_NUMBER_NOT_ADDRESS || !number.digits)
		return FALSE;
	ret->uri = g_strdup(text);
	return TRUE;
}

static gboolean goes_by(CusaxContact *contact, const char *folded)
{
	g_autofree char *name = g_utf8_casefold(contact->name, -1);
	g_autofree char *address = g_utf8_casefold(contact->address, -1);
	gsize local = strcspn(address, "@");

	return strcmp(name, folded) == 0 ||
	       (strlen(folded) == local && strncmp(address, folded, local) == 0);
}

/* "Bob <bob@a.test>, Bob <bob@b.test>": so that the person can say which one. */
static void refuse_several(GPtrArray *fitting, const char *what, GError **error)
{
	g_autoptr(GString) names = g_string_new(NULL);

	for (guint i = 0; i < MIN(fitting->len, MAX_NAMED); i++) {
		const CusaxContact *contact = fitting->pdata[i];

		g_string_append_printf(names, "%s%s <%s>", i ? ", " : "", contact->name,
				       contact->address);
	}
	g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT,
		    "target: several contacts %s: %s%s", what, names->str,
		    fitting->len > MAX_NAMED ? ", and more" : "");
}

/* The one among those that fit. FALSE with an error: several; without one: none. */
static gboolean take_only(GPtrArray *fitting, const char *what, CoreTarget *ret, GError **error)
{
	if (fitting->len > 1)
		refuse_several(fitting, what, error);
	else if (fitting->len == 1)
		ret->contact = g_object_ref(fitting->pdata[0]);
	return fitting->len == 1;
}

static gboolean of_name(CusaxCore *core, const char *text, CoreTarget *ret, GError **error)
{
	g_autoptr(GPtrArray) contacts = cusax_registry_list(core->registry, CUSAX_TYPE_CONTACT);
	g_autofree char *folded = g_utf8_casefold(text, -1);

	for (guint i = contacts->len; i > 0; i--) {
		if (!goes_by(contacts->pdata[i - 1], folded))
			g_ptr_array_remove_index(contacts, i - 1);
	}
	return take_only(contacts, "go by this name", ret, error);
}

gboolean core_target_by_number(CusaxCore *core, const char *uri, CoreTarget *ret, GError **error)
{
	g_autoptr(GPtrArray) accounts = core_accounts(core, CUSAX_PROTOCOL_SIP);
	g_autoptr(GPtrArray) fitting = g_ptr_array_new();
	CusaxAccount *account = accounts->len > 0 ? accounts->pdata[0] : NULL;
	CusaxDialPlan plan = core_dial_plan(account ? core_service_of(account) : NULL, account);
	g_autofree char *key = cusax_number_key(uri, &plan);
	const char *ids[MAX_NAMED + 1];
	guint n = cusax_identity_index_lookup(core->identities, key, ids, G_N_ELEMENTS(ids));

	for (guint i = 0; i < MIN(n, G_N_ELEMENTS(ids)); i++) {
		CusaxContact *contact =
			cusax_registry_find(core->registry, CUSAX_TYPE_CONTACT, ids[i]);

		if (contact)
			g_ptr_array_add(fitting, contact);
	}
	return take_only(fitting, "have this number", ret, error);
}

gboolean core_target_find(CusaxCore *core, const char *text, CoreTarget *ret, GError **error)
{
	g_autoptr(GError) name_error = NULL;
	gboolean found;

	*ret = (CoreTarget){ NULL, NULL };
	if (text[0] == '/') {
		found = of_path(core, text, ret);
	} else if (is_uri(text)) {
		ret->uri = g_strdup(text);
		found = TRUE;
	} else {
		found = of_jid(core, text, ret) || of_number(text, ret) ||
			of_name(core, text, ret, &name_error);
	}
	if (found)
		return TRUE;
	if (name_error)
		g_propagate_error(error, g_steal_pointer(&name_error));
	else
		g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_NOT_FOUND,
			    "target: is neither an address nor a known contact");
	return FALSE;
}
