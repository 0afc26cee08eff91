/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tables of the history, by version. */
/* The history's worker thread. */
#include "daemon/store/schema.h"

/* Enumerations are kept as the words of the bus: they outlive any order in our headers. place is the
 * order in a chat; seq tells apart what has the same place. */
static const char version_1[] =
	"CREATE TABLE messages ("
	"  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,"
	"  account TEXT NOT NULL, peer TEXT NOT NULL, sender TEXT, direction TEXT NOT NULL,"
	"  kind TEXT NOT NULL, text TEXT NOT NULL, time INTEGER NOT NULL, place INTEGER NOT NULL,"
	"  delivery TEXT NOT NULL, stanza_id TEXT, origin_id TEXT, server_id TEXT, replaces TEXT,"
	"  encryption TEXT, error TEXT, unread INTEGER NOT NULL DEFAULT 0) STRICT;"
	"CREATE INDEX messages_chat ON messages (account, peer, place, seq);"
	"CREATE INDEX messages_place ON messages (place, seq);"
	"CREATE INDEX messages_stanza ON messages (account, peer, stanza_id)"
	"  WHERE stanza_id IS NOT NULL;"
	"CREATE INDEX messages_origin ON messages (account, peer, origin_id)"
	"  WHERE origin_id IS NOT NULL;"
	"CREATE INDEX messages_server ON messages (account, peer, server_id)"
	"  WHERE server_id IS NOT NULL;"
	"CREATE INDEX messages_unread ON messages (account, peer, place, seq) WHERE unread = 1;"
	"CREATE INDEX messages_pending ON messages (seq)"
	"  WHERE direction = 'out' AND delivery IN ('queued', 'sent');"

	"CREATE TABLE calls ("
	"  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,"
	"  account TEXT NOT NULL, service TEXT, direction TEXT NOT NULL, uri TEXT, name TEXT,"
	"  contact_account TEXT, contact_address TEXT, claimed_address TEXT,"
	"  identity TEXT NOT NULL, identity_source TEXT,"
	"  start INTEGER NOT NULL, answer INTEGER NOT NULL, \"end\" INTEGER NOT NULL,"
	"  reason TEXT NOT NULL, code INTEGER NOT NULL, text TEXT, encryption TEXT NOT NULL,"
	"  codec TEXT, charges TEXT NOT NULL, missed INTEGER NOT NULL, seen INTEGER NOT NULL)"
	"  STRICT;"
	"CREATE INDEX calls_contact ON calls (contact_account, contact_address, seq)"
	"  WHERE contact_address IS NOT NULL;"
	"CREATE INDEX calls_missed ON calls (seq) WHERE missed = 1;"
	"CREATE INDEX calls_open ON calls (seq) WHERE \"end\" = 0;"

	"CREATE TABLE rosters (account TEXT PRIMARY KEY, version TEXT) STRICT, WITHOUT ROWID;"
	"CREATE TABLE contacts ("
	"  account TEXT NOT NULL, address TEXT NOT NULL, name TEXT, groups TEXT NOT NULL,"
	"  subscription TEXT NOT NULL, asked INTEGER NOT NULL,"
	"  PRIMARY KEY (account, address)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE vcards ("
	"  account TEXT NOT NULL, address TEXT NOT NULL, absent INTEGER NOT NULL,"
	"  full_name TEXT, photo_hash TEXT, phones TEXT NOT NULL, fetched INTEGER NOT NULL,"
	"  PRIMARY KEY (account, address)) STRICT, WITHOUT ROWID;";

/* Messages about messages. target is our id of the message meant where it is known, else the id on the
 * wire: what refers to a message that comes later, from an archive, takes effect then. Reactions are
 * joined by new lines. acts: own reactions and retractions on their way are rows of the table of
 * messages, kept from readers by their kind. */
static const char version_2[] =
	"ALTER TABLE messages ADD COLUMN reply_to TEXT;"   /* ours */
	"ALTER TABLE messages ADD COLUMN reply_wire TEXT;" /* as on the wire */
	"ALTER TABLE messages ADD COLUMN retracted INTEGER NOT NULL DEFAULT 0;"
	"CREATE INDEX messages_reply ON messages (account, peer, reply_wire)"
	"  WHERE reply_wire IS NOT NULL AND reply_to IS NULL;"
	"CREATE INDEX messages_replaces ON messages (replaces) WHERE replaces IS NOT NULL;"
	"CREATE TABLE reactions ("
	"  account TEXT NOT NULL, peer TEXT NOT NULL, target TEXT NOT NULL, sender TEXT NOT NULL,"
	"  known INTEGER NOT NULL, reactions TEXT NOT NULL, time INTEGER NOT NULL,"
	"  PRIMARY KEY (target, sender, account, peer)) STRICT, WITHOUT ROWID;"
	"CREATE INDEX reactions_unknown ON reactions (account, peer, target) WHERE known = 0;"
	"CREATE TABLE retractions ("
	"  account TEXT NOT NULL, peer TEXT NOT NULL, target TEXT NOT NULL, sender TEXT NOT NULL,"
	"  time INTEGER NOT NULL,"
	"  PRIMARY KEY (account, peer, target, sender)) STRICT, WITHOUT ROWID;";

/* Words of messages, kept in step by search.c (such tables are not for triggers where the schema is not
 * trusted); whose text is gone is not in it. What was deleted, so
 * that no archive brings it back: one message by an id on the wire, or, under "", all of a chat until a
 * time. Switches of single chats: -1 is as all chats. */
static const char version_3[] =
	"ALTER TABLE messages ADD COLUMN markable INTEGER NOT NULL DEFAULT 0;"
	"CREATE VIRTUAL TABLE messages_text USING fts5 (text, content = 'messages',"
	"  content_rowid = 'seq', tokenize = 'unicode61 remove_diacritics 2');"
	"INSERT INTO messages_text (rowid, text) SELECT seq, text FROM messages"
	"  WHERE text <> '' AND kind NOT IN ('reaction', 'retraction');"
	"CREATE TABLE deletions ("
	"  account TEXT NOT NULL, peer TEXT NOT NULL, wire TEXT NOT NULL, until INTEGER NOT NULL,"
	"  PRIMARY KEY (account, peer, wire)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE chat_privacy ("
	"  account TEXT NOT NULL, peer TEXT NOT NULL, receipts INTEGER NOT NULL,"
	"  chat_states INTEGER NOT NULL, markers INTEGER NOT NULL,"
	"  PRIMARY KEY (account, peer)) STRICT, WITHOUT ROWID;"
	"CREATE INDEX calls_person ON calls (contact_account, contact_address, start, seq)"
	"  WHERE contact_address IS NOT NULL;"
	"CREATE INDEX calls_start ON calls (start, seq);";

/* Sessions that can be resumed, and what own messages count as in them (XEP-0198). */
static const char version_4[] =
	"CREATE TABLE streams ("
	"  account TEXT PRIMARY KEY, id TEXT NOT NULL, bound TEXT NOT NULL,"
	"  handled INTEGER NOT NULL, accepted INTEGER NOT NULL, disabled INTEGER NOT NULL)"
	"  STRICT, WITHOUT ROWID;"
	"ALTER TABLE messages ADD COLUMN stream TEXT;"
	"ALTER TABLE messages ADD COLUMN stream_count INTEGER NOT NULL DEFAULT 0;"
	/* What of the servers' archives is not here (archive.h), and what of that was fetched of one
	 * chat. */
	"CREATE TABLE archive_gaps ("
	"  id INTEGER PRIMARY KEY, account TEXT NOT NULL, archive TEXT NOT NULL,"
	"  start INTEGER NOT NULL, older TEXT, stop INTEGER NOT NULL, newer TEXT,"
	"  seq INTEGER NOT NULL) STRICT;"
	"CREATE INDEX archive_gaps_of ON archive_gaps (account, archive, stop);"
	"CREATE TABLE archive_fills ("
	"  account TEXT NOT NULL, peer TEXT NOT NULL, start INTEGER NOT NULL,"
	"  stop INTEGER NOT NULL, first TEXT,"
	"  PRIMARY KEY (account, peer, stop)) STRICT, WITHOUT ROWID;";

/* How strong the login of an account was. */
static const char version_5[] =
	"CREATE TABLE logins (account TEXT PRIMARY KEY, pin TEXT NOT NULL) STRICT, WITHOUT ROWID;";

/* Files that messages name: they go with their message, or when it is taken back. */
static const char version_6[] =
	"CREATE TABLE files ("
	"  message TEXT PRIMARY KEY, uri TEXT NOT NULL, name TEXT, type TEXT,"
	"  size INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE TRIGGER files_go AFTER DELETE ON messages BEGIN"
	"  DELETE FROM files WHERE message = old.id; END;"
	"CREATE TRIGGER files_retracted AFTER UPDATE OF retracted ON messages"
	"  WHEN new.retracted = 1 BEGIN DELETE FROM files WHERE message = new.id; END;";

/* How far each chat was read, as a place in it, and the id of a message that another device read and
 * that is not here yet. */
static const char version_7[] =
	"CREATE TABLE read_points ("
	"  account TEXT NOT NULL, peer TEXT NOT NULL, place INTEGER NOT NULL, awaited TEXT,"
	"  PRIMARY KEY (account, peer)) STRICT, WITHOUT ROWID;";

static const char version_8[] =
	"CREATE TABLE rooms ("
	"  account TEXT NOT NULL, address TEXT NOT NULL, nick TEXT NOT NULL, name TEXT,"
	"  wanted INTEGER NOT NULL, PRIMARY KEY (account, address)) STRICT, WITHOUT ROWID;";

/* What announced capabilities stand for: the same for everybody who announces them. */
static const char version_9[] =
	"CREATE TABLE clients ("
	"  seq INTEGER PRIMARY KEY AUTOINCREMENT, caps TEXT NOT NULL UNIQUE,"
	"  category TEXT NOT NULL, type TEXT NOT NULL, name TEXT NOT NULL,"
	"  features TEXT NOT NULL) STRICT;";

/* Who of a room it was, whatever the nick (XEP-0421). receipt: its sender asked for one (XEP-0184). */
static const char version_10[] =
	"ALTER TABLE messages ADD COLUMN occupant TEXT;"
	"ALTER TABLE messages ADD COLUMN receipt INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE reactions ADD COLUMN occupant TEXT;"
	"ALTER TABLE retractions ADD COLUMN occupant TEXT;";

static const char version_11[] =
	"ALTER TABLE contacts ADD COLUMN approved INTEGER NOT NULL DEFAULT 0;";

/* The daemon ended in these calls: nothing is known of them but that they are over. */
static const char close_calls[] =
	"UPDATE calls SET \"end\" = max(start, answer, 1), reason = 'failed',"
	"  text = 'the daemon ended during the call',"
	"  missed = (direction = 'incoming' AND answer = 0) WHERE \"end\" = 0";

static gboolean execute(Database *db, const char *sql, GError **error)
{
	if (db->handle && sqlite3_exec(db->handle, sql, NULL, NULL, NULL) == SQLITE_OK)
		return TRUE;
	if (db->handle)
		database_set_error(db, error);
	return FALSE;
}

static const char *const steps[] = { version_1, version_2,  version_3, version_4,
				     version_5, version_6,  version_7, version_8,
				     version_9, version_10, version_11 };
G_STATIC_ASSERT(G_N_ELEMENTS(steps) == SCHEMA_VERSION);

static gboolean upgrade(Database *db, gint64 version, GError **error)
{
	for (gsize i = (gsize)MAX(version, 0); i < G_N_ELEMENTS(steps); i++) {
		g_autofree char *mark =
			g_strdup_printf("PRAGMA user_version=%" G_GSIZE_FORMAT, i + 1);

		if (!execute(db, steps[i], error) || !execute(db, mark, error))
			return FALSE;
	}
	return TRUE;
}

gboolean schema_migrate(Database *db, gint64 version, GError **error)
{
	if (!execute(db, "BEGIN IMMEDIATE", error))
		return FALSE;
	if (upgrade(db, version, error) && execute(db, close_calls, error) &&
	    execute(db, "COMMIT", error))
		return TRUE;
	if (db->handle && !sqlite3_get_autocommit(db->handle))
		sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
	return FALSE;
}
