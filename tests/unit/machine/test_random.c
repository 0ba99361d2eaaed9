// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Random programs on every engine, which must agree on everything that can be seen: result, memory,
 * budget, where and why a program was stopped. Those that Linux takes must give what Linux gives.
 * $SKEP_SEED repeats a run; the programs' own seeds count up from it.
 */
#include "engine.h"

#include "random.h"

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define PROGRAMS 5000

static uint64_t first_seed;

static void show(const struct random_program *p)
{
	char line[ISA_LOG_SIZE];

	for (size_t i = 0; i < p->cnt; i += isa_insn_slots(&p->insns[i])) {
		isa_disasm(p->insns, p->cnt, i, NULL, line, sizeof(line));
		fprintf(stderr, "# %3zu: %s\n", i, line);
	}
}

static uint64_t mix(struct machine_run *run, uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4,
		    uint64_t r5)
{
	run->budget -= run->budget / 8;
	return r1 + 3 * r2 + 5 * r3 + 7 * r4 + 11 * r5;
}

static uint64_t stopper(struct machine_run *run, uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4,
			uint64_t r5)
{
	run->stop = MACHINE_HELPER;
	return r1;
}

struct outcome {
	uint64_t r0, budget, stop_addr;
	uint32_t stop, stop_insn;
	uint8_t memory[WINDOW_SIZE];
};

static void run_one(const struct engine *e, uint64_t seed, const struct random_program *p,
		    struct outcome *out)
{
	static const machine_helper helpers[] = {[1] = mix, [2] = mix, [4] = stopper};
	struct machine_run run;

	window_run(&run);
	for (size_t i = 0; i < WINDOW_SIZE; i += 8)
		*(uint64_t *)(window + i) = random_next(&seed);
	run.helpers = helpers;
	run.helper_cnt = CNT(helpers);
	run.budget = 3000;
	memset(out, 0, sizeof(*out));
	out->r0 = run_on(e, p->insns, p->cnt, (uintptr_t)window + 1024, 64, &run);
	out->budget = run.budget;
	out->stop = run.stop;
	if (run.stop)
		out->stop_insn = run.stop_insn;
	if (run.stop == MACHINE_MEMORY || run.stop == MACHINE_UNALIGNED)
		out->stop_addr = run.stop_addr;
	memcpy(out->memory, window, WINDOW_SIZE);
}

static void differ(const struct random_program *p, uint64_t seed, const struct outcome *a,
		   const struct outcome *b, const char *name)
{
	show(p);
	fail_msg("seed %llu: r0 %#llx %#llx, stop %u %u at %u %u (%#llx %#llx), budget %llu %llu, "
		 "memory %s: %s and %s",
		 (unsigned long long)seed, (unsigned long long)a->r0, (unsigned long long)b->r0,
		 a->stop, b->stop, a->stop_insn, b->stop_insn, (unsigned long long)a->stop_addr,
		 (unsigned long long)b->stop_addr, (unsigned long long)a->budget,
		 (unsigned long long)b->budget,
		 memcmp(a->memory, b->memory, WINDOW_SIZE) ? "differs" : "same", engines[0].name,
		 name);
}

static void engines_agree(void **state)
{
	static struct outcome first, other;
	static struct random_program p;
	unsigned int stops[MACHINE_HELPER + 1] = {0};

	for (uint64_t seed = first_seed; seed < first_seed + PROGRAMS; seed++) {
		random_any(seed, (uintptr_t)window, WINDOW_SIZE, &p);
		run_one(&engines[0], seed, &p, &first);
		stops[first.stop]++;
		for (size_t i = 1; i < engine_cnt; i++) {
			run_one(&engines[i], seed, &p, &other);
			if (memcmp(&first, &other, sizeof(first)))
				differ(&p, seed, &first, &other, engines[i].name);
		}
	}
	fprintf(stderr,
		"# %u programs; ended by themselves %u, stopped: memory %u, unaligned %u, "
		"budget %u, depth %u, no helper %u, helper %u\n",
		PROGRAMS, stops[MACHINE_DONE], stops[MACHINE_MEMORY], stops[MACHINE_UNALIGNED],
		stops[MACHINE_BUDGET], stops[MACHINE_DEPTH], stops[MACHINE_NO_HELPER],
		stops[MACHINE_HELPER]);
	/* Programs that end at once would show nothing. */
	assert_true(stops[MACHINE_DONE] > PROGRAMS / 10);
}

/* Whether the kernel takes the program; then *retval is its result. */
static bool ask_kernel(const struct random_program *p, uint32_t *retval)
{
	char packet[64] = {0};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
		.insns = (uintptr_t)p->insns,
		.insn_cnt = (uint32_t)p->cnt,
		.license = (uintptr_t) "GPL",
	};
	long fd = syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr)), err;

	if (fd < 0)
		return false;
	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = (uint32_t)fd;
	attr.test.data_in = (uintptr_t)packet;
	attr.test.data_size_in = sizeof(packet);
	err = syscall(SYS_bpf, BPF_PROG_TEST_RUN, &attr, sizeof(attr));
	*retval = attr.test.retval;
	close((int)fd);
	return !err;
}

static void the_kernel_agrees(void **state)
{
	static const struct random_program least = {{ISA_MOV64_IMM(0, 5), ISA_EXIT()}, 2};
	static struct random_program p;
	unsigned int taken = 0;
	uint32_t retval;

	/* Not skip(): cmocka's TAP output calls that a failure. */
	if (!ask_kernel(&least, &retval)) {
		fprintf(stderr, "# the kernel runs no programs here\n");
		return;
	}
	for (uint64_t seed = first_seed; seed < first_seed + PROGRAMS; seed++) {
		random_verifiable(seed, &p);
		if (!ask_kernel(&p, &retval))
			continue;
		taken++;
		for (size_t i = 0; i < engine_cnt; i++) {
			struct machine_run run;
			uint32_t r0;

			window_run(&run);
			r0 = (uint32_t)run_on(&engines[i], p.insns, p.cnt, 0, 0, &run);
			if (run.stop || r0 != retval) {
				show(&p);
				fail_msg("seed %llu: %s gives %#x (stop %u), the kernel %#x",
					 (unsigned long long)seed, engines[i].name, r0, run.stop,
					 retval);
			}
		}
	}
	fprintf(stderr, "# %u of %u programs taken by the kernel\n", taken, PROGRAMS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(engines_agree),
		cmocka_unit_test(the_kernel_agrees),
	};
	const char *seed = getenv("SKEP_SEED");

	first_seed = seed ? strtoull(seed, NULL, 0) : (uint64_t)time(NULL);
	fprintf(stderr, "# SKEP_SEED=%llu\n", (unsigned long long)first_seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
