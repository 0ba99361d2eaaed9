/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The text of a script: from -e, a file or standard input. */
#ifndef CLI_SCRIPT_H
#define CLI_SCRIPT_H

#include <stddef.h>

#include <skep/kit_log.h>

/* The longest script; far more than any that a person wrote. */
#define SCRIPT_MAX (16u << 20)

/* Zeroed is none; release with script_free(). */
struct script {
	const char *name; /* "-e", "stdin" or the path; borrowed */
	char *text;
	size_t len;
};

/* Joins the arguments of -e by newlines. Both return 0, or the exit status after saying why. */
int script_join(struct script *script, const char *const *parts, size_t nparts,
		const struct kit_log *log);

/* Reads @path, or standard input for "-". */
int script_read(struct script *script, const char *path, const struct kit_log *log);

void script_free(struct script *script);

#endif
