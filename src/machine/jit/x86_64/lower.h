/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Lowering a program: its state, and what each file does for the others.
 *
 * The program is lowered in passes until nothing moves any more; each uses the places that the one
 * before found for what comes later. A pass only ever makes code shorter, since every distance
 * shrinks, so passes end, and the last one has used nothing but right places.
 *
 * Order in memory: entry, slots, leave (the way out of the main function), one exit for each
 * reason to stop, and a stub for each place that may stop, which loads the slot's number.
 */
#ifndef MACHINE_X86_LOWER_H
#define MACHINE_X86_LOWER_H

#include "machine/jit/jit.h"
#include "machine/jit/x86_64/encoder.h"

#define LOWER_STOPS (MACHINE_HELPER + 1)

/* Offsets from a register between which accesses are known to be in the window. */
struct lower_range {
	int32_t from, to; /* [from, to); empty: nothing is known */
};

struct lower {
	struct x86_out out;
	const struct machine_insn *insns;
	size_t cnt;

	/* Places; of what is behind the current slot as the previous pass found them. */
	uint32_t *offsets;
	uint32_t exits[LOWER_STOPS], stubs;
	int64_t drift; /* previous minus new place of the current slot */
	bool changed;  /* this pass found a place other than the one before */
	bool is_long;  /* jumps are all made long, which ends the passes */

	/* Facts about the program. */
	uint16_t used;	    /* bit n: rn occurs */
	uint16_t saved;	    /* bit n: rn, of r6..r9, is written by a function that is called */
	bool has_functions; /* besides the main function */
	bool has_calls;	    /* of helpers or functions */
	bool has_budget;    /* something is charged */
	bool has_window;    /* something is checked */

	/* While lowering. */
	size_t i; /* the current slot */
	bool is_main;
	struct lower_range known[ISA_REG_CNT];
	uint32_t stub_cnt;
	uint16_t stops; /* bit n: something jumps to exits[n]; in the pass before */
	uint16_t new_stops;
};

/* Jump to a place at or before the current slot, or to one behind it. */
void lower_jump(struct lower *l, enum x86_cond cond, uint32_t place);
void lower_jump_ahead(struct lower *l, enum x86_cond cond, uint32_t place);
/* Stop the program under this condition, with the current slot's number. */
void lower_stop(struct lower *l, enum x86_cond cond, enum machine_stop why);
/* An instruction on a register and a field of the run state. */
#define lower_run(l, size, op, reg, field) \
	x86_mem(&(l)->out, size, op, reg, X86_RUN, offsetof(struct machine_run, field))

/* One instruction of the classes that the name says. */
void lower_alu(struct lower *l, const struct machine_insn *insn, uint8_t code);
void lower_memory(struct lower *l, const struct machine_insn *insn, uint8_t code);
void lower_flow(struct lower *l, const struct machine_insn *insn, uint8_t code);

/* Whether this access needs no check, from the instruction alone. */
bool lower_is_in_frame(uint8_t base, int32_t off, unsigned int width);

/* A register has been written: nothing is known of it. */
static inline void lower_forget(struct lower *l, unsigned int reg)
{
	l->known[reg] = (struct lower_range){0};
}

#endif
