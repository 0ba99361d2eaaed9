/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The prepared form of a program, which interpreter and JIT read: decoded once, one entry for each
 * slot, without addresses of code, so that it may be copied and shared.
 */
#ifndef MACHINE_PREPARE_H
#define MACHINE_PREPARE_H

#include <linux/bpf.h>
#include <stddef.h>
#include <stdint.h>

#define MACHINE_INSN_MAX 1000000 /* slots of a program, as in Linux */

/* Flags of a prepared instruction. */
#define MACHINE_START  1 /* a function begins here */
#define MACHINE_TARGET 2 /* something jumps here */

struct machine_insn {
	uint8_t op; /* enum isa_id; ISA_OP_NONE in the second slot of a 64-bit immediate */
	uint8_t flags;
	uint8_t dst, src;
	int32_t off; /* of memory in bytes; of jumps and calls in slots from the next instruction */
	int64_t imm; /* sign-extended; of LD64 all 64 bits; of CALL_REL what the call is charged */
};

/* What a taken jump over `off` slots is charged. */
static inline uint32_t machine_jump_cost(int32_t off)
{
	return off < 0 ? -(uint32_t)off : 0;
}

/* Why a program cannot be prepared. */
struct machine_fault {
	size_t idx;	  /* the slot at fault */
	const char *text; /* static, for people */
};

/*
 * Translate a program into out[cnt]. The loader has replaced maps and other things that programs
 * name in 64-bit immediates by numbers (src 0). Shifts may exceed the width and divisors may be
 * zero; the result is RFC 9669's.
 * Returns 0; -EINVAL for a malformed program (isa_check, or a jump from one function into
 * another), -EOPNOTSUPP for an instruction that the machine does not know, -E2BIG; with the place
 * in *where (may be NULL).
 */
int machine_prepare(const struct bpf_insn *insns, size_t cnt, struct machine_insn *out,
		    struct machine_fault *where);

#endif
