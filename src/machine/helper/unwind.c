// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The user stack by frame pointers, as the kernel has it. Freestanding.
 *
 * Frames lie close together: the stack is read in pieces into the virtual CPU's scratch memory.
 * Whatever is read there is only believed to be an address to read next, which cannot fault.
 */
#include <stdbool.h>
#include <string.h>

#include "machine/helper/table.h"

#define DEPTH 127 /* kernel.perf_event_max_stack */

/* A frame, out of the piece if it is there. */
static bool read_frame(struct machine_run *run, uint64_t fp, uint64_t *piece, uint64_t frame[2])
{
	struct machine_vcpu *vcpu = helper_vcpu(run);
	uint64_t n;

	if (*piece && fp >= *piece && fp - *piece <= sizeof(vcpu->scratch) - 16) {
		memcpy(frame, vcpu->scratch + (fp - *piece), 16);
		return true;
	}
	*piece = 0;
	n = 4096 - fp % 4096;
	if (n < sizeof(vcpu->scratch))
		return !helper_read(run, frame, fp, 16);
	if (helper_read(run, vcpu->scratch, fp, sizeof(vcpu->scratch)))
		return false;
	*piece = fp;
	memcpy(frame, vcpu->scratch, 16);
	return true;
}

uint32_t helper_unwind(struct machine_run *run, uint64_t *ips, uint32_t max)
{
	const struct helper_env *env = helper_env(run);
	uint64_t frame[2], fp = env->fp, piece = 0;
	uint32_t n = 0;

	if (!env->sp || !max)
		return 0;
	ips[n++] = env->ip;
	if (env->flags & HELPER_AT_ENTRY && n < max && !helper_read(run, &ips[n], env->sp, 8))
		n++;
	while (n < max && fp && read_frame(run, fp, &piece, frame) && frame[1]) {
		ips[n++] = frame[1];
		fp = frame[0];
	}
	return n;
}

uint64_t helper_do_get_stack(struct machine_run *run, uint64_t ctx, uint64_t buf, uint64_t size,
			     uint64_t flags, uint64_t r5)
{
	uint64_t ips[DEPTH], skip = flags & BPF_F_SKIP_FIELD_MASK, bytes;
	uint32_t max = DEPTH, n;

	memset((void *)buf, 0, size);
	if (flags & ~(uint64_t)(BPF_F_SKIP_FIELD_MASK | BPF_F_USER_STACK) || size % 8)
		return (uint64_t)-EINVAL;
	/* There is no kernel stack. */
	if (!(flags & BPF_F_USER_STACK))
		return (uint64_t)-EFAULT;
	if (size / 8 + skip < DEPTH)
		max = (uint32_t)(size / 8 + skip);
	n = helper_unwind(run, ips, max);
	if (n <= skip)
		return (uint64_t)-EFAULT;
	bytes = (n - skip) * 8;
	memcpy((void *)buf, ips + skip, bytes);
	return bytes;
}

uint64_t helper_do_get_stackid(struct machine_run *run, uint64_t ctx, uint64_t map, uint64_t flags,
			       uint64_t r4, uint64_t r5)
{
	const struct machine_who *who = &helper_env(run)->who;
	const struct machine_map *m = &who->ctl->maps[map];
	uint64_t ips[DEPTH], skip = flags & BPF_F_SKIP_FIELD_MASK;
	uint32_t max = DEPTH, n;

	if (m->type != BPF_MAP_TYPE_STACK_TRACE ||
	    flags & ~(uint64_t)(BPF_F_SKIP_FIELD_MASK | BPF_F_USER_STACK | BPF_F_FAST_STACK_CMP |
				BPF_F_REUSE_STACKID))
		return (uint64_t)-EINVAL;
	if (!(flags & BPF_F_USER_STACK))
		return (uint64_t)-EFAULT;
	if (m->value_size / 8 + skip < DEPTH)
		max = (uint32_t)(m->value_size / 8 + skip);
	n = helper_unwind(run, ips, max);
	if (n <= skip)
		return (uint64_t)-EFAULT;
	return (uint64_t)(int64_t)machine_stack_put(who, (uint32_t)map, ips + skip,
						    (uint32_t)(n - skip), flags);
}
