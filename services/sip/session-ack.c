/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ACKs of 2xx: each is sent again for every copy of its response (RFC 3261 §13.2.2.4). */
/* The libre thread. */
#include <errno.h>

#include "services/sip/session-private.h"

#define MAX_KEPT     512
#define MAX_BRANCHES 16

struct kept {
	CusaxSipAccount *account;
	char *key;                   /* Call-ID and our tag */
	struct cusax_dialog *dialog; /* as far as it takes to answer for it */
	uint32_t cseq;
	struct sip_request *request; /* while the address is looked up */
	struct mbuf *packet;
	struct sa to;
	enum sip_transp transport;
	struct tmr timer;
};

static void kept_free(gpointer data)
{
	struct kept *kept = data;

	tmr_cancel(&kept->timer);
	mem_deref(kept->request);
	mem_deref(kept->packet);
	cusax_dialog_free(kept->dialog);
	g_free(kept->key);
	g_free(kept);
}

static void list_free(gpointer data)
{
	g_ptr_array_unref(data);
}

GHashTable *cusax_session_acks_new(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, list_free);
}

static void drop(struct kept *kept)
{
	GHashTable *acks = kept->account->acks;
	GPtrArray *list = g_hash_table_lookup(acks, kept->key);
	g_autofree char *key = g_strdup(kept->key);

	g_ptr_array_remove(list, kept);
	if (list->len == 0)
		g_hash_table_remove(acks, key);
}

static void expired_h(void *arg)
{
	drop(arg);
}

static int sent_h(enum sip_transp transport, G_GNUC_UNUSED const struct sa *from,
		  const struct sa *to, struct mbuf *packet, void *arg)
{
	struct kept *kept = arg;

	mem_deref(kept->packet);
	kept->packet = mem_ref(packet);
	kept->to = *to;
	kept->transport = transport;
	return 0;
}

static void failed_h(G_GNUC_UNUSED int err, G_GNUC_UNUSED const struct sip_msg *msg, void *arg)
{
	drop(arg);
}

static struct cusax_dialog *copy(const struct cusax_dialog *dialog)
{
	struct cusax_dialog *twin = g_new0(struct cusax_dialog, 1);

	twin->call_id = g_strdup(dialog->call_id);
	twin->local_tag = g_strdup(dialog->local_tag);
	twin->remote_tag = g_strdup(dialog->remote_tag);
	twin->local = g_strdup(dialog->local);
	twin->local_cseq = dialog->local_cseq;
	return twin;
}

void cusax_session_ack(CusaxSipAccount *account, struct cusax_dialog *dialog, uint32_t cseq)
{
	struct kept *kept = g_new0(struct kept, 1);
	const struct cusax_dialog_request ack = {
		.method = "ACK",
		.cseq = cseq,
		.stateless = true,
		.sendh = sent_h,
		.resph = failed_h,
		.arg = kept,
	};
	GPtrArray *list;

	kept->account = account;
	kept->key = g_strdup_printf("%s\n%s", dialog->call_id, dialog->local_tag);
	kept->dialog = copy(dialog);
	kept->cseq = cseq;
	tmr_init(&kept->timer);
	if (cusax_dialog_send(dialog, account, &ack, &kept->request) != 0 ||
	    g_hash_table_size(account->acks) >= MAX_KEPT) {
		kept_free(kept);
		return;
	}
	list = g_hash_table_lookup(account->acks, kept->key);
	if (!list) {
		list = g_ptr_array_new_with_free_func(kept_free);
		g_hash_table_insert(account->acks, g_strdup(kept->key), list);
	}
	g_ptr_array_add(list, kept);
	tmr_start(&kept->timer, CUSAX_ACK_WAIT_MS, expired_h, kept);
}

static void send_home_h(G_GNUC_UNUSED int err, const struct sip_msg *msg, void *arg)
{
	cusax_session_count_challenge(arg, msg);
}

/* One more branch answered: it hears ACK and BYE. */
static void send_home(struct kept *kept, const struct sip_msg *msg)
{
	CusaxSipAccount *account = kept->account;
	struct cusax_dialog *dialog = cusax_dialog_fork(kept->dialog, msg);
	const struct cusax_dialog_request bye = {
		.method = "BYE",
		.resph = send_home_h,
		.arg = account,
	};

	if (!dialog)
		return;
	cusax_session_ack(account, dialog, msg->cseq.num);
	(void)cusax_dialog_send(dialog, account, &bye, NULL);
	cusax_dialog_free(dialog);
}

void cusax_session_stray_answer(CusaxSipAccount *account, const struct sip_msg *msg)
{
	g_autofree char *key = g_strdup_printf("%.*s\n%.*s", (int)msg->callid.l, msg->callid.p,
					       (int)msg->from.tag.l, msg->from.tag.p);
	GPtrArray *list = g_hash_table_lookup(account->acks, key);
	struct kept *first = NULL;

	for (guint i = 0; list && i < list->len; i++) {
		struct kept *kept = list->pdata[i];

		if (kept->cseq != msg->cseq.num)
			continue;
		if (cusax_dialog_owns(kept->dialog, msg)) {
			if (kept->packet) {
				kept->packet->pos = 0;
				(void)sip_send(account->sip, NULL, kept->transport, &kept->to,
					       kept->packet);
			}
			return;
		}
		first = first ? first : kept;
	}
	if (first && list->len < MAX_BRANCHES)
		send_home(first, msg);
}
