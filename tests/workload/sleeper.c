// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * sleeper [MS [STATUS]]: sleeps (default 100 ms) and exits with the status.
 */
#include "truth.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	long ms = count_argument(argc > 1 ? argv[1] : NULL, 100);
	struct timespec ts = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	nanosleep(&ts, NULL);
	truth("pid %d\nslept_ms %ld\n", getpid(), ms);
	return argc > 2 ? atoi(argv[2]) : 0;
}
