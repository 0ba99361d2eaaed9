// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The log of a refused program. Its form is that of Linux's verifier: the instruction, what is
 * wrong with it, and a last line with numbers, since libbpf and people look for these.
 */
#include "machine/sys/sys.h"

#include <skep/isa.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOG_LEVELS 7u /* 1 errors, 2 every state, 4 statistics */

void sys_log(struct sys_log *log, const char *fmt, ...)
{
	char line[512];
	va_list ap;
	size_t n;
	char *more;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (len < 0)
		return;
	n = (size_t)len < sizeof(line) ? (size_t)len : sizeof(line) - 1;
	if (log->len + n + 1 > log->room) {
		more = realloc(log->text, (log->len + n + 1) * 2);
		if (!more)
			return;
		log->text = more;
		log->room = (log->len + n + 1) * 2;
	}
	memcpy(log->text + log->len, line, n + 1);
	log->len += n;
}

void sys_log_insn(struct sys_log *log, const struct bpf_insn *insns, size_t cnt, size_t idx)
{
	char text[256];

	if (idx >= cnt)
		return;
	isa_disasm(insns, cnt, idx, NULL, text, sizeof(text));
	sys_log(log, "%zu: (%02x) %s\n", idx, insns[idx].code, text);
}

bool sys_log_valid(const union bpf_attr *attr)
{
	if (!attr->log_buf != !attr->log_size)
		return false;
	if (attr->log_buf && !attr->log_level)
		return false;
	return !(attr->log_level & ~LOG_LEVELS) && attr->log_size <= UINT32_MAX >> 2;
}

int sys_log_out(struct sys_log *log, const union bpf_attr *attr, size_t ninsns)
{
	size_t n;
	int err;

	if (!attr->log_level || !attr->log_buf)
		return 0;
	sys_log(log,
		"processed %zu insns (limit 1000000) max_states_per_insn 0 total_states 0 "
		"peak_states 0 mark_read 0\n",
		ninsns);
	if (!log->text)
		return -ENOMEM;
	n = log->len < attr->log_size ? log->len : attr->log_size - 1;
	err = sys_copy_out(attr->log_buf, log->text, n);
	if (!err)
		err = sys_copy_out(attr->log_buf + n, "", 1);
	if (err)
		return err;
	return n < log->len ? -ENOSPC : 0;
}
