/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every holder of a secret needs: to make it, and to forget it. */
/* Usable from any thread. */
#include "services/secret.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <string.h>

void cusax_secret_free(char *secret)
{
	if (!secret)
		return;
	OPENSSL_cleanse(secret, strlen(secret));
	g_free(secret);
}

void cusax_secret_random(guint8 *bytes, gsize n)
{
	/* Without random numbers nothing we promise can be kept. */
	if (RAND_bytes(bytes, (int)n) != 1)
		g_error("the system has no random numbers");
}

void cusax_secret_wipe(gpointer bytes, gsize n)
{
	OPENSSL_cleanse(bytes, n);
}
