// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The numbers that the world gives to system calls: every call is made, with arguments that do
 * nothing, by a child of this test, and the name of the tracepoint that fired is looked up.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "world_fixture.h"

/* What must not be called with wild arguments, does not return, or starts a process. */
static bool is_left_out(int nr)
{
	static const int out[] = {SYS_fork,   SYS_vfork, SYS_clone,	 SYS_clone3,	  SYS_pause,
				  SYS_sync,   SYS_kill,	 SYS_reboot,	 SYS_vhangup,	  SYS_tkill,
				  SYS_tgkill, SYS_exit,	 SYS_exit_group, SYS_rt_sigreturn};
	size_t i;

	for (i = 0; i < sizeof(out) / sizeof(*out); i++) {
		if (out[i] == nr)
			return true;
	}
	return false;
}

static void write_to(const char *dir, const char *name, const char *text)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY);
	assert_true(fd >= 0);
	if (write(fd, text, strlen(text)) < 0)
		fail_msg("%s: %s", path, strerror(errno));
	close(fd);
}

/* Calls number @nr in a child, after a call that marks the place. */
static pid_t call(int nr)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		/* cmocka catches the signals that some calls end in. */
		signal(SIGILL, SIG_DFL);
		signal(SIGSEGV, SIG_DFL);
		syscall(SYS_alarm, 2);
		syscall(SYS_getppid);
		syscall(nr, -1, -1, -1, -1, -1, -1);
		syscall(SYS_exit_group, 0);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	return pid;
}

/* The name of the call that process @pid made after its mark; false when none was traced. */
static bool traced_name(int pipe, pid_t pid, char *name, size_t size)
{
	static char text[1 << 18];
	char tag[32], *line, *next, *p;
	bool marked = false;
	size_t len = 0;
	ssize_t n;

	while (len < sizeof(text) - 1 && (n = read(pipe, text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	snprintf(tag, sizeof(tag), "-%d ", pid);
	for (line = text; line && *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		p = strstr(line, ": sys_");
		if (!p || !strstr(line, tag) || !strchr(p, '('))
			continue;
		*strchr(p, '(') = '\0';
		if (marked) {
			snprintf(name, size, "%s", p + 6);
			return true;
		}
		marked = !strcmp(p + 6, "getppid");
	}
	return false;
}

static void system_calls_fire_the_tracepoints_with_their_numbers(void **state)
{
	struct rlimit no_core = {0, 0};
	char dir[256], text[32], name[128], event[320];
	unsigned int checked = 0;
	struct lang_probe_info info;
	struct utsname host;
	int pipe, nr;
	pid_t pid;

	need(tracefs && geteuid() == 0);
	uname(&host);
	need(!strcmp(host.machine, "x86_64"));
	snprintf(dir, sizeof(dir), "%s/instances/skep-%d", tracefs, getpid());
	need(!mkdir(dir, 0700));
	setrlimit(RLIMIT_CORE, &no_core);
	write_to(dir, "options/event-fork", "1");
	snprintf(text, sizeof(text), "%d", getpid());
	write_to(dir, "set_event_pid", text);
	write_to(dir, "events/syscalls/enable", "1");
	snprintf(event, sizeof(event), "%s/trace_pipe", dir);
	pipe = open(event, O_RDONLY | O_NONBLOCK);
	assert_true(pipe >= 0);
	for (nr = 0; nr < 512; nr++) {
		if (is_left_out(nr))
			continue;
		pid = call(nr);
		if (!traced_name(pipe, pid, name, sizeof(name)) || !strcmp(name, "exit_group"))
			continue;
		snprintf(event, sizeof(event), "sys_enter_%s", name);
		assert_int_equal(probe(LANG_TRACEPOINT, "syscalls", event, 0, &info), LANG_OK);
		if (info.syscall_nr != nr)
			print_message("# %s is %d, not %d\n", event, nr, info.syscall_nr);
		assert_int_equal(info.syscall_nr, nr);
		checked++;
	}
	close(pipe);
	write_to(dir, "events/syscalls/enable", "0");
	assert_int_equal(rmdir(dir), 0);
	print_message("# %u system calls made\n", checked);
	assert_true(checked > 250);
}

struct unnumbered {
	unsigned int n;
};

static int find_unnumbered(void *arg, const char *target, const char *name)
{
	struct unnumbered *u = arg;
	struct lang_probe_info info;

	assert_int_equal(probe(LANG_TRACEPOINT, target, name, 0, &info), LANG_OK);
	if (info.syscall_nr < 0) {
		u->n++;
		print_message("# no number: %s\n", name);
	}
	return 0;
}

static void every_system_call_has_a_number(void **state)
{
	struct unnumbered u = {0};
	enum lang_reason reason;

	need(tracefs);
#ifndef __x86_64__
	skip();
#endif
	world->probe_match(world->ctx, LANG_TRACEPOINT, "syscalls", "*", find_unnumbered, &u,
			   &reason);
	assert_int_equal(u.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_system_call_has_a_number),
		cmocka_unit_test(system_calls_fire_the_tracepoints_with_their_numbers),
	};

	return cmocka_run_group_tests(tests, open_world, close_world);
}
