// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Jumps to stubs, written into a process whose threads do not run the code in question, and taken
 * away again. What is needed for that is kept in the target's own memory (stub.h), from where it
 * is read anew each time: nobody but the target suffers when it is falsified.
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "machine/inject/inject.h"

#define NEAR	    (1900ull << 20) /* so far may a region be from what jumps to it */
#define LOWEST	    (64ull << 10)
#define REGION_HEAD sizeof(struct stub_region)

/* A mapping that is being hooked. */
struct work {
	struct machine_targets *t;
	struct process *p;
	uint64_t block;
	bool calls;
	const struct process_maps *maps;
	const struct process_mapping *m;
	uint8_t *now; /* the mapping's bytes */
	uint64_t size;
	/* The region in use, as it will be written; 0: none yet. */
	uint64_t region_at;
	struct stub_region *region; /* MACHINE_REGION_SIZE bytes */
	uint32_t first_new, old_used;
};

/* ---- regions ------------------------------------------------------------ */

static int read_regions(const struct process *p, uint64_t block, struct agent_region *regions)
{
	uint64_t magic;
	int err =
		process_read(p, block + offsetof(struct agent_block, magic), &magic, sizeof(magic));

	if (!err && magic != AGENT_MAGIC)
		err = -EINVAL;
	if (!err)
		err = process_read(p, block + offsetof(struct agent_block, regions), regions,
				   AGENT_REGIONS * sizeof(*regions));
	return err;
}

static uint64_t distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

static bool near(const struct process_mapping *m, uint64_t at)
{
	return distance(m->start, at) < NEAR && distance(m->end, at) < NEAR &&
	       distance(m->start, at + MACHINE_REGION_SIZE) < NEAR &&
	       distance(m->end, at + MACHINE_REGION_SIZE) < NEAR;
}

/* Free addresses for a region, best below the mapping: heaps grow upwards. */
static uint64_t find_gap(const struct process_maps *maps, const struct process_mapping *m)
{
	uint64_t end = LOWEST, below = 0, above = 0;

	for (size_t i = 0; i <= maps->cnt; i++) {
		uint64_t start = i < maps->cnt ? maps->all[i].start : 1ull << 47;

		if (start > end && start - end >= MACHINE_REGION_SIZE + AGENT_PAGE) {
			uint64_t high = start - MACHINE_REGION_SIZE;

			if (start <= m->start && near(m, high))
				below = high;
			else if (!above && end >= m->end && near(m, end + AGENT_PAGE))
				above = end + AGENT_PAGE;
		}
		if (i < maps->cnt && maps->all[i].end > end)
			end = maps->all[i].end;
	}
	return below ? below : above;
}

int patch_add_region(const struct process *p, uint64_t block, uint64_t address)
{
	const struct agent_header *header = (const void *)agent_blob;
	struct agent_region regions[AGENT_REGIONS];
	uint64_t blob, head[1 + AGENT_ENTRIES] = {STUB_REGION_MAGIC};
	uint32_t used[2] = {REGION_HEAD, 0};
	int err = read_regions(p, block, regions);

	if (err)
		return err;
	err = process_read(p, block + offsetof(struct agent_block, blob), &blob, sizeof(blob));
	for (int i = 0; !err && i < AGENT_REGIONS; i++) {
		struct agent_region region = {address, MACHINE_REGION_SIZE};

		if (regions[i].size)
			continue;
		for (int k = 0; k < AGENT_ENTRIES; k++)
			head[1 + k] = blob + header->entries[k];
		err = process_write(p, address, head, sizeof(head));
		if (!err)
			err = process_write(p, address + offsetof(struct stub_region, used), used,
					    sizeof(used));
		if (!err)
			err = process_write(p,
					    block + offsetof(struct agent_block, regions) +
						    (size_t)i * sizeof(region),
					    &region, sizeof(region));
		return err;
	}
	return err ? err : -ENOSPC;
}

/* A region near the mapping with room for @need more patches. 0, -errno, or where to map one. */
static int64_t use_region(struct work *w, bool fresh)
{
	struct agent_region regions[AGENT_REGIONS];
	int err = read_regions(w->p, w->block, regions);
	uint64_t gap;
	long ret;

	if (err)
		return err;
	for (int i = 0; !fresh && i < AGENT_REGIONS; i++) {
		struct stub_region *r = w->region;

		if (regions[i].size != MACHINE_REGION_SIZE || !near(w->m, regions[i].address) ||
		    process_read(w->p, regions[i].address, r, MACHINE_REGION_SIZE) ||
		    r->magic != STUB_REGION_MAGIC || r->npatches >= STUB_REGION_PATCHES ||
		    r->used < REGION_HEAD || r->used > MACHINE_REGION_SIZE - STUB_MAX)
			continue;
		w->region_at = regions[i].address;
		w->first_new = r->npatches;
		w->old_used = r->used;
		return 0;
	}
	gap = find_gap(w->maps, w->m);
	if (!gap)
		return -ENOSPC;
	if (!w->calls)
		return (int64_t)gap;
	ret = process_call(w->p, SYS_mmap, gap, MACHINE_REGION_SIZE, PROT_READ | PROT_EXEC,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, (uint64_t)-1, 0);
	if ((uint64_t)ret != gap)
		return ret < 0 ? ret : -EEXIST;
	err = patch_add_region(w->p, w->block, gap);
	return err ? err : use_region(w, false);
}

/* ---- writing ------------------------------------------------------------ */

/*
 * A stopped thread in the middle of the bytes is moved to the stub, if it stands behind a system
 * call; one whose call is to begin again must find the jump at the call itself.
 */
static bool move_threads(struct process *p, const struct stub_patch *patch, uint64_t stub)
{
	for (int apply = 0; apply < 2; apply++) {
		for (size_t i = 0; i < p->nthreads; i++) {
			struct process_thread *t = &p->threads[i];
			int64_t result = (int64_t)t->regs.rax;
			uint64_t into = t->regs.rip - patch->address;

			if (into == 0 || into >= patch->len)
				continue;
			if (patch->hook != STUB_NO_HOOK || into != patch->call)
				return false;
			if ((int64_t)t->regs.orig_rax >= 0 && result <= -512 && result >= -516) {
				if (patch->call != 2)
					return false;
				continue;
			}
			if (apply) {
				t->regs.rip = stub + patch->tail;
				t->changed = true;
			}
		}
	}
	return true;
}

static void write_jumps(struct work *w)
{
	struct stub_region *r = w->region;

	for (uint32_t i = w->first_new; i < r->npatches; i++) {
		struct stub_patch *patch = &r->patches[i];
		uint64_t stub = w->region_at + patch->stub;
		uint8_t jump[5];

		stub_jump(jump, patch->address, stub);
		if (!move_threads(w->p, patch, stub) ||
		    process_write(w->p, patch->address, jump, sizeof(jump)))
			patch->len = 0;
	}
}

/* Stubs first, then the list of patches, then the jumps. */
static int flush(struct work *w)
{
	struct stub_region *r = w->region;
	size_t list = w->first_new * sizeof(r->patches[0]);
	size_t list_len = (r->npatches - w->first_new) * sizeof(r->patches[0]);
	int err;

	if (!w->region_at || r->npatches == w->first_new)
		return 0;
	err = process_write(w->p, w->region_at + w->old_used, (uint8_t *)r + w->old_used,
			    r->used - w->old_used);
	if (!err)
		err = process_write(w->p,
				    w->region_at + offsetof(struct stub_region, patches) + list,
				    &r->patches[w->first_new], list_len);
	if (!err)
		err = process_write(w->p, w->region_at + offsetof(struct stub_region, used),
				    &r->used, 2 * sizeof(r->used));
	if (!err)
		write_jumps(w);
	w->first_new = r->npatches;
	w->old_used = r->used;
	return err;
}

/* Where the next stub goes; 0: see *@ret. */
static uint64_t next_stub(struct work *w, int64_t *ret)
{
	struct stub_region *r = w->region;

	*ret = 0;
	if (w->region_at &&
	    (r->npatches == STUB_REGION_PATCHES || r->used > MACHINE_REGION_SIZE - STUB_MAX)) {
		*ret = flush(w);
		w->region_at = 0;
		if (*ret)
			return 0;
	}
	if (!w->region_at) {
		*ret = use_region(w, false);
		if (*ret)
			return 0;
	}
	return w->region_at + r->used;
}

static void add(struct work *w, struct stub_patch *patch, const uint8_t *stub, int len)
{
	struct stub_region *r = w->region;

	patch->stub = r->used;
	memcpy((uint8_t *)r + r->used, stub, (size_t)len);
	r->patches[r->npatches++] = *patch;
	r->used += ((uint32_t)len + 15) & ~15u;
}

/* ---- what is hooked ----------------------------------------------------- */

static int64_t add_sites(struct work *w, const struct code_file *file)
{
	uint8_t stub[STUB_MAX];

	for (size_t i = 0; i < file->nsites; i++) {
		struct x86_site site = file->sites[i];
		uint64_t at = site.patch - w->m->offset, place;
		uint64_t len = site.address + 2 - site.patch;
		struct stub_code code;
		struct stub_patch patch;
		const char *why;
		int64_t ret;
		int n;

		if (len < site.patch_len)
			len = site.patch_len;
		/* Not here, or hooked already. */
		if (site.patch < w->m->offset || at + len > w->size ||
		    memcmp(w->now + at, file->image + site.patch, len))
			continue;
		code = (struct stub_code){w->m->start + at, w->now + at, w->size - at};
		site.address += w->m->start - w->m->offset;
		site.patch = code.address;
		place = next_stub(w, &ret);
		if (!place)
			return ret;
		n = stub_syscall(stub, place, w->region_at, &site, &code, &patch, &why);
		if (n > 0)
			add(w, &patch, stub, n);
	}
	return 0;
}

/* Does the function begin with a jump to the stub of this very hook? */
static bool hooked_already(const struct work *w, uint64_t at, uint32_t hook)
{
	struct stub_info info;
	int32_t distance_to;
	uint64_t stub = w->m->start + at;

	/* Hooks that came later are before it. */
	for (int i = 0; i < 16; i++) {
		uint8_t jump[5];

		if (process_read(w->p, stub, jump, sizeof(jump)) || jump[0] != 0xe9)
			return false;
		memcpy(&distance_to, jump + 1, 4);
		stub += 5 + (uint64_t)(int64_t)distance_to;
		if (process_read(w->p, stub + STUB_FUNCTION_INFO, &info, sizeof(info)) ||
		    info.magic != AGENT_MAGIC || info.address != w->m->start + at)
			return false;
		if (info.hook == hook)
			return true;
		stub += STUB_FUNCTION_BODY;
	}
	return true;
}

static int64_t add_function(struct work *w, const struct code_file *file,
			    const struct function_hook *hook, uint32_t flags)
{
	uint64_t at = hook->offset - w->m->offset, place;
	struct stub_code code = {.address = w->m->start + at, .code = w->now + at};
	uint8_t stub[STUB_MAX];
	struct stub_patch patch;
	const char *why;
	int64_t ret;
	int n;

	if (hook->offset < w->m->offset || at + 16 > w->size ||
	    (hook->only_pid && hook->only_pid != w->p->root) || hooked_already(w, at, hook->hook))
		return 0;
	code.size = w->size - at;
	code.whole = code_file_function(file, hook->offset, &code.whole_size);
	if (!code.whole)
		return 0;
	place = next_stub(w, &ret);
	if (!place)
		return ret;
	n = stub_function(stub, place, w->region_at, &code, hook->hook, flags, &patch, &why);
	if (n <= 0)
		return 0;
	add(w, &patch, stub, n);
	/* At once: the next hook may be of the same place. */
	ret = flush(w);
	return ret ? ret : process_read(w->p, w->m->start + at, w->now + at, 16);
}

/* Are returns hooked anywhere? Then what walks up the stack must not meet our addresses. */
static bool returns_hooked(const struct machine_targets *t)
{
	for (size_t i = 0; i < MACHINE_HOOKS; i++) {
		if (t->hooks[i].used && t->hooks[i].is_return)
			return true;
	}
	return false;
}

static int64_t add_unwinding(struct work *w, const struct code_file *file)
{
	int64_t ret = 0;

	for (int i = 0; !ret && i < UNWIND_NAMES; i++) {
		struct function_hook hook = {.hook = UNWIND_HOOK, .offset = file->unwind[i]};

		if (hook.offset)
			ret = add_function(w, file, &hook, unwind_flags(i));
	}
	return ret;
}

/* Behind the system calls: a function may begin with one, and its stub then jumps to that's. */
static int64_t add_functions(struct work *w, const struct code_file *file)
{
	int64_t ret = process_read(w->p, w->m->start, w->now, w->size);

	for (size_t i = 0; !ret && i < MACHINE_HOOKS; i++) {
		const struct function_hook *hook = &w->t->hooks[i];

		if (hook->used && hook->ino == w->m->ino && hook->dev == w->m->dev)
			ret = add_function(w, file, hook,
					   hook->is_return && !file->is_go ? STUB_RETURNS : 0);
	}
	if (!ret && returns_hooked(w->t))
		ret = add_unwinding(w, file);
	return ret;
}

static int64_t hook_mapping(struct work *w)
{
	const struct code_file *file = code_file_get(w->t, w->p->pid, w->m);
	int64_t ret = 0;

	if (!file)
		return 0;
	w->size = w->m->end - w->m->start;
	/* Pages behind the file's end cannot be read. */
	if (w->m->offset >= file->size)
		return 0;
	if (w->size > file->size - w->m->offset)
		w->size = file->size - w->m->offset;
	w->now = malloc(w->size);
	if (!w->now)
		return -ENOMEM;
	ret = process_read(w->p, w->m->start, w->now, w->size);
	if (!ret)
		ret = add_sites(w, file);
	if (!ret)
		ret = flush(w);
	if (!ret)
		ret = add_functions(w, file);
	free(w->now);
	return ret;
}

int64_t patch_range(struct machine_targets *t, struct process *p, uint64_t block, uint64_t from,
		    uint64_t to, bool calls)
{
	struct work w = {.t = t, .p = p, .block = block, .calls = calls};
	struct process_maps maps;
	int64_t ret = process_maps_read(p->pid, &maps);

	if (ret)
		return ret;
	w.maps = &maps;
	w.region = malloc(MACHINE_REGION_SIZE);
	if (!w.region)
		ret = -ENOMEM;
	for (size_t i = 0; !ret && i < maps.cnt; i++) {
		w.m = &maps.all[i];
		if (!w.m->executable || !w.m->ino || w.m->end <= from || w.m->start >= to ||
		    strstr(w.m->path, "/memfd:skep-"))
			continue;
		w.region_at = 0;
		ret = hook_mapping(&w);
	}
	free(w.region);
	process_maps_free(&maps);
	return ret;
}

/* ---- taking out --------------------------------------------------------- */

/* A hook may lie before another of the same place: that has to go first. */
static void undo(const struct process *p, uint64_t region, struct stub_patch *patch)
{
	uint8_t jump[5], now[5];

	if (patch->len < sizeof(jump) || patch->len > sizeof(patch->original))
		return;
	stub_jump(jump, patch->address, region + patch->stub);
	if (process_read(p, patch->address, now, sizeof(now)) || memcmp(now, jump, sizeof(jump)))
		return;
	process_write(p, patch->address, patch->original, sizeof(jump));
	patch->len = 0;
}

static void undo_region(const struct process *p, uint64_t at, struct stub_region *r, uint32_t hook,
			bool all)
{
	if (process_read(p, at, r, sizeof(*r)) || r->magic != STUB_REGION_MAGIC ||
	    r->npatches > STUB_REGION_PATCHES)
		return;
	for (uint32_t k = r->npatches; k-- > 0;) {
		if (all || r->patches[k].hook == hook)
			undo(p, at, &r->patches[k]);
	}
	process_write(p, at + offsetof(struct stub_region, patches), r->patches,
		      r->npatches * sizeof(r->patches[0]));
}

void patch_undo(const struct process *p, uint64_t block, uint32_t hook, bool all)
{
	struct agent_region regions[AGENT_REGIONS];
	struct stub_region *r = malloc(sizeof(*r));

	if (r && !read_regions(p, block, regions)) {
		for (int i = 0; i < 2 * AGENT_REGIONS; i++) {
			const struct agent_region *region =
				&regions[AGENT_REGIONS - 1 - i % AGENT_REGIONS];

			if (region->size)
				undo_region(p, region->address, r, hook, all);
		}
	}
	free(r);
}
