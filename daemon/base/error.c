/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Error codes and their names. */
/* Usable from any thread. */
#include "daemon/base/error.h"

static const char *const names[CUSAX_N_ERRORS] = {
	[CUSAX_ERROR_FAILED] = "Failed",
	[CUSAX_ERROR_INVALID_ARGUMENT] = "InvalidArgument",
	[CUSAX_ERROR_NOT_FOUND] = "NotFound",
	[CUSAX_ERROR_WRONG_STATE] = "WrongState",
	[CUSAX_ERROR_NOT_CONNECTED] = "NotConnected",
	[CUSAX_ERROR_NOT_REGISTERED] = "NotRegistered",
	[CUSAX_ERROR_FEATURE_DISABLED] = "FeatureDisabled",
	[CUSAX_ERROR_ACCOUNT_CHOICE_NEEDED] = "AccountChoiceNeeded",
	[CUSAX_ERROR_CONFIRMATION_NEEDED] = "ConfirmationNeeded",
	[CUSAX_ERROR_NO_ROUTE] = "NoRoute",
	[CUSAX_ERROR_AUTHENTICATION_FAILED] = "AuthenticationFailed",
	[CUSAX_ERROR_UNTRUSTED] = "Untrusted",
	[CUSAX_ERROR_SECURITY_REQUIRED] = "SecurityRequired",
	[CUSAX_ERROR_SECRET_UNAVAILABLE] = "SecretUnavailable",
	[CUSAX_ERROR_LOCKED] = "Locked",
	[CUSAX_ERROR_REFUSED] = "Refused",
	[CUSAX_ERROR_BUSY] = "Busy",
	[CUSAX_ERROR_TIMEOUT] = "Timeout",
	[CUSAX_ERROR_CANCELLED] = "Cancelled",
	[CUSAX_ERROR_LIMIT_EXCEEDED] = "LimitExceeded",
	[CUSAX_ERROR_UNSUPPORTED] = "Unsupported",
};

/* clang-format off */
G_DEFINE_QUARK(cusax-error-quark, cusax_error)
/* clang-format on */

const char *cusax_error_name(CusaxError code)
{
	g_return_val_if_fail((guint)code < CUSAX_N_ERRORS, names[CUSAX_ERROR_FAILED]);
	return names[code];
}

gboolean cusax_error_parse_name(const char *name, CusaxError *ret_code)
{
	for (guint i = 0; i < CUSAX_N_ERRORS; i++) {
		if (g_strcmp0(name, names[i]) == 0) {
			*ret_code = i;
			return TRUE;
		}
	}
	return FALSE;
}

CusaxError cusax_error_code(const GError *error)
{
	return error && error->domain == CUSAX_ERROR ? (CusaxError)error->code : CUSAX_ERROR_FAILED;
}
