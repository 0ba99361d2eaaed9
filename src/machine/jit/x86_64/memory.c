// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Loads, stores and atomics. An access is held against the window by its offset in it, which one
 * lea gives; the access itself then goes through the program's own register. Accesses that lie
 * between two that were checked, through a register that was not written since and with nothing
 * jumping in between, need no check; neither do those in the frame, which is in the window.
 */
#include "machine/jit/x86_64/lower.h"

static bool in_range(const struct lower_range *known, int32_t off, unsigned int width)
{
	return off >= known->from && off + (int32_t)width <= known->to;
}

bool lower_is_in_frame(uint8_t base, int32_t off, unsigned int width)
{
	static const struct lower_range frame = {-MACHINE_FRAME_SIZE, 0};

	return base == ISA_REG_FP && in_range(&frame, off, width);
}

static void note(struct lower_range *known, int32_t off, unsigned int width)
{
	int32_t to = off + (int32_t)width;

	if (known->from == known->to)
		*known = (struct lower_range){off, to};
	if (off < known->from)
		known->from = off;
	if (to > known->to)
		known->to = to;
}

static void check(struct lower *l, uint8_t base, int32_t off, unsigned int width, bool aligned)
{
	bool covered = lower_is_in_frame(base, off, width) || in_range(&l->known[base], off, width);
	/* Frames and the window begin at multiples of 8. */
	bool align = aligned && (base != ISA_REG_FP || off % (int32_t)width);

	if (covered && !align)
		return;
	x86_lea(&l->out, X86_TMP, x86_of[base], X86_NEG_BASE, off);
	if (!covered) {
		x86_mem(&l->out, 8, 0x3b, X86_TMP, X86_RUN,
			(int32_t)(offsetof(struct machine_run, limit) +
				  (size_t)__builtin_ctz(width) * sizeof(uint64_t)));
		lower_stop(l, X86_A, MACHINE_MEMORY);
		note(&l->known[base], off, width);
	}
	if (align) {
		x86_reg_byte(&l->out, 4, 0xf6, 0, X86_TMP);
		x86_byte(&l->out, (uint8_t)(width - 1));
		lower_stop(l, X86_NE, MACHINE_UNALIGNED);
	}
}

static void load(struct lower *l, const struct machine_insn *insn, unsigned int width, bool sign)
{
	static const struct {
		uint16_t op, sign_op;
	} ops[] = {{0x0fb6, 0x0fbe}, {0x0fb7, 0x0fbf}, {0x8b, 0x63}, {0x8b, 0}};
	unsigned int n = (unsigned int)__builtin_ctz(width);

	x86_mem(&l->out, sign || width == 8 ? 8 : 4, sign ? ops[n].sign_op : ops[n].op,
		x86_of[insn->dst], x86_of[insn->src], insn->off);
	lower_forget(l, insn->dst);
}

static void store(struct lower *l, const struct machine_insn *insn, unsigned int width)
{
	x86_mem(&l->out, width, width == 1 ? 0x88 : 0x89, x86_of[insn->src], x86_of[insn->dst],
		insn->off);
}

static void store_imm(struct lower *l, const struct machine_insn *insn, unsigned int width)
{
	x86_mem(&l->out, width, width == 1 ? 0xc6 : 0xc7, 0, x86_of[insn->dst], insn->off);
	for (unsigned int n = 0; n < (width < 4 ? width : 4); n++)
		x86_byte(&l->out, (uint8_t)((uint64_t)insn->imm >> 8 * n));
}

static unsigned int atomic_op(int64_t imm)
{
	switch (imm & ~BPF_FETCH) {
	case BPF_ADD: return 0x01;
	case BPF_OR: return 0x09;
	case BPF_AND: return 0x21;
	default: return 0x31;
	}
}

/*
 * Only for add is there an instruction that fetches and computes: else try until nobody was in
 * between. The address moves to a register of ours, since r0 is needed and may be the base.
 */
static void fetch_loop(struct lower *l, const struct machine_insn *insn, unsigned int width)
{
	unsigned int src = x86_of[insn->src];
	struct x86_out *o = &l->out;
	size_t again;

	x86_mem(o, 8, 0x8d, X86_NEG_BASE, x86_of[insn->dst], insn->off);
	x86_push(o, X86_RAX);
	x86_mem(o, width, 0x8b, X86_RAX, X86_NEG_BASE, 0);
	again = o->at;
	x86_mov(o, 8, X86_TMP, X86_RAX);
	if (src == X86_RAX)
		x86_mem(o, width, atomic_op(insn->imm) + 2, X86_TMP, X86_RSP, 0);
	else
		x86_reg(o, width, atomic_op(insn->imm), src, X86_TMP);
	x86_byte(o, 0xf0);
	x86_mem(o, width, 0x0fb1, X86_TMP, X86_NEG_BASE, 0);
	x86_jump(o, X86_NE, (int64_t)again - (int64_t)o->at, false);
	if (src == X86_RAX) {
		x86_alu_imm(o, 8, 0, X86_RSP, 8);
	} else {
		x86_mov(o, 8, src, X86_RAX);
		x86_pop(o, X86_RAX);
	}
	lower_run(l, 8, 0x8b, X86_NEG_BASE, neg_base);
}

static void lock(struct lower *l, const struct machine_insn *insn, unsigned int width,
		 unsigned int op)
{
	x86_byte(&l->out, 0xf0);
	x86_mem(&l->out, width, op, x86_of[insn->src], x86_of[insn->dst], insn->off);
}

static void atomic(struct lower *l, const struct machine_insn *insn, unsigned int width)
{
	switch (insn->imm) {
	case ISA_STORE_REL: store(l, insn, width); return;
	case BPF_XCHG: lock(l, insn, width, 0x87); break;
	case BPF_ADD | BPF_FETCH: lock(l, insn, width, 0x0fc1); break;
	case BPF_CMPXCHG:
		lock(l, insn, width, 0x0fb1);
		/* When it succeeds the processor leaves rax alone, the upper half too. */
		if (width == 4)
			x86_mov(&l->out, 4, X86_RAX, X86_RAX);
		lower_forget(l, 0);
		return;
	default:
		if (!(insn->imm & BPF_FETCH)) {
			lock(l, insn, width, atomic_op(insn->imm));
			return;
		}
		fetch_loop(l, insn, width);
		break;
	}
	lower_forget(l, insn->src);
}

void lower_memory(struct lower *l, const struct machine_insn *insn, uint8_t code)
{
	unsigned int width = isa_access_bytes(code);
	bool is_atomic = BPF_CLASS(code) == BPF_STX && BPF_MODE(code) == BPF_ATOMIC;
	bool is_load = BPF_CLASS(code) == BPF_LDX || (is_atomic && insn->imm == ISA_LOAD_ACQ);

	check(l, is_load ? insn->src : insn->dst, insn->off, width, is_atomic);
	if (is_load)
		load(l, insn, width, !is_atomic && BPF_MODE(code) == ISA_MEMSX);
	else if (is_atomic)
		atomic(l, insn, width);
	else if (BPF_CLASS(code) == BPF_STX)
		store(l, insn, width);
	else
		store_imm(l, insn, width);
}
