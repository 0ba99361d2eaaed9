// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * What a script makes the tracer itself do: show a file, run a command.
 *
 * Paths and commands may come from traced programs: reading is bounded and never waits, and the
 * shell only runs where the user allowed it (the caller checked).
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "trace/session.h"

extern char **environ;

/* Tells, where the script's messages go, that an action failed; the run goes on. */
static void complain(struct trace_session *s, const char *what, const char *object, int err)
{
	struct kit_buffer message = {0};
	struct kit_runtime_error error = {0};

	kit_buffer_printf(&message, "%s '%s': %s", what, object, strerror(-err));
	error.message = kit_buffer_string(&message);
	kit_output_runtime_error(s->options->output, &error);
	kit_buffer_free(&message);
}

int trace_cat(struct trace_session *s, const char *path)
{
	char text[TRACE_CAT_MAX];
	size_t len = 0;
	ssize_t n = 1;
	/* A pipe without a writer would make us wait for ever. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), err = 0;

	if (fd < 0)
		err = -errno;
	while (!err && n > 0 && len < sizeof(text)) {
		n = read(fd, text + len, sizeof(text) - len);
		if (n < 0 && errno == EINTR) {
			n = 1;
			continue;
		}
		if (n < 0)
			err = -errno;
		else
			len += (size_t)n;
	}
	if (fd >= 0)
		close(fd);
	if (err)
		complain(s, "cannot read", path, err);
	else
		kit_output_text(s->options->output, KIT_TEXT_CAT, text, len);
	return 0;
}

static int spawn_shell(const char *command, int out, pid_t *pid)
{
	char *argv[] = {(char *)"sh", (char *)"-c", (char *)command, NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none, pipe_signal;
	int err = posix_spawn_file_actions_init(&actions);

	if (err)
		return -err;
	err = posix_spawnattr_init(&attr);
	if (!err) {
		/* The run blocks signals, to read them from a descriptor, and ignores SIGPIPE. */
		sigemptyset(&none);
		posix_spawnattr_setsigmask(&attr, &none);
		sigemptyset(&pipe_signal);
		sigaddset(&pipe_signal, SIGPIPE);
		posix_spawnattr_setsigdefault(&attr, &pipe_signal);
		posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
		err = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
		if (!err)
			err = posix_spawn(pid, "/bin/sh", &actions, &attr, argv, environ);
		posix_spawnattr_destroy(&attr);
	}
	posix_spawn_file_actions_destroy(&actions);
	return -err;
}

int trace_system(struct trace_session *s, const char *command)
{
	char text[4096];
	int pipe_fds[2], err;
	pid_t pid = -1;
	ssize_t n;

	if (pipe2(pipe_fds, O_CLOEXEC)) {
		complain(s, "cannot run", command, -errno);
		return 0;
	}
	kit_output_flush(s->options->output);
	err = spawn_shell(command, pipe_fds[1], &pid);
	close(pipe_fds[1]);
	kit_buffer_reset(&s->text);
	while (!err && (n = read(pipe_fds[0], text, sizeof(text))) != 0) {
		if (n > 0)
			kit_buffer_add(&s->text, text, (size_t)n);
		else if (errno != EINTR)
			err = -errno;
	}
	close(pipe_fds[0]);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (err)
		complain(s, "cannot run", command, err);
	else
		kit_output_text(s->options->output, KIT_TEXT_SYSCALL, s->text.data, s->text.len);
	return 0;
}
