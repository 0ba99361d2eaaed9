/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A script parsed for a test, and what the tests of the syntax ask about it. */
#ifndef PARSE_HELPER_H
#define PARSE_HELPER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lang/syntax/parser.h"

struct parsed {
	struct lang_context cx;
	struct lang_messages messages;
	struct script *script;
};

static inline void parsed_free(struct parsed *p)
{
	lang_messages_free(&p->messages);
	arena_free(p->cx.arena);
}

/* The script may hold NUL bytes. It is copied to memory of its exact size, so that a
 * sanitizer sees any byte read beyond it. */
static inline struct parsed parse_bytes(const char *text, size_t length)
{
	struct parsed p = {0};
	char *exact = malloc(length ? length : 1);

	assert_non_null(exact);
	memcpy(exact, text, length);
	p.cx.arena = arena_new();
	assert_non_null(p.cx.arena);
	p.cx.file = "t";
	p.cx.text = exact;
	p.cx.length = length;
	return p;
}

static inline void parse_run(struct parsed *p)
{
	p->cx.messages = &p->messages;
	p->script = parse_script(&p->cx);
	free((char *)p->cx.text);
	p->cx.text = "";
	p->cx.length = 0;
	assert_non_null(p->script);
}

/* All messages as "line:column id" joined by "; ". */
static inline void parsed_errors(const struct parsed *p, char *buf, size_t len)
{
	size_t used = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < p->messages.count && used < len; i++)
		used += (size_t)snprintf(buf + used, len - used, "%s%u:%u %s", i ? "; " : "",
					 p->messages.list[i].line, p->messages.list[i].column,
					 p->messages.list[i].id);
}

static inline void assert_errors_n(const char *text, size_t length, const char *expected)
{
	struct parsed p = parse_bytes(text, length);
	char buf[4096];

	parse_run(&p);
	parsed_errors(&p, buf, sizeof(buf));
	assert_string_equal(buf, expected);
	parsed_free(&p);
}

static inline void assert_errors(const char *text, const char *expected)
{
	assert_errors_n(text, strlen(text), expected);
}

#endif
