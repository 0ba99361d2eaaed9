// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Strings: comparison, and bpf_snprintf with Linux's rules for its format. Freestanding.
 *
 * Formats and strings lie in memory that others may be writing to: each byte is read once, and the
 * end of the window is an end of the string.
 */
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "machine/helper/table.h"

#define ARGS_MAX   12  /* as in Linux */
#define STRING_MAX 512 /* bytes of a %s */

uint64_t helper_do_compare(struct machine_run *run, uint64_t a, uint64_t size, uint64_t b,
			   uint64_t r4, uint64_t r5)
{
	const volatile uint8_t *x = (const volatile uint8_t *)a;
	const volatile uint8_t *y = (const volatile uint8_t *)b;
	uint64_t limit = helper_in_window(run, b);

	for (uint64_t i = 0; i < size; i++) {
		uint8_t p = x[i], q = i < limit ? y[i] : 0;

		if (p != q)
			return (uint64_t)(int64_t)(p < q ? -1 : 1);
		if (!p)
			return 0;
	}
	return 0;
}

/* What is being written; len counts on behind the end. */
struct output {
	char *to;
	uint64_t size, len;
};

/* One conversion: %[-0 +][width]{d,i,u,x,X,c,s,p} with l, ll. */
struct spec {
	bool left, zero, is_signed;
	char plus;    /* '+' or ' ' before what is not negative, or 0 */
	uint8_t size; /* bytes of the number */
	uint32_t width;
	char type;
};

static void put(struct output *out, char c)
{
	if (out->len + 1 < out->size)
		out->to[out->len] = c;
	out->len++;
}

static void put_padded(struct output *out, const struct spec *s, const char *text, uint32_t n)
{
	uint32_t pad = s->width > n ? s->width - n : 0;

	for (; pad && !s->left; pad--)
		put(out, ' ');
	for (uint32_t i = 0; i < n; i++)
		put(out, text[i]);
	for (; pad; pad--)
		put(out, ' ');
}

static void put_number(struct output *out, struct spec *s, uint64_t value)
{
	bool hex = s->type != 'd' && s->type != 'u', upper = s->type == 'X';
	char text[24], sign = s->is_signed ? s->plus : 0;
	uint32_t n = sizeof(text), digits;

	if (s->size == 4)
		value = s->is_signed ? (uint64_t)(int64_t)(int32_t)value : (uint32_t)value;
	if (s->is_signed && (int64_t)value < 0) {
		sign = '-';
		value = -value;
	}
	do {
		uint32_t d = (uint32_t)(hex ? value & 15 : value % 10);

		text[--n] = (char)(d < 10 ? '0' + d : (upper ? 'A' : 'a') + d - 10);
		value = hex ? value >> 4 : value / 10;
	} while (value);
	digits = (uint32_t)sizeof(text) - n + (sign != 0);
	/* Zeros stand between sign and digits, so they are put here and not as padding. */
	if (!s->zero || s->left)
		for (; s->width > digits && !s->left; s->width--)
			put(out, ' ');
	if (sign)
		put(out, sign);
	for (; s->zero && !s->left && s->width > digits; s->width--)
		put(out, '0');
	for (; n < sizeof(text); n++)
		put(out, text[n]);
	for (; s->width > digits; s->width--)
		put(out, ' ');
}

static int put_string(struct machine_run *run, struct output *out, const struct spec *s,
		      uint64_t address)
{
	char text[STRING_MAX];
	int64_t n = helper_read_str(run, text, address, sizeof(text));

	/* As Linux: what cannot be read is empty. */
	put_padded(out, s, text, n > 0 ? (uint32_t)n - 1 : 0);
	return 0;
}

/* Reads a format's next byte; 0 at its end. */
struct input {
	const volatile char *at;
	uint64_t left;
};

static char next(struct input *in)
{
	char c = in->left ? *in->at : 0;

	if (c) {
		in->at++;
		in->left--;
	}
	return c;
}

static int parse_spec(struct input *in, struct spec *s)
{
	char c = next(in);
	int longs = 0;

	*s = (struct spec){.size = 4};
	for (;; c = next(in)) {
		if (c == '-')
			s->left = true;
		else if (c == '0')
			s->zero = true;
		else if (c == '+' || (c == ' ' && !s->plus))
			s->plus = c;
		else if (c != ' ')
			break;
	}
	for (; c >= '0' && c <= '9'; c = next(in)) {
		s->width = s->width * 10 + (uint32_t)(c - '0');
		if (s->width > STRING_MAX)
			return -EINVAL;
	}
	for (; c == 'l' && longs < 2; longs++)
		c = next(in);
	if (longs)
		s->size = 8;
	s->type = c == 'i' ? 'd' : c;
	s->is_signed = s->type == 'd';
	return 0;
}

static int convert(struct machine_run *run, struct output *out, struct spec *s, struct input *in,
		   uint64_t arg)
{
	char c = (char)arg;

	switch (s->type) {
	case 'd':
	case 'u':
	case 'x':
	case 'X': put_number(out, s, arg); return 0;
	case 'c': put_padded(out, s, &c, 1); return 0;
	case 's': return put_string(run, out, s, arg);
	case 'p':
		/* Linux's %pK, %px and so on: no address is a secret to its own process. */
		while (in->left && ((*in->at | 32) == 'k' || *in->at == 'x'))
			next(in);
		s->size = 8;
		s->zero = true;
		s->width = 16;
		put_number(out, s, arg);
		return 0;
	default: return -EINVAL;
	}
}

uint64_t helper_do_format(struct machine_run *run, uint64_t to, uint64_t size, uint64_t fmt,
			  uint64_t args, uint64_t args_size)
{
	struct input in = {(const volatile char *)fmt, helper_in_window(run, fmt)};
	struct output out = {(char *)to, size, 0};
	uint64_t used = 0, arg;
	struct spec s;

	if (args_size % 8 || args_size > ARGS_MAX * 8ull)
		return (uint64_t)-EINVAL;
	for (char c = next(&in); c; c = next(&in)) {
		if (c != '%') {
			put(&out, c);
			continue;
		}
		if (in.left && *in.at == '%') {
			put(&out, next(&in));
			continue;
		}
		if (parse_spec(&in, &s) || used * 8 >= args_size)
			return (uint64_t)-EINVAL;
		__builtin_memcpy(&arg, (const uint64_t *)args + used++, 8);
		if (convert(run, &out, &s, &in, arg))
			return (uint64_t)-EINVAL;
	}
	if (used * 8 != args_size)
		return (uint64_t)-EINVAL;
	if (size)
		out.to[out.len < size ? out.len : size - 1] = 0;
	return out.len + 1;
}
