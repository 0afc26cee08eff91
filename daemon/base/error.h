/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one error domain: codes are named for what a client can do about them. */
/* Usable from any thread. */
#pragma once

#include <glib.h>

/* On D-Bus each code is org.cusax.Cusax1.Error.<Name>; cusax_error_name() gives <Name>. */
typedef enum {
	CUSAX_ERROR_FAILED,                /* nothing more specific is known */
	CUSAX_ERROR_INVALID_ARGUMENT,      /* the message names the argument */
	CUSAX_ERROR_NOT_FOUND,             /* no such object, address or message */
	CUSAX_ERROR_WRONG_STATE,           /* not in this state of the object */
	CUSAX_ERROR_NOT_CONNECTED,         /* the chat account is not online */
	CUSAX_ERROR_NOT_REGISTERED,        /* the telephony account is not registered */
	CUSAX_ERROR_FEATURE_DISABLED,      /* switched off for this account (C17) */
	CUSAX_ERROR_ACCOUNT_CHOICE_NEEDED, /* C59: several accounts, no relation */
	CUSAX_ERROR_CONFIRMATION_NEEDED,   /* C86: may cost; needs the route's token */
	CUSAX_ERROR_NO_ROUTE,              /* nothing can reach the target */
	CUSAX_ERROR_AUTHENTICATION_FAILED, /* the server refused the password */
	CUSAX_ERROR_UNTRUSTED,             /* certificate or name not verified */
	CUSAX_ERROR_SECURITY_REQUIRED,     /* the other side offers less than policy demands */
	CUSAX_ERROR_SECRET_UNAVAILABLE,    /* no password, or keyring locked or missing */
	CUSAX_ERROR_LOCKED,                /* fixed by the provider */
	CUSAX_ERROR_REFUSED,               /* refused by policy or by the other side */
	CUSAX_ERROR_BUSY,
	CUSAX_ERROR_TIMEOUT,
	CUSAX_ERROR_CANCELLED,
	CUSAX_ERROR_LIMIT_EXCEEDED,
	CUSAX_ERROR_UNSUPPORTED,
} CusaxError;

#define CUSAX_N_ERRORS (CUSAX_ERROR_UNSUPPORTED + 1)

#define CUSAX_ERROR (cusax_error_quark())
GQuark cusax_error_quark(void);

/* The last part of the D-Bus name, such as "InvalidArgument"; static. */
const char *cusax_error_name(CusaxError code);

/* The code of a name. FALSE, with *ret_code untouched, where no code has it. */
gboolean cusax_error_parse_name(const char *name, CusaxError *ret_code);

/* The code of an error of our domain; any other domain is CUSAX_ERROR_FAILED. */
CusaxError cusax_error_code(const GError *error);
