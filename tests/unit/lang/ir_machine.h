/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * For the tests of the intermediate form: random functions, an interpreter that takes the
 * header's word for what instructions do, and the kernel that runs what was emitted.
 */
#ifndef TEST_IR_MACHINE_H
#define TEST_IR_MACHINE_H

#include <skep/lang_plan.h>

#include "lang/ir/ir.h"

#define GLOBALS_SIZE 512 /* value of map 0, an array of one */
#define ARRAY_SIZE   8	 /* elements of map 1, an array of u64 */
#define CTX_WORDS    8

/* What programs see and change. */
struct machine_state {
	uint64_t ctx[CTX_WORDS];
	uint8_t globals[GLOBALS_SIZE];
	uint64_t array[ARRAY_SIZE];
	uint64_t result;
};

/* Runs @fn. Returns 0, or -1 when it does not end or does what it may not. */
int machine_interpret(const struct ir_function *fn, struct machine_state *state);

/* A function of about @size statements, the same for the same @seed and C compiler. */
struct ir_function *machine_random(struct lang_arena *arena, uint64_t seed, uint32_t size);
uint64_t machine_next(uint64_t *seed);

struct machine_kernel {
	int globals, array;
};

/* Returns 0, or -errno when programs cannot be loaded here. */
int machine_kernel_open(struct machine_kernel *kernel);
void machine_kernel_close(struct machine_kernel *kernel);
/* Loads and runs @prog. The verifier's log in @log when it refuses: -errno. */
int machine_kernel_run(struct machine_kernel *kernel, struct lang_program *prog,
		       struct machine_state *state, char *log, size_t len);

#endif
