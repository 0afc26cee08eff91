/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One request outside of any dialog, with one answer to the proxy's challenge. */
/* The libre thread. */
#include "services/sip/request.h"

#include <errno.h>
#include <string.h>

struct cusax_sip_request {
	struct sip *sip; /* libre keeps it as long as the request is under way */
	struct sip_request *libre;
	struct sip_dialog *dialog; /* what repeated attempts share: Call-ID, From tag, CSeq */
	struct sip_auth *auth;
	struct cusax_auth_scope *scope;
	char *method, *lines, *body;
	CusaxSipAnswered answered; /* NULL: nobody wants to know */
	void *arg;
};

static void request_free(struct cusax_sip_request *request)
{
	mem_deref(request->auth);
	mem_deref(request->scope);
	mem_deref(request->dialog);
	g_free(request->method);
	g_free(request->lines);
	g_free(request->body);
	g_free(request);
}

/* Circular: a response leads to the next attempt. */
static sip_resp_h response_h;

static int attempt(struct cusax_sip_request *request)
{
	size_t length = request->body ? strlen(request->body) : 0;

	return sip_drequestf(&request->libre, request->sip, true, request->method, request->dialog,
			     0, request->auth, NULL, response_h, request,
			     "%sContent-Length: %zu\r\n\r\n%b", request->lines, length,
			     request->body, length);
}

static bool may_repeat(struct cusax_sip_request *request, int err, const struct sip_msg *msg)
{
	return !err && (msg->scode == 401 || msg->scode == 407) &&
	       sip_auth_authenticate(request->auth, msg) == 0;
}

static void response_h(int err, const struct sip_msg *msg, void *arg)
{
	struct cusax_sip_request *request = arg;

	if (!err && msg->scode < 200) {
		cusax_auth_scope_progress(request->scope, msg->scode);
		return;
	}
	if (may_repeat(request, err, msg) && attempt(request) == 0)
		return;
	if (request->answered)
		request->answered(err, err ? NULL : msg, request->arg);
	request_free(request);
}

int cusax_sip_request_send_to(struct cusax_sip_request **ret_request, CusaxSipAccount *account,
			      enum cusax_auth_kind kind, const char *method, const char *uri,
			      const char *to, const char *lines, const char *body,
			      CusaxSipAnswered answered, void *arg)
{
	struct cusax_sip_request *request = g_new0(struct cusax_sip_request, 1);
	g_autofree char *name = cusax_sip_account_name(account);
	const char *routes[1] = { account->route };
	int err;

	request->sip = account->sip;
	request->method = g_strdup(method);
	request->lines = g_strdup(lines);
	request->body = g_strdup(body);
	request->answered = answered;
	request->arg = arg;
	request->scope = cusax_auth_scope_new(account->credentials, kind);
	err = sip_dialog_alloc(&request->dialog, uri, to, name, account->target->aor, routes, 1);
	if (!err)
		err = sip_auth_alloc(&request->auth, NULL, request->scope, true);
	if (!err)
		err = attempt(request);
	if (err) {
		request_free(request);
		return err;
	}
	if (ret_request)
		*ret_request = request;
	return 0;
}

int cusax_sip_request_send(struct cusax_sip_request **ret_request, CusaxSipAccount *account,
			   enum cusax_auth_kind kind, const char *method, const char *uri,
			   const char *lines, const char *body, CusaxSipAnswered answered,
			   void *arg)
{
	return cusax_sip_request_send_to(ret_request, account, kind, method, uri, uri, lines, body,
					 answered, arg);
}

void cusax_sip_request_forget(struct cusax_sip_request *request)
{
	if (request)
		request->answered = NULL;
}
