/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Between the parts of ir_allocate(): legal.c, regalloc.c, spill.c. */
#ifndef LANG_IR_REGALLOC_H
#define LANG_IR_REGALLOC_H

#include "lang/ir/live.h"

#define RA_NREGS   10 /* r0 … r9 */
#define RA_NFIXED  6  /* r0 … r5 are named by the calling convention */
#define RA_STACK   512
#define RA_NO_PHYS 0xff

/*
 * Rewrites @fn so that each instruction has a form that BPF has: at most one constant,
 * of 32 bits; dst == a for two-address operations; calls, exits and CMPXCHG on registers
 * *@fixed + 0 … *@fixed + 5, which stand for r0 … r5; IR_CTX only as the very first.
 * Returns 0 or -ENOMEM.
 */
int ra_legalise(struct ir_function *fn, ir_reg *fixed);

/* Registers chosen for spilling, and where each is kept meanwhile. */
struct ra_spills {
	const bool *chosen;	    /* by register */
	struct ir_insn *const *def; /* by register: its only writer if that is cheap to repeat */
	const struct liveness *live;
	struct lang_arena *arena; /* for the duration of the call */
	uint32_t nregs;
};

/* Rewrites @fn with short-lived registers, numbered behind all others. 0 or -ENOMEM. */
int ra_spill(struct ir_function *fn, const struct ra_spills *spills);

#endif
