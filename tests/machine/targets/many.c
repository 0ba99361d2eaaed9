// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * 200 threads while the harness attaches: some in the middle of a computation, some in
 * futex, some in read; then all do what is hooked at the same time.
 */
#include "target.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

enum { THREADS = 200 };

static atomic_bool begun;
static atomic_int waiting;
static int ends[2];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t begin = PTHREAD_COND_INITIALIZER;

static void wait_somehow(long i)
{
	char c;

	waiting++;
	if (i % 40 == 0) {
		while (!begun)
			;
	} else if (i % 2) {
		target_need(read(ends[0], &c, 1) == 1, "read");
	} else {
		pthread_mutex_lock(&lock);
		while (!begun)
			pthread_cond_wait(&begin, &lock);
		pthread_mutex_unlock(&lock);
	}
}

static void *work(void *arg)
{
	wait_somehow((long)arg);
	target_work(25);
	return NULL;
}

int main(void)
{
	pthread_t thread[THREADS];
	pthread_attr_t attr;

	target_begin();
	target_need(!pipe(ends), "pipe");
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 64 << 10);
	for (long i = 0; i < THREADS; i++)
		target_need(!pthread_create(&thread[i], &attr, work, (void *)i), "thread");
	while (waiting < THREADS)
		usleep(1000);
	target_ready();
	pthread_mutex_lock(&lock);
	begun = true;
	pthread_cond_broadcast(&begin);
	pthread_mutex_unlock(&lock);
	for (int i = 0; i < THREADS / 2; i++)
		target_need(write(ends[1], "x", 1) == 1, "write");
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	printf("%d threads\n", THREADS);
	return target_end(54);
}
