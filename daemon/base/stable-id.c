/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ids of objects that are the same after every restart. */
/* Usable from any thread. */
#include "daemon/base/stable-id.h"

#define BYTES 8 /* of the checksum, two digits each */

char *cusax_stable_id(const char *kind, const char *account, const char *address)
{
	static const char digits[] = "0123456789abcdef";
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	char *id = g_malloc(1 + 2 * BYTES + 1), *at = id;
	guint8 digest[32];
	gsize size = sizeof(digest);

	/* The separator is a byte that no id and no address may hold. */
	g_checksum_update(sum, (const guchar *)account, -1);
	g_checksum_update(sum, (const guchar *)"\n", 1);
	g_checksum_update(sum, (const guchar *)address, -1);
	g_checksum_get_digest(sum, digest, &size);
	*at++ = kind[0];
	for (guint i = 0; i < BYTES; i++) {
		*at++ = digits[digest[i] >> 4];
		*at++ = digits[digest[i] & 15];
	}
	*at = '\0';
	return id;
}
