// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Random functions: a few registers written again and again, many written once and used
 * much later (so that they live across calls and do not fit), memory objects, globals,
 * the context, helper calls, branches to both sides and to blocks behind the exit, loops.
 */
#include <string.h>

#include "ir_machine.h"

#define NVARS	   5
#define MAX_VALUES 64
#define WORK_WORDS 4
#define MAX_COLD   4

struct random {
	struct ir_function *fn;
	uint64_t seed;
	ir_reg vars[NVARS];
	ir_reg values[MAX_VALUES]; /* written once, in scope */
	uint32_t nvalues, budget, depth, nbranches;
	ir_mem key, work;
	struct {
		ir_label label, back;
		ir_reg var, value;
	} cold[MAX_COLD];
	uint32_t ncold;
};

static const uint8_t alus[] = {BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_OR,  BPF_AND,
			       BPF_LSH, BPF_RSH, BPF_MOD, BPF_XOR, BPF_ARSH};
static const uint8_t conds[] = {BPF_JEQ,  BPF_JNE,  BPF_JGT,  BPF_JGE,	BPF_JLT, BPF_JLE,
				BPF_JSGT, BPF_JSGE, BPF_JSLT, BPF_JSLE, BPF_JSET};
static const uint8_t sizes[] = {1, 2, 4, 8};

#define PICK(r, array) ((array)[below(r, sizeof(array) / sizeof((array)[0]))])

uint64_t machine_next(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

static uint32_t below(struct random *r, uint32_t n)
{
	return (uint32_t)(machine_next(&r->seed) % n);
}

static int64_t constant(struct random *r)
{
	static const int64_t edges[] = {0,
					1,
					2,
					-1,
					8,
					0xff,
					0xffff,
					INT32_MAX,
					INT32_MIN,
					UINT32_MAX,
					INT64_MAX,
					INT64_MIN,
					0x100000000,
					63,
					64,
					0x80000000,
					-0x80000001LL,
					1LL << 40,
					3};

	return below(r, 4) ? PICK(r, edges) : (int64_t)machine_next(&r->seed);
}

static ir_reg some_reg(struct random *r)
{
	if (r->nvalues && below(r, 3))
		return r->values[below(r, r->nvalues)];
	return r->vars[below(r, NVARS)];
}

static struct ir_arg operand(struct random *r)
{
	return below(r, 4) ? ir_r(some_reg(r)) : ir_i(constant(r));
}

static void keep(struct random *r, ir_reg reg)
{
	if (r->nvalues < MAX_VALUES)
		r->values[r->nvalues++] = reg;
	else
		r->values[below(r, MAX_VALUES)] = reg;
}

static void arithmetic(struct random *r)
{
	ir_reg reg;

	switch (below(r, 7)) {
	case 0: reg = ir_alu32(r->fn, PICK(r, alus), operand(r), operand(r)); break;
	case 1: reg = ir_neg(r->fn, operand(r)); break;
	case 2: reg = ir_swap(r->fn, operand(r), sizes[1 + below(r, 3)]); break;
	case 3: reg = ir_ext(r->fn, operand(r), PICK(r, sizes), below(r, 2)); break;
	case 4: reg = ir_mov(r->fn, operand(r)); break;
	default: reg = ir_alu(r->fn, PICK(r, alus), operand(r), operand(r)); break;
	}
	keep(r, reg);
}

static void write_var(struct random *r)
{
	ir_reg var = r->vars[below(r, NVARS)];

	if (below(r, 3))
		ir_alu_to(r->fn, var, PICK(r, alus), operand(r), operand(r));
	else
		ir_mov_to(r->fn, var, operand(r));
}

static void memory(struct random *r)
{
	uint8_t size = PICK(r, sizes);
	uint32_t slot = below(r, WORK_WORDS) * 8;
	int32_t off = (int32_t)(slot + below(r, 8 / size) * size), shift = (int32_t)below(r, 9);
	ir_reg base;

	switch (below(r, 3)) {
	case 0: base = ir_mem_addr(r->fn, r->work, shift); break;
	case 1: base = ir_map_value(r->fn, 0, shift); break;
	default:
		base = ir_alu(r->fn, BPF_ADD, ir_r(ir_mem_addr(r->fn, r->work, 0)), ir_i(shift));
		break;
	}
	if (below(r, 2))
		ir_store(r->fn, base, off - shift, size, operand(r));
	else
		keep(r, ir_load(r->fn, base, off - shift, size, below(r, 2)));
}

static void atomic(struct random *r)
{
	static const uint8_t ops[] = {BPF_ADD, BPF_OR, BPF_AND, BPF_XOR};
	ir_reg base = ir_map_value(r->fn, 0, (int32_t)below(r, 4) * 8);

	if (below(r, 2))
		ir_atomic(r->fn, PICK(r, ops), base, 8, below(r, 2) ? 8 : 4, operand(r));
	else if (below(r, 2))
		keep(r, ir_fetch(r->fn, PICK(r, ops), base, 8, below(r, 2) ? 8 : 4, operand(r)));
	else
		keep(r, ir_cmpxchg(r->fn, base, 8, below(r, 2) ? 8 : 4, operand(r), operand(r)));
}

static void context(struct random *r)
{
	keep(r, ir_load(r->fn, ir_ctx(r->fn), (int32_t)below(r, CTX_WORDS) * 8, 8, false));
}

static ir_reg make_key(struct random *r)
{
	ir_reg key = ir_mem_addr(r->fn, r->key, 0);

	ir_store(r->fn, key, 0, 4, ir_i(below(r, ARRAY_SIZE + 2)));
	return key;
}

static void lookup(struct random *r)
{
	struct ir_arg args[2] = {ir_r(ir_map(r->fn, 1)), ir_r(make_key(r))};
	ir_reg p = ir_call(r->fn, BPF_FUNC_map_lookup_elem, 2, args);
	ir_label null = ir_new_label(r->fn);

	ir_br(r->fn, BPF_JEQ, ir_r(p), ir_i(0), null);
	ir_mov_to(r->fn, r->vars[below(r, NVARS)], ir_r(ir_load(r->fn, p, 0, 8, false)));
	if (below(r, 2))
		ir_store(r->fn, p, 0, 8, operand(r));
	ir_place_label(r->fn, null);
}

static void update(struct random *r)
{
	struct ir_arg args[4] = {ir_r(ir_map(r->fn, 1)), ir_r(make_key(r))};
	ir_reg result;

	args[2] = ir_r(ir_mem_addr(r->fn, r->work, 8));
	args[3] = ir_i(below(r, 4));
	if (below(r, 2))
		args[3] = ir_r(ir_alu(r->fn, BPF_AND, ir_r(some_reg(r)), ir_i(3)));
	result = ir_call(r->fn, BPF_FUNC_map_update_elem, 4, args);
	if (below(r, 2))
		keep(r, result);
}

static void statements(struct random *r, uint32_t n);

static void branch(struct random *r)
{
	ir_label other = ir_new_label(r->fn), end = ir_new_label(r->fn);
	uint32_t scope = r->nvalues;

	ir_br(r->fn, PICK(r, conds), operand(r), operand(r), other);
	if (r->fn->last->op == IR_BR && below(r, 3) == 0)
		r->fn->last->is32 = true;
	statements(r, 1 + below(r, 4));
	r->nvalues = scope;
	if (below(r, 2)) {
		ir_jmp(r->fn, end);
		ir_place_label(r->fn, other);
		statements(r, 1 + below(r, 4));
		r->nvalues = scope;
	} else {
		ir_place_label(r->fn, other);
	}
	ir_place_label(r->fn, end);
}

/* To a block behind the exit, which uses a value and comes back. */
static void unlikely(struct random *r)
{
	uint32_t i = r->ncold;

	if (i == MAX_COLD)
		return;
	r->ncold++;
	r->cold[i].label = ir_new_label(r->fn);
	r->cold[i].back = ir_new_label(r->fn);
	r->cold[i].var = r->vars[below(r, NVARS)];
	r->cold[i].value = some_reg(r);
	ir_br(r->fn, PICK(r, conds), operand(r), operand(r), r->cold[i].label);
	ir_place_label(r->fn, r->cold[i].back);
}

static void loop(struct random *r)
{
	ir_reg counter = ir_mov(r->fn, ir_i(1 + below(r, 3)));
	ir_label again = ir_new_label(r->fn);
	uint32_t scope = r->nvalues;

	ir_place_label(r->fn, again);
	statements(r, 1 + below(r, 3));
	r->nvalues = scope;
	ir_alu_to(r->fn, counter, BPF_SUB, ir_r(counter), ir_i(1));
	ir_br(r->fn, BPF_JNE, ir_r(counter), ir_i(0), again);
}

static void statement(struct random *r)
{
	uint32_t kind = below(r, 20);

	if (kind < 7) {
		arithmetic(r);
	} else if (kind < 9) {
		write_var(r);
	} else if (kind < 12) {
		memory(r);
	} else if (kind < 13) {
		atomic(r);
	} else if (kind < 14) {
		context(r);
	} else if (kind < 16) {
		update(r);
	} else if (r->depth > 2 || r->nbranches == 6) {
		arithmetic(r);
	} else {
		r->nbranches++;
		r->depth++;
		if (kind == 16)
			lookup(r);
		else if (kind == 17)
			unlikely(r);
		else if (kind == 18)
			loop(r);
		else
			branch(r);
		r->depth--;
	}
}

static void statements(struct random *r, uint32_t n)
{
	while (n-- && r->budget) {
		r->budget--;
		statement(r);
	}
}

/* Everything in scope goes to the globals, so that nothing is unused. */
static void epilogue(struct random *r)
{
	ir_reg out = ir_map_value(r->fn, 0, 64);
	int32_t off = 0;

	for (uint32_t i = 0; i < r->nvalues && off < GLOBALS_SIZE - 64 - 8 * (NVARS + 1); i++) {
		if (below(r, 3) == 0)
			continue;
		ir_store(r->fn, out, off, 8, ir_r(r->values[i]));
		off += 8;
	}
	for (uint32_t i = 0; i < NVARS; i++, off += 8)
		ir_store(r->fn, out, off, 8, ir_r(r->vars[i]));
	ir_exit(r->fn, operand(r));
	for (uint32_t i = 0; i < r->ncold; i++) {
		ir_place_label(r->fn, r->cold[i].label);
		ir_alu_to(r->fn, r->cold[i].var, BPF_XOR, ir_r(r->cold[i].var),
			  ir_r(r->cold[i].value));
		if (below(r, 2))
			ir_jmp(r->fn, r->cold[i].back);
		else
			ir_exit(r->fn, ir_r(r->cold[i].var));
	}
}

struct ir_function *machine_random(struct lang_arena *arena, uint64_t seed, uint32_t size)
{
	struct random r = {.fn = ir_new(arena), .seed = seed, .budget = size};
	ir_reg work;

	r.key = ir_new_mem(r.fn, 4);
	r.work = ir_new_mem(r.fn, WORK_WORDS * 8);
	work = ir_mem_addr(r.fn, r.work, 0);
	for (int32_t i = 0; i < WORK_WORDS; i++)
		ir_store(r.fn, work, 8 * i, 8, ir_i(constant(&r)));
	for (int32_t i = 0; i < NVARS; i++)
		r.vars[i] = i % 2 ? ir_mov(r.fn, ir_i(constant(&r)))
				  : ir_load(r.fn, ir_ctx(r.fn), 8 * i, 8, false);
	statements(&r, size);
	epilogue(&r);
	return r.fn;
}
