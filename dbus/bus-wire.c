/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Signals in the form in which they go over the wire (D-Bus specification, "Message Protocol"). */
/* Main thread. */
#include "dbus/bus-wire.h"

#include <string.h>

#include "daemon/base/text.h"

#define FIRST_SERIAL 0x80000000u /* GDBus counts its own from 1 */
#define BODY_LENGTH  4           /* where in a message it stands */

void cusax_bus_wire_init(CusaxBusWire *wire)
{
	*wire = (CusaxBusWire){ g_byte_array_new(), 0, 0, FIRST_SERIAL };
}

void cusax_bus_wire_clear(CusaxBusWire *wire)
{
	g_byte_array_unref(wire->bytes);
}

/* --- values ------------------------------------------------------------------------------------- */

/* Room for length bytes more: where to write them. */
static guint8 *extend(CusaxBusWire *wire, gsize length)
{
	gsize at = wire->bytes->len;

	g_byte_array_set_size(wire->bytes, (guint)(at + length));
	return wire->bytes->data + at;
}

/* How many bytes more until what comes next is aligned. */
static guint padding(const CusaxBusWire *wire, guint boundary)
{
	return -(wire->bytes->len - wire->start) & (boundary - 1);
}

static void align(CusaxBusWire *wire, guint boundary)
{
	guint pad = padding(wire, boundary);

	if (pad)
		memset(extend(wire, pad), 0, pad);
}

static void append(CusaxBusWire *wire, gconstpointer bytes, gsize length)
{
	memcpy(extend(wire, length), bytes, length);
}

static void byte(CusaxBusWire *wire, guint8 value)
{
	*extend(wire, 1) = value;
}

/* Aligned to its size. */
static void fixed(CusaxBusWire *wire, gconstpointer value, gsize size)
{
	guint pad = padding(wire, (guint)size);
	guint8 *at = extend(wire, pad + size);

	memset(at, 0, pad);
	memcpy(at + pad, value, size);
}

void cusax_bus_wire_uint32(CusaxBusWire *wire, guint32 value)
{
	fixed(wire, &value, sizeof(value));
}

void cusax_bus_wire_uint64(CusaxBusWire *wire, guint64 value)
{
	fixed(wire, &value, sizeof(value));
}

void cusax_bus_wire_boolean(CusaxBusWire *wire, gboolean value)
{
	cusax_bus_wire_uint32(wire, value != FALSE);
}

void cusax_bus_wire_string(CusaxBusWire *wire, const char *text)
{
	gsize length = strlen(text);
	g_autofree char *valid = NULL;

	if (cusax_text_plain(text, length) < length && !g_utf8_validate(text, -1, NULL)) {
		text = valid = g_utf8_make_valid(text, -1);
		length = strlen(valid);
	}
	cusax_bus_wire_uint32(wire, (guint32)length);
	append(wire, text, length + 1);
}

void cusax_bus_wire_signature(CusaxBusWire *wire, const char *signature)
{
	gsize length = strlen(signature);

	byte(wire, (guint8)length);
	append(wire, signature, length + 1);
}

void cusax_bus_wire_struct(CusaxBusWire *wire)
{
	align(wire, 8);
}

void cusax_bus_wire_ready(CusaxBusWire *wire, const CusaxBusWire *ready)
{
	align(wire, 8);
	append(wire, ready->bytes->data, ready->bytes->len);
}

static guint alignment_of(char element)
{
	if (strchr("ygv", element))
		return 1;
	if (strchr("nq", element))
		return 2;
	return strchr("xtd({", element) ? 8 : 4;
}

CusaxBusWireArray cusax_bus_wire_array(CusaxBusWire *wire, char element)
{
	CusaxBusWireArray array;

	cusax_bus_wire_uint32(wire, 0);
	array.length = wire->bytes->len - (guint)sizeof(guint32);
	align(wire, alignment_of(element));
	array.first = wire->bytes->len;
	return array;
}

static void write_at(CusaxBusWire *wire, guint at, guint32 value)
{
	memcpy(wire->bytes->data + at, &value, sizeof(value));
}

void cusax_bus_wire_array_end(CusaxBusWire *wire, CusaxBusWireArray array)
{
	write_at(wire, array.length, wire->bytes->len - array.first);
}

void cusax_bus_wire_pieces(CusaxBusWire *wire, const char *piece, ...)
{
	guint at;
	va_list args;

	cusax_bus_wire_uint32(wire, 0);
	at = wire->bytes->len;
	va_start(args, piece);
	for (; piece; piece = va_arg(args, const char *))
		append(wire, piece, strlen(piece));
	va_end(args);
	write_at(wire, at - (guint)sizeof(guint32), wire->bytes->len - at);
	byte(wire, 0);
}

static void children(CusaxBusWire *wire, GVariant *value)
{
	gsize n = g_variant_n_children(value);

	for (gsize i = 0; i < n; i++) {
		g_autoptr(GVariant) child = g_variant_get_child_value(value, i);

		cusax_bus_wire_value(wire, child);
	}
}

void cusax_bus_wire_value(CusaxBusWire *wire, GVariant *value)
{
	const GVariantType *type = g_variant_get_type(value);
	g_autoptr(GVariant) inner = NULL;
	CusaxBusWireArray array;

	switch (g_variant_classify(value)) {
	case G_VARIANT_CLASS_BOOLEAN:
		cusax_bus_wire_boolean(wire, g_variant_get_boolean(value));
		return;
	case G_VARIANT_CLASS_BYTE:
		byte(wire, g_variant_get_byte(value));
		return;
	case G_VARIANT_CLASS_INT16:
	case G_VARIANT_CLASS_UINT16:
		fixed(wire, g_variant_get_data(value), 2);
		return;
	case G_VARIANT_CLASS_INT32:
	case G_VARIANT_CLASS_UINT32:
	case G_VARIANT_CLASS_HANDLE:
		fixed(wire, g_variant_get_data(value), 4);
		return;
	case G_VARIANT_CLASS_INT64:
	case G_VARIANT_CLASS_UINT64:
	case G_VARIANT_CLASS_DOUBLE:
		fixed(wire, g_variant_get_data(value), 8);
		return;
	case G_VARIANT_CLASS_STRING:
	case G_VARIANT_CLASS_OBJECT_PATH:
		cusax_bus_wire_string(wire, g_variant_get_string(value, NULL));
		return;
	case G_VARIANT_CLASS_SIGNATURE:
		cusax_bus_wire_signature(wire, g_variant_get_string(value, NULL));
		return;
	case G_VARIANT_CLASS_VARIANT:
		inner = g_variant_get_variant(value);
		cusax_bus_wire_signature(wire, g_variant_get_type_string(inner));
		cusax_bus_wire_value(wire, inner);
		return;
	case G_VARIANT_CLASS_ARRAY:
		array = cusax_bus_wire_array(
			wire, *g_variant_type_peek_string(g_variant_type_element(type)));
		children(wire, value);
		cusax_bus_wire_array_end(wire, array);
		return;
	case G_VARIANT_CLASS_TUPLE:
	case G_VARIANT_CLASS_DICT_ENTRY:
		cusax_bus_wire_struct(wire);
		children(wire, value);
		return;
	case G_VARIANT_CLASS_MAYBE:
		break; /* D-Bus has none */
	}
	g_return_if_reached();
}

/* --- a signal ----------------------------------------------------------------------------------- */

/* "Message Format": the codes of the header's fields. */
enum { FIELD_PATH = 1, FIELD_INTERFACE = 2, FIELD_MEMBER = 3, FIELD_SIGNATURE = 8 };

static void field(CusaxBusWire *wire, guint8 code, const char *type, const char *text)
{
	cusax_bus_wire_struct(wire);
	byte(wire, code);
	cusax_bus_wire_signature(wire, type);
	if (*type == 'g')
		cusax_bus_wire_signature(wire, text);
	else
		cusax_bus_wire_string(wire, text);
}

void cusax_bus_wire_begin(CusaxBusWire *wire, const char *path, const char *interface,
			  const char *member, const char *signature)
{
	/* Byte order, signal, no reply expected, version 1. */
	const guint8 head[] = { G_BYTE_ORDER == G_LITTLE_ENDIAN ? 'l' : 'B', 4, 1, 1 };
	CusaxBusWireArray fields;

	wire->start = wire->bytes->len;
	append(wire, head, sizeof(head));
	cusax_bus_wire_uint32(wire, 0);
	cusax_bus_wire_uint32(wire, wire->serial++);
	if (wire->serial == 0)
		wire->serial = FIRST_SERIAL;
	fields = cusax_bus_wire_array(wire, '(');
	field(wire, FIELD_PATH, "o", path);
	field(wire, FIELD_INTERFACE, "s", interface);
	field(wire, FIELD_MEMBER, "s", member);
	field(wire, FIELD_SIGNATURE, "g", signature);
	cusax_bus_wire_array_end(wire, fields);
	align(wire, 8);
	wire->body = wire->bytes->len;
}

void cusax_bus_wire_end(CusaxBusWire *wire)
{
	write_at(wire, wire->start + BODY_LENGTH, wire->bytes->len - wire->body);
}
