// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * promptback [-n N] LINE -- COMMAND... [-- COMMAND...]...
 *
 * How long a command still takes after it has printed LINE: from the moment that the
 * line can be read to both the end of the process and the end of its output (what a
 * shell waits for, with and without a pipe). In turn, N times each (default 9).
 * Prints a line of JSON per command: median and worst in microseconds.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tracer.h"

enum { MAX_RUNS = 100, OUTPUT_BYTES = 1 << 20 };

static char output[OUTPUT_BYTES + 1];

/* Reads to the end of the output; returns when the line was seen, or 0. */
static double read_output(int fd, const char *line)
{
	size_t length = 0, wanted = strlen(line);
	double seen = 0;
	ssize_t n;

	while (length < OUTPUT_BYTES &&
	       (n = read(fd, output + length, OUTPUT_BYTES - length)) > 0) {
		double now = now_ns();

		length += n;
		output[length] = 0;
		for (char *s = output; !seen && (s = strstr(s, line)); s++)
			if ((s == output || s[-1] == '\n') && s[wanted] == '\n')
				seen = now;
	}
	return seen;
}

static double run_once(char **command, const char *line)
{
	int fds[2], status;
	struct tracer t;
	double seen;

	if (pipe2(fds, O_CLOEXEC)) {
		perror("pipe2");
		exit(2);
	}
	tracer_start(&t, command, fds[1]);
	close(fds[1]);
	seen = read_output(fds[0], line);
	waitpid(t.pid, &status, 0);
	close(fds[0]);
	if (!seen) {
		fprintf(stderr, "promptback: %s never printed %s:\n%s", command[0], line, output);
		exit(2);
	}
	return (now_ns() - seen) / 1e3;
}

int main(int argc, char **argv)
{
	static double after[TRACER_MAX_COMMANDS][MAX_RUNS];
	char **commands[TRACER_MAX_COMMANDS];
	int runs = 9, i = 1, n;

	if (i + 1 < argc && !strcmp(argv[i], "-n")) {
		runs = atoi(argv[i + 1]);
		i += 2;
	}
	n = i < argc ? split_commands(argv + i + 1, commands) : -1;
	if (n < 1 || runs < 1 || runs > MAX_RUNS) {
		fprintf(stderr, "usage: promptback [-n N] LINE -- COMMAND... [-- COMMAND...]\n");
		return 2;
	}
	for (int run = 0; run < runs; run++)
		for (int k = 0; k < n; k++)
			after[k][run] = run_once(commands[k], argv[i]);
	for (int k = 0; k < n; k++) {
		double middle = median(after[k], runs);

		printf("{");
		print_json_command(commands[k]);
		printf(", \"runs\": %d, \"after_us\": %.0f, \"worst_us\": %.0f}\n", runs, middle,
		       after[k][runs - 1]);
	}
	return 0;
}
