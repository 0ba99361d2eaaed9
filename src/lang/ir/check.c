// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Is a function what the passes take for granted? Run between passes, in tests and debug
 * builds: what fails here is a bug of the pass before, never of the script.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>

#include "lang/ir/live.h"

struct check {
	const struct ir_function *fn;
	FILE *why;
	uint8_t *placed; /* by label */
	uint32_t number;
};

static int __attribute__((format(printf, 2, 3))) bad(struct check *c, const char *fmt, ...)
{
	va_list ap;

	if (!c->why)
		return -EINVAL;
	fprintf(c->why, "instruction %u: ", c->number);
	va_start(ap, fmt);
	vfprintf(c->why, fmt, ap);
	va_end(ap);
	fputc('\n', c->why);
	return -EINVAL;
}

static bool is_size(uint8_t size)
{
	return size == 1 || size == 2 || size == 4 || size == 8;
}

static bool is_alu(uint8_t alu)
{
	return (alu & 0xf) == 0 && alu <= BPF_ARSH && alu != BPF_NEG && alu != BPF_MOV;
}

static bool is_cond(uint8_t cond)
{
	return (cond & 0xf) == 0 && cond >= BPF_JEQ && cond <= BPF_JSLE && cond != BPF_CALL &&
	       cond != BPF_EXIT;
}

static bool is_atomic(const struct ir_insn *insn)
{
	return (insn->size == 4 || insn->size == 8) &&
	       (insn->op == IR_CMPXCHG || insn->alu == BPF_ADD || insn->alu == BPF_OR ||
		insn->alu == BPF_AND || insn->alu == BPF_XOR);
}

static int check_access(struct check *c, const struct ir_insn *insn)
{
	if (!is_size(insn->size))
		return bad(c, "size %u", insn->size);
	if (ir_on_frame(insn) &&
	    (insn->off < 0 || (uint64_t)insn->off + insn->size > c->fn->mems[insn->mem].size))
		return bad(c, "offset %d is outside of the memory object", insn->off);
	if (insn->op != IR_LOAD && insn->op != IR_STORE && !is_atomic(insn))
		return bad(c, "no such atomic operation");
	return 0;
}

static int check_shape(struct check *c, const struct ir_insn *insn)
{
	switch (insn->op) {
	case IR_ALU:
	case IR_ALU32: return is_alu(insn->alu) ? 0 : bad(c, "operation %#x", insn->alu);
	case IR_SWAP: return is_size(insn->size) && insn->size > 1 ? 0 : bad(c, "size");
	case IR_EXT: return is_size(insn->size) ? 0 : bad(c, "size %u", insn->size);
	case IR_LOAD:
	case IR_STORE:
	case IR_ATOMIC:
	case IR_FETCH:
	case IR_CMPXCHG: return check_access(c, insn);
	case IR_CALL: return insn->nargs <= 5 ? 0 : bad(c, "%u arguments", insn->nargs);
	case IR_BR: return is_cond(insn->alu) ? 0 : bad(c, "condition %#x", insn->alu);
	default: return 0;
	}
}

static bool needs_dst(const struct ir_insn *insn)
{
	return ir_is_pure(insn) || insn->op == IR_FETCH;
}

static bool may_have_dst(const struct ir_insn *insn)
{
	return needs_dst(insn) || insn->op == IR_CALL || insn->op == IR_CMPXCHG;
}

static int check_insn(struct check *c, struct ir_insn *insn)
{
	struct ir_arg *args[IR_MAX_OPERANDS];
	uint32_t n = ir_operands(insn, args);

	if (insn->op > IR_EXIT)
		return bad(c, "operation %d", insn->op);
	if ((needs_dst(insn) && insn->dst >= c->fn->nregs) ||
	    (insn->dst != IR_NOREG && (!may_have_dst(insn) || insn->dst >= c->fn->nregs)))
		return bad(c, "result register");
	for (uint32_t i = 0; i < n; i++)
		if (ir_is_reg(*args[i]) && args[i]->reg >= c->fn->nregs)
			return bad(c, "operand %u: no such register", i);
	if ((insn->op == IR_MEM || ir_on_frame(insn)) && insn->mem >= c->fn->nmems)
		return bad(c, "no such memory object");
	if ((insn->op == IR_LABEL || insn->op == IR_JMP || insn->op == IR_BR) &&
	    insn->label >= c->fn->nlabels)
		return bad(c, "no such label");
	if (insn->op == IR_LABEL && c->placed[insn->label]++)
		return bad(c, "label L%u is placed twice", insn->label);
	return check_shape(c, insn);
}

static int check_flow(struct check *c, struct lang_arena *arena)
{
	struct liveness live;
	int err = live_analyse(c->fn, arena, &live);

	if (err == -EINVAL)
		return bad(c, "a jump to a label that is not placed");
	if (!err && live.undefined != IR_NOREG)
		return bad(c, "v%u may be read before it is written", live.undefined);
	return err;
}

int ir_check(const struct ir_function *fn, FILE *why)
{
	struct check c = {.fn = fn, .why = why};
	struct lang_arena *arena;
	const struct ir_insn *prev = NULL;
	int err = 0;

	if (fn->failed)
		return -ENOMEM;
	arena = arena_new();
	if (!arena)
		return -ENOMEM;
	c.placed = ARENA_ARRAY(arena, uint8_t, fn->nlabels);
	if (!c.placed)
		err = -ENOMEM;
	for (struct ir_insn *insn = fn->first; insn && !err; insn = insn->next, c.number++) {
		if (insn->prev != prev)
			err = bad(&c, "the list is broken");
		else
			err = check_insn(&c, insn);
		prev = insn;
	}
	if (!err && (prev != fn->last || c.number != fn->ninsns))
		err = bad(&c, "the list's end or length is wrong");
	if (!err && (!fn->last || !ir_ends_flow(fn->last)))
		err = bad(&c, "control falls off the end");
	if (!err)
		err = check_flow(&c, arena);
	arena_free(arena);
	return err;
}
