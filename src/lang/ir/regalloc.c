// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Registers for virtual registers: linear scan over live ranges with holes.
 *
 * Registers are visited in the order of their first definition. One that is live across a
 * call must have r6 … r9; others take what is free. Among the free ones the partner of a
 * move is preferred, which makes the move vanish: so values are computed in the argument
 * register they are passed in. When nothing is free the cheapest goes to the stack:
 * either this one or those that hold the place. Then all is done again, until nothing
 * is spilled; the short registers that spilling makes are never chosen.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lang/ir/opt.h"
#include "lang/ir/regalloc.h"

#define MAX_ROUNDS 64
#define NEVER	   1e30 /* cost of what must not be spilled */
#define BOUND	   32	/* times as costly: before 5.16 the verifier forgets bounds in the stack */

/* "This register is copied from or to that one." */
struct hint {
	ir_reg other;
	uint32_t weight;
	struct hint *next;
};

struct assigned {
	ir_reg reg;
	struct assigned *next;
};

struct scan {
	struct ir_function *fn;
	struct lang_arena *arena; /* of this round */
	struct liveness live;
	ir_reg fixed;	      /* fixed + n is r<n> */
	ir_reg first_short;   /* from here on: made by spilling */
	uint32_t *last_point; /* by register: end of its ranges */
	double *cost;
	struct hint **hints;
	struct ir_insn **def; /* only writer, when it is cheap to repeat */
	uint8_t *phys;
	bool *chosen; /* for spilling */
	uint32_t nchosen;
	uint32_t *calls, ncalls; /* numbers of the calls, ascending */
	struct assigned *assigned[RA_NREGS];
};

static void add_hint(struct scan *s, ir_reg reg, ir_reg other, uint32_t weight)
{
	struct hint *hint = ARENA_NEW(s->arena, struct hint);

	if (!hint)
		return;
	*hint = (struct hint){.other = other, .weight = weight, .next = s->hints[reg]};
	s->hints[reg] = hint;
}

static uint32_t frequency(const struct live_block *block)
{
	static const uint32_t by_depth[] = {8, 80, 800, 8000};

	return by_depth[block->depth < 4 ? block->depth : 3] / (block->cold ? 8 : 1);
}

/* Does @insn teach the verifier a bound of @insn->a (a comparison) or of the result (a mask)? */
static ir_reg bounded(const struct ir_insn *insn)
{
	if (ir_is_reg(insn->b) || insn->b.imm == 0)
		return IR_NOREG;
	if (insn->op == IR_BR && insn->alu != BPF_JEQ && insn->alu != BPF_JNE)
		return insn->a.reg;
	return insn->op == IR_ALU && insn->alu == BPF_AND ? insn->dst : IR_NOREG;
}

/* What spilling each register would cost, by use; its hints; the calls. */
static void survey_insn(struct scan *s, struct ir_insn *insn, uint32_t number, uint32_t freq,
			uint32_t *writes)
{
	struct ir_arg *args[IR_MAX_OPERANDS];
	uint32_t n = ir_operands(insn, args);

	for (uint32_t i = 0; i < n; i++)
		if (ir_is_reg(*args[i]))
			s->cost[args[i]->reg] += freq;
	if (insn->dst != IR_NOREG) {
		s->cost[insn->dst] += freq;
		s->def[insn->dst] = ir_is_constant(insn) && writes[insn->dst]++ == 0 ? insn : NULL;
		if (!s->def[insn->dst])
			writes[insn->dst] = 2;
	}
	if (bounded(insn) != IR_NOREG)
		s->cost[bounded(insn)] += BOUND * freq;
	if (insn->op == IR_CALL)
		s->calls[s->ncalls++] = number;
	if (insn->op == IR_MOV && ir_is_reg(insn->a) && insn->a.reg != insn->dst) {
		add_hint(s, insn->dst, insn->a.reg, freq);
		add_hint(s, insn->a.reg, insn->dst, freq);
	}
	if (insn->op == IR_EXT && insn->a.reg != insn->dst) {
		add_hint(s, insn->dst, insn->a.reg, 1);
		add_hint(s, insn->a.reg, insn->dst, 1);
	}
	if (insn->op == IR_CTX)
		add_hint(s, insn->dst, s->fixed + 1, freq);
}

static void finish_costs(struct scan *s)
{
	for (ir_reg reg = 0; reg < s->fn->nregs; reg++) {
		uint32_t length = 0;

		for (struct live_range *range = s->live.ranges[reg]; range; range = range->next) {
			length += range->to - range->from;
			s->last_point[reg] = range->to;
		}
		if (reg >= s->first_short || (reg >= s->fixed && reg < s->fixed + RA_NFIXED))
			s->cost[reg] = NEVER;
		else
			s->cost[reg] /= (length + 4) * (s->def[reg] ? 4.0 : 1.0);
	}
}

static int survey(struct scan *s)
{
	uint32_t nregs = s->fn->nregs, *writes = ARENA_ARRAY(s->arena, uint32_t, nregs);

	s->last_point = ARENA_ARRAY(s->arena, uint32_t, nregs);
	s->cost = ARENA_ARRAY(s->arena, double, nregs);
	s->hints = ARENA_ARRAY(s->arena, struct hint *, nregs);
	s->def = ARENA_ARRAY(s->arena, struct ir_insn *, nregs);
	s->phys = ARENA_ARRAY(s->arena, uint8_t, nregs);
	s->chosen = ARENA_ARRAY(s->arena, bool, nregs);
	s->calls = ARENA_ARRAY(s->arena, uint32_t, s->fn->ninsns);
	if (!writes || !s->last_point || !s->cost || !s->hints || !s->def || !s->phys ||
	    !s->chosen || !s->calls)
		return -ENOMEM;
	memset(s->phys, RA_NO_PHYS, nregs);
	for (uint32_t i = 0; i < s->live.nblocks; i++) {
		struct live_block *block = &s->live.blocks[i];
		struct ir_insn *insn = block->first;

		for (uint32_t n = block->start; n < block->end; n++, insn = insn->next)
			survey_insn(s, insn, n, frequency(block), writes);
	}
	finish_costs(s);
	for (uint32_t i = 0; i < RA_NFIXED; i++)
		s->phys[s->fixed + i] = (uint8_t)i;
	return arena_failed(s->arena) ? -ENOMEM : 0;
}

/* Is @range's register live while a call clobbers r0 … r5? */
static bool crosses_call(const struct scan *s, const struct live_range *range)
{
	for (; range; range = range->next) {
		uint32_t low = 0, high = s->ncalls;

		/* The first call whose clobbering point is not before the range. */
		while (low < high) {
			uint32_t mid = (low + high) / 2;

			if (2 * s->calls[mid] + 1 < range->from)
				low = mid + 1;
			else
				high = mid;
		}
		if (low < s->ncalls && 2 * s->calls[low] + 1 < range->to)
			return true;
	}
	return false;
}

/* Points go up only: what ended before @point will not matter again. */
static void forget_before(struct scan *s, uint32_t point)
{
	for (uint32_t p = 0; p < RA_NREGS; p++) {
		struct assigned **link = &s->assigned[p];

		while (*link) {
			ir_reg reg = (*link)->reg;
			struct live_range *range = s->live.ranges[reg];

			while (range && range->to <= point)
				range = range->next;
			s->live.ranges[reg] = range;
			if (range)
				link = &(*link)->next;
			else
				*link = (*link)->next;
		}
	}
	for (uint32_t i = 0; i < RA_NFIXED; i++) {
		struct live_range **range = &s->live.ranges[s->fixed + i];

		while (*range && (*range)->to <= point)
			*range = (*range)->next;
	}
}

/* What must be spilled for @ranges to have r<p>: the sum of costs, 0 when it is free. */
static double price(const struct scan *s, const struct live_range *ranges, uint32_t p)
{
	double sum = 0;

	if (p < RA_NFIXED && live_overlap(ranges, s->live.ranges[s->fixed + p]))
		return NEVER;
	for (struct assigned *at = s->assigned[p]; at; at = at->next)
		if (live_overlap(ranges, s->live.ranges[at->reg]))
			sum += s->cost[at->reg];
	return sum;
}

/* How much each place is wanted by the partners of @reg's moves, and by theirs. */
static void score(const struct scan *s, ir_reg reg, uint64_t wanted[RA_NREGS])
{
	memset(wanted, 0, sizeof(*wanted) * RA_NREGS);
	for (struct hint *hint = s->hints[reg]; hint; hint = hint->next) {
		uint8_t p = s->phys[hint->other];

		if (p != RA_NO_PHYS) {
			wanted[p] += 4ULL * hint->weight;
			continue;
		}
		for (struct hint *far = s->hints[hint->other]; far; far = far->next)
			if (s->phys[far->other] != RA_NO_PHYS)
				wanted[s->phys[far->other]] += hint->weight;
	}
}

static void spill(struct scan *s, ir_reg reg)
{
	if (!s->chosen[reg])
		s->nchosen++;
	s->chosen[reg] = true;
	s->phys[reg] = RA_NO_PHYS;
}

/* Gives @reg the place @p; who overlaps there is spilled. */
static int take(struct scan *s, ir_reg reg, uint32_t p)
{
	struct assigned **link = &s->assigned[p], *new = ARENA_NEW(s->arena, struct assigned);

	if (!new)
		return -ENOMEM;
	while (*link) {
		if (live_overlap(s->live.ranges[reg], s->live.ranges[(*link)->reg])) {
			spill(s, (*link)->reg);
			*link = (*link)->next;
		} else {
			link = &(*link)->next;
		}
	}
	*new = (struct assigned){.reg = reg, .next = s->assigned[p]};
	s->assigned[p] = new;
	s->phys[reg] = (uint8_t)p;
	return 0;
}

static int place(struct scan *s, ir_reg reg)
{
	/* Arguments' registers last: others are computed right into them. */
	static const uint8_t order[RA_NREGS] = {0, 5, 4, 3, 2, 1, 6, 7, 8, 9};
	struct live_range *ranges = s->live.ranges[reg];
	bool crossing = crosses_call(s, ranges);
	uint64_t wanted[RA_NREGS];
	uint32_t best = RA_NREGS, cheapest = RA_NREGS;
	double least = NEVER;

	forget_before(s, ranges->from);
	score(s, reg, wanted);
	for (uint32_t i = crossing ? RA_NFIXED : 0; i < RA_NREGS; i++) {
		uint32_t p = order[i];
		double cost = price(s, ranges, p);

		if (cost == 0 && (best == RA_NREGS || wanted[p] > wanted[best]))
			best = p;
		if (cost < least) {
			least = cost;
			cheapest = p;
		}
	}
	if (best != RA_NREGS)
		return take(s, reg, best);
	if (s->cost[reg] < NEVER && s->cost[reg] <= least) {
		spill(s, reg);
		return 0;
	}
	return cheapest == RA_NREGS ? -E2BIG : take(s, reg, cheapest);
}

struct by_start {
	uint32_t from;
	ir_reg reg;
};

static int compare_start(const void *a, const void *b)
{
	const struct by_start *x = a, *y = b;

	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	return x->reg < y->reg ? -1 : x->reg > y->reg;
}

static int place_all(struct scan *s)
{
	struct by_start *order = ARENA_ARRAY(s->arena, struct by_start, s->fn->nregs);
	uint32_t n = 0;
	int err = 0;

	if (!order)
		return -ENOMEM;
	for (ir_reg reg = 0; reg < s->fn->nregs; reg++)
		if (s->live.ranges[reg] && (reg < s->fixed || reg >= s->fixed + RA_NFIXED))
			order[n++] = (struct by_start){s->live.ranges[reg]->from, reg};
	qsort(order, n, sizeof(*order), compare_start);
	for (uint32_t i = 0; i < n && !err; i++)
		err = place(s, order[i].reg);
	return err;
}

/* Memory objects in use get their places: the script's first, then the slots of spills. */
static int lay_out_frame(struct ir_function *fn, uint32_t *size)
{
	uint32_t limit = RA_STACK, used = 0;

	for (uint32_t i = 0; i < fn->nmems; i++)
		fn->mems[i].frame_off = 0;
	for (struct ir_insn *insn = fn->first; insn; insn = insn->next) {
		if (insn->op == IR_MEM || ir_on_frame(insn))
			fn->mems[insn->mem].frame_off = -1;
		/* The callback's own frame counts as 32 bytes, and ours is rounded up to 32. */
		if (insn->op == IR_FUNC)
			limit = RA_STACK - 32;
	}
	for (uint32_t i = 0; i < fn->nmems; i++) {
		struct ir_mem_def *mem = &fn->mems[i];

		if (!mem->frame_off)
			continue;
		if (mem->size > limit - used || used + ((mem->size + 7) & ~7U) > limit)
			return -E2BIG;
		used += (mem->size + 7) & ~7U;
		mem->frame_off = -(int32_t)used;
	}
	*size = used;
	return 0;
}

/* One attempt. s->nchosen tells whether it has to be repeated. */
static int allocate_round(struct scan *s)
{
	struct liveness again = {0};
	struct ra_spills spills;
	int err = live_analyse(s->fn, s->arena, &s->live);

	if (!err)
		err = survey(s);
	if (!err)
		err = place_all(s);
	if (err || !s->nchosen)
		return err;
	/* The scan has used up the ranges; slots are shared by looking at all of them. */
	err = live_analyse(s->fn, s->arena, &again);
	if (err)
		return err;
	spills = (struct ra_spills){
		.chosen = s->chosen,
		.def = s->def,
		.live = &again,
		.arena = s->arena,
		.nregs = s->fn->nregs,
	};
	return ra_spill(s->fn, &spills);
}

/* Branches on constants are decided now: the verifier refuses what is never reached. */
static int remove_unreached(struct ir_function *fn)
{
	struct lang_arena *arena = arena_new();
	bool changed = false;
	int err = arena ? opt_flow(fn, arena, &changed) : -ENOMEM;

	if (arena)
		arena_free(arena);
	return err;
}

int ir_allocate(struct ir_function *fn, struct ir_allocation *out)
{
	struct scan s = {.fn = fn};
	uint32_t rounds = 0;
	int err;

	*out = (struct ir_allocation){0};
	if (fn->failed)
		return -ENOMEM;
	err = ra_legalise(fn, &s.fixed);
	if (!err)
		err = remove_unreached(fn);
	if (err)
		return err;
	s.first_short = fn->nregs;
	do {
		struct scan round = {.fn = fn, .fixed = s.fixed, .first_short = s.first_short};

		round.arena = arena_new();
		if (!round.arena)
			return -ENOMEM;
		err = allocate_round(&round);
		s.nchosen = round.nchosen;
		out->nspills += round.nchosen;
		if (!err && !s.nchosen) {
			out->phys = ARENA_ARRAY(fn->arena, uint8_t, fn->nregs);
			if (out->phys)
				memcpy(out->phys, round.phys, fn->nregs);
			else
				err = -ENOMEM;
		}
		arena_free(round.arena);
		if (!err && s.nchosen && ++rounds == MAX_ROUNDS)
			err = -E2BIG;
	} while (!err && s.nchosen);
	return err ? err : lay_out_frame(fn, &out->stack_size);
}
