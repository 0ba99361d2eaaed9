// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Allocated IR to BPF: legal.c has already given every instruction a form that BPF has,
 * so each becomes a fixed sequence; moves between equal registers vanish. Jumps are
 * completed at the end, when all labels have their place. Nothing beyond version 3 of
 * the instruction set is used: kernel 5.10 has no more.
 */
#include <errno.h>
#include <string.h>

#include <skep/isa.h>

#include "lang/emit/emit.h"
#include "lang/ir/insn.h"

#define MAX_INSNS 1000000 /* what the verifier looks at, at most */

struct fixup {
	uint32_t insn;
	ir_label label;
};

struct emit {
	const struct ir_function *fn;
	const struct ir_allocation *alloc;
	struct lang_arena *arena;
	struct bpf_insn *insns;
	struct lang_reloc *relocs;
	struct fixup *fixups; /* jumps to labels */
	uint32_t *funcs;      /* addresses of the callback, to be completed */
	uint32_t *label_at;   /* by label */
	size_t insns_cap, relocs_cap, fixups_cap, funcs_cap;
	uint32_t ninsns, nrelocs, nfixups, nfuncs;
	int err;
};

static void put(struct emit *e, struct bpf_insn insn)
{
	struct bpf_insn *insns;

	if (e->err)
		return;
	if (e->ninsns == MAX_INSNS) {
		e->err = -E2BIG;
		return;
	}
	insns = arena_grow(e->arena, e->insns, sizeof(*insns), &e->insns_cap, e->ninsns);
	if (!insns) {
		e->err = -ENOMEM;
		return;
	}
	e->insns = insns;
	insns[e->ninsns++] = insn;
}

/* The place of @reg; one without is a bug of the allocation. */
static uint8_t phys(struct emit *e, ir_reg reg)
{
	if (reg < e->fn->nregs && e->alloc->phys[reg] < ISA_REG_FP)
		return e->alloc->phys[reg];
	if (!e->err)
		e->err = -EINVAL;
	return 0;
}

static uint8_t bpf_size(uint8_t bytes)
{
	switch (bytes) {
	case 1: return BPF_B;
	case 2: return BPF_H;
	case 4: return BPF_W;
	default: return BPF_DW;
	}
}

static void put_lddw(struct emit *e, uint8_t dst, uint8_t src, uint32_t low, uint32_t high)
{
	put(e, ISA_LD_IMM64_LO(dst, src, low));
	put(e, ISA_LD_IMM64_HI(high));
}

static void put_mov(struct emit *e, const struct ir_insn *insn)
{
	uint8_t dst = phys(e, insn->dst);
	int64_t imm = insn->a.imm;

	if (ir_is_reg(insn->a)) {
		if (phys(e, insn->a.reg) != dst)
			put(e, ISA_MOV64_REG(dst, phys(e, insn->a.reg)));
	} else if (ir_fits_s32(imm)) {
		put(e, ISA_MOV64_IMM(dst, imm));
	} else if (imm >= 0 && imm <= UINT32_MAX) {
		put(e, ISA_MOV32_IMM(dst, (uint32_t)imm));
	} else {
		put_lddw(e, dst, 0, (uint32_t)imm, (uint32_t)((uint64_t)imm >> 32));
	}
}

static void put_alu(struct emit *e, const struct ir_insn *insn)
{
	uint8_t dst = phys(e, insn->dst), class = insn->op == IR_ALU32 ? BPF_ALU : BPF_ALU64;

	if (phys(e, insn->a.reg) != dst && !e->err)
		e->err = -EINVAL;
	if (ir_is_reg(insn->b))
		put(e, ISA_INSN(class | insn->alu | BPF_X, dst, phys(e, insn->b.reg), 0, 0));
	else
		put(e, ISA_INSN(class | insn->alu | BPF_K, dst, 0, 0, insn->b.imm));
}

/* Sign extension of what is in @dst by shifts: the move that does it is version 4. */
static void put_sign(struct emit *e, uint8_t dst, uint8_t size)
{
	put(e, ISA_ALU64_IMM(BPF_LSH, dst, 64 - 8 * size));
	put(e, ISA_ALU64_IMM(BPF_ARSH, dst, 64 - 8 * size));
}

/* NEG, SWAP, EXT. */
static void put_unary(struct emit *e, const struct ir_insn *insn)
{
	uint8_t dst = phys(e, insn->dst);

	if (insn->op == IR_NEG) {
		put(e, ISA_NEG64(dst));
	} else if (insn->op == IR_SWAP) {
		put(e, ISA_TO_BE(dst, insn->size * 8));
	} else if (!insn->sign) {
		put(e, ISA_MOV32_REG(dst, phys(e, insn->a.reg)));
	} else {
		put_sign(e, dst, insn->size);
	}
}

static void put_access(struct emit *e, const struct ir_insn *insn)
{
	bool on_frame = ir_on_frame(insn);
	uint8_t base = on_frame ? ISA_REG_FP : phys(e, insn->a.reg), size = bpf_size(insn->size);
	int32_t off = insn->off + (on_frame ? e->fn->mems[insn->mem].frame_off : 0);

	switch (insn->op) {
	case IR_LOAD:
		put(e, ISA_LDX(size, phys(e, insn->dst), base, off));
		if (insn->sign && insn->size < 8)
			put_sign(e, phys(e, insn->dst), insn->size);
		break;
	case IR_STORE:
		if (ir_is_reg(insn->b))
			put(e, ISA_STX(size, base, phys(e, insn->b.reg), off));
		else
			put(e, ISA_ST(size, base, off, insn->b.imm));
		break;
	case IR_FETCH:
		put(e, ISA_ATOMIC(size, insn->alu | BPF_FETCH, base, phys(e, insn->b.reg), off));
		break;
	case IR_ATOMIC: put(e, ISA_ATOMIC(size, insn->alu, base, phys(e, insn->b.reg), off)); break;
	default: put(e, ISA_ATOMIC(size, BPF_CMPXCHG, base, phys(e, insn->c.reg), off)); break;
	}
}

static void put_map(struct emit *e, const struct ir_insn *insn)
{
	bool is_value = insn->op == IR_MAP_VALUE;
	struct lang_reloc *relocs;

	relocs = arena_grow(e->arena, e->relocs, sizeof(*relocs), &e->relocs_cap, e->nrelocs);
	if (!relocs) {
		e->err = -ENOMEM;
		return;
	}
	e->relocs = relocs;
	relocs[e->nrelocs++] = (struct lang_reloc){
		.kind = is_value ? LANG_RELOC_MAP_VALUE : LANG_RELOC_MAP,
		.insn = e->ninsns,
		.map = insn->map,
	};
	put_lddw(e, phys(e, insn->dst), is_value ? BPF_PSEUDO_MAP_VALUE : BPF_PSEUDO_MAP_FD, 0,
		 is_value ? (uint32_t)insn->off : 0);
}

/* Addresses: CTX, MEM, MAP, MAP_VALUE, FUNC. */
static void put_address(struct emit *e, const struct ir_insn *insn)
{
	uint8_t dst = phys(e, insn->dst);
	uint32_t *funcs;

	switch (insn->op) {
	case IR_CTX:
		if (dst != 1)
			put(e, ISA_MOV64_REG(dst, 1));
		break;
	case IR_MEM:
		put(e, ISA_MOV64_REG(dst, ISA_REG_FP));
		put(e, ISA_ALU64_IMM(BPF_ADD, dst, e->fn->mems[insn->mem].frame_off + insn->off));
		break;
	case IR_FUNC:
		funcs = arena_grow(e->arena, e->funcs, sizeof(*funcs), &e->funcs_cap, e->nfuncs);
		if (!funcs) {
			e->err = -ENOMEM;
			return;
		}
		e->funcs = funcs;
		funcs[e->nfuncs++] = e->ninsns;
		put_lddw(e, dst, BPF_PSEUDO_FUNC, 0, 0);
		break;
	default: put_map(e, insn); break;
	}
}

static void put_jump(struct emit *e, const struct ir_insn *insn)
{
	uint8_t class = insn->is32 ? BPF_JMP32 : BPF_JMP;
	struct fixup *fixups;

	fixups = arena_grow(e->arena, e->fixups, sizeof(*fixups), &e->fixups_cap, e->nfixups);
	if (!fixups) {
		e->err = -ENOMEM;
		return;
	}
	e->fixups = fixups;
	fixups[e->nfixups++] = (struct fixup){.insn = e->ninsns, .label = insn->label};
	if (insn->op == IR_JMP)
		put(e, ISA_JA(0));
	else if (ir_is_reg(insn->b))
		put(e, ISA_INSN(class | insn->alu | BPF_X, phys(e, insn->a.reg),
				phys(e, insn->b.reg), 0, 0));
	else
		put(e,
		    ISA_INSN(class | insn->alu | BPF_K, phys(e, insn->a.reg), 0, 0, insn->b.imm));
}

static void put_insn(struct emit *e, const struct ir_insn *insn)
{
	switch (insn->op) {
	case IR_NOP: break;
	case IR_LABEL: e->label_at[insn->label] = e->ninsns; break;
	case IR_MOV: put_mov(e, insn); break;
	case IR_ALU:
	case IR_ALU32: put_alu(e, insn); break;
	case IR_NEG:
	case IR_SWAP:
	case IR_EXT: put_unary(e, insn); break;
	case IR_LOAD:
	case IR_STORE:
	case IR_ATOMIC:
	case IR_FETCH:
	case IR_CMPXCHG: put_access(e, insn); break;
	case IR_CTX:
	case IR_MEM:
	case IR_MAP:
	case IR_MAP_VALUE:
	case IR_FUNC: put_address(e, insn); break;
	case IR_CALL: put(e, ISA_CALL(insn->imm)); break;
	case IR_JMP:
	case IR_BR: put_jump(e, insn); break;
	case IR_EXIT: put(e, ISA_EXIT()); break;
	}
}

/* Every for_each_map_elem callback is the same: "go on". */
static void put_callback(struct emit *e, struct lang_program *prog)
{
	prog->callback = 0;
	if (!e->nfuncs)
		return;
	prog->callback = e->ninsns;
	put(e, ISA_MOV64_IMM(0, 0));
	put(e, ISA_EXIT());
	for (uint32_t i = 0; i < e->nfuncs && !e->err; i++)
		e->insns[e->funcs[i]].imm = (int32_t)(prog->callback - e->funcs[i] - 1);
}

static void complete_jumps(struct emit *e)
{
	for (uint32_t i = 0; i < e->nfixups && !e->err; i++) {
		uint32_t at = e->fixups[i].insn;
		int64_t off = (int64_t)e->label_at[e->fixups[i].label] - at - 1;

		if (!ir_fits_s16(off))
			e->err = -E2BIG;
		else
			e->insns[at].off = (int16_t)off;
	}
}

int emit_program(const struct ir_function *fn, const struct ir_allocation *alloc,
		 struct lang_arena *arena, struct lang_program *prog)
{
	struct emit e = {.fn = fn, .alloc = alloc, .arena = arena};

	e.label_at = ARENA_ARRAY(arena, uint32_t, fn->nlabels);
	if (!e.label_at)
		return -ENOMEM;
	for (const struct ir_insn *insn = fn->first; insn && !e.err; insn = insn->next)
		put_insn(&e, insn);
	put_callback(&e, prog);
	complete_jumps(&e);
	if (e.err)
		return e.err;
	prog->insns = e.insns;
	prog->ninsns = e.ninsns;
	prog->relocs = e.relocs;
	prog->nrelocs = e.nrelocs;
	return 0;
}
