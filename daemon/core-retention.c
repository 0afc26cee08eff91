/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How long messages and calls are kept: the policy history-days, carried out once a day. */
/* Main thread. */
#define CUSAX_LOG_DOMAIN "core"
#include "daemon/core-private.h"

#include "daemon/base/log.h"
#include "daemon/store/erase.h"

#define DAY_SECONDS (24 * 60 * 60)

static void on_pruned(GObject *source, GAsyncResult *result, gpointer data)
{
	CusaxCore *core = data;
	g_autoptr(GError) error = NULL;
	gssize gone;

	(void)source;
	gone = cusax_history_prune_finish(core->history, result, &error);
	if (gone < 0) {
		cusax_notice(NULL, "old history stays, ignoring: %s", error->message);
	} else if (gone > 0) {
		core_erase_scrub(core);
		cusax_info(NULL, "%" G_GSSIZE_FORMAT " old messages and calls were deleted", gone);
	}
}

static gboolean on_day(gpointer data)
{
	core_retention_apply(data);
	return G_SOURCE_REMOVE;
}

void core_retention_apply(CusaxCore *core)
{
	guint days = cusax_settings_uint(core_policy(core), "history-days");

	g_clear_handle_id(&core->next_prune, g_source_remove);
	if (days == 0 || core->stopping) /* for ever: no timer, no wake-up */
		return;
	cusax_history_prune_async(core->history,
				  g_get_real_time() - days * (gint64)DAY_SECONDS * G_USEC_PER_SEC,
				  on_pruned, core);
	core->next_prune = g_timeout_add_seconds(DAY_SECONDS, on_day, core);
}
