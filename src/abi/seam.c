// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Chooses who answers. The stack has at most three layers, record over fault
 * over an engine; an engine is a row of `engines` and a file in backend/.
 */
#include "abi/seam.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define NAME(call, ...) [ABI_CALL_##call] = #call,
const char *const abi_call_names[ABI_CALL_MAX] = {ABI_CALLS(NAME)};

static const struct abi_engine *const engines[] = {&abi_kernel_engine, &abi_machine_engine};

static struct abi_layer engine = {.ops = &abi_kernel_ops};
static struct abi_layer fault = {.ops = &abi_fault_ops};
static struct abi_layer record = {.ops = &abi_record_ops};

/* Calls may be made before abi_open(), by constructors: the kernel has them. */
static const struct abi_layer *top = &engine;
static const struct abi_engine *current = &abi_kernel_engine;
static bool opened;
static atomic_ulong calls;

const struct abi_layer *abi_enter(void)
{
	atomic_fetch_add_explicit(&calls, 1, memory_order_relaxed);
	return top;
}

unsigned long abi_calls(void)
{
	return atomic_load(&calls);
}

int abi_stack(const struct abi_ops *bottom, const struct abi_options *opts, char *msg,
	      size_t msg_size)
{
	const struct abi_layer *stack = &engine;
	struct abi_fault *failing = NULL;
	int err;

	if (opened) {
		snprintf(msg, msg_size, "the seam is open already");
		return -EBUSY;
	}
	if (opts->fault) {
		err = abi_fault_open(&failing, opts->fault, msg, msg_size);
		if (err)
			return err;
		fault.next = stack;
		fault.state = failing;
		stack = &fault;
	}
	if (opts->record) {
		record.next = stack;
		record.state = opts->record;
		stack = &record;
	}
	engine.ops = bottom;
	top = stack;
	opened = true;
	atomic_store(&calls, 0);
	return 0;
}

/* The engine of that name; "auto" is the kernel where the caller may use it. */
static const struct abi_engine *find_engine(const char *name)
{
	if (!name)
		return engines[0];
	if (!strcmp(name, "auto"))
		return abi_kernel_usable() ? &abi_kernel_engine : &abi_machine_engine;
	for (size_t i = 0; i < COUNT(engines); i++)
		if (!strcmp(name, engines[i]->name))
			return engines[i];
	return NULL;
}

static int open_engine(const struct abi_engine *chosen, char *msg, size_t msg_size)
{
	int err = chosen->open ? chosen->open() : 0;

	if (err)
		snprintf(msg, msg_size, "the engine '%s' cannot be started: %s", chosen->name,
			 strerror(-err));
	else
		current = chosen;
	return err;
}

int abi_open(const struct abi_options *opts, char *msg, size_t msg_size)
{
	static const struct abi_options none;
	const struct abi_engine *chosen;
	int len, err;

	if (!opts)
		opts = &none;
	chosen = find_engine(opts->engine);
	if (chosen) {
		err = abi_stack(chosen->ops, opts, msg, msg_size);
		if (err)
			return err;
		err = open_engine(chosen, msg, msg_size);
		if (err)
			abi_close();
		return err;
	}
	len = snprintf(msg, msg_size, "unknown engine '%s'; there is: auto", opts->engine);
	for (size_t i = 0; i < COUNT(engines) && len >= 0 && (size_t)len < msg_size; i++)
		len += snprintf(msg + len, msg_size - len, " %s", engines[i]->name);
	return -EINVAL;
}

void abi_close(void)
{
	if (current->close)
		current->close();
	current = &abi_kernel_engine;
	top = &engine;
	engine.ops = &abi_kernel_ops;
	free(fault.state);
	fault.state = NULL;
	opened = false;
}

const char *abi_engine_name(void)
{
	return current->name;
}

const char *abi_engine_limits(void)
{
	return current->limits;
}

int abi_target_launch(pid_t pid)
{
	return current->launch(pid);
}

int abi_target_attach(pid_t pid)
{
	return current->attach(pid);
}

const char *abi_target_reason(void)
{
	return current->reason();
}
