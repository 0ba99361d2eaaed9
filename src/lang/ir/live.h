/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Basic blocks of a function, and where each register is live. */
#ifndef LANG_IR_LIVE_H
#define LANG_IR_LIVE_H

#include "lang/ir/insn.h"

#define LIVE_NOBLOCK UINT32_MAX

/* A maximal run of instructions entered at its first only. */
struct live_block {
	struct ir_insn *first, *last;
	uint32_t start, end; /* numbers of the first instruction and of the one behind the last */
	uint32_t succ[2];    /* the jump's target, what falls through; or LIVE_NOBLOCK */
	uint32_t depth;	     /* of loops around it */
	bool cold;	     /* placed after the first exit */
	bool reached;
};

/*
 * Points of the program: instruction i reads its operands at 2 * i and writes its result
 * at 2 * i + 1. So a result may share the register of an operand that ends there.
 */
struct live_range {
	uint32_t from, to; /* from <= point < to */
	struct live_range *next;
};

struct liveness {
	struct lang_arena *arena; /* owns everything here */
	struct live_block *blocks;
	uint32_t nblocks;
	uint32_t *label_block;	    /* block that a label begins, by label */
	struct live_range **ranges; /* by register, ascending and disjoint; NULL: never live */
	ir_reg undefined;	    /* one that may be read before it is written, or IR_NOREG */
};

/* Blocks only. Returns 0, -ENOMEM, or -EINVAL when a label that is used has no place. */
int live_blocks(const struct ir_function *fn, struct lang_arena *arena, struct liveness *live);
/* Blocks and ranges. The same, and -E2BIG when the function is absurdly large. */
int live_analyse(const struct ir_function *fn, struct lang_arena *arena, struct liveness *live);

bool live_overlap(const struct live_range *a, const struct live_range *b);

#endif
