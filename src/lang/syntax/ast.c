// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Facts about the tree's nodes. */
#include "lang/syntax/parser.h"

static const char *const op_texts[] = {
	[OP_NONE] = "",	 [OP_ADD] = "+",   [OP_SUB] = "-",   [OP_MUL] = "*", [OP_DIV] = "/",
	[OP_MOD] = "%",	 [OP_AND] = "&",   [OP_OR] = "|",    [OP_XOR] = "^", [OP_SHL] = "<<",
	[OP_SHR] = ">>", [OP_LAND] = "&&", [OP_LOR] = "||",  [OP_EQ] = "==", [OP_NE] = "!=",
	[OP_LT] = "<",	 [OP_LE] = "<=",   [OP_GT] = ">",    [OP_GE] = ">=", [OP_NEG] = "-",
	[OP_NOT] = "!",	 [OP_BNOT] = "~",  [OP_DEREF] = "*",
};

const char *expr_op_text(enum expr_op op)
{
	return (size_t)op < sizeof(op_texts) / sizeof(op_texts[0]) ? op_texts[op] : "?";
}
