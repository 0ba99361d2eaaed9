/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Messages to the person at the terminal: errors, warnings, notes and, when asked, more. Used by
 * the rooms that are programs; libraries return errors and print nothing.
 *
 * A message is one clause without full stop that begins with what it is about. It comes out as
 * `skep: error: message`, or in JSON as {"type": "error", "data": "message"}, a line each.
 */
#ifndef SKEP_KIT_LOG_H
#define SKEP_KIT_LOG_H

#include <stdbool.h>

/* Exit statuses of every program of the project. */
enum kit_exit {
	KIT_EXIT_OK = 0,
	KIT_EXIT_FAILURE = 1, /* it was asked something it could not do */
	KIT_EXIT_USAGE = 2,   /* it did not understand what was asked: options, arguments */
};

enum kit_log_level {
	KIT_LOG_ERROR,
	KIT_LOG_WARNING,
	KIT_LOG_NOTE,
	KIT_LOG_VERBOSE, /* shown with -v */
	KIT_LOG_DEBUG,	 /* shown with -v -v */
};

/* How messages are shown. Made by the program, passed to what needs it; not thread-safe. */
struct kit_log {
	const char *program;	     /* the name in front, as "skep"; borrowed */
	int fd;			     /* where to; 2 */
	enum kit_log_level shown_up; /* the last level that is shown; KIT_LOG_NOTE usually */
	bool json;
};

#define KIT_LOG_DEFAULT                                              \
	{                                                            \
		.program = "skep", .fd = 2, .shown_up = KIT_LOG_NOTE \
	}

/* One message; a newline is added. Failures to write it are ignored. errno is kept. */
void kit_log(const struct kit_log *log, enum kit_log_level level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#define kit_error(log, ...)   kit_log((log), KIT_LOG_ERROR, __VA_ARGS__)
#define kit_warning(log, ...) kit_log((log), KIT_LOG_WARNING, __VA_ARGS__)
#define kit_note(log, ...)    kit_log((log), KIT_LOG_NOTE, __VA_ARGS__)
#define kit_verbose(log, ...) kit_log((log), KIT_LOG_VERBOSE, __VA_ARGS__)
#define kit_debug(log, ...)   kit_log((log), KIT_LOG_DEBUG, __VA_ARGS__)

/* "ENOENT" for ENOENT or -ENOENT, "E?" for numbers that are none. A static string. */
const char *kit_errno_name(int err);

/* "No such file or directory" for ENOENT or -ENOENT. A static string, thread-safe. */
const char *kit_errno_text(int err);

#endif
