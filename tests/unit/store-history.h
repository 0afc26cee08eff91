/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tests of the database share: one database, and messages in it. */
/* Main thread. */
#pragma once

#include "daemon/store/messages.h"
#include "tests/unit/store-support.h"

#define ALICE "x1"
#define BOB   "bob@xmpp.test"

typedef struct {
	char *folder;
	CusaxHistory *history;
} StoreFixture;

void store_set_up(StoreFixture *f, gconstpointer data);
void store_tear_down(StoreFixture *f, gconstpointer data);
/* As after a restart. */
void store_reopen(StoreFixture *f);

/* Between alice and bob: an unread one, and one that is queued. */
CusaxMessage *store_incoming(const char *text, gint64 time);
CusaxMessage *store_outgoing(const char *id, const char *text, gint64 time);

/* Adds, which must succeed. */
CusaxMessage *store_add(StoreFixture *f, const CusaxMessage *message, gboolean *ret_is_new);
/* The same; takes message, gives the stored id. */
char *store_put_message(StoreFixture *f, CusaxMessage *message);

GPtrArray *store_page(StoreFixture *f, const CusaxMessageFilter *filter);
/* The texts of a page, joined by spaces. */
void store_assert_texts(StoreFixture *f, CusaxMessageFilter filter, const char *wanted);

#define ASSERT_PAGE(wanted, ...) store_assert_texts(f, (CusaxMessageFilter){ __VA_ARGS__ }, wanted)
#define CHAT                     .account = ALICE, .peer = BOB
