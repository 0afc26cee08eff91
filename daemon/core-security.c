/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parity of protection: shown for each pair, and raised on both sides in one act (C91-C96). */
/* Main thread. */
#define CUSAX_LOG_DOMAIN "core"
#include "daemon/core-private.h"

#include "daemon/base/log.h"
#include "daemon/base/sip-uri.h"
#include "daemon/policy/security.h"

/* The weakest encryption among the calls that carry sound now. */
static void add_calls(CusaxCore *core, CusaxService *service, CusaxSecurityFacts *facts)
{
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, core->calls);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		CusaxCall *call = ((CoreCall *)value)->call;

		if (call->service != service || call->state != CUSAX_CALL_ACTIVE)
			continue;
		facts->call =
			facts->in_call ? MIN(facts->call, call->encryption) : call->encryption;
		facts->in_call = TRUE;
	}
}

static CusaxSecurityResult compare(CusaxCore *core, CusaxService *service)
{
	CusaxSecurityFacts facts = { .chat = service->chat_account->facts,
				     .telephony = service->telephony_account->facts,
				     .srtp = core_srtp_policy(core, service->telephony_account),
				     .min_tls =
					     cusax_settings_string(core_policy(core), "min-tls") };

	add_calls(core, service, &facts);
	return cusax_security_compare(&facts);
}

void core_security_update(CusaxCore *core, CusaxService *service)
{
	g_auto(CusaxSecurityResult) result = compare(core, service);

	g_object_set(service, "secure", result.secure, "security-mismatch", result.mismatches,
		     NULL);
}

/* --- raising ---------------------------------------------------------------------------------------- */

/* The proxy as it is, reached by TLS: the port of another transport is not the port of TLS. */
static char *proxy_by_tls(const char *proxy)
{
	g_autoptr(CusaxSipUri) uri = cusax_sip_uri_parse(proxy, NULL);

	if (!uri)
		return NULL;
	g_free(uri->transport);
	uri->transport = g_strdup("tls");
	if (uri->port == 5060)
		uri->port = 0;
	return cusax_sip_uri_to_string(uri);
}

static GVariant *telephony_changes(CusaxAccount *telephony, CusaxRemedies remedies)
{
	const char *proxy = cusax_settings_string(telephony->values, "proxy");
	g_autofree char *secure_proxy = proxy ? proxy_by_tls(proxy) : NULL;
	GVariantDict changes;

	g_variant_dict_init(&changes, NULL);
	if (remedies & CUSAX_REMEDY_TELEPHONY_TLS) {
		g_variant_dict_insert(&changes, "transport", "s", "tls");
		if (secure_proxy)
			g_variant_dict_insert(&changes, "proxy", "s", secure_proxy);
	}
	if (remedies & CUSAX_REMEDY_SRTP_REQUIRE)
		g_variant_dict_insert(&changes, "srtp", "s", "require");
	return g_variant_ref_sink(g_variant_dict_end(&changes));
}

static gboolean change_telephony(CusaxCore *core, CusaxAccount *telephony, GVariant *changes,
				 GError **error)
{
	const char *id = cusax_object_id(CUSAX_OBJECT(telephony));

	if (!cusax_config_change_account(core->config, id, changes, error))
		return FALSE;
	cusax_account_set_values(telephony, cusax_config_account(core->config, id)->settings);
	return TRUE;
}

typedef struct {
	CusaxCore *core;
	GVariant *answer;
} Raising;

static void raising_free(Raising *raising)
{
	g_variant_unref(raising->answer);
	g_free(raising);
}

static void on_raised(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GTask) task = data;
	Raising *raising = g_task_get_task_data(task);
	GError *error = NULL;

	(void)source;
	if (!cusax_config_save_finish(raising->core->config, result, &error))
		g_task_return_error(task, error);
	else
		g_task_return_pointer(task, g_variant_ref(raising->answer),
				      (GDestroyNotify)g_variant_unref);
}

void cusax_core_raise_security(CusaxCore *core, CusaxService *service, GAsyncReadyCallback callback,
			       gpointer data)
{
	g_autoptr(GTask) task = g_task_new(NULL, NULL, callback, data);
	g_auto(CusaxSecurityResult) found = compare(core, service);
	CusaxAccount *telephony = service->telephony_account;
	g_autoptr(GVariant) changes = telephony_changes(telephony, found.remedies);
	g_autofree char *path = cusax_object_path(CUSAX_OBJECT(telephony));
	Raising *raising;
	GVariantDict answer;
	GError *error = NULL;

	g_variant_dict_init(&answer, NULL);
	if (g_variant_n_children(changes) > 0) {
		if (!change_telephony(core, telephony, changes, &error)) {
			g_variant_dict_clear(&answer);
			g_task_return_error(task, error);
			return;
		}
		g_variant_dict_insert_value(&answer, path, changes);
		cusax_notice(cusax_object_id(CUSAX_OBJECT(service)),
			     "protection raised at the user's request");
	}
	if (found.advice)
		g_variant_dict_insert(&answer, "advice", "s", found.advice);
	if (found.remedies & CUSAX_REMEDY_CHAT_RECONNECT)
		core_link_restart(core, service->chat_account);
	if (found.remedies & (CUSAX_REMEDY_TELEPHONY_TLS | CUSAX_REMEDY_TELEPHONY_RECONNECT |
			      CUSAX_REMEDY_SRTP_REQUIRE))
		core_link_restart(core, telephony);
	raising = g_new(Raising, 1);
	*raising = (Raising){ core, g_variant_ref_sink(g_variant_dict_end(&answer)) };
	g_task_set_task_data(task, raising, (GDestroyNotify)raising_free);
	cusax_config_save_async(core->config, on_raised, g_steal_pointer(&task));
}
