/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The intermediate form: a list of instructions on virtual 64-bit registers.
 *
 * It is as close to BPF as it can be while registers are unlimited: three addresses,
 * labels, calls with up to five arguments, memory objects that have no place yet.
 * A register may be written several times (it is not SSA); liveness is computed.
 * Functions here never fail one by one: when memory runs out fn->failed is set and
 * ir_check() says so.
 *
 * Passes: lower (script to IR), optimise (opt.c), allocate (liveness.c, regalloc.c:
 * linear scan; what does not fit is spilled to the stack), emit (src/lang/emit).
 */
#ifndef LANG_IR_H
#define LANG_IR_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "lang/arena.h"

typedef uint32_t ir_reg;   /* virtual register; IR_NOREG is none */
typedef uint32_t ir_label; /* from ir_new_label() */
typedef uint32_t ir_mem;   /* memory object on the stack, from ir_new_mem() */

#define IR_NOREG   UINT32_MAX
#define IR_NOLABEL UINT32_MAX

enum ir_op {
	IR_NOP,
	IR_LABEL,    /* label: */
	IR_MOV,      /* dst = a */
	IR_ALU,      /* dst = a alu b           (64 bits; alu is BPF_ADD … BPF_ARSH; DIV and MOD unsigned) */
	IR_ALU32,    /* dst = (u32)(a alu b) */
	IR_NEG,      /* dst = -a */
	IR_SWAP,     /* dst = byte-swapped (to big endian) low `size` bytes of a (2, 4, 8) */
	IR_EXT,      /* dst = low `size` bytes of a, zero- or (sign) sign-extended */
	/* The base `a` of an access is a register, or (optimised) IR_NOREG: memory object `mem`. */
	IR_LOAD,     /* dst = *(size *)(a + off), zero- or (sign) sign-extended */
	IR_STORE,    /* *(size *)(a + off) = b */
	IR_ATOMIC,   /* lock *(size *)(a + off) op= b; alu is BPF_ADD, BPF_OR …, no fetch */
	IR_FETCH,    /* dst = *(size *)(a + off) as it was before op= b, in one step */
	IR_CMPXCHG,  /* dst = cmpxchg(*(size *)(a + off), b = expected, c = new) */
	IR_CTX,      /* dst = context pointer of the program */
	IR_MEM,      /* dst = address of memory object `mem` + off */
	IR_MAP,      /* dst = pointer to map `map` */
	IR_MAP_VALUE,/* dst = address of map `map`'s first value + off (ARRAY maps) */
	IR_FUNC,     /* dst = pointer to the for_each callback of the program */
	IR_CALL,     /* dst = helper `imm`(args[0…nargs - 1]); dst may be IR_NOREG */
	IR_JMP,      /* goto label */
	IR_BR,       /* if a cond b goto label; cond is BPF_JEQ, JNE, JGT, JSGT … JSET */
	IR_EXIT,     /* return a */
};

/* An operand: a register or a constant. Constants beyond 32 bits are fine. */
struct ir_arg {
	ir_reg reg;  /* IR_NOREG: imm is it */
	int64_t imm;
};

struct ir_insn {
	enum ir_op op;
	uint8_t alu;   /* ALU, ATOMIC: operation; BR: condition */
	uint8_t size;  /* 1, 2, 4, 8 */
	bool sign;
	bool is32;     /* BR: compare the low 32 bits */
	uint8_t nargs;
	ir_reg dst;
	struct ir_arg a, b, c;
	struct ir_arg args[5];
	int32_t off;
	uint32_t label, mem, map;
	int64_t imm;   /* CALL: helper number */
	const char *note; /* comment for dumps, or NULL */
	struct ir_insn *prev, *next;
};

struct ir_mem_def {
	uint32_t size, align;
	int32_t frame_off; /* after allocation: from r10, negative */
};

struct ir_function {
	struct lang_arena *arena;
	struct ir_insn *first, *last;
	uint32_t nregs, nlabels, nmems, ninsns;
	struct ir_mem_def *mems;
	size_t mems_cap;
	bool uses_callback; /* IR_FUNC is there: emit appends a callback that returns 0 */
	bool failed;        /* no memory */
	uint32_t stack_used; /* bytes of mems so far; the limit for all is 512 with spills */
	const char *note;   /* attached to the next instruction appended */
};

static inline struct ir_arg ir_r(ir_reg reg)
{
	return (struct ir_arg){.reg = reg};
}

static inline struct ir_arg ir_i(int64_t imm)
{
	return (struct ir_arg){.reg = IR_NOREG, .imm = imm};
}

/* Building (build.c). Everything is appended at the end. */
struct ir_function *ir_new(struct lang_arena *arena);
ir_reg ir_new_reg(struct ir_function *fn);
ir_label ir_new_label(struct ir_function *fn);
/* A memory object of @size bytes on the stack, 8-byte aligned. */
ir_mem ir_new_mem(struct ir_function *fn, uint32_t size);
/* Comment for the next instruction, kept for dumps; printf-like, in the arena. */
void ir_note(struct ir_function *fn, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Those that return a register make a new one; the ..._to forms write a given one. */
void ir_place_label(struct ir_function *fn, ir_label label);
ir_reg ir_mov(struct ir_function *fn, struct ir_arg a);
void ir_mov_to(struct ir_function *fn, ir_reg dst, struct ir_arg a);
ir_reg ir_alu(struct ir_function *fn, uint8_t alu, struct ir_arg a, struct ir_arg b);
void ir_alu_to(struct ir_function *fn, ir_reg dst, uint8_t alu, struct ir_arg a, struct ir_arg b);
ir_reg ir_alu32(struct ir_function *fn, uint8_t alu, struct ir_arg a, struct ir_arg b);
ir_reg ir_neg(struct ir_function *fn, struct ir_arg a);
ir_reg ir_swap(struct ir_function *fn, struct ir_arg a, uint8_t size);
ir_reg ir_ext(struct ir_function *fn, struct ir_arg a, uint8_t size, bool sign);
ir_reg ir_load(struct ir_function *fn, ir_reg base, int32_t off, uint8_t size, bool sign);
void ir_store(struct ir_function *fn, ir_reg base, int32_t off, uint8_t size, struct ir_arg v);
void ir_atomic(struct ir_function *fn, uint8_t alu, ir_reg base, int32_t off, uint8_t size,
	       struct ir_arg v);
/* Needs Linux 5.12, as ir_cmpxchg() and operations other than BPF_ADD do. */
ir_reg ir_fetch(struct ir_function *fn, uint8_t alu, ir_reg base, int32_t off, uint8_t size,
		struct ir_arg v);
ir_reg ir_cmpxchg(struct ir_function *fn, ir_reg base, int32_t off, uint8_t size,
		  struct ir_arg expected, struct ir_arg desired);
ir_reg ir_ctx(struct ir_function *fn);
ir_reg ir_mem_addr(struct ir_function *fn, ir_mem mem, int32_t off);
ir_reg ir_map(struct ir_function *fn, uint32_t map);
ir_reg ir_map_value(struct ir_function *fn, uint32_t map, int32_t off);
ir_reg ir_func(struct ir_function *fn);
ir_reg ir_call(struct ir_function *fn, int32_t helper, uint32_t nargs, const struct ir_arg *args);
void ir_call_void(struct ir_function *fn, int32_t helper, uint32_t nargs,
		  const struct ir_arg *args);
void ir_jmp(struct ir_function *fn, ir_label label);
void ir_br(struct ir_function *fn, uint8_t cond, struct ir_arg a, struct ir_arg b, ir_label label);
void ir_exit(struct ir_function *fn, struct ir_arg value);

/* Where registers ended up, for emit and the `ra` dump. */
struct ir_allocation {
	uint8_t *phys;       /* by virtual register: 0…9, or 0xff when never live */
	uint32_t stack_size; /* bytes of stack in use, memory objects and spills */
	uint32_t nspills;
};

/* Passes. Each returns 0, -ENOMEM, or -E2BIG when stack or program are too large. */
int ir_check(const struct ir_function *fn, FILE *why); /* consistency; a bug when it fails */
int ir_optimise(struct ir_function *fn);
int ir_allocate(struct ir_function *fn, struct ir_allocation *out);
void ir_dump(const struct ir_function *fn, FILE *out);
/* The same after ir_allocate(), and the places of the registers. */
void ir_dump_allocation(const struct ir_function *fn, const struct ir_allocation *alloc, FILE *out);

#endif
