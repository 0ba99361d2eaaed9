/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The printer: everything that a program of this project prints as its result goes through a
 * struct kit_output, which writes it as text (byte for byte as bpftrace prints it) or as JSON
 * (one object {"type": ..., "data": ...} a line) from the same values.
 *
 * Messages about the run ("Attaching N probes...", lost events, errors) are no result: in text
 * they go to another descriptor, in JSON they are lines of their own type in the output.
 *
 * Errors: the first failed write is remembered; every later call does nothing, and
 * kit_output_flush() and kit_output_close() return it as -errno. So callers need not check each
 * call. Not thread-safe: one printer, one thread.
 */
#ifndef SKEP_KIT_OUTPUT_H
#define SKEP_KIT_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <skep/kit_value.h>

enum kit_output_format {
	KIT_OUTPUT_TEXT,
	KIT_OUTPUT_JSON,
};

/* When what was printed reaches the file. */
enum kit_output_buffering {
	KIT_OUTPUT_LINE, /* at each newline; the default, for terminals, pipes and files alike */
	KIT_OUTPUT_FULL, /* when the buffer is full, at flush and at close */
	KIT_OUTPUT_NONE, /* at the end of each call */
};

struct kit_output_opts {
	/* File to write, made or truncated (mode 0666 & ~umask); NULL: descriptor fd is used. */
	const char *path;
	/* Where to write if path is NULL. Borrowed: not closed by kit_output_close(). */
	int fd;
	/* Where messages of text format go. Borrowed. -1 drops them. */
	int message_fd;
	enum kit_output_format format;
	enum kit_output_buffering buffering;
	/* Option -q: no word about attached probes. Lost events and errors still appear. */
	bool quiet;
};

/* The defaults: text, line buffered, to standard output, messages to standard error. */
#define KIT_OUTPUT_OPTS_DEFAULT          \
	{                                \
		.fd = 1, .message_fd = 2 \
	}

struct kit_output;

/*
 * Makes a printer. Returns 0 and sets *outp, which the caller ends with kit_output_close(), or
 * -errno (-ENOMEM, or what open(2) said about path). opts is only read during the call.
 */
int kit_output_open(struct kit_output **outp, const struct kit_output_opts *opts);

/* Writes what is buffered. Returns 0, or the first error of this printer as -errno. */
int kit_output_flush(struct kit_output *out);

/*
 * More is about to be printed, now, without waiting for anything: in buffering LINE, lines gather
 * until kit_output_pause(), so that many cost one write. Messages still come after what was
 * printed before them, and memory stays bounded.
 */
void kit_output_hold(struct kit_output *out);

/*
 * To be called when there is nothing to print for now: ends a hold, and writes what is buffered, lines that have no
 * end yet too, unless the buffering is FULL. Returns as flush does.
 */
int kit_output_pause(struct kit_output *out);

/* Flushes, closes the file that path named, frees. NULL is fine. Returns as flush does. */
int kit_output_close(struct kit_output *out);

/* The format this printer was opened with. */
enum kit_output_format kit_output_format(const struct kit_output *out);

/*
 * Prints a map: name with its '@', rows (sorted in place, see kit_rows_sort()). All values are of
 * one type, which type names for maps without rows. top > 0 keeps the last top rows of that
 * order; 0 keeps all. div > 1 divides the numbers that are shown: of hist the counts but not the
 * bars, of stats the average only, of lhist nothing; top does not apply to stats. All this is as
 * bpftrace does. A map without rows prints an empty line in text, nothing in JSON.
 */
void kit_output_map(struct kit_output *out, const char *name, enum kit_type type,
		    struct kit_row *rows, size_t nrows, uint32_t top, uint32_t div);

/*
 * print(expr), of print(@m[key]) too: the value alone and a newline; {"type": "value"} in JSON.
 */
void kit_output_value(struct kit_output *out, const struct kit_value *v);

/* What a piece of text came from; names its JSON type. */
enum kit_text {
	KIT_TEXT_PRINTF,
	KIT_TEXT_TIME,
	KIT_TEXT_JOIN, /* gets a newline after it in text format, none in JSON */
	KIT_TEXT_CAT,
	KIT_TEXT_SYSCALL, /* output of system() */
};

/* Prints len bytes as they are (text) or as a JSON string. text may hold any bytes. */
void kit_output_text(struct kit_output *out, enum kit_text kind, const char *text, size_t len);

/* "Attaching N probes..." to the messages; {"type": "attached_probes"} in JSON. */
void kit_output_attached(struct kit_output *out, uint64_t nprobes);

/* "Lost N events" to the messages; {"type": "lost_events"} in JSON. Shown even when quiet. */
void kit_output_lost(struct kit_output *out, uint64_t nevents);

/*
 * Something that went wrong while the script ran, said with the place in the script. file may be
 * NULL (then no place is shown); line and column count from 1; end_column is the column after the
 * last; source is the line's text without newline, may be NULL.
 */
struct kit_runtime_error {
	const char *file;
	uint32_t line, column, end_column;
	const char *source;
	/*
	 * The kernel helper that failed, without "bpf_", and what it returned (negative errno);
	 * NULL for errors of other kinds, which have only a message.
	 */
	const char *helper;
	int32_t retcode;
	/* What happened, for people; NULL with a helper: made from it and retcode. */
	const char *message;
};

/*
 * Text: `FILE:LINE:COL-END: WARNING: message`, the source line and a line of ~ below the place,
 * to the messages. JSON: {"type": "helper_error"} if helper is set, else "runtime_error".
 * Shown even when quiet.
 */
void kit_output_runtime_error(struct kit_output *out, const struct kit_runtime_error *error);

/*
 * To be called after the last event and before the maps of the end: two empty lines in text, as
 * bpftrace prints them; nothing in JSON.
 */
void kit_output_end(struct kit_output *out);

#endif
