// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * spin [MS]: uses MS milliseconds of processor time (default 500), in target_spin().
 */
#include "truth.h"

#include <time.h>

void target_spin(long ms);

static long cpu_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

__attribute__((noinline)) void target_spin(long ms)
{
	while (cpu_ms() < ms)
		for (volatile int i = 0; i < 10000; i++)
			;
}

int main(int argc, char **argv)
{
	target_spin(count_argument(argc > 1 ? argv[1] : NULL, 500));
	truth("cpu_ms %ld\n", cpu_ms());
	return 0;
}
