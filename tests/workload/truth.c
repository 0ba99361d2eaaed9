// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Writes a workload's counters. See truth.h.
 */
#include "truth.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

const char *truth_path(void)
{
	return getenv("SKEP_TRUTH");
}

void truth(const char *fmt, ...)
{
	static int fd = -1;
	va_list ap;

	if (!truth_path())
		return;
	if (fd < 0)
		fd = open(truth_path(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
	if (fd < 0) {
		perror(truth_path());
		exit(2);
	}
	va_start(ap, fmt);
	vdprintf(fd, fmt, ap);
	va_end(ap);
}

long count_argument(const char *text, long otherwise)
{
	char *end;
	long n;

	if (!text)
		return otherwise;
	n = strtol(text, &end, 10);
	if (*end || n < 1) {
		fprintf(stderr, "not a count: %s\n", text);
		exit(2);
	}
	return n;
}
