/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SDES: keys inside the session description (RFC 4568), read strictly. */
/* Any thread: pure, but for the random key. */
#pragma once

#include <stdbool.h>

#include "services/media/srtp.h"

enum {
	CUSAX_SDES_SUITES = 3,
	CUSAX_SDES_TAG_MAX = 999999999, /* RFC 4568 §9.1: nine digits */
};

/* One a=crypto attribute. */
struct cusax_crypto {
	unsigned tag;
	struct cusax_srtp_key key;
};

/* Our suites, the one preferred first. */
extern const enum srtp_suite cusax_sdes_suites[CUSAX_SDES_SUITES];
const char *cusax_sdes_suite_name(enum srtp_suite suite); /* NULL: not one of ours */

/* Reads the value of one attribute. FALSE where it is not well-formed, or asks for what we do not
 * do: another suite, a master key index, several keys, a session parameter that weakens (those that
 * may be ignored begin with "-", RFC 4568 §6.3.8). */
bool cusax_sdes_parse(const char *value, struct cusax_crypto *ret_crypto);

/* The value of an attribute; g_free() after cusax_sdes_wipe(). */
char *cusax_sdes_print(const struct cusax_crypto *crypto);
void cusax_sdes_wipe(char *value);

/* A random key for a suite. */
int cusax_sdes_generate(enum srtp_suite suite, struct cusax_srtp_key *ret_key);
