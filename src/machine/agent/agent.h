/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The agent: the code that runs inside a target, and how the tracer's side reaches it.
 *
 * It is one flat, position-independent piece of code and constants (no data, no libc, no
 * TLS, general registers only), embedded in skep as bytes. The tracer maps it with a private
 * block of memory right behind it, and ctl and data, into the target. Hooks are jumps, written
 * by the tracer, to stubs that it generates near the hooked code (inject/stub.c); a stub steps
 * over the red zone and calls an entry of the agent, which saves the registers, runs the
 * programs, and restores what it found.
 *
 * The agent runs on the stack that it was called on, so that signal handlers find themselves
 * where they would without it. It changes to one of the private block in Go programs, whose
 * stacks are small and whose handlers have a stack of their own; and at the end of a page of
 * stack, unless the next one is known to be there.
 *
 * Nothing private to a target's control flow lies in shared memory.
 */
#ifndef MACHINE_AGENT_H
#define MACHINE_AGENT_H

#include "machine/helper/helper.h"
#include "machine/run.h"
#include "machine/shared.h"

#define AGENT_MAGIC   0x746e6567616b73ull
#define AGENT_PAGE    4096
#define AGENT_STACKS  64    /* private stacks: threads that can be in the agent at once */
#define AGENT_STACK   32768 /* bytes of each */
#define AGENT_FRAMES  8192  /* hooked calls that have not returned; a power of two */
#define AGENT_REGIONS 64    /* pieces of memory with stubs */

/* First bytes of the blob: offsets from its start. */
struct agent_header {
	uint64_t magic;
	uint32_t size; /* of code and constants; the block begins at the next page */
	/* Entered by stubs, in the order of a region's table. */
	uint32_t entries[5];
};

enum agent_entry {
	AGENT_SYSCALL_ENTER,
	AGENT_SYSCALL_EXIT,
	AGENT_SPECIAL_EXIT, /* behind a system call that keeps nothing on the stack */
	AGENT_FUNC_ENTRY,
	AGENT_FUNC_RETURN,
	AGENT_ENTRIES,
};

/* The blob, embedded in skep; begins with struct agent_header. */
extern const uint8_t agent_blob[];
extern const uint32_t agent_blob_size;

/* The target's registers at a hook: layout of struct pt_regs. */
struct agent_regs {
	uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
	uint64_t orig_rax, rip, cs, eflags, rsp, ss;
};

/* What an entry of the agent leaves on the target's stack; its changes are obeyed. */
struct agent_anchor {
	uint64_t r11, rdx, rcx, rax, eflags;
	uint64_t ret;	 /* into the stub */
	uint64_t number; /* system calls: their number, kept by the stub; see QUIET_END */
};

/* What a stub says of itself, at a fixed distance from where it calls the agent. */
struct stub_info {
	uint64_t address; /* of the system call instruction, or the function */
	uint32_t hook;	  /* functions: index in ctl->hooks */
	uint32_t flags;
	uint64_t magic; /* AGENT_MAGIC */
};

#define STUB_RETURNS 1u /* a function's stub with a return hook */
#define STUB_UNWINDS 2u /* the function looks at return addresses: they must be the target's */
#define STUB_CATCHES 4u /* an exception was caught: what was not unwound may be hooked again */

/* A private stack, in use while busy. */
struct agent_slot {
	_Atomic uint32_t busy;
	uint32_t pad[15];
	uint8_t stack[AGENT_STACK - 64];
};

/* A hooked call that has not returned: found by its stack pointer and its stub. */
struct agent_frame {
	_Atomic uint64_t sp; /* where its return address is; 0: free */
	uint64_t info;	     /* address of the stub's struct stub_info */
	uint64_t ret;	     /* address to return to */
	uint64_t thread;     /* the thread pointer of who called */
	uint32_t again;	     /* calls of the function by itself as its last act */
	uint32_t disarmed;   /* the target's own return address was put back */
};

/* A piece of memory with stubs: begins with struct stub_region (inject/stub.h). */
struct agent_region {
	uint64_t address;
	uint64_t size; /* 0: none */
};

/* Private memory of the agent in one target: anonymous, copied by fork. */
struct agent_block {
	uint64_t magic; /* AGENT_MAGIC */
	const struct machine_ctl *ctl;
	struct machine_data *data;
	uint64_t blob;	/* address of the blob */
	uint32_t flags; /* AGENT_FOLLOW ... */
	uint32_t root;	/* process that tracing began with: this one or one that it descends from */
	_Atomic uint32_t helpers_state; /* 0: not filled in yet, 1: somebody does, 2: they are */
	_Atomic uint32_t vforks;	/* children that run in this memory */
	machine_helper helpers[HELPER_MAX];
	struct agent_region regions[AGENT_REGIONS];
	/* Pages of stack below which there is another, by their number's last byte. */
	_Atomic uint64_t known[256];

	/* A page that fork wipes (MADV_WIPEONFORK): so a child knows that it is one. */
	_Alignas(AGENT_PAGE) _Atomic uint32_t slot; /* in data->targets; 0: none (yet) */
	_Atomic uint32_t refused;		    /* nobody wants to trace this child */
	uint32_t tgid;
	_Atomic uint32_t starved; /* hits that do not wait for a virtual CPU: one waited in vain */
	struct helper_process process;

	_Alignas(AGENT_PAGE) struct agent_frame frames[AGENT_FRAMES];
	struct agent_slot slots[AGENT_STACKS];
};

#define AGENT_FOLLOW	    1u /* children are traced too */
#define AGENT_PRIVATE_STACK 2u
#define AGENT_FILTERED	    4u /* has a seccomp filter: no system calls without need */

#endif
