// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Tracepoints: members of `args` from the event's format file, or by BTF where that file may not
 * be read; the numbers of system calls; wildcards over tracefs's list of events.
 *
 * A format file gives the arguments of a system call eight bytes each, whatever their type: there
 * the C type says what is in them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "trace/tracefs.h"
#include "trace/world_private.h"

#define MAX_EVENTS_BYTES (16 * 1024 * 1024)

struct syscall_row {
	const char *name;
	int nr;
};

#ifdef __x86_64__
static const struct syscall_row syscalls[] = {
#define SYSCALL(name, nr) {#name, nr},
#include "trace/syscalls_x86_64.h"
#undef SYSCALL
};

static int compare_syscall(const void *name, const void *row)
{
	return strcmp(name, ((const struct syscall_row *)row)->name);
}

static int syscall_number(const char *name)
{
	const struct syscall_row *row =
		bsearch(name, syscalls, sizeof(syscalls) / sizeof(*syscalls), sizeof(*syscalls),
			compare_syscall);

	return row ? row->nr : -1;
}
#else
static int syscall_number(const char *name)
{
	return -1;
}
#endif

static bool is_integer_size(uint32_t size)
{
	return size == 1 || size == 2 || size == 4 || size == 8;
}

/* The bytes of a field that is neither a number nor a pointer. */
static void set_bytes(struct lang_field *out, uint32_t size)
{
	out->kind = LANG_FIELD_ARRAY;
	out->size = 1;
	out->count = size;
	out->is_signed = false;
}

static void set_array(struct trace_world *w, const struct trace_format_field *in,
		      struct lang_field *out)
{
	struct trace_ctype type;
	uint32_t elem = in->count && in->size % in->count == 0 ? in->size / in->count : 0;

	if (!strcmp(in->elem_type, "char") || !strcmp(in->elem_type, "const char")) {
		out->kind = LANG_FIELD_CHARS;
		out->size = in->size;
		return;
	}
	if (!elem && trace_ctype_parse(w, in->elem_type, &type) && type.size &&
	    in->size % type.size == 0)
		elem = type.size;
	if (!is_integer_size(elem)) {
		set_bytes(out, in->size);
		return;
	}
	out->kind = LANG_FIELD_ARRAY;
	out->size = elem;
	out->count = in->size / elem;
}

static void set_plain(struct trace_world *w, const struct trace_format_field *in, bool is_syscall,
		      struct lang_field *out)
{
	struct trace_ctype type;
	bool known;

	out->kind = LANG_FIELD_INT;
	if (in->pointer) {
		out->kind = in->size == 8 ? LANG_FIELD_PTR : LANG_FIELD_INT;
		out->is_user = is_syscall && out->kind == LANG_FIELD_PTR;
		out->is_signed = false;
		return;
	}
	if (!is_integer_size(in->size)) {
		set_bytes(out, in->size);
		return;
	}
	/* Only of a system call's argument, or of a word, is there more to know than the size. */
	if (in->size != 8)
		return;
	known = trace_ctype_parse(w, in->elem_type, &type);
	if (known && type.is_pointer) {
		out->kind = LANG_FIELD_PTR;
		out->is_user = is_syscall;
		out->is_signed = false;
	} else if (known && type.is_integer && is_syscall && type.size <= 8) {
		out->size = type.size;
		out->is_signed = type.is_signed;
	} else if (known && !type.is_integer && !is_syscall) {
		set_bytes(out, in->size);
	}
}

/* Turns a field of the format into a member of `args`. */
static bool make_field(struct trace_world *w, const struct trace_format_field *in, bool is_syscall,
		       struct lang_field *out)
{
	*out = (struct lang_field){
		.name = trace_world_strdup(w, in->name),
		.type_name = trace_world_strdup(w, in->type),
		.offset = in->offset,
		.size = in->size,
		.count = 1,
		.is_signed = in->is_signed,
		.arg_index = -1,
	};
	switch (in->kind) {
	case TRACE_FORMAT_PLAIN: set_plain(w, in, is_syscall, out); break;
	case TRACE_FORMAT_ARRAY: set_array(w, in, out); break;
	case TRACE_FORMAT_DATA_LOC: out->kind = LANG_FIELD_DATA_LOC; break;
	case TRACE_FORMAT_REL_LOC: out->kind = LANG_FIELD_REL_LOC; break;
	}
	return out->name && out->type_name;
}

/*
 * The arguments are what follows __syscall_nr, in words of eight bytes; newer kernels add what
 * they read from user memory behind them, which is no argument.
 */
static void number_arguments(struct lang_field *fields, uint32_t nfields)
{
	bool seen = false;
	int next = 0;
	uint32_t i;

	for (i = 0; i < nfields; i++) {
		struct lang_field *f = &fields[i];

		if (seen && next < 6 && (f->kind == LANG_FIELD_INT || f->kind == LANG_FIELD_PTR))
			f->arg_index = next++;
		seen |= !strcmp(f->name, "__syscall_nr");
	}
}

/*
 * Fields that are an argument of the raw tracepoint of the same name as it is, on every kernel
 * since 5.10. These are asked for at every system call and interrupt, where filling a record
 * first costs several times what the program does.
 */
static void number_raw_arguments(const char *category, const char *event, struct lang_field *fields,
				 uint32_t nfields)
{
	static const struct {
		const char *category, *event, *field;
		int arg_index;
	} known[] = {
		{"raw_syscalls", "sys_enter", "id", 1}, {"raw_syscalls", "sys_exit", "ret", 1},
		{"irq", "softirq_entry", "vec", 0},	{"irq", "softirq_exit", "vec", 0},
		{"irq", "softirq_raise", "vec", 0},
	};

	for (size_t k = 0; k < sizeof(known) / sizeof(*known); k++) {
		if (strcmp(category, known[k].category) || strcmp(event, known[k].event))
			continue;
		for (uint32_t i = 0; i < nfields; i++)
			if (!strcmp(fields[i].name, known[k].field) &&
			    fields[i].kind == LANG_FIELD_INT)
				fields[i].arg_index = known[k].arg_index;
	}
}

static enum lang_reason from_format(struct trace_world *w, const struct trace_format *format,
				    const char *category, const char *event,
				    struct lang_probe_info *info)
{
	struct lang_field *fields = trace_world_alloc(w, format->nfields * sizeof(*fields));
	bool is_syscall = !strcmp(category, "syscalls");
	uint32_t i;

	if (!fields)
		return LANG_NO_MEMORY;
	for (i = 0; i < format->nfields; i++) {
		if (!make_field(w, &format->fields[i], is_syscall, &fields[i]))
			return LANG_NO_MEMORY;
	}
	if (is_syscall && !info->syscall_exit)
		number_arguments(fields, format->nfields);
	else if (!is_syscall)
		number_raw_arguments(category, event, fields, format->nfields);
	info->fields = fields;
	info->nfields = format->nfields;
	return LANG_OK;
}

/* A member of struct trace_event_raw_NAME. 1: made, 0: passed over, -ENOMEM. */
static int make_btf_field(struct trace_world *w, const struct btfr *btf,
			  const struct btfr_member *m, struct lang_field *out)
{
	uint32_t id = btfr_skip_mods(btf, m->type);
	int64_t size = btfr_size(btf, m->type);
	struct trace_format_field in = {
		.name = m->name,
		.type = trace_ctype_spell(w, btf, m->type),
		.offset = m->bit_off / 8,
		.count = 1,
	};
	struct btfr_array array;
	struct btfr_int integer;

	if (!in.type)
		return -ENOMEM;
	in.elem_type = in.type;
	if (size <= 0 || size > TRACE_FORMAT_MAX_RECORD || !*m->name || m->bit_size)
		return 0;
	in.size = (uint32_t)size;
	in.pointer = btfr_kind(btf, id) == BTF_KIND_PTR;
	if (!btfr_int(btf, id, &integer))
		in.is_signed = integer.is_signed;
	if (!btfr_array(btf, id, &array)) {
		in.kind = TRACE_FORMAT_ARRAY;
		in.count = array.cnt;
		in.elem_type = trace_ctype_spell(w, btf, array.elem);
		if (!in.elem_type)
			return -ENOMEM;
	} else if (!strncmp(m->name, "__data_loc_", 11)) {
		in.kind = TRACE_FORMAT_DATA_LOC;
		in.name += 11;
	} else if (!strncmp(m->name, "__rel_loc_", 10)) {
		in.kind = TRACE_FORMAT_REL_LOC;
		in.name += 10;
	}
	return make_field(w, &in, false, out) ? 1 : -ENOMEM;
}

/* Where the format may not be read: the structure of the record. Without it, not permitted. */
static enum lang_reason from_btf(struct trace_world *w, const char *name,
				 struct lang_probe_info *info)
{
	struct btfr *btf = trace_world_vmlinux(w);
	struct lang_field *fields;
	struct btfr_member m;
	const char *type;
	unsigned int i, n;
	uint32_t id;
	int made;

	type = trace_world_printf(w, "trace_event_raw_%s", name);
	if (!type)
		return LANG_NO_MEMORY;
	id = btf ? btfr_by_name(btf, BTFR_K(STRUCT), type) : 0;
	if (!id)
		return LANG_NO_PRIVILEGE;
	n = btfr_vlen(btf, id);
	if (n > TRACE_FORMAT_MAX_FIELDS)
		return LANG_NO_SUCH_PROBE;
	fields = trace_world_alloc(w, n * sizeof(*fields));
	if (!fields)
		return LANG_NO_MEMORY;
	info->fields = fields;
	/* The first member is the header, struct trace_entry; the last the data's beginning. */
	for (i = 1; i < n; i++) {
		if (btfr_member_at(btf, id, i, &m))
			break;
		made = make_btf_field(w, btf, &m, &fields[info->nfields]);
		if (made < 0)
			return LANG_NO_MEMORY;
		info->nfields += (uint32_t)made;
	}
	return LANG_OK;
}

static enum lang_reason open_tracepoint(struct trace_world *w, const char *target, const char *name,
					uint64_t offset, struct lang_probe_info *info)
{
	const char *dir = trace_world_tracefs(w);
	struct trace_format format;
	enum lang_reason reason;
	bool is_syscall;
	int err;

	if (!dir)
		return LANG_NO_TRACEFS;
	if (!target || !trace_tracefs_name_ok(target) || !trace_tracefs_name_ok(name))
		return LANG_NO_SUCH_PROBE;
	is_syscall = !strcmp(target, "syscalls");
	if (is_syscall && !strncmp(name, "sys_exit_", 9))
		info->syscall_exit = true;
	if (is_syscall && (info->syscall_exit || !strncmp(name, "sys_enter_", 10)))
		info->syscall_nr = syscall_number(name + (info->syscall_exit ? 9 : 10));
	err = trace_format_read(dir, target, name, &format);
	if ((err == -EACCES || err == -EPERM) && !is_syscall)
		return from_btf(w, name, info);
	if (err)
		return trace_world_reason(err, LANG_NO_SUCH_PROBE);
	reason = from_format(w, &format, target, name, info);
	trace_format_free(&format);
	return reason;
}

/* Takes "category:event" lines apart. */
static int parse_events(struct trace_world *w, char *text)
{
	char *line, *next, *colon;
	int err;

	for (line = text; line && *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		colon = strchr(line, ':');
		if (!colon)
			continue;
		*colon = '\0';
		if (!trace_tracefs_name_ok(line) || !trace_tracefs_name_ok(colon + 1))
			continue;
		err = trace_names_add(&w->events, line, colon + 1);
		if (err)
			return err;
	}
	trace_names_sort(&w->events);
	return 0;
}

/* All events, read once. Returns 0 or -errno; -ENODEV without tracefs. */
static int read_events(struct trace_world *w)
{
	const char *dir = trace_world_tracefs(w), *path;
	char *text, *kept;
	size_t len;
	int err;

	if (w->events_read)
		return w->events_err;
	w->events_read = true;
	w->events_err = -ENOMEM;
	path = dir ? trace_world_printf(w, "%s/available_events", dir) : "";
	if (!path)
		return w->events_err;
	err = dir ? trace_read_file(path, MAX_EVENTS_BYTES, &text, &len) : -ENODEV;
	if (!err) {
		kept = trace_world_alloc(w, len + 1);
		if (kept)
			memcpy(kept, text, len);
		free(text);
		err = kept ? parse_events(w, kept) : -ENOMEM;
	}
	w->events_err = err;
	return err;
}

static enum lang_reason match_tracepoints(struct trace_world *w, const char *target,
					  const char *name, struct trace_names *names)
{
	const struct trace_name *e;
	int err = read_events(w);
	size_t i;

	if (err)
		return trace_world_reason(err, LANG_NO_TRACEFS);
	for (i = 0; i < w->events.n; i++) {
		e = &w->events.v[i];
		if (trace_glob_match(target, e->target) && trace_glob_match(name, e->name) &&
		    trace_names_add(names, e->target, e->name))
			return LANG_NO_MEMORY;
	}
	return LANG_OK;
}

const struct trace_provider trace_tracepoints = {open_tracepoint, match_tracepoints};

struct raw_search {
	struct trace_world *w;
	const char *typedef_name, *iter_name;
	const char *glob;
	struct trace_names *names;
	struct lang_probe_info *info;
	enum lang_reason reason;
};

/* The arguments' types are in the typedef, their names in the function that calls the probes. */
static int find_raw(void *arg, const char *module, struct btfr *btf)
{
	struct raw_search *s = arg;
	uint32_t id = btfr_by_name(btf, BTFR_K(TYPEDEF), s->typedef_name), proto, names;

	/* A module's BTF finds what is in its base as well: that was searched before. */
	if (!id || id < btfr_id_begin(btf))
		return 0;
	proto = btfr_ptr_target(btf, id);
	if (btfr_kind(btf, proto) != BTF_KIND_FUNC_PROTO)
		return 0;
	names = btfr_by_name(btf, BTFR_K(FUNC), s->iter_name);
	s->info->btf_id = id;
	s->info->btf = btf;
	s->reason = trace_world_params(s->w, btf, proto, names, 1, s->info);
	return 1;
}

/* True if tracefs lists an event that is a tracepoint of its own. */
static bool is_tracepoint_event(const struct trace_name *e)
{
	return strcmp(e->target, "syscalls") && strcmp(e->target, "kprobes") &&
	       strcmp(e->target, "uprobes") && strcmp(e->target, "synthetic");
}

static enum lang_reason open_rawtracepoint(struct trace_world *w, const char *target,
					   const char *name, uint64_t offset,
					   struct lang_probe_info *info)
{
	struct raw_search s = {.w = w, .info = info};
	size_t i;
	int err;

	if (!trace_tracefs_name_ok(name))
		return LANG_NO_SUCH_PROBE;
	s.typedef_name = trace_world_printf(w, "btf_trace_%s", name);
	s.iter_name = trace_world_printf(w, "__traceiter_%s", name);
	if (!s.typedef_name || !s.iter_name)
		return LANG_NO_MEMORY;
	if (trace_world_each_btf(w, target, find_raw, &s))
		return s.reason;
	/* Without types it can be attached all the same. */
	err = read_events(w);
	if (err)
		return w->vmlinux.btf ? LANG_NO_SUCH_PROBE
				      : trace_world_reason(err, LANG_NO_TRACEFS);
	for (i = 0; i < w->events.n && !target; i++) {
		if (!strcmp(w->events.v[i].name, name) && is_tracepoint_event(&w->events.v[i]))
			return LANG_OK;
	}
	return LANG_NO_SUCH_PROBE;
}

static int collect_raw(void *arg, const char *module, struct btfr *btf)
{
	struct raw_search *s = arg;
	uint32_t id = btfr_id_begin(btf) - 1;
	const char *name;

	while ((id = btfr_next(btf, BTFR_K(TYPEDEF), id))) {
		name = btfr_name(btf, id);
		if (strncmp(name, "btf_trace_", 10) || !trace_glob_match(s->glob, name + 10))
			continue;
		if (trace_names_add(s->names, NULL, name + 10)) {
			s->reason = LANG_NO_MEMORY;
			return 1;
		}
	}
	return 0;
}

static enum lang_reason match_rawtracepoints(struct trace_world *w, const char *target,
					     const char *name, struct trace_names *names)
{
	struct raw_search s = {.w = w, .glob = name, .names = names};
	size_t i;
	int err;

	if (trace_world_vmlinux(w)) {
		trace_world_each_btf(w, target, collect_raw, &s);
		return s.reason;
	}
	err = read_events(w);
	if (err)
		return trace_world_reason(err, LANG_NO_TRACEFS);
	for (i = 0; i < w->events.n && !target; i++) {
		if (is_tracepoint_event(&w->events.v[i]) &&
		    trace_glob_match(name, w->events.v[i].name) &&
		    trace_names_add(names, NULL, w->events.v[i].name))
			return LANG_NO_MEMORY;
	}
	return LANG_OK;
}

const struct trace_provider trace_rawtracepoints = {open_rawtracepoint, match_rawtracepoints};
