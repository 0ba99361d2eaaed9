/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * All helpers, one row each: Linux's name after BPF_FUNC_, the kinds of its arguments, the function.
 * Freestanding.
 *
 * Kinds (what the function gets, and what was checked):
 *   NONE   not used
 *   ANY    a number, or an address that the function takes care of itself
 *   MAP    the map's number; there is such a map
 *   KEY    memory of the key size of the map that is argument 1 (2 in the row's first pair)
 *   VALUE  memory of its value size
 *   MEM    memory as long as the next argument, SIZE, says; anything if that is 0
 *   SIZE   a length, below 2^30
 *   STR    an address in the window; the function finds the end, within the window
 *   WORD   4 bytes, aligned
 */
#ifndef MACHINE_HELPER_TABLE_H
#define MACHINE_HELPER_TABLE_H

#include <linux/bpf.h>

#include "machine/helper/helper.h"

/* clang-format off */
#define HELPERS(X)                                                                                 \
	X(map_lookup_elem,        MAP,  KEY,  NONE,  NONE, NONE, map_lookup)                       \
	X(map_update_elem,        MAP,  KEY,  VALUE, ANY,  NONE, map_update)                       \
	X(map_delete_elem,        MAP,  KEY,  NONE,  NONE, NONE, map_delete)                       \
	X(map_lookup_percpu_elem, MAP,  KEY,  ANY,   NONE, NONE, map_lookup_percpu)                \
	X(ringbuf_output,         MAP,  MEM,  SIZE,  ANY,  NONE, ring_output)                      \
	X(ringbuf_reserve,        MAP,  ANY,  ANY,   NONE, NONE, ring_reserve)                     \
	X(ringbuf_submit,         ANY,  ANY,  NONE,  NONE, NONE, ring_submit)                      \
	X(ringbuf_discard,        ANY,  ANY,  NONE,  NONE, NONE, ring_discard)                     \
	X(ringbuf_query,          MAP,  ANY,  NONE,  NONE, NONE, ring_query)                       \
	X(perf_event_output,      ANY,  MAP,  ANY,   MEM,  SIZE, perf_output)                      \
	X(tail_call,              ANY,  MAP,  ANY,   NONE, NONE, tail_call)                        \
	X(spin_lock,              WORD, NONE, NONE,  NONE, NONE, spin_lock)                        \
	X(spin_unlock,            WORD, NONE, NONE,  NONE, NONE, spin_unlock)                      \
	X(probe_read,             MEM,  SIZE, ANY,   NONE, NONE, probe_read)                       \
	X(probe_read_user,        MEM,  SIZE, ANY,   NONE, NONE, probe_read)                       \
	X(probe_read_kernel,      MEM,  SIZE, ANY,   NONE, NONE, probe_read)                       \
	X(copy_from_user,         MEM,  SIZE, ANY,   NONE, NONE, probe_read)                       \
	X(probe_read_str,         MEM,  SIZE, ANY,   NONE, NONE, probe_read_str)                   \
	X(probe_read_user_str,    MEM,  SIZE, ANY,   NONE, NONE, probe_read_str)                   \
	X(probe_read_kernel_str,  MEM,  SIZE, ANY,   NONE, NONE, probe_read_str)                   \
	X(get_stack,              ANY,  MEM,  SIZE,  ANY,  NONE, get_stack)                        \
	X(get_stackid,            ANY,  MAP,  ANY,   NONE, NONE, get_stackid)                      \
	X(ktime_get_ns,           NONE, NONE, NONE,  NONE, NONE, ktime)                            \
	X(ktime_get_coarse_ns,    NONE, NONE, NONE,  NONE, NONE, ktime)                            \
	X(ktime_get_boot_ns,      NONE, NONE, NONE,  NONE, NONE, ktime_boot)                       \
	X(get_current_pid_tgid,   NONE, NONE, NONE,  NONE, NONE, pid_tgid)                         \
	X(get_current_uid_gid,    NONE, NONE, NONE,  NONE, NONE, uid_gid)                          \
	X(get_current_comm,       MEM,  SIZE, NONE,  NONE, NONE, comm)                             \
	X(get_smp_processor_id,   NONE, NONE, NONE,  NONE, NONE, smp_id)                           \
	X(get_numa_node_id,       NONE, NONE, NONE,  NONE, NONE, zero)                             \
	X(get_current_cgroup_id,  NONE, NONE, NONE,  NONE, NONE, zero)                             \
	X(get_current_task,       NONE, NONE, NONE,  NONE, NONE, zero)                             \
	X(get_prandom_u32,        NONE, NONE, NONE,  NONE, NONE, prandom)                          \
	X(get_func_ip,            ANY,  NONE, NONE,  NONE, NONE, func_ip)                          \
	X(get_attach_cookie,      ANY,  NONE, NONE,  NONE, NONE, cookie)                           \
	X(strncmp,                MEM,  SIZE, STR,   NONE, NONE, compare)                          \
	X(snprintf,               MEM,  SIZE, STR,   MEM,  SIZE, format)                           \
	X(trace_printk,           MEM,  SIZE, ANY,   ANY,  ANY,  zero)                             \
	X(trace_vprintk,          MEM,  SIZE, MEM,   SIZE, NONE, zero)
/* clang-format on */

#define HELPER_DECLARE(name, k1, k2, k3, k4, k5, fn)                                               \
	uint64_t helper_do_##fn(struct machine_run *run, uint64_t r1, uint64_t r2, uint64_t r3,    \
				uint64_t r4, uint64_t r5);
HELPERS(HELPER_DECLARE)

static inline struct helper_env *helper_env(const struct machine_run *run)
{
	return run->owner;
}

static inline struct machine_vcpu *helper_vcpu(const struct machine_run *run)
{
	const struct machine_who *who = &helper_env(run)->who;

	return &machine_data_of(who->ctl)->vcpus[who->vcpu % MACHINE_VCPUS];
}

/* Bytes from @address to the end of the program's window; 0: it is not in it. */
static inline uint64_t helper_in_window(const struct machine_run *run, uint64_t address)
{
	uint64_t offset = address + run->neg_base;

	return offset <= run->limit[0] ? run->limit[0] - offset + 1 : 0;
}

#endif
