// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * rate [-r ROUNDS] -- COMMAND... [-- COMMAND...]...
 *
 * How many events a second reach a tracer's output without loss. Every command is a
 * tracer that prints a line beginning with "ev " for each getppid() of the process
 * whose number stands where %PID% does. Its output goes to a file in memory. The
 * calls come evenly, in 1 ms steps, for 0.4 s at each rate; rates rise by a quarter
 * from 20,000 a second until lines are missing three times, or the calls cannot be made as
 * fast. In turn, ROUNDS times (default 3). Prints a line of JSON per command: the
 * median of the highest rates that lost nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tracer.h"

enum { MAX_ROUNDS = 20, MAX_ARGS = 64, STEP_NS = 1000000, STEPS = 400, TRIES = 3 };

static off_t size_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) ? 0 : st.st_size;
}

/* Waits until nothing more is written; returns how large the file is then. */
static off_t settle(int fd)
{
	off_t before, now = size_of(fd);
	int quiet = 0;

	while (quiet < 10) {
		before = now;
		usleep(20000);
		now = size_of(fd);
		quiet = now == before ? quiet + 1 : 0;
	}
	return now;
}

/* The lines that are events between two places of the file. */
static long count_lines(int fd, off_t from, off_t to)
{
	char *text = mmap(NULL, to + 1, PROT_READ, MAP_PRIVATE, fd, 0), *at, *end;
	long n = 0;

	if (text == MAP_FAILED)
		return 0;
	for (at = text + from; at < text + to; at = end + 1) {
		end = memchr(at, '\n', text + to - at);
		if (!end)
			break;
		n += end - at > 3 && !memcmp(at, "ev ", 3);
	}
	munmap(text, to + 1);
	return n;
}

static int wait_attached(int fd)
{
	off_t before = size_of(fd);

	/* What it says while it starts makes the file grow, too, but not as often. */
	for (int i = 0, grown = 0; i < 200; i++) {
		for (int k = 0; k < 10; k++)
			getppid();
		usleep(50000);
		grown = size_of(fd) > before ? grown + 1 : 0;
		before = size_of(fd);
		if (grown == 3)
			return 0;
	}
	return -1;
}

/* Makes the calls; returns how many a second it managed. */
static double make_calls(double rate, long *made)
{
	double begin = now_ns();
	struct timespec next;

	clock_gettime(CLOCK_MONOTONIC, &next);
	for (int step = 1; step <= STEPS; step++) {
		for (long due = rate / 1e9 * STEP_NS * step; *made < due; ++*made)
			getppid();
		next.tv_nsec += STEP_NS;
		next.tv_sec += next.tv_nsec / 1000000000;
		next.tv_nsec %= 1000000000;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
	return *made / (now_ns() - begin) * 1e9;
}

static double highest_rate(int fd)
{
	double best = 0;
	off_t before, now = settle(fd);

	for (double rate = 20000; rate < 1e7; rate *= 1.25) {
		int tries = 0, complete = 0;
		double managed = 0;

		while (!complete && tries++ < TRIES) {
			long made = 0;

			before = now;
			managed = make_calls(rate, &made);
			now = settle(fd);
			complete = count_lines(fd, before, now) == made;
		}
		if (!complete)
			break;
		best = managed;
		if (managed < 0.9 * rate)
			break;
	}
	return best;
}

static void substitute(char **in, char *out[MAX_ARGS])
{
	int n = 0;

	for (; *in && n < MAX_ARGS - 1; in++, n++) {
		const char *at = strstr(*in, "%PID%");

		if (!at)
			out[n] = *in;
		else if (asprintf(&out[n], "%.*s%d%s", (int)(at - *in), *in, getpid(), at + 5) < 0)
			exit(2);
	}
	out[n] = NULL;
}

static double run_once(char **argv)
{
	int fd = memfd_create("rate", MFD_CLOEXEC);
	struct tracer t;
	double rate;

	tracer_start(&t, argv, fd);
	if (wait_attached(fd)) {
		fprintf(stderr, "rate: %s printed nothing for the calls\n", argv[0]);
		tracer_stop(&t);
		exit(2);
	}
	rate = highest_rate(fd);
	tracer_stop(&t);
	close(fd);
	return rate;
}

int main(int argc, char **argv)
{
	static double rates[TRACER_MAX_COMMANDS][MAX_ROUNDS];
	char **commands[TRACER_MAX_COMMANDS], *args[TRACER_MAX_COMMANDS][MAX_ARGS];
	int rounds = 3, i = 1, n;

	if (i + 1 < argc && !strcmp(argv[i], "-r")) {
		rounds = atoi(argv[i + 1]);
		i += 2;
	}
	n = i < argc ? split_commands(argv + i, commands) : -1;
	if (n < 1 || rounds < 1 || rounds > MAX_ROUNDS) {
		fprintf(stderr, "usage: rate [-r ROUNDS] -- COMMAND... [-- COMMAND...]\n");
		return 2;
	}
	for (int k = 0; k < n; k++)
		substitute(commands[k], args[k]);
	for (int round = 0; round < rounds; round++)
		for (int k = 0; k < n; k++)
			rates[k][round] = run_once(args[k]);
	for (int k = 0; k < n; k++) {
		printf("{");
		print_json_command(args[k]);
		printf(", \"rounds\": %d, \"per_second\": %.0f}\n", rounds,
		       median(rates[k], rounds));
	}
	return 0;
}
