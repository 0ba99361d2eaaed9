// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Strings: bytes in memory up to a NUL. Those that are kept or compared have zeros
 * behind the NUL, so that equality is equality of bytes.
 */
#include <string.h>

#include "lang/ir/lower_internal.h"

#define COMM_SIZE 16

static bool is_literal(const struct expr *e)
{
	if (e->kind == EXPR_CALL && e->function == FUNCTION_STR && e->nargs == 1)
		return is_literal(e->args[0]);
	return (e->kind == EXPR_STRING || e->kind == EXPR_PARAM) && e->type.kind == TYPE_STRING;
}

static const struct expr *literal_of(const struct expr *e)
{
	return e->kind == EXPR_CALL ? literal_of(e->args[0]) : e;
}

static ir_reg read_string(struct lower *lw, struct mem to, struct ir_arg size, struct ir_arg from,
			  const struct expr *e, int helper)
{
	struct ir_arg args[] = {mem_addr(lw, to), size, from};
	ir_reg rc = ir_call(lw->fn, helper, 3, args);
	const char *what = e->name ? e->name : "string";
	uint32_t site = error_site(lw, LANG_RT_READ, e->loc, LANG_NONE, what);

	error_branch(lw, BPF_JSLT, ir_r(rc), ir_i(0), ir_r(rc), site, IR_NOREG, 0, IR_NOLABEL);
	return rc;
}

static int string_helper(bool is_user, bool is_known)
{
	if (!is_known)
		return BPF_FUNC_probe_read_str;
	return is_user ? BPF_FUNC_probe_read_user_str : BPF_FUNC_probe_read_kernel_str;
}

ir_reg string_read(struct lower *lw, struct mem to, struct ir_arg size, const struct expr *pointer)
{
	bool is_user, is_known;
	struct ir_arg from;

	if (pointer->type.kind == TYPE_ARRAY || pointer->type.kind == TYPE_RECORD) {
		from = lower_place_address(lw, pointer, &is_user, &is_known);
	} else {
		from = lower_scalar(lw, pointer);
		is_user = pointer->type.is_user || probe_pointers_are_user(lw);
		is_known = is_user || pointer->type.kind == TYPE_PTR;
	}
	return read_string(lw, to, size, from, pointer, string_helper(is_user, is_known));
}

/* min(length + 1, size): bytes to read for str(pointer, length). */
static struct ir_arg str_size(struct lower *lw, const struct expr *length, uint32_t size)
{
	struct ir_function *fn = lw->fn;
	ir_label fits = ir_new_label(fn);
	ir_reg r;

	if (length->is_const) {
		if (length->const_value < 0 || length->const_value >= (int64_t)size)
			return ir_i(size);
		return ir_i(length->const_value + 1);
	}
	r = ir_alu(fn, BPF_ADD, lower_scalar(lw, length), ir_i(1));
	ir_br(fn, BPF_JLE, ir_r(r), ir_i(size), fits);
	ir_mov_to(fn, r, ir_i(size));
	ir_place_label(fn, fits);
	return ir_r(r);
}

/* str(string, length): the string's beginning. */
static void cut_into(struct lower *lw, const struct expr *call, struct mem to, uint32_t size)
{
	const struct expr *length = call->args[1];
	struct value v;
	uint32_t n;

	if (length->is_const) {
		n = length->const_value < (int64_t)size ? (uint32_t)length->const_value : size;
		/* one more: the NUL that ends it may take a byte */
		string_into(lw, call->args[0], to, n < size ? n + 1 : size, true);
		if (n < size)
			mem_zero(lw, mem_at(to, (int32_t)n), size - n);
		return;
	}
	v = lower_expr(lw, call->args[0]);
	mem_zero(lw, to, size);
	if (v.in_memory)
		read_string(lw, to, str_size(lw, length, v.size < size ? v.size : size),
			    mem_addr(lw, v.mem), call, BPF_FUNC_probe_read_kernel_str);
}

static void str_into(struct lower *lw, const struct expr *call, struct mem to, uint32_t size,
		     bool padded)
{
	struct ir_arg bytes = ir_i(size);

	if (call->args[0]->type.kind == TYPE_STRING) {
		if (call->nargs > 1)
			cut_into(lw, call, to, size);
		else
			string_into(lw, call->args[0], to, size, padded);
		return;
	}
	if (padded)
		mem_zero(lw, to, size);
	if (call->nargs > 1)
		bytes = str_size(lw, call->args[1], size);
	string_read(lw, to, bytes, call->args[0]);
}

static void comm_into(struct lower *lw, struct mem to, uint32_t size)
{
	uint32_t n = size < COMM_SIZE ? size : COMM_SIZE;
	struct ir_arg args[] = {mem_addr(lw, to), ir_i(n)};

	/* Linux 6.0 and 6.1 leave what is behind the name as it was. */
	mem_zero(lw, to, size);
	ir_call_void(lw->fn, BPF_FUNC_get_current_comm, 2, args);
}

static void place_into(struct lower *lw, const struct expr *e, struct mem to, uint32_t size,
		       bool padded)
{
	bool is_user = false, is_known = true;
	struct ir_arg from;
	const struct lang_field *field = e->kind == EXPR_FIELD ? e->field : NULL;
	uint32_t bytes = size;

	if (padded)
		mem_zero(lw, to, size);
	if (field && (field->kind == LANG_FIELD_DATA_LOC || field->kind == LANG_FIELD_REL_LOC)) {
		from = ir_r(probe_data_loc(lw, field));
	} else {
		from = lower_place_address(lw, e, &is_user, &is_known);
		if (e->type.size < bytes)
			bytes = e->type.size;
	}
	read_string(lw, to, ir_i(bytes), from, e, string_helper(is_user, is_known));
}

static void copy_into(struct lower *lw, const struct expr *e, struct mem to, uint32_t size)
{
	struct value v = lower_expr(lw, e);
	uint32_t n = v.size < size ? v.size : size;

	if (!v.in_memory)
		return;
	mem_copy(lw, to, v.mem, n);
	if (n < size)
		mem_zero(lw, mem_at(to, (int32_t)n), size - n);
}

static void literal_into(struct lower *lw, const struct expr *e, struct mem to, uint32_t size)
{
	uint32_t length = e->length < size ? e->length : size - 1;

	mem_store_bytes(lw, to, e->text, length, size);
}

void string_into(struct lower *lw, const struct expr *e, struct mem to, uint32_t size, bool padded)
{
	if (is_literal(e))
		literal_into(lw, literal_of(e), to, size);
	else if (e->kind == EXPR_IDENT && e->builtin == BUILTIN_COMM)
		comm_into(lw, to, size);
	else if (e->kind == EXPR_CALL && e->function == FUNCTION_STR)
		str_into(lw, e, to, size, padded);
	else if (e->kind == EXPR_FIELD || e->kind == EXPR_INDEX)
		place_into(lw, e, to, size, padded);
	else
		copy_into(lw, e, to, size);
}

/* Compares @n bytes; on a difference jumps to @differ. */
static void compare_bytes(struct lower *lw, struct mem a, const struct mem *b, const char *literal,
			  uint32_t length, uint32_t n, ir_label differ)
{
	struct ir_function *fn = lw->fn;
	uint32_t done = 0;

	for (uint32_t width = 8; width; width /= 2)
		for (; n - done >= width; done += width) {
			ir_reg left =
				ir_load(fn, a.base, a.off + (int32_t)done, (uint8_t)width, false);
			struct ir_arg right;
			uint64_t v = 0;

			if (b) {
				right = ir_r(ir_load(fn, b->base, b->off + (int32_t)done,
						     (uint8_t)width, false));
			} else {
				if (done < length)
					memcpy(&v, literal + done,
					       length - done < width ? length - done : width);
				right = ir_i((int64_t)v);
			}
			ir_br(fn, BPF_JNE, ir_r(left), right, differ);
		}
}

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static void compare_literal(struct lower *lw, const struct expr *e, const struct expr *literal,
			    uint32_t limit, ir_label differ)
{
	struct value v = lower_expr(lw, e);
	uint32_t n = least(limit, literal->length + 1);

	/* A string of v.size bytes has its NUL inside them: a longer one is another. */
	if (n > v.size) {
		ir_jmp(lw->fn, differ);
		return;
	}
	compare_bytes(lw, v.mem, NULL, literal->text, literal->length, n, differ);
}

static void compare_memory(struct lower *lw, const struct expr *a, const struct expr *b,
			   uint32_t limit, ir_label differ)
{
	struct value va = lower_expr(lw, a), vb = lower_expr(lw, b);
	uint32_t n = least(limit, least(va.size, vb.size));
	struct value *longer = va.size > vb.size ? &va : &vb;

	compare_bytes(lw, va.mem, &vb.mem, NULL, 0, n, differ);
	/* The shorter one ended at the latest at its size: so must the longer one. */
	if (longer->size > n && limit > n) {
		ir_reg r =
			ir_load(lw->fn, longer->mem.base, longer->mem.off + (int32_t)n, 1, false);

		ir_br(lw->fn, BPF_JNE, ir_r(r), ir_i(0), differ);
	}
}

static bool literals_equal(const struct expr *a, const struct expr *b, uint32_t limit)
{
	uint32_t n = least(limit, (a->length > b->length ? a->length : b->length) + 1);

	for (uint32_t i = 0; i < n; i++) {
		char x = i < a->length ? a->text[i] : 0, y = i < b->length ? b->text[i] : 0;

		if (x != y)
			return false;
		if (!x)
			break;
	}
	return true;
}

void string_compare(struct lower *lw, const struct expr *a, const struct expr *b, uint32_t limit,
		    bool negate, ir_label no)
{
	ir_label differ = negate ? ir_new_label(lw->fn) : no;

	if (is_literal(a) && is_literal(b)) {
		if (literals_equal(literal_of(a), literal_of(b), limit) == negate)
			ir_jmp(lw->fn, no);
		if (negate)
			ir_place_label(lw->fn, differ);
		return;
	}
	if (is_literal(b))
		compare_literal(lw, a, literal_of(b), limit, differ);
	else if (is_literal(a))
		compare_literal(lw, b, literal_of(a), limit, differ);
	else
		compare_memory(lw, a, b, limit, differ);
	if (negate) {
		ir_jmp(lw->fn, no);
		ir_place_label(lw->fn, differ);
	}
}
