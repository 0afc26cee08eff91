/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the bytes of an XMPP stream to stanzas, under limits. */
/* Main thread only. */
#pragma once

#include "services/xmpp/stanza.h"

/* A stanza over one of these is swallowed: counted and told, and the stream goes on. */
#define CUSAX_READER_MAX_DEPTH      64           /* levels of a stanza, itself included */
#define CUSAX_READER_MAX_ELEMENTS   1000         /* of a stanza, or of one item of a bulk answer */
#define CUSAX_READER_MAX_ATTRIBUTES 64           /* of one element, declarations included */
#define CUSAX_READER_MAX_SIZE       (256 * 1024) /* bytes of a stanza or item */
#define CUSAX_READER_MAX_NS         1024         /* bytes of a namespace name */
/* Beyond these the stream ends: only the account's own server can send them. */
#define CUSAX_READER_ABSURD_SIZE  (4 * 1024 * 1024)
#define CUSAX_READER_ABSURD_TOKEN (1024 * 1024)
#define CUSAX_READER_ABSURD_DEPTH 200000

/* Every node is borrowed for the time of the call. A handler may call cusax_reader_restart() and
 * cusax_reader_stop(); it must not free the reader. */
typedef struct {
	/* The stream header came: the node has its attributes. */
	void (*opened)(CusaxNode *header, gpointer data);
	void (*stanza)(CusaxNode *stanza, gpointer data);
	/* The first child of an IQ result starts; TRUE: give me its children one by one by item,
	 * which keeps the memory flat and lifts the limits of the stanza (those of each item hold).
	 * In the end stanza gets the IQ without them. */
	gboolean (*bulk)(CusaxNode *iq, const char *name, const char *ns, gpointer data);
	void (*item)(CusaxNode *iq, CusaxNode *item, gpointer data);
	/* A stanza, or an item of a bulk answer, was over a limit. head: the stanza's element with
	 * its attributes and no more; NULL where these were over a limit themselves. */
	void (*swallowed)(CusaxNode *head, const char *why, gboolean item, gpointer data);
	/* The other side ended its stream. */
	void (*closed)(gpointer data);
} CusaxReaderHandlers;

typedef struct CusaxReader CusaxReader;

/* handlers: static, all set. */
CusaxReader *cusax_reader_new(const CusaxReaderHandlers *handlers, gpointer data);
void cusax_reader_free(CusaxReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CusaxReader, cusax_reader_free)

/* Reads on. FALSE with CUSAX_ERROR_FAILED naming the fault where the stream is not XMPP (RFC 6120
 * §11): malformed, a document type, a processing instruction, a comment, text between stanzas, an
 * unbound prefix, something absurdly large, bytes after a restart. No more is read then. */
gboolean cusax_reader_feed(CusaxReader *reader, const char *bytes, gsize length, GError **error);

/* From stanza: a new stream follows (RFC 6120 §4.3.3). Nothing may follow in the bytes being fed. */
void cusax_reader_restart(CusaxReader *reader);

/* From any handler: no handler is called any more. */
void cusax_reader_stop(CusaxReader *reader);
