/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The two forms of a vCard as XML: what we read of them, and telephone numbers put in. */
/* Main thread. */
#pragma once

#include "daemon/base/facts.h"
#include "services/xmpp/stanza.h"

#define CUSAX_XMPP_MAX_PHONES 64  /* of one vCard */
#define CUSAX_XMPP_MAX_NUMBER 256 /* bytes */

typedef struct {
	char *full_name;   /* NULL: none */
	char *photo_hash;  /* SHA-1 in hex (XEP-0153 §3.1); NULL: no photo, or not read */
	GBytes *photo;     /* NULL with that */
	GPtrArray *phones; /* CusaxPhone in the order found; never NULL */
	guint fields;      /* elements seen, of any kind */
} CusaxXmppVcard;

void cusax_xmpp_vcard_init(CusaxXmppVcard *vcard);
void cusax_xmpp_vcard_clear(CusaxXmppVcard *vcard);

/* text (taken, may be NULL) as a number: without space around it. NULL: empty, too long, lines. */
char *cusax_xmpp_vcard_number(char *text);
/* Takes phone; NULL or one too many is dropped. */
void cusax_xmpp_vcard_add_phone(CusaxXmppVcard *vcard, CusaxPhone *phone);

/* XEP-0054: one child of <vCard xmlns='vcard-temp'/>. Malformed fields are stepped over. */
void cusax_xmpp_vcard_temp_read(CusaxXmppVcard *vcard, CusaxNode *field);
/* Puts phone into the element; FALSE: its number is there already. All else stays as it is. */
gboolean cusax_xmpp_vcard_temp_add(CusaxNode *node, const CusaxPhone *phone);

/* RFC 6351: <vcard xmlns='urn:ietf:params:xml:ns:vcard-4.0'/>. The same. */
void cusax_xmpp_vcard4_read(CusaxXmppVcard *vcard, CusaxNode *node);
gboolean cusax_xmpp_vcard4_add(CusaxNode *node, const CusaxPhone *phone);
