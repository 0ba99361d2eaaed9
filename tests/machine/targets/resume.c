// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Threads that are blocked in system calls while the harness attaches. Each call must go on
 * as if nothing had happened: no EINTR, no early end. Then each thread does what is hooked.
 */
#include "target.h"

#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { SLEEP_MS = 900 };

static int ends[16][2]; /* of a socket pair for each kind of call */
static atomic_uint futex_word;
static atomic_int about;

static int in_read(int fd)
{
	char c;

	return (int)read(fd, &c, 1);
}

static int in_recv(int fd)
{
	struct timeval limit = {20, 0};
	char c;

	/* A limit makes it one of the calls that are not restarted after a handler. */
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	return (int)recv(fd, &c, 1, 0);
}

static int in_poll(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, -1);
}

static int in_poll_timeout(int fd)
{
	return poll(NULL, 0, SLEEP_MS) + 1;
}

static int in_select(int fd)
{
	struct timeval limit = {20, 0};
	fd_set set;

	FD_ZERO(&set);
	FD_SET(fd, &set);
	return select(fd + 1, &set, NULL, NULL, &limit);
}

static int in_epoll(int fd)
{
	struct epoll_event event = {.events = EPOLLIN};
	int ep = epoll_create1(0), ret;

	epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event);
	ret = epoll_wait(ep, &event, 1, 20000);
	close(ep);
	return ret;
}

static int in_nanosleep(int fd)
{
	struct timespec t = {0, SLEEP_MS * 1000000L}, rest;

	return nanosleep(&t, &rest) + 1;
}

static int in_futex(int fd)
{
	return (int)syscall(SYS_futex, &futex_word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0) + 1;
}

static int in_futex_timeout(int fd)
{
	const struct timespec t = {0, SLEEP_MS * 1000000L};
	static atomic_uint other;
	long ret = syscall(SYS_futex, &other, FUTEX_WAIT_PRIVATE, 0, &t, NULL, 0);

	return ret == -1 && errno == ETIMEDOUT;
}

static int in_sigtimedwait(int fd)
{
	const struct timespec t = {0, SLEEP_MS * 1000000L};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	return sigtimedwait(&set, NULL, &t) == -1 && errno == EAGAIN;
}

/* Each must return 1; those that sleep, not before SLEEP_MS. */
static const struct blocker {
	const char *name;
	int (*call)(int fd);
	bool sleeps;
} blockers[] = {
	{"read", in_read, false},
	{"recv", in_recv, false},
	{"poll", in_poll, false},
	{"poll with a limit", in_poll_timeout, true},
	{"select", in_select, false},
	{"epoll_wait", in_epoll, false},
	{"nanosleep", in_nanosleep, true},
	{"futex", in_futex, false},
	{"futex with a limit", in_futex_timeout, true},
	{"sigtimedwait", in_sigtimedwait, true},
};

enum { N = sizeof(blockers) / sizeof(blockers[0]) };

static char verdict[N][80];

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void *block(void *arg)
{
	long i = (long)arg, begin, took;
	sigset_t set;
	int ret, err;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	about++;
	begin = now_ms();
	ret = blockers[i].call(ends[i][0]);
	err = errno;
	took = now_ms() - begin;
	if (ret != 1)
		snprintf(verdict[i], sizeof(verdict[i]), "returned %d, errno %d", ret, err);
	else if (blockers[i].sleeps && took < SLEEP_MS)
		snprintf(verdict[i], sizeof(verdict[i]), "ended after %ld ms", took);
	else
		snprintf(verdict[i], sizeof(verdict[i]), "as it should");
	target_work(10);
	return NULL;
}

int main(void)
{
	pthread_t thread[N];

	target_begin();
	for (long i = 0; i < N; i++) {
		target_need(!socketpair(AF_UNIX, SOCK_STREAM, 0, ends[i]), "socketpair");
		target_need(!pthread_create(&thread[i], NULL, block, (void *)i), "thread");
	}
	while (about < N)
		;
	usleep(50000);
	target_ready();
	futex_word = 1;
	syscall(SYS_futex, &futex_word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	for (int i = 0; i < N; i++)
		target_need(write(ends[i][1], "x", 1) == 1, "write");
	for (int i = 0; i < N; i++) {
		pthread_join(thread[i], NULL);
		printf("%s: %s\n", blockers[i].name, verdict[i]);
	}
	return target_end(53);
}
