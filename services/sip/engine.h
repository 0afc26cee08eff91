/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The libre thread: the one place where libre's loop runs. */
/* start and stop on the main thread, push from any thread, handlers on the libre thread. */
#pragma once

#include <glib.h>

typedef struct CusaxSipEngine CusaxSipEngine;

typedef struct {
	/* First and last call on the libre thread. begin returns errno; end is called only where
	 * begin went well. */
	int (*begin)(gpointer data);
	void (*end)(gpointer data);
	/* A command that was pushed; owned by the handler. */
	void (*command)(gpointer command, gpointer data);
	gpointer data;
} CusaxSipEngineHandlers;

/* Starts the thread; waits for its set-up, which does no network I/O. There is one engine in a
 * process at a time. NULL and an error where libre cannot be set up. */
CusaxSipEngine *cusax_sip_engine_start(const CusaxSipEngineHandlers *handlers, GError **error);

/* Hands a command over. FALSE where the queue is full: the command stays with the caller. */
gboolean cusax_sip_engine_push(CusaxSipEngine *engine, gpointer command);

/* Ends the loop and joins the thread. Commands that were pushed before are still handled. */
void cusax_sip_engine_stop(CusaxSipEngine *engine);
