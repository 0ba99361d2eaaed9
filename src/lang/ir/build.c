// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Builders of the intermediate form: each appends one instruction.
 *
 * An instruction that does not fit in memory is dropped and fn->failed set; the
 * registers handed out stay valid numbers, so that callers need not look.
 */
#include "lang/ir/ir.h"

struct ir_function *ir_new(struct lang_arena *arena)
{
	struct ir_function *fn = ARENA_NEW(arena, struct ir_function);

	if (fn)
		fn->arena = arena;
	return fn;
}

ir_reg ir_new_reg(struct ir_function *fn)
{
	return fn->nregs++;
}

ir_label ir_new_label(struct ir_function *fn)
{
	return fn->nlabels++;
}

ir_mem ir_new_mem(struct ir_function *fn, uint32_t size)
{
	uint32_t mem = fn->nmems;
	struct ir_mem_def *mems;

	mems = arena_grow(fn->arena, fn->mems, sizeof(*mems), &fn->mems_cap, mem);
	if (!mems) {
		fn->failed = true;
		return 0;
	}
	fn->mems = mems;
	fn->nmems++;
	mems[mem] = (struct ir_mem_def){.size = size, .align = 8};
	/* Saturate: an absurd size must stay too large, not wrap round to a small one. */
	if (size > UINT32_MAX - 7 - fn->stack_used)
		fn->stack_used = UINT32_MAX & ~7U;
	else
		fn->stack_used += (size + 7) & ~7U;
	return mem;
}

void ir_note(struct ir_function *fn, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fn->note = arena_vprintf(fn->arena, fmt, ap);
	va_end(ap);
	if (!fn->note)
		fn->failed = true;
}

/* The instruction is copied, with the pending note; registers it lacks are IR_NOREG. */
static void append(struct ir_function *fn, struct ir_insn insn)
{
	struct ir_insn *new = ARENA_NEW(fn->arena, struct ir_insn);

	if (!new) {
		fn->failed = true;
		return;
	}
	*new = insn;
	new->note = fn->note;
	fn->note = NULL;
	new->prev = fn->last;
	new->next = NULL;
	if (fn->last)
		fn->last->next = new;
	else
		fn->first = new;
	fn->last = new;
	fn->ninsns++;
}

/* The common start of a new instruction: no operand is a register. */
#define INSN(o)                              \
	((struct ir_insn){.op = (o),         \
			  .dst = IR_NOREG,   \
			  .a.reg = IR_NOREG, \
			  .b.reg = IR_NOREG, \
			  .c.reg = IR_NOREG, \
			  .label = IR_NOLABEL})

void ir_place_label(struct ir_function *fn, ir_label label)
{
	struct ir_insn insn = INSN(IR_LABEL);

	insn.label = label;
	append(fn, insn);
}

ir_reg ir_mov(struct ir_function *fn, struct ir_arg a)
{
	ir_reg dst = ir_new_reg(fn);

	ir_mov_to(fn, dst, a);
	return dst;
}

void ir_mov_to(struct ir_function *fn, ir_reg dst, struct ir_arg a)
{
	struct ir_insn insn = INSN(IR_MOV);

	insn.dst = dst;
	insn.a = a;
	append(fn, insn);
}

static void alu_to(struct ir_function *fn, enum ir_op op, ir_reg dst, uint8_t alu, struct ir_arg a,
		   struct ir_arg b)
{
	struct ir_insn insn = INSN(op);

	insn.dst = dst;
	insn.alu = alu;
	insn.a = a;
	insn.b = b;
	append(fn, insn);
}

ir_reg ir_alu(struct ir_function *fn, uint8_t alu, struct ir_arg a, struct ir_arg b)
{
	ir_reg dst = ir_new_reg(fn);

	alu_to(fn, IR_ALU, dst, alu, a, b);
	return dst;
}

void ir_alu_to(struct ir_function *fn, ir_reg dst, uint8_t alu, struct ir_arg a, struct ir_arg b)
{
	alu_to(fn, IR_ALU, dst, alu, a, b);
}

ir_reg ir_alu32(struct ir_function *fn, uint8_t alu, struct ir_arg a, struct ir_arg b)
{
	ir_reg dst = ir_new_reg(fn);

	alu_to(fn, IR_ALU32, dst, alu, a, b);
	return dst;
}

/* dst = op(a), with a size for those that have one. */
static ir_reg unary(struct ir_function *fn, enum ir_op op, struct ir_arg a, uint8_t size, bool sign)
{
	struct ir_insn insn = INSN(op);

	insn.dst = ir_new_reg(fn);
	insn.a = a;
	insn.size = size;
	insn.sign = sign;
	append(fn, insn);
	return insn.dst;
}

ir_reg ir_neg(struct ir_function *fn, struct ir_arg a)
{
	return unary(fn, IR_NEG, a, 0, false);
}

ir_reg ir_swap(struct ir_function *fn, struct ir_arg a, uint8_t size)
{
	return unary(fn, IR_SWAP, a, size, false);
}

ir_reg ir_ext(struct ir_function *fn, struct ir_arg a, uint8_t size, bool sign)
{
	return unary(fn, IR_EXT, a, size, sign);
}

/* An access to *(size *)(base + off); dst is left to the caller. */
static struct ir_insn access_at(enum ir_op op, ir_reg base, int32_t off, uint8_t size)
{
	struct ir_insn insn = INSN(op);

	insn.a = ir_r(base);
	insn.off = off;
	insn.size = size;
	return insn;
}

ir_reg ir_load(struct ir_function *fn, ir_reg base, int32_t off, uint8_t size, bool sign)
{
	struct ir_insn insn = access_at(IR_LOAD, base, off, size);

	insn.dst = ir_new_reg(fn);
	insn.sign = sign;
	append(fn, insn);
	return insn.dst;
}

void ir_store(struct ir_function *fn, ir_reg base, int32_t off, uint8_t size, struct ir_arg v)
{
	struct ir_insn insn = access_at(IR_STORE, base, off, size);

	insn.b = v;
	append(fn, insn);
}

void ir_atomic(struct ir_function *fn, uint8_t alu, ir_reg base, int32_t off, uint8_t size,
	       struct ir_arg v)
{
	struct ir_insn insn = access_at(IR_ATOMIC, base, off, size);

	insn.alu = alu;
	insn.b = v;
	append(fn, insn);
}

ir_reg ir_fetch(struct ir_function *fn, uint8_t alu, ir_reg base, int32_t off, uint8_t size,
		struct ir_arg v)
{
	struct ir_insn insn = access_at(IR_FETCH, base, off, size);

	insn.dst = ir_new_reg(fn);
	insn.alu = alu;
	insn.b = v;
	append(fn, insn);
	return insn.dst;
}

ir_reg ir_cmpxchg(struct ir_function *fn, ir_reg base, int32_t off, uint8_t size,
		  struct ir_arg expected, struct ir_arg desired)
{
	struct ir_insn insn = access_at(IR_CMPXCHG, base, off, size);

	insn.dst = ir_new_reg(fn);
	insn.b = expected;
	insn.c = desired;
	append(fn, insn);
	return insn.dst;
}

/* dst = an address that is known when the program starts. */
static ir_reg address(struct ir_function *fn, struct ir_insn insn)
{
	insn.dst = ir_new_reg(fn);
	append(fn, insn);
	return insn.dst;
}

ir_reg ir_ctx(struct ir_function *fn)
{
	struct ir_insn insn = INSN(IR_CTX);

	return address(fn, insn);
}

ir_reg ir_mem_addr(struct ir_function *fn, ir_mem mem, int32_t off)
{
	struct ir_insn insn = INSN(IR_MEM);

	insn.mem = mem;
	insn.off = off;
	return address(fn, insn);
}

ir_reg ir_map(struct ir_function *fn, uint32_t map)
{
	struct ir_insn insn = INSN(IR_MAP);

	insn.map = map;
	return address(fn, insn);
}

ir_reg ir_map_value(struct ir_function *fn, uint32_t map, int32_t off)
{
	struct ir_insn insn = INSN(IR_MAP_VALUE);

	insn.map = map;
	insn.off = off;
	return address(fn, insn);
}

ir_reg ir_func(struct ir_function *fn)
{
	struct ir_insn insn = INSN(IR_FUNC);

	fn->uses_callback = true;
	return address(fn, insn);
}

static void call(struct ir_function *fn, ir_reg dst, int32_t helper, uint32_t nargs,
		 const struct ir_arg *args)
{
	struct ir_insn insn = INSN(IR_CALL);

	insn.dst = dst;
	insn.imm = helper;
	insn.nargs = (uint8_t)nargs;
	for (uint32_t i = 0; i < 5; i++)
		insn.args[i] = i < nargs ? args[i] : ir_i(0);
	append(fn, insn);
}

ir_reg ir_call(struct ir_function *fn, int32_t helper, uint32_t nargs, const struct ir_arg *args)
{
	ir_reg dst = ir_new_reg(fn);

	call(fn, dst, helper, nargs, args);
	return dst;
}

void ir_call_void(struct ir_function *fn, int32_t helper, uint32_t nargs, const struct ir_arg *args)
{
	call(fn, IR_NOREG, helper, nargs, args);
}

void ir_jmp(struct ir_function *fn, ir_label label)
{
	struct ir_insn insn = INSN(IR_JMP);

	insn.label = label;
	append(fn, insn);
}

void ir_br(struct ir_function *fn, uint8_t cond, struct ir_arg a, struct ir_arg b, ir_label label)
{
	struct ir_insn insn = INSN(IR_BR);

	insn.alu = cond;
	insn.a = a;
	insn.b = b;
	insn.label = label;
	append(fn, insn);
}

void ir_exit(struct ir_function *fn, struct ir_arg value)
{
	struct ir_insn insn = INSN(IR_EXIT);

	insn.a = value;
	append(fn, insn);
}
