// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The traced processes of a session: the entries of this room. See target.h. */
#include "machine/inject/target.h"

#include <errno.h>
#include <linux/futex.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "machine/inject/inject.h"
#include "machine/inject/raw.h"
#include "machine/map/rawcall.h"

const char *machine_refusal_text(enum machine_refusal why)
{
	static const char *const texts[] = {
		[MACHINE_OK] = "it is traced",
		[MACHINE_NO_PROCESS] = "there is no such process (any more)",
		[MACHINE_OTHER_USER] =
			"it belongs to another user; trace it as that user or as root",
		[MACHINE_SETUID] = "it runs a set-uid or otherwise privileged program, which would "
				   "lose its privileges; trace it as root with --engine kernel",
		[MACHINE_NOT_DUMPABLE] = "it is protected from being traced (prctl PR_SET_DUMPABLE "
					 "or a privileged program); trace it as root",
		[MACHINE_YAMA] = "kernel.yama.ptrace_scope allows only to trace what was started "
				 "by the tracer; start it with -c, or set it to 0",
		[MACHINE_TRACED] = "a debugger or strace traces it already; end that first",
		[MACHINE_UNINTERRUPTIBLE] = "one of its threads did not stop within two seconds "
					    "(state D in ps?); try again later",
		[MACHINE_ADDRESS_TAKEN] = "it uses the addresses that this session shares with "
					  "its targets; try again, they are chosen anew",
		[MACHINE_WRONG_ARCH] = "it is not a 64-bit x86 program; only those can be traced "
				       "without the kernel",
		[MACHINE_NO_ROOM] = "there is no memory for the hooks near its code (a limit on "
				    "memory, or too many targets); see ulimit -v",
		[MACHINE_SECCOMP] = "its seccomp filter may forbid what entering it needs; start "
				    "it with -c, or trace it as root",
		[MACHINE_FAILED] = "it could not be entered",
	};

	return (size_t)why < sizeof(texts) / sizeof(texts[0]) ? texts[why] : texts[MACHINE_FAILED];
}

/* ---- slots -------------------------------------------------------------- */

int target_slot_of(const struct machine_targets *t, pid_t pid)
{
	for (int i = 1; i < MACHINE_TARGETS; i++) {
		if (t->records[i].pid == pid)
			return i;
	}
	return -ESRCH;
}

int target_slot_new(struct machine_targets *t)
{
	int slot = target_slot_of(t, 0);

	return slot < 0 ? -ENOSPC : slot;
}

int target_slot_take(struct machine_targets *t, int slot, pid_t pid, pid_t root, uint64_t block)
{
	struct machine_target *shared = &t->session->data->targets[slot];

	if (t->pidfds[slot] < 0) {
		t->pidfds[slot] =
			(int)machine_rawcall(__NR_pidfd_open, (uint64_t)pid, 0, 0, 0, 0, 0);
		if (t->pidfds[slot] < 0)
			return t->pidfds[slot];
	}
	t->records[slot].start = process_start_time(pid);
	t->records[slot].block = block;
	t->records[slot].root = root;
	t->records[slot].pid = pid;
	shared->missed = 0;
	shared->stopped = 0;
	shared->generation++;
	shared->pid = pid;
	return 0;
}

void target_slot_free(struct machine_targets *t, int slot)
{
	machine_sweep(t->session->ctl_rw, (uint32_t)slot);
	t->session->data->targets[slot].pid = 0;
	if (t->pidfds[slot] >= 0)
		raw_close(t->pidfds[slot]);
	t->pidfds[slot] = -1;
	t->records[slot] = (struct target_record){0};
}

/* ---- open and close ------------------------------------------------------ */

int machine_targets_open(struct machine_session *s, const struct machine_target_options *options)
{
	struct machine_targets *t = calloc(1, sizeof(*t));
	sigset_t all, before;
	void *records;
	int err;

	if (!t)
		return -ENOMEM;
	records = raw_mmap(MACHINE_TARGETS * sizeof(t->records[0]), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1);
	if (records == MAP_FAILED) {
		free(t);
		return -ENOMEM;
	}
	t->session = s;
	t->follow = options->follow;
	t->records = records;
	pthread_mutex_init(&t->lock, NULL);
	for (int i = 0; i < MACHINE_TARGETS; i++)
		t->pidfds[i] = -1;
	s->targets = t;
	err = janitor_start(t);
	if (!err) {
		/* Signals are the main thread's. */
		sigfillset(&all);
		pthread_sigmask(SIG_SETMASK, &all, &before);
		err = -pthread_create(&t->service, NULL, service_run, t);
		pthread_sigmask(SIG_SETMASK, &before, NULL);
		t->service_runs = !err;
	}
	if (err)
		machine_targets_close(s);
	return err;
}

static void wake_service(struct machine_targets *t)
{
	struct machine_data *data = t->session->data;

	data->request_bell++;
	machine_rawcall(__NR_futex, (uintptr_t)&data->request_bell, FUTEX_WAKE, INT_MAX, 0, 0, 0);
}

void machine_targets_close(struct machine_session *s)
{
	struct machine_targets *t = s->targets;

	if (!t)
		return;
	s->ctl_rw->closed = 1;
	if (t->service_runs) {
		pthread_mutex_lock(&t->lock);
		t->closing = true;
		pthread_mutex_unlock(&t->lock);
		wake_service(t);
		pthread_join(t->service, NULL);
	}
	for (int i = 1; i < MACHINE_TARGETS; i++) {
		if (!t->records[i].pid)
			continue;
		take_out(&t->records[i]);
		target_slot_free(t, i);
	}
	janitor_stop(t);
	code_files_free(t);
	raw_munmap(t->records, MACHINE_TARGETS * sizeof(t->records[0]));
	pthread_mutex_destroy(&t->lock);
	free(t);
	s->targets = NULL;
}

/* ---- entering ------------------------------------------------------------ */

/* Waits until no thread is held on its way to exec: those are the service's. */
static void lock_targets(struct machine_targets *t)
{
	struct timespec nap = {0, 200000};

	for (int i = 0; i < 5000; i++) {
		bool held = false;

		pthread_mutex_lock(&t->lock);
		for (int k = 0; k < EXEC_WATCHES; k++)
			held |= t->execs[k].tid != 0;
		if (!held)
			return;
		pthread_mutex_unlock(&t->lock);
		nanosleep(&nap, NULL);
	}
	pthread_mutex_lock(&t->lock);
}

static enum machine_refusal enter_new(struct machine_targets *t, struct process *p, int *err)
{
	int slot = target_slot_new(t);
	enum machine_refusal why;

	if (slot < 0) {
		*err = slot;
		return MACHINE_NO_ROOM;
	}
	why = enter_process(t, p, slot, err);
	if (why)
		target_slot_free(t, slot);
	return why;
}

/* Runs our stopped child until it has exec'ed, to the end of that call. 0 or -errno. */
static int run_to_exec(pid_t pid)
{
	long signal = 0;
	int status;

	if (ptrace(PTRACE_SETOPTIONS, pid, NULL,
		   PTRACE_O_TRACEEXEC | PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL))
		return -errno;
	for (;;) {
		if (ptrace(PTRACE_CONT, pid, NULL, signal))
			return -errno;
		while (waitpid(pid, &status, __WALL) < 0) {
			if (errno != EINTR)
				return -errno;
		}
		if (!WIFSTOPPED(status))
			return -ESRCH;
		if (status >> 16 == PTRACE_EVENT_EXEC)
			break;
		signal = status >> 16 ? 0 : WSTOPSIG(status);
	}
	do {
		if (ptrace(PTRACE_SYSCALL, pid, NULL, NULL))
			return -errno;
		while (waitpid(pid, &status, __WALL) < 0) {
			if (errno != EINTR)
				return -errno;
		}
	} while (WIFSTOPPED(status) && WSTOPSIG(status) != (SIGTRAP | 0x80));
	return WIFSTOPPED(status) ? 0 : -ESRCH;
}

enum machine_refusal machine_target_launch(struct machine_session *s, pid_t pid, int *err)
{
	struct machine_targets *t = s->targets;
	enum machine_refusal why = MACHINE_FAILED;
	struct process p = {.mem = -1};

	*err = run_to_exec(pid);
	if (*err)
		return *err == -ESRCH ? MACHINE_NO_PROCESS : MACHINE_FAILED;
	lock_targets(t);
	*err = process_open(&p, pid);
	if (!*err)
		*err = process_adopt(&p, pid);
	if (!*err)
		why = enter_new(t, &p, err);
	if (p.nthreads)
		process_release(&p);
	else
		ptrace(PTRACE_DETACH, pid, NULL, NULL);
	process_close(&p);
	pthread_mutex_unlock(&t->lock);
	return why;
}

enum machine_refusal machine_target_attach(struct machine_session *s, pid_t pid, int *err)
{
	struct machine_targets *t = s->targets;
	enum machine_refusal why;
	struct process p;

	*err = 0;
	lock_targets(t);
	if (target_slot_of(t, pid) >= 0) {
		pthread_mutex_unlock(&t->lock);
		return MACHINE_OK;
	}
	*err = process_open(&p, pid);
	/* What may not be opened may not be stopped either, and that says why. */
	why = process_stop(&p, err);
	if (!why && p.mem < 0) {
		process_close(&p);
		*err = process_open(&p, pid);
	}
	if (!why)
		why = enter_new(t, &p, err);
	process_release(&p);
	process_close(&p);
	pthread_mutex_unlock(&t->lock);
	return why;
}

/* ---- hooks --------------------------------------------------------------- */

/* Hooks anew what is mapped in every target, each stopped meanwhile. With @undo, what belongs to
 * that function hook is taken away first (STUB_NO_HOOK: nothing). */
static int rehook(struct machine_targets *t, uint32_t undo, pid_t only_pid)
{
	int first = 0;

	for (int i = 1; i < MACHINE_TARGETS; i++) {
		const struct target_record *record = &t->records[i];
		struct process p;
		uint64_t blob;
		int err = 0;

		if (!record->pid || (only_pid && record->root != only_pid) ||
		    process_open(&p, record->pid))
			continue;
		p.root = record->root;
		if (process_stop(&p, &err) == MACHINE_OK) {
			if (undo != STUB_NO_HOOK)
				patch_undo(&p, record->block, undo, false);
			err = process_read(&p, record->block + offsetof(struct agent_block, blob),
					   &blob, sizeof(blob));
			if (!err)
				err = process_calls_begin(&p, enter_gadget(blob));
			if (!err) {
				int64_t ret =
					patch_range(t, &p, record->block, 0, UINT64_MAX, true);

				process_calls_end(&p);
				err = ret < 0 ? (int)ret : 0;
			}
		}
		process_release(&p);
		process_close(&p);
		if (err && err != -ESRCH && !first)
			first = err;
	}
	return first;
}

int machine_hook_function(struct machine_session *s, dev_t dev, ino_t ino, uint64_t offset,
			  uint32_t hook, bool is_return, pid_t only_pid, const char **why)
{
	struct machine_targets *t = s->targets;
	struct function_hook *it;
	bool more_than_before;
	int err;

	*why = "too many functions are hooked";
	if (hook >= UNWIND_HOOK)
		return -ENOSPC;
	lock_targets(t);
	it = &t->hooks[hook];
	/* What was an entry hook becomes a return hook too. */
	more_than_before = it->used && is_return && !it->is_return;
	*it = (struct function_hook){
		.used = true,
		.is_return = is_return || (it->used && it->is_return),
		.hook = hook,
		.dev = dev,
		.ino = ino,
		.offset = offset,
		.only_pid = only_pid,
	};
	err = rehook(t, more_than_before ? hook : STUB_NO_HOOK, only_pid);
	pthread_mutex_unlock(&t->lock);
	*why = err ? "a target has no room for the hook" : NULL;
	return err;
}

void machine_unhook_function(struct machine_session *s, uint32_t hook)
{
	struct machine_targets *t = s->targets;

	if (hook >= MACHINE_HOOKS)
		return;
	/* The jumps stay: they find empty lists. */
	pthread_mutex_lock(&t->lock);
	t->hooks[hook].used = false;
	pthread_mutex_unlock(&t->lock);
}

int machine_hook_syscalls(struct machine_session *s)
{
	/* They are in every target: how else would it tell of children and of code mapped later? */
	return 0;
}
