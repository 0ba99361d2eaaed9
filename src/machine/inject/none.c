// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Where nothing knows how to get into a process: programs run in the tracer alone.
 */
#include <errno.h>

#include "machine/inject/target.h"

const char *machine_refusal_text(enum machine_refusal why)
{
	return "this version cannot trace processes without the kernel's eBPF: run it as root";
}

int machine_targets_open(struct machine_session *s, const struct machine_target_options *options)
{
	return 0;
}

void machine_targets_close(struct machine_session *s)
{
}

enum machine_refusal machine_target_launch(struct machine_session *s, pid_t pid, int *err)
{
	return MACHINE_WRONG_ARCH;
}

enum machine_refusal machine_target_attach(struct machine_session *s, pid_t pid, int *err)
{
	return MACHINE_WRONG_ARCH;
}

int machine_hook_function(struct machine_session *s, dev_t dev, ino_t ino, uint64_t offset,
			  uint32_t hook, bool is_return, pid_t only_pid, const char **why)
{
	return 0;
}

void machine_unhook_function(struct machine_session *s, uint32_t hook)
{
}

int machine_hook_syscalls(struct machine_session *s)
{
	return 0;
}
