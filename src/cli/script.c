// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Scripts are read whole, with a limit, whatever they hold: the compiler judges the text. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/script.h"

int script_join(struct script *script, const char *const *parts, size_t nparts,
		const struct kit_log *log)
{
	size_t i, len = 0, part;

	for (i = 0; i < nparts; i++)
		len += strlen(parts[i]) + 1;
	script->name = "-e";
	script->text = malloc(len);
	if (!script->text) {
		kit_error(log, "not enough memory");
		return KIT_EXIT_FAILURE;
	}
	for (i = 0, len = 0; i < nparts; i++) {
		part = strlen(parts[i]);
		memcpy(script->text + len, parts[i], part);
		script->text[len + part] = '\n';
		len += part + 1;
	}
	/* The newline after the last one is not of the script. */
	script->len = len - 1;
	return 0;
}

/* Reads to the end or to SCRIPT_MAX + 1 bytes. */
static int read_all(struct script *script, FILE *file)
{
	size_t cap = 0, n;
	char *grown;

	do {
		if (script->len == cap) {
			cap = cap ? cap * 2 : 8192;
			grown = realloc(script->text, cap);
			if (!grown)
				return -ENOMEM;
			script->text = grown;
		}
		errno = 0;
		n = fread(script->text + script->len, 1, cap - script->len, file);
		script->len += n;
	} while (n && script->len <= SCRIPT_MAX);
	if (ferror(file))
		return errno ? -errno : -EIO;
	return script->len > SCRIPT_MAX ? -EFBIG : 0;
}

int script_read(struct script *script, const char *path, const struct kit_log *log)
{
	int is_stdin = !strcmp(path, "-"), err;
	FILE *file = is_stdin ? stdin : fopen(path, "re");

	script->name = is_stdin ? "stdin" : path;
	err = file ? read_all(script, file) : -errno;
	if (file && !is_stdin)
		fclose(file);
	if (!err)
		return 0;
	if (err == -EFBIG)
		kit_error(log, "the script %s is longer than %u bytes", script->name, SCRIPT_MAX);
	else
		kit_error(log, "cannot read the script %s: %s", script->name, kit_errno_text(err));
	return KIT_EXIT_FAILURE;
}

void script_free(struct script *script)
{
	free(script->text);
	*script = (struct script){0};
}
