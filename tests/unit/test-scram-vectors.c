/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SCRAM against the vectors of RFC 5802 and RFC 7677, and everything that it must refuse. */
/* Main thread. */
#include <string.h>

#include "daemon/base/error.h"
#include "services/xmpp/scram.h"

typedef struct {
	GMainLoop *loop;
	char *answer;
	GError *error;
	CusaxScram *scram;
} Wait;

static void on_answer(G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer data)
{
	Wait *wait = data;

	wait->answer = cusax_scram_answer_finish(wait->scram, result, &wait->error);
	g_main_loop_quit(wait->loop);
}

/* NULL and the error where the challenge is refused. */
static char *answer(CusaxScram *scram, const char *challenge, GError **error)
{
	Wait wait = { .loop = g_main_loop_new(NULL, FALSE), .scram = scram };

	cusax_scram_answer_async(scram, challenge, NULL, on_answer, &wait);
	g_main_loop_run(wait.loop);
	g_main_loop_unref(wait.loop);
	if (wait.error)
		g_propagate_error(error, wait.error);
	return wait.answer;
}

static CusaxScram *make(CusaxScramHash hash, const char *nonce)
{
	CusaxScramBinding none = { 0 };
	CusaxScram *scram = cusax_scram_new(hash, "user", "pencil", &none, nonce, NULL);

	g_assert_nonnull(scram);
	return scram;
}

/* --- vectors --------------------------------------------------------------------------------- */

typedef struct {
	const char *name;
	CusaxScramHash hash;
	const char *nonce, *first, *challenge, *final, *success;
} Vector;

static const Vector vectors[] = {
	{ "RFC 5802 section 5", CUSAX_SCRAM_SHA1, "fyko+d2lbbFgONRv9qkxdawL",
	  "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
	  "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
	  "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,"
	  "p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
	  "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=" },
	{ "RFC 7677 section 3", CUSAX_SCRAM_SHA256, "rOprNGfwEbeRWgbNEkqO",
	  "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
	  "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,"
	  "i=4096",
	  "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
	  "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
	  "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=" },
};

static void test_vector(gconstpointer data)
{
	const Vector *vector = data;
	g_autoptr(CusaxScram) scram = make(vector->hash, vector->nonce);
	g_autoptr(GError) error = NULL;
	g_autofree char *final = NULL;

	g_assert_cmpstr(cusax_scram_first(scram), ==, vector->first);
	final = answer(scram, vector->challenge, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(final, ==, vector->final);
	g_assert_true(cusax_scram_verify(scram, vector->success, &error));
	g_assert_no_error(error);
}

/* --- refusals: the challenge ----------------------------------------------------------------- */

typedef struct {
	const char *name, *challenge;
	CusaxError code;
} Refusal;

#define R "r=abcdef"
#define S "s=QSXCR+Q6sek8bf92"

static const Refusal refusals[] = {
	{ "nonce equal to ours", "r=abc," S ",i=4096", CUSAX_ERROR_UNTRUSTED },
	{ "nonce that does not extend ours", "r=xbcdef," S ",i=4096", CUSAX_ERROR_UNTRUSTED },
	{ "nonce shorter than ours", "r=ab," S ",i=4096", CUSAX_ERROR_UNTRUSTED },
	{ "no rounds at all", R "," S ",i=0", CUSAX_ERROR_SECURITY_REQUIRED },
	{ "one round too few", R "," S ",i=4095", CUSAX_ERROR_SECURITY_REQUIRED },
	{ "one round too many", R "," S ",i=1000001", CUSAX_ERROR_SECURITY_REQUIRED },
	{ "rounds beyond 32 bits", R "," S ",i=4294967297", CUSAX_ERROR_SECURITY_REQUIRED },
	{ "rounds beyond 64 bits", R "," S ",i=18446744073709555712", CUSAX_ERROR_UNTRUSTED },
	{ "negative rounds", R "," S ",i=-4096", CUSAX_ERROR_UNTRUSTED },
	{ "rounds with junk behind", R "," S ",i=4096x", CUSAX_ERROR_UNTRUSTED },
	{ "no rounds", R "," S ",i=", CUSAX_ERROR_UNTRUSTED },
	{ "mandatory extension", "m=x," R "," S ",i=4096", CUSAX_ERROR_UNTRUSTED },
	{ "wrong order", S "," R ",i=4096", CUSAX_ERROR_UNTRUSTED },
	{ "empty salt", R ",s=,i=4096", CUSAX_ERROR_UNTRUSTED },
	{ "salt that is not base64", R ",s=!!!!,i=4096", CUSAX_ERROR_UNTRUSTED },
	{ "cut short", R "," S, CUSAX_ERROR_UNTRUSTED },
	{ "empty", "", CUSAX_ERROR_UNTRUSTED },
};

static void test_refusal(gconstpointer data)
{
	const Refusal *row = data;
	g_autoptr(CusaxScram) scram = make(CUSAX_SCRAM_SHA256, "abc");
	g_autoptr(GError) error = NULL;
	g_autofree char *final = answer(scram, row->challenge, &error);

	g_assert_null(final);
	g_assert_error(error, CUSAX_ERROR, (int)row->code);
	/* Nor is anything believed afterwards. */
	g_assert_false(cusax_scram_verify(scram, "v=", NULL));
}

/* --- refusals: the server's proof ------------------------------------------------------------ */

static const Refusal proofs[] = {
	{ "wrong", "v=AAAAAAAAAAAAAAAAAAAAAAAAAAA=", CUSAX_ERROR_UNTRUSTED },
	{ "short", "v=rmF9pqV8S7suAoZWja4dJRkF", CUSAX_ERROR_UNTRUSTED },
	{ "empty", "v=", CUSAX_ERROR_UNTRUSTED },
	{ "missing", "", CUSAX_ERROR_UNTRUSTED },
	{ "not base64", "v=rmF9pqV8S7suAoZWja4dJRkFsKQ", CUSAX_ERROR_UNTRUSTED },
	{ "an error", "e=invalid-proof", CUSAX_ERROR_AUTHENTICATION_FAILED },
};

static void test_proof(gconstpointer data)
{
	const Refusal *row = data;
	g_autoptr(CusaxScram) scram = make(vectors[0].hash, vectors[0].nonce);
	g_autoptr(GError) error = NULL;
	g_autofree char *final G_GNUC_UNUSED = answer(scram, vectors[0].challenge, &error);

	g_assert_no_error(error);
	g_assert_false(cusax_scram_verify(scram, row->challenge, &error));
	g_assert_error(error, CUSAX_ERROR, (int)row->code);
}

static void test_proof_before_challenge(void)
{
	g_autoptr(CusaxScram) scram = make(vectors[0].hash, vectors[0].nonce);
	g_autofree char *zeros = g_base64_encode((const guint8[20]){ 0 }, 20);
	g_autofree char *success = g_strconcat("v=", zeros, NULL);

	g_assert_false(cusax_scram_verify(scram, success, NULL));
}

/* --- the client's side ----------------------------------------------------------------------- */

static void test_names(void)
{
	CusaxScramBinding none = { .supported = TRUE };
	g_autoptr(CusaxScram) scram =
		cusax_scram_new(CUSAX_SCRAM_SHA1, "a=b,c", "pw", &none, "n", NULL);
	g_autoptr(GError) error = NULL;

	g_assert_cmpstr(cusax_scram_first(scram), ==, "y,,n=a=3Db=2Cc,r=n");
	g_assert_null(cusax_scram_new(CUSAX_SCRAM_SHA1, "a", "p\001", &none, NULL, &error));
	g_assert_error(error, CUSAX_ERROR, CUSAX_ERROR_AUTHENTICATION_FAILED);
}

static void test_binding(void)
{
	g_autoptr(GBytes) bytes = g_bytes_new_static("\001\002", 2);
	CusaxScramBinding binding = { .type = "tls-exporter", .data = bytes };
	g_autoptr(CusaxScram) scram =
		cusax_scram_new(CUSAX_SCRAM_SHA1, "user", "pencil", &binding, "abc", NULL);
	g_autofree char *final = answer(scram, R "," S ",i=4096", NULL);

	g_assert_cmpstr(cusax_scram_first(scram), ==, "p=tls-exporter,,n=user,r=abc");
	/* "p=tls-exporter,," and the two bytes. */
	g_assert_true(g_str_has_prefix(final, "c=cD10bHMtZXhwb3J0ZXIsLAEC,r=abcdef,p="));
}

static void test_nonces_differ(void)
{
	g_autoptr(CusaxScram) a = make(CUSAX_SCRAM_SHA256, NULL);
	g_autoptr(CusaxScram) b = make(CUSAX_SCRAM_SHA256, NULL);

	g_assert_cmpstr(cusax_scram_first(a), !=, cusax_scram_first(b));
}

static void on_cancelled(G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer data)
{
	Wait *wait = data;

	/* The session that asked is gone: finish gets nothing of it. */
	wait->answer = cusax_scram_answer_finish(NULL, result, &wait->error);
	g_main_loop_quit(wait->loop);
}

static void test_cancel(void)
{
	Wait wait = { .loop = g_main_loop_new(NULL, FALSE) };
	CusaxScram *scram = make(CUSAX_SCRAM_SHA512, "abc");
	g_autoptr(GCancellable) cancellable = g_cancellable_new();
	gint64 begin = g_get_monotonic_time();

	cusax_scram_answer_async(scram, R "," S ",i=1000000", cancellable, on_cancelled, &wait);
	cusax_scram_free(scram);
	g_cancellable_cancel(cancellable);
	g_main_loop_run(wait.loop);
	g_assert_error(wait.error, CUSAX_ERROR, CUSAX_ERROR_CANCELLED);
	g_assert_cmpint(g_get_monotonic_time() - begin, <, G_USEC_PER_SEC / 2);
	g_clear_error(&wait.error);
	g_main_loop_unref(wait.loop);
}

static void add(const char *folder, const char *name, gconstpointer row, GTestDataFunc function)
{
	g_autofree char *path = g_strconcat("/scram/", folder, name, NULL);

	g_test_add_data_func(path, row, function);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(vectors); i++)
		add("vector/", vectors[i].name, &vectors[i], test_vector);
	for (guint i = 0; i < G_N_ELEMENTS(refusals); i++)
		add("refused challenge/", refusals[i].name, &refusals[i], test_refusal);
	for (guint i = 0; i < G_N_ELEMENTS(proofs); i++)
		add("refused proof/", proofs[i].name, &proofs[i], test_proof);
	g_test_add_func("/scram/refused proof/before any challenge", test_proof_before_challenge);
	g_test_add_func("/scram/names are escaped, control characters refused", test_names);
	g_test_add_func("/scram/channel binding is in the answer", test_binding);
	g_test_add_func("/scram/nonces differ", test_nonces_differ);
	g_test_add_func("/scram/a cancelled login does not wait for ten million rounds",
			test_cancel);
	return g_test_run();
}
