/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ids of objects that are the same after every restart. */
/* Usable from any thread. */
#include "daemon/base/stable-id.h"

char *cusax_stable_id(const char *kind, const char *account, const char *address)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);

	/* The separator is a byte that no id and no address may hold. */
	g_checksum_update(sum, (const guchar *)account, -1);
	g_checksum_update(sum, (const guchar *)"\n", 1);
	g_checksum_update(sum, (const guchar *)address, -1);
	return g_strdup_printf("%c%.16s", kind[0], g_checksum_get_string(sum));
}
