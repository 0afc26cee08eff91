/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SIP status codes in our vocabulary, one row each. */
/* Pure; usable from any thread. */
#include "services/sip/sip-status.h"

#include <string.h>

static const struct status {
	guint code;
	CusaxEndReason reason; /* where it rang */
	CusaxEndReason silent; /* where it did not */
	CusaxError error;
	const char *phrase;
	const char *words;
} statuses[] = {
	{ 400, CUSAX_END_FAILED, CUSAX_END_FAILED, CUSAX_ERROR_FAILED, "Bad Request",
	  "the other side did not understand the request" },
	{ 401, CUSAX_END_FORBIDDEN, CUSAX_END_FORBIDDEN, CUSAX_ERROR_AUTHENTICATION_FAILED,
	  "Unauthorized", "the service does not accept the password" },
	{ 402, CUSAX_END_FORBIDDEN, CUSAX_END_FORBIDDEN, CUSAX_ERROR_REFUSED, "Payment Required",
	  "the service wants to be paid first" },
	{ 403, CUSAX_END_FORBIDDEN, CUSAX_END_FORBIDDEN, CUSAX_ERROR_REFUSED, "Forbidden",
	  "the service does not allow it" },
	{ 404, CUSAX_END_NOT_FOUND, CUSAX_END_NOT_FOUND, CUSAX_ERROR_NOT_FOUND, "Not Found",
	  "nobody has this address" },
	{ 405, CUSAX_END_FAILED, CUSAX_END_FAILED, CUSAX_ERROR_UNSUPPORTED, "Method Not Allowed",
	  "the other side does not take this" },
	{ 407, CUSAX_END_FORBIDDEN, CUSAX_END_FORBIDDEN, CUSAX_ERROR_AUTHENTICATION_FAILED,
	  "Proxy Authentication Required", "the service does not accept the password" },
	{ 408, CUSAX_END_NO_ANSWER, CUSAX_END_UNREACHABLE, CUSAX_ERROR_TIMEOUT, "Request Timeout",
	  "the other side does not answer" },
	{ 410, CUSAX_END_NOT_FOUND, CUSAX_END_NOT_FOUND, CUSAX_ERROR_NOT_FOUND, "Gone",
	  "this address is no longer in use" },
	{ 413, CUSAX_END_FAILED, CUSAX_END_FAILED, CUSAX_ERROR_LIMIT_EXCEEDED,
	  "Request Entity Too Large", "it is longer than the other side takes" },
	{ 415, CUSAX_END_FAILED, CUSAX_END_FAILED, CUSAX_ERROR_UNSUPPORTED,
	  "Unsupported Media Type", "the other side cannot take this kind of content" },
	{ 416, CUSAX_END_NOT_FOUND, CUSAX_END_NOT_FOUND, CUSAX_ERROR_INVALID_ARGUMENT,
	  "Unsupported URI Scheme", "the service does not know this kind of address" },
	{ 480, CUSAX_END_NO_ANSWER, CUSAX_END_UNREACHABLE, CUSAX_ERROR_TIMEOUT,
	  "Temporarily Unavailable", "the other side is not there now" },
	{ 481, CUSAX_END_FAILED, CUSAX_END_FAILED, CUSAX_ERROR_WRONG_STATE, "Call Does Not Exist",
	  "it is over already" },
	{ 484, CUSAX_END_NOT_FOUND, CUSAX_END_NOT_FOUND, CUSAX_ERROR_NOT_FOUND,
	  "Address Incomplete", "the number is incomplete" },
	{ 486, CUSAX_END_BUSY, CUSAX_END_BUSY, CUSAX_ERROR_BUSY, "Busy Here",
	  "the other side is busy" },
	{ 487, CUSAX_END_CANCELLED, CUSAX_END_CANCELLED, CUSAX_ERROR_CANCELLED,
	  "Request Terminated", "it was ended before it was answered" },
	{ 488, CUSAX_END_FAILED, CUSAX_END_FAILED, CUSAX_ERROR_UNSUPPORTED, "Not Acceptable Here",
	  "the other side cannot take this kind of call" },
	{ 502, CUSAX_END_UNREACHABLE, CUSAX_END_UNREACHABLE, CUSAX_ERROR_FAILED, "Bad Gateway",
	  "the service cannot get through" },
	{ 503, CUSAX_END_UNREACHABLE, CUSAX_END_UNREACHABLE, CUSAX_ERROR_FAILED,
	  "Service Unavailable", "the service is not able to do it now" },
	{ 504, CUSAX_END_UNREACHABLE, CUSAX_END_UNREACHABLE, CUSAX_ERROR_TIMEOUT, "Server Time-out",
	  "the service of the other side does not answer" },
	{ 600, CUSAX_END_BUSY, CUSAX_END_BUSY, CUSAX_ERROR_BUSY, "Busy Everywhere",
	  "the other side is busy everywhere" },
	{ 603, CUSAX_END_DECLINED, CUSAX_END_DECLINED, CUSAX_ERROR_REFUSED, "Decline",
	  "the other side declined" },
	{ 604, CUSAX_END_NOT_FOUND, CUSAX_END_NOT_FOUND, CUSAX_ERROR_NOT_FOUND,
	  "Does Not Exist Anywhere", "nobody has this address anywhere" },
	{ 606, CUSAX_END_FAILED, CUSAX_END_FAILED, CUSAX_ERROR_UNSUPPORTED, "Not Acceptable",
	  "the other side cannot take this kind of call" },
	{ 607, CUSAX_END_DECLINED, CUSAX_END_DECLINED, CUSAX_ERROR_REFUSED, "Unwanted",
	  "the other side does not want this" },
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

const char *cusax_sip_words(guint code)
{
	const struct status *status = find(code);

	if (status)
		return status->words;
	if (code < 400)
		return "the other side asks for another address";
	if (code < 500)
		return "the request was refused";
	return code < 600 ? "the service failed" : "the other side refused";
}

gboolean cusax_sip_is_usual_phrase(guint code, const char *phrase, gsize length)
{
	const struct status *status = find(code);

	return length == 0 || (status && length == strlen(status->phrase) &&
			       g_ascii_strncasecmp(status->phrase, phrase, length) == 0);
}

const char *cusax_sip_phrase(guint code)
{
	const struct status *status = find(code);

	switch (code) {
	case 100:
		return "Trying";
	case 180:
		return "Ringing";
	case 183:
		return "Session Progress";
	case 200:
		return "OK";
	}
	return status ? status->phrase : "Not Accepted";
}
