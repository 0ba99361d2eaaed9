// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Nothing outside of the window is touched: every kind and width of access, at every distance of
 * up to 8 bytes from both edges, and far away. Pages beside the window fault, so that a check that
 * is wrong by a byte ends this program; a second, narrower window inside of it shows by what is
 * read and left unwritten that edges need not be those of pages.
 */
#include "engine.h"

#include "isa/opcodes.h"

static bool is_access(const struct isa_op *op)
{
	uint8_t mode = BPF_MODE(op->code);

	switch (BPF_CLASS(op->code)) {
	case BPF_LDX: return mode == BPF_MEM || mode == ISA_MEMSX;
	case BPF_ST: return mode == BPF_MEM;
	case BPF_STX: return mode == BPF_MEM || mode == BPF_ATOMIC;
	default: return false;
	}
}

static bool is_load(const struct isa_op *op)
{
	return BPF_CLASS(op->code) == BPF_LDX || op->imm.value == ISA_LOAD_ACQ;
}

/* r0 = 0 unless the access changes it; memory at r1 + off through register `base`. */
static size_t program(const struct isa_op *op, uint8_t base, int16_t off, struct bpf_insn *out)
{
	size_t cnt = 0;

	out[cnt++] = ISA_MOV64_REG(base, 1);
	if (base != 2)
		out[cnt++] = ISA_MOV64_IMM(2, 0);
	out[cnt++] = ISA_INSN(op->code, is_load(op) ? 2 : base,
			      is_load(op)		? base
			      : op->src != ISA_REG_NONE ? 2
							: 0,
			      off, op->imm.use == ISA_EXACT ? op->imm.value : 0);
	out[cnt++] = ISA_MOV64_IMM(0, 7);
	out[cnt++] = ISA_EXIT();
	return cnt;
}

static enum machine_stop expected(const struct isa_op *op, uint64_t addr, uint64_t base,
				  uint64_t size)
{
	unsigned int width = isa_access_bytes(op->code);

	if (addr < base || addr - base > size - width)
		return MACHINE_MEMORY;
	if (BPF_CLASS(op->code) == BPF_STX && BPF_MODE(op->code) == BPF_ATOMIC && addr % width)
		return MACHINE_UNALIGNED;
	return MACHINE_DONE;
}

static unsigned int tried;

static void try_access(const struct engine *e, const struct isa_op *op, uint64_t addr, int16_t off,
		       uint64_t base, uint64_t size)
{
	static const uint8_t bases[] = {0, 1, 3, 6, 7, 8, 9};
	enum machine_stop want = expected(op, addr, base, size);
	struct bpf_insn insns[8];
	struct machine_run run;
	size_t cnt = program(op, bases[tried++ % CNT(bases)], off, insns);
	uint64_t r0;

	window_run(&run);
	assert_int_equal(machine_run_init(&run, base, size, base + MACHINE_STACK_SIZE), 0);
	r0 = run_on(e, insns, cnt, addr - (uint64_t)(int64_t)off, 0, &run);
	if (run.stop != want || r0 != (want ? 0 : 7))
		fail_msg("%s: %s at window%+lld: stop %u, not %u", e->name, op->name,
			 (long long)(addr - base), run.stop, want);
	if (want && (run.stop_insn != cnt - 3 || run.stop_addr != addr))
		fail_msg("%s: %s: stopped at %u, %#llx", e->name, op->name, run.stop_insn,
			 (unsigned long long)run.stop_addr);
}

static void each_access(void (*each)(const struct engine *, const struct isa_op *))
{
	for (size_t i = 0; i < engine_cnt; i++)
		for (int id = 1; id < ISA_OP_CNT; id++)
			if (is_access(&isa_ops[id]))
				each(&engines[i], &isa_ops[id]);
	fprintf(stderr, "# %u accesses\n", tried);
}

static void at_the_edges(const struct engine *e, const struct isa_op *op)
{
	static const int16_t offs[] = {0, 1, -1, 100, -100, 127, -128, 128, 32767, -32768};
	uint64_t base = (uintptr_t)window;

	for (int delta = -16; delta <= 16; delta++)
		for (size_t i = 0; i < CNT(offs); i++) {
			try_access(e, op, base + (uint64_t)(int64_t)delta, offs[i], base,
				   WINDOW_SIZE);
			try_access(e, op, base + WINDOW_SIZE + (uint64_t)(int64_t)delta, offs[i],
				   base, WINDOW_SIZE);
			try_access(e, op, base + 16 + (uint64_t)(int64_t)delta, offs[i], base + 16,
				   MACHINE_STACK_SIZE + 3);
			try_access(e, op, base + 16 + MACHINE_STACK_SIZE + (uint64_t)(int64_t)delta,
				   offs[i], base + 16, MACHINE_STACK_SIZE + 3);
		}
}

static void far_away(const struct engine *e, const struct isa_op *op)
{
	uint64_t base = (uintptr_t)window;
	const uint64_t addrs[] = {
		0,
		1,
		8,
		-1ull,
		-8ull,
		-base,
		1ull << 63,
		(1ull << 63) + base,
		base + (1ull << 32),
		base - (1ull << 32),
		base + (1ull << 47),
		(uintptr_t)&base,
		(uintptr_t)engines,
	};

	for (size_t i = 0; i < CNT(addrs); i++) {
		try_access(e, op, addrs[i], 0, base, WINDOW_SIZE);
		try_access(e, op, addrs[i], 32760, base, WINDOW_SIZE);
		try_access(e, op, addrs[i], -32768, base, WINDOW_SIZE);
	}
}

static void edges_are_exact(void **state)
{
	each_access(at_the_edges);
}

static void elsewhere_is_refused(void **state)
{
	each_access(far_away);
}

/* Through the frame pointer, where engines may know the answer beforehand. */
static void through_the_frame_pointer(const struct engine *e, const struct isa_op *op)
{
	static const int offs[] = {-32768, -4104, -4097, -4096, -520, -513, -512, -511, -505,
				   -8,	   -7,	  -4,	 -2,	-1,   0,    1,	  8,	32767};
	uint64_t base = (uintptr_t)window;

	for (size_t i = 0; i < CNT(offs); i++) {
		/* The stack alone in its window: what leaves it leaves the window. */
		struct bpf_insn insns[] = {
			ISA_INSN(op->code, is_load(op) ? 2 : ISA_REG_FP,
				 is_load(op)		   ? ISA_REG_FP
				 : op->src != ISA_REG_NONE ? 2
							   : 0,
				 offs[i], op->imm.use == ISA_EXACT ? op->imm.value : 0),
			ISA_EXIT(),
		};
		uint64_t low = base + DATA_SIZE;
		enum machine_stop want = expected(op, base + WINDOW_SIZE + (uint64_t)offs[i], low,
						  MACHINE_STACK_SIZE);
		struct machine_run run;

		window_run(&run);
		assert_int_equal(
			machine_run_init(&run, low, MACHINE_STACK_SIZE, base + WINDOW_SIZE), 0);
		run_on(e, insns, CNT(insns), 0, 0, &run);
		if (run.stop != want)
			fail_msg("%s: %s at r10%+d: stop %u, not %u", e->name, op->name, offs[i],
				 run.stop, want);
		tried++;
	}
}

static void the_stack_is_exact(void **state)
{
	each_access(through_the_frame_pointer);
}

/* A second access is not covered by a check of the first when it reaches further. */
static void neighbours_are_checked_too(void **state)
{
	for (size_t i = 0; i < engine_cnt; i++)
		for (int delta = -24; delta <= 24; delta++)
			for (int first = -8; first <= 8; first += 8) {
				const int low = first < 0 ? first : 0;
				const struct bpf_insn insns[] = {
					ISA_ALU64_IMM(BPF_ADD, 1, delta),
					ISA_LDX(BPF_W, 3, 1, first),
					ISA_LDX(BPF_W, 4, 1, first + 12),
					ISA_LDX(BPF_DW, 5, 1, 0),
					ISA_STX(BPF_H, 1, 5, first + 6),
					ISA_LDX(BPF_B, 6, 1, first + 16),
					ISA_LDX(BPF_B, 6, 1, low - 1),
					ISA_LDX(BPF_B, 1, 1, 3),
					ISA_EXIT(),
				};
				const int at[] = {first,      first + 12, 0, first + 6,
						  first + 16, low - 1,	  3},
					  width[] = {4, 4, 8, 2, 1, 1, 1};
				struct machine_run run;
				uint32_t want = 0;

				for (size_t n = 0; n < CNT(at) && !want; n++)
					if (delta + at[n] < 0)
						want = (uint32_t)n + 1;
				window_run(&run);
				run_on(&engines[i], insns, CNT(insns), (uintptr_t)window, 0, &run);
				assert_int_equal(run.stop, want ? MACHINE_MEMORY : MACHINE_DONE);
				assert_int_equal(want ? run.stop_insn : 0, want);
				want = 0;
				for (size_t n = 0; n < CNT(at) && !want; n++)
					if (delta + at[n] + width[n] > 0)
						want = (uint32_t)n + 1;
				window_run(&run);
				run_on(&engines[i], insns, CNT(insns),
				       (uintptr_t)window + WINDOW_SIZE, 0, &run);
				assert_int_equal(run.stop, want ? MACHINE_MEMORY : MACHINE_DONE);
				assert_int_equal(want ? run.stop_insn : 0, want);
			}
}

/* One access at the very edge, then one that reaches up to 9 bytes further. */
static void try_pair(const struct engine *e, int width, int other, int delta)
{
	static const uint8_t sizes[] = {[1] = BPF_B, [2] = BPF_H, [4] = BPF_W, [8] = BPF_DW};
	const struct bpf_insn insns[] = {
		ISA_LDX(sizes[width], 3, 1, 0),
		ISA_LDX(sizes[other], 3, 1, delta),
		ISA_EXIT(),
	};
	struct machine_run run;

	window_run(&run);
	run_on(e, insns, CNT(insns), (uintptr_t)window, 0, &run);
	assert_int_equal(run.stop, delta < 0 ? MACHINE_MEMORY : MACHINE_DONE);
	window_run(&run);
	run_on(e, insns, CNT(insns), (uintptr_t)window + WINDOW_SIZE - (unsigned int)width, 0,
	       &run);
	assert_int_equal(run.stop, delta + other > width ? MACHINE_MEMORY : MACHINE_DONE);
}

static void pairs_are_checked(void **state)
{
	for (size_t i = 0; i < engine_cnt; i++)
		for (int width = 1; width <= 8; width *= 2)
			for (int other = 1; other <= 8; other *= 2)
				for (int delta = -9; delta <= 9; delta++)
					try_pair(&engines[i], width, other, delta);
}

static void bad_windows_are_refused(void **state)
{
	struct machine_run run;

	assert_int_equal(machine_run_init(&run, 4096, MACHINE_STACK_SIZE, 8192), 0);
	assert_int_equal(machine_run_init(&run, 4096, MACHINE_STACK_SIZE - 8, 8184), -EINVAL);
	assert_int_equal(machine_run_init(&run, 4096, 8192, 8184), -EINVAL);
	assert_int_equal(machine_run_init(&run, 4096, 8192, 4096 + 8200), -EINVAL);
	assert_int_equal(machine_run_init(&run, 4096, 8192, 0), -EINVAL);
	assert_int_equal(machine_run_init(&run, 4097, 8192, 8200), -EINVAL);
	assert_int_equal(machine_run_init(&run, -4096ull, 8192, 0), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edges_are_exact),    cmocka_unit_test(elsewhere_is_refused),
		cmocka_unit_test(the_stack_is_exact), cmocka_unit_test(neighbours_are_checked_too),
		cmocka_unit_test(pairs_are_checked),  cmocka_unit_test(bad_windows_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
