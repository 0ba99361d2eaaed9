/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the running kernel can do, probed through the seam when it is first asked for.
 */
#ifndef TRACE_WORLD_FEATURES_H
#define TRACE_WORLD_FEATURES_H

#include <stdbool.h>

#include <skep/lang_world.h>

/* What is known so far. Zeroed, but for btf and ctx. */
struct trace_features {
	/*
	 * The kernel's BTF. @open: open it if it is not yet; otherwise NULL then. NULL when there
	 * is none.
	 */
	struct btfr *(*btf)(void *ctx, bool open);
	void *ctx;

	enum trace_known {
		TRACE_FEATURE_UNKNOWN,
		TRACE_FEATURE_NO,
		TRACE_FEATURE_YES,
	} known[LANG_FEAT_COUNT],
		fentry;
};

/* Probes @feature unless that is done. Without the privilege to probe the answer is false. */
bool trace_feature(struct trace_features *features, enum lang_feature feature);

/*
 * Does the kernel take programs for fentry and fexit at all? Tried with @func, the BTF id of a
 * function of vmlinux, when it is first asked. True when the caller lacks the privilege to know.
 */
bool trace_feature_fentry(struct trace_features *features, uint32_t func);

#endif
