// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * threads [N [T]]: T threads (default 4, the main one among them) call getppid(2) N
 * times each (default 1000), all beginning at once.
 */
#include "truth.h"

#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

static pthread_barrier_t barrier;

static void *run(void *arg)
{
	long n = *(long *)arg;

	pthread_barrier_wait(&barrier);
	while (n--)
		syscall(SYS_getppid);
	return NULL;
}

int main(int argc, char **argv)
{
	long n = count_argument(argc > 1 ? argv[1] : NULL, 1000);
	long len = count_argument(argc > 2 ? argv[2] : NULL, 4);
	pthread_t thread[64];

	if (len > 64 || pthread_barrier_init(&barrier, NULL, (unsigned int)len))
		return 2;
	for (long t = 0; t < len - 1; t++)
		if (pthread_create(&thread[t], NULL, run, &n))
			return 2;
	run(&n);
	for (long t = 0; t < len - 1; t++)
		pthread_join(thread[t], NULL);
	truth("threads %ld\ngetppid %ld\n", len, n * len);
	return 0;
}
