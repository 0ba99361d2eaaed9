/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The stubs that hooked code jumps to, generated for one place each. Pure: bytes out.
 */
#ifndef MACHINE_STUB_H
#define MACHINE_STUB_H

#include "machine/agent/agent.h"
#include "machine/inject/x86.h"

#define STUB_MAX 512 /* bytes of the largest stub */

struct stub_entries { /* addresses in the target */
	uint64_t block;         /* struct agent_block */
	uint64_t syscall_enter, syscall_exit, func_entry, func_return;
};

/* All: @out has STUB_MAX bytes and will be at @address, within +-2 GiB of the hooked code
 * @code (@size bytes readable from site->patch / @function on). Return the bytes written or
 * -errno as x86_relocate() does. */

/* Runs enter hooks, the system call, exit hooks, the covered instructions, and jumps back. */
int stub_syscall(uint8_t *out, uint64_t address, const struct x86_site *site,
		 const uint8_t *code, size_t size, const struct stub_entries *entries);
/* Runs the entry hook, the moved instructions, and jumps behind them. *@patch_len: bytes of
 * the function that the jump replaces. */
int stub_function(uint8_t *out, uint64_t address, uint64_t function, const uint8_t *code,
		  size_t size, uint32_t hook, bool has_return,
		  const struct stub_entries *entries, uint8_t *patch_len, const char **why);

#endif
