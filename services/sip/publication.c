/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Own presence by SIP (RFC 3903, RFC 3863): published, refreshed, withdrawn. */
/* The libre thread. */
#define CUSAX_LOG_DOMAIN "sip"

#include "services/sip/publication.h"

#include <errno.h>

#include "daemon/base/log.h"
#include "daemon/base/text.h"
#include "services/sip/request.h"

#define EXPIRES_SECONDS 3600
#define MIN_EXPIRES     2
#define MAX_EXPIRES     86400
#define RETRY_MS        300000
#define MAX_NOTE        256
#define MAX_ETAG        256

enum act {
	NOTHING,
	PUBLISH, /* a document, new or instead of the one before */
	REFRESH, /* the same for longer */
	REMOVE,
};

struct cusax_publication {
	CusaxSipAccount *account;
	enum act under_way;
	char *tuple;
	char *etag; /* of what is published; NULL: nothing is */
	guint32 expires;
	bool wanted;
	bool changed;     /* what is wanted is not what was sent last */
	bool due;         /* to be refreshed */
	bool unavailable; /* the server has no presence */
	CusaxAvailability availability;
	char *status;
	struct tmr refresh;
};

/* --- document -------------------------------------------------------------------------------- */

static gboolean is_open(CusaxAvailability availability)
{
	switch (availability) {
	case CUSAX_AVAILABILITY_ONLINE:
	case CUSAX_AVAILABILITY_AWAY:
	case CUSAX_AVAILABILITY_XA:
		return TRUE;
	case CUSAX_AVAILABILITY_DND:
	case CUSAX_AVAILABILITY_OFFLINE:
		return FALSE;
	}
	g_return_val_if_reached(FALSE);
}

char *cusax_publication_pidf(const char *aor, const char *tuple, CusaxAvailability availability,
			     const char *status)
{
	g_autofree char *line = cusax_text_line(status, MAX_NOTE);
	g_autofree char *note =
		*line ? g_markup_printf_escaped("<note>%s</note>", line) : g_strdup("");
	g_autofree char *head = g_markup_printf_escaped(
		"<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"%s\">"
		"<tuple id=\"%s\"><status><basic>%s</basic></status><contact>%s</contact>",
		aor, tuple, is_open(availability) ? "open" : "closed", aor);

	return g_strconcat("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", head, note,
			   "</tuple></presence>\n", NULL);
}

/* --- requests -------------------------------------------------------------------------------- */

/* Circular: an answer may lead to the next request. */
static void go_on(struct cusax_publication *publication);

static void refresh_h(void *arg)
{
	struct cusax_publication *publication = arg;

	publication->due = true;
	go_on(publication);
}

static void take_etag(struct cusax_publication *publication, const struct sip_msg *msg)
{
	const struct sip_hdr *hdr = sip_msg_hdr(msg, SIP_HDR_SIP_ETAG);

	g_clear_pointer(&publication->etag, g_free);
	if (!hdr || hdr->val.l == 0 || hdr->val.l > MAX_ETAG)
		return;
	publication->etag = g_strndup(hdr->val.p, hdr->val.l);
}

static void accepted(struct cusax_publication *publication, enum act act, const struct sip_msg *msg)
{
	guint32 expires = publication->expires;

	if (act == REMOVE)
		return;
	take_etag(publication, msg);
	if (pl_isset(&msg->expires))
		expires = CLAMP(pl_u32(&msg->expires), MIN_EXPIRES, MAX_EXPIRES);
	tmr_start(&publication->refresh, (guint64)expires * 900, refresh_h, publication);
}

/* RFC 3903 §4.2: the interval is too short; asked for once, so that no server leads us in circles. */
static bool takes_longer(struct cusax_publication *publication, const struct sip_msg *msg)
{
	const struct sip_hdr *hdr = sip_msg_hdr(msg, SIP_HDR_MIN_EXPIRES);
	guint32 wanted = hdr ? pl_u32(&hdr->val) : 0;

	if (wanted <= publication->expires || wanted > MAX_EXPIRES)
		return false;
	publication->expires = wanted;
	return true;
}

static void refused(struct cusax_publication *publication, enum act act, const struct sip_msg *msg)
{
	guint code = msg ? msg->scode : 0;

	if (act == REMOVE)
		return;
	publication->changed = true;
	switch (code) {
	case 412: /* what we would refresh is gone there */
		if (publication->etag) {
			g_clear_pointer(&publication->etag, g_free);
			return;
		}
		break;
	case 423:
		if (takes_longer(publication, msg))
			return;
		break;
	case 403:
	case 404:
	case 405:
	case 489:
	case 501:
		publication->unavailable = true;
		cusax_info(publication->account->id, "the server takes no presence (%u)", code);
		return;
	}
	publication->due = false;
	publication->changed = false;
	g_clear_pointer(&publication->etag, g_free);
	tmr_start(&publication->refresh, RETRY_MS, refresh_h, publication);
}

static void answered_h(int err, const struct sip_msg *msg, void *arg)
{
	struct cusax_publication *publication = arg;
	enum act act = publication->under_way;

	publication->under_way = NOTHING;
	/* The stack goes: there is nobody to tell any more. */
	if (err && err != ETIMEDOUT)
		return;
	if (msg && msg->scode < 300)
		accepted(publication, act, msg);
	else
		refused(publication, act, msg);
	go_on(publication);
}

static enum act next_act(const struct cusax_publication *publication)
{
	if (publication->under_way != NOTHING)
		return NOTHING;
	if (!publication->wanted)
		return publication->etag ? REMOVE : NOTHING;
	if (publication->unavailable)
		return NOTHING;
	if (publication->changed || (publication->due && !publication->etag))
		return PUBLISH;
	return publication->due ? REFRESH : NOTHING;
}

static void go_on(struct cusax_publication *publication)
{
	enum act act = next_act(publication);
	CusaxSipAccount *account = publication->account;
	g_autoptr(GString) lines = NULL;
	g_autofree char *body = NULL;

	if (act == NOTHING || !account->sip)
		return;
	lines = g_string_new("Event: presence\r\n");
	g_string_append_printf(lines, "Expires: %u\r\n", act == REMOVE ? 0 : publication->expires);
	if (publication->etag)
		g_string_append_printf(lines, "SIP-If-Match: %s\r\n", publication->etag);
	if (act == PUBLISH) {
		g_string_append(lines, "Content-Type: application/pidf+xml\r\n");
		body = cusax_publication_pidf(account->target->aor, publication->tuple,
					      publication->availability, publication->status);
	}
	if (act == REMOVE)
		g_clear_pointer(&publication->etag, g_free);
	publication->changed = publication->due = false;
	tmr_cancel(&publication->refresh);
	publication->under_way = act;
	if (cusax_sip_request_send(NULL, account, CUSAX_AUTH_REGISTRATION, "PUBLISH",
				   account->target->aor, lines->str, body, answered_h,
				   publication) == 0)
		return;
	publication->under_way = NOTHING;
	cusax_debug(account->id, "presence cannot be published");
}

/* --- life ------------------------------------------------------------------------------------ */

void cusax_publication_set(struct cusax_publication *publication, CusaxAvailability availability,
			   const char *status)
{
	publication->changed |= !publication->wanted || publication->availability != availability ||
				g_strcmp0(publication->status, status) != 0;
	publication->wanted = true;
	publication->availability = availability;
	g_free(publication->status);
	publication->status = g_strdup(status);
	go_on(publication);
}

void cusax_publication_withdraw(struct cusax_publication *publication)
{
	publication->wanted = false;
	tmr_cancel(&publication->refresh);
	go_on(publication);
}

struct cusax_publication *cusax_publication_new(CusaxSipAccount *account)
{
	struct cusax_publication *publication = g_new0(struct cusax_publication, 1);

	publication->account = account;
	publication->expires = EXPIRES_SECONDS;
	/* Other devices of the person publish under other names (RFC 3863 §4.1.2). */
	publication->tuple = g_strdup_printf("c%08x", rand_u32());
	tmr_init(&publication->refresh);
	return publication;
}

void cusax_publication_free(struct cusax_publication *publication)
{
	tmr_cancel(&publication->refresh);
	g_free(publication->tuple);
	g_free(publication->etag);
	g_free(publication->status);
	g_free(publication);
}
