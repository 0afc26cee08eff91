/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parity of the protection of both sides of a service. */
/* Pure functions: no state, any thread. */
#include "daemon/policy/security.h"

#include <string.h>

static const struct {
	const char *word;
	CusaxRemedies remedy;
	const char *text;
} mismatches[] = {
	{ "chat-no-tls", CUSAX_REMEDY_CHAT_RECONNECT,
	  "The chat connection is not encrypted; connect again with TLS." },
	{ "chat-unverified", CUSAX_REMEDY_CERTIFICATE,
	  "The chat server has not proven its name; its certificate must be put right." },
	{ "chat-tls-version", CUSAX_REMEDY_CHAT_RECONNECT,
	  "The chat connection uses an old version of TLS; connect again with a newer one." },
	{ "chat-authentication", CUSAX_REMEDY_AUTHENTICATION,
	  "The chat server is shown the password itself; it should offer SCRAM." },
	{ "telephony-no-tls", CUSAX_REMEDY_TELEPHONY_TLS,
	  "Calls are set up without encryption; set the transport to TLS." },
	{ "telephony-unverified", CUSAX_REMEDY_CERTIFICATE,
	  "The telephony server has not proven its name; its certificate must be put right." },
	{ "telephony-tls-version", CUSAX_REMEDY_TELEPHONY_RECONNECT,
	  "Telephony uses an old version of TLS; register again with a newer one." },
	{ "telephony-authentication", CUSAX_REMEDY_AUTHENTICATION,
	  "The telephony server is shown the password itself; it should offer digest." },
	{ "media-encryption", CUSAX_REMEDY_SRTP_REQUIRE,
	  "Encryption of the sound of calls is switched off; require SRTP." },
	{ "call-encryption", CUSAX_REMEDY_SRTP_REQUIRE,
	  "The sound of the present call is not encrypted; require SRTP for the next one." },
};

typedef struct {
	CusaxSecurityResult *result;
	GStrvBuilder *words;
	GString *advice;
} Report;

static void note(Report *report, const char *side, const char *what)
{
	g_autofree char *word = g_strconcat(side, "-", what, NULL);

	g_strv_builder_add(report->words, word);
	for (guint i = 0; i < G_N_ELEMENTS(mismatches); i++) {
		if (strcmp(mismatches[i].word, word) != 0)
			continue;
		report->result->remedies |= mismatches[i].remedy;
		if (report->advice->len)
			g_string_append_c(report->advice, ' ');
		g_string_append(report->advice, mismatches[i].text);
	}
}

/* "TLSv1.3" is newer than "1.2": both end in "1.<digit>". */
static gboolean is_old(const char *version, const char *minimum)
{
	const char *dot = strrchr(version, '.');
	const char *least = strrchr(minimum, '.');

	return !dot || !g_str_has_prefix(version, "TLSv1") || dot[1] < (least ? least[1] : '2');
}

static gboolean shows_password(const CusaxSecurity *facts)
{
	if (facts->weak && g_strv_contains((const char *const *)facts->weak, "plain"))
		return TRUE;
	return facts->authentication && (g_ascii_strcasecmp(facts->authentication, "PLAIN") == 0 ||
					 g_ascii_strcasecmp(facts->authentication, "LOGIN") == 0 ||
					 g_ascii_strcasecmp(facts->authentication, "basic") == 0);
}

static void check_side(Report *report, const char *side, const CusaxSecurity *facts,
		       const char *min_tls)
{
	if (!facts)
		return;
	if (!facts->tls_version || !*facts->tls_version) {
		note(report, side, "no-tls");
	} else {
		if (!facts->tls_verified)
			note(report, side, "unverified");
		if (is_old(facts->tls_version, min_tls))
			note(report, side, "tls-version");
	}
	if (shows_password(facts))
		note(report, side, "authentication");
}

void cusax_security_result_clear(CusaxSecurityResult *result)
{
	g_clear_pointer(&result->mismatches, g_strfreev);
	g_clear_pointer(&result->advice, g_free);
}

CusaxSecurityResult cusax_security_compare(const CusaxSecurityFacts *facts)
{
	g_autoptr(GStrvBuilder) words = g_strv_builder_new();
	const char *min_tls = facts->min_tls ? facts->min_tls : "1.2";
	CusaxSecurityResult result = { 0 };
	Report report = { &result, words, g_string_new(NULL) };

	check_side(&report, "chat", facts->chat, min_tls);
	check_side(&report, "telephony", facts->telephony, min_tls);
	if (facts->srtp == CUSAX_SRTP_OFF)
		note(&report, "media", "encryption");
	if (facts->in_call && facts->call == CUSAX_ENCRYPTION_NONE)
		note(&report, "call", "encryption");
	result.mismatches = g_strv_builder_end(words);
	result.secure = facts->chat && facts->telephony && !result.mismatches[0];
	result.advice = g_string_free(report.advice, !report.advice->len);
	return result;
}

const char *cusax_security_mismatch_text(const char *word)
{
	for (guint i = 0; i < G_N_ELEMENTS(mismatches); i++) {
		if (strcmp(mismatches[i].word, word) == 0)
			return mismatches[i].text;
	}
	return NULL;
}
