/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Login mechanisms: EXTERNAL, SCRAM with and without channel binding, PLAIN. */
/* Main thread. */
#include "services/xmpp/sasl.h"

#include <openssl/evp.h>
#include <openssl/objects.h>
#include <string.h>

#include "daemon/base/error.h"
#include "services/xmpp/ns.h"
#include "services/xmpp/scram.h"

#define MAX_CHALLENGE 8192

typedef enum {
	SASL_EXTERNAL,
	SASL_SCRAM,
	SASL_PLAIN,
} SaslKind;

typedef struct {
	const char *name;
	SaslKind kind;
	CusaxScramHash hash;
	gboolean plus;
	int strength;
} Mechanism;

/* Best first. A client certificate proves more than any password; a binding to the channel counts for more than the hash: it is what tells a server in
 * the middle from the right one. */
static const Mechanism mechanisms[] = {
	{ "EXTERNAL", SASL_EXTERNAL, 0, FALSE, 8 },
	{ "SCRAM-SHA-512-PLUS", SASL_SCRAM, CUSAX_SCRAM_SHA512, TRUE, 7 },
	{ "SCRAM-SHA-256-PLUS", SASL_SCRAM, CUSAX_SCRAM_SHA256, TRUE, 6 },
	{ "SCRAM-SHA-1-PLUS", SASL_SCRAM, CUSAX_SCRAM_SHA1, TRUE, 5 },
	{ "SCRAM-SHA-512", SASL_SCRAM, CUSAX_SCRAM_SHA512, FALSE, 4 },
	{ "SCRAM-SHA-256", SASL_SCRAM, CUSAX_SCRAM_SHA256, FALSE, 3 },
	{ "SCRAM-SHA-1", SASL_SCRAM, CUSAX_SCRAM_SHA1, FALSE, 2 },
	{ "PLAIN", SASL_PLAIN, 0, FALSE, 1 },
};

struct CusaxSasl {
	const Mechanism *mechanism;
	CusaxScram *scram;
	const char *binding; /* kind of channel binding; NULL: none. Static. */
	char *plain;         /* base64 */
};

void cusax_sasl_wipe(char *text)
{
	if (text)
		OPENSSL_cleanse(text, strlen(text));
	g_free(text);
}

/* --- channel binding ------------------------------------------------------------------------- */

/* RFC 9266. */
static GBytes *exporter_data(SSL *ssl)
{
	static const char label[] = "EXPORTER-Channel-Binding";
	guint8 data[32];

	if (SSL_version(ssl) < TLS1_3_VERSION ||
	    SSL_export_keying_material(ssl, data, sizeof(data), label, sizeof(label) - 1,
				       (const guint8 *)"", 0, 1) != 1)
		return NULL;
	return g_bytes_new(data, sizeof(data));
}

/* RFC 5929 §4.1: the hash of the certificate's signature, SHA-256 in place of MD5 and SHA-1. */
static GBytes *end_point_data(SSL *ssl)
{
	X509 *certificate = SSL_get0_peer_certificate(ssl);
	int digest_nid, size;
	const EVP_MD *digest;
	guint8 data[EVP_MAX_MD_SIZE];
	unsigned length = 0;

	if (!certificate ||
	    !OBJ_find_sigid_algs(X509_get_signature_nid(certificate), &digest_nid, NULL))
		return NULL;
	if (digest_nid == NID_md5 || digest_nid == NID_sha1)
		digest_nid = NID_sha256;
	digest = EVP_get_digestbynid(digest_nid);
	size = digest ? EVP_MD_get_size(digest) : 0;
	if (size <= 0 || X509_digest(certificate, digest, data, &length) != 1)
		return NULL;
	return g_bytes_new(data, length);
}

/* RFC 5929 §3, safe only with the extended master secret (RFC 7627). */
static GBytes *unique_data(SSL *ssl)
{
	guint8 data[EVP_MAX_MD_SIZE];
	gsize length;

	if (SSL_version(ssl) != TLS1_2_VERSION || SSL_get_extms_support(ssl) != 1)
		return NULL;
	length = SSL_get_finished(ssl, data, sizeof(data));
	return length > 0 && length <= sizeof(data) ? g_bytes_new(data, length) : NULL;
}

static gboolean is_announced(CusaxNode *announced, const char *type)
{
	for (CusaxNode *n = cusax_node_first(announced); n; n = cusax_node_next(n)) {
		if (cusax_node_is(n, "channel-binding", CUSAX_NS_SASL_CB) &&
		    g_strcmp0(cusax_node_attr(n, "type"), type) == 0)
			return TRUE;
	}
	return FALSE;
}

/* Fills type and data where both sides can do one. An offer of -PLUS alone does not say which kind:
 * then it is the one that worked before, or for TLS 1.2 the agreed one (RFC 5802 §6.1). */
static void choose_binding(CusaxNode *features, SSL *ssl, const char *pinned,
			   CusaxScramBinding *binding)
{
	static const struct {
		const char *type;
		GBytes *(*data)(SSL *ssl);
		gboolean unannounced;
	} kinds[] = {
		{ "tls-exporter", exporter_data, FALSE },
		{ "tls-server-end-point", end_point_data, FALSE },
		{ "tls-unique", unique_data, TRUE },
	};
	CusaxNode *announced = cusax_node_child(features, "sasl-channel-binding", CUSAX_NS_SASL_CB);

	for (guint i = 0; i < G_N_ELEMENTS(kinds) && ssl; i++) {
		if (announced ? !is_announced(announced, kinds[i].type)
			      : !kinds[i].unannounced && g_strcmp0(pinned, kinds[i].type) != 0)
			continue;
		binding->data = kinds[i].data(ssl);
		if (binding->data) {
			binding->type = kinds[i].type;
			return;
		}
	}
}

/* --- pins ------------------------------------------------------------------------------------ */

/* 0: none, or of a mechanism that is not known here. */
static int strength_of_pin(const char *pin)
{
	gsize length = pin ? strcspn(pin, " ") : 0;

	for (guint i = 0; i < G_N_ELEMENTS(mechanisms); i++) {
		if (strlen(mechanisms[i].name) == length &&
		    strncmp(mechanisms[i].name, pin, length) == 0)
			return mechanisms[i].strength;
	}
	return 0;
}

static const char *binding_of_pin(const char *pin)
{
	const char *space = pin ? strchr(pin, ' ') : NULL;

	return space ? space + 1 : NULL;
}

const char *cusax_sasl_stronger_pin(const char *first, const char *second)
{
	return strength_of_pin(second) > strength_of_pin(first) ? second : first;
}

char *cusax_sasl_pin(CusaxSasl *sasl)
{
	return g_strjoin(sasl->binding ? " " : NULL, sasl->mechanism->name, sasl->binding, NULL);
}

/* --- choice ---------------------------------------------------------------------------------- */

static GHashTable *offered_mechanisms(CusaxNode *features)
{
	GHashTable *offered = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	CusaxNode *list = cusax_node_child(features, "mechanisms", CUSAX_NS_SASL);

	for (CusaxNode *n = list ? cusax_node_first(list) : NULL; n; n = cusax_node_next(n)) {
		char *name =
			cusax_node_is(n, "mechanism", CUSAX_NS_SASL) ? cusax_node_text(n) : NULL;

		if (name)
			g_hash_table_add(offered, g_strstrip(name));
	}
	return offered;
}

static gboolean offers_plus(GHashTable *offered)
{
	for (guint i = 0; i < G_N_ELEMENTS(mechanisms); i++) {
		if (mechanisms[i].plus && g_hash_table_contains(offered, mechanisms[i].name))
			return TRUE;
	}
	return FALSE;
}

static gboolean offers_scram(GHashTable *offered)
{
	for (guint i = 0; i < G_N_ELEMENTS(mechanisms); i++) {
		if (mechanisms[i].kind == SASL_SCRAM &&
		    g_hash_table_contains(offered, mechanisms[i].name))
			return TRUE;
	}
	return FALSE;
}

static gboolean is_usable(const Mechanism *mechanism, GHashTable *offered,
			  const CusaxSaslInput *input, gboolean can_bind)
{
	if (!g_hash_table_contains(offered, mechanism->name) ||
	    mechanism->strength < strength_of_pin(input->pin))
		return FALSE;
	switch (mechanism->kind) {
	case SASL_EXTERNAL:
		return input->has_certificate;
	case SASL_SCRAM:
		return !mechanism->plus || can_bind;
	case SASL_PLAIN:
		return input->allow_plain && !offers_scram(offered);
	}
	g_return_val_if_reached(FALSE);
}

static const Mechanism *choose(GHashTable *offered, const CusaxSaslInput *input, gboolean can_bind,
			       GError **error)
{
	for (guint i = 0; i < G_N_ELEMENTS(mechanisms); i++) {
		if (is_usable(&mechanisms[i], offered, input, can_bind))
			return &mechanisms[i];
	}
	g_set_error_literal(error, CUSAX_ERROR, CUSAX_ERROR_SECURITY_REQUIRED,
			    strength_of_pin(input->pin) > 0
				    ? "the server offers only weaker logins than it did before"
			    : g_hash_table_contains(offered, "PLAIN")
				    ? "the server offers only logins that show it the password"
				    : "the server offers no login that is strong enough");
	return NULL;
}

/* RFC 4616; the password is inside TLS, to a verified server, by the user's leave. */
static char *plain_message(const char *user, const char *password)
{
	gsize user_length = strlen(user), length = strlen(password);
	gsize size = user_length + length + 2;
	guint8 *message = g_malloc0(size);
	char *encoded;

	memcpy(message + 1, user, user_length);
	memcpy(message + 2 + user_length, password, length);
	encoded = g_base64_encode(message, size);
	OPENSSL_cleanse(message, size);
	g_free(message);
	return encoded;
}

CusaxSasl *cusax_sasl_new(CusaxNode *features, const CusaxSaslInput *input, GError **error)
{
	g_autoptr(GHashTable) offered = offered_mechanisms(features);
	CusaxScramBinding binding = { 0 };
	g_autoptr(GBytes) binding_data = NULL;
	g_autoptr(CusaxSasl) sasl = g_new0(CusaxSasl, 1);

	choose_binding(features, input->ssl, binding_of_pin(input->pin), &binding);
	binding_data = binding.data;
	sasl->mechanism = choose(offered, input, binding.type != NULL, error);
	if (!sasl->mechanism)
		return NULL;
	if (sasl->mechanism->kind != SASL_EXTERNAL && !input->password) {
		g_set_error_literal(error, CUSAX_ERROR, CUSAX_ERROR_SECRET_UNAVAILABLE,
				    "the account has no password");
		return NULL;
	}
	if (sasl->mechanism->kind == SASL_SCRAM) {
		if (!sasl->mechanism->plus)
			binding.type = NULL;
		sasl->binding = binding.type;
		/* "y" tells a server whose -PLUS offers were cut out on the way. */
		binding.supported = !offers_plus(offered);
		sasl->scram = cusax_scram_new(sasl->mechanism->hash, input->user, input->password,
					      &binding, NULL, error);
		if (!sasl->scram)
			return NULL;
	} else if (sasl->mechanism->kind == SASL_PLAIN) {
		sasl->plain = plain_message(input->user, input->password);
	}
	return g_steal_pointer(&sasl);
}

void cusax_sasl_free(CusaxSasl *sasl)
{
	if (!sasl)
		return;
	cusax_scram_free(sasl->scram);
	cusax_sasl_wipe(sasl->plain);
	g_free(sasl);
}

/* --- dialogue -------------------------------------------------------------------------------- */

const char *cusax_sasl_mechanism(CusaxSasl *sasl)
{
	return sasl->mechanism->name;
}

char *cusax_sasl_initial(CusaxSasl *sasl)
{
	const char *first;

	switch (sasl->mechanism->kind) {
	case SASL_EXTERNAL:
		return g_strdup("="); /* XEP-0178: the certificate says who */
	case SASL_SCRAM:
		first = cusax_scram_first(sasl->scram);
		return g_base64_encode((const guint8 *)first, strlen(first));
	case SASL_PLAIN:
		return g_strdup(sasl->plain);
	}
	g_return_val_if_reached(NULL);
}

/* The text inside base64; NULL where it is too long or no text. */
static char *decode(const char *encoded)
{
	gsize length = 0;
	g_autofree char *text = NULL;

	if (!encoded || strlen(encoded) > MAX_CHALLENGE)
		return NULL;
	text = (char *)g_base64_decode(encoded, &length);
	if (!text || length == 0 || memchr(text, '\0', length) ||
	    !g_utf8_validate(text, (gssize)length, NULL))
		return NULL;
	return g_strndup(text, length);
}

static void on_answer(G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer data)
{
	GTask *task = data;

	g_task_return_pointer(task, g_object_ref(result), g_object_unref);
	g_object_unref(task);
}

void cusax_sasl_answer_async(CusaxSasl *sasl, const char *challenge, GCancellable *cancellable,
			     GAsyncReadyCallback callback, gpointer data)
{
	/* The cancellable is the inner task's: its outcome decides alone. */
	GTask *task = g_task_new(NULL, NULL, callback, data);
	g_autofree char *text = decode(challenge);

	g_task_set_source_tag(task, cusax_sasl_answer_async);
	if (!text || !sasl->scram) {
		g_task_return_new_error(task, CUSAX_ERROR, CUSAX_ERROR_UNTRUSTED,
					"the server's login challenge is malformed");
		g_object_unref(task);
		return;
	}
	cusax_scram_answer_async(sasl->scram, text, cancellable, on_answer, task);
}

char *cusax_sasl_answer_finish(CusaxSasl *sasl, GAsyncResult *result, GError **error)
{
	g_autoptr(GAsyncResult) inner = g_task_propagate_pointer(G_TASK(result), error);
	g_autofree char *message = NULL;

	if (!inner)
		return NULL;
	message = cusax_scram_answer_finish(sasl ? sasl->scram : NULL, inner, error);
	return message ? g_base64_encode((const guint8 *)message, strlen(message)) : NULL;
}

gboolean cusax_sasl_finish(CusaxSasl *sasl, const char *success, GError **error)
{
	g_autofree char *text = NULL;

	if (!sasl->scram)
		return TRUE;
	text = decode(success);
	return cusax_scram_verify(sasl->scram, text ? text : "", error);
}
