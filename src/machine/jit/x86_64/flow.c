// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Jumps, calls and exits. */
#include "machine/jit/x86_64/lower.h"

#include "isa/opcodes.h"

/* A helper's place in the table is a 32-bit distance. */
#define HELPER_MAX (INT32_MAX / (int)sizeof(machine_helper))

static enum x86_cond condition(uint8_t op)
{
	switch (op) {
	case BPF_JEQ: return X86_E;
	case BPF_JGT: return X86_A;
	case BPF_JGE: return X86_AE;
	case BPF_JLT: return X86_B;
	case BPF_JLE: return X86_BE;
	case BPF_JSGT: return X86_G;
	case BPF_JSGE: return X86_GE;
	case BPF_JSLT: return X86_L;
	case BPF_JSLE: return X86_LE;
	default: return X86_NE; /* JNE and JSET */
	}
}

static void compare(struct lower *l, const struct machine_insn *insn, uint8_t code)
{
	unsigned int size = BPF_CLASS(code) == BPF_JMP ? 8 : 4;
	unsigned int dst = x86_of[insn->dst], src = x86_of[insn->src];
	bool test = BPF_OP(code) == BPF_JSET;

	if (BPF_SRC(code) == BPF_X) {
		x86_reg(&l->out, size, test ? 0x85 : 0x39, src, dst);
	} else if (test) {
		x86_reg(&l->out, size, 0xf7, 0, dst);
		x86_imm32(&l->out, (int32_t)insn->imm);
	} else if (!insn->imm) {
		x86_reg(&l->out, size, 0x85, dst, dst);
	} else {
		x86_alu_imm(&l->out, size, 7, dst, (int32_t)insn->imm);
	}
}

static void charge(struct lower *l, int32_t cost)
{
	x86_alu_imm(&l->out, 8, 5, X86_BUDGET, cost);
}

static void jump_back(struct lower *l, const struct machine_insn *insn)
{
	charge(l, (int32_t)machine_jump_cost(insn->off));
	lower_jump(l, X86_AE, l->offsets[(int64_t)l->i + 1 + insn->off]);
	lower_stop(l, X86_ALWAYS, MACHINE_BUDGET);
}

static void jump(struct lower *l, const struct machine_insn *insn, uint8_t code)
{
	enum x86_cond cond = X86_ALWAYS;
	size_t over = 0;

	if (BPF_OP(code) != BPF_JA) {
		compare(l, insn, code);
		cond = condition(BPF_OP(code));
	}
	if (insn->off >= 0) {
		if (insn->off)
			lower_jump_ahead(l, cond, l->offsets[l->i + 1 + (size_t)insn->off]);
		return;
	}
	/* A condition and its contrary differ in the lowest bit. */
	if (cond != X86_ALWAYS)
		over = x86_jump_over(&l->out, cond ^ 1);
	jump_back(l, insn);
	if (cond != X86_ALWAYS)
		x86_land(&l->out, over);
}

static void call_helper(struct lower *l, const struct machine_insn *insn)
{
	struct x86_out *o = &l->out;

	if (insn->imm < 0 || insn->imm > HELPER_MAX) {
		lower_stop(l, X86_ALWAYS, MACHINE_NO_HELPER);
		return;
	}
	lower_run(l, 4, 0x81, 7, helper_cnt);
	x86_imm32(o, (int32_t)insn->imm);
	lower_stop(l, X86_BE, MACHINE_NO_HELPER);
	lower_run(l, 8, 0x8b, X86_TMP, helpers);
	x86_mem(o, 8, 0x8b, X86_TMP, X86_TMP, (int32_t)(insn->imm * (int)sizeof(machine_helper)));
	x86_reg(o, 8, 0x85, X86_TMP, X86_TMP);
	lower_stop(l, X86_E, MACHINE_NO_HELPER);
	if (l->has_budget)
		lower_run(l, 8, 0x89, X86_BUDGET, budget);
	x86_mov(o, 8, X86_RDI, X86_RUN);
	x86_reg(o, 4, 0xff, 2, X86_TMP);
	if (l->has_window)
		lower_run(l, 8, 0x8b, X86_NEG_BASE, neg_base);
	if (l->has_budget)
		lower_run(l, 8, 0x8b, X86_BUDGET, budget);
	lower_run(l, 4, 0x83, 7, stop);
	x86_byte(o, 0);
	lower_stop(l, X86_NE, MACHINE_HELPER);
	for (unsigned int r = 1; r <= 5; r++)
		x86_zero(o, x86_of[r]);
}

/*
 * Between instructions the stack is a multiple of 16, so that helpers can be called from anywhere:
 * what is pushed here and the return address keep it so.
 */
static void call_function(struct lower *l, const struct machine_insn *insn)
{
	bool pad = __builtin_popcount(l->saved) % 2 == 0;
	size_t to = l->i + 1 + (size_t)(int64_t)insn->off;
	struct x86_out *o = &l->out;
	int64_t distance;

	lower_run(l, 8, 0x3b, X86_RBP, lowest_frame);
	lower_stop(l, X86_BE, MACHINE_DEPTH);
	charge(l, (int32_t)insn->imm);
	lower_stop(l, X86_B, MACHINE_BUDGET);
	for (unsigned int r = 6; r <= 9; r++)
		if (l->saved >> r & 1)
			x86_push(o, x86_of[r]);
	if (pad)
		x86_push(o, X86_RAX);
	x86_alu_imm(o, 8, 5, X86_RBP, MACHINE_FRAME_SIZE);
	distance = (int64_t)l->offsets[to] - (int64_t)o->at - (to > l->i ? l->drift : 0);
	x86_byte(o, 0xe8);
	x86_imm32(o, (int32_t)(distance - 5));
	x86_alu_imm(o, 8, 0, X86_RBP, MACHINE_FRAME_SIZE);
	if (pad)
		x86_alu_imm(o, 8, 0, X86_RSP, 8);
	for (unsigned int r = 9; r >= 6; r--)
		if (l->saved >> r & 1)
			x86_pop(o, x86_of[r]);
}

void lower_flow(struct lower *l, const struct machine_insn *insn, uint8_t code)
{
	switch (insn->op) {
	case ISA_OP_CALL: call_helper(l, insn); break;
	case ISA_OP_CALL_REL: call_function(l, insn); break;
	case ISA_OP_EXIT:
		if (!l->is_main)
			x86_byte(&l->out, 0xc3);
		else if (l->i + 1 < l->cnt)
			lower_jump_ahead(l, X86_ALWAYS, l->offsets[l->cnt]);
		return;
	default: jump(l, insn, code); return;
	}
	/* Calls change r0 to r5. */
	for (unsigned int r = 0; r <= 5; r++)
		lower_forget(l, r);
}
