/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The interpreter of prepared programs. */
#ifndef MACHINE_INTERP_H
#define MACHINE_INTERP_H

#include "machine/prepare.h"
#include "machine/run.h"

/*
 * Run a program that machine_prepare accepted, with r1 and r2 as given and the other registers 0.
 * Returns its r0, or 0 if it was stopped: run->stop says whether and why. Changes run->budget.
 */
uint64_t machine_interp(const struct machine_insn *insns, struct machine_run *run, uint64_t r1,
			uint64_t r2);

#endif
