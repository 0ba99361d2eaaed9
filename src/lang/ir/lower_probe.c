// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The context of a program: where each provider keeps arguments and return values, and
 * the filter of programs that share the raw tracepoints of system calls.
 */
#include <skep/btf.h>

#include <stdlib.h>
#include <string.h>

#include "lang/ir/lower_internal.h"

#define TS_COMPAT 2 /* thread_info.status: a 32-bit system call */
#define USER32_CS 0x23

/* struct pt_regs of x86-64: byte offsets. */
enum {
	REGS_R10 = 56,
	REGS_R9 = 64,
	REGS_R8 = 72,
	REGS_AX = 80,
	REGS_CX = 88,
	REGS_DX = 96,
	REGS_SI = 104,
	REGS_DI = 112,
	REGS_ORIG_AX = 120,
	REGS_CS = 136,
	REGS_SP = 152,
};

static const int16_t function_args[] = {REGS_DI, REGS_SI, REGS_DX, REGS_CX, REGS_R8, REGS_R9};
static const int16_t syscall_args[] = {REGS_DI, REGS_SI, REGS_DX, REGS_R10, REGS_R8, REGS_R9};

#define NFUNCTION_ARGS (sizeof(function_args) / sizeof(function_args[0]))

bool probe_pointers_are_user(const struct lower *lw)
{
	return lw->probe->provider == LANG_UPROBE || lw->probe->provider == LANG_URETPROBE;
}

static int compare_numbers(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* Leaves unless the number is one of the unit's, compared by ranges of numbers. */
static void filter_numbers(struct lower *lw)
{
	struct ir_function *fn = lw->fn;
	uint32_t n = lw->unit->nprobes;
	int *nrs = ARENA_ARRAY(lw->arena, int, n);
	ir_label yes = ir_new_label(fn);

	if (!nrs) {
		fn->failed = true;
		return;
	}
	for (uint32_t i = 0; i < n; i++)
		nrs[i] = lw->unit->probes[i]->info.syscall_nr;
	qsort(nrs, n, sizeof(*nrs), compare_numbers);
	for (uint32_t i = 0, j; i < n; i = j) {
		bool last;

		for (j = i + 1; j < n && nrs[j] <= nrs[j - 1] + 1; j++)
			;
		last = j == n;
		if (nrs[i] == nrs[j - 1]) {
			ir_br(fn, last ? BPF_JNE : BPF_JEQ, ir_r(lw->syscall_nr), ir_i(nrs[i]),
			      last ? lw->out : yes);
			continue;
		}
		/* Ranges ascend: below this one means in none. */
		ir_br(fn, BPF_JLT, ir_r(lw->syscall_nr), ir_i(nrs[i]), lw->out);
		ir_br(fn, last ? BPF_JGT : BPF_JLE, ir_r(lw->syscall_nr), ir_i(nrs[j - 1]),
		      last ? lw->out : yes);
	}
	ir_place_label(fn, yes);
}

/*
 * Leaves on system calls of the 32-bit table, whose numbers mean other calls. Where the task cannot
 * be read without a copy (before Linux 5.11), on those of 32-bit programs: not on the few that a
 * 64-bit program makes through int $0x80.
 */
static void filter_compat(struct lower *lw)
{
	const struct lang_world *world = lw->cx->world;
	struct btfr *btf = (struct btfr *)world->btf(world->ctx);
	struct btfr_member info, status;
	uint32_t task;
	ir_reg r;

	if (!btf || !world->feature(world->ctx, LANG_FEAT_TASK_BTF)) {
		r = ir_load(lw->fn, lw->regs, REGS_CS, 8, false);
		ir_br(lw->fn, BPF_JEQ, ir_r(r), ir_i(USER32_CS), lw->out);
		return;
	}
	task = btfr_by_name(btf, BTFR_K(STRUCT), "task_struct");
	if (!task || btfr_member(btf, task, "thread_info", &info) ||
	    btfr_member(btf, info.type, "status", &status))
		return;
	r = ir_call(lw->fn, BPF_FUNC_get_current_task_btf, 0, NULL);
	r = ir_load(lw->fn, r, (int32_t)((info.bit_off + status.bit_off) / 8), 4, false);
	ir_br(lw->fn, BPF_JSET, ir_r(r), ir_i(TS_COMPAT), lw->out);
}

static void begin_raw_syscall(struct lower *lw)
{
	struct ir_function *fn = lw->fn;

	lw->regs = ir_load(fn, lw->ctx, 0, 8, false);
	if (lw->probe->info.syscall_exit)
		lw->syscall_nr = ir_load(fn, lw->regs, REGS_ORIG_AX, 8, false);
	else
		lw->syscall_nr = ir_load(fn, lw->ctx, 8, 8, false);
	filter_numbers(lw);
	filter_compat(lw);
}

void probe_begin(struct lower *lw)
{
	lw->syscall_nr = IR_NOREG;
	lw->regs = IR_NOREG;
	if (lw->probe->use_raw && lw->probe->info.syscall_nr >= 0)
		begin_raw_syscall(lw);
}

/* An argument that the calling convention passes on the stack. */
static ir_reg stack_argument(struct lower *lw, uint32_t n, struct lang_loc loc)
{
	struct ir_function *fn = lw->fn;
	struct mem tmp = mem_alloc(lw, 8);
	ir_reg sp = ir_load(fn, lw->ctx, REGS_SP, 8, false);
	/* The return address is on top of the stack at entry. */
	ir_reg from = ir_alu(fn, BPF_ADD, ir_r(sp), ir_i(8 * (int64_t)(n - NFUNCTION_ARGS + 1)));
	struct expr at = {.loc = loc, .name = "stack argument"};

	lower_probe_read(lw, tmp, ir_i(8), ir_r(from), &at, probe_pointers_are_user(lw), true);
	return ir_load(fn, tmp.base, tmp.off, 8, false);
}

ir_reg probe_argument(struct lower *lw, uint32_t n, struct lang_loc loc)
{
	switch (lw->probe->provider) {
	case LANG_RAWTRACEPOINT:
	case LANG_FENTRY:
	case LANG_FEXIT: return ir_load(lw->fn, lw->ctx, (int32_t)n * 8, 8, false);
	default:
		if (n >= NFUNCTION_ARGS)
			return stack_argument(lw, n, loc);
		return ir_load(lw->fn, lw->ctx, function_args[n], 8, false);
	}
}

ir_reg probe_retval(struct lower *lw)
{
	if (lw->probe->provider == LANG_FEXIT)
		return ir_load(lw->fn, lw->ctx, (int32_t)lw->probe->info.nargs * 8, 8, false);
	return ir_load(lw->fn, lw->ctx, REGS_AX, 8, false);
}

static struct value raw_syscall_field(struct lower *lw, const struct lang_field *field)
{
	struct ir_function *fn = lw->fn;
	ir_reg r;

	if (field->arg_index >= 0)
		r = ir_load(fn, lw->regs, syscall_args[field->arg_index], 8, false);
	else if (!strcmp(field->name, "ret"))
		r = ir_load(fn, lw->ctx, 8, 8, false);
	else
		r = lw->syscall_nr;
	if (field->kind == LANG_FIELD_INT && field->size < 8)
		r = ir_ext(fn, ir_r(r), (uint8_t)field->size, field->is_signed);
	return value_scalar(ir_r(r));
}

/* Arguments of a raw tracepoint or function arrive as 64-bit words; integers are cut to their size.
 */
static struct value word_field(struct lower *lw, const struct expr *e)
{
	ir_reg r = ir_load(lw->fn, lw->ctx, e->field->arg_index * 8, 8, false);

	if (e->type.kind == TYPE_INT && e->type.size < 8)
		r = ir_ext(lw->fn, ir_r(r), (uint8_t)e->type.size, e->type.is_signed);
	return value_scalar(ir_r(r));
}

struct mem probe_field_mem(struct lower *lw, const struct expr *e)
{
	return (struct mem){.base = lw->ctx, .off = (int32_t)e->field->offset};
}

ir_reg probe_data_loc(struct lower *lw, const struct lang_field *field)
{
	struct ir_function *fn = lw->fn;
	ir_reg r = ir_load(fn, lw->ctx, (int32_t)field->offset, 4, false);

	r = ir_alu(fn, BPF_AND, ir_r(r), ir_i(0xffff));
	if (field->kind == LANG_FIELD_REL_LOC)
		r = ir_alu(fn, BPF_ADD, ir_r(r), ir_i(field->offset + 4));
	return ir_alu(fn, BPF_ADD, ir_r(lw->ctx), ir_r(r));
}

/* A member of `args` that fits a register; strings are read by string_into(). */
struct value probe_field(struct lower *lw, const struct expr *e)
{
	const struct lang_field *field = e->field;

	if (lw->regs != IR_NOREG)
		return raw_syscall_field(lw, field);
	if (field->kind == LANG_FIELD_BTF || lw->probe->use_raw)
		return word_field(lw, e);
	if (field->kind == LANG_FIELD_INT || field->kind == LANG_FIELD_PTR)
		return value_scalar(ir_r(ir_load(lw->fn, lw->ctx, (int32_t)field->offset,
						 (uint8_t)field->size, field->is_signed)));
	return value_memory(probe_field_mem(lw, e), field->size * field->count);
}
