// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The machine as a whole: opening and closing it, its lock, what happens to descriptors, and the
 * way to the traced processes.
 */
#include "machine/sys/sys.h"

#include "machine/inject/target.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <unistd.h>

struct machine machine;

int sys_enter(void)
{
	if (!machine.owner)
		return -ENODEV;
	if (machine.owner != getpid())
		return -EPERM;
	pthread_mutex_lock(&machine.lock);
	return 0;
}

void sys_leave(void)
{
	pthread_mutex_unlock(&machine.lock);
}

/* Files of the machine may be looked at while an object is served. */
static void make_lock(void)
{
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&machine.lock, &attr);
	pthread_mutexattr_destroy(&attr);
}

int machine_open(void)
{
	const struct machine_target_options options = {.follow = true};
	int err;

	if (machine.owner)
		return -EBUSY;
	memset(&machine, 0, sizeof(machine));
	err = machine_session_open(&machine.session);
	if (err)
		return err;
	machine.ctl = machine.session.ctl_rw;
	helper_table(machine.helpers);
	make_lock();
	err = machine_targets_open(&machine.session, &options);
	if (err) {
		machine_session_close(&machine.session);
		return err;
	}
	machine.owner = getpid();
	return 0;
}

void machine_close(void)
{
	int fd;

	if (!machine.owner || machine.owner != getpid())
		return;
	machine_targets_close(&machine.session);
	sys_notifier_close();
	sys_mappings_free();
	for (fd = 0; fd < machine.nfds; fd++)
		sys_object_drop(machine.fds[fd]);
	free(machine.fds);
	machine.owner = 0;
	machine_session_close(&machine.session);
	pthread_mutex_destroy(&machine.lock);
}

/* --- descriptors -------------------------------------------------------------------------- */

bool machine_owns(int fd)
{
	bool yes;

	if (sys_enter())
		return false;
	yes = fd >= 0 && fd < machine.nfds && machine.fds[fd];
	sys_leave();
	return yes;
}

void machine_forget(int fd)
{
	int saved = errno;

	if (sys_enter())
		return;
	sys_object_unname(fd);
	sys_rings_sync();
	sys_leave();
	errno = saved;
}

int machine_copied(int from, int to)
{
	int saved = errno, err = sys_enter();

	if (err)
		return err;
	if (from >= 0 && from < machine.nfds && machine.fds[from])
		err = sys_object_name(to, machine.fds[from]);
	sys_leave();
	errno = saved;
	return err;
}

bool machine_is_edge(int fd)
{
	bool yes;

	if (sys_enter())
		return false;
	yes = fd >= 0 && fd < machine.nfds && machine.fds[fd] && machine.fds[fd]->kind == SYS_MAP &&
	      ((struct sys_map *)machine.fds[fd])->notify >= 0;
	sys_leave();
	return yes;
}

/* --- traced processes --------------------------------------------------------------------- */

static int refusal_errno(enum machine_refusal why, int err)
{
	switch (why) {
	case MACHINE_OK: return 0;
	case MACHINE_NO_PROCESS: return -ESRCH;
	case MACHINE_NO_ROOM: return -ENOMEM;
	case MACHINE_WRONG_ARCH: return -EOPNOTSUPP;
	case MACHINE_UNINTERRUPTIBLE: return -ETIMEDOUT;
	case MACHINE_ADDRESS_TAKEN: return -EADDRINUSE;
	case MACHINE_FAILED: return err < 0 ? err : err ? -err : -EIO;
	default: return -EPERM;
	}
}

static int refuse(enum machine_refusal why, int err)
{
	if (why != MACHINE_OK && why != MACHINE_FAILED)
		machine.reason = machine_refusal_text(why);
	return refusal_errno(why, err);
}

/* Does anything attached need traced processes? */
static bool needs_targets(void)
{
	bool yes;

	pthread_mutex_lock(&machine.lock);
	yes = machine.attached != NULL;
	pthread_mutex_unlock(&machine.lock);
	return yes;
}

static int launch(pid_t pid)
{
	int err = 0;

	/* Nothing would be seen of it: it need not be entered. */
	if (!needs_targets())
		return ptrace(PTRACE_DETACH, pid, NULL, NULL) ? -errno : 0;
	return refuse(machine_target_launch(&machine.session, pid, &err), err);
}

static int attach(pid_t pid)
{
	int err = 0;

	if (!needs_targets())
		return 0;
	if (pid > 0)
		return refuse(machine_target_attach(&machine.session, pid, &err), err);
	machine.reason =
		"without the kernel's eBPF only processes that are named can be traced: give "
		"-c COMMAND or -p PID, or run it as root";
	return -EOPNOTSUPP;
}

/* The service answers targets meanwhile: the lock is not held. */
int machine_launch(pid_t pid)
{
	int saved = errno, ret = sys_enter();

	if (!ret) {
		machine.reason = NULL;
		sys_leave();
		ret = launch(pid);
	}
	errno = saved;
	return ret;
}

int machine_attach(pid_t pid)
{
	int saved = errno, ret = sys_enter();

	if (!ret) {
		machine.reason = NULL;
		sys_leave();
		ret = attach(pid);
	}
	errno = saved;
	return ret;
}

const char *machine_reason(void)
{
	return machine.reason;
}
