// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Why a run failed: the one place that makes the sentence and the advice.
 *
 * Advice about privilege is read from this process's own capabilities, because EPERM of
 * bpf(2) does not say which one was missing.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/session.h"

/* The oldest supported headers do not have them. */
#define TRACE_CAP_PERFMON 38
#define TRACE_CAP_BPF	  39

void trace_failure_free(struct trace_failure *failure)
{
	free(failure->text);
	free(failure->hint);
	free(failure->log);
	memset(failure, 0, sizeof(*failure));
}

int trace_fail(struct trace_failure *failure, int err, const char *hint, const char *fmt, ...)
{
	char *what = NULL, *text = NULL;
	va_list ap;

	if (failure->text)
		return err ? err : -EINVAL;
	va_start(ap, fmt);
	if (vasprintf(&what, fmt, ap) < 0)
		what = NULL;
	va_end(ap);
	if (what && err && asprintf(&text, "%s: %s", what, strerror(-err)) >= 0)
		free(what);
	else
		text = what;
	failure->text = text;
	if (hint)
		failure->hint = strdup(hint);
	return err ? err : -EINVAL;
}

static uint64_t effective_capabilities(void)
{
	FILE *file = fopen("/proc/self/status", "re");
	uint64_t caps = UINT64_MAX;
	char line[256];

	if (!file)
		return caps;
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "CapEff: %" SCNx64, &caps) == 1)
			break;
	}
	fclose(file);
	return caps;
}

static bool locked_down(void)
{
	FILE *file = fopen("/sys/kernel/security/lockdown", "re");
	char line[128] = "";
	bool locked;

	if (!file)
		return false;
	locked = fgets(line, sizeof(line), file) && strstr(line, "[confidentiality]");
	fclose(file);
	return locked;
}

const char *trace_missing_privilege(void)
{
	uint64_t caps = effective_capabilities();
	bool has_bpf = caps >> TRACE_CAP_BPF & 1, has_perfmon = caps >> TRACE_CAP_PERFMON & 1;

	if (caps >> CAP_SYS_ADMIN & 1)
		has_bpf = has_perfmon = true;
	if (!has_bpf && !has_perfmon)
		return "the capabilities CAP_BPF and CAP_PERFMON are missing: run it as root";
	if (!has_bpf)
		return "the capability CAP_BPF is missing: run it as root";
	if (!has_perfmon)
		return "the capability CAP_PERFMON is missing: run it as root";
	if (locked_down())
		return "the kernel is locked down (confidentiality): tracing is forbidden";
	return NULL;
}
