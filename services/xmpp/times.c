/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The time limits of the XMPP side, and timers. */
/* Main thread. */
#include "services/xmpp/times.h"

const CusaxXmppTimes cusax_xmpp_default_times = {
	.connect = 30 * 1000,
	.handshake = 10 * 1000,
	.negotiation = 60 * 1000,
	.answer = 30 * 1000,
	.ack = 30 * 1000,
	.check = 2500,
	.idle = 5 * 60 * 1000,
	.close = 1500,
};

GSource *cusax_xmpp_timer_new(guint msec, GSourceFunc function, gpointer data)
{
	GSource *timer = g_timeout_source_new(msec);

	g_source_set_callback(timer, function, data, NULL);
	g_source_attach(timer, g_main_context_get_thread_default());
	return timer;
}

void cusax_xmpp_timer_clear(GSource **timer)
{
	if (!*timer)
		return;
	g_source_destroy(*timer);
	g_clear_pointer(timer, g_source_unref);
}
