// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Arithmetic. What 32-bit instructions write is zero-extended by the processor, as eBPF wants it;
 * where no instruction is needed for the value itself, one is for that.
 */
#include "machine/jit/x86_64/lower.h"

/* The opcode "op rm, reg", and the digit for immediates. */
static const struct {
	uint8_t op, digit;
} simple[16] = {
	[BPF_ADD >> 4] = {0x01, 0}, [BPF_SUB >> 4] = {0x29, 5}, [BPF_OR >> 4] = {0x09, 1},
	[BPF_AND >> 4] = {0x21, 4}, [BPF_XOR >> 4] = {0x31, 6},
};

static unsigned int shift_digit(uint8_t op)
{
	return op == BPF_LSH ? 4 : op == BPF_RSH ? 5 : 7;
}

static void shift_imm(struct x86_out *o, unsigned int size, uint8_t op, unsigned int dst,
		      unsigned int count)
{
	count &= size * 8 - 1;
	if (!count) {
		x86_mov(o, size, dst, dst);
		return;
	}
	x86_reg(o, size, 0xc1, shift_digit(op), dst);
	x86_byte(o, (uint8_t)count);
}

/* The count is in cl, and rcx is r3: it steps aside. */
static void shift_reg(struct x86_out *o, unsigned int size, uint8_t op, unsigned int dst,
		      unsigned int src)
{
	unsigned int at = dst == X86_RCX && src != X86_RCX ? X86_TMP : dst;

	if (src != X86_RCX) {
		x86_mov(o, 8, X86_TMP, X86_RCX);
		x86_mov(o, 8, X86_RCX, src);
	}
	x86_reg(o, size, 0xd3, shift_digit(op), at);
	if (src != X86_RCX)
		x86_mov(o, 8, X86_RCX, X86_TMP);
}

/* The processor divides rdx:rax, which are r2 and r0; the divisor is in TMP. */
static void divide_tmp(struct x86_out *o, unsigned int size, bool sign, bool mod, unsigned int dst)
{
	unsigned int result = mod ? X86_RDX : X86_RAX;

	if (dst != X86_RAX)
		x86_push(o, X86_RAX);
	if (dst != X86_RDX)
		x86_push(o, X86_RDX);
	if (dst != X86_RAX)
		x86_mov(o, size, X86_RAX, dst);
	if (!sign) {
		x86_zero(o, X86_RDX);
	} else {
		/* cdq, cqo */
		if (size == 8)
			x86_byte(o, 0x48);
		x86_byte(o, 0x99);
	}
	x86_reg(o, size, 0xf7, sign ? 7 : 6, X86_TMP);
	if (dst != result)
		x86_mov(o, size, dst, result);
	if (dst != X86_RDX)
		x86_pop(o, X86_RDX);
	if (dst != X86_RAX)
		x86_pop(o, X86_RAX);
}

/* x / 0 = 0, x % 0 = x. */
static void divide_by_zero(struct x86_out *o, unsigned int size, bool mod, unsigned int dst)
{
	if (mod)
		x86_mov(o, size, dst, dst);
	else
		x86_zero(o, dst);
}

/* x / -1 = -x, x % -1 = 0: the processor faults for the smallest number. */
static void divide_by_minus_one(struct x86_out *o, unsigned int size, bool mod, unsigned int dst)
{
	if (mod)
		x86_zero(o, dst);
	else
		x86_reg(o, size, 0xf7, 3, dst);
}

static void divide_imm(struct x86_out *o, unsigned int size, bool sign, bool mod, unsigned int dst,
		       int64_t imm)
{
	uint64_t u = size == 8 ? (uint64_t)imm : (uint32_t)imm;
	bool is_power = u && !(u & (u - 1)) && u <= INT32_MAX;

	if (!u) {
		divide_by_zero(o, size, mod, dst);
	} else if (sign && imm == -1) {
		divide_by_minus_one(o, size, mod, dst);
	} else if (!sign && is_power && mod) {
		x86_alu_imm(o, size, 4, dst, (int32_t)(u - 1));
	} else if (!sign && is_power) {
		shift_imm(o, size, BPF_RSH, dst, (unsigned int)__builtin_ctzll(u));
	} else {
		x86_mov_imm(o, X86_TMP, (int64_t)u);
		divide_tmp(o, size, sign, mod, dst);
	}
}

static void divide_reg(struct x86_out *o, unsigned int size, bool sign, bool mod, unsigned int dst,
		       unsigned int src)
{
	size_t zero, minus_one = 0, done[2];

	x86_mov(o, size, X86_TMP, src);
	x86_reg(o, size, 0x85, X86_TMP, X86_TMP);
	zero = x86_jump_over(o, X86_E);
	if (sign) {
		x86_alu_imm(o, size, 7, X86_TMP, -1);
		minus_one = x86_jump_over(o, X86_E);
	}
	divide_tmp(o, size, sign, mod, dst);
	done[0] = x86_jump_over(o, X86_ALWAYS);
	x86_land(o, zero);
	divide_by_zero(o, size, mod, dst);
	if (sign) {
		done[1] = x86_jump_over(o, X86_ALWAYS);
		x86_land(o, minus_one);
		divide_by_minus_one(o, size, mod, dst);
		x86_land(o, done[1]);
	}
	x86_land(o, done[0]);
}

static void lower_div(struct lower *l, const struct machine_insn *insn, uint8_t code,
		      unsigned int size)
{
	bool sign = insn->off == 1, mod = BPF_OP(code) == BPF_MOD;
	unsigned int dst = x86_of[insn->dst];

	if (BPF_SRC(code) == BPF_X)
		divide_reg(&l->out, size, sign, mod, dst, x86_of[insn->src]);
	else
		divide_imm(&l->out, size, sign, mod, dst, insn->imm);
}

static void lower_mul(struct lower *l, const struct machine_insn *insn, uint8_t code,
		      unsigned int size)
{
	unsigned int dst = x86_of[insn->dst];
	bool fits8 = insn->imm == (int8_t)insn->imm;

	if (BPF_SRC(code) == BPF_X) {
		x86_reg(&l->out, size, 0x0faf, dst, x86_of[insn->src]);
		return;
	}
	x86_reg(&l->out, size, fits8 ? 0x6b : 0x69, dst, dst);
	if (fits8)
		x86_byte(&l->out, (uint8_t)insn->imm);
	else
		x86_imm32(&l->out, (int32_t)insn->imm);
}

static void lower_mov(struct lower *l, const struct machine_insn *insn, uint8_t code,
		      unsigned int size)
{
	unsigned int dst = x86_of[insn->dst], src = x86_of[insn->src];

	if (BPF_SRC(code) == BPF_K)
		x86_mov_imm(&l->out, dst, size == 8 ? insn->imm : (int64_t)(uint32_t)insn->imm);
	else if (insn->off == 8)
		x86_reg_byte(&l->out, size, 0x0fbe, dst, src);
	else if (insn->off == 16)
		x86_reg(&l->out, size, 0x0fbf, dst, src);
	else if (insn->off == 32)
		x86_reg(&l->out, size, 0x63, dst, src);
	else
		x86_mov(&l->out, size, dst, src);
}

static void lower_end(struct lower *l, const struct machine_insn *insn, uint8_t code)
{
	bool swap = BPF_CLASS(code) == BPF_ALU64 || BPF_SRC(code) == BPF_TO_BE;
	unsigned int dst = x86_of[insn->dst], size = insn->imm == 64 ? 8 : 4;

	if (swap && insn->imm == 16) {
		/* rol */
		x86_reg(&l->out, 2, 0xc1, 0, dst);
		x86_byte(&l->out, 8);
	} else if (swap) {
		x86_bswap(&l->out, size, dst);
	}
	if (insn->imm == 16)
		x86_reg(&l->out, 4, 0x0fb7, dst, dst);
	else if (!swap)
		x86_mov(&l->out, size, dst, dst);
}

static void lower_simple(struct lower *l, const struct machine_insn *insn, uint8_t code,
			 unsigned int size)
{
	unsigned int dst = x86_of[insn->dst], op = BPF_OP(code) >> 4;

	if (BPF_SRC(code) == BPF_X)
		x86_reg(&l->out, size, simple[op].op, x86_of[insn->src], dst);
	else
		x86_alu_imm(&l->out, size, simple[op].digit, dst, (int32_t)insn->imm);
}

void lower_alu(struct lower *l, const struct machine_insn *insn, uint8_t code)
{
	unsigned int size = BPF_CLASS(code) == BPF_ALU64 ? 8 : 4, dst = x86_of[insn->dst];

	lower_forget(l, insn->dst);
	switch (BPF_OP(code)) {
	case BPF_LSH:
	case BPF_RSH:
	case BPF_ARSH:
		if (BPF_SRC(code) == BPF_X)
			shift_reg(&l->out, size, BPF_OP(code), dst, x86_of[insn->src]);
		else
			shift_imm(&l->out, size, BPF_OP(code), dst, (unsigned int)insn->imm);
		break;
	case BPF_DIV:
	case BPF_MOD: lower_div(l, insn, code, size); break;
	case BPF_MUL: lower_mul(l, insn, code, size); break;
	case BPF_MOV: lower_mov(l, insn, code, size); break;
	case BPF_NEG: x86_reg(&l->out, size, 0xf7, 3, dst); break;
	case BPF_END: lower_end(l, insn, code); break;
	default: lower_simple(l, insn, code, size); break;
	}
}
