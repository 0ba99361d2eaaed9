/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Random programs. The same seed gives the same program. */
#ifndef MACHINE_RANDOM_H
#define MACHINE_RANDOM_H

#include <skep/isa.h>

#define RANDOM_INSNS 400 /* no program is longer */

struct random_program {
	struct bpf_insn insns[RANDOM_INSNS];
	size_t cnt;
};

/* Next number of a sequence. */
uint64_t random_next(uint64_t *state);

/*
 * All that the machine runs: good and bad accesses to a window, jumps to and fro, functions,
 * helpers 1 to 4. r1 points into the window of that many bytes.
 */
void random_any(uint64_t seed, uint64_t window, size_t size, struct random_program *p);

/* What Linux's verifier takes: arithmetic, jumps forward, and memory on the stack. */
void random_verifiable(uint64_t seed, struct random_program *p);

#endif
