// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Threads with stacks of 64 KB, which they use up to the last kilobyte before they call; and a
 * signal that comes there, whose handler runs and counts on a small alternate stack.
 */
#include "target.h"

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>

#ifndef AT_MINSIGSTKSZ
#define AT_MINSIGSTKSZ 51
#endif

enum { THREADS = 6, STACK = 64 << 10, LEFT = 1024, ROUNDS = 20 };

static size_t frame_size(void)
{
	size_t frame = getauxval(AT_MINSIGSTKSZ);

	return frame > 2048 ? frame : 2048;
}

static void on_usr1(int signo, siginfo_t *info, void *context)
{
	target_log(signo, info, context);
	target_work(1);
}

/* Returns how deep it went. Not inlined, and with a frame that is in use after the call. */
__attribute__((noinline)) static int sink(uintptr_t low, int depth)
{
	volatile char frame[128];

	frame[0] = (char)depth;
	if ((uintptr_t)frame - low > LEFT + 256)
		return sink(low, depth + 1) + frame[0] - (char)depth;
	target_work(ROUNDS);
	raise(SIGUSR1);
	target_work(ROUNDS);
	return depth + frame[0] - (char)depth;
}

static void *work(void *arg)
{
	size_t size = frame_size() + 1536;
	stack_t alternate = {.ss_sp = malloc(size), .ss_size = size};
	pthread_attr_t attr;
	void *low;

	target_need(alternate.ss_sp && !sigaltstack(&alternate, NULL), "sigaltstack");
	target_need(!pthread_getattr_np(pthread_self(), &attr) &&
			    !pthread_attr_getstack(&attr, &low, &size),
		    "pthread_attr_getstack");
	pthread_attr_destroy(&attr);
	target_need(sink((uintptr_t)low, 0) > STACK / 1024, "using the stack up");
	alternate.ss_flags = SS_DISABLE;
	sigaltstack(&alternate, NULL);
	free(alternate.ss_sp);
	return NULL;
}

int main(void)
{
	struct sigaction action = {.sa_sigaction = on_usr1, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	pthread_t thread[THREADS];
	pthread_attr_t attr;

	target_begin();
	sigaction(SIGUSR1, &action, NULL);
	pthread_attr_init(&attr);
	target_need(!pthread_attr_setstacksize(&attr, STACK), "pthread_attr_setstacksize");
	target_ready();
	/* Finding functions in libraries at their first call would need more stack than is left. */
	target_work(1);
	raise(SIGUSR1);
	for (int t = 0; t < THREADS; t++)
		target_need(!pthread_create(&thread[t], &attr, work, NULL), "pthread_create");
	for (int t = 0; t < THREADS; t++)
		pthread_join(thread[t], NULL);
	printf("%d threads on small stacks\n", THREADS);
	return target_end(48);
}
