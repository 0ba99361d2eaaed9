// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The opcode table as data, and the decoder: the opcode byte gives the first row, the fields choose
 * among the rows of that byte.
 */
#include "isa/opcodes.h"

#define NO     ISA_REG_NONE
#define NUM(n) (ISA_REG_NONE | (n) << 4)
#define RD     ISA_REG_READ
#define WR     ISA_REG_WRITE
#define RW     ISA_REG_RDWR
#define ANY                \
	{                  \
		ISA_ANY, 0 \
	}
#define REL                \
	{                  \
		ISA_REL, 0 \
	}
#define EQ(n)                \
	{                    \
		ISA_EXACT, n \
	}
#define V1    ISA_V1
#define V2    ISA_V2
#define V3    ISA_V3
#define V4    ISA_V4
#define LINUX ISA_LINUX

/* clang-format off */
const struct isa_op isa_ops[ISA_OP_CNT + 1] = {
#define ROW(n, c, d, s, o, i, v, t)                                                                \
	[ISA_OP_##n] = {.id = ISA_OP_##n, .code = (c), .version = v, .dst = d, .src = (s) & 0xf,   \
			.src_value = (s) >> 4, .off = o, .imm = i, .name = #n, .text = t},
	ISA_OPCODES(ROW, ROW)
#undef ROW
};

const uint8_t isa_first[256] = {
#define FIRST(n, c, ...) [c] = ISA_OP_##n,
#define OTHER(...)
	ISA_OPCODES(FIRST, OTHER)
#undef FIRST
#undef OTHER
};
/* clang-format on */

_Static_assert(ISA_OP_CNT < 256, "isa_first[] and struct isa_op hold ids in a byte");

static bool reg_fits(uint8_t use, uint8_t only, unsigned int value)
{
	return use == ISA_REG_NONE ? value == only : value < ISA_REG_CNT;
}

static bool field_fits(const struct isa_field *f, int32_t value)
{
	return f->use != ISA_EXACT || f->value == value;
}

const struct isa_op *isa_decode(const struct bpf_insn *insn)
{
	const struct isa_op *op = &isa_ops[isa_first[insn->code]];

	if (op->id == ISA_OP_NONE)
		return NULL;
	for (; op->code == insn->code; op++)
		if (reg_fits(op->dst, 0, insn->dst_reg) &&
		    reg_fits(op->src, op->src_value, insn->src_reg) &&
		    field_fits(&op->off, insn->off) && field_fits(&op->imm, insn->imm))
			return op;
	return NULL;
}

unsigned int isa_access_bytes(uint8_t code)
{
	switch (BPF_SIZE(code)) {
	case BPF_B: return 1;
	case BPF_H: return 2;
	case BPF_W: return 4;
	default: return 8;
	}
}
