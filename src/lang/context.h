/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What every pass of one compilation shares, and how a pass reports an error.
 *
 * Errors are rows of errors.h. A pass reports and goes on where it can, so that one
 * run shows several; lang_compile() stops before lowering when there were any.
 */
#ifndef LANG_CONTEXT_H
#define LANG_CONTEXT_H

#include <skep/lang.h>

#include "lang/arena.h"

/* A place in the script: bytes from its start. */
struct lang_loc {
	uint32_t pos;
	uint32_t len;
};

enum lang_error_id {
#define LANG_ERROR(ID, name, text, hint)   LANG_E_##ID,
#define LANG_WARNING(ID, name, text, hint) LANG_E_##ID,
#include "lang/errors.h"
	LANG_E_COUNT
};

struct lang_context {
	struct lang_arena *arena; /* lives until the end of the compilation */
	const char *file;
	const char *text;
	size_t length;
	struct lang_world *world;
	struct lang_options options; /* defaults already filled in */
	struct lang_messages *messages;
	bool quiet; /* a repeated pass: messages are dropped, they were shown before */
	struct lang_message *last; /* what lang_hint() changes; NULL: the last one was dropped */
};

/* Errors that are shown; a pass may stop when there are as many. */
#define LANG_MAX_ERRORS 20

/*
 * Reports a catalogue entry at @loc with the arguments of its text. A message with
 * the same id and place is reported once; after 20 errors the rest is counted only.
 */
void lang_error(struct lang_context *cx, struct lang_loc loc, enum lang_error_id id, ...);

/* Replaces the hint of the message reported last (e.g. "did you mean 'x'?"). */
void lang_hint(struct lang_context *cx, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Line and column (from 1, in bytes) of a position. */
void lang_line_column(const struct lang_context *cx, uint32_t pos, uint32_t *line,
		      uint32_t *column);

#endif
