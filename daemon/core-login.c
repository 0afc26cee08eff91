/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How strong the login of a chat account was: never weaker again, until its user changes it. */
/* Main thread. */
#define CUSAX_LOG_DOMAIN "core"
#include "daemon/core-private.h"

#include <string.h>

#include "daemon/base/log.h"

/* The written policy: the strongest mechanism that a login ever succeeded with, and its channel
 * binding, are kept for the account, over restarts; a server that later offers only weaker ones is
 * refused, for it may be another. Only the account's own user takes that back: by a new password, by
 * changing one of the settings below, or by removing the account. */
static const char *const settings[] = { "login",      "server",      "port",
					"direct-tls", "certificate", "pin",
					"ca-file",    "allow-plain", NULL };

static void on_kept(GObject *source, GAsyncResult *result, gpointer data)
{
	CusaxCore *core = data;
	g_autoptr(GError) error = NULL;

	(void)source;
	if (!cusax_history_cache_finish(core->history, result, &error))
		cusax_notice(NULL, "how strong the login was is not kept, ignoring: %s",
			     error->message);
}

static void set_pin(CusaxCore *core, CusaxAccount *account, const char *pin)
{
	CoreLink *link = core_link_of(core, account);

	if (g_strcmp0(link->login_pin, pin) == 0)
		return;
	g_free(link->login_pin);
	link->login_pin = g_strdup(pin);
	cusax_history_set_login_pin_async(core->history, cusax_object_id(CUSAX_OBJECT(account)),
					  pin, on_kept, core);
}

void core_login_keep(CusaxCore *core, CusaxAccount *account, const char *pin)
{
	if (pin)
		set_pin(core, account, pin);
}

void core_login_forget(CusaxCore *core, CusaxAccount *account)
{
	set_pin(core, account, NULL);
}

void core_login_on_settings(CusaxCore *core, CusaxAccount *account, GVariant *changed)
{
	for (guint i = 0; settings[i]; i++) {
		g_autoptr(GVariant) value = g_variant_lookup_value(changed, settings[i], NULL);

		if (value)
			core_login_forget(core, account);
	}
}
