// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The parser: shapes of trees, as text with all parentheses; probes; every error of the
 * syntax with its place; recovery and limits; the messages as printed.
 */
#include "parse_helper.h"

static char shape[8192];
static size_t shape_len;

static void put(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static void put(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	shape_len += (size_t)vsnprintf(shape + shape_len, sizeof(shape) - shape_len, fmt, ap);
	va_end(ap);
	assert_true(shape_len < sizeof(shape));
}

static void put_expr(const struct expr *e);

static void put_args(const struct expr *e, const char *open, const char *close)
{
	put("%s%s", e->name, open);
	for (uint32_t i = 0; i < e->nargs; i++) {
		put(i ? ", " : "%s", "");
		put_expr(e->args[i]);
	}
	put("%s", close);
}

static void put_expr(const struct expr *e)
{
	put(e->left || e->cond ? "(" : "%s", "");
	switch (e->kind) {
	case EXPR_INT:
		if (e->is_negative)
			put("%lld", (long long)e->value);
		else
			put("%llu", (unsigned long long)e->value);
		break;
	case EXPR_STRING: put("\"%.*s\"", (int)e->length, e->text); break;
	case EXPR_PARAM: put("$%d", (int)e->value); break;
	case EXPR_NPARAMS: put("$#"); break;
	case EXPR_IDENT:
	case EXPR_VAR: put("%s", e->name); break;
	case EXPR_MAP: put_args(e, e->nargs ? "[" : "", e->nargs ? "]" : ""); break;
	case EXPR_CALL: put_args(e, "(", ")"); break;
	case EXPR_FIELD:
		put_expr(e->left);
		put(".%s", e->name);
		break;
	case EXPR_INDEX:
		put_expr(e->left);
		put("[");
		put_expr(e->right);
		put("]");
		break;
	case EXPR_UNARY:
		put("%s", expr_op_text(e->op));
		put_expr(e->left);
		break;
	case EXPR_BINARY:
		put_expr(e->left);
		put(" %s ", expr_op_text(e->op));
		put_expr(e->right);
		break;
	case EXPR_TERNARY:
		put_expr(e->cond);
		put(" ? ");
		put_expr(e->left);
		put(" : ");
		put_expr(e->right);
		break;
	case EXPR_INCDEC:
		put("%s", e->is_prefix ? expr_op_text(e->op) : "");
		put("%s", e->is_prefix ? expr_op_text(e->op) : "");
		put_expr(e->left);
		put("%s", e->is_prefix ? "" : expr_op_text(e->op));
		put("%s", e->is_prefix ? "" : expr_op_text(e->op));
		break;
	case EXPR_CAST:
		put("<%s>", e->name);
		put_expr(e->left);
		break;
	}
	put(e->left || e->cond ? ")" : "%s", "");
}

static void put_stmts(const struct stmt *s)
{
	put("{ ");
	for (; s; s = s->next) {
		switch (s->kind) {
		case STMT_EXPR:
			put_expr(s->expr);
			put("; ");
			break;
		case STMT_ASSIGN:
			put_expr(s->target);
			put(" %s= ", expr_op_text(s->op));
			put_expr(s->expr);
			put("; ");
			break;
		case STMT_IF:
			put("if ");
			put_expr(s->expr);
			put(" ");
			put_stmts(s->body);
			if (s->orelse) {
				put("else ");
				put_stmts(s->orelse);
			}
			break;
		case STMT_BLOCK: put_stmts(s->body); break;
		case STMT_RETURN: put("return; "); break;
		}
	}
	put("} ");
}

/* Probes with their parts between bars, predicate, body. */
static void put_script(const struct script *script)
{
	shape_len = 0;
	shape[0] = '\0';
	for (const struct clause *c = script->clauses; c; c = c->next) {
		for (const struct probe_spec *s = c->probes; s; s = s->next) {
			for (uint32_t i = 0; i < s->nparts; i++)
				put("%s%s", i ? "|" : "", s->parts[i]);
			put("%s ", s->next ? "," : "");
		}
		if (c->predicate) {
			put("/");
			put_expr(c->predicate);
			put("/ ");
		}
		put_stmts(c->body);
	}
}

static void assert_script(const char *text, const char *expected)
{
	static const char *const params[] = {"/bin/x", "99"};
	struct parsed p = parse_bytes(text, strlen(text));
	char errors[1024];

	p.cx.options.params = params;
	p.cx.options.nparams = 2;
	parse_run(&p);
	parsed_errors(&p, errors, sizeof(errors));
	assert_string_equal(errors, "");
	put_script(p.script);
	assert_string_equal(shape, expected);
	parsed_free(&p);
}

/* One expression, as the only statement. */
static void assert_expr(const char *text, const char *expected)
{
	char script[1024], whole[1024];

	snprintf(script, sizeof(script), "BEGIN { %s; }", text);
	snprintf(whole, sizeof(whole), "BEGIN { %s; } ", expected);
	assert_script(script, whole);
}

static void test_precedence(void **state)
{
	assert_expr("1 + 2 * 3", "(1 + (2 * 3))");
	assert_expr("1 - 2 - 3", "((1 - 2) - 3)");
	assert_expr("1 * 2 / 3 % 4", "(((1 * 2) / 3) % 4)");
	assert_expr("1 << 2 + 3", "(1 << (2 + 3))");
	assert_expr("1 < 2 << 3", "(1 < (2 << 3))");
	assert_expr("1 == 2 < 3", "(1 == (2 < 3))");
	assert_expr("1 & 2 == 3", "(1 & (2 == 3))");
	assert_expr("1 ^ 2 & 3", "(1 ^ (2 & 3))");
	assert_expr("1 | 2 ^ 3", "(1 | (2 ^ 3))");
	assert_expr("1 && 2 | 3", "(1 && (2 | 3))");
	assert_expr("1 || 2 && 3", "(1 || (2 && 3))");
	assert_expr("1 ? 2 : 3 || 4", "(1 ? 2 : (3 || 4))");
	assert_expr("1 || 2 ? 3 : 4", "((1 || 2) ? 3 : 4)");
	assert_expr("1 ? 2 : 3 ? 4 : 5", "(1 ? 2 : (3 ? 4 : 5))");
	assert_expr("1 ? 2 ? 3 : 4 : 5", "(1 ? (2 ? 3 : 4) : 5)");
	assert_expr("1 >= 2 != 3 <= 4 > 5 >> 6", "((1 >= 2) != ((3 <= 4) > (5 >> 6)))");
	assert_expr("(1 + 2) * 3", "((1 + 2) * 3)");
	assert_expr("a || b && c | d ^ e & f == g < h << i + j * k",
		    "(a || (b && (c | (d ^ (e & (f == (g < (h << (i + (j * k))))))))))");
	assert_expr("a * b + c << d < e == f & g ^ h | i && j || k",
		    "((((((((((a * b) + c) << d) < e) == f) & g) ^ h) | i) && j) || k)");
}

static void test_unary(void **state)
{
	assert_expr("-1", "-1");
	assert_expr("- 1", "-1");
	assert_expr("2 -1", "(2 - 1)");
	assert_expr("-0", "0");
	assert_expr("-9223372036854775808", "-9223372036854775808");
	assert_expr("- -1", "(--1)");
	assert_expr("-pid", "(-pid)");
	assert_expr("!a + ~b", "((!a) + (~b))");
	assert_expr("!!a", "(!(!a))");
	assert_expr("*$p.x", "(*($p.x))");
	assert_expr("**$p", "(*(*$p))");
	assert_expr("1 * *$p", "(1 * (*$p))");
	assert_expr("$x++ + ++$x", "(($x++) + (++$x))");
	assert_expr("@m[1]--", "(@m[1]--)");
	assert_expr("--@", "(--@)");
	assert_expr("-$x++", "(-($x++))");
}

static void test_postfix(void **state)
{
	assert_expr("args.a", "(args.a)");
	assert_expr("args->a->b.c", "(((args.a).b).c)");
	assert_expr("$x[1][2].if", "((($x[1])[2]).if)");
	assert_expr("@m[1, \"a\"][2]", "(@m[1, \"a\"][2])");
	assert_expr("@", "@");
	assert_expr("@[pid]", "@[pid]");
	assert_expr("@ [pid]", "@[pid]");
	assert_expr("f()", "f()");
	assert_expr("f(1, g(2), \"s\")", "f(1, g(2), \"s\")");
	assert_expr("$1 + $#", "($1 + $#)");
	assert_expr("delete(@m[1])", "delete(@m[1])");
	assert_expr("delete(@m, 1)", "delete(@m, 1)");
	assert_expr("delete(@m, (1, \"a\"))", "delete(@m[1, \"a\"])");
	assert_expr("has_key(@m, (1))", "has_key(@m, 1)");
	assert_expr("has_key(@m, (1 + 2) * 3)", "has_key(@m, ((1 + 2) * 3))");
	assert_expr("has_key(@m, (struct x *)1)", "has_key(@m, (<struct x *>1))");
}

static void test_casts(void **state)
{
	assert_expr("(int32)1 + 2", "((<int32>1) + 2)");
	assert_expr("(uint8)-1", "(<uint8>-1)");
	assert_expr("(struct task_struct *)arg0->x", "(<struct task_struct *>(arg0.x))");
	assert_expr("((struct s*)arg0)->x", "((<struct s *>arg0).x)");
	assert_expr("(union u **)1", "(<union u **>1)");
	assert_expr("*(const unsigned char *)$p", "(*(<unsigned char *>$p))");
	assert_expr("(sk_buff *)arg0", "(<sk_buff *>arg0)");
	assert_expr("(pid_t)arg0", "(<pid_t>arg0)");
	assert_expr("(gfp_t)(arg0 + 1)", "(<gfp_t>(arg0 + 1))");
	assert_expr("(pid) - 1", "(pid - 1)");
	assert_expr("(pid * 2)", "(pid * 2)");
	assert_expr("(pid) * 2", "(pid * 2)");
	assert_expr("(pid) / 2", "(pid / 2)");
	assert_expr("(int64)(uint8)pid", "(<int64>(<uint8>pid))");
}

static void test_statements(void **state)
{
	assert_script("BEGIN { $a = 1; @b += 2; @c[1] -= 3; $d *= 4; $e /= 5; $f %= 6 }",
		      "BEGIN { $a = 1; @b += 2; @c[1] -= 3; $d *= 4; $e /= 5; $f %= 6; } ");
	assert_script("BEGIN { $a &= 1; $b |= 2; $c ^= 3; $d <<= 4; $e >>= 5; }",
		      "BEGIN { $a &= 1; $b |= 2; $c ^= 3; $d <<= 4; $e >>= 5; } ");
	assert_script("BEGIN { if (1) { f() } else if 2 { g(); } else { return } h() }",
		      "BEGIN { if 1 { f(); } else { if 2 { g(); } else { return; } } h(); } ");
	assert_script("BEGIN { ;; if (a) { }; { b; } ; }", "BEGIN { if a { } { b; } } ");
	assert_script("BEGIN { }", "BEGIN { } ");
	assert_script("BEGIN{}END{}", "BEGIN { } END { } ");
	assert_script("#!/usr/bin/skep trace\n// c\nbegin /* d */ { a // e\n}", "begin { a; } ");
}

static void test_probes(void **state)
{
	assert_script("kprobe:vfs_read,k:a+0x10 , t:sched:sched_* { }",
		      "kprobe|vfs_read, k|a+0x10, t|sched|sched_* { } ");
	assert_script("u:/lib/x86_64-linux-gnu/libc.so.6:malloc,ur:$1:\"f g\"{ }",
		      "u|/lib/x86_64-linux-gnu/libc.so.6|malloc, ur|/bin/x|f g { } ");
	assert_script("uprobe:./a-b/*.so:cpp:\"ns::f(int)\" { }",
		      "uprobe|./a-b/*.so|cpp|ns::f(int) { } ");
	assert_script("uprobe:libc:malloc/pid/{ }", "uprobe|libc|malloc /pid/ { } ");
	assert_script("uprobe:\"/a b/c\":0x123+4 { }", "uprobe|/a b/c|0x123+4 { } ");
	assert_script("i:s:1,p:hz:$2,{ }", "i|s|1, p|hz|99 { } ");
	assert_script("interval:1s { } s:cpu-clock:1e6 { }",
		      "interval|1s { } s|cpu-clock|1e6 { } ");
	assert_script("kprobe : f , k:[ab]?_*/*c*/{ }", "kprobe|f, k|[ab]?_* { } ");
	assert_script("kprobe:\"x\"*$2 { }", "kprobe|x*99 { } ");
}

static void test_predicates(void **state)
{
	assert_script("k:f /pid == 1/ { }", "k|f /(pid == 1)/ { } ");
	assert_script("k:f/pid/{ }", "k|f /pid/ { } ");
	assert_script("BEGIN / 4 / 2 / 1 / { }", "BEGIN /((4 / 2) / 1)/ { } ");
	assert_script("k:f\n/(a / b) / @m[c / d] /\n// why\n{ e / f }",
		      "k|f /((a / b) / @m[(c / d)])/ { (e / f); } ");
	assert_script("k:f /comm == \"a/ {\"/ { }", "k|f /(comm == \"a/ {\")/ { } ");
	assert_script("k:a,k:b /1/ { } k:c { }", "k|a, k|b /1/ { } k|c { } ");
}

static void test_syntax_errors(void **state)
{
	assert_errors("BEGIN { @ = }", "1:13 syntax");
	assert_errors("BEGIN { 1 + }", "1:13 syntax");
	assert_errors("BEGIN { f(1 }", "1:13 syntax");
	assert_errors("BEGIN { f(1,) }", "1:13 syntax");
	assert_errors("BEGIN { @m[] }", "1:12 syntax");
	assert_errors("BEGIN { @m[1 = 2 }", "1:14 syntax");
	assert_errors("BEGIN { $x. }", "1:13 syntax");
	assert_errors("BEGIN { a b }", "1:11 syntax");
	assert_errors("BEGIN { if (a == 1) b; }", "1:21 syntax");
	assert_errors("BEGIN { if a { } else b }", "1:23 syntax");
	assert_errors("BEGIN { else { } }", "1:9 syntax");
	assert_errors("BEGIN { if ($x = 1) { } else { } f( }", "1:16 syntax; 1:37 syntax");
	assert_errors("BEGIN { a ? b }", "1:15 syntax");
	assert_errors("BEGIN { (struct *)1 }", "1:17 syntax");
	assert_errors("BEGIN { (int32 $x }", "1:16 syntax");
	assert_errors("kprobe: { }", "1:9 syntax");
	assert_errors("kprobe:a:: { }", "1:10 syntax");
	assert_errors("k:f k:g { }", "1:5 syntax");
	assert_errors("k:f ; { }", "1:5 syntax");
	assert_errors("k:f", "1:4 syntax");
	assert_errors("k:f / { }", "1:7 syntax");
	assert_errors("k:f /a { }", "1:8 syntax");
	assert_errors("} BEGIN { }", "1:1 syntax");
	assert_errors("BEGIN { } }", "1:11 syntax");
}

static void test_other_errors(void **state)
{
	assert_errors("", "1:1 script-empty");
	assert_errors("// nothing\n", "1:1 script-empty");
	assert_errors("BEGIN { printf(\"a); }\n", "1:16 unterminated-string");
	assert_errors("BEGIN { a; /* b }\n", "1:12 unterminated-comment");
	assert_errors("BEGIN {\n if (1) {\n  a;\n", "2:9 unterminated-block");
	assert_errors("BEGIN { if (1) { a; }\nEND { b; }", "1:7 unterminated-block");
	assert_errors("BEGIN { a\nk:f { b; }", "1:7 unterminated-block");
	assert_errors("BEGIN { 1 = 2; pid++; --args.x; f() += 1; }",
		      "1:9 bad-target; 1:16 bad-target; 1:25 bad-target; 1:33 bad-target");
	assert_errors("k:a:b:c:d { }", "1:9 probe-parts");
	assert_errors("uprobe:$3:f { }", "1:8 missing-param");
	assert_errors("BEGIN { -9223372036854775809 }", "1:10 number-range");
	assert_errors("BEGIN { $x = 5 ` 3; }", "1:16 bad-char");
	assert_errors("BEGIN { $x = \"\\q\"; }", "1:15 bad-escape");
	assert_errors("BEGIN { $x = $; }", "1:14 bad-variable");
	assert_errors("BEGIN { $x = $0; }", "1:14 bad-param");
	assert_errors("BEGIN { $x = 09; }", "1:14 bad-number");
	assert_errors_n("BEGIN { a\0; }", 13, "1:10 bad-byte");
	assert_errors_n("k:f\0g { }", 9, "1:4 bad-byte");
	assert_errors_n("\0\0\0", 3, "1:1 bad-byte");
	assert_errors("k:\"a\\0b\" { }", "1:3 bad-byte");
	assert_errors("k:\xff { }", "1:3 bad-byte");
}

static void test_unsupported(void **state)
{
	assert_errors("BEGIN { while (1) { a; } b c }", "1:9 not-supported-yet; 1:28 syntax");
	assert_errors("BEGIN { for ($x : @m) { a; } unroll(2) { b; } }",
		      "1:9 not-supported-yet; 1:30 not-supported-yet");
	assert_errors("BEGIN { break; continue; let $x = 1; }",
		      "1:9 not-supported-yet; 1:16 not-supported-yet; 1:26 not-supported-yet");
	assert_errors("BEGIN { $x = (1, 2); $y = $x.0; $z = sizeof(int32); $a = (int8[4])1; }",
		      "1:16 not-supported-yet; 1:30 not-supported-yet; 1:38 not-supported-yet; "
		      "1:63 not-supported-yet");
	assert_errors("#include <linux/sched.h>\nstruct x { int y; };\nconfig = { a = 1 }\n"
		      "macro f($x) { $x }\nlet @m = hash(2);\nBEGIN { a b }",
		      "1:1 not-supported-yet; 2:1 not-supported-yet; 3:1 not-supported-yet; "
		      "4:1 not-supported-yet; 5:1 not-supported-yet; 6:11 syntax");
}

static void test_recovery(void **state)
{
	assert_errors("BEGIN { a b; $x = ; f(; } END { @m[; g(1; }",
		      "1:11 syntax; 1:19 syntax; 1:23 syntax; 1:36 syntax; 1:41 syntax");
	assert_errors("BEGIN { if (1 { a b; } c d; }", "1:15 syntax; 1:26 syntax");
	assert_errors("k:(x { a b; }\nk:g { c d }", "1:3 syntax; 1:10 syntax; 2:9 syntax");
	assert_errors("BEGIN { f(;\nEND { a b }", "1:11 syntax; 2:9 syntax");
	/* the good statements around an error stay */
	struct parsed p = parse_bytes("BEGIN { a; b c; d; }", 20);

	parse_run(&p);
	put_script(p.script);
	assert_string_equal(shape, "BEGIN { a; d; } ");
	parsed_free(&p);
}

/* @before, then @unit @times over, then @after: nesting and garbage by the yard. */
static void repeated(const char *before, const char *unit, size_t times, const char *after,
		     struct parsed *p)
{
	size_t n = strlen(unit), head = strlen(before), len = head + n * times + strlen(after);
	char *text = malloc(len + 1);

	assert_non_null(text);
	memcpy(text, before, head);
	for (size_t i = 0; i < times; i++)
		memcpy(text + head + i * n, unit, n);
	memcpy(text + head + n * times, after, strlen(after));
	*p = parse_bytes(text, len);
	free(text);
	parse_run(p);
}

static void assert_repeated(const char *before, const char *unit, size_t times, const char *after,
			    const char *id)
{
	struct parsed p;

	repeated(before, unit, times, after, &p);
	if (id) {
		assert_true(p.messages.nerrors >= 1);
		assert_true(p.messages.count <= 20);
		assert_string_equal(p.messages.list[0].id, id);
	} else {
		assert_int_equal(p.messages.nerrors, 0);
	}
	parsed_free(&p);
}

static void test_nesting(void **state)
{
	assert_repeated("BEGIN { $x = 1", "+1", 190, "; }", NULL);
	assert_repeated("BEGIN { $x = 1", "+1", 250, "; }", "nesting");
	assert_repeated("BEGIN { $x = ", "(", 100000, "; }", "nesting");
	assert_repeated("BEGIN { $x = ", "-", 1, "1; }", NULL);
	assert_repeated("BEGIN { $x = ", "!", 100000, "1; }", "nesting");
	assert_repeated("BEGIN { $x = ", "1 ? 1 : ", 100000, "1; }", "nesting");
	assert_repeated("BEGIN { $x = ", "(int8)", 100000, "1; }", "nesting");
	assert_repeated("BEGIN { $x = ", "f(", 100000, "1; }", "nesting");
	assert_repeated("BEGIN { $x = ", "@[", 100000, "1; }", "nesting");
	assert_repeated("BEGIN { $x = ", "delete(@m, (", 50000, "; }", "nesting");
	assert_repeated("BEGIN { $x = ", "delete(@m[", 50000, "; }", "nesting");
	assert_repeated("BEGIN { $x = $y", ".a", 100000, "; }", "nesting");
	assert_repeated("BEGIN ", "{ ", 100000, "", "nesting");
	assert_repeated("BEGIN { ", "if (1) { ", 100000, "", "nesting");
	assert_repeated("BEGIN { if (1) { }", " else if (1) { }", 50000, "", "nesting");
}

static void test_garbage(void **state)
{
	assert_repeated("", "\x01\xff} ", 200000, "", "bad-byte");
	assert_repeated("", "} ", 300000, "", "syntax");
	assert_repeated("", "a:", 300000, "", "probe-parts");
	assert_repeated("BEGIN { ) ", "\na:", 300000, "", "syntax");
	assert_repeated("BEGIN { ( ", "a:", 300000, "", "syntax");
	assert_repeated("BEGIN { a ", "\"", 300001, "", "syntax");
	assert_repeated("BEGIN { ", "a b;", 200000, "}", "syntax");
	assert_repeated("", "/", 500000, "", "script-empty");
	assert_repeated("BEGIN / 1 ", "/ ", 300000, "", "syntax");
	assert_repeated("", "x", 10 * 1024 * 1024, "", "script-size");
}

/* The first message of a script as printed. */
static void assert_printed(const char *text, size_t length, const char *expected)
{
	struct parsed p = parse_bytes(text, length);
	char *out = NULL;
	size_t size;
	FILE *file = open_memstream(&out, &size);

	assert_non_null(file);
	parse_run(&p);
	assert_true(p.messages.count > 0);
	lang_message_print(&p.messages.list[0], file);
	fclose(file);
	assert_string_equal(out, expected);
	free(out);
	parsed_free(&p);
}

static void test_messages(void **state)
{
	static const char tabs[] = "BEGIN {\n\ta\tfoo; }";
	static const char bytes[] = "BEGIN { \0\0 }";
	static const char umlaut[] = "BEGIN { \"\xc3\xbc\" foo }";
	char longer[400], expected[400];

	assert_printed("BEGIN { @ = }", 13,
		       "t:1:13: error: unexpected '}', expected an expression [syntax]\n"
		       "BEGIN { @ = }\n"
		       "            ^\n");
	assert_printed(tabs, sizeof(tabs) - 1,
		       "t:2:4: error: unexpected 'foo', expected ';' or '}' [syntax]\n"
		       "        a       foo; }\n"
		       "                ^~~\n");
	assert_printed(bytes, sizeof(bytes) - 1,
		       "t:1:9: error: byte \\x00 is not text [bad-byte]\n"
		       "BEGIN { \\x00\\x00 }\n"
		       "        ^~~~\n"
		       "hint: a script is UTF-8 text\n");
	assert_printed(umlaut, sizeof(umlaut) - 1,
		       "t:1:14: error: unexpected 'foo', expected ';' or '}' [syntax]\n"
		       "BEGIN { \"\xc3\xbc\" foo }\n"
		       "            ^~~\n");
	assert_printed(
		"k:f\r\n", 5,
		"t:2:1: error: unexpected the end of the script, expected '{' or a predicate "
		"[syntax]\n\n^\n");

	/* 150 bytes in front of the place, 150 behind it */
	snprintf(longer, sizeof(longer), "BEGIN { %142s x y %150s }", ";", ";");
	snprintf(expected, sizeof(expected),
		 "t:1:154: error: unexpected 'y', expected ';' or '}' [syntax]\n"
		 "...%*s; x y%*s...\n%*s^\n",
		 46, "", 49, "", 53, "");
	assert_printed(longer, strlen(longer), expected);
}

/* The list ends at 20 errors; the same message at the same place counts once. */
static void test_message_limits(void **state)
{
	struct parsed p = parse_bytes("", 0);

	p.cx.messages = &p.messages;
	for (uint32_t i = 0; i < 3; i++)
		lang_error(&p.cx, (struct lang_loc){0, 1}, LANG_E_BAD_TARGET);
	assert_int_equal(p.messages.nerrors, 1);
	lang_hint(&p.cx, "dropped: %s", "the last message was");
	assert_string_not_equal(p.messages.list[0].hint, "dropped: the last message was");
	parsed_free(&p);
	free((char *)p.cx.text);

	assert_repeated("BEGIN { ", "a b;", 1000, "}", "syntax");
	repeated("BEGIN { ", "1 = 1;", 40, "}", &p);
	assert_int_equal(p.messages.count, 20);
	parsed_free(&p);

	p = parse_bytes("", 0);
	p.cx.messages = &p.messages;
	p.cx.quiet = true;
	lang_error(&p.cx, (struct lang_loc){0, 1}, LANG_E_BAD_TARGET);
	lang_hint(&p.cx, "nothing");
	assert_int_equal(p.messages.nerrors, 0);
	assert_int_equal(p.messages.count, 0);
	free((char *)p.cx.text);
	parsed_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_precedence),     cmocka_unit_test(test_unary),
		cmocka_unit_test(test_postfix),	       cmocka_unit_test(test_casts),
		cmocka_unit_test(test_statements),     cmocka_unit_test(test_probes),
		cmocka_unit_test(test_predicates),     cmocka_unit_test(test_syntax_errors),
		cmocka_unit_test(test_other_errors),   cmocka_unit_test(test_unsupported),
		cmocka_unit_test(test_recovery),       cmocka_unit_test(test_nesting),
		cmocka_unit_test(test_garbage),	       cmocka_unit_test(test_messages),
		cmocka_unit_test(test_message_limits),
	};

	return cmocka_run_group_tests_name("parser", tests, NULL, NULL);
}
