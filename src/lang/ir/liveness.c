// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Basic blocks and liveness: the usual backward data flow on bit sets, to a fixed point,
 * so that loops are right; then one backward walk of each block makes the ranges, with
 * holes. Only registers that some block reads before it writes them take part in the
 * data flow; most live inside one block.
 */
#include <errno.h>
#include <string.h>

#include "lang/ir/live.h"

/* Bits of all sets together; far beyond what fits in one program. */
#define MAX_SET_BITS (1ULL << 31)

struct sets {
	uint32_t *index; /* by register: bit, or UINT32_MAX when local to its blocks */
	ir_reg *reg;	 /* by bit */
	uint32_t nglobals, words;
	uint64_t *gen, *kill, *in, *out; /* by block, words each */
};

static bool begins_block(const struct ir_insn *insn)
{
	return !insn->prev || insn->op == IR_LABEL || ir_ends_flow(insn->prev) ||
	       insn->prev->op == IR_BR;
}

static int find_blocks(const struct ir_function *fn, struct liveness *live)
{
	struct live_block *block = NULL;
	uint32_t number = 0, n = 0;
	bool cold = false;

	for (struct ir_insn *insn = fn->first; insn; insn = insn->next)
		n += begins_block(insn);
	live->blocks = ARENA_ARRAY(live->arena, struct live_block, n);
	live->label_block = ARENA_ARRAY(live->arena, uint32_t, fn->nlabels);
	if (!live->blocks || !live->label_block)
		return -ENOMEM;
	memset(live->label_block, 0xff, sizeof(uint32_t) * fn->nlabels);
	for (struct ir_insn *insn = fn->first; insn; insn = insn->next, number++) {
		if (begins_block(insn)) {
			block = &live->blocks[live->nblocks++];
			block->first = insn;
			block->start = number;
			block->cold = cold;
		}
		if (insn->op == IR_LABEL)
			live->label_block[insn->label] = live->nblocks - 1;
		cold |= insn->op == IR_EXIT;
		block->last = insn;
		block->end = number + 1;
	}
	return 0;
}

static int link_blocks(struct liveness *live)
{
	for (uint32_t i = 0; i < live->nblocks; i++) {
		struct live_block *block = &live->blocks[i];

		block->succ[0] = block->succ[1] = LIVE_NOBLOCK;
		if (block->last->op == IR_JMP || block->last->op == IR_BR) {
			block->succ[0] = live->label_block[block->last->label];
			if (block->succ[0] == LIVE_NOBLOCK)
				return -EINVAL;
		}
		if (!ir_ends_flow(block->last) && i + 1 < live->nblocks)
			block->succ[1] = i + 1;
	}
	return 0;
}

/* In list order a jump backwards closes a loop of all blocks between. */
static void find_loops(struct liveness *live)
{
	for (uint32_t i = 0; i < live->nblocks; i++) {
		uint32_t to = live->blocks[i].succ[0];

		if (to > i)
			continue;
		for (uint32_t j = to; j <= i; j++)
			live->blocks[j].depth++;
	}
}

static int find_reached(struct liveness *live)
{
	uint32_t *todo = ARENA_ARRAY(live->arena, uint32_t, live->nblocks * 2 + 1);
	uint32_t n = 0;

	if (!todo)
		return -ENOMEM;
	if (live->nblocks)
		todo[n++] = 0;
	while (n) {
		struct live_block *block = &live->blocks[todo[--n]];

		if (block->reached)
			continue;
		block->reached = true;
		for (uint32_t s = 0; s < 2; s++)
			if (block->succ[s] != LIVE_NOBLOCK && !live->blocks[block->succ[s]].reached)
				todo[n++] = block->succ[s];
	}
	return 0;
}

int live_blocks(const struct ir_function *fn, struct lang_arena *arena, struct liveness *live)
{
	int err;

	*live = (struct liveness){.arena = arena, .undefined = IR_NOREG};
	err = find_blocks(fn, live);
	if (!err)
		err = link_blocks(live);
	if (!err)
		err = find_reached(live);
	if (!err)
		find_loops(live);
	return err;
}

static bool test_bit(const uint64_t *set, uint32_t bit)
{
	return set[bit / 64] >> (bit % 64) & 1;
}

static void set_bit(uint64_t *set, uint32_t bit)
{
	set[bit / 64] |= 1ULL << (bit % 64);
}

/* Numbers the registers that a block reads before writing them. */
static int find_globals(const struct ir_function *fn, struct liveness *live, struct sets *sets)
{
	uint32_t *written = ARENA_ARRAY(live->arena, uint32_t, fn->nregs);
	struct ir_arg *args[IR_MAX_OPERANDS];

	sets->index = ARENA_ARRAY(live->arena, uint32_t, fn->nregs);
	sets->reg = ARENA_ARRAY(live->arena, ir_reg, fn->nregs);
	if (!written || !sets->index || !sets->reg)
		return -ENOMEM;
	memset(sets->index, 0xff, sizeof(uint32_t) * fn->nregs);
	for (uint32_t i = 0; i < live->nblocks; i++) {
		struct live_block *block = &live->blocks[i];

		for (struct ir_insn *insn = block->first;; insn = insn->next) {
			uint32_t n = ir_operands(insn, args);

			for (uint32_t k = 0; k < n; k++) {
				ir_reg reg = args[k]->reg;

				if (reg == IR_NOREG || written[reg] == i + 1 ||
				    sets->index[reg] != UINT32_MAX)
					continue;
				sets->index[reg] = sets->nglobals;
				sets->reg[sets->nglobals++] = reg;
			}
			if (insn->dst != IR_NOREG)
				written[insn->dst] = i + 1;
			if (insn == block->last)
				break;
		}
	}
	return 0;
}

/* gen: read before written; kill: written. */
static void fill_block(const struct live_block *block, const struct sets *sets, uint64_t *gen,
		       uint64_t *kill)
{
	struct ir_arg *args[IR_MAX_OPERANDS];

	for (struct ir_insn *insn = block->first;; insn = insn->next) {
		uint32_t n = ir_operands(insn, args);

		for (uint32_t k = 0; k < n; k++) {
			uint32_t bit = ir_is_reg(*args[k]) ? sets->index[args[k]->reg] : UINT32_MAX;

			if (bit != UINT32_MAX && !test_bit(kill, bit))
				set_bit(gen, bit);
		}
		if (insn->dst != IR_NOREG && sets->index[insn->dst] != UINT32_MAX)
			set_bit(kill, sets->index[insn->dst]);
		if (insn == block->last)
			break;
	}
}

static int make_sets(struct liveness *live, struct sets *sets)
{
	size_t total;

	sets->words = (sets->nglobals + 63) / 64;
	if ((uint64_t)sets->words * 64 * 4 * live->nblocks > MAX_SET_BITS)
		return -E2BIG;
	total = (size_t)sets->words * live->nblocks;
	sets->gen = ARENA_ARRAY(live->arena, uint64_t, total);
	sets->kill = ARENA_ARRAY(live->arena, uint64_t, total);
	sets->in = ARENA_ARRAY(live->arena, uint64_t, total);
	sets->out = ARENA_ARRAY(live->arena, uint64_t, total);
	if (!sets->gen || !sets->kill || !sets->in || !sets->out)
		return -ENOMEM;
	for (uint32_t i = 0; i < live->nblocks; i++)
		fill_block(&live->blocks[i], sets, sets->gen + (size_t)i * sets->words,
			   sets->kill + (size_t)i * sets->words);
	return 0;
}

static void flow(struct liveness *live, struct sets *sets)
{
	bool changed = true;

	while (changed) {
		changed = false;
		for (uint32_t i = live->nblocks; i-- > 0;) {
			size_t at = (size_t)i * sets->words;

			for (uint32_t w = 0; w < sets->words; w++) {
				uint64_t out = 0, in;

				for (uint32_t s = 0; s < 2; s++) {
					uint32_t to = live->blocks[i].succ[s];

					if (to != LIVE_NOBLOCK)
						out |= sets->in[(size_t)to * sets->words + w];
				}
				in = sets->gen[at + w] | (out & ~sets->kill[at + w]);
				changed |= in != sets->in[at + w];
				sets->out[at + w] = out;
				sets->in[at + w] = in;
			}
		}
	}
}

/* Adds [from, to) before all ranges of @reg, which begin at or behind @to. */
static int add_range(struct liveness *live, ir_reg reg, uint32_t from, uint32_t to)
{
	struct live_range *first = live->ranges[reg], *range;

	if (first && first->from <= to) {
		first->from = from;
		return 0;
	}
	range = ARENA_NEW(live->arena, struct live_range);
	if (!range)
		return -ENOMEM;
	*range = (struct live_range){.from = from, .to = to, .next = first};
	live->ranges[reg] = range;
	return 0;
}

/* One instruction backwards; end[reg] is where its current range ends, 0 when not live. */
static int step_back(struct liveness *live, struct ir_insn *insn, uint32_t number, uint32_t *end)
{
	struct ir_arg *args[IR_MAX_OPERANDS];
	uint32_t n = ir_operands(insn, args), write = 2 * number + 1;
	int err = 0;

	if (insn->dst != IR_NOREG) {
		uint32_t to = end[insn->dst];

		err = add_range(live, insn->dst, write, to ? to : write + 1);
		end[insn->dst] = 0;
	}
	for (uint32_t k = 0; k < n; k++)
		if (ir_is_reg(*args[k]) && !end[args[k]->reg])
			end[args[k]->reg] = write;
	return err;
}

static int make_ranges(const struct ir_function *fn, struct liveness *live, struct sets *sets)
{
	uint32_t *end = ARENA_ARRAY(live->arena, uint32_t, fn->nregs);
	int err = 0;

	live->ranges = ARENA_ARRAY(live->arena, struct live_range *, fn->nregs);
	if (!end || !live->ranges)
		return -ENOMEM;
	for (uint32_t i = live->nblocks; i-- > 0 && !err;) {
		struct live_block *block = &live->blocks[i];
		uint64_t *out = sets->out + (size_t)i * sets->words;
		uint64_t *in = sets->in + (size_t)i * sets->words;
		struct ir_insn *insn = block->last;

		for (uint32_t bit = 0; bit < sets->nglobals; bit++)
			if (test_bit(out, bit))
				end[sets->reg[bit]] = 2 * block->end;
		for (uint32_t number = block->end; number-- > block->start && !err;) {
			err = step_back(live, insn, number, end);
			insn = insn->prev;
		}
		for (uint32_t bit = 0; bit < sets->nglobals && !err; bit++) {
			if (!test_bit(in, bit))
				continue;
			err = add_range(live, sets->reg[bit], 2 * block->start,
					end[sets->reg[bit]]);
			end[sets->reg[bit]] = 0;
		}
	}
	return err;
}

int live_analyse(const struct ir_function *fn, struct lang_arena *arena, struct liveness *live)
{
	struct sets sets = {0};
	int err = live_blocks(fn, arena, live);

	if (!err)
		err = find_globals(fn, live, &sets);
	if (!err)
		err = make_sets(live, &sets);
	if (err)
		return err;
	flow(live, &sets);
	for (uint32_t bit = 0; bit < sets.nglobals && live->nblocks; bit++)
		if (test_bit(sets.in, bit))
			live->undefined = sets.reg[bit];
	return make_ranges(fn, live, &sets);
}

bool live_overlap(const struct live_range *a, const struct live_range *b)
{
	while (a && b) {
		if (a->to <= b->from)
			a = a->next;
		else if (b->to <= a->from)
			b = b->next;
		else
			return true;
	}
	return false;
}
