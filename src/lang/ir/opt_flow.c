// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Control flow: unreachable blocks, jumps to jumps, jumps to the next instruction. */
#include <errno.h>

#include "lang/ir/live.h"
#include "lang/ir/opt.h"

#define MAX_STEPS 16 /* through chains of jumps, which may be loops */

/* The first instruction at or behind @insn that does something. */
static struct ir_insn *skip_labels(struct ir_insn *insn)
{
	while (insn && (insn->op == IR_LABEL || insn->op == IR_NOP))
		insn = insn->next;
	return insn;
}

static int remove_unreached(struct ir_function *fn, struct lang_arena *arena, bool *changed)
{
	struct liveness live;
	int err = live_blocks(fn, arena, &live);

	for (uint32_t i = 0; i < live.nblocks && !err; i++) {
		struct live_block *block = &live.blocks[i];
		struct ir_insn *insn = block->first, *next;

		if (block->reached)
			continue;
		for (uint32_t n = block->start; n < block->end; n++, insn = next) {
			next = insn->next;
			ir_remove(fn, insn);
		}
		*changed = true;
	}
	return err;
}

static bool has_target(const struct ir_insn *insn)
{
	return insn->op == IR_JMP || insn->op == IR_BR;
}

static void thread_jump(struct ir_insn *insn, struct ir_insn **labels, bool *changed)
{
	for (uint32_t i = 0; i < MAX_STEPS; i++) {
		struct ir_insn *target = skip_labels(labels[insn->label]);

		if (!target || target->op != IR_JMP || target == insn ||
		    target->label == insn->label)
			return;
		insn->label = target->label;
		*changed = true;
	}
}

/* `if c goto A; goto B; A:` is `if !c goto B; A:`. */
static void invert(struct ir_function *fn, struct ir_insn *br, struct ir_insn **labels,
		   bool *changed)
{
	struct ir_insn *jmp = br->next;

	if (br->op != IR_BR || !jmp || jmp->op != IR_JMP || !ir_invert_cond(br->alu) ||
	    skip_labels(jmp->next) != skip_labels(labels[br->label]))
		return;
	br->alu = ir_invert_cond(br->alu);
	br->label = jmp->label;
	ir_remove(fn, jmp);
	*changed = true;
}

/* Jumps that are no jumps, NOPs, and labels that nobody uses. */
static int remove_idle(struct ir_function *fn, struct lang_arena *arena, struct ir_insn **labels,
		       bool *changed)
{
	bool *used = ARENA_ARRAY(arena, bool, fn->nlabels);
	struct ir_insn *next;

	if (!used)
		return -ENOMEM;
	for (struct ir_insn *insn = fn->first; insn; insn = next) {
		next = insn->next;
		if (insn->op == IR_NOP ||
		    (has_target(insn) &&
		     skip_labels(insn->next) == skip_labels(labels[insn->label]))) {
			ir_remove(fn, insn);
			*changed = true;
		} else if (has_target(insn)) {
			used[insn->label] = true;
		}
	}
	for (struct ir_insn *insn = fn->first; insn; insn = next) {
		next = insn->next;
		if (insn->op == IR_LABEL && !used[insn->label]) {
			ir_remove(fn, insn);
			*changed = true;
		}
	}
	return 0;
}

int opt_flow(struct ir_function *fn, struct lang_arena *arena, bool *changed)
{
	struct ir_insn **labels = ARENA_ARRAY(arena, struct ir_insn *, fn->nlabels);
	int err = labels ? remove_unreached(fn, arena, changed) : -ENOMEM;

	if (err)
		return err;
	for (struct ir_insn *insn = fn->first; insn; insn = insn->next)
		if (insn->op == IR_LABEL)
			labels[insn->label] = insn;
	for (struct ir_insn *insn = fn->first; insn; insn = insn->next) {
		if (has_target(insn))
			thread_jump(insn, labels, changed);
		invert(fn, insn, labels, changed);
	}
	err = remove_idle(fn, arena, labels, changed);
	/* A jump that nobody jumps to any more is unreachable now. */
	return err ? err : remove_unreached(fn, arena, changed);
}
