/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the core is put together, started and stopped: for main and for tests. */
/* Main thread. */
#pragma once

#include "daemon/core.h"
#include "daemon/model/registry.h"
#include "daemon/store/avatars.h"
#include "daemon/store/config.h"
#include "daemon/store/history.h"
#include "services/addressbook.h"
#include "services/driver.h"
#include "services/http.h"
#include "services/secret.h"

/* All three are taken, and freed with the core. */
CusaxCore *cusax_core_new(CusaxConfig *config, CusaxHistory *history, CusaxSecretStore *secrets);

/* Where drivers put their events; a driver is made with it and then handed over. Taken. */
CusaxEventQueue *cusax_core_events(CusaxCore *core);
/* The same for telephony: what comes by it is taken first. */
CusaxEventQueue *cusax_core_call_events(CusaxCore *core);
void cusax_core_set_driver(CusaxCore *core, CusaxProtocol protocol, CusaxDriver *driver);

/* How files are put on servers and taken from them; taken. Without one there are no files. */
void cusax_core_set_http(CusaxCore *core, CusaxHttp *http);

/* Where pictures of people are kept; taken. Without one none are shown. */
void cusax_core_set_avatars(CusaxCore *core, CusaxAvatars *avatars);

/* An address book of the user (taken), of lower rank than those before it; watched from now on. */
void cusax_core_add_book(CusaxCore *core, CusaxAddressBook *book);

/* What the bus shows; borrowed. */
CusaxRegistry *cusax_core_registry(CusaxCore *core);

/* Shows what is configured and what the history has. Done when every object is there; a history that
 * cannot be read is told in the log and does not keep the telephone from ringing. cusax_core_finish().
 * Nothing connects before cusax_core_run(). */
void cusax_core_load(CusaxCore *core, GAsyncReadyCallback callback, gpointer data);

/* Connects what is enabled. */
void cusax_core_run(CusaxCore *core);

/* The network changed, or the machine was asleep: accounts that are online ask their servers for a sign
 * of life, those that wait try at once. */
void cusax_core_network_changed(CusaxCore *core);

/* Ends calls, un-registers, goes unavailable, closes the history: done within 2.5 s, whatever
 * servers do. cusax_core_finish(). */
void cusax_core_stop(CusaxCore *core, GAsyncReadyCallback callback, gpointer data);

/* After the stop. NULL is fine. */
void cusax_core_free(CusaxCore *core);
