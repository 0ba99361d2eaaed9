// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The optimiser: simple passes, repeated while they find something.
 *
 * A rule that is added must keep what the verifier knows. It sees widths of loads, masks
 * and comparisons, of the register that is used: so a mask written by the lowering stays
 * (only EXT, which the language asks for, goes when it changes nothing), and 64-bit
 * comparisons are not narrowed.
 */
#include <errno.h>

#include "lang/ir/live.h"
#include "lang/ir/opt.h"

#define MAX_ROUNDS 12

int opt_unused(struct ir_function *fn, struct lang_arena *arena, bool *changed)
{
	uint32_t *uses = ARENA_ARRAY(arena, uint32_t, fn->nregs);
	struct ir_arg *args[IR_MAX_OPERANDS];
	struct ir_insn *prev;
	uint32_t n;

	if (!uses)
		return -ENOMEM;
	for (struct ir_insn *insn = fn->first; insn; insn = insn->next) {
		n = ir_operands(insn, args);
		for (uint32_t i = 0; i < n; i++)
			if (ir_is_reg(*args[i]))
				uses[args[i]->reg]++;
	}
	/* Backwards: what the removed one read may be unused in turn. */
	for (struct ir_insn *insn = fn->last; insn; insn = prev) {
		prev = insn->prev;
		if (insn->dst == IR_NOREG || uses[insn->dst])
			continue;
		if (!ir_is_pure(insn)) {
			*changed |= insn->op == IR_CALL || insn->op == IR_FETCH;
			if (insn->op == IR_CALL || insn->op == IR_FETCH)
				insn->dst = IR_NOREG;
			if (insn->op == IR_FETCH)
				insn->op = IR_ATOMIC;
			continue;
		}
		n = ir_operands(insn, args);
		for (uint32_t i = 0; i < n; i++)
			if (ir_is_reg(*args[i]))
				uses[args[i]->reg]--;
		ir_remove(fn, insn);
		*changed = true;
	}
	return 0;
}

/* Writes that are overwritten before anybody reads them. */
static int opt_overwritten(struct ir_function *fn, struct lang_arena *arena, bool *changed)
{
	struct liveness live;
	struct ir_insn *insn = fn->first, *next;
	int err = live_analyse(fn, arena, &live);

	for (uint32_t number = 0; insn && !err; insn = next, number++) {
		struct live_range **range;

		next = insn->next;
		if (insn->dst == IR_NOREG || !ir_is_pure(insn))
			continue;
		range = &live.ranges[insn->dst];
		while (*range && (*range)->to <= 2 * number + 2)
			*range = (*range)->next;
		if (*range && (*range)->from <= 2 * number + 2)
			continue;
		ir_remove(fn, insn);
		*changed = true;
	}
	return err;
}

static int optimise_once(struct ir_function *fn, bool *changed)
{
	struct lang_arena *arena = arena_new();
	int err;

	if (!arena)
		return -ENOMEM;
	err = opt_flow(fn, arena, changed);
	if (!err)
		err = opt_values(fn, arena, changed);
	if (!err)
		err = opt_unused(fn, arena, changed);
	if (!err)
		err = opt_overwritten(fn, arena, changed);
	arena_free(arena);
	return err;
}

int ir_optimise(struct ir_function *fn)
{
	bool changed = true;
	int err = fn->failed ? -ENOMEM : 0;

	for (uint32_t i = 0; i < MAX_ROUNDS && changed && !err; i++) {
		changed = false;
		err = optimise_once(fn, &changed);
	}
	fn->uses_callback = false;
	for (struct ir_insn *insn = fn->first; insn; insn = insn->next)
		fn->uses_callback |= insn->op == IR_FUNC;
	return err;
}
