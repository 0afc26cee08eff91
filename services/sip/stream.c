/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What comes by a stream, message by message. */
/* The libre thread. */
#include "services/sip/stream.h"

#include <errno.h>
#include <string.h>

#include <glib.h>

#define MAX_MESSAGE 65536 /* libre takes no more either */

struct cusax_stream {
	cusax_stream_refused_h *refused;
	void *arg;
	GByteArray *held; /* what is not a whole message yet */
	bool in_step;     /* it begins where a message begins */
};

struct cusax_stream *cusax_stream_new(cusax_stream_refused_h *refused, void *arg)
{
	struct cusax_stream *stream = g_new0(struct cusax_stream, 1);

	stream->refused = refused;
	stream->arg = arg;
	stream->held = g_byte_array_new();
	return stream;
}

void cusax_stream_free(struct cusax_stream *stream)
{
	if (!stream)
		return;
	g_byte_array_unref(stream->held);
	g_free(stream);
}

/* We may come in while a message is under way: a method or version comes before a space. */
static bool begins_message(const char *data, size_t length)
{
	const char *end = memchr(data, '\r', length);
	g_autofree char *line = end ? g_strndup(data, end - data) : NULL;

	return line && g_ascii_isalpha(*line) && line[strcspn(line, " :")] == ' ' &&
	       strstr(line, "SIP/");
}

/* The length that a head states; FALSE: none that can be relied on. */
static bool stated_length(const char *head, size_t size, size_t *ret_length)
{
	static const char *const names[] = { "content-length", "l" };
	g_autofree char *text = g_strndup(head, size);
	g_auto(GStrv) lines = g_strsplit(text, "\r\n", -1);
	guint found = 0;

	for (guint i = 1; lines[i]; i++) {
		char *colon = strchr(lines[i], ':'), *end;

		if (!colon)
			continue;
		*colon = '\0';
		g_strchomp(lines[i]);
		if (g_ascii_strcasecmp(lines[i], names[0]) &&
		    g_ascii_strcasecmp(lines[i], names[1]))
			continue;
		g_strstrip(colon + 1);
		*ret_length = g_ascii_strtoull(colon + 1, &end, 10);
		if (!g_ascii_isdigit(colon[1]) || *end || ++found > 1)
			return false;
	}
	return found == 1;
}

enum found {
	INCOMPLETE,
	READABLE,
	UNREADABLE,
	LOST, /* nobody knows where it ends */
};

/* The message at the start of what is held. */
static enum found find(const struct cusax_stream *stream, size_t *ret_size)
{
	const char *data = (const char *)stream->held->data;
	size_t length = stream->held->len, body = 0;
	const char *end = memmem(data, length, "\r\n\r\n", 4);
	struct mbuf *mb;
	struct sip_msg *msg = NULL;
	enum found found = UNREADABLE;
	int err;

	if (!end)
		return length > MAX_MESSAGE ? LOST : INCOMPLETE;
	*ret_size = (size_t)(end - data) + 4;
	mb = mbuf_alloc(*ret_size);
	err = mb ? mbuf_write_mem(mb, (const uint8_t *)data, *ret_size) : ENOMEM;
	if (!err) {
		mb->pos = 0;
		err = sip_msg_decode(&msg, mb);
	}
	if (!err && !pl_isset(&msg->clen))
		found = LOST;
	else if (!err)
		found = READABLE, body = pl_u32(&msg->clen);
	else if (!stated_length(data, *ret_size, &body))
		found = LOST;
	mem_deref(msg);
	mem_deref(mb);
	if (found == LOST || body > MAX_MESSAGE)
		return LOST;
	*ret_size += body;
	return *ret_size > length ? INCOMPLETE : found;
}

static void pass(struct cusax_stream *stream, struct mbuf *mb, size_t size)
{
	(void)mbuf_write_mem(mb, stream->held->data, size);
	g_byte_array_remove_range(stream->held, 0, (guint)size);
}

bool cusax_stream_filter(struct cusax_stream *stream, struct mbuf *mb)
{
	GByteArray *held = stream->held;
	size_t size = 0;

	stream->in_step |= begins_message((const char *)mbuf_buf(mb), mbuf_get_left(mb));
	if (!stream->in_step)
		return true;
	g_byte_array_append(held, mbuf_buf(mb), (guint)mbuf_get_left(mb));
	mb->pos = mb->end = 0;
	while (held->len > 0) {
		enum found found;

		if (held->len == 1 && *held->data == '\r')
			break;
		if (held->len > 1 && memcmp(held->data, "\r\n", 2) == 0) {
			pass(stream, mb, 2); /* keep-alive (RFC 5626 §3.5.1) */
			continue;
		}
		if (*held->data == '\r' || *held->data == '\n') {
			g_byte_array_remove_index(held, 0);
			continue;
		}
		found = find(stream, &size);
		if (found == INCOMPLETE)
			break;
		if (found == LOST) {
			pass(stream, mb, held->len);
		} else if (found == READABLE) {
			pass(stream, mb, size);
		} else {
			stream->refused((const char *)held->data, size, stream->arg);
			g_byte_array_remove_range(held, 0, (guint)size);
		}
	}
	mb->pos = 0;
	return mb->end > 0;
}
