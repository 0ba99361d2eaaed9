// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * herd [N]: forks N children (200), one at a time, each of which does what is hooked in two
 * threads until it is killed, which this process does at a random moment within 3 ms; it
 * works itself meanwhile. What the children did is counted in memory that they share with it,
 * and written as done by the pid 0: it may lack what each thread was in the middle of.
 */
#include "target.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct shared {
	atomic_long calls, ppids;
} * shared;

static void *hammer(void *arg)
{
	for (;;) {
		target_call(1);
		shared->calls++;
		getppid();
		shared->ppids++;
	}
	return NULL;
}

static long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000 + t.tv_nsec;
}

static void one(void)
{
	long end = now_ns() + random() % 3000000;
	pid_t pid = fork();
	pthread_t thread;
	int status;

	if (!pid) {
		pthread_create(&thread, NULL, hammer, NULL);
		hammer(NULL);
	}
	target_need(pid > 0, "fork");
	while (now_ns() < end)
		target_work(1);
	kill(pid, SIGKILL);
	target_need(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) &&
			    WTERMSIG(status) == SIGKILL,
		    "a child that only a signal can end");
	target_work(20);
}

int main(int argc, char **argv)
{
	long n = argc > 1 ? strtol(argv[1], NULL, 10) : 200;

	target_begin();
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	target_need(shared != MAP_FAILED, "mmap");
	target_ready();
	srandom((unsigned int)getpid());
	for (long i = 0; i < n; i++)
		one();
	printf("%ld children killed\n", n);
	target_end(0);
	target_child();
	target_charge(0, shared->calls, shared->ppids);
	return 57;
}
