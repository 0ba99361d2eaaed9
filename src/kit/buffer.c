// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Growing bytes and the escaping of JSON strings. Capacity doubles; the first failure sticks.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skep/kit_buffer.h>

void kit_buffer_free(struct kit_buffer *b)
{
	free(b->data);
	*b = (struct kit_buffer){0};
}

void kit_buffer_reset(struct kit_buffer *b)
{
	b->len = 0;
	b->error = 0;
}

char *kit_buffer_reserve(struct kit_buffer *b, size_t n)
{
	size_t cap = b->cap ? b->cap : 128;
	char *data;

	if (b->error)
		return NULL;
	if (n > SIZE_MAX / 2 - b->len) {
		b->error = -ENOMEM;
		return NULL;
	}
	if (b->len + n <= b->cap)
		return b->data + b->len;
	while (cap < b->len + n)
		cap *= 2;
	data = realloc(b->data, cap);
	if (!data) {
		b->error = -ENOMEM;
		return NULL;
	}
	b->data = data;
	b->cap = cap;
	return b->data + b->len;
}

void kit_buffer_add(struct kit_buffer *b, const void *data, size_t len)
{
	char *to;

	if (!len)
		return;
	to = kit_buffer_reserve(b, len);
	if (!to)
		return;
	memcpy(to, data, len);
	b->len += len;
}

void kit_buffer_puts(struct kit_buffer *b, const char *s)
{
	kit_buffer_add(b, s, strlen(s));
}

void kit_buffer_putc(struct kit_buffer *b, char c)
{
	kit_buffer_add(b, &c, 1);
}

void kit_buffer_fill(struct kit_buffer *b, char c, size_t n)
{
	char *to = n ? kit_buffer_reserve(b, n) : NULL;

	if (!to)
		return;
	memset(to, c, n);
	b->len += n;
}

void kit_buffer_vprintf(struct kit_buffer *b, const char *fmt, va_list ap)
{
	va_list again;
	char *to;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0)
		return;
	to = kit_buffer_reserve(b, (size_t)n + 1);
	if (!to)
		return;
	vsnprintf(to, (size_t)n + 1, fmt, ap);
	b->len += (size_t)n;
}

void kit_buffer_printf(struct kit_buffer *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	kit_buffer_vprintf(b, fmt, ap);
	va_end(ap);
}

const char *kit_buffer_string(struct kit_buffer *b)
{
	char *end = kit_buffer_reserve(b, 1);

	if (!end)
		return "";
	*end = 0;
	return b->data;
}

/*
 * Length of the UTF-8 sequence at s, 0 if the bytes there are none. Overlong forms, surrogates
 * and code points over U+10FFFF are none.
 */
static size_t utf8_length(const unsigned char *s, size_t len)
{
	uint32_t point, least;
	size_t n, i;

	if (s[0] >= 0xf0 && s[0] <= 0xf4) {
		n = 4;
		least = 0x10000;
	} else if (s[0] >= 0xe0 && s[0] <= 0xef) {
		n = 3;
		least = 0x800;
	} else if (s[0] >= 0xc2 && s[0] <= 0xdf) {
		n = 2;
		least = 0x80;
	} else {
		return 0;
	}
	if (n > len)
		return 0;
	point = s[0] & (0x7f >> n);
	for (i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (s[i] & 0x3f);
	}
	if (point < least || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
		return 0;
	return n;
}

void kit_buffer_json(struct kit_buffer *b, const char *data, size_t len)
{
	const unsigned char *s = (const unsigned char *)data;
	size_t i = 0, n;

	while (i < len) {
		n = 1;
		if (s[i] == '"' || s[i] == '\\') {
			kit_buffer_putc(b, '\\');
			kit_buffer_putc(b, (char)s[i]);
		} else if (s[i] == '\n') {
			kit_buffer_puts(b, "\\n");
		} else if (s[i] == '\r') {
			kit_buffer_puts(b, "\\r");
		} else if (s[i] == '\t') {
			kit_buffer_puts(b, "\\t");
		} else if (s[i] < 0x20) {
			kit_buffer_printf(b, "\\u%04x", s[i]);
		} else if (s[i] < 0x80) {
			kit_buffer_putc(b, (char)s[i]);
		} else {
			n = utf8_length(s + i, len - i);
			if (n)
				kit_buffer_add(b, s + i, n);
			else
				kit_buffer_puts(b, "\\ufffd");
			n = n ? n : 1;
		}
		i += n;
	}
}
