// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Encodings of x86-64 instructions: prefixes, opcode, ModRM, SIB, displacement, immediate. */
#include "machine/jit/x86_64/encoder.h"

void x86_byte(struct x86_out *o, uint8_t byte)
{
	if (o->at < o->len)
		o->code[o->at] = byte;
	o->at++;
}

void x86_imm32(struct x86_out *o, int32_t imm)
{
	for (int shift = 0; shift < 32; shift += 8)
		x86_byte(o, (uint8_t)((uint32_t)imm >> shift));
}

/* Prefixes and opcode. `byte` asks for a REX prefix, with which sil is not dh. */
static void put_op(struct x86_out *o, unsigned int size, bool byte, unsigned int op,
		   unsigned int reg, unsigned int index, unsigned int rm)
{
	unsigned int rex =
		(unsigned int)(size == 8) << 3 | (reg >> 3) << 2 | (index >> 3) << 1 | rm >> 3;

	if (size == 2)
		x86_byte(o, 0x66);
	if (rex || byte)
		x86_byte(o, (uint8_t)(0x40 | rex));
	if (op > 0xff)
		x86_byte(o, (uint8_t)(op >> 8));
	x86_byte(o, (uint8_t)op);
}

static void put_modrm(struct x86_out *o, unsigned int mod, unsigned int reg, unsigned int rm)
{
	x86_byte(o, (uint8_t)(mod << 6 | (reg & 7) << 3 | (rm & 7)));
}

static bool fits8(int64_t value)
{
	return value == (int8_t)value;
}

void x86_reg(struct x86_out *o, unsigned int size, unsigned int op, unsigned int reg,
	     unsigned int rm)
{
	put_op(o, size, false, op, reg, 0, rm);
	put_modrm(o, 3, reg, rm);
}

void x86_reg_byte(struct x86_out *o, unsigned int size, unsigned int op, unsigned int reg,
		  unsigned int rm)
{
	put_op(o, size, true, op, reg, 0, rm);
	put_modrm(o, 3, reg, rm);
}

/* rbp and r13 as a base need a displacement, without which they mean another form. */
static unsigned int mod_for(unsigned int base, int32_t disp)
{
	if (!disp && (base & 7) != X86_RBP)
		return 0;
	return fits8(disp) ? 1 : 2;
}

static void put_disp(struct x86_out *o, unsigned int mod, int32_t disp)
{
	if (mod == 1)
		x86_byte(o, (uint8_t)disp);
	else if (mod == 2)
		x86_imm32(o, disp);
}

void x86_mem(struct x86_out *o, unsigned int size, unsigned int op, unsigned int reg,
	     unsigned int base, int32_t disp)
{
	unsigned int mod = mod_for(base, disp);

	put_op(o, size, size == 1 && reg >= X86_RSP, op, reg, 0, base);
	put_modrm(o, mod, reg, base);
	/* rsp and r12 as a base need the form with a second byte. */
	if ((base & 7) == X86_RSP)
		x86_byte(o, 0x24);
	put_disp(o, mod, disp);
}

void x86_lea(struct x86_out *o, unsigned int reg, unsigned int base, unsigned int index,
	     int32_t disp)
{
	unsigned int mod = mod_for(base, disp);

	put_op(o, 8, false, 0x8d, reg, index, base);
	put_modrm(o, mod, reg, 4);
	put_modrm(o, 0, index, base);
	put_disp(o, mod, disp);
}

void x86_alu_imm(struct x86_out *o, unsigned int size, unsigned int digit, unsigned int rm,
		 int32_t imm)
{
	x86_reg(o, size, fits8(imm) ? 0x83 : 0x81, digit, rm);
	if (fits8(imm))
		x86_byte(o, (uint8_t)imm);
	else
		x86_imm32(o, imm);
}

void x86_zero(struct x86_out *o, unsigned int reg)
{
	x86_reg(o, 4, 0x31, reg, reg);
}

void x86_mov_imm(struct x86_out *o, unsigned int reg, int64_t imm)
{
	if (!imm) {
		x86_zero(o, reg);
	} else if (imm == (int64_t)(uint32_t)imm) {
		put_op(o, 4, false, 0xb8 | (reg & 7), 0, 0, reg);
		x86_imm32(o, (int32_t)imm);
	} else if (imm == (int32_t)imm) {
		x86_reg(o, 8, 0xc7, 0, reg);
		x86_imm32(o, (int32_t)imm);
	} else {
		put_op(o, 8, false, 0xb8 | (reg & 7), 0, 0, reg);
		x86_imm32(o, (int32_t)imm);
		x86_imm32(o, (int32_t)(imm >> 32));
	}
}

void x86_mov(struct x86_out *o, unsigned int size, unsigned int dst, unsigned int src)
{
	if (dst != src || size == 4)
		x86_reg(o, size, 0x89, src, dst);
}

void x86_bswap(struct x86_out *o, unsigned int size, unsigned int reg)
{
	put_op(o, size, false, 0x0fc8 | (reg & 7), 0, 0, reg);
}

void x86_push(struct x86_out *o, unsigned int reg)
{
	put_op(o, 4, false, 0x50 | (reg & 7), 0, 0, reg);
}

void x86_pop(struct x86_out *o, unsigned int reg)
{
	put_op(o, 4, false, 0x58 | (reg & 7), 0, 0, reg);
}

void x86_jump(struct x86_out *o, enum x86_cond cond, int64_t distance, bool is_long)
{
	if (!is_long && fits8(distance - 2)) {
		x86_byte(o, cond == X86_ALWAYS ? 0xeb : (uint8_t)(0x70 | cond));
		x86_byte(o, (uint8_t)(distance - 2));
	} else if (cond == X86_ALWAYS) {
		x86_byte(o, 0xe9);
		x86_imm32(o, (int32_t)(distance - 5));
	} else {
		x86_byte(o, 0x0f);
		x86_byte(o, (uint8_t)(0x80 | cond));
		x86_imm32(o, (int32_t)(distance - 6));
	}
}

size_t x86_jump_over(struct x86_out *o, enum x86_cond cond)
{
	x86_jump(o, cond, 2, false);
	return o->at;
}

void x86_land(struct x86_out *o, size_t jump)
{
	if (jump <= o->len)
		o->code[jump - 1] = (uint8_t)(o->at - jump);
}
