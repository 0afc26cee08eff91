/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The telephony driver: operations from the core to the libre thread, names resolved on the way. */
/* submit, free and on_*() on the main thread; the handlers of the engine on the libre thread. */
#define CUSAX_LOG_DOMAIN "sip"

#include "services/driver.h"

#include <errno.h>

#include "daemon/base/log.h"
#include "services/media.h"
#include "services/sip/account.h"
#include "services/sip/call.h"
#include "services/sip/engine.h"
#include "services/sip/flow.h"
#include "services/sip/message.h"
#include "services/sip/publication.h"
#include "services/sip/resolve.h"

struct lookup;

typedef struct {
	CusaxDriver base;
	CusaxSipEngine *engine;
	GHashTable *lookups;     /* main thread: account id -> struct lookup */
	CusaxSipService service; /* libre thread, but for events */
} SipDriver;

/* A connect that waits for the addresses of its server. */
struct lookup {
	SipDriver *driver;
	CusaxSipLookup *lookup; /* NULL once it has answered */
	struct cusax_sip_connect connect;
};

/* --- libre thread ---------------------------------------------------------------------------- */

static int begin(gpointer data)
{
	SipDriver *driver = data;
	int err = cusax_media_init();

	if (err)
		return err;
	driver->service.accounts = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
							 (GDestroyNotify)cusax_sip_account_free);
	driver->service.calls = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL,
						      (GDestroyNotify)cusax_sip_call_free);
	driver->service.pins = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
						     (GDestroyNotify)cusax_auth_pin_free);
	driver->service.bindings = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	return 0;
}

static void end(gpointer data)
{
	SipDriver *driver = data;

	g_hash_table_unref(driver->service.accounts);
	g_hash_table_unref(driver->service.calls);
	g_hash_table_unref(driver->service.pins);
	g_hash_table_unref(driver->service.bindings);
	cusax_media_close();
}

static void disconnect(CusaxSipService *service, const CusaxOperation *operation)
{
	CusaxSipAccount *account = cusax_sip_account_find(service, operation->account);

	if (account)
		cusax_sip_account_disconnect(account, operation->id);
	else
		cusax_sip_report_done(service, operation->account, operation->id, NULL);
}

static void publish(CusaxSipAccount *account, const CusaxOperation *operation)
{
	g_autoptr(GError) error = NULL;

	if (account->disabled & CUSAX_FEATURE_PRESENCE)
		error = g_error_new_literal(CUSAX_ERROR, CUSAX_ERROR_FEATURE_DISABLED,
					    "presence is switched off for this account");
	else
		cusax_publication_set(account->publication, operation->presence.availability,
				      operation->presence.status);
	cusax_sip_report_done(account->service, account->id, operation->id, error);
}

struct question {
	CusaxSipService *service;
	guint64 op;
};

static void on_devices(GPtrArray *devices, void *arg)
{
	struct question *question = arg;
	g_autoptr(GError) error = NULL;
	CusaxEvent *event;

	if (devices) {
		event = cusax_event_new(CUSAX_EVENT_AUDIO_DEVICES, "");
		event->op = question->op;
		event->audio_devices.devices = devices;
		cusax_event_queue_push(question->service->events, event);
	} else {
		error = g_error_new_literal(CUSAX_ERROR, CUSAX_ERROR_NOT_FOUND,
					    "there is no sound server");
	}
	cusax_sip_report_done(question->service, "", question->op, error);
	g_free(question);
}

/* What is of no account. FALSE: it is of one. */
static gboolean handle_sound(CusaxSipService *service, const CusaxOperation *operation)
{
	struct question *question;

	if (operation->kind == CUSAX_OPERATION_SOUND) {
		cusax_media_play(operation->sound.sound, operation->sound.device,
				 operation->sound.volume, operation->sound.file);
		cusax_sip_report_done(service, operation->account, operation->id, NULL);
		return TRUE;
	}
	if (operation->kind != CUSAX_OPERATION_AUDIO_DEVICES)
		return FALSE;
	question = g_new(struct question, 1);
	*question = (struct question){ service, operation->id };
	if (cusax_media_devices(on_devices, question) != 0)
		on_devices(NULL, question);
	return TRUE;
}

static void handle_command(gpointer data, gpointer user_data)
{
	SipDriver *driver = user_data;
	struct cusax_sip_connect *command = data;
	CusaxOperation *operation = command->operation;
	CusaxSipAccount *account;

	if (operation->kind == CUSAX_OPERATION_CONNECT) {
		cusax_sip_account_connect(&driver->service, command);
		g_free(command);
		return;
	}
	if (handle_sound(&driver->service, operation)) {
		/* done */
	} else if (operation->kind == CUSAX_OPERATION_DISCONNECT) {
		disconnect(&driver->service, operation);
	} else if (operation->kind == CUSAX_OPERATION_FEATURES) {
		account = cusax_sip_account_find(&driver->service, operation->account);
		if (account)
			cusax_sip_account_set_disabled(account, operation->features.disabled);
		cusax_sip_report_done(&driver->service, operation->account, operation->id, NULL);
	} else if (operation->kind == CUSAX_OPERATION_RELAYS) {
		account = cusax_sip_account_find(&driver->service, operation->account);
		if (account)
			cusax_sip_account_set_relays(account, operation->relays.relays);
		cusax_sip_report_done(&driver->service, operation->account, operation->id, NULL);
	} else {
		account = cusax_sip_account_find(&driver->service, operation->account);
		if (account && (account->state != CUSAX_SIP_ONLINE || account->failure) &&
		    !cusax_sip_call_needs_no_server(account, operation))
			account = NULL;
		if (account && operation->kind == CUSAX_OPERATION_CHECK)
			cusax_flow_check(account->flow, operation->id);
		else if (account && operation->kind == CUSAX_OPERATION_SEND_MESSAGE)
			cusax_sip_message_send(account, operation);
		else if (account && operation->kind == CUSAX_OPERATION_PRESENCE)
			publish(account, operation);
		else
			cusax_sip_call_operate(&driver->service, account, operation);
	}
	cusax_sip_connect_clear(command);
	g_free(command);
}

/* --- main thread ----------------------------------------------------------------------------- */

static void fail(SipDriver *driver, const CusaxOperation *operation, const GError *error)
{
	cusax_sip_report_done(&driver->service, operation->account, operation->id, error);
}

/* Takes what connect holds. */
static void push(SipDriver *driver, const struct cusax_sip_connect *connect)
{
	struct cusax_sip_connect *command = g_memdup2(connect, sizeof(*connect));
	g_autoptr(GError) error = NULL;

	if (cusax_sip_engine_push(driver->engine, command))
		return;
	error = g_error_new_literal(CUSAX_ERROR, CUSAX_ERROR_BUSY,
				    "too much is asked of telephony at once");
	fail(driver, command->operation, error);
	cusax_sip_connect_clear(command);
	g_free(command);
}

static void lookup_free(gpointer data)
{
	struct lookup *lookup = data;

	cusax_sip_lookup_cancel(lookup->lookup);
	cusax_sip_connect_clear(&lookup->connect);
	g_free(lookup);
}

static void report_connection(SipDriver *driver, const char *account, CusaxAccountState state,
			      const GError *error)
{
	CusaxEvent *event = cusax_event_new(CUSAX_EVENT_CONNECTION, account);

	event->connection.state = state;
	if (error) {
		event->connection.failed = TRUE;
		event->connection.code = cusax_error_code(error);
		event->connection.text = g_strdup(error->message);
	}
	cusax_event_queue_push(driver->service.events, event);
}

/* A connect that did not get as far as the libre thread. */
static void fail_connect(SipDriver *driver, const CusaxOperation *operation, const GError *error)
{
	report_connection(driver, operation->account, CUSAX_ACCOUNT_OFFLINE, error);
	fail(driver, operation, error);
}

static void on_resolved(GArray *endpoints, const GError *error, gpointer data)
{
	struct lookup *lookup = data;
	SipDriver *driver = lookup->driver;
	struct cusax_sip_connect connect = lookup->connect;

	lookup->lookup = NULL;
	if (error) {
		fail_connect(driver, connect.operation, error);
		g_hash_table_remove(driver->lookups, connect.operation->account);
		return;
	}
	connect.endpoints = g_array_ref(endpoints);
	memset(&lookup->connect, 0, sizeof(lookup->connect));
	g_hash_table_remove(driver->lookups, connect.operation->account);
	push(driver, &connect);
}

/* Ends a lookup that is not wanted any more. */
static void cancel_lookup(SipDriver *driver, const char *account)
{
	struct lookup *lookup = g_hash_table_lookup(driver->lookups, account);
	g_autoptr(GError) error = NULL;

	if (!lookup)
		return;
	error = g_error_new_literal(CUSAX_ERROR, CUSAX_ERROR_CANCELLED,
				    "the connection is not wanted any more");
	report_connection(driver, account, CUSAX_ACCOUNT_OFFLINE, NULL);
	fail(driver, lookup->connect.operation, error);
	g_hash_table_remove(driver->lookups, account);
}

/* A connect that is still on its way to the libre thread knows of the change, too. */
static void change_lookup(SipDriver *driver, const CusaxOperation *operation)
{
	struct lookup *lookup = g_hash_table_lookup(driver->lookups, operation->account);

	if (lookup)
		lookup->connect.operation->connect.disabled = operation->features.disabled;
}

static void look_up(SipDriver *driver, struct cusax_sip_connect *connect)
{
	struct lookup *lookup = g_new0(struct lookup, 1);

	lookup->driver = driver;
	lookup->connect = *connect;
	g_hash_table_insert(driver->lookups, connect->operation->account, lookup);
	report_connection(driver, connect->operation->account, CUSAX_ACCOUNT_CONNECTING, NULL);
	lookup->lookup = cusax_sip_lookup_start(connect->target, on_resolved, lookup);
}

static void submit_connect(SipDriver *driver, CusaxOperation *operation)
{
	g_autoptr(GError) error = NULL;
	struct cusax_sip_connect connect = { .operation = operation };

	cancel_lookup(driver, operation->account);
	connect.target = cusax_sip_target_new(operation->connect.address,
					      operation->connect.settings, &error);
	if (!connect.target) {
		fail_connect(driver, operation, error);
		cusax_operation_free(operation);
		return;
	}
	connect.endpoints = cusax_sip_literal_endpoint(connect.target);
	if (connect.endpoints || cusax_settings_has(operation->connect.settings, "dns-servers"))
		push(driver, &connect);
	else
		look_up(driver, &connect);
}

static void submit(CusaxDriver *base, CusaxOperation *operation)
{
	SipDriver *driver = (SipDriver *)base;
	struct cusax_sip_connect command = { .operation = operation };

	if (operation->kind == CUSAX_OPERATION_CONNECT) {
		submit_connect(driver, operation);
		return;
	}
	if (operation->kind == CUSAX_OPERATION_DISCONNECT)
		cancel_lookup(driver, operation->account);
	else if (operation->kind == CUSAX_OPERATION_FEATURES)
		change_lookup(driver, operation);
	push(driver, &command);
}

static void driver_free(CusaxDriver *base)
{
	SipDriver *driver = (SipDriver *)base;

	g_hash_table_unref(driver->lookups);
	cusax_sip_engine_stop(driver->engine);
	cusax_event_queue_unref(driver->service.events);
	g_free(driver);
}

CusaxDriver *cusax_sip_driver_new(CusaxEventQueue *events, GError **error)
{
	SipDriver *driver = g_new0(SipDriver, 1);
	const CusaxSipEngineHandlers handlers = {
		.begin = begin,
		.end = end,
		.command = handle_command,
		.data = driver,
	};

	driver->base.submit = submit;
	driver->base.free = driver_free;
	driver->service.events = cusax_event_queue_ref(events);
	driver->lookups = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, lookup_free);
	driver->engine = cusax_sip_engine_start(&handlers, error);
	if (driver->engine)
		return &driver->base;
	g_hash_table_unref(driver->lookups);
	cusax_event_queue_unref(driver->service.events);
	g_free(driver);
	return NULL;
}
