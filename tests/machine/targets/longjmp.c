// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * setjmp and longjmp through the hooked function: out of one call, out of two in each other,
 * and from one call into the one around it.
 */
#include "target.h"

#include <setjmp.h>
#include <stdio.h>

enum { TIMES = 1000 };

static jmp_buf back, middle;
static int depth;

static void jump(void)
{
	longjmp(back, 1);
}

static void deeper(void)
{
	if (++depth < 3) {
		target_call(depth);
		return;
	}
	longjmp(back, 2);
}

static void jump_to_middle(void)
{
	longjmp(middle, 1);
}

static void around(void)
{
	target_inside = jump_to_middle;
	if (!setjmp(middle))
		target_call(1);
	target_inside = NULL;
}

int main(void)
{
	volatile int one = 0, two = 0, returned = 0;

	target_begin();
	target_ready();
	for (volatile int i = 0; i < TIMES; i++) {
		target_inside = jump;
		if (!setjmp(back))
			target_call(i);
		else
			one++;
		depth = 0;
		target_inside = deeper;
		if (!setjmp(back))
			target_call(i);
		else
			two++;
		target_inside = around;
		target_need(target_call(i) == i + 1, "the outer call");
		returned++;
		target_inside = NULL;
		target_work(1);
	}
	printf("%d %d %d\n", one, two, returned);
	return target_end(49);
}
