// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* count() … lhist(): what stands on the right of `@m =`. */
#include "lang/check/checker.h"

#define HIST_MAX_BITS	  5
#define LHIST_MAX_BUCKETS 1000

/* sum, min, max, avg, stats of an integer. */
static void check_of_integer(struct checker *ck, struct expr *call, enum type_kind kind)
{
	const struct expr *arg = call->args[0];

	call->type = type_of_kind(kind, 8);
	if (!check_int_arg(ck, call, 0, false)) {
		call->type = type_of_kind(TYPE_UNKNOWN, 0);
		return;
	}
	call->type.is_signed = arg->type.is_signed || arg->type.size < 8;
}

void check_COUNT(struct checker *ck, struct expr *call)
{
	call->type = type_of_kind(TYPE_COUNT, 8);
}

void check_SUM(struct checker *ck, struct expr *call)
{
	check_of_integer(ck, call, TYPE_SUM);
}

void check_AVG(struct checker *ck, struct expr *call)
{
	check_of_integer(ck, call, TYPE_AVG);
}

void check_MIN(struct checker *ck, struct expr *call)
{
	check_of_integer(ck, call, TYPE_MIN);
}

void check_MAX(struct checker *ck, struct expr *call)
{
	check_of_integer(ck, call, TYPE_MAX);
}

void check_STATS(struct checker *ck, struct expr *call)
{
	check_of_integer(ck, call, TYPE_STATS);
}

void check_HIST(struct checker *ck, struct expr *call)
{
	struct expr *bits = call->nargs > 1 ? call->args[1] : NULL;
	bool ok = check_int_arg(ck, call, 0, false);

	if (bits) {
		if (!check_int_arg(ck, call, 1, false))
			return;
		if (!bits->is_const || bits->const_value < 0 || bits->const_value > HIST_MAX_BITS) {
			lang_error(ck->cx, bits->loc, LANG_E_HIST_BITS, HIST_MAX_BITS);
			return;
		}
	}
	if (!ok)
		return;
	call->type = type_of_kind(TYPE_HIST, 8);
	call->type.is_signed = call->args[0]->type.is_signed;
	call->type.bits = bits ? (uint32_t)bits->const_value : 0;
}

static bool check_buckets(struct checker *ck, struct expr *call, int64_t min, int64_t max,
			  int64_t step)
{
	uint64_t range = (uint64_t)max - (uint64_t)min, buckets;

	if (step <= 0) {
		lang_error(ck->cx, call->args[3]->loc, LANG_E_LHIST_STEP, (long long)step);
		return false;
	}
	if (min >= max) {
		lang_error(ck->cx, call->args[1]->loc, LANG_E_LHIST_RANGE, (long long)min,
			   (long long)max);
		return false;
	}
	buckets = range / (uint64_t)step + !!(range % (uint64_t)step);
	if (buckets > LHIST_MAX_BUCKETS) {
		lang_error(ck->cx, call->loc, LANG_E_LHIST_BUCKETS, (unsigned long long)buckets,
			   LHIST_MAX_BUCKETS);
		return false;
	}
	return true;
}

void check_LHIST(struct checker *ck, struct expr *call)
{
	struct type type = type_of_kind(TYPE_LHIST, 8);
	bool ok = check_int_arg(ck, call, 0, false);

	for (uint32_t i = 1; i <= 3; i++)
		ok &= check_const_arg(ck, call, i, INT64_MIN, INT64_MAX);
	if (!ok)
		return;
	type.is_signed = call->args[0]->type.is_signed;
	type.min = call->args[1]->const_value;
	type.max = call->args[2]->const_value;
	type.step = call->args[3]->const_value;
	if (check_buckets(ck, call, type.min, type.max, type.step))
		call->type = type;
}
