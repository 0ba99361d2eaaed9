// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Format strings: what is a directive, what is text, what is refused and where; and that integers
 * come out as the C library prints them.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <skep/kit_format.h>

static void test_pieces(void **state)
{
	const char *fmt = "a%%b%-08.3llx|%s%";
	const struct lang_format_piece *piece;
	struct lang_format spec;

	assert_int_equal(lang_format_parse(&spec, fmt, strlen(fmt), NULL), 0);
	assert_int_equal(spec.nargs, 2);
	assert_int_equal(spec.npieces, 5);
	assert_int_equal(spec.text_len, 5);
	assert_memory_equal(spec.text, "a%b|%", 5);
	piece = lang_format_arg(&spec, 0);
	assert_int_equal(piece->kind, LANG_FORMAT_UNSIGNED);
	assert_int_equal(piece->flags, LANG_FORMAT_LEFT | LANG_FORMAT_ZERO);
	assert_int_equal(piece->width, 8);
	assert_int_equal(piece->precision, 3);
	assert_int_equal(piece->length, 8);
	assert_int_equal(piece->offset, 4);
	assert_int_equal(piece->len, 9);
	assert_int_equal(lang_format_arg(&spec, 1)->kind, LANG_FORMAT_STRING);
	assert_null(lang_format_arg(&spec, 2));
	lang_format_free(&spec);
}

static void test_refused(void **state)
{
	static const struct {
		const char *fmt;
		size_t offset;
		const char *message;
	} cases[] = {
		{"ab%99999d", 2, "width"},   {"%.4097d", 0, "precision"},
		{"%f", 0, "floating-point"}, {"x%n", 1, "%n"},
		{"%*d", 0, "'*'"},	     {"%y", 0, "unknown conversion"},
		{"%ls", 0, "length"},	     {"%hhr", 0, "length"},
		{"%ll", 0, "ends"},	     {"%5000000000000000000000d", 0, "width"},
	};
	struct lang_format_error err;
	struct lang_format spec;
	char many[65 * 2 + 1];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(lang_format_parse(&spec, cases[i].fmt, strlen(cases[i].fmt), &err),
				 -EINVAL);
		assert_int_equal(err.offset, cases[i].offset);
		assert_non_null(strstr(err.message, cases[i].message));
		assert_in_range(err.len, 1, strlen(cases[i].fmt) - err.offset);
		assert_null(spec.pieces);
	}
	for (i = 0; i < 65; i++)
		memcpy(many + i * 2, "%d", 3);
	assert_int_equal(lang_format_parse(&spec, many, 64 * 2, &err), 0);
	lang_format_free(&spec);
	assert_int_equal(lang_format_parse(&spec, many, 65 * 2, &err), -EINVAL);
}

static void test_text_percent(void **state)
{
	static const char *const cases[][2] = {
		{"100%\n", "100%\n"}, {"%", "%"},   {"50% ", "50% "}, {"%-", "%-"},
		{"%%", "%"},	      {"%.", "%."}, {"", ""},	      {"%|", "%|"},
	};
	struct lang_format spec;
	struct kit_buffer b = {0};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		kit_buffer_reset(&b);
		assert_int_equal(lang_format_parse(&spec, cases[i][0], strlen(cases[i][0]), NULL),
				 0);
		assert_int_equal(spec.nargs, 0);
		assert_int_equal(kit_format(&b, &spec, NULL, 0), 0);
		assert_string_equal(kit_buffer_string(&b), cases[i][1]);
		lang_format_free(&spec);
	}
	kit_buffer_free(&b);
}

/* Every combination of flags, width and precision against the C library. */
static void test_integers_as_c(void **state)
{
	static const char flags[] = "-0+ #";
	static const char *const sizes[] = {"", "5", "12", ".3", "12.4", ".0", "3.9"};
	static const char conversions[] = "diuxXo";
	static const int64_t numbers[] = {0, 1, -1, 42, -42, INT64_MAX, INT64_MIN};
	char fmt[32], expected[128];
	struct kit_buffer b = {0};
	struct lang_format spec;
	unsigned int mask, i, s, c, n;
	struct kit_value v;

	for (mask = 0; mask < 32; mask++)
		for (s = 0; s < 7; s++)
			for (c = 0; c < 6; c++) {
				n = 0;
				fmt[n++] = '%';
				for (i = 0; i < 5; i++)
					if (mask & 1u << i)
						fmt[n++] = flags[i];
				snprintf(fmt + n, sizeof(fmt) - n, "%sll%c", sizes[s],
					 conversions[c]);
				assert_int_equal(lang_format_parse(&spec, fmt, strlen(fmt), NULL),
						 0);
				for (i = 0; i < 7; i++) {
					v = kit_int(numbers[i], 8);
					kit_buffer_reset(&b);
					assert_int_equal(kit_format(&b, &spec, &v, 1), 0);
					snprintf(expected, sizeof(expected), fmt, numbers[i]);
					assert_string_equal(kit_buffer_string(&b), expected);
				}
				lang_format_free(&spec);
			}
	kit_buffer_free(&b);
}

static void test_bounds(void **state)
{
	const char *fmt = "%4096d%-4096s%.4096x%4096r";
	struct kit_value values[] = {kit_int(1, 8), kit_bytes(KIT_STRING, "s", 1), kit_int(1, 8),
				     kit_bytes(KIT_BUFFER, "b", 1)};
	struct kit_buffer b = {0};
	struct lang_format spec;

	assert_int_equal(lang_format_parse(&spec, fmt, strlen(fmt), NULL), 0);
	assert_int_equal(kit_format(&b, &spec, values, 3), -EINVAL);
	assert_int_equal(b.len, 0);
	assert_int_equal(kit_format(&b, &spec, values, 4), 0);
	assert_int_equal(b.len, 4 * 4096);
	assert_int_equal(b.data[4095], '1');
	assert_int_equal(b.data[4096], 's');
	assert_int_equal(b.data[4 * 4096 - 1], 'b');
	lang_format_free(&spec);
	kit_buffer_free(&b);
}

/* Any bytes parse or are refused, and what parses prints. */
static void test_noise(void **state)
{
	static const char alphabet[] = "%%%%dsxr.-0+ #hlhjz*n5\n";
	struct kit_value values[LANG_FORMAT_MAX_ARGS];
	struct kit_buffer b = {0};
	struct lang_format spec;
	char fmt[24];
	unsigned int round, i;

	for (i = 0; i < LANG_FORMAT_MAX_ARGS; i++)
		values[i] = i % 2 ? kit_int(-5, 4) : kit_bytes(KIT_STRING, "text", 4);
	srand(1);
	for (round = 0; round < 200000; round++) {
		for (i = 0; i < sizeof(fmt); i++)
			fmt[i] = alphabet[(unsigned int)rand() % (sizeof(alphabet) - 1)];
		if (lang_format_parse(&spec, fmt, sizeof(fmt), NULL))
			continue;
		kit_buffer_reset(&b);
		assert_int_equal(kit_format(&b, &spec, values, spec.nargs), 0);
		lang_format_free(&spec);
	}
	kit_buffer_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pieces),	     cmocka_unit_test(test_refused),
		cmocka_unit_test(test_text_percent), cmocka_unit_test(test_integers_as_c),
		cmocka_unit_test(test_bounds),	     cmocka_unit_test(test_noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
