/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The optimiser's passes. Each sets *@changed when it did something; 0 or -errno. */
#ifndef LANG_IR_OPT_H
#define LANG_IR_OPT_H

#include "lang/ir/insn.h"

/* Constants, copies, addresses and widths known from earlier instructions (opt_value.c). */
int opt_values(struct ir_function *fn, struct lang_arena *arena, bool *changed);
/* Results that nobody reads (opt.c). */
int opt_unused(struct ir_function *fn, struct lang_arena *arena, bool *changed);
/* Blocks that are never entered, jumps to jumps, jumps to the next instruction (opt_flow.c). */
int opt_flow(struct ir_function *fn, struct lang_arena *arena, bool *changed);

/* Simplifies one ALU or ALU32 whose operands are not both registers (opt_alu.c). */
bool opt_alu_constant(struct ir_insn *insn);
/* @insn becomes dst = a; true. */
bool opt_become_mov(struct ir_insn *insn, struct ir_arg a);

#endif
