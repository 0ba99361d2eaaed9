// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * ticker [MS [N]]: calls target_tick(i) every MS milliseconds (default 10), N times
 * (default 100), i from 0; something to attach to while it runs.
 */
#include "truth.h"

#include <time.h>
#include <unistd.h>

void target_tick(long i);

static volatile long last_tick;

TARGET void target_tick(long i)
{
	/* The machine cannot hook a function that is one byte long. */
	last_tick = i;
}

int main(int argc, char **argv)
{
	long ms = count_argument(argc > 1 ? argv[1] : NULL, 10);
	long n = count_argument(argc > 2 ? argv[2] : NULL, 100);
	struct timespec ts = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	for (long i = 0; i < n; i++) {
		target_tick(i);
		nanosleep(&ts, NULL);
	}
	truth("pid %d\ntarget_tick %ld\n", getpid(), n);
	return 0;
}
