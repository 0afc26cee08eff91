/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files on their way: a place asked for, put there, named in a message; taken on request. */
/* Main thread. */
#define CUSAX_LOG_DOMAIN "core"
#include "daemon/core-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/log.h"
#include "daemon/base/names.h"
#include "daemon/base/text.h"
#include "daemon/store/files.h"

#define MAX_TRANSFERS  64 /* readable at a time; ended ones make room */
#define KEEP_SECONDS   60
#define MAX_FETCH      G_GUINT64_CONSTANT(104857600)   /* bytes, unless the user says more */
#define MAX_FETCH_EVER G_GUINT64_CONSTANT(17179869184) /* bytes */

/* One that is readable. */
typedef struct {
	CusaxTransfer *transfer;
	int fd;        /* -1 once it is not needed */
	guint64 slot;  /* operation that asks for a place; 0: none */
	guint64 job;   /* of the HTTP service; 0: none */
	char *put;     /* where the file is to be put */
	GStrv headers; /* for that */
	guint timer;   /* after the end */
	gint64 ended;  /* monotonic; 0: it goes on */
} CoreTransfer;

static void transfer_free(CoreTransfer *record)
{
	g_clear_handle_id(&record->timer, g_source_remove);
	if (record->fd >= 0)
		close(record->fd);
	g_object_unref(record->transfer);
	g_strfreev(record->headers);
	g_free(record->put);
	g_free(record);
}

GHashTable *core_transfers_new(void)
{
	return g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)transfer_free);
}

void core_file_describe(GVariantDict *dict, const CusaxFile *file)
{
	g_autofree char *name = cusax_text_line(file->name, CUSAX_TEXT_NAME_MAX);

	g_variant_dict_insert(dict, "file-uri", "s", file->uri);
	g_variant_dict_insert(dict, "file-name", "s", name);
	core_insert_string(dict, "file-type", file->type);
	g_variant_dict_insert(dict, "file-size", "t", file->size);
}

static CoreTransfer *record_of(CusaxCore *core, CusaxTransfer *transfer)
{
	return g_hash_table_lookup(core->transfers, transfer);
}

/* --- the end --------------------------------------------------------------------------------- */

static void drop(CusaxCore *core, CusaxTransfer *transfer)
{
	CoreTransfer *record = record_of(core, transfer);

	if (record->job)
		core->http->cancel(core->http, record->job);
	cusax_registry_remove(core->registry, CUSAX_OBJECT(transfer));
	g_hash_table_remove(core->transfers, transfer);
}

typedef struct {
	CusaxCore *core;
	CusaxTransfer *transfer; /* the record holds it */
} Keep;

static gboolean on_kept_enough(gpointer data)
{
	Keep *keep = data;

	record_of(keep->core, keep->transfer)->timer = 0;
	drop(keep->core, keep->transfer);
	return G_SOURCE_REMOVE;
}

/* error NULL: the file is where it was to go. */
static void end(CusaxCore *core, CusaxTransfer *transfer, const GError *error)
{
	CoreTransfer *record = record_of(core, transfer);
	CusaxTransferState state = CUSAX_TRANSFER_DONE;
	g_autofree char *reason = NULL, *name = NULL;
	Keep *keep;

	if (record->ended)
		return;
	if (error) {
		state = g_error_matches(error, CUSAX_ERROR, CUSAX_ERROR_CANCELLED)
				? CUSAX_TRANSFER_CANCELLED
				: CUSAX_TRANSFER_FAILED;
		reason = cusax_text_line(error->message, 512);
		name = g_strconcat(CUSAX_ERROR_PREFIX, cusax_error_name(cusax_error_code(error)),
				   NULL);
	}
	record->ended = g_get_monotonic_time();
	record->slot = 0;
	record->job = 0;
	if (record->fd >= 0)
		close(record->fd);
	record->fd = -1;
	g_object_set(transfer, "state", state, "error-name", name, "reason", reason, NULL);
	cusax_info(cusax_object_id(CUSAX_OBJECT(transfer)), "file %s%s%s",
		   cusax_word(CUSAX_TYPE_TRANSFER_STATE, (int)state), reason ? ": " : "",
		   reason ? reason : "");
	keep = g_new(Keep, 1);
	*keep = (Keep){ core, transfer };
	record->timer = g_timeout_add_seconds_full(G_PRIORITY_DEFAULT, KEEP_SECONDS, on_kept_enough,
						   keep, g_free);
}

void core_transfer_forget(CusaxCore *core, CusaxAccount *account)
{
	g_autoptr(GList) all = g_hash_table_get_keys(core->transfers);

	for (GList *l = all; l; l = l->next) {
		if (((CusaxTransfer *)l->data)->account == account)
			drop(core, l->data);
	}
}

void cusax_core_cancel_transfer(CusaxCore *core, CusaxTransfer *transfer,
				GAsyncReadyCallback callback, gpointer data)
{
	g_autoptr(GTask) task = g_task_new(NULL, NULL, callback, data);
	g_autoptr(GError) cancelled =
		g_error_new_literal(CUSAX_ERROR, CUSAX_ERROR_CANCELLED, "it was cancelled");
	CoreTransfer *record = record_of(core, transfer);

	if (!record || record->ended) {
		g_task_return_new_error(task, CUSAX_ERROR, CUSAX_ERROR_WRONG_STATE,
					"the transfer has ended already");
		return;
	}
	if (record->job)
		core->http->cancel(core->http, record->job);
	end(core, transfer, cancelled);
	g_task_return_boolean(task, TRUE);
}

/* --- the beginning --------------------------------------------------------------------------- */

/* An ended one makes room, the oldest first. FALSE: all go on. */
static gboolean make_room(CusaxCore *core)
{
	CoreTransfer *oldest = NULL, *record;
	GHashTableIter iter;

	if (g_hash_table_size(core->transfers) < MAX_TRANSFERS)
		return TRUE;
	g_hash_table_iter_init(&iter, core->transfers);
	while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&record)) {
		if (record->ended && (!oldest || record->ended < oldest->ended))
			oldest = record;
	}
	if (oldest)
		drop(core, oldest->transfer);
	return oldest != NULL;
}

/* The new transfer, in the registry; NULL with an error. fd is taken where it succeeds. */
static CusaxTransfer *begin(CusaxCore *core, CusaxConversation *chat, CusaxDirection direction,
			    int fd, const char *name, const char *type, guint64 size,
			    GError **error)
{
	g_autofree char *id = g_uuid_string_random();
	CoreTransfer *record;

	if (!make_room(core)) {
		g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_LIMIT_EXCEEDED,
			    "%d files are under way already", MAX_TRANSFERS);
		return NULL;
	}
	g_strdelimit(id, "-", '_');
	record = g_new0(CoreTransfer, 1);
	record->transfer = cusax_transfer_new(id, chat->account, chat, direction);
	record->fd = fd;
	g_object_set(record->transfer, "name", name, "type", type, "size", size, NULL);
	g_hash_table_insert(core->transfers, record->transfer, record);
	cusax_registry_add(core->registry, CUSAX_OBJECT(record->transfer));
	return record->transfer;
}

gboolean core_check_file(int fd, gboolean for_reading, guint64 *ret_size, GError **error)
{
	const char *why = NULL;
	struct stat facts;
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fstat(fd, &facts) != 0)
		why = "is closed";
	else if (S_ISDIR(facts.st_mode))
		why = "is a directory";
	else if (!S_ISREG(facts.st_mode))
		why = "is not an ordinary file";
	else if ((flags & O_PATH) || (flags & O_ACCMODE) == (for_reading ? O_WRONLY : O_RDONLY))
		why = for_reading ? "is not open for reading" : "is not open for writing";
	else if (for_reading && facts.st_size == 0)
		why = "is empty";
	if (why) {
		g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT, "file: %s", why);
		return FALSE;
	}
	if (ret_size)
		*ret_size = (guint64)facts.st_size;
	return TRUE;
}

/* --- sending --------------------------------------------------------------------------------- */

static void on_sent(G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer data)
{
	Keep *sending = data;
	g_autoptr(CusaxTransfer) transfer = sending->transfer;
	CusaxCore *core = sending->core;
	g_autoptr(GError) error = NULL;
	g_autofree char *id = cusax_core_finish_string(core, result, &error);

	g_free(sending);
	if (!record_of(core, transfer))
		return;
	if (id)
		g_object_set(transfer, "message", id, NULL);
	end(core, transfer, error);
}

static void name_in_message(CusaxCore *core, CusaxTransfer *transfer)
{
	g_autoptr(CusaxFile) file = cusax_file_new(transfer->uri);
	Keep *sending = g_new(Keep, 1);

	file->name = g_strdup(transfer->name);
	file->type = g_strdup(transfer->type);
	file->size = transfer->size;
	*sending = (Keep){ core, g_object_ref(transfer) };
	core_message_send_file(core, transfer->chat, file, on_sent, sending);
}

static void on_progress(guint64 transferred, G_GNUC_UNUSED guint64 size, gpointer data)
{
	Keep *moving = data;
	CoreTransfer *record = record_of(moving->core, moving->transfer);

	if (record && !record->ended)
		g_object_set(moving->transfer, "transferred", transferred, NULL);
}

static void on_moved(const GError *error, gpointer data)
{
	g_autofree Keep *moving = data;
	g_autoptr(CusaxTransfer) transfer = moving->transfer;
	CusaxCore *core = moving->core;
	CoreTransfer *record = record_of(core, transfer);

	if (!record || record->ended)
		return;
	record->job = 0;
	if (error || transfer->direction == CUSAX_DIRECTION_IN) {
		end(core, transfer, error);
		return;
	}
	core_count(core, "files-sent");
	name_in_message(core, transfer);
}

/* The bytes move from now on. */
static void move(CusaxCore *core, CoreTransfer *record, const char *url, guint64 limit)
{
	static const CusaxHttpHandlers handlers = { on_progress, on_moved };
	CusaxTransfer *transfer = record->transfer;
	CusaxSettings *settings = transfer->account->values;
	CusaxHttpRequest request = {
		.upload = transfer->direction == CUSAX_DIRECTION_OUT,
		.url = url,
		.type = *transfer->type ? transfer->type : NULL,
		.headers = (const char *const *)record->headers,
		.fd = record->fd,
		.size = limit,
		.min_tls = cusax_settings_string(core_policy(core), "min-tls"),
		.ca_file = cusax_settings_string(settings, "ca-file"),
		.pin = cusax_settings_string(settings, "pin"),
	};
	g_autoptr(GError) error = NULL;
	Keep *moving = g_new(Keep, 1);

	*moving = (Keep){ core, g_object_ref(transfer) };
	g_object_set(transfer, "state", CUSAX_TRANSFER_ACTIVE, NULL);
	record->job = core->http->start(core->http, &request, &handlers, moving, &error);
	close(record->fd); /* the service has its own */
	record->fd = -1;
	if (record->job)
		return;
	g_object_unref(moving->transfer);
	g_free(moving);
	end(core, transfer, error);
}

void core_transfer_on_slot(CusaxCore *core, G_GNUC_UNUSED CusaxAccount *account,
			   const CusaxEvent *event)
{
	CoreTransfer *record;
	GHashTableIter iter;

	g_hash_table_iter_init(&iter, core->transfers);
	while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&record)) {
		if (record->slot != event->op)
			continue;
		record->put = g_strdup(event->upload_slot.put);
		record->headers = g_strdupv(event->upload_slot.headers);
		g_object_set(record->transfer, "uri", event->upload_slot.get, NULL);
		return;
	}
}

static void on_slot_done(CusaxCore *core, const GError *error, gpointer data)
{
	g_autoptr(CusaxTransfer) transfer = data;
	CoreTransfer *record = record_of(core, transfer);
	g_autoptr(GError) none = NULL;

	if (!record || record->ended)
		return;
	record->slot = 0;
	if (!error && !record->put)
		error = none = g_error_new_literal(CUSAX_ERROR, CUSAX_ERROR_FAILED,
						   "the server named no place");
	if (error)
		end(core, transfer, error);
	else
		move(core, record, record->put, transfer->size);
}

static char *name_of(int fd, GVariant *options)
{
	g_autofree char *link = g_strdup_printf("/proc/self/fd/%d", fd);
	g_autofree char *path = NULL, *base = NULL, *name = NULL;
	const char *given = NULL;

	if (g_variant_lookup(options, "name", "&s", &given))
		return cusax_text_line(given, CUSAX_TEXT_NAME_MAX);
	path = g_file_read_link(link, NULL);
	base = path ? g_path_get_basename(path) : NULL;
	name = cusax_text_line(base, CUSAX_TEXT_NAME_MAX);
	return *name && !strchr(name, '/') ? g_steal_pointer(&name) : g_strdup("file");
}

static char *type_of(const char *name, GVariant *options)
{
	const char *given = NULL;
	g_autofree char *guess = NULL, *type = NULL;

	if (g_variant_lookup(options, "type", "&s", &given))
		return g_strdup(given);
	guess = g_content_type_guess(name, NULL, 0, NULL);
	type = guess ? g_content_type_get_mime_type(guess) : NULL;
	return type && cusax_file_is_type(type) ? g_steal_pointer(&type)
						: g_strdup("application/octet-stream");
}

static gboolean may_send(CusaxCore *core, CusaxAccount *account, GError **error)
{
	if (account->protocol != CUSAX_PROTOCOL_XMPP || !core->http) {
		g_set_error_literal(error, CUSAX_ERROR, CUSAX_ERROR_UNSUPPORTED,
				    "files are not sent by SIP");
		return FALSE;
	}
	if (!(account->features & CUSAX_FEATURE_MESSAGING)) {
		g_set_error_literal(error, CUSAX_ERROR, CUSAX_ERROR_FEATURE_DISABLED,
				    "messaging is switched off for this account");
		return FALSE;
	}
	if (!core_is_online(account)) {
		g_set_error_literal(error, CUSAX_ERROR, CUSAX_ERROR_NOT_CONNECTED,
				    "the chat account is not connected");
		return FALSE;
	}
	return TRUE;
}

void cusax_core_send_file(CusaxCore *core, CusaxConversation *chat, int fd, GVariant *options,
			  GAsyncReadyCallback callback, gpointer data)
{
	g_autoptr(GTask) task = g_task_new(NULL, NULL, callback, data);
	g_autofree char *name = NULL, *type = NULL;
	CusaxTransfer *transfer = NULL;
	CusaxOperation *ask;
	GError *error = NULL;
	guint64 size;

	if (core_check_file(fd, TRUE, &size, &error) && may_send(core, chat->account, &error)) {
		name = name_of(fd, options);
		type = type_of(name, options);
		transfer = begin(core, chat, CUSAX_DIRECTION_OUT, fd, name, type, size, &error);
	}
	if (!transfer) {
		close(fd);
		g_task_return_error(task, error);
		return;
	}
	ask = cusax_operation_new(CUSAX_OPERATION_REQUEST_SLOT,
				  cusax_object_id(CUSAX_OBJECT(chat->account)));
	ask->request_slot.name = g_strdup(name);
	ask->request_slot.type = g_strdup(type);
	ask->request_slot.size = size;
	record_of(core, transfer)->slot = ask->id;
	g_task_return_pointer(task, g_object_ref(transfer), g_object_unref);
	core_submit(core, chat->account, ask, on_slot_done, g_object_ref(transfer));
}

/* --- taking ---------------------------------------------------------------------------------- */

typedef struct {
	CusaxCore *core;
	CusaxConversation *chat;
	int fd;
	guint64 limit;
} Fetch;

static void fetch_free(Fetch *fetch)
{
	if (fetch->fd >= 0)
		close(fetch->fd);
	g_object_unref(fetch->chat);
	g_free(fetch);
}

static void on_file(G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GTask) task = data;
	Fetch *fetch = g_task_get_task_data(task);
	CusaxCore *core = fetch->core;
	GError *error = NULL;
	g_autoptr(CusaxFile) file = cusax_history_get_file_finish(core->history, result, &error);
	CusaxTransfer *transfer = NULL;

	if (file && !cusax_http_is_url(file->uri))
		g_set_error_literal(&error, CUSAX_ERROR, CUSAX_ERROR_REFUSED,
				    "the file is not at an https address");
	else if (file && file->size > fetch->limit)
		g_set_error(&error, CUSAX_ERROR, CUSAX_ERROR_LIMIT_EXCEEDED,
			    "the file is larger than the limit of %" G_GUINT64_FORMAT " bytes",
			    fetch->limit);
	else if (file && cusax_registry_contains(core->registry, CUSAX_OBJECT(fetch->chat)))
		transfer = begin(core, fetch->chat, CUSAX_DIRECTION_IN, fetch->fd, file->name,
				 file->type, file->size, &error);
	else if (file)
		g_set_error_literal(&error, CUSAX_ERROR, CUSAX_ERROR_NOT_FOUND, "the chat is gone");
	if (!transfer) {
		g_task_return_error(task, error);
		return;
	}
	fetch->fd = -1;
	g_object_set(transfer, "uri", file->uri, NULL);
	g_task_return_pointer(task, g_object_ref(transfer), g_object_unref);
	move(core, record_of(core, transfer), file->uri, fetch->limit);
}

void cusax_core_fetch_file(CusaxCore *core, CusaxConversation *chat, const char *message, int fd,
			   GVariant *options, GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, NULL, callback, data);
	Fetch *fetch = g_new(Fetch, 1);
	GError *error = NULL;

	*fetch = (Fetch){ core, g_object_ref(chat), fd, MAX_FETCH };
	g_task_set_task_data(task, fetch, (GDestroyNotify)fetch_free);
	g_variant_lookup(options, "max-size", "t", &fetch->limit);
	fetch->limit = MIN(fetch->limit, MAX_FETCH_EVER);
	if (!core->http)
		g_set_error_literal(&error, CUSAX_ERROR, CUSAX_ERROR_UNSUPPORTED,
				    "files cannot be fetched");
	if (error || !core_check_file(fd, FALSE, NULL, &error)) {
		g_task_return_error(task, error);
		g_object_unref(task);
		return;
	}
	cusax_history_get_file_async(core->history, cusax_object_id(CUSAX_OBJECT(chat->account)),
				     chat->address, message, on_file, task);
}
