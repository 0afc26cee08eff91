/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A scripted Secret Service with one locked password, on the test's own main loop. */
/* Main thread: whoever blocks waiting for it waits for ever. */
#pragma once

#include <gio/gio.h>

typedef enum {
	FAKE_SILENT,  /* never answers */
	FAKE_ACCEPT,  /* a prompt unlocks */
	FAKE_DISMISS, /* a prompt is dismissed */
	FAKE_IGNORE,  /* a prompt stays open */
	FAKE_HIDDEN,  /* as accept; nothing is told of what is in a locked collection */
} FakeMode;

typedef struct {
	FakeMode mode;
	guint prompts;      /* shown so far */
	guint open_prompts; /* now */
	guint most_prompts; /* at a time */
	gboolean locked;
	/* Private. */
	GDBusConnection *connection;
	GDBusNodeInfo *info;
	guint name;
	guint ids[8];
	guint n_ids;
} FakeSecrets;

FakeSecrets *fake_secrets_new(FakeMode mode, const char *secret);
void fake_secrets_free(FakeSecrets *fake);
