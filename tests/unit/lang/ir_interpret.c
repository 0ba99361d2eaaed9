// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The interpreter: pointers are the host's, so programs must not store or compare them. */
#include <byteswap.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ir_machine.h"

#define MAX_STEPS 1000000

struct run {
	const struct ir_function *fn;
	struct machine_state *state;
	uint64_t *regs;
	uint8_t **mems;
	struct ir_insn **labels;
};

static uint64_t value(const struct run *r, struct ir_arg a)
{
	return a.reg == IR_NOREG ? (uint64_t)a.imm : r->regs[a.reg];
}

static uint64_t alu64(uint8_t alu, uint64_t a, uint64_t b)
{
	switch (alu) {
	case BPF_ADD: return a + b;
	case BPF_SUB: return a - b;
	case BPF_MUL: return a * b;
	case BPF_DIV: return b ? a / b : 0;
	case BPF_MOD: return b ? a % b : a;
	case BPF_AND: return a & b;
	case BPF_OR: return a | b;
	case BPF_XOR: return a ^ b;
	case BPF_LSH: return a << (b % 64);
	case BPF_RSH: return a >> (b % 64);
	case BPF_ARSH: return (uint64_t)((int64_t)a >> (b % 64));
	default: abort();
	}
}

static uint32_t alu32(uint8_t alu, uint32_t a, uint32_t b)
{
	switch (alu) {
	case BPF_DIV: return b ? a / b : 0;
	case BPF_MOD: return b ? a % b : a;
	case BPF_LSH: return a << (b % 32);
	case BPF_RSH: return a >> (b % 32);
	case BPF_ARSH: return (uint32_t)((int32_t)a >> (b % 32));
	default: return (uint32_t)alu64(alu, a, b);
	}
}

static uint64_t extend(uint64_t a, uint8_t size, bool sign)
{
	switch (size) {
	case 1: return sign ? (uint64_t)(int8_t)a : (uint8_t)a;
	case 2: return sign ? (uint64_t)(int16_t)a : (uint16_t)a;
	case 4: return sign ? (uint64_t)(int32_t)a : (uint32_t)a;
	default: return a;
	}
}

static uint64_t swap(uint64_t a, uint8_t size)
{
	return size == 2 ? bswap_16((uint16_t)a) : size == 4 ? bswap_32((uint32_t)a) : bswap_64(a);
}

static bool holds(const struct ir_insn *insn, uint64_t a, uint64_t b)
{
	int64_t sa = (int64_t)a, sb = (int64_t)b;

	if (insn->is32) {
		sa = (int32_t)a;
		sb = (int32_t)b;
		a = (uint32_t)a;
		b = (uint32_t)b;
	}
	switch (insn->alu) {
	case BPF_JEQ: return a == b;
	case BPF_JNE: return a != b;
	case BPF_JGT: return a > b;
	case BPF_JGE: return a >= b;
	case BPF_JLT: return a < b;
	case BPF_JLE: return a <= b;
	case BPF_JSGT: return sa > sb;
	case BPF_JSGE: return sa >= sb;
	case BPF_JSLT: return sa < sb;
	case BPF_JSLE: return sa <= sb;
	case BPF_JSET: return (a & b) != 0;
	default: abort();
	}
}

static uint8_t *address(const struct run *r, const struct ir_insn *insn)
{
	if (insn->a.reg == IR_NOREG)
		return r->mems[insn->mem] + insn->off;
	return (uint8_t *)(uintptr_t)r->regs[insn->a.reg] + insn->off;
}

static void access_memory(struct run *r, const struct ir_insn *insn)
{
	uint8_t *at = address(r, insn);
	uint64_t old = 0, b;

	memcpy(&old, at, insn->size);
	if (insn->op == IR_LOAD) {
		r->regs[insn->dst] = extend(old, insn->size, insn->sign);
		return;
	}
	b = value(r, insn->b);
	if (insn->op == IR_ATOMIC || insn->op == IR_FETCH)
		b = alu64(insn->alu, old, b);
	if (insn->op == IR_FETCH)
		r->regs[insn->dst] = old;
	if (insn->op == IR_CMPXCHG) {
		b = extend(b, insn->size, false) == old ? value(r, insn->c) : old;
		if (insn->dst != IR_NOREG)
			r->regs[insn->dst] = old;
	}
	memcpy(at, &b, insn->size);
}

/* The two helpers that random programs call, on map 1. */
static uint64_t call(struct run *r, const struct ir_insn *insn)
{
	uint32_t key;
	uint64_t flags;

	memcpy(&key, (void *)(uintptr_t)value(r, insn->args[1]), sizeof(key));
	if (insn->imm == BPF_FUNC_map_lookup_elem)
		return key < ARRAY_SIZE ? (uintptr_t)&r->state->array[key] : 0;
	flags = value(r, insn->args[3]);
	if (flags > BPF_EXIST)
		return (uint64_t)-EINVAL;
	if (key >= ARRAY_SIZE)
		return (uint64_t)-E2BIG;
	if (flags == BPF_NOEXIST)
		return (uint64_t)-EEXIST;
	memcpy(&r->state->array[key], (void *)(uintptr_t)value(r, insn->args[2]), 8);
	return 0;
}

/* Returns what comes next; NULL at the exit. */
static struct ir_insn *step(struct run *r, struct ir_insn *insn)
{
	uint64_t a = value(r, insn->a), b = value(r, insn->b), dst = 0;

	switch (insn->op) {
	case IR_NOP:
	case IR_LABEL: return insn->next;
	case IR_LOAD:
	case IR_STORE:
	case IR_ATOMIC:
	case IR_FETCH:
	case IR_CMPXCHG: access_memory(r, insn); return insn->next;
	case IR_JMP: return r->labels[insn->label];
	case IR_BR: return holds(insn, a, b) ? r->labels[insn->label] : insn->next;
	case IR_EXIT: r->state->result = (uint32_t)a; return NULL;
	case IR_MOV: dst = a; break;
	case IR_ALU: dst = alu64(insn->alu, a, b); break;
	case IR_ALU32: dst = alu32(insn->alu, (uint32_t)a, (uint32_t)b); break;
	case IR_NEG: dst = 0 - a; break;
	case IR_SWAP: dst = swap(a, insn->size); break;
	case IR_EXT: dst = extend(a, insn->size, insn->sign); break;
	case IR_CTX: dst = (uintptr_t)r->state->ctx; break;
	case IR_MEM: dst = (uintptr_t)(r->mems[insn->mem] + insn->off); break;
	case IR_MAP:
	case IR_FUNC: break;
	case IR_MAP_VALUE: dst = (uintptr_t)(r->state->globals + insn->off); break;
	case IR_CALL: dst = call(r, insn); break;
	}
	if (insn->dst != IR_NOREG)
		r->regs[insn->dst] = dst;
	return insn->next;
}

int machine_interpret(const struct ir_function *fn, struct machine_state *state)
{
	struct lang_arena *arena = arena_new();
	struct run r = {.fn = fn, .state = state};
	struct ir_insn *insn = fn->first;
	uint32_t steps = 0;

	if (!arena)
		return -1;
	r.regs = ARENA_ARRAY(arena, uint64_t, fn->nregs);
	r.labels = ARENA_ARRAY(arena, struct ir_insn *, fn->nlabels);
	r.mems = ARENA_ARRAY(arena, uint8_t *, fn->nmems);
	for (uint32_t i = 0; i < fn->nmems; i++)
		r.mems[i] = arena_alloc(arena, fn->mems[i].size);
	for (struct ir_insn *at = fn->first; at; at = at->next)
		if (at->op == IR_LABEL)
			r.labels[at->label] = at;
	while (insn && steps++ < MAX_STEPS)
		insn = step(&r, insn);
	arena_free(arena);
	return insn ? -1 : 0;
}
