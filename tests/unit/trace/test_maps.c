// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Maps that this test fills become rows: added up over the CPUs, buckets gathered, cleared and
 * zeroed. The numbers are made here.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "plan.h"

enum { GLOBALS, COUNTS, STATS, MIN, HIST, LHIST, SCALAR, HASH, NMAPS };

static struct lang_data_field keys[] = {
	{.data = LANG_DATA_UINT, .offset = 0, .size = 8},
	{.data = LANG_DATA_STRING, .offset = 8, .size = 8},
};

#define PERCPU(n, k, ks, vs, nk)                                                        \
	{                                                                               \
		.name = n, .kind = k, .type = BPF_MAP_TYPE_PERCPU_HASH, .key_size = ks, \
		.value_size = vs, .max_entries = 4096, .keys = keys, .nkeys = nk        \
	}
static struct lang_map maps[NMAPS] = {
	[GLOBALS] = {.name = "",
		     .kind = LANG_MAP_GLOBALS,
		     .type = BPF_MAP_TYPE_ARRAY,
		     .key_size = 4,
		     .value_size = 32,
		     .max_entries = 1,
		     .map_flags = BPF_F_MMAPABLE},
	[COUNTS] = PERCPU("@counts", LANG_MAP_COUNT, 16, 8, 2),
	[STATS] = PERCPU("@stats", LANG_MAP_STATS, 8, 16, 1),
	[MIN] = {.name = "@min",
		 .kind = LANG_MAP_MIN,
		 .type = BPF_MAP_TYPE_PERCPU_ARRAY,
		 .key_size = 4,
		 .value_size = 16,
		 .max_entries = 1,
		 .is_signed = true},
	[HIST] = PERCPU("@hist", LANG_MAP_HIST, 16, 8, 1),
	[LHIST] = {.name = "@lhist",
		   .kind = LANG_MAP_LHIST,
		   .type = BPF_MAP_TYPE_PERCPU_ARRAY,
		   .key_size = 4,
		   .value_size = 8,
		   .max_entries = 12,
		   .lhist_min = 0,
		   .lhist_max = 100,
		   .lhist_step = 10},
	[SCALAR] = {.name = "@scalar",
		    .kind = LANG_MAP_VALUE,
		    .storage = LANG_STORE_GLOBAL,
		    .global_offset = 8,
		    .value = {.data = LANG_DATA_INT, .size = 8}},
	[HASH] = {.name = "@hash",
		  .kind = LANG_MAP_VALUE,
		  .type = BPF_MAP_TYPE_HASH,
		  .key_size = 8,
		  .value_size = 8,
		  .max_entries = 4096,
		  .keys = keys,
		  .nkeys = 1,
		  .value = {.data = LANG_DATA_INT, .size = 8}},
};
static const struct lang_plan plan = {.maps = maps,
				      .nmaps = NMAPS,
				      .start_offset = LANG_NONE,
				      .exit_offset = LANG_NONE,
				      .globals = GLOBALS,
				      .ring = LANG_NONE};

struct fixture {
	struct capture capture;
	struct trace_options options;
	struct trace_failure failure;
	struct trace_session s;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	*state = f;
	capture_open(&f->capture, KIT_OUTPUT_TEXT);
	f->options.output = f->capture.out;
	f->s = (struct trace_session){
		.plan = &plan, .options = &f->options, .failure = &f->failure};
	f->s.ncpus = (uint32_t)libbpf_num_possible_cpus();
	if (trace_load(&f->s)) {
		print_message("# SKIP %s\n", f->failure.text);
		f->s.ncpus = 0;
	}
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	trace_unload(&f->s);
	trace_failure_free(&f->failure);
	capture_close(&f->capture);
	free(f);
	return 0;
}

/* Sets the entry of @key: CPU n has words[n % nwords] in word @word. */
static void put(struct fixture *f, uint32_t map, const void *key, const uint64_t *words,
		uint32_t words_each)
{
	uint64_t *values = calloc(f->s.ncpus * words_each, sizeof(*values));
	uint32_t cpu;

	assert_non_null(values);
	/* The first two CPUs, or the only one, have something; the others nothing. */
	for (cpu = 0; cpu < f->s.ncpus && cpu < 2; cpu++)
		memcpy(values + cpu * words_each, words + cpu * words_each, words_each * 8);
	assert_int_equal(bpf_map_update_elem(f->s.map_fds[map], key, values, BPF_ANY), 0);
	free(values);
}

static void require_cpus(const struct fixture *f, uint32_t n)
{
	if (f->s.ncpus < n)
		skip();
}

struct two_keys {
	uint64_t number;
	char text[8];
};

static void test_counts(void **state)
{
	struct fixture *f = *state;

	require_cpus(f, 2);
	put(f, COUNTS, &(struct two_keys){3, "c"}, (uint64_t[]){5, 6}, 1);
	put(f, COUNTS, &(struct two_keys){1, "a"}, (uint64_t[]){1, 0}, 1);
	assert_int_equal(trace_map_print(&f->s, COUNTS, 0, 0), 0);
	assert_output(&f->capture, "@counts[1, a]: 1\n@counts[3, c]: 11\n");
}

static void test_stats_and_min(void **state)
{
	struct fixture *f = *state;
	uint32_t zero = 0;

	require_cpus(f, 2);
	put(f, STATS, &(uint64_t){9}, (uint64_t[]){100, 3, 20, 1}, 2);
	assert_int_equal(trace_map_print(&f->s, STATS, 0, 0), 0);
	/* Only the second CPU has seen a value: the first one's 0 must not win. */
	put(f, MIN, &zero, (uint64_t[]){0, 0, (uint64_t)5, 1}, 2);
	assert_int_equal(trace_map_print(&f->s, MIN, 0, 0), 0);
	put(f, MIN, &zero, (uint64_t[]){(uint64_t)-7, 1, 5, 1}, 2);
	assert_int_equal(trace_map_print(&f->s, MIN, 0, 0), 0);
	assert_output(&f->capture, "@stats[9]: count 4, average 30, total 120\n\n"
				   "@min: 5\n@min: -7\n");
}

struct hist_key {
	uint64_t key, bucket;
};

static void test_histograms(void **state)
{
	struct fixture *f = *state;
	char *text;

	require_cpus(f, 2);
	/* Buckets of two keys, in the order in which a hash gives them: any. */
	put(f, HIST, &(struct hist_key){1, 4}, (uint64_t[]){2, 1}, 1);
	put(f, HIST, &(struct hist_key){2, 5}, (uint64_t[]){0, 9}, 1);
	put(f, HIST, &(struct hist_key){1, 3}, (uint64_t[]){1, 0}, 1);
	/* A bucket that no histogram has. */
	put(f, HIST, &(struct hist_key){1, 1ull << 40}, (uint64_t[]){1, 1}, 1);
	put(f, LHIST, &(uint32_t){11}, (uint64_t[]){4, 4}, 1);
	assert_int_equal(trace_map_print(&f->s, HIST, 0, 0), 0);
	assert_int_equal(trace_map_print(&f->s, LHIST, 0, 0), 0);
	kit_output_flush(f->capture.out);
	text = capture_text(f->capture.out_fd);
	assert_non_null(strstr(text, "@hist[1]:\n[2, 4)                 1 |"));
	assert_non_null(strstr(text, "[4, 8)                 3 |@@@@"));
	assert_non_null(strstr(text, "@hist[2]:\n[8, 16)                9 |@@@@"));
	assert_non_null(strstr(text, "@lhist:\n[100, ...)             8 |@@@@"));
	free(text);
}

static void test_unset_is_not_shown(void **state)
{
	struct fixture *f = *state;

	require_cpus(f, 1);
	assert_int_equal(trace_maps_print(&f->s), 0);
	assert_output(&f->capture, "");
}

static void test_many_entries(void **state)
{
	struct fixture *f = *state;
	struct trace_rows rows = {0};
	uint64_t key, sum = 0;
	size_t i;

	require_cpus(f, 1);
	/* More than one batch. */
	for (key = 0; key < 4000; key++)
		assert_int_equal(bpf_map_update_elem(f->s.map_fds[HASH], &key, &key, BPF_ANY), 0);
	assert_int_equal(trace_map_read(&f->s, HASH, &rows), 0);
	assert_int_equal(rows.nrows, 4000);
	for (i = 0; i < rows.nrows; i++) {
		assert_int_equal(rows.rows[i].keys[0].u, rows.rows[i].value.i);
		sum += rows.rows[i].keys[0].u;
	}
	assert_int_equal(sum, 4000 * 3999 / 2);
	trace_rows_free(&rows);

	assert_int_equal(trace_map_zero(&f->s, HASH), 0);
	assert_int_equal(trace_map_read(&f->s, HASH, &rows), 0);
	assert_int_equal(rows.nrows, 4000);
	for (i = 0; i < rows.nrows; i++)
		assert_int_equal(rows.rows[i].value.i, 0);
	trace_rows_free(&rows);

	assert_int_equal(trace_map_clear(&f->s, HASH), 0);
	assert_int_equal(trace_map_read(&f->s, HASH, &rows), 0);
	assert_int_equal(rows.nrows, 0);
	trace_rows_free(&rows);
}

static void test_scalars(void **state)
{
	struct fixture *f = *state;
	uint64_t globals[4] = {77, (uint64_t)-5, 1, 88}, now[4];
	uint32_t zero = 0;
	int fd = f->s.ncpus ? f->s.map_fds[GLOBALS] : -1;

	require_cpus(f, 1);
	assert_int_equal(bpf_map_update_elem(fd, &zero, globals, BPF_ANY), 0);
	assert_int_equal(trace_map_print(&f->s, SCALAR, 0, 0), 0);
	assert_int_equal(trace_map_zero(&f->s, SCALAR), 0);
	assert_int_equal(trace_map_print(&f->s, SCALAR, 0, 0), 0);
	assert_int_equal(trace_map_clear(&f->s, SCALAR), 0);
	assert_int_equal(trace_maps_print(&f->s), 0);
	assert_output(&f->capture, "@scalar: -5\n@scalar: 0\n");
	/* Nothing beside it was touched. */
	assert_int_equal(bpf_map_lookup_elem(fd, &zero, now), 0);
	assert_int_equal(now[0], 77);
	assert_int_equal(now[2], 0);
	assert_int_equal(now[3], 88);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_counts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stats_and_min, setup, teardown),
		cmocka_unit_test_setup_teardown(test_histograms, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unset_is_not_shown, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many_entries, setup, teardown),
		cmocka_unit_test_setup_teardown(test_scalars, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
