/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the measuring programs share: they start a tracer, find the eBPF programs
 * that it holds, and read the kernel's statistics of them. Nothing of skep is used,
 * so that every tracer is measured by the same means.
 */
#ifndef BENCH_TRACER_H
#define BENCH_TRACER_H

#include <stdint.h>
#include <sys/types.h>

enum { TRACER_MAX_PROGRAMS = 64, TRACER_MAX_COMMANDS = 16 };

struct tracer {
	pid_t pid;
	unsigned int ids[TRACER_MAX_PROGRAMS];
	int programs;
};

struct program_stats {
	uint64_t time_ns, runs;
	/* What the kernel made of it: instructions, and bytes of machine code. */
	unsigned int insns, jited;
};

/* Starts argv with standard output and error to `out`. Ends the process on failure. */
void tracer_start(struct tracer *t, char **argv, int out);
/* Reads which programs the tracer holds now. Returns their number. */
int tracer_programs(struct tracer *t);
/* Interrupts the tracer and waits for its end. */
void tracer_stop(struct tracer *t);

/* Statistics by id or, with id 0, by descriptor. Returns 0 or -1. */
int program_stats(unsigned int id, int fd, struct program_stats *stats);
/* The id of the program after the one of this id, or 0: for looking at all of the system's. */
unsigned int next_program(unsigned int id);
/* Switches the kernel's statistics on until the returned descriptor is closed. */
int stats_on(void);
/* Attaches a program that does nothing to a raw tracepoint; returns the link, and the program
 * in *prog. */
int attach_empty(const char *tracepoint, int *prog);

/* Splits "-- A B -- C" into commands; returns their number, or -1. */
int split_commands(char **argv, char **commands[TRACER_MAX_COMMANDS]);
double median(double *v, int n);
double now_ns(void);
/* CPU time of this thread: what others run meanwhile does not count. */
double cpu_ns(void);
void print_json_command(char **argv);

#endif
