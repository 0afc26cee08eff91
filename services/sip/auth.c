/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who gets a digest, in place of libre's own: libre calls these sip_auth_*() of the program. */
/* The libre thread. */
#define CUSAX_LOG_DOMAIN "sip"

#include "services/sip/auth.h"

#include <errno.h>
#include <openssl/rand.h>
#include <string.h>

#include "daemon/base/log.h"
#include "services/secret.h"

struct cusax_credentials {
	char *login;
	char *secret; /* NULL: none */
	char *domain;
	struct sa proxy;
	enum sip_transp transport;
	CusaxAuthPin *pin; /* NULL once revoked */
	void (*refused)(const char *kind, void *arg);
	void *arg;
	gboolean used;
	char *realm; /* answered last */
	CusaxDigestAlgorithm algorithm;
};

struct cusax_auth_scope {
	struct cusax_credentials *credentials;
	enum cusax_auth_kind kind;
	guint progress; /* highest provisional response */
	gboolean sent;  /* the last request of this scope carried credentials */
	gboolean closed;
	guint stales; /* answered because they said so */
	CusaxAuthRefusal refusal;
};

/* libre's type, ours to define: one for each registration and session. */
struct sip_auth {
	struct cusax_auth_scope *scope;
	CusaxDigestChallenge *challenge; /* to be answered by the next request; NULL: none */
	bool proxy;                      /* it came as Proxy-Authenticate */
};

#define MAX_STALES 2

void cusax_auth_pin_free(CusaxAuthPin *pin)
{
	if (!pin)
		return;
	g_free(pin->realm);
	g_free(pin);
}

static void credentials_destructor(void *arg)
{
	struct cusax_credentials *credentials = arg;

	g_free(credentials->login);
	cusax_secret_free(credentials->secret);
	g_free(credentials->domain);
	g_free(credentials->realm);
}

struct cusax_credentials *cusax_credentials_new(const char *login, const char *secret,
						const char *domain, const struct sa *proxy,
						enum sip_transp transport, CusaxAuthPin *pin,
						void (*refused)(const char *kind, void *arg),
						void *arg)
{
	struct cusax_credentials *credentials =
		mem_zalloc(sizeof(*credentials), credentials_destructor);

	if (!credentials)
		return NULL;
	credentials->login = g_strdup(login);
	credentials->secret = g_strdup(secret);
	credentials->domain = g_strdup(domain);
	credentials->proxy = *proxy;
	credentials->transport = transport;
	credentials->pin = pin;
	credentials->refused = refused;
	credentials->arg = arg;
	return credentials;
}

void cusax_credentials_move(struct cusax_credentials *credentials, const struct sa *proxy,
			    enum sip_transp transport)
{
	credentials->proxy = *proxy;
	credentials->transport = transport;
}

const char *cusax_credentials_secret(const struct cusax_credentials *credentials)
{
	return credentials ? credentials->secret : NULL;
}

void cusax_credentials_revoke(struct cusax_credentials *credentials)
{
	if (!credentials)
		return;
	credentials->pin = NULL;
	credentials->refused = NULL;
	cusax_secret_free(g_steal_pointer(&credentials->secret));
}

gboolean cusax_credentials_used(const struct cusax_credentials *credentials,
				CusaxDigestAlgorithm *ret_algorithm)
{
	if (credentials->used)
		*ret_algorithm = credentials->algorithm;
	return credentials->used;
}

void cusax_credentials_accepted(struct cusax_credentials *credentials)
{
	CusaxAuthPin *pin = credentials->pin;

	if (!pin || !credentials->used)
		return;
	if (!pin->realm) {
		pin->realm = g_strdup(credentials->realm);
		pin->algorithm = credentials->algorithm;
	} else if (credentials->algorithm > pin->algorithm) {
		pin->algorithm = credentials->algorithm;
	}
}

/* --- scope ----------------------------------------------------------------------------------- */

static void scope_destructor(void *arg)
{
	struct cusax_auth_scope *scope = arg;

	mem_deref(scope->credentials);
}

struct cusax_auth_scope *cusax_auth_scope_new(struct cusax_credentials *credentials,
					      enum cusax_auth_kind kind)
{
	struct cusax_auth_scope *scope = mem_zalloc(sizeof(*scope), scope_destructor);

	if (!scope)
		return NULL;
	scope->credentials = mem_ref(credentials);
	scope->kind = kind;
	return scope;
}

void cusax_auth_scope_progress(struct cusax_auth_scope *scope, guint code)
{
	scope->progress = MAX(scope->progress, code);
}

void cusax_auth_scope_close(struct cusax_auth_scope *scope)
{
	scope->closed = TRUE;
}

CusaxAuthRefusal cusax_auth_scope_refusal(const struct cusax_auth_scope *scope)
{
	return scope->refusal;
}

/* --- challenge ------------------------------------------------------------------------------- */

struct choice {
	struct sip_auth *auth;
	gboolean unsupported;
	gboolean foreign;
	gboolean weaker;
};

/* The realm that was pinned; before that, any for the registrar, the domain's own in a call. */
static gboolean is_own_realm(const struct cusax_auth_scope *scope, const char *realm)
{
	const CusaxAuthPin *pin = scope->credentials->pin;

	if (pin->realm)
		return strcmp(realm, pin->realm) == 0;
	return scope->kind == CUSAX_AUTH_REGISTRATION ||
	       g_ascii_strcasecmp(realm, scope->credentials->domain) == 0;
}

/* RFC 8760 §2.4 lets local policy choose among several: the strongest is taken. */
static bool challenge_h(const struct sip_hdr *hdr, G_GNUC_UNUSED const struct sip_msg *msg,
			void *arg)
{
	struct choice *choice = arg;
	struct sip_auth *auth = choice->auth;
	const CusaxAuthPin *pin = auth->scope->credentials->pin;
	gboolean unsupported;
	g_autoptr(CusaxDigestChallenge) challenge =
		cusax_digest_challenge_parse(hdr->val.p, hdr->val.l, &unsupported);

	if (!challenge) {
		choice->unsupported |= unsupported;
		return false;
	}
	if (!is_own_realm(auth->scope, challenge->realm)) {
		choice->foreign = TRUE;
		return false;
	}
	if (pin->realm && cusax_digest_is_weak(challenge->algorithm) &&
	    !cusax_digest_is_weak(pin->algorithm)) {
		choice->weaker = TRUE;
		return false;
	}
	if (auth->challenge && auth->challenge->algorithm >= challenge->algorithm)
		return false;
	cusax_digest_challenge_free(auth->challenge);
	auth->challenge = g_steal_pointer(&challenge);
	auth->proxy = hdr->id == SIP_HDR_PROXY_AUTHENTICATE;
	return false;
}

/* A challenge that the proxy itself cannot have sent at this point. RFC 3261 §22.3: a proxy asks
 * before it forwards, so what comes after a sign of the other side comes from there; a proxy that
 * says 100 first asks with 407. */
static gboolean is_from_behind(const struct cusax_auth_scope *scope, const struct sip_msg *msg)
{
	if (scope->kind != CUSAX_AUTH_CALL)
		return FALSE;
	return scope->closed || scope->progress > 100 ||
	       (scope->progress == 100 && msg->scode == 401);
}

static gboolean is_from_proxy(const struct cusax_credentials *credentials,
			      const struct sip_msg *msg)
{
	return msg->tp == credentials->transport && sa_cmp(&msg->src, &credentials->proxy, SA_ALL);
}

static CusaxAuthRefusal judge_challenge(struct sip_auth *auth, const struct sip_msg *msg)
{
	struct cusax_auth_scope *scope = auth->scope;
	struct choice choice = { .auth = auth };

	if (!scope->credentials->pin || !is_from_proxy(scope->credentials, msg) ||
	    is_from_behind(scope, msg))
		return CUSAX_AUTH_STRANGER;
	if (!scope->credentials->secret)
		return CUSAX_AUTH_NO_SECRET;
	sip_msg_hdr_apply(msg, true,
			  msg->scode == 407 ? SIP_HDR_PROXY_AUTHENTICATE : SIP_HDR_WWW_AUTHENTICATE,
			  challenge_h, &choice);
	if (!auth->challenge) {
		if (choice.weaker)
			return CUSAX_AUTH_WEAKER;
		return choice.foreign ? CUSAX_AUTH_STRANGER : CUSAX_AUTH_UNSUPPORTED;
	}
	if (!scope->sent)
		return CUSAX_AUTH_NONE;
	/* The nonce of a call is a moment old: that it is stale already is no proxy's word. */
	if (scope->kind == CUSAX_AUTH_CALL)
		return CUSAX_AUTH_STRANGER;
	return auth->challenge->stale && scope->stales++ < MAX_STALES ? CUSAX_AUTH_NONE
								      : CUSAX_AUTH_REPEATED;
}

/* --- libre's interface ----------------------------------------------------------------------- */

static void auth_destructor(void *arg)
{
	struct sip_auth *auth = arg;

	mem_deref(auth->scope);
	cusax_digest_challenge_free(auth->challenge);
}

int sip_auth_alloc(struct sip_auth **authp, G_GNUC_UNUSED sip_auth_h *authh, void *arg,
		   G_GNUC_UNUSED bool ref)
{
	struct sip_auth *auth = mem_zalloc(sizeof(*auth), auth_destructor);

	if (!auth)
		return ENOMEM;
	auth->scope = mem_ref(arg);
	*authp = auth;
	return 0;
}

void sip_auth_reset(struct sip_auth *auth)
{
	if (auth)
		g_clear_pointer(&auth->challenge, cusax_digest_challenge_free);
}

int sip_auth_authenticate(struct sip_auth *auth, const struct sip_msg *msg)
{
	struct cusax_auth_scope *scope = auth ? auth->scope : NULL;

	if (!scope || !msg)
		return EINVAL;
	sip_auth_reset(auth);
	scope->refusal = judge_challenge(auth, msg);
	if (scope->refusal == CUSAX_AUTH_NONE)
		return 0;
	sip_auth_reset(auth);
	if (scope->refusal == CUSAX_AUTH_STRANGER && scope->credentials->refused)
		scope->credentials->refused("no-digest", scope->credentials->arg);
	return EAUTH;
}

static void random_hex(char out[33])
{
	guint8 random[16];

	if (RAND_bytes(random, sizeof(random)) != 1)
		g_error("no random numbers");
	for (guint i = 0; i < sizeof(random); i++)
		g_snprintf(out + 2 * i, 3, "%02x", random[i]);
}

/* Credentials go into the one request that answers the challenge: the next request of a dialog, ACK
 * and BYE among them, reaches the other side, which has no business with them. */
int sip_auth_encode(struct mbuf *mb, struct sip_auth *auth, const char *met, const char *uri)
{
	struct cusax_auth_scope *scope = auth ? auth->scope : NULL;
	struct cusax_credentials *credentials;
	CusaxDigestInput input = { .method = met, .uri = uri, .count = 1 };
	g_autofree char *value = NULL;
	char cnonce[33];
	int err;

	if (!mb || !scope || !met || !uri)
		return EINVAL;
	if (strcmp(met, "ACK") == 0)
		return 0;
	credentials = scope->credentials;
	scope->sent = auth->challenge && credentials->secret;
	if (!scope->sent)
		return 0;
	random_hex(cnonce);
	input.user = credentials->login;
	input.secret = credentials->secret;
	input.cnonce = cnonce;
	value = cusax_digest_authorization(auth->challenge, &input);
	credentials->used = TRUE;
	credentials->algorithm = auth->challenge->algorithm;
	g_free(credentials->realm);
	credentials->realm = g_strdup(auth->challenge->realm);
	err = mbuf_printf(mb, "%s: %s\r\n", auth->proxy ? "Proxy-Authorization" : "Authorization",
			  value);
	sip_auth_reset(auth);
	return err;
}
