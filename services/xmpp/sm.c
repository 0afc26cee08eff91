/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counters and unacknowledged stanzas of stream management. */
/* Main thread. */
#include "services/xmpp/sm.h"

void cusax_xmpp_sent_free(CusaxXmppSent *sent)
{
	g_free(sent->bytes);
	g_free(sent->message);
	g_free(sent->address);
	g_free(sent);
}

void cusax_xmpp_sm_init(CusaxXmppSm *sm)
{
	*sm = (CusaxXmppSm){ 0 };
	g_queue_init(&sm->sent);
}

void cusax_xmpp_sm_clear(CusaxXmppSm *sm)
{
	g_queue_clear_full(&sm->sent, (GDestroyNotify)cusax_xmpp_sent_free);
	g_clear_pointer(&sm->id, g_free);
	g_clear_pointer(&sm->bound, g_free);
	sm->active = FALSE;
	sm->h_in = sm->h_out = 0;
}

void cusax_xmpp_sm_keep_messages(CusaxXmppSm *sm)
{
	GQueue kept = G_QUEUE_INIT;
	CusaxXmppSent *sent;

	while ((sent = g_queue_pop_head(&sm->sent))) {
		if (sent->message)
			g_queue_push_tail(&kept, sent);
		else
			cusax_xmpp_sent_free(sent);
	}
	cusax_xmpp_sm_clear(sm);
	sm->sent = kept;
	sm->h_out = kept.length;
}

void cusax_xmpp_sm_start(CusaxXmppSm *sm, const char *id, const char *bound)
{
	g_free(sm->id);
	g_free(sm->bound);
	sm->id = g_strdup(id);
	sm->bound = g_strdup(bound);
	sm->h_in = 0;
	sm->h_out = sm->sent.length;
	sm->active = TRUE;
}

void cusax_xmpp_sm_pause(CusaxXmppSm *sm)
{
	sm->active = FALSE;
}

gboolean cusax_xmpp_sm_acknowledge(CusaxXmppSm *sm, guint32 h, GPtrArray **ret_done)
{
	guint32 before = sm->h_out - sm->sent.length;
	guint32 n = h - before; /* modulo 2^32 (XEP-0198 §4) */

	if (n > sm->sent.length)
		return FALSE;
	*ret_done = g_ptr_array_new_with_free_func((GDestroyNotify)cusax_xmpp_sent_free);
	while (n-- > 0)
		g_ptr_array_add(*ret_done, g_queue_pop_head(&sm->sent));
	return TRUE;
}

GPtrArray *cusax_xmpp_sm_take_unacknowledged(CusaxXmppSm *sm)
{
	GPtrArray *kept = g_ptr_array_new_with_free_func((GDestroyNotify)cusax_xmpp_sent_free);
	CusaxXmppSent *sent;

	sm->h_out -= sm->sent.length;
	while ((sent = g_queue_pop_head(&sm->sent))) {
		if (sent->keep)
			g_ptr_array_add(kept, sent);
		else
			cusax_xmpp_sent_free(sent);
	}
	return kept;
}

void cusax_xmpp_sm_push(CusaxXmppSm *sm, CusaxXmppSent *sent)
{
	g_queue_push_tail(&sm->sent, sent);
	sm->h_out++;
}
