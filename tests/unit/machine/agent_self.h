/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A session whose only target is the test itself; hooks are written without ptrace. */
#ifndef TESTS_MACHINE_AGENT_SELF_H
#define TESTS_MACHINE_AGENT_SELF_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "machine/inject/stub.h"

struct self {
	struct machine_ctl *ctl;
	struct machine_data *data;
	struct agent_block *block;
	struct stub_region *region;
	uint64_t *counts; /* one for each program */
};

/* Group set-up: *state becomes a struct self with four programs, which count. */
int self_open(void **state);
uint64_t self_count(const struct self *self, int program);
/* Hooks a function: the programs of entry and return, -1: none. */
void self_hook(struct self *self, void *function, int entry, int ret);
/* Hooks every system call in the code; the programs run for @number. */
void self_hook_syscalls(struct self *self, const uint8_t *code, size_t size, uint32_t number,
			int enter, int leave);
/* Restores all bytes and empties all lists. */
void self_unhook(struct self *self);

#endif
