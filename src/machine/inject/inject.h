/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the parts of inject/ share. */
#ifndef MACHINE_INJECT_H
#define MACHINE_INJECT_H

#include <pthread.h>

#include "machine/inject/process.h"
#include "machine/inject/stub.h"

/* A target as tracer and janitor know it; in memory that only they share. */
struct target_record {
	pid_t pid;	/* 0: free */
	uint64_t start; /* process_start_time */
	uint64_t block; /* address of its agent_block */
	pid_t root;	/* what tracing began with: itself, or what it descends from */
};

/* A function hook that every target is to have. */
struct function_hook {
	bool used, is_return;
	uint32_t hook;
	dev_t dev;
	ino_t ino;
	uint64_t offset;
	pid_t only_pid; /* and what descends from it; 0: all */
};

/* A thread that is about to exec, held by the service. */
struct exec_watch {
	pid_t tid, tgid, root;
};

struct code_file; /* files.c: what is known of a file with code */

#define EXEC_WATCHES 64

/* Functions that walk up the stack, or end that; in files with unwinding. */
#define UNWIND_HOOK  (MACHINE_HOOKS - 1) /* a hook of ours, without programs */
#define UNWIND_NAMES 5

struct machine_targets {
	struct machine_session *session;
	bool follow;
	bool closing;
	pthread_t service;
	bool service_runs;
	pid_t janitor;
	pthread_mutex_t lock;	       /* of all below, and of ptrace */
	struct target_record *records; /* MACHINE_TARGETS; shared with the janitor */
	int pidfds[MACHINE_TARGETS];
	struct function_hook hooks[MACHINE_HOOKS];
	struct exec_watch execs[EXEC_WATCHES];
	struct code_file *files;
};

/* files.c: system call sites of a file, found once. Offsets are in the file. */
struct code_file {
	struct code_file *next;
	dev_t dev;
	ino_t ino;
	int64_t mtime_ns;
	uint64_t size;
	uint8_t *image;		/* mapped */
	struct x86_site *sites; /* address and patch are offsets */
	size_t nsites;
	uint64_t unwind[UNWIND_NAMES]; /* offsets of the functions; 0: not here */
	bool is_go;
};

/* unwind.c */
void unwind_find(struct code_file *file);
uint32_t unwind_flags(int name);
/* Gives the target's stacks their own return addresses back; all its threads are stopped. */
void unwind_restore(const struct process *p, uint64_t block);

/* The file mapped there, or NULL (no file, not ELF, no memory). */
const struct code_file *code_file_get(struct machine_targets *t, pid_t pid,
				      const struct process_mapping *mapping);
void code_files_free(struct machine_targets *t);
/* The bytes of the function at @offset, to its end; NULL: no code is there. */
const uint8_t *code_file_function(const struct code_file *file, uint64_t offset, size_t *size);

/* patch.c. Hooks all that is to be hooked in the mappings that touch [from, to). Threads of @p
 * that are in the way are moved, or the place is left alone. With @calls, memory for stubs is
 * mapped by process_call; else 0 or, positive, where the target is to map MACHINE_REGION_SIZE. */
int64_t patch_range(struct machine_targets *t, struct process *p, uint64_t block, uint64_t from,
		    uint64_t to, bool calls);
/* Makes [address, ...) known as memory for stubs. */
int patch_add_region(const struct process *p, uint64_t block, uint64_t address);
/* Restores all bytes, or those of one function hook. The process is stopped. */
void patch_undo(const struct process *p, uint64_t block, uint32_t hook, bool all);

/* enter.c: puts the agent into a stopped process and hooks what is mapped. */
enum machine_refusal enter_process(struct machine_targets *t, struct process *p, int slot,
				   int *err);

/* A system call instruction in the agent at @blob. */
uint64_t enter_gadget(uint64_t blob);

/* Slots. */
int target_slot_new(struct machine_targets *t);
int target_slot_of(const struct machine_targets *t, pid_t pid);
/* Fills the record; the process lives. */
int target_slot_take(struct machine_targets *t, int slot, pid_t pid, pid_t root, uint64_t block);
void target_slot_free(struct machine_targets *t, int slot);

/* service.c */
void *service_run(void *targets);

/* janitor.c: the process that takes the agents out when the tracer cannot. */
int janitor_start(struct machine_targets *t);
void janitor_stop(struct machine_targets *t);
/* Stops the target, restores its code, lets it go. */
void take_out(const struct target_record *record);

#endif
