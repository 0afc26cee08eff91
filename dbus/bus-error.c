/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Errors at the edge to the bus. */
/* Main thread. */
#include "dbus/bus-error.h"

#include "daemon/base/error.h"
#include "daemon/base/names.h"

void cusax_bus_error_register(void)
{
	static gboolean registered;

	if (registered)
		return;
	registered = TRUE;
	for (guint code = 0; code < CUSAX_N_ERRORS; code++) {
		g_autofree char *name =
			g_strconcat(CUSAX_ERROR_PREFIX, cusax_error_name(code), NULL);

		g_dbus_error_register_error(CUSAX_ERROR, (int)code, name);
	}
}

/* clang-format off */
static const struct {
	int foreign;
	CusaxError ours;
} from_io[] = {
	{ G_IO_ERROR_INVALID_ARGUMENT,   CUSAX_ERROR_INVALID_ARGUMENT },
	{ G_IO_ERROR_NOT_FOUND,          CUSAX_ERROR_NOT_FOUND },
	{ G_IO_ERROR_CANCELLED,          CUSAX_ERROR_CANCELLED },
	{ G_IO_ERROR_TIMED_OUT,          CUSAX_ERROR_TIMEOUT },
	{ G_IO_ERROR_BUSY,               CUSAX_ERROR_BUSY },
	{ G_IO_ERROR_NOT_SUPPORTED,      CUSAX_ERROR_UNSUPPORTED },
	{ G_IO_ERROR_PERMISSION_DENIED,  CUSAX_ERROR_REFUSED },
	{ G_IO_ERROR_NOT_CONNECTED,      CUSAX_ERROR_NOT_CONNECTED },
	{ G_IO_ERROR_CONNECTION_REFUSED, CUSAX_ERROR_NOT_CONNECTED },
};
/* clang-format on */

static CusaxError code_of(const GError *error)
{
	if (error->domain != G_IO_ERROR)
		return CUSAX_ERROR_FAILED;
	for (guint i = 0; i < G_N_ELEMENTS(from_io); i++) {
		if (from_io[i].foreign == error->code)
			return from_io[i].ours;
	}
	return CUSAX_ERROR_FAILED;
}

GError *cusax_bus_error_translate(GError *error)
{
	g_autoptr(GError) taken G_GNUC_UNUSED = error;
	g_autofree char *message = NULL;
	CusaxError code;

	if (!error)
		return g_error_new_literal(CUSAX_ERROR, CUSAX_ERROR_FAILED, "no reason was given");
	if (error->domain == CUSAX_ERROR && (guint)error->code < CUSAX_N_ERRORS)
		code = (CusaxError)error->code;
	else
		code = code_of(error);
	message = g_utf8_make_valid(error->message, -1);
	return g_error_new_literal(CUSAX_ERROR, (int)code, message);
}
