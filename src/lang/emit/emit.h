/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Allocated IR to BPF instructions. */
#ifndef LANG_EMIT_H
#define LANG_EMIT_H

#include <skep/lang_plan.h>

#include "lang/ir/ir.h"

/*
 * Fills insns, relocs, callback of @prog (arena-owned). Labels are resolved; jumps
 * beyond 16 bits are -E2BIG. Returns 0 or -errno.
 */
int emit_program(const struct ir_function *fn, const struct ir_allocation *alloc,
		 struct lang_arena *arena, struct lang_program *prog);

/* Prints the instructions in the kernel's syntax, maps by name. */
void emit_dump(const struct lang_program *prog, const struct lang_plan *plan, FILE *out);

#endif
