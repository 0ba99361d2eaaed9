// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Memory of a program. Small objects go to the stack, larger ones to a slot of the
 * per-CPU scratch map that the program claims for itself: uprobe programs can be
 * preempted and interrupts nest, so that one buffer a CPU would be overwritten.
 */
#include <errno.h>
#include <string.h>

#include "lang/ir/lower_internal.h"

#define STACK_OBJECT  64  /* bytes of the largest object on the stack */
#define STACK_TOTAL   288 /* bytes for all; the rest of 512 is for spills */
#define SCRATCH_SLOTS 4	  /* nesting: task, soft interrupt, interrupt, NMI */
#define COPY_INLINE   64  /* bytes copied or zeroed by loads and stores */

struct mem mem_at(struct mem mem, int32_t off)
{
	return (struct mem){.base = mem.base, .off = mem.off + off};
}

struct ir_arg mem_addr(struct lower *lw, struct mem mem)
{
	if (!mem.off)
		return ir_r(mem.base);
	return ir_r(ir_alu(lw->fn, BPF_ADD, ir_r(mem.base), ir_i(mem.off)));
}

static struct mem stack_alloc(struct lower *lw, uint32_t size, bool kept)
{
	struct stack_slot *slot = NULL;

	for (uint32_t i = 0; i < lw->nslots && !kept && !slot; i++)
		if (!lw->slots[i].busy && lw->slots[i].size == size)
			slot = &lw->slots[i];
	if (!slot && lw->nslots < STACK_SLOTS) {
		slot = &lw->slots[lw->nslots++];
		slot->mem = ir_new_mem(lw->fn, size);
		slot->size = size;
	}
	if (!slot) {
		lw->too_big = true;
		slot = &lw->slots[0];
	}
	slot->busy = true;
	/* A kept object is taken out of the pool: its slot is never handed out again. */
	if (kept)
		slot->size = 0;
	return (struct mem){.base = ir_mem_addr(lw->fn, slot->mem, 0)};
}

static struct mem scratch_alloc(struct lower *lw, uint32_t size)
{
	struct mem mem = {.base = lw->scratch, .off = (int32_t)(8 + lw->scratch_used)};

	lw->scratch_used += size;
	if (lw->scratch_used > lw->scratch_peak)
		lw->scratch_peak = lw->scratch_used;
	return mem;
}

static bool fits_stack(const struct lower *lw, uint32_t size, bool kept)
{
	if (size > STACK_OBJECT)
		return false;
	for (uint32_t i = 0; i < lw->nslots && !kept; i++)
		if (!lw->slots[i].busy && lw->slots[i].size == size)
			return true;
	return lw->nslots < STACK_SLOTS && lw->fn->stack_used + size <= STACK_TOTAL;
}

struct mem mem_alloc(struct lower *lw, uint32_t size)
{
	size = (size + 7) & ~7u;
	if (fits_stack(lw, size, false))
		return stack_alloc(lw, size, false);
	return scratch_alloc(lw, size);
}

struct mem mem_alloc_kept(struct lower *lw, uint32_t size)
{
	size = (size + 7) & ~7u;
	if (fits_stack(lw, size, true))
		return stack_alloc(lw, size, true);
	return scratch_alloc(lw, size);
}

void mem_end_statement(struct lower *lw, uint32_t scratch_mark)
{
	for (uint32_t i = 0; i < lw->nslots; i++)
		if (lw->slots[i].size)
			lw->slots[i].busy = false;
	lw->scratch_used = scratch_mark;
}

/* The widest access at @off, of at most @left bytes, that the verifier takes on the stack:
 * there it wants natural alignment. */
static uint32_t access_width(int32_t off, uint32_t left)
{
	uint32_t width = 8;

	while (width > left || (uint32_t)off % width)
		width /= 2;
	return width;
}

void mem_zero(struct lower *lw, struct mem mem, uint32_t size)
{
	uint32_t done = 0, width;

	if (size > COPY_INLINE) {
		/* Reading from NULL fails at once, and the helper then clears the buffer. */
		struct ir_arg args[] = {mem_addr(lw, mem), ir_i(size), ir_i(0)};

		ir_call_void(lw->fn, BPF_FUNC_probe_read_kernel, 3, args);
		return;
	}
	for (; done < size; done += width) {
		width = access_width(mem.off + (int32_t)done, size - done);
		ir_store(lw->fn, mem.base, mem.off + (int32_t)done, (uint8_t)width, ir_i(0));
	}
}

void mem_copy(struct lower *lw, struct mem to, struct mem from, uint32_t size)
{
	uint32_t done = 0, width;

	if (size > COPY_INLINE) {
		struct ir_arg args[] = {mem_addr(lw, to), ir_i(size), mem_addr(lw, from)};

		ir_call_void(lw->fn, BPF_FUNC_probe_read_kernel, 3, args);
		return;
	}
	for (; done < size; done += width) {
		ir_reg r;

		width = access_width(to.off + (int32_t)done, size - done);
		width = access_width(from.off + (int32_t)done, width);
		r = ir_load(lw->fn, from.base, from.off + (int32_t)done, (uint8_t)width, false);
		ir_store(lw->fn, to.base, to.off + (int32_t)done, (uint8_t)width, ir_r(r));
	}
}

void mem_store_bytes(struct lower *lw, struct mem to, const char *bytes, uint32_t length,
		     uint32_t size)
{
	uint32_t done = 0, width;

	if (length > size)
		length = size;
	for (; done < length; done += width) {
		uint64_t v = 0;

		width = access_width(to.off + (int32_t)done, size - done);
		memcpy(&v, bytes + done, length - done < width ? length - done : width);
		ir_store(lw->fn, to.base, to.off + (int32_t)done, (uint8_t)width, ir_i((int64_t)v));
	}
	if (done < size)
		mem_zero(lw, mem_at(to, (int32_t)done), size - done);
}

/* Takes slot @n of the scratch map, or goes on to @next when it is busy. */
static void claim_slot(struct lower *lw, struct mem key, uint32_t n, ir_label next, ir_label have)
{
	struct ir_function *fn = lw->fn;
	ir_reg map, p;

	ir_store(fn, key.base, key.off, 4, ir_i(n));
	map = ir_map(fn, lw->scratch_map);
	p = ir_call(fn, BPF_FUNC_map_lookup_elem, 2,
		    (struct ir_arg[]){ir_r(map), mem_addr(lw, key)});
	ir_br(fn, BPF_JEQ, ir_r(p), ir_i(0), lw->out);
	ir_mov_to(fn, lw->scratch, ir_r(p));
	if (lw->cx->world->feature(lw->cx->world->ctx, LANG_FEAT_ATOMIC_FETCH)) {
		ir_reg was = ir_cmpxchg(fn, lw->scratch, 0, 8, ir_i(0), ir_i(1));

		ir_br(fn, BPF_JEQ, ir_r(was), ir_i(0), have);
	} else {
		/* Kernels without atomics run programs with preemption off: what interrupts
		 * us here has released its slot before we go on. */
		ir_reg was = ir_load(fn, lw->scratch, 0, 8, false);

		ir_br(fn, BPF_JNE, ir_r(was), ir_i(0), next);
		ir_store(fn, lw->scratch, 0, 8, ir_i(1));
		ir_jmp(fn, have);
	}
}

void mem_claim_scratch(struct lower *lw, struct ir_insn *after)
{
	struct ir_function *fn = lw->fn;
	struct ir_insn *tail = fn->last, *rest = after->next, *first;
	ir_label have = ir_new_label(fn);
	struct mem key = {.base = ir_mem_addr(fn, ir_new_mem(fn, 8), 0)};
	uint32_t site = error_site(lw, LANG_RT_BUSY, (struct lang_loc){0}, LANG_NONE, "scratch");

	for (uint32_t n = 0; n < SCRATCH_SLOTS; n++) {
		ir_label next = ir_new_label(fn);

		claim_slot(lw, key, n, next, have);
		ir_place_label(fn, next);
	}
	error_branch(lw, BPF_JA, ir_i(0), ir_i(0), ir_i(-EBUSY), site, IR_NOREG, 0, lw->out);
	ir_place_label(fn, have);
	if (fn->failed || tail == after)
		return;
	/* Move [tail->next, last] between after and rest. */
	first = tail->next;
	fn->last->next = rest;
	rest->prev = fn->last;
	after->next = first;
	first->prev = after;
	tail->next = NULL;
	fn->last = tail;
}

void mem_release_scratch(struct lower *lw)
{
	ir_store(lw->fn, lw->scratch, 0, 8, ir_i(0));
}
