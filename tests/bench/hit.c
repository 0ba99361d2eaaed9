// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * What is traced by the rows about hits: calls a function or getppid(2) in short rounds and
 * prints what one takes in the fastest round, which is the one that nobody interrupted.
 *
 *   hit call|syscall
 */
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define RUN_NS	   400e6
#define ROUND_NS   20e3 /* short beside a turn of the scheduler */
#define ROUNDS_MIN 50

__attribute__((noinline)) long hit_target(long n);

__attribute__((noinline)) long hit_target(long n)
{
	__asm__ volatile("" : "+r"(n));
	return n + 1;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* What each of @n takes, in ns. */
static double round_of(int is_syscall, long n)
{
	double start = now();

	for (long i = 0; i < n; i++) {
		if (is_syscall)
			syscall(SYS_getppid);
		else
			hit_target(i & 7);
	}
	return (now() - start) / (double)n;
}

int main(int argc, char **argv)
{
	int is_syscall = argc == 2 && !strcmp(argv[1], "syscall");
	double start = now(), best, each;
	long n;

	if (argc != 2)
		return 2;
	best = round_of(is_syscall, 100);
	n = (long)(ROUND_NS / best) + 1;
	for (int i = 0; i < ROUNDS_MIN || now() - start < RUN_NS; i++) {
		each = round_of(is_syscall, n);
		best = each < best ? each : best;
	}
	printf("\n{\"ns\": %.2f}\n", best);
	return 0;
}
