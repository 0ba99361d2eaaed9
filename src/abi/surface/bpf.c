// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Surface 1, bpf(2). libc has no function for it: callers go through
 * syscall(), which is therefore told apart by number here, for surface 2 also.
 */
#include "abi/surface/wrap.h"

#include <sys/syscall.h>

ABI_BPF_CALLS(ABI_DEFINE_WRAP)

long __wrap_syscall(long number, unsigned long a, unsigned long b, unsigned long c, unsigned long d,
		    unsigned long e, unsigned long f);

long __wrap_syscall(long number, unsigned long a, unsigned long b, unsigned long c, unsigned long d,
		    unsigned long e, unsigned long f)
{
	switch (number) {
	case __NR_bpf: return __wrap_bpf((int)a, (union bpf_attr *)b, (unsigned int)c);
	case __NR_perf_event_open:
		return __wrap_perf_event_open((struct perf_event_attr *)a, (pid_t)b, (int)c, (int)d,
					      e);
	default: return __real_syscall(number, a, b, c, d, e, f);
	}
}
