/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The registration of an account (RFC 3261 §10). */
/* The libre thread. */
#define CUSAX_LOG_DOMAIN "sip"

#include "services/sip/registration.h"

#include <errno.h>
#include <string.h>

#include "services/sip/flow.h"
#include "services/sip/guard.h"
#include "services/sip/mailbox.h"

/* libre closes a connection that was silent for 900 s, so it is used before. */
#define MAX_SILENCE_SECONDS 800
#define MAX_STREAM_EXPIRES  3600

/* RFC 5626 §4.2.1 */
static const char outbound[] = "Supported: path, outbound\r\n";

static bool is_stream(const CusaxSipAccount *account)
{
	return account->transport != SIP_TRANSP_UDP;
}

/* --- outcome --------------------------------------------------------------------------------- */

static GError *error_of_transport(const CusaxSipAccount *account, int err)
{
	const GError *failure = account->tls ? cusax_sip_tls_failure(account->tls) : NULL;
	const char *host = account->target->host;

	if (failure)
		return g_error_copy(failure);
	if (err == ETIMEDOUT)
		return g_error_new(CUSAX_ERROR, CUSAX_ERROR_TIMEOUT, "%s does not answer", host);
	if (err == ECONNREFUSED)
		return g_error_new(CUSAX_ERROR, CUSAX_ERROR_NOT_REGISTERED,
				   "%s refuses the connection: no SIP server is there", host);
	if (err == EPROTO)
		return g_error_new(CUSAX_ERROR, CUSAX_ERROR_SECURITY_REQUIRED,
				   "%s does not speak TLS on this port", host);
	return g_error_new(CUSAX_ERROR, CUSAX_ERROR_NOT_REGISTERED, "%s cannot be reached: %s",
			   host, g_strerror(err));
}

static GError *error_of_challenge(const CusaxSipAccount *account)
{
	const char *host = account->target->host;

	switch (cusax_auth_scope_refusal(account->scope)) {
	case CUSAX_AUTH_NO_SECRET:
		return g_error_new(CUSAX_ERROR, CUSAX_ERROR_SECRET_UNAVAILABLE,
				   "%s asks for a password and there is none", host);
	case CUSAX_AUTH_UNSUPPORTED:
		return g_error_new(CUSAX_ERROR, CUSAX_ERROR_UNSUPPORTED,
				   "%s asks for an authentication that is not supported", host);
	case CUSAX_AUTH_WEAKER:
		return g_error_new(CUSAX_ERROR, CUSAX_ERROR_SECURITY_REQUIRED,
				   "%s asks for MD5 where it took a stronger digest before", host);
	case CUSAX_AUTH_STRANGER:
		return g_error_new(CUSAX_ERROR, CUSAX_ERROR_SECURITY_REQUIRED,
				   "%s asks for a password in the name of somebody else", host);
	case CUSAX_AUTH_NONE:
	case CUSAX_AUTH_REPEATED:
		break;
	}
	return g_error_new(CUSAX_ERROR, CUSAX_ERROR_AUTHENTICATION_FAILED,
			   "%s refused the user name or the password", host);
}

static GError *error_of_status(const CusaxSipAccount *account, const struct sip_msg *msg)
{
	g_autofree char *phrase = g_strndup(msg->reason.p, MIN(msg->reason.l, 100));
	g_autofree char *reason = g_utf8_make_valid(phrase, -1);
	CusaxDigestAlgorithm algorithm;
	CusaxError code = CUSAX_ERROR_NOT_REGISTERED;

	switch (msg->scode) {
	case 401:
	case 407:
		return error_of_challenge(account);
	case 403:
		/* After a digest this is a refused password in other words. */
		if (cusax_credentials_used(account->credentials, &algorithm))
			code = CUSAX_ERROR_AUTHENTICATION_FAILED;
		else
			code = CUSAX_ERROR_REFUSED;
		break;
	case 404:
		code = CUSAX_ERROR_NOT_FOUND;
		break;
	case 408:
		code = CUSAX_ERROR_TIMEOUT;
		break;
	}
	if (msg->scode < 400) /* another server is not gone to unasked */
		code = CUSAX_ERROR_REFUSED;
	return g_error_new(CUSAX_ERROR, code, "%s does not register the account: %u %s",
			   account->target->host, msg->scode, reason);
}

GError *cusax_sip_registration_error(const CusaxSipAccount *account, int err,
				     const struct sip_msg *msg)
{
	return err || !msg ? error_of_transport(account, err) : error_of_status(account, msg);
}

/* --- the binding ----------------------------------------------------------------------------- */

/* RFC 5626 §4.1: which of a user's programs this is, the same after every restart: an account has its id
 * from here, and no two programs have an account alike. A registrar that speaks outbound replaces
 * what a lost connection left by it. Free with g_free(). */
static char *contact_params(const CusaxSipAccount *account)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	const char *hex;

	g_checksum_update(sum, (const guchar *)account->id, -1);
	g_checksum_update(sum, (const guchar *)"\n", 1);
	g_checksum_update(sum, (const guchar *)account->target->aor, -1);
	hex = g_checksum_get_string(sum);
	/* As a UUID of version 8 (RFC 9562 §5.8): of our own making. */
	return g_strdup_printf("+sip.instance=\"<urn:uuid:%.8s-%.4s-8%.3s-a%.3s-%.12s>\";reg-id=1",
			       hex, hex + 8, hex + 12, hex + 15, hex + 18);
}

/* The URI that libre registers. */
static char *contact_uri(const CusaxSipAccount *account)
{
	char uri[512];

	if (re_snprintf(uri, sizeof(uri), "sip:%s@%J%s", account->target->user, &account->local,
			sip_transp_param(account->transport)) < 0)
		return NULL;
	return g_strdup(uri);
}

/* lines: whole header lines, the Contact among them. */
static int ask(CusaxSipAccount *account, struct cusax_sip_request **ret_request, const char *lines,
	       CusaxSipAnswered answered, void *arg)
{
	return cusax_sip_request_send_to(ret_request, account, CUSAX_AUTH_REGISTRATION, "REGISTER",
					 account->target->registrar, account->target->aor, lines,
					 NULL, answered, arg);
}

static char *binding_key(const CusaxSipAccount *account)
{
	return g_strconcat(account->id, "\n", account->target->aor, "\n",
			   account->target->registrar, NULL);
}

/* What a connection that was lost left at the registrar goes: calls to it would ring nowhere. Where the
 * registrar knows our program by itself it has replaced it already. */
static void replace_binding(CusaxSipAccount *account, const struct sip_msg *msg)
{
	GHashTable *bindings = account->service->bindings;
	g_autofree char *key = binding_key(account);
	char *contact = contact_uri(account);
	const char *before = g_hash_table_lookup(bindings, key);

	if (!contact)
		return;
	if (before && strcmp(before, contact) != 0 &&
	    !sip_msg_hdr_has_value(msg, SIP_HDR_REQUIRE, "outbound")) {
		g_autofree char *lines = g_strdup_printf("Contact: <%s>;expires=0\r\n", before);

		(void)ask(account, NULL, lines, NULL, NULL);
	}
	g_hash_table_insert(bindings, g_steal_pointer(&key), contact);
}

void cusax_sip_registration_withdraw(CusaxSipAccount *account)
{
	g_autofree char *key = binding_key(account);

	g_hash_table_remove(account->service->bindings, key);
	cusax_sip_registration_stop(account);
}

/* Refreshes leave no stream silent for longer than libre keeps it. */
static void set_refresh(CusaxSipAccount *account, uint32_t expires)
{
	uint32_t percent = 90;

	if (is_stream(account) && expires > 0)
		percent = CLAMP(MAX_SILENCE_SECONDS * 100 / expires, 5, 90);
	(void)sipreg_set_rwait(account->registration, percent);
}

static void response_h(int err, const struct sip_msg *msg, void *arg)
{
	CusaxSipAccount *account = arg;

	if (err || !msg || msg->scode >= 300) {
		cusax_sip_account_fail(account, cusax_sip_registration_error(account, err, msg));
		return;
	}
	if (!sipreg_registered(account->registration)) {
		cusax_sip_account_fail(account, g_error_new(CUSAX_ERROR, CUSAX_ERROR_NOT_REGISTERED,
							    "%s did not take the registration",
							    account->target->host));
		return;
	}
	cusax_credentials_accepted(account->credentials);
	replace_binding(account, msg);
	cusax_guard_filter(account, msg);
	cusax_flow_registered(account->flow, msg);
	set_refresh(account, sipreg_proxy_expires(account->registration));
	cusax_sip_account_online(account);
	cusax_mailbox_start(account->mailbox);
}

static uint32_t wanted_expires(const CusaxSipAccount *account)
{
	uint32_t expires = cusax_settings_uint(account->settings, "expires");

	return is_stream(account) ? MIN(expires, MAX_STREAM_EXPIRES) : expires;
}

gboolean cusax_sip_registration_start(CusaxSipAccount *account, GError **error)
{
	g_autofree char *name = cusax_sip_account_name(account);
	g_autofree char *params = contact_params(account);
	uint32_t expires = wanted_expires(account);
	int err;

	account->scope = cusax_auth_scope_new(account->credentials, CUSAX_AUTH_REGISTRATION);
	err = re_compat_register(&account->registration, account->sip, account->target->registrar,
				 account->target->aor, name, expires, account->target->user,
				 account->route, params, outbound, account->scope, response_h,
				 account);
	if (!err) {
		set_refresh(account, expires);
		return TRUE;
	}
	g_propagate_error(error, error_of_transport(account, err));
	return FALSE;
}

/* The same binding under another Call-ID: the registrar replaces it (RFC 3261 §10.3), and libre's own
 * refresh replaces it again. */
int cusax_sip_registration_ask(CusaxSipAccount *account, struct cusax_sip_request **ret_request,
			       CusaxSipAnswered answered, void *arg)
{
	g_autofree char *contact = contact_uri(account);
	g_autofree char *params = contact_params(account);
	g_autofree char *lines = g_strdup_printf("%sContact: <%s>;expires=%u;%s\r\n", outbound,
						 contact, wanted_expires(account), params);

	return contact ? ask(account, ret_request, lines, answered, arg) : ENOMEM;
}

void cusax_sip_registration_stop(CusaxSipAccount *account)
{
	cusax_flow_stop(account->flow);
	cusax_mailbox_stop(account->mailbox);
	account->registration = mem_deref(account->registration);
	account->scope = mem_deref(account->scope);
}

CusaxSecurity *cusax_sip_registration_security(const CusaxSipAccount *account)
{
	CusaxSecurity *security = account->tls ? cusax_sip_tls_security(account->tls) : NULL;
	GStrvBuilder *weak = g_strv_builder_new();
	CusaxDigestAlgorithm algorithm;

	if (!security)
		security = cusax_security_new();
	if (security->weak)
		g_strv_builder_addv(weak, (const char **)security->weak);
	g_free(security->transport);
	security->transport = g_strdup(cusax_sip_transport_word(account->target->transport));
	if (!account->tls)
		g_strv_builder_add(weak, "no-tls");
	if (cusax_credentials_used(account->credentials, &algorithm)) {
		g_free(security->authentication);
		security->authentication = g_strdup(cusax_digest_algorithm_word(algorithm));
		if (cusax_digest_is_weak(algorithm))
			g_strv_builder_add(weak, "md5");
	}
	g_strfreev(security->weak);
	security->weak = g_strv_builder_end(weak);
	g_strv_builder_unref(weak);
	return security;
}
