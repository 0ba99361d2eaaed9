// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "engine.h"

#include <sys/mman.h>

#include "machine/interp/interp.h"
#include "machine/jit/jit.h"

#define PAGE	     4096
#define PREPARED_MAX 4096

static const struct machine_insn *interpreted;

static void interp_load(const struct machine_insn *insns, size_t cnt)
{
	interpreted = insns;
}

static uint64_t interp_run(struct machine_run *run, uint64_t r1, uint64_t r2)
{
	return machine_interp(interpreted, run, r1, r2);
}

static struct {
	machine_code code;
	size_t len;
	uint32_t offsets[PREPARED_MAX + 1];
} compiled;

/* Compiled in one place and run in another: code has no addresses in it. */
static void jit_load(const struct machine_insn *insns, size_t cnt)
{
	int64_t len = machine_jit(insns, cnt, compiled.offsets, NULL, 0);
	uint8_t *code, *elsewhere;

	if (compiled.code)
		munmap((void *)compiled.code, compiled.len);
	assert_true(len > 0);
	compiled.len = (size_t)len;
	elsewhere = malloc(compiled.len);
	assert_non_null(elsewhere);
	assert_int_equal(machine_jit(insns, cnt, compiled.offsets, elsewhere, compiled.len), len);
	code = mmap(NULL, compiled.len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(code, MAP_FAILED);
	memcpy(code, elsewhere, compiled.len);
	free(elsewhere);
	assert_int_equal(mprotect(code, compiled.len, PROT_READ | PROT_EXEC), 0);
	compiled.code = (machine_code)code;
}

static uint64_t jit_run(struct machine_run *run, uint64_t r1, uint64_t r2)
{
	return compiled.code(run, r1, r2);
}

const struct engine engines[] = {
	{"interpreter", interp_load, interp_run},
#ifdef __x86_64__
	{"JIT", jit_load, jit_run},
#endif
};
const size_t engine_cnt = CNT(engines);

/* An address that the tests need not know, below 4 GB for contexts with 32-bit pointers. */
uint8_t *const window = (uint8_t *)0x6b000000;

__attribute__((constructor)) static void map_window(void)
{
	uint8_t *at = mmap(window - PAGE, WINDOW_SIZE + 2 * PAGE, PROT_NONE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	if (at != window - PAGE || mprotect(window, WINDOW_SIZE, PROT_READ | PROT_WRITE)) {
		perror("window");
		exit(1);
	}
}

void window_run(struct machine_run *run)
{
	memset(window, 0, WINDOW_SIZE);
	assert_int_equal(machine_run_init(run, (uintptr_t)window, WINDOW_SIZE,
					  (uintptr_t)window + WINDOW_SIZE),
			 0);
	run->budget = BUDGET;
}

const struct machine_insn *prepared(const struct bpf_insn *insns, size_t cnt)
{
	static struct machine_insn out[PREPARED_MAX];
	struct machine_fault why;

	assert_true(cnt <= CNT(out));
	if (machine_prepare(insns, cnt, out, &why))
		fail_msg("%s at %zu", why.text, why.idx);
	return out;
}

uint64_t run_on(const struct engine *e, const struct bpf_insn *insns, size_t cnt, uint64_t r1,
		uint64_t r2, struct machine_run *run)
{
	e->load(prepared(insns, cnt), cnt);
	return e->run(run, r1, r2);
}
