// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Closes what is slow to close in a process of its own, so that the prompt does not wait.
 *
 * Closing a perf tracepoint or a uprobe waits for the kernel for 70 to 90 ms each. A detached
 * child inherits the descriptors; the parent closes its copies, which is no last reference
 * and so returns at once, and only then does the child begin. When either is killed, the kernel
 * closes what it held: nothing can stay attached.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "trace/session.h"

static const char reaper_name[] = "skep: reaper";

/* ps shows the words that the program was started with: they are overwritten in place. */
static void rename_process(void)
{
	unsigned long start = 0, end = 0;
	char line[1024] = "", *p;
	FILE *file = fopen("/proc/self/stat", "re");
	int field;

	prctl(PR_SET_NAME, reaper_name);
	if (!file)
		return;
	p = fgets(line, sizeof(line), file) ? strrchr(line, ')') : NULL;
	fclose(file);
	/* The name in brackets is field 2; arg_start and arg_end are 48 and 49. */
	for (field = 2; p && field < 48; field++)
		p = strchr(p + 1, ' ');
	if (!p || sscanf(p, "%lu %lu", &start, &end) != 2 || end <= start)
		return;
	memset((void *)start, 0, end - start);
	if (end - start > sizeof(reaper_name))
		memcpy((void *)start, reaper_name, sizeof(reaper_name));
}

/* Closes every descriptor but the sorted @fds. */
static void close_others(const int *fds, size_t nfds)
{
	unsigned int from = 0;
	size_t i;
	int fd;

	for (i = 0; i < nfds; i++) {
		if ((unsigned int)fds[i] > from && close_range(from, (unsigned int)fds[i] - 1, 0) &&
		    errno == ENOSYS) {
			for (fd = (int)from; fd < fds[i]; fd++)
				close(fd);
		}
		from = (unsigned int)fds[i] + 1;
	}
	close_range(from, ~0u, 0);
}

static int compare_fds(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static void reap(int *fds, size_t nfds, int wait_fd)
{
	size_t i;
	sigset_t none;
	char c;

	setsid();
	/* The script's terminal and pipes must not be held open. */
	for (i = 0; i < 3; i++)
		close((int)i);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (chdir("/"))
		_exit(1);
	rename_process();
	qsort(fds, nfds + 1, sizeof(*fds), compare_fds);
	close_others(fds, nfds + 1);
	while (read(wait_fd, &c, 1) < 0 && errno == EINTR)
		;
	for (i = 0; i < nfds + 1; i++)
		close(fds[i]);
	_exit(0);
}

void trace_reap(const int *fds, size_t nfds)
{
	int *kept = malloc((nfds + 1) * sizeof(*kept));
	int pair[2] = {-1, -1};
	pid_t pid = -1;
	size_t i;

	if (kept && !pipe2(pair, O_CLOEXEC)) {
		memcpy(kept, fds, nfds * sizeof(*kept));
		kept[nfds] = pair[0];
		pid = fork();
		if (!pid) {
			close(pair[1]);
			reap(kept, nfds, pair[0]);
		}
	}
	for (i = 0; i < nfds; i++)
		close(fds[i]);
	/* Closing the pipe tells the child that it holds the last references. */
	if (pair[0] >= 0) {
		close(pair[0]);
		close(pair[1]);
	}
	free(kept);
}
