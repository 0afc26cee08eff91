/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The key file: what is kept, what is refused, what a damaged or hostile file can do. */
/* Main thread. */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/store/config.h"
#include "tests/unit/store-support.h"

typedef struct {
	char *folder;
	char *path;
} Fixture;

static void set_up(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	f->folder = store_folder_new();
	f->path = g_build_filename(f->folder, "cusaxd.conf", NULL);
}

static void tear_down(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_free(f->path);
	store_folder_remove(f->folder);
}

static char *contents(const char *path)
{
	char *text = NULL;

	g_file_get_contents(path, &text, NULL, NULL);
	return text;
}

static gboolean exists(Fixture *f, const char *name)
{
	g_autofree char *path = g_build_filename(f->folder, name, NULL);

	return g_file_test(path, G_FILE_TEST_EXISTS);
}

static GVariant *map(const char *text)
{
	return g_variant_ref_sink(g_variant_new_parsed(text));
}

static void save(CusaxConfig *config)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GAsyncResult) result = store_await(cusax_config_save_async, config);

	cusax_config_save_finish(config, result, &error);
	g_assert_no_error(error);
}

static void add_xmpp(CusaxConfig *config, const char *id, const char *settings)
{
	g_autoptr(GVariant) values = map(settings);
	g_autoptr(GError) error = NULL;

	cusax_config_add_account(config, id, CUSAX_PROTOCOL_XMPP, "alice@xmpp.test", values,
				 &error);
	g_assert_no_error(error);
}

static void add_sip(CusaxConfig *config, const char *id, const char *settings)
{
	g_autoptr(GVariant) values = map(settings);
	g_autoptr(GError) error = NULL;

	cusax_config_add_account(config, id, CUSAX_PROTOCOL_SIP, "alice@sip.test", values, &error);
	g_assert_no_error(error);
}

static gboolean change(CusaxConfig *config, const char *id, const char *changes, GError **error)
{
	g_autoptr(GVariant) values = map(changes);

	return cusax_config_change_account(config, id, values, error);
}

static void test_first_start(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree char *deep = g_build_filename(f->folder, "a", "cusaxd", NULL);
	g_autoptr(CusaxConfig) config = cusax_config_load(deep);
	struct stat status;

	g_assert_cmpint(cusax_config_state(config), ==, CUSAX_CONFIG_GOOD);
	g_assert_cmpuint(cusax_config_problems(config)->len, ==, 0);
	g_assert_cmpuint(cusax_config_accounts(config)->len, ==, 0);
	g_assert_cmpint(g_stat(deep, &status), ==, 0);
	g_assert_cmpint(status.st_mode & 0777, ==, 0700);
}

static void test_round_trip(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	CusaxConfig *config = cusax_config_load(f->folder);
	g_autoptr(GVariant) pair =
		map("{'name': <'Work; \\\\ é'>, 'connect-policy': <'both-required'>,"
		    " 'free': <['sip.test', 'a;b', ' lead']>}");
	g_autoptr(GVariant) policy =
		map("{'require-srtp': <true>, 'max-incoming-calls': <uint32 2>}");
	g_autofree char *before = NULL, *after = NULL;
	const CusaxConfigAccount *sip;
	const CusaxConfigService *service;
	g_autoptr(GVariant) found = NULL, wanted = NULL;
	guint16 low, high;
	struct stat status;

	add_xmpp(config, "x1",
		 "{'priority': <-5>, 'label': <' Chat'>, 'port': <uint32 5223>,"
		 " 'direct-tls': <true>, 'disabled-features': <['audio', 'video']>}");
	add_sip(config, "s1", "{'rtp-ports': <(uint16 30000, uint16 30100)>, 'srtp': <'require'>}");
	g_assert_true(
		cusax_config_add_service(config, "p1", "x1", "s1", "provisioned", pair, NULL));
	g_assert_true(cusax_config_change_policy(config, policy, NULL));
	save(config);
	cusax_config_free(config);
	before = contents(f->path);
	g_assert_cmpint(g_stat(f->path, &status), ==, 0);
	g_assert_cmpint(status.st_mode & 0777, ==, 0600);

	config = cusax_config_load(f->folder);
	g_assert_cmpuint(cusax_config_problems(config)->len, ==, 0);
	g_assert_cmpuint(cusax_config_accounts(config)->len, ==, 2);
	found = g_variant_ref_sink(
		cusax_settings_to_variant(cusax_config_account(config, "x1")->settings));
	wanted = map("{'label': <' Chat'>, 'disabled-features': <['audio', 'video']>,"
		     " 'port': <uint32 5223>, 'direct-tls': <true>, 'priority': <-5>}");
	g_assert_cmpvariant(found, wanted);
	sip = cusax_config_account(config, "s1");
	g_assert_cmpint(sip->protocol, ==, CUSAX_PROTOCOL_SIP);
	g_assert_cmpstr(sip->address, ==, "alice@sip.test");
	g_assert_true(sip->enabled);
	cusax_settings_ports(sip->settings, "rtp-ports", &low, &high);
	g_assert_cmpuint(low, ==, 30000);
	g_assert_cmpuint(high, ==, 30100);
	service = cusax_config_service(config, "p1");
	g_assert_cmpstr(service->origin, ==, "provisioned");
	g_assert_cmpstr(cusax_settings_string(service->settings, "name"), ==, "Work; \\ é");
	{
		g_auto(GStrv) free_list = cusax_settings_strv(service->settings, "free");

		g_assert_cmpuint(g_strv_length(free_list), ==, 3);
		g_assert_cmpstr(free_list[1], ==, "a;b");
		g_assert_cmpstr(free_list[2], ==, " lead");
	}
	g_assert_true(cusax_settings_boolean(cusax_config_policy(config), "require-srtp"));
	g_assert_cmpuint(cusax_settings_uint(cusax_config_policy(config), "max-incoming-calls"), ==,
			 2);
	save(config);
	cusax_config_free(config);
	after = contents(f->path);
	g_assert_cmpstr(before, ==, after);
}

static const char with_strangers[] = "# written by alice\n"
				     "[daemon]\n"
				     "schema=1\n"
				     "\n"
				     "# the one at work\n"
				     "[account x1]\n"
				     "protocol=xmpp\n"
				     "address=alice@xmpp.test\n"
				     "# loud\n"
				     "label=Work\n"
				     "label[de]=Arbeit\n"
				     "colour-of-the-day=blue\n"
				     "\n"
				     "[weather]\n"
				     "today=fair\n";

static void test_strangers_stay(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	static const char *const kept[] = {
		"# written by alice",     "# the one at work", "# loud",     "label[de]=Arbeit",
		"colour-of-the-day=blue", "[weather]",         "today=fair", "label=Home"
	};
	CusaxConfig *config;
	g_autofree char *text = NULL;

	store_put(with_strangers, f->folder, "cusaxd.conf");
	config = cusax_config_load(f->folder);
	g_assert_true(cusax_config_account(config, "x1")->enabled);
	g_assert_true(change(config, "x1", "{'label': <'Home'>}", NULL));
	save(config);
	cusax_config_free(config);
	text = contents(f->path);
	for (guint i = 0; i < G_N_ELEMENTS(kept); i++)
		g_assert_nonnull(strstr(text, kept[i]));
}

/* One row of a file that is wrong, and what it does. */
typedef struct {
	const char *name;
	const char *rows; /* of [account s1], a SIP account */
	const char *key;  /* told as the problem */
} BadRow;

static const BadRow bad_rows[] = {
	{ "type", "ice=perhaps", "ice" },
	{ "word", "srtp=requir", "srtp" },
	{ "number", "expires=10m", "expires" },
	{ "out of range", "expires=4294967296", "expires" },
	{ "empty", "pin=", "pin" },
	{ "short pin", "pin=abcd", "pin" },
	{ "relative path", "ca-file=../ca.pem", "ca-file" },
	{ "ports", "rtp-ports=1-2", "rtp-ports" },
	{ "ports with a tail", "rtp-ports=20000-20100;", "rtp-ports" },
	{ "ports upside down", "rtp-ports=20100-20000", "rtp-ports" },
	{ "not UTF-8", "proxy=sip:\xff\xfe", "proxy" },
	{ "unknown escape", "proxy=a\\q", "proxy" },
	{ "control character", "proxy=a\\nb", "proxy" },
	{ "list", "codecs=opus;speex;", "codecs" },
	{ "slip in a key", "strp=require", "strp" },
	{ "key in capitals", "SRTP=require", "SRTP" },
	{ "feature", "disabled-features=audio;smell;", "disabled-features" },
	{ "second row good", "srtp=bad\ntransport=tls", "srtp" },
};

static void test_bad_row(Fixture *f, gconstpointer data)
{
	const BadRow *row = data;
	g_autofree char *text = g_strdup_printf("[daemon]\nschema=1\n[account s1]\nprotocol=sip\n"
						"address=alice@sip.test\n%s\n",
						row->rows);
	CusaxConfig *config;
	const CusaxConfigProblem *problem;
	g_autofree char *after = NULL;

	store_put(text, f->folder, "cusaxd.conf");
	config = cusax_config_load(f->folder);
	g_assert_cmpint(cusax_config_state(config), ==, CUSAX_CONFIG_GOOD);
	g_assert_false(cusax_config_account(config, "s1")->enabled);
	g_assert_nonnull(cusax_config_account(config, "s1")->problem);
	g_assert_cmpuint(cusax_config_problems(config)->len, ==, 1);
	problem = g_ptr_array_index(cusax_config_problems(config), 0);
	g_assert_cmpstr(problem->group, ==, "account s1");
	g_assert_cmpstr(problem->key, ==, row->key);
	g_assert_true(problem->restricts);
	g_assert_null(strstr(problem->reason, "perhaps"));

	/* Something else is changed: the row is still there, and still holds the account. */
	g_assert_true(change(config, "s1", "{'label': <'Home'>, 'enabled': <true>}", NULL));
	g_assert_false(cusax_config_account(config, "s1")->enabled);
	save(config);
	cusax_config_free(config);
	after = contents(f->path);
	g_assert_nonnull(strstr(after, row->rows));
}

static void test_mended(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(CusaxConfig) config = NULL;

	store_put("[account s1]\nprotocol=sip\naddress=alice@sip.test\nsrtp=bad\nexpires=1\n",
		  f->folder, "cusaxd.conf");
	config = cusax_config_load(f->folder);
	g_assert_true(change(config, "s1", "{'srtp': <'require'>}", NULL));
	g_assert_false(cusax_config_account(config, "s1")->enabled);
	g_assert_true(change(config, "s1", "{'expires': <uint32 60>}", NULL));
	g_assert_true(cusax_config_account(config, "s1")->enabled);
	g_assert_null(cusax_config_account(config, "s1")->problem);
}

static void test_policy_is_strict(Fixture *f, gconstpointer data)
{
	const char *text = data;
	g_autoptr(CusaxConfig) config = NULL;
	g_autoptr(GVariant) loud = map("{'notifications': <'full'>}");
	g_autofree char *after = NULL;

	store_put(text, f->folder, "cusaxd.conf");
	config = cusax_config_load(f->folder);
	g_assert_true(cusax_settings_boolean(cusax_config_policy(config), "require-srtp"));
	g_assert_cmpstr(cusax_settings_string(cusax_config_policy(config), "min-tls"), ==, "1.3");
	g_assert_cmpuint(cusax_config_problems(config)->len, >=, 1);

	/* What is strict for the time being is not written into the file. */
	g_assert_true(cusax_config_change_policy(config, loud, NULL));
	save(config);
	after = contents(f->path);
	g_assert_true(!strstr(after, "min-tls=1.3") == !strstr(text, "min-tls=1.3"));
	g_assert_true(cusax_settings_boolean(cusax_config_policy(config), "require-srtp"));
	g_assert_cmpstr(cusax_settings_string(cusax_config_policy(config), "notifications"), ==,
			"full");
}

static void test_bad_pair_holds_accounts(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(CusaxConfig) config = NULL;
	g_autoptr(GVariant) mend = map("{'connect-policy': <'both-required'>}");

	store_put("[account x1]\nprotocol=xmpp\naddress=a@xmpp.test\n"
		  "[account s1]\nprotocol=sip\naddress=a@sip.test\n"
		  "[service p1]\nchat=x1\ntelephony=s1\nconnect-policy=both-requird\n"
		  "[service p2]\nchat=x1\ntelephony=nobody\n"
		  "[service p3]\nchat=x1\ntelephony=s1\n",
		  f->folder, "cusaxd.conf");
	config = cusax_config_load(f->folder);
	g_assert_cmpuint(cusax_config_services(config)->len, ==, 1);
	g_assert_cmpuint(cusax_config_problems(config)->len, ==, 3);
	g_assert_false(cusax_config_account(config, "x1")->enabled);
	g_assert_false(cusax_config_account(config, "s1")->enabled);
	g_assert_true(cusax_config_change_service(config, "p1", mend, NULL));
	g_assert_true(cusax_config_account(config, "x1")->enabled);
	g_assert_true(cusax_config_account(config, "s1")->enabled);
}

static void test_unusable_groups(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(CusaxConfig) config = NULL;
	g_autoptr(GError) error = NULL;

	store_put("[account a]\nprotocol=h323\naddress=a@x\n[account b]\nprotocol=sip\n"
		  "[account ../c]\nprotocol=sip\naddress=a@x\n[account d]\nprotocol=sip\n"
		  "address=a\\nb\n",
		  f->folder, "cusaxd.conf");
	config = cusax_config_load(f->folder);
	g_assert_cmpuint(cusax_config_accounts(config)->len, ==, 0);
	g_assert_cmpuint(cusax_config_problems(config)->len, ==, 4);
	/* Their ids stay taken. */
	g_assert_false(
		cusax_config_add_account(config, "a", CUSAX_PROTOCOL_SIP, "a@x", NULL, &error));
	store_assert_code(&error, CUSAX_ERROR_WRONG_STATE);
}

static void test_set_aside(Fixture *f, gconstpointer data)
{
	const char *text = data;
	g_autofree char *kept = g_build_filename(f->folder, "cusaxd.conf.bad-1", NULL);
	CusaxConfig *config;
	g_autofree char *old = NULL;

	store_put(text, f->folder, "cusaxd.conf");
	config = cusax_config_load(f->folder);
	g_assert_cmpint(cusax_config_state(config), ==, CUSAX_CONFIG_SET_ASIDE);
	g_assert_cmpuint(cusax_config_problems(config)->len, ==, 1);
	g_assert_cmpuint(cusax_config_accounts(config)->len, ==, 0);
	old = contents(kept);
	g_assert_cmpstr(old, ==, text);
	add_xmpp(config, "x1", "@a{sv} {}");
	save(config);
	cusax_config_free(config);
	store_put(text, f->folder, "cusaxd.conf");
	cusax_config_free(cusax_config_load(f->folder));
	g_assert_true(exists(f, "cusaxd.conf.bad-2"));
}

static void test_zero_byte(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(CusaxConfig) config = NULL;

	g_assert_true(g_file_set_contents_full(f->path, "[daemon]\nschema=1\n\0[x", 22,
					       G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL));
	config = cusax_config_load(f->folder);
	g_assert_cmpint(cusax_config_state(config), ==, CUSAX_CONFIG_SET_ASIDE);
}

static void test_too_large(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(CusaxConfig) config = NULL;

	store_put("", f->folder, "cusaxd.conf");
	g_assert_cmpint(truncate(f->path, 5LL << 30), ==, 0);
	config = cusax_config_load(f->folder);
	g_assert_cmpint(cusax_config_state(config), ==, CUSAX_CONFIG_SET_ASIDE);
}

static void test_newer_schema(Fixture *f, gconstpointer data)
{
	const char *schema = data;
	g_autofree char *text = g_strdup_printf("[daemon]\nschema=%s\n[account x1]\n"
						"protocol=xmpp\naddress=a@xmpp.test\n",
						schema);
	g_autoptr(GAsyncResult) result = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *after = NULL;
	CusaxConfig *config;

	store_put(text, f->folder, "cusaxd.conf");
	config = cusax_config_load(f->folder);
	g_assert_cmpint(cusax_config_state(config), ==, CUSAX_CONFIG_READ_ONLY);
	g_assert_false(cusax_config_account(config, "x1")->enabled);
	g_assert_false(change(config, "x1", "{'label': <'Home'>}", &error));
	store_assert_code(&error, CUSAX_ERROR_REFUSED);
	result = store_await(cusax_config_save_async, config);
	g_assert_false(cusax_config_save_finish(config, result, &error));
	store_assert_code(&error, CUSAX_ERROR_REFUSED);
	cusax_config_free(config);
	after = contents(f->path);
	g_assert_cmpstr(text, ==, after);
}

typedef enum { LINK, LINKED_FOLDER, FIFO, FOLDER, WRITABLE, WRITABLE_FOLDER, FOREIGN } Hostile;

static void make_hostile(Fixture *f, Hostile kind, const char *folder, const char *path)
{
	g_autofree char *other = g_build_filename(f->folder, "other", NULL);

	g_assert_cmpint(g_mkdir(other, 0700), ==, 0);
	if (kind == LINKED_FOLDER) {
		g_assert_cmpint(symlink(other, folder), ==, 0);
		return;
	}
	g_assert_cmpint(g_mkdir(folder, 0700), ==, 0);
	store_put(with_strangers, other, "file");
	if (kind == LINK) {
		g_autofree char *target = g_build_filename(other, "file", NULL);

		g_assert_cmpint(symlink(target, path), ==, 0);
	} else if (kind == FIFO) {
		g_assert_cmpint(mkfifo(path, 0600), ==, 0);
	} else if (kind == FOLDER) {
		g_assert_cmpint(g_mkdir(path, 0700), ==, 0);
	} else {
		store_put(with_strangers, folder, "cusaxd.conf");
		if (kind == WRITABLE)
			g_assert_cmpint(g_chmod(path, 0620), ==, 0);
		else if (kind == WRITABLE_FOLDER)
			g_assert_cmpint(g_chmod(folder, 0702), ==, 0);
		else
			g_assert_cmpint(chown(path, 65534, 65534), ==, 0);
	}
}

static void test_hostile(Fixture *f, gconstpointer data)
{
	Hostile kind = GPOINTER_TO_INT(data);
	g_autofree char *folder = g_build_filename(f->folder, "cusaxd", NULL);
	g_autofree char *path = g_build_filename(folder, "cusaxd.conf", NULL);
	g_autoptr(CusaxConfig) config = NULL;
	g_autoptr(GError) error = NULL;

	if (kind == FOREIGN && geteuid() != 0) {
		g_test_skip("only root can give a file away");
		return;
	}
	make_hostile(f, kind, folder, path);
	config = cusax_config_load(folder);
	g_assert_cmpint(cusax_config_state(config), ==, CUSAX_CONFIG_REFUSED);
	g_assert_cmpuint(cusax_config_problems(config)->len, ==, 1);
	g_assert_cmpuint(cusax_config_accounts(config)->len, ==, 0);
	g_assert_false(
		cusax_config_add_account(config, "x1", CUSAX_PROTOCOL_XMPP, "a@x", NULL, &error));
	store_assert_code(&error, CUSAX_ERROR_REFUSED);
}

static void test_readable_is_tightened(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(CusaxConfig) config = NULL;
	struct stat status;

	store_put("[account x1]\nprotocol=xmpp\naddress=a@xmpp.test\n", f->folder, "cusaxd.conf");
	g_assert_cmpint(g_chmod(f->path, 0644), ==, 0);
	g_assert_cmpint(g_chmod(f->folder, 0755), ==, 0);
	config = cusax_config_load(f->folder);
	g_assert_cmpint(cusax_config_state(config), ==, CUSAX_CONFIG_GOOD);
	g_assert_true(cusax_config_account(config, "x1")->enabled);
	g_assert_cmpuint(cusax_config_problems(config)->len, ==, 1);
	g_assert_cmpint(g_stat(f->path, &status), ==, 0);
	g_assert_cmpint(status.st_mode & 0777, ==, 0600);
	g_assert_cmpint(g_stat(f->folder, &status), ==, 0);
	g_assert_cmpint(status.st_mode & 0777, ==, 0700);
}

static void test_arguments(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(CusaxConfig) config = cusax_config_load(f->folder);
	g_autoptr(GError) error = NULL;
	g_autofree char *fresh = cusax_config_fresh_id(config, "x");

	g_assert_cmpuint(strlen(fresh), ==, 9);
	add_xmpp(config, "x1", "@a{sv} {}");
	add_sip(config, "s1", "@a{sv} {}");
	g_assert_false(
		cusax_config_add_account(config, "x-1", CUSAX_PROTOCOL_XMPP, "a@x", NULL, &error));
	store_assert_code(&error, CUSAX_ERROR_INVALID_ARGUMENT);
	g_assert_false(
		cusax_config_add_account(config, "x2", CUSAX_PROTOCOL_XMPP, "a\nb", NULL, &error));
	store_assert_code(&error, CUSAX_ERROR_INVALID_ARGUMENT);
	g_assert_false(
		cusax_config_add_account(config, "x1", CUSAX_PROTOCOL_XMPP, "a@x", NULL, &error));
	store_assert_code(&error, CUSAX_ERROR_WRONG_STATE);
	g_assert_false(change(config, "x1", "{'srtp': <'off'>}", &error));
	g_assert_nonnull(strstr(error->message, "srtp"));
	store_assert_code(&error, CUSAX_ERROR_INVALID_ARGUMENT);
	g_assert_false(change(config, "x9", "{'label': <'a'>}", &error));
	store_assert_code(&error, CUSAX_ERROR_NOT_FOUND);
	g_assert_false(cusax_config_add_service(config, "p1", "s1", "x1", "manual", NULL, &error));
	g_assert_nonnull(strstr(error->message, "chat"));
	store_assert_code(&error, CUSAX_ERROR_INVALID_ARGUMENT);
	g_assert_true(cusax_config_add_service(config, "p1", "x1", "s1", "manual", NULL, NULL));
	g_assert_false(cusax_config_add_service(config, "p2", "x1", "s1", "manual", NULL, &error));
	store_assert_code(&error, CUSAX_ERROR_WRONG_STATE);
	g_assert_false(cusax_config_remove_account(config, "x1", &error));
	store_assert_code(&error, CUSAX_ERROR_WRONG_STATE);
	g_assert_true(cusax_config_remove_service(config, "p1", NULL));
	g_assert_true(cusax_config_remove_account(config, "x1", NULL));
	g_assert_false(cusax_config_remove_account(config, "x1", &error));
	store_assert_code(&error, CUSAX_ERROR_NOT_FOUND);
}

static void test_account_limit(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(CusaxConfig) config = cusax_config_load(f->folder);
	g_autoptr(GError) error = NULL;

	for (guint i = 0; i < CUSAX_CONFIG_MAX_ACCOUNTS; i++) {
		g_autofree char *id = g_strdup_printf("x%u", i);

		add_xmpp(config, id, "@a{sv} {}");
	}
	g_assert_false(
		cusax_config_add_account(config, "more", CUSAX_PROTOCOL_XMPP, "a@x", NULL, &error));
	store_assert_code(&error, CUSAX_ERROR_LIMIT_EXCEEDED);
}

static void on_saved(G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer data)
{
	GString *order = data;

	g_assert_true(g_task_propagate_boolean(G_TASK(result), NULL));
	g_string_append_c(order, 'a' + order->len);
}

static void test_saves_in_order(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	CusaxConfig *config = cusax_config_load(f->folder);
	g_autoptr(GString) order = g_string_new(NULL);
	g_autofree char *text = NULL;

	add_xmpp(config, "x1", "@a{sv} {}");
	for (guint i = 0; i < 20; i++) {
		g_autofree char *changes = g_strdup_printf("{'label': <'%u'>}", i);

		g_assert_true(change(config, "x1", changes, NULL));
		cusax_config_save_async(config, on_saved, order);
	}
	/* The end of the daemon does not lose the last of them. */
	cusax_config_free(config);
	while (order->len < 20)
		g_main_context_iteration(NULL, TRUE);
	text = contents(f->path);
	g_assert_nonnull(strstr(text, "label=19\n"));
}

static void test_edited_meanwhile(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree char *kept = g_build_filename(f->folder, "cusaxd.conf.edited-1", NULL);
	g_autoptr(CusaxConfig) config = cusax_config_load(f->folder);
	g_autofree char *text = NULL;

	add_xmpp(config, "x1", "@a{sv} {}");
	save(config);
	store_put("# mine\n", f->folder, "cusaxd.conf");
	save(config);
	text = contents(kept);
	g_assert_cmpstr(text, ==, "# mine\n");
	save(config);
	g_assert_false(exists(f, "cusaxd.conf.edited-2"));
}

static void test_failed_save(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree char *folder = g_build_filename(f->folder, "cusaxd", NULL);
	g_autoptr(CusaxConfig) config = cusax_config_load(folder);
	g_autoptr(GAsyncResult) result = NULL;
	g_autoptr(GError) error = NULL;

	add_xmpp(config, "x1", "@a{sv} {}");
	g_assert_cmpint(g_rmdir(folder), ==, 0);
	result = store_await(cusax_config_save_async, config);
	g_assert_false(cusax_config_save_finish(config, result, &error));
	g_assert_nonnull(error);
	g_assert_true(error->domain == CUSAX_ERROR);
}

/* R19: whatever happens to the bytes, loading ends, and never with less protection. */
static void test_mutations(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	static const char good[] = "[daemon]\nschema=1\n[account s1]\nprotocol=sip\n"
				   "address=alice@sip.test\nsrtp=require\ntransport=tls\n"
				   "[policy]\nrequire-srtp=true\nmin-tls=1.3\n";
	g_autoptr(GRand) rand = g_rand_new_with_seed(19);

	for (guint i = 0; i < 1500; i++) {
		g_autofree char *text = g_strdup(good);
		gsize at = g_rand_int_range(rand, 0, sizeof(good) - 1);
		CusaxConfig *config;
		const CusaxConfigAccount *account;

		text[at] ^= 1 << g_rand_int_range(rand, 0, 7);
		g_assert_true(g_file_set_contents_full(f->path, text, sizeof(good) - 1,
						       G_FILE_SET_CONTENTS_NONE, 0600, NULL));
		config = cusax_config_load(f->folder);
		account = cusax_config_account(config, "s1");
		if (account && account->enabled) {
			g_assert_cmpstr(cusax_settings_string(account->settings, "srtp"), ==,
					"require");
			g_assert_cmpstr(cusax_settings_string(account->settings, "transport"), ==,
					"tls");
			g_assert_true(cusax_settings_boolean(cusax_config_policy(config),
							     "require-srtp"));
		}
		cusax_config_free(config);
		g_remove(f->path);
	}
}

#define ADD(name, data, test)                                                                      \
	g_test_add("/store/config/" name, Fixture, data, set_up, test, tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("a missing file is an empty configuration", NULL, test_first_start);
	ADD("what is saved is loaded again, byte for byte", NULL, test_round_trip);
	ADD("unknown keys, groups and comments stay", NULL, test_strangers_stay);
	for (guint i = 0; i < G_N_ELEMENTS(bad_rows); i++) {
		g_autofree char *path = g_strdup_printf(
			"/store/config/a bad row disables and stays/%s", bad_rows[i].name);

		g_test_add(path, Fixture, &bad_rows[i], set_up, test_bad_row, tear_down);
	}
	ADD("an account comes back when its rows are mended", NULL, test_mended);
	ADD("a refused policy is the strictest/value",
	    "[policy]\nrequire-srtp=perhaps\nmin-tls=1\n", test_policy_is_strict);
	ADD("a refused policy is the strictest/key", "[policy]\nrequire-strp=true\nmim-tls=1.3\n",
	    test_policy_is_strict);
	ADD("a refused policy is the strictest/group", "[Policy]\nrequire-srtp=true\nmin-tls=1.3\n",
	    test_policy_is_strict);
	ADD("a bad pair holds both accounts", NULL, test_bad_pair_holds_accounts);
	ADD("groups that cannot be used are told", NULL, test_unusable_groups);
	ADD("what cannot be parsed is kept aside/text", "this is\nno key file\n", test_set_aside);
	ADD("what cannot be parsed is kept aside/half", "[account x1\nprotocol=xmpp\n",
	    test_set_aside);
	ADD("what cannot be parsed is kept aside/zero byte", NULL, test_zero_byte);
	ADD("what cannot be parsed is kept aside/5 GiB", NULL, test_too_large);
	ADD("a newer schema is never written/2", "2", test_newer_schema);
	ADD("a newer schema is never written/word", "one", test_newer_schema);
	ADD("not to be trusted/link", GINT_TO_POINTER(LINK), test_hostile);
	ADD("not to be trusted/linked folder", GINT_TO_POINTER(LINKED_FOLDER), test_hostile);
	ADD("not to be trusted/FIFO", GINT_TO_POINTER(FIFO), test_hostile);
	ADD("not to be trusted/folder in its place", GINT_TO_POINTER(FOLDER), test_hostile);
	ADD("not to be trusted/writable for the group", GINT_TO_POINTER(WRITABLE), test_hostile);
	ADD("not to be trusted/folder writable for others", GINT_TO_POINTER(WRITABLE_FOLDER),
	    test_hostile);
	ADD("not to be trusted/foreign owner", GINT_TO_POINTER(FOREIGN), test_hostile);
	ADD("readable for others is tightened", NULL, test_readable_is_tightened);
	ADD("arguments are named", NULL, test_arguments);
	ADD("accounts are limited", NULL, test_account_limit);
	ADD("saves end in order and the last one is on the disk", NULL, test_saves_in_order);
	ADD("an edited file is kept", NULL, test_edited_meanwhile);
	ADD("a save that fails is named", NULL, test_failed_save);
	ADD("R19: a changed bit never lowers protection", NULL, test_mutations);
	return g_test_run();
}
