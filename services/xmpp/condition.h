/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the error conditions of XMPP to ours: the one table for stanzas, streams and logins. */
/* Main thread. */
#pragma once

#include "services/xmpp/stanza.h"

/* The error of a stanza of type "error" (RFC 6120 §8.3). Never NULL. */
GError *cusax_xmpp_stanza_error(CusaxNode *stanza);

/* The error of a <stream:error/> (RFC 6120 §4.9). Never NULL. */
GError *cusax_xmpp_stream_error(CusaxNode *node);

/* The error of a SASL <failure/> (RFC 6120 §6.5). Never NULL. */
GError *cusax_xmpp_sasl_error(CusaxNode *node);

/* Whether the error of a stanza carries that condition. */
gboolean cusax_xmpp_stanza_has_condition(CusaxNode *stanza, const char *condition);
