// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * One run of a plan from loading to the last map: the order of things, and the loop that waits.
 *
 * The loop sleeps in epoll on the ring buffer, the timers of interval probes, the signals and the
 * end of the traced process. SIGINT and SIGTERM end the run with everything printed; a second
 * one ends the process at once, also where it hangs in a write that nobody reads. So they are
 * handled, not blocked: the handler wakes the loop and takes itself away.
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/pidfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <skep/abi.h>

#include "trace/session.h"

/* How often run-time errors are looked for. */
#define PROBLEMS_NS 1000000000ull
/* Ticks of an interval that are made up for when the loop was held up. */
#define MAX_TICKS 64
/* Records handled before the loop looks at its other descriptors again. */
#define MAX_RECORDS 4096
/* Drains this close are of records in a row; so long are they left to gather. */
#define BUSY_NS	  1000000
#define GATHER_NS 100000
/* What epoll returns in place of an attachment's index. */
#define ON_RING	    (UINT64_MAX - 0)
#define ON_SIGNAL   (UINT64_MAX - 1)
#define ON_PROCESS  (UINT64_MAX - 2)
#define ON_PROBLEMS (UINT64_MAX - 3)

/* The loop's descriptors. */
struct loop {
	int epoll, signals, process, problems;
	int *timers;	 /* plan->nattaches; -1 where it is no interval */
	bool ended;	 /* the process ended or a signal came */
	int64_t drained; /* when the ring buffer was last emptied, CLOCK_MONOTONIC */
};

static int watch(struct loop *loop, int fd, uint64_t what)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = what};

	return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

static int watch_timer(struct loop *loop, uint64_t ns, uint64_t what, int *fd)
{
	struct timespec period = {.tv_sec = (time_t)(ns / 1000000000),
				  .tv_nsec = (long)(ns % 1000000000)};
	struct itimerspec spec = {.it_interval = period, .it_value = period};

	*fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (*fd < 0 || timerfd_settime(*fd, 0, &spec, NULL))
		return -errno;
	return watch(loop, *fd, what);
}

static int64_t now_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* --- events --------------------------------------------------------------------- */

static int on_record(void *ctx, void *data, size_t size)
{
	struct trace_session *s = ctx;
	int err = 0;

	if (!s->discard)
		err = trace_record(s, data, size);
	if (err)
		err = trace_fail(s->failure, err, NULL, "an event could not be handled");
	return err || --s->budget ? err : -EAGAIN;
}

/*
 * exit() also leaves a word: its record may have found the ring buffer full. When the record
 * came too, it is the one that counts.
 */
static void look_for_exit(struct trace_session *s)
{
	uint32_t offset = s->plan->exit_offset;

	if (s->exiting || offset == LANG_NONE || !trace_globals_word(s, offset))
		return;
	s->exiting = true;
	s->exit_code = (int)(trace_globals_word(s, offset + 8) & 0xff);
}

/*
 * Prints what the ring buffer holds, at most @budget records, and notices a reader that has gone.
 * Without a limit programs that print faster than we do would keep us here for ever.
 */
static int drain(struct trace_session *s, size_t budget)
{
	int n, err;

	s->budget = budget;
	kit_output_hold(s->options->output);
	n = s->ring ? ring_buffer__consume(s->ring) : 0;
	err = kit_output_pause(s->options->output);
	if (n < 0 && n != -EAGAIN)
		return s->failure->text ? n
					: trace_fail(s->failure, n, NULL,
						     "the ring buffer could not be read");
	look_for_exit(s);
	return err;
}

static int open_ring(struct trace_session *s)
{
	if (s->plan->ring == LANG_NONE)
		return 0;
	s->ring = ring_buffer__new(s->map_fds[s->plan->ring], on_record, s, NULL);
	if (!s->ring)
		return trace_fail(s->failure, -errno, NULL, "cannot map the ring buffer");
	return 0;
}

/* --- the loop ----------------------------------------------------------------------- */

static int on_signal(struct loop *loop)
{
	uint64_t n;

	if (read(loop->signals, &n, sizeof(n)) == sizeof(n))
		loop->ended = true;
	return 0;
}

static int on_tick(struct trace_session *s, struct loop *loop, uint64_t i)
{
	uint64_t ticks = 0, n;
	int err = 0;

	if (read(loop->timers[i], &ticks, sizeof(ticks)) != sizeof(ticks))
		return 0;
	for (n = 0; !err && n < ticks && n < MAX_TICKS; n++)
		err = trace_run_program(s, &s->plan->attaches[i]);
	return err;
}

static int on_problems(struct trace_session *s, struct loop *loop)
{
	uint64_t ticks;
	int err;

	if (read(loop->problems, &ticks, sizeof(ticks)) < 0)
		return 0;
	/* Where the globals are not mapped, this is when exit() is seen, too. */
	err = trace_globals_refresh(s);
	return err ? err : trace_problems(s);
}

static int on_ready(struct trace_session *s, struct loop *loop, uint64_t what)
{
	if (what == ON_SIGNAL)
		return on_signal(loop);
	if (what == ON_PROBLEMS)
		return on_problems(s, loop);
	if (what == ON_PROCESS)
		loop->ended = true;
	if (what < s->plan->nattaches)
		return on_tick(s, loop, what);
	return 0;
}

/*
 * When records come one after the other, lets some gather. A record that finds the buffer read up
 * to it wakes us, at the cost of the program that it comes from; one that finds others does not.
 */
static void let_gather(const struct trace_session *s, const struct loop *loop)
{
	struct timespec nap = {.tv_nsec = GATHER_NS};

	/* No budget left: records wait already. */
	if (s->budget && now_ns(CLOCK_MONOTONIC) - loop->drained < BUSY_NS)
		nanosleep(&nap, NULL);
}

static int run_loop(struct trace_session *s, struct loop *loop)
{
	struct epoll_event events[16];
	int err, n, i;

	/* BEGIN may have printed, or ended the run. */
	err = drain(s, MAX_RECORDS);
	while (!err && !s->exiting && !loop->ended) {
		n = epoll_wait(loop->epoll, events, 16, -1);
		if (n < 0 && errno != EINTR)
			return trace_fail(s->failure, -errno, NULL, "cannot wait for events");
		for (i = 0; !err && i < n; i++)
			err = on_ready(s, loop, events[i].data.u64);
		if (!err && !loop->ended)
			let_gather(s, loop);
		if (!err)
			err = drain(s, MAX_RECORDS);
		loop->drained = now_ns(CLOCK_MONOTONIC);
	}
	return err;
}

static int watch_process(struct trace_session *s, struct loop *loop)
{
	pid_t pid = s->options->command ? trace_command_pid(s->options->command) : s->options->pid;

	if (pid <= 0)
		return 0;
	loop->process = pidfd_open(pid, 0);
	if (loop->process < 0)
		return trace_fail(s->failure, -errno, NULL, "cannot watch process %d", (int)pid);
	return watch(loop, loop->process, ON_PROCESS);
}

static int open_loop(struct trace_session *s, struct loop *loop)
{
	uint32_t i;
	int err;

	for (i = 0; i < s->plan->nattaches; i++)
		loop->timers[i] = -1;
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll < 0)
		return trace_fail(s->failure, -errno, NULL, "cannot wait for events");
	err = watch(loop, loop->signals, ON_SIGNAL);
	if (!err && s->ring)
		err = watch(loop, ring_buffer__epoll_fd(s->ring), ON_RING);
	if (!err && (s->plan->nerrors || s->plan->exit_offset != LANG_NONE))
		err = watch_timer(loop, PROBLEMS_NS, ON_PROBLEMS, &loop->problems);
	if (!err)
		err = watch_process(s, loop);
	return err ? trace_fail(s->failure, err, NULL, "cannot wait for events") : 0;
}

/* Intervals begin when everything is attached. */
static int start_timers(struct trace_session *s, struct loop *loop)
{
	uint32_t i;
	int err = 0;

	for (i = 0; !err && i < s->plan->nattaches; i++) {
		const struct lang_attach *attach = &s->plan->attaches[i];

		if (attach->kind != LANG_ATTACH_INTERVAL || !attach->period)
			continue;
		err = watch_timer(loop, attach->period, i, &loop->timers[i]);
		if (err)
			trace_fail(s->failure, err, NULL, "cannot start %s", attach->probe);
	}
	return err;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

static void close_loop(const struct trace_session *s, struct loop *loop)
{
	uint32_t i;

	for (i = 0; loop->timers && i < s->plan->nattaches; i++)
		close_fd(loop->timers[i]);
	free(loop->timers);
	close_fd(loop->problems);
	close_fd(loop->process);
	close_fd(loop->signals);
	close_fd(loop->epoll);
}

/* --- signals --------------------------------------------------------------------------- */

/* What the signals did before the run. */
struct handlers {
	struct sigaction interrupt, terminate, pipe;
};

/* A handler has no argument of its own. */
static volatile sig_atomic_t wake_fd = -1;

static void handle_signal(int number)
{
	struct sigaction fallback = {.sa_handler = SIG_DFL};
	uint64_t one = 1;
	int saved = errno;

	sigaction(SIGINT, &fallback, NULL);
	sigaction(SIGTERM, &fallback, NULL);
	if (write(wake_fd, &one, sizeof(one)) != sizeof(one))
		_exit(128 + number);
	errno = saved;
}

/* First of all, so that no signal ends the process half attached. */
static int catch_signals(struct loop *loop, struct handlers *before)
{
	struct sigaction catch = {.sa_handler = handle_signal, .sa_flags = SA_RESTART};
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	loop->signals = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	wake_fd = loop->signals;
	sigaction(SIGINT, loop->signals < 0 ? NULL : &catch, &before->interrupt);
	sigaction(SIGTERM, loop->signals < 0 ? NULL : &catch, &before->terminate);
	/* A reader that goes away is an error of write(2). */
	sigaction(SIGPIPE, &ignore, &before->pipe);
	return loop->signals < 0 ? -errno : 0;
}

static void restore_signals(const struct handlers *before)
{
	sigaction(SIGINT, &before->interrupt, NULL);
	sigaction(SIGTERM, &before->terminate, NULL);
	sigaction(SIGPIPE, &before->pipe, NULL);
}

/* --- the run -------------------------------------------------------------------------- */

static uint64_t count_probes(const struct lang_plan *plan)
{
	uint64_t n = 0;
	uint32_t i;

	for (i = 0; i < plan->nattaches; i++)
		n += plan->attaches[i].nprobes;
	return n;
}

/* The clock that the script's nsecs counts by. */
static int64_t script_now(const struct trace_session *s)
{
	return now_ns(s->plan->boot_clock ? CLOCK_BOOTTIME : CLOCK_MONOTONIC);
}

/* The process of -p, or all of them. */
static int attach_target(struct trace_session *s)
{
	pid_t pid = s->options->pid;
	int err = drain(s, MAX_RECORDS);

	/* When BEGIN has ended the run, nobody need be traced. */
	if (err || s->exiting)
		return err;
	err = abi_target_attach(pid > 0 ? pid : -1);
	if (!err)
		return 0;
	if (pid > 0)
		return trace_fail(s->failure, err, abi_target_reason(), "cannot trace process %d",
				  (int)pid);
	return trace_fail(s->failure, err, abi_target_reason(), "cannot trace all processes");
}

static int begin(struct trace_session *s, struct loop *loop)
{
	int err = trace_globals_set(s, s->plan->start_offset, (uint64_t)script_now(s));

	if (err)
		return trace_fail(s->failure, err, NULL, "cannot set the script's start time");
	if (s->options->dry_run)
		return trace_attach(s);
	kit_output_attached(s->options->output, count_probes(s->plan));
	err = trace_fire(s, LANG_ATTACH_BEGIN);
	if (!err)
		err = trace_attach(s);
	if (!err)
		err = start_timers(s, loop);
	if (!err && s->options->command)
		err = drain(s, SIZE_MAX);
	/* A command that exit() would end at once, somewhere in its work, is not begun. */
	if (!err && s->options->command && !s->exiting)
		err = trace_command_release(s->options->command, s->failure);
	else if (!err && !s->options->command)
		err = attach_target(s);
	return err;
}

/* Everything detached, END run, maps and problems printed. */
static int finish(struct trace_session *s)
{
	struct kit_output *out = s->options->output;
	int err;

	trace_detach(s);
	/* An exit() whose record was lost may have come after the last look. */
	err = trace_globals_refresh(s);
	if (!err)
		err = drain(s, SIZE_MAX);
	s->discard = false;
	if (!err)
		err = trace_fire(s, LANG_ATTACH_END);
	if (!err)
		err = drain(s, SIZE_MAX);
	if (!err)
		err = trace_problems(s);
	if (!err) {
		kit_output_end(out);
		err = trace_maps_print(s);
	}
	return err ? err : kit_output_flush(out);
}

static int prepare(struct trace_session *s, struct loop *loop)
{
	int ncpus = libbpf_num_possible_cpus();

	if (ncpus < 1)
		return trace_fail(s->failure, ncpus, NULL, "cannot count the CPUs");
	s->ncpus = (uint32_t)ncpus;
	s->wall_offset = now_ns(CLOCK_REALTIME) - script_now(s);
	s->errors_seen = calloc(s->plan->nerrors + 1, sizeof(*s->errors_seen));
	loop->timers = calloc(s->plan->nattaches + 1, sizeof(*loop->timers));
	return s->errors_seen && loop->timers ? 0
					      : trace_fail(s->failure, -ENOMEM, NULL, "cannot run");
}

/* libbpf's messages would come between the script's: errors are told by their cause. */
static int no_print(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	return 0;
}

int trace_run(const struct lang_plan *plan, const struct trace_options *options, int *exit_code,
	      struct trace_failure *failure)
{
	struct trace_session s = {.plan = plan, .options = options, .failure = failure};
	struct loop loop = {.epoll = -1, .signals = -1, .process = -1, .problems = -1};
	struct handlers before;
	int err;

	libbpf_set_print(no_print);
	err = catch_signals(&loop, &before);
	if (err)
		trace_fail(failure, err, NULL, "cannot wait for signals");
	if (!err)
		err = prepare(&s, &loop);
	if (!err)
		err = trace_load(&s);
	if (!err)
		err = open_ring(&s);
	if (!err)
		err = open_loop(&s, &loop);
	if (!err)
		err = begin(&s, &loop);
	if (!err && !options->dry_run)
		err = run_loop(&s, &loop);
	if (!err && !options->dry_run)
		err = finish(&s);
	else
		trace_detach(&s);
	*exit_code = s.exit_code;
	restore_signals(&before);
	ring_buffer__free(s.ring);
	close_loop(&s, &loop);
	trace_unload(&s);
	free(s.errors_seen);
	kit_buffer_free(&s.text);
	return err;
}
