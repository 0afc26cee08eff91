/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The life of an account: addresses, one after the other, online, leaving. */
/* The libre thread. */
#define CUSAX_LOG_DOMAIN "sip"

#include "services/sip/account.h"

#include <string.h>

#include "daemon/base/log.h"
#include "services/secret.h"
#include "services/sip/call.h"
#include "services/sip/flow.h"
#include "services/sip/mailbox.h"
#include "services/sip/publication.h"
#include "services/sip/registration.h"
#include "services/sip/session.h"
#include "services/sip/stack.h"

#define CONNECT_MS     10000 /* all addresses together get a little more */
#define MIN_ADDRESS_MS 4000
#define LEAVE_MS       1400
#define MOVE_MS        30000 /* that long calls wait for the way to come back */
#define MOVE_AGAIN_MS  1500

/* --- events ---------------------------------------------------------------------------------- */

void cusax_sip_report_done(CusaxSipService *service, const char *account, guint64 op,
			   const GError *error)
{
	cusax_event_queue_push(service->events, cusax_event_new_done(account, op, error));
}

void cusax_sip_report_refused(CusaxSipAccount *account, const char *kind)
{
	CusaxEvent *event = cusax_event_new(CUSAX_EVENT_REFUSED, account->id);

	event->refused.kind = kind;
	cusax_event_queue_push(account->service->events, event);
}

/* error NULL: as wanted. security is taken. */
static void report_connection(CusaxSipAccount *account, CusaxAccountState state,
			      const GError *error, CusaxSecurity *security)
{
	CusaxEvent *event = cusax_event_new(CUSAX_EVENT_CONNECTION, account->id);

	event->connection.state = state;
	event->connection.security = security;
	if (error) {
		event->connection.failed = TRUE;
		event->connection.code = cusax_error_code(error);
		event->connection.text = g_strdup(error->message);
	}
	cusax_info(account->id, "%s%s%s", cusax_word(CUSAX_TYPE_ACCOUNT_STATE, state),
		   error ? ": " : "", error ? error->message : "");
	cusax_event_queue_push(account->service->events, event);
}

/* Answers the connect under way, where there is one. */
static void answer_connect(CusaxSipAccount *account, const GError *error)
{
	if (!account->connect || account->connect->id == 0)
		return;
	cusax_sip_report_done(account->service, account->id, account->connect->id, error);
	account->connect->id = 0;
}

static void cancel_connect(CusaxSipAccount *account)
{
	g_autoptr(GError) error = g_error_new_literal(CUSAX_ERROR, CUSAX_ERROR_CANCELLED,
						      "the connection is not wanted any more");

	answer_connect(account, error);
}

/* --- life ------------------------------------------------------------------------------------ */

CusaxSipAccount *cusax_sip_account_find(CusaxSipService *service, const char *id)
{
	return g_hash_table_lookup(service->accounts, id);
}

void cusax_sip_connect_clear(struct cusax_sip_connect *connect)
{
	g_clear_pointer(&connect->operation, cusax_operation_free);
	g_clear_pointer(&connect->target, cusax_sip_target_free);
	g_clear_pointer(&connect->endpoints, g_array_unref);
}

static void drop_next(CusaxSipAccount *account)
{
	g_autoptr(GError) error = g_error_new_literal(CUSAX_ERROR, CUSAX_ERROR_CANCELLED,
						      "the connection is not wanted any more");

	if (!account->next.operation)
		return;
	cusax_sip_report_done(account->service, account->id, account->next.operation->id, error);
	cusax_sip_connect_clear(&account->next);
}

void cusax_sip_account_set_relays(CusaxSipAccount *account, GPtrArray *relays)
{
	g_clear_pointer(&account->relays, g_ptr_array_unref);
	account->relays = g_ptr_array_ref(relays);
}

void cusax_sip_account_free(CusaxSipAccount *account)
{
	if (!account)
		return;
	cusax_sip_calls_drop(account);
	tmr_cancel(&account->deadline);
	tmr_cancel(&account->failing);
	cusax_sip_query_cancel(account->query);
	cusax_sip_stack_close(account);
	tmr_cancel(&account->deadline); /* closing may have started it */
	g_hash_table_unref(account->sessions);
	g_hash_table_unref(account->acks);
	g_queue_clear_full(&account->seen, g_free);
	cusax_publication_free(account->publication);
	cusax_flow_free(account->flow);
	cusax_mailbox_free(account->mailbox);
	cusax_sip_target_free(account->target);
	g_clear_pointer(&account->settings, cusax_settings_unref);
	g_clear_pointer(&account->policy, cusax_settings_unref);
	g_clear_pointer(&account->relays, g_ptr_array_unref);
	cusax_operation_free(account->connect);
	cusax_sip_connect_clear(&account->next);
	g_array_unref(account->leaving);
	g_clear_pointer(&account->endpoints, g_array_unref);
	g_clear_error(&account->failure);
	g_free(account->route);
	g_free(account->id);
	g_free(account);
}

/* The end of all ways down: tells the core and frees. error NULL: as wanted. */
static void gone(CusaxSipAccount *account, const GError *error)
{
	CusaxSipService *service = account->service;

	report_connection(account, CUSAX_ACCOUNT_OFFLINE, error, NULL);
	answer_connect(account, error);
	for (guint i = 0; i < account->leaving->len; i++)
		cusax_sip_report_done(service, account->id,
				      g_array_index(account->leaving, guint64, i), NULL);
	g_hash_table_remove(service->accounts, account->id);
}

/* --- connecting ------------------------------------------------------------------------------ */

static void try_endpoint(CusaxSipAccount *account);

/* A server that is not there may be another address's; what says no, says it for all of them. */
static gboolean may_try_next(const CusaxSipAccount *account, const GError *error)
{
	return account->state == CUSAX_SIP_CONNECTING && account->endpoints &&
	       account->endpoint + 1 < account->endpoints->len &&
	       (error->code == CUSAX_ERROR_NOT_REGISTERED || error->code == CUSAX_ERROR_TIMEOUT);
}

/* The sound of a call goes its own way: a call that stands outlives the one to the proxy, where that
 * may come back, at another address of ours or as it was. */
bool cusax_sip_account_seeks_way(const CusaxSipAccount *account)
{
	return account->moving || account->failure;
}

static gboolean may_move(const CusaxSipAccount *account, const GError *error)
{
	/* A connection that is cut in its handshake looks like a server without TLS: it had some. */
	if (error->code != CUSAX_ERROR_NOT_REGISTERED && error->code != CUSAX_ERROR_TIMEOUT &&
	    !(account->moving && error->code == CUSAX_ERROR_SECURITY_REQUIRED))
		return FALSE;
	if (account->moving)
		return tmr_jiffies() < account->move_until && cusax_sip_calls_stand(account);
	return account->state == CUSAX_SIP_ONLINE && cusax_sip_calls_stand(account);
}

static void move_h(void *arg)
{
	CusaxSipAccount *account = arg;

	if (cusax_sip_calls_stand(account))
		try_endpoint(account);
	else /* nobody waits any more: the core decides what comes next */
		cusax_sip_account_fail(account, g_error_new(CUSAX_ERROR, CUSAX_ERROR_NOT_REGISTERED,
							    "the connection to %s was lost",
							    account->target->host));
}

static void move(CusaxSipAccount *account, const GError *error)
{
	cusax_info(account->id, "%s: calls wait for another way", error->message);
	if (!account->moving) {
		account->moving = true;
		account->move_until = tmr_jiffies() + MOVE_MS;
		cusax_sip_calls_pause(account, error->message);
		tmr_start(&account->deadline, 0, move_h, account);
	} else {
		tmr_start(&account->deadline, MOVE_AGAIN_MS, move_h, account);
	}
	cusax_sip_stack_renew(account);
	account->state = CUSAX_SIP_CONNECTING;
	account->endpoint = 0;
}

static void moved(CusaxSipAccount *account)
{
	account->moving = false;
	account->state = CUSAX_SIP_ONLINE;
	cusax_info(account->id, "registered anew, the calls follow");
	cusax_sessions_resume(account);
	cusax_sip_calls_resume(account);
}

static void failing_h(void *arg)
{
	CusaxSipAccount *account = arg;
	g_autoptr(GError) error = g_steal_pointer(&account->failure);

	if (account->state == CUSAX_SIP_LEAVING)
		return;
	tmr_cancel(&account->deadline);
	cusax_sip_stack_cut(account);
	if (may_try_next(account, error)) {
		cusax_info(account->id, "%s, trying the next address", error->message);
		if (account->moving)
			cusax_sip_stack_renew(account);
		else
			cusax_sip_stack_close(account);
		account->endpoint++;
		try_endpoint(account);
		return;
	}
	if (may_move(account, error)) {
		move(account, error);
		return;
	}
	cusax_sip_calls_fail(account, error->message);
	cusax_sip_stack_close(account);
	gone(account, error);
}

/* Handlers of libre never lose what they stand on: the failure takes effect in the next turn. */
void cusax_sip_account_fail(CusaxSipAccount *account, GError *error)
{
	if (account->failure || account->state == CUSAX_SIP_LEAVING) {
		g_error_free(error);
		return;
	}
	account->failure = error;
	tmr_start(&account->failing, 0, failing_h, account);
}

static void connect_deadline_h(void *arg)
{
	CusaxSipAccount *account = arg;

	cusax_sip_account_fail(account, g_error_new(CUSAX_ERROR, CUSAX_ERROR_TIMEOUT,
						    "%s does not answer", account->target->host));
}

static void try_endpoint(CusaxSipAccount *account)
{
	const CusaxSipEndpoint *endpoint =
		&g_array_index(account->endpoints, CusaxSipEndpoint, account->endpoint);
	GError *error = NULL;

	tmr_start(&account->deadline, MAX(CONNECT_MS / account->endpoints->len, MIN_ADDRESS_MS),
		  connect_deadline_h, account);
	if (!cusax_sip_stack_open(account, endpoint, &error) ||
	    !cusax_sip_registration_start(account, &error))
		cusax_sip_account_fail(account, error);
}

static void resolved_h(GArray *endpoints, const GError *error, gpointer data)
{
	CusaxSipAccount *account = data;

	account->query = NULL;
	if (error) {
		cusax_sip_account_fail(account, g_error_copy(error));
		return;
	}
	account->endpoints = g_array_ref(endpoints);
	try_endpoint(account);
}

static void start_query(CusaxSipAccount *account)
{
	g_auto(GStrv) servers = cusax_settings_strv(account->settings, "dns-servers");
	GError *error = NULL;
	struct dnsc *dnsc = cusax_sip_dns_client((const char *const *)servers, &error);

	if (dnsc)
		account->query = cusax_sip_query_start(account->target, dnsc, resolved_h, account);
	else
		cusax_sip_account_fail(account, error);
	mem_deref(dnsc);
}

void cusax_sip_account_online(CusaxSipAccount *account)
{
	if (account->state != CUSAX_SIP_CONNECTING || account->failure)
		return;
	tmr_cancel(&account->deadline);
	if (account->moving) {
		moved(account);
		return;
	}
	account->state = CUSAX_SIP_ONLINE;
	/* The credentials of the stack hold the only copy from here on. */
	cusax_secret_free(g_steal_pointer(&account->connect->connect.secret));
	report_connection(account, CUSAX_ACCOUNT_ONLINE, NULL,
			  cusax_sip_registration_security(account));
	answer_connect(account, NULL);
}

static CusaxSipAccount *account_new(CusaxSipService *service,
				    const struct cusax_sip_connect *connect)
{
	CusaxSipAccount *account = g_new0(CusaxSipAccount, 1);
	CusaxOperation *operation = connect->operation;

	account->service = service;
	account->id = g_strdup(operation->account);
	account->connect = operation;
	account->settings = cusax_settings_ref(operation->connect.settings);
	account->policy = cusax_settings_ref(operation->connect.policy);
	account->disabled = operation->connect.disabled;
	account->target = connect->target;
	account->endpoints = connect->endpoints;
	account->leaving = g_array_new(FALSE, FALSE, sizeof(guint64));
	account->sessions = g_hash_table_new(g_str_hash, g_str_equal);
	account->acks = cusax_session_acks_new();
	g_queue_init(&account->seen);
	account->publication = cusax_publication_new(account);
	account->flow = cusax_flow_new(account);
	account->mailbox = cusax_mailbox_new(account);
	tmr_init(&account->deadline);
	tmr_init(&account->failing);
	g_hash_table_insert(service->accounts, account->id, account);
	return account;
}

static void start(CusaxSipService *service, const struct cusax_sip_connect *connect)
{
	CusaxSipAccount *account = account_new(service, connect);

	report_connection(account, CUSAX_ACCOUNT_CONNECTING, NULL, NULL);
	if (account->endpoints)
		try_endpoint(account);
	else
		start_query(account);
}

/* --- leaving --------------------------------------------------------------------------------- */

static void leaving_h(void *arg)
{
	CusaxSipAccount *account = arg;
	CusaxSipService *service = account->service;
	struct cusax_sip_connect next = account->next;

	memset(&account->next, 0, sizeof(account->next));
	cusax_sip_stack_close(account);
	gone(account, NULL);
	if (next.operation)
		start(service, &next);
}

void cusax_sip_account_stack_gone(CusaxSipAccount *account)
{
	account->closed = true;
	tmr_start(&account->deadline, 0, leaving_h, account);
}

/* Whether the proxy knows us, or will when a digest that is on its way arrives: then it has to be
 * told. */
static gboolean may_be_registered(const CusaxSipAccount *account)
{
	CusaxDigestAlgorithm algorithm;

	if (account->failure)
		return FALSE;
	return account->state == CUSAX_SIP_ONLINE ||
	       (account->registration && account->credentials &&
		cusax_credentials_used(account->credentials, &algorithm));
}

static void leave(CusaxSipAccount *account)
{
	gboolean registered = may_be_registered(account);

	if (account->state == CUSAX_SIP_LEAVING)
		return;
	cancel_connect(account);
	tmr_cancel(&account->failing);
	g_clear_pointer(&account->query, cusax_sip_query_cancel);
	account->state = CUSAX_SIP_LEAVING;
	cusax_sip_calls_leave(account);
	if (!registered) {
		/* A challenge that comes before the end is not answered any more. */
		cusax_credentials_revoke(account->credentials);
		tmr_start(&account->deadline, 0, leaving_h, account);
		return;
	}
	tmr_start(&account->deadline, LEAVE_MS, leaving_h, account);
	cusax_sip_stack_leave(account);
}

void cusax_sip_account_disconnect(CusaxSipAccount *account, guint64 op)
{
	drop_next(account);
	g_array_append_val(account->leaving, op);
	leave(account);
}

void cusax_sip_account_connect(CusaxSipService *service, const struct cusax_sip_connect *connect)
{
	CusaxSipAccount *account = cusax_sip_account_find(service, connect->operation->account);

	if (!account) {
		start(service, connect);
		return;
	}
	drop_next(account);
	account->next = *connect;
	leave(account);
}

void cusax_sip_account_set_disabled(CusaxSipAccount *account, CusaxFeatures disabled)
{
	account->disabled = disabled;
	if (disabled & CUSAX_FEATURE_PRESENCE)
		cusax_publication_withdraw(account->publication);
	if (account->next.operation)
		account->next.operation->connect.disabled = disabled;
}

char *cusax_sip_account_name(const CusaxSipAccount *account)
{
	const char *name = cusax_settings_string(account->settings, "display-name");
	GString *escaped;

	if (!name || !*name)
		return NULL;
	escaped = g_string_new(NULL);
	for (; *name; name++) {
		if (*name == '"' || *name == '\\')
			g_string_append_c(escaped, '\\');
		g_string_append_c(escaped, *name);
	}
	return g_string_free(escaped, FALSE);
}
