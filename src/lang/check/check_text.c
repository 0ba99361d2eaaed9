// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Functions whose values are text or bytes: str() … buf(). */
#include "lang/check/checker.h"

#define INET_SIZE    20 /* u32 family, 16 bytes */
#define BUF_HEADER   4
#define FAMILY_INET  2
#define FAMILY_INET6 10

/* The length argument, when it is there: at most `most` bytes are wanted, fewer when it is a
 * smaller constant. Returns false after an error. */
static bool check_length(struct checker *ck, struct expr *call, uint32_t n, uint32_t *most)
{
	struct expr *arg;

	if (n >= call->nargs)
		return true;
	arg = call->args[n];
	if (!check_int_arg(ck, call, n, false))
		return false;
	if (!arg->is_const)
		return true;
	if (arg->const_value < 0) {
		lang_error(ck->cx, arg->loc, LANG_E_LENGTH_RANGE, call->name,
			   (long long)arg->const_value);
		return false;
	}
	if (arg->const_value < *most)
		*most = (uint32_t)arg->const_value;
	return true;
}

/* A string argument is passed through, cut to the length. */
void check_STR(struct checker *ck, struct expr *call)
{
	struct expr *arg = call->args[0];
	uint32_t most = ck->cx->options.max_strlen - 1;

	check_value(ck, arg);
	if (!check_length(ck, call, 1, &most) || arg->type.kind == TYPE_UNKNOWN)
		return;
	if (arg->type.kind == TYPE_STRING) {
		call->type = type_of_kind(TYPE_STRING, arg->type.size);
		if (call->nargs > 1 && most + 1 < arg->type.size)
			call->type.size = most + 1;
	} else if (arg->type.kind == TYPE_INT || arg->type.kind == TYPE_PTR) {
		call->type = type_of_kind(TYPE_STRING, most + 1);
	} else {
		check_arg_error(ck, call, 0, "a pointer or address");
	}
}

void check_STRLEN(struct checker *ck, struct expr *call)
{
	check_string_arg(ck, call, 0);
	call->type = type_int(8, true);
}

void check_STRNCMP(struct checker *ck, struct expr *call)
{
	check_string_arg(ck, call, 0);
	check_string_arg(ck, call, 1);
	check_const_arg(ck, call, 2, 0, ck->cx->options.max_strlen);
	call->type = type_int(8, true);
}

void check_STRFTIME(struct checker *ck, struct expr *call)
{
	check_literal(call->args[0]);
	if (!check_int_arg(ck, call, 1, false))
		return;
	call->type = type_of_kind(TYPE_TIME, 8);
	call->type.format = call->string;
}

static void check_family(struct checker *ck, struct expr *call, uint32_t bytes)
{
	struct expr *family = call->args[0];

	if (!check_int_arg(ck, call, 0, false) || !family->is_const)
		return;
	if (family->const_value != FAMILY_INET && family->const_value != FAMILY_INET6)
		lang_error(ck->cx, family->loc, LANG_E_NTOP_FAMILY, (long long)family->const_value);
	else if (family->const_value == FAMILY_INET6 && bytes != 16)
		lang_error(ck->cx, call->loc, LANG_E_NTOP_SIZE, bytes);
}

void check_NTOP(struct checker *ck, struct expr *call)
{
	struct expr *addr = call->args[call->nargs - 1];
	struct type type;
	uint32_t bytes;

	check_value(ck, addr);
	type = addr->type;
	call->type = type_of_kind(TYPE_INET, INET_SIZE);
	bytes = type.kind == TYPE_INT ? 4 : type.size;
	if (type.kind != TYPE_UNKNOWN && type.kind != TYPE_INT &&
	    ((type.kind != TYPE_ARRAY && type.kind != TYPE_STRING) || (bytes != 4 && bytes != 16)))
		check_arg_error(ck, call, call->nargs - 1,
				"an integer, or an array of 4 or 16 bytes");
	else if (call->nargs > 1 && type.kind != TYPE_UNKNOWN)
		check_family(ck, call, bytes);
}

void check_BUF(struct checker *ck, struct expr *call)
{
	struct expr *arg = call->args[0];
	uint32_t most = ck->cx->options.max_strlen;
	enum type_kind kind;

	check_value(ck, arg);
	kind = arg->type.kind;
	if ((kind == TYPE_STRING || kind == TYPE_ARRAY) && arg->type.size < most)
		most = arg->type.size;
	if (arg->kind == EXPR_STRING) /* without the NUL */
		most = arg->length;
	if (!check_length(ck, call, 1, &most) || kind == TYPE_UNKNOWN)
		return;
	if (kind != TYPE_STRING && kind != TYPE_ARRAY && kind != TYPE_INT && kind != TYPE_PTR) {
		check_arg_error(ck, call, 0, "a pointer, array or string");
		return;
	}
	call->type = type_of_kind(TYPE_BUF, BUF_HEADER + most);
}
