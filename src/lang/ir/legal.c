// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The last form before registers: what BPF cannot say in one instruction is taken
 * apart. Moves are put in generously; allocation makes most of them vanish by giving
 * both sides the same register.
 */
#include <errno.h>

#include "lang/ir/regalloc.h"

struct legal {
	struct ir_function *fn;
	ir_reg fixed;
};

/* Inserts dst = a before @at. */
static void move_before(struct legal *lg, struct ir_insn *at, ir_reg dst, struct ir_arg a)
{
	struct ir_insn mov = ir_blank(IR_MOV);

	mov.dst = dst;
	mov.a = a;
	ir_insert_before(lg->fn, at, mov);
}

static void to_register(struct legal *lg, struct ir_insn *insn, struct ir_arg *arg)
{
	ir_reg reg;

	if (ir_is_reg(*arg))
		return;
	reg = ir_new_reg(lg->fn);
	move_before(lg, insn, reg, *arg);
	*arg = ir_r(reg);
}

static void become_mov(struct ir_insn *insn, struct ir_arg a)
{
	insn->op = IR_MOV;
	insn->a = a;
	insn->b = ir_i(0);
}

/* dst = a; dst = op(dst, …). */
static void two_address(struct legal *lg, struct ir_insn *insn)
{
	if (insn->a.reg == insn->dst)
		return;
	move_before(lg, insn, insn->dst, insn->a);
	insn->a = ir_r(insn->dst);
}

/* The constant operand b of an operation. Returns false when @insn is finished. */
static bool alu_constant(struct legal *lg, struct ir_insn *insn)
{
	bool is32 = insn->op == IR_ALU32;
	int64_t imm = is32 ? (int32_t)insn->b.imm : insn->b.imm;

	if (insn->alu == BPF_LSH || insn->alu == BPF_RSH || insn->alu == BPF_ARSH)
		imm &= is32 ? 31 : 63;
	insn->b.imm = imm;
	if ((insn->alu == BPF_DIV || insn->alu == BPF_MOD) && imm == 0) {
		/* The verifier refuses a constant zero; at run time it gives this. */
		struct ir_arg a = insn->alu == BPF_DIV ? ir_i(0) : insn->a;

		if (is32 && ir_is_reg(a)) {
			insn->op = IR_EXT;
			insn->size = 4;
			insn->sign = false;
			return false;
		}
		become_mov(insn, a);
		return false;
	}
	if (!is32 && insn->alu == BPF_AND && imm == UINT32_MAX) {
		insn->op = IR_EXT;
		insn->size = 4;
		insn->sign = false;
		return false;
	}
	if (!ir_fits_s32(imm))
		to_register(lg, insn, &insn->b);
	return true;
}

static void legal_alu(struct legal *lg, struct ir_insn *insn)
{
	bool is32 = insn->op == IR_ALU32;

	if (!ir_is_reg(insn->a) && !ir_is_reg(insn->b)) {
		become_mov(insn,
			   ir_i((int64_t)ir_eval_alu(insn->alu, is32, insn->a.imm, insn->b.imm)));
		return;
	}
	if (ir_is_commutative(insn->alu) &&
	    (!ir_is_reg(insn->a) || (insn->b.reg == insn->dst && insn->a.reg != insn->dst))) {
		struct ir_arg a = insn->a;

		insn->a = insn->b;
		insn->b = a;
	}
	if (!ir_is_reg(insn->b) && !alu_constant(lg, insn))
		return;
	if (insn->b.reg == insn->dst && insn->a.reg != insn->dst) {
		ir_reg dst = insn->dst;

		insn->dst = ir_new_reg(lg->fn);
		two_address(lg, insn);
		move_before(lg, insn->next, dst, ir_r(insn->dst));
		return;
	}
	two_address(lg, insn);
}

/* NEG, SWAP, EXT. */
static void legal_unary(struct legal *lg, struct ir_insn *insn)
{
	uint64_t a = (uint64_t)insn->a.imm;

	if (insn->op == IR_EXT && insn->size == 8) {
		become_mov(insn, insn->a);
		return;
	}
	if (!ir_is_reg(insn->a)) {
		if (insn->op == IR_NEG)
			a = -a;
		else if (insn->op == IR_SWAP)
			a = ir_eval_swap(a, insn->size);
		else
			a = ir_eval_ext(a, insn->size, insn->sign);
		become_mov(insn, ir_i((int64_t)a));
		return;
	}
	if (insn->op == IR_EXT && !insn->sign) {
		if (insn->size == 4)
			return; /* a 32-bit move has two addresses */
		insn->op = IR_ALU;
		insn->alu = BPF_AND;
		insn->b = ir_i(insn->size == 1 ? 0xff : 0xffff);
	}
	two_address(lg, insn);
}

static void legal_access(struct legal *lg, struct ir_insn *insn)
{
	if (ir_is_reg(insn->a) && !ir_fits_s16(insn->off)) {
		ir_reg base = ir_new_reg(lg->fn);
		struct ir_insn add = ir_blank(IR_ALU);

		move_before(lg, insn, base, insn->a);
		add.alu = BPF_ADD;
		add.dst = base;
		add.a = ir_r(base);
		add.b = ir_i(insn->off);
		ir_insert_before(lg->fn, insn, add);
		insn->a = ir_r(base);
		insn->off = 0;
	}
	if (insn->op == IR_STORE && (insn->size < 8 || ir_fits_s32(insn->b.imm)))
		return;
	if (insn->op == IR_STORE || insn->op == IR_ATOMIC)
		to_register(lg, insn, &insn->b);
	/* The operand's register receives the old value. */
	if (insn->op == IR_FETCH && insn->b.reg != insn->dst) {
		move_before(lg, insn, insn->dst, insn->b);
		insn->b = ir_r(insn->dst);
	}
	if (insn->op != IR_CMPXCHG)
		return;
	to_register(lg, insn, &insn->c);
	move_before(lg, insn, lg->fixed, insn->b);
	insn->b = ir_r(lg->fixed);
	if (insn->dst != IR_NOREG)
		move_before(lg, insn->next, insn->dst, ir_r(lg->fixed));
	insn->dst = lg->fixed;
}

/* Constants come last: they need no register before. */
static void legal_call(struct legal *lg, struct ir_insn *insn)
{
	for (int constants = 0; constants < 2; constants++) {
		for (uint32_t i = 0; i < insn->nargs; i++) {
			ir_reg reg = lg->fixed + 1 + i;

			if (ir_is_reg(insn->args[i]) == (constants == 1) ||
			    insn->args[i].reg == reg)
				continue;
			move_before(lg, insn, reg, insn->args[i]);
			insn->args[i] = ir_r(reg);
		}
	}
	if (insn->dst == IR_NOREG)
		return;
	move_before(lg, insn->next, insn->dst, ir_r(lg->fixed));
	insn->dst = lg->fixed;
}

static void legal_br(struct legal *lg, struct ir_insn *insn)
{
	if (!ir_is_reg(insn->a) && !ir_is_reg(insn->b)) {
		bool taken = ir_eval_cond(insn->alu, insn->is32, (uint64_t)insn->a.imm,
					  (uint64_t)insn->b.imm);

		insn->op = taken ? IR_JMP : IR_NOP;
		return;
	}
	if (!ir_is_reg(insn->a)) {
		struct ir_arg a = insn->a;

		insn->a = insn->b;
		insn->b = a;
		insn->alu = ir_mirror_cond(insn->alu);
	}
	if (insn->is32 && !ir_is_reg(insn->b))
		insn->b.imm = (int32_t)insn->b.imm;
	if (!ir_is_reg(insn->b) && !ir_fits_s32(insn->b.imm))
		to_register(lg, insn, &insn->b);
}

static void legal_insn(struct legal *lg, struct ir_insn *insn)
{
	switch (insn->op) {
	case IR_ALU:
	case IR_ALU32: legal_alu(lg, insn); break;
	case IR_NEG:
	case IR_SWAP:
	case IR_EXT: legal_unary(lg, insn); break;
	case IR_LOAD:
	case IR_STORE:
	case IR_ATOMIC:
	case IR_FETCH:
	case IR_CMPXCHG: legal_access(lg, insn); break;
	case IR_CALL: legal_call(lg, insn); break;
	case IR_BR: legal_br(lg, insn); break;
	case IR_EXIT:
		move_before(lg, insn, lg->fixed, insn->a);
		insn->a = ir_r(lg->fixed);
		break;
	default: break;
	}
}

/* By register: how often it is written. */
static uint32_t *count_writes(struct ir_function *fn)
{
	uint32_t *writes = ARENA_ARRAY(fn->arena, uint32_t, fn->nregs);

	for (struct ir_insn *insn = fn->first; insn && writes; insn = insn->next)
		if (insn->dst != IR_NOREG)
			writes[insn->dst]++;
	return writes;
}

/*
 * The context is in r1 only at the start: one IR_CTX there, and its register in place of
 * those that other IR_CTX wrote.
 */
static int hoist_context(struct ir_function *fn)
{
	uint32_t nregs = fn->nregs, *writes = count_writes(fn);
	bool *is_context = ARENA_ARRAY(fn->arena, bool, nregs);
	struct ir_insn first = ir_blank(IR_CTX), *next;
	struct ir_arg *args[IR_MAX_OPERANDS];
	bool used = false;

	if (!writes || !is_context)
		return -ENOMEM;
	first.dst = ir_new_reg(fn);
	for (struct ir_insn *insn = fn->first; insn; insn = next) {
		next = insn->next;
		if (insn->op != IR_CTX)
			continue;
		used = true;
		if (writes[insn->dst] > 1) {
			become_mov(insn, ir_r(first.dst));
			continue;
		}
		is_context[insn->dst] = true;
		ir_remove(fn, insn);
	}
	if (!used)
		return 0;
	for (struct ir_insn *insn = fn->first; insn; insn = insn->next) {
		uint32_t n = ir_operands(insn, args);

		for (uint32_t i = 0; i < n; i++)
			if (args[i]->reg < nregs && is_context[args[i]->reg])
				args[i]->reg = first.dst;
	}
	ir_insert_before(fn, fn->first, first);
	return 0;
}

int ra_legalise(struct ir_function *fn, ir_reg *fixed)
{
	struct legal lg = {.fn = fn};
	struct ir_insn *next;

	if (hoist_context(fn))
		return -ENOMEM;
	lg.fixed = fn->nregs;
	fn->nregs += RA_NFIXED;
	for (struct ir_insn *insn = fn->first; insn; insn = next) {
		next = insn->next;
		legal_insn(&lg, insn);
	}
	*fixed = lg.fixed;
	return fn->failed ? -ENOMEM : 0;
}
