// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Questions about objects: their description by descriptor, walks over their ids, and new
 * descriptors for ids. All users of one machine are one process, which may see everything.
 */
#include "machine/sys/sys.h"

#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

/* --- descriptions --------------------------------------------------------------------- */

static void describe_map(const struct sys_map *map, struct bpf_map_info *info)
{
	const struct machine_map *shape = sys_map_shape(map);

	*info = (struct bpf_map_info){
		.type = shape->type,
		.id = map->o.id,
		.key_size = shape->key_size,
		.value_size = shape->value_size,
		.max_entries = shape->max_entries,
		.map_flags = shape->map_flags,
	};
	memcpy(info->name, map->name, sizeof(map->name));
}

static int describe_prog(const struct sys_prog *prog, struct bpf_prog_info *info)
{
	const struct bpf_prog_info asked = *info;
	const struct machine_prog *loaded = &machine.ctl->progs[prog->index];
	uint32_t i, n = asked.nr_map_ids < prog->nmaps ? asked.nr_map_ids : prog->nmaps;

	*info = (struct bpf_prog_info){
		.type = prog->type,
		.id = prog->o.id,
		.load_time = prog->load_time,
		.created_by_uid = getuid(),
		.nr_map_ids = prog->nmaps,
		.map_ids = asked.map_ids,
		.gpl_compatible = prog->gpl,
		.xlated_prog_len = prog->ninsns * (uint32_t)sizeof(struct bpf_insn),
		.jited_prog_len = loaded->code ? loaded->code_size : 0,
		.run_cnt = prog->runs,
		.run_time_ns = prog->run_ns,
		.verified_insns = prog->ninsns,
	};
	memcpy(info->name, prog->name, sizeof(prog->name));
	for (i = 0; i < n && asked.map_ids; i++)
		if (sys_copy_out(asked.map_ids + i * sizeof(uint32_t), &prog->maps[i]->o.id,
				 sizeof(uint32_t)))
			return -EFAULT;
	if (asked.xlated_prog_len && asked.xlated_prog_insns) {
		n = asked.xlated_prog_len < info->xlated_prog_len ? asked.xlated_prog_len
								  : info->xlated_prog_len;
		if (sys_copy_out(asked.xlated_prog_insns, prog->insns, n))
			return -EFAULT;
	}
	return 0;
}

static int describe_link(const struct sys_link *link, struct bpf_link_info *info)
{
	const struct bpf_link_info asked = *info;
	uint32_t need = (uint32_t)strlen(link->name) + 1, room = asked.raw_tracepoint.tp_name_len;

	*info = (struct bpf_link_info){
		.type = link->type,
		.id = link->o.id,
		.prog_id = link->attach.prog ? link->attach.prog->o.id : 0,
	};
	if (link->type != BPF_LINK_TYPE_RAW_TRACEPOINT)
		return 0;
	if (!asked.raw_tracepoint.tp_name != !room)
		return -EINVAL;
	info->raw_tracepoint.tp_name = asked.raw_tracepoint.tp_name;
	info->raw_tracepoint.tp_name_len = need;
	if (!room)
		return 0;
	if (sys_copy_out(asked.raw_tracepoint.tp_name, link->name, need < room ? need : room))
		return -EFAULT;
	if (need > room && sys_copy_out(asked.raw_tracepoint.tp_name + room - 1, "", 1))
		return -EFAULT;
	return need > room ? -ENOSPC : 0;
}

static int describe_btf(const struct sys_btf *btf, struct bpf_btf_info *info)
{
	const struct bpf_btf_info asked = *info;

	*info = (struct bpf_btf_info){
		.btf = asked.btf, .btf_size = btf->size, .id = btf->o.id, .name = asked.name};
	if (!asked.btf_size)
		return 0;
	return sys_copy_out(asked.btf, btf->data,
			    asked.btf_size < btf->size ? asked.btf_size : btf->size);
}

union info {
	struct bpf_map_info map;
	struct bpf_prog_info prog;
	struct bpf_link_info link;
	struct bpf_btf_info btf;
};

static const size_t info_sizes[SYS_KINDS] = {
	[SYS_MAP] = sizeof(struct bpf_map_info),
	[SYS_PROG] = sizeof(struct bpf_prog_info),
	[SYS_LINK] = sizeof(struct bpf_link_info),
	[SYS_BTF] = sizeof(struct bpf_btf_info),
};

static int describe(struct sys_object *o, union info *info)
{
	switch (o->kind) {
	case SYS_MAP: describe_map((struct sys_map *)o, &info->map); return 0;
	case SYS_PROG: return describe_prog((struct sys_prog *)o, &info->prog);
	case SYS_LINK: return describe_link((struct sys_link *)o, &info->link);
	default: return describe_btf((struct sys_btf *)o, &info->btf);
	}
}

/* Bytes of the caller's structure that we do not know must be zero. */
static int check_tail(uint64_t at, size_t known, uint32_t len)
{
	unsigned char bytes[256];
	size_t n, i;

	for (; known < len; known += n) {
		n = len - known < sizeof(bytes) ? len - known : sizeof(bytes);
		if (sys_copy_in(bytes, at + known, n))
			return -EFAULT;
		for (i = 0; i < n; i++)
			if (bytes[i])
				return -E2BIG;
	}
	return 0;
}

int sys_info(union bpf_attr *attr, uint64_t uattr)
{
	uint32_t len = attr->info.info_len;
	struct sys_object *o;
	union info info;
	size_t known;
	int err, fd = (int)attr->info.bpf_fd;

	o = fd >= 0 && fd < machine.nfds ? machine.fds[fd] : NULL;
	if (!o) {
		/* The one command that says it so. */
		sys_object_of(fd, SYS_MAP, &err);
		return err == -EBADF ? -EBADFD : err;
	}
	known = info_sizes[o->kind];
	if (!known)
		return -EINVAL;
	if (len > 4096)
		return -E2BIG;
	err = check_tail(attr->info.info, known, len);
	if (err)
		return err;
	memset(&info, 0, sizeof(info));
	len = len < known ? len : (uint32_t)known;
	err = sys_copy_in(&info, attr->info.info, len);
	if (!err)
		err = describe(o, &info);
	if (!err)
		err = sys_copy_out(attr->info.info, &info, len);
	if (!err)
		err = sys_copy_out(uattr + offsetof(union bpf_attr, info.info_len), &len,
				   sizeof(len));
	return err;
}

/* --- ids -------------------------------------------------------------------------------- */

static int next_id(enum sys_kind kind, const union bpf_attr *attr, uint64_t uattr)
{
	struct sys_object *o;

	if (attr->start_id >= INT_MAX)
		return -EINVAL;
	o = sys_object_after(kind, attr->start_id);
	if (!o)
		return -ENOENT;
	return sys_copy_out(uattr + offsetof(union bpf_attr, next_id), &o->id, sizeof(o->id));
}

/* Only maps have flags; a descriptor that may do less than others is not offered. */
static int fd_by_id(enum sys_kind kind, const union bpf_attr *attr)
{
	struct sys_object *o = sys_object_by_id(kind, attr->start_id);

	if (attr->open_flags)
		return -EINVAL;
	if (!o)
		return -ENOENT;
	sys_object_hold(o);
	return sys_object_fd(o);
}

#define ID_COMMANDS(word, kind)                                         \
	int sys_##word##_next_id(union bpf_attr *attr, uint64_t uattr)  \
	{                                                               \
		return next_id(kind, attr, uattr);                      \
	}                                                               \
	int sys_##word##_fd_by_id(union bpf_attr *attr, uint64_t uattr) \
	{                                                               \
		return fd_by_id(kind, attr);                            \
	}
ID_COMMANDS(prog, SYS_PROG)
ID_COMMANDS(map, SYS_MAP)
ID_COMMANDS(btf, SYS_BTF)
ID_COMMANDS(link, SYS_LINK)
