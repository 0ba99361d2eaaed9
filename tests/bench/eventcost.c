// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * eventcost [-n CALLS] [-r ROUNDS] [-c getppid|read] -- COMMAND... [-- COMMAND...]...
 *
 * What a tracer's program costs an event. Every command is a tracer that runs until
 * it is interrupted and traces the call that -c names. In turn, ROUNDS times
 * (default 5), each is started and, once its programs see this process's calls:
 * - CALLS of them (default 2,000,000) are made with the kernel's statistics on; the
 *   program that ran most is the one that is reported;
 * - as many are made with the statistics off, and as many getuid() calls, which the
 *   tracer did not ask for; CPU time of this thread, less what the same calls took
 *   just before the tracer was started.
 * Prints a line of JSON per command, of medians. The first line is of a program that
 * does nothing at raw_syscalls:sys_enter: what is left when everything that a script
 * asked for is taken away, statistics' own clock reading included.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tracer.h"

enum { MAX_ROUNDS = 100, ATTACH_TRIES = 1000 };

struct figures {
	double run_ns[MAX_ROUNDS], matched[MAX_ROUNDS], other[MAX_ROUNDS];
	double per_call[MAX_ROUNDS];
	struct program_stats last;
	int rounds;
};

static int calls = 2000000, null_fd;
static char byte[1];

static void call_getppid(int n)
{
	for (int i = 0; i < n; i++)
		getppid();
}

static void call_getuid(int n)
{
	for (int i = 0; i < n; i++)
		getuid();
}

/* /dev/null looks at no byte of the buffer, so that the count may be anything. */
static void call_read(int n)
{
	for (int i = 0; i < n; i++)
		if (read(null_fd, byte, i & 0xffff))
			abort();
}

static void (*traced)(int) = call_getppid;

static double cost(void (*call)(int))
{
	double begin = cpu_ns();

	call(calls);
	return (cpu_ns() - begin) / calls;
}

/* The tracer's program that ran most since `before` (one entry per id), and what it used. */
static struct program_stats most(struct tracer *t, const struct program_stats *before)
{
	struct program_stats best = {0}, now;

	for (int i = 0; i < t->programs; i++) {
		if (program_stats(t->ids[i], -1, &now))
			continue;
		now.runs -= before[i].runs;
		now.time_ns -= before[i].time_ns;
		if (now.runs > best.runs)
			best = now;
	}
	return best;
}

static void read_all(struct tracer *t, struct program_stats *stats)
{
	for (int i = 0; i < t->programs; i++)
		if (program_stats(t->ids[i], -1, &stats[i]))
			stats[i] = (struct program_stats){0};
}

/* Waits until a program of the tracer runs for the calls made here. */
static int wait_attached(struct tracer *t)
{
	struct program_stats before[TRACER_MAX_PROGRAMS];
	int stats = stats_on(), found = 0;

	for (int i = 0; i < ATTACH_TRIES && !found; i++) {
		tracer_programs(t);
		read_all(t, before);
		traced(1000);
		found = most(t, before).runs >= 1000;
		if (!found)
			usleep(10000);
	}
	close(stats);
	return found ? 0 : -1;
}

static void run_stats(struct tracer *t, struct figures *f)
{
	struct program_stats before[TRACER_MAX_PROGRAMS];
	int stats = stats_on();

	if (stats < 0) {
		perror("eventcost: cannot switch the kernel's BPF statistics on");
		exit(2);
	}
	read_all(t, before);
	traced(calls);
	f->last = most(t, before);
	close(stats);
	f->run_ns[f->rounds] = (double)f->last.time_ns / f->last.runs;
	f->per_call[f->rounds] = (double)f->last.runs / calls;
}

static void run_once(char **command, struct figures *f, int out)
{
	double base = cost(traced), base_other = cost(call_getuid);
	struct tracer t = {0};
	int prog = -1, link = -1;

	if (command) {
		tracer_start(&t, command, out);
	} else {
		link = attach_empty("sys_enter", &prog);
		t = (struct tracer){.pid = getpid()};
	}
	if (wait_attached(&t)) {
		fprintf(stderr, "eventcost: no program of %s saw a call\n",
			command ? command[0] : "the empty tracer");
		if (command)
			tracer_stop(&t);
		exit(2);
	}
	f->matched[f->rounds] = cost(traced) - base;
	f->other[f->rounds] = cost(call_getuid) - base_other;
	run_stats(&t, f);
	f->rounds++;
	if (command)
		tracer_stop(&t);
	close(link);
	close(prog);
}

/* Another tracer of these calls would be in every figure, and nobody would see it. */
static void refuse_company(void)
{
	struct tracer all = {0};
	struct program_stats before[TRACER_MAX_PROGRAMS];
	int stats = stats_on();
	unsigned int id = 0;

	while (all.programs < TRACER_MAX_PROGRAMS && (id = next_program(id)))
		all.ids[all.programs++] = id;
	read_all(&all, before);
	traced(10000);
	call_getuid(10000);
	if (most(&all, before).runs >= 10000) {
		fprintf(stderr, "eventcost: another tracer sees the calls made here\n");
		exit(2);
	}
	close(stats);
}

static void print_figures(char **command, struct figures *f)
{
	char *empty[] = {"(nothing)", NULL};

	printf("{");
	print_json_command(command ? command : empty);
	printf(", \"rounds\": %d, \"run_ns\": %.1f, \"runs_per_call\": %.3f, "
	       "\"call_ns\": %.1f, \"other_call_ns\": %.1f, \"insns\": %u, \"jited\": %u}\n",
	       f->rounds, median(f->run_ns, f->rounds), median(f->per_call, f->rounds),
	       median(f->matched, f->rounds), median(f->other, f->rounds), f->last.insns,
	       f->last.jited);
}

int main(int argc, char **argv)
{
	static struct figures figures[TRACER_MAX_COMMANDS + 1];
	char **commands[TRACER_MAX_COMMANDS];
	int rounds = 5, out = open("/dev/null", O_WRONLY | O_CLOEXEC), c, n;

	while ((c = getopt(argc, argv, "+n:r:c:")) != -1) {
		if (c == 'n')
			calls = atoi(optarg);
		else if (c == 'r')
			rounds = atoi(optarg);
		else if (c == 'c' && !strcmp(optarg, "read"))
			traced = call_read;
		else if (c != 'c' || strcmp(optarg, "getppid"))
			rounds = 0;
	}
	/* getopt steps over the "--" that begins the first command. */
	n = optind > 1 && !strcmp(argv[optind - 1], "--")
		    ? split_commands(argv + optind - 1, commands)
		    : -1;
	if (n < 1 || rounds < 1 || rounds > MAX_ROUNDS || calls < 1000) {
		fprintf(stderr, "usage: eventcost [-n CALLS] [-r ROUNDS] [-c getppid|read] "
				"-- COMMAND... [-- COMMAND...]\n");
		return 2;
	}
	null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	refuse_company();
	for (int round = 0; round < rounds; round++)
		for (int i = 0; i <= n; i++)
			run_once(i ? commands[i - 1] : NULL, &figures[i], out);
	for (int i = 0; i <= n; i++)
		print_figures(i ? commands[i - 1] : NULL, &figures[i]);
	return 0;
}
