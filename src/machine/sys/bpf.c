// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * bpf(2): one table of commands. Attributes are copied and checked here once for all: what is
 * behind a command's last field must be zero.
 */
#include "machine/sys/sys.h"

#include <stddef.h>
#include <string.h>

#define ATTR_MAX 4096u /* Linux takes at most a page */

#define END(field) (offsetof(union bpf_attr, field) + sizeof(((union bpf_attr *)NULL)->field))

static const struct {
	sys_command *run;
	size_t end; /* of the last field */
} commands[] = {
	[BPF_MAP_CREATE] = {sys_map_create, END(map_extra)},
	[BPF_MAP_LOOKUP_ELEM] = {sys_map_lookup, END(flags)},
	[BPF_MAP_UPDATE_ELEM] = {sys_map_update, END(flags)},
	[BPF_MAP_DELETE_ELEM] = {sys_map_delete, END(key)},
	[BPF_MAP_GET_NEXT_KEY] = {sys_map_next_key, END(next_key)},
	[BPF_MAP_LOOKUP_AND_DELETE_ELEM] = {sys_map_take, END(flags)},
	[BPF_MAP_LOOKUP_BATCH] = {sys_map_lookup_batch, END(batch.flags)},
	[BPF_MAP_FREEZE] = {sys_map_freeze, END(map_fd)},
	[BPF_PROG_LOAD] = {sys_prog_load, END(core_relo_rec_size)},
	[BPF_PROG_TEST_RUN] = {sys_prog_test_run, END(test.batch_size)},
	[BPF_PROG_BIND_MAP] = {sys_prog_bind_map, END(prog_bind_map.flags)},
	[BPF_ENABLE_STATS] = {sys_enable_stats, END(enable_stats.type)},
	[BPF_RAW_TRACEPOINT_OPEN] = {sys_raw_tracepoint_open, END(raw_tracepoint.prog_fd)},
	[BPF_LINK_CREATE] = {sys_link_create, END(link_create.kprobe_multi.cookies)},
	[BPF_LINK_DETACH] = {sys_link_detach, END(link_detach.link_fd)},
	[BPF_BTF_LOAD] = {sys_btf_load, END(btf_log_level)},
	[BPF_OBJ_GET_INFO_BY_FD] = {sys_info, END(info.info)},
	[BPF_PROG_GET_NEXT_ID] = {sys_prog_next_id, END(next_id)},
	[BPF_MAP_GET_NEXT_ID] = {sys_map_next_id, END(next_id)},
	[BPF_BTF_GET_NEXT_ID] = {sys_btf_next_id, END(next_id)},
	[BPF_LINK_GET_NEXT_ID] = {sys_link_next_id, END(next_id)},
	[BPF_PROG_GET_FD_BY_ID] = {sys_prog_fd_by_id, END(prog_id)},
	[BPF_MAP_GET_FD_BY_ID] = {sys_map_fd_by_id, END(open_flags)},
	[BPF_BTF_GET_FD_BY_ID] = {sys_btf_fd_by_id, END(btf_id)},
	[BPF_LINK_GET_FD_BY_ID] = {sys_link_fd_by_id, END(link_id)},
};

static bool is_zero(const unsigned char *p, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		if (p[i])
			return false;
	return true;
}

/* The caller's attributes; those that we have no field for must be zero. */
static int read_attr(union bpf_attr *attr, uint64_t uattr, unsigned int size)
{
	unsigned char bytes[ATTR_MAX];
	size_t known = size < sizeof(*attr) ? size : sizeof(*attr);

	if (size > sizeof(bytes))
		return -E2BIG;
	if (sys_copy_in(bytes, uattr, size))
		return -EFAULT;
	if (!is_zero(bytes + known, size - known))
		return -E2BIG;
	memset(attr, 0, sizeof(*attr));
	memcpy(attr, bytes, known);
	return 0;
}

static int run(int cmd, uint64_t uattr, unsigned int size)
{
	union bpf_attr attr;
	size_t end;
	int err = read_attr(&attr, uattr, size);

	if (err)
		return err;
	if (cmd < 0 || (size_t)cmd >= SYS_COUNT(commands) || !commands[cmd].run)
		return -EINVAL;
	end = commands[cmd].end;
	if (!is_zero((const unsigned char *)&attr + end, sizeof(attr) - end))
		return -EINVAL;
	return commands[cmd].run(&attr, uattr);
}

int machine_bpf(int cmd, union bpf_attr *attr, unsigned int size)
{
	int saved = errno, ret = sys_enter();

	if (!ret) {
		machine.reason = NULL;
		ret = run(cmd, (uint64_t)(uintptr_t)attr, size);
		sys_leave();
	}
	errno = saved;
	return ret;
}
