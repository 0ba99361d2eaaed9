/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The agent: the code that runs inside a target, and how the tracer's side reaches it.
 *
 * It is one flat, position-independent piece of code and constants (no data, no libc, no
 * TLS, general registers only), embedded in skep as bytes. The tracer maps it, a private
 * block for it, ctl and data into the target, then calls `init`. Hooks are jumps, written
 * by the tracer, to stubs that it generates near the hooked code (inject/stub.c); a stub
 * saves what must be saved, enters the agent with a pointer to the saved registers, and
 * goes on. The agent runs on a stack of its own private block, because Go's are small.
 *
 * Nothing private to a target's control flow lies in shared memory.
 */
#ifndef MACHINE_AGENT_H
#define MACHINE_AGENT_H

#include "machine/run.h"
#include "machine/shared.h"

#define AGENT_MAGIC  0x746e6567616b73ull
#define AGENT_STACKS 64   /* private stacks: threads that can be in the agent at once */
#define AGENT_STACK  8192 /* bytes of each */

/* First bytes of the blob: offsets of its entries from its start. */
struct agent_header {
	uint64_t magic;
	uint32_t size;
	uint32_t init;          /* called once by the tracer, by ptrace:
	                         * int init(struct agent_block *) on the target's stack */
	uint32_t syscall_enter; /* entered by stubs, see agent/entry.S */
	uint32_t syscall_exit;
	uint32_t func_entry;
	uint32_t func_return;
};

/* The target's registers at a hook, as the stub saved them: layout of struct pt_regs. */
struct agent_regs {
	uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
	uint64_t orig_rax, rip, cs, eflags, rsp, ss;
};

/* A private stack with the state of the program that runs on it. */
struct agent_slot {
	_Atomic uint32_t busy;
	uint32_t index;
	struct machine_run run;
	_Alignas(64) uint8_t stack[AGENT_STACK];
};

/* Entry of the per-thread list of hooked calls that have not returned yet. */
struct agent_frame {
	uint64_t sp;     /* stack pointer at the function's entry: finds abandoned entries */
	uint64_t ret;    /* address to return to */
	uint32_t hook;
	uint32_t pad;
};

/* Private memory of the agent in one target: anonymous, inherited by fork. */
struct agent_block {
	const struct machine_ctl *ctl;
	struct machine_data *data;
	uint64_t blob;              /* address of the blob */
	uint32_t slot;              /* this process's entry in data->targets */
	uint32_t generation;
	_Atomic uint32_t next_hint;
	uint32_t flags;             /* AGENT_FOLLOW … */
	machine_helper helpers[256];
	struct agent_slot slots[AGENT_STACKS];
};

#define AGENT_FOLLOW 1u /* children are traced too */

#endif
