/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How long the XMPP side waits for what; one struct, so that tests can be quick. */
/* Immutable; main thread. */
#pragma once

#include <gio/gio.h>

/* Milliseconds. */
typedef struct {
	guint connect;     /* names resolved; then TCP connected, all servers tried together */
	guint handshake;   /* TLS */
	guint negotiation; /* from the start until online, the two above included */
	guint answer;      /* of an IQ */
	guint ack;         /* of stream management, once asked for: the link is dead after it */
	guint check;       /* a sign of life after the network changed or the machine slept */
	guint idle;        /* silence after which the server is asked for a sign of life */
	guint close;       /* the server's end of the stream, once ours was sent */
} CusaxXmppTimes;

extern const CusaxXmppTimes cusax_xmpp_default_times;

/* A source that calls function once after msec, attached to the thread's default context. Destroy
 * and unreference it to disarm: cusax_xmpp_timer_clear(). */
GSource *cusax_xmpp_timer_new(guint msec, GSourceFunc function, gpointer data);
void cusax_xmpp_timer_clear(GSource **timer);
