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
	sm->active = sm->restored = FALSE;
	sm->h_in = sm->h_kept = sm->h_out = 0;
	sm->unwritten = 0;
	sm->next = NULL;
}

void cusax_xmpp_sm_restore(CusaxXmppSm *sm, const char *id, const char *bound, guint32 handled,
			   guint32 accepted)
{
	cusax_xmpp_sm_clear(sm);
	sm->restored = TRUE;
	sm->id = g_strdup(id);
	sm->bound = g_strdup(bound);
	sm->h_in = sm->h_kept = handled;
	sm->h_out = accepted;
}

static void drop_messages(CusaxXmppSm *sm)
{
	GQueue kept = G_QUEUE_INIT;
	CusaxXmppSent *sent;

	while ((sent = g_queue_pop_head(&sm->sent))) {
		if (sent->message || !sent->keep)
			cusax_xmpp_sent_free(sent);
		else
			g_queue_push_tail(&kept, sent);
	}
	sm->sent = kept;
}

void cusax_xmpp_sm_start(CusaxXmppSm *sm, const char *id, const char *bound)
{
	drop_messages(sm);
	g_free(sm->id);
	g_free(sm->bound);
	sm->id = g_strdup(id);
	sm->bound = g_strdup(bound);
	sm->h_in = sm->h_kept = 0;
	sm->h_out = sm->sent.length;
	sm->unwritten = 0;
	sm->next = NULL;
	sm->active = TRUE;
	sm->restored = FALSE;
}

void cusax_xmpp_sm_resume(CusaxXmppSm *sm)
{
	sm->h_in = sm->h_kept;
	sm->active = TRUE;
	sm->restored = FALSE;
}

void cusax_xmpp_sm_pause(CusaxXmppSm *sm)
{
	sm->active = FALSE;
}

gboolean cusax_xmpp_sm_acknowledge(CusaxXmppSm *sm, guint32 h, GPtrArray **ret_done)
{
	guint32 before = sm->h_out - sm->sent.length;
	guint32 n = h - before; /* modulo 2^32 (XEP-0198 §4) */
	guint32 most = sm->restored ? G_MAXINT32 : sm->sent.length - sm->unwritten;

	if (n > most)
		return FALSE;
	*ret_done = g_ptr_array_new_with_free_func((GDestroyNotify)cusax_xmpp_sent_free);
	if (sm->restored)
		sm->h_out = h;
	while (n > 0 && sm->sent.length > 0) {
		g_ptr_array_add(*ret_done, g_queue_pop_head(&sm->sent));
		n--;
	}
	return TRUE;
}

GPtrArray *cusax_xmpp_sm_take_unacknowledged(CusaxXmppSm *sm)
{
	GPtrArray *kept = g_ptr_array_new_with_free_func((GDestroyNotify)cusax_xmpp_sent_free);
	CusaxXmppSent *sent;

	sm->h_out -= sm->sent.length;
	sm->unwritten = 0;
	sm->next = NULL;
	while ((sent = g_queue_pop_head(&sm->sent))) {
		if (sent->keep)
			g_ptr_array_add(kept, sent);
		else
			cusax_xmpp_sent_free(sent);
	}
	return kept;
}

gboolean cusax_xmpp_sm_push(CusaxXmppSm *sm, CusaxXmppSent *sent)
{
	sent->number = ++sm->h_out;
	g_queue_push_tail(&sm->sent, sent);
	if (sm->unwritten == 0 && !sent->message)
		return TRUE;
	if (sm->unwritten++ == 0)
		sm->next = sm->sent.tail;
	return FALSE;
}

const CusaxXmppSent *cusax_xmpp_sm_next_written(CusaxXmppSm *sm, guint32 number)
{
	const CusaxXmppSent *next;

	if (sm->unwritten == 0)
		return NULL;
	next = sm->next->data;
	/* Half way round is the past (XEP-0198 §4): a number of a session before frees nothing. */
	if (next->message && number - next->number > G_MAXINT32)
		return NULL;
	sm->next = sm->next->next;
	sm->unwritten--;
	return next;
}
