/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Another process, held by ptrace: its threads, memory and mappings, and system calls made in
 * its name. All calls for one process are made by one thread of ours, since ptrace is a thread's.
 */
#ifndef MACHINE_PROCESS_H
#define MACHINE_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>

#include "machine/inject/target.h"

struct process_thread {
	pid_t tid;
	bool stopped;
	bool changed; /* regs are to be written back */
	struct user_regs_struct regs;
	uint64_t sigmask;
	int signal; /* to be delivered when it goes on */
};

struct process {
	pid_t pid;
	pid_t root; /* of the targets it belongs to */
	int mem; /* /proc/PID/mem */
	struct process_thread *threads;
	size_t nthreads, room;
	/* While system calls are made in the first thread's name: */
	uint64_t gadget; /* address of a system call instruction */
	bool covers;	 /* it was written over code */
	uint8_t covered[2];
};

/* A line of /proc/PID/maps. */
struct process_mapping {
	uint64_t start, end, offset;
	dev_t dev;
	ino_t ino;
	bool executable;
	char path[256]; /* empty: anonymous, or too long */
};

struct process_maps {
	struct process_mapping *all;
	size_t cnt;
};

/* Opens the memory of @pid. 0 or -errno. */
int process_open(struct process *p, pid_t pid);
/* Forgets it; lets nothing go. */
void process_close(struct process *p);

/* Stops all threads of a running process. On failure all are let go again. */
enum machine_refusal process_stop(struct process *p, int *err);
/* Takes @tid, which is ptrace-stopped and ours, as the only thread. */
int process_adopt(struct process *p, pid_t tid);
/* Writes back what was changed and lets all threads go. */
void process_release(struct process *p);

int process_read(const struct process *p, uint64_t address, void *to, size_t size);
int process_write(const struct process *p, uint64_t address, const void *from, size_t size);

int process_maps_read(pid_t pid, struct process_maps *maps);
void process_maps_free(struct process_maps *maps);
/* Opens the file that is mapped there; -errno. */
int process_open_mapped(pid_t pid, const struct process_mapping *mapping);

/*
 * System calls in the name of the first thread, between begin and end, by the system call
 * instruction at @gadget; 0: its own code is written over until process_calls_use() names one.
 * Results as the kernel's; -ESRCH also when the process died.
 */
int process_calls_begin(struct process *p, uint64_t gadget);
void process_calls_use(struct process *p, uint64_t gadget);
long process_call(struct process *p, long number, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
		  uint64_t e, uint64_t f);
void process_calls_end(struct process *p);

/* Field @name ("TracerPid:", number base 10) of /proc/PID/status, or -errno. */
long process_status(pid_t pid, const char *name);
/* When the process started, in the kernel's ticks; 0: it is gone. */
uint64_t process_start_time(pid_t pid);

#endif
