// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The world: opening and closing, its memory, and which provider answers. Memory is handed out
 * from blocks that are freed together, since everything told to the compiler lives equally long.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skep/kit_symbols.h>

#include "trace/tracefs.h"
#include "trace/world_private.h"

#define BLOCK_SIZE 16384

struct block {
	struct block *older;
	max_align_t data[];
};

/* Providers that are not here (BEGIN, interval, ...) need nothing of the system. */
static const struct trace_provider *const providers[LANG_PROVIDER_COUNT] = {
	[LANG_TRACEPOINT] = &trace_tracepoints, [LANG_RAWTRACEPOINT] = &trace_rawtracepoints,
	[LANG_KPROBE] = &trace_kprobes,		[LANG_KRETPROBE] = &trace_kretprobes,
	[LANG_FENTRY] = &trace_fentries,	[LANG_FEXIT] = &trace_fexits,
	[LANG_UPROBE] = &trace_uprobes,		[LANG_URETPROBE] = &trace_uprobes,
};

void *trace_world_alloc(struct trace_world *w, size_t size)
{
	size_t align = _Alignof(max_align_t), block_size;
	struct block *block;
	void *p;

	if (size > SIZE_MAX / 2)
		return NULL;
	size = (size + align - 1) / align * align;
	if (size > w->block_left) {
		block_size = size > BLOCK_SIZE ? size : BLOCK_SIZE;
		block = calloc(1, sizeof(*block) + block_size);
		if (!block)
			return NULL;
		block->older = w->blocks;
		w->blocks = block;
		w->block_next = (char *)block->data;
		w->block_left = block_size;
	}
	p = w->block_next;
	w->block_next += size;
	w->block_left -= size;
	return p;
}

const char *trace_world_strdup(struct trace_world *w, const char *s)
{
	size_t n = strlen(s) + 1;
	char *copy = trace_world_alloc(w, n);

	if (copy)
		memcpy(copy, s, n);
	return copy;
}

const char *trace_world_printf(struct trace_world *w, const char *fmt, ...)
{
	const char *copy = NULL;
	va_list ap;
	char *text;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) >= 0) {
		copy = trace_world_strdup(w, text);
		free(text);
	}
	va_end(ap);
	return copy;
}

enum lang_reason trace_world_reason(int err, enum lang_reason none)
{
	switch (err) {
	case 0: return LANG_OK;
	case -EACCES:
	case -EPERM: return LANG_NO_PRIVILEGE;
	case -ENODEV: return LANG_NO_TRACEFS;
	case -ENOMEM: return LANG_NO_MEMORY;
	default: return none;
	}
}

const char *trace_world_tracefs(struct trace_world *w)
{
	return w->options.tracefs_dir ? w->options.tracefs_dir : trace_tracefs_dir();
}

static const struct btfr *world_btf(void *ctx)
{
	return trace_world_vmlinux(ctx);
}

static enum lang_reason world_open(void *ctx, enum lang_provider provider, const char *target,
				   const char *name, uint64_t offset, struct lang_probe_info *info)
{
	const struct trace_provider *p =
		(unsigned int)provider < LANG_PROVIDER_COUNT ? providers[provider] : NULL;

	memset(info, 0, sizeof(*info));
	info->syscall_nr = -1;
	return p ? p->open(ctx, target, name ? name : "", offset, info) : LANG_OK;
}

static int world_match(void *ctx, enum lang_provider provider, const char *target, const char *name,
		       lang_probe_cb cb, void *arg, enum lang_reason *reason)
{
	const struct trace_provider *p =
		(unsigned int)provider < LANG_PROVIDER_COUNT ? providers[provider] : NULL;
	struct trace_names names = {0};
	int ret = 0;
	size_t i;

	*reason = LANG_OK;
	if (!p)
		return 0;
	*reason = p->match(ctx, target, name ? name : "*", &names);
	if (*reason == LANG_OK) {
		trace_names_sort(&names);
		for (i = 0; i < names.n && !ret; i++)
			ret = cb(arg, names.v[i].target, names.v[i].name);
	}
	trace_names_free(&names);
	return ret;
}

static bool world_feature(void *ctx, enum lang_feature feature)
{
	struct trace_world *w = ctx;

	return trace_feature(&w->features, feature);
}

/* The BTF for features that it tells of; opening it only if a cheaper probe cannot answer. */
static struct btfr *features_btf(void *ctx, bool open)
{
	struct trace_world *w = ctx;

	return open ? trace_world_vmlinux(w) : w->vmlinux.btf;
}

int trace_world_open(const struct trace_world_options *options, struct lang_world **worldp)
{
	struct trace_world *w = calloc(1, sizeof(*w));

	if (!w)
		return -ENOMEM;
	if (options)
		w->options = *options;
	w->vmlinux.name = "vmlinux";
	w->features.btf = features_btf;
	w->features.ctx = w;
	w->world = (struct lang_world){
		.ctx = w,
		.btf = world_btf,
		.probe_open = world_open,
		.probe_match = world_match,
		.feature = world_feature,
	};
	*worldp = &w->world;
	return 0;
}

void trace_world_close(struct lang_world *world)
{
	struct block *block, *older;
	struct trace_world *w;

	if (!world)
		return;
	w = world->ctx;
	kit_elf_close(w->elf);
	trace_names_free(&w->events);
	trace_names_free(&w->ksyms);
	trace_names_free(&w->traceable);
	trace_world_close_btf(w);
	for (block = w->blocks; block; block = older) {
		older = block->older;
		free(block);
	}
	free(w);
}
