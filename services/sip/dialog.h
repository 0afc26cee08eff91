/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A dialog (RFC 3261 §12): whose it is, where its requests go, and in which order they come. */
/* The libre thread. */
#pragma once

#include "services/sip/account.h"

struct cusax_dialog {
	char *call_id;
	char *local_tag, *remote_tag; /* remote: NULL while nobody has answered */
	char *local, *remote;         /* the From and To of our requests, tags included */
	char *target;                 /* URI: where requests are for */
	char *routes;                 /* whole lines */
	char *next;                   /* URI: the first hop */
	uint32_t local_cseq;          /* the last one used */
	uint32_t remote_cseq;         /* the last one seen, where there was one */
	bool has_remote_cseq;
};

/* What an INVITE of ours begins with: the template of the dialogs that its responses make. */
struct cusax_dialog *cusax_dialog_new(CusaxSipAccount *account, const char *to);
/* The dialog of a response with a To tag, or NULL: it has no Contact that can be used. */
struct cusax_dialog *cusax_dialog_fork(const struct cusax_dialog *origin,
				       const struct sip_msg *msg);
/* The dialog that a request makes with us. NULL: no Contact that can be used. */
struct cusax_dialog *cusax_dialog_accept(const struct sip_msg *msg);
void cusax_dialog_free(struct cusax_dialog *dialog);

/* TRUE where a request or response belongs to it. */
bool cusax_dialog_owns(const struct cusax_dialog *dialog, const struct sip_msg *msg);
/* RFC 3261 §12.2.2: notes the number of a request; FALSE: it is older than one that was seen. */
bool cusax_dialog_in_order(struct cusax_dialog *dialog, const struct sip_msg *msg);
/* §12.2.1.2: requests go to the Contact of msg from now on. */
void cusax_dialog_retarget(struct cusax_dialog *dialog, const struct sip_msg *msg);

/* One request. */
struct cusax_dialog_request {
	const char *method;
	uint32_t cseq;         /* 0: the next one */
	struct sip_auth *auth; /* NULL: carries no credentials */
	const char *headers;   /* whole lines, may be NULL */
	const char *type;      /* of the body */
	struct mbuf *body;     /* from its position on; NULL: none */
	bool stateless;        /* ACK */
	sip_send_h *sendh;
	sip_resp_h *resph;
	void *arg;
};

/* Sends it; ret may be NULL. errno. */
int cusax_dialog_send(struct cusax_dialog *dialog, CusaxSipAccount *account,
		      const struct cusax_dialog_request *request, struct sip_request **ret);

/* "Contact: <…>\r\n" of the account; free with g_free(). */
char *cusax_dialog_contact(const CusaxSipAccount *account);
