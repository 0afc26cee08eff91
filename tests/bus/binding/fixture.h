/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A private bus with the binding on it, models of every kind, and a client that asks. */
/* Main thread. */
#pragma once

#include "daemon/base/names.h"
#include "daemon/model/manager.h"
#include "dbus/bus.h"
#include "tests/bus/binding/stub-core.h"

#define ROOT CUSAX_ROOT_PATH

typedef struct {
	const char *address; /* of the bus */
	CusaxCore *core;
	CusaxRegistry *registry;
	CusaxBus *bus;
	GDBusConnection *client;
	char *daemon; /* unique name of the binding */

	CusaxManager *manager;
	CusaxAccount *chat_account; /* "a1" */
	CusaxAccount *sip_account;  /* "a2" */
	CusaxService *service;      /* "s1" */
	CusaxContact *contact;      /* "c1" */
	CusaxChat *chat;            /* "h1" */
	CusaxCall *call;
	char *call_path;

	GPtrArray *signals; /* "path member arguments", in the order received */
} Fixture;

/* g_test_run() with one bus for all tests of the program. */
int fixture_run_tests(void);

void fixture_set_up(Fixture *fixture, gconstpointer data);
void fixture_tear_down(Fixture *fixture, gconstpointer data);

GDBusConnection *fixture_connect(Fixture *fixture);

/* Runs the main loop until *done or until 20 s have passed, which fails the test. */
void fixture_run_until(const gboolean *done);

/* Calls a method of the binding: its reply, or NULL with the error. interface: its last part for
 * ours, else the whole. args may be NULL. */
GVariant *fixture_ask(Fixture *fixture, const char *path, const char *interface, const char *method,
		      GVariant *args, GError **error);

/* All that the binding wants to say has been received when this returns. */
void fixture_settle(Fixture *fixture);

/* The signals received since the last look, one on each line; freed by the caller. */
char *fixture_take_signals(Fixture *fixture);

/* The name of a remote error without its prefix for ours: "NotFound"; freed by the caller. */
char *fixture_error_name(const GError *error);
