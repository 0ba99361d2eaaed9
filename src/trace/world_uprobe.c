// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * User functions: the file that a target means, and where in it a function begins. The file asked
 * for last stays open, since the probes of one script are mostly in one file.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include <skep/kit_symbols.h>

#include "trace/world_private.h"

static enum lang_reason symbols_reason(enum kit_symbols_reason reason)
{
	switch (reason) {
	case KIT_SYMBOLS_OK: return LANG_OK;
	case KIT_SYMBOLS_NO_FILE: return LANG_NO_SUCH_FILE;
	case KIT_SYMBOLS_NO_ACCESS: return LANG_NO_PRIVILEGE;
	case KIT_SYMBOLS_NOT_FILE:
	case KIT_SYMBOLS_NOT_ELF:
	case KIT_SYMBOLS_BAD_ELF: return LANG_NOT_ELF;
	case KIT_SYMBOLS_STRIPPED: return LANG_NO_SYMBOLS;
	case KIT_SYMBOLS_NO_SYMBOL: return LANG_NO_SUCH_SYMBOL;
	case KIT_SYMBOLS_NOT_MAPPED: return LANG_BAD_OFFSET;
	case KIT_SYMBOLS_NO_MEMORY: return LANG_NO_MEMORY;
	}
	return LANG_NOT_ELF;
}

/* Makes w->elf the file that @target means. */
static enum lang_reason open_elf(struct trace_world *w, const char *target)
{
	enum kit_symbols_reason why = KIT_SYMBOLS_OK;
	char path[PATH_MAX];

	if (!target || !*target || kit_resolve_binary(target, path, sizeof(path)))
		return LANG_NO_SUCH_FILE;
	if (w->elf && !strcmp(w->elf_path, path))
		return LANG_OK;
	kit_elf_close(w->elf);
	w->elf = NULL;
	w->elf_path = trace_world_strdup(w, path);
	if (!w->elf_path)
		return LANG_NO_MEMORY;
	if (kit_elf_open(&w->elf, path, &why)) {
		w->elf = NULL;
		return symbols_reason(why);
	}
	return LANG_OK;
}

static enum lang_reason open_uprobe(struct trace_world *w, const char *target, const char *name,
				    uint64_t offset, struct lang_probe_info *info)
{
	enum lang_reason reason = open_elf(w, target);
	enum kit_symbols_reason why = KIT_SYMBOLS_OK;
	struct kit_function fn;
	struct stat st;

	if (reason != LANG_OK)
		return reason;
	info->path = w->elf_path;
	if (stat(w->elf_path, &st))
		return LANG_NO_SUCH_FILE;
	if (*name) {
		if (kit_elf_find(w->elf, name, &fn, &why))
			return symbols_reason(why);
		if (offset && fn.size && offset >= fn.size)
			return LANG_BAD_OFFSET;
		if (__builtin_add_overflow(fn.offset, offset, &offset))
			return LANG_BAD_OFFSET;
	} else if (kit_elf_offset(w->elf, offset, &offset)) {
		/* A number is an address, as nm and objdump show it, not a place in the file. */
		return LANG_BAD_OFFSET;
	}
	if (offset >= (uint64_t)st.st_size)
		return LANG_BAD_OFFSET;
	info->offset = offset;
	return LANG_OK;
}

struct uprobe_search {
	struct trace_world *w;
	const char *target, *glob;
	struct trace_names *names;
};

static int collect(const struct kit_function *fn, void *ctx)
{
	struct uprobe_search *s = ctx;
	const char *name;

	if (!trace_glob_match(s->glob, fn->name))
		return 0;
	name = trace_world_strdup(s->w, fn->name);
	return name ? trace_names_add(s->names, s->target, name) : -ENOMEM;
}

static enum lang_reason match_uprobes(struct trace_world *w, const char *target, const char *name,
				      struct trace_names *names)
{
	enum lang_reason reason = open_elf(w, target);
	enum kit_symbols_reason why = KIT_SYMBOLS_OK;
	struct uprobe_search s = {w, NULL, name, names};
	int err;

	if (reason != LANG_OK)
		return reason;
	s.target = trace_world_strdup(w, target);
	if (!s.target)
		return LANG_NO_MEMORY;
	err = kit_elf_each(w->elf, NULL, collect, &s, &why);
	if (err == -ENOMEM)
		return LANG_NO_MEMORY;
	return err ? symbols_reason(why) : LANG_OK;
}

const struct trace_provider trace_uprobes = {open_uprobe, match_uprobes};
