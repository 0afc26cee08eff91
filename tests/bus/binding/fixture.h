/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The binding on a private bus, models of every kind, and a client that asks. */
/* Main thread. */
#pragma once

#include "daemon/base/names.h"
#include "daemon/model/manager.h"
#include "dbus/bus.h"
#include "tests/bus/binding/stub-core.h"
#include "tests/bus/client.h"

#define ROOT CUSAX_ROOT_PATH

typedef struct {
	CusaxCore *core;
	CusaxRegistry *registry;
	CusaxBus *bus;
	Client client;

	CusaxManager *manager;
	CusaxAccount *chat_account; /* "a1" */
	CusaxAccount *sip_account;  /* "a2" */
	CusaxService *service;      /* "s1" */
	CusaxContact *contact;      /* "c1" */
	CusaxChat *chat;            /* "h1" */
	CusaxRoom *room;            /* "r1" */
	CusaxCall *call;
	char *call_path;
} Fixture;

void fixture_set_up(Fixture *fixture, gconstpointer data);
void fixture_tear_down(Fixture *fixture, gconstpointer data);
