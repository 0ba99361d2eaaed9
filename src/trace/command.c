// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The command of -c: forked before the script is compiled, so that its pid is known, and kept
 * stopped until everything is attached.
 *
 * It is stopped by a signal under ptrace: then it waits at its way back to user mode, behind
 * every tracepoint of the call that stopped it, so that the first thing traced of it is its
 * execve. Where ptrace is not allowed it waits in a read instead, whose end is then traced too.
 * The program's path is found beforehand, so that nothing else comes before the execve. A pipe
 * that closes on exec carries the errno of an exec that failed. The child stays in the
 * terminal's foreground group: Ctrl-C reaches both.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <skep/abi.h>
#include <skep/kit_symbols.h>

#include "trace/session.h"

struct trace_command {
	pid_t pid;
	int go;	      /* not stopped by ptrace: written to release the child; -1 afterwards */
	bool stopped; /* by ptrace, until it is released */
	int result;   /* read: how it waits, errno of a failed exec, or end of file */
	bool ended;
	int status; /* of wait(2) when ended */
	char *name; /* first word */
};

/* --- words -------------------------------------------------------------------- */

/* Copies one word from *@p to @out; false when a quote is not closed. */
static bool one_word(const char **p, char *out)
{
	char quote = 0;

	for (; **p && (quote || !strchr(" \t\n", **p)); (*p)++) {
		char c = **p;

		if (quote && c == quote) {
			quote = 0;
		} else if (!quote && (c == '\'' || c == '"')) {
			quote = c;
		} else if (c == '\\' && quote != '\'' && (*p)[1] &&
			   (!quote || strchr("\"\\$`", (*p)[1]))) {
			*out++ = *++*p;
		} else {
			*out++ = c;
		}
	}
	*out = 0;
	return !quote;
}

/*
 * Splits @line: *@wordsp is one allocation of the pointers and the text, ended by NULL.
 * -EINVAL for an open quote or no word at all.
 */
static int split(const char *line, char ***wordsp)
{
	size_t len = strlen(line), n = 0;
	char **words, *text;

	/* Every word but the last takes a blank: there are at most len / 2 + 1. */
	words = calloc(1, (len / 2 + 2) * sizeof(*words) + len + 1);
	if (!words)
		return -ENOMEM;
	text = (char *)(words + len / 2 + 2);
	for (;;) {
		line += strspn(line, " \t\n");
		if (!*line)
			break;
		words[n++] = text;
		if (!one_word(&line, text)) {
			free(words);
			return -EINVAL;
		}
		text += strlen(text) + 1;
	}
	if (!n) {
		free(words);
		return -EINVAL;
	}
	*wordsp = words;
	return 0;
}

/* --- the child ---------------------------------------------------------------- */

enum { WAITS_STOPPED = 's', WAITS_IN_READ = 'r' };

static _Noreturn void child(const char *path, char **words, int go, int result,
			    const sigset_t *mask)
{
	char waits = ptrace(PTRACE_TRACEME, 0, NULL, NULL) ? WAITS_IN_READ : WAITS_STOPPED, c;
	pid_t self = getpid();
	int err;

	sigprocmask(SIG_SETMASK, mask, NULL);
	if (write(result, &waits, 1) != 1)
		_exit(127);
	/* The tracer drops the signal: this returns 0 when it lets us go on. */
	if (waits == WAITS_STOPPED ? !kill(self, SIGSTOP) : read(go, &c, 1) == 1) {
		execv(path, words);
		err = errno;
		if (write(result, &err, sizeof(err)) < 0)
			_exit(126);
	}
	_exit(127);
}

/* Waits until the child waits, and makes sure that it does not outlive us stopped. */
static int await_child(struct trace_command *command)
{
	char waits = 0;
	int status;

	while (read(command->result, &waits, 1) < 0 && errno == EINTR)
		;
	if (waits == WAITS_IN_READ)
		return 0;
	while (waitpid(command->pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	if (waits != WAITS_STOPPED || !WIFSTOPPED(status)) {
		command->ended = true;
		return -ECHILD;
	}
	command->stopped = true;
	if (ptrace(PTRACE_SETOPTIONS, command->pid, NULL, PTRACE_O_EXITKILL))
		return -errno;
	return 0;
}

static int fork_child(struct trace_command *command, const char *path, char **words)
{
	int go[2] = {-1, -1}, result[2] = {-1, -1};
	sigset_t mask;
	int err = 0;

	sigprocmask(SIG_SETMASK, NULL, &mask);
	if (pipe2(go, O_CLOEXEC) || pipe2(result, O_CLOEXEC)) {
		err = -errno;
		goto out;
	}
	fflush(NULL);
	command->pid = fork();
	if (command->pid < 0) {
		err = -errno;
		goto out;
	}
	if (!command->pid) {
		close(go[1]);
		close(result[0]);
		child(path, words, go[0], result[1], &mask);
	}
	command->go = go[1];
	command->result = result[0];
	go[1] = result[0] = -1;
	close(go[0]);
	close(result[1]);
	go[0] = result[1] = -1;
	err = await_child(command);
	if (err && !command->ended) {
		kill(command->pid, SIGKILL);
		waitpid(command->pid, NULL, 0);
	}
	if (err) {
		close(command->go);
		close(command->result);
	}
out:
	for (int i = 0; i < 2; i++) {
		if (go[i] >= 0)
			close(go[i]);
		if (result[i] >= 0)
			close(result[i]);
	}
	return err;
}

/* A name with a slash is the path itself. */
static int find_program(const char *name, char *path, size_t size)
{
	if (!strchr(name, '/'))
		return kit_resolve_program(name, path, size);
	if (access(name, X_OK))
		return -errno;
	return (size_t)snprintf(path, size, "%s", name) < size ? 0 : -ENAMETOOLONG;
}

int trace_command_start(struct trace_command **commandp, const char *line,
			struct trace_failure *failure)
{
	struct trace_command *command = calloc(1, sizeof(*command));
	char path[4096];
	char **words = NULL;
	int err = command ? split(line, &words) : -ENOMEM;

	if (err == -EINVAL) {
		free(command);
		return trace_fail(failure, 0, NULL,
				  "the command of -c is empty or has a quote without an end");
	}
	if (err)
		goto out;
	err = find_program(words[0], path, sizeof(path));
	if (err) {
		trace_fail(failure, err, NULL, "cannot run the command '%s'", words[0]);
		goto out;
	}
	command->go = command->result = -1;
	command->name = strdup(words[0]);
	err = command->name ? fork_child(command, path, words) : -ENOMEM;
out:
	free(words);
	if (err) {
		if (command)
			free(command->name);
		free(command);
		return trace_fail(failure, err, NULL, "cannot start the command");
	}
	*commandp = command;
	return 0;
}

pid_t trace_command_pid(const struct trace_command *command)
{
	return command->pid;
}

/* Lets the child go on; -errno when it has been killed while it waited. */
static int let_go(struct trace_command *command)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
	int err = 0;

	if (command->stopped) {
		command->stopped = false;
		return abi_target_launch(command->pid);
	}
	/* A child that was killed must not kill us too. */
	sigaction(SIGPIPE, &ignore, &before);
	if (write(command->go, "", 1) < 0)
		err = -errno;
	sigaction(SIGPIPE, &before, NULL);
	return err;
}

/* The errno of an exec that failed, else 0. Without @wait only if it is there already. */
static int exec_errno(struct trace_command *command, bool wait)
{
	struct pollfd ready = {.fd = command->result, .events = POLLIN};
	int err = 0;
	ssize_t n = 0;

	if (wait || poll(&ready, 1, 0) == 1) {
		do {
			n = read(command->result, &err, sizeof(err));
		} while (n < 0 && errno == EINTR);
	}
	close(command->result);
	command->result = -1;
	return n == sizeof(err) ? err : 0;
}

int trace_command_release(struct trace_command *command, struct trace_failure *failure)
{
	int err = let_go(command), exec_err;

	close(command->go);
	command->go = -1;
	exec_err = exec_errno(command, !err);
	if (exec_err)
		return trace_fail(
			failure, -exec_err,
			exec_err == ENOEXEC ? "a script needs a first line like `#!/bin/sh`" : NULL,
			"cannot run the command '%s'", command->name);
	if (!err)
		return 0;
	if (err == -ESRCH || err == -EPIPE)
		return trace_fail(failure, err, NULL, "the command '%s' ended before it began",
				  command->name);
	kill(command->pid, SIGKILL);
	return trace_fail(failure, err, abi_target_reason(), "cannot trace the command '%s'",
			  command->name);
}

bool trace_command_ended(struct trace_command *command, int *status)
{
	if (!command->ended && waitpid(command->pid, &command->status, WNOHANG) == command->pid)
		command->ended = true;
	if (command->ended && status)
		*status = command->status;
	return command->ended;
}

void trace_command_end(struct trace_command *command)
{
	if (!command)
		return;
	if (command->go >= 0) {
		/* It still waits. */
		close(command->go);
		if (!command->ended) {
			kill(command->pid, SIGKILL);
			waitpid(command->pid, NULL, 0);
		}
	} else if (!trace_command_ended(command, NULL)) {
		kill(command->pid, SIGTERM);
	}
	if (command->result >= 0)
		close(command->result);
	free(command->name);
	free(command);
}
