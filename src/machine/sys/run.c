// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * BPF_PROG_TEST_RUN: runs a program in this process, on a virtual CPU as any other. Only for raw
 * tracepoints, which is how BEGIN, END and interval run.
 */
#include "machine/sys/sys.h"

#include "machine/interp/interp.h"
#include "machine/jit/jit.h"

#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#define ARGS_MAX   12		/* of a raw tracepoint */
#define TAIL_CALLS 33		/* as in Linux */
#define BUDGET	   100000000ull /* instructions: about a second */

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static const struct sys_prog *prog_at(const struct machine_prog *slot)
{
	struct sys_object *o;

	for (o = machine.objects[SYS_PROG]; o; o = o->next)
		if (&machine.session.ctl->progs[((struct sys_prog *)o)->index] == slot)
			return (struct sys_prog *)o;
	return NULL;
}

static uint64_t run_one(const struct sys_prog *prog, struct machine_run *run, uint64_t ctx)
{
	uint64_t at = machine.ctl->progs[prog->index].code;

	if (at)
		return ((machine_code)(uintptr_t)(machine.ctl->base + at))(run, ctx, 0);
	return machine_interp(prog->prepared, run, ctx, 0);
}

/* Runs @prog and what it calls as its tail. */
static uint64_t run_chain(const struct sys_prog *prog, struct machine_run *run, uint64_t ctx)
{
	uint64_t result = run_one(prog, run, ctx);
	int calls = 0;

	while (run->stop == MACHINE_TAIL_CALL && calls++ < TAIL_CALLS) {
		prog = prog_at(run->tail_call);
		if (!prog)
			break;
		result = run_one(prog, run, ctx);
	}
	return result;
}

/* -EBUSY without a virtual CPU. */
static int run_prog(const struct sys_prog *prog, const uint64_t args[ARGS_MAX], uint64_t *result)
{
	struct machine_data *data = machine.session.data;
	struct helper_env env = {
		.who = {.ctl = machine.session.ctl, .flags = MACHINE_WHO_YIELD},
		.tgid = (uint32_t)machine.owner,
		.prog_type = prog->type,
		.process = &machine.process,
	};
	struct machine_run run;
	struct machine_vcpu *v;
	int vcpu, err;

	vcpu = machine_lease_wait(&env.who, 0);
	if (vcpu < 0)
		return -EBUSY;
	v = &data->vcpus[vcpu];
	env.who.vcpu = (uint32_t)vcpu;
	memcpy(v->ctx, args, ARGS_MAX * sizeof(*args));
	err = machine_run_init(&run, (uintptr_t)data, MACHINE_DATA_SIZE,
			       (uintptr_t)v->stack + MACHINE_STACK_SIZE);
	if (!err) {
		run.budget = BUDGET;
		run.helpers = machine.helpers;
		run.helper_cnt = HELPER_MAX;
		run.owner = &env;
		*result = run_chain(prog, &run, (uintptr_t)v->ctx);
		atomic_fetch_add(&data->targets[0].hits, 1);
		if (run.stop)
			atomic_fetch_add(&data->targets[0].stopped, 1);
	}
	machine_release(data, 0, vcpu);
	return err;
}

static int check_attr(const union bpf_attr *attr)
{
	if (!attr->test.ctx_size_in != !attr->test.ctx_in ||
	    !attr->test.ctx_size_out != !attr->test.ctx_out)
		return -EINVAL;
	return 0;
}

/* Linux's rules for raw tracepoints. */
static int check_raw(const union bpf_attr *attr)
{
	if (attr->test.data_in || attr->test.data_out || attr->test.ctx_out ||
	    attr->test.duration || attr->test.repeat || attr->test.batch_size)
		return -EINVAL;
	if (attr->test.ctx_size_in > ARGS_MAX * sizeof(uint64_t))
		return -EINVAL;
	if (attr->test.flags & ~BPF_F_TEST_RUN_ON_CPU)
		return -EINVAL;
	if (!(attr->test.flags & BPF_F_TEST_RUN_ON_CPU))
		return attr->test.cpu ? -EINVAL : 0;
	return attr->test.cpu >= MACHINE_VCPUS ? -ENXIO : 0;
}

int sys_prog_test_run(union bpf_attr *attr, uint64_t uattr)
{
	uint64_t args[ARGS_MAX] = {0}, result = 0, start;
	struct sys_prog *prog;
	uint32_t retval;
	int err = check_attr(attr);

	if (err)
		return err;
	prog = sys_prog_of((int)attr->test.prog_fd, &err);
	if (!prog)
		return err;
	if (prog->type != BPF_PROG_TYPE_RAW_TRACEPOINT)
		return -SYS_ENOTSUPP;
	err = check_raw(attr);
	if (!err && attr->test.ctx_size_in)
		err = sys_copy_in(args, attr->test.ctx_in, attr->test.ctx_size_in);
	if (err)
		return err;
	start = now_ns();
	err = run_prog(prog, args, &result);
	if (err)
		return err;
	sys_rings_sync();
	prog->runs++;
	prog->run_ns += now_ns() - start;
	retval = (uint32_t)result;
	return sys_copy_out(uattr + offsetof(union bpf_attr, test.retval), &retval, sizeof(retval));
}
