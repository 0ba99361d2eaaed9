/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The world of the running kernel, for tests. Where tracefs is not mounted it is mounted in a mount
 * namespace of the test's own.
 */
#ifndef WORLD_FIXTURE_H
#define WORLD_FIXTURE_H

#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <unistd.h>

#include <skep/trace_world.h>

#include "trace/tracefs.h"

static char mounted[] = "/tmp/skep-world-XXXXXX";
static const char *tracefs; /* NULL: none to be had */
static struct trace_world_options options;
static struct lang_world *world;

#define need(what)              \
	do {                    \
		if (!(what))    \
			skip(); \
	} while (0)

static inline enum lang_reason probe(enum lang_provider provider, const char *target,
				     const char *name, uint64_t offset,
				     struct lang_probe_info *info)
{
	return world->probe_open(world->ctx, provider, target, name, offset, info);
}

static int open_world(void **state)
{
	tracefs = trace_tracefs_dir();
	if (!tracefs && !geteuid() && !unshare(CLONE_NEWNS) &&
	    !mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) && mkdtemp(mounted)) {
		if (!mount("tracefs", mounted, "tracefs", 0, NULL))
			tracefs = mounted;
		else
			rmdir(mounted);
	}
	if (!tracefs)
		print_message("# no tracefs: what needs it is skipped\n");
	options.tracefs_dir = tracefs;
	return trace_world_open(&options, &world);
}

static int close_world(void **state)
{
	trace_world_close(world);
	if (tracefs == mounted) {
		umount(mounted);
		rmdir(mounted);
	}
	return 0;
}

#endif
