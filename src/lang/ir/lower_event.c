// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Functions that user space carries out: a record is reserved in the ring buffer, the
 * arguments are written in place, and it is handed over.
 */
#include <errno.h>
#include <stddef.h>

#include "lang/ir/lower_internal.h"

#define HEADER		((uint32_t)sizeof(struct lang_event_header))
#define JOIN_MAX	16 /* strings of one join(), as in bpftrace */
#define BIG_RECORD_SIZE 32 /* a script with larger records wants a larger ring */

/* Reserves a record for event @index, or goes to @lost after counting. */
static struct mem reserve(struct lower *lw, uint32_t index, uint32_t size, ir_label lost)
{
	struct ir_function *fn = lw->fn;
	ir_reg ring = ir_map(fn, lw->plan->ring), record;
	struct mem mem;

	lw->needs_ring = true;
	if (lw->lost_site == LANG_NONE)
		lw->lost_site = error_site(lw, LANG_RT_LOST_EVENT, (struct lang_loc){0}, LANG_NONE,
					   "events");
	if (size > BIG_RECORD_SIZE)
		lw->big_ring = true;
	record = ir_call(fn, BPF_FUNC_ringbuf_reserve, 3,
			 (struct ir_arg[]){ir_r(ring), ir_i(HEADER + size), ir_i(0)});
	error_branch(lw, BPF_JEQ, ir_r(record), ir_i(0), ir_i(-ENOSPC), lw->lost_site, IR_NOREG, 0,
		     lost);
	mem = (struct mem){.base = record, .off = (int32_t)HEADER};
	ir_store(fn, record, 0, 8, ir_i(index));
	return mem;
}

static void submit(struct lower *lw, struct mem payload)
{
	ir_call_void(lw->fn, BPF_FUNC_ringbuf_submit, 2,
		     (struct ir_arg[]){ir_r(payload.base), ir_i(0)});
}

static uint32_t add_event(struct lower *lw, struct lang_event event)
{
	struct lang_plan *plan = lw->plan;

	plan->events =
		arena_grow(lw->arena, plan->events, sizeof(event), &lw->events_cap, plan->nevents);
	if (!plan->events) {
		lw->fn->failed = true;
		return 0;
	}
	plan->events[plan->nevents] = event;
	return plan->nevents++;
}

static uint32_t stored_in_record(struct type type)
{
	return type_is_scalar(type.kind) ? 8 : (type.size + 7) & ~7u;
}

static uint32_t shown_size(struct type type)
{
	if (type.kind == TYPE_INT && type.size)
		return type.size;
	return type_is_scalar(type.kind) ? 8 : type.size;
}

/* Lays the arguments out one behind the other. */
static void layout(struct lower *lw, struct lang_event *event, struct expr *const *args, uint32_t n)
{
	uint32_t offset = 0;

	event->fields = n ? ARENA_ARRAY(lw->arena, struct lang_data_field, n) : NULL;
	if (n && !event->fields) {
		lw->fn->failed = true;
		return;
	}
	event->nfields = n;
	for (uint32_t i = 0; i < n; i++) {
		event->fields[i] = data_field(args[i]->type, offset, shown_size(args[i]->type));
		offset += stored_in_record(args[i]->type);
	}
	event->size = offset;
}

/* A value computed before the record is reserved, so that a full ring does not skip it. */
static struct value early_value(struct lower *lw, const struct expr *arg)
{
	return expr_has_effect(arg) ? lower_expr(lw, arg) : (struct value){0};
}

static void write_argument(struct lower *lw, const struct expr *arg, const struct value *early,
			   struct mem to)
{
	if (!expr_has_effect(arg))
		lower_into(lw, arg, arg->type, to, false);
	else if (early->in_memory)
		mem_copy(lw, to, early->mem, early->size);
	else
		ir_store(lw->fn, to.base, to.off, 8, early->arg);
}

/* An event whose payload are the values of @args. */
static void send(struct lower *lw, struct lang_event event, struct expr *const *args, uint32_t n)
{
	struct ir_function *fn = lw->fn;
	ir_label lost = ir_new_label(fn);
	struct value *early = ARENA_ARRAY(lw->arena, struct value, n);
	struct mem payload;
	uint32_t index;

	layout(lw, &event, args, n);
	if (fn->failed || (n && !early)) {
		fn->failed = true;
		return;
	}
	for (uint32_t i = 0; i < n; i++)
		early[i] = early_value(lw, args[i]);
	index = add_event(lw, event);
	payload = reserve(lw, index, event.size, lost);
	lw->conditional++;
	for (uint32_t i = 0; i < n && !fn->failed; i++)
		write_argument(lw, args[i], &early[i],
			       mem_at(payload, (int32_t)event.fields[i].offset));
	lw->conditional--;
	submit(lw, payload);
	ir_place_label(fn, lost);
}

static struct lang_event plain_event(enum lang_event_kind kind)
{
	return (struct lang_event){.kind = kind, .map = LANG_NONE, .string = LANG_NONE};
}

static void formatted(struct lower *lw, const struct expr *call, enum lang_event_kind kind)
{
	struct lang_event event = plain_event(kind);

	event.format = call->format;
	send(lw, event, call->args + 1, call->nargs - 1);
}

static void on_map(struct lower *lw, const struct expr *call, enum lang_event_kind kind)
{
	struct lang_event event = plain_event(kind);

	event.map = call->args[0]->map->index;
	send(lw, event, NULL, 0);
}

static void print_map(struct lower *lw, const struct expr *call)
{
	struct lang_event event = plain_event(LANG_EVENT_PRINT_MAP);
	struct ir_function *fn = lw->fn;
	ir_label lost = ir_new_label(fn);
	struct mem payload;

	event.map = call->args[0]->map->index;
	event.size = 16;
	payload = reserve(lw, add_event(lw, event), event.size, lost);
	for (uint32_t i = 1; i < 3; i++)
		ir_store(fn, payload.base, payload.off + 8 * (int32_t)(i - 1), 8,
			 call->nargs > i ? lower_scalar(lw, call->args[i]) : ir_i(0));
	submit(lw, payload);
	ir_place_label(fn, lost);
}

/* print(@m[key]): user space looks the entry up when the event arrives. */
static void print_entry(struct lower *lw, const struct expr *call)
{
	struct lang_event event = plain_event(LANG_EVENT_PRINT_ENTRY);
	const struct expr *map = call->args[0];

	event.map = map->map->index;
	send(lw, event, map->args, map->nargs);
}

static void lower_print(struct lower *lw, const struct expr *call)
{
	const struct expr *what = call->args[0];

	if (what->kind != EXPR_MAP)
		send(lw, plain_event(LANG_EVENT_PRINT_VALUE), call->args, 1);
	else if (what->nargs && !type_is_aggregation(what->map->value.kind))
		send(lw, plain_event(LANG_EVENT_PRINT_VALUE), call->args, 1);
	else if (what->nargs)
		print_entry(lw, call);
	else
		print_map(lw, call);
}

static void lower_time(struct lower *lw, const struct expr *call)
{
	struct lang_event event = plain_event(LANG_EVENT_TIME);

	event.string = call->string;
	send(lw, event, NULL, 0);
}

/* Left in the globals too: the request must not be lost with a full ring. */
static void lower_exit(struct lower *lw, const struct expr *call)
{
	struct ir_function *fn = lw->fn;
	ir_label lost = ir_new_label(fn);
	struct lang_event event = plain_event(LANG_EVENT_EXIT);
	struct ir_arg code = call->nargs ? lower_scalar(lw, call->args[0]) : ir_i(0);
	struct mem payload;
	ir_reg global;

	if (lw->plan->exit_offset == LANG_NONE) {
		lw->plan->exit_offset = lw->globals_size;
		lw->globals_size += 16;
	}
	global = ir_map_value(fn, lw->plan->globals, (int32_t)lw->plan->exit_offset);
	ir_store(fn, global, 8, 8, code);
	ir_store(fn, global, 0, 8, ir_i(1));
	event.size = 8;
	payload = reserve(lw, add_event(lw, event), event.size, lost);
	ir_store(fn, payload.base, payload.off, 8, code);
	submit(lw, payload);
	ir_place_label(fn, lost);
	ir_jmp(fn, lw->release);
}

/* One string of the array; goes to @end at its closing NULL. */
static void join_one(struct lower *lw, const struct expr *call, struct mem payload, uint32_t i,
		     uint32_t stride, struct ir_arg argv, ir_reg count, ir_label end)
{
	const struct expr *array = call->args[0];
	bool user = array->type.is_user || probe_pointers_are_user(lw);
	struct ir_function *fn = lw->fn;
	struct mem tmp = mem_alloc(lw, 8);
	ir_reg from = ir_alu(fn, BPF_ADD, argv, ir_i(8ll * i)), p;
	struct ir_arg args[3];

	args[0] = mem_addr(lw, tmp);
	args[1] = ir_i(8);
	args[2] = ir_r(from);
	ir_call_void(fn, user ? BPF_FUNC_probe_read_user : BPF_FUNC_probe_read, 3, args);
	p = ir_load(fn, tmp.base, tmp.off, 8, false);
	ir_br(fn, BPF_JEQ, ir_r(p), ir_i(0), end);
	args[0] = mem_addr(lw, mem_at(payload, (int32_t)(8 + i * stride)));
	args[1] = ir_i(stride);
	args[2] = ir_r(p);
	ir_call_void(fn, user ? BPF_FUNC_probe_read_user_str : BPF_FUNC_probe_read_str, 3, args);
	ir_alu_to(fn, count, BPF_ADD, ir_r(count), ir_i(1));
}

static void lower_join(struct lower *lw, const struct expr *call)
{
	struct lang_event event = plain_event(LANG_EVENT_JOIN);
	uint32_t stride = lw->cx->options.max_strlen;
	struct ir_function *fn = lw->fn;
	ir_label lost = ir_new_label(fn), end = ir_new_label(fn);
	struct ir_arg argv = lower_scalar(lw, call->args[0]);
	struct mem payload;
	ir_reg count;

	event.string = call->string;
	event.stride = stride;
	event.size = 8 + JOIN_MAX * stride;
	payload = reserve(lw, add_event(lw, event), event.size, lost);
	count = ir_mov(fn, ir_i(0));
	for (uint32_t i = 0; i < JOIN_MAX; i++)
		join_one(lw, call, payload, i, stride, argv, count, end);
	ir_place_label(fn, end);
	ir_store(fn, payload.base, payload.off, 8, ir_r(count));
	submit(lw, payload);
	ir_place_label(fn, lost);
}

void lower_event(struct lower *lw, const struct expr *call)
{
	switch (call->function) {
	case FUNCTION_PRINTF: formatted(lw, call, LANG_EVENT_PRINTF); break;
	case FUNCTION_CAT: formatted(lw, call, LANG_EVENT_CAT); break;
	case FUNCTION_SYSTEM: formatted(lw, call, LANG_EVENT_SYSTEM); break;
	case FUNCTION_PRINT: lower_print(lw, call); break;
	case FUNCTION_CLEAR: on_map(lw, call, LANG_EVENT_CLEAR); break;
	case FUNCTION_ZERO: on_map(lw, call, LANG_EVENT_ZERO); break;
	case FUNCTION_TIME: lower_time(lw, call); break;
	case FUNCTION_JOIN: lower_join(lw, call); break;
	case FUNCTION_EXIT: lower_exit(lw, call); break;
	default: break;
	}
}
