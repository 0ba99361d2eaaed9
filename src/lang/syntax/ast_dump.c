// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The tree as text: one node a line, indented by its depth, types behind `::`. */
#include <ctype.h>
#include <inttypes.h>

#include "lang/syntax/parser.h"

static void dump_string(const char *text, uint32_t length, FILE *out)
{
	fputc('"', out);
	for (uint32_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '\n')
			fputs("\\n", out);
		else if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			fprintf(out, "\\x%02x", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
}

static void dump_head(const struct expr *e, FILE *out)
{
	switch (e->kind) {
	case EXPR_INT:
		if (e->is_negative)
			fprintf(out, "int: %" PRId64, (int64_t)e->value);
		else
			fprintf(out, "int: %" PRIu64, e->value);
		break;
	case EXPR_STRING:
		fputs("string: ", out);
		dump_string(e->text, e->length, out);
		break;
	case EXPR_PARAM: fprintf(out, "param: $%" PRIu64, e->value); break;
	case EXPR_NPARAMS: fputs("param: $#", out); break;
	case EXPR_IDENT: fprintf(out, "builtin: %s", e->name); break;
	case EXPR_VAR: fprintf(out, "variable: %s", e->name); break;
	case EXPR_MAP: fprintf(out, "map: %s", e->name); break;
	case EXPR_FIELD: fprintf(out, ".%s", e->name); break;
	case EXPR_INDEX: fputs("[]", out); break;
	case EXPR_UNARY: fprintf(out, "unary %s", expr_op_text(e->op)); break;
	case EXPR_BINARY: fputs(expr_op_text(e->op), out); break;
	case EXPR_TERNARY: fputs("?:", out); break;
	case EXPR_INCDEC:
		fprintf(out, "%s %s%s", e->is_prefix ? "prefix" : "postfix", expr_op_text(e->op),
			expr_op_text(e->op));
		break;
	case EXPR_CALL: fprintf(out, "call: %s", e->name); break;
	case EXPR_CAST: fprintf(out, "(%s)", e->name); break;
	}
}

static void dump_expr(const struct expr *e, int indent, FILE *out)
{
	char buf[128];

	if (!e)
		return;
	fprintf(out, "%*s", indent, "");
	dump_head(e, out);
	if (e->type.kind != TYPE_UNKNOWN)
		fprintf(out, " :: %s", type_name(e->type, buf, sizeof(buf)));
	if (e->is_const && e->kind != EXPR_INT)
		fprintf(out, " = %" PRId64, e->const_value);
	fputc('\n', out);
	dump_expr(e->cond, indent + 1, out);
	dump_expr(e->left, indent + 1, out);
	dump_expr(e->right, indent + 1, out);
	for (uint32_t i = 0; i < e->nargs; i++)
		dump_expr(e->args[i], indent + 1, out);
}

static void dump_stmts(const struct stmt *s, int indent, FILE *out)
{
	for (; s; s = s->next) {
		switch (s->kind) {
		case STMT_EXPR: dump_expr(s->expr, indent, out); break;
		case STMT_ASSIGN:
			fprintf(out, "%*s%s=\n", indent, "", expr_op_text(s->op));
			dump_expr(s->target, indent + 1, out);
			dump_expr(s->expr, indent + 1, out);
			break;
		case STMT_IF:
			fprintf(out, "%*sif\n", indent, "");
			dump_expr(s->expr, indent + 1, out);
			fprintf(out, "%*sthen\n", indent + 1, "");
			dump_stmts(s->body, indent + 2, out);
			if (s->orelse)
				fprintf(out, "%*selse\n", indent + 1, "");
			dump_stmts(s->orelse, indent + 2, out);
			break;
		case STMT_BLOCK:
			fprintf(out, "%*sblock\n", indent, "");
			dump_stmts(s->body, indent + 1, out);
			break;
		case STMT_RETURN: fprintf(out, "%*sreturn\n", indent, ""); break;
		}
	}
}

void ast_dump_clause(const struct clause *clause, FILE *out)
{
	for (const struct probe_spec *probe = clause->probes; probe; probe = probe->next) {
		fputc(' ', out);
		for (uint32_t i = 0; i < probe->nparts; i++)
			fprintf(out, "%s%s", i ? ":" : "", probe->parts[i]);
		fputc('\n', out);
	}
	if (clause->predicate) {
		fputs("  predicate\n", out);
		dump_expr(clause->predicate, 3, out);
	}
	dump_stmts(clause->body, 2, out);
}

void ast_dump(const struct script *script, FILE *out)
{
	fputs("script\n", out);
	for (const struct clause *clause = script->clauses; clause; clause = clause->next)
		ast_dump_clause(clause, out);
}
