// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Threads that are created and ended throughout: while the harness attaches (by a thread that
 * makes others all the time, which count nothing), and while everything is counted.
 */
#include "target.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

enum { ROUNDS = 12, THREADS = 8, DETACHED = 20 };

static atomic_bool working;
static atomic_int detached;

static void *nothing(void *arg)
{
	return arg;
}

static void *churn(void *arg)
{
	pthread_t thread;

	while (!working) {
		target_need(!pthread_create(&thread, NULL, nothing, NULL), "pthread_create");
		pthread_join(thread, NULL);
	}
	return NULL;
}

static void *share(void *arg)
{
	target_work((long)arg);
	return NULL;
}

static void *detached_share(void *arg)
{
	target_work(5);
	detached++;
	return NULL;
}

int main(void)
{
	pthread_t churner, thread[THREADS];
	pthread_attr_t attr;

	target_begin();
	target_need(!pthread_create(&churner, NULL, churn, NULL), "pthread_create");
	target_ready();
	working = true;
	pthread_join(churner, NULL);

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	for (int i = 0; i < DETACHED; i++)
		target_need(!pthread_create(&thread[0], &attr, detached_share, NULL), "detached");
	for (long r = 0; r < ROUNDS; r++) {
		for (long t = 0; t < THREADS; t++)
			target_need(!pthread_create(&thread[t], NULL, share, (void *)(10 + r + t)),
				    "pthread_create");
		for (int t = 0; t < THREADS; t++)
			pthread_join(thread[t], NULL);
	}
	while (detached < DETACHED)
		;
	printf("%d rounds of %d threads, %d detached\n", ROUNDS, THREADS, DETACHED);
	return target_end(41);
}
