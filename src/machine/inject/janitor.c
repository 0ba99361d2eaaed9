// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Taking the agents out; and the process that does so when the tracer is killed. The janitor
 * shares nothing with the tracer but the list of targets, and keeps none of its descriptors open.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "machine/inject/inject.h"
#include "machine/inject/raw.h"
#include "machine/map/rawcall.h"

void take_out(const struct target_record *record)
{
	struct process p;
	int err;

	if (process_start_time(record->pid) != record->start || process_open(&p, record->pid))
		return;
	if (process_stop(&p, &err) == MACHINE_OK) {
		patch_undo(&p, record->block, 0, true);
		unwind_restore(&p, record->block);
		process_release(&p);
	}
	process_close(&p);
}

static void close_all_but(int keep)
{
	int null = open("/dev/null", O_RDWR);

	for (int fd = 0; fd < 3 && null >= 0; fd++)
		dup2(null, fd);
	if (dup2(keep, 3) < 0)
		_exit(1);
	if (close_range(4, ~0u, 0)) {
		for (int fd = 4; fd < 65536; fd++)
			close(fd);
	}
}

static void janitor(const struct machine_targets *t, int tracer)
{
	struct pollfd gone;
	sigset_t all;

	/* Whatever ends the tracer must not end us too. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	setsid();
	prctl(PR_SET_NAME, "skep-janitor");
	close_all_but(tracer);
	gone = (struct pollfd){.fd = 3, .events = POLLIN};
	while (poll(&gone, 1, -1) <= 0)
		;
	for (int i = 1; i < MACHINE_TARGETS; i++) {
		if (t->records[i].pid)
			take_out(&t->records[i]);
	}
	_exit(0);
}

int janitor_start(struct machine_targets *t)
{
	int tracer = (int)machine_rawcall(__NR_pidfd_open, (uint64_t)getpid(), 0, 0, 0, 0, 0);

	if (tracer < 0)
		return tracer;
	t->janitor = fork();
	if (!t->janitor)
		janitor(t, tracer);
	raw_close(tracer);
	if (t->janitor < 0) {
		t->janitor = 0;
		return -errno;
	}
	return 0;
}

void janitor_stop(struct machine_targets *t)
{
	if (t->janitor <= 0)
		return;
	kill(t->janitor, SIGKILL);
	while (waitpid(t->janitor, NULL, 0) < 0 && errno == EINTR)
		;
	t->janitor = 0;
}
