// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The kernel's functions: kprobes by kallsyms, fentry and fexit by BTF. Wildcards stand for what
 * ftrace may trace, where the kernel tells; both lists are read once. Only what matched is sorted:
 * sorting all of kallsyms takes longer than reading it.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <skep/kit_symbols.h>

#include "trace/world_private.h"

struct ksym_list {
	struct trace_world *w;
	struct trace_names *names;
	const char *last_module; /* modules come in runs: their names are kept once */
};

static int add_ksym(const struct kit_ksym *sym, void *ctx)
{
	struct ksym_list *list = ctx;
	const char *name = trace_world_strdup(list->w, sym->name), *module = sym->module;

	if (module && (!list->last_module || strcmp(list->last_module, module)))
		list->last_module = trace_world_strdup(list->w, module);
	if (module)
		module = list->last_module;
	if (!name || (sym->module && !module))
		return -ENOMEM;
	return trace_names_add(list->names, module, name);
}

static const char *kallsyms_path(const struct trace_world *w)
{
	return w->options.kallsyms ? w->options.kallsyms : "/proc/kallsyms";
}

/* All of kallsyms, read once, in the order of the file. */
static enum lang_reason read_ksyms(struct trace_world *w, const struct trace_names **names)
{
	struct ksym_list list = {w, &w->ksyms, NULL};

	if (!w->ksyms_read) {
		w->ksyms_read = true;
		w->ksyms_err = kit_ksyms_each_in(kallsyms_path(w), NULL, add_ksym, &list);
	}
	*names = &w->ksyms;
	return trace_world_reason(w->ksyms_err, LANG_NOT_SUPPORTED);
}

/* What ftrace may trace, read once and sorted; NULL when the kernel does not tell. */
static const struct trace_names *traceable(struct trace_world *w)
{
	struct ksym_list list = {w, &w->traceable, NULL};
	const char *dir = trace_world_tracefs(w), *path;

	if (!w->traceable_read) {
		w->traceable_read = true;
		w->traceable_err = -ENOENT;
		path = dir ? trace_world_printf(w, "%s/available_filter_functions", dir) : NULL;
		if (path)
			w->traceable_err = kit_ksyms_traceable_each_in(path, NULL, add_ksym, &list);
		trace_names_sort(&w->traceable);
	}
	return !w->traceable_err && w->traceable.n ? &w->traceable : NULL;
}

static bool exists(struct trace_world *w, const char *dir, const char *file)
{
	const char *path = dir ? trace_world_printf(w, "%s/%s", dir, file) : NULL;

	return path && !access(path, F_OK);
}

/* Does this kernel have kprobes at all? */
static bool has_kprobes(struct trace_world *w)
{
	const char *pmus =
		w->options.pmu_dir ? w->options.pmu_dir : "/sys/bus/event_source/devices";

	return exists(w, pmus, "kprobe/type") || exists(w, trace_world_tracefs(w), "kprobe_events");
}

struct ksym_search {
	const char *module, *name;
};

static int find_ksym(const struct kit_ksym *sym, void *ctx)
{
	const struct ksym_search *s = ctx;

	if (strcmp(sym->name, s->name))
		return 0;
	if (!s->module)
		return 1;
	return !strcmp(s->module, sym->module ? sym->module : "vmlinux");
}

/*
 * One function: the file is read only as far as the function, unless it is in memory already.
 * What ftrace cannot trace may still take a kprobe: so only the kernel knows for sure.
 */
static enum lang_reason open_kprobe(struct trace_world *w, const char *target, const char *name,
				    uint64_t offset, struct lang_probe_info *info)
{
	struct ksym_search s = {target, name};
	int ret;

	if (!has_kprobes(w))
		return LANG_NOT_SUPPORTED;
	if (w->ksyms_read && !w->ksyms_err && !target && trace_names_have(&w->ksyms, NULL, name))
		return LANG_OK;
	ret = kit_ksyms_each_in(kallsyms_path(w), NULL, find_ksym, &s);
	if (ret < 0)
		return trace_world_reason(ret, LANG_NOT_SUPPORTED);
	return ret ? LANG_OK : LANG_NO_SUCH_PROBE;
}

static enum lang_reason open_kretprobe(struct trace_world *w, const char *target, const char *name,
				       uint64_t offset, struct lang_probe_info *info)
{
	if (offset)
		return LANG_BAD_OFFSET;
	return open_kprobe(w, target, name, 0, info);
}

static bool module_matches(const char *glob, const char *module)
{
	return trace_glob_match(glob, module ? module : "vmlinux");
}

static enum lang_reason match_kprobes(struct trace_world *w, const char *target, const char *name,
				      struct trace_names *names)
{
	const struct trace_names *all;
	enum lang_reason reason;
	size_t i;

	if (!has_kprobes(w))
		return LANG_NOT_SUPPORTED;
	all = traceable(w);
	if (!all) {
		reason = read_ksyms(w, &all);
		if (reason != LANG_OK)
			return reason;
	}
	for (i = 0; i < all->n; i++) {
		if (trace_glob_match(name, all->v[i].name) &&
		    module_matches(target, all->v[i].target) &&
		    trace_names_add(names, all->v[i].target, all->v[i].name))
			return LANG_NO_MEMORY;
	}
	return LANG_OK;
}

const struct trace_provider trace_kprobes = {open_kprobe, match_kprobes};
const struct trace_provider trace_kretprobes = {open_kretprobe, match_kprobes};

struct func_search {
	struct trace_world *w;
	const char *name; /* or a glob */
	const struct trace_names *traceable;
	struct trace_names *names;
	struct lang_probe_info *info;
	bool found; /* a function of this name, traceable or not */
	enum lang_reason reason;
};

static int find_func(void *arg, const char *module, struct btfr *btf)
{
	struct func_search *s = arg;
	uint32_t id = btfr_by_name(btf, BTFR_K(FUNC), s->name);

	if (!id || id < btfr_id_begin(btf))
		return 0;
	s->found = true;
	if (s->traceable && !trace_names_have(s->traceable, module, s->name))
		return 0;
	s->info->btf_id = id;
	s->info->btf = btf;
	s->info->module = btfr_id_begin(btf) > 1 ? module : NULL;
	s->reason = trace_world_params(s->w, btf, id, 0, 0, s->info);
	/* A module's program must name its BTF by a descriptor: what vmlinux says is said of all.
	 */
	if (s->reason == LANG_OK && btfr_id_begin(btf) == 1 &&
	    !trace_feature_fentry(&s->w->features, id))
		s->reason = LANG_NOT_SUPPORTED;
	return 1;
}

static enum lang_reason open_fentry(struct trace_world *w, const char *target, const char *name,
				    uint64_t offset, struct lang_probe_info *info)
{
	struct func_search s = {.w = w, .name = name, .info = info};

	if (!trace_world_vmlinux(w))
		return w->vmlinux.err == -ENOMEM ? LANG_NO_MEMORY : LANG_NO_BTF;
	if (offset)
		return LANG_BAD_OFFSET;
	s.traceable = traceable(w);
	if (trace_world_each_btf(w, target, find_func, &s))
		return s.reason;
	return s.found ? LANG_NOT_SUPPORTED : LANG_NO_SUCH_PROBE;
}

static enum lang_reason open_fexit(struct trace_world *w, const char *target, const char *name,
				   uint64_t offset, struct lang_probe_info *info)
{
	enum lang_reason reason = open_fentry(w, target, name, offset, info);
	struct lang_field *retval;
	uint32_t type;

	/* A function that cannot be attached is described all the same, for listings. */
	if (!info->btf_id)
		return reason;
	type = btfr_ret_type(info->btf, info->btf_id);
	if (!type || type == BTFR_NO_TYPE)
		return reason;
	retval = trace_world_alloc(w, sizeof(*retval));
	if (!retval || !trace_world_btf_field(w, info->btf, type, "retval", -1, retval))
		return LANG_NO_MEMORY;
	info->retval = retval;
	return reason;
}

static int collect_funcs(void *arg, const char *module, struct btfr *btf)
{
	struct func_search *s = arg;
	uint32_t id = btfr_id_begin(btf) - 1;
	const char *name;

	while ((id = btfr_next(btf, BTFR_K(FUNC), id))) {
		name = btfr_name(btf, id);
		if (!trace_glob_match(s->name, name) ||
		    (s->traceable && !trace_names_have(s->traceable, module, name)))
			continue;
		if (trace_names_add(s->names, module, name)) {
			s->reason = LANG_NO_MEMORY;
			return 1;
		}
	}
	return 0;
}

static enum lang_reason match_fentries(struct trace_world *w, const char *target, const char *name,
				       struct trace_names *names)
{
	struct func_search s = {.w = w, .name = name, .names = names};

	if (!trace_world_vmlinux(w))
		return w->vmlinux.err == -ENOMEM ? LANG_NO_MEMORY : LANG_NO_BTF;
	s.traceable = traceable(w);
	trace_world_each_btf(w, target, collect_funcs, &s);
	return s.reason;
}

const struct trace_provider trace_fentries = {open_fentry, match_fentries};
const struct trace_provider trace_fexits = {open_fexit, match_fentries};
