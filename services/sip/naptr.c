/* SPDX-License-Identifier: GPL-3.0-or-later */
/* By which transport a domain is reached, and where its SRV records stand (RFC 3263 §4.1). */
/* Pure, but for cusax_naptr_ask(), which is of the main thread. */
#include "services/sip/naptr.h"

#include <arpa/nameser.h>
#include <netinet/in.h>
#include <resolv.h>
#include <string.h>

#define MAX_WAYS      16
#define MAX_RECORDS   64
#define MAX_ANSWER    8192
#define MAX_NAME      256
#define HEADER_LENGTH 12
#define ASK_SECONDS   1 /* each time */
#define ASK_TIMES     2

void cusax_sip_way_free(CusaxSipWay *way)
{
	g_free(way->name);
	g_free(way);
}

static GPtrArray *ways_new(void)
{
	return g_ptr_array_new_with_free_func((GDestroyNotify)cusax_sip_way_free);
}

/* --- records --------------------------------------------------------------------------------- */

static gboolean service_parse(const char *service, CusaxSipTransport *ret_transport)
{
	static const char *const services[] = { "SIP+D2U", "SIP+D2T", "SIPS+D2T" };

	for (guint i = 0; i < G_N_ELEMENTS(services); i++) {
		if (g_ascii_strcasecmp(service, services[i]) == 0) {
			*ret_transport = (CusaxSipTransport)i;
			return TRUE;
		}
	}
	return FALSE;
}

static gboolean is_name(const char *name)
{
	return strchr(name, '.') && name[0] != '.' && strlen(name) < MAX_NAME &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") ==
		       strlen(name);
}

void cusax_naptr_take(GPtrArray *found, const CusaxSipTarget *target, const CusaxSipWay *numbers,
		      const char *flags, const char *service, const char *regexp,
		      const char *replacement)
{
	CusaxSipTransport transport;
	CusaxSipWay *way;

	if (found->len >= MAX_WAYS || g_ascii_strcasecmp(flags, "s") != 0 || *regexp ||
	    !service_parse(service, &transport) || !is_name(replacement))
		return;
	if (!target->any && transport != target->transport)
		return;
	way = g_new0(CusaxSipWay, 1);
	way->transport = transport;
	way->name = g_strdup(replacement);
	way->order = numbers->order;
	way->preference = numbers->preference;
	g_ptr_array_add(found, way);
}

/* --- messages (RFC 1035 §4.1, RFC 3403 §4.1) --------------------------------------------------- */

struct reader {
	const guint8 *start, *at, *end;
};

static gboolean read_u16(struct reader *reader, guint16 *ret_value)
{
	if (reader->end - reader->at < 2)
		return FALSE;
	*ret_value = (guint16)(reader->at[0] << 8 | reader->at[1]);
	reader->at += 2;
	return TRUE;
}

/* name: MAX_NAME octets. Compressed or not; the resolver's own code follows the pointers. */
static gboolean read_name(struct reader *reader, char *name)
{
	int length = dn_expand(reader->start, reader->end, reader->at, name, MAX_NAME);

	if (length < 0)
		return FALSE;
	reader->at += length;
	return TRUE;
}

static gboolean read_string(struct reader *reader, char *text)
{
	guint8 length;

	if (reader->at >= reader->end)
		return FALSE;
	length = *reader->at++;
	if (reader->end - reader->at < length || memchr(reader->at, 0, length))
		return FALSE;
	memcpy(text, reader->at, length);
	text[length] = '\0';
	reader->at += length;
	return TRUE;
}

static void take_record(GPtrArray *found, const CusaxSipTarget *target, struct reader reader)
{
	char flags[MAX_NAME], service[MAX_NAME], regexp[MAX_NAME], replacement[MAX_NAME];
	CusaxSipWay numbers = { 0 };

	if (read_u16(&reader, &numbers.order) && read_u16(&reader, &numbers.preference) &&
	    read_string(&reader, flags) && read_string(&reader, service) &&
	    read_string(&reader, regexp) && read_name(&reader, replacement))
		cusax_naptr_take(found, target, &numbers, flags, service, regexp, replacement);
}

/* Steps over a record, and takes it where it is one of ours. */
static gboolean read_record(GPtrArray *found, const CusaxSipTarget *target, struct reader *reader)
{
	char name[MAX_NAME];
	guint16 type, class, ttl, length;
	struct reader data;

	if (!read_name(reader, name) || !read_u16(reader, &type) || !read_u16(reader, &class) ||
	    !read_u16(reader, &ttl) || !read_u16(reader, &ttl) || !read_u16(reader, &length) ||
	    reader->end - reader->at < length)
		return FALSE;
	data = (struct reader){ reader->start, reader->at, reader->at + length };
	if (type == ns_t_naptr && class == ns_c_in)
		take_record(found, target, data);
	reader->at += length;
	return TRUE;
}

void cusax_naptr_take_answer(GPtrArray *found, const CusaxSipTarget *target, const guint8 *answer,
			     gsize length)
{
	struct reader reader = { answer, answer + 4, answer + length };
	guint16 questions, answers, unused;
	char name[MAX_NAME];

	if (length < HEADER_LENGTH || !read_u16(&reader, &questions) ||
	    !read_u16(&reader, &answers))
		return;
	reader.at = answer + HEADER_LENGTH;
	for (; questions > 0; questions--) {
		if (!read_name(&reader, name) || !read_u16(&reader, &unused) ||
		    !read_u16(&reader, &unused))
			return;
	}
	for (answers = MIN(answers, MAX_RECORDS); answers > 0; answers--) {
		if (!read_record(found, target, &reader))
			return;
	}
}

/* --- the choice ------------------------------------------------------------------------------ */

/* RFC 3403 §4.1: the lowest order first, in it the lowest preference. */
static int compare_ways(gconstpointer a, gconstpointer b)
{
	const CusaxSipWay *left = *(const CusaxSipWay *const *)a;
	const CusaxSipWay *right = *(const CusaxSipWay *const *)b;

	return left->order != right->order ? left->order - right->order
					   : left->preference - right->preference;
}

static void add_way(GPtrArray *ways, CusaxSipTransport transport, char *name)
{
	CusaxSipWay *way = g_new0(CusaxSipWay, 1);

	way->transport = transport;
	way->name = name;
	g_ptr_array_add(ways, way);
}

GPtrArray *cusax_naptr_ways(const CusaxSipTarget *target, GPtrArray *found)
{
	/* RFC 3261 §26.2.1: TLS is asked for as "sips". */
	static const char *const prefixes[] = { "_sip._udp", "_sip._tcp", "_sips._tcp" };
	GPtrArray *ways = ways_new();
	CusaxSipTransport last = target->any ? CUSAX_SIP_UDP : target->transport;

	if (found && found->len > 0) {
		g_ptr_array_sort(found, compare_ways);
		/* What cannot be reached one way is not tried by a weaker one. */
		last = ((const CusaxSipWay *)found->pdata[0])->transport;
		for (guint i = 0; i < found->len; i++) {
			const CusaxSipWay *way = found->pdata[i];

			if (way->transport == last)
				add_way(ways, last, g_strdup(way->name));
		}
		add_way(ways, last, g_strdup_printf("%s.%s", prefixes[last], target->host));
		return ways;
	}
	for (int i = (int)target->transport; i >= (int)last; i--)
		add_way(ways, (CusaxSipTransport)i,
			g_strdup_printf("%s.%s", prefixes[i], target->host));
	return ways;
}

/* --- asking ---------------------------------------------------------------------------------- */

static CusaxSipTarget *copy_question(const CusaxSipTarget *target)
{
	CusaxSipTarget *copy = g_new0(CusaxSipTarget, 1);

	copy->host = g_strdup(target->host);
	copy->transport = target->transport;
	copy->any = target->any;
	return copy;
}

static void ask_thread(GTask *task, G_GNUC_UNUSED gpointer source, gpointer data,
		       G_GNUC_UNUSED GCancellable *cancellable)
{
	const CusaxSipTarget *target = data;
	GPtrArray *found = ways_new();
	g_autofree guint8 *answer = g_malloc(MAX_ANSWER);
	struct __res_state state = { 0 };
	int length = -1;

	if (res_ninit(&state) == 0) {
		state.retrans = ASK_SECONDS;
		state.retry = ASK_TIMES;
		length = res_nquery(&state, target->host, ns_c_in, ns_t_naptr, answer, MAX_ANSWER);
		res_nclose(&state);
	}
	/* The length of an answer that did not fit is that of the whole. */
	if (length > 0 && length <= MAX_ANSWER)
		cusax_naptr_take_answer(found, target, answer, (gsize)length);
	g_task_return_pointer(task, found, (GDestroyNotify)g_ptr_array_unref);
}

void cusax_naptr_ask(const CusaxSipTarget *target, GCancellable *cancellable,
		     GAsyncReadyCallback callback, gpointer data)
{
	g_autoptr(GTask) task = g_task_new(NULL, cancellable, callback, data);

	g_task_set_source_tag(task, cusax_naptr_ask);
	/* Whoever gives up asks again later: the thread may end for itself. */
	g_task_set_return_on_cancel(task, TRUE);
	g_task_set_task_data(task, copy_question(target), (GDestroyNotify)cusax_sip_target_free);
	g_task_run_in_thread(task, ask_thread);
}

GPtrArray *cusax_naptr_ask_finish(GAsyncResult *result)
{
	GPtrArray *found = g_task_propagate_pointer(G_TASK(result), NULL);

	return found ? found : ways_new();
}
