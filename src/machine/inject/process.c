// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Stopping a process and letting it go on as if nothing had happened.
 *
 * All threads are asked to stop before any is waited for, since each costs a turn of the
 * scheduler. A system call that was interrupted is begun again by the kernel when the thread goes
 * on, because the result and the number that it looks at are put back as they were; those that
 * never restart after a stop (epoll_wait and its kind) are begun again here.
 */
#include "machine/inject/process.h"
#include "machine/inject/raw.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STOP_SECONDS 2
#define THREADS_MAX  65536

#ifndef PTRACE_GETSIGMASK
#define PTRACE_GETSIGMASK 0x420a
#define PTRACE_SETSIGMASK 0x420b
#endif

int process_open(struct process *p, pid_t pid)
{
	char path[32];

	*p = (struct process){.pid = pid, .root = pid, .mem = -1};
	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	p->mem = raw_open(path, O_RDWR | O_CLOEXEC);
	return p->mem < 0 ? -errno : 0;
}

void process_close(struct process *p)
{
	if (p->mem >= 0)
		raw_close(p->mem);
	free(p->threads);
	*p = (struct process){.mem = -1};
}

int process_read(const struct process *p, uint64_t address, void *to, size_t size)
{
	ssize_t n = pread(p->mem, to, size, (off_t)address);

	if (n < 0)
		return -errno;
	return (size_t)n == size ? 0 : -EFAULT;
}

int process_write(const struct process *p, uint64_t address, const void *from, size_t size)
{
	ssize_t n = pwrite(p->mem, from, size, (off_t)address);

	if (n < 0)
		return -errno;
	return (size_t)n == size ? 0 : -EFAULT;
}

static struct process_thread *add_thread(struct process *p, pid_t tid)
{
	if (p->nthreads == p->room) {
		size_t room = p->room ? 2 * p->room : 16;
		struct process_thread *more = reallocarray(p->threads, room, sizeof(*more));

		if (!more)
			return NULL;
		p->threads = more;
		p->room = room;
	}
	p->threads[p->nthreads] = (struct process_thread){.tid = tid};
	return &p->threads[p->nthreads++];
}

static bool known(const struct process *p, pid_t tid)
{
	for (size_t i = 0; i < p->nthreads; i++) {
		if (p->threads[i].tid == tid)
			return true;
	}
	return false;
}

/* Seizes threads that are not ours yet. Returns how many, or -errno. */
static int seize_new(struct process *p)
{
	char path[32];
	struct dirent *entry;
	int found = 0, err = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", p->pid);
	dir = opendir(path);
	if (!dir)
		return errno == ENOENT ? -ESRCH : -errno;
	while (!err && (entry = readdir(dir))) {
		pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (tid <= 0 || known(p, tid))
			continue;
		if (ptrace(PTRACE_SEIZE, tid, NULL, PTRACE_O_TRACESYSGOOD)) {
			/* It ended between the two; or it is a dead leader. */
			if (errno != ESRCH && !(errno == EPERM && kill(tid, 0) && errno == ESRCH))
				err = p->nthreads || errno != EPERM ? -errno : -EPERM;
			continue;
		}
		if (p->nthreads == THREADS_MAX || !add_thread(p, tid)) {
			ptrace(PTRACE_DETACH, tid, NULL, NULL);
			err = -ENOMEM;
			break;
		}
		ptrace(PTRACE_INTERRUPT, tid, NULL, NULL);
		found++;
	}
	closedir(dir);
	return err ? err : found;
}

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* Waits for a change of a thread until @deadline. 1: changed, 0: in vain, -errno. */
static int await(pid_t tid, int *status, uint64_t deadline)
{
	struct timespec nap = {0, 20000};

	for (;;) {
		pid_t got = waitpid(tid, status, __WALL | WNOHANG);

		if (got == tid)
			return 1;
		if (got < 0 && errno != EINTR)
			return -errno;
		if (now_ms() >= deadline)
			return 0;
		nanosleep(&nap, NULL);
		if (nap.tv_nsec < 1000000)
			nap.tv_nsec *= 2;
	}
}

static bool is_event_stop(int status)
{
	return status >> 16 == PTRACE_EVENT_STOP;
}

/* Until the thread is in the stop that we asked for; signals on their way are let through. */
static int await_stop(struct process_thread *t, uint64_t deadline)
{
	int status, got;

	for (;;) {
		got = await(t->tid, &status, deadline);
		if (got <= 0)
			return got ? got : -ETIMEDOUT;
		if (!WIFSTOPPED(status))
			return -ESRCH;
		if (is_event_stop(status))
			break;
		ptrace(PTRACE_CONT, t->tid, NULL,
		       status >> 16 || WSTOPSIG(status) & 0x80 ? 0L : (long)WSTOPSIG(status));
	}
	t->stopped = true;
	if (ptrace(PTRACE_GETREGS, t->tid, NULL, &t->regs))
		return -errno;
	return 0;
}

/*
 * A call that answers EINTR to the stop, although there was no signal (epoll_wait, receiving with
 * a limit in time ...), has done nothing yet. Not so these two.
 */
static bool may_begin_again(long number)
{
	return number >= 0 && number != SYS_close && number != SYS_connect;
}

static bool signal_waits(pid_t tid)
{
	char path[32], line[128];
	unsigned long pending = 0, blocked = 0, value;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	f = raw_fopen(path);
	if (!f)
		return false;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "SigPnd: %lx", &value) == 1 ||
		    sscanf(line, "ShdPnd: %lx", &value) == 1)
			pending |= value;
		else if (sscanf(line, "SigBlk: %lx", &value) == 1)
			blocked = value;
	}
	fclose(f);
	return pending & ~blocked;
}

static void mend_interrupted(struct process_thread *t)
{
	if (!may_begin_again((long)t->regs.orig_rax) || (long)t->regs.rax != -EINTR ||
	    signal_waits(t->tid))
		return;
	t->regs.rax = t->regs.orig_rax;
	t->regs.rip -= 2;
	t->regs.orig_rax = (unsigned long long)-1;
	t->changed = true;
}

static enum machine_refusal why_not(pid_t pid, int err)
{
	long tracer = process_status(pid, "TracerPid:");
	char text[16] = "";
	FILE *f;

	if (err == -ESRCH || tracer == -ENOENT)
		return MACHINE_NO_PROCESS;
	if (err == -ETIMEDOUT)
		return MACHINE_UNINTERRUPTIBLE;
	if (err != -EPERM && err != -EACCES)
		return MACHINE_FAILED;
	if (tracer > 0)
		return MACHINE_TRACED;
	if (geteuid() && process_status(pid, "Uid:") != (long)geteuid())
		return MACHINE_OTHER_USER;
	f = raw_fopen("/proc/sys/kernel/yama/ptrace_scope");
	if (f) {
		if (!fgets(text, sizeof(text), f))
			text[0] = '0';
		fclose(f);
		if (text[0] != '0')
			return MACHINE_YAMA;
	}
	return MACHINE_NOT_DUMPABLE;
}

enum machine_refusal process_stop(struct process *p, int *err)
{
	uint64_t deadline = now_ms() + STOP_SECONDS * 1000;
	size_t done = 0;
	int found;

	do {
		found = seize_new(p);
		while (found >= 0 && done < p->nthreads) {
			int got = await_stop(&p->threads[done], deadline);

			if (got == -ESRCH || got == -ECHILD) {
				p->threads[done] = p->threads[--p->nthreads];
				continue;
			}
			if (got)
				found = got;
			else
				mend_interrupted(&p->threads[done++]);
		}
	} while (found > 0);
	if (!found && !p->nthreads)
		found = -ESRCH;
	if (!found)
		return MACHINE_OK;
	*err = found;
	process_release(p);
	return why_not(p->pid, found);
}

int process_adopt(struct process *p, pid_t tid)
{
	struct process_thread *t = add_thread(p, tid);

	if (!t)
		return -ENOMEM;
	t->stopped = true;
	return ptrace(PTRACE_GETREGS, tid, NULL, &t->regs) ? -errno : 0;
}

static void release_thread(struct process_thread *t)
{
	int status;

	if (!t->stopped) {
		/* It did not stop in time: detaching needs a stop. */
		if (await(t->tid, &status, now_ms() + 100) > 0 && WIFSTOPPED(status))
			t->stopped = true;
	}
	if (t->stopped && t->changed)
		ptrace(PTRACE_SETREGS, t->tid, NULL, &t->regs);
	ptrace(PTRACE_DETACH, t->tid, NULL, (long)t->signal);
}

void process_release(struct process *p)
{
	for (size_t i = 0; i < p->nthreads; i++)
		release_thread(&p->threads[i]);
	p->nthreads = 0;
}

/* ---- system calls in its name -------------------------------------------- */

/* Until it has a system call of ours: the bytes that the thread is about to execute. */
static int cover_code(struct process *p)
{
	static const uint8_t syscall_insn[2] = {0x0f, 0x05};
	int err;

	p->gadget = p->threads[0].regs.rip;
	err = process_read(p, p->gadget, p->covered, 2);
	if (!err)
		err = process_write(p, p->gadget, syscall_insn, 2);
	p->covers = !err;
	return err;
}

static void uncover_code(struct process *p)
{
	if (p->covers)
		process_write(p, p->gadget, p->covered, 2);
	p->covers = false;
}

void process_calls_use(struct process *p, uint64_t gadget)
{
	uncover_code(p);
	p->gadget = gadget;
}

int process_calls_begin(struct process *p, uint64_t gadget)
{
	struct process_thread *t = &p->threads[0];
	uint64_t all = ~0ull;
	int err;

	p->gadget = gadget;
	err = gadget ? 0 : cover_code(p);
	if (err)
		return err;
	if (ptrace(PTRACE_GETSIGMASK, t->tid, sizeof(t->sigmask), &t->sigmask) ||
	    ptrace(PTRACE_SETSIGMASK, t->tid, sizeof(all), &all)) {
		err = -errno;
		uncover_code(p);
		return err;
	}
	t->changed = true;
	return 0;
}

/* Lets the thread go on to the next end of a system call's half. */
static int next_half(struct process_thread *t)
{
	int status;

	for (;;) {
		if (ptrace(PTRACE_SYSCALL, t->tid, NULL, NULL))
			return -errno;
		while (waitpid(t->tid, &status, __WALL) < 0) {
			if (errno != EINTR)
				return -errno;
		}
		if (!WIFSTOPPED(status))
			return -ESRCH;
		if (WSTOPSIG(status) == (SIGTRAP | 0x80))
			return 0;
		if (!(status >> 16))
			t->signal = WSTOPSIG(status);
	}
}

long process_call(struct process *p, long number, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
		  uint64_t e, uint64_t f)
{
	struct process_thread *t = &p->threads[0];
	struct user_regs_struct regs = t->regs;
	int err;

	regs.rip = p->gadget;
	regs.rax = (uint64_t)number;
	regs.orig_rax = (uint64_t)-1;
	regs.rdi = a;
	regs.rsi = b;
	regs.rdx = c;
	regs.r10 = d;
	regs.r8 = e;
	regs.r9 = f;
	if (ptrace(PTRACE_SETREGS, t->tid, NULL, &regs))
		return -errno;
	err = next_half(t);
	if (!err)
		err = next_half(t);
	if (err)
		return err;
	if (ptrace(PTRACE_GETREGS, t->tid, NULL, &regs))
		return -errno;
	return (long)regs.rax;
}

/*
 * From the end of our call to a stop where the kernel still looks whether a call of the target's
 * own is to be begun again. Behind an exec there is none, and no such stop for a started child.
 */
static void to_restart_stop(struct process_thread *t)
{
	int status;

	if (ptrace(PTRACE_INTERRUPT, t->tid, NULL, NULL))
		return;
	do {
		if (ptrace(PTRACE_CONT, t->tid, NULL, NULL))
			return;
		while (waitpid(t->tid, &status, __WALL) < 0) {
			if (errno != EINTR)
				return;
		}
		if (WIFSTOPPED(status) && !(status >> 16))
			t->signal = WSTOPSIG(status);
	} while (WIFSTOPPED(status) && !is_event_stop(status));
}

void process_calls_end(struct process *p)
{
	struct process_thread *t = &p->threads[0];

	uncover_code(p);
	to_restart_stop(t);
	ptrace(PTRACE_SETSIGMASK, t->tid, sizeof(t->sigmask), &t->sigmask);
	ptrace(PTRACE_SETREGS, t->tid, NULL, &t->regs);
}
