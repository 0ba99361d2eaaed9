/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Growing bytes: what text is made in before it is written or shown. An allocation that fails is
 * remembered in error and makes later appends do nothing, so a run of appends is checked once.
 */
#ifndef SKEP_KIT_BUFFER_H
#define SKEP_KIT_BUFFER_H

#include <stdarg.h>
#include <stddef.h>

/* Zeroed is empty. data is not NUL terminated; see kit_buffer_string(). */
struct kit_buffer {
	char *data;
	size_t len, cap;
	int error; /* 0 or -ENOMEM */
};

/* Frees the bytes and empties the buffer. */
void kit_buffer_free(struct kit_buffer *b);

/* Empties the buffer and keeps its memory; forgets error. */
void kit_buffer_reset(struct kit_buffer *b);

/* Makes room for n more bytes and returns where they go, or NULL (error is set). */
char *kit_buffer_reserve(struct kit_buffer *b, size_t n);

/* Appends len bytes, a NUL terminated string, one byte, n times one byte, formatted text. */
void kit_buffer_add(struct kit_buffer *b, const void *data, size_t len);
void kit_buffer_puts(struct kit_buffer *b, const char *s);
void kit_buffer_putc(struct kit_buffer *b, char c);
void kit_buffer_fill(struct kit_buffer *b, char c, size_t n);
void kit_buffer_printf(struct kit_buffer *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void kit_buffer_vprintf(struct kit_buffer *b, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));

/*
 * The bytes with a NUL after them (not counted in len). Belongs to the buffer, valid until it
 * changes. "" when memory ran out.
 */
const char *kit_buffer_string(struct kit_buffer *b);

/* Appends len bytes as the inside of a JSON string; bytes that are not UTF-8 become U+FFFD. */
void kit_buffer_json(struct kit_buffer *b, const char *data, size_t len);

#endif
