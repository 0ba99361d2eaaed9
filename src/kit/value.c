// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The numbers and the order of values. The order of rows is what bpftrace prints: by value where
 * values are numbers, else by key. Where it leaves the order of equals to chance, it is by key.
 */
#include <stdlib.h>
#include <string.h>

#include <skep/kit_value.h>

static uint64_t average(const struct kit_value *v)
{
	if (!v->stats.count)
		return 0;
	if (v->is_signed && (int64_t)v->stats.total < 0)
		return -(-v->stats.total / v->stats.count);
	return v->stats.total / v->stats.count;
}

static uint64_t total(const uint64_t *counts, uint32_t n)
{
	uint64_t sum = 0;
	uint32_t i;

	for (i = 0; i < n; i++)
		sum += counts[i];
	return sum;
}

uint64_t kit_value_number(const struct kit_value *v, bool *is_signed)
{
	bool spare;

	if (!is_signed)
		is_signed = &spare;
	*is_signed = v->is_signed;
	switch (v->type) {
	case KIT_INT:
	case KIT_COUNT: *is_signed = true; return v->u;
	case KIT_UINT:
	case KIT_BOOL:
	case KIT_POINTER: *is_signed = false; return v->u;
	case KIT_SUM:
	case KIT_MIN:
	case KIT_MAX: return v->u;
	case KIT_AVG:
	case KIT_STATS: return average(v);
	case KIT_HIST: *is_signed = false; return total(v->hist.counts, v->hist.ncounts);
	case KIT_LHIST: *is_signed = false; return total(v->lhist.counts, v->lhist.ncounts);
	default: *is_signed = false; return 0;
	}
}

static int compare_numbers(uint64_t a, bool a_signed, uint64_t b, bool b_signed)
{
	bool a_negative = a_signed && (int64_t)a < 0, b_negative = b_signed && (int64_t)b < 0;

	if (a_negative != b_negative)
		return a_negative ? -1 : 1;
	return a < b ? -1 : a > b;
}

static int compare_bytes(const char *a, size_t alen, const char *b, size_t blen)
{
	size_t len = alen < blen ? alen : blen;
	int order = len ? memcmp(a, b, len) : 0;

	if (order)
		return order;
	return alen < blen ? -1 : alen > blen;
}

static bool is_integer(enum kit_type type)
{
	return type == KIT_INT || type == KIT_UINT;
}

/* Keys of one map: item by item, then the shorter first. */
static int compare_items(const struct kit_value *a, size_t na, const struct kit_value *b, size_t nb)
{
	size_t i;
	int order;

	for (i = 0; i < na && i < nb; i++) {
		order = kit_value_compare(&a[i], &b[i]);
		if (order)
			return order;
	}
	return na < nb ? -1 : na > nb;
}

int kit_value_compare(const struct kit_value *a, const struct kit_value *b)
{
	bool a_signed, b_signed;
	uint64_t an, bn;

	if (a->type != b->type && !(is_integer(a->type) && is_integer(b->type)))
		return a->type < b->type ? -1 : 1;
	switch (a->type) {
	case KIT_STRING:
	case KIT_BUFFER:
	case KIT_TEXT:
		return compare_bytes(a->bytes.data, a->bytes.len, b->bytes.data, b->bytes.len);
	case KIT_INET:
		if (a->inet.family != b->inet.family)
			return a->inet.family < b->inet.family ? -1 : 1;
		return memcmp(a->inet.addr, b->inet.addr, sizeof(a->inet.addr));
	case KIT_TUPLE:
		return compare_items(a->tuple.items, a->tuple.n, b->tuple.items, b->tuple.n);
	default:
		an = kit_value_number(a, &a_signed);
		bn = kit_value_number(b, &b_signed);
		return compare_numbers(an, a_signed, bn, b_signed);
	}
}

static bool sorts_by_number(enum kit_type type)
{
	return is_integer(type) || type >= KIT_COUNT;
}

static int compare_rows(const void *pa, const void *pb)
{
	const struct kit_row *a = pa, *b = pb;
	bool a_signed, b_signed;
	uint64_t an, bn;
	int order = 0;

	if (sorts_by_number(a->value.type) && sorts_by_number(b->value.type)) {
		an = kit_value_number(&a->value, &a_signed);
		bn = kit_value_number(&b->value, &b_signed);
		/* bpftrace orders min and max without their sign. */
		if (a->value.type == KIT_MIN || a->value.type == KIT_MAX)
			a_signed = b_signed = false;
		order = compare_numbers(an, a_signed, bn, b_signed);
	}
	return order ? order : compare_items(a->keys, a->nkeys, b->keys, b->nkeys);
}

void kit_rows_sort(struct kit_row *rows, size_t nrows)
{
	if (nrows > 1)
		qsort(rows, nrows, sizeof(*rows), compare_rows);
}
