// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Every kind of token, the literals' values against C's, and what is not a token. */
#include <errno.h>

#include "parse_helper.h"

#include "lang/syntax/lexer.h"

struct lexed {
	struct parsed p;
	char kinds[512];
	struct token last; /* before the end */
};

/* Kinds joined by blanks: names for classes, the text itself for punctuation. */
static struct lexed lex(const char *text)
{
	static const char *const names[] = {"eof",   "bad",	"ident", "var",	   "map",
					    "param", "nparams", "int",	 "string", "endpred"};
	static const char *const puncts[] = {
#define PUNCT(ID, text) text,
		LANG_PUNCTUATION(PUNCT)
#undef PUNCT
	};
	struct lexed r = {.p = parse_bytes(text, strlen(text))};
	struct lexer lx;
	struct token token;
	size_t used = 0;

	r.p.cx.messages = &r.p.messages;
	lexer_init(&lx, &r.p.cx);
	for (lexer_next(&lx, &token); token.kind != TOKEN_EOF; lexer_next(&lx, &token)) {
		used += (size_t)snprintf(
			r.kinds + used, sizeof(r.kinds) - used, "%s%s", used ? " " : "",
			token.kind <= TOKEN_ENDPRED ? names[token.kind]
						    : puncts[token.kind - TOKEN_ENDPRED - 1]);
		r.last = token;
	}
	r.p.messages = *r.p.cx.messages;
	free((char *)r.p.cx.text);
	return r;
}

static void assert_kinds(const char *text, const char *kinds, const char *errors)
{
	struct lexed r = lex(text);
	char buf[1024];

	parsed_errors(&r.p, buf, sizeof(buf));
	assert_string_equal(r.kinds, kinds);
	assert_string_equal(buf, errors);
	parsed_free(&r.p);
}

static void test_kinds(void **state)
{
	assert_kinds("a _b9 $x @ @m $1 $# 12 \"s\"",
		     "ident ident var map map param nparams int string", "");
	assert_kinds("", "", "");
	assert_kinds(" \t\r\n\v\f", "", "");
	assert_kinds("a/b", "ident / ident", "");
	assert_kinds("a/ /*c*/ // d\n {", "ident endpred {", "");
	assert_kinds("#!/usr/bin/skep\na", "ident", "");
	assert_kinds("a//b\nc/*\n*/d", "ident ident ident", "");
	assert_kinds("a/**/b/***/c", "ident ident ident", "");
}

static void test_punctuation(void **state)
{
	static const char *const all =
		"<<= >>= ++ -- -> += -= *= /= %= &= |= ^= && || == != <= >= << >> < > = + - * / % "
		"& | ^ ~ ! ? : ; , . ( ) [ ] { }";

	assert_kinds(all, all, "");
	assert_kinds("a+++b", "ident ++ + ident", "");
	assert_kinds("a->b-->c", "ident -> ident -- > ident", "");
}

static void assert_int(const char *text, uint64_t value)
{
	uint64_t got;

	if (lexer_number(text, strlen(text), &got))
		fail_msg("%s is not a number", text);
	if (got != value)
		fail_msg("%s is %llu", text, (unsigned long long)got);
}

static void test_numbers(void **state)
{
	assert_int("0", 0);
	assert_int("00", 0);
	assert_int("42", 42);
	assert_int("0x2A", 0x2A);
	assert_int("0Xff", 0xff);
	assert_int("052", 052);
	assert_int("1e6", 1000000);
	assert_int("12E2", 1200);
	assert_int("0e99", 0);
	assert_int("1_000_000", 1000000);
	assert_int("0xffff_0000", 0xffff0000);
	assert_int("18446744073709551615", UINT64_MAX);
	assert_int("0xffffffffffffffff", UINT64_MAX);
	assert_int("1u", 1);
	assert_int("1UL", 1);
	assert_int("1ull", 1);
	assert_int("0x10LL", 16);
	assert_int("1ns", 1);
	assert_int("2us", 2000);
	assert_int("3ms", 3000000);
	assert_int("1s", 1000000000);
	assert_int("1m", 60ull * 1000000000);
	assert_int("1h", 3600ull * 1000000000);
	assert_int("1d", 86400ull * 1000000000);
	assert_int("1e3ms", 1000000000);
}

static void test_bad_numbers(void **state)
{
	static const char *const bad[] = {"08",	  "1x",	 "0x",	"0xg",	  "1__0", "1_",	  "1e",
					  "1e_3", "10k", "1uu", "0x1ms_", "0_x1", "1e3e3"};
	static const char *const range[] = {"18446744073709551616",
					    "0x10000000000000000",
					    "1e20",
					    "99999999999999999999999999",
					    "300000d",
					    "1e99999999"};
	uint64_t value;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (lexer_number(bad[i], strlen(bad[i]), &value) != -EINVAL)
			fail_msg("%s", bad[i]);
	for (size_t i = 0; i < sizeof(range) / sizeof(range[0]); i++)
		if (lexer_number(range[i], strlen(range[i]), &value) != -ERANGE)
			fail_msg("%s", range[i]);
	assert_kinds("a 1.5 b", "ident bad ident", "1:3 bad-number");
	assert_kinds("18446744073709551616", "bad", "1:1 number-range");
}

static void assert_string(const char *text, const char *bytes, uint32_t length)
{
	struct lexed r = lex(text);

	assert_string_equal(r.kinds, "string");
	assert_int_equal(r.last.length, length);
	assert_memory_equal(r.last.name, bytes, length);
	assert_int_equal(r.p.messages.count, 0);
	parsed_free(&r.p);
}

static void test_strings(void **state)
{
	assert_string("\"\"", "", 0);
	assert_string("\"a\\n\\t\\r\\\"\\\\b\"", "a\n\t\r\"\\b", 7);
	assert_string("\"\\0\\101\\1011\\x41\\x4g\"", "\0AA1A\x04g", 7);
	assert_string("\"//no /*comment*/ $1\"", "//no /*comment*/ $1", 19);
	assert_string("\"gr\xc3\xbc\xc3\x9f\"", "gr\xc3\xbc\xc3\x9f", 6);
}

static void test_bad_strings(void **state)
{
	assert_kinds("a \"b\nc", "ident bad ident", "1:3 unterminated-string");
	assert_kinds("\"b\\\"", "bad", "1:1 unterminated-string");
	assert_kinds("\"b\\", "bad", "1:1 unterminated-string");
	assert_kinds("\"b\\\nc\"", "bad ident bad",
		     "1:1 unterminated-string; 2:2 unterminated-string");
	assert_kinds("\"\\q\\8\\x\"", "string", "1:2 bad-escape; 1:4 bad-escape; 1:6 bad-escape");
	assert_kinds("\"\\777\"", "string", "1:2 bad-escape");
	assert_kinds("\"a\xff\"", "string", "1:3 bad-byte");
}

static void test_bad_tokens(void **state)
{
	assert_kinds("a ` b", "ident bad ident", "1:3 bad-char");
	assert_kinds("'x'", "bad ident bad", "1:1 bad-char; 1:3 bad-char");
	assert_kinds("a \xc3\xbc b", "ident bad ident", "1:3 bad-char");
	assert_kinds("a \xff\xfe\x01 b", "ident bad ident", "1:3 bad-byte");
	assert_kinds("$ x", "bad ident", "1:1 bad-variable");
	assert_kinds("$0 $1000 $1a", "bad bad bad", "1:1 bad-param; 1:4 bad-param; 1:10 bad-param");
	assert_kinds("a /* b", "ident bad", "1:3 unterminated-comment");
	assert_kinds("#include <x> \\\n y\na", "ident", "1:1 not-supported-yet");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),	   cmocka_unit_test(test_punctuation),
		cmocka_unit_test(test_numbers),	   cmocka_unit_test(test_bad_numbers),
		cmocka_unit_test(test_strings),	   cmocka_unit_test(test_bad_strings),
		cmocka_unit_test(test_bad_tokens),
	};

	return cmocka_run_group_tests_name("lexer", tests, NULL, NULL);
}
