/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the parts of langtest share: the case as read from a file, running it,
 * comparing what came, the probes for what a case needs, and the check for
 * programs left in the kernel.
 */
#ifndef LANGTEST_H
#define LANGTEST_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* A growing list of strings; every string is owned by the list. */
struct strings {
	char **at;
	size_t len;
};

/* One case. Strings that were not given are NULL; lists may be empty. */
struct lang_case {
	char *file;	       /* case file, for messages */
	int line;	       /* of NAME */
	char *name;	       /* NAME */
	char *prog;	       /* PROG lines, joined by newlines */
	char *script;	       /* FILE */
	char *global;	       /* GLOBAL: words between skep and trace */
	char *args;	       /* ARGS */
	char *params;	       /* PARAMS */
	char *cmd;	       /* CMD */
	char *stdin_text;      /* STDIN lines */
	char *stdin_file;      /* STDIN_FILE */
	char *setup;	       /* SETUP lines: shell, before */
	char *background;      /* BG: a program that runs beside */
	char *wrap;	       /* WRAP: words before skep */
	char *needs;	       /* NEEDS words */
	char *engine;	       /* ENGINE */
	char *expect_cmd;      /* EXPECT_CMD */
	char *id;	       /* ID: in stderr as [id] */
	char *signal_text;     /* SIGNAL ... when TEXT */
	struct strings env;    /* ENV A=B */
	struct strings expect; /* EXPECT lines; a NULL string ends a group */
	struct strings expect_re, expect_not;
	struct strings err, err_re, err_not;
	int signal; /* 0: none */
	int signal_after_ms;
	int exit_code; /* -1: not given */
	int timeout_s;
	int uid;    /* USER; -1: as is */
	bool exact; /* EXACT */
};

/* casefile.c */

/* Appends the cases of a file to *cases, which has *n. Returns 0, or -1 after
 * saying on stderr which line is wrong. */
int casefile_read(const char *path, struct lang_case **cases, int *n);
void casefile_free(struct lang_case *cases, int n);

/* Appends a copy of s (or NULL) to a list; ends the program without memory. */
void strings_add(struct strings *list, const char *s);
void strings_free(struct strings *list);

/* Splits text as a shell does ('...', "..." and backslash), without expanding
 * anything, and appends the words to a list. */
void strings_add_words(struct strings *list, const char *text);

/* runcase.c */

/* How to run cases; the strings stay the caller's. Paths are absolute. */
struct run_options {
	const char *skep;
	const char *workloads;
	const char *engine; /* NULL: skep's own choice, the kernel */
	int slow;	    /* factor on every timeout */
};

/* What a run gave. Text is owned by the run. */
struct run {
	char dir[32];	 /* working directory; removed by run_end() */
	char skep[512];	 /* the program, or a copy that another user can reach */
	char cases[512]; /* the directory of the case file */
	char *command;	 /* as a shell would take it */
	char *out, *err; /* what skep printed, NUL-terminated */
	char *truth;	 /* what EXPECT_CMD printed, or NULL */
	int status;	 /* as wait(2) gives it */
	bool timed_out;
	pid_t background;
	char failure[4096]; /* lines; empty when nothing is wrong */
};

/* Runs a case and fills *r; what goes wrong before or beside skep (set-up failed,
 * something stayed behind) is in r->failure. Call run_end() always. */
void run_case(const struct lang_case *c, const struct run_options *o, struct run *r);
void run_end(struct run *r);

/* Adds a line to r->failure. */
void run_fail(struct run *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A copy of text with {{tmp}}, {{workloads}}, {{cases}}, {{skep}} and {{bgpid}}
 * replaced; the caller frees it. */
char *run_expand(const struct run *r, const struct run_options *o, const char *text);

/* compare.c */

/* Compares what a run gave with what the case expects; adds to r->failure. */
void compare_run(const struct lang_case *c, const struct run_options *o, struct run *r);

/* needs.c */

/* Says whether every word of needs is met here. When one is not, *missing is set
 * to a static or thread-local description. Returns -1 for a word that nobody
 * knows, which *missing names. */
int needs_met(const char *needs, const char **missing);

/* True if a word names what only the kernel has, and the machine is what is tested. */
bool needs_kernel(const char *needs);

/* From now on what counts is what the machine engine has, in place of the kernel. */
void needs_of_machine(void);

/* Lists the known words on stdout. */
void needs_list(void);

/* leftover.c */

/* The highest ids of programs and links in the kernel, or zeros where they may
 * not be asked for (not root). */
struct bpf_ids {
	unsigned int prog, link;
};

struct bpf_ids leftover_mark(void);

/* Waits up to grace_ms for programs and links newer than the mark to go. What
 * other processes hold does not count: a holder is ours when its environment has
 * the string marker. Returns how many stayed and describes them in text. */
int leftover_wait(struct bpf_ids mark, const char *marker, int grace_ms, char *text, size_t size);

#endif
