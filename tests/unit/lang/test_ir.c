// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The compiler's back end on small functions: listings written down by hand, which say
 * where no move may be; limits; what the checker finds.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ir_machine.h"
#include "lang/emit/emit.h"

/* calloc() fails when this many more have succeeded; negative: never. The linker wraps it. */
static long callocs_left = -1;

void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);

void *__wrap_calloc(size_t n, size_t size)
{
	if (callocs_left == 0)
		return NULL;
	if (callocs_left > 0)
		callocs_left--;
	return __real_calloc(n, size);
}

struct fixture {
	struct lang_arena *arena;
	struct ir_function *fn;
	struct lang_program prog;
	struct ir_allocation alloc;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	f->arena = arena_new();
	f->fn = ir_new(f->arena);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	arena_free(f->arena);
	free(f);
	return 0;
}

static int compile(struct fixture *f)
{
	int err;

	assert_int_equal(ir_check(f->fn, stderr), 0);
	err = ir_optimise(f->fn);
	if (!err) {
		assert_int_equal(ir_check(f->fn, stderr), 0);
		err = ir_allocate(f->fn, &f->alloc);
	}
	if (err)
		return err;
	assert_int_equal(ir_check(f->fn, stderr), 0);
	return emit_program(f->fn, &f->alloc, f->arena, &f->prog);
}

static void expect(struct fixture *f, const char *want)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out;

	assert_int_equal(compile(f), 0);
	out = open_memstream(&text, &size);
	assert_non_null(out);
	emit_dump(&f->prog, NULL, out);
	fclose(out);
	assert_string_equal(text, want);
	free(text);
}

/* @ = count() on a per-CPU array: as one would write it by hand. */
static void test_count(void **state)
{
	struct fixture *f = *state;
	struct ir_function *fn = f->fn;
	ir_label missing = ir_new_label(fn);
	ir_mem key = ir_new_mem(fn, 4);
	ir_reg map, value, old;

	ir_store(fn, ir_mem_addr(fn, key, 0), 0, 4, ir_i(0));
	map = ir_map(fn, 3);
	value = ir_call(fn, BPF_FUNC_map_lookup_elem, 2,
			(struct ir_arg[]){ir_r(map), ir_r(ir_mem_addr(fn, key, 0))});
	ir_br(fn, BPF_JEQ, ir_r(value), ir_i(0), missing);
	old = ir_load(fn, value, 0, 8, false);
	ir_store(fn, value, 0, 8, ir_r(ir_alu(fn, BPF_ADD, ir_r(old), ir_i(1))));
	ir_place_label(fn, missing);
	ir_exit(fn, ir_i(0));
	expect(f, "   0: r2 = r10\n"
		  "   1: r2 += -8\n"
		  "   2: *(u32 *)(r10 -8) = 0\n"
		  "   3: r1 = map[fd:3]\n"
		  "   5: call bpf_map_lookup_elem#1\n"
		  "   6: if r0 == 0x0 goto pc+3\n"
		  "   7: r5 = *(u64 *)(r0 +0)\n"
		  "   8: r5 += 1\n"
		  "   9: *(u64 *)(r0 +0) = r5\n"
		  "  10: r0 = 0\n"
		  "  11: exit\n");
	assert_int_equal(f->prog.nrelocs, 1);
	assert_int_equal(f->prog.relocs[0].insn, 3);
	assert_int_equal(f->prog.relocs[0].kind, LANG_RELOC_MAP);
}

/* The context stays in r1 as long as nothing is called. */
static void test_context_before_calls(void **state)
{
	struct fixture *f = *state;
	struct ir_function *fn = f->fn;
	ir_label other = ir_new_label(fn);
	ir_reg id = ir_load(fn, ir_ctx(fn), 8, 8, false), ret;

	ir_br(fn, BPF_JNE, ir_r(id), ir_i(42), other);
	ret = ir_load(fn, ir_ctx(fn), 16, 4, true);
	ir_atomic(fn, BPF_ADD, ir_map_value(fn, 0, 24), 8, 8, ir_r(ret));
	ir_place_label(fn, other);
	ir_exit(fn, ir_i(0));
	expect(f, "   0: r0 = *(u64 *)(r1 +8)\n"
		  "   1: if r0 != 0x2a goto pc+6\n"
		  "   2: r0 = *(u32 *)(r1 +16)\n"
		  "   3: r0 <<= 32\n"
		  "   4: r0 s>>= 32\n"
		  "   5: r5 = map[fd:0][0]+24\n"
		  "   7: lock *(u64 *)(r5 +8) += r0\n"
		  "   8: r0 = 0\n"
		  "   9: exit\n");
}

/* Values across a call in r6 …; the result of one call is the argument of the next. */
static void test_across_calls(void **state)
{
	struct fixture *f = *state;
	struct ir_function *fn = f->fn;
	ir_reg ctx = ir_ctx(fn), pid, now;

	pid = ir_call(fn, BPF_FUNC_get_current_pid_tgid, 0, NULL);
	now = ir_call(fn, BPF_FUNC_ktime_get_ns, 0, NULL);
	ir_call_void(
		fn, BPF_FUNC_perf_event_output, 5,
		(struct ir_arg[]){ir_r(ctx), ir_r(ir_map(fn, 1)), ir_r(now), ir_r(pid), ir_i(8)});
	ir_exit(fn, ir_r(ir_alu(fn, BPF_RSH, ir_r(pid), ir_i(32))));
	expect(f, "   0: r6 = r1\n"
		  "   1: call bpf_get_current_pid_tgid#14\n"
		  "   2: r7 = r0\n"
		  "   3: call bpf_ktime_get_ns#5\n"
		  "   4: r2 = map[fd:1]\n"
		  "   6: r1 = r6\n"
		  "   7: r3 = r0\n"
		  "   8: r4 = r7\n"
		  "   9: r5 = 8\n"
		  "  10: call bpf_perf_event_output#25\n"
		  "  11: r0 = r7\n"
		  "  12: r0 >>= 32\n"
		  "  13: exit\n");
}

/* One global touched several times: one address, all else is offsets. */
static void test_addresses(void **state)
{
	struct fixture *f = *state;
	struct ir_function *fn = f->fn;
	ir_reg v = ir_load(fn, ir_map_value(fn, 0, 16), 0, 8, false);

	ir_store(fn, ir_map_value(fn, 0, 32), 0, 8, ir_r(v));
	ir_store(fn, ir_alu(fn, BPF_ADD, ir_r(ir_map_value(fn, 0, 16)), ir_i(8)), 0, 4,
		 ir_r(ir_ext(fn, ir_r(v), 4, false)));
	ir_exit(fn, ir_i(0));
	expect(f, "   0: r0 = map[fd:0][0]+16\n"
		  "   2: r5 = *(u64 *)(r0 +0)\n"
		  "   3: *(u64 *)(r0 +16) = r5\n"
		  "   4: *(u32 *)(r0 +8) = r5\n"
		  "   5: r0 = 0\n"
		  "   6: exit\n");
}

/* Constants, unused results and branches that are decided leave nothing behind. */
static void test_folding(void **state)
{
	struct fixture *f = *state;
	struct ir_function *fn = f->fn;
	ir_label never = ir_new_label(fn), end = ir_new_label(fn);
	ir_reg x = ir_load(fn, ir_ctx(fn), 0, 4, false), c = ir_mov(fn, ir_i(6));

	ir_alu(fn, BPF_MUL, ir_r(x), ir_i(77));
	c = ir_alu(fn, BPF_MUL, ir_r(c), ir_i(7));
	ir_br(fn, BPF_JNE, ir_r(c), ir_i(42), never);
	x = ir_alu(fn, BPF_DIV, ir_r(ir_ext(fn, ir_r(x), 4, false)), ir_i(8));
	x = ir_alu(fn, BPF_MOD, ir_r(x), ir_i(16));
	ir_jmp(fn, end);
	ir_place_label(fn, never);
	ir_exit(fn, ir_r(c));
	ir_place_label(fn, end);
	ir_exit(fn, ir_r(x));
	expect(f, "   0: r0 = *(u32 *)(r1 +0)\n"
		  "   1: r0 >>= 3\n"
		  "   2: r0 &= 15\n"
		  "   3: exit\n");
}

/* `if c goto A; goto B; A:` needs one jump. */
static void test_jumps(void **state)
{
	struct fixture *f = *state;
	struct ir_function *fn = f->fn;
	ir_label yes = ir_new_label(fn), no = ir_new_label(fn), hop = ir_new_label(fn);
	ir_reg x = ir_load(fn, ir_ctx(fn), 0, 8, false);

	ir_br(fn, BPF_JGT, ir_r(x), ir_i(5), yes);
	ir_jmp(fn, hop);
	ir_place_label(fn, yes);
	ir_exit(fn, ir_i(1));
	ir_place_label(fn, hop);
	ir_jmp(fn, no);
	ir_place_label(fn, no);
	ir_exit(fn, ir_i(2));
	expect(f, "   0: r0 = *(u64 *)(r1 +0)\n"
		  "   1: if r0 <= 0x5 goto pc+2\n"
		  "   2: r0 = 1\n"
		  "   3: exit\n"
		  "   4: r0 = 2\n"
		  "   5: exit\n");
}

/* The arguments of a call exchanged: no value is lost. */
static void test_swapped_arguments(void **state)
{
	struct fixture *f = *state;
	struct ir_function *fn = f->fn;
	ir_reg ctx = ir_ctx(fn), a = ir_load(fn, ctx, 0, 8, false);
	ir_reg b = ir_load(fn, ctx, 8, 8, false);

	ir_call_void(fn, 1, 2, (struct ir_arg[]){ir_r(a), ir_r(b)});
	ir_call_void(fn, 1, 2, (struct ir_arg[]){ir_r(b), ir_r(a)});
	ir_exit(fn, ir_i(0));
	expect(f, "   0: r6 = *(u64 *)(r1 +0)\n"
		  "   1: r7 = *(u64 *)(r1 +8)\n"
		  "   2: r1 = r6\n"
		  "   3: r2 = r7\n"
		  "   4: call bpf_map_lookup_elem#1\n"
		  "   5: r1 = r7\n"
		  "   6: r2 = r6\n"
		  "   7: call bpf_map_lookup_elem#1\n"
		  "   8: r0 = 0\n"
		  "   9: exit\n");
}

static void test_callback(void **state)
{
	struct fixture *f = *state;
	struct ir_function *fn = f->fn;
	ir_reg map;

	map = ir_map(fn, 2);
	ir_call_void(fn, BPF_FUNC_for_each_map_elem, 4,
		     (struct ir_arg[]){ir_r(map), ir_r(ir_func(fn)), ir_i(0), ir_i(0)});
	ir_exit(fn, ir_i(0));
	expect(f, "   0: r1 = map[fd:2]\n"
		  "   2: r2 = subprog[+6]\n"
		  "   4: r3 = 0\n"
		  "   5: r4 = 0\n"
		  "   6: call bpf_for_each_map_elem#164\n"
		  "   7: r0 = 0\n"
		  "   8: exit\n"
		  "   9: r0 = 0\n"
		  "  10: exit\n");
	assert_int_equal(f->prog.callback, 9);
	assert_true(fn->uses_callback);
}

/* Memory of @size bytes whose address is passed on. */
static int compile_stack(struct fixture *f, uint32_t size, bool callback)
{
	struct ir_function *fn = f->fn;
	ir_reg mem = ir_mem_addr(fn, ir_new_mem(fn, size), 0);

	if (callback)
		ir_call_void(fn, 1, 1, (struct ir_arg[]){ir_r(ir_func(fn))});
	ir_call_void(fn, BPF_FUNC_get_current_comm, 2, (struct ir_arg[]){ir_r(mem), ir_i(size)});
	ir_exit(fn, ir_i(0));
	return compile(f);
}

static void test_stack_full(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(compile_stack(f, 512, false), 0);
	assert_int_equal(f->alloc.stack_size, 512);
}

static void test_stack_too_large(void **state)
{
	assert_int_equal(compile_stack(*state, 513, false), -E2BIG);
}

static void test_stack_absurd(void **state)
{
	assert_int_equal(compile_stack(*state, UINT32_MAX, false), -E2BIG);
}

static void test_stack_with_callback(void **state)
{
	assert_int_equal(compile_stack(*state, 488, true), -E2BIG);
}

/* A jump over more than 32767 instructions. */
static void test_too_far(void **state)
{
	struct fixture *f = *state;
	struct ir_function *fn = f->fn;
	ir_label end = ir_new_label(fn);

	ir_br(fn, BPF_JEQ, ir_r(ir_load(fn, ir_ctx(fn), 0, 8, false)), ir_i(0), end);
	for (int i = 0; i < 33000; i++)
		ir_call_void(fn, BPF_FUNC_ktime_get_ns, 0, NULL);
	ir_place_label(fn, end);
	ir_exit(fn, ir_i(0));
	assert_int_equal(compile(f), -E2BIG);
}

static void test_check_undefined(void **state)
{
	struct fixture *f = *state;
	struct ir_function *fn = f->fn;
	ir_label skip = ir_new_label(fn);
	ir_reg v = ir_new_reg(fn), x = ir_load(fn, ir_ctx(fn), 0, 8, false);

	ir_br(fn, BPF_JEQ, ir_r(x), ir_i(0), skip);
	ir_mov_to(fn, v, ir_i(1));
	ir_place_label(fn, skip);
	ir_exit(fn, ir_r(v));
	assert_int_equal(ir_check(fn, NULL), -EINVAL);
}

static void test_check_labels(void **state)
{
	struct fixture *f = *state;
	struct ir_function *fn = f->fn;
	ir_label label = ir_new_label(fn);

	ir_jmp(fn, label);
	assert_int_equal(ir_check(fn, NULL), -EINVAL);
	ir_place_label(fn, label);
	assert_int_equal(ir_check(fn, NULL), -EINVAL);
	ir_exit(fn, ir_i(0));
	assert_int_equal(ir_check(fn, NULL), 0);
	ir_place_label(fn, label);
	ir_exit(fn, ir_i(0));
	assert_int_equal(ir_check(fn, NULL), -EINVAL);
}

static void test_dump(void **state)
{
	struct fixture *f = *state;
	struct ir_function *fn = f->fn;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	ir_reg v;

	assert_non_null(out);
	ir_note(fn, "args.%s", "count");
	v = ir_load(fn, ir_ctx(fn), 8, 8, false);
	ir_note(fn, "low half");
	v = ir_ext(fn, ir_r(v), 4, true);
	ir_exit(fn, ir_r(v));
	ir_dump(fn, out);
	fclose(out);
	assert_string_equal(text, "\tv0 = ctx\t; args.count\n"
				  "\tv1 = load u64 [v0 + 8]\n"
				  "\tv2 = (s32) v1\t; low half\n"
				  "\texit v2\n");
	free(text);
}

/* All passes over @fn with the n-th allocation of memory failing. */
static int compile_without(struct fixture *f, long n)
{
	int err;

	callocs_left = n;
	err = ir_optimise(f->fn);
	if (!err)
		err = ir_check(f->fn, NULL);
	if (!err)
		err = ir_allocate(f->fn, &f->alloc);
	if (!err)
		err = emit_program(f->fn, &f->alloc, f->arena, &f->prog);
	callocs_left = -1;
	return err;
}

/* Every failing allocation is noticed, and leaves nothing behind. */
static void test_no_memory(void **state)
{
	int err = -ENOMEM, n;

	for (n = 0; err == -ENOMEM && n < 1000; n++) {
		void *made = NULL;
		struct fixture *f;

		assert_int_equal(setup(&made), 0);
		f = made;
		f->fn = machine_random(f->arena, 7, 400);
		err = compile_without(f, n);
		teardown(&made);
	}
	assert_int_equal(err, 0);
	assert_true(n > 10);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_count),
		TEST(test_context_before_calls),
		TEST(test_across_calls),
		TEST(test_addresses),
		TEST(test_folding),
		TEST(test_jumps),
		TEST(test_swapped_arguments),
		TEST(test_callback),
		TEST(test_stack_full),
		TEST(test_stack_too_large),
		TEST(test_stack_absurd),
		TEST(test_stack_with_callback),
		TEST(test_too_far),
		TEST(test_check_undefined),
		TEST(test_check_labels),
		TEST(test_dump),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
