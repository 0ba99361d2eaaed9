// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * langtest: runs the cases of case files through `skep trace` and reports in TAP.
 * It is one static program without a shell's help, so that the same cases run on
 * any machine and in a virtual machine that has little else. The format of case
 * files is in README.md.
 */
#include "langtest.h"

#include <fnmatch.h>
#include <getopt.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static const char usage[] =
	"usage: langtest --skep PATH [options] FILE.case...\n"
	"  --skep PATH       the program under test\n"
	"  --workloads DIR   where the programs are that cases start\n"
	"  --engine E        passed to skep; without it the kernel's cases run\n"
	"  --filter GLOB     only cases whose name (or FILE:NAME) matches\n"
	"  --slow N          multiply every time limit by N\n"
	"  --must-have WORDS what this machine is known to have: without it, nothing is\n"
	"                    run, so that no case is skipped for it unnoticed\n"
	"  --list            print the cases' names, run nothing\n"
	"  --needs           print what a case may NEED\n";

struct settings {
	struct run_options run;
	const char *filter;
	const char *must_have;
	bool list;
};

static bool wanted(const struct lang_case *c, const struct settings *s)
{
	const char *engine = s->run.engine ?: "kernel";
	char full[512];
	char *file;

	if (c->engine && strcmp(c->engine, "both") && strcmp(c->engine, engine))
		return false;
	if (c->needs && needs_kernel(c->needs))
		return false;
	if (!s->filter)
		return true;
	file = strdup(c->file);
	snprintf(full, sizeof(full), "%s:%s", file ? basename(file) : "", c->name);
	free(file);
	return !fnmatch(s->filter, c->name, 0) || !fnmatch(s->filter, full, 0);
}

static void print_block(const char *title, const char *text)
{
	enum { MAX_LINES = 60 };
	int lines = 0;

	if (!text || !*text)
		return;
	printf("# %s:\n", title);
	while (*text && lines++ < MAX_LINES) {
		size_t len = strcspn(text, "\n");

		printf("#   %.*s\n", (int)len, text);
		text += len + (text[len] == '\n');
	}
	if (*text)
		printf("#   (more)\n");
}

/* A '#' in a name would begin a TAP directive. */
static void print_result(bool ok, int n, const struct lang_case *c)
{
	printf("%s %d - ", ok ? "ok" : "not ok", n);
	for (const char *s = c->name; *s; s++)
		putchar(*s == '#' ? '.' : *s);
}

static bool test_case(const struct lang_case *c, int n, const struct settings *s)
{
	struct run r = {0};
	const char *missing = NULL;
	int met = c->needs ? needs_met(c->needs, &missing) : 1;
	bool ok;

	if (met < 0)
		run_fail(&r, "%s", missing);
	if (met == 1 && c->uid >= 0 && geteuid()) {
		met = 0;
		missing = "not root, so no other user can be played";
	}
	if (met == 1) {
		run_case(c, &s->run, &r);
		compare_run(c, &s->run, &r);
	}
	ok = !r.failure[0];
	print_result(ok, n, c);
	if (!met)
		printf(" # SKIP %s", missing);
	putchar('\n');
	if (!ok) {
		printf("# %s:%d\n", c->file, c->line);
		print_block("wrong", r.failure);
		print_block("command", r.command);
		print_block("stdout", r.out);
		print_block("stderr", r.err);
	}
	fflush(stdout);
	run_end(&r);
	return ok;
}

static char *absolute(const char *path)
{
	char *full = realpath(path, NULL);

	if (full)
		return full;
	perror(path);
	exit(2);
}

static void parse_options(int argc, char **argv, struct settings *s)
{
	static const struct option options[] = {
		{"skep", required_argument, NULL, 's'},
		{"workloads", required_argument, NULL, 'w'},
		{"engine", required_argument, NULL, 'e'},
		{"filter", required_argument, NULL, 'f'},
		{"slow", required_argument, NULL, 'x'},
		{"must-have", required_argument, NULL, 'm'},
		{"list", no_argument, NULL, 'l'},
		{"needs", no_argument, NULL, 'n'},
		{0},
	};
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		switch (opt) {
		case 's': s->run.skep = absolute(optarg); break;
		case 'w': s->run.workloads = absolute(optarg); break;
		case 'e': s->run.engine = optarg; break;
		case 'f': s->filter = optarg; break;
		case 'x': s->run.slow = atoi(optarg); break;
		case 'm': s->must_have = optarg; break;
		case 'l': s->list = true; break;
		case 'n': needs_list(); exit(0);
		default: fputs(usage, stderr); exit(2);
		}
	}
	if (s->run.slow < 1)
		s->run.slow = 1;
	if (optind == argc || (!s->list && !s->run.skep)) {
		fputs(usage, stderr);
		exit(2);
	}
}

int main(int argc, char **argv)
{
	struct settings s = {.run = {.slow = 1, .workloads = "/nonexistent"}};
	struct lang_case *cases = NULL;
	const char *missing;
	int len = 0, total = 0, n = 0, failed = 0;
	sigset_t chld;

	parse_options(argc, argv, &s);
	for (int i = optind; i < argc; i++) {
		char *path = absolute(argv[i]);
		int rc = casefile_read(path, &cases, &len);

		free(path);
		if (rc) {
			printf("Bail out! %s cannot be read\n", argv[i]);
			return 2;
		}
	}
	if (s.run.engine && !strcmp(s.run.engine, "machine"))
		needs_of_machine();
	if (s.must_have && needs_met(s.must_have, &missing) != 1) {
		printf("Bail out! %s\n", missing);
		return 2;
	}
	for (int i = 0; i < len; i++)
		total += wanted(&cases[i], &s);
	if (!s.list)
		printf(total ? "1..%d\n" : "1..%d # SKIP no case for this engine or filter\n",
		       total);
	/* What a case leaves behind is reaped here, at once and on any machine. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, NULL);
	for (int i = 0; i < len; i++) {
		if (!wanted(&cases[i], &s))
			continue;
		if (s.list)
			printf("%s:%d: %s\n", cases[i].file, cases[i].line, cases[i].name);
		else
			failed += !test_case(&cases[i], ++n, &s);
	}
	casefile_free(cases, len);
	free((char *)s.run.skep);
	return failed ? 1 : 0;
}
