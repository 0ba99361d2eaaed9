// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Arithmetic with a constant: folding, identities, cheaper operations. */
#include "lang/ir/opt.h"

bool opt_become_mov(struct ir_insn *insn, struct ir_arg a)
{
	insn->op = IR_MOV;
	insn->a = a;
	insn->b = ir_i(0);
	return true;
}

/* x op c is x, or for 32 bits its low half. */
static bool become_a(struct ir_insn *insn)
{
	if (insn->op == IR_ALU)
		return opt_become_mov(insn, insn->a);
	insn->op = IR_EXT;
	insn->size = 4;
	insn->sign = false;
	insn->b = ir_i(0);
	return true;
}

static bool is_power_of_two(uint64_t v)
{
	return v && !(v & (v - 1));
}

static bool cheaper(struct ir_insn *insn, uint64_t c)
{
	switch (insn->alu) {
	case BPF_SUB:
		/* One form, so that constants meet. */
		insn->alu = BPF_ADD;
		insn->b.imm = (int64_t)(0 - c);
		return true;
	case BPF_MUL:
	case BPF_DIV:
		if (!is_power_of_two(c))
			return false;
		insn->alu = insn->alu == BPF_MUL ? BPF_LSH : BPF_RSH;
		insn->b.imm = __builtin_ctzll(c);
		return true;
	case BPF_MOD:
		if (!is_power_of_two(c))
			return false;
		insn->alu = BPF_AND;
		insn->b.imm = (int64_t)(c - 1);
		return true;
	default: return false;
	}
}

/* x op 0 */
static bool with_zero(struct ir_insn *insn)
{
	switch (insn->alu) {
	case BPF_ADD:
	case BPF_SUB:
	case BPF_OR:
	case BPF_XOR:
	case BPF_LSH:
	case BPF_RSH:
	case BPF_ARSH:
	case BPF_MOD: return become_a(insn);
	case BPF_AND:
	case BPF_MUL:
	case BPF_DIV: return opt_become_mov(insn, ir_i(0));
	default: return false;
	}
}

bool opt_alu_constant(struct ir_insn *insn)
{
	bool is32 = insn->op == IR_ALU32;
	uint64_t c, ones = is32 ? UINT32_MAX : UINT64_MAX;

	if (!ir_is_reg(insn->a) && !ir_is_reg(insn->b))
		return opt_become_mov(
			insn, ir_i((int64_t)ir_eval_alu(insn->alu, is32, (uint64_t)insn->a.imm,
							(uint64_t)insn->b.imm)));
	if (!ir_is_reg(insn->a)) {
		struct ir_arg a = insn->a;

		if (!ir_is_commutative(insn->alu))
			return false;
		insn->a = insn->b;
		insn->b = a;
	}
	if (ir_is_reg(insn->b))
		return false;
	c = (uint64_t)insn->b.imm & ones;
	if (c == 0)
		return with_zero(insn);
	if (c == ones && insn->alu == BPF_AND)
		return become_a(insn);
	return cheaper(insn, c);
}
