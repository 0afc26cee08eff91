/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a person does with contacts: add, name, group, subscribe, authorise, refresh, remove. */
/* Main thread. */
#include "daemon/core-private.h"

#include "daemon/base/jid.h"
#include "daemon/base/names.h"
#include "daemon/base/sip-uri.h"

#include <string.h>

/* NULL, with the error on task, where the account cannot be asked now. */
static CusaxOperation *operation(CusaxAccount *account, CusaxOperationKind kind, GTask *task)
{
	if (!core_is_online(account)) {
		g_task_return_new_error(task, CUSAX_ERROR, CUSAX_ERROR_NOT_CONNECTED,
					"the chat account is not connected");
		return NULL;
	}
	return cusax_operation_new(kind, cusax_object_id(CUSAX_OBJECT(account)));
}

static void set_entry(CusaxCore *core, CusaxAccount *account, const char *address, const char *name,
		      const char *const *groups, GTask *task)
{
	CusaxOperation *set = operation(account, CUSAX_OPERATION_ROSTER_SET, task);

	if (!set) {
		g_object_unref(task);
		return;
	}
	set->roster.address = g_strdup(address);
	set->roster.name = name && *name ? g_strdup(name) : NULL;
	set->roster.groups = groups ? g_strdupv((GStrv)groups) : g_new0(char *, 1);
	core_submit_for_task(core, account, set, task);
}

void cusax_core_set_contact_name(CusaxCore *core, CusaxContact *contact, const char *name,
				 GAsyncReadyCallback callback, gpointer data)
{
	set_entry(core, contact->account, contact->address, name,
		  (const char *const *)contact->groups, g_task_new(NULL, NULL, callback, data));
}

void cusax_core_set_contact_groups(CusaxCore *core, CusaxContact *contact,
				   const char *const *groups, GAsyncReadyCallback callback,
				   gpointer data)
{
	set_entry(core, contact->account, contact->address, contact->roster_name, groups,
		  g_task_new(NULL, NULL, callback, data));
}

void cusax_core_remove_contact(CusaxCore *core, CusaxContact *contact, GAsyncReadyCallback callback,
			       gpointer data)
{
	g_autoptr(GTask) task = g_task_new(NULL, NULL, callback, data);
	CusaxOperation *remove;

	if (!contact->listed) { /* a stranger whose question is taken off the table */
		core_contact_remove(core, contact);
		g_task_return_boolean(task, TRUE);
		return;
	}
	remove = operation(contact->account, CUSAX_OPERATION_ROSTER_REMOVE, task);
	if (!remove)
		return;
	remove->roster.address = g_strdup(contact->address);
	remove->roster.groups = g_new0(char *, 1);
	core_submit_for_task(core, contact->account, remove, g_steal_pointer(&task));
}

static void subscription(CusaxCore *core, CusaxContact *contact, int what, const char *text,
			 gboolean ahead, GTask *task)
{
	CusaxAccount *account = contact->account;
	CusaxOperation *op = operation(account, CUSAX_OPERATION_SUBSCRIPTION, task);

	if (!op) {
		g_object_unref(task);
		return;
	}
	op->subscription.address = g_strdup(contact->address);
	op->subscription.what = what;
	op->subscription.text = text && *text ? g_strdup(text) : NULL;
	op->subscription.ahead = ahead;
	core_submit_for_task(core, account, op, task);
}

void cusax_core_subscribe_contact(CusaxCore *core, CusaxContact *contact, const char *message,
				  GAsyncReadyCallback callback, gpointer data)
{
	subscription(core, contact, CUSAX_SUBSCRIBE, message, FALSE,
		     g_task_new(NULL, NULL, callback, data));
}

/* Not every server tells of it in the roster: it is kept here. */
static void set_approved(CusaxCore *core, CusaxContact *contact, gboolean approved)
{
	if (contact->pre_approved == approved)
		return;
	g_object_set(contact, "pre-approved", approved, NULL);
	core_roster_keep_push(core, contact->account, contact->address);
}

typedef struct {
	CusaxCore *core;
	CusaxContact *contact;
} Approval;

static void approval_free(gpointer data)
{
	Approval *approval = data;

	g_object_unref(approval->contact);
	g_free(approval);
}

static void on_approved(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GTask) task = data;
	const Approval *approval = g_task_get_task_data(task);
	GError *error = NULL;

	(void)source;
	if (!g_task_propagate_boolean(G_TASK(result), &error)) {
		g_task_return_error(task, error);
		return;
	}
	if (!core_read_may_know_us(approval->contact))
		set_approved(approval->core, approval->contact, TRUE);
	g_task_return_boolean(task, TRUE);
}

void cusax_core_authorize_contact(CusaxCore *core, CusaxContact *contact,
				  GAsyncReadyCallback callback, gpointer data)
{
	/* Who sees us already is told so once more: it does no harm. */
	gboolean ahead = !contact->subscription_requested && !core_read_may_know_us(contact);
	GTask *task = g_task_new(NULL, NULL, callback, data);

	g_object_set(contact, "subscription-requested", FALSE, "request-message", NULL, NULL);
	if (ahead) {
		Approval *approval = g_new(Approval, 1);

		*approval = (Approval){ core, g_object_ref(contact) };
		g_task_set_task_data(task, approval, approval_free);
		task = g_task_new(NULL, NULL, on_approved, task);
	}
	subscription(core, contact, CUSAX_AUTHORIZE, NULL, ahead, task);
}

void cusax_core_deny_contact(CusaxCore *core, CusaxContact *contact, GAsyncReadyCallback callback,
			     gpointer data)
{
	g_object_set(contact, "subscription-requested", FALSE, "request-message", NULL, NULL);
	set_approved(core, contact, FALSE);
	subscription(core, contact, CUSAX_DENY, NULL, FALSE,
		     g_task_new(NULL, NULL, callback, data));
	if (!contact->listed)
		core_contact_remove(core, contact);
}

void cusax_core_query_last_seen(CusaxCore *core, CusaxContact *contact,
				GAsyncReadyCallback callback, gpointer data)
{
	g_autoptr(GTask) task = g_task_new(NULL, NULL, callback, data);
	CusaxOperation *fetch = operation(contact->account, CUSAX_OPERATION_FETCH_LAST, task);

	if (!fetch)
		return;
	fetch->fetch_last.address = g_strdup(contact->address);
	core_submit_for_answer(core, contact->account, fetch, g_steal_pointer(&task));
}

void cusax_core_refresh_contact(CusaxCore *core, CusaxContact *contact,
				GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, NULL, callback, data);
	CusaxOperation *fetch = operation(contact->account, CUSAX_OPERATION_FETCH_VCARD, task);

	if (!fetch) {
		g_object_unref(task);
		return;
	}
	fetch->fetch_vcard.address = g_strdup(contact->address);
	core_avatar_refresh(core, contact);
	core_submit_for_task(core, contact->account, fetch, task);
}

/* --- adding ----------------------------------------------------------------------------------------- */

typedef struct {
	CusaxCore *core;
	CusaxAccount *account;
	char *address;
	char *name;
	GStrv groups;
	char *message;
	gboolean subscribe;
} Adding;

static void adding_free(Adding *adding)
{
	g_object_unref(adding->account);
	g_free(adding->address);
	g_free(adding->name);
	g_strfreev(adding->groups);
	g_free(adding->message);
	g_free(adding);
}

static void finish_adding(GTask *task)
{
	Adding *adding = g_task_get_task_data(task);
	CusaxContact *contact =
		core_roster_accepted(adding->core, adding->account, adding->address, adding->name,
				     (const char *const *)adding->groups);

	if (contact)
		g_task_return_pointer(task, g_object_ref(contact), g_object_unref);
	else
		g_task_return_new_error(task, CUSAX_ERROR, CUSAX_ERROR_LIMIT_EXCEEDED,
					"the roster has as many contacts as it may have");
}

static void on_subscribed(G_GNUC_UNUSED CusaxCore *core, const GError *error, gpointer data)
{
	g_autoptr(GTask) task = data;

	if (error)
		g_task_return_error(task, g_error_copy(error));
	else
		finish_adding(task);
}

static void on_listed(CusaxCore *core, const GError *error, gpointer data)
{
	g_autoptr(GTask) task = data;
	Adding *adding = g_task_get_task_data(task);
	CusaxOperation *op;

	if (error) {
		g_task_return_error(task, g_error_copy(error));
		return;
	}
	if (!adding->subscribe) {
		finish_adding(task);
		return;
	}
	op = operation(adding->account, CUSAX_OPERATION_SUBSCRIPTION, task);
	if (!op)
		return;
	op->subscription.address = g_strdup(adding->address);
	op->subscription.what = CUSAX_SUBSCRIBE;
	op->subscription.text = g_strdup(adding->message);
	core_submit(core, adding->account, op, on_subscribed, g_steal_pointer(&task));
}

CusaxAccount *core_chat_account_of(CusaxCore *core, GVariant *options, GError **error)
{
	g_autoptr(GPtrArray) accounts = core_accounts(core, CUSAX_PROTOCOL_XMPP);
	CusaxAccount *account;
	const char *path;

	if (g_variant_lookup(options, "account", "&o", &path)) {
		account = cusax_registry_find(core->registry, CUSAX_TYPE_ACCOUNT,
					      strrchr(path, '/') + 1);
		if (account && account->protocol == CUSAX_PROTOCOL_XMPP)
			return account;
		g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT,
			    "account: must be a chat account");
		return NULL;
	}
	if (accounts->len == 1)
		return accounts->pdata[0]; /* the registry holds it */
	if (accounts->len == 0)
		g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_NOT_FOUND, "there is no chat account");
	else
		g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_ACCOUNT_CHOICE_NEEDED,
			    "there are several chat accounts: name one in the option account");
	return NULL;
}

void cusax_core_add_contact(CusaxCore *core, const char *address, GVariant *options,
			    GAsyncReadyCallback callback, gpointer data)
{
	g_autoptr(GTask) task = g_task_new(NULL, NULL, callback, data);
	g_autofree char *jid = NULL, *bare = NULL;
	g_autofree const char **groups = NULL;
	const char *name = NULL;
	CusaxAccount *account;
	CusaxOperation *set;
	GError *error = NULL;
	Adding *adding;

	jid = cusax_jid_prepare(address, &error);
	account = jid ? core_chat_account_of(core, options, &error) : NULL;
	if (!account) {
		g_task_return_error(task, error);
		return;
	}
	bare = cusax_jid_bare(jid);
	set = operation(account, CUSAX_OPERATION_ROSTER_SET, task);
	if (!set)
		return;
	adding = g_new0(Adding, 1);
	adding->core = core;
	adding->account = g_object_ref(account);
	adding->address = g_strdup(bare);
	adding->subscribe = TRUE;
	g_variant_lookup(options, "subscribe", "b", &adding->subscribe);
	g_variant_lookup(options, "message", "s", &adding->message);
	g_task_set_task_data(task, adding, (GDestroyNotify)adding_free);
	g_variant_lookup(options, "name", "&s", &name);
	g_variant_lookup(options, "groups", "^a&s", &groups);
	adding->name = g_strdup(name);
	adding->groups = groups ? g_strdupv((GStrv)groups) : g_new0(char *, 1);
	set->roster.address = g_strdup(bare);
	set->roster.name = g_strdup(name);
	set->roster.groups = g_strdupv(adding->groups);
	core_submit(core, account, set, on_listed, g_steal_pointer(&task));
}

/* --- opening a chat with somebody --------------------------------------------------------------------- */

static gboolean is_sip(const char *address)
{
	return g_ascii_strncasecmp(address, "sip:", 4) == 0 ||
	       g_ascii_strncasecmp(address, "sips:", 5) == 0;
}

/* The telephony account that an option names, or the only one that has messages (C4). */
static CusaxAccount *sip_account_of(CusaxCore *core, GVariant *options, GError **error)
{
	g_autoptr(GPtrArray) accounts = core_accounts(core, CUSAX_PROTOCOL_SIP);
	CusaxAccount *found = NULL;
	const char *path;

	if (g_variant_lookup(options, "account", "&o", &path)) {
		found = cusax_registry_find(core->registry, CUSAX_TYPE_ACCOUNT,
					    strrchr(path, '/') + 1);
		if (found && found->protocol == CUSAX_PROTOCOL_SIP)
			return found;
		g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT,
			    "account: must be a telephony account, as the address is a SIP one");
		return NULL;
	}
	for (guint i = 0; i < accounts->len; i++) {
		CusaxAccount *account = accounts->pdata[i];

		if (!account->enabled || !(account->features & CUSAX_FEATURE_MESSAGING))
			continue;
		if (found) {
			g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_ACCOUNT_CHOICE_NEEDED,
				    "there are several telephony accounts with messages: name one "
				    "in the option account");
			return NULL;
		}
		found = account; /* the registry holds it */
	}
	if (!found && accounts->len > 0)
		g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_FEATURE_DISABLED,
			    "messaging is switched off for the telephony account");
	else if (!found)
		g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_NOT_FOUND,
			    "there is no telephony account");
	return found;
}

/* The address of record, as chats with it are known by. */
static char *prepare_sip(const char *text, GError **error)
{
	g_autoptr(CusaxSipUri) uri = cusax_sip_uri_parse(text, error);
	char *key = uri ? cusax_sip_uri_key(uri) : NULL;

	if (uri && !key)
		g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT,
			    "address: must be of the form sip:name@domain");
	return key;
}

static char *write_to(CusaxCore *core, CusaxContact *contact, GVariant *options,
		      CusaxAccount **ret_account, GError **error)
{
	if (g_variant_lookup(options, "account", "&o", NULL))
		*ret_account = core_chat_account_of(core, options, error);
	else
		*ret_account = contact->account;
	return g_strdup(contact->address);
}

/* By SIP, where a telephony account has messages; else, as the contact who has that address (C30). */
static char *find_sip_partner(CusaxCore *core, const char *address, GVariant *options,
			      CusaxAccount **ret_account, GError **error)
{
	g_auto(CoreTarget) target = { NULL, NULL };

	*ret_account = sip_account_of(core, options, error);
	if (*ret_account)
		return prepare_sip(address, error);
	if (g_variant_lookup(options, "account", "&o", NULL) ||
	    !core_target_by_number(core, address, &target, NULL))
		return NULL;
	g_clear_error(error);
	return write_to(core, target.contact, options, ret_account, error);
}

/* An occupant of a room that is known, else a person. */
static char *partner_address(CusaxCore *core, CusaxAccount *account, const char *jid,
			     GError **error)
{
	g_autofree char *bare = cusax_jid_bare(jid);

	if (!core_room_find(core, account, bare))
		return g_steal_pointer(&bare);
	if (*cusax_jid_resource(jid))
		return g_strdup(jid);
	g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT,
		    "address: is that of a room, which is no chat with a person");
	return NULL;
}

/* Who is meant, and the account to write from (borrowed); the address may come back without one. */
static char *find_partner(CusaxCore *core, const char *address, GVariant *options,
			  CusaxAccount **ret_account, GError **error)
{
	g_auto(CoreTarget) target = { NULL, NULL };
	g_autofree char *plain = core_target_plain_jid(address);
	g_autofree char *jid = NULL;
	g_autoptr(GError) several = NULL;

	if (is_sip(address))
		return find_sip_partner(core, address, options, ret_account, error);
	*ret_account = NULL;
	core_target_find(core, address, &target, &several);
	if (!target.contact && target.uri && !strchr(plain, '@')) {
		g_clear_error(&several);
		core_target_by_number(core, target.uri, &target, &several);
		if (!target.contact && !several) {
			g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_NOT_FOUND,
				    "address: no contact has this number, and a number alone "
				    "takes no messages");
			return NULL;
		}
	}
	if (target.contact)
		return write_to(core, target.contact, options, ret_account, error);
	if (g_error_matches(several, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT)) {
		g_propagate_error(error, g_steal_pointer(&several));
		return NULL;
	}
	jid = cusax_jid_prepare(plain, error);
	if (!jid)
		return NULL;
	/* A bare word would be the address of a server: nobody means that. */
	if (!strpbrk(jid, "@.")) {
		g_propagate_error(error, several ? g_steal_pointer(&several) : NULL);
		return NULL;
	}
	*ret_account = core_chat_account_of(core, options, error);
	return *ret_account ? partner_address(core, *ret_account, jid, error) : NULL;
}

void cusax_core_open_chat(CusaxCore *core, const char *address, GVariant *options,
			  GAsyncReadyCallback callback, gpointer data)
{
	g_autoptr(GTask) task = g_task_new(NULL, NULL, callback, data);
	g_autofree char *bare = NULL;
	CusaxAccount *account = NULL;
	CusaxChat *chat = NULL;
	GError *error = NULL;

	bare = find_partner(core, address, options, &account, &error);
	if (bare && account && !(account->features & CUSAX_FEATURE_MESSAGING))
		g_set_error(&error, CUSAX_ERROR, CUSAX_ERROR_FEATURE_DISABLED,
			    "messaging is switched off for this account");
	if (bare && account && !error)
		chat = core_chat_open(core, account, bare, &error);
	if (chat)
		g_task_return_pointer(task, g_object_ref(chat), g_object_unref);
	else
		g_task_return_error(task, error);
}
