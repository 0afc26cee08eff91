/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every holder of a secret needs: to forget it. */
/* Usable from any thread. */
#include "services/secret.h"

#include <openssl/crypto.h>
#include <string.h>

void cusax_secret_free(char *secret)
{
	if (!secret)
		return;
	OPENSSL_cleanse(secret, strlen(secret));
	g_free(secret);
}
