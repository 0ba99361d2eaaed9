/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What all passes over the intermediate form ask of one instruction: which operands it
 * reads, whether it may go when nobody uses its result, what it computes on constants;
 * and how the list is edited.
 */
#ifndef LANG_IR_INSN_H
#define LANG_IR_INSN_H

#include "lang/ir/ir.h"

#define IR_MAX_OPERANDS 8

/*
 * Pointers to the operands that @insn reads (registers and constants), in *@args.
 * Returns how many. The base of a memory access is left out when it is a memory object
 * (insn->a.reg is IR_NOREG then).
 */
uint32_t ir_operands(struct ir_insn *insn, struct ir_arg *args[IR_MAX_OPERANDS]);

/* Register written, or IR_NOREG. */
static inline ir_reg ir_def(const struct ir_insn *insn)
{
	return insn->dst;
}

static inline bool ir_is_reg(struct ir_arg a)
{
	return a.reg != IR_NOREG;
}

/* LOAD, STORE, ATOMIC, FETCH, CMPXCHG: *(size *)(a + off). */
bool ir_is_access(const struct ir_insn *insn);
/* Such an access whose base is memory object insn->mem, not a register. */
bool ir_on_frame(const struct ir_insn *insn);
/* JMP, EXIT: nothing falls through. */
bool ir_ends_flow(const struct ir_insn *insn);
/* Without effect but on dst. */
bool ir_is_pure(const struct ir_insn *insn);
/* Computes the same address or constant wherever it is placed: cheap to repeat. */
bool ir_is_constant(const struct ir_insn *insn);

/* An instruction of @op without operands, for ir_insert_before(). */
struct ir_insn ir_blank(enum ir_op op);
/* Inserts a copy of @insn before @at (NULL: at the end). Returns it, or NULL and fn->failed. */
struct ir_insn *ir_insert_before(struct ir_function *fn, struct ir_insn *at, struct ir_insn insn);
void ir_remove(struct ir_function *fn, struct ir_insn *insn);

/* a alu b as BPF computes it (division by zero gives 0, modulo a; shifts are masked). */
uint64_t ir_eval_alu(uint8_t alu, bool is32, uint64_t a, uint64_t b);
bool ir_eval_cond(uint8_t cond, bool is32, uint64_t a, uint64_t b);
uint64_t ir_eval_ext(uint64_t a, uint8_t size, bool sign);
uint64_t ir_eval_swap(uint64_t a, uint8_t size);
/* The condition that holds for (b, a) when @cond holds for (a, b). */
uint8_t ir_mirror_cond(uint8_t cond);
/* The opposite condition, or 0 (JSET has none). */
uint8_t ir_invert_cond(uint8_t cond);
bool ir_is_commutative(uint8_t alu);

static inline bool ir_fits_s32(int64_t v)
{
	return v >= INT32_MIN && v <= INT32_MAX;
}

static inline bool ir_fits_s16(int64_t v)
{
	return v >= INT16_MIN && v <= INT16_MAX;
}

#endif
