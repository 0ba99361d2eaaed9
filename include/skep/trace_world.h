/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The real system behind the compiler's questions (skep/lang_world.h): types from BTF, layouts
 * from tracefs, functions from kallsyms and ELF files, features probed. Everything is read when it
 * is first asked for, so that a script which needs none of it pays nothing.
 *
 * Not thread-safe: one world, one thread.
 */
#ifndef SKEP_TRACE_WORLD_H
#define SKEP_TRACE_WORLD_H

#include <skep/lang_world.h>

/* Where to look instead of the usual places; zeroed (or a NULL pointer) is the usual. Borrowed
 * until trace_world_close(). */
struct trace_world_options {
	const char *tracefs_dir; /* NULL: where tracefs is mounted */
	const char *btf_dir;	 /* vmlinux and modules; NULL: /sys/kernel/btf */
	const char *kallsyms;	 /* NULL: /proc/kallsyms */
	const char *pmu_dir;	 /* NULL: /sys/bus/event_source/devices */
};

/*
 * Makes a world. Nothing is opened yet. Returns 0 and *worldp (end with trace_world_close()), or
 * -ENOMEM.
 */
int trace_world_open(const struct trace_world_options *options, struct lang_world **worldp);

/* Frees it and every string, table and BTF handed out by it. NULL is fine. */
void trace_world_close(struct lang_world *world);

#endif
