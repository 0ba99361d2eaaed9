// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Attaches programs to what they trace: one row of `kinds` for each kind of attachment.
 *
 * Whatever the kind, an attachment ends as one descriptor whose close detaches it, so that
 * detaching, and being killed, need no knowledge of kinds. All or nothing: the caller detaches
 * what there is when one attachment fails.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <skep/abi.h>

#include "trace/session.h"

static int keep(struct trace_session *s, int fd, bool slow)
{
	size_t cap = s->cap_attached ? s->cap_attached * 2 : 16;
	struct trace_attached *grown;

	if (s->nattached == s->cap_attached) {
		grown = reallocarray(s->attached, cap, sizeof(*grown));
		if (!grown) {
			close(fd);
			return -ENOMEM;
		}
		s->attached = grown;
		s->cap_attached = cap;
	}
	s->attached[s->nattached++] = (struct trace_attached){.fd = fd, .slow = slow};
	return 0;
}

/* Reads a number that follows @skip in a file of sysfs or tracefs. */
static int read_number(const char *path, const char *skip, uint64_t *number)
{
	FILE *file = fopen(path, "re");
	size_t n = strlen(skip);
	char text[64];
	char *end;

	if (!file)
		return -errno;
	if (!fgets(text, sizeof(text), file))
		text[0] = 0;
	fclose(file);
	if (strncmp(text, skip, n))
		return -EBADMSG;
	*number = strtoull(text + n, &end, 10);
	return end == text + n ? -EBADMSG : 0;
}

/* --- perf events ------------------------------------------------------------ */

/*
 * Gives @event the program and starts it. The link, where there is one, keeps the event open,
 * so that closing one descriptor ends both.
 */
static int attach_event(struct trace_session *s, uint32_t program, int event, bool slow)
{
	int prog = s->prog_fds[program], link, err = 0;

	link = bpf_link_create(prog, event, BPF_PERF_EVENT, NULL);
	/* Linux before 5.15 has no such links. */
	if (link < 0 && ioctl(event, PERF_EVENT_IOC_SET_BPF, prog))
		err = -errno;
	if (!err && ioctl(event, PERF_EVENT_IOC_ENABLE, 0))
		err = -errno;
	if (err || link >= 0)
		close(event);
	if (err) {
		if (link >= 0)
			close(link);
		return err;
	}
	return keep(s, link >= 0 ? link : event, slow);
}

static int open_event(struct perf_event_attr *attr, pid_t pid, int cpu)
{
	attr->size = sizeof(*attr);
	attr->disabled = 1;
	return abi_perf_event_open(attr, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC);
}

/* One event on each CPU that is online; the list is like "0-3,6". */
static int attach_every_cpu(struct trace_session *s, const struct lang_attach *attach,
			    struct perf_event_attr *attr)
{
	FILE *file = fopen("/sys/devices/system/cpu/online", "re");
	unsigned int first, last;
	int err = 0, fd, c = ',';

	if (!file)
		return -errno;
	while (!err && c == ',' && fscanf(file, "%u", &first) == 1) {
		last = first;
		c = fgetc(file);
		if (c == '-') {
			if (fscanf(file, "%u", &last) != 1)
				break;
			c = fgetc(file);
		}
		for (; !err && first <= last && first < INT_MAX; first++) {
			fd = open_event(attr, -1, (int)first);
			err = fd < 0 ? fd : attach_event(s, attach->program, fd, false);
		}
	}
	fclose(file);
	return err;
}

static int attach_profile(struct trace_session *s, const struct lang_attach *attach)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.freq = attach->freq != 0,
	};

	if (attach->freq)
		attr.sample_freq = attach->freq;
	else
		attr.sample_period = attach->period;
	return attach_every_cpu(s, attach, &attr);
}

static int attach_software(struct trace_session *s, const struct lang_attach *attach)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.config = attach->perf_config,
		.sample_period = attach->period ? attach->period : 1,
	};

	return attach_every_cpu(s, attach, &attr);
}

static int tracepoint_id(const char *category, const char *name, uint64_t *id)
{
	static const char *const roots[] = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};
	char path[PATH_MAX];
	size_t i;

	/* A name is one component of a path. */
	if (strchr(category, '/') || strchr(name, '/'))
		return -ENOENT;
	for (i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/events", roots[i]);
		if (access(path, F_OK))
			continue;
		snprintf(path, sizeof(path), "%s/events/%s/%s/id", roots[i], category, name);
		return read_number(path, "", id);
	}
	return -ENODEV;
}

static int attach_perf_tracepoint(struct trace_session *s, uint32_t program, const char *category,
				  const char *name)
{
	struct perf_event_attr attr = {.type = PERF_TYPE_TRACEPOINT, .sample_period = 1};
	uint64_t id;
	int fd = tracepoint_id(category, name, &id);

	if (fd)
		return fd;
	attr.config = id;
	/* The program runs on all CPUs, whichever the event is opened on. */
	fd = open_event(&attr, -1, 0);
	return fd < 0 ? fd : attach_event(s, program, fd, true);
}

static int attach_tracepoint(struct trace_session *s, const struct lang_attach *attach)
{
	return attach_perf_tracepoint(s, attach->program, attach->target, attach->name);
}

/* kprobe or uprobe of the perf PMU of that name, at @where + @offset. */
static int attach_pmu(struct trace_session *s, const struct lang_attach *attach, const char *pmu,
		      const char *where, bool is_return, pid_t pid)
{
	struct perf_event_attr attr = {.sample_period = 1};
	uint64_t type, bit = 0;
	char path[96];
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/event_source/devices/%s/type", pmu);
	fd = read_number(path, "", &type);
	if (fd)
		return fd == -ENOENT ? -ENODEV : fd;
	snprintf(path, sizeof(path), "/sys/bus/event_source/devices/%s/format/retprobe", pmu);
	if (is_return && read_number(path, "config:", &bit))
		return -ENODEV;
	attr.type = (uint32_t)type;
	attr.config = is_return ? 1ull << (bit & 63) : 0;
	attr.config1 = (uintptr_t)where;
	attr.config2 = attach->offset;
	fd = open_event(&attr, pid > 0 ? pid : -1, pid > 0 ? -1 : 0);
	return fd < 0 ? fd : attach_event(s, attach->program, fd, true);
}

static int attach_kprobe(struct trace_session *s, const struct lang_attach *attach)
{
	return attach_pmu(s, attach, "kprobe", attach->name, attach->kind == LANG_ATTACH_KRETPROBE,
			  0);
}

/* Uprobes fire only in the process of -p or -c. */
static pid_t only_pid(const struct trace_session *s)
{
	if (s->options->command)
		return trace_command_pid(s->options->command);
	return s->options->pid;
}

static int attach_uprobe(struct trace_session *s, const struct lang_attach *attach)
{
	return attach_pmu(s, attach, "uprobe", attach->target,
			  attach->kind == LANG_ATTACH_URETPROBE, only_pid(s));
}

/* --- links ------------------------------------------------------------------ */

/*
 * A raw tracepoint stands for a perf tracepoint where the clause needs no arguments; the few
 * events that have no raw tracepoint of their name are opened as what the script said.
 */
static int attach_raw_fallback(struct trace_session *s, const struct lang_attach *attach)
{
	static const char prefix[] = "tracepoint:";
	const char *category, *name;
	char *copy;
	int err;

	if (!attach->probe || strncmp(attach->probe, prefix, strlen(prefix)))
		return -ENOENT;
	category = attach->probe + strlen(prefix);
	name = strchr(category, ':');
	if (!name)
		return -ENOENT;
	copy = strndup(category, (size_t)(name - category));
	if (!copy)
		return -ENOMEM;
	err = trace_reload(s, attach->program, BPF_PROG_TYPE_TRACEPOINT, 0);
	if (err >= 0)
		err = attach_perf_tracepoint(s, attach->program, copy, name + 1);
	free(copy);
	return err;
}

static int attach_raw_tp(struct trace_session *s, const struct lang_attach *attach)
{
	bool typed = s->plan->programs[attach->program].type == BPF_PROG_TYPE_TRACING;
	int fd = bpf_raw_tracepoint_open(typed ? NULL : attach->name, s->prog_fds[attach->program]);

	if (fd == -ENOENT && !typed)
		return attach_raw_fallback(s, attach);
	return fd < 0 ? fd : keep(s, fd, false);
}

static int attach_tracing(struct trace_session *s, const struct lang_attach *attach)
{
	int fd = bpf_raw_tracepoint_open(NULL, s->prog_fds[attach->program]);

	return fd < 0 ? fd : keep(s, fd, false);
}

/* --- many probes of one program in one link ---------------------------------- */

static uint32_t count_attaches(const struct lang_plan *plan, uint32_t program)
{
	uint32_t i, n = 0;

	for (i = 0; i < plan->nattaches; i++)
		n += plan->attaches[i].program == program;
	return n;
}

static int link_multi(struct trace_session *s, const struct lang_attach *first, const char **names,
		      uint64_t *offsets)
{
	bool is_return =
		first->kind == LANG_ATTACH_KRETPROBE || first->kind == LANG_ATTACH_URETPROBE;
	int prog = s->prog_fds[first->program];
	uint32_t i, n = 0;

	for (i = 0; i < s->plan->nattaches; i++) {
		if (s->plan->attaches[i].program != first->program)
			continue;
		names[n] = s->plan->attaches[i].name;
		offsets[n++] = s->plan->attaches[i].offset;
	}
	if (first->kind == LANG_ATTACH_KPROBE || first->kind == LANG_ATTACH_KRETPROBE)
		return abi_link_create_kprobe_multi(
			prog,
			&(struct abi_kprobe_multi){.syms = names, .cnt = n, .retprobe = is_return});
	return abi_link_create_uprobe_multi(prog,
					    &(struct abi_uprobe_multi){.path = first->target,
								       .offsets = offsets,
								       .cnt = n,
								       .retprobe = is_return});
}

static int attach_multi(struct trace_session *s, const struct lang_attach *first)
{
	uint32_t n = count_attaches(s->plan, first->program);
	const char **names = calloc(n, sizeof(*names));
	uint64_t *offsets = calloc(n, sizeof(*offsets));
	int fd = names && offsets ? link_multi(s, first, names, offsets) : -ENOMEM;

	free(names);
	free(offsets);
	return fd < 0 ? fd : keep(s, fd, true);
}

/* --- the table ---------------------------------------------------------------- */

struct attach_kind {
	const char *how; /* for -v; NULL: nothing is attached, the program is run by skep */
	int (*attach)(struct trace_session *s, const struct lang_attach *attach);
};

static const struct attach_kind kinds[] = {
	[LANG_ATTACH_BEGIN] = {NULL, NULL},
	[LANG_ATTACH_END] = {NULL, NULL},
	[LANG_ATTACH_INTERVAL] = {NULL, NULL},
	[LANG_ATTACH_PROFILE] = {"perf clock on every CPU", attach_profile},
	[LANG_ATTACH_SOFTWARE] = {"perf software event on every CPU", attach_software},
	[LANG_ATTACH_TRACEPOINT] = {"perf tracepoint", attach_tracepoint},
	[LANG_ATTACH_RAW_TP] = {"raw tracepoint", attach_raw_tp},
	[LANG_ATTACH_KPROBE] = {"perf kprobe", attach_kprobe},
	[LANG_ATTACH_KRETPROBE] = {"perf kretprobe", attach_kprobe},
	[LANG_ATTACH_TRACING] = {"trampoline", attach_tracing},
	[LANG_ATTACH_UPROBE] = {"perf uprobe", attach_uprobe},
	[LANG_ATTACH_URETPROBE] = {"perf uretprobe", attach_uprobe},
};

static const char *attach_hint(const struct lang_attach *attach, int err)
{
	const char *hint = abi_target_reason();

	if (hint)
		return hint;
	switch (err) {
	case -EPERM:
	case -EACCES:
		hint = trace_missing_privilege();
		return hint ? hint : "see /proc/sys/kernel/perf_event_paranoid";
	case -EMFILE: return "too many files are open: raise the limit with `ulimit -n`";
	case -ENODEV:
		if (attach->kind == LANG_ATTACH_TRACEPOINT || attach->kind == LANG_ATTACH_RAW_TP)
			return "tracefs is not mounted: "
			       "`mount -t tracefs tracefs /sys/kernel/tracing`";
		return "this kernel does not have this kind of probe";
	case -ENOENT: return "`skep trace -l 'PATTERN'` lists what this kernel has";
	case -EINVAL:
		if (attach->kind == LANG_ATTACH_PROFILE && attach->freq)
			return "the frequency may be above "
			       "/proc/sys/kernel/perf_event_max_sample_rate";
		return NULL;
	case -EADDRNOTAVAIL:
	case -EOPNOTSUPP: return "the kernel does not allow a probe at this place";
	default: return NULL;
	}
}

static int attach_one(struct trace_session *s, const struct lang_attach *attach)
{
	const struct attach_kind *kind = &kinds[attach->kind];
	const char *how = kind->how;
	int err;

	if (s->multi[attach->program]) {
		uint32_t i;

		for (i = 0; s->plan->attaches[i].program != attach->program; i++)
			;
		if (attach != &s->plan->attaches[i])
			return 0; /* its link is there */
		how = "multi link";
		err = attach_multi(s, attach);
		/* What the kernel says of many does not tell which one it meant. */
		if (err && !trace_reload(s, attach->program, BPF_PROG_TYPE_KPROBE, 0)) {
			how = kind->how;
			err = kind->attach(s, attach);
		}
	} else {
		err = kind->attach(s, attach);
	}
	if (err)
		return trace_fail(s->failure, err, attach_hint(attach, err),
				  "cannot attach %s (line %u)", attach->probe, attach->line);
	if (s->options->verbose)
		fprintf(s->options->verbose, "attached %s: %s\n", attach->probe, how);
	return 0;
}

int trace_attach(struct trace_session *s)
{
	uint32_t i;
	int err = 0;

	for (i = 0; !err && i < s->plan->nattaches; i++) {
		const struct lang_attach *attach = &s->plan->attaches[i];

		if (attach->kind >= sizeof(kinds) / sizeof(kinds[0]) ||
		    attach->program >= s->plan->nprograms)
			err = trace_fail(s->failure, -EINVAL, NULL, "cannot attach probe %u", i);
		else if (kinds[attach->kind].attach)
			err = attach_one(s, attach);
	}
	return err;
}

int trace_run_program(struct trace_session *s, const struct lang_attach *attach)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	int err = bpf_prog_test_run_opts(s->prog_fds[attach->program], &opts);

	/* On the machine a traced process may have falsified what the program needs. */
	if (err == -EBUSY) {
		s->missed++;
		return 0;
	}
	if (err)
		return trace_fail(s->failure, err,
				  err == -EPERM || err == -EACCES ? trace_missing_privilege()
								  : NULL,
				  "cannot run %s (line %u)", attach->probe, attach->line);
	return 0;
}

int trace_fire(struct trace_session *s, enum lang_attach_kind kind)
{
	uint32_t i;
	int err = 0;

	for (i = 0; !err && i < s->plan->nattaches; i++) {
		if (s->plan->attaches[i].kind == kind)
			err = trace_run_program(s, &s->plan->attaches[i]);
	}
	return err;
}

void trace_detach(struct trace_session *s)
{
	int *slow = malloc((s->nattached + 1) * sizeof(*slow));
	size_t i, nslow = 0;

	for (i = 0; i < s->nattached; i++) {
		if (s->attached[i].slow && slow)
			slow[nslow++] = s->attached[i].fd;
		else
			close(s->attached[i].fd);
	}
	if (nslow)
		trace_reap(slow, nslow);
	free(slow);
	free(s->attached);
	s->attached = NULL;
	s->nattached = s->cap_attached = 0;
}
