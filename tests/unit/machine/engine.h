/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the machine's tests share: the engines, and a window of memory between guard pages. */
#ifndef MACHINE_ENGINE_H
#define MACHINE_ENGINE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <skep/isa.h>
#include "machine/prepare.h"
#include "machine/run.h"

#define CNT(a) (sizeof(a) / sizeof((a)[0]))

#define WINDOW_SIZE 8192 /* 4096 bytes of data, then the stack */
#define DATA_SIZE   (WINDOW_SIZE - MACHINE_STACK_SIZE)
#define BUDGET	    1000000

struct engine {
	const char *name;
	/* Make ready what run will run; until the next call. */
	void (*load)(const struct machine_insn *insns, size_t cnt);
	uint64_t (*run)(struct machine_run *run, uint64_t r1, uint64_t r2);
};

extern const struct engine engines[];
extern const size_t engine_cnt;

/* The window; what is beside it faults. */
extern uint8_t *const window;

/* Clear the window and fill in a run with BUDGET and no helpers. */
void window_run(struct machine_run *run);

/* Prepare; the program must be acceptable. The result lives until the next call. */
const struct machine_insn *prepared(const struct bpf_insn *insns, size_t cnt);

/* Prepare and run on one engine, r1 and r2 as given, with window_run's state. Returns r0. */
uint64_t run_on(const struct engine *e, const struct bpf_insn *insns, size_t cnt, uint64_t r1,
		uint64_t r2, struct machine_run *run);

#endif
