// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The tables of the made-up system; see fake_world.h. */
#include <bpf/btf.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skep/btf.h>

#include "fake_world.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define NMANY	      2000

#define INT(n, off, sz, sign)                                                             \
	{                                                                                 \
		.name = n, .kind = LANG_FIELD_INT, .offset = off, .size = sz, .count = 1, \
		.is_signed = sign, .arg_index = -1,                                       \
	}
#define ARG(n, sz, sign, index)                                                            \
	{                                                                                  \
		.name = n, .kind = LANG_FIELD_INT, .offset = 16 + 8 * (index), .size = sz, \
		.count = 1, .is_signed = sign, .arg_index = index,                         \
	}
#define USER(n, type, index)                                                                      \
	{                                                                                         \
		.name = n, .type_name = type, .kind = LANG_FIELD_PTR, .offset = 16 + 8 * (index), \
		.size = 8, .count = 1, .is_user = true, .arg_index = index,                       \
	}
#define CHARS(n, off, sz)                                                                   \
	{                                                                                   \
		.name = n, .kind = LANG_FIELD_CHARS, .offset = off, .size = sz, .count = 1, \
		.arg_index = -1,                                                            \
	}
#define BYTES(n, off, cnt)                                                                   \
	{                                                                                    \
		.name = n, .kind = LANG_FIELD_ARRAY, .offset = off, .size = 1, .count = cnt, \
		.arg_index = -1,                                                             \
	}
#define DATA_LOC(n, off)                                                                      \
	{                                                                                     \
		.name = n, .kind = LANG_FIELD_DATA_LOC, .offset = off, .size = 1, .count = 1, \
		.arg_index = -1,                                                              \
	}

static const struct lang_field openat_fields[] = {
	INT("common_pid", 4, 4, true), INT("__syscall_nr", 8, 4, true),
	ARG("dfd", 4, true, 0),	       USER("filename", "const char *", 1),
	ARG("flags", 4, true, 2),      ARG("mode", 2, false, 3),
};

static const struct lang_field read_fields[] = {
	INT("common_pid", 4, 4, true), INT("__syscall_nr", 8, 4, true), ARG("fd", 4, false, 0),
	USER("buf", "char *", 1),      ARG("count", 8, false, 2),
};

static const struct lang_field exit_fields[] = {
	INT("common_pid", 4, 4, true),
	INT("__syscall_nr", 8, 4, true),
	INT("ret", 16, 8, true),
};

static const struct lang_field switch_fields[] = {
	CHARS("prev_comm", 8, 16),
	INT("prev_pid", 24, 4, true),
	CHARS("next_comm", 40, 16),
	INT("next_pid", 56, 4, true),
};

static const struct lang_field wakeup_fields[] = {
	CHARS("comm", 8, 16),
	INT("pid", 24, 4, true),
	INT("prev_pid", 24, 4, true),
};

static const struct lang_field exec_fields[] = {
	DATA_LOC("filename", 8),
	INT("pid", 12, 4, true),
};

static const struct lang_field addr_fields[] = {
	BYTES("saddr", 8, 4),
	BYTES("saddr_v6", 12, 16),
	BYTES("odd", 28, 3),
	INT("pid", 32, 4, true),
};

static const struct lang_field raw_enter_fields[] = {
	ARG("id", 8, true, 1),
	INT("args", 16, 8, false),
};

static const struct {
	const char *category, *name;
	const struct lang_field *fields;
	uint32_t nfields;
	int syscall_nr;
	bool has_raw;
} tracepoints[] = {
	{"net", "net_addr", addr_fields, ARRAY_SIZE(addr_fields), -1, true},
	{"net", "net_only", addr_fields, ARRAY_SIZE(addr_fields), -1, false},
	{"raw_syscalls", "sys_enter", raw_enter_fields, ARRAY_SIZE(raw_enter_fields), -1, false},
	{"sched", "sched_process_exec", exec_fields, ARRAY_SIZE(exec_fields), -1, true},
	{"sched", "sched_switch", switch_fields, ARRAY_SIZE(switch_fields), -1, true},
	{"sched", "sched_wakeup", wakeup_fields, ARRAY_SIZE(wakeup_fields), -1, true},
	{"syscalls", "sys_enter_openat", openat_fields, ARRAY_SIZE(openat_fields), 257, false},
	{"syscalls", "sys_enter_read", read_fields, ARRAY_SIZE(read_fields), 0, false},
	{"syscalls", "sys_enter_write", read_fields, ARRAY_SIZE(read_fields), 1, false},
	{"syscalls", "sys_exit_openat", exit_fields, ARRAY_SIZE(exit_fields), 257, false},
	{"syscalls", "sys_exit_read", exit_fields, ARRAY_SIZE(exit_fields), 0, false},
	{"syscalls", "sys_exit_write", exit_fields, ARRAY_SIZE(exit_fields), 1, false},
};

static const char *const functions[] = {"tcp_sendmsg", "vfs_notrace", "vfs_open", "vfs_read",
					"vfs_write"};
static const char *const symbols[] = {"main", "work", "worker"};

static const struct btfr *fake_btf(void *ctx)
{
	return ((struct fake_world *)ctx)->btf;
}

static bool fake_feature(void *ctx, enum lang_feature feature)
{
	return ((struct fake_world *)ctx)->features & (1u << feature);
}

static bool has(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

static enum lang_reason open_tracepoint(const char *category, const char *name,
					struct lang_probe_info *info)
{
	if (!strcmp(category, "many") && !strncmp(name, "event_", 6))
		return LANG_OK;
	for (size_t i = 0; i < ARRAY_SIZE(tracepoints); i++) {
		if (strcmp(tracepoints[i].category, category) || strcmp(tracepoints[i].name, name))
			continue;
		info->fields = tracepoints[i].fields;
		info->nfields = tracepoints[i].nfields;
		info->syscall_nr = tracepoints[i].syscall_nr;
		info->syscall_exit = info->syscall_nr >= 0 && !strncmp(name, "sys_exit", 8);
		return LANG_OK;
	}
	return LANG_NO_SUCH_PROBE;
}

static enum lang_reason open_raw(struct fake_world *fake, const char *name,
				 struct lang_probe_info *info)
{
	bool found = !strcmp(name, "sys_enter") || !strcmp(name, "sys_exit");

	for (size_t i = 0; !found && i < ARRAY_SIZE(tracepoints); i++)
		found = tracepoints[i].has_raw && !strcmp(tracepoints[i].name, name);
	if (!found)
		return LANG_NO_SUCH_PROBE;
	if (fake->btf && !strcmp(name, "sched_switch")) {
		info->btf = fake->btf;
		info->btf_id = btfr_by_name(fake->btf, BTFR_K(STRUCT), "task_struct");
		info->fields = fake->typed;
		info->nfields = 1;
		info->nargs = 3;
	}
	return LANG_OK;
}

static enum lang_reason open_function(struct fake_world *fake, enum lang_provider provider,
				      const char *name, uint64_t offset,
				      struct lang_probe_info *info)
{
	bool typed = provider == LANG_FENTRY || provider == LANG_FEXIT;

	if (!has(functions, ARRAY_SIZE(functions), name))
		return LANG_NO_SUCH_PROBE;
	if (!strcmp(name, "vfs_notrace"))
		return LANG_NOT_SUPPORTED;
	if (offset > 64)
		return LANG_BAD_OFFSET;
	if (typed && !fake->btf)
		return LANG_NO_BTF;
	if (typed) {
		info->fields = fake->typed;
		info->nfields = 1;
		info->nargs = 1;
		info->retval = strcmp(name, "vfs_open") ? &fake->typed[1] : NULL;
	}
	return LANG_OK;
}

static enum lang_reason open_symbol(const char *path, const char *name, uint64_t offset)
{
	if (!strcmp(path, "/bin/stripped"))
		return LANG_NO_SYMBOLS;
	if (!strcmp(path, "/bin/script"))
		return LANG_NOT_ELF;
	if (strcmp(path, "/bin/app") && strcmp(path, "/proc/42/exe"))
		return LANG_NO_SUCH_FILE;
	if (offset > 0x1000)
		return LANG_BAD_OFFSET;
	return !*name || has(symbols, ARRAY_SIZE(symbols), name) ? LANG_OK : LANG_NO_SUCH_SYMBOL;
}

static enum lang_reason fake_open(void *ctx, enum lang_provider provider, const char *target,
				  const char *name, uint64_t offset, struct lang_probe_info *info)
{
	struct fake_world *fake = ctx;

	if (fake->refusal != LANG_OK)
		return fake->refusal;
	switch (provider) {
	case LANG_TRACEPOINT: return open_tracepoint(target, name, info);
	case LANG_RAWTRACEPOINT: return open_raw(fake, name, info);
	case LANG_UPROBE:
	case LANG_URETPROBE: return open_symbol(target, name, offset);
	default: return open_function(fake, provider, name, offset, info);
	}
}

static int match_tracepoints(const char *target, const char *name, lang_probe_cb cb, void *arg)
{
	char buf[32];
	int ret = 0;

	if (!fnmatch(target, "many", 0)) {
		for (int i = 0; i < NMANY && !ret; i++) {
			snprintf(buf, sizeof(buf), "event_%d", i);
			if (!fnmatch(name, buf, 0))
				ret = cb(arg, "many", buf);
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(tracepoints) && !ret; i++)
		if (!fnmatch(target, tracepoints[i].category, 0) &&
		    !fnmatch(name, tracepoints[i].name, 0))
			ret = cb(arg, tracepoints[i].category, tracepoints[i].name);
	return ret;
}

static int match_names(const char *const *names, size_t n, const char *target, const char *glob,
		       lang_probe_cb cb, void *arg)
{
	int ret = 0;

	for (size_t i = 0; i < n && !ret; i++)
		if (!fnmatch(glob, names[i], 0))
			ret = cb(arg, target, names[i]);
	return ret;
}

static int fake_match(void *ctx, enum lang_provider provider, const char *target, const char *name,
		      lang_probe_cb cb, void *arg, enum lang_reason *reason)
{
	struct fake_world *fake = ctx;
	int ret = 0;

	*reason = fake->refusal;
	if (fake->refusal != LANG_OK)
		return 0;
	switch (provider) {
	case LANG_TRACEPOINT: return match_tracepoints(target ? target : "*", name, cb, arg);
	case LANG_RAWTRACEPOINT:
		for (size_t i = 0; i < ARRAY_SIZE(tracepoints) && !ret; i++)
			if (tracepoints[i].has_raw && !fnmatch(name, tracepoints[i].name, 0))
				ret = cb(arg, NULL, tracepoints[i].name);
		return ret;
	case LANG_UPROBE:
	case LANG_URETPROBE:
		*reason = open_symbol(target, "", 0);
		return *reason ? 0
			       : match_names(symbols, ARRAY_SIZE(symbols), target, name, cb, arg);
	default: return match_names(functions, ARRAY_SIZE(functions), NULL, name, cb, arg);
	}
}

/*
 * struct inner { char name[8]; unsigned char bytes[4]; int *next; };
 * struct task_struct {
 *	int pid; unsigned int low : 3, high : 5; long state; char comm[16];
 *	union { u64 wide; unsigned int narrow; };
 *	struct inner in; struct task_struct *parent; struct inner list[2]; float load;
 * };
 * enum { TASK_GOOD = 3 };
 */
static int encode(struct btf *btf)
{
	int i32 = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	int u32 = btf__add_int(btf, "unsigned int", 4, 0);
	int i64 = btf__add_int(btf, "long", 8, BTF_INT_SIGNED);
	int u64 = btf__add_int(btf, "unsigned long", 8, 0);
	int chr = btf__add_int(btf, "char", 1, BTF_INT_SIGNED);
	int u8 = btf__add_int(btf, "unsigned char", 1, 0);
	int real = btf__add_float(btf, "float", 4);
	int chars8 = btf__add_array(btf, i32, chr, 8), chars16 = btf__add_array(btf, i32, chr, 16);
	int bytes4 = btf__add_array(btf, i32, u8, 4), pint = btf__add_ptr(btf, i32);
	int inner, list, both, task;

	inner = btf__add_struct(btf, "inner", 24);
	btf__add_field(btf, "name", chars8, 0, 0);
	btf__add_field(btf, "bytes", bytes4, 64, 0);
	btf__add_field(btf, "next", pint, 128, 0);
	list = btf__add_array(btf, i32, inner, 2);
	both = btf__add_union(btf, NULL, 8);
	btf__add_field(btf, "wide", u64, 0, 0);
	btf__add_field(btf, "narrow", u32, 0, 0);
	task = btf__add_struct(btf, "task_struct", 128);
	btf__add_field(btf, "pid", i32, 0, 0);
	btf__add_field(btf, "low", u32, 32, 3);
	btf__add_field(btf, "high", u32, 35, 5);
	btf__add_field(btf, "state", i64, 64, 0);
	btf__add_field(btf, "comm", chars16, 128, 0);
	btf__add_field(btf, NULL, both, 256, 0);
	btf__add_field(btf, "in", inner, 320, 0);
	btf__add_field(btf, "parent", task + 1, 512, 0);
	btf__add_field(btf, "list", list, 576, 0);
	btf__add_field(btf, "load", real, 960, 0);
	btf__add_ptr(btf, task);
	btf__add_enum(btf, NULL, 4);
	return btf__add_enum_value(btf, "TASK_GOOD", 3);
}

static bool make_btf(struct fake_world *fake)
{
	struct btf *btf = btf__new_empty();
	const void *raw;
	__u32 size;
	bool ok = false;

	if (!btf)
		return false;
	if (!encode(btf) && (raw = btf__raw_data(btf, &size))) {
		fake->btf_data = malloc(size);
		if (fake->btf_data) {
			memcpy(fake->btf_data, raw, size);
			ok = !btfr_open_mem(fake->btf_data, size, NULL, &fake->btf, NULL);
		}
	}
	btf__free(btf);
	return ok;
}

/* The first argument is a struct task_struct *, the returned value a long. */
static bool make_typed(struct fake_world *fake)
{
	uint32_t task = btfr_by_name(fake->btf, BTFR_K(STRUCT), "task_struct"), ptr = 0;

	fake->typed = calloc(2, sizeof(*fake->typed));
	if (!fake->typed)
		return false;
	while ((ptr = btfr_next(fake->btf, BTFR_K(PTR), ptr)))
		if (btfr_target(fake->btf, ptr) == task)
			break;
	fake->typed[0] = (struct lang_field){.name = "task",
					     .kind = LANG_FIELD_BTF,
					     .size = 8,
					     .count = 1,
					     .btf_id = ptr,
					     .btf = fake->btf};
	fake->typed[1] = fake->typed[0];
	fake->typed[1].name = "retval";
	fake->typed[1].btf_id = btfr_by_name(fake->btf, BTFR_K(INT), "long");
	return true;
}

bool fake_world_open(struct fake_world *fake, bool with_btf)
{
	memset(fake, 0, sizeof(*fake));
	fake->world = (struct lang_world){.ctx = fake,
					  .btf = fake_btf,
					  .probe_open = fake_open,
					  .probe_match = fake_match,
					  .feature = fake_feature};
	fake->features = UINT32_MAX;
	return !with_btf || (make_btf(fake) && make_typed(fake));
}

void fake_world_close(struct fake_world *fake)
{
	btfr_close(fake->btf);
	free(fake->btf_data);
	free(fake->typed);
}
