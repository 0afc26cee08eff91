/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SIP status codes in our vocabulary, one row each. */
/* Pure; usable from any thread. */
#include "services/sip/sip-status.h"

static const struct status {
	guint code;
	CusaxEndReason reason; /* where it rang */
	CusaxEndReason silent; /* where it did not */
	CusaxError error;
	const char *phrase;
} statuses[] = {
	{ 400, CUSAX_END_FAILED, CUSAX_END_FAILED, CUSAX_ERROR_FAILED, "Bad Request" },
	{ 401, CUSAX_END_FORBIDDEN, CUSAX_END_FORBIDDEN, CUSAX_ERROR_AUTHENTICATION_FAILED,
	  "Unauthorized" },
	{ 402, CUSAX_END_FORBIDDEN, CUSAX_END_FORBIDDEN, CUSAX_ERROR_REFUSED, "Payment Required" },
	{ 403, CUSAX_END_FORBIDDEN, CUSAX_END_FORBIDDEN, CUSAX_ERROR_REFUSED, "Forbidden" },
	{ 404, CUSAX_END_NOT_FOUND, CUSAX_END_NOT_FOUND, CUSAX_ERROR_NOT_FOUND, "Not Found" },
	{ 407, CUSAX_END_FORBIDDEN, CUSAX_END_FORBIDDEN, CUSAX_ERROR_AUTHENTICATION_FAILED,
	  "Proxy Authentication Required" },
	{ 408, CUSAX_END_NO_ANSWER, CUSAX_END_UNREACHABLE, CUSAX_ERROR_TIMEOUT, "Request Timeout" },
	{ 410, CUSAX_END_NOT_FOUND, CUSAX_END_NOT_FOUND, CUSAX_ERROR_NOT_FOUND, "Gone" },
	{ 415, CUSAX_END_FAILED, CUSAX_END_FAILED, CUSAX_ERROR_UNSUPPORTED,
	  "Unsupported Media Type" },
	{ 416, CUSAX_END_NOT_FOUND, CUSAX_END_NOT_FOUND, CUSAX_ERROR_INVALID_ARGUMENT,
	  "Unsupported URI Scheme" },
	{ 480, CUSAX_END_NO_ANSWER, CUSAX_END_UNREACHABLE, CUSAX_ERROR_TIMEOUT,
	  "Temporarily Unavailable" },
	{ 481, CUSAX_END_FAILED, CUSAX_END_FAILED, CUSAX_ERROR_WRONG_STATE, "Call Does Not Exist" },
	{ 484, CUSAX_END_NOT_FOUND, CUSAX_END_NOT_FOUND, CUSAX_ERROR_NOT_FOUND,
	  "Address Incomplete" },
	{ 486, CUSAX_END_BUSY, CUSAX_END_BUSY, CUSAX_ERROR_BUSY, "Busy Here" },
	{ 487, CUSAX_END_CANCELLED, CUSAX_END_CANCELLED, CUSAX_ERROR_CANCELLED,
	  "Request Terminated" },
	{ 488, CUSAX_END_FAILED, CUSAX_END_FAILED, CUSAX_ERROR_UNSUPPORTED, "Not Acceptable Here" },
	{ 502, CUSAX_END_UNREACHABLE, CUSAX_END_UNREACHABLE, CUSAX_ERROR_FAILED, "Bad Gateway" },
	{ 503, CUSAX_END_UNREACHABLE, CUSAX_END_UNREACHABLE, CUSAX_ERROR_FAILED,
	  "Service Unavailable" },
	{ 504, CUSAX_END_UNREACHABLE, CUSAX_END_UNREACHABLE, CUSAX_ERROR_TIMEOUT,
	  "Server Time-out" },
	{ 600, CUSAX_END_BUSY, CUSAX_END_BUSY, CUSAX_ERROR_BUSY, "Busy Everywhere" },
	{ 603, CUSAX_END_DECLINED, CUSAX_END_DECLINED, CUSAX_ERROR_REFUSED, "Decline" },
	{ 604, CUSAX_END_NOT_FOUND, CUSAX_END_NOT_FOUND, CUSAX_ERROR_NOT_FOUND,
	  "Does Not Exist Anywhere" },
	{ 606, CUSAX_END_FAILED, CUSAX_END_FAILED, CUSAX_ERROR_UNSUPPORTED, "Not Acceptable" },
	{ 607, CUSAX_END_DECLINED, CUSAX_END_DECLINED, CUSAX_ERROR_REFUSED, "Unwanted" },
};

static const struct status *find(guint code)
{
	for (guint i = 0; i < G_N_ELEMENTS(statuses); i++) {
		if (statuses[i].code == code)
			return &statuses[i];
	}
	return NULL;
}

CusaxEndReason cusax_sip_end_reason(guint code, gboolean rang)
{
	const struct status *status = find(code);

	if (status)
		return rang ? status->reason : status->silent;
	/* A redirection would call somebody whom nobody asked for. */
	return code >= 300 && code < 400 ? CUSAX_END_REFUSED_BY_POLICY : CUSAX_END_FAILED;
}

CusaxError cusax_sip_error_code(guint code)
{
	const struct status *status = find(code);

	return status ? status->error : CUSAX_ERROR_FAILED;
}

const char *cusax_sip_phrase(guint code)
{
	const struct status *status = find(code);

	return status ? status->phrase : "Not Accepted";
}
