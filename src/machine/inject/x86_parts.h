/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * An instruction with its parts, for what is in this folder and needs more than x86_insn.
 */
#ifndef MACHINE_X86_PARTS_H
#define MACHINE_X86_PARTS_H

#include "machine/inject/x86.h"

enum x86_prefix {
	X86_OPERAND_SIZE = 1 << 0, /* 66 */
	X86_ADDRESS_SIZE = 1 << 1, /* 67 */
	X86_LOCK = 1 << 2,
	X86_REPNE = 1 << 3,
	X86_REP = 1 << 4,
	X86_SEGMENT = 1 << 5,
};

/* Numbers of the opcode maps; those of VEX, EVEX and XOP have the same opcodes' lengths. */
enum x86_map {
	X86_MAP_ONE,
	X86_MAP_0F,
	X86_MAP_0F38,
	X86_MAP_0F3A,
	X86_MAP_VECTOR, /* anything encoded by VEX, EVEX or XOP */
};

struct x86_parts {
	enum x86_map map;
	uint8_t prefixes; /* enum x86_prefix */
	uint8_t rex;	  /* 0: none */
	uint8_t opcode, opcode_offset;
	uint8_t modrm; /* 0 when there is none */
};

/* As x86_decode(). @parts is only meaningful when the length is not 0. */
struct x86_insn x86_decode_parts(const uint8_t *code, size_t size, uint64_t address,
				 struct x86_parts *parts);

/* Does control never reach what follows? */
bool x86_ends_flow(const struct x86_insn *insn, const struct x86_parts *parts);
/* Is it what compilers fill gaps between functions with? */
bool x86_is_padding(const struct x86_insn *insn, const struct x86_parts *parts);

#endif
