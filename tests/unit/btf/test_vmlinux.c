// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The BTF reader against libbpf's on the running kernel's types, all of them.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include <bpf/btf.h>
#include <skep/btf.h>

#define VMLINUX "/sys/kernel/btf/vmlinux"

static struct btf *theirs;
static struct btfr *ours;

static double ms_since(const struct timespec *t0)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)(t.tv_sec - t0->tv_sec) * 1e3 + (double)(t.tv_nsec - t0->tv_nsec) / 1e6;
}

static int open_both(void **state)
{
	struct timespec t0;
	double opened, found;
	uint32_t id;
	int err;

	clock_gettime(CLOCK_MONOTONIC, &t0);
	err = btfr_open_file(VMLINUX, NULL, &ours, NULL);
	opened = ms_since(&t0);
	if (err)
		return err;
	id = btfr_by_name(ours, BTFR_K(STRUCT), "task_struct");
	found = ms_since(&t0);
	fprintf(stderr, "# open %.2f ms, with the first name (type %u) %.2f ms\n", opened, id,
		found);
	theirs = btf__parse(VMLINUX, NULL);
	return theirs ? 0 : -1;
}

static int close_both(void **state)
{
	btfr_close(ours);
	btf__free(theirs);
	return 0;
}

static void every_record_is_the_same(void **state)
{
	uint32_t end = btfr_id_end(ours);

	assert_int_equal(end, btf__type_cnt(theirs));
	for (uint32_t id = 1; id < end; id++) {
		const struct btf_type *t = btf__type_by_id(theirs, id);
		bool func = btf_is_func(t);

		assert_int_equal(btfr_kind(ours, id), btf_kind(t));
		assert_string_equal(btfr_name(ours, id), btf__name_by_offset(theirs, t->name_off));
		if (func)
			assert_int_equal(btfr_linkage(ours, id), btf_vlen(t));
		else
			assert_int_equal(btfr_vlen(ours, id), btf_vlen(t));
		if (btf_is_ptr(t) || btf_is_mod(t) || btf_is_typedef(t) || func)
			assert_int_equal(btfr_target(ours, id), t->type);
	}
}

static void every_size_is_the_same(void **state)
{
	for (uint32_t id = 1; id < btfr_id_end(ours); id++) {
		int64_t want = btf__resolve_size(theirs, id), got = btfr_size(ours, id);

		/* libbpf gives a structure's size to what is declared only. */
		if (want >= 0 && !btf_is_fwd(btf__type_by_id(theirs, id)))
			assert_int_equal(got, want);
		else
			assert_true(got < 0);
	}
}

static void check_member(const struct btf_type *t, uint32_t id, unsigned int i)
{
	const struct btf_member *want = btf_members(t) + i;
	struct btfr_member got, named;

	assert_int_equal(btfr_member_at(ours, id, i, &got), 0);
	assert_string_equal(got.name, btf__name_by_offset(theirs, want->name_off));
	assert_int_equal(got.type, want->type);
	assert_int_equal(got.bit_off, btf_member_bit_offset(t, i));
	assert_int_equal(got.bit_size, btf_member_bitfield_size(t, i));
	if (!*got.name)
		return;
	assert_int_equal(btfr_member(ours, id, got.name, &named), 0);
	assert_string_equal(named.name, got.name);
	assert_true(named.type == got.type && named.bit_off == got.bit_off &&
		    named.bit_size == got.bit_size);
}

static void every_item_is_the_same(void **state)
{
	unsigned int members = 0, values = 0, params = 0;

	for (uint32_t id = 1; id < btfr_id_end(ours); id++) {
		const struct btf_type *t = btf__type_by_id(theirs, id);

		for (unsigned int i = 0; btf_is_composite(t) && i < btf_vlen(t); i++, members++)
			check_member(t, id, i);
		for (unsigned int i = 0; btf_is_any_enum(t) && i < btf_vlen(t); i++, values++) {
			struct btfr_enum e;
			int64_t want = btf_is_enum(t)
					       ? btf_kflag(t)
							 ? btf_enum(t)[i].val
							 : (int64_t)(uint32_t)btf_enum(t)[i].val
					       : (int64_t)btf_enum64_value(btf_enum64(t) + i);

			assert_int_equal(btfr_enum_at(ours, id, i, &e), 0);
			assert_int_equal(e.value, want);
			assert_true(e.is_signed == btf_kflag(t));
		}
		for (unsigned int i = 0; btf_is_func_proto(t) && i < btf_vlen(t); i++, params++) {
			struct btfr_param p;

			assert_int_equal(btfr_param_at(ours, id, i, &p), 0);
			assert_int_equal(p.type, btf_params(t)[i].type);
			assert_string_equal(p.name,
					    btf__name_by_offset(theirs, btf_params(t)[i].name_off));
		}
	}
	fprintf(stderr, "# %u members, %u values, %u parameters\n", members, values, params);
	assert_true(members > 10000 && values > 1000 && params > 10000);
}

static void every_function_is_found(void **state)
{
	unsigned int want = 0, got = 0;

	for (uint32_t id = 1; id < btf__type_cnt(theirs); id++)
		want += btf_is_func(btf__type_by_id(theirs, id));
	for (uint32_t id = 0; (id = btfr_next(ours, BTFR_K(FUNC), id)); got++) {
		uint32_t found = btfr_by_name(ours, BTFR_K(FUNC), btfr_name(ours, id));

		assert_true(found && found <= id);
		assert_string_equal(btfr_name(ours, found), btfr_name(ours, id));
		assert_true(btfr_param_cnt(ours, id) >= 0);
	}
	assert_int_equal(got, want);
	assert_true(got > 1000);
}

static void names_find_the_same_type(void **state)
{
	unsigned int cnt = 0;

	/* libbpf searches from the beginning each time: a sample. */
	for (uint32_t id = 1; id < btfr_id_end(ours); id += 499) {
		const char *name = btfr_name(ours, id);
		unsigned int kind = btfr_kind(ours, id);

		if (!*name)
			continue;
		assert_int_equal(btfr_by_name(ours, 1u << kind, name),
				 btf__find_by_name_kind(theirs, name, kind));
		cnt++;
	}
	assert_true(cnt > 50);
	assert_int_equal(btfr_by_name(ours, BTFR_ALL, "no_such_type_or_function"), 0);
}

/* What the kernel says of itself where C code and the user interface fix it. */
static void well_known_facts(void **state)
{
	uint32_t task = btfr_by_name(ours, BTFR_K(STRUCT), "task_struct");
	uint32_t regs = btfr_by_name(ours, BTFR_K(STRUCT), "bpf_insn"), id;
	struct btfr_member m;
	struct btfr_enum e;
	struct btfr_array a;

	assert_int_equal(btfr_member(ours, task, "comm", &m), 0);
	assert_int_equal(btfr_array(ours, m.type, &a), 0);
	assert_int_equal(a.cnt, 16);
	assert_int_equal(btfr_member(ours, task, "pid", &m), 0);
	assert_int_equal(btfr_size(ours, m.type), sizeof(pid_t));
	assert_int_equal(btfr_size(ours, regs), 8);
	assert_int_equal(btfr_member(ours, regs, "src_reg", &m), 0);
	assert_true(m.bit_off == 12 && m.bit_size == 4);
	/* Inside two anonymous members: the union at the beginning and its structure. */
	assert_int_equal(
		btfr_member(ours, btfr_by_name(ours, BTFR_K(STRUCT), "sk_buff"), "dev", &m), 0);
	assert_int_equal(m.bit_off, 128);
	assert_int_equal(btfr_enumerator(ours, "BPF_PROG_TYPE_KPROBE", &e, &id), 0);
	assert_int_equal(e.value, 2);
	assert_string_equal(btfr_name(ours, id), "bpf_prog_type");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_record_is_the_same),
		cmocka_unit_test(every_size_is_the_same),
		cmocka_unit_test(every_item_is_the_same),
		cmocka_unit_test(every_function_is_found),
		cmocka_unit_test(names_find_the_same_type),
		cmocka_unit_test(well_known_facts),
	};

	if (access(VMLINUX, R_OK)) {
		printf("1..0 # SKIP %s cannot be read\n", VMLINUX);
		return 0;
	}
	return cmocka_run_group_tests(tests, open_both, close_both);
}
