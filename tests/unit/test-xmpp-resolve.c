/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SRV records to places to connect to, against a resolver of the test's own. */
/* Main thread. */
#include <string.h>

#include "daemon/base/error.h"
#include "services/xmpp/resolve.h"

/* --- the resolver ---------------------------------------------------------------------------- */

/* Records as "priority host port" lines for each kind; NULL: no answer. */
typedef struct {
	const char *name;
	const char *direct, *starttls;
	gboolean direct_only;
	const char *expected; /* "host:port+ host:port …", + is direct TLS; NULL: an error */
} Row;

static const Row *current;

typedef struct {
	GResolver parent;
} TestResolver;
typedef struct {
	GResolverClass parent;
} TestResolverClass;
GType test_resolver_get_type(void);
G_DEFINE_TYPE(TestResolver, test_resolver, G_TYPE_RESOLVER)

static GList *make_records(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", 0);
	GList *records = NULL;

	for (guint i = 0; lines[i] && *lines[i]; i++) {
		g_auto(GStrv) words = g_strsplit(lines[i], " ", 3);

		records = g_list_append(
			records,
			g_srv_target_new(words[1], (guint16)g_ascii_strtoull(words[2], NULL, 10),
					 (guint16)g_ascii_strtoull(words[0], NULL, 10), 1));
	}
	return records;
}

static void lookup_service_async(GResolver *resolver, const char *name, GCancellable *cancellable,
				 GAsyncReadyCallback callback, gpointer data)
{
	g_autoptr(GTask) task = g_task_new(resolver, cancellable, callback, data);
	gboolean direct = g_str_has_prefix(name, "_xmpps-client._tcp.");
	const char *text = direct ? current->direct : current->starttls;

	g_assert_true(direct || g_str_has_prefix(name, "_xmpp-client._tcp."));
	g_assert_true(g_str_has_suffix(name, ".xn--mller-kva.test"));
	if (text)
		g_task_return_pointer(task, make_records(text), NULL);
	else
		g_task_return_new_error(task, G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND, "none");
}

static GList *lookup_service_finish(G_GNUC_UNUSED GResolver *resolver, GAsyncResult *result,
				    GError **error)
{
	return g_task_propagate_pointer(G_TASK(result), error);
}

static void test_resolver_class_init(TestResolverClass *class)
{
	/* The interface by records is the one that GLib's lookup by service uses. */
	G_RESOLVER_CLASS(class)->lookup_service_async = lookup_service_async;
	G_RESOLVER_CLASS(class)->lookup_service_finish = lookup_service_finish;
}

static void test_resolver_init(G_GNUC_UNUSED TestResolver *self)
{
}

/* --- the cases ------------------------------------------------------------------------------- */

static const Row rows[] = {
	{ "no records", NULL, NULL, FALSE, "xn--mller-kva.test:5222" },
	{ "no records, direct TLS wanted", NULL, NULL, TRUE, "xn--mller-kva.test:5223+" },
	{ "one", NULL, "5 a.test 5222", FALSE, "a.test:5222" },
	{ "by priority over both kinds", "10 d1.test 443\n30 d2.test 443",
	  "5 s1.test 5222\n20 s2.test 5222", FALSE,
	  "s1.test:5222 d1.test:443+ s2.test:5222 d2.test:443+" },
	{ "direct TLS alone where wanted", "10 d.test 443", "5 s.test 5222", TRUE, "d.test:443+" },
	{ "not available", NULL, "0 . 0", FALSE, NULL },
	{ "direct TLS is not available, STARTTLS is", "0 . 0", "0 a.test 5222", FALSE,
	  "a.test:5222" },
	{ "port 0 is no port", NULL, "0 a.test 0\n1 b.test 5222", FALSE, "b.test:5222" },
	{ "at most ten", NULL,
	  "0 a 1\n0 b 1\n0 c 1\n0 d 1\n0 e 1\n0 f 1\n0 g 1\n0 h 1\n0 i 1\n0 j 1\n0 k 1\n0 l 1",
	  FALSE, "a:1 b:1 c:1 d:1 e:1 f:1 g:1 h:1 i:1 j:1" },
};

typedef struct {
	GMainLoop *loop;
	GPtrArray *targets;
	GError *error;
} Wait;

static void on_resolved(G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer data)
{
	Wait *wait = data;

	wait->targets = cusax_xmpp_resolve_finish(result, &wait->error);
	g_main_loop_quit(wait->loop);
}

static char *describe(GPtrArray *targets)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < targets->len; i++) {
		CusaxXmppTarget *target = targets->pdata[i];

		g_string_append_printf(text, "%s%s:%u%s", i ? " " : "", target->host, target->port,
				       target->direct_tls ? "+" : "");
	}
	return g_string_free(g_steal_pointer(&text), FALSE);
}

static void test_row(gconstpointer data)
{
	Wait wait = { .loop = g_main_loop_new(NULL, FALSE) };
	g_autofree char *found = NULL;

	current = data;
	cusax_xmpp_resolve_async("m\303\274ller.test", current->direct_only, NULL, on_resolved,
				 &wait);
	g_main_loop_run(wait.loop);
	if (current->expected) {
		g_assert_no_error(wait.error);
		found = describe(wait.targets);
		g_assert_cmpstr(found, ==, current->expected);
		g_ptr_array_unref(wait.targets);
	} else {
		g_assert_error(wait.error, CUSAX_ERROR, CUSAX_ERROR_NOT_CONNECTED);
		g_clear_error(&wait.error);
	}
	g_main_loop_unref(wait.loop);
}

int main(int argc, char **argv)
{
	g_autoptr(GResolver) resolver = NULL;

	g_test_init(&argc, &argv, NULL);
	resolver = g_object_new(test_resolver_get_type(), NULL);
	g_resolver_set_default(resolver);
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *path = g_strconcat("/xmpp/resolve/", rows[i].name, NULL);

		g_test_add_data_func(path, &rows[i], test_row);
	}
	return g_test_run();
}
