/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading <see-other-host/>. */
/* Pure functions: no state, any thread. */
#include "services/xmpp/redirect.h"

#include <gio/gio.h>
#include <string.h>

#include "services/xmpp/ns.h"

#define MAX_PLACE 300 /* bytes: a host name has 253 at most */

static gboolean read_port(const char *text, guint16 *ret_port)
{
	guint64 port;

	if (!g_ascii_string_to_unsigned(text, 10, 1, G_MAXUINT16, &port, NULL))
		return FALSE;
	*ret_port = (guint16)port;
	return TRUE;
}

static gboolean is_host_name(const char *host)
{
	g_autofree char *ascii = g_hostname_to_ascii(host);

	return ascii && *ascii && *ascii != '.' && *ascii != '-' && strlen(ascii) <= 253 &&
	       strspn(ascii, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.") ==
		       strlen(ascii);
}

gboolean cusax_xmpp_redirect_read(CusaxNode *error, char **ret_host, guint16 *ret_port)
{
	g_autofree char *place =
		cusax_node_child_text(error, "see-other-host", CUSAX_NS_STREAM_ERRORS);
	g_autofree char *host = NULL;
	const char *rest;
	guint16 port = 0;

	if (!place || strlen(place) > MAX_PLACE)
		return FALSE;
	g_strstrip(place);
	if (*place == '[') {
		rest = strchr(place, ']');
		if (!rest)
			return FALSE;
		host = g_strndup(place + 1, (gsize)(rest - place - 1));
		if (!strchr(host, ':') || !g_hostname_is_ip_address(host))
			return FALSE;
		rest++;
	} else {
		rest = place + strcspn(place, ":");
		host = g_strndup(place, (gsize)(rest - place));
		if (!is_host_name(host))
			return FALSE;
	}
	if (*rest && (*rest != ':' || !read_port(rest + 1, &port)))
		return FALSE;
	*ret_host = g_steal_pointer(&host);
	*ret_port = port;
	return TRUE;
}
