// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Operators and the folding of constants.
 *
 * Integers are promoted to 64 bits, signed, except where one side is unsigned and 64 bits wide
 * already: C's rule one size up. Folding computes as the program would: modulo 2^64, shifts by the
 * low six bits.
 */
#include "lang/check/checker.h"
#include "lang/syntax/parser.h"

bool check_is_unsigned(struct type a, struct type b)
{
	return (a.kind == TYPE_INT && a.size == 8 && !a.is_signed) ||
	       (b.kind == TYPE_INT && b.size == 8 && !b.is_signed) || a.kind == TYPE_PTR ||
	       b.kind == TYPE_PTR;
}

static bool is_comparison(enum expr_op op)
{
	return op >= OP_EQ && op <= OP_GE;
}

static bool is_number(const struct expr *e)
{
	return e->type.kind == TYPE_INT || e->type.kind == TYPE_PTR;
}

static uint64_t shift(enum expr_op op, uint64_t a, uint64_t b, bool is_unsigned)
{
	b &= 63;
	if (op == OP_SHL)
		return a << b;
	return is_unsigned ? a >> b : (uint64_t)((int64_t)a >> b);
}

static uint64_t divide(enum expr_op op, uint64_t a, uint64_t b, bool is_unsigned)
{
	if (is_unsigned)
		return op == OP_DIV ? a / b : a % b;
	if ((int64_t)b == -1) /* the only quotient that may overflow */
		return op == OP_DIV ? -a : 0;
	return (uint64_t)(op == OP_DIV ? (int64_t)a / (int64_t)b : (int64_t)a % (int64_t)b);
}

static bool compare(enum expr_op op, uint64_t a, uint64_t b, bool is_unsigned)
{
	bool less = is_unsigned ? a < b : (int64_t)a < (int64_t)b;

	switch (op) {
	case OP_EQ: return a == b;
	case OP_NE: return a != b;
	case OP_LT: return less;
	case OP_LE: return less || a == b;
	case OP_GT: return !less && a != b;
	default: return !less;
	}
}

/* Both sides are constants; the divisor is not 0. */
static uint64_t fold(enum expr_op op, uint64_t a, uint64_t b, bool is_unsigned)
{
	switch (op) {
	case OP_ADD: return a + b;
	case OP_SUB: return a - b;
	case OP_MUL: return a * b;
	case OP_DIV:
	case OP_MOD: return divide(op, a, b, is_unsigned);
	case OP_AND: return a & b;
	case OP_OR: return a | b;
	case OP_XOR: return a ^ b;
	case OP_SHL:
	case OP_SHR: return shift(op, a, b, is_unsigned);
	case OP_LAND: return a && b;
	case OP_LOR: return a || b;
	default: return compare(op, a, b, is_unsigned);
	}
}

static struct type promoted(struct type type)
{
	return type.kind == TYPE_INT && type.size < 8 ? type_int(8, true) : type;
}

static bool may_be_negative(const struct expr *e)
{
	return e->type.kind == TYPE_INT && e->type.is_signed &&
	       (!e->is_const || e->const_value < 0);
}

/* Orderings that mix signs, or ask what an unsigned number can never be. */
static void warn_sign(struct checker *ck, const struct expr *e)
{
	const struct expr *l = e->left, *r = e->right;

	if (l->type.kind != TYPE_INT || r->type.kind != TYPE_INT || e->op == OP_EQ ||
	    e->op == OP_NE || !check_is_unsigned(l->type, r->type))
		return;
	if (may_be_negative(l) || may_be_negative(r))
		lang_error(ck->cx, e->loc, LANG_E_SIGN_COMPARE, TYPE_TEXT(l->type),
			   expr_op_text(e->op), TYPE_TEXT(r->type));
	else if (r->is_const && !r->const_value && !l->is_const && e->op == OP_LT)
		lang_error(ck->cx, e->loc, LANG_E_NEVER_NEGATIVE, TYPE_TEXT(l->type));
}

static void operand_error(struct checker *ck, struct expr *e)
{
	lang_error(ck->cx, e->loc, LANG_E_OPERANDS, expr_op_text(e->op), TYPE_TEXT(e->left->type),
		   TYPE_TEXT(e->right->type));
	if (e->left->type.kind == TYPE_STRING && e->right->type.kind == TYPE_STRING)
		lang_hint(ck->cx, "strings can be compared by ==, != and strncmp()");
	else if (e->left->type.kind == TYPE_STRING || e->right->type.kind == TYPE_STRING)
		lang_hint(ck->cx, "str(pointer) is the string that a pointer points to");
}

/* Pointers: compare, step by an integer, mask. */
static bool check_pointer_op(struct expr *e)
{
	bool left = e->left->type.kind == TYPE_PTR, right = e->right->type.kind == TYPE_PTR;

	switch (e->op) {
	case OP_ADD:
		if (left && right)
			return false;
		e->type = left ? e->left->type : e->right->type;
		return true;
	case OP_SUB:
		if (!left || right)
			return false;
		e->type = e->left->type;
		return true;
	case OP_AND:
	case OP_OR:
	case OP_XOR:
	case OP_SHL:
	case OP_SHR: e->type = type_int(8, false); return true;
	default: return false;
	}
}

static bool check_division(struct checker *ck, const struct expr *e)
{
	if ((e->op != OP_DIV && e->op != OP_MOD) || !e->right->is_const || e->right->const_value)
		return true;
	lang_error(ck->cx, e->loc, LANG_E_DIV_ZERO, expr_op_text(e->op));
	return false;
}

static void check_shift(struct checker *ck, const struct expr *e)
{
	if (e->right->is_const && (e->right->const_value < 0 || e->right->const_value > 63))
		lang_error(ck->cx, e->right->loc, LANG_E_SHIFT_RANGE,
			   (long long)e->right->const_value);
}

static void check_arithmetic(struct checker *ck, struct expr *e)
{
	struct expr *l = e->left, *r = e->right;
	bool is_unsigned;

	if (!is_number(l) || !is_number(r)) {
		operand_error(ck, e);
		return;
	}
	if (l->type.kind == TYPE_PTR || r->type.kind == TYPE_PTR) {
		if (!check_pointer_op(e))
			operand_error(ck, e);
		return;
	}
	if (!check_division(ck, e))
		return;
	is_unsigned = check_is_unsigned(l->type, r->type);
	if (e->op == OP_SHL || e->op == OP_SHR) {
		check_shift(ck, e);
		is_unsigned = check_is_unsigned(l->type, l->type);
	}
	e->type = type_int(8, !is_unsigned);
	if (l->is_const && r->is_const)
		check_set_const(e, (int64_t)fold(e->op, (uint64_t)l->const_value,
						 (uint64_t)r->const_value, is_unsigned));
}

static void check_comparison(struct checker *ck, struct expr *e)
{
	struct expr *l = e->left, *r = e->right;

	e->type = type_int(8, true);
	if (l->type.kind == TYPE_STRING && r->type.kind == TYPE_STRING &&
	    (e->op == OP_EQ || e->op == OP_NE))
		return;
	if (!is_number(l) || !is_number(r)) {
		operand_error(ck, e);
		return;
	}
	warn_sign(ck, e);
	if (l->is_const && r->is_const)
		check_set_const(e, (int64_t)fold(e->op, (uint64_t)l->const_value,
						 (uint64_t)r->const_value,
						 check_is_unsigned(l->type, r->type)));
}

void check_binary(struct checker *ck, struct expr *e)
{
	struct expr *l = e->left, *r = e->right;

	if (e->op == OP_LAND || e->op == OP_LOR) {
		check_condition(ck, l);
		check_condition(ck, r);
		e->type = type_int(8, true);
		if (l->is_const && r->is_const)
			check_set_const(e, (int64_t)fold(e->op, (uint64_t)l->const_value,
							 (uint64_t)r->const_value, false));
		return;
	}
	check_value(ck, l);
	check_value(ck, r);
	if (l->type.kind == TYPE_UNKNOWN || r->type.kind == TYPE_UNKNOWN) {
		if (is_comparison(e->op))
			e->type = type_int(8, true);
		return;
	}
	if (is_comparison(e->op))
		check_comparison(ck, e);
	else
		check_arithmetic(ck, e);
}

void check_unary(struct checker *ck, struct expr *e)
{
	struct expr *of = e->left;
	uint64_t value;

	if (e->op == OP_NOT) {
		check_condition(ck, of);
		e->type = type_int(8, true);
		if (of->is_const)
			check_set_const(e, !of->const_value);
		return;
	}
	check_value(ck, of);
	if (of->type.kind == TYPE_UNKNOWN)
		return;
	if (of->type.kind != TYPE_INT) {
		lang_error(ck->cx, e->loc, LANG_E_OPERAND, expr_op_text(e->op),
			   TYPE_TEXT(of->type));
		return;
	}
	e->type = e->op == OP_NEG ? type_int(8, true) : promoted(of->type);
	value = (uint64_t)of->const_value;
	if (of->is_const)
		check_set_const(e, (int64_t)(e->op == OP_NEG ? -value : ~value));
}

/* Both branches are known and may be of one type. */
static void check_branches(struct checker *ck, struct expr *e)
{
	struct type l = e->left->type, r = e->right->type;

	if (l.kind == TYPE_INT && r.kind == TYPE_INT) {
		e->type = type_int(8, !check_is_unsigned(l, r));
	} else if (l.kind == r.kind) {
		e->type = l;
		e->type.in_ctx = false;
		if (r.size > l.size)
			e->type.size = r.size;
	} else {
		lang_error(ck->cx, e->loc, LANG_E_BRANCHES, TYPE_TEXT(l), TYPE_TEXT(r));
	}
}

void check_ternary(struct checker *ck, struct expr *e)
{
	struct type l, r;

	check_condition(ck, e->cond);
	check_expr(ck, e->left);
	check_expr(ck, e->right);
	l = e->left->type;
	r = e->right->type;
	if (l.kind == TYPE_UNKNOWN || r.kind == TYPE_UNKNOWN)
		return;
	if ((!type_is_storable(l.kind) && l.kind != TYPE_VOID) ||
	    (!type_is_storable(r.kind) && r.kind != TYPE_VOID)) {
		lang_error(ck->cx, e->loc, LANG_E_BRANCHES, TYPE_TEXT(l), TYPE_TEXT(r));
		return;
	}
	check_branches(ck, e);
	if (e->type.kind == TYPE_INT && e->cond->is_const) {
		const struct expr *chosen = e->cond->const_value ? e->left : e->right;

		if (chosen->is_const)
			check_set_const(e, chosen->const_value);
	}
}
