/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The format strings of printf(), cat() and system(): a parser from the string to a list of
 * pieces. The compiler checks argument count and types with it, the tracer prints with the same
 * list (kit_format.h), so that the two cannot disagree. Pure: no input but the string.
 */
#ifndef SKEP_LANG_FORMAT_H
#define SKEP_LANG_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Largest width and precision, so that one directive cannot print without bound. */
#define LANG_FORMAT_MAX_WIDTH 4096
/* Most directives (arguments) in one string. */
#define LANG_FORMAT_MAX_ARGS 64

enum lang_format_kind {
	LANG_FORMAT_TEXT,     /* literal bytes; takes no argument */
	LANG_FORMAT_SIGNED,   /* %d %i: an integer */
	LANG_FORMAT_UNSIGNED, /* %u %x %X %o: an integer */
	LANG_FORMAT_POINTER,  /* %p: an integer or pointer */
	LANG_FORMAT_CHAR,     /* %c: an integer */
	LANG_FORMAT_STRING,   /* %s: a string, address, symbol, or anything with a text form */
	LANG_FORMAT_BUFFER,   /* %r %rx %rh: a buffer */
};

enum lang_format_flag {
	LANG_FORMAT_LEFT = 1 << 0,  /* '-' */
	LANG_FORMAT_ZERO = 1 << 1,  /* '0' */
	LANG_FORMAT_PLUS = 1 << 2,  /* '+' */
	LANG_FORMAT_SPACE = 1 << 3, /* ' ' */
	LANG_FORMAT_ALT = 1 << 4,   /* '#' */
};

struct lang_format_piece {
	enum lang_format_kind kind;
	/* LANG_FORMAT_TEXT: bytes of lang_format.text, with %% already made %. */
	uint32_t text_offset, text_len;
	/*
	 * The letter d i u x X o p c s, and for buffers: 'r' printable text and \xNN, 'x' \xNN
	 * only, 'h' hex pairs with spaces between.
	 */
	char conversion;
	uint8_t flags; /* enum lang_format_flag */
	/*
	 * Bytes that the length modifier keeps of an integer: hh 1, h 2, l ll j z t 8; 0 without
	 * modifier, when all bytes of the argument's type are kept.
	 */
	uint8_t length;
	int16_t width;	   /* 0..LANG_FORMAT_MAX_WIDTH; 0: none */
	int16_t precision; /* 0..LANG_FORMAT_MAX_WIDTH; -1: none */
	/* Byte range of the piece in the string that was parsed, for diagnostics. */
	uint32_t offset, len;
};

/* A parsed format string. Owns its memory: release with lang_format_free(). */
struct lang_format {
	struct lang_format_piece *pieces;
	size_t npieces;
	size_t nargs; /* pieces that take an argument; argument i belongs to the i-th of them */
	char *text;   /* the literal bytes, not NUL terminated */
	size_t text_len;
};

struct lang_format_error {
	size_t offset; /* byte in the string where the bad directive begins */
	size_t len;    /* its length in bytes, at least 1 */
	/* What is wrong and what is allowed: a static string, one clause, no full stop. */
	const char *message;
};

/*
 * Parses len bytes of fmt. Returns 0 and fills *spec; -EINVAL and fills *err (may be NULL) when
 * the string is not a valid format; -ENOMEM. On error *spec is empty and need not be freed.
 * NUL bytes in fmt are literal text.
 */
int lang_format_parse(struct lang_format *spec, const char *fmt, size_t len,
		      struct lang_format_error *err);

/* Frees what spec owns and empties it. A zeroed spec is fine. */
void lang_format_free(struct lang_format *spec);

/* The piece that takes argument arg (from 0), or NULL when there are not so many. */
const struct lang_format_piece *lang_format_arg(const struct lang_format *spec, size_t arg);

#endif
