// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * All signals blocked, in all threads, one of them pending all the time: what tracing does to
 * a thread must not need a signal, and must not change masks or what is pending.
 */
#include "target.h"

#include <pthread.h>
#include <stdio.h>

enum { THREADS = 4 };

static int count(const sigset_t *set)
{
	int n = 0;

	for (int s = 1; s < 65; s++)
		n += sigismember(set, s) == 1;
	return n;
}

static int blocked(void)
{
	sigset_t set;

	target_need(!pthread_sigmask(SIG_SETMASK, NULL, &set), "pthread_sigmask");
	return count(&set);
}

static void *work(void *arg)
{
	target_work(200);
	*(int *)arg = blocked();
	return NULL;
}

int main(void)
{
	const struct timespec none = {0};
	pthread_t thread[THREADS];
	int nblocked[THREADS];
	sigset_t all, pending;

	target_begin();
	sigfillset(&all);
	target_need(!sigprocmask(SIG_SETMASK, &all, NULL), "sigprocmask");
	raise(SIGUSR1);
	printf("%d signals are blocked\n", blocked());
	target_ready();
	for (int t = 0; t < THREADS; t++)
		target_need(!pthread_create(&thread[t], NULL, work, &nblocked[t]), "thread");
	target_work(200);
	for (int t = 0; t < THREADS; t++) {
		pthread_join(thread[t], NULL);
		printf("in a thread %d\n", nblocked[t]);
	}
	/* As root, a tracer's SIGCHLD or SIGCONT would show here. The signal went to the thread. */
	sigpending(&pending);
	printf("%d still, %d pending\n", blocked(), count(&pending));
	printf("taken: %d\n", sigtimedwait(&all, NULL, &none));
	printf("then: %d\n", sigtimedwait(&all, NULL, &none));
	return target_end(46);
}
