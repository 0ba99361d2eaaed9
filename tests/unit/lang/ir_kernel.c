// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The kernel as the judge: BPF_PROG_TEST_RUN of a raw tracepoint program. */
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ir_machine.h"

static int bpf(enum bpf_cmd cmd, union bpf_attr *attr)
{
	long ret = syscall(SYS_bpf, cmd, attr, sizeof(*attr));

	return ret < 0 ? -errno : (int)ret;
}

static int new_array(uint32_t value_size, uint32_t entries)
{
	union bpf_attr attr = {0};

	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = 4;
	attr.value_size = value_size;
	attr.max_entries = entries;
	return bpf(BPF_MAP_CREATE, &attr);
}

int machine_kernel_open(struct machine_kernel *kernel)
{
	kernel->globals = new_array(GLOBALS_SIZE, 1);
	kernel->array = new_array(8, ARRAY_SIZE);
	return kernel->globals < 0 ? kernel->globals : kernel->array < 0 ? kernel->array : 0;
}

void machine_kernel_close(struct machine_kernel *kernel)
{
	close(kernel->globals);
	close(kernel->array);
}

static int element(enum bpf_cmd cmd, int fd, uint32_t key, void *value)
{
	union bpf_attr attr = {0};

	attr.map_fd = (uint32_t)fd;
	attr.key = (uintptr_t)&key;
	attr.value = (uintptr_t)value;
	return bpf(cmd, &attr);
}

/* Both maps from or to @state. */
static int copy_state(struct machine_kernel *kernel, enum bpf_cmd cmd, struct machine_state *state)
{
	int err = element(cmd, kernel->globals, 0, state->globals);

	for (uint32_t i = 0; i < ARRAY_SIZE && !err; i++)
		err = element(cmd, kernel->array, i, &state->array[i]);
	return err;
}

static int load(struct machine_kernel *kernel, struct lang_program *prog, char *log, size_t len)
{
	union bpf_attr attr = {0};
	int fd;

	for (uint32_t i = 0; i < prog->nrelocs; i++)
		prog->insns[prog->relocs[i].insn].imm =
			prog->relocs[i].map ? kernel->array : kernel->globals;
	attr.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT;
	attr.insns = (uintptr_t)prog->insns;
	attr.insn_cnt = prog->ninsns;
	attr.license = (uintptr_t) "Dual BSD/GPL";
	fd = bpf(BPF_PROG_LOAD, &attr);
	if (fd >= 0)
		return fd;
	attr.log_buf = (uintptr_t)log;
	attr.log_size = (uint32_t)len;
	attr.log_level = 1;
	log[0] = '\0';
	return bpf(BPF_PROG_LOAD, &attr);
}

int machine_kernel_run(struct machine_kernel *kernel, struct lang_program *prog,
		       struct machine_state *state, char *log, size_t len)
{
	union bpf_attr attr = {0};
	int fd = load(kernel, prog, log, len), err;

	if (fd < 0)
		return fd;
	err = copy_state(kernel, BPF_MAP_UPDATE_ELEM, state);
	attr.test.prog_fd = (uint32_t)fd;
	attr.test.ctx_in = (uintptr_t)state->ctx;
	attr.test.ctx_size_in = sizeof(state->ctx);
	if (!err)
		err = bpf(BPF_PROG_TEST_RUN, &attr);
	state->result = attr.test.retval;
	if (!err)
		err = copy_state(kernel, BPF_MAP_LOOKUP_ELEM, state);
	close(fd);
	return err;
}
