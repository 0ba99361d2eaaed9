// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The world's BTF: the kernel's own and, split from it, that of each module; opened when something
 * is looked up there. Parameters of functions become members of `args`.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/tracefs.h"
#include "trace/world_private.h"

/* More modules than this are not looked at. */
#define MAX_MODULES 4096
/* The BPF calling convention: more arguments of a function cannot be reached. */
#define MAX_PARAMS 12

static struct btfr *open_btf(struct trace_world *w, struct trace_btf *b, struct btfr *base)
{
	const char *dir = w->options.btf_dir ? w->options.btf_dir : "/sys/kernel/btf";
	char path[4096];
	int n;

	if (b->btf || b->err)
		return b->btf;
	n = snprintf(path, sizeof(path), "%s/%s", dir, b->name);
	if (n < 0 || (size_t)n >= sizeof(path))
		b->err = -ENAMETOOLONG;
	else
		b->err = btfr_open_file(path, base, &b->btf, NULL);
	return b->btf;
}

struct btfr *trace_world_vmlinux(struct trace_world *w)
{
	return open_btf(w, &w->vmlinux, NULL);
}

static int compare_btf(const void *a, const void *b)
{
	return strcmp(((const struct trace_btf *)a)->name, ((const struct trace_btf *)b)->name);
}

/* Lists the modules that have BTF. Without memory, or without the directory, there are none. */
static void list_modules(struct trace_world *w)
{
	DIR *dir = opendir(w->options.btf_dir ? w->options.btf_dir : "/sys/kernel/btf");
	size_t cap = 0;
	struct dirent *entry;
	struct trace_btf *v;

	w->modules_listed = true;
	if (!dir)
		return;
	while (w->nmodules < MAX_MODULES && (entry = readdir(dir))) {
		if (!trace_tracefs_name_ok(entry->d_name) || !strcmp(entry->d_name, "vmlinux"))
			continue;
		if (w->nmodules == cap) {
			cap = cap ? cap * 2 : 64;
			v = reallocarray(w->modules, cap, sizeof(*v));
			if (!v)
				break;
			w->modules = v;
		}
		v = &w->modules[w->nmodules];
		*v = (struct trace_btf){.name = trace_world_strdup(w, entry->d_name)};
		if (!v->name)
			break;
		w->nmodules++;
	}
	closedir(dir);
	if (w->nmodules)
		qsort(w->modules, w->nmodules, sizeof(*w->modules), compare_btf);
}

int trace_world_each_btf(struct trace_world *w, const char *module,
			 int (*each)(void *arg, const char *module, struct btfr *btf), void *arg)
{
	struct btfr *vmlinux = trace_world_vmlinux(w), *btf;
	int ret = 0;
	size_t i;

	if (!vmlinux)
		return 0;
	if (!module || !strcmp(module, "vmlinux"))
		ret = each(arg, NULL, vmlinux);
	if (ret || (module && !strcmp(module, "vmlinux")))
		return ret;
	if (!w->modules_listed)
		list_modules(w);
	for (i = 0; i < w->nmodules && !ret; i++) {
		if (module && !trace_glob_match(module, w->modules[i].name))
			continue;
		btf = open_btf(w, &w->modules[i], vmlinux);
		if (btf)
			ret = each(arg, w->modules[i].name, btf);
	}
	return ret;
}

void trace_world_close_btf(struct trace_world *w)
{
	size_t i;

	for (i = 0; i < w->nmodules; i++)
		btfr_close(w->modules[i].btf);
	free(w->modules);
	btfr_close(w->vmlinux.btf);
}

bool trace_world_btf_field(struct trace_world *w, const struct btfr *btf, uint32_t id,
			   const char *name, int arg_index, struct lang_field *field)
{
	int64_t size = btfr_size(btf, id);
	struct btfr_int integer;

	*field = (struct lang_field){
		.name = *name ? name : trace_world_printf(w, "arg%d", arg_index),
		.type_name = trace_ctype_spell(w, btf, id),
		.kind = LANG_FIELD_BTF,
		.size = size > 0 && size <= UINT32_MAX ? (uint32_t)size : 0,
		.count = 1,
		.btf_id = id,
		.btf = btf,
		.arg_index = arg_index,
	};
	if (!btfr_int(btf, id, &integer))
		field->is_signed = integer.is_signed;
	return field->name && field->type_name;
}

enum lang_reason trace_world_params(struct trace_world *w, const struct btfr *btf, uint32_t id,
				    uint32_t names, unsigned int skip, struct lang_probe_info *info)
{
	int cnt = btfr_param_cnt(btf, id);
	struct btfr_param param, named;
	struct lang_field *fields;
	unsigned int i, n = 0, slot = 0;

	if (cnt < 0 || (unsigned int)cnt <= skip)
		return LANG_OK;
	if (cnt > MAX_PARAMS + (int)skip)
		cnt = MAX_PARAMS + (int)skip;
	if (names && btfr_param_cnt(btf, names) != btfr_param_cnt(btf, id))
		names = 0;
	fields = trace_world_alloc(w, (size_t)cnt * sizeof(*fields));
	if (!fields)
		return LANG_NO_MEMORY;
	for (i = skip; i < (unsigned int)cnt; i++) {
		if (btfr_param_at(btf, id, i, &param))
			break;
		/* `...` of variable arguments */
		if (!param.type)
			break;
		if (names && !btfr_param_at(btf, names, i, &named) && *named.name)
			param.name = named.name;
		if (!trace_world_btf_field(w, btf, param.type, param.name, (int)slot, &fields[n]))
			return LANG_NO_MEMORY;
		/* A structure by value takes the words that it needs. */
		slot += fields[n].size > 8 ? (fields[n].size + 7) / 8 : 1;
		n++;
	}
	info->fields = fields;
	info->nfields = n;
	info->nargs = slot;
	return LANG_OK;
}
