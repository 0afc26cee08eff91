/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a refusal says, as a sentence for a person (C89). */
/* Usable from any thread. */
#include "services/sip/refusal.h"

#include "services/sip/headers.h"
#include "services/sip/re-compat.h"
#include "services/sip/sip-status.h"

char *cusax_sip_refusal_cause(const struct sip_msg *msg)
{
	const struct sip_hdr *reason = sip_msg_hdr(msg, SIP_HDR_REASON);
	const struct sip_hdr *warning = sip_msg_hdr(msg, SIP_HDR_WARNING);
	char *text = NULL;

	if (reason)
		(void)cusax_sip_read_reason(reason->val.p, reason->val.l, &text);
	if (!text && warning)
		text = cusax_sip_read_warning(warning->val.p, warning->val.l);
	if (!text && !cusax_sip_is_usual_phrase(msg->scode, msg->reason.p, msg->reason.l))
		text = cusax_sip_text(msg->reason.p, msg->reason.l);
	return text;
}

/* What the service does with calls to another domain; NULL: the refusal is not about that. */
static char *between_domains(guint code, const char *own, const char *other)
{
	switch (code) {
	case 401:
	case 402:
	case 403:
	case 407:
		return g_strdup_printf("%s does not allow calls to %s", own, other);
	case 404:
	case 410:
	case 416:
	case 484:
	case 604:
		return g_strdup_printf("%s finds no such address at %s", own, other);
	case 488:
	case 606:
		return g_strdup_printf("this kind of call is not possible from %s to %s", own,
				       other);
	case 408:
	case 430:
	case 500:
	case 502:
	case 503:
	case 504:
		return g_strdup_printf("%s cannot reach %s now", own, other);
	}
	return NULL;
}

char *cusax_sip_refusal_text(guint code, const char *own, const char *other, const char *cause)
{
	g_autofree char *sentence = NULL;

	if (own && other)
		sentence = between_domains(code, own, other);
	if (!sentence)
		sentence = g_strdup(cusax_sip_words(code));
	return cause ? g_strdup_printf("%s: %s", sentence, cause) : g_steal_pointer(&sentence);
}

char *cusax_sip_refusal_words(const struct sip_msg *msg)
{
	g_autofree char *cause = cusax_sip_refusal_cause(msg);

	return cusax_sip_refusal_text(msg->scode, NULL, NULL, cause);
}
