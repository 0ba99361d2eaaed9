// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Random functions through all passes: the interpreter must see no difference after any
 * of them, and the kernel must accept what is emitted and compute the same.
 * SKEP_SEED and SKEP_COUNT repeat one or run more.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <skep/isa.h>

#include "ir_machine.h"
#include "lang/emit/emit.h"

#define DEFAULT_COUNT 600
#define LOG_SIZE      (1 << 20)

struct totals {
	uint32_t spilled, spills, calls, refused, insns;
};

static uint64_t from_env(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

static void fill_state(struct machine_state *state, uint64_t seed)
{
	memset(state, 0, sizeof(*state));
	for (uint32_t i = 0; i < CTX_WORDS; i++)
		state->ctx[i] = machine_next(&seed) >> (i * 7);
	for (uint32_t i = 0; i < GLOBALS_SIZE; i++)
		state->globals[i] = (uint8_t)machine_next(&seed);
	for (uint32_t i = 0; i < ARRAY_SIZE; i++)
		state->array[i] = machine_next(&seed);
}

static void complain(const struct ir_function *fn, uint64_t seed, const char *stage)
{
	print_error("seed %#llx differs: %s\n", (unsigned long long)seed, stage);
	ir_dump(fn, stderr);
}

/* Interprets @fn from the state of @seed and compares with what it did before passes. */
static void compare(const struct ir_function *fn, uint64_t seed, const struct machine_state *want,
		    const char *stage)
{
	struct machine_state got;

	if (ir_check(fn, stderr)) {
		complain(fn, seed, stage);
		fail();
	}
	fill_state(&got, seed);
	assert_int_equal(machine_interpret(fn, &got), 0);
	if (memcmp(&got, want, sizeof(got))) {
		complain(fn, seed, stage);
		fail();
	}
}

static void run_in_kernel(struct machine_kernel *kernel, struct lang_program *prog, uint64_t seed,
			  const struct machine_state *want, struct totals *totals)
{
	static char log[LOG_SIZE];
	struct machine_state got;
	int err;

	fill_state(&got, seed);
	err = machine_kernel_run(kernel, prog, &got, log, sizeof(log));
	/* The verifier walks every path: too many of them is not the compiler's fault. */
	if (err == -E2BIG || (err && strstr(log, "too large"))) {
		totals->refused++;
		return;
	}
	if (err || memcmp(&got, want, sizeof(got))) {
		size_t len = strlen(log);

		print_error("seed %#llx in the kernel: %d\n", (unsigned long long)seed, err);
		emit_dump(prog, NULL, stderr);
		print_error("%s\n", err ? log + (len > 3000 ? len - 3000 : 0) : "results differ");
		fail();
	}
}

static void one(struct machine_kernel *kernel, uint64_t seed, bool optimise, struct totals *totals)
{
	struct lang_arena *arena = arena_new();
	struct ir_function *fn = machine_random(arena, seed, 10 + seed % 50);
	struct lang_program prog = {0};
	struct ir_allocation alloc;
	struct machine_state want;
	struct isa_error where;

	assert_int_equal(ir_check(fn, stderr), 0);
	fill_state(&want, seed);
	assert_int_equal(machine_interpret(fn, &want), 0);
	if (optimise) {
		assert_int_equal(ir_optimise(fn), 0);
		compare(fn, seed, &want, "optimised");
	}
	assert_int_equal(ir_allocate(fn, &alloc), 0);
	compare(fn, seed, &want, "allocated");
	assert_int_equal(emit_program(fn, &alloc, arena, &prog), 0);
	assert_int_equal(isa_check(prog.insns, prog.ninsns, &where), 0);
	for (uint32_t i = 0; i < prog.ninsns; i++)
		totals->calls += prog.insns[i].code == (BPF_JMP | BPF_CALL);
	totals->spilled += alloc.nspills > 0;
	totals->spills += alloc.nspills;
	totals->insns += prog.ninsns;
	if (kernel)
		run_in_kernel(kernel, &prog, seed, &want, totals);
	arena_free(arena);
}

static void test_random(void **state)
{
	uint64_t seed = from_env("SKEP_SEED", 0), count = from_env("SKEP_COUNT", DEFAULT_COUNT);
	struct machine_kernel kernel;
	struct totals totals[2] = {0};
	bool have_kernel = machine_kernel_open(&kernel) == 0;

	if (!have_kernel)
		print_message("no bpf(2) here: interpreted only\n");
	for (uint64_t i = 0; i < count; i++)
		for (int optimise = 0; optimise < 2; optimise++)
			one(have_kernel ? &kernel : NULL, seed + i, optimise, &totals[optimise]);
	for (int i = 0; i < 2; i++)
		print_message("%s: %u programs spilled %u registers, %u calls, %u instructions, "
			      "%u refused\n",
			      i ? "optimised" : "plain", totals[i].spilled, totals[i].spills,
			      totals[i].calls, totals[i].insns, totals[i].refused);
	if (count < DEFAULT_COUNT)
		return;
	assert_true(totals[1].spilled > count / 4);
	assert_true(totals[1].calls > count);
	assert_true(totals[1].insns < totals[0].insns);
	assert_true(totals[1].refused < count / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_random)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
