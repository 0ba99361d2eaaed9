/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Which register holds what. r1..r5 are where C passes a second to sixth argument, so that a helper
 * call needs one move; r6..r9 and r10 are where C keeps values across calls.
 */
#ifndef MACHINE_X86_REGISTERS_H
#define MACHINE_X86_REGISTERS_H

#include <skep/isa.h>

enum x86_register {
	X86_RAX,
	X86_RCX,
	X86_RDX,
	X86_RBX,
	X86_RSP,
	X86_RBP,
	X86_RSI,
	X86_RDI,
	X86_R8,
	X86_R9,
	X86_R10,
	X86_R11,
	X86_R12,
	X86_R13,
	X86_R14,
	X86_R15,
};

static const uint8_t x86_of[ISA_REG_CNT] = {
	X86_RAX, X86_RSI, X86_RDX, X86_RCX, X86_R8,  X86_R9,
	X86_RBX, X86_R13, X86_R14, X86_R15, X86_RBP,
};

#define X86_NEG_BASE X86_RDI /* run->neg_base; reloaded after helper calls */
#define X86_BUDGET   X86_R10 /* run->budget; stored and reloaded around helper calls */
#define X86_TMP	     X86_R11 /* free between instructions; the offset when an access is stopped */
#define X86_RUN	     X86_R12 /* the run state */

#endif
