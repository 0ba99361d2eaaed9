// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Expressions. Integers, pointers and times are 64-bit values in registers or
 * constants; strings and structures are places in memory.
 */
#include <errno.h>

#include "lang/ir/lower_internal.h"

struct value value_scalar(struct ir_arg arg)
{
	return (struct value){.arg = arg};
}

struct value value_memory(struct mem mem, uint32_t size)
{
	return (struct value){.in_memory = true, .mem = mem, .size = size};
}

bool type_is_unsigned64(const struct expr *e)
{
	if (e->type.kind == TYPE_PTR)
		return true;
	return e->type.kind == TYPE_INT && !e->type.is_signed && e->type.size == 8;
}

/* Known to be at least 0 when read as a signed number? */
static bool is_non_negative(const struct expr *e)
{
	if (e->is_const)
		return e->const_value >= 0;
	return e->type.kind == TYPE_INT && !e->type.is_signed && e->type.size < 8;
}

bool expr_has_effect(const struct expr *e)
{
	if (!e)
		return false;
	if (e->kind == EXPR_INCDEC || (e->kind == EXPR_CALL && e->function == FUNCTION_DELETE))
		return true;
	for (uint32_t i = 0; i < e->nargs; i++)
		if (expr_has_effect(e->args[i]))
			return true;
	return expr_has_effect(e->cond) || expr_has_effect(e->left) || expr_has_effect(e->right);
}

void lower_probe_read(struct lower *lw, struct mem to, struct ir_arg size, struct ir_arg from,
		      const struct expr *e, bool is_user, bool is_known)
{
	int helper = !is_known ? BPF_FUNC_probe_read
		     : is_user ? BPF_FUNC_probe_read_user
			       : BPF_FUNC_probe_read_kernel;
	struct ir_arg args[] = {mem_addr(lw, to), size, from};
	ir_reg rc = ir_call(lw->fn, helper, 3, args);
	uint32_t site = error_site(lw, LANG_RT_READ, e->loc, LANG_NONE, e->name ? e->name : "*");

	error_branch(lw, BPF_JNE, ir_r(rc), ir_i(0), ir_r(rc), site, IR_NOREG, 0, IR_NOLABEL);
}

/* Where bytes of a structure or array are, and in whose memory. */
struct address {
	struct ir_arg base;
	int64_t off;
	bool in_ctx; /* base is the context: read directly */
	bool is_user;
	bool is_known; /* is_user says where; else the address tells */
};

static struct address expr_address(struct lower *lw, const struct expr *e);

static struct address pointer_address(struct lower *lw, const struct expr *pointer)
{
	return (struct address){
		.base = lower_scalar(lw, pointer),
		.is_user = pointer->type.is_user || probe_pointers_are_user(lw),
		.is_known = pointer->type.kind == TYPE_PTR || probe_pointers_are_user(lw),
	};
}

static struct address field_address(struct lower *lw, const struct expr *e)
{
	struct address at;

	if (e->field)
		return (struct address){.base = ir_r(lw->ctx),
					.off = e->field->offset,
					.in_ctx = true,
					.is_known = true};
	at = e->left->type.kind == TYPE_PTR ? pointer_address(lw, e->left)
					    : expr_address(lw, e->left);
	at.off += e->offset;
	return at;
}

static uint32_t element_size(const struct expr *array)
{
	return array->type.elem_size ? array->type.elem_size : 1;
}

static struct address index_address(struct lower *lw, const struct expr *e)
{
	struct address at = e->left->type.kind == TYPE_PTR ? pointer_address(lw, e->left)
							   : expr_address(lw, e->left);
	uint32_t size = element_size(e->left);
	struct ir_arg index;

	if (e->right->is_const) {
		at.off += e->right->const_value * size;
		return at;
	}
	index = lower_scalar(lw, e->right);
	index = ir_r(ir_alu(lw->fn, BPF_MUL, index, ir_i(size)));
	at.base = ir_r(ir_alu(lw->fn, BPF_ADD, at.base, index));
	return at;
}

static struct address expr_address(struct lower *lw, const struct expr *e)
{
	if (e->kind == EXPR_FIELD)
		return field_address(lw, e);
	if (e->kind == EXPR_INDEX)
		return index_address(lw, e);
	if (e->kind == EXPR_UNARY && e->op == OP_DEREF)
		return pointer_address(lw, e->left);
	if (e->kind == EXPR_CAST)
		return expr_address(lw, e->left);
	return pointer_address(lw, e);
}

static struct ir_arg address_arg(struct lower *lw, struct address at)
{
	if (!at.off)
		return at.base;
	return ir_r(ir_alu(lw->fn, BPF_ADD, at.base, ir_i(at.off)));
}

static ir_reg cut_bitfield(struct lower *lw, ir_reg r, const struct expr *e)
{
	struct ir_function *fn = lw->fn;
	uint32_t left = 64 - e->bit_offset - e->bit_size;

	r = ir_alu(fn, BPF_LSH, ir_r(r), ir_i(left));
	return ir_alu(fn, e->type.is_signed ? BPF_ARSH : BPF_RSH, ir_r(r), ir_i(64 - e->bit_size));
}

/* Bytes that hold the bitfield, from e->offset on. */
static uint32_t bitfield_bytes(const struct expr *e)
{
	uint32_t bytes = (e->bit_offset + e->bit_size + 7) / 8;

	return bytes <= 1 ? 1 : bytes <= 2 ? 2 : bytes <= 4 ? 4 : 8;
}

static struct value load_scalar(struct lower *lw, const struct expr *e, struct address at)
{
	uint32_t size = e->bit_size		   ? bitfield_bytes(e)
			: e->type.kind == TYPE_INT ? e->type.size
						   : 8;
	bool sign = e->type.is_signed && !e->bit_size;
	struct mem tmp;
	ir_reg r;

	if (at.in_ctx && at.base.reg == lw->ctx) {
		r = ir_load(lw->fn, lw->ctx, (int32_t)at.off, (uint8_t)size, sign);
	} else {
		tmp = mem_alloc(lw, 8);
		lower_probe_read(lw, tmp, ir_i(size), address_arg(lw, at), e, at.is_user,
				 at.is_known);
		r = ir_load(lw->fn, tmp.base, tmp.off, (uint8_t)size, sign);
	}
	if (e->bit_size)
		r = cut_bitfield(lw, r, e);
	return value_scalar(ir_r(r));
}

/* A member, element or pointee. */
static struct value load_place(struct lower *lw, const struct expr *e)
{
	struct address at;
	struct mem tmp;

	if (e->kind == EXPR_FIELD && e->field && type_is_scalar(e->type.kind))
		return probe_field(lw, e);
	if (e->type.kind == TYPE_STRING) {
		tmp = mem_alloc(lw, e->type.size);
		string_into(lw, e, tmp, e->type.size, true);
		return value_memory(tmp, e->type.size);
	}
	at = expr_address(lw, e);
	if (type_is_scalar(e->type.kind))
		return load_scalar(lw, e, at);
	tmp = mem_alloc(lw, e->type.size);
	lower_probe_read(lw, tmp, ir_i(e->type.size), address_arg(lw, at), e, at.is_user,
			 at.is_known);
	return value_memory(tmp, e->type.size);
}

/* The address of a structure's or array's bytes, as an argument for a reading helper. */
struct ir_arg lower_place_address(struct lower *lw, const struct expr *e, bool *is_user,
				  bool *is_known)
{
	struct address at = expr_address(lw, e);

	*is_user = at.is_user;
	*is_known = at.is_known;
	return address_arg(lw, at);
}

static uint8_t alu_of(enum expr_op op)
{
	switch (op) {
	case OP_ADD: return BPF_ADD;
	case OP_SUB: return BPF_SUB;
	case OP_MUL: return BPF_MUL;
	case OP_DIV: return BPF_DIV;
	case OP_MOD: return BPF_MOD;
	case OP_AND: return BPF_AND;
	case OP_OR: return BPF_OR;
	case OP_XOR: return BPF_XOR;
	case OP_SHL: return BPF_LSH;
	default: return BPF_RSH;
	}
}

/* dst = |a|; for division, which BPF of 5.10 has for unsigned numbers only. */
static ir_reg absolute(struct lower *lw, struct ir_arg a)
{
	ir_reg r = ir_mov(lw->fn, a);
	ir_label positive = ir_new_label(lw->fn);

	ir_br(lw->fn, BPF_JSGE, ir_r(r), ir_i(0), positive);
	ir_mov_to(lw->fn, r, ir_r(ir_neg(lw->fn, ir_r(r))));
	ir_place_label(lw->fn, positive);
	return r;
}

/* C's rules: the quotient is cut towards zero, the remainder has the dividend's sign. */
static void signed_division(struct lower *lw, ir_reg dst, uint8_t alu, struct ir_arg a,
			    struct ir_arg b)
{
	struct ir_function *fn = lw->fn;
	ir_reg sign = alu == BPF_MOD ? ir_mov(fn, a) : ir_alu(fn, BPF_XOR, a, b);
	ir_label positive = ir_new_label(fn);

	ir_alu_to(fn, dst, alu, ir_r(absolute(lw, a)), ir_r(absolute(lw, b)));
	ir_br(fn, BPF_JSGE, ir_r(sign), ir_i(0), positive);
	ir_mov_to(fn, dst, ir_r(ir_neg(fn, ir_r(dst))));
	ir_place_label(fn, positive);
}

static struct ir_arg division(struct lower *lw, uint8_t alu, struct ir_arg a, struct ir_arg b,
			      bool is_unsigned, struct lang_loc loc)
{
	struct ir_function *fn = lw->fn;
	ir_reg dst = ir_new_reg(fn);
	ir_label done = ir_new_label(fn);

	if (b.reg != IR_NOREG) {
		uint32_t site = error_site(lw, LANG_RT_DIV_ZERO, loc, LANG_NONE,
					   alu == BPF_DIV ? "/" : "%");

		error_branch(lw, BPF_JEQ, b, ir_i(0), ir_i(-EDOM), site, dst, 1, done);
	}
	if (is_unsigned)
		ir_alu_to(fn, dst, alu, a, b);
	else
		signed_division(lw, dst, alu, a, b);
	ir_place_label(fn, done);
	return ir_r(dst);
}

struct ir_arg lower_arith(struct lower *lw, enum expr_op op, struct ir_arg a, struct ir_arg b,
			  bool is_unsigned, struct lang_loc loc)
{
	if (op == OP_DIV || op == OP_MOD)
		return division(lw, alu_of(op), a, b, is_unsigned, loc);
	if (op == OP_SHR && !is_unsigned)
		return ir_r(ir_alu(lw->fn, BPF_ARSH, a, b));
	return ir_r(ir_alu(lw->fn, alu_of(op), a, b));
}

static bool is_comparison(enum expr_op op)
{
	return op >= OP_EQ && op <= OP_GE;
}

static bool is_logical(const struct expr *e)
{
	if (e->kind == EXPR_UNARY)
		return e->op == OP_NOT;
	return e->kind == EXPR_BINARY &&
	       (is_comparison(e->op) || e->op == OP_LAND || e->op == OP_LOR);
}

/* 1 or 0. */
static struct value truth(struct lower *lw, const struct expr *e)
{
	struct ir_function *fn = lw->fn;
	ir_reg r = ir_mov(fn, ir_i(0));
	ir_label no = ir_new_label(fn);

	lw->conditional++;
	lower_condition(lw, e, no);
	ir_mov_to(fn, r, ir_i(1));
	ir_place_label(fn, no);
	lw->conditional--;
	return value_scalar(ir_r(r));
}

static bool binary_is_unsigned(const struct expr *e)
{
	if (e->op == OP_SHR)
		return !e->left->type.is_signed;
	if (e->op == OP_DIV || e->op == OP_MOD)
		return type_is_unsigned64(e->left) || type_is_unsigned64(e->right) ||
		       (is_non_negative(e->left) && is_non_negative(e->right));
	return type_is_unsigned64(e->left) || type_is_unsigned64(e->right);
}

static struct value binary(struct lower *lw, const struct expr *e)
{
	struct ir_arg a, b;

	if (is_logical(e))
		return truth(lw, e);
	a = lower_scalar(lw, e->left);
	b = lower_scalar(lw, e->right);
	/* Pointers count in elements. */
	if (e->left->type.kind == TYPE_PTR && (e->op == OP_ADD || e->op == OP_SUB) &&
	    e->right->type.kind != TYPE_PTR && e->left->type.elem_size > 1)
		b = ir_r(ir_alu(lw->fn, BPF_MUL, b, ir_i(e->left->type.elem_size)));
	return value_scalar(lower_arith(lw, e->op, a, b, binary_is_unsigned(e), e->loc));
}

static struct value unary(struct lower *lw, const struct expr *e)
{
	struct ir_arg a;

	if (e->op == OP_DEREF)
		return load_place(lw, e);
	if (e->op == OP_NOT)
		return truth(lw, e);
	a = lower_scalar(lw, e->left);
	if (e->op == OP_NEG)
		return value_scalar(ir_r(ir_neg(lw->fn, a)));
	return value_scalar(ir_r(ir_alu(lw->fn, BPF_XOR, a, ir_i(-1))));
}

static struct value ternary(struct lower *lw, const struct expr *e)
{
	struct ir_function *fn = lw->fn;
	ir_label no = ir_new_label(fn), end = ir_new_label(fn);
	bool scalar = type_is_scalar(e->type.kind);
	bool has_value = e->type.kind != TYPE_VOID;
	ir_reg r = ir_new_reg(fn);
	struct mem mem = {0};

	if (!scalar && has_value)
		mem = mem_alloc(lw, e->type.size);
	lower_condition(lw, e->cond, no);
	lw->conditional++;
	if (scalar)
		ir_mov_to(fn, r, lower_scalar(lw, e->left));
	else if (has_value)
		lower_into(lw, e->left, e->type, mem, true);
	else
		lower_expr(lw, e->left);
	ir_jmp(fn, end);
	ir_place_label(fn, no);
	if (scalar)
		ir_mov_to(fn, r, lower_scalar(lw, e->right));
	else if (has_value)
		lower_into(lw, e->right, e->type, mem, true);
	else
		lower_expr(lw, e->right);
	ir_place_label(fn, end);
	lw->conditional--;
	return scalar ? value_scalar(ir_r(r)) : value_memory(mem, e->type.size);
}

static struct value cast(struct lower *lw, const struct expr *e)
{
	struct value v;

	if (!type_is_scalar(e->type.kind) || !type_is_scalar(e->left->type.kind))
		return lower_expr(lw, e->left);
	v = lower_expr(lw, e->left);
	if (e->type.kind == TYPE_INT && e->type.size < 8)
		return value_scalar(
			ir_r(ir_ext(lw->fn, v.arg, (uint8_t)e->type.size, e->type.is_signed)));
	return v;
}

static ir_reg helper_word(struct lower *lw, int helper)
{
	return ir_call(lw->fn, helper, 0, NULL);
}

ir_reg call_pid_tgid(struct lower *lw)
{
	ir_reg r;

	if (lw->pid_tgid != IR_NOREG)
		return lw->pid_tgid;
	r = helper_word(lw, BPF_FUNC_get_current_pid_tgid);
	if (!lw->conditional)
		lw->pid_tgid = r;
	return r;
}

static ir_reg call_uid_gid(struct lower *lw)
{
	ir_reg r;

	if (lw->uid_gid != IR_NOREG)
		return lw->uid_gid;
	r = helper_word(lw, BPF_FUNC_get_current_uid_gid);
	if (!lw->conditional)
		lw->uid_gid = r;
	return r;
}

static ir_reg nsecs(struct lower *lw)
{
	const struct lang_world *world = lw->cx->world;

	/* Asked only by scripts that need it: the answer may cost loading a program. */
	if (!lw->clock_known)
		lw->plan->boot_clock = world->feature(world->ctx, LANG_FEAT_KTIME_BOOT);
	lw->clock_known = true;
	return helper_word(lw, lw->plan->boot_clock ? BPF_FUNC_ktime_get_boot_ns
						    : BPF_FUNC_ktime_get_ns);
}

static ir_reg elapsed(struct lower *lw)
{
	ir_reg now = nsecs(lw), start;

	if (lw->plan->start_offset == LANG_NONE) {
		lw->plan->start_offset = lw->globals_size;
		lw->globals_size += 8;
	}
	start = ir_map_value(lw->fn, lw->plan->globals, (int32_t)lw->plan->start_offset);
	start = ir_load(lw->fn, start, 0, 8, false);
	return ir_alu(lw->fn, BPF_SUB, ir_r(now), ir_r(start));
}

/* `probe` and `func`: an index of the plan's tables of names. */
static struct ir_arg probe_index(struct lower *lw)
{
	if (lw->probe_base == LANG_NONE)
		return ir_i(lw->probe->id);
	return ir_r(ir_alu(lw->fn, BPF_ADD, ir_r(lw->syscall_nr), ir_i(lw->probe_base)));
}

static struct value builtin(struct lower *lw, const struct expr *e)
{
	struct ir_function *fn = lw->fn;
	struct mem mem;

	switch (e->builtin) {
	case BUILTIN_PID:
		return value_scalar(ir_r(ir_alu(fn, BPF_RSH, ir_r(call_pid_tgid(lw)), ir_i(32))));
	case BUILTIN_TID: return value_scalar(ir_r(ir_ext(fn, ir_r(call_pid_tgid(lw)), 4, false)));
	case BUILTIN_UID: return value_scalar(ir_r(ir_ext(fn, ir_r(call_uid_gid(lw)), 4, false)));
	case BUILTIN_GID:
		return value_scalar(ir_r(ir_alu(fn, BPF_RSH, ir_r(call_uid_gid(lw)), ir_i(32))));
	case BUILTIN_NSECS: return value_scalar(ir_r(nsecs(lw)));
	case BUILTIN_ELAPSED: return value_scalar(ir_r(elapsed(lw)));
	case BUILTIN_CPU: return value_scalar(ir_r(helper_word(lw, BPF_FUNC_get_smp_processor_id)));
	case BUILTIN_NCPUS: return value_scalar(ir_i(lw->cx->options.ncpus));
	case BUILTIN_CGROUP:
		return value_scalar(ir_r(helper_word(lw, BPF_FUNC_get_current_cgroup_id)));
	case BUILTIN_CURTASK: return value_scalar(ir_r(helper_word(lw, BPF_FUNC_get_current_task)));
	case BUILTIN_RAND: return value_scalar(ir_r(helper_word(lw, BPF_FUNC_get_prandom_u32)));
	case BUILTIN_CPID: return value_scalar(ir_i(lw->cx->options.cpid));
	case BUILTIN_ARGN: return value_scalar(ir_r(probe_argument(lw, e->builtin_arg, e->loc)));
	case BUILTIN_RETVAL: {
		ir_reg r = probe_retval(lw);

		if (e->type.kind == TYPE_INT && e->type.size < 8)
			r = ir_ext(fn, ir_r(r), (uint8_t)e->type.size, e->type.is_signed);
		return value_scalar(ir_r(r));
	}
	case BUILTIN_PROBE:
	case BUILTIN_FUNC: return value_scalar(probe_index(lw));
	case BUILTIN_COMM:
		mem = mem_alloc(lw, e->type.size);
		string_into(lw, e, mem, e->type.size, true);
		return value_memory(mem, e->type.size);
	default: return value_scalar(ir_i(0)); /* args alone: refused by the checker */
	}
}

static struct value variable(const struct expr *e)
{
	const struct var_def *var = e->var;

	if (type_is_scalar(var->type.kind))
		return value_scalar(ir_r(var->reg));
	return value_memory((struct mem){.base = var->reg, .off = (int32_t)var->memory},
			    var->type.size);
}

static struct value incdec(struct lower *lw, const struct expr *e)
{
	struct ir_function *fn = lw->fn;
	ir_reg var, old;

	if (e->left->kind == EXPR_MAP)
		return map_incdec(lw, e);
	var = e->left->var->reg;
	old = e->is_prefix ? IR_NOREG : ir_mov(fn, ir_r(var));
	ir_alu_to(fn, var, e->op == OP_ADD ? BPF_ADD : BPF_SUB, ir_r(var), ir_i(1));
	/* The variable may change again before the value is used: hand out a copy. */
	return value_scalar(ir_r(e->is_prefix ? ir_mov(fn, ir_r(var)) : old));
}

struct value lower_expr(struct lower *lw, const struct expr *e)
{
	struct mem mem;

	if (e->is_const && e->type.kind == TYPE_INT && !expr_has_effect(e))
		return value_scalar(ir_i(e->const_value));
	switch (e->kind) {
	case EXPR_INT:
	case EXPR_NPARAMS: return value_scalar(ir_i((int64_t)e->value));
	case EXPR_STRING:
	case EXPR_PARAM:
		if (e->type.kind != TYPE_STRING)
			return value_scalar(ir_i((int64_t)e->value));
		mem = mem_alloc(lw, e->type.size);
		string_into(lw, e, mem, e->type.size, true);
		return value_memory(mem, e->type.size);
	case EXPR_IDENT: return builtin(lw, e);
	case EXPR_VAR: return variable(e);
	case EXPR_MAP: return map_read(lw, e);
	case EXPR_FIELD:
	case EXPR_INDEX: return load_place(lw, e);
	case EXPR_UNARY: return unary(lw, e);
	case EXPR_BINARY: return binary(lw, e);
	case EXPR_TERNARY: return ternary(lw, e);
	case EXPR_INCDEC: return incdec(lw, e);
	case EXPR_CALL: return lower_call(lw, e);
	case EXPR_CAST: return cast(lw, e);
	}
	return value_scalar(ir_i(0));
}

struct ir_arg lower_scalar(struct lower *lw, const struct expr *e)
{
	struct value v = lower_expr(lw, e);

	/* Integers read from a small array (e.g. an address) are its first bytes. */
	if (v.in_memory)
		return ir_r(ir_load(lw->fn, v.mem.base, v.mem.off, v.size >= 8 ? 8 : 4, false));
	return v.arg;
}

static uint8_t condition_code(enum expr_op op, bool is_unsigned)
{
	switch (op) {
	case OP_EQ: return BPF_JEQ;
	case OP_NE: return BPF_JNE;
	case OP_LT: return is_unsigned ? BPF_JLT : BPF_JSLT;
	case OP_LE: return is_unsigned ? BPF_JLE : BPF_JSLE;
	case OP_GT: return is_unsigned ? BPF_JGT : BPF_JSGT;
	default: return is_unsigned ? BPF_JGE : BPF_JSGE;
	}
}

static enum expr_op opposite(enum expr_op op)
{
	switch (op) {
	case OP_EQ: return OP_NE;
	case OP_NE: return OP_EQ;
	case OP_LT: return OP_GE;
	case OP_LE: return OP_GT;
	case OP_GT: return OP_LE;
	default: return OP_LT;
	}
}

static void compare(struct lower *lw, const struct expr *e, bool negate, ir_label target)
{
	enum expr_op op = negate ? opposite(e->op) : e->op;
	bool is_unsigned = type_is_unsigned64(e->left) || type_is_unsigned64(e->right);
	struct ir_arg a, b;

	if (e->left->type.kind == TYPE_STRING) {
		/* string_compare() jumps when they differ, or when equal with negate. */
		string_compare(lw, e->left, e->right, UINT32_MAX, (e->op == OP_EQ) != negate,
			       target);
		return;
	}
	a = lower_scalar(lw, e->left);
	b = lower_scalar(lw, e->right);
	ir_br(lw->fn, condition_code(op, is_unsigned), a, b, target);
}

/* Jumps to @target when the truth of @e is @when. */
static void branch(struct lower *lw, const struct expr *e, bool when, ir_label target)
{
	ir_label skip;

	if (e->kind == EXPR_UNARY && e->op == OP_NOT) {
		branch(lw, e->left, !when, target);
		return;
	}
	if (e->kind == EXPR_BINARY && (e->op == OP_LAND || e->op == OP_LOR)) {
		bool both = (e->op == OP_LAND) == when;

		skip = ir_new_label(lw->fn);
		branch(lw, e->left, both ? !when : when, both ? skip : target);
		lw->conditional++;
		branch(lw, e->right, when, target);
		lw->conditional--;
		ir_place_label(lw->fn, skip);
		return;
	}
	if (e->kind == EXPR_BINARY && is_comparison(e->op)) {
		compare(lw, e, !when, target);
		return;
	}
	ir_br(lw->fn, when ? BPF_JNE : BPF_JEQ, lower_scalar(lw, e), ir_i(0), target);
}

void lower_condition(struct lower *lw, const struct expr *e, ir_label no)
{
	branch(lw, e, false, no);
}

void lower_into(struct lower *lw, const struct expr *e, struct type type, struct mem to,
		bool padded)
{
	uint32_t size = type_stored_size(type);
	struct value v;

	if (type.kind == TYPE_STRING) {
		string_into(lw, e, to, type.size, padded);
		if (padded && size > type.size)
			mem_zero(lw, mem_at(to, (int32_t)type.size), size - type.size);
		return;
	}
	v = lower_expr(lw, e);
	if (!v.in_memory) {
		ir_store(lw->fn, to.base, to.off, 8, v.arg);
		return;
	}
	mem_copy(lw, to, v.mem, v.size < type.size ? v.size : type.size);
	if (padded && size > v.size)
		mem_zero(lw, mem_at(to, (int32_t)v.size), size - v.size);
}
