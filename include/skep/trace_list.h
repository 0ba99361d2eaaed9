/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * `skep trace -l`: which probes there are.
 */
#ifndef SKEP_TRACE_LIST_H
#define SKEP_TRACE_LIST_H

#include <stdbool.h>
#include <stdio.h>

#include <skep/lang_world.h>

/*
 * Prints the probes that match @pattern to @out, sorted within each provider:
 *	NULL or "*"            every probe but those of programs and libraries
 *	"*sleep*"              every probe whose name matches, of every provider but uprobe
 *	"tracepoint:sched:*"   of one provider (short names too: "t:sched:*")
 *	"uprobe:/bin/ls:*"     functions of a program or library
 * Text is one probe a line; with @verbose the members of `args` below it, indented. @json: a line
 * {"type": "probe", "data": {"name": ..., "args": [{"type": ..., "name": ...}, ...]}} for each
 * ("args" only with @verbose).
 *
 * *@reason (may be NULL) tells why nothing could be listed: LANG_OK when simply nothing matches.
 * With several providers, those that cannot be asked are passed over.
 * Returns the number of probes printed (up to INT_MAX), or -errno: -EINVAL when the pattern names
 * no provider, -ENOMEM, or that of a failed write.
 */
int trace_list(struct lang_world *world, const char *pattern, bool verbose, FILE *out, bool json,
	       enum lang_reason *reason);

#endif
