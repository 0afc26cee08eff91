/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The SQLite handle under the history. */
/* Everything here runs on the history's worker thread. */
#include "daemon/store/database.h"

#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#define CUSAX_LOG_DOMAIN "store"
#include "daemon/base/error.h"
#include "daemon/base/log.h"
#include "daemon/base/types.h"
#include "daemon/store/file.h"
#include "daemon/store/schema.h"

#define DATABASE_FILE   "history.db"
#define BUSY_TIMEOUT_MS 1000

static void finalize(gpointer statement)
{
	sqlite3_finalize(statement);
}

/* Statements are long, begin alike, and are looked up ten times for a message: their length and what is
 * near their end tell them apart as well as every character does. */
static guint hash_sql(gconstpointer sql)
{
	const guchar *text = sql;
	gsize length = strlen(sql);
	guint sum = (guint)length;

	for (gsize i = length > 16 ? length - 16 : 0; i < length; i++)
		sum = sum * 31 + text[i];
	return sum;
}

void database_init(Database *db, const char *path)
{
	*db = (Database){ .path = g_strdup(path) };
	db->statements = g_hash_table_new_full(hash_sql, g_str_equal, g_free, finalize);
}

void database_clear(Database *db)
{
	database_close(db);
	g_hash_table_unref(db->statements);
	g_free(db->path);
}

void database_close(Database *db)
{
	g_hash_table_remove_all(db->statements);
	if (db->handle)
		sqlite3_close(db->handle);
	db->handle = NULL;
}

void database_set_error(Database *db, GError **error)
{
	int extended = sqlite3_extended_errcode(db->handle);
	int code = extended & 0xff;
	CusaxError named = CUSAX_ERROR_FAILED;

	if (code == SQLITE_FULL)
		named = CUSAX_ERROR_LIMIT_EXCEEDED;
	else if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
		named = CUSAX_ERROR_BUSY;
	else if (code == SQLITE_CONSTRAINT)
		named = CUSAX_ERROR_INVALID_ARGUMENT;
	/* SQLite's text names tables and columns, never values. */
	g_set_error(error, CUSAX_ERROR, named, "history: %s (%d)", sqlite3_errmsg(db->handle),
		    extended);
	db->damaged |= code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
	if (db->damaged || code == SQLITE_IOERR || extended == SQLITE_READONLY_DBMOVED)
		database_close(db);
}

static sqlite3_stmt *prepare(Database *db, const char *sql, GError **error)
{
	sqlite3_stmt *statement = g_hash_table_lookup(db->statements, sql);

	if (statement) {
		sqlite3_reset(statement);
		sqlite3_clear_bindings(statement);
		return statement;
	}
	if (sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) !=
	    SQLITE_OK) {
		database_set_error(db, error);
		return NULL;
	}
	g_hash_table_insert(db->statements, g_strdup(sql), statement);
	return statement;
}

/* lifetime: SQLITE_STATIC where the arguments outlive all use of the statement. */
static sqlite3_stmt *query(Database *db, GError **error, sqlite3_destructor_type lifetime,
			   const char *sql, const char *types, va_list args)
{
	sqlite3_stmt *statement;

	if (!db->handle) {
		/* An earlier statement of the same operation ended the connection. */
		g_set_error_literal(error, CUSAX_ERROR, CUSAX_ERROR_FAILED,
				    "history: the database is closed");
		return NULL;
	}
	statement = prepare(db, sql, error);
	for (int i = 0; statement && types[i]; i++) {
		int code;

		if (types[i] == 's')
			code = sqlite3_bind_text(statement, i + 1, va_arg(args, const char *), -1,
						 lifetime);
		else
			code = sqlite3_bind_int64(statement, i + 1, va_arg(args, gint64));
		if (code != SQLITE_OK) {
			database_set_error(db, error);
			return NULL;
		}
	}
	return statement;
}

sqlite3_stmt *database_query(Database *db, GError **error, const char *sql, const char *types, ...)
{
	sqlite3_stmt *statement;
	va_list args;

	va_start(args, types);
	statement = query(db, error, SQLITE_TRANSIENT, sql, types, args);
	va_end(args);
	return statement;
}

int database_step(Database *db, sqlite3_stmt *statement, GError **error)
{
	int code = sqlite3_step(statement);

	if (code == SQLITE_ROW)
		return 1;
	if (code != SQLITE_DONE)
		database_set_error(db, error);
	/* A statement left in the middle would hold its snapshot of the database. */
	if (db->handle)
		sqlite3_reset(statement);
	return code == SQLITE_DONE ? 0 : -1;
}

gboolean database_run(Database *db, GError **error, const char *sql, const char *types, ...)
{
	sqlite3_stmt *statement;
	va_list args;

	va_start(args, types);
	statement = query(db, error, SQLITE_STATIC, sql, types, args);
	va_end(args);
	return statement && database_step(db, statement, error) == 0;
}

char *database_copy_text(const char *text)
{
	return text ? g_utf8_make_valid(text, -1) : NULL;
}

char *database_text(sqlite3_stmt *statement, int column)
{
	return g_strdup((const char *)sqlite3_column_text(statement, column));
}

int database_word(sqlite3_stmt *statement, int column, GType type, int fallback)
{
	const char *word = (const char *)sqlite3_column_text(statement, column);
	int value = fallback;

	if (word)
		cusax_word_parse(type, word, &value);
	return value;
}

/* The first column of the first row as a number; -1 on error. */
static gint64 read_number(Database *db, const char *sql, GError **error)
{
	sqlite3_stmt *statement = database_query(db, error, sql, "");
	gint64 number = -1;

	if (statement && database_step(db, statement, error) == 1) {
		number = sqlite3_column_int64(statement, 0);
		sqlite3_reset(statement);
	}
	return number;
}

static gboolean check_whole(Database *db, GError **error)
{
	sqlite3_stmt *statement = database_query(db, error, "PRAGMA quick_check(1)", "");
	gboolean whole;

	if (!statement || database_step(db, statement, error) != 1)
		return FALSE;
	whole = g_strcmp0((const char *)sqlite3_column_text(statement, 0), "ok") == 0;
	sqlite3_reset(statement);
	if (!whole) {
		db->damaged = TRUE;
		g_set_error_literal(error, CUSAX_ERROR, CUSAX_ERROR_FAILED,
				    "history: the database is damaged");
	}
	return whole;
}

static gboolean set_up(Database *db, GError **error)
{
	/* The kernel keeps the file at hand, too: of our own, what one transaction changes is enough. */
	static const char *const pragmas[] = {
		"PRAGMA cache_size=-2048",
		"PRAGMA journal_mode=WAL",
		"PRAGMA synchronous=FULL",
		"PRAGMA foreign_keys=ON",
		"PRAGMA trusted_schema=OFF",
		"PRAGMA cell_size_check=ON",
		"PRAGMA secure_delete=ON",
		/* What would undo one write of many needs no file. */
		"PRAGMA temp_store=MEMORY",
	};

	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	/* Kept statements stay as they were planned, whatever is bound to them. */
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_ENABLE_QPSG, 1, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(pragmas); i++) {
		if (sqlite3_exec(db->handle, pragmas[i], NULL, NULL, NULL) != SQLITE_OK) {
			database_set_error(db, error);
			return FALSE;
		}
	}
	return TRUE;
}

static gboolean open_file(Database *db, GError **error)
{
	g_autofree char *path = g_build_filename(db->path, DATABASE_FILE, NULL);
	gint64 version;

	/* The file is there (database_open() prepared it), private and no link. */
	if (sqlite3_open_v2(path, &db->handle,
			    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
			    NULL) != SQLITE_OK) {
		if (db->handle)
			database_set_error(db, error);
		else
			g_set_error_literal(error, CUSAX_ERROR, CUSAX_ERROR_FAILED,
					    "history: no memory");
		return FALSE;
	}
	sqlite3_busy_timeout(db->handle, BUSY_TIMEOUT_MS);
	version = read_number(db, "PRAGMA user_version", error);
	if (version < 0)
		return FALSE;
	if (version > SCHEMA_VERSION) {
		g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_UNSUPPORTED,
			    "history: the database is of a newer version (%" G_GINT64_FORMAT ")",
			    version);
		return FALSE;
	}
	return check_whole(db, error) && set_up(db, error) && schema_migrate(db, version, error);
}

/* Out of the way with all that belongs to it: a log of changes must never meet another database. */
static gboolean set_aside(Database *db, int folder, GError **error)
{
	static const char *const files[] = { DATABASE_FILE "-wal", DATABASE_FILE "-shm",
					     DATABASE_FILE };
	gboolean done = TRUE;

	for (guint i = 0; done && i < G_N_ELEMENTS(files); i++) {
		g_autoptr(GError) missing = NULL;

		if (!cusax_file_set_aside(folder, files[i], "bad", NULL, &missing) &&
		    !g_error_matches(missing, CUSAX_ERROR, CUSAX_ERROR_NOT_FOUND)) {
			g_propagate_error(error, g_steal_pointer(&missing));
			done = FALSE;
		}
	}
	if (done)
		cusax_notice(NULL, "the history was damaged; it is kept as %s.bad-N",
			     DATABASE_FILE);
	db->set_aside |= done;
	return done;
}

gboolean database_open(Database *db, GError **error)
{
	g_autoptr(GError) cause = NULL;
	gboolean opened;
	int folder;

	if (db->handle)
		return TRUE;
	db->damaged = FALSE;
	folder = cusax_folder_open(db->path, error);
	if (folder < 0)
		return FALSE;
	opened = cusax_file_prepare(folder, DATABASE_FILE, &cause) && open_file(db, &cause);
	if (!opened)
		database_close(db);
	if (!opened && db->damaged) {
		g_clear_error(&cause);
		opened = set_aside(db, folder, &cause) &&
			 cusax_file_prepare(folder, DATABASE_FILE, &cause) && open_file(db, &cause);
		if (!opened)
			database_close(db);
	}
	close(folder);
	if (!opened)
		g_propagate_error(error, g_steal_pointer(&cause));
	return opened;
}
