// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Attaching: a program is attached by putting it into the list that hooks of traced processes
 * read. A list is made anew for every change and published with one store, so that a process in
 * the middle of the old one is not disturbed.
 */
#include "machine/sys/sys.h"

#include "machine/inject/target.h"

#include <string.h>

#define PROGS_MAX 64 /* at one place, as in Linux */

static int publish(_Atomic machine_list *where)
{
	uint32_t progs[PROGS_MAX], n = 0;
	const struct sys_attach *a;

	for (a = machine.attached; a; a = a->next) {
		if (a->where != where || !a->on)
			continue;
		if (n == PROGS_MAX)
			return -E2BIG;
		progs[n++] = a->prog->index;
	}
	return machine_session_list(&machine.session, where, progs, n);
}

static void forget(struct sys_attach *attach)
{
	struct sys_attach **at = &machine.attached;

	while (*at && *at != attach)
		at = &(*at)->next;
	if (*at)
		*at = attach->next;
	attach->next = NULL;
}

int sys_attach_publish(struct sys_attach *attach, bool on)
{
	struct sys_attach **at = &machine.attached;
	int err;

	if (!attach->where || attach->on == on)
		return 0;
	attach->on = on;
	if (on) {
		while (*at)
			at = &(*at)->next;
		*at = attach;
		attach->prog->was_attached = true;
	}
	err = publish(attach->where);
	if (err && on)
		attach->on = false;
	if (!attach->on)
		forget(attach);
	return on ? err : 0;
}

void sys_attach_remove(struct sys_attach *attach)
{
	sys_attach_publish(attach, false);
	if (attach->prog)
		sys_object_drop(&attach->prog->o);
	attach->prog = NULL;
}

int sys_event_enable(struct sys_event *event, bool on)
{
	int err = event->attach.prog ? sys_attach_publish(&event->attach, on) : 0;

	if (!err)
		event->enabled = on;
	return err;
}

int sys_event_set_prog(struct sys_event *event, struct sys_prog *prog)
{
	int err;

	if (event->attach.prog)
		return -EEXIST;
	if (prog->type != event->prog_type)
		return -EINVAL;
	event->attach = (struct sys_attach){.where = event->where, .prog = prog};
	sys_object_hold(&prog->o);
	err = event->enabled ? sys_attach_publish(&event->attach, true) : 0;
	if (err)
		sys_attach_remove(&event->attach);
	return err;
}

void sys_event_clear_prog(struct sys_event *event)
{
	sys_attach_remove(&event->attach);
}

/* --- places -------------------------------------------------------------------------------- */

int sys_hook_syscalls(void)
{
	int err = machine.syscalls_hooked ? 0 : machine_hook_syscalls(&machine.session);

	if (!err)
		machine.syscalls_hooked = true;
	return err;
}

static bool same_place(const struct sys_function *a, const struct sys_function *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->offset == b->offset && a->pid == b->pid;
}

int sys_hook_function(const struct sys_function *place, bool is_return, uint32_t *hook)
{
	const uint32_t none = MACHINE_HOOKS;
	uint32_t i, at = none;
	const char *why = NULL;
	int err;

	for (i = 0; i < MACHINE_HOOKS; i++) {
		if (machine.functions[i].users && same_place(&machine.functions[i], place))
			break;
		if (at == none && !machine.functions[i].users)
			at = i;
	}
	if (i == none)
		i = at;
	if (i == none)
		return -ENOSPC;
	err = machine_hook_function(&machine.session, place->dev, place->ino, place->offset, i,
				    is_return, place->pid, &why);
	if (err) {
		machine.reason = why;
		return err;
	}
	if (!machine.functions[i].users)
		machine.functions[i] = *place;
	machine.functions[i].users++;
	*hook = i;
	return 0;
}

void sys_unhook_function(uint32_t hook)
{
	if (!--machine.functions[hook].users)
		machine_unhook_function(&machine.session, hook);
}
