/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What comes by a stream, message by message: one that cannot be read is taken out, so that it does
 * not end the connection, and with it the calls of others. */
/* The libre thread. */
#pragma once

#include <re.h>

struct cusax_stream;

/* A message that was taken out. */
typedef void(cusax_stream_refused_h)(const char *data, size_t length, void *arg);

struct cusax_stream *cusax_stream_new(cusax_stream_refused_h *refused, void *arg);
void cusax_stream_free(struct cusax_stream *stream);
/* Replaces what was received by the whole messages that can be read. Where lengths cannot be trusted
 * everything is left as it is: libre ends the connection. FALSE: no whole message is left. */
bool cusax_stream_filter(struct cusax_stream *stream, struct mbuf *mb);
