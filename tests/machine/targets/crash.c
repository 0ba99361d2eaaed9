// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Ends by a signal of its own making, whose default action must stay what it is.
 */
#include "target.h"

#include <stdio.h>
#include <sys/resource.h>

int main(void)
{
	struct rlimit none = {0, 0};

	target_begin();
	setrlimit(RLIMIT_CORE, &none);
	target_ready();
	target_work(50);
	puts("so far, so good");
	target_end(0);
	__asm__ volatile("movb (%0), %%al" : : "r"(0L) : "rax");
	return 1;
}
