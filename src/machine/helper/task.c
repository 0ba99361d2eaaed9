// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Who runs and when. Freestanding.
 *
 * gettid costs a system call, many times what a program costs. glibc and musl keep a thread's id
 * beside its thread pointer; once a thread's is found to stand there, it is read from there, and
 * believed while it is the one remembered for that thread pointer. A thread that takes the place of
 * another has another id, and so is asked for once. (Who forks without his libc leaves the parent's
 * id there; the agent clears what is remembered in a new process, but nothing tells the first
 * moment.) Names and users are asked for each time: others may change them.
 */
#include <stdatomic.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include "machine/helper/table.h"
#include "machine/map/lock.h"

static uint64_t ask_clock(clockid_t clock)
{
	struct timespec ts = {0, 0};

	machine_rawcall(__NR_clock_gettime, (uint64_t)clock, (uintptr_t)&ts, 0, 0, 0, 0);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static inline uint64_t counter(void)
{
#if defined(__x86_64__)
	return __builtin_ia32_rdtsc();
#else
	return ask_clock(CLOCK_MONOTONIC);
#endif
}

uint64_t helper_ktime(const struct machine_ctl *ctl)
{
	const struct machine_clock *clock = &ctl->clock;

	for (int tries = 0; clock->mult && tries < 1000; tries++) {
		uint32_t seq = atomic_load_explicit(&clock->seq, memory_order_acquire);
		uint64_t tsc = clock->tsc, mult = clock->mult, ns = clock->ns;
		uint64_t now = counter();

		atomic_thread_fence(memory_order_acquire);
		if (seq & 1 || atomic_load_explicit(&clock->seq, memory_order_relaxed) != seq) {
			machine_pause();
			continue;
		}
		/* Processors' counters may differ by less than the correction takes. */
		if (now < tsc)
			now = tsc;
		return ns + (uint64_t)(((unsigned __int128)(now - tsc) * mult) >> 32);
	}
	return ask_clock(CLOCK_MONOTONIC);
}

uint64_t helper_do_ktime(struct machine_run *run, uint64_t r1, uint64_t r2, uint64_t r3,
			 uint64_t r4, uint64_t r5)
{
	return helper_ktime(helper_env(run)->who.ctl);
}

uint64_t helper_do_ktime_boot(struct machine_run *run, uint64_t r1, uint64_t r2, uint64_t r3,
			      uint64_t r4, uint64_t r5)
{
	const struct machine_ctl *ctl = helper_env(run)->who.ctl;

	return helper_ktime(ctl) + ctl->clock.boot_offset;
}

static inline uint32_t ask_tid(void)
{
	return (uint32_t)machine_rawcall(__NR_gettid, 0, 0, 0, 0, 0, 0);
}

#if defined(__x86_64__)
/* Where the libcs keep the id, from the thread pointer. */
static const uint16_t tid_places[] = {0x2d0 /* glibc */, 0x30 /* musl */};

/* Finds the id by the thread pointer. Remembered is its page's number, the place and the id. */
static uint32_t learn_tid(struct machine_run *run, uint64_t fs, _Atomic uint64_t *entry)
{
	uint32_t tid = ask_tid(), there;
	uint64_t self;

	/* A thread pointer points to itself, in every libc. */
	if (!fs || helper_read(run, &self, fs, 8) || self != fs)
		return tid;
	for (uint32_t i = 0; i < sizeof(tid_places) / sizeof(tid_places[0]); i++) {
		if (helper_read(run, &there, fs + tid_places[i], 4) || there != tid)
			continue;
		atomic_store_explicit(entry, (fs >> 6 & 0x7fffffff) << 33 | (uint64_t)i << 32 | tid,
				      memory_order_relaxed);
		break;
	}
	return tid;
}

static uint32_t current_tid(struct machine_run *run)
{
	const struct helper_env *env = helper_env(run);
	_Atomic uint64_t *entry;
	uint64_t fs, word;
	uint32_t tid;

	if (!env->process || !(env->who.ctl->cpu_flags & MACHINE_CPU_FSGSBASE))
		return ask_tid();
	__asm__ volatile("rdfsbase %0" : "=r"(fs));
	entry = (_Atomic uint64_t *)&env->process
			->tids[(fs >> 6 ^ fs >> 12 ^ fs >> 23) % HELPER_TIDS];
	word = atomic_load_explicit(entry, memory_order_relaxed);
	tid = (uint32_t)word;
	if (tid && word >> 33 == (fs >> 6 & 0x7fffffff) &&
	    *(volatile uint32_t *)(fs + tid_places[word >> 32 & 1]) == tid)
		return tid;
	return learn_tid(run, fs, entry);
}
#else
static uint32_t current_tid(struct machine_run *run)
{
	return ask_tid();
}
#endif

uint64_t helper_do_pid_tgid(struct machine_run *run, uint64_t r1, uint64_t r2, uint64_t r3,
			    uint64_t r4, uint64_t r5)
{
	uint64_t tgid = helper_env(run)->tgid;

	/* Without a known process nothing remembered of its threads is to be believed either. */
	if (!tgid)
		return (uint64_t)machine_rawcall(__NR_getpid, 0, 0, 0, 0, 0, 0) << 32 | ask_tid();
	return tgid << 32 | current_tid(run);
}

uint64_t helper_do_uid_gid(struct machine_run *run, uint64_t r1, uint64_t r2, uint64_t r3,
			   uint64_t r4, uint64_t r5)
{
	uint64_t gid = (uint32_t)machine_rawcall(__NR_getgid, 0, 0, 0, 0, 0, 0);

	return gid << 32 | (uint32_t)machine_rawcall(__NR_getuid, 0, 0, 0, 0, 0, 0);
}

uint64_t helper_do_comm(struct machine_run *run, uint64_t to, uint64_t size, uint64_t r3,
			uint64_t r4, uint64_t r5)
{
	char name[16] = "";
	uint64_t n = 0;

	if (!size)
		return (uint64_t)-EINVAL;
	machine_rawcall(__NR_prctl, PR_GET_NAME, (uintptr_t)name, 0, 0, 0, 0);
	while (n < sizeof(name) - 1 && n < size - 1 && name[n])
		n++;
	memcpy((void *)to, name, n);
	memset((char *)to + n, 0, size - n);
	return 0;
}

uint64_t helper_do_smp_id(struct machine_run *run, uint64_t r1, uint64_t r2, uint64_t r3,
			  uint64_t r4, uint64_t r5)
{
	return helper_env(run)->who.vcpu;
}

/* What there is none of here: NUMA nodes, cgroups, task_structs, the kernel's trace_pipe. */
uint64_t helper_do_zero(struct machine_run *run, uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4,
			uint64_t r5)
{
	return 0;
}

uint64_t helper_do_prandom(struct machine_run *run, uint64_t r1, uint64_t r2, uint64_t r3,
			   uint64_t r4, uint64_t r5)
{
	uint64_t x = helper_env(run)->random;

	if (!x)
		x = (counter() ^ (uintptr_t)run) | 1;
	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	helper_env(run)->random = x;
	return (uint32_t)(x * 0x2545f4914f6cdd1dull >> 32);
}

uint64_t helper_do_func_ip(struct machine_run *run, uint64_t r1, uint64_t r2, uint64_t r3,
			   uint64_t r4, uint64_t r5)
{
	return helper_env(run)->func_ip;
}

uint64_t helper_do_cookie(struct machine_run *run, uint64_t r1, uint64_t r2, uint64_t r3,
			  uint64_t r4, uint64_t r5)
{
	return helper_env(run)->cookie;
}
