/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who gets a digest: the account's own proxy, its own realm, once a request, nobody else. */
/* The libre thread. */
#pragma once

#include "services/sip/digest.h"
#include "services/sip/re-compat.h"

/* The realm that an account was accepted by, and how: kept over reconnections. */
typedef struct {
	char *realm; /* NULL: none yet */
	CusaxDigestAlgorithm algorithm;
} CusaxAuthPin;

void cusax_auth_pin_free(CusaxAuthPin *pin);

/* Why the last challenge was not answered. */
typedef enum {
	CUSAX_AUTH_NONE,        /* nothing was refused */
	CUSAX_AUTH_NO_SECRET,   /* there is no password */
	CUSAX_AUTH_REPEATED,    /* the credentials were sent and refused */
	CUSAX_AUTH_UNSUPPORTED, /* nothing in it that we can compute */
	CUSAX_AUTH_WEAKER,      /* MD5, where this realm had taken more */
	CUSAX_AUTH_STRANGER,    /* another realm, another address, or from behind the proxy */
} CusaxAuthRefusal;

/* Credentials of one account, counted by libre (mem_ref, mem_deref); the secret is wiped. */
struct cusax_credentials;

/* proxy: the one address that may ask. pin: borrowed, must outlive the credentials. refused is
 * called for each challenge of a stranger, for the count. */
struct cusax_credentials *cusax_credentials_new(const char *login, const char *secret,
						const char *domain, const struct sa *proxy,
						enum sip_transp transport, CusaxAuthPin *pin,
						void (*refused)(const char *kind, void *arg),
						void *arg);
/* The proxy is reached at another address, or anew. */
void cusax_credentials_move(struct cusax_credentials *credentials, const struct sa *proxy,
			    enum sip_transp transport);
/* For what the user named this login for beside the proxy; NULL: none. Borrowed. */
const char *cusax_credentials_secret(const struct cusax_credentials *credentials);
/* No challenge is answered and nobody is told any more. */
void cusax_credentials_revoke(struct cusax_credentials *credentials);

/* What was used last; FALSE where no challenge was answered. */
gboolean cusax_credentials_used(const struct cusax_credentials *credentials,
				CusaxDigestAlgorithm *ret_algorithm);
/* The answer was accepted: pins realm and strength. */
void cusax_credentials_accepted(struct cusax_credentials *credentials);

/* The challenges of one registration or one call; counted by libre. Given to libre as the argument
 * of its authentication handler: libre's sip_auth_*() are defined in auth.c. */
struct cusax_auth_scope;

enum cusax_auth_kind {
	CUSAX_AUTH_REGISTRATION,
	CUSAX_AUTH_CALL,
};

struct cusax_auth_scope *cusax_auth_scope_new(struct cusax_credentials *credentials,
					      enum cusax_auth_kind kind);
/* A provisional response to the INVITE came: what asks for a password after it may be the other
 * side. */
void cusax_auth_scope_progress(struct cusax_auth_scope *scope, guint code);
/* The dialog stands: nobody in it is told a digest. */
void cusax_auth_scope_close(struct cusax_auth_scope *scope);
CusaxAuthRefusal cusax_auth_scope_refusal(const struct cusax_auth_scope *scope);
