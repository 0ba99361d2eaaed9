// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The conformance suite's programs, in $SKEP_CONFORMANCE, and a few of our own, on every engine:
 * each must end with the r0 that its author expects.
 */
#include "engine.h"

#include "conformance/datafile.h"

static const struct engine *engine;
static unsigned int passed, all;

/* The suite's helper 5 returns its argument. */
static uint64_t same(struct machine_run *run, uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4,
		     uint64_t r5)
{
	return r1;
}

static void try_program(const struct datafile *p)
{
	static const machine_helper helpers[] = {[5] = same};
	struct machine_run run;
	uint64_t r0;

	window_run(&run);
	run.helpers = helpers;
	run.helper_cnt = CNT(helpers);
	memcpy(window, p->mem, p->mem_len);
	r0 = run_on(engine, p->insns, p->cnt, p->mem_len ? (uintptr_t)window : 0, p->mem_len, &run);
	all++;
	if (!run.stop && r0 == p->result)
		passed++;
	else
		fprintf(stderr, "# %s: %s: stop %u at %u, r0 %#llx, not %#llx\n", engine->name,
			p->name, run.stop, run.stop_insn, (unsigned long long)r0,
			(unsigned long long)p->result);
}

static void everything_passes(void **state)
{
	static struct datafile p;
	unsigned int failed = 0;

	for (engine = engines; engine < engines + engine_cnt; engine++) {
		passed = all = 0;
		for (const char *const *text = datafile_own; *text; text++) {
			datafile_read(&p, "own", *text);
			try_program(&p);
		}
		datafile_each(getenv("SKEP_CONFORMANCE"), try_program);
		fprintf(stderr, "# %-12s %u of %u programs\n", engine->name, passed, all);
		failed += all - passed;
	}
	assert_int_equal(failed, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_passes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
