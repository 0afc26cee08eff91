/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Voice mailboxes: how many messages wait, and what to dial to hear them (T10). */
/* Main thread. */
#include <string.h>

#include "daemon/base/sip-uri.h"
#include "daemon/core-private.h"

/* What the user set: a URI as it is, else a number or a code such as *97 at the own service. */
static char *own_choice(CusaxAccount *account)
{
	const char *choice = cusax_settings_string(account->values, "voicemail");
	g_autoptr(CusaxSipUri) own = NULL;
	g_autofree char *user = NULL, *address = NULL;

	if (!choice)
		return NULL;
	if (g_ascii_strncasecmp(choice, "sip:", 4) == 0 ||
	    g_ascii_strncasecmp(choice, "sips:", 5) == 0)
		return g_strdup(choice);
	address = g_strconcat("sip:", account->address, NULL);
	own = cusax_sip_uri_parse(
		g_str_has_prefix(account->address, "sip") ? account->address : address, NULL);
	if (!own)
		return NULL;
	if (strchr(choice, '@'))
		return g_strconcat("sip:", choice, NULL);
	user = g_uri_escape_string(choice, "*+", FALSE);
	return g_strdup_printf("sip:%s@%s", user, own->host);
}

static gboolean is_host_of(const char *text, const char *host)
{
	g_autofree char *whole = NULL;
	g_autoptr(CusaxSipUri) uri = NULL;

	if (!text)
		return FALSE;
	whole = g_ascii_strncasecmp(text, "sip", 3) == 0 && strchr(text, ':')
			? g_strdup(text)
			: g_strconcat("sip:", text, NULL);
	uri = cusax_sip_uri_parse(whole, NULL);
	return uri && g_ascii_strcasecmp(uri->host, host) == 0;
}

/* A mailbox that the server names is dialled only where it is the own service's: a message says
 * nothing of what a call elsewhere costs. */
static gboolean is_own_service(CusaxAccount *account, const char *mailbox)
{
	g_autoptr(CusaxSipUri) uri = mailbox ? cusax_sip_uri_parse(mailbox, NULL) : NULL;

	return uri && (is_host_of(account->address, uri->host) ||
		       is_host_of(cusax_settings_string(account->values, "registrar"), uri->host));
}

static void show(CusaxAccount *account, const char *mailbox)
{
	g_autofree char *choice = own_choice(account);

	if (!choice && is_own_service(account, mailbox))
		choice = g_strdup(mailbox);
	g_object_set(account, "voicemail-uri", choice, NULL);
}

void core_voicemail_on_settings(CusaxAccount *account)
{
	if (account->protocol == CUSAX_PROTOCOL_SIP)
		show(account, NULL);
}

void core_voicemail_on_mailbox(G_GNUC_UNUSED CusaxCore *core, CusaxAccount *account,
			       const CusaxEvent *event)
{
	g_object_set(account, "voicemail",
		     g_variant_new("(uu)", event->mailbox.fresh, event->mailbox.old), NULL);
	if (event->mailbox.uri || !account->voicemail_uri)
		show(account, event->mailbox.uri);
}
