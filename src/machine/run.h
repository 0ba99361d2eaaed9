/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The state of one running program, shared by interpreter, JIT and helpers.
 *
 * All that a program may touch itself lies in one window of memory: its stack, its copy of the
 * context, map values, ring records. Both engines check every load, store and atomic against the
 * window; what is elsewhere is reached only through helpers. The run state lies OUTSIDE of the
 * window, where no program can write to it.
 *
 * A program that may not go on is stopped: its engine returns 0 at once, from any depth of calls,
 * with the reason in `stop`.
 */
#ifndef MACHINE_RUN_H
#define MACHINE_RUN_H

#include <errno.h>
#include <stdint.h>

#define MACHINE_FRAME_SIZE 512 /* bytes of stack in a frame */
#define MACHINE_FRAMES	   8   /* the main function and seven calls, as in Linux */
#define MACHINE_STACK_SIZE (MACHINE_FRAMES * MACHINE_FRAME_SIZE)
#define MACHINE_WINDOW_MAX (1ull << 47) /* all that a process can have */

struct machine_run;

/*
 * A helper: the program's r1..r5, its r0 as the result. A helper may set run->stop to end the
 * program when it returns, and may lower run->budget; it must not touch what machine_run_init set.
 */
typedef uint64_t (*machine_helper)(struct machine_run *run, uint64_t r1, uint64_t r2, uint64_t r3,
				   uint64_t r4, uint64_t r5);

/* Why a program ended. */
enum machine_stop {
	MACHINE_DONE,	   /* by itself: the engine's result is its r0 */
	MACHINE_MEMORY,	   /* access outside of the window, at stop_addr */
	MACHINE_UNALIGNED, /* atomic at stop_addr, which its width does not divide */
	MACHINE_BUDGET,	   /* the budget is used up; it is 0 now */
	MACHINE_DEPTH,	   /* call of a function with no frame left */
	MACHINE_NO_HELPER, /* call of a helper that is not in the table */
	MACHINE_TAIL_CALL, /* set by a helper: go on with run->tail_call, see there */
	MACHINE_HELPER,	   /* set by a helper: the program may not go on */
};

struct machine_run {
	/* Set by machine_run_init. */
	uint64_t neg_base;     /* minus the window's address */
	uint64_t limit[4];     /* the last offset in the window for 1, 2, 4 and 8 bytes */
	uint64_t stack;	       /* r10 of the main function: the end of its frame */
	uint64_t lowest_frame; /* r10 of the deepest function */

	/*
	 * About how many instructions may still be executed. Jumps backwards are charged the slots
	 * they go back, calls of functions the callee's slots, so a run takes at most the budget
	 * plus one pass through the main function.
	 */
	uint64_t budget;

	/* helpers[id] for id < helper_cnt; NULL is no helper. */
	const machine_helper *helpers;
	uint32_t helper_cnt;

	/* Set by the engine (by a helper: stop). */
	uint32_t stop;	    /* enum machine_stop */
	uint32_t stop_insn; /* the slot of the instruction that was stopped */
	uint64_t stop_addr; /* MACHINE_MEMORY and MACHINE_UNALIGNED: the address */

	uint64_t native_sp; /* where compiled code unwinds to; its own */

	/*
	 * The hook for tail calls. A helper that finds the program to go on with notes it here and
	 * sets stop to MACHINE_TAIL_CALL; the engine returns, and its caller starts that program
	 * with the same run state (and counts: Linux allows 33). Only its main function can so be
	 * replaced: from a called function Linux would return to the caller, which this cannot, so
	 * that is refused where programs are loaded.
	 */
	const void *tail_call;

	void *owner; /* for helpers: whatever the machine runs the program for */
};

/*
 * Lay the window [base, base + size) and the stack [stack - MACHINE_STACK_SIZE, stack) in it. base
 * and stack are multiples of 8. The other fields become 0.
 * Returns 0, or -EINVAL if the stack is not inside the window or the window is too large or wraps
 * around.
 */
static inline int machine_run_init(struct machine_run *run, uint64_t base, uint64_t size,
				   uint64_t stack)
{
	if ((base | stack) % 8 || size < MACHINE_STACK_SIZE || size > MACHINE_WINDOW_MAX ||
	    base + size < base)
		return -EINVAL;
	if (stack - base < MACHINE_STACK_SIZE || stack - base > size)
		return -EINVAL;
	*run = (struct machine_run){
		.neg_base = -base,
		.limit = {size - 1, size - 2, size - 4, size - 8},
		.stack = stack,
		.lowest_frame = stack - (MACHINE_FRAMES - 1) * MACHINE_FRAME_SIZE,
	};
	return 0;
}

#endif
