/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The compiler of prepared programs to machine code. The code does what the interpreter does, to
 * the last field of the run state: it checks the same accesses, charges the same budget, and calls
 * helpers through the run state's table. It has no addresses in it, so that it may be copied
 * anywhere and shared by processes.
 */
#ifndef MACHINE_JIT_H
#define MACHINE_JIT_H

#include "machine/prepare.h"
#include "machine/run.h"

/*
 * Compiled code as a function, which is its first byte: r1 and r2 as given, result and run as
 * machine_interp has them. Uses general registers only, and less than 1 KB of stack.
 */
typedef uint64_t (*machine_code)(struct machine_run *run, uint64_t r1, uint64_t r2);

/*
 * Compile insns, which machine_prepare accepted, into code[len]. The caller makes it executable;
 * nothing is written behind len. offsets[cnt + 1] receives where each slot's code begins (and the
 * last one's ends).
 * Returns the bytes the code takes, which when more than len were not all written: call again with
 * a buffer of that size; or -EOPNOTSUPP if there is no compiler for this processor.
 */
int64_t machine_jit(const struct machine_insn *insns, size_t cnt, uint32_t *offsets, uint8_t *code,
		    size_t len);

#endif
