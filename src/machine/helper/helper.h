/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Helpers: what programs call, in targets and in the tracer. Freestanding.
 *
 * run->owner points to a struct helper_env. Pointers that a program passes are checked to lie in
 * its window for their whole length before a helper sees them (table.h says which argument is
 * what); a program that passes others is stopped with MACHINE_MEMORY.
 */
#ifndef MACHINE_HELPER_H
#define MACHINE_HELPER_H

#include "machine/map/map.h"
#include "machine/run.h"

/* What the loader puts where a program names a map: this, with the map's number in the low half. No
 * address: programs that go there are stopped. */
#define MACHINE_MAP_HANDLE 0x6d61700000000000ull

#define HELPER_MAX  256 /* helpers have smaller ids */
#define HELPER_TIDS 64

/* What helpers remember of a process; in its private memory. Zero to begin with, and again in a new
 * process (fork). */
struct helper_process {
	uint64_t tids[HELPER_TIDS]; /* thread ids by thread pointer, see task.c */
};

#define HELPER_AT_ENTRY 1u /* at a function's first instruction: the caller is at *sp */

/* For one running program: lives as long as its run, in memory that targets do not share. */
struct helper_env {
	struct machine_who who;
	uint32_t tgid;	    /* process id; 0: ask the kernel each time (between vfork and exec) */
	uint32_t prog_type; /* of the running program; tail calls stay within it */
	uint32_t flags;	    /* HELPER_* */
	uint32_t pad;
	uint64_t ip, sp, fp; /* the thread's registers at the hook; sp 0: there are none */
	uint64_t func_ip;    /* for bpf_get_func_ip: the hooked function or 0 */
	uint64_t cookie;     /* for bpf_get_attach_cookie */
	uint64_t random;     /* state of bpf_get_prandom_u32; may start as anything */
	struct helper_process *process;
};

/* Fills in table[id] for every helper; @table has HELPER_MAX entries, others become NULL. */
void helper_table(machine_helper *table);

/* CLOCK_MONOTONIC in ns: by the processor's counter where it is steady (within about a microsecond,
 * 50 in the session's first second; never backwards on one processor), else from the kernel. */
uint64_t helper_ktime(const struct machine_ctl *ctl);

/*
 * Copies @size bytes at @from, which may be anything, to @to. Cannot fault: returns -EFAULT if not
 * all of it is readable (and @to is then unspecified).
 */
int helper_read(struct machine_run *run, void *to, uint64_t from, uint64_t size);
/* Copies a string with its NUL, at most @size bytes. Returns its length with the NUL, cut to @size
 * (then with a NUL too), or -EFAULT. */
int64_t helper_read_str(struct machine_run *run, char *to, uint64_t from, uint64_t size);

/* The user stack at the hook by frame pointers, ip first. Returns how many of at most @max. */
uint32_t helper_unwind(struct machine_run *run, uint64_t *ips, uint32_t max);

#endif
