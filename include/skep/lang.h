/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The tracing language: text in, a plan (lang_plan.h) out. No I/O, no globals.
 */
#ifndef SKEP_LANG_H
#define SKEP_LANG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <skep/lang_plan.h>
#include <skep/lang_world.h>

/* Passes whose result `-d` can show, in the order in which they run. */
enum lang_stage {
	LANG_STAGE_AST,   /* after parsing */
	LANG_STAGE_TYPES, /* after checking: every expression with its type */
	LANG_STAGE_IR,    /* after lowering */
	LANG_STAGE_OPT,   /* after the optimiser */
	LANG_STAGE_RA,    /* after register allocation */
	LANG_STAGE_ASM,   /* instructions, in the kernel's syntax */
	LANG_STAGE_PLAN,  /* maps, probes, events */
	LANG_STAGE_COUNT,
};

/* "ast", "types", …; NULL outside the range. */
const char *lang_stage_name(enum lang_stage stage);

struct lang_options {
	const char *const *params; /* $1…; borrowed */
	size_t nparams;
	int cpid;                  /* pid of -c's command; 0 when there is none */
	int pid;                   /* -p; 0 when there is none */
	bool allow_unsafe;         /* --unsafe: system() */
	uint32_t max_strlen;       /* bytes of a string, its NUL included: 8…4096; 0 means 1024 */
	uint32_t max_map_keys;     /* entries of a map; 0 means 4096 */
	uint32_t ring_bytes;       /* of the ring buffer; 0 means by need */
	uint32_t ncpus;            /* possible CPUs; at least 1 */
	uint32_t dump;             /* bits 1 << enum lang_stage */
	FILE *dump_file;           /* where dumps go; NULL: nowhere */
};

/* One message of the compiler. The list owns all strings. */
struct lang_message {
	bool is_warning;
	const char *id;     /* of the catalogue (src/lang/errors.h), e.g. "unknown-field" */
	const char *text;
	const char *hint;   /* what to do, or NULL */
	const char *file;   /* as given to lang_compile() */
	uint32_t line, column, length; /* from 1; length in bytes, at least 1 */
	/* That line of the script made printable: tabs expanded, control bytes as \xNN, cut
	 * around the place when it is long; or NULL. */
	const char *source;
	uint32_t source_column, source_length; /* where the caret goes under it, in columns from 1 */
};

struct lang_messages {
	struct lang_message *list;
	size_t count;
	size_t nerrors; /* those that are not warnings; counts on when the list is full */
	struct lang_arena *arena;
};

/* Frees what the list holds, not the struct itself. */
void lang_messages_free(struct lang_messages *messages);

/* Prints one message: place, text, [id], source line, caret, hint. */
void lang_message_print(const struct lang_message *message, FILE *out);

/*
 * Compiles a script.
 * @file: name for messages: "-e", "stdin", a path.
 * @text, @length: the script; it need not end in NUL and may hold anything.
 * @world: answers questions about the system. Borrowed; the plan keeps pointers to
 *         its BTF, so close the world after freeing the plan.
 * @plan: a new plan on success, NULL otherwise.
 * @messages: errors and warnings; free with lang_messages_free() in either case.
 * Returns 0, -EINVAL when there were errors, -ENOMEM, or -EBADMSG when the compiler made
 * something inconsistent: a bug of its own.
 */
int lang_compile(const char *file, const char *text, size_t length, struct lang_world *world,
		 const struct lang_options *options, struct lang_plan **plan,
		 struct lang_messages *messages);

#endif
