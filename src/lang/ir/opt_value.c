// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * What is known about the registers that an instruction reads, from the instructions
 * that wrote them: a constant or copy is used in place, an address with an offset folds
 * into the access, an extension of what is narrow already is a move.
 *
 * A fact is the instruction that wrote a register. For one that is written once it holds
 * everywhere; for others until the next write, inside one block.
 */
#include <errno.h>

#include "lang/ir/live.h"
#include "lang/ir/opt.h"

#define MAX_AVAILABLE 16
#define MAX_STEPS     16 /* through chains of copies */

struct fact {
	struct ir_insn *def;
	uint32_t block;
	uint32_t version;   /* of the register, after def */
	uint32_t a_version; /* of def->a.reg, at def */
};

/* An address that a register holds now, to be used again. */
struct available {
	struct ir_insn *def;
	uint32_t version;
};

struct values {
	struct ir_function *fn;
	uint32_t *writes;  /* by register: how often in all */
	uint32_t *version; /* by register: how often so far */
	struct fact *facts;
	uint32_t block;
	struct available available[MAX_AVAILABLE];
	uint32_t navailable;
	bool changed;
};

/* The instruction that made the value of @a, or NULL. */
static struct ir_insn *def_of(const struct values *vs, struct ir_arg a)
{
	const struct fact *fact;

	if (!ir_is_reg(a))
		return NULL;
	fact = &vs->facts[a.reg];
	if (vs->writes[a.reg] == 1)
		return fact->def;
	return fact->block == vs->block && fact->version == vs->version[a.reg] ? fact->def : NULL;
}

/* Has the operand a of the instruction that made @reg still the value it had there? */
static bool same_a(const struct values *vs, ir_reg reg)
{
	const struct fact *fact = &vs->facts[reg];
	ir_reg a = fact->def->a.reg;

	if (a == IR_NOREG || vs->writes[a] == 1)
		return true;
	return fact->block == vs->block && fact->a_version == vs->version[a];
}

/* The instruction of operation @op that made @a, if its operand a is still valid. */
static struct ir_insn *made_by(const struct values *vs, struct ir_arg a, enum ir_op op)
{
	struct ir_insn *def = def_of(vs, a);

	return def && def->op == op && same_a(vs, a.reg) ? def : NULL;
}

/* x + constant, x & constant: that instruction. */
static struct ir_insn *made_by_alu(const struct values *vs, struct ir_arg a, uint8_t alu)
{
	struct ir_insn *def = made_by(vs, a, IR_ALU);

	return def && def->alu == alu && ir_is_reg(def->a) && !ir_is_reg(def->b) ? def : NULL;
}

/* Copies and constants; a base must stay a register. */
static void forward(struct values *vs, struct ir_arg *arg, bool is_base)
{
	for (uint32_t i = 0; i < MAX_STEPS; i++) {
		struct ir_insn *def = made_by(vs, *arg, IR_MOV);

		if (!def || (is_base && !ir_is_reg(def->a)) || def->a.reg == arg->reg)
			return;
		*arg = def->a;
		vs->changed = true;
	}
}

/* All bits of @a from here up are known to be zero. */
static uint32_t width(const struct values *vs, struct ir_arg a)
{
	const struct ir_insn *def = def_of(vs, a);

	if (!def)
		return 64;
	switch (def->op) {
	case IR_LOAD:
	case IR_EXT: return def->sign ? 64 : def->size * 8;
	case IR_SWAP: return def->size * 8;
	case IR_ALU32: return 32;
	case IR_ALU:
		if (ir_is_reg(def->b))
			return 64;
		if (def->alu == BPF_RSH)
			return 64 - (def->b.imm & 63);
		if (def->alu == BPF_AND && def->b.imm > 0)
			return 64 - (uint32_t)__builtin_clzll((uint64_t)def->b.imm);
		return 64;
	default: return 64;
	}
}

static bool simplify_ext(struct values *vs, struct ir_insn *insn)
{
	uint32_t bits = insn->size * 8U, a_bits = width(vs, insn->a);
	struct ir_insn *def = def_of(vs, insn->a);

	if (!ir_is_reg(insn->a))
		return opt_become_mov(insn, ir_i((int64_t)ir_eval_ext((uint64_t)insn->a.imm,
								      insn->size, insn->sign)));
	if (insn->size == 8 || (insn->sign ? a_bits < bits : a_bits <= bits))
		return opt_become_mov(insn, insn->a);
	if (!def || (def->op != IR_EXT && def->op != IR_LOAD))
		return false;
	if (insn->sign && def->sign && def->size <= insn->size)
		return opt_become_mov(insn, insn->a);
	if (def->op == IR_EXT && def->size >= insn->size && same_a(vs, insn->a.reg) &&
	    ir_is_reg(def->a)) {
		insn->a = def->a;
		return true;
	}
	return false;
}

static bool simplify_alu(struct values *vs, struct ir_insn *insn)
{
	struct ir_insn *def;

	if (opt_alu_constant(insn))
		return true;
	if (insn->op != IR_ALU || ir_is_reg(insn->b) || !ir_is_reg(insn->a) ||
	    (insn->alu != BPF_ADD && insn->alu != BPF_AND))
		return false;
	def = made_by_alu(vs, insn->a, insn->alu);
	if (!def)
		return false;
	insn->a = def->a;
	insn->b.imm =
		(int64_t)ir_eval_alu(insn->alu, false, (uint64_t)insn->b.imm, (uint64_t)def->b.imm);
	return true;
}

/* A narrow store needs no narrow value. */
static bool narrow_store(struct values *vs, struct ir_insn *insn)
{
	struct ir_insn *def = made_by(vs, insn->b, IR_EXT);
	uint64_t ones = insn->size == 8 ? UINT64_MAX : (1ULL << insn->size * 8) - 1;

	if (def && def->size >= insn->size && ir_is_reg(def->a)) {
		insn->b = def->a;
		return true;
	}
	def = made_by_alu(vs, insn->b, BPF_AND);
	if (!def || ((uint64_t)def->b.imm & ones) != ones)
		return false;
	insn->b = def->a;
	return true;
}

/* An offset added to the base becomes the access's own. */
static bool fold_base(struct values *vs, struct ir_insn *insn)
{
	struct ir_insn *def = def_of(vs, insn->a);
	int64_t off;

	if (!def)
		return false;
	if (def->op == IR_MEM) {
		off = (int64_t)insn->off + def->off;
		if (off < 0 || off + insn->size > vs->fn->mems[def->mem].size)
			return false;
		insn->a = ir_i(0);
		insn->mem = def->mem;
		insn->off = (int32_t)off;
		return true;
	}
	def = made_by_alu(vs, insn->a, BPF_ADD);
	if (!def || !ir_fits_s16(def->b.imm) || !ir_fits_s16(insn->off + def->b.imm))
		return false;
	insn->a = def->a;
	insn->off += (int32_t)def->b.imm;
	return true;
}

static bool simplify_access(struct values *vs, struct ir_insn *insn)
{
	bool changed = false;

	for (uint32_t i = 0; i < MAX_STEPS && ir_is_reg(insn->a) && fold_base(vs, insn); i++) {
		changed = true;
		if (ir_is_reg(insn->a))
			forward(vs, &insn->a, true);
	}
	if (insn->op == IR_STORE)
		changed |= narrow_store(vs, insn);
	return changed;
}

/*
 * An address that is in a register already. Calls end this: keeping it in one of the few
 * registers that survive costs as much as making it again.
 */
static bool reuse_address(struct values *vs, struct ir_insn *insn)
{
	for (uint32_t i = 0; i < vs->navailable; i++) {
		const struct ir_insn *def = vs->available[i].def;
		int64_t delta = (int64_t)insn->off - def->off;

		if (def->op != insn->op || vs->available[i].version != vs->version[def->dst] ||
		    def->dst == insn->dst)
			continue;
		if (insn->op == IR_MEM ? def->mem != insn->mem : def->map != insn->map)
			continue;
		if (delta == 0 || insn->op == IR_MAP || insn->op == IR_FUNC)
			return opt_become_mov(insn, ir_r(def->dst));
		if (insn->op != IR_MAP_VALUE || !ir_fits_s16(delta))
			continue;
		insn->op = IR_ALU;
		insn->alu = BPF_ADD;
		insn->a = ir_r(def->dst);
		insn->b = ir_i(delta);
		return true;
	}
	return false;
}

static bool simplify_br(struct ir_insn *insn)
{
	bool taken;

	if (!ir_is_reg(insn->a) && ir_is_reg(insn->b)) {
		struct ir_arg a = insn->a;

		insn->a = insn->b;
		insn->b = a;
		insn->alu = ir_mirror_cond(insn->alu);
		return true;
	}
	if (ir_is_reg(insn->a))
		return false;
	taken = ir_eval_cond(insn->alu, insn->is32, (uint64_t)insn->a.imm, (uint64_t)insn->b.imm);
	insn->op = taken ? IR_JMP : IR_NOP;
	return true;
}

static bool simplify(struct values *vs, struct ir_insn *insn)
{
	switch (insn->op) {
	case IR_ALU:
	case IR_ALU32: return simplify_alu(vs, insn);
	case IR_NEG:
		return !ir_is_reg(insn->a) &&
		       opt_become_mov(insn, ir_i((int64_t)(0 - (uint64_t)insn->a.imm)));
	case IR_SWAP:
		return !ir_is_reg(insn->a) &&
		       opt_become_mov(insn, ir_i((int64_t)ir_eval_swap((uint64_t)insn->a.imm,
								       insn->size)));
	case IR_EXT: return simplify_ext(vs, insn);
	case IR_LOAD:
	case IR_STORE:
	case IR_ATOMIC:
	case IR_FETCH:
	case IR_CMPXCHG: return simplify_access(vs, insn);
	case IR_MEM:
	case IR_MAP:
	case IR_MAP_VALUE:
	case IR_FUNC: return reuse_address(vs, insn);
	case IR_BR: return simplify_br(insn);
	default: return false;
	}
}

static void learn(struct values *vs, struct ir_insn *insn)
{
	struct fact *fact;

	if (insn->op == IR_CALL)
		vs->navailable = 0;
	if (insn->dst == IR_NOREG)
		return;
	fact = &vs->facts[insn->dst];
	fact->def = insn;
	fact->block = vs->block;
	fact->a_version = ir_is_reg(insn->a) ? vs->version[insn->a.reg] : 0;
	fact->version = ++vs->version[insn->dst];
	if (insn->op != IR_MOV && ir_is_constant(insn) && vs->navailable < MAX_AVAILABLE)
		vs->available[vs->navailable++] =
			(struct available){.def = insn, .version = fact->version};
}

static void visit(struct values *vs, struct ir_insn *insn)
{
	struct ir_arg *args[IR_MAX_OPERANDS];
	uint32_t n = ir_operands(insn, args);

	for (uint32_t i = 0; i < n; i++)
		forward(vs, args[i], ir_is_access(insn) && args[i] == &insn->a);
	vs->changed |= simplify(vs, insn);
	learn(vs, insn);
}

int opt_values(struct ir_function *fn, struct lang_arena *arena, bool *changed)
{
	struct values vs = {.fn = fn};
	struct liveness live;
	int err = live_blocks(fn, arena, &live);

	if (err)
		return err;
	vs.writes = ARENA_ARRAY(arena, uint32_t, fn->nregs);
	vs.version = ARENA_ARRAY(arena, uint32_t, fn->nregs);
	vs.facts = ARENA_ARRAY(arena, struct fact, fn->nregs);
	if (!vs.writes || !vs.version || !vs.facts)
		return -ENOMEM;
	for (struct ir_insn *insn = fn->first; insn; insn = insn->next)
		if (insn->dst != IR_NOREG)
			vs.writes[insn->dst]++;
	for (uint32_t i = 0; i < live.nblocks; i++) {
		struct ir_insn *insn = live.blocks[i].first, *end = live.blocks[i].last->next;

		vs.block = i + 1;
		vs.navailable = 0;
		for (; insn != end; insn = insn->next)
			visit(&vs, insn);
	}
	*changed |= vs.changed;
	return 0;
}
