// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * "Did you mean": distances by hand, and which names are near enough.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <skep/lang_suggest.h>

static void test_distance(void **state)
{
	static const struct {
		const char *a, *b;
		unsigned int distance;
	} cases[] = {
		{"", "", 0},	       {"a", "a", 0},	       {"a", "", 2},
		{"", "ab", 4},	       {"pid", "PID", 3},      {"pid", "pdi", 2},
		{"pid", "tid", 2},     {"printf", "print", 2}, {"kitten", "sitting", 6},
		{"count", "conut", 2},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(lang_suggest_distance(cases[i].a, cases[i].b, 100),
				 cases[i].distance);
		assert_int_equal(lang_suggest_distance(cases[i].b, cases[i].a, 100),
				 cases[i].distance);
		if (cases[i].distance)
			assert_int_equal(lang_suggest_distance(cases[i].a, cases[i].b,
							       cases[i].distance - 1),
					 cases[i].distance);
	}
}

static void test_nearest(void **state)
{
	static const char *const names[] = {"count", "printf", "print", NULL,
					    "pid",   "tid",    "BEGIN", "comm"};
	static const char *const cases[][2] = {
		{"cuont", "count"}, {"pritn", "print"}, {"printff", "printf"},
		{"begin", "BEGIN"}, {"pif", "pid"},	{"xxxxxxxx", NULL},
		{"x", NULL},	    {"", NULL},		{"pid", "tid"},
	};
	char huge[LANG_SUGGEST_MAX_LEN * 2];
	const char *best;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		best = lang_suggest(cases[i][0], names, sizeof(names) / sizeof(names[0]));
		if (cases[i][1]) {
			assert_non_null(best);
			assert_string_equal(best, cases[i][1]);
		} else {
			assert_null(best);
		}
	}
	memset(huge, 'a', sizeof(huge) - 1);
	huge[sizeof(huge) - 1] = 0;
	assert_null(lang_suggest(huge, names, 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_distance),
		cmocka_unit_test(test_nearest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
