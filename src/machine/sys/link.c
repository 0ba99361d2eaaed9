// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Links: raw tracepoints, and programs of perf events. Closing a link detaches its program.
 */
#include "machine/sys/sys.h"

#include <stdlib.h>
#include <string.h>

static struct sys_link *new_link(uint32_t type)
{
	struct sys_link *link = calloc(1, sizeof(*link));

	if (!link)
		return NULL;
	link->type = type;
	sys_object_init(&link->o, SYS_LINK);
	return link;
}

void sys_link_free(struct sys_object *o)
{
	struct sys_link *link = (struct sys_link *)o;

	sys_attach_remove(&link->attach);
	if (!link->event)
		return;
	sys_event_clear_prog(link->event);
	sys_object_drop(&link->event->o);
	link->event = NULL;
}

static _Atomic machine_list *raw_tracepoint(const char *name)
{
	if (!strcmp(name, "sys_enter"))
		return &machine.ctl->raw_sys_enter;
	if (!strcmp(name, "sys_exit"))
		return &machine.ctl->raw_sys_exit;
	return NULL;
}

int sys_raw_tracepoint_open(union bpf_attr *attr, uint64_t uattr)
{
	_Atomic machine_list *where;
	struct sys_link *link;
	struct sys_prog *prog;
	char name[64];
	int err;

	prog = sys_prog_of((int)attr->raw_tracepoint.prog_fd, &err);
	if (!prog)
		return err;
	if (prog->type != BPF_PROG_TYPE_RAW_TRACEPOINT)
		return -EINVAL;
	if (sys_string_in(name, attr->raw_tracepoint.name, sizeof(name)) < 0)
		return -EFAULT;
	where = raw_tracepoint(name);
	if (!where)
		return -ENOENT;
	err = sys_hook_syscalls();
	if (err)
		return err;
	link = new_link(BPF_LINK_TYPE_RAW_TRACEPOINT);
	if (!link)
		return -ENOMEM;
	memcpy(link->name, name, sizeof(name));
	link->attach = (struct sys_attach){.where = where, .prog = prog};
	sys_object_hold(&prog->o);
	err = sys_attach_publish(&link->attach, true);
	if (err) {
		sys_object_drop(&link->o);
		return err;
	}
	return sys_object_fd(&link->o);
}

static bool is_event_prog(const struct sys_prog *prog)
{
	return prog->type == BPF_PROG_TYPE_KPROBE || prog->type == BPF_PROG_TYPE_TRACEPOINT ||
	       prog->type == BPF_PROG_TYPE_PERF_EVENT;
}

int sys_link_create(union bpf_attr *attr, uint64_t uattr)
{
	struct sys_event *event;
	struct sys_link *link;
	struct sys_prog *prog;
	int err;

	prog = sys_prog_of((int)attr->link_create.prog_fd, &err);
	if (!prog)
		return err;
	if (!is_event_prog(prog) || attr->link_create.attach_type != BPF_PERF_EVENT ||
	    attr->link_create.flags)
		return -EINVAL;
	event = (struct sys_event *)sys_object_of((int)attr->link_create.target_fd, SYS_EVENT,
						  &err);
	if (!event)
		return -EBADF;
	link = new_link(BPF_LINK_TYPE_PERF_EVENT);
	if (!link)
		return -ENOMEM;
	err = sys_event_set_prog(event, prog);
	if (err) {
		sys_object_drop(&link->o);
		return err;
	}
	link->event = event;
	sys_object_hold(&event->o);
	link->attach.prog = prog;
	sys_object_hold(&prog->o);
	return sys_object_fd(&link->o);
}

/* Raw tracepoints and perf events have no detaching but by close, in Linux as well. */
int sys_link_detach(union bpf_attr *attr, uint64_t uattr)
{
	int err;

	return sys_object_of((int)attr->link_detach.link_fd, SYS_LINK, &err) ? -EOPNOTSUPP : err;
}
