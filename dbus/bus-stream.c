/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The way to the bus, on which signals by the thousand take no more than one write. */
/* Main thread; CusaxBusOutput and the filter are run by the worker thread of GDBus. */
#define CUSAX_LOG_DOMAIN "bus"
#include "dbus/bus-stream.h"

#include <gio/gunixconnection.h>
#include <sys/socket.h>

#include "daemon/base/log.h"

/* Bytes on their way. What is on its way goes before a call that rings: at the bus, whose turn each
 * signal needs, these are two or three milliseconds. */
#define FULL        (16 * 1024)
#define SEND_BUFFER (16 * 1024)

/* --- the output ----------------------------------------------------------------------------------- */

#define CUSAX_TYPE_BUS_OUTPUT (cusax_bus_output_get_type())
G_DECLARE_FINAL_TYPE(CusaxBusOutput, cusax_bus_output, CUSAX, BUS_OUTPUT, GOutputStream)

struct _CusaxBusOutput {
	GOutputStream parent;
	GSocket *socket;
	GBytes *ahead; /* goes out before what GDBus writes next; NULL: nothing */
	gsize sent;    /* of ahead */

	gint waiting; /* atomic: bytes on their way that go ahead of something */
	GMutex lock;  /* of room */
	GSource *room;
};

static void output_pollable(GPollableOutputStreamInterface *interface);

G_DEFINE_FINAL_TYPE_WITH_CODE(CusaxBusOutput, cusax_bus_output, G_TYPE_OUTPUT_STREAM,
			      G_IMPLEMENT_INTERFACE(G_TYPE_POLLABLE_OUTPUT_STREAM, output_pollable))

static void tell_room(CusaxBusOutput *self)
{
	g_mutex_lock(&self->lock);
	if (self->room)
		g_source_set_ready_time(self->room, 0);
	g_mutex_unlock(&self->lock);
}

static gboolean send_ahead(CusaxBusOutput *self, gboolean blocking, GCancellable *cancellable,
			   GError **error)
{
	gsize size;
	const char *bytes = g_bytes_get_data(self->ahead, &size);
	gint before;

	while (self->sent < size) {
		gssize n = g_socket_send_with_blocking(self->socket, bytes + self->sent,
						       size - self->sent, blocking, cancellable,
						       error);

		if (n < 0)
			return FALSE;
		self->sent += (gsize)n;
	}
	g_clear_pointer(&self->ahead, g_bytes_unref);
	before = g_atomic_int_add(&self->waiting, -(gint)size);
	if (before >= FULL && before - (gint)size < FULL)
		tell_room(self);
	return TRUE;
}

static gssize write_out(CusaxBusOutput *self, const void *buffer, gsize size, gboolean blocking,
			GCancellable *cancellable, GError **error)
{
	if (self->ahead && !send_ahead(self, blocking, cancellable, error))
		return -1;
	return g_socket_send_with_blocking(self->socket, buffer, size, blocking, cancellable,
					   error);
}

static gssize write_blocking(GOutputStream *stream, const void *buffer, gsize size,
			     GCancellable *cancellable, GError **error)
{
	return write_out(CUSAX_BUS_OUTPUT(stream), buffer, size, TRUE, cancellable, error);
}

static gssize write_nonblocking(GPollableOutputStream *stream, const void *buffer, gsize size,
				GError **error)
{
	return write_out(CUSAX_BUS_OUTPUT(stream), buffer, size, FALSE, NULL, error);
}

static gboolean is_writable(GPollableOutputStream *stream)
{
	return g_socket_condition_check(CUSAX_BUS_OUTPUT(stream)->socket, G_IO_OUT) != 0;
}

static GSource *create_source(GPollableOutputStream *stream, GCancellable *cancellable)
{
	g_autoptr(GSource) writable =
		g_socket_create_source(CUSAX_BUS_OUTPUT(stream)->socket, G_IO_OUT, NULL);

	return g_pollable_source_new_full(stream, writable, cancellable);
}

static void output_pollable(GPollableOutputStreamInterface *interface)
{
	interface->is_writable = is_writable;
	interface->create_source = create_source;
	interface->write_nonblocking = write_nonblocking;
}

static void output_finalize(GObject *object)
{
	CusaxBusOutput *self = CUSAX_BUS_OUTPUT(object);

	g_clear_pointer(&self->ahead, g_bytes_unref);
	g_clear_object(&self->socket);
	g_mutex_clear(&self->lock);
	G_OBJECT_CLASS(cusax_bus_output_parent_class)->finalize(object);
}

static void cusax_bus_output_class_init(CusaxBusOutputClass *klass)
{
	G_OBJECT_CLASS(klass)->finalize = output_finalize;
	G_OUTPUT_STREAM_CLASS(klass)->write_fn = write_blocking;
}

static void cusax_bus_output_init(CusaxBusOutput *self)
{
	g_mutex_init(&self->lock);
}

/* --- the socket with that output ------------------------------------------------------------------ */

/* A GUnixConnection, as descriptors come in by it. */
#define CUSAX_TYPE_BUS_SOCKET (cusax_bus_socket_get_type())
G_DECLARE_FINAL_TYPE(CusaxBusSocket, cusax_bus_socket, CUSAX, BUS_SOCKET, GUnixConnection)

struct _CusaxBusSocket {
	GUnixConnection parent;
	GIOStream *opened; /* whose socket it is: closes that when it goes */
	CusaxBusOutput *output;
};

G_DEFINE_FINAL_TYPE(CusaxBusSocket, cusax_bus_socket, G_TYPE_UNIX_CONNECTION)

static GOutputStream *get_output(GIOStream *stream)
{
	return G_OUTPUT_STREAM(CUSAX_BUS_SOCKET(stream)->output);
}

static void socket_finalize(GObject *object)
{
	CusaxBusSocket *self = CUSAX_BUS_SOCKET(object);

	g_clear_object(&self->output);
	g_clear_object(&self->opened);
	G_OBJECT_CLASS(cusax_bus_socket_parent_class)->finalize(object);
}

static void cusax_bus_socket_class_init(CusaxBusSocketClass *klass)
{
	G_OBJECT_CLASS(klass)->finalize = socket_finalize;
	G_IO_STREAM_CLASS(klass)->get_output_stream = get_output;
}

static void cusax_bus_socket_init(CusaxBusSocket *self)
{
	self->output = g_object_new(CUSAX_TYPE_BUS_OUTPUT, NULL);
}

/* --- what is sent ----------------------------------------------------------------------------------- */

struct CusaxBusStream {
	GDBusConnection *connection;
	CusaxBusOutput *output; /* NULL: no socket of this machine, each signal goes alone */
	guint filter;
	CusaxBusWire wire;
};

/* The data of a GDBusMessage by this name: the GBytes that go ahead of it. */
#define AHEAD "cusax-bus-ahead"

/* Right before the message is written. */
static GDBusMessage *on_message(G_GNUC_UNUSED GDBusConnection *connection, GDBusMessage *message,
				gboolean incoming, gpointer data)
{
	CusaxBusOutput *output = data;

	if (!incoming) {
		output->ahead = g_object_steal_data(G_OBJECT(message), AHEAD);
		output->sent = 0;
	}
	return message;
}

static GIOStream *open_stream(const char *address, GError **error)
{
	g_autoptr(GIOStream) opened = g_dbus_address_get_stream_sync(address, NULL, NULL, error);
	CusaxBusSocket *own;
	GSocket *socket;

	if (!opened || !G_IS_UNIX_CONNECTION(opened))
		return g_steal_pointer(&opened);
	socket = g_socket_connection_get_socket(G_SOCKET_CONNECTION(opened));
	(void)g_socket_set_option(socket, SOL_SOCKET, SO_SNDBUF, SEND_BUFFER, NULL);
	own = g_object_new(CUSAX_TYPE_BUS_SOCKET, "socket", socket, NULL);
	own->output->socket = g_object_ref(socket);
	own->opened = g_steal_pointer(&opened);
	return G_IO_STREAM(own);
}

CusaxBusStream *cusax_bus_stream_new(const char *address, GError **error)
{
	g_autoptr(GIOStream) stream = open_stream(address, error);
	GDBusConnection *connection =
		stream ? g_dbus_connection_new_sync(
				 stream, NULL,
				 G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
					 G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
				 NULL, NULL, error)
		       : NULL;
	CusaxBusStream *self;

	if (!connection)
		return NULL;
	self = g_new0(CusaxBusStream, 1);
	self->connection = connection;
	cusax_bus_wire_init(&self->wire);
	if (CUSAX_IS_BUS_SOCKET(stream)) {
		self->output = g_object_ref(CUSAX_BUS_SOCKET(stream)->output);
		self->filter = g_dbus_connection_add_filter(
			connection, on_message, g_object_ref(self->output), g_object_unref);
	}
	return self;
}

void cusax_bus_stream_free(CusaxBusStream *stream)
{
	if (!stream)
		return;
	cusax_bus_stream_set_room(stream, NULL);
	if (stream->filter)
		g_dbus_connection_remove_filter(stream->connection, stream->filter);
	g_clear_object(&stream->output);
	g_object_unref(stream->connection);
	cusax_bus_wire_clear(&stream->wire);
	g_free(stream);
}

GDBusConnection *cusax_bus_stream_connection(CusaxBusStream *stream)
{
	return stream->connection;
}

CusaxBusWire *cusax_bus_stream_wire(CusaxBusStream *stream)
{
	return &stream->wire;
}

/* One signal of the wire, with what goes ahead of it (taken, may be NULL). */
static void send_one(CusaxBusStream *stream, gsize start, gsize size, GBytes *ahead)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GDBusMessage) message = g_dbus_message_new_from_blob(
		stream->wire.bytes->data + start, size, G_DBUS_CAPABILITY_FLAGS_NONE, &error);

	if (message && ahead) {
		g_atomic_int_add(&stream->output->waiting, (gint)g_bytes_get_size(ahead));
		g_object_set_data_full(G_OBJECT(message), AHEAD, ahead,
				       (GDestroyNotify)g_bytes_unref);
	}
	if (!message ||
	    !g_dbus_connection_send_message(stream->connection, message,
					    G_DBUS_SEND_MESSAGE_FLAGS_NONE, NULL, &error))
		cusax_debug(NULL, "signals are not sent: %s", error->message);
}

void cusax_bus_stream_send(CusaxBusStream *stream)
{
	GByteArray *bytes = stream->wire.bytes;
	gsize last = stream->wire.start, at = 0;

	if (bytes->len == 0)
		return;
	while (!stream->output && at < last) {
		gssize size = g_dbus_message_bytes_needed(bytes->data + at, bytes->len - at, NULL);

		send_one(stream, at, (gsize)size, NULL);
		at += (gsize)size;
	}
	send_one(stream, last, bytes->len - last,
		 at < last ? g_bytes_new(bytes->data, last) : NULL);
	g_byte_array_set_size(bytes, 0);
}

gboolean cusax_bus_stream_is_full(CusaxBusStream *stream)
{
	return stream->output && g_atomic_int_get(&stream->output->waiting) >= FULL;
}

void cusax_bus_stream_set_room(CusaxBusStream *stream, GSource *source)
{
	if (!stream->output)
		return;
	g_mutex_lock(&stream->output->lock);
	stream->output->room = source;
	g_mutex_unlock(&stream->output->lock);
}
