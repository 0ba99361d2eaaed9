/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The seam: everything that skep, and the libbpf inside it, asks of eBPF goes
 * through one table of calls, chosen once when the program starts. Below it
 * are back ends (the kernel, the machine), and over them, when wanted,
 * fault injection and a printed record. doc/seam.md is the contract.
 *
 * A program that never calls abi_open() talks to the kernel, unrecorded.
 */
#ifndef SKEP_ABI_H
#define SKEP_ABI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

struct perf_event_attr;

/* What abi_open() is told. A struct of zeroes is the kernel, unrecorded. */
struct abi_options {
	/*
	 * Who answers: "kernel", "machine", or "auto", which is the kernel where
	 * the caller may use it, else the machine. NULL is "kernel".
	 */
	const char *engine;

	/*
	 * Where each call of the seam is printed, one line a call, flushed
	 * line by line; NULL records nothing. Borrowed until abi_close().
	 */
	FILE *record;

	/*
	 * Makes calls fail: `CALL[/SUBCALL]:N[+][:ERRNO]`, NULL for none.
	 * CALL is a call of the seam ("bpf", "mmap", …) or "any"; SUBCALL a
	 * command's name (BPF_MAP_CREATE, PERF_EVENT_IOC_SET_BPF, …); the N-th
	 * such call (from 1) fails, with '+' every one from the N-th on.
	 * ERRNO is a name or a number; without it ENOMEM. Only read by
	 * abi_open().
	 */
	const char *fault;
};

/*
 * abi_open - choose who answers the seam's calls, before any of them is made.
 * @opts: what is wanted; NULL is a struct of zeroes
 * @msg: on failure receives one line that says what is wrong and what would
 *       be right (always terminated); may be NULL when @msg_size is 0
 *
 * Not thread-safe: call it once at start, before other threads exist. A second
 * call without abi_close() between them returns -EBUSY.
 * Returns 0, -EINVAL for an unknown engine or fault text, -EBUSY, or what the
 * engine could not be started for.
 */
int abi_open(const struct abi_options *opts, char *msg, size_t msg_size);

/*
 * abi_close - go back to the kernel, unrecorded; the engine ends, and lets go of
 * what it traced. Descriptors stay open.
 * Not thread-safe; harmless when nothing was opened.
 */
void abi_close(void);

/*
 * abi_calls - how many calls went through the seam since abi_open() (or since
 * the program's start). A test that fails call 1, 2, … abi_calls() of a
 * session in turn has seen every one of its error paths.
 */
unsigned long abi_calls(void);

/*
 * The traced processes. The kernel needs not be told of them: its programs see
 * every process. An engine without its privilege has to get into each, and so
 * wants to know which. Callers call these whatever the engine is.
 *
 * abi_target_launch - let go of @pid, a child of the calling thread that waits
 * under ptrace right before its execve, so that it is traced from the new
 * program's first instruction on. On failure it still waits.
 *
 * abi_target_attach - everything is attached: trace the running process @pid, or
 * with -1 every process.
 *
 * Both return 0 or -errno. abi_target_reason() then is why the engine refused
 * that, or what was asked before it, in one line, where it knows more than the
 * errno says; else NULL. The text is valid until the next call of the seam.
 */
int abi_target_launch(pid_t pid);
int abi_target_attach(pid_t pid);
const char *abi_target_reason(void);

/* The engine that abi_open() chose: "kernel" or "machine". */
const char *abi_engine_name(void);

/*
 * What the engine cannot do that another one could, and how to get that one: one
 * line for people whose question it refused. NULL when there is nothing.
 */
const char *abi_engine_limits(void);

/*
 * abi_perf_event_open - perf_event_open(2) through the seam.
 * Arguments are those of the system call. @attr->size must be set.
 * Returns a descriptor owned by the caller, or -errno.
 */
int abi_perf_event_open(struct perf_event_attr *attr, pid_t pid, int cpu, int group_fd,
			unsigned long flags);

/*
 * What one uprobe_multi link attaches to: @cnt places of one file. The arrays
 * have @cnt entries each and are only read during the call.
 */
struct abi_uprobe_multi {
	const char *path;		 /* executable or library, not NULL */
	const uint64_t *offsets;	 /* file offsets, not NULL */
	const uint64_t *ref_ctr_offsets; /* USDT semaphores' file offsets, or NULL */
	const uint64_t *cookies;	 /* for bpf_get_attach_cookie(), or NULL */
	uint32_t cnt;			 /* 1 or more */
	pid_t pid;			 /* only this process; 0 is every process */
	bool retprobe;			 /* at the functions' returns */
	bool session;			 /* entry and return, one program (Linux 6.13) */
};

/*
 * abi_link_create_uprobe_multi - attach a program to many places of a file in
 * one call (Linux 6.6). The program must have been loaded with
 * expected_attach_type ABI_TRACE_UPROBE_MULTI, or ABI_TRACE_UPROBE_SESSION when
 * @m->session.
 * Returns a link's descriptor owned by the caller, or -errno: -EINVAL also
 * from a kernel that has no such link.
 */
int abi_link_create_uprobe_multi(int prog_fd, const struct abi_uprobe_multi *m);

/*
 * What one kprobe_multi link attaches to: @cnt kernel functions, by name or by
 * address (one of @syms and @addrs is NULL). Arrays are only read in the call.
 */
struct abi_kprobe_multi {
	const char *const *syms;
	const uint64_t *addrs;
	const uint64_t *cookies; /* for bpf_get_attach_cookie(), or NULL */
	uint32_t cnt;		 /* 1 or more */
	bool retprobe;
	bool session; /* entry and return, one program (Linux 6.10) */
};

/*
 * abi_link_create_kprobe_multi - attach a program to many kernel functions in
 * one call (Linux 5.18). The program must have been loaded with
 * expected_attach_type BPF_TRACE_KPROBE_MULTI, or ABI_TRACE_KPROBE_SESSION when
 * @m->session.
 * Returns a link's descriptor owned by the caller, or -errno.
 */
int abi_link_create_kprobe_multi(int prog_fd, const struct abi_kprobe_multi *m);

/* Values of enum bpf_attach_type that the installed headers may lack. */
#define ABI_TRACE_UPROBE_MULTI	 48
#define ABI_TRACE_KPROBE_SESSION 56
#define ABI_TRACE_UPROBE_SESSION 57

#endif
