/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tells when secrets may have become available: the service appeared, a keyring was unlocked. */
/* Main thread. */
#pragma once

#include <gio/gio.h>

typedef struct SecretWatch SecretWatch;

/* changed is called from the main loop, once for what happens together. Never starts the service. */
SecretWatch *secret_watch_new(void (*changed)(gpointer data), gpointer data);
void secret_watch_free(SecretWatch *watch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SecretWatch, secret_watch_free)
