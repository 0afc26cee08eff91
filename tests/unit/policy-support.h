/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Telephone entries written as one line of text, and the dial plans that rows share. */
/* Test programs only. */
#pragma once

#include "daemon/policy/phones.h"

extern const CusaxDialPlan plan_france;  /* +33, 0, 00, sip.test */
extern const CusaxDialPlan plan_spain;   /* +34, no prefix, 00, sip.test */
extern const CusaxDialPlan plan_us;      /* +1, 1, 011, sip.test */
extern const CusaxDialPlan plan_russia;  /* +7, 8, 810, sip.test */
extern const CusaxDialPlan plan_nowhere; /* nothing but sip.test */

/* "uri,source,types,preference|…": types joined by +, everything after the URI may be left out
 * (source: vcard). A new array of CusaxPhone. */
GPtrArray *phones_from_text(const char *text);

/* The same, merged by plan: a new array of CusaxPhoneEntry. NULL gives NULL. */
GPtrArray *entries_from_text(const char *text, const CusaxDialPlan *plan);
