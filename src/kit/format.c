// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Values as text, and printf(). Integers are laid out by the C library's own snprintf from a
 * format that is rebuilt from the parsed directive, so that flags mean what they mean in C.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <skep/kit_format.h>

#include "kit/output.h"

void kit_format_bytes(struct kit_buffer *out, const char *data, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (data[i] >= 0x20 && data[i] < 0x7f)
			kit_buffer_putc(out, data[i]);
		else
			kit_buffer_printf(out, "\\x%02x", (unsigned char)data[i]);
	}
}

static void format_inet(struct kit_buffer *out, const struct kit_value *v)
{
	char text[INET6_ADDRSTRLEN];

	if (inet_ntop(v->inet.family, v->inet.addr, text, sizeof(text)))
		kit_buffer_puts(out, text);
}

static void format_tuple(struct kit_buffer *out, const struct kit_value *v)
{
	size_t i;

	kit_buffer_putc(out, '(');
	for (i = 0; i < v->tuple.n; i++) {
		if (i)
			kit_buffer_puts(out, ", ");
		kit_format_value(out, &v->tuple.items[i]);
	}
	kit_buffer_putc(out, ')');
}

static void put_number(struct kit_buffer *out, uint64_t n, bool is_signed)
{
	if (is_signed)
		kit_buffer_printf(out, "%" PRId64, (int64_t)n);
	else
		kit_buffer_printf(out, "%" PRIu64, n);
}

static void format_number(struct kit_buffer *out, const struct kit_value *v)
{
	bool is_signed;
	uint64_t n = kit_value_number(v, &is_signed);

	put_number(out, n, is_signed);
}

void kit_format_stats(struct kit_buffer *out, const struct kit_value *v, uint32_t div)
{
	uint64_t average = kit_stats_average(v, div);

	kit_buffer_printf(out, "count %" PRIu64 ", average ", v->stats.count);
	put_number(out, average, v->is_signed);
	kit_buffer_puts(out, ", total ");
	put_number(out, v->stats.total, v->is_signed);
}

void kit_format_value(struct kit_buffer *out, const struct kit_value *v)
{
	switch (v->type) {
	case KIT_NONE:
	case KIT_HIST:
	case KIT_LHIST: break;
	case KIT_BOOL: kit_buffer_puts(out, v->u ? "true" : "false"); break;
	case KIT_POINTER: kit_buffer_printf(out, "0x%" PRIx64, v->u); break;
	case KIT_STRING:
		if (v->bytes.len)
			kit_buffer_add(out, v->bytes.data, strnlen(v->bytes.data, v->bytes.len));
		break;
	case KIT_TEXT: kit_buffer_add(out, v->bytes.data, v->bytes.len); break;
	case KIT_BUFFER: kit_format_bytes(out, v->bytes.data, v->bytes.len); break;
	case KIT_INET: format_inet(out, v); break;
	case KIT_TUPLE: format_tuple(out, v); break;
	case KIT_STATS: kit_format_stats(out, v, 1); break;
	default: format_number(out, v); break;
	}
}

/* Pads what was appended since start to the directive's width. */
static void pad(struct kit_buffer *out, size_t start, const struct lang_format_piece *piece)
{
	size_t len = out->len - start, width = (size_t)piece->width;

	if (out->error || len >= width)
		return;
	kit_buffer_fill(out, ' ', width - len);
	if (out->error || piece->flags & LANG_FORMAT_LEFT)
		return;
	memmove(out->data + start + width - len, out->data + start, len);
	memset(out->data + start, ' ', width - len);
}

static bool is_number(const struct kit_value *v)
{
	switch (v->type) {
	case KIT_INT:
	case KIT_UINT:
	case KIT_BOOL:
	case KIT_POINTER:
	case KIT_COUNT:
	case KIT_SUM:
	case KIT_MIN:
	case KIT_MAX:
	case KIT_AVG: return true;
	default: return false;
	}
}

/* The argument cut to the bytes that are to be printed. */
static uint64_t cut(const struct lang_format_piece *piece, const struct kit_value *v)
{
	uint64_t n = kit_value_number(v, NULL);
	unsigned int bytes = piece->length, unused;

	if (!bytes) {
		bytes = v->size && v->size < 8 ? v->size : 8;
		if (bytes < 4)
			bytes = 4;
	}
	unused = 64 - bytes * 8;
	n <<= unused;
	if (piece->kind == LANG_FORMAT_SIGNED)
		return (uint64_t)((int64_t)n >> unused);
	return n >> unused;
}

static void format_integer(struct kit_buffer *out, const struct lang_format_piece *piece,
			   const struct kit_value *v)
{
	char fmt[16], *f = fmt, *to;
	size_t room = LANG_FORMAT_MAX_WIDTH + 64;
	int n;

	*f++ = '%';
	if (piece->flags & LANG_FORMAT_LEFT)
		*f++ = '-';
	if (piece->flags & LANG_FORMAT_ZERO)
		*f++ = '0';
	if (piece->flags & LANG_FORMAT_PLUS)
		*f++ = '+';
	if (piece->flags & LANG_FORMAT_SPACE)
		*f++ = ' ';
	if (piece->flags & LANG_FORMAT_ALT)
		*f++ = '#';
	memcpy(f, "*.*ll", 5);
	f[5] = piece->conversion;
	f[6] = 0;
	to = kit_buffer_reserve(out, room);
	if (!to)
		return;
	n = snprintf(to, room, fmt, piece->width, piece->precision, cut(piece, v));
	if (n > 0 && (size_t)n < room)
		out->len += (size_t)n;
}

static void format_pointer(struct kit_buffer *out, const struct kit_value *v)
{
	uint64_t n = kit_value_number(v, NULL);

	if (n)
		kit_buffer_printf(out, "0x%" PRIx64, n);
	else
		kit_buffer_puts(out, "(nil)");
}

static void format_buffer(struct kit_buffer *out, const struct lang_format_piece *piece,
			  const struct kit_value *v)
{
	size_t i;

	if (v->type != KIT_BUFFER || piece->conversion == 'r') {
		kit_format_value(out, v);
		return;
	}
	for (i = 0; i < v->bytes.len; i++) {
		if (piece->conversion == 'x')
			kit_buffer_puts(out, "\\x");
		else if (i)
			kit_buffer_putc(out, ' ');
		kit_buffer_printf(out, "%02x", (unsigned char)v->bytes.data[i]);
	}
}

static void format_piece(struct kit_buffer *out, const struct lang_format_piece *piece,
			 const struct kit_value *v)
{
	size_t start = out->len;

	if (piece->kind == LANG_FORMAT_BUFFER) {
		format_buffer(out, piece, v);
	} else if (piece->kind == LANG_FORMAT_STRING || !is_number(v)) {
		kit_format_value(out, v);
		if (piece->precision >= 0 && out->len - start > (size_t)piece->precision)
			out->len = start + (size_t)piece->precision;
	} else if (piece->kind == LANG_FORMAT_POINTER) {
		format_pointer(out, v);
	} else if (piece->kind == LANG_FORMAT_CHAR) {
		/* A NUL would end the line early in most readers; bpftrace prints none. */
		if ((char)kit_value_number(v, NULL))
			kit_buffer_putc(out, (char)kit_value_number(v, NULL));
	} else {
		format_integer(out, piece, v);
		return;
	}
	pad(out, start, piece);
}

int kit_format(struct kit_buffer *out, const struct lang_format *spec,
	       const struct kit_value *values, size_t nvalues)
{
	const struct lang_format_piece *piece;
	size_t i;

	if (nvalues != spec->nargs)
		return -EINVAL;
	for (i = 0; i < spec->npieces; i++) {
		piece = &spec->pieces[i];
		if (piece->kind == LANG_FORMAT_TEXT)
			kit_buffer_add(out, spec->text + piece->text_offset, piece->text_len);
		else
			format_piece(out, piece, values++);
	}
	return out->error;
}
