/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Words that a person looks for, and the index of the words of messages. */
/* The history's worker thread, save search_read(). */
#pragma once

#include "daemon/store/database.h"

#define SEARCH_MAX_WORDS 64

/* What was typed, as conditions that hold all together. Never an error: it is plain text. */
typedef struct {
	char *match; /* for the index: each word, or the beginning of one; NULL: nothing to look up */
	char *parts; /* a JSON list of what the index does not know as words (emoji, scripts without
		      * spaces): each is a part of the text; NULL: none */
} Search;

void search_read(const char *typed, Search *ret);
void search_clear(Search *search);

/* A condition on the table of messages, with the number of the parameter as text. */
#define SEARCH_MATCH(n) "seq IN (SELECT rowid FROM messages_text WHERE messages_text MATCH " n ")"
#define SEARCH_PARTS(n)                                                                            \
	"NOT EXISTS (SELECT 1 FROM json_each(" n ") AS part WHERE instr(text, part.value) = 0)"

/* The words of a message that was added go in; before its text changes or goes, they go out. where: a
 * condition on the table of messages in which ?1 is text. */
void search_add(Database *db);
/* Brings the index up to the table: once for many rows, as each savepoint in between costs much. */
gboolean search_flush(Database *db, GError **error);
gboolean search_forget(Database *db, const char *where, const char *text, GError **error);

/* Nothing of what went out is left in the files. Outside of a transaction. */
gboolean search_scrub(Database *db, GError **error);
