/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The contract for address books and directories: who has which JIDs and numbers (C40, C52, C54). */
/* Main thread; asynchronous: a slow disk or a dead service never blocks. */
#pragma once

#include "daemon/base/facts.h"

/* What is beyond is dropped and counted, the rest stays. */
#define CUSAX_BOOK_MAX_ENTRIES   10000
#define CUSAX_BOOK_MAX_ADDRESSES 16  /* of one entry */
#define CUSAX_BOOK_MAX_PHONES    32  /* of one entry */
#define CUSAX_BOOK_MAX_NUMBER    256 /* bytes */

/* One person. An entry without a JID ties nothing to a contact: sources leave it out. */
typedef struct {
	char *full_name;      /* made safe to show; NULL: none */
	GPtrArray *addresses; /* char *: bare JIDs, prepared, at least one */
	GPtrArray *phones;    /* CusaxPhone with the book's source, in the order found */
} CusaxBookEntry;

CusaxBookEntry *cusax_book_entry_new(void);
CusaxBookEntry *cusax_book_entry_copy(const CusaxBookEntry *entry);
void cusax_book_entry_free(CusaxBookEntry *entry); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CusaxBookEntry, cusax_book_entry_free)

/* entries: all that the book holds now, in its order (CusaxBookEntry); the receiver may keep a
 * reference and changes nothing in it. Called once the book was read for the first time, and again
 * after each change. A book that is missing, or that may not be trusted, is an empty one: its
 * entries are withdrawn. The source logs why. */
typedef void (*CusaxBookChanged)(GPtrArray *entries, gpointer data);

typedef struct CusaxAddressBook CusaxAddressBook;

struct CusaxAddressBook {
	/* Begins, once; changed is not called before this returns, nor after free. */
	void (*watch)(CusaxAddressBook *book, CusaxBookChanged changed, gpointer data);
	void (*free)(CusaxAddressBook *book);
};

/* A file of vCards (services/addressbook/vcard-file.c), versions 3.0 and 4.0 (RFC 2426, RFC 6350).
 * source: CUSAX_SOURCE_ADDRESS_BOOK, the user's own book, or CUSAX_SOURCE_DIRECTORY, that of an
 * organisation, which the user trusts by putting it there. path NULL: contacts.vcf, or directory.vcf,
 * in $XDG_DATA_HOME/cusaxd. Watched without polling; the folder is made where
 * it is missing. It is read only where it is a regular file of the user, at most 16 MiB, which
 * others cannot write to; it may be reached by a symbolic link. */
CusaxAddressBook *cusax_vcard_book_new(CusaxSource source, const char *path);

#ifdef WITH_EDS
/* The address books of the desktop that are switched on, by Evolution Data Server
 * (services/addressbook/eds.c); a desktop without one has an empty book. Followed while they change. */
CusaxAddressBook *cusax_eds_book_new(void);
#endif
