// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The memory that a session shares, made and mapped.
 *
 * ctl is mapped for writing before it is sealed against that, so the tracer's mapping is the only
 * one that can write; the targets' files, mappings and mprotect can not. Neither file can shrink,
 * which would kill who reads behind its end.
 *
 * The word by which targets see the tracer die is not a pthread mutex: glibc links robust mutexes
 * through themselves, and a hostile target would have pointers of the tracer's to write to. The
 * kernel also marks the one lock that a thread says it is about to take, and for that looks at
 * nothing but the thread's own list head and the word.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "machine/session.h"

#define BASE_FIRST 0x2c0000000000ull /* between programs and their libraries: seldom taken */
#define BASE_STEP  (2ull << 30)
#define BASE_STEPS 16384
#define BASE_TRIES 64

#ifndef MFD_EXEC
#define MFD_EXEC 0x10u
#endif

_Static_assert(MACHINE_CTL_SIZE + MACHINE_DATA_SIZE <= BASE_STEP, "sessions do not overlap");

static int make_file(const char *name, uint64_t size)
{
	/* Code is run from it: said so, it is also where memory files are not to be by default. */
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return -errno;
	if (ftruncate(fd, (off_t)size)) {
		int err = -errno;

		close(fd);
		return err;
	}
	return fd;
}

static int map_at(uint64_t address, uint64_t size, int prot, int fd)
{
	void *p = mmap((void *)(uintptr_t)address, size, prot,
		       MAP_SHARED | MAP_FIXED_NOREPLACE | MAP_NORESERVE, fd, 0);

	if (p == MAP_FAILED)
		return -errno;
	if ((uintptr_t)p == address)
		return 0;
	munmap(p, size); /* a kernel without MAP_FIXED_NOREPLACE took it as a hint */
	return -EEXIST;
}

/* Both files, one after the other, where nothing else is. */
static int map_both(struct machine_session *s)
{
	int err = -EEXIST;

	for (int i = 0; i < BASE_TRIES && err == -EEXIST; i++) {
		uint32_t random = (uint32_t)i;
		uint64_t base;

		if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
			random = (uint32_t)(getpid() + i);
		base = BASE_FIRST + random % BASE_STEPS * BASE_STEP;
		err = map_at(base, MACHINE_CTL_SIZE, PROT_READ | PROT_EXEC, s->ctl_fd);
		if (err)
			continue;
		err = map_at(base + MACHINE_CTL_SIZE, MACHINE_DATA_SIZE, PROT_READ | PROT_WRITE,
			     s->data_fd);
		if (err) {
			munmap((void *)(uintptr_t)base, MACHINE_CTL_SIZE);
			continue;
		}
		s->ctl = (const struct machine_ctl *)(uintptr_t)base;
		s->data = (struct machine_data *)(uintptr_t)(base + MACHINE_CTL_SIZE);
	}
	return err;
}

static int make_files(struct machine_session *s)
{
	void *p;

	s->ctl_fd = make_file("skep-ctl", MACHINE_CTL_SIZE);
	if (s->ctl_fd < 0)
		return s->ctl_fd;
	s->data_fd = make_file("skep-data", MACHINE_DATA_SIZE);
	if (s->data_fd < 0)
		return s->data_fd;
	p = mmap(NULL, MACHINE_CTL_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE,
		 s->ctl_fd, 0);
	if (p == MAP_FAILED)
		return -errno;
	s->ctl_rw = p;
	if (fcntl(s->ctl_fd, F_ADD_SEALS,
		  F_SEAL_FUTURE_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) ||
	    fcntl(s->data_fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
		return -errno;
	return map_both(s);
}

/* Has the kernel mark @word when this thread ends; NULL: no more. */
static int announce(_Atomic uint32_t *word)
{
	static struct robust_list_head own;
	struct robust_list_head *head = NULL;
	size_t size;

	if (syscall(SYS_get_robust_list, 0, &head, &size))
		return -errno;
	if (!head) {
		head = &own;
		head->list.next = &head->list;
		if (syscall(SYS_set_robust_list, head, sizeof(*head)))
			return -errno;
	}
	if (word)
		*word = (uint32_t)syscall(SYS_gettid);
	head->list_op_pending =
		word ? (struct robust_list *)((uintptr_t)word - (uintptr_t)head->futex_offset)
		     : NULL;
	return 0;
}

static uint64_t now(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

#if defined(__x86_64__)
/* The kernel keeps its own time by the counter only if that is steady. */
static bool tsc_is_steady(void)
{
	char text[16] = "";
	int fd = open("/sys/devices/system/clocksource/clocksource0/current_clocksource",
		      O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	return n == 4 && !memcmp(text, "tsc\n", 4);
}

/* The counter and the time at nearly the same moment: the best of some tries. */
static void sample(uint64_t *tsc, uint64_t *ns)
{
	uint64_t best = UINT64_MAX;

	for (int i = 0; i < 8; i++) {
		uint64_t before = __builtin_ia32_rdtsc(), t = now(CLOCK_MONOTONIC);
		uint64_t after = __builtin_ia32_rdtsc();

		if (after - before >= best)
			continue;
		best = after - before;
		*tsc = before + best / 2;
		*ns = t;
	}
}
#else
static bool tsc_is_steady(void)
{
	return false;
}

static void sample(uint64_t *tsc, uint64_t *ns)
{
	*tsc = 0;
	*ns = now(CLOCK_MONOTONIC);
}
#endif

static void publish(struct machine_clock *clock, uint64_t tsc, uint64_t mult, uint64_t ns)
{
	uint32_t seq = atomic_load_explicit(&clock->seq, memory_order_relaxed);

	atomic_store_explicit(&clock->seq, seq + 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
	clock->tsc = tsc;
	clock->mult = mult;
	clock->ns = ns;
	clock->boot_offset = now(CLOCK_BOOTTIME) - now(CLOCK_MONOTONIC);
	atomic_store_explicit(&clock->seq, seq + 2, memory_order_release);
}

static uint64_t slope(uint64_t ns, uint64_t tsc)
{
	return (uint64_t)(((unsigned __int128)ns << 32) / tsc);
}

static void start_clock(struct machine_session *s)
{
	uint64_t tsc, ns, until = now(CLOCK_MONOTONIC) + 1000000;

	sample(&s->clock_tsc, &s->clock_ns);
	publish(&s->ctl_rw->clock, s->clock_tsc, 0, s->clock_ns);
	if (!tsc_is_steady())
		return;
	/* A millisecond gives the frequency to about 50 ppm; machine_session_clock mends that. */
	while (now(CLOCK_MONOTONIC) < until)
		;
	sample(&tsc, &ns);
	publish(&s->ctl_rw->clock, tsc, slope(ns - s->clock_ns, tsc - s->clock_tsc), ns);
}

/*
 * The frequency is that of the whole session so far. What the clock is ahead or behind is made up
 * within the next second, without a jump, unless it is more than a millisecond.
 */
void machine_session_clock(struct machine_session *s)
{
	struct machine_clock *clock = &s->ctl_rw->clock;
	uint64_t tsc, ns, said, mult;
	int64_t late;

	if (!clock->mult)
		return;
	sample(&tsc, &ns);
	if (tsc <= clock->tsc || ns - s->clock_ns < 1000000)
		return;
	mult = slope(ns - s->clock_ns, tsc - s->clock_tsc);
	said = clock->ns + (uint64_t)(((unsigned __int128)(tsc - clock->tsc) * clock->mult) >> 32);
	late = (int64_t)(ns - said);
	if (late > 1000000 || late < -1000000)
		said = ns;
	else
		mult += (int64_t)mult / 1000000000 * late +
			(int64_t)mult % 1000000000 * late / 1000000000;
	publish(clock, tsc, mult, said);
}

int machine_session_open(struct machine_session *s)
{
	int err;

	memset(s, 0, sizeof(*s));
	s->ctl_fd = s->data_fd = -1;
	s->alloc = machine_alloc_new();
	err = s->alloc ? make_files(s) : -ENOMEM;
	if (err)
		goto out;
	s->ctl_rw->base = (uintptr_t)s->ctl;
	s->ctl_rw->nvcpus = MACHINE_VCPUS;
	s->ctl_rw->tracer_pid = getpid();
	s->ctl_rw->alive = offsetof(struct machine_data, alive);
	s->ctl_rw->lists = MACHINE_CTL_LISTS;
	s->ctl_rw->start_ns = now(CLOCK_MONOTONIC);
#if defined(__x86_64__)
	s->ctl_rw->cpu_flags = getauxval(AT_HWCAP2) & 2 ? MACHINE_CPU_FSGSBASE : 0;
#endif
	s->data->targets[0].pid = getpid();
	start_clock(s);
	err = announce(&s->data->alive);
	if (!err)
		s->ctl_rw->magic = MACHINE_MAGIC;
out:
	if (err)
		machine_session_close(s);
	return err;
}

void machine_session_close(struct machine_session *s)
{
	if (s->ctl_rw && s->ctl_rw->magic) {
		atomic_store(&s->ctl_rw->closed, 1);
		announce(NULL);
	}
	if (s->data) {
		munmap(s->data, MACHINE_DATA_SIZE);
		munmap((void *)(uintptr_t)s->ctl, MACHINE_CTL_SIZE);
	}
	if (s->ctl_rw)
		munmap(s->ctl_rw, MACHINE_CTL_SIZE);
	if (s->ctl_fd >= 0)
		close(s->ctl_fd);
	if (s->data_fd >= 0)
		close(s->data_fd);
	machine_alloc_delete(s->alloc);
	memset(s, 0, sizeof(*s));
	s->ctl_fd = s->data_fd = -1;
}

int machine_session_code(struct machine_session *s, const void *code, size_t size, uint64_t *offset)
{
	uint64_t at = MACHINE_CTL_CODE + s->code_used;

	if (size > MACHINE_CTL_LISTS - at)
		return -ENOSPC;
	memcpy((uint8_t *)s->ctl_rw + at, code, size);
	s->code_used += (size + 15) & ~(size_t)15;
	*offset = at;
	return 0;
}

int machine_session_list(struct machine_session *s, _Atomic machine_list *where,
			 const uint32_t *progs, uint32_t n)
{
	uint64_t at = MACHINE_CTL_LISTS + s->lists_used, size = 4 + 4 * (uint64_t)n;
	uint32_t *list = (uint32_t *)((uint8_t *)s->ctl_rw + at);

	if (!n) {
		atomic_store_explicit(where, 0, memory_order_release);
		return 0;
	}
	if (size > MACHINE_CTL_SIZE - at)
		return -ENOSPC;
	list[0] = n;
	memcpy(list + 1, progs, 4 * (uint64_t)n);
	s->lists_used += size;
	atomic_store_explicit(where, (machine_list)at, memory_order_release);
	return 0;
}
