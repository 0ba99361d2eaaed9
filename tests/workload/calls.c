// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * calls [N [T]]: functions for uprobes. T threads (default 1) call target_call()
 * N times in all (default 10; N must be a multiple of T), with the arguments 0 up
 * to each thread's share. Then, from the main thread: target_add(i, 2 * i) for i
 * from 1 to 10; target_str("first") and target_str("second one");
 * target_six(1, 2, 3, 4, 5, 6); target_name(), which returns "returned".
 * The binary is not stripped, and the functions are not inlined.
 */
#include "truth.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

long target_call(long i);
long target_add(long a, long b);
size_t target_str(const char *s);
long target_six(long a, long b, long c, long d, long e, long f);
const char *target_name(void);

static atomic_long calls;

TARGET long target_call(long i)
{
	/* Without this, the first instruction has a lock prefix, on which the kernel cannot
	 * place a uprobe. */
	__asm__ volatile("nop");
	/* The count is the call's own, made inside it. */
	atomic_fetch_add_explicit(&calls, 1, memory_order_relaxed);
	return i + 1;
}

TARGET long target_add(long a, long b)
{
	__asm__ volatile("");
	return a + b;
}

TARGET size_t target_str(const char *s)
{
	__asm__ volatile("");
	return strlen(s);
}

TARGET long target_six(long a, long b, long c, long d, long e, long f)
{
	__asm__ volatile("");
	return a * 100000 + b * 10000 + c * 1000 + d * 100 + e * 10 + f;
}

TARGET const char *target_name(void)
{
	__asm__ volatile("");
	return "returned";
}

static void *run_share(void *arg)
{
	for (long i = 0; i < *(long *)arg; i++)
		target_call(i);
	return NULL;
}

int main(int argc, char **argv)
{
	long n = count_argument(argc > 1 ? argv[1] : NULL, 10), sum = 0, share;
	long threads = count_argument(argc > 2 ? argv[2] : NULL, 1);
	pthread_t thread[64];

	if (threads > 64 || n % threads) {
		fputs("calls: at most 64 threads, and a multiple of them\n", stderr);
		return 2;
	}
	share = n / threads;
	for (long t = 0; t < threads - 1; t++)
		if (pthread_create(&thread[t], NULL, run_share, &share))
			return 2;
	run_share(&share);
	for (long t = 0; t < threads - 1; t++)
		pthread_join(thread[t], NULL);
	for (long i = 1; i <= 10; i++)
		sum += target_add(i, 2 * i);
	truth("target_call %ld\n", (long)calls);
	truth("target_add 10\ntarget_add_sum %ld\n", sum);
	truth("target_str %zu\n", target_str("first"));
	truth("target_str %zu\n", target_str("second one"));
	truth("target_six %ld\n", target_six(1, 2, 3, 4, 5, 6));
	truth("target_name %s\n", target_name());
	return 0;
}
