/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DTLS-SRTP (RFC 5763, RFC 5764): one association on the RTP port, checked by fingerprint. */
/* Libre thread. */
#include "services/media/dtls.h"

#include <errno.h>
#include <string.h>

#include <glib.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#define CUSAX_LOG_DOMAIN "media"
#include "daemon/base/log.h"

enum {
	LIFETIME_S = 30 * 24 * 3600,
	CLOCK_SKEW_S = 24 * 3600,
};

static const char profiles[] = "SRTP_AEAD_AES_256_GCM:SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80";

/* One certificate and context for the process; libre thread only. */
static struct tls *context;

struct cusax_dtls {
	struct cusax_rtp *rtp; /* owns us: not counted */
	struct dtls_sock *sock;
	struct tls_conn *connection;
	struct tmr deadline, verdict;
	struct sa waiting; /* who spoke first, before we could answer */
	bool waits;
	bool started, active, established, done;
	bool broken; /* the connection is of no more use */
	int result;
	uint8_t fingerprint[CUSAX_FINGERPRINT];
	cusax_dtls_done_h *done_h;
	void *arg;
};

/* A certificate that names nobody: the fingerprint in the session description vouches for it. */
static X509 *make_certificate(EVP_PKEY *key)
{
	X509 *certificate = X509_new();
	X509_NAME *name;
	guint64 serial;

	if (!certificate)
		return NULL;
	if (RAND_bytes((unsigned char *)&serial, sizeof(serial)) != 1)
		goto fail;
	name = X509_get_subject_name(certificate);
	if (!X509_set_version(certificate, 2) ||
	    !ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1) ||
	    !X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"media",
					-1, -1, 0) ||
	    !X509_set_issuer_name(certificate, name) ||
	    !X509_gmtime_adj(X509_getm_notBefore(certificate), -CLOCK_SKEW_S) ||
	    !X509_gmtime_adj(X509_getm_notAfter(certificate), LIFETIME_S) ||
	    !X509_set_pubkey(certificate, key) || !X509_sign(certificate, key, EVP_sha256()))
		goto fail;
	return certificate;
fail:
	X509_free(certificate);
	return NULL;
}

static int set_certificate(struct tls *tls)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = key ? make_certificate(key) : NULL;
	BIO *pem = BIO_new(BIO_s_secmem());
	char *text = NULL;
	long length;
	int err = ENOMEM;

	if (!certificate || !pem || !PEM_write_bio_X509(pem, certificate) ||
	    !PEM_write_bio_PrivateKey(pem, key, NULL, NULL, 0, NULL, NULL))
		goto out;
	length = BIO_get_mem_data(pem, &text);
	err = tls_set_certificate_pem(tls, text, (size_t)length, NULL, 0);
	OPENSSL_cleanse(text, (size_t)length);
out:
	BIO_free(pem);
	X509_free(certificate);
	EVP_PKEY_free(key);
	return err;
}

static int make_context(void)
{
	struct tls *tls;
	int err;

	if (context)
		return 0;
	err = tls_alloc(&tls, TLS_METHOD_DTLS, NULL, NULL);
	if (err)
		return err;
	err = set_certificate(tls);
	if (err)
		goto out;
	err = tls_set_srtp(tls, profiles);
	if (err)
		goto out;
	/* Both sides show a certificate; it is judged by its fingerprint alone. */
	tls_set_verify_client(tls);
	if (SSL_CTX_set_min_proto_version(tls_openssl_context(tls), DTLS1_2_VERSION) != 1)
		err = EINVAL;
	SSL_CTX_set_options(tls_openssl_context(tls), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
out:
	if (err)
		mem_deref(tls);
	else
		context = tls;
	return err;
}

int cusax_dtls_fingerprint(uint8_t ret_fingerprint[static CUSAX_FINGERPRINT])
{
	int err = make_context();

	if (err)
		return err;
	return tls_fingerprint(context, TLS_FINGERPRINT_SHA256, ret_fingerprint, CUSAX_FINGERPRINT);
}

void cusax_dtls_forget(void)
{
	context = mem_deref(context);
}

char *cusax_dtls_print_fingerprint(const uint8_t fingerprint[static CUSAX_FINGERPRINT])
{
	GString *text = g_string_new("sha-256");

	for (size_t i = 0; i < CUSAX_FINGERPRINT; i++)
		g_string_append_printf(text, "%c%02X", i ? ':' : ' ', fingerprint[i]);
	return g_string_free(text, FALSE);
}

bool cusax_dtls_parse_fingerprint(const char *value,
				  uint8_t ret_fingerprint[static CUSAX_FINGERPRINT])
{
	static const char hash[] = "sha-256 ";
	uint8_t fingerprint[CUSAX_FINGERPRINT];

	if (g_ascii_strncasecmp(value, hash, strlen(hash)) != 0)
		return false;
	value += strlen(hash);
	if (strlen(value) != 3 * CUSAX_FINGERPRINT - 1)
		return false;
	for (size_t i = 0; i < CUSAX_FINGERPRINT; i++, value += 3) {
		int high = g_ascii_xdigit_value(value[0]), low = g_ascii_xdigit_value(value[1]);

		if (high < 0 || low < 0 || (value[2] != ':' && value[2] != '\0'))
			return false;
		fingerprint[i] = (uint8_t)(high << 4 | low);
	}
	memcpy(ret_fingerprint, fingerprint, sizeof(fingerprint));
	return true;
}

/* The owner may free us in its handler, and libre may still be inside the connection: so the
 * verdict is given from a timer. */
static void verdict_h(void *arg)
{
	struct cusax_dtls *dtls = arg;

	dtls->done_h(dtls->result, dtls->arg);
}

static void finish(struct cusax_dtls *dtls, int err)
{
	if (dtls->done)
		return;
	dtls->done = true;
	dtls->result = err;
	tmr_cancel(&dtls->deadline);
	tmr_start(&dtls->verdict, 0, verdict_h, dtls);
}

static void deadline_h(void *arg)
{
	finish(arg, ETIMEDOUT);
}

static int take_keys(struct cusax_dtls *dtls)
{
	struct cusax_srtp *srtp = cusax_rtp_srtp(dtls->rtp);
	struct cusax_srtp_key client = { 0 }, server = { 0 };
	uint8_t seen[CUSAX_FINGERPRINT];
	int err;

	if (tls_peer_fingerprint(dtls->connection, TLS_FINGERPRINT_SHA256, seen, sizeof(seen)) ||
	    CRYPTO_memcmp(seen, dtls->fingerprint, sizeof(seen)) != 0)
		return EACCES;
	err = tls_srtp_keyinfo(dtls->connection, &client.suite, client.bytes, sizeof(client.bytes),
			       server.bytes, sizeof(server.bytes));
	if (err)
		return err;
	server.suite = client.suite;
	client.length = server.length = cusax_srtp_key_length(client.suite);
	err = cusax_srtp_set_send(srtp, dtls->active ? &client : &server);
	if (!err)
		err = cusax_srtp_set_receive(srtp, dtls->active ? &server : &client);
	cusax_srtp_key_wipe(&client);
	cusax_srtp_key_wipe(&server);
	return err;
}

static void established_h(void *arg)
{
	struct cusax_dtls *dtls = arg;
	int err = take_keys(dtls);

	dtls->established = err == 0;
	finish(dtls, err);
}

static void closed_h(int err, void *arg)
{
	struct cusax_dtls *dtls = arg;

	/* After the handshake a close changes nothing: keys live on until the call ends. */
	if (dtls->established)
		return;
	if (!dtls->active && !cusax_rtp_is_remote(dtls->rtp, dtls_peer(dtls->connection))) {
		cusax_debug(NULL, "a handshake from elsewhere failed, ignoring");
		dtls->broken = true;
		return;
	}
	finish(dtls, err ? err : EPROTO);
}

static void accept_waiting(struct cusax_dtls *dtls)
{
	bool negotiated = cusax_rtp_is_remote(dtls->rtp, &dtls->waiting);
	int err;

	if (dtls->done || dtls->active)
		return;
	/* One handshake at a time; the negotiated address goes first. */
	if (dtls->connection && !dtls->broken && !negotiated)
		return;
	dtls->broken = false;
	dtls->connection = mem_deref(dtls->connection);
	err = dtls_accept(&dtls->connection, context, dtls->sock, established_h, NULL, closed_h,
			  dtls);
	if (err)
		cusax_debug(NULL, "a handshake could not begin, ignoring");
}

static void first_packet_h(const struct sa *peer, void *arg)
{
	struct cusax_dtls *dtls = arg;

	dtls->waiting = *peer;
	dtls->waits = true;
	if (dtls->started)
		accept_waiting(dtls);
}

static void dtls_destructor(void *data)
{
	struct cusax_dtls *dtls = data;

	tmr_cancel(&dtls->deadline);
	tmr_cancel(&dtls->verdict);
	mem_deref(dtls->connection);
	mem_deref(dtls->sock);
}

int cusax_dtls_alloc(struct cusax_dtls **ret_dtls, struct cusax_rtp *rtp, cusax_dtls_done_h *done,
		     void *arg)
{
	struct cusax_dtls *dtls;
	int err = make_context();

	if (err)
		return err;
	dtls = mem_zalloc(sizeof(*dtls), dtls_destructor);
	if (!dtls)
		return ENOMEM;
	dtls->rtp = rtp;
	dtls->done_h = done;
	dtls->arg = arg;
	/* Registered after the guards of the stream, so that those are passed first. */
	err = dtls_listen(&dtls->sock, NULL, cusax_rtp_socket(rtp), 4, CUSAX_RTP_LAYER,
			  first_packet_h, dtls);
	if (err) {
		mem_deref(dtls);
		return err;
	}
	cusax_rtp_keep(rtp, dtls);
	*ret_dtls = dtls;
	return 0;
}

int cusax_dtls_start(struct cusax_dtls *dtls, bool active, const struct sa *remote,
		     const uint8_t fingerprint[static CUSAX_FINGERPRINT])
{
	if (dtls->started)
		return memcmp(dtls->fingerprint, fingerprint, CUSAX_FINGERPRINT) == 0 ? 0 : EACCES;
	dtls->started = true;
	dtls->active = active;
	memcpy(dtls->fingerprint, fingerprint, CUSAX_FINGERPRINT);
	tmr_start(&dtls->deadline, CUSAX_DTLS_DEADLINE_MS, deadline_h, dtls);
	if (active)
		return dtls_connect(&dtls->connection, context, dtls->sock, remote, established_h,
				    NULL, closed_h, dtls);
	if (dtls->waits)
		accept_waiting(dtls);
	return 0;
}

bool cusax_dtls_established(const struct cusax_dtls *dtls)
{
	return dtls->established;
}
