// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* One instruction of the intermediate form: operands, meaning, place in the list. */
#include <endian.h>

#include "lang/ir/insn.h"

uint32_t ir_operands(struct ir_insn *insn, struct ir_arg *args[IR_MAX_OPERANDS])
{
	uint32_t n = 0;

	switch (insn->op) {
	case IR_MOV:
	case IR_NEG:
	case IR_SWAP:
	case IR_EXT:
	case IR_EXIT: args[n++] = &insn->a; break;
	case IR_ALU:
	case IR_ALU32:
	case IR_BR:
		args[n++] = &insn->a;
		args[n++] = &insn->b;
		break;
	case IR_LOAD:
	case IR_STORE:
	case IR_ATOMIC:
	case IR_FETCH:
	case IR_CMPXCHG:
		if (ir_is_reg(insn->a))
			args[n++] = &insn->a;
		if (insn->op != IR_LOAD)
			args[n++] = &insn->b;
		if (insn->op == IR_CMPXCHG)
			args[n++] = &insn->c;
		break;
	case IR_CALL:
		while (n < insn->nargs) {
			args[n] = &insn->args[n];
			n++;
		}
		break;
	default: break;
	}
	return n;
}

bool ir_is_access(const struct ir_insn *insn)
{
	return insn->op == IR_LOAD || insn->op == IR_STORE || insn->op == IR_ATOMIC ||
	       insn->op == IR_FETCH || insn->op == IR_CMPXCHG;
}

bool ir_on_frame(const struct ir_insn *insn)
{
	return ir_is_access(insn) && !ir_is_reg(insn->a);
}

bool ir_ends_flow(const struct ir_insn *insn)
{
	return insn->op == IR_JMP || insn->op == IR_EXIT;
}

bool ir_is_pure(const struct ir_insn *insn)
{
	switch (insn->op) {
	case IR_MOV:
	case IR_ALU:
	case IR_ALU32:
	case IR_NEG:
	case IR_SWAP:
	case IR_EXT:
	case IR_LOAD:
	case IR_CTX:
	case IR_MEM:
	case IR_MAP:
	case IR_MAP_VALUE:
	case IR_FUNC: return true;
	default: return false;
	}
}

bool ir_is_constant(const struct ir_insn *insn)
{
	switch (insn->op) {
	case IR_MOV: return !ir_is_reg(insn->a);
	case IR_MEM:
	case IR_MAP:
	case IR_MAP_VALUE:
	case IR_FUNC: return true;
	default: return false;
	}
}

struct ir_insn ir_blank(enum ir_op op)
{
	struct ir_insn insn = {.op = op, .dst = IR_NOREG, .label = IR_NOLABEL};

	insn.a = insn.b = insn.c = ir_i(0);
	for (uint32_t i = 0; i < 5; i++)
		insn.args[i] = ir_i(0);
	return insn;
}

struct ir_insn *ir_insert_before(struct ir_function *fn, struct ir_insn *at, struct ir_insn insn)
{
	struct ir_insn *new = ARENA_NEW(fn->arena, struct ir_insn);

	if (!new) {
		fn->failed = true;
		return NULL;
	}
	*new = insn;
	new->next = at;
	new->prev = at ? at->prev : fn->last;
	if (new->prev)
		new->prev->next = new;
	else
		fn->first = new;
	if (at)
		at->prev = new;
	else
		fn->last = new;
	fn->ninsns++;
	return new;
}

void ir_remove(struct ir_function *fn, struct ir_insn *insn)
{
	if (insn->prev)
		insn->prev->next = insn->next;
	else
		fn->first = insn->next;
	if (insn->next)
		insn->next->prev = insn->prev;
	else
		fn->last = insn->prev;
	fn->ninsns--;
}

static uint64_t eval_alu32(uint8_t alu, uint32_t a, uint32_t b)
{
	switch (alu) {
	case BPF_DIV: return b ? a / b : 0;
	case BPF_MOD: return b ? a % b : a;
	case BPF_LSH: return a << (b & 31);
	case BPF_RSH: return a >> (b & 31);
	case BPF_ARSH: return (uint32_t)((int32_t)a >> (b & 31));
	default: return (uint32_t)ir_eval_alu(alu, false, a, b);
	}
}

uint64_t ir_eval_alu(uint8_t alu, bool is32, uint64_t a, uint64_t b)
{
	if (is32)
		return eval_alu32(alu, (uint32_t)a, (uint32_t)b);
	switch (alu) {
	case BPF_ADD: return a + b;
	case BPF_SUB: return a - b;
	case BPF_MUL: return a * b;
	case BPF_DIV: return b ? a / b : 0;
	case BPF_MOD: return b ? a % b : a;
	case BPF_AND: return a & b;
	case BPF_OR: return a | b;
	case BPF_XOR: return a ^ b;
	case BPF_LSH: return a << (b & 63);
	case BPF_RSH: return a >> (b & 63);
	case BPF_ARSH: return (uint64_t)((int64_t)a >> (b & 63));
	default: return b;
	}
}

bool ir_eval_cond(uint8_t cond, bool is32, uint64_t a, uint64_t b)
{
	int64_t sa = is32 ? (int32_t)a : (int64_t)a;
	int64_t sb = is32 ? (int32_t)b : (int64_t)b;

	if (is32) {
		a = (uint32_t)a;
		b = (uint32_t)b;
	}
	switch (cond) {
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
	default: return (a & b) != 0; /* JSET */
	}
}

uint64_t ir_eval_ext(uint64_t a, uint8_t size, bool sign)
{
	uint32_t shift = 64 - 8 * size;

	a <<= shift;
	return sign ? (uint64_t)((int64_t)a >> shift) : a >> shift;
}

uint64_t ir_eval_swap(uint64_t a, uint8_t size)
{
	if (size == 2)
		return htobe16((uint16_t)a);
	return size == 4 ? htobe32((uint32_t)a) : htobe64(a);
}

uint8_t ir_mirror_cond(uint8_t cond)
{
	switch (cond) {
	case BPF_JGT: return BPF_JLT;
	case BPF_JGE: return BPF_JLE;
	case BPF_JLT: return BPF_JGT;
	case BPF_JLE: return BPF_JGE;
	case BPF_JSGT: return BPF_JSLT;
	case BPF_JSGE: return BPF_JSLE;
	case BPF_JSLT: return BPF_JSGT;
	case BPF_JSLE: return BPF_JSGE;
	default: return cond;
	}
}

uint8_t ir_invert_cond(uint8_t cond)
{
	switch (cond) {
	case BPF_JEQ: return BPF_JNE;
	case BPF_JNE: return BPF_JEQ;
	case BPF_JGT: return BPF_JLE;
	case BPF_JGE: return BPF_JLT;
	case BPF_JLT: return BPF_JGE;
	case BPF_JLE: return BPF_JGT;
	case BPF_JSGT: return BPF_JSLE;
	case BPF_JSGE: return BPF_JSLT;
	case BPF_JSLT: return BPF_JSGE;
	case BPF_JSLE: return BPF_JSGT;
	default: return 0;
	}
}

bool ir_is_commutative(uint8_t alu)
{
	return alu == BPF_ADD || alu == BPF_MUL || alu == BPF_AND || alu == BPF_OR ||
	       alu == BPF_XOR;
}
