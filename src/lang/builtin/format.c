// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The parser of format strings: one pass from left to right that cuts the string into literal
 * text and directives.
 *
 * A '%' that cannot begin a directive (at the end, before a byte that is no letter, digit, flag or
 * point) is text, since scripts in the wild end their strings in "100%\n". A '%' before a letter
 * that is no conversion is an error, since it is more likely a mistake than text.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <skep/lang_format.h>

struct parser {
	const char *fmt;
	size_t len, pos;
	size_t cap; /* of spec->pieces */
	struct lang_format *spec;
	struct lang_format_error *err;
};

static int fail(struct parser *p, size_t start, const char *message)
{
	size_t end = p->pos < p->len ? p->pos + 1 : p->len;

	if (p->err) {
		p->err->offset = start;
		p->err->len = end > start ? end - start : 1;
		p->err->message = message;
	}
	return -EINVAL;
}

static int peek(const struct parser *p, size_t ahead)
{
	return p->pos + ahead < p->len ? (unsigned char)p->fmt[p->pos + ahead] : -1;
}

static int add_piece(struct parser *p, const struct lang_format_piece *piece)
{
	struct lang_format *spec = p->spec;
	struct lang_format_piece *pieces;
	size_t cap;

	if (spec->npieces == p->cap) {
		cap = p->cap ? p->cap * 2 : 8;
		pieces = realloc(spec->pieces, cap * sizeof(*pieces));
		if (!pieces)
			return -ENOMEM;
		spec->pieces = pieces;
		p->cap = cap;
	}
	spec->pieces[spec->npieces++] = *piece;
	return 0;
}

/* Literal text: one byte, joined to a text piece that stands right before it. */
static int add_text(struct parser *p, char c, size_t start, size_t taken)
{
	struct lang_format *spec = p->spec;
	struct lang_format_piece piece = {.kind = LANG_FORMAT_TEXT, .precision = -1};
	struct lang_format_piece *last = NULL;

	spec->text[spec->text_len++] = c;
	if (spec->npieces)
		last = &spec->pieces[spec->npieces - 1];
	if (last && last->kind == LANG_FORMAT_TEXT) {
		last->text_len++;
		last->len += (uint32_t)taken;
		return 0;
	}
	piece.text_offset = (uint32_t)(spec->text_len - 1);
	piece.text_len = 1;
	piece.offset = (uint32_t)start;
	piece.len = (uint32_t)taken;
	return add_piece(p, &piece);
}

static uint8_t flag_of(int c)
{
	switch (c) {
	case '-': return LANG_FORMAT_LEFT;
	case '0': return LANG_FORMAT_ZERO;
	case '+': return LANG_FORMAT_PLUS;
	case ' ': return LANG_FORMAT_SPACE;
	case '#': return LANG_FORMAT_ALT;
	default: return 0;
	}
}

static bool is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Decimal digits; -1 when the number is over the limit. */
static int parse_number(struct parser *p)
{
	int n = 0;

	while (is_digit(peek(p, 0))) {
		n = n * 10 + (peek(p, 0) - '0');
		if (n > LANG_FORMAT_MAX_WIDTH)
			return -1;
		p->pos++;
	}
	return n;
}

static uint8_t parse_length(struct parser *p)
{
	switch (peek(p, 0)) {
	case 'h':
		p->pos++;
		if (peek(p, 0) != 'h')
			return 2;
		p->pos++;
		return 1;
	case 'l':
		p->pos++;
		if (peek(p, 0) == 'l')
			p->pos++;
		return 8;
	case 'j':
	case 'z':
	case 't': p->pos++; return 8;
	default: return 0;
	}
}

static int parse_conversion(struct parser *p, struct lang_format_piece *piece)
{
	size_t start = piece->offset;
	int c = peek(p, 0);

	piece->conversion = (char)c;
	switch (c) {
	case 'd':
	case 'i': piece->kind = LANG_FORMAT_SIGNED; break;
	case 'u':
	case 'x':
	case 'X':
	case 'o': piece->kind = LANG_FORMAT_UNSIGNED; break;
	case 'p': piece->kind = LANG_FORMAT_POINTER; break;
	case 'c': piece->kind = LANG_FORMAT_CHAR; break;
	case 's': piece->kind = LANG_FORMAT_STRING; break;
	case 'r':
		piece->kind = LANG_FORMAT_BUFFER;
		if (peek(p, 1) == 'x' || peek(p, 1) == 'h') {
			p->pos++;
			piece->conversion = p->fmt[p->pos];
		}
		break;
	case '*': return fail(p, start, "'*' is not allowed: write the width as a number");
	case 'e':
	case 'E':
	case 'f':
	case 'F':
	case 'g':
	case 'G':
	case 'a':
	case 'A': return fail(p, start, "there are no floating-point values to print");
	case 'n': return fail(p, start, "%n is not allowed");
	case -1: return fail(p, start, "the string ends within a directive; write %% for a '%'");
	default:
		return fail(p, start,
			    "unknown conversion; allowed are d i u x X o p c s r rx rh, and %%");
	}
	p->pos++;
	if (piece->length && piece->kind != LANG_FORMAT_SIGNED &&
	    piece->kind != LANG_FORMAT_UNSIGNED) {
		p->pos--;
		return fail(p, start, "a length (hh h l ll j z t) belongs to d i u x X o only");
	}
	return 0;
}

/* At '%'. */
static int parse_directive(struct parser *p)
{
	struct lang_format_piece piece = {.precision = -1, .offset = (uint32_t)p->pos};
	size_t start = p->pos++;
	int n, err;

	if (p->spec->nargs == LANG_FORMAT_MAX_ARGS)
		return fail(p, start, "too many directives: at most 64 in one string");
	for (; flag_of(peek(p, 0)); p->pos++)
		piece.flags |= flag_of(peek(p, 0));
	n = parse_number(p);
	if (n < 0)
		return fail(p, start, "the width is too large: at most 4096");
	piece.width = (int16_t)n;
	if (peek(p, 0) == '.') {
		p->pos++;
		n = parse_number(p);
		if (n < 0)
			return fail(p, start, "the precision is too large: at most 4096");
		piece.precision = (int16_t)n;
	}
	piece.length = parse_length(p);
	err = parse_conversion(p, &piece);
	if (err)
		return err;
	piece.len = (uint32_t)(p->pos - start);
	err = add_piece(p, &piece);
	if (!err)
		p->spec->nargs++;
	return err;
}

/* True if the '%' at pos is text; see the top. */
static bool is_text(const struct parser *p)
{
	size_t i = 1;

	while (flag_of(peek(p, i)) || is_digit(peek(p, i)) || peek(p, i) == '.')
		i++;
	return !is_letter(peek(p, i)) && peek(p, i) != '*';
}

static int parse_all(struct parser *p)
{
	int err = 0;
	char c;

	while (!err && p->pos < p->len) {
		c = p->fmt[p->pos];
		if (c == '%' && peek(p, 1) == '%') {
			err = add_text(p, c, p->pos, 2);
			p->pos += 2;
		} else if (c != '%' || is_text(p)) {
			err = add_text(p, c, p->pos, 1);
			p->pos++;
		} else {
			err = parse_directive(p);
		}
	}
	return err;
}

int lang_format_parse(struct lang_format *spec, const char *fmt, size_t len,
		      struct lang_format_error *err)
{
	struct parser p = {.fmt = fmt, .len = len, .spec = spec, .err = err};
	int ret;

	*spec = (struct lang_format){0};
	if (len > UINT32_MAX)
		return fail(&p, 0, "the format string is too long");
	spec->text = malloc(len ? len : 1);
	if (!spec->text)
		return -ENOMEM;
	ret = parse_all(&p);
	if (ret)
		lang_format_free(spec);
	return ret;
}

void lang_format_free(struct lang_format *spec)
{
	free(spec->pieces);
	free(spec->text);
	*spec = (struct lang_format){0};
}

const struct lang_format_piece *lang_format_arg(const struct lang_format *spec, size_t arg)
{
	size_t i;

	for (i = 0; i < spec->npieces; i++) {
		if (spec->pieces[i].kind == LANG_FORMAT_TEXT)
			continue;
		if (!arg--)
			return &spec->pieces[i];
	}
	return NULL;
}
