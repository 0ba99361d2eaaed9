// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Reads case files: blocks of "KEYWORD text" lines, separated by blank lines. One
 * table says for every keyword what becomes of its text; tests/lang/README.md
 * says what each means.
 */
#include "langtest.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *must(void *p)
{
	if (!p) {
		fputs("langtest: no memory\n", stderr);
		exit(2);
	}
	return p;
}

void strings_add(struct strings *list, const char *s)
{
	list->at = must(realloc(list->at, (list->len + 1) * sizeof(*list->at)));
	list->at[list->len++] = s ? must(strdup(s)) : NULL;
}

void strings_free(struct strings *list)
{
	for (size_t i = 0; i < list->len; i++)
		free(list->at[i]);
	free(list->at);
	*list = (struct strings){0};
}

void strings_add_words(struct strings *list, const char *s)
{
	char *word = must(malloc(strlen(s) + 1));

	for (;;) {
		size_t n = 0;
		char quote = 0;

		s += strspn(s, " \t\n");
		if (!*s)
			break;
		for (; *s && (quote || !strchr(" \t\n", *s)); s++) {
			if (quote && *s == quote)
				quote = 0;
			else if (!quote && (*s == '\'' || *s == '"'))
				quote = *s;
			else if (*s == '\\' && quote != '\'' && s[1])
				word[n++] = *++s;
			else
				word[n++] = *s;
		}
		word[n] = '\0';
		strings_add(list, word);
	}
	free(word);
}

enum kind {
	TEXT,  /* char *: once */
	LINES, /* char *: joined by newlines */
	LIST,  /* struct strings */
	NUMBER,
	FLAG,
	EXPECTED,
	SIGNALED,
};

static const struct keyword {
	const char *name;
	enum kind kind;
	size_t offset;
} keywords[] = {
#define K(name, kind, field)                                  \
	{                                                     \
		name, kind, offsetof(struct lang_case, field) \
	}
	K("PROG", LINES, prog),
	K("FILE", TEXT, script),
	K("GLOBAL", TEXT, global),
	K("ARGS", TEXT, args),
	K("PARAMS", TEXT, params),
	K("CMD", TEXT, cmd),
	K("STDIN", LINES, stdin_text),
	K("STDIN_FILE", TEXT, stdin_file),
	K("SETUP", LINES, setup),
	K("BG", TEXT, background),
	K("WRAP", TEXT, wrap),
	K("NEEDS", TEXT, needs),
	K("ENGINE", TEXT, engine),
	K("EXPECT_CMD", TEXT, expect_cmd),
	K("ID", TEXT, id),
	K("ENV", LIST, env),
	K("EXPECT", EXPECTED, expect),
	K("EXPECT_RE", LIST, expect_re),
	K("EXPECT_NOT", LIST, expect_not),
	K("STDERR", LIST, err),
	K("STDERR_RE", LIST, err_re),
	K("STDERR_NOT", LIST, err_not),
	K("SIGNAL", SIGNALED, signal),
	K("EXIT", NUMBER, exit_code),
	K("TIMEOUT", NUMBER, timeout_s),
	K("USER", NUMBER, uid),
	K("EXACT", FLAG, exact),
#undef K
};

static bool parse_number(const char *s, int *n)
{
	char *end;
	long v = strtol(s, &end, 10);

	if (end == s || *end || v < 0 || v > 1 << 30)
		return false;
	*n = v;
	return true;
}

/* "INT after 500" (milliseconds) or "INT when TEXT" (once the output has it) */
static bool parse_signal(struct lang_case *c, const char *s)
{
	static const struct {
		const char *name;
		int number;
	} names[] = {{"INT", SIGINT}, {"TERM", SIGTERM}, {"KILL", SIGKILL},
		     {"HUP", SIGHUP}, {"USR1", SIGUSR1}, {"PIPE", SIGPIPE}};
	size_t len = strcspn(s, " ");

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strlen(names[i].name) == len && !memcmp(names[i].name, s, len))
			c->signal = names[i].number;
	if (!c->signal)
		return false;
	s += len;
	if (!strncmp(s, " after ", 7))
		return parse_number(s + 7, &c->signal_after_ms);
	if (strncmp(s, " when ", 6))
		return false;
	c->signal_text = must(strdup(s + 6));
	return true;
}

static void append_line(char **text, const char *line)
{
	size_t had = *text ? strlen(*text) + 1 : 0, n = strlen(line);

	*text = must(realloc(*text, had + n + 1));
	if (had)
		(*text)[had - 1] = '\n';
	memcpy(*text + had, line, n + 1);
}

/* Returns NULL, or what is wrong. */
static const char *set(struct lang_case *c, const char *name, const char *value, bool follows)
{
	const struct keyword *k = keywords;
	void *field;

	while (k < keywords + sizeof(keywords) / sizeof(*k) && strcmp(k->name, name))
		k++;
	if (k == keywords + sizeof(keywords) / sizeof(*k))
		return "no such keyword";
	field = (char *)c + k->offset;
	switch (k->kind) {
	case TEXT:
		if (*(char **)field)
			return "given twice";
		*(char **)field = must(strdup(value));
		break;
	case LINES: append_line(field, value); break;
	case LIST: strings_add(field, value); break;
	case EXPECTED:
		if (!follows && c->expect.len)
			strings_add(&c->expect, NULL);
		strings_add(&c->expect, value);
		break;
	case NUMBER:
		if (k->offset == offsetof(struct lang_case, uid) && !strcmp(value, "nobody"))
			value = "65534";
		if (!parse_number(value, field))
			return "wants a number";
		break;
	case SIGNALED:
		if (!parse_signal(c, value))
			return "wants NAME after MILLISECONDS, or NAME when TEXT";
		break;
	case FLAG: *(bool *)field = true; break;
	}
	return NULL;
}

static struct lang_case *add_case(struct lang_case **cases, int *n, const char *path, int line,
				  const char *name)
{
	struct lang_case *c;

	*cases = must(realloc(*cases, (*n + 1) * sizeof(**cases)));
	c = *cases + (*n)++;
	*c = (struct lang_case){
		.file = must(strdup(path)),
		.line = line,
		.name = must(strdup(name)),
		.exit_code = -1,
		.timeout_s = 10,
		.uid = -1,
	};
	return c;
}

/* Returns NULL, or what the finished case lacks. */
static const char *check(const struct lang_case *c)
{
	if (!c)
		return NULL;
	if (c->prog && c->script)
		return "has both PROG and FILE";
	if (c->exact && !c->expect.len)
		return "has EXACT without EXPECT";
	if (c->exit_code < 0 && !c->id && !c->expect.len && !c->expect_re.len &&
	    !c->expect_not.len && !c->expect_cmd && !c->err.len && !c->err_re.len)
		return "expects nothing (EXIT 0 would do)";
	return NULL;
}

int casefile_read(const char *path, struct lang_case **cases, int *n)
{
	struct lang_case *c = NULL;
	const char *wrong = NULL;
	char *line = NULL, last[32] = "";
	size_t size = 0;
	ssize_t len;
	int lineno = 0;
	FILE *f = fopen(path, "re");

	if (!f) {
		fprintf(stderr, "langtest: %s: %s\n", path, strerror(errno));
		return -1;
	}
	while (!wrong && (len = getline(&line, &size, f)) >= 0) {
		char *value = line;

		lineno++;
		if (len && line[len - 1] == '\n')
			line[--len] = '\0';
		if (line[0] == '#')
			continue;
		if (!line[strspn(line, " \t")]) {
			wrong = check(c);
			c = NULL;
			continue;
		}
		value += strcspn(line, " ");
		if (*value)
			*value++ = '\0';
		if (!c && strcmp(line, "NAME"))
			wrong = "a case begins with NAME";
		else if (!strcmp(line, "NAME") && c)
			wrong = "a blank line is missing before NAME";
		else if (!c)
			c = add_case(cases, n, path, lineno, value);
		else
			wrong = set(c, line, value, !strcmp(last, line));
		snprintf(last, sizeof(last), "%s", line);
	}
	if (!wrong)
		wrong = check(c);
	if (wrong)
		fprintf(stderr, "langtest: %s:%d: %s: %s\n", path, lineno, last, wrong);
	free(line);
	fclose(f);
	return wrong ? -1 : 0;
}

void casefile_free(struct lang_case *cases, int n)
{
	for (struct lang_case *c = cases; c < cases + n; c++) {
		free(c->file);
		free(c->name);
		free(c->signal_text);
		for (size_t i = 0; i < sizeof(keywords) / sizeof(*keywords); i++) {
			void *field = (char *)c + keywords[i].offset;

			if (keywords[i].kind == TEXT || keywords[i].kind == LINES)
				free(*(char **)field);
			else if (keywords[i].kind == LIST || keywords[i].kind == EXPECTED)
				strings_free(field);
		}
	}
	free(cases);
}
