// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Runs one case: a working directory of its own, the background program, skep in
 * a process group of its own with its output in files (a pipe would stay open as
 * long as any descendant lives), the signal and the timeout; then looks whether
 * anything stayed in the kernel or running.
 */
#include "langtest.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <libgen.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { GRACE_MS = 1000, MAX_OUTPUT = 64 << 20 };

void run_fail(struct run *r, const char *fmt, ...)
{
	size_t len = strlen(r->failure);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r->failure + len, sizeof(r->failure) - len - 1, fmt, ap);
	va_end(ap);
	len = strlen(r->failure);
	r->failure[len] = '\n';
	r->failure[len + 1] = '\0';
}

static long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* The file's contents with a NUL at the end; empty when it cannot be read. */
static char *slurp(const char *path)
{
	char *text = NULL;
	size_t len = 0, size = 0, n;
	FILE *f = fopen(path, "re");

	do {
		if (len + 1 >= size) {
			size = size ? size * 2 : 1 << 14;
			text = realloc(text, size);
			if (!text)
				abort();
		}
		n = f ? fread(text + len, 1, size - len - 1, f) : 0;
		len += n;
	} while (n && len < MAX_OUTPUT);
	text[len] = '\0';
	/* What follows a NUL would be lost to every comparison. */
	for (size_t i = 0; i < len; i++)
		if (!text[i])
			text[i] = '?';
	if (f)
		fclose(f);
	return text;
}

char *run_expand(const struct run *r, const struct run_options *o, const char *text)
{
	char pid[16], *out = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&out, &len);
	const struct {
		const char *name, *value;
	} vars[] = {{"{{tmp}}", r->dir},
		    {"{{workloads}}", o->workloads},
		    {"{{cases}}", r->cases},
		    {"{{skep}}", r->skep},
		    {"{{bgpid}}", pid}};

	snprintf(pid, sizeof(pid), "%d", r->background);
	while (f && *text) {
		size_t i = 0, n = sizeof(vars) / sizeof(*vars);

		while (i < n && strncmp(text, vars[i].name, strlen(vars[i].name)))
			i++;
		if (i < n) {
			fputs(vars[i].value, f);
			text += strlen(vars[i].name);
		} else {
			fputc(*text++, f);
		}
	}
	if (!f || fclose(f))
		abort();
	return out;
}

static void add_words(struct strings *argv, const struct run *r, const struct run_options *o,
		      const char *text)
{
	struct strings words = {0};

	if (!text)
		return;
	strings_add_words(&words, text);
	for (size_t i = 0; i < words.len; i++) {
		char *word = run_expand(r, o, words.at[i]);

		strings_add(argv, word);
		free(word);
	}
	strings_free(&words);
}

static void add_option(struct strings *argv, const struct run *r, const struct run_options *o,
		       const char *option, const char *value)
{
	char *text;

	if (!value)
		return;
	if (option)
		strings_add(argv, option);
	text = run_expand(r, o, value);
	strings_add(argv, text);
	free(text);
}

static struct strings make_argv(const struct lang_case *c, const struct run *r,
				const struct run_options *o)
{
	struct strings argv = {0};

	add_words(&argv, r, o, c->wrap);
	strings_add(&argv, r->skep);
	add_option(&argv, r, o, "--engine", o->engine);
	add_words(&argv, r, o, c->global);
	strings_add(&argv, "trace");
	add_words(&argv, r, o, c->args);
	add_option(&argv, r, o, "-c", c->cmd);
	add_option(&argv, r, o, "-e", c->prog);
	add_option(&argv, r, o, NULL, c->script);
	add_words(&argv, r, o, c->params);
	strings_add(&argv, NULL);
	return argv;
}

/* What to paste into a shell to see the same. */
static char *quote_argv(const struct strings *argv)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	for (size_t i = 0; f && i + 1 < argv->len; i++) {
		const char *s = argv->at[i];
		bool plain =
			*s && !s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					   "0123456789-_=/.:,+%")];

		fputs(i ? " " : "", f);
		if (plain) {
			fputs(s, f);
			continue;
		}
		fputc('\'', f);
		for (; *s; s++)
			*s == '\'' ? fputs("'\\''", f) : fputc(*s, f);
		fputc('\'', f);
	}
	if (!f || fclose(f))
		abort();
	return text;
}

static void redirect(int fd, const char *path, int flags)
{
	int file = open(path, flags, 0666);

	if (file < 0 || dup2(file, fd) < 0) {
		fprintf(stderr, "langtest: %s: %s\n", path, strerror(errno));
		_exit(126);
	}
	if (file != fd)
		close(file);
}

static pid_t start(char **argv, int uid, const char *in, const char *out, const char *err)
{
	sigset_t none;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid)
		return pid;
	setpgid(0, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	redirect(0, in, O_RDONLY);
	redirect(1, out, O_WRONLY | O_CREAT | O_APPEND);
	redirect(2, err, O_WRONLY | O_CREAT | O_APPEND);
	if (uid >= 0 && (setgroups(0, NULL) || setgid(uid) || setuid(uid))) {
		perror("langtest: cannot become the user");
		_exit(126);
	}
	execvp(argv[0], argv);
	fprintf(stderr, "langtest: %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

/* Waits until pid ends or the time is over; SIGCHLD is blocked. */
static bool wait_until(pid_t pid, int *status, long deadline)
{
	sigset_t chld;

	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	for (;;) {
		long left = deadline - now_ms();
		struct timespec ts;

		if (waitpid(pid, status, WNOHANG) == pid)
			return true;
		if (left <= 0)
			return false;
		ts = (struct timespec){.tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000};
		sigtimedwait(&chld, NULL, &ts);
	}
}

static bool printed(const char *text)
{
	char *out = slurp(".out"), *err = slurp(".err");
	bool yes = strstr(out, text) || strstr(err, text);

	free(out);
	free(err);
	return yes;
}

/* Sends the case's signal at its time. Returns true when skep ended before. */
static bool send_signal(const struct lang_case *c, struct run *r, const struct run_options *o,
			pid_t pid, long start_ms, long deadline)
{
	enum { STEP_MS = 5 };

	if (!c->signal_text) {
		if (wait_until(pid, &r->status, start_ms + c->signal_after_ms * o->slow))
			return true;
	} else {
		char *text = run_expand(r, o, c->signal_text);
		bool seen = false, ended = false;

		while (!seen && !ended && now_ms() < deadline) {
			seen = printed(text);
			ended = !seen && wait_until(pid, &r->status, now_ms() + STEP_MS);
		}
		free(text);
		if (ended)
			return true;
	}
	kill(pid, c->signal);
	return false;
}

static void wait_case(const struct lang_case *c, struct run *r, const struct run_options *o,
		      pid_t pid)
{
	long begin = now_ms(), deadline = begin + c->timeout_s * 1000L * o->slow;

	if (c->signal && send_signal(c, r, o, pid, begin, deadline)) {
		run_fail(r, "ended before the signal was sent");
		return;
	}
	if (wait_until(pid, &r->status, deadline))
		return;
	r->timed_out = true;
	run_fail(r, "timed out after %d s", c->timeout_s * o->slow);
	kill(-pid, SIGKILL);
	waitpid(pid, &r->status, 0);
}

/* The shell's standard output, which the caller frees; NULL when it failed. */
static char *run_shell(struct run *r, const struct run_options *o, const char *what,
		       const char *text)
{
	char *script = run_expand(r, o, text), *out = NULL, *err;
	char *argv[] = {(char *)"sh", (char *)"-c", script, NULL};
	int status = -1;
	pid_t pid;

	unlink(".shout");
	unlink(".sherr");
	pid = start(argv, -1, "/dev/null", ".shout", ".sherr");
	if (pid < 0 || !wait_until(pid, &status, now_ms() + 30000L * o->slow)) {
		run_fail(r, "%s did not end", what);
		kill(-pid, SIGKILL);
		waitpid(pid, &status, 0);
	} else if (status) {
		err = slurp(".sherr");
		run_fail(r, "%s failed: %s", what, err);
		free(err);
	} else {
		out = slurp(".shout");
	}
	free(script);
	return out;
}

static void start_background(const struct lang_case *c, struct run *r, const struct run_options *o)
{
	struct strings argv = {0};

	if (!c->background)
		return;
	add_words(&argv, r, o, c->background);
	strings_add(&argv, NULL);
	if (argv.at[0])
		r->background = start(argv.at, -1, "/dev/null", ".bgout", ".bgout");
	strings_free(&argv);
}

/* The source may lie below a directory that only its owner may enter. */
static void copy_skep(struct run *r, const struct run_options *o)
{
	int from = open(o->skep, O_RDONLY | O_CLOEXEC);
	int to = open(".skep", O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	ssize_t n;

	do
		n = from < 0 || to < 0 || fchmod(to, 0755) ? -1 : sendfile(to, from, NULL, 1 << 20);
	while (n > 0);
	if (n < 0)
		run_fail(r, "copying %s: %s", o->skep, strerror(errno));
	if (from >= 0)
		close(from);
	if (to >= 0)
		close(to);
	snprintf(r->skep, sizeof(r->skep), "%s/.skep", r->dir);
}

static bool enter_dir(const struct lang_case *c, struct run *r, const struct run_options *o)
{
	char path[64];
	char *copy = realpath(c->file, NULL);

	snprintf(r->dir, sizeof(r->dir), "/tmp/lt.XXXXXX");
	if (copy)
		snprintf(r->cases, sizeof(r->cases), "%s", dirname(copy));
	free(copy);
	if (!mkdtemp(r->dir) || chdir(r->dir)) {
		run_fail(r, "%s: %s", r->dir, strerror(errno));
		return false;
	}
	snprintf(r->skep, sizeof(r->skep), "%s", o->skep);
	if (c->uid >= 0) {
		if (chown(r->dir, c->uid, c->uid) || chmod(r->dir, 0755))
			run_fail(r, "%s: %s", r->dir, strerror(errno));
		copy_skep(r, o);
	}
	if (symlink(o->workloads, "workload"))
		run_fail(r, "workload: %s", strerror(errno));
	snprintf(path, sizeof(path), "%s/truth", r->dir);
	setenv("SKEP_TRUTH", path, 1);
	setenv("SKEP_TEST_CASE", r->dir, 1);
	setenv("WORKLOADS", o->workloads, 1);
	setenv("CASES", r->cases, 1);
	return true;
}

static void put_env(const struct lang_case *c, struct run *r, const struct run_options *o, bool on)
{
	for (size_t i = 0; i < c->env.len; i++) {
		char *text = run_expand(r, o, c->env.at[i]), *value = strchr(text, '=');

		if (value)
			*value++ = '\0';
		if (on && value)
			setenv(text, value, 1);
		else
			unsetenv(text);
		free(text);
	}
}

/* stdin is a file, so that nobody needs to feed it. */
static char *make_stdin(const struct lang_case *c, struct run *r, const struct run_options *o)
{
	char *text;
	FILE *f;

	if (c->stdin_file)
		return run_expand(r, o, c->stdin_file);
	if (!c->stdin_text)
		return strdup("/dev/null");
	text = run_expand(r, o, c->stdin_text);
	f = fopen(".in", "we");
	if (!f || fprintf(f, "%s\n", text) < 0 || fclose(f))
		run_fail(r, ".in: %s", strerror(errno));
	free(text);
	return strdup(".in");
}

static void check_leftovers(struct run *r, pid_t group, struct bpf_ids before)
{
	char marker[64], left[1024];
	long deadline = now_ms() + GRACE_MS;

	snprintf(marker, sizeof(marker), "SKEP_TEST_CASE=%s", r->dir);
	if (leftover_wait(before, marker, GRACE_MS, left, sizeof(left)))
		run_fail(r, "left in the kernel:%s", left);
	while (kill(-group, 0) == 0 && now_ms() < deadline)
		if (waitpid(-group, NULL, WNOHANG) <= 0)
			usleep(5000);
	if (kill(-group, SIGKILL) == 0 && !r->timed_out)
		run_fail(r, "left a process running");
}

void run_case(const struct lang_case *c, const struct run_options *o, struct run *r)
{
	struct bpf_ids before;
	struct strings argv;
	char *in, *ignored;
	pid_t pid;

	if (!enter_dir(c, r, o))
		return;
	if (c->setup) {
		ignored = run_shell(r, o, "SETUP", c->setup);
		free(ignored);
		if (!ignored)
			return;
	}
	start_background(c, r, o);
	put_env(c, r, o, true);
	in = make_stdin(c, r, o);
	argv = make_argv(c, r, o);
	r->command = quote_argv(&argv);
	before = leftover_mark();
	pid = start(argv.at, c->uid, in, ".out", ".err");
	if (pid > 0) {
		wait_case(c, r, o, pid);
		check_leftovers(r, pid, before);
	}
	put_env(c, r, o, false);
	r->out = slurp(".out");
	r->err = slurp(".err");
	if (c->expect_cmd)
		r->truth = run_shell(r, o, "EXPECT_CMD", c->expect_cmd);
	strings_free(&argv);
	free(in);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

void run_end(struct run *r)
{
	if (r->background > 0) {
		kill(-r->background, SIGKILL);
		waitpid(r->background, NULL, 0);
	}
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	if (chdir("/") == 0 && r->dir[0])
		nftw(r->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(r->command);
	free(r->out);
	free(r->err);
	free(r->truth);
	*r = (struct run){0};
}
