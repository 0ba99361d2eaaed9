// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* How programs are stopped, helpers are called, and what is refused before it runs. */
#include "engine.h"

#include <errno.h>

#include "machine/jit/jit.h"

#define CHAIN 4000

static const struct engine *engine;

static uint64_t run_program(const struct bpf_insn *insns, size_t cnt, struct machine_run *run)
{
	return run_on(engine, insns, cnt, (uintptr_t)window, 0, run);
}

#define RUN(run, ...)                                       \
	run_program((const struct bpf_insn[]){__VA_ARGS__}, \
		    sizeof((const struct bpf_insn[]){__VA_ARGS__}) / sizeof(struct bpf_insn), run)

static void loops_end_by_the_budget(void)
{
	struct machine_run run;

	window_run(&run);
	assert_int_equal(RUN(&run, ISA_JA(-1), ISA_EXIT()), 0);
	assert_int_equal(run.stop, MACHINE_BUDGET);
	assert_int_equal(run.stop_insn, 0);
	assert_int_equal(run.budget, 0);
	window_run(&run);
	RUN(&run, ISA_ALU64_IMM(BPF_ADD, 0, 1), ISA_STX(BPF_DW, 1, 0, 0),
	    ISA_JMP_IMM(BPF_JNE, 0, 0, -3), ISA_EXIT());
	assert_int_equal(run.stop, MACHINE_BUDGET);
	assert_int_equal(run.stop_insn, 2);
	assert_int_equal(*(uint64_t *)window, BUDGET / 3 + 1);
	window_run(&run);
	RUN(&run, ISA_JA32(-1), ISA_EXIT());
	assert_int_equal(run.stop, MACHINE_BUDGET);
	/* Each turn calls: charged 2 for the jump and 1 for the function. */
	window_run(&run);
	RUN(&run, ISA_CALL_REL(2), ISA_JMP32_IMM(BPF_JEQ, 0, 0, -2), ISA_EXIT(), ISA_EXIT());
	assert_int_equal(run.stop, MACHINE_BUDGET);
	window_run(&run);
	assert_int_equal(RUN(&run, ISA_ALU64_IMM(BPF_ADD, 0, 1), ISA_JMP_IMM(BPF_JLT, 0, 100, -2),
			     ISA_EXIT()),
			 100);
	assert_int_equal(run.stop, MACHINE_DONE);
	assert_int_equal(run.budget, BUDGET - 99 * 2);
	run.budget = 99 * 2;
	RUN(&run, ISA_ALU64_IMM(BPF_ADD, 0, 1), ISA_JMP_IMM(BPF_JLT, 0, 100, -2), ISA_EXIT());
	assert_int_equal(run.stop, MACHINE_DONE);
	run.budget = 99 * 2 - 1;
	RUN(&run, ISA_ALU64_IMM(BPF_ADD, 0, 1), ISA_JMP_IMM(BPF_JLT, 0, 100, -2), ISA_EXIT());
	assert_int_equal(run.stop, MACHINE_BUDGET);
}

/* r6 counts down; each function stores its depth in its own frame and checks it afterwards. */
static uint64_t recurse(int depth, struct machine_run *run)
{
	window_run(run);
	return RUN(run, ISA_MOV64_IMM(1, depth), ISA_CALL_REL(1), ISA_EXIT(),
		   /* function: */
		   ISA_MOV64_REG(6, 1), ISA_STX(BPF_DW, 10, 6, -512), ISA_MOV64_IMM(0, 0),
		   ISA_JMP_IMM(BPF_JEQ, 6, 0, 5), ISA_ALU64_IMM(BPF_ADD, 1, -1), ISA_CALL_REL(-6),
		   ISA_LDX(BPF_DW, 7, 10, -512), ISA_JMP_REG(BPF_JNE, 6, 7, 2),
		   ISA_ALU64_REG(BPF_ADD, 0, 6), ISA_EXIT(), ISA_MOV64_IMM(0, -1), ISA_EXIT());
}

static void calls_nest_eight_deep(void)
{
	struct machine_run run;

	assert_int_equal(recurse(6, &run), 1 + 2 + 3 + 4 + 5 + 6);
	assert_int_equal(run.stop, MACHINE_DONE);
	assert_int_equal(run.budget, BUDGET - 7 * 12);
	assert_int_equal(recurse(7, &run), 0);
	assert_int_equal(run.stop, MACHINE_DEPTH);
	assert_int_equal(run.stop_insn, 8);
}

/* Mixes its arguments, and checks that the stack is as the ABI wants it. */
static uint64_t mix(struct machine_run *run, uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4,
		    uint64_t r5)
{
	volatile struct {
		_Alignas(16) char c;
	} on_stack = {0};

	if ((uintptr_t)&on_stack % 16)
		return 0;
	run->budget -= 1000;
	return r1 + 10 * r2 + 100 * r3 + 1000 * r4 + 10000 * r5;
}

static uint64_t stopper(struct machine_run *run, uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4,
			uint64_t r5)
{
	run->tail_call = run;
	run->stop = (uint32_t)r1;
	return 5;
}

static const machine_helper helpers[] = {[2] = mix, [7] = stopper};

static void helpers_are_called(void)
{
	struct machine_run run;

	window_run(&run);
	run.helpers = helpers;
	run.helper_cnt = CNT(helpers);
	assert_int_equal(RUN(&run, ISA_MOV64_IMM(6, 6), ISA_MOV64_IMM(7, 7), ISA_MOV64_IMM(8, 8),
			     ISA_MOV64_IMM(9, 9), ISA_STX(BPF_DW, 10, 6, -8), ISA_MOV64_IMM(1, 1),
			     ISA_MOV64_IMM(2, 2), ISA_MOV64_IMM(3, 3), ISA_MOV64_IMM(4, 4),
			     ISA_MOV64_IMM(5, 5), ISA_CALL(2),
			     /* The caller's registers are kept, arguments are 0. */
			     ISA_ALU64_REG(BPF_ADD, 0, 1), ISA_ALU64_REG(BPF_ADD, 0, 2),
			     ISA_ALU64_REG(BPF_ADD, 0, 3), ISA_ALU64_REG(BPF_ADD, 0, 4),
			     ISA_ALU64_REG(BPF_ADD, 0, 5), ISA_LDX(BPF_DW, 1, 10, -8),
			     ISA_JMP_REG(BPF_JNE, 1, 6, 3), ISA_JMP_IMM(BPF_JNE, 7, 7, 2),
			     ISA_JMP_IMM(BPF_JNE, 8, 8, 1), ISA_JMP_IMM(BPF_JEQ, 9, 9, 1),
			     ISA_MOV64_IMM(0, 0), ISA_EXIT()),
			 54321);
	assert_int_equal(run.stop, MACHINE_DONE);
	assert_int_equal(run.budget, BUDGET - 1000);
	/* In a function, at another alignment of the stack. */
	for (int used = 0; used < 4; used++) {
		window_run(&run);
		run.helpers = helpers;
		run.helper_cnt = CNT(helpers);
		assert_int_equal(RUN(&run, ISA_CALL_REL(1), ISA_EXIT(), ISA_MOV64_IMM(6, 6),
				     ISA_MOV64_IMM(used > 0 ? 7 : 6, 7),
				     ISA_MOV64_IMM(used > 1 ? 8 : 6, 8),
				     ISA_MOV64_IMM(used > 2 ? 9 : 6, 9), ISA_MOV64_IMM(1, 3),
				     ISA_CALL(2), ISA_EXIT()),
				 3);
	}
}

static void missing_helpers_stop(void)
{
	static const int ids[] = {0, 1, 3, 8, 9, 1000, INT32_MAX, -1, INT32_MIN};
	struct machine_run run;

	for (size_t i = 0; i < CNT(ids); i++) {
		window_run(&run);
		run.helpers = helpers;
		run.helper_cnt = CNT(helpers);
		assert_int_equal(RUN(&run, ISA_MOV64_IMM(0, 1), ISA_CALL(ids[i]), ISA_EXIT()), 0);
		assert_int_equal(run.stop, MACHINE_NO_HELPER);
		assert_int_equal(run.stop_insn, 1);
	}
	window_run(&run);
	RUN(&run, ISA_CALL(0), ISA_EXIT());
	assert_int_equal(run.stop, MACHINE_NO_HELPER);
}

static void helpers_may_stop(void)
{
	struct machine_run run;

	window_run(&run);
	run.helpers = helpers;
	run.helper_cnt = CNT(helpers);
	assert_int_equal(RUN(&run, ISA_MOV64_IMM(1, MACHINE_TAIL_CALL), ISA_CALL_REL(1), ISA_EXIT(),
			     ISA_MOV64_IMM(6, 1), ISA_CALL(7), ISA_EXIT()),
			 0);
	assert_int_equal(run.stop, MACHINE_TAIL_CALL);
	assert_int_equal(run.stop_insn, 4);
	assert_ptr_equal(run.tail_call, &run);
	/* The same state serves the next run. */
	assert_int_equal(RUN(&run, ISA_MOV64_IMM(0, 3), ISA_EXIT()), 3);
	assert_int_equal(run.stop, MACHINE_DONE);
}

/* No verifier has seen to it that registers are written before they are read. */
static void registers_begin_as_zero(void)
{
	struct machine_run run;

	window_run(&run);
	assert_int_equal(RUN(&run, ISA_ALU64_REG(BPF_OR, 0, 2), ISA_ALU64_REG(BPF_OR, 0, 3),
			     ISA_ALU64_REG(BPF_OR, 0, 4), ISA_ALU64_REG(BPF_OR, 0, 5),
			     ISA_ALU64_REG(BPF_OR, 0, 6), ISA_ALU64_REG(BPF_OR, 0, 7),
			     ISA_ALU64_REG(BPF_OR, 0, 8), ISA_ALU64_REG(BPF_OR, 0, 9), ISA_EXIT()),
			 0);
}

/*
 * Jumps over jumps, each of which is short only when those behind it are: the compiler needs more
 * passes for them than it takes.
 */
static void chains_of_jumps_are_compiled(void)
{
	static struct bpf_insn insns[CHAIN + 1];
	struct machine_run run;

	for (int i = 0; i < CHAIN; i += 2) {
		int most = CHAIN - i - 1;

		insns[i] = ISA_JMP_REG(BPF_JEQ, 1, 2, most < 20 ? most : 20);
		insns[i + 1] = ISA_ALU64_IMM(BPF_ADD, 0, 1);
	}
	insns[CHAIN] = ISA_EXIT();
	window_run(&run);
	assert_int_equal(run_on(engine, insns, CHAIN + 1, 1, 2, &run), CHAIN / 2);
	/* Taken, they land on an addition, 22 slots from the one before. */
	assert_int_equal(run_on(engine, insns, CHAIN + 1, 1, 1, &run), CHAIN / 22);
}

static void nothing_is_written_behind_the_buffer(void **state)
{
	const struct bpf_insn insns[] = {
		ISA_LDX(BPF_DW, 0, 1, 0),
		ISA_LD_IMM64(2, 0x123456789abcdef0),
		ISA_ALU64_REG(BPF_DIV, 0, 2),
		ISA_CALL(1),
		ISA_EXIT(),
	};
	const struct machine_insn *p = prepared(insns, CNT(insns));
	uint32_t offsets[CNT(insns) + 1];
	int64_t len = machine_jit(p, CNT(insns), offsets, NULL, 0);

	if (len == -EOPNOTSUPP)
		return;
	for (size_t room = 0; room < (size_t)len; room++) {
		uint8_t *code = malloc(room + 64);

		assert_non_null(code);
		memset(code, 0x5a, room + 64);
		assert_int_equal(machine_jit(p, CNT(insns), offsets, code, room), len);
		for (size_t i = 0; i < 64; i++)
			assert_int_equal(code[room + i], 0x5a);
		free(code);
	}
}

#define ON_EACH(test)                                                           \
	static void test##_on_each(void **state)                                \
	{                                                                       \
		for (engine = engines; engine < engines + engine_cnt; engine++) \
			test();                                                 \
	}
ON_EACH(loops_end_by_the_budget)
ON_EACH(calls_nest_eight_deep)
ON_EACH(helpers_are_called)
ON_EACH(missing_helpers_stop)
ON_EACH(helpers_may_stop)
ON_EACH(registers_begin_as_zero)
ON_EACH(chains_of_jumps_are_compiled)

static void refused(int err, size_t idx, const struct bpf_insn *insns, size_t cnt)
{
	struct machine_insn out[16];
	struct machine_fault why = {0};

	assert_int_equal(machine_prepare(insns, cnt, out, &why), err);
	assert_int_equal(machine_prepare(insns, cnt, out, NULL), err);
	assert_int_equal(why.idx, idx);
	assert_non_null(why.text);
}

#define REFUSED(err, idx, ...)                                    \
	refused(err, idx, (const struct bpf_insn[]){__VA_ARGS__}, \
		sizeof((const struct bpf_insn[]){__VA_ARGS__}) / sizeof(struct bpf_insn))

static void what_is_unknown_is_refused(void **state)
{
	REFUSED(-EINVAL, 0, ISA_MOV64_IMM(0, 0));
	REFUSED(-EINVAL, 0, ISA_INSN(0x8d, 1, 0, 0, 0), ISA_EXIT()); /* callx */
	REFUSED(-EINVAL, 0, ISA_JA(5), ISA_EXIT());
	REFUSED(-EOPNOTSUPP, 1, ISA_MOV64_IMM(0, 0), ISA_LD_MAP_FD(1, 3), ISA_EXIT());
	REFUSED(-EOPNOTSUPP, 0, ISA_LD_FUNC(1, 2), ISA_EXIT(), ISA_EXIT());
	REFUSED(-EOPNOTSUPP, 0, ISA_LD_ABS(BPF_B, 0), ISA_EXIT());
	REFUSED(-EOPNOTSUPP, 0, ISA_CALL_KFUNC(1, 0), ISA_EXIT());
	REFUSED(-EOPNOTSUPP, 0, ISA_CALL_REL(-1), ISA_EXIT());
	REFUSED(-EINVAL, 1, ISA_CALL_REL(2), ISA_JA(1), ISA_EXIT(), ISA_EXIT());
	REFUSED(-EINVAL, 2, ISA_CALL_REL(1), ISA_EXIT(), ISA_JA(-2));
}

static void long_programs_are_refused(void **state)
{
	struct machine_fault why;

	assert_int_equal(machine_prepare(NULL, MACHINE_INSN_MAX + 1, NULL, &why), -E2BIG);
	assert_int_equal(machine_prepare(NULL, 0, NULL, &why), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loops_end_by_the_budget_on_each),
		cmocka_unit_test(calls_nest_eight_deep_on_each),
		cmocka_unit_test(helpers_are_called_on_each),
		cmocka_unit_test(missing_helpers_stop_on_each),
		cmocka_unit_test(helpers_may_stop_on_each),
		cmocka_unit_test(registers_begin_as_zero_on_each),
		cmocka_unit_test(chains_of_jumps_are_compiled_on_each),
		cmocka_unit_test(nothing_is_written_behind_the_buffer),
		cmocka_unit_test(what_is_unknown_is_refused),
		cmocka_unit_test(long_programs_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
