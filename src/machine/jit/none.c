// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The compiler for processors that there is none for yet: programs are interpreted. */
#include "machine/jit/jit.h"

int64_t machine_jit(const struct machine_insn *insns, size_t cnt, uint32_t *offsets, uint8_t *code,
		    size_t len)
{
	return -EOPNOTSUPP;
}
