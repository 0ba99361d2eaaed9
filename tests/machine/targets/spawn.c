// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * posix_spawn of itself by two threads at a time, while a third one counts.
 */
#include "target.h"

#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TIMES = 8 };

extern char **environ;

static atomic_bool done;
static atomic_long sum;
static char *program;

static void *spawner(void *arg)
{
	char *argv[4], text[16];
	int status;
	pid_t pid;

	for (long i = 0; i < TIMES; i++) {
		target_again(argv, text, program, "again", (long)arg + i);
		target_work(5);
		target_need(!posix_spawn(&pid, program, NULL, NULL, argv, environ), "posix_spawn");
		target_need(waitpid(pid, &status, 0) == pid && WIFEXITED(status), "waitpid");
		sum += WEXITSTATUS(status);
	}
	return NULL;
}

static void *counter(void *arg)
{
	while (!done) {
		target_work(1);
		usleep(100);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread[3];

	target_begin();
	if (argc == 3) {
		target_work(15);
		return target_end((int)strtol(argv[2], NULL, 10));
	}
	program = argv[0];
	target_ready();
	pthread_create(&thread[0], NULL, counter, NULL);
	pthread_create(&thread[1], NULL, spawner, (void *)10L);
	pthread_create(&thread[2], NULL, spawner, (void *)20L);
	pthread_join(thread[2], NULL);
	pthread_join(thread[1], NULL);
	done = true;
	pthread_join(thread[0], NULL);
	printf("%d children, the sum of their statuses is %ld\n", 2 * TIMES, (long)sum);
	return target_end(44);
}
