/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cached rosters and vCards. */
/* Main thread; the functions that take a Database run on the history's worker. */
#include "daemon/store/cache.h"

#include "daemon/base/error.h"
#include "daemon/store/history-private.h"

/* Lists are kept in GVariant's text form: readable, and read back under a type. */
#define PHONES_TYPE "a(sasus)" /* uri, types, preference, source */

CusaxCachedContact *cusax_cached_contact_new(const char *address)
{
	CusaxCachedContact *contact = g_new0(CusaxCachedContact, 1);

	contact->address = g_strdup(address);
	contact->groups = g_new0(char *, 1);
	return contact;
}

void cusax_cached_contact_free(CusaxCachedContact *contact)
{
	if (!contact)
		return;
	g_free(contact->address);
	g_free(contact->name);
	g_strfreev(contact->groups);
	g_free(contact);
}

CusaxCachedVcard *cusax_cached_vcard_new(const char *address)
{
	CusaxCachedVcard *vcard = g_new0(CusaxCachedVcard, 1);

	vcard->address = g_strdup(address);
	vcard->phones = g_ptr_array_new_with_free_func((GDestroyNotify)cusax_phone_free);
	return vcard;
}

void cusax_cached_vcard_free(CusaxCachedVcard *vcard)
{
	if (!vcard)
		return;
	g_free(vcard->address);
	g_free(vcard->full_name);
	g_free(vcard->photo_hash);
	g_ptr_array_unref(vcard->phones);
	g_free(vcard);
}

void cusax_roster_cache_free(CusaxRosterCache *cache)
{
	if (!cache)
		return;
	g_free(cache->login_pin);
	g_free(cache->version);
	g_ptr_array_unref(cache->contacts);
	g_ptr_array_unref(cache->vcards);
	g_free(cache);
}

/* GVariant takes UTF-8 only; a server's text may be anything. */
static char *print_words(const char *const *words)
{
	g_auto(GVariantBuilder) list = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_STRING_ARRAY);
	g_autoptr(GVariant) value = NULL;

	for (guint i = 0; words[i]; i++)
		g_variant_builder_add_value(
			&list, g_variant_new_take_string(g_utf8_make_valid(words[i], -1)));
	value = g_variant_ref_sink(g_variant_builder_end(&list));
	return g_variant_print(value, FALSE);
}

static GStrv parse_words(const char *text)
{
	g_autoptr(GVariant) value =
		g_variant_parse(G_VARIANT_TYPE_STRING_ARRAY, text, NULL, NULL, NULL);

	return value ? g_variant_dup_strv(value, NULL) : g_new0(char *, 1);
}

static char *print_phones(const GPtrArray *phones)
{
	g_auto(GVariantBuilder) list = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE(PHONES_TYPE));
	g_autoptr(GVariant) value = NULL;

	for (guint i = 0; i < phones->len; i++) {
		const CusaxPhone *phone = phones->pdata[i];
		g_autofree char *uri = g_utf8_make_valid(phone->uri ? phone->uri : "", -1);
		g_autofree char *types = print_words((const char *const *)phone->types);
		g_autoptr(GVariant) words =
			g_variant_parse(G_VARIANT_TYPE_STRING_ARRAY, types, NULL, NULL, NULL);

		g_variant_builder_add(&list, "(s@asus)", uri, words, phone->preference,
				      cusax_word(CUSAX_TYPE_SOURCE, phone->source));
	}
	value = g_variant_ref_sink(g_variant_builder_end(&list));
	return g_variant_print(value, FALSE);
}

static void parse_phones(const char *text, GPtrArray *phones)
{
	g_autoptr(GVariant) value =
		g_variant_parse(G_VARIANT_TYPE(PHONES_TYPE), text, NULL, NULL, NULL);
	const char *uri, *word;
	GVariantIter iter;
	guint preference;
	GVariant *types;

	if (!value)
		return;
	g_variant_iter_init(&iter, value);
	while (g_variant_iter_loop(&iter, "(&s@asu&s)", &uri, &types, &preference, &word)) {
		g_autofree const char **words = g_variant_get_strv(types, NULL);
		int source = CUSAX_SOURCE_NONE;
		CusaxPhone *phone;

		cusax_word_parse(CUSAX_TYPE_SOURCE, word, &source);
		phone = cusax_phone_new(uri, words, source);
		phone->preference = preference;
		g_ptr_array_add(phones, phone);
	}
}

/* One request of any kind; free_part frees what the kind brought. */
typedef struct {
	char *account;
	char *version;
	char *address;
	char *login_pin;
	GPtrArray *contacts;
	CusaxCachedVcard *vcard;
	CusaxRosterCache *answer;
} Request;

static Request *request_new(const char *account)
{
	Request *request = g_new0(Request, 1);

	request->account = g_strdup(account);
	return request;
}

static void request_free(gpointer data)
{
	Request *request = data;

	g_free(request->account);
	g_free(request->version);
	g_free(request->address);
	g_free(request->login_pin);
	g_clear_pointer(&request->contacts, g_ptr_array_unref);
	cusax_cached_vcard_free(request->vcard);
	cusax_roster_cache_free(request->answer);
	g_free(request);
}

static gboolean load_contacts(Database *db, const char *account, GPtrArray *contacts,
			      GError **error)
{
	sqlite3_stmt *row =
		database_query(db, error,
			       "SELECT address, name, groups, subscription, asked, approved FROM"
			       " contacts"
			       " WHERE account = ?1",
			       "s", account);
	int more = -1;

	while (row && (more = database_step(db, row, error)) == 1) {
		CusaxCachedContact *contact = g_new0(CusaxCachedContact, 1);

		contact->address = database_text(row, 0);
		contact->name = database_text(row, 1);
		contact->groups = parse_words((const char *)sqlite3_column_text(row, 2));
		contact->subscription =
			database_word(row, 3, CUSAX_TYPE_SUBSCRIPTION, CUSAX_SUBSCRIPTION_NONE);
		contact->asked = sqlite3_column_int(row, 4) != 0;
		contact->approved = sqlite3_column_int(row, 5) != 0;
		g_ptr_array_add(contacts, contact);
	}
	return more == 0;
}

static gboolean load_vcards(Database *db, const char *account, GPtrArray *vcards, GError **error)
{
	sqlite3_stmt *row =
		database_query(db, error,
			       "SELECT address, absent, full_name, photo_hash, phones, fetched"
			       " FROM vcards WHERE account = ?1",
			       "s", account);
	int more = -1;

	while (row && (more = database_step(db, row, error)) == 1) {
		CusaxCachedVcard *vcard = cusax_cached_vcard_new(NULL);

		vcard->address = database_text(row, 0);
		vcard->absent = sqlite3_column_int(row, 1) != 0;
		vcard->full_name = database_text(row, 2);
		vcard->photo_hash = database_text(row, 3);
		parse_phones((const char *)sqlite3_column_text(row, 4), vcard->phones);
		vcard->fetched = sqlite3_column_int64(row, 5);
		g_ptr_array_add(vcards, vcard);
	}
	return more == 0;
}

static gboolean load_login_pin(Database *db, Request *request, GError **error)
{
	sqlite3_stmt *row = database_query(db, error, "SELECT pin FROM logins WHERE account = ?1",
					   "s", request->account);
	int more = row ? database_step(db, row, error) : -1;

	if (more == 1) {
		request->answer->login_pin = database_text(row, 0);
		sqlite3_reset(row);
	}
	return more >= 0;
}

static gboolean load(Database *db, gpointer data, GError **error)
{
	Request *request = data;
	CusaxRosterCache *cache = g_new0(CusaxRosterCache, 1);
	sqlite3_stmt *row = database_query(
		db, error, "SELECT version FROM rosters WHERE account = ?1", "s", request->account);
	int more = row ? database_step(db, row, error) : -1;

	request->answer = cache;
	cache->contacts = g_ptr_array_new_with_free_func((GDestroyNotify)cusax_cached_contact_free);
	cache->vcards = g_ptr_array_new_with_free_func((GDestroyNotify)cusax_cached_vcard_free);
	if (more == 1) {
		cache->version = database_text(row, 0);
		sqlite3_reset(row);
	}
	return more >= 0 && load_login_pin(db, request, error) &&
	       load_contacts(db, request->account, cache->contacts, error) &&
	       load_vcards(db, request->account, cache->vcards, error);
}

static gboolean write_version(Database *db, const Request *request, GError **error)
{
	return database_run(db, error,
			    "INSERT OR REPLACE INTO rosters (account, version) VALUES (?1, ?2)",
			    "ss", request->account, request->version);
}

static gboolean write_contact(Database *db, const char *account, const CusaxCachedContact *contact,
			      GError **error)
{
	g_autofree char *groups = print_words((const char *const *)contact->groups);

	return database_run(db, error,
			    "INSERT OR REPLACE INTO contacts"
			    " (account, address, name, groups, subscription, asked, approved)"
			    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
			    "sssssii", account, contact->address, contact->name, groups,
			    cusax_word(CUSAX_TYPE_SUBSCRIPTION, contact->subscription),
			    (gint64)contact->asked, (gint64)contact->approved);
}

static gboolean put_contacts(Database *db, gpointer data, GError **error)
{
	Request *request = data;

	if (!write_version(db, request, error))
		return FALSE;
	for (guint i = 0; i < request->contacts->len; i++) {
		if (!write_contact(db, request->account, request->contacts->pdata[i], error))
			return FALSE;
	}
	return TRUE;
}

static gboolean set_roster(Database *db, gpointer data, GError **error)
{
	Request *request = data;

	return database_run(db, error, "DELETE FROM contacts WHERE account = ?1", "s",
			    request->account) &&
	       put_contacts(db, data, error);
}

static gboolean remove_contact(Database *db, gpointer data, GError **error)
{
	Request *request = data;

	return write_version(db, request, error) &&
	       database_run(db, error, "DELETE FROM contacts WHERE account = ?1 AND address = ?2",
			    "ss", request->account, request->address);
}

static gboolean put_vcard(Database *db, gpointer data, GError **error)
{
	Request *request = data;
	const CusaxCachedVcard *vcard = request->vcard;
	g_autofree char *phones = print_phones(vcard->phones);

	return database_run(db, error,
			    "INSERT OR REPLACE INTO vcards"
			    " (account, address, absent, full_name, photo_hash, phones, fetched)"
			    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
			    "ssisssi", request->account, vcard->address, (gint64)vcard->absent,
			    vcard->full_name, vcard->photo_hash, phones, vcard->fetched);
}

static gboolean set_login_pin(Database *db, gpointer data, GError **error)
{
	Request *request = data;

	if (!request->login_pin)
		return database_run(db, error, "DELETE FROM logins WHERE account = ?1", "s",
				    request->account);
	return database_run(db, error,
			    "INSERT OR REPLACE INTO logins (account, pin) VALUES (?1, ?2)", "ss",
			    request->account, request->login_pin);
}

static gboolean forget(Database *db, gpointer data, GError **error)
{
	Request *request = data;

	return database_run(db, error, "DELETE FROM rosters WHERE account = ?1", "s",
			    request->account) &&
	       database_run(db, error, "DELETE FROM contacts WHERE account = ?1", "s",
			    request->account) &&
	       database_run(db, error, "DELETE FROM vcards WHERE account = ?1", "s",
			    request->account) &&
	       database_run(db, error, "DELETE FROM streams WHERE account = ?1", "s",
			    request->account) &&
	       database_run(db, error, "DELETE FROM archive_gaps WHERE account = ?1", "s",
			    request->account) &&
	       database_run(db, error, "DELETE FROM archive_fills WHERE account = ?1", "s",
			    request->account) &&
	       database_run(db, error, "DELETE FROM logins WHERE account = ?1", "s",
			    request->account);
}

void cusax_history_get_cache_async(CusaxHistory *history, const char *account,
				   GAsyncReadyCallback callback, gpointer data)
{
	history_submit(history, HISTORY_READ, load, request_new(account), request_free,
		       cusax_history_get_cache_async, callback, data);
}

CusaxRosterCache *cusax_history_get_cache_finish(G_GNUC_UNUSED CusaxHistory *history,
						 GAsyncResult *result, GError **error)
{
	Request *request = history_finish(result, cusax_history_get_cache_async, error);

	return request ? g_steal_pointer(&request->answer) : NULL;
}

static void submit(CusaxHistory *history, HistoryRun run, Request *request,
		   GAsyncReadyCallback callback, gpointer data)
{
	history_submit(history, HISTORY_WRITE, run, request, request_free,
		       cusax_history_cache_finish, callback, data);
}

void cusax_history_set_roster_async(CusaxHistory *history, const char *account, const char *version,
				    GPtrArray *contacts, GAsyncReadyCallback callback,
				    gpointer data)
{
	Request *request = request_new(account);

	request->version = g_strdup(version);
	request->contacts = contacts;
	submit(history, set_roster, request, callback, data);
}

void cusax_history_put_contacts_async(CusaxHistory *history, const char *account,
				      const char *version, GPtrArray *contacts,
				      GAsyncReadyCallback callback, gpointer data)
{
	Request *request = request_new(account);

	request->version = g_strdup(version);
	request->contacts = contacts;
	submit(history, put_contacts, request, callback, data);
}

void cusax_history_remove_contact_async(CusaxHistory *history, const char *account,
					const char *version, const char *address,
					GAsyncReadyCallback callback, gpointer data)
{
	Request *request = request_new(account);

	request->version = g_strdup(version);
	request->address = g_strdup(address);
	submit(history, remove_contact, request, callback, data);
}

void cusax_history_put_vcard_async(CusaxHistory *history, const char *account,
				   CusaxCachedVcard *vcard, GAsyncReadyCallback callback,
				   gpointer data)
{
	Request *request = request_new(account);

	request->vcard = vcard;
	submit(history, put_vcard, request, callback, data);
}

void cusax_history_set_login_pin_async(CusaxHistory *history, const char *account, const char *pin,
				       GAsyncReadyCallback callback, gpointer data)
{
	Request *request = request_new(account);

	request->login_pin = g_strdup(pin);
	submit(history, set_login_pin, request, callback, data);
}

void cusax_history_forget_cache_async(CusaxHistory *history, const char *account,
				      GAsyncReadyCallback callback, gpointer data)
{
	submit(history, forget, request_new(account), callback, data);
}

gboolean cusax_history_cache_finish(G_GNUC_UNUSED CusaxHistory *history, GAsyncResult *result,
				    GError **error)
{
	return history_finish(result, cusax_history_cache_finish, error) != NULL;
}
