/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One SQLite database: guarded opening, prepared statements, errors by name. */
/* Everything here runs on the history's worker thread. */
#pragma once

#include <gio/gio.h>
#include <sqlite3.h>

typedef struct {
	char *path;             /* of the folder */
	sqlite3 *handle;        /* NULL: closed */
	GHashTable *statements; /* SQL text -> sqlite3_stmt */
	gboolean damaged;       /* what is there is no database of ours any more */
	gint64 unindexed;       /* rows from this on are not in the index of words yet; 0: none */
	gboolean behind;        /* a write failed: what came later must not cover it (streams.h) */
	gboolean set_aside;     /* a damaged database was kept aside since the last look */
} Database;

void database_init(Database *db, const char *path);
void database_clear(Database *db);

/* Opens, checks and migrates where it is not open. */
gboolean database_open(Database *db, GError **error);
void database_close(Database *db);

/* A statement, reset and bound, owned by the database. types: one letter an argument: 's' text or
 * NULL, 'i' gint64. NULL on error. */
sqlite3_stmt *database_query(Database *db, GError **error, const char *sql, const char *types, ...);
/* The next row: 1, no more: 0, an error: -1. The statement is reset at its end. */
int database_step(Database *db, sqlite3_stmt *statement, GError **error);
/* A statement without rows. */
gboolean database_run(Database *db, GError **error, const char *sql, const char *types, ...);

/* The error of the last call; closes a database that cannot go on. */
void database_set_error(Database *db, GError **error);

/* What comes from outside may hold anything; the database holds valid text only. NULL is NULL. */
char *database_copy_text(const char *text);
/* A column of the current row; text is a copy, or NULL. */
char *database_text(sqlite3_stmt *statement, int column);
/* An enumeration kept as its word; fallback where the word is not known. */
int database_word(sqlite3_stmt *statement, int column, GType type, int fallback);
