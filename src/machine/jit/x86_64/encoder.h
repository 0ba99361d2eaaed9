/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Encodings of the instructions that the JIT uses. `size` is the operand's in bytes: 1, 2, 4 or 8.
 * `op` is the opcode byte, 0x0fNN where there are two. A register or memory operand is the one of
 * the ModRM byte, `reg` its other field: a register or a digit of the opcode.
 */
#ifndef MACHINE_X86_ENCODER_H
#define MACHINE_X86_ENCODER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "machine/jit/x86_64/registers.h"

/* Where code is written; bytes beyond len are counted, not written. */
struct x86_out {
	uint8_t *code;
	size_t len, at;
};

/* Conditions, as in the opcodes of jumps. */
enum x86_cond {
	X86_B = 2,
	X86_AE,
	X86_E,
	X86_NE,
	X86_BE,
	X86_A,
	X86_L = 12,
	X86_GE,
	X86_LE,
	X86_G,
	X86_ALWAYS, /* jmp */
};

/* op rm, reg; op reg, rm. */
void x86_reg(struct x86_out *o, unsigned int size, unsigned int op, unsigned int reg,
	     unsigned int rm);
/* The same where rm is any register's low byte. */
void x86_reg_byte(struct x86_out *o, unsigned int size, unsigned int op, unsigned int reg,
		  unsigned int rm);
/* The same with memory at [base + disp]. */
void x86_mem(struct x86_out *o, unsigned int size, unsigned int op, unsigned int reg,
	     unsigned int base, int32_t disp);
/* lea reg, [base + index + disp]; index is not rsp. */
void x86_lea(struct x86_out *o, unsigned int reg, unsigned int base, unsigned int index,
	     int32_t disp);
/* The arithmetic instructions with an immediate: digit 0 add, 1 or, 4 and, 5 sub, 6 xor, 7 cmp. */
void x86_alu_imm(struct x86_out *o, unsigned int size, unsigned int digit, unsigned int rm,
		 int32_t imm);
/* reg = imm, as short as can be. Flags are lost. */
void x86_mov_imm(struct x86_out *o, unsigned int reg, int64_t imm);
/* mov between registers; nothing for a register to itself, unless that clears its upper half. */
void x86_mov(struct x86_out *o, unsigned int size, unsigned int dst, unsigned int src);
void x86_zero(struct x86_out *o, unsigned int reg);
void x86_bswap(struct x86_out *o, unsigned int size, unsigned int reg);
void x86_push(struct x86_out *o, unsigned int reg);
void x86_pop(struct x86_out *o, unsigned int reg);

void x86_byte(struct x86_out *o, uint8_t byte);
void x86_imm32(struct x86_out *o, int32_t imm);

/*
 * A jump whose target is `distance` bytes from where the jump BEGINS; in two bytes where it fits,
 * unless is_long.
 */
void x86_jump(struct x86_out *o, enum x86_cond cond, int64_t distance, bool is_long);
/* A short jump forward to where x86_land is called with the result. */
size_t x86_jump_over(struct x86_out *o, enum x86_cond cond);
void x86_land(struct x86_out *o, size_t jump);

#endif
