// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Programs are drawn instruction by instruction from the opcode table. Where a jump or call goes is
 * drawn when all instructions are there.
 */
#include "random.h"

#include <stdbool.h>
#include <string.h>

#include "isa/opcodes.h"

struct draw {
	uint64_t state;
	struct random_program *p;
	bool verifiable;
	uint64_t window;
	size_t size;
	size_t starts[8], functions; /* where functions begin */
	bool is_middle[RANDOM_INSNS];
};

uint64_t random_next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static unsigned int below(struct draw *d, unsigned int n)
{
	return (unsigned int)(random_next(&d->state) % n);
}

/* Mostly numbers near which something changes. */
static int32_t number(struct draw *d)
{
	static const int32_t edges[] = {0,    1,    -1,	 2,	 -2,	    7,
					31,   32,   63,	 64,	 127,	    128,
					-128, -129, 255, 0xffff, INT32_MAX, INT32_MIN};
	uint64_t r = random_next(&d->state);

	switch (below(d, 4)) {
	case 0: return (int32_t)r;
	case 1: return (int32_t)(1u << (r & 31));
	default: return edges[r % (sizeof(edges) / sizeof(edges[0]))];
	}
}

static uint64_t number64(struct draw *d)
{
	switch (below(d, 3)) {
	case 0: return random_next(&d->state);
	case 1: return 1ull << below(d, 64);
	default: return (uint64_t)(int64_t)number(d);
	}
}

static void put(struct draw *d, struct bpf_insn insn)
{
	d->p->insns[d->p->cnt++] = insn;
}

static void put_number(struct draw *d, uint8_t reg, uint64_t value)
{
	put(d, ISA_LD_IMM64_LO(reg, 0, (uint32_t)value));
	d->is_middle[d->p->cnt] = true;
	put(d, ISA_LD_IMM64_HI((uint32_t)(value >> 32)));
}

static bool is_memory(const struct isa_op *op)
{
	uint8_t class = BPF_CLASS(op->code);

	return class == BPF_LDX || class == BPF_ST || class == BPF_STX;
}

static bool is_jump(const struct isa_op *op)
{
	return op->off.use == ISA_REL || op->id == ISA_OP_JA32;
}

/* Linux refuses what would be pointless: shifts by more than the width, divisions by 0. */
static bool is_pointless(const struct bpf_insn *insn)
{
	int width = BPF_CLASS(insn->code) == BPF_ALU64 ? 64 : 32;
	uint8_t op = BPF_OP(insn->code);

	if (BPF_SRC(insn->code) != BPF_K)
		return false;
	if (op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH)
		return insn->imm < 0 || insn->imm >= width;
	return (op == BPF_DIV || op == BPF_MOD) && !insn->imm;
}

static void put_alu(struct draw *d, const struct isa_op *op)
{
	struct bpf_insn insn = ISA_INSN(
		op->code, below(d, 10), op->src == ISA_REG_NONE ? op->src_value : below(d, 10),
		op->off.value, op->imm.use == ISA_ANY ? number(d) : op->imm.value);

	if (!d->verifiable && op->src != ISA_REG_NONE && !below(d, 16))
		insn.src_reg = ISA_REG_FP;
	if (!d->verifiable || !is_pointless(&insn))
		put(d, insn);
}

/* Eight aligned words below r10, which random_verifiable has written. */
static void put_stack_access(struct draw *d, const struct isa_op *op)
{
	unsigned int width = isa_access_bytes(op->code);
	bool load = BPF_CLASS(op->code) == BPF_LDX || op->imm.value == ISA_LOAD_ACQ;
	unsigned int reg = below(d, 10);
	int off = -64 + (int)(below(d, 64 / width) * width);

	put(d, ISA_INSN(op->code, load ? reg : ISA_REG_FP,
			load			  ? ISA_REG_FP
			: op->src == ISA_REG_NONE ? 0
						  : reg,
			off, op->imm.use == ISA_ANY ? number(d) : op->imm.value));
	/*
	 * Where a comparison has succeeded, Linux 6.18 was seen to leave the upper half of r0 as it
	 * was, against RFC 9669, when only one of two ways on from there reads it.
	 */
	if (op->id == ISA_OP_CMPXCHG_W)
		put(d, ISA_MOV32_REG(0, 0));
}

/* At a good address in most cases: in the window, at its edges, in the frame. */
static void put_access(struct draw *d, const struct isa_op *op)
{
	unsigned int width = isa_access_bytes(op->code);
	bool load = BPF_CLASS(op->code) == BPF_LDX || op->imm.value == ISA_LOAD_ACQ;
	unsigned int base = below(d, 10), other = below(d, 10);
	int off = (int)below(d, 64) - 32;
	uint64_t addr = d->window + 64 + below(d, (unsigned int)d->size - 128);

	if (below(d, 4))
		addr &= ~7ull, off &= -(int)width;
	switch (below(d, 8)) {
	case 0:
	case 1:
	case 2: put_number(d, (uint8_t)base, addr); break;
	case 3:
		if (!below(d, 8))
			put_number(d, (uint8_t)base, d->window + (below(d, 2) ? d->size : 0));
		break;
	default:
		base = ISA_REG_FP;
		off = below(d, 16) ? -(int)(width * (1 + below(d, 512 / width))) : off;
		break;
	}
	put(d, ISA_INSN(op->code, load ? other : base,
			load			  ? base
			: op->src == ISA_REG_NONE ? 0
						  : other,
			off, op->imm.use == ISA_ANY ? number(d) : op->imm.value));
}

static void put_jump(struct draw *d, const struct isa_op *op)
{
	if (d->verifiable && (op->id == ISA_OP_JA || op->id == ISA_OP_JA32))
		return;
	put(d, ISA_INSN(op->code, op->dst == ISA_REG_NONE ? 0 : below(d, 10),
			op->src == ISA_REG_NONE ? 0 : below(d, 10), 0,
			op->imm.use == ISA_ANY ? number(d) : 0));
}

static bool is_refused(const struct isa_op *op)
{
	return op->id == ISA_OP_MAY_GOTO || op->id == ISA_OP_CALL_KFUNC ||
	       op->id == ISA_OP_CAST_USER || op->id == ISA_OP_CAST_KERNEL ||
	       (BPF_CLASS(op->code) == BPF_LD && op->id != ISA_OP_LD64);
}

static void put_one(struct draw *d)
{
	const struct isa_op *op = &isa_ops[1 + below(d, ISA_OP_CNT - 1)];

	if (is_refused(op) || op->id == ISA_OP_EXIT)
		return;
	if (op->id == ISA_OP_LD64)
		put_number(d, (uint8_t)below(d, 10), number64(d));
	else if (is_memory(op) && d->verifiable)
		put_stack_access(d, op);
	else if (is_memory(op))
		put_access(d, op);
	else if (is_jump(op))
		put_jump(d, op);
	else if (op->id == ISA_OP_CALL && !d->verifiable)
		put(d, ISA_CALL(below(d, 32) ? 1 + below(d, 2) : 1 + below(d, 4)));
	else if (op->id == ISA_OP_CALL_REL && !d->verifiable)
		put(d, ISA_CALL_REL(0));
	else if (BPF_CLASS(op->code) == BPF_ALU || BPF_CLASS(op->code) == BPF_ALU64)
		put_alu(d, op);
}

/* A slot of [from, to) that begins an instruction, after `idx` unless back is allowed. */
static size_t landing(struct draw *d, size_t from, size_t to, size_t idx, bool back)
{
	size_t at;

	if (!back || below(d, 6))
		from = idx + 1;
	do
		at = from + below(d, (unsigned int)(to - from));
	while (d->is_middle[at]);
	return at;
}

static void aim(struct draw *d, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		struct bpf_insn *insn = &d->p->insns[i];
		const struct isa_op *op = d->is_middle[i] ? NULL : isa_decode(insn);
		int rel;

		if (op && op->id == ISA_OP_CALL_REL && d->functions > 1) {
			size_t f = 1 + below(d, (unsigned int)d->functions - 1);

			insn->imm = (int)d->starts[f] - (int)i - 1;
		} else if (op && op->id == ISA_OP_CALL_REL) {
			*insn = ISA_MOV64_REG(0, 1);
		}
		if (!op || !is_jump(op))
			continue;
		rel = (int)landing(d, from, to, i, !d->verifiable) - (int)i - 1;
		if (op->id == ISA_OP_JA32)
			insn->imm = rel;
		else
			insn->off = (int16_t)rel;
	}
}

void random_any(uint64_t seed, uint64_t window, size_t size, struct random_program *p)
{
	struct draw d = {.state = seed, .p = p, .window = window, .size = size};
	unsigned int functions = 1 + below(&d, 4);

	p->cnt = 0;
	while (d.functions < functions) {
		size_t end = p->cnt + 2 + below(&d, 60);

		d.starts[d.functions++] = p->cnt;
		while (p->cnt < end)
			put_one(&d);
		put(&d, ISA_EXIT());
	}
	d.starts[d.functions] = p->cnt;
	for (size_t f = 0; f < d.functions; f++)
		aim(&d, d.starts[f], d.starts[f + 1]);
}

void random_verifiable(uint64_t seed, struct random_program *p)
{
	struct draw d = {.state = seed, .p = p, .verifiable = true, .functions = 1};
	size_t body, end;

	p->cnt = 0;
	for (uint8_t r = 0; r < 10; r++)
		put_number(&d, r, number64(&d));
	for (int off = -64; off < 0; off += 8)
		put(&d, ISA_ST(BPF_DW, 10, off, number(&d)));
	body = p->cnt;
	end = body + 5 + below(&d, 80);
	while (p->cnt < end)
		put_one(&d);
	/* Everything goes into the result. */
	put(&d, ISA_MOV64_REG(0, 0));
	aim(&d, body, p->cnt);
	for (uint8_t r = 1; r < 10; r++) {
		put(&d, ISA_ALU64_IMM(BPF_MUL, 0, 31));
		put(&d, ISA_ALU64_REG(BPF_ADD, 0, r));
	}
	for (int off = -64; off < 0; off += 8) {
		put(&d, ISA_LDX(BPF_DW, 1, 10, off));
		put(&d, ISA_ALU64_IMM(BPF_MUL, 0, 31));
		put(&d, ISA_ALU64_REG(BPF_XOR, 0, 1));
	}
	put(&d, ISA_MOV64_REG(1, 0));
	put(&d, ISA_ALU64_IMM(BPF_RSH, 1, 32));
	put(&d, ISA_ALU64_REG(BPF_XOR, 0, 1));
	put(&d, ISA_EXIT());
}
