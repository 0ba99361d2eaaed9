// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The events that the machine has: two for each system call, and two for all of them. Their ids
 * come from their places in the table: 1 and 2 are raw_syscalls', then a pair for each row.
 */
#include "machine/sys/sys.h"

#include <stdlib.h>
#include <string.h>

#define RAW_ENTER 1
#define RAW_EXIT  2
#define FIRST	  16

const struct sys_syscall sys_syscalls[] = {
#ifdef __x86_64__
#define SYSCALL(name, nr, args) {#name, nr, args},
#include "machine/sys/syscalls_x86_64.h"
#undef SYSCALL
#endif
};
const uint32_t sys_syscalls_cnt = SYS_COUNT(sys_syscalls);

_Atomic machine_list *sys_tracepoint(uint64_t id)
{
	const struct sys_syscall *row;

	if (id == RAW_ENTER)
		return &machine.ctl->tp_sys_enter;
	if (id == RAW_EXIT)
		return &machine.ctl->tp_sys_exit;
	if (id < FIRST || (id - FIRST) / 2 >= sys_syscalls_cnt)
		return NULL;
	row = &sys_syscalls[(id - FIRST) / 2];
	return id % 2 ? &machine.ctl->sys_exit[row->nr] : &machine.ctl->sys_enter[row->nr];
}

static int compare(const void *name, const void *row)
{
	return strcmp(name, ((const struct sys_syscall *)row)->name);
}

const struct sys_syscall *sys_syscall_of(const char *event, bool *is_exit)
{
	static const char enter[] = "sys_enter_", leave[] = "sys_exit_";

	*is_exit = !strncmp(event, leave, sizeof(leave) - 1);
	if (!*is_exit && strncmp(event, enter, sizeof(enter) - 1))
		return NULL;
	return bsearch(event + (*is_exit ? sizeof(leave) : sizeof(enter)) - 1, sys_syscalls,
		       sys_syscalls_cnt, sizeof(*sys_syscalls), compare);
}

uint32_t sys_tracepoint_id(const char *category, const char *name)
{
	const struct sys_syscall *row;
	bool is_exit;

	if (!strcmp(category, "raw_syscalls"))
		return !strcmp(name, "sys_enter")  ? RAW_ENTER
		       : !strcmp(name, "sys_exit") ? RAW_EXIT
						   : 0;
	row = strcmp(category, "syscalls") ? NULL : sys_syscall_of(name, &is_exit);
	return row ? FIRST + 2 * (uint32_t)(row - sys_syscalls) + is_exit : 0;
}
