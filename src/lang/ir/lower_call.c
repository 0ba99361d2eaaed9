// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Functions that have a value in the program itself. */
#include "lang/ir/lower_internal.h"

#define AF_INET_NUMBER	2
#define AF_INET6_NUMBER 10

static struct value string_value(struct lower *lw, const struct expr *call)
{
	struct mem mem = mem_alloc(lw, call->type.size);

	string_into(lw, call, mem, call->type.size, true);
	return value_memory(mem, call->type.size);
}

/* The kernel's string reader tells the length, also of strings that are at hand. */
static struct value lower_strlen(struct lower *lw, const struct expr *call)
{
	const struct expr *s = call->args[0];
	struct ir_function *fn = lw->fn;
	struct mem tmp = mem_alloc(lw, s->type.size);
	ir_label end = ir_new_label(fn);
	ir_reg length, r = ir_mov(fn, ir_i(0));

	if (s->kind == EXPR_CALL && s->function == FUNCTION_STR && s->nargs == 1 &&
	    s->args[0]->type.kind != TYPE_STRING) {
		length = string_read(lw, tmp, ir_i(s->type.size), s->args[0]);
	} else {
		struct value v = lower_expr(lw, s);
		struct ir_arg args[] = {mem_addr(lw, tmp), ir_i(v.size), mem_addr(lw, v.mem)};

		length = ir_call(fn, BPF_FUNC_probe_read_kernel_str, 3, args);
	}
	ir_br(fn, BPF_JSLE, ir_r(length), ir_i(0), end);
	ir_alu_to(fn, r, BPF_SUB, ir_r(length), ir_i(1));
	ir_place_label(fn, end);
	return value_scalar(ir_r(r));
}

static struct value lower_strncmp(struct lower *lw, const struct expr *call)
{
	struct ir_function *fn = lw->fn;
	ir_reg r = ir_mov(fn, ir_i(1));
	ir_label differ = ir_new_label(fn);

	lw->conditional++;
	string_compare(lw, call->args[0], call->args[1], (uint32_t)call->args[2]->const_value,
		       false, differ);
	ir_mov_to(fn, r, ir_i(0));
	ir_place_label(fn, differ);
	lw->conditional--;
	return value_scalar(ir_r(r));
}

/* Copies @size bytes that an expression points to or is. */
static void copy_bytes(struct lower *lw, const struct expr *e, struct mem to, struct ir_arg size)
{
	bool is_user, is_known;
	struct ir_arg from;

	if (e->type.kind == TYPE_ARRAY || e->type.kind == TYPE_RECORD) {
		from = lower_place_address(lw, e, &is_user, &is_known);
	} else {
		from = lower_scalar(lw, e);
		is_user = e->type.is_user || probe_pointers_are_user(lw);
		is_known = is_user || e->type.kind == TYPE_PTR;
	}
	lower_probe_read(lw, to, size, from, e, is_user, is_known);
}

/* min(length, limit), in a form from which the verifier learns the limit. */
static struct ir_arg bounded(struct lower *lw, const struct expr *length, uint32_t limit)
{
	struct ir_function *fn = lw->fn;
	ir_label fits = ir_new_label(fn);
	ir_reg r;

	if (length->is_const)
		return ir_i(length->const_value > (int64_t)limit ? limit : length->const_value);
	r = ir_mov(fn, lower_scalar(lw, length));
	ir_br(fn, BPF_JLE, ir_r(r), ir_i(limit), fits);
	ir_mov_to(fn, r, ir_i(limit));
	ir_place_label(fn, fits);
	return ir_r(r);
}

static struct value lower_buf(struct lower *lw, const struct expr *call)
{
	const struct expr *data = call->args[0];
	uint32_t limit = call->type.size - 4;
	struct mem mem = mem_alloc(lw, call->type.size);
	struct ir_arg length = call->nargs > 1 ? bounded(lw, call->args[1], limit) : ir_i(limit);

	mem_zero(lw, mem, type_stored_size(call->type));
	ir_store(lw->fn, mem.base, mem.off, 4, length);
	if (data->type.kind == TYPE_STRING) {
		struct value v = lower_expr(lw, data);

		mem_copy(lw, mem_at(mem, 4), v.mem, v.size < limit ? v.size : limit);
	} else {
		copy_bytes(lw, data, mem_at(mem, 4), length);
	}
	return value_memory(mem, call->type.size);
}

static struct value lower_ntop(struct lower *lw, const struct expr *call)
{
	const struct expr *address = call->args[call->nargs - 1];
	bool is_memory = address->type.kind == TYPE_ARRAY || address->type.kind == TYPE_STRING;
	uint32_t bytes = address->type.kind == TYPE_ARRAY
				 ? address->type.elem_size * address->type.count
				 : address->type.size;
	struct ir_function *fn = lw->fn;
	struct mem mem = mem_alloc(lw, call->type.size);
	struct ir_arg family;

	mem_zero(lw, mem, type_stored_size(call->type));
	if (call->nargs > 1)
		family = lower_scalar(lw, call->args[0]);
	else
		family = ir_i(is_memory && bytes == 16 ? AF_INET6_NUMBER : AF_INET_NUMBER);
	ir_store(fn, mem.base, mem.off, 4, family);
	if (is_memory)
		copy_bytes(lw, address, mem_at(mem, 4), ir_i(bytes < 16 ? bytes : 16));
	else
		ir_store(fn, mem.base, mem.off + 4, 4, lower_scalar(lw, address));
	return value_memory(mem, call->type.size);
}

static struct value lower_delete(struct lower *lw, const struct expr *call)
{
	const struct expr *map = call->args[0];

	/* delete(@m, key) was made delete(@m[key]) by the checker */
	map_delete(lw, map->map, map->args);
	return value_scalar(ir_i(0));
}

struct value lower_call(struct lower *lw, const struct expr *call)
{
	switch (call->function) {
	case FUNCTION_STR: return string_value(lw, call);
	case FUNCTION_STRLEN: return lower_strlen(lw, call);
	case FUNCTION_STRNCMP: return lower_strncmp(lw, call);
	case FUNCTION_BUF: return lower_buf(lw, call);
	case FUNCTION_NTOP: return lower_ntop(lw, call);
	case FUNCTION_STRFTIME: return value_scalar(lower_scalar(lw, call->args[1]));
	case FUNCTION_HAS_KEY:
		return value_scalar(ir_r(map_has_key(lw, call->args[0]->map, call->args[0]->args)));
	case FUNCTION_LEN: return value_scalar(ir_r(map_count(lw, call->args[0]->map)));
	case FUNCTION_DELETE: return lower_delete(lw, call);
	default: lower_event(lw, call); return value_scalar(ir_i(0));
	}
}
