// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Integer literals. Overflow is noticed at every step, never repaired afterwards. */
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "lang/syntax/lexer.h"

static const struct {
	const char *text;
	uint64_t ns;
} durations[] = {
	{"ns", 1},	    {"us", 1000},	  {"ms", 1000000},	 {"s", 1000000000},
	{"m", 60000000000}, {"h", 3600000000000}, {"d", 86400000000000},
};

static const char *const c_suffixes[] = {"", "u", "l", "ul", "lu", "ll", "ull", "llu"};

static int digit_value(char c)
{
	if (isdigit((unsigned char)c))
		return c - '0';
	if (isxdigit((unsigned char)c))
		return tolower((unsigned char)c) - 'a' + 10;
	return 99;
}

/* Digits with single _ between them, from *i on. */
static int read_digits(const char *s, size_t n, size_t *i, unsigned int base, uint64_t *value)
{
	size_t first = *i;
	bool overflow = false;

	*value = 0;
	for (; *i < n; ++*i) {
		if (s[*i] == '_' && *i > first && *i + 1 < n && s[*i - 1] != '_' &&
		    (unsigned int)digit_value(s[*i + 1]) < base)
			continue;
		if ((unsigned int)digit_value(s[*i]) >= base)
			break;
		overflow |= __builtin_mul_overflow(*value, (uint64_t)base, value);
		overflow |= __builtin_add_overflow(*value, (uint64_t)digit_value(s[*i]), value);
	}
	if (*i == first)
		return -EINVAL;
	return overflow ? -ERANGE : 0;
}

static int apply_exponent(const char *s, size_t n, size_t *i, uint64_t *value)
{
	uint64_t exponent;
	int err;

	++*i;
	err = read_digits(s, n, i, 10, &exponent);
	if (err)
		return err;
	for (; exponent && *value; exponent--)
		if (__builtin_mul_overflow(*value, (uint64_t)10, value))
			return -ERANGE;
	return 0;
}

static int apply_suffix(const char *suffix, size_t n, bool is_decimal, uint64_t *value)
{
	for (size_t i = 0; i < sizeof(c_suffixes) / sizeof(c_suffixes[0]); i++)
		if (strlen(c_suffixes[i]) == n && !strncasecmp(c_suffixes[i], suffix, n))
			return 0;
	for (size_t i = 0; is_decimal && i < sizeof(durations) / sizeof(durations[0]); i++)
		if (strlen(durations[i].text) == n && !memcmp(durations[i].text, suffix, n))
			return __builtin_mul_overflow(*value, durations[i].ns, value) ? -ERANGE : 0;
	return -EINVAL;
}

int lexer_number(const char *s, size_t n, uint64_t *value)
{
	unsigned int base = 10;
	bool overflow = false;
	size_t i = 0;
	int err;

	if (n > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
		base = 16;
		i = 2;
	} else if (n > 1 && s[0] == '0' && isdigit((unsigned char)s[1])) {
		base = 8;
		i = 1;
	}
	err = read_digits(s, n, &i, base, value);
	if (err == -EINVAL)
		return err;
	overflow = err == -ERANGE;
	if (base == 10 && i < n && (s[i] == 'e' || s[i] == 'E')) {
		err = apply_exponent(s, n, &i, value);
		if (err == -EINVAL)
			return err;
		overflow |= err == -ERANGE;
	}
	err = apply_suffix(s + i, n - i, base == 10, value);
	return !err && overflow ? -ERANGE : err;
}
