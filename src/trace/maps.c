// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * What maps hold becomes rows: read from the kernel in batches, added up over the CPUs, the
 * buckets of a histogram gathered into one row.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <skep/kit_histogram.h>

#include "trace/entries.h"
#include "trace/session.h"

/* A bucket further on than this is taken for garbage; no script makes so many. */
#define MAX_BUCKETS (1u << 20)

static enum kit_type value_type(const struct lang_map *map)
{
	switch (map->kind) {
	case LANG_MAP_COUNT: return KIT_COUNT;
	case LANG_MAP_SUM: return KIT_SUM;
	case LANG_MAP_MIN: return KIT_MIN;
	case LANG_MAP_MAX: return KIT_MAX;
	case LANG_MAP_AVG: return KIT_AVG;
	case LANG_MAP_STATS: return KIT_STATS;
	case LANG_MAP_HIST: return KIT_HIST;
	case LANG_MAP_LHIST: return KIT_LHIST;
	default: break;
	}
	switch (map->value.data) {
	case LANG_DATA_INT: return KIT_INT;
	case LANG_DATA_UINT: return KIT_UINT;
	case LANG_DATA_POINTER: return KIT_POINTER;
	case LANG_DATA_BUF: return KIT_BUFFER;
	case LANG_DATA_INET: return KIT_INET;
	case LANG_DATA_TIME: return KIT_TEXT;
	default: return KIT_STRING;
	}
}

static bool is_histogram(const struct lang_map *map)
{
	return map->kind == LANG_MAP_HIST || map->kind == LANG_MAP_LHIST;
}

/* --- adding up over the CPUs ------------------------------------------------- */

/* The two words that every aggregation's value begins with; absent ones are 0. */
struct words {
	uint64_t first, second;
};

static struct words load_words(const struct lang_map *map, const char *value)
{
	struct words words = {0, 0};

	memcpy(&words, value, map->value_size < sizeof(words) ? map->value_size : sizeof(words));
	return words;
}

static bool is_better(const struct lang_map *map, uint64_t value, uint64_t best)
{
	bool less = map->is_signed ? (int64_t)value < (int64_t)best : value < best;

	return map->kind == LANG_MAP_MIN ? less : value != best && !less;
}

static struct words add_up(const struct lang_map *map, const char *values, uint32_t ncpus)
{
	size_t stride = (map->value_size + 7) & ~(size_t)7;
	struct words sum = {0, 0}, one;
	uint32_t cpu;

	for (cpu = 0; cpu < ncpus; cpu++) {
		one = load_words(map, values + cpu * stride);
		if (map->kind != LANG_MAP_MIN && map->kind != LANG_MAP_MAX) {
			sum.first += one.first;
			sum.second += one.second;
		} else if (one.second) {
			if (!sum.second || is_better(map, one.first, sum.first))
				sum.first = one.first;
			sum.second = 1;
		}
	}
	return sum;
}

int trace_map_value(const struct trace_session *s, const struct lang_map *map, const void *values,
		    uint32_t ncpus, struct trace_pool *pool, struct kit_value *value)
{
	struct words sum;

	if (map->kind == LANG_MAP_VALUE)
		return trace_decode(s, &map->value, values, map->value_size, pool, value);
	sum = add_up(map, values, ncpus);
	*value = (struct kit_value){.type = value_type(map), .size = 8};
	value->is_signed = map->is_signed;
	if (map->kind == LANG_MAP_AVG || map->kind == LANG_MAP_STATS) {
		value->stats.total = sum.first;
		value->stats.count = sum.second;
	} else {
		value->u = sum.first;
	}
	return 0;
}

/* --- rows ------------------------------------------------------------------------ */

void trace_rows_free(struct trace_rows *rows)
{
	free(rows->rows);
	trace_pool_free(&rows->pool);
	memset(rows, 0, sizeof(*rows));
}

static int decode_keys(const struct trace_session *s, const struct lang_map *map, const char *key,
		       struct trace_rows *rows, struct kit_row *row)
{
	struct kit_value *keys = trace_pool_alloc(&rows->pool, map->nkeys * sizeof(*keys));
	uint32_t i;
	int err = keys ? 0 : -ENOMEM;

	for (i = 0; !err && i < map->nkeys; i++)
		err = trace_decode(s, &map->keys[i], key, map->key_size, &rows->pool, &keys[i]);
	row->keys = keys;
	row->nkeys = map->nkeys;
	return err;
}

static void set_histogram(const struct lang_map *map, const uint64_t *counts, uint32_t ncounts,
			  struct kit_value *value)
{
	*value = (struct kit_value){.type = value_type(map), .is_signed = true};
	if (map->kind == LANG_MAP_HIST) {
		value->hist.counts = counts;
		value->hist.ncounts = ncounts;
		value->hist.bits = (uint8_t)map->hist_bits;
	} else {
		value->lhist.counts = counts;
		value->lhist.ncounts = ncounts;
		value->lhist.min = map->lhist_min;
		value->lhist.max = map->lhist_max;
		value->lhist.step = map->lhist_step;
	}
}

static uint32_t bucket_limit(const struct lang_map *map)
{
	uint32_t n;

	if (map->kind == LANG_MAP_HIST)
		return map->hist_bits <= KIT_HIST_MAX_BITS ? KIT_HIST_BUCKETS(map->hist_bits) : 0;
	if (map->lhist_step <= 0 || map->lhist_min >= map->lhist_max)
		return 0;
	n = kit_lhist_buckets(map->lhist_min, map->lhist_max, map->lhist_step);
	return n < MAX_BUCKETS ? n : MAX_BUCKETS;
}

/* The bucket of an entry: the index of an array, else the u64 behind the keys. */
static uint64_t bucket_of(const struct lang_map *map, const struct trace_entries *e, size_t i)
{
	const char *key = e->keys + i * e->key_size;
	uint64_t bucket = 0;
	uint32_t index;

	if (map->nkeys) {
		memcpy(&bucket, key + map->key_size - sizeof(bucket), sizeof(bucket));
		return bucket;
	}
	memcpy(&index, key, sizeof(index));
	return index;
}

/*
 * One row of the entries order[0…n), which have the same keys.
 * Returns 1 when there is a row, 0 when nothing was counted in it, or -errno.
 */
static int histogram_row(const struct trace_session *s, const struct lang_map *map,
			 const struct trace_entries *e, const size_t *order, size_t n,
			 struct trace_rows *rows, struct kit_row *row)
{
	uint64_t *counts, bucket;
	uint32_t limit = bucket_limit(map), ncounts = 0;
	struct words sum;
	size_t i;

	for (i = 0; i < n; i++) {
		bucket = bucket_of(map, e, order[i]);
		sum = add_up(map, e->values + order[i] * e->value_size, e->ncpus);
		if (bucket < limit && sum.first && bucket >= ncounts)
			ncounts = (uint32_t)bucket + 1;
	}
	if (!ncounts && !map->nkeys)
		return 0;
	counts = trace_pool_alloc(&rows->pool, ncounts * sizeof(*counts));
	if (!counts)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		bucket = bucket_of(map, e, order[i]);
		sum = add_up(map, e->values + order[i] * e->value_size, e->ncpus);
		if (bucket < ncounts)
			counts[bucket] += sum.first;
	}
	set_histogram(map, counts, ncounts, &row->value);
	if (!map->nkeys)
		return 1;
	i = (size_t)decode_keys(s, map, e->keys + order[0] * e->key_size, rows, row);
	return i ? (int)i : 1;
}

/* What the comparison of entries by key needs. */
struct by_key {
	const struct trace_entries *entries;
	size_t key_size; /* bytes that count: those before the bucket */
};

static int compare_by_key(const void *a, const void *b, void *arg)
{
	const struct by_key *by = arg;

	return memcmp(by->entries->keys + *(const size_t *)a * by->entries->key_size,
		      by->entries->keys + *(const size_t *)b * by->entries->key_size, by->key_size);
}

static int histogram_rows(const struct trace_session *s, const struct lang_map *map,
			  const struct trace_entries *e, struct trace_rows *rows)
{
	struct by_key by = {e, map->nkeys ? map->key_size - sizeof(uint64_t) : 0};
	size_t *order = malloc((e->n + 1) * sizeof(*order));
	size_t i, first;
	int err = order ? 0 : -ENOMEM;

	for (i = 0; order && i < e->n; i++)
		order[i] = i;
	if (order && by.key_size)
		qsort_r(order, e->n, sizeof(*order), compare_by_key, &by);
	for (first = 0; err >= 0 && first < e->n; first = i) {
		for (i = first + 1; i < e->n; i++) {
			if (by.key_size && compare_by_key(&order[first], &order[i], &by))
				break;
		}
		err = histogram_row(s, map, e, order + first, i - first, rows,
				    &rows->rows[rows->nrows]);
		rows->nrows += err == 1;
	}
	free(order);
	return err < 0 ? err : 0;
}

/*
 * True for an aggregation without keys that was never given anything: its array element is
 * always there.
 */
static bool was_never_set(const struct trace_session *s, uint32_t m, const void *values,
			  uint32_t ncpus)
{
	const struct lang_map *map = &s->plan->maps[m];
	struct words sum;

	if (map->nkeys || map->kind == LANG_MAP_VALUE || s->zeroed[m])
		return false;
	sum = add_up(map, values, ncpus);
	if (map->kind == LANG_MAP_COUNT || map->kind == LANG_MAP_SUM)
		return !sum.first;
	return !sum.second;
}

static int plain_rows(const struct trace_session *s, uint32_t m, const struct trace_entries *e,
		      struct trace_rows *rows)
{
	const struct lang_map *map = &s->plan->maps[m];
	size_t i;
	int err = 0;

	for (i = 0; !err && i < e->n; i++) {
		struct kit_row *row = &rows->rows[rows->nrows];
		const char *values = e->values + i * e->value_size;

		if (was_never_set(s, m, values, e->ncpus))
			continue;
		err = trace_map_value(s, map, values, e->ncpus, &rows->pool, &row->value);
		if (!err && map->nkeys)
			err = decode_keys(s, map, e->keys + i * e->key_size, rows, row);
		rows->nrows++;
	}
	return err;
}

/* --- scalars ---------------------------------------------------------------------- */

int trace_globals_refresh(struct trace_session *s)
{
	uint32_t zero = 0;

	if (s->plan->globals == LANG_NONE || s->globals_mapped)
		return 0;
	return bpf_map_lookup_elem(s->map_fds[s->plan->globals], &zero, s->globals);
}

/* Where the word at @offset is; NULL when the plan has none there. */
static uint64_t *global_word(const struct trace_session *s, uint32_t offset)
{
	size_t size;

	if (offset == LANG_NONE || s->plan->globals == LANG_NONE)
		return NULL;
	size = s->plan->maps[s->plan->globals].value_size;
	if (offset % 8 || offset > size || size - offset < sizeof(uint64_t))
		return NULL;
	return (uint64_t *)(void *)(s->globals + offset);
}

uint64_t trace_globals_word(const struct trace_session *s, uint32_t offset)
{
	const uint64_t *word = global_word(s, offset);

	return word ? __atomic_load_n(word, __ATOMIC_ACQUIRE) : 0;
}

/* Writes the copy back to a map that is not mapped. */
static int store_globals(struct trace_session *s)
{
	uint32_t zero = 0;

	if (s->globals_mapped)
		return 0;
	return bpf_map_update_elem(s->map_fds[s->plan->globals], &zero, s->globals, BPF_EXIST);
}

int trace_globals_set(struct trace_session *s, uint32_t offset, uint64_t word)
{
	uint64_t *at = global_word(s, offset);
	int err = trace_globals_refresh(s);

	if (err || !at)
		return err;
	__atomic_store_n(at, word, __ATOMIC_RELEASE);
	return store_globals(s);
}

/* Where a scalar is, and its is_set word; NULL when the plan is wrong. */
static unsigned char *scalar(const struct trace_session *s, const struct lang_map *map,
			     uint64_t **is_set)
{
	size_t size = (map->value.size + 7) & ~(size_t)7, all;

	if (s->plan->globals == LANG_NONE)
		return NULL;
	all = s->plan->maps[s->plan->globals].value_size;
	if (map->global_offset % 8 || map->global_offset > all ||
	    size + sizeof(uint64_t) > all - map->global_offset)
		return NULL;
	*is_set = (uint64_t *)(void *)(s->globals + map->global_offset + size);
	return s->globals + map->global_offset;
}

static int read_scalar(struct trace_session *s, const struct lang_map *map, struct trace_rows *rows)
{
	struct lang_data_field field = map->value;
	uint64_t *is_set;
	unsigned char *at, *copy;
	int err = trace_globals_refresh(s);

	at = scalar(s, map, &is_set);
	if (err || !at)
		return err ? err : -EINVAL;
	if (!__atomic_load_n(is_set, __ATOMIC_ACQUIRE))
		return 0;
	copy = trace_pool_alloc(&rows->pool, field.size);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, at, field.size);
	field.offset = 0;
	rows->nrows = 1;
	return trace_decode(s, &field, copy, field.size, &rows->pool, &rows->rows[0].value);
}

/* @set: zero() leaves the variable there, with 0; clear() removes it. */
static int write_scalar(struct trace_session *s, const struct lang_map *map, bool set)
{
	uint64_t *is_set;
	unsigned char *at;
	int err = trace_globals_refresh(s);

	at = scalar(s, map, &is_set);
	if (err || !at)
		return err ? err : -EINVAL;
	if (set && !*is_set)
		return 0;
	if (!set)
		__atomic_store_n(is_set, 0, __ATOMIC_RELEASE);
	if (map->value.size == sizeof(uint64_t))
		__atomic_store_n((uint64_t *)(void *)at, 0, __ATOMIC_RELEASE);
	else
		memset(at, 0, map->value.size);
	return store_globals(s);
}

/* --- entry points ------------------------------------------------------------------ */

static bool is_array(const struct lang_map *map)
{
	return map->type == BPF_MAP_TYPE_ARRAY || map->type == BPF_MAP_TYPE_PERCPU_ARRAY;
}

int trace_map_read(struct trace_session *s, uint32_t m, struct trace_rows *rows)
{
	const struct lang_map *map = &s->plan->maps[m];
	struct trace_entries entries = {0};
	int err;

	rows->type = value_type(map);
	if (map->storage == LANG_STORE_GLOBAL) {
		rows->rows = calloc(1, sizeof(*rows->rows));
		return rows->rows ? read_scalar(s, map, rows) : -ENOMEM;
	}
	err = trace_entries_read(s, m, &entries);
	/* Rows borrow from the entries. */
	if (trace_pool_adopt(&rows->pool, entries.keys))
		entries.keys = NULL;
	if (trace_pool_adopt(&rows->pool, entries.values))
		entries.values = NULL;
	rows->rows = err ? NULL : calloc(entries.n + 1, sizeof(*rows->rows));
	if (!err && (!rows->rows || (entries.n && (!entries.keys || !entries.values))))
		err = -ENOMEM;
	if (err)
		return err;
	return is_histogram(map) ? histogram_rows(s, map, &entries, rows)
				 : plain_rows(s, m, &entries, rows);
}

int trace_map_print(struct trace_session *s, uint32_t m, uint32_t top, uint32_t div)
{
	struct trace_rows rows = {0};
	int err = trace_map_read(s, m, &rows);

	if (!err)
		kit_output_map(s->options->output, s->plan->maps[m].name, rows.type, rows.rows,
			       rows.nrows, top, div);
	trace_rows_free(&rows);
	return err;
}

int trace_map_clear(struct trace_session *s, uint32_t m)
{
	const struct lang_map *map = &s->plan->maps[m];

	s->zeroed[m] = false;
	if (map->storage == LANG_STORE_GLOBAL)
		return write_scalar(s, map, false);
	return is_array(map) ? trace_entries_zero(s, m) : trace_entries_delete(s, m);
}

int trace_map_zero(struct trace_session *s, uint32_t m)
{
	const struct lang_map *map = &s->plan->maps[m];

	if (map->storage == LANG_STORE_GLOBAL)
		return write_scalar(s, map, true);
	s->zeroed[m] = true;
	return trace_entries_zero(s, m);
}

static bool is_internal(const struct lang_map *map)
{
	return map->kind == LANG_MAP_SCRATCH || map->kind == LANG_MAP_GLOBALS ||
	       map->kind == LANG_MAP_RING;
}

static int by_name(const void *a, const void *b)
{
	const struct lang_map *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

/* Others may still be there to print. */
static void tell_unreadable(struct trace_session *s, const struct lang_map *map, int err)
{
	struct kit_runtime_error error = {0};
	struct kit_buffer message = {0};

	kit_buffer_printf(&message, "cannot read the map %s: %s", map->name, strerror(-err));
	error.message = kit_buffer_string(&message);
	if (!message.error)
		kit_output_runtime_error(s->options->output, &error);
	kit_buffer_free(&message);
}

static int print_at_end(struct trace_session *s, const struct lang_map *map)
{
	struct trace_rows rows = {0};
	int err = trace_map_read(s, (uint32_t)(map - s->plan->maps), &rows);

	if (!err && rows.nrows)
		kit_output_map(s->options->output, map->name, rows.type, rows.rows, rows.nrows, 0,
			       0);
	trace_rows_free(&rows);
	if (err == -EBUSY || err == -EBADMSG) {
		tell_unreadable(s, map, err);
		return 0;
	}
	return err ? trace_fail(s->failure, err, NULL, "cannot read the map %s", map->name) : 0;
}

int trace_maps_print(struct trace_session *s)
{
	const struct lang_map **maps = calloc(s->plan->nmaps + 1, sizeof(*maps));
	uint32_t i, n = 0;
	int err = 0;

	if (!maps)
		return trace_fail(s->failure, -ENOMEM, NULL, "cannot print the maps");
	for (i = 0; i < s->plan->nmaps; i++)
		if (!is_internal(&s->plan->maps[i]))
			maps[n++] = &s->plan->maps[i];
	qsort(maps, n, sizeof(*maps), by_name);
	for (i = 0; !err && i < n; i++)
		err = print_at_end(s, maps[i]);
	free(maps);
	return err;
}
