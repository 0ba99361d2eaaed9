// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Compares what a run printed with what its case expects.
 */
#include "langtest.h"

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

static struct strings split_lines(const char *text)
{
	struct strings lines = {0};

	while (*text) {
		size_t len = strcspn(text, "\n");
		char *line = strndup(text, len);

		strings_add(&lines, line);
		free(line);
		text += len + (text[len] == '\n');
	}
	return lines;
}

/* Where the lines of a group begin in the output at or after from, or -1. */
static long find_group(const struct strings *lines, size_t from, char **group, size_t n)
{
	for (size_t i = from; i + n <= lines->len; i++) {
		size_t k = 0;

		while (k < n && !strcmp(lines->at[i + k], group[k]))
			k++;
		if (k == n)
			return i;
	}
	return -1;
}

static void compare_lines(const struct lang_case *c, const struct run_options *o, struct run *r)
{
	struct strings lines = split_lines(r->out), want = {0};
	size_t at = 0;

	for (size_t i = 0; i < c->expect.len; i++) {
		char *text = c->expect.at[i] ? run_expand(r, o, c->expect.at[i]) : NULL;

		strings_add(&want, text);
		free(text);
	}
	for (size_t i = 0, n; i < want.len; i += n + 1) {
		long found;

		for (n = 0; i + n < want.len && want.at[i + n];)
			n++;
		found = find_group(&lines, at, want.at + i, n);
		if (found < 0) {
			run_fail(r, "stdout lacks %zu line(s) in order, after line %zu:", n, at);
			for (size_t k = 0; k < n; k++)
				run_fail(r, "  %s", want.at[i + k]);
			break;
		}
		at = found + n;
	}
	if (c->exact && lines.len != want.len)
		run_fail(r, "stdout has %zu lines, not exactly %zu", lines.len, want.len);
	strings_free(&lines);
	strings_free(&want);
}

static void compare_re(const struct strings *list, const char *what, const char *text, bool wanted,
		       const struct run_options *o, struct run *r)
{
	for (size_t i = 0; i < list->len; i++) {
		char *pattern = run_expand(r, o, list->at[i]), why[128];
		regex_t re;
		int rc = regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB | REG_NEWLINE);

		if (rc) {
			regerror(rc, &re, why, sizeof(why));
			run_fail(r, "bad regular expression %s: %s", pattern, why);
		} else {
			if ((regexec(&re, text, 0, NULL, 0) == 0) != wanted)
				run_fail(r, "%s %s: %s", what,
					 wanted ? "does not match" : "matches", pattern);
			regfree(&re);
		}
		free(pattern);
	}
}

static void compare_stderr(const struct lang_case *c, const struct run_options *o, struct run *r)
{
	char id[128];

	for (size_t i = 0; i < c->err.len; i++) {
		char *text = run_expand(r, o, c->err.at[i]);

		if (!strstr(r->err, text))
			run_fail(r, "stderr lacks: %s", text);
		free(text);
	}
	compare_re(&c->err_re, "stderr", r->err, true, o, r);
	compare_re(&c->err_not, "stderr", r->err, false, o, r);
	if (!c->id)
		return;
	snprintf(id, sizeof(id), "[%s]", c->id);
	if (!strstr(r->err, id))
		run_fail(r, "stderr lacks the error's id: %s", id);
}

static void compare_status(const struct lang_case *c, struct run *r)
{
	if (r->timed_out)
		return;
	if (WIFSIGNALED(r->status)) {
		run_fail(r, "ended by signal %d (%s)", WTERMSIG(r->status),
			 strsignal(WTERMSIG(r->status)));
		return;
	}
	if (c->exit_code < 0 && c->id) {
		if (!WEXITSTATUS(r->status))
			run_fail(r, "exit status is 0, and an error was expected");
		return;
	}
	if (WEXITSTATUS(r->status) != (c->exit_code < 0 ? 0 : c->exit_code))
		run_fail(r, "exit status is %d, not %d", WEXITSTATUS(r->status),
			 c->exit_code < 0 ? 0 : c->exit_code);
}

/* Without blank lines and blanks at ends of lines, which the truth's writer should
 * not have to imitate. */
static char *squeeze(const char *text)
{
	char *out = malloc(strlen(text) + 2), *p = out;

	if (!out)
		abort();
	while (*text) {
		size_t len = strcspn(text, "\n"), n = len;

		while (n && strchr(" \t\r", text[n - 1]))
			n--;
		memcpy(p, text, n);
		p += n;
		if (n)
			*p++ = '\n';
		text += len + (text[len] == '\n');
	}
	*p = '\0';
	return out;
}

static void compare_truth(struct run *r)
{
	char *got, *want;

	if (!r->truth)
		return;
	got = squeeze(r->out);
	want = squeeze(r->truth);
	if (strcmp(got, want))
		run_fail(r, "stdout differs from what EXPECT_CMD says:\n%s", want);
	else if (!*want)
		run_fail(r, "EXPECT_CMD says nothing");
	free(got);
	free(want);
}

void compare_run(const struct lang_case *c, const struct run_options *o, struct run *r)
{
	if (!r->out)
		return;
	compare_status(c, r);
	compare_lines(c, o, r);
	compare_re(&c->expect_re, "stdout", r->out, true, o, r);
	compare_re(&c->expect_not, "stdout", r->out, false, o, r);
	compare_stderr(c, o, r);
	compare_truth(r);
}
