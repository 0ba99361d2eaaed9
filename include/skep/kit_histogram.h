/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The geometry of histograms: which bucket a value falls into and what range a bucket covers.
 * The compiler emits code that computes the same indices; tests compare the two by this header.
 *
 * hist(v, bits): v is read as int64_t, so unsigned values from 2^63 on count as negative.
 *	v < 0           0
 *	v < 2^bits      v + 1                             one value a bucket
 *	else            ((l - bits + 1) << bits) + sub + 1
 * where l = floor(log2(v)) and sub = the `bits` bits of v below its highest one. The indices are
 * contiguous: bucket after bucket covers the numbers without gap. With bits = 0 these are
 * (..., 0), [0], [1], [2, 4), [4, 8), ...
 *
 * lhist(v, min, max, step): v, min, max and step as int64_t, step > 0, min < max.
 *	v < min         0
 *	v >= max        (max - min) / step + 1
 *	else            (v - min) / step + 1
 * When step does not divide max - min, the values of the incomplete last step share the bucket
 * of those over max, as in bpftrace.
 */
#ifndef SKEP_KIT_HISTOGRAM_H
#define SKEP_KIT_HISTOGRAM_H

#include <stdint.h>

#define KIT_HIST_MAX_BITS 5
/* Number of buckets of hist(v, bits): 65 for bits 0, 1889 for bits 5. */
#define KIT_HIST_BUCKETS(bits) (((64u - (bits)) << (bits)) + 1)

/*
 * The values of a bucket: lo <= v < hi. A bucket that is open at one end has INT64_MIN as lo or
 * UINT64_MAX as hi, and says so.
 */
struct kit_range {
	int64_t lo;
	/* An int64_t in all buckets but the last of hist, whose end is 2^63. */
	uint64_t hi;
	uint8_t open_below, open_above;
};

static inline uint32_t kit_hist_index(int64_t v, unsigned int bits)
{
	unsigned int log;

	if (v < 0)
		return 0;
	if (v < (1ll << bits))
		return (uint32_t)v + 1;
	log = 63 - (unsigned int)__builtin_clzll((unsigned long long)v);
	return ((log - bits + 1) << bits) +
	       (uint32_t)((uint64_t)v >> (log - bits) & ((1u << bits) - 1)) + 1;
}

/*
 * The lower end of a bucket as mantissa << power, from which its label is made: with bits and
 * index - 1 = i, power is 0 for i < 2^(bits + 1). index: 1 .. KIT_HIST_BUCKETS(bits); the last
 * is the end of the last bucket.
 */
static inline uint64_t kit_hist_lower(uint32_t index, unsigned int bits, unsigned int *power)
{
	uint32_t i = index - 1, one = 1u << bits;

	*power = 0;
	if (i < one)
		return i;
	*power = (i >> bits) - 1;
	return one + (i & (one - 1));
}

/* index < KIT_HIST_BUCKETS(bits). */
static inline struct kit_range kit_hist_range(uint32_t index, unsigned int bits)
{
	unsigned int power;
	uint64_t lo, hi;

	if (!index)
		return (struct kit_range){.lo = INT64_MIN, .hi = 0, .open_below = 1};
	lo = kit_hist_lower(index, bits, &power);
	lo <<= power;
	hi = kit_hist_lower(index + 1, bits, &power);
	hi <<= power;
	return (struct kit_range){.lo = (int64_t)lo, .hi = hi};
}

/* Number of buckets of lhist. Needs step > 0 and min < max; UINT32_MAX when it is more. */
static inline uint32_t kit_lhist_buckets(int64_t min, int64_t max, int64_t step)
{
	uint64_t n = ((uint64_t)max - (uint64_t)min) / (uint64_t)step;

	return n > UINT32_MAX - 2 ? UINT32_MAX : (uint32_t)n + 2;
}

static inline uint32_t kit_lhist_index(int64_t v, int64_t min, int64_t max, int64_t step)
{
	if (v < min)
		return 0;
	if (v >= max)
		v = max;
	return (uint32_t)(((uint64_t)v - (uint64_t)min) / (uint64_t)step) + 1;
}

/* index < kit_lhist_buckets(min, max, step). */
static inline struct kit_range kit_lhist_range(uint32_t index, int64_t min, int64_t max,
					       int64_t step)
{
	uint64_t lo;

	if (!index)
		return (struct kit_range){.lo = INT64_MIN, .hi = (uint64_t)min, .open_below = 1};
	if (index + 1 >= kit_lhist_buckets(min, max, step))
		return (struct kit_range){.lo = max, .hi = UINT64_MAX, .open_above = 1};
	lo = (uint64_t)min + (uint64_t)(index - 1) * (uint64_t)step;
	return (struct kit_range){.lo = (int64_t)lo, .hi = lo + (uint64_t)step};
}

#endif
