/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The seam's inside: the table of calls a back end fills in, and how back ends
 * are stacked. A call enters at the top layer; a layer answers it or passes it
 * to the next. Every function returns what libc's returns and sets errno.
 */
#ifndef ABI_SEAM_H
#define ABI_SEAM_H

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/types.h>
#include <unistd.h>
#include <skep/abi.h>
#include "abi/calls.h"
#include "abi/show/show.h"

struct abi_layer;

struct abi_ops {
#define ABI_OP(call, returns, ours, after, n, ...) \
	ABI_TYPE_##returns (*call)(const struct abi_layer *self, ABI_PARAMS(n, __VA_ARGS__));
	ABI_CALLS(ABI_OP)
#undef ABI_OP
};

/* @next is NULL for the bottom layer, the engine; @state is the layer's own. */
struct abi_layer {
	const struct abi_ops *ops;
	const struct abi_layer *next;
	void *state;
};

/* A number for each call, for the tables that name them and count them. */
enum abi_call {
#define ABI_ENUM(call, ...) ABI_CALL_##call,
	ABI_CALLS(ABI_ENUM)
#undef ABI_ENUM
		ABI_CALL_MAX,
};
extern const char *const abi_call_names[ABI_CALL_MAX];

/* libc's own functions, which the linker renames for us. */
#define ABI_REAL(call, ...) extern __typeof__(call) __real_##call;
ABI_LIBC_CALLS(ABI_REAL)
#undef ABI_REAL
extern long __real_syscall(long number, ...);
int __real_bpf(int cmd, union bpf_attr *attr, unsigned int size);
int __real_perf_event_open(struct perf_event_attr *attr, pid_t pid, int cpu, int group_fd,
			   unsigned long flags);

/* What the linker calls instead of libc. */
#define ABI_WRAP(call, returns, ours, after, n, ...) \
	ABI_TYPE_##returns __wrap_##call(ABI_PARAMS(n, __VA_ARGS__));
ABI_CALLS(ABI_WRAP)
#undef ABI_WRAP

/* The layer where calls enter; counts the call. */
const struct abi_layer *abi_enter(void);

/*
 * abi_stack - as abi_open(), on a bottom back end of the caller's. Tests put
 * their own under the seam with it. @opts->engine is not looked at.
 */
int abi_stack(const struct abi_ops *bottom, const struct abi_options *opts, char *msg,
	      size_t msg_size);

/*
 * An engine: the bottom back end, and what else it is asked for. @open and @close may be NULL;
 * the others are as in skep/abi.h.
 */
struct abi_engine {
	const char *name;
	const struct abi_ops *ops;
	int (*open)(void); /* 0 or -errno */
	void (*close)(void);
	int (*launch)(pid_t pid);
	int (*attach)(pid_t pid);
	const char *(*reason)(void);
	const char *limits;
};

extern const struct abi_engine abi_kernel_engine;
extern const struct abi_engine abi_machine_engine;

/* May the caller use the kernel's eBPF? By its capabilities, and by trying. */
bool abi_kernel_usable(void);

/* The back ends. */
extern const struct abi_ops abi_kernel_ops;
extern const struct abi_ops abi_fault_ops;
extern const struct abi_ops abi_record_ops;

/*
 * abi_fault_open - make the state of a fault layer that fails calls as @spec
 * says; to be freed. Returns 0, -EINVAL with a line in @msg, or -ENOMEM.
 */
struct abi_fault;
int abi_fault_open(struct abi_fault **state, const char *spec, char *msg, size_t msg_size);

#endif
