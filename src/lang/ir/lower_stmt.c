// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Statements. Temporary memory is free again at the end of each. */
#include "lang/ir/lower_internal.h"
#include "lang/ir/lower_stmt.h"

static void assign_variable(struct lower *lw, const struct stmt *s)
{
	const struct var_def *var = s->target->var;
	struct mem mem = {.base = var->reg, .off = (int32_t)var->memory};
	bool is_unsigned = type_is_unsigned64(s->target) || type_is_unsigned64(s->expr);
	struct ir_arg v;

	if (!type_is_scalar(var->type.kind)) {
		/* `$a = $a…` reads what it writes: through a temporary. */
		struct mem tmp = mem_alloc(lw, var->type.size);

		lower_into(lw, s->expr, var->type, tmp, true);
		mem_copy(lw, mem, tmp, (var->type.size + 7) & ~7u);
		return;
	}
	v = lower_scalar(lw, s->expr);
	if (s->op != OP_NONE)
		v = lower_arith(lw, s->op, ir_r(var->reg), v,
				s->op == OP_SHR ? !var->type.is_signed : is_unsigned, s->loc);
	ir_mov_to(lw->fn, var->reg, v);
}

static void lower_if(struct lower *lw, const struct stmt *s)
{
	struct ir_function *fn = lw->fn;
	ir_label otherwise = ir_new_label(fn), end = s->orelse ? ir_new_label(fn) : otherwise;

	lower_condition(lw, s->expr, otherwise);
	lw->conditional++;
	lower_statements(lw, s->body);
	if (s->orelse) {
		ir_jmp(fn, end);
		ir_place_label(fn, otherwise);
		lower_statements(lw, s->orelse);
	}
	ir_place_label(fn, end);
	lw->conditional--;
}

static void lower_statement(struct lower *lw, const struct stmt *s)
{
	switch (s->kind) {
	case STMT_EXPR:
		if (s->expr->kind == EXPR_INCDEC && s->expr->left->kind == EXPR_MAP)
			map_step(lw, s->expr);
		else
			lower_expr(lw, s->expr);
		break;
	case STMT_ASSIGN:
		if (s->target->kind == EXPR_MAP)
			map_assign(lw, s->target, s->op, s->expr);
		else
			assign_variable(lw, s);
		break;
	case STMT_IF: lower_if(lw, s); break;
	case STMT_BLOCK: lower_statements(lw, s->body); break;
	case STMT_RETURN: ir_jmp(lw->fn, lw->release); break;
	}
}

void lower_statements(struct lower *lw, const struct stmt *s)
{
	for (; s && !lw->fn->failed; s = s->next) {
		uint32_t mark = lw->scratch_used;
		uint32_t line, column;

		lang_line_column(lw->cx, s->loc.pos, &line, &column);
		ir_note(lw->fn, "line %u", line);
		lower_statement(lw, s);
		mem_end_statement(lw, mark);
	}
}
