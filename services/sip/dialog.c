/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dialogs: made by a request or a response, matched by Call-ID and tags, spoken through. */
/* The libre thread. */
#include "services/sip/dialog.h"

#include <errno.h>
#include <string.h>

#define MAX_FIRST_CSEQ 0xffff
#define MAX_URI        2048
#define MAX_ROUTES     8192

static char *copy(const struct pl *text)
{
	return g_strndup(text->p ? text->p : "", text->l);
}

static char *random_word(void)
{
	return g_strdup_printf("%08x%08x", rand_u32(), rand_u32());
}

void cusax_dialog_free(struct cusax_dialog *dialog)
{
	if (!dialog)
		return;
	g_free(dialog->call_id);
	g_free(dialog->local_tag);
	g_free(dialog->remote_tag);
	g_free(dialog->local);
	g_free(dialog->remote);
	g_free(dialog->target);
	g_free(dialog->routes);
	g_free(dialog->next);
	g_free(dialog);
}

struct cusax_dialog *cusax_dialog_new(CusaxSipAccount *account, const char *to)
{
	struct cusax_dialog *dialog = g_new0(struct cusax_dialog, 1);
	g_autofree char *name = cusax_sip_account_name(account);

	dialog->call_id = random_word();
	dialog->local_tag = random_word();
	dialog->local = g_strdup_printf("%s%s%s<%s>;tag=%s", name ? "\"" : "", name ? name : "",
					name ? "\" " : "", account->target->aor, dialog->local_tag);
	dialog->remote = g_strdup_printf("<%s>", to);
	dialog->target = g_strdup(to);
	dialog->routes = g_strdup_printf("Route: <%s;lr>\r\n", account->route);
	dialog->next = g_strdup(account->route);
	dialog->local_cseq = rand_u16() & MAX_FIRST_CSEQ;
	return dialog;
}

/* A URI that can stand in a request line. */
static bool read_uri(const struct sip_hdr *hdr, struct pl *ret_uri)
{
	struct sip_addr address;

	if (sip_addr_decode(&address, &hdr->val) || address.auri.l > MAX_URI)
		return false;
	for (size_t i = 0; i < address.auri.l; i++) {
		if ((guchar)address.auri.p[i] <= ' ' || address.auri.p[i] == 0x7f)
			return false;
	}
	*ret_uri = address.auri;
	return true;
}

struct routes {
	GString *lines;
	char *first;
};

static bool route_h(const struct sip_hdr *hdr, G_GNUC_UNUSED const struct sip_msg *msg, void *arg)
{
	struct routes *routes = arg;
	struct pl uri;

	if (!read_uri(hdr, &uri) || hdr->val.l > MAX_URI || routes->lines->len > MAX_ROUTES)
		return false;
	if (!routes->first)
		routes->first = copy(&uri);
	g_string_append_printf(routes->lines, "Route: %.*s\r\n", (int)hdr->val.l, hdr->val.p);
	return false;
}

/* The route set and the target, by what a message of the other side says. FALSE: no Contact. */
static bool read_way(struct cusax_dialog *dialog, const struct sip_msg *msg)
{
	const struct sip_hdr *contact = sip_msg_hdr(msg, SIP_HDR_CONTACT);
	struct routes routes = { 0 };
	struct pl uri;

	if (!contact || !read_uri(contact, &uri))
		return false;
	dialog->target = copy(&uri);
	routes.lines = g_string_new(NULL);
	/* §12.1.1, §12.1.2: as they stand in a request, the other way round in a response. */
	sip_msg_hdr_apply(msg, msg->req, SIP_HDR_RECORD_ROUTE, route_h, &routes);
	dialog->routes = g_string_free(routes.lines, FALSE);
	dialog->next = routes.first ? routes.first : g_strdup(dialog->target);
	return true;
}

struct cusax_dialog *cusax_dialog_fork(const struct cusax_dialog *origin, const struct sip_msg *msg)
{
	struct cusax_dialog *dialog = g_new0(struct cusax_dialog, 1);

	if (!pl_isset(&msg->to.tag) || !read_way(dialog, msg)) {
		cusax_dialog_free(dialog);
		return NULL;
	}
	dialog->call_id = g_strdup(origin->call_id);
	dialog->local_tag = g_strdup(origin->local_tag);
	dialog->local = g_strdup(origin->local);
	dialog->local_cseq = origin->local_cseq;
	dialog->remote_tag = copy(&msg->to.tag);
	dialog->remote = copy(&msg->to.val);
	return dialog;
}

struct cusax_dialog *cusax_dialog_accept(const struct sip_msg *msg)
{
	struct cusax_dialog *dialog = g_new0(struct cusax_dialog, 1);

	if (!read_way(dialog, msg)) {
		cusax_dialog_free(dialog);
		return NULL;
	}
	dialog->call_id = copy(&msg->callid);
	/* The tag that libre puts into its replies to this message. */
	dialog->local_tag = g_strdup_printf("%016" G_GINT64_MODIFIER "x", (guint64)msg->tag);
	dialog->local = g_strdup_printf("%.*s;tag=%s", (int)msg->to.val.l, msg->to.val.p,
					dialog->local_tag);
	dialog->remote_tag = copy(&msg->from.tag);
	dialog->remote = copy(&msg->from.val);
	dialog->local_cseq = rand_u16() & MAX_FIRST_CSEQ;
	dialog->remote_cseq = msg->cseq.num;
	dialog->has_remote_cseq = true;
	return dialog;
}

bool cusax_dialog_owns(const struct cusax_dialog *dialog, const struct sip_msg *msg)
{
	const struct pl *local = msg->req ? &msg->to.tag : &msg->from.tag;
	const struct pl *remote = msg->req ? &msg->from.tag : &msg->to.tag;

	return dialog->remote_tag && !pl_strcmp(&msg->callid, dialog->call_id) &&
	       !pl_strcmp(local, dialog->local_tag) && !pl_strcmp(remote, dialog->remote_tag);
}

bool cusax_dialog_in_order(struct cusax_dialog *dialog, const struct sip_msg *msg)
{
	if (dialog->has_remote_cseq && msg->cseq.num < dialog->remote_cseq)
		return false;
	dialog->remote_cseq = msg->cseq.num;
	dialog->has_remote_cseq = true;
	return true;
}

void cusax_dialog_retarget(struct cusax_dialog *dialog, const struct sip_msg *msg)
{
	const struct sip_hdr *contact = sip_msg_hdr(msg, SIP_HDR_CONTACT);
	struct pl uri;

	if (!contact || !read_uri(contact, &uri))
		return;
	g_free(dialog->target);
	dialog->target = copy(&uri);
	if (!*dialog->routes) {
		g_free(dialog->next);
		dialog->next = g_strdup(dialog->target);
	}
}

char *cusax_dialog_contact(const CusaxSipAccount *account)
{
	struct sip_contact contact;
	char text[512];

	sip_contact_set(&contact, account->target->user, &account->local, account->transport);
	if (re_snprintf(text, sizeof(text), "%H", sip_contact_print, &contact) < 0)
		return g_strdup("");
	return g_strdup(text);
}

/* A first hop "sips:" is reached by the TLS that the account has, or not at all. */
static char *first_hop(const struct cusax_dialog *dialog, const CusaxSipAccount *account)
{
	if (!account->tls || g_ascii_strncasecmp(dialog->next, "sips:", 5) != 0)
		return g_strdup(dialog->next);
	return g_strconcat("sip:", dialog->next + 5, ";transport=tls", NULL);
}

static bool carries_contact(const char *method)
{
	return strcmp(method, "INVITE") == 0 || strcmp(method, "UPDATE") == 0 ||
	       strcmp(method, "REFER") == 0 || strcmp(method, "NOTIFY") == 0;
}

int cusax_dialog_send(struct cusax_dialog *dialog, CusaxSipAccount *account,
		      const struct cusax_dialog_request *request, struct sip_request **ret)
{
	size_t length = request->body ? mbuf_get_left(request->body) : 0;
	uint32_t cseq = request->cseq ? request->cseq : ++dialog->local_cseq;
	g_autofree char *hop = first_hop(dialog, account);
	g_autofree char *contact =
		carries_contact(request->method) ? cusax_dialog_contact(account) : g_strdup("");
	g_autofree char *type =
		length ? g_strdup_printf("Content-Type: %s\r\n", request->type) : g_strdup("");
	struct pl text;
	struct uri route;
	int err;

	pl_set_str(&text, hop);
	err = uri_decode(&route, &text);
	if (err)
		return err;
	return sip_requestf(ret, account->sip, !request->stateless, request->method, dialog->target,
			    &route, request->auth, request->sendh, request->resph, request->arg,
			    "%sTo: %s\r\nFrom: %s\r\nCall-ID: %s\r\nCSeq: %u %s\r\n"
			    "User-Agent: cusaxd/%s\r\n%s%s%sContent-Length: %zu\r\n\r\n%b",
			    dialog->routes, dialog->remote, dialog->local, dialog->call_id, cseq,
			    request->method, CUSAX_VERSION, contact,
			    request->headers ? request->headers : "", type, length,
			    length ? mbuf_buf(request->body) : NULL, length);
}
