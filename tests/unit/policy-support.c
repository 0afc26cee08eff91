/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Telephone entries written as one line of text, and the dial plans that rows share. */
/* Test programs only. */
#include "tests/unit/policy-support.h"

const CusaxDialPlan plan_france = { "+33", "0", "00", "sip.test" };
const CusaxDialPlan plan_spain = { "+34", NULL, "00", "sip.test" };
const CusaxDialPlan plan_us = { "+1", "1", "011", "sip.test" };
const CusaxDialPlan plan_russia = { "+7", "8", "810", "sip.test" };
const CusaxDialPlan plan_nowhere = { NULL, NULL, NULL, "sip.test" };

static CusaxPhone *phone_from_text(const char *text)
{
	g_auto(GStrv) fields = g_strsplit(text, ",", 4);
	guint n = g_strv_length(fields);
	g_auto(GStrv) types = n > 2 && *fields[2] ? g_strsplit(fields[2], "+", -1) : NULL;
	int source = CUSAX_SOURCE_VCARD;
	CusaxPhone *phone;

	if (n > 1 && *fields[1])
		g_assert_true(cusax_word_parse(CUSAX_TYPE_SOURCE, fields[1], &source));
	phone = cusax_phone_new(fields[0] ? fields[0] : "", (const char *const *)types, source);
	if (n > 3)
		phone->preference = g_ascii_strtoull(fields[3], NULL, 10);
	return phone;
}

GPtrArray *phones_from_text(const char *text)
{
	GPtrArray *phones = g_ptr_array_new_with_free_func((GDestroyNotify)cusax_phone_free);
	g_auto(GStrv) lines = g_strsplit(text, "|", -1);

	for (guint i = 0; lines[i]; i++)
		g_ptr_array_add(phones, phone_from_text(lines[i]));
	return phones;
}

GPtrArray *entries_from_text(const char *text, const CusaxDialPlan *plan)
{
	g_autoptr(GPtrArray) phones = text ? phones_from_text(text) : NULL;

	return phones ? cusax_phones_merge(phones, plan) : NULL;
}
