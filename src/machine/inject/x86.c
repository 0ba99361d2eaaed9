// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Decodes x86-64 instructions as far as lengths, branches and RIP-relative operands go.
 *
 * One table for each of the two opcode maps that are irregular says what follows an opcode:
 * ModRM, which immediate, whether that is a branch's displacement. The other maps, and
 * everything encoded by VEX, EVEX or XOP, follow a rule each. Opcodes that no processor has
 * assigned in those regular maps are taken for instructions of the length the rule gives.
 */
#include "machine/inject/x86_parts.h"

#include <string.h>

#define MAX_LENGTH 15

/* What follows an opcode. */
enum {
	MODRM = 1 << 0,
	IMM8 = 1 << 1,
	IMM16 = 1 << 2,
	IMMZ = 1 << 3,	 /* 4 bytes, 2 with operand size prefix */
	IMMV = 1 << 4,	 /* likewise, and 8 with REX.W */
	MOFFS = 1 << 5,	 /* 8 bytes, 4 with address size prefix */
	BRANCH = 1 << 6, /* the immediate is relative to what follows */
	INVALID = 1 << 7,
	PREFIX = 1 << 8,
	GROUP = 1 << 9, /* ModRM decides: group_attributes() */
	IMM32 = 1 << 10,
};

#define FLOW_SHIFT 12
#define FLOW(flow) ((flow) << FLOW_SHIFT)
#define ALU(row)   [row...(row) + 3] = MODRM, [(row) + 4] = IMM8, [(row) + 5] = IMMZ

/* Opcodes of one byte. REX and the escapes to other encodings are met before it is asked. */
static const uint16_t one_byte[256] = {
	ALU(0x00),
	[0x06 ... 0x07] = INVALID,
	ALU(0x08),
	[0x0e] = INVALID,
	[0x0f] = INVALID,
	ALU(0x10),
	[0x16 ... 0x17] = INVALID,
	ALU(0x18),
	[0x1e ... 0x1f] = INVALID,
	ALU(0x20),
	[0x26] = PREFIX,
	[0x27] = INVALID,
	ALU(0x28),
	[0x2e] = PREFIX,
	[0x2f] = INVALID,
	ALU(0x30),
	[0x36] = PREFIX,
	[0x37] = INVALID,
	ALU(0x38),
	[0x3e] = PREFIX,
	[0x3f] = INVALID,
	[0x40 ... 0x4f] = PREFIX,
	[0x60 ... 0x62] = INVALID,
	[0x63] = MODRM,
	[0x64 ... 0x67] = PREFIX,
	[0x68] = IMMZ,
	[0x69] = MODRM | IMMZ,
	[0x6a] = IMM8,
	[0x6b] = MODRM | IMM8,
	[0x70 ... 0x7f] = IMM8 | BRANCH | FLOW(X86_JCC),
	[0x80] = MODRM | IMM8,
	[0x81] = MODRM | IMMZ,
	[0x82] = INVALID,
	[0x83] = MODRM | IMM8,
	[0x84 ... 0x8c] = MODRM,
	[0x8d] = MODRM | GROUP,
	[0x8e] = MODRM,
	[0x8f] = MODRM | GROUP,
	[0x9a] = INVALID,
	[0xa0 ... 0xa3] = MOFFS,
	[0xa8] = IMM8,
	[0xa9] = IMMZ,
	[0xb0 ... 0xb7] = IMM8,
	[0xb8 ... 0xbf] = IMMV,
	[0xc0 ... 0xc1] = MODRM | IMM8,
	[0xc2] = IMM16 | FLOW(X86_RET),
	[0xc3] = FLOW(X86_RET),
	[0xc4 ... 0xc5] = INVALID,
	[0xc6] = MODRM | IMM8 | GROUP,
	[0xc7] = MODRM | IMMZ | GROUP,
	[0xc8] = IMM16 | IMM8,
	[0xca] = IMM16 | FLOW(X86_RET),
	[0xcb] = FLOW(X86_RET),
	[0xcc] = FLOW(X86_TRAP),
	[0xcd] = IMM8 | FLOW(X86_TRAP),
	[0xce] = INVALID,
	[0xcf] = FLOW(X86_RET),
	[0xd0 ... 0xd3] = MODRM,
	[0xd4 ... 0xd6] = INVALID,
	[0xd8 ... 0xdf] = MODRM,
	[0xe0 ... 0xe3] = IMM8 | BRANCH | FLOW(X86_LOOP),
	[0xe4 ... 0xe7] = IMM8,
	[0xe8] = IMMZ | BRANCH | FLOW(X86_CALL),
	[0xe9] = IMMZ | BRANCH | FLOW(X86_JMP),
	[0xea] = INVALID,
	[0xeb] = IMM8 | BRANCH | FLOW(X86_JMP),
	[0xf0] = PREFIX,
	[0xf1] = FLOW(X86_TRAP),
	[0xf2 ... 0xf3] = PREFIX,
	[0xf4] = FLOW(X86_TRAP),
	[0xf6] = MODRM | IMM8 | GROUP,
	[0xf7] = MODRM | IMMZ | GROUP,
	[0xfe ... 0xff] = MODRM | GROUP,
};

/* Opcodes behind 0f. */
static const uint16_t two_byte[256] = {
	[0x00] = MODRM | GROUP,
	[0x01 ... 0x03] = MODRM,
	[0x04] = INVALID,
	[0x05] = FLOW(X86_SYSCALL),
	[0x07] = FLOW(X86_RET),
	[0x0a] = INVALID,
	[0x0b] = FLOW(X86_TRAP),
	[0x0c] = INVALID,
	[0x0d] = MODRM,
	[0x0f] = MODRM | IMM8,
	[0x10 ... 0x1f] = MODRM,
	[0x20 ... 0x23] = MODRM | GROUP,
	[0x24 ... 0x27] = INVALID,
	[0x28 ... 0x2f] = MODRM,
	[0x34] = FLOW(X86_TRAP),
	[0x35] = FLOW(X86_RET),
	[0x36] = INVALID,
	[0x38 ... 0x3f] = INVALID,
	[0x40 ... 0x6f] = MODRM,
	[0x70 ... 0x73] = MODRM | IMM8,
	[0x74 ... 0x76] = MODRM,
	[0x78] = MODRM | GROUP,
	[0x79] = MODRM,
	[0x7a ... 0x7b] = INVALID,
	[0x7c ... 0x7f] = MODRM,
	[0x80 ... 0x8f] = IMMZ | BRANCH | FLOW(X86_JCC),
	[0x90 ... 0x9f] = MODRM,
	[0xa3] = MODRM,
	[0xa4] = MODRM | IMM8,
	[0xa5 ... 0xa7] = MODRM,
	[0xab] = MODRM,
	[0xac] = MODRM | IMM8,
	[0xad ... 0xb7] = MODRM,
	[0xb8] = MODRM | GROUP,
	[0xb9] = MODRM | FLOW(X86_TRAP),
	[0xba] = MODRM | IMM8 | GROUP,
	[0xbb ... 0xc1] = MODRM,
	[0xc2] = MODRM | IMM8,
	[0xc3] = MODRM,
	[0xc4 ... 0xc6] = MODRM | IMM8,
	[0xc7] = MODRM,
	[0xd0 ... 0xfe] = MODRM,
	[0xff] = MODRM | FLOW(X86_TRAP),
};

struct cursor {
	const uint8_t *code;
	unsigned int limit; /* bytes that may be read */
	unsigned int pos;
};

static const struct x86_insn no_insn;

static uint8_t prefix_bit(uint8_t byte)
{
	switch (byte) {
	case 0x66: return X86_OPERAND_SIZE;
	case 0x67: return X86_ADDRESS_SIZE;
	case 0xf0: return X86_LOCK;
	case 0xf2: return X86_REPNE;
	case 0xf3: return X86_REP;
	default: return X86_SEGMENT;
	}
}

/* Leaves the cursor at the first byte that is no prefix. */
static bool prefixes(struct cursor *c, struct x86_parts *parts)
{
	for (; c->pos < c->limit; c->pos++) {
		uint8_t byte = c->code[c->pos];

		if (!(one_byte[byte] & PREFIX))
			return true;
		/* A REX that is not the last prefix is ignored by the processor. */
		parts->rex = (byte & 0xf0) == 0x40 ? byte : 0;
		if (!parts->rex)
			parts->prefixes |= prefix_bit(byte);
	}
	return false;
}

/* What follows @opcode of map @map in VEX, EVEX (@is_evex) and XOP (maps from 8 on). */
static unsigned int vector_attributes(unsigned int map, uint8_t opcode, bool is_evex)
{
	switch (map) {
	case 1:
		if (opcode == 0x77)
			return is_evex ? INVALID : 0;
		if ((opcode >= 0x70 && opcode <= 0x73) || opcode == 0xc2 ||
		    (opcode >= 0xc4 && opcode <= 0xc6))
			return MODRM | IMM8;
		return MODRM;
	case 2: return MODRM;
	case 3: return MODRM | IMM8;
	case 5:
	case 6: return is_evex ? MODRM : INVALID;
	case 8: return MODRM | IMM8;
	case 9: return MODRM;
	case 10: return MODRM | IMM32;
	default: return INVALID;
	}
}

/* At a byte that begins VEX, EVEX or XOP if what follows it agrees. */
static unsigned int vector(struct cursor *c, struct x86_parts *parts)
{
	const uint8_t *at = c->code + c->pos;
	unsigned int left = c->limit - c->pos;
	uint8_t first = at[0];
	unsigned int map, skip = first == 0xc5 ? 2 : first == 0x62 ? 4 : 3;

	if (left < skip + 1 || parts->rex ||
	    parts->prefixes & (X86_OPERAND_SIZE | X86_LOCK | X86_REPNE | X86_REP))
		return INVALID;
	switch (first) {
	case 0xc5: map = 1; break;
	case 0x62:
		if (at[1] & 0x08 || !(at[2] & 0x04))
			return INVALID;
		map = at[1] & 7;
		break;
	default: map = at[1] & 0x1f; break;
	}
	if (first != 0x8f && map >= 8)
		return INVALID;
	c->pos += skip;
	parts->map = X86_MAP_VECTOR;
	parts->opcode_offset = c->pos;
	parts->opcode = c->code[c->pos++];
	return vector_attributes(map, parts->opcode, first == 0x62);
}

/* Behind 0f. */
static unsigned int escaped(struct cursor *c, struct x86_parts *parts)
{
	unsigned int attributes;

	if (c->pos >= c->limit)
		return INVALID;
	parts->map = X86_MAP_0F;
	if (c->code[c->pos] == 0x38 || c->code[c->pos] == 0x3a) {
		bool is_3a = c->code[c->pos++] == 0x3a;

		if (c->pos >= c->limit)
			return INVALID;
		parts->map = is_3a ? X86_MAP_0F3A : X86_MAP_0F38;
		attributes = is_3a ? MODRM | IMM8 : MODRM;
	} else {
		attributes = two_byte[c->code[c->pos]];
	}
	parts->opcode_offset = c->pos;
	parts->opcode = c->code[c->pos++];
	return attributes;
}

static unsigned int opcode(struct cursor *c, struct x86_parts *parts)
{
	uint8_t byte = c->code[c->pos];

	switch (byte) {
	case 0x0f: c->pos++; return escaped(c, parts);
	case 0x8f:
		/* XOP where the register field of `pop` would be invalid. */
		if (c->pos + 1 < c->limit && (c->code[c->pos + 1] & 0x1f) >= 8)
			return vector(c, parts);
		break;
	case 0x62:
	case 0xc4:
	case 0xc5: return vector(c, parts);
	default: break;
	}
	parts->map = X86_MAP_ONE;
	parts->opcode_offset = c->pos++;
	parts->opcode = byte;
	return one_byte[byte];
}

/* ModRM of the one-byte opcodes that it changes. */
static unsigned int group_one(const struct x86_parts *parts, unsigned int attributes)
{
	unsigned int reg = parts->modrm >> 3 & 7;
	bool memory = parts->modrm < 0xc0;

	switch (parts->opcode) {
	case 0x8d: return memory ? attributes : INVALID;
	case 0x8f: return reg ? INVALID : attributes;
	case 0xc6: return reg && parts->modrm != 0xf8 ? INVALID : attributes;
	case 0xc7:
		if (parts->modrm == 0xf8) /* xbegin */
			return attributes | BRANCH | FLOW(X86_JCC);
		return reg ? INVALID : attributes;
	case 0xf6:
	case 0xf7: return reg > 1 ? attributes & ~(IMM8 | IMMZ) : attributes;
	case 0xfe: return reg > 1 ? INVALID : attributes;
	default: /* ff */
		if (reg == 7 || ((reg == 3 || reg == 5) && !memory))
			return INVALID;
		return reg >= 2 && reg <= 5 ? attributes | FLOW(X86_INDIRECT) : attributes;
	}
}

/* Likewise behind 0f. */
static unsigned int group_two(const struct x86_parts *parts, unsigned int attributes)
{
	unsigned int reg = parts->modrm >> 3 & 7;

	switch (parts->opcode) {
	case 0x00: return reg > 5 ? INVALID : attributes;
	case 0x78: /* extrq, insertq; else vmread */
		if (parts->prefixes & (X86_OPERAND_SIZE | X86_REPNE))
			return MODRM | IMM16;
		return attributes;
	case 0xb8: return parts->prefixes & X86_REP ? attributes : INVALID;
	case 0xba: return reg < 4 ? INVALID : attributes;
	default: return attributes; /* 20…23: address() knows */
	}
}

/* Reads SIB and skips the displacement. Returns false when bytes are missing. */
static bool address(struct cursor *c, const struct x86_parts *parts, uint8_t *rip_offset)
{
	unsigned int mod = parts->modrm >> 6, rm = parts->modrm & 7;
	/* Moves from and to control and debug registers ignore mod. */
	bool is_register = mod == 3 || (parts->map == X86_MAP_0F && (parts->opcode & 0xfc) == 0x20);

	if (is_register)
		return true;
	if (mod == 0 && rm == 5)
		*rip_offset = c->pos;
	if (rm == 4) {
		if (c->pos >= c->limit)
			return false;
		rm = c->code[c->pos++] & 7;
	}
	if (mod == 1)
		c->pos += 1;
	else if (mod == 2 || rm == 5)
		c->pos += 4;
	return c->pos <= c->limit;
}

static unsigned int immediate_size(const struct x86_parts *parts, unsigned int attributes)
{
	bool wide = parts->rex & 0x08;
	bool narrow = parts->prefixes & X86_OPERAND_SIZE && !wide;
	unsigned int size = 0;

	if (attributes & IMM8)
		size += 1;
	if (attributes & IMM16)
		size += 2;
	if (attributes & IMMZ)
		size += narrow ? 2 : 4;
	if (attributes & IMMV)
		size += wide ? 8 : narrow ? 2 : 4;
	if (attributes & MOFFS)
		size += parts->prefixes & X86_ADDRESS_SIZE ? 4 : 8;
	if (attributes & IMM32)
		size += 4;
	return size;
}

static int32_t displacement(const uint8_t *at, unsigned int size)
{
	int32_t wide;

	if (size == 1)
		return (int8_t)*at;
	memcpy(&wide, at, sizeof(wide));
	return wide;
}

struct x86_insn x86_decode_parts(const uint8_t *code, size_t size, uint64_t at,
				 struct x86_parts *parts)
{
	struct cursor c = {.code = code, .limit = size < MAX_LENGTH ? size : MAX_LENGTH};
	struct x86_insn insn = {0};
	unsigned int attributes, immediate;

	*parts = (struct x86_parts){0};
	if (!prefixes(&c, parts))
		return no_insn;
	attributes = opcode(&c, parts);
	if (attributes & MODRM) {
		if (c.pos >= c.limit)
			return no_insn;
		parts->modrm = code[c.pos++];
		if (attributes & GROUP)
			attributes = parts->map == X86_MAP_ONE ? group_one(parts, attributes)
							       : group_two(parts, attributes);
		if (!address(&c, parts, &insn.rip_offset))
			return no_insn;
	}
	if (attributes & INVALID)
		return no_insn;
	immediate = immediate_size(parts, attributes);
	if (c.pos + immediate > c.limit)
		return no_insn;
	insn.length = c.pos + immediate;
	insn.flow = attributes >> FLOW_SHIFT;
	if (attributes & BRANCH) {
		/* Intel's processors ignore the prefix; AMD's cut the target to 16 bits. */
		if (parts->prefixes & X86_OPERAND_SIZE && !(parts->rex & 0x08))
			return no_insn;
		insn.branch_offset = c.pos;
		insn.branch_size = immediate;
		insn.target = at + insn.length + displacement(code + c.pos, immediate);
	}
	return insn;
}

struct x86_insn x86_decode(const uint8_t *code, size_t size, uint64_t at)
{
	struct x86_parts parts;

	return x86_decode_parts(code, size, at, &parts);
}

bool x86_ends_flow(const struct x86_insn *insn, const struct x86_parts *parts)
{
	switch (insn->flow) {
	case X86_JMP:
	case X86_RET: return true;
	case X86_INDIRECT: return (parts->modrm >> 3 & 7) >= 4; /* jmp, not call */
	case X86_TRAP: return parts->map == X86_MAP_0F || parts->opcode == 0xf4;
	default: return false;
	}
}

bool x86_is_padding(const struct x86_insn *insn, const struct x86_parts *parts)
{
	if (parts->map == X86_MAP_0F)
		return parts->opcode == 0x1f;
	if (parts->map != X86_MAP_ONE)
		return false;
	if (parts->opcode == 0x90)
		return !(parts->rex & 1);
	return parts->opcode == 0xcc && insn->length == 1;
}
