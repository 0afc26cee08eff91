/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cusaxctl calls merge, split, record, stop-recording, stats: the media of calls. */
/* Single-threaded, as all of cusaxctl. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <gio/gunixfdlist.h>

#include "cli/command.h"
#include "cli/error.h"
#include "cli/names.h"
#include "cli/output.h"
#include "cli/resolve.h"

gboolean cusax_command_calls_merge(CusaxClient *client, char **arguments, GError **error)
{
	const CusaxObject *call = cusax_resolve(client, "Call", arguments[0], error);
	const CusaxObject *other = call ? cusax_resolve(client, "Call", arguments[1], error) : NULL;
	g_autoptr(GVariant) answer = NULL;

	if (!other)
		return FALSE;
	answer = cusax_client_call(client, call->path, "Call", "Merge",
				   g_variant_new("(o)", other->path), error);
	if (!answer)
		return FALSE;
	cusax_output_done(client, call->path, "Call", "%s and %s: merged.",
			  cusax_short_id(call->path), cusax_short_id(other->path));
	return TRUE;
}

static gboolean act(CusaxClient *client, const char *id, const char *method, const char *words,
		    GError **error)
{
	const CusaxObject *call = cusax_resolve(client, "Call", id ? id : "@active", error);
	g_autoptr(GVariant) answer = NULL;

	if (!call)
		return FALSE;
	answer = cusax_client_call(client, call->path, "Call", method, NULL, error);
	if (!answer)
		return FALSE;
	cusax_output_done(client, call->path, "Call", "%s: %s.", cusax_short_id(call->path), words);
	return TRUE;
}

gboolean cusax_command_calls_split(CusaxClient *client, char **arguments, GError **error)
{
	return act(client, arguments[0], "Split", "no longer merged", error);
}

gboolean cusax_command_calls_stop_recording(CusaxClient *client, char **arguments, GError **error)
{
	return act(client, arguments[0], "StopRecording", "recorded", error);
}

/* An existing file is never overwritten. */
gboolean cusax_command_calls_record(CusaxClient *client, char **arguments, GError **error)
{
	const CusaxObject *call =
		cusax_resolve(client, "Call", arguments[1] ? arguments[1] : "@active", error);
	g_autoptr(GUnixFDList) files = NULL;
	gboolean done;
	int file;

	if (!call)
		return FALSE;
	file = open(arguments[0], O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (file < 0) {
		g_set_error(error, CUSAX_CLI_ERROR, CUSAX_EXIT_FAILED, "%s: %s", arguments[0],
			    g_strerror(errno));
		return FALSE;
	}
	files = g_unix_fd_list_new_from_array(&file, 1); /* takes it */
	done = cusax_client_call_with_files(client, call->path, "Call", "StartRecording",
					    g_variant_new("(ha{sv})", 0, NULL), files, error);
	if (!done) {
		(void)unlink(arguments[0]);
		return FALSE;
	}
	cusax_output_done(client, call->path, "Call", "%s: being recorded into %s.",
			  cusax_short_id(call->path), arguments[0]);
	return TRUE;
}

gboolean cusax_command_calls_stats(CusaxClient *client, char **arguments, GError **error)
{
	const CusaxObject *call =
		cusax_resolve(client, "Call", arguments[0] ? arguments[0] : "@active", error);
	g_autoptr(GVariant) answer = NULL;
	g_autoptr(GVariant) figures = NULL;
	g_autoptr(CusaxTable) table = NULL;
	GVariantIter iter;
	const char *key;
	GVariant *value;

	if (!call)
		return FALSE;
	answer = cusax_client_call(client, call->path, "Call", "GetStatistics", NULL, error);
	if (!answer)
		return FALSE;
	figures = g_variant_get_child_value(answer, 0);
	if (client->json) {
		JsonBuilder *builder = cusax_json_begin();

		cusax_json_value(builder, "statistics", figures);
		cusax_json_end(builder);
		return TRUE;
	}
	table = cusax_table_new("FIGURE", "VALUE", NULL);
	g_variant_iter_init(&iter, figures);
	while (g_variant_iter_loop(&iter, "{&sv}", &key, &value)) {
		g_autofree char *text = cusax_output_setting(value);

		cusax_table_add(table, key, text);
	}
	cusax_table_print(table);
	return TRUE;
}
