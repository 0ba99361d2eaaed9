/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Traced processes: getting in, hooking, following, getting out. Tracer side only.
 *
 * A target is entered by ptrace and then let go; the agent in it asks for what it cannot do
 * itself through data->requests. A service thread answers: it hooks code that was mapped
 * later, enters children and what was exec'ed, and frees what dead targets held.
 */
#ifndef MACHINE_TARGET_H
#define MACHINE_TARGET_H

#include "machine/session.h"

/* Why a process cannot be traced; text by machine_refusal_text(). */
enum machine_refusal {
	MACHINE_OK,
	MACHINE_NO_PROCESS,
	MACHINE_OTHER_USER,    /* belongs to somebody else */
	MACHINE_SETUID,        /* set-uid or otherwise privileged program */
	MACHINE_NOT_DUMPABLE,
	MACHINE_YAMA,          /* kernel.yama.ptrace_scope */
	MACHINE_TRACED,        /* has a tracer already: a debugger, strace */
	MACHINE_UNINTERRUPTIBLE, /* a thread did not stop in time (D state) */
	MACHINE_ADDRESS_TAKEN, /* the session's address is in use there */
	MACHINE_WRONG_ARCH,    /* 32-bit process */
	MACHINE_NO_ROOM,       /* no memory near the code, or no slot */
	MACHINE_SECCOMP,       /* its filter forbids what entering needs */
	MACHINE_FAILED,        /* other: *err says which errno */
};

/* One sentence: what is wrong and what to do. */
const char *machine_refusal_text(enum machine_refusal why);

struct machine_target_options {
	bool follow; /* children too */
};

/* Starts the service thread. Returns 0 or -errno. */
int machine_targets_open(struct machine_session *s, const struct machine_target_options *options);
/* Takes the agent out of every target (bytes restored), ends the service. */
void machine_targets_close(struct machine_session *s);

/* @pid: our child, ptrace-stopped (PTRACE_TRACEME, SIGSTOP) before its execve: it is run to
 * the exec stop, entered before the program's first instruction, and let go. */
enum machine_refusal machine_target_launch(struct machine_session *s, pid_t pid, int *err);
/* A running process: all its threads are stopped, entered, let go. */
enum machine_refusal machine_target_attach(struct machine_session *s, pid_t pid, int *err);

/*
 * Hooks hold for all targets, present and future.
 * Function: @hook (index in ctl->hooks) at @offset of the file with this device and inode;
 * @is_return: a return hook. -EOPNOTSUPP where the code cannot be hooked (*why says why).
 */
int machine_hook_function(struct machine_session *s, dev_t dev, ino_t ino, uint64_t offset,
			  uint32_t hook, bool is_return, pid_t only_pid, const char **why);
void machine_unhook_function(struct machine_session *s, uint32_t hook);
/* Are system calls hooked? Sites stay patched once they are; lists decide what runs. */
int machine_hook_syscalls(struct machine_session *s);

#endif
