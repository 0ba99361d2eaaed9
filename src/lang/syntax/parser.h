/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Script text to tree. */
#ifndef LANG_PARSER_H
#define LANG_PARSER_H

#include "lang/syntax/ast.h"

/*
 * Parses cx->text. Errors are reported; parsing resumes at the next statement or
 * clause, so several can be. Returns the script (possibly with parts missing after
 * errors) or NULL when memory ran out. Nesting is limited to 200 levels.
 */
struct script *parse_script(struct lang_context *cx);

/* Prints the tree; with types when the checker has been there. */
void ast_dump(const struct script *script, FILE *out);
void ast_dump_clause(const struct clause *clause, FILE *out);

/* "+", "<<", …: the operator as written. */
const char *expr_op_text(enum expr_op op);

#endif
