// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The thread that answers the targets' requests, holds threads that are about to exec, and sweeps
 * up behind dead targets. Requests come from memory that targets write: a false one can only make
 * us look at a process of which we know that it is a target, or its child.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "machine/inject/inject.h"
#include "machine/map/rawcall.h"

#define NAP_NS	   50000000
#define EXEC_NS	   100000 /* while a thread is held */
#define SWEEP_TIME 20	  /* naps between looks at all pidfds */

static void answer(struct machine_request *request, int64_t result)
{
	request->result = result;
	request->state = 3;
	machine_rawcall(__NR_futex, (uintptr_t)&request->state, FUTEX_WAKE, INT_MAX, 0, 0, 0);
}

/* The process that asks, not stopped: the thread that asks waits. */
static int open_asking(struct machine_targets *t, uint32_t slot, struct process *p)
{
	int err;

	if (!slot || slot >= MACHINE_TARGETS || !t->records[slot].pid)
		return -ESRCH;
	err = process_open(p, t->records[slot].pid);
	p->root = t->records[slot].root;
	return err;
}

static int64_t on_mapped(struct machine_targets *t, uint32_t slot, uint64_t from, uint64_t size)
{
	struct process p;
	int64_t ret = open_asking(t, slot, &p);

	if (ret || from + size < from)
		return ret ? ret : -EINVAL;
	ret = patch_range(t, &p, t->records[slot].block, from, from + size, false);
	process_close(&p);
	return ret;
}

static int64_t on_region(struct machine_targets *t, uint32_t slot, uint64_t address, uint64_t size)
{
	struct process p;
	int64_t ret;

	if ((int64_t)address <= 0 || size != MACHINE_REGION_SIZE)
		return -EINVAL;
	ret = open_asking(t, slot, &p);
	if (ret)
		return ret;
	ret = patch_add_region(&p, t->records[slot].block, address);
	process_close(&p);
	return ret;
}

/* Is there an agent of this session? Whoever puts one there only traces itself. *@root: what it
 * says that it descends from. */
static bool has_agent(const struct machine_targets *t, pid_t pid, uint64_t block, uint32_t *root)
{
	const struct machine_ctl *ctl = NULL;
	uint64_t magic = 0;
	struct process p;

	if (process_open(&p, pid))
		return false;
	if (process_read(&p, block + offsetof(struct agent_block, magic), &magic, sizeof(magic)) ||
	    process_read(&p, block + offsetof(struct agent_block, ctl), &ctl, sizeof(ctl)) ||
	    process_read(&p, block + offsetof(struct agent_block, root), root, sizeof(*root)))
		magic = 0;
	process_close(&p);
	return magic == AGENT_MAGIC && ctl == t->session->ctl;
}

/* A child is a copy, also of a parent that has ended since. */
static int64_t on_forked(struct machine_targets *t, pid_t pid, uint64_t block)
{
	uint32_t root;
	int slot;
	int err;

	if (pid <= 0 || target_slot_of(t, pid) >= 0 || !has_agent(t, pid, block, &root))
		return -ESRCH;
	slot = target_slot_new(t);
	if (slot < 0)
		return slot;
	err = target_slot_take(t, slot, pid, (pid_t)root, block);
	if (err) {
		target_slot_free(t, slot);
		return err;
	}
	return slot;
}

/* ---- exec ---------------------------------------------------------------- */

/* Would ptrace take privileges from the program that @tid is about to run? */
static bool is_privileged(pid_t tid, uint64_t path_at, bool plain)
{
	char name[PATH_MAX], path[PATH_MAX + 64];
	struct process p;
	struct stat st;
	size_t n = 0;

	if (process_open(&p, tid))
		return true;
	while (n < sizeof(name) - 1 && !process_read(&p, path_at + n, name + n, 1) && name[n])
		n++;
	name[n] = '\0';
	process_close(&p);
	snprintf(path, sizeof(path), name[0] == '/' ? "/proc/%d/root%s" : "/proc/%d/cwd/%s", tid,
		 name);
	if (!plain && name[0] != '/')
		return false;
	return !fstatat(AT_FDCWD, path, &st, 0) && st.st_mode & (S_ISUID | S_ISGID) && geteuid();
}

static int64_t on_exec(struct machine_targets *t, uint32_t slot, pid_t tid, uint64_t path_at,
		       bool plain)
{
	long tgid = process_status(tid, "Tgid:");
	long parent = process_status(tid, "PPid:");

	if (tid <= 0 || tgid <= 0)
		return -ESRCH;
	if (target_slot_of(t, (pid_t)tgid) < 0 &&
	    (!t->follow || target_slot_of(t, (pid_t)parent) < 0))
		return -EPERM;
	if (is_privileged(tid, path_at, plain))
		return -EACCES;
	for (int i = 0; i < EXEC_WATCHES; i++) {
		if (t->execs[i].tid)
			continue;
		if (ptrace(PTRACE_SEIZE, tid, NULL, PTRACE_O_TRACEEXEC | PTRACE_O_TRACESYSGOOD))
			return -errno;
		t->execs[i] = (struct exec_watch){
			tid, (pid_t)tgid, slot < MACHINE_TARGETS ? t->records[slot].root : 0};
		return 0;
	}
	return -ENOSPC;
}

static void enter_execed(struct machine_targets *t, const struct exec_watch *watch)
{
	pid_t pid = watch->tgid;
	int slot = target_slot_of(t, pid), err, status;
	enum machine_refusal why = MACHINE_FAILED;
	struct process p = {.mem = -1};

	/* Whatever the old program's threads held, they hold no more. */
	if (slot > 0)
		machine_sweep(t->session->ctl_rw, (uint32_t)slot);
	else
		slot = target_slot_new(t);
	if (ptrace(PTRACE_SYSCALL, pid, NULL, NULL) || waitpid(pid, &status, __WALL) != pid ||
	    !WIFSTOPPED(status))
		return;
	err = process_open(&p, pid);
	p.root = watch->root;
	if (!err)
		err = process_adopt(&p, pid);
	if (!err && slot > 0)
		why = enter_process(t, &p, slot, &err);
	if (why && slot > 0)
		target_slot_free(t, slot);
	if (p.nthreads)
		process_release(&p);
	else
		ptrace(PTRACE_DETACH, pid, NULL, NULL);
	process_close(&p);
}

/* 1: the watch is over. */
static int look_at_exec(struct machine_targets *t, const struct exec_watch *watch, pid_t tid)
{
	int status;
	pid_t got = waitpid(tid, &status, __WALL | WNOHANG);

	if (got <= 0)
		return 0;
	if (!WIFSTOPPED(status))
		return 1;
	if (status >> 16 == PTRACE_EVENT_EXEC) {
		enter_execed(t, watch);
		return 1;
	}
	if (status >> 16 == PTRACE_EVENT_STOP && WSTOPSIG(status) != SIGTRAP)
		ptrace(PTRACE_LISTEN, tid, NULL, NULL);
	else
		ptrace(PTRACE_CONT, tid, NULL, status >> 16 ? 0L : (long)WSTOPSIG(status));
	return 0;
}

static bool look_at_execs(struct machine_targets *t)
{
	bool any = false;

	for (int i = 0; i < EXEC_WATCHES; i++) {
		struct exec_watch *watch = &t->execs[i];

		if (!watch->tid)
			continue;
		/* A thread that execs takes its leader's number. */
		if (look_at_exec(t, watch, watch->tid) ||
		    (watch->tgid != watch->tid && look_at_exec(t, watch, watch->tgid)) ||
		    (kill(watch->tgid, 0) && errno == ESRCH))
			watch->tid = 0;
		else
			any = true;
	}
	return any;
}

static int64_t on_exec_failed(struct machine_targets *t, pid_t tid)
{
	for (int i = 0; i < EXEC_WATCHES; i++) {
		struct exec_watch *watch = &t->execs[i];
		int status;

		if (watch->tid != tid)
			continue;
		watch->tid = 0;
		if (ptrace(PTRACE_INTERRUPT, tid, NULL, NULL))
			return -errno;
		/* A signal may come first; it is delivered by the way. */
		while (waitpid(tid, &status, __WALL) == tid && WIFSTOPPED(status)) {
			bool ours = status >> 16 == PTRACE_EVENT_STOP;

			if (ptrace(ours ? PTRACE_DETACH : PTRACE_CONT, tid, NULL,
				   status >> 16 ? 0L : (long)WSTOPSIG(status)) ||
			    ours)
				break;
		}
		return 0;
	}
	return -ESRCH;
}

/* ---- the loop ------------------------------------------------------------ */

static int64_t serve(struct machine_targets *t, const struct machine_request *request)
{
	switch (request->kind) {
	case MACHINE_REQ_MAPPED:
		return on_mapped(t, request->slot, request->arg[0], request->arg[1]);
	case MACHINE_REQ_REGION:
		return on_region(t, request->slot, request->arg[0], request->arg[1]);
	case MACHINE_REQ_FORKED: return on_forked(t, (pid_t)request->arg[0], request->arg[1]);
	case MACHINE_REQ_EXEC:
		return on_exec(t, request->slot, (pid_t)request->arg[0], request->arg[1],
			       request->arg[2]);
	case MACHINE_REQ_EXEC_FAILED: return on_exec_failed(t, (pid_t)request->arg[0]);
	default: return -EINVAL;
	}
}

static void serve_all(struct machine_targets *t)
{
	struct machine_data *data = t->session->data;

	for (int i = 0; i < MACHINE_REQUESTS; i++) {
		struct machine_request *request = &data->requests[i];
		struct machine_request copy;

		if (request->state != 2)
			continue;
		memcpy(&copy, request, sizeof(copy));
		answer(request, t->closing ? -ESHUTDOWN : serve(t, &copy));
	}
}

static void sweep_dead(struct machine_targets *t)
{
	struct pollfd fds[MACHINE_TARGETS];

	for (int i = 0; i < MACHINE_TARGETS; i++)
		fds[i] = (struct pollfd){.fd = t->pidfds[i], .events = POLLIN};
	if (poll(fds, MACHINE_TARGETS, 0) <= 0)
		return;
	for (int i = 1; i < MACHINE_TARGETS; i++) {
		if (fds[i].revents)
			target_slot_free(t, i);
	}
}

void *service_run(void *arg)
{
	struct machine_targets *t = arg;
	struct machine_data *data = t->session->data;
	bool closing = false;

	while (!closing) {
		uint32_t bell = data->request_bell;
		struct timespec nap = {0, NAP_NS};
		bool held;

		pthread_mutex_lock(&t->lock);
		serve_all(t);
		held = look_at_execs(t);
		sweep_dead(t);
		closing = t->closing && !held;
		pthread_mutex_unlock(&t->lock);
		if (held)
			nap.tv_nsec = EXEC_NS;
		if (!closing)
			machine_rawcall(__NR_futex, (uintptr_t)&data->request_bell, FUTEX_WAIT,
					bell, (uintptr_t)&nap, 0, 0);
	}
	return NULL;
}
