/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Where a workload writes what it did: one "what [which] number" line per counter,
 * to the file that the environment's SKEP_TRUTH names, or nowhere without it.
 * Standard output stays empty, since it is also the tracer's.
 */
#ifndef WORKLOAD_TRUTH_H
#define WORKLOAD_TRUTH_H

/* Of functions that tests put probes on: the compiler must keep each, as it is. */
#if __has_attribute(noclone)
#define TARGET __attribute__((noinline, noclone, visibility("default")))
#else
#define TARGET __attribute__((noinline, visibility("default")))
#endif

/* The file's name, or NULL. */
const char *truth_path(void);

/* Writes a line. The first call opens the file, by one openat(2). */
void truth(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* A count from the command line, at least 1; ends the program with status 2 when
 * the text is something else. NULL gives the default. */
long count_argument(const char *text, long otherwise);

#endif
