/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Values and their names, for printing and for fault specs. A table ends with
 * a NULL name. Constants newer than the installed kernel headers are in
 * names_bpf.c with their numbers.
 */
#ifndef ABI_NAMES_H
#define ABI_NAMES_H

#include <stdbool.h>
#include <stdint.h>
#include "abi/show/show.h"

struct abi_name {
	uint64_t value;
	const char *name;
};

extern const struct abi_name abi_bpf_cmds[];
extern const struct abi_name abi_map_types[];
extern const struct abi_name abi_map_flags[];
extern const struct abi_name abi_prog_types[];
extern const struct abi_name abi_prog_flags[];
extern const struct abi_name abi_attach_types[];
extern const struct abi_name abi_elem_flags[];
extern const struct abi_name abi_stats_types[];
extern const struct abi_name abi_kprobe_multi_flags[];
extern const struct abi_name abi_file_flags[];

extern const struct abi_name abi_perf_types[];
extern const struct abi_name abi_perf_hardware[];
extern const struct abi_name abi_perf_software[];
extern const struct abi_name abi_perf_samples[];
extern const struct abi_name abi_perf_flags[];

extern const struct abi_name abi_ioctls[];
extern const struct abi_name abi_prots[];
extern const struct abi_name abi_mmap_flags[];
extern const struct abi_name abi_open_modes[];
extern const struct abi_name abi_open_flags[];
extern const struct abi_name abi_epoll_create_flags[];
extern const struct abi_name abi_epoll_ops[];
extern const struct abi_name abi_epoll_events[];
extern const struct abi_name abi_fcntls[];
extern const struct abi_name abi_access_modes[];
extern const struct abi_name abi_at_flags[];
extern const struct abi_name abi_fs_magics[];
extern const struct abi_name abi_domains[];
extern const struct abi_name abi_sock_types[];
extern const struct abi_name abi_sock_flags[];
extern const struct abi_name abi_netlinks[];
extern const struct abi_name abi_sols[];
extern const struct abi_name abi_netlink_options[];
extern const struct abi_name abi_nlmsg_types[];

/* The name of @value, or NULL. */
const char *abi_name_of(const struct abi_name *table, uint64_t value);

/* Finds @name in @table. Returns false when it is not there. */
bool abi_name_find(const struct abi_name *table, const char *name, uint64_t *value);

/* Prints the name of @value, or its number. */
void abi_show_name(struct abi_text *text, const struct abi_name *table, uint64_t value);

/* Prints @value as names joined by |, the rest in hexadecimal; 0 as "0". */
void abi_show_flags(struct abi_text *text, const struct abi_name *table, uint64_t value);

/*
 * The names a selecting argument of the kind @show takes (bpf's command,
 * ioctl's request, …), or NULL for other kinds. Fault specs' SUBCALL.
 */
const struct abi_name *abi_selector(enum abi_show show);

#endif
