/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SCRAM on OpenSSL's primitives. */
/* Main thread; PBKDF2 in a worker on copies of its own. */
#include "services/xmpp/scram.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <string.h>
#include <stringprep.h>

#include "daemon/base/error.h"

#define NONCE_BYTES 24
#define MAX_NONCE   1024
#define MAX_SALT    1024

struct CusaxScram {
	const EVP_MD *digest;
	int size; /* of a hash */
	char *password;
	char *gs2;           /* "p=tls-exporter,,", "y,,", "n,," */
	GByteArray *binding; /* gs2 and the binding's data */
	char *first;         /* gs2 and bare */
	const char *bare;    /* in first */
	char *nonce;
	guint8 server_signature[EVP_MAX_MD_SIZE];
	gboolean answered;
};

/* What the worker owns. */
typedef struct {
	const EVP_MD *digest;
	int size;
	int rounds;
	char *password;
	guint8 *salt;
	gsize salt_length;
	char *server_first;
	char *nonce;
	guint8 salted[EVP_MAX_MD_SIZE];
	gint handovers; /* atomic: orders what one thread wrote before what the other reads */
} Derivation;

static void wipe_free(char *text)
{
	if (text)
		OPENSSL_cleanse(text, strlen(text));
	g_free(text);
}

static void derivation_free(gpointer data)
{
	Derivation *derivation = data;

	(void)g_atomic_int_get(&derivation->handovers);
	wipe_free(derivation->password);
	OPENSSL_cleanse(derivation->salted, sizeof(derivation->salted));
	g_free(derivation->salt);
	g_free(derivation->server_first);
	g_free(derivation->nonce);
	g_free(derivation);
}

/* --- client-first ---------------------------------------------------------------------------- */

static char *prepare(const char *text)
{
	char *prepared = NULL;
	char *copy;

	if (!*text || stringprep_profile(text, &prepared, "SASLprep", 0) != STRINGPREP_OK)
		return NULL;
	copy = g_strdup(prepared);
	OPENSSL_cleanse(prepared, strlen(prepared));
	free(prepared);
	return copy;
}

/* RFC 5802 §5.1: saslname. */
static char *escape_user(const char *user)
{
	GString *escaped = g_string_new(NULL);

	for (; *user; user++) {
		if (*user == '=')
			g_string_append(escaped, "=3D");
		else if (*user == ',')
			g_string_append(escaped, "=2C");
		else
			g_string_append_c(escaped, *user);
	}
	return g_string_free(escaped, FALSE);
}

static char *random_nonce(void)
{
	guint8 bytes[NONCE_BYTES];

	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		g_error("no random numbers");
	return g_base64_encode(bytes, sizeof(bytes));
}

static const EVP_MD *find_digest(CusaxScramHash hash)
{
	switch (hash) {
	case CUSAX_SCRAM_SHA1:
		return EVP_sha1();
	case CUSAX_SCRAM_SHA256:
		return EVP_sha256();
	case CUSAX_SCRAM_SHA512:
		return EVP_sha512();
	}
	g_return_val_if_reached(NULL);
}

static void set_binding(CusaxScram *scram, const CusaxScramBinding *binding)
{
	if (binding->type)
		scram->gs2 = g_strdup_printf("p=%s,,", binding->type);
	else
		scram->gs2 = g_strdup(binding->supported ? "y,," : "n,,");
	scram->binding = g_byte_array_new();
	g_byte_array_append(scram->binding, (const guint8 *)scram->gs2, strlen(scram->gs2));
	if (binding->type) {
		gsize length;
		gconstpointer data = g_bytes_get_data(binding->data, &length);

		g_byte_array_append(scram->binding, data, length);
	}
}

CusaxScram *cusax_scram_new(CusaxScramHash hash, const char *user, const char *password,
			    const CusaxScramBinding *binding, const char *nonce, GError **error)
{
	g_autofree char *prepared_user = prepare(user);
	g_autofree char *escaped = NULL;
	char *prepared = prepare(password);
	CusaxScram *scram;

	if (!prepared_user || !prepared) {
		g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_AUTHENTICATION_FAILED,
			    "the %s has characters that cannot be used for a login",
			    prepared_user ? "password" : "user name");
		wipe_free(prepared);
		return NULL;
	}
	scram = g_new0(CusaxScram, 1);
	scram->digest = find_digest(hash);
	scram->size = EVP_MD_get_size(scram->digest);
	scram->password = prepared;
	scram->nonce = nonce ? g_strdup(nonce) : random_nonce();
	set_binding(scram, binding);
	escaped = escape_user(prepared_user);
	scram->first = g_strdup_printf("%sn=%s,r=%s", scram->gs2, escaped, scram->nonce);
	scram->bare = scram->first + strlen(scram->gs2);
	return scram;
}

void cusax_scram_free(CusaxScram *scram)
{
	if (!scram)
		return;
	wipe_free(scram->password);
	OPENSSL_cleanse(scram->server_signature, sizeof(scram->server_signature));
	g_byte_array_unref(scram->binding);
	g_free(scram->gs2);
	g_free(scram->first);
	g_free(scram->nonce);
	g_free(scram);
}

const char *cusax_scram_first(CusaxScram *scram)
{
	return scram->first;
}

/* --- server-first ---------------------------------------------------------------------------- */

/* The bytes of base64 text; NULL where it is not exactly that, or is empty. */
static guint8 *decode(const char *text, gsize *ret_length)
{
	gsize length = strlen(text);
	g_autofree guint8 *bytes = NULL;
	g_autofree char *again = NULL;

	if (length == 0 || length % 4 != 0)
		return NULL;
	bytes = g_base64_decode(text, ret_length);
	again = g_base64_encode(bytes, *ret_length);
	if (strcmp(text, again) != 0 || *ret_length == 0)
		return NULL;
	return g_steal_pointer(&bytes);
}

static gboolean parse_rounds(const char *text, int *ret_rounds, GError **error)
{
	guint64 rounds;

	if (!g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT64, &rounds, NULL)) {
		g_set_error_literal(error, CUSAX_ERROR, CUSAX_ERROR_UNTRUSTED,
				    "the server's login challenge has a malformed round count");
		return FALSE;
	}
	if (rounds < CUSAX_SCRAM_MIN_ROUNDS || rounds > CUSAX_SCRAM_MAX_ROUNDS) {
		g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_SECURITY_REQUIRED,
			    "the server wants %" G_GUINT64_FORMAT
			    " rounds of key derivation; from %d to %d are accepted",
			    rounds, CUSAX_SCRAM_MIN_ROUNDS, CUSAX_SCRAM_MAX_ROUNDS);
		return FALSE;
	}
	*ret_rounds = (int)rounds;
	return TRUE;
}

static gboolean is_extended_nonce(CusaxScram *scram, const char *nonce)
{
	gsize own = strlen(scram->nonce), length = strlen(nonce);

	if (length <= own || length > MAX_NONCE || strncmp(nonce, scram->nonce, own) != 0)
		return FALSE;
	for (; *nonce; nonce++) {
		if (*nonce < 0x21 || *nonce > 0x7e)
			return FALSE;
	}
	return TRUE;
}

/* r=nonce,s=salt,i=rounds and, ignored, extensions; "m=" in front is refused by the order. */
static Derivation *parse_challenge(CusaxScram *scram, const char *challenge, GError **error)
{
	g_auto(GStrv) parts = g_strsplit(challenge, ",", 32);
	Derivation *derivation = g_new0(Derivation, 1);

	if (g_strv_length(parts) < 3 || !g_str_has_prefix(parts[0], "r=") ||
	    !g_str_has_prefix(parts[1], "s=") || !g_str_has_prefix(parts[2], "i="))
		g_set_error_literal(error, CUSAX_ERROR, CUSAX_ERROR_UNTRUSTED,
				    "the server's login challenge is malformed");
	else if (scram->answered || !is_extended_nonce(scram, parts[0] + 2))
		g_set_error_literal(error, CUSAX_ERROR, CUSAX_ERROR_UNTRUSTED,
				    "the server's login challenge does not belong to this login");
	else if (!(derivation->salt = decode(parts[1] + 2, &derivation->salt_length)) ||
		 derivation->salt_length > MAX_SALT)
		g_set_error_literal(error, CUSAX_ERROR, CUSAX_ERROR_UNTRUSTED,
				    "the server's login challenge has no usable salt");
	else if (parse_rounds(parts[2] + 2, &derivation->rounds, error)) {
		derivation->digest = scram->digest;
		derivation->size = scram->size;
		derivation->password = g_strdup(scram->password);
		derivation->server_first = g_strdup(challenge);
		derivation->nonce = g_strdup(parts[0] + 2);
		return derivation;
	}
	derivation_free(derivation);
	return NULL;
}

static void derive_in_thread(GTask *task, G_GNUC_UNUSED gpointer source, gpointer data,
			     G_GNUC_UNUSED GCancellable *cancellable)
{
	Derivation *derivation = data;

	(void)g_atomic_int_get(&derivation->handovers);
	PKCS5_PBKDF2_HMAC(derivation->password, (int)strlen(derivation->password), derivation->salt,
			  (int)derivation->salt_length, derivation->rounds, derivation->digest,
			  derivation->size, derivation->salted);
	g_atomic_int_inc(&derivation->handovers);
	g_task_return_boolean(task, TRUE);
}

void cusax_scram_answer_async(CusaxScram *scram, const char *challenge, GCancellable *cancellable,
			      GAsyncReadyCallback callback, gpointer data)
{
	g_autoptr(GTask) task = g_task_new(NULL, cancellable, callback, data);
	GError *error = NULL;
	Derivation *derivation = parse_challenge(scram, challenge, &error);

	g_task_set_source_tag(task, cusax_scram_answer_async);
	if (!derivation) {
		g_task_return_error(task, g_steal_pointer(&error));
		return;
	}
	scram->answered = TRUE;
	g_task_set_task_data(task, derivation, derivation_free);
	/* A cancelled login does not wait for a server's ten million rounds. */
	g_task_set_return_on_cancel(task, TRUE);
	g_atomic_int_inc(&derivation->handovers);
	g_task_run_in_thread(task, derive_in_thread);
}

/* --- client-final ---------------------------------------------------------------------------- */

static void hmac(CusaxScram *scram, const guint8 *key, const char *text, gsize length,
		 guint8 *ret_mac)
{
	HMAC(scram->digest, key, scram->size, (const guint8 *)text, length, ret_mac, NULL);
}

/* RFC 5802 §3. */
static void compute_proof(CusaxScram *scram, const guint8 *salted, const char *auth_message,
			  guint8 *ret_proof)
{
	guint8 client_key[EVP_MAX_MD_SIZE], stored_key[EVP_MAX_MD_SIZE];
	guint8 server_key[EVP_MAX_MD_SIZE];
	gsize length = strlen(auth_message);

	hmac(scram, salted, "Client Key", strlen("Client Key"), client_key);
	EVP_Digest(client_key, (gsize)scram->size, stored_key, NULL, scram->digest, NULL);
	hmac(scram, stored_key, auth_message, length, ret_proof);
	for (int i = 0; i < scram->size; i++)
		ret_proof[i] ^= client_key[i];
	hmac(scram, salted, "Server Key", strlen("Server Key"), server_key);
	hmac(scram, server_key, auth_message, length, scram->server_signature);
	OPENSSL_cleanse(client_key, sizeof(client_key));
	OPENSSL_cleanse(stored_key, sizeof(stored_key));
	OPENSSL_cleanse(server_key, sizeof(server_key));
}

char *cusax_scram_answer_finish(CusaxScram *scram, GAsyncResult *result, GError **error)
{
	Derivation *derivation = g_task_get_task_data(G_TASK(result));
	g_autofree char *binding = NULL, *without_proof = NULL, *auth_message = NULL, *proof = NULL;
	guint8 raw_proof[EVP_MAX_MD_SIZE];
	GError *local = NULL;

	if (!g_task_propagate_boolean(G_TASK(result), &local)) {
		if (g_error_matches(local, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
			g_clear_error(&local);
			g_set_error_literal(error, CUSAX_ERROR, CUSAX_ERROR_CANCELLED,
					    "the login was cancelled");
		} else {
			g_propagate_error(error, local);
		}
		return NULL;
	}
	(void)g_atomic_int_get(&derivation->handovers);
	binding = g_base64_encode(scram->binding->data, scram->binding->len);
	without_proof = g_strdup_printf("c=%s,r=%s", binding, derivation->nonce);
	auth_message =
		g_strdup_printf("%s,%s,%s", scram->bare, derivation->server_first, without_proof);
	compute_proof(scram, derivation->salted, auth_message, raw_proof);
	/* The worker may be the last to let go of it. */
	g_atomic_int_inc(&derivation->handovers);
	proof = g_base64_encode(raw_proof, (gsize)scram->size);
	return g_strdup_printf("%s,p=%s", without_proof, proof);
}

/* --- server-final ---------------------------------------------------------------------------- */

gboolean cusax_scram_verify(CusaxScram *scram, const char *server_final, GError **error)
{
	g_auto(GStrv) parts = g_strsplit(server_final, ",", 2);
	g_autofree guint8 *signature = NULL;
	gsize length = 0;

	if (parts[0] && g_str_has_prefix(parts[0], "e=")) {
		g_set_error_literal(error, CUSAX_ERROR, CUSAX_ERROR_AUTHENTICATION_FAILED,
				    "the server refused the login");
		return FALSE;
	}
	if (scram->answered && parts[0] && g_str_has_prefix(parts[0], "v="))
		signature = decode(parts[0] + 2, &length);
	if (!signature || length != (gsize)scram->size ||
	    CRYPTO_memcmp(signature, scram->server_signature, length) != 0) {
		g_set_error_literal(error, CUSAX_ERROR, CUSAX_ERROR_UNTRUSTED,
				    "the server did not prove that it knows the password");
		return FALSE;
	}
	return TRUE;
}
