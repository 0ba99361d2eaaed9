// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Targets that are attached to.
 *
 *   busy SECONDS          calls getppid(2) all the time
 *   busy CALL SECONDS     waits in read, poll, epoll_wait, nanosleep, futex or pause, and says
 *                         "CALL ok" when that ended as it should
 *   busy threads N        N threads, some busy, until killed
 */
#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void on_usr1(int number)
{
	(void)number;
}

static void *waker(void *fd)
{
	sleep(1);
	if (write((int)(long)fd, "x", 1) < 0)
		abort();
	return NULL;
}

/* What the call returned; errno is set. */
static long wait_in(const char *name, int seconds)
{
	struct timespec ts = {seconds, 0};
	struct epoll_event event;
	pthread_t thread;
	int pipe_fds[2];
	char c;

	if (!strcmp(name, "poll"))
		return poll(NULL, 0, seconds * 1000);
	if (!strcmp(name, "epoll_wait"))
		return epoll_wait(epoll_create1(0), &event, 1, seconds * 1000);
	if (!strcmp(name, "nanosleep"))
		return nanosleep(&ts, NULL);
	if (!strcmp(name, "pause")) {
		signal(SIGUSR1, on_usr1);
		return pause() == -1 && errno == EINTR ? 0 : 1;
	}
	if (!strcmp(name, "futex")) {
		int word = 0;

		if (syscall(SYS_futex, &word, FUTEX_WAIT, 0, &ts, NULL, 0) < 0 &&
		    errno == ETIMEDOUT)
			return 0;
		return -1;
	}
	if (pipe(pipe_fds) || pthread_create(&thread, NULL, waker, (void *)(long)pipe_fds[1]))
		return -1;
	return read(pipe_fds[0], &c, 1) - 1;
}

static void *spin_or_sleep(void *busy)
{
	while (busy)
		getppid();
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	double end;

	if (argc == 3 && !strcmp(argv[1], "threads")) {
		pthread_t thread;

		for (long i = 0; i < atol(argv[2]); i++)
			pthread_create(&thread, NULL, spin_or_sleep, (void *)(long)(i % 3 == 0));
		pause();
		return 0;
	}
	if (argc == 3) {
		long ret = wait_in(argv[1], atoi(argv[2]));

		if (ret)
			printf("%s %ld %s\n", argv[1], ret, strerror(errno));
		else
			printf("%s ok\n", argv[1]);
		return ret != 0;
	}
	end = now() + atof(argv[1]);
	while (now() < end)
		syscall(SYS_getppid);
	return 0;
}
