// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * itimer [nested]: a timer's signals, thousands a second, while two threads do what is hooked.
 * With `nested` the handler does it too, so that hooks are hit wherever a signal can come.
 */
#include "target.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>

enum { SIGNALS = 500, AT_LEAST = 500 };

static atomic_long alarms;
static bool nested;

static void on_alarm(int signo, siginfo_t *info, void *context)
{
	int err = errno;

	target_log(signo, info, context);
	alarms++;
	if (nested)
		target_work(1);
	errno = err;
}

static void *work(void *arg)
{
	for (int i = 0; i < AT_LEAST || alarms < SIGNALS; i++)
		target_work(1);
	return NULL;
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_sigaction = on_alarm, .sa_flags = SA_SIGINFO | SA_RESTART};
	struct itimerval timer = {{0, 200}, {0, 200}}, off = {0};
	pthread_t thread;

	nested = argc == 2 && !strcmp(argv[1], "nested");
	target_begin();
	target_log_some(SIGALRM);
	sigaction(SIGALRM, &action, NULL);
	target_ready();
	setitimer(ITIMER_REAL, &timer, NULL);
	target_need(!pthread_create(&thread, NULL, work, NULL), "pthread_create");
	work(NULL);
	pthread_join(thread, NULL);
	setitimer(ITIMER_REAL, &off, NULL);
	puts("many signals came");
	return target_end(52);
}
