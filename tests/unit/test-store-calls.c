/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The call log, and the caches of rosters and vCards. */
/* Main thread. */
#include "daemon/store/cache.h"
#include "daemon/store/calls.h"
#include "tests/unit/store-history.h"

static CusaxCallRecord *call(const char *id, CusaxCallDirection direction, gint64 start)
{
	CusaxCallRecord *record = cusax_call_record_new(id, "s1", direction);

	record->uri = g_strdup("sip:bob@sip.test");
	record->start = start;
	record->end = start + 10;
	record->reason = CUSAX_END_REMOTE_HANGUP;
	return record;
}

/* Takes record. */
static void put_call(StoreFixture *f, CusaxCallRecord *record)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GAsyncResult) result =
		store_await(cusax_history_put_call_async, f->history, record);

	cusax_history_put_call_finish(f->history, result, &error);
	g_assert_no_error(error);
	cusax_call_record_free(record);
}

static GPtrArray *calls(StoreFixture *f, const CusaxCallFilter *filter)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GAsyncResult) result =
		store_await(cusax_history_get_calls_async, f->history, filter);
	GPtrArray *found = cusax_history_get_calls_finish(f->history, result, &error);

	g_assert_no_error(error);
	return found;
}

static void assert_calls(StoreFixture *f, CusaxCallFilter filter, const char *wanted)
{
	g_autoptr(GPtrArray) found = calls(f, &filter);
	g_autoptr(GString) joined = g_string_new(NULL);

	for (guint i = 0; i < found->len; i++)
		g_string_append_printf(joined, "%s%s", i ? " " : "",
				       ((CusaxCallRecord *)found->pdata[i])->id);
	g_assert_cmpstr(joined->str, ==, wanted);
}

static void test_whole_call(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	CusaxCallRecord *record = call("c1", CUSAX_CALL_INCOMING_DIRECTION, 1000), *read;
	g_autoptr(CusaxCallRecord) copy = NULL;
	g_autoptr(GPtrArray) found = NULL;

	record->service = g_strdup("p1");
	record->name = g_strdup("Bob");
	record->contact_account = g_strdup(ALICE);
	record->contact_address = g_strdup(BOB);
	record->claimed_address = g_strdup(BOB);
	record->identity = CUSAX_IDENTITY_VERIFIED;
	record->identity_source = g_strdup("vcard");
	record->answer = 1003;
	record->code = 200;
	record->text = g_strdup("OK");
	record->encryption = CUSAX_ENCRYPTION_SDES_SRTP;
	record->codec = g_strdup("opus/48000/2");
	record->charges = CUSAX_CHARGES_POSSIBLE;
	copy = cusax_call_record_copy(record);
	put_call(f, record);
	store_reopen(f);
	found = calls(f, &(CusaxCallFilter){ 0 });
	g_assert_cmpuint(found->len, ==, 1);
	read = found->pdata[0];
	g_assert_cmpstr(read->id, ==, copy->id);
	g_assert_cmpstr(read->account, ==, copy->account);
	g_assert_cmpstr(read->service, ==, copy->service);
	g_assert_cmpint(read->direction, ==, copy->direction);
	g_assert_cmpstr(read->uri, ==, copy->uri);
	g_assert_cmpstr(read->name, ==, copy->name);
	g_assert_cmpstr(read->contact_account, ==, copy->contact_account);
	g_assert_cmpstr(read->contact_address, ==, copy->contact_address);
	g_assert_cmpstr(read->claimed_address, ==, copy->claimed_address);
	g_assert_cmpint(read->identity, ==, copy->identity);
	g_assert_cmpstr(read->identity_source, ==, copy->identity_source);
	g_assert_cmpint(read->start, ==, copy->start);
	g_assert_cmpint(read->answer, ==, copy->answer);
	g_assert_cmpint(read->end, ==, copy->end);
	g_assert_cmpint(read->reason, ==, copy->reason);
	g_assert_cmpuint(read->code, ==, copy->code);
	g_assert_cmpstr(read->text, ==, copy->text);
	g_assert_cmpint(read->encryption, ==, copy->encryption);
	g_assert_cmpstr(read->codec, ==, copy->codec);
	g_assert_cmpint(read->charges, ==, copy->charges);
	g_assert_false(read->missed);
	g_assert_false(read->seen);
}

static void test_call_log(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	CusaxCallFilter unknown = { .before = "c9" };
	g_autoptr(GAsyncResult) result = NULL, count = NULL, some = NULL, all = NULL;
	g_autoptr(GError) error = NULL;

	for (guint i = 0; i < 5; i++) {
		g_autofree char *id = g_strdup_printf("c%u", i);
		CusaxCallRecord *record = call(id, CUSAX_CALL_INCOMING_DIRECTION, 1000 + i);

		record->missed = i % 2 == 0;
		if (i < 2) {
			record->contact_account = g_strdup(ALICE);
			record->contact_address = g_strdup(BOB);
		}
		put_call(f, record);
	}
	assert_calls(f, (CusaxCallFilter){ 0 }, "c4 c3 c2 c1 c0");
	assert_calls(f, (CusaxCallFilter){ .before = "c3", .limit = 2 }, "c2 c1");
	assert_calls(f, (CusaxCallFilter){ .missed = TRUE }, "c4 c2 c0");
	assert_calls(f, (CusaxCallFilter){ .contact_account = ALICE, .contact_address = BOB },
		     "c1 c0");
	result = store_await(cusax_history_get_calls_async, f->history, &unknown);
	g_assert_null(cusax_history_get_calls_finish(f->history, result, &error));
	store_assert_code(&error, CUSAX_ERROR_NOT_FOUND);

	count = store_await(cusax_history_count_missed_async, f->history);
	g_assert_cmpint(cusax_history_count_missed_finish(f->history, count, NULL), ==, 3);
	some = store_await(cusax_history_mark_seen_async, f->history, "c2");
	g_assert_cmpint(cusax_history_mark_seen_finish(f->history, some, NULL), ==, 1);
	all = store_await(cusax_history_mark_seen_async, f->history, NULL);
	g_assert_cmpint(cusax_history_mark_seen_finish(f->history, all, NULL), ==, 0);
}

static void test_call_updates(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	CusaxCallRecord *record = call("c1", CUSAX_CALL_OUTGOING_DIRECTION, 1000);
	g_autoptr(GPtrArray) found = NULL;

	record->end = 0;
	put_call(f, record);
	put_call(f, call("c2", CUSAX_CALL_OUTGOING_DIRECTION, 1001));
	record = call("c1", CUSAX_CALL_OUTGOING_DIRECTION, 1000);
	record->reason = CUSAX_END_BUSY;
	record->code = 486;
	put_call(f, record);
	assert_calls(f, (CusaxCallFilter){ 0 }, "c2 c1");
	found = calls(f, &(CusaxCallFilter){ .before = "c2" });
	g_assert_cmpuint(((CusaxCallRecord *)found->pdata[0])->code, ==, 486);
	g_assert_cmpint(((CusaxCallRecord *)found->pdata[0])->reason, ==, CUSAX_END_BUSY);
}

static void test_call_left_open(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	CusaxCallRecord *ringing = call("c1", CUSAX_CALL_INCOMING_DIRECTION, 1000), *read;
	CusaxCallRecord *talking = call("c2", CUSAX_CALL_INCOMING_DIRECTION, 2000);
	g_autoptr(GPtrArray) found = NULL;

	ringing->end = talking->end = 0;
	talking->answer = 2005;
	put_call(f, ringing);
	put_call(f, talking);
	store_reopen(f);
	found = calls(f, &(CusaxCallFilter){ 0 });
	read = found->pdata[0];
	g_assert_cmpint(read->reason, ==, CUSAX_END_FAILED);
	g_assert_cmpint(read->end, ==, 2005);
	g_assert_false(read->missed);
	read = found->pdata[1];
	g_assert_cmpint(read->end, ==, 1000);
	g_assert_true(read->missed);
}

static void finish_cache(StoreFixture *f, GAsyncResult *result)
{
	g_autoptr(GError) error = NULL;

	cusax_history_cache_finish(f->history, result, &error);
	g_assert_no_error(error);
	g_object_unref(result);
}

static CusaxRosterCache *load_cache(StoreFixture *f, const char *account)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GAsyncResult) result =
		store_await(cusax_history_get_cache_async, f->history, account);
	CusaxRosterCache *cache = cusax_history_get_cache_finish(f->history, result, &error);

	g_assert_no_error(error);
	return cache;
}

static CusaxCachedContact *contact(const char *address, const char *name)
{
	CusaxCachedContact *c = cusax_cached_contact_new(address);

	c->name = g_strdup(name);
	return c;
}

static void test_roster_cache(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	static const char *const groups[] = { "Friends", "it's \"odd\"", NULL };
	GPtrArray *all = g_ptr_array_new_with_free_func((GDestroyNotify)cusax_cached_contact_free);
	CusaxCachedContact *bob = contact(BOB, "Bob");
	CusaxRosterCache *cache;

	g_strfreev(bob->groups);
	bob->groups = g_strdupv((GStrv)groups);
	bob->subscription = CUSAX_SUBSCRIPTION_BOTH;
	bob->asked = TRUE;
	g_ptr_array_add(all, bob);
	g_ptr_array_add(all, contact("carol@xmpp.test", NULL));
	finish_cache(f, store_await(cusax_history_set_roster_async, f->history, ALICE, "v1", all));
	store_reopen(f);
	cache = load_cache(f, ALICE);
	g_assert_cmpstr(cache->version, ==, "v1");
	g_assert_cmpuint(cache->contacts->len, ==, 2);
	bob = cache->contacts->pdata[0];
	g_assert_cmpstr(bob->address, ==, BOB);
	g_assert_cmpstr(bob->name, ==, "Bob");
	g_assert_cmpstrv(bob->groups, groups);
	g_assert_cmpint(bob->subscription, ==, CUSAX_SUBSCRIPTION_BOTH);
	g_assert_true(bob->asked);
	g_assert_null(((CusaxCachedContact *)cache->contacts->pdata[1])->name);
	cusax_roster_cache_free(cache);

	all = g_ptr_array_new_with_free_func((GDestroyNotify)cusax_cached_contact_free);
	g_ptr_array_add(all, contact(BOB, "Robert"));
	finish_cache(f,
		     store_await(cusax_history_put_contacts_async, f->history, ALICE, "v2", all));
	finish_cache(f, store_await(cusax_history_remove_contact_async, f->history, ALICE, "v3",
				    "carol@xmpp.test"));
	cache = load_cache(f, ALICE);
	g_assert_cmpstr(cache->version, ==, "v3");
	g_assert_cmpuint(cache->contacts->len, ==, 1);
	g_assert_cmpstr(((CusaxCachedContact *)cache->contacts->pdata[0])->name, ==, "Robert");
	cusax_roster_cache_free(cache);

	finish_cache(f, store_await(cusax_history_forget_cache_async, f->history, ALICE));
	cache = load_cache(f, ALICE);
	g_assert_null(cache->version);
	g_assert_cmpuint(cache->contacts->len, ==, 0);
	cusax_roster_cache_free(cache);
}

static void test_vcard_cache(StoreFixture *f, G_GNUC_UNUSED gconstpointer data)
{
	static const char *const types[] = { "voice", "home", NULL };
	CusaxCachedVcard *vcard = cusax_cached_vcard_new(BOB);
	CusaxPhone *phone = cusax_phone_new("tel:+33 1 \"x\"", types, CUSAX_SOURCE_VCARD);
	g_autoptr(CusaxRosterCache) cache = NULL, other = NULL;

	phone->preference = 2;
	g_ptr_array_add(vcard->phones, phone);
	g_ptr_array_add(vcard->phones, cusax_phone_new("sip:b@x", NULL, CUSAX_SOURCE_VCARD4));
	vcard->full_name = g_strdup("Bob Builder");
	vcard->photo_hash = g_strdup("da39a3ee");
	vcard->fetched = 42;
	finish_cache(f, store_await(cusax_history_put_vcard_async, f->history, ALICE, vcard));
	vcard = cusax_cached_vcard_new("carol@xmpp.test");
	vcard->absent = TRUE;
	finish_cache(f, store_await(cusax_history_put_vcard_async, f->history, ALICE, vcard));
	store_reopen(f);
	cache = load_cache(f, ALICE);
	g_assert_cmpuint(cache->vcards->len, ==, 2);
	vcard = cache->vcards->pdata[0];
	g_assert_cmpstr(vcard->address, ==, BOB);
	g_assert_cmpstr(vcard->full_name, ==, "Bob Builder");
	g_assert_cmpstr(vcard->photo_hash, ==, "da39a3ee");
	g_assert_cmpint(vcard->fetched, ==, 42);
	g_assert_false(vcard->absent);
	g_assert_cmpuint(vcard->phones->len, ==, 2);
	phone = vcard->phones->pdata[0];
	g_assert_cmpstr(phone->uri, ==, "tel:+33 1 \"x\"");
	g_assert_cmpstrv(phone->types, types);
	g_assert_cmpuint(phone->preference, ==, 2);
	g_assert_cmpint(phone->source, ==, CUSAX_SOURCE_VCARD);
	phone = vcard->phones->pdata[1];
	g_assert_cmpstr(phone->uri, ==, "sip:b@x");
	g_assert_cmpuint(g_strv_length(phone->types), ==, 0);
	g_assert_cmpint(phone->source, ==, CUSAX_SOURCE_VCARD4);
	g_assert_true(((CusaxCachedVcard *)cache->vcards->pdata[1])->absent);
	other = load_cache(f, "x2");
	g_assert_cmpuint(other->vcards->len, ==, 0);
}

#define ADD(name, data, test)                                                                      \
	g_test_add("/store/calls/" name, StoreFixture, data, store_set_up, test, store_tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("a call is read as it was written", NULL, test_whole_call);
	ADD("the call log by cursor, contact and missed", NULL, test_call_log);
	ADD("a call is kept up to date under its id", NULL, test_call_updates);
	ADD("a call left open by an earlier run is closed", NULL, test_call_left_open);
	ADD("a roster survives with its version", NULL, test_roster_cache);
	ADD("vCards survive", NULL, test_vcard_cache);
	return g_test_run();
}
