// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Passes over the program, its way in, and its ways out. The method is in lower.h. */
#include "machine/jit/x86_64/lower.h"

#include "isa/opcodes.h"

#include <string.h>

#define SLOT_MAX  256 /* more than any slot's code takes; the places of the first pass */
#define STUB_SIZE 10
#define PASS_MAX  24 /* then jumps are made long; most programs take 4 to 6 */

void lower_jump(struct lower *l, enum x86_cond cond, uint32_t place)
{
	x86_jump(&l->out, cond, (int64_t)place - (int64_t)l->out.at, l->is_long);
}

void lower_jump_ahead(struct lower *l, enum x86_cond cond, uint32_t place)
{
	x86_jump(&l->out, cond, (int64_t)place - (int64_t)l->out.at - l->drift, l->is_long);
}

void lower_stop(struct lower *l, enum x86_cond cond, enum machine_stop why)
{
	uint32_t stub = l->stubs + STUB_SIZE * l->stub_cnt++;
	struct x86_out o = {l->out.code, l->out.len, stub};

	l->new_stops |= (uint16_t)(1u << why);
	lower_jump_ahead(l, cond, stub);
	/* mov eax, slot; never shorter. */
	x86_byte(&o, 0xb8);
	x86_imm32(&o, (int32_t)l->i);
	x86_jump(&o, X86_ALWAYS, (int64_t)l->exits[why] - (int64_t)o.at, true);
}

static bool writes(uint8_t use)
{
	return use == ISA_REG_WRITE || use == ISA_REG_RDWR;
}

static void look_at_registers(struct lower *l, const struct machine_insn *insn, bool is_main)
{
	const struct isa_op *op = &isa_ops[insn->op];
	unsigned int written = 0;

	if (op->dst != ISA_REG_NONE)
		l->used |= (uint16_t)(1u << insn->dst);
	if (op->src != ISA_REG_NONE)
		l->used |= (uint16_t)(1u << insn->src);
	if (writes(op->dst))
		written |= 1u << insn->dst;
	if (writes(op->src))
		written |= 1u << insn->src;
	if (!is_main)
		l->saved |= (uint16_t)(written & 0x3c0);
}

static void look_at_flow(struct lower *l, const struct machine_insn *insn)
{
	bool is_jump = isa_ops[insn->op].off.use == ISA_REL || insn->op == ISA_OP_JA32;

	switch (insn->op) {
	case ISA_OP_CALL:
		l->has_calls = true;
		l->used |= 0x3e;
		break;
	case ISA_OP_CALL_REL:
		l->has_calls = l->has_functions = l->has_budget = true;
		l->used |= 1u << ISA_REG_FP;
		break;
	default: l->has_budget |= is_jump && insn->off < 0;
	}
}

static void look_at_memory(struct lower *l, const struct machine_insn *insn)
{
	uint8_t code = isa_ops[insn->op].code;
	unsigned int width = isa_access_bytes(code);

	switch (BPF_CLASS(code)) {
	case BPF_LDX: l->has_window |= !lower_is_in_frame(insn->src, insn->off, width); break;
	case BPF_ST: l->has_window |= !lower_is_in_frame(insn->dst, insn->off, width); break;
	case BPF_STX: l->has_window = true; break;
	}
}

static void look(struct lower *l)
{
	bool is_main = true;

	for (size_t i = 0; i < l->cnt; i++) {
		const struct machine_insn *insn = &l->insns[i];

		if (i && insn->flags & MACHINE_START)
			is_main = false;
		if (insn->op == ISA_OP_NONE)
			continue;
		look_at_registers(l, insn, is_main);
		look_at_flow(l, insn);
		look_at_memory(l, insn);
	}
}

/* What C wants back: r12 and of the program's registers those that occur. */
static unsigned int kept(const struct lower *l, uint8_t regs[6])
{
	unsigned int cnt = 0;

	regs[cnt++] = X86_RUN;
	for (unsigned int r = 6; r <= ISA_REG_FP; r++)
		if (l->used >> r & 1)
			regs[cnt++] = x86_of[r];
	return cnt;
}

static void enter(struct lower *l)
{
	struct x86_out *o = &l->out;
	uint8_t regs[6];
	unsigned int cnt = kept(l, regs);

	for (unsigned int n = 0; n < cnt; n++)
		x86_push(o, regs[n]);
	if (l->has_calls && cnt % 2 == 0)
		x86_push(o, X86_RAX);
	x86_mov(o, 8, X86_RUN, X86_RDI);
	if (l->has_window)
		lower_run(l, 8, 0x8b, X86_NEG_BASE, neg_base);
	if (l->has_budget)
		lower_run(l, 8, 0x8b, X86_BUDGET, budget);
	if (l->used >> ISA_REG_FP & 1)
		lower_run(l, 8, 0x8b, X86_RBP, stack);
	if (l->has_functions)
		lower_run(l, 8, 0x89, X86_RSP, native_sp);
	lower_run(l, 4, 0xc7, 0, stop);
	x86_imm32(o, MACHINE_DONE);
	for (unsigned int r = 0; r < ISA_REG_FP; r++)
		if (r != 1 && r != 2 && (l->used >> r & 1 || r == 0))
			x86_zero(o, x86_of[r]);
}

static void leave(struct lower *l)
{
	struct x86_out *o = &l->out;
	uint8_t regs[6];
	unsigned int cnt = kept(l, regs);

	if (l->has_budget)
		lower_run(l, 8, 0x89, X86_BUDGET, budget);
	if (l->has_calls && cnt % 2 == 0)
		x86_alu_imm(o, 8, 0, X86_RSP, 8);
	while (cnt--)
		x86_pop(o, regs[cnt]);
	x86_byte(o, 0xc3);
}

static void place(struct lower *l, uint32_t *at)
{
	if (*at != l->out.at)
		l->changed = true;
	*at = (uint32_t)l->out.at;
}

/* Stubs come here with the slot in eax. */
static void stop_exit(struct lower *l, enum machine_stop why)
{
	struct x86_out *o = &l->out;

	if (why == MACHINE_MEMORY || why == MACHINE_UNALIGNED) {
		x86_reg(o, 8, 0x29, X86_NEG_BASE, X86_TMP);
		lower_run(l, 8, 0x89, X86_TMP, stop_addr);
	}
	if (why == MACHINE_BUDGET)
		x86_zero(o, X86_BUDGET);
	/* A helper has said why itself. */
	if (why != MACHINE_HELPER) {
		lower_run(l, 4, 0xc7, 0, stop);
		x86_imm32(o, (int32_t)why);
	}
	lower_run(l, 4, 0x89, X86_RAX, stop_insn);
	x86_zero(o, X86_RAX);
	if (l->has_functions)
		lower_run(l, 8, 0x8b, X86_RSP, native_sp);
	lower_jump(l, X86_ALWAYS, l->offsets[l->cnt]);
}

static void lower_slot(struct lower *l)
{
	const struct machine_insn *insn = &l->insns[l->i];
	uint8_t code = isa_ops[insn->op].code;

	switch (BPF_CLASS(code)) {
	case BPF_LD:
		x86_mov_imm(&l->out, x86_of[insn->dst], insn->imm);
		lower_forget(l, insn->dst);
		break;
	case BPF_ALU:
	case BPF_ALU64: lower_alu(l, insn, code); break;
	case BPF_JMP:
	case BPF_JMP32: lower_flow(l, insn, code); break;
	default: lower_memory(l, insn, code); break;
	}
}

static void lower_slots(struct lower *l)
{
	l->is_main = true;
	for (l->i = 0; l->i < l->cnt; l->i++) {
		const struct machine_insn *insn = &l->insns[l->i];

		l->drift = (int64_t)l->offsets[l->i] - (int64_t)l->out.at;
		place(l, &l->offsets[l->i]);
		if (l->i && insn->flags & MACHINE_START)
			l->is_main = false;
		if (insn->flags)
			memset(l->known, 0, sizeof(l->known));
		if (insn->op != ISA_OP_NONE)
			lower_slot(l);
	}
}

static void pass(struct lower *l)
{
	l->out.at = 0;
	l->changed = false;
	l->stub_cnt = l->new_stops = 0;
	memset(l->known, 0, sizeof(l->known));
	enter(l);
	lower_slots(l);
	place(l, &l->offsets[l->cnt]);
	leave(l);
	for (int why = 0; why < LOWER_STOPS; why++) {
		place(l, &l->exits[why]);
		if (l->stops >> why & 1)
			stop_exit(l, (enum machine_stop)why);
	}
	place(l, &l->stubs);
	if (l->stops != l->new_stops)
		l->changed = true;
	l->stops = l->new_stops;
}

int64_t machine_jit(const struct machine_insn *insns, size_t cnt, uint32_t *offsets, uint8_t *code,
		    size_t len)
{
	struct lower l = {
		.out = {.code = code, .len = len},
		.insns = insns,
		.cnt = cnt,
		.offsets = offsets,
		.stops = (1u << LOWER_STOPS) - 1,
	};
	int passes = 0;

	look(&l);
	for (size_t i = 0; i <= cnt; i++)
		offsets[i] = (uint32_t)(SLOT_MAX * (i + 1));
	for (unsigned int why = 0; why < LOWER_STOPS; why++)
		l.exits[why] = offsets[cnt] + SLOT_MAX * (1 + why);
	l.stubs = l.exits[LOWER_STOPS - 1] + SLOT_MAX;
	do {
		l.is_long = ++passes > PASS_MAX;
		pass(&l);
	} while (l.changed);
	return (int64_t)l.stubs + (int64_t)STUB_SIZE * l.stub_cnt;
}
