/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Runs a plan of the compiler: maps and programs into the kernel, probes attached, events
 * printed as they come, maps printed at the end. All of it through libbpf and the seam (abi.h).
 *
 * Not thread-safe: one run at a time in a process (signals are taken over while it runs).
 */
#ifndef SKEP_TRACE_H
#define SKEP_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

#include <skep/kit_output.h>
#include <skep/lang_plan.h>

/* Most bytes that cat() shows of a file, as bpftrace. */
#define TRACE_CAT_MAX (10 * 1024)

/*
 * Why something failed, for people. Zeroed is "nothing failed"; release with
 * trace_failure_free(). The strings are owned by the struct and may each be NULL.
 */
struct trace_failure {
	char *text; /* what failed and why, one clause, without full stop */
	char *hint; /* what to do about it */
	char *log;  /* last lines of the verifier's log, each ending in a newline */
};

/* Frees the strings and zeroes @failure. */
void trace_failure_free(struct trace_failure *failure);

/* The command of -c: a child process that waits until it is released. */
struct trace_command;

/*
 * Splits @line into words (blanks separate; '…', "…" and \ quote as in a shell; nothing is
 * expanded), finds the program in $PATH, and forks a child that waits. End it with
 * trace_command_end(). @failure: zeroed. Returns 0 and *@commandp, or -errno with *@failure set.
 */
int trace_command_start(struct trace_command **commandp, const char *line,
			struct trace_failure *failure);

/* The child's process id, known before it runs. */
pid_t trace_command_pid(const struct trace_command *command);

/*
 * Lets the command run. Returns 0 once the new program has begun, or -errno with *@failure set
 * when it could not be executed.
 */
int trace_command_release(struct trace_command *command, struct trace_failure *failure);

/*
 * True when the child has ended; then *@status (may be NULL) is as of wait(2). Does not block.
 */
bool trace_command_ended(struct trace_command *command, int *status);

/*
 * Frees @command. A child that was never released is gone afterwards; one that still runs gets
 * SIGTERM and is not waited for. NULL is fine.
 */
void trace_command_end(struct trace_command *command);

struct trace_options {
	struct kit_output *output; /* borrowed; required */
	const char *script_name;   /* for messages at run time; borrowed; may be NULL */
	const char *script;	   /* its text, for the source line; borrowed; may be NULL */
	size_t script_len;
	bool dry_run;		       /* load and attach, then end: nothing of the script runs
					* but what is attached, nothing is printed */
	bool allow_unsafe;	       /* system() may run */
	pid_t pid;		       /* uprobes fire in this process only, and the run ends with
					* it; 0: none */
	struct trace_command *command; /* released once everything is attached; the run ends
					* with it, uprobes fire in it only; NULL: none */
	FILE *verbose;		       /* where -v goes, or NULL */
};

/*
 * Loads and attaches @plan, runs until exit(), SIGINT, SIGTERM or the end of the process, prints
 * what the script prints and the maps. Everything is detached afterwards, except that slow
 * descriptors may still be in a detached process that closes them.
 * @failure: zeroed. *@exit_code is exit()'s. Returns 0; or -errno with *@failure set when
 * loading, attaching or running failed: then nothing is attached. -EPIPE when the reader of
 * the output has gone (*@failure stays empty).
 */
int trace_run(const struct lang_plan *plan, const struct trace_options *options, int *exit_code,
	      struct trace_failure *failure);

#endif
