// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Globs, and the kernel's functions by name, from /proc/kallsyms or from tracefs's list of what
 * may be traced. Both are read line by line; a line that has another form is skipped.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skep/kit_symbols.h>

bool kit_glob_is_pattern(const char *text)
{
	return strpbrk(text, "*?") != NULL;
}

/* Goes back to the last '*' only, so the time is at most the product of the two lengths. */
bool kit_glob_match(const char *glob, const char *name)
{
	const char *star = NULL, *from = NULL;

	while (*name) {
		if (*glob == '*') {
			star = glob++;
			from = name;
		} else if (*glob == '?' || *glob == *name) {
			glob++;
			name++;
		} else if (star) {
			glob = star + 1;
			name = ++from;
		} else {
			return false;
		}
	}
	while (*glob == '*')
		glob++;
	return !*glob;
}

/* "name [module]": cuts the line into the two. False if it has no name. */
static bool split_name(char *text, struct kit_ksym *sym)
{
	char *end = text + strcspn(text, " \t\n");
	char *module = end + strspn(end, " \t");

	sym->name = text;
	sym->module = NULL;
	if (end == text)
		return false;
	if (*module == '[') {
		module++;
		module[strcspn(module, "]\n")] = 0;
		sym->module = *module ? module : NULL;
	}
	*end = 0;
	return true;
}

/* "ffffffff81000000 T name\t[module]"; only text symbols. */
static bool parse_kallsyms(char *line, struct kit_ksym *sym)
{
	char *end;

	errno = 0;
	sym->address = strtoull(line, &end, 16);
	if (end == line || errno || *end != ' ')
		return false;
	if (!end[1] || !strchr("tTwW", end[1]) || end[2] != ' ')
		return false;
	return split_name(end + 3, sym);
}

static bool parse_traceable(char *line, struct kit_ksym *sym)
{
	sym->address = 0;
	return split_name(line, sym);
}

static int each_line(const char *path, bool (*parse)(char *line, struct kit_ksym *sym),
		     const char *glob, kit_ksym_fn each, void *ctx)
{
	FILE *f = fopen(path, "re");
	struct kit_ksym sym;
	char *line = NULL;
	size_t cap = 0;
	int err = 0;

	if (!f)
		return -errno;
	errno = 0;
	while (!err && getline(&line, &cap, f) >= 0) {
		if (parse(line, &sym) && (!glob || kit_glob_match(glob, sym.name)))
			err = each(&sym, ctx);
		errno = 0;
	}
	if (!err && !feof(f))
		err = errno ? -errno : -EIO;
	free(line);
	fclose(f);
	return err;
}

int kit_ksyms_each_in(const char *path, const char *glob, kit_ksym_fn each, void *ctx)
{
	return each_line(path, parse_kallsyms, glob, each, ctx);
}

int kit_ksyms_traceable_each_in(const char *path, const char *glob, kit_ksym_fn each, void *ctx)
{
	return each_line(path, parse_traceable, glob, each, ctx);
}

int kit_ksyms_each(const char *glob, kit_ksym_fn each, void *ctx)
{
	return kit_ksyms_each_in("/proc/kallsyms", glob, each, ctx);
}

int kit_ksyms_traceable_each(const char *glob, kit_ksym_fn each, void *ctx)
{
	int err = kit_ksyms_traceable_each_in("/sys/kernel/tracing/available_filter_functions",
					      glob, each, ctx);

	if (err != -ENOENT)
		return err;
	return kit_ksyms_traceable_each_in("/sys/kernel/debug/tracing/available_filter_functions",
					   glob, each, ctx);
}
