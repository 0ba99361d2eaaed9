// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * busy: does what is hooked in four threads, for as long as the file that SKEP_STOP names is
 * not there.
 */
#include "target.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { THREADS = 4 };

static atomic_bool stop;

static void *work(void *arg)
{
	while (!stop)
		target_work(1);
	return NULL;
}

int main(void)
{
	const char *path = getenv("SKEP_STOP");
	pthread_t thread[THREADS];

	target_begin();
	target_need(path != NULL, "SKEP_STOP");
	target_ready();
	for (int t = 0; t < THREADS; t++)
		target_need(!pthread_create(&thread[t], NULL, work, NULL), "pthread_create");
	while (access(path, F_OK))
		usleep(2000);
	stop = true;
	for (int t = 0; t < THREADS; t++)
		pthread_join(thread[t], NULL);
	puts("stopped when told");
	return target_end(56);
}
