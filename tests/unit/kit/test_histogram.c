// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The geometry of histograms: buckets tile the numbers without gap or overlap, and every number
 * near a power of two falls into the bucket whose range holds it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <skep/kit_histogram.h>

static void test_hist_tiles(void **state)
{
	struct kit_range range, next;
	unsigned int bits;
	uint32_t i;

	for (bits = 0; bits <= KIT_HIST_MAX_BITS; bits++) {
		range = kit_hist_range(0, bits);
		assert_true(range.open_below && !range.hi);
		for (i = 0; i + 1 < KIT_HIST_BUCKETS(bits); i++) {
			range = kit_hist_range(i, bits);
			next = kit_hist_range(i + 1, bits);
			assert_true((uint64_t)next.lo == range.hi);
			assert_true(next.hi > (uint64_t)next.lo);
		}
		assert_true(next.hi == 1ull << 63);
	}
}

static void check_hist(int64_t v, unsigned int bits)
{
	uint32_t index = kit_hist_index(v, bits);
	struct kit_range range;

	assert_in_range(index, 0, KIT_HIST_BUCKETS(bits) - 1);
	range = kit_hist_range(index, bits);
	if (v < 0) {
		assert_int_equal(index, 0);
		return;
	}
	assert_true(range.lo <= v && (uint64_t)v < range.hi);
	/* A bucket is no wider than 1 / 2^bits of the values in it. */
	if (range.hi - (uint64_t)range.lo > 1)
		assert_true((range.hi - (uint64_t)range.lo) << bits <= (uint64_t)range.lo);
}

static void test_hist_values(void **state)
{
	unsigned int bits, power;
	int64_t d;

	for (bits = 0; bits <= KIT_HIST_MAX_BITS; bits++) {
		for (power = 0; power < 63; power++) {
			for (d = -40; d <= 40; d++) {
				if (d > 0 && (1ll << power) > INT64_MAX - d)
					continue;
				check_hist((1ll << power) + d, bits);
				check_hist((1ll << power) / 3 * 4 + d, bits);
			}
		}
		for (d = -100; d < 5000; d++)
			check_hist(d, bits);
		check_hist(INT64_MAX, bits);
		check_hist(INT64_MIN, bits);
	}
	/* The classic form: what bpftrace labels (..., 0) [0] [1] [2, 4) [1K, 2K). */
	assert_int_equal(kit_hist_index(0, 0), 1);
	assert_int_equal(kit_hist_index(1, 0), 2);
	assert_int_equal(kit_hist_index(3, 0), 3);
	assert_int_equal(kit_hist_index(1024, 0), 12);
	assert_int_equal(kit_hist_index(2047, 0), 12);
	assert_int_equal(kit_hist_index(INT64_MAX, 0), 64);
}

static void check_lhist(int64_t min, int64_t max, int64_t step)
{
	uint32_t n = kit_lhist_buckets(min, max, step), i;
	struct kit_range range;
	int64_t v;

	for (v = min - 3 * step; v <= max + 3 * step; v++) {
		i = kit_lhist_index(v, min, max, step);
		assert_in_range(i, 0, n - 1);
		range = kit_lhist_range(i, min, max, step);
		if (range.open_below)
			assert_true(v < min);
		else if (range.open_above)
			assert_true(v >= max - max % step);
		else
			assert_true(range.lo <= v && v < (int64_t)range.hi);
	}
}

static void test_lhist_values(void **state)
{
	check_lhist(0, 100, 10);
	check_lhist(0, 95, 10);
	check_lhist(0, 1, 1);
	check_lhist(0, 3, 100);
	check_lhist(512, 5632, 1024);
	assert_int_equal(kit_lhist_buckets(0, 100, 10), 12);
	assert_int_equal(kit_lhist_index(INT64_MIN, 0, 100, 10), 0);
	assert_int_equal(kit_lhist_index(INT64_MAX, 0, 100, 10), 11);
	assert_true(kit_lhist_buckets(INT64_MIN, INT64_MAX, 1) == UINT32_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hist_tiles),
		cmocka_unit_test(test_hist_values),
		cmocka_unit_test(test_lhist_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
