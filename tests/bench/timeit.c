// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * timeit [-n N] [-w N] [-q] -- COMMAND [ARG...] [-- COMMAND [ARG...]]...
 *
 * Runs the commands in turn (A B C A B C ...), after -w rounds that are not
 * counted (default 1), N times each (default 9), and prints for every command one
 * line of JSON: medians and minima of wall, user and system time in microseconds,
 * the largest resident set in KiB, and how often the exit status was not 0. In
 * turn, so that what else the machine does meets all of them alike. -q sends the
 * commands' output to /dev/null; else it goes to stderr.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tracer.h"

enum { MAX_RUNS = 1000 };

struct command {
	char **argv;
	double wall[MAX_RUNS], user[MAX_RUNS], sys[MAX_RUNS];
	long maxrss_kib;
	int failed;
};

static struct command commands[TRACER_MAX_COMMANDS];

static double to_us(struct timeval tv)
{
	return tv.tv_sec * 1e6 + tv.tv_usec;
}

/* Runs once and stores the figures as the run-th; run < 0: throws them away. */
static void run_once(struct command *c, int run, int out)
{
	struct rusage usage;
	int status;
	double begin = now_ns(), wall;
	/* vfork, so that the child does not begin by copying this process. */
	pid_t pid = vfork();

	if (pid == 0) {
		dup2(out, 1);
		if (out != 2)
			dup2(out, 2);
		execvp(c->argv[0], c->argv);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) != pid) {
		perror("timeit");
		exit(2);
	}
	wall = (now_ns() - begin) / 1e3;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127) {
		fprintf(stderr, "timeit: cannot run %s\n", c->argv[0]);
		exit(127);
	}
	if (run < 0)
		return;
	c->wall[run] = wall;
	c->user[run] = to_us(usage.ru_utime);
	c->sys[run] = to_us(usage.ru_stime);
	if (usage.ru_maxrss > c->maxrss_kib)
		c->maxrss_kib = usage.ru_maxrss;
	c->failed += status != 0;
}

static void print_command(struct command *c, int n)
{
	double wall = median(c->wall, n), user = median(c->user, n), sys = median(c->sys, n);

	printf("{");
	print_json_command(c->argv);
	printf(", \"runs\": %d, \"failed\": %d, \"wall_us\": %.1f, \"wall_min_us\": %.1f, "
	       "\"user_us\": %.0f, \"sys_us\": %.0f, \"maxrss_kib\": %ld}\n",
	       n, c->failed, wall, c->wall[0], user, sys, c->maxrss_kib);
}

int main(int argc, char **argv)
{
	char **argvs[TRACER_MAX_COMMANDS];
	int runs = 9, warm = 1, out = 2, i = 1, n;

	for (; i < argc && argv[i][0] == '-' && argv[i][1] != '-'; i++) {
		if (argv[i][1] == 'q')
			out = open("/dev/null", O_WRONLY | O_CLOEXEC);
		else if (argv[i][1] == 'n' && i + 1 < argc)
			runs = atoi(argv[++i]);
		else if (argv[i][1] == 'w' && i + 1 < argc)
			warm = atoi(argv[++i]);
	}
	n = i < argc ? split_commands(argv + i, argvs) : -1;
	if (n < 1 || runs < 1 || runs > MAX_RUNS || out < 0) {
		fprintf(stderr, "usage: timeit [-n N] [-w N] [-q] -- COMMAND... [-- COMMAND...]\n");
		return 2;
	}
	for (int k = 0; k < n; k++)
		commands[k].argv = argvs[k];
	for (int run = -warm; run < runs; run++)
		for (int k = 0; k < n; k++)
			run_once(&commands[k], run, out);
	for (int k = 0; k < n; k++)
		print_command(&commands[k], runs);
	return 0;
}
