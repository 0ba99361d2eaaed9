/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The printf() of the language: a parsed format string (lang_format.h) and values make text.
 *
 * Integers are cut to the bytes that the length modifier names; without one to those of their
 * type, at least 4, so that %x of an int8 -1 is ffffffff as in C.
 */
#ifndef SKEP_KIT_FORMAT_H
#define SKEP_KIT_FORMAT_H

#include <stddef.h>

#include <skep/kit_buffer.h>
#include <skep/kit_value.h>
#include <skep/lang_format.h>

/*
 * Appends the text. values[i] is for the i-th directive; a value of another kind than the
 * directive wants is printed in its own text form. What is appended is at most the literal text
 * plus, a directive, the larger of its width and precision (LANG_FORMAT_MAX_WIDTH each) and its
 * value's text. Returns 0, -EINVAL when nvalues is not spec->nargs (then nothing is appended), or
 * -ENOMEM.
 */
int kit_format(struct kit_buffer *out, const struct lang_format *spec,
	       const struct kit_value *values, size_t nvalues);

/* The text form of a value, as print() and %s show it; histograms are not text: nothing. */
void kit_format_value(struct kit_buffer *out, const struct kit_value *v);

/* Bytes of a buffer: printable ASCII as it is, others as \xNN. */
void kit_format_bytes(struct kit_buffer *out, const char *data, size_t len);

#endif
