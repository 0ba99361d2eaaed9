/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the tracer and the traced processes share: two memory files, mapped at the same
 * address in every process of a session, so that pointers and compiled code are the same
 * everywhere.
 *
 *   ctl   written by the tracer alone; targets can only read it (they map it from a
 *         descriptor opened for reading, and it is sealed against new writers). All that
 *         decides what code does is here: map descriptions, programs, hook lists.
 *   data  written by everybody: contents of maps, ring buffers, BPF stacks, leases, locks.
 *         It is the window (run.h) of every program. Whoever reads it trusts nothing: every
 *         index and length is checked against ctl. A hostile target can falsify values.
 *
 * Ownership: words that somebody holds (locks, leases, reserved ring records) name the
 * holder's *target slot*, not a thread. The tracer watches each target by pidfd and frees
 * what a dead one held (machine_sweep()); so no holder can hold for ever, nobody needs a
 * thread id, and the path without contention is one compare-and-swap. Waiters spin for a
 * bounded time, then the event is counted as missed.
 *
 * Freestanding: included by code that runs inside targets. Fixed-width types only.
 */
#ifndef MACHINE_SHARED_H
#define MACHINE_SHARED_H

#include <stdint.h>

#define MACHINE_MAGIC     0x31656863616d6b73ull /* "skmache1" */
#define MACHINE_CTL_SIZE  (64ull << 20)  /* sparse; code area included */
#define MACHINE_DATA_SIZE (1ull << 30)   /* sparse */
#define MACHINE_VCPUS     64  /* what the machine reports as possible CPUs */
#define MACHINE_TARGETS   1024
#define MACHINE_MAPS      1024
#define MACHINE_PROGS     1024
#define MACHINE_HOOKS     4096
#define MACHINE_SYSCALLS  512
#define MACHINE_CTL_CODE  (8ull << 20) /* offset in ctl where compiled code begins */
#define MACHINE_CTL_LISTS (48ull << 20) /* offset in ctl where code ends and lists begin */

/* A list of programs: ctl offset of { uint32_t count; uint32_t prog[count]; }. Replaced by
 * publishing another offset with one store; old lists are never reused in a session. 0: empty. */
typedef uint32_t machine_list;

/* One map. Offsets count from data's start; all regions are inside data and 64-byte aligned. */
struct machine_map {
	uint32_t type;        /* enum bpf_map_type; 0: no such map */
	uint32_t key_size, value_size, max_entries, map_flags;
	uint32_t value_stride; /* value_size rounded up to 8 */
	uint32_t ncopies;      /* MACHINE_VCPUS for per-CPU types, else 1 */
	uint32_t nbuckets;     /* hash types: a power of two */
	uint32_t elem_stride;  /* hash types: bytes of one element header + key (values apart) */
	uint32_t seed;         /* hash types: of the hash function */
	uint32_t pad;
	uint64_t head;         /* struct machine_map_head */
	uint64_t buckets;      /* hash types: struct machine_bucket[nbuckets] */
	uint64_t elems;        /* hash types: element headers and keys */
	uint64_t values;       /* entry i, copy c: values + c * copy_stride + i * value_stride,
	                        * so that virtual CPUs do not share cache lines */
	uint64_t copy_stride;  /* per-CPU types; a multiple of 64 */
	uint64_t ring;         /* RINGBUF: page with consumer position, page with producer
	                        * position, max_entries bytes, mapped twice by readers */
	uint32_t id;           /* bpf map id */
};

/* One program. */
struct machine_prog {
	uint32_t type;        /* enum bpf_prog_type; 0: none */
	uint32_t id;
	uint64_t code;        /* ctl offset of the compiled code's entry; 0: not compiled */
	uint32_t code_size;
	uint32_t ninsns;
	uint32_t no_ctx;      /* 1: it never looks at its context, which need not be made */
	uint32_t pad;
};

/* A function hook: what runs at one place of the targets' code. */
struct machine_hook {
	_Atomic machine_list entry;   /* uprobe */
	_Atomic machine_list ret;     /* uretprobe */
};

/*
 * CLOCK_MONOTONIC from the processor's time stamp counter:
 * ns = ns + (((unsigned __int128)(tsc - tsc0) * mult) >> 32). Written by the tracer, which
 * corrects it about once a second; readers retry while seq is odd or has changed. mult 0: the
 * counter is not usable, ask the kernel.
 */
struct machine_clock {
	_Atomic uint32_t seq;
	uint32_t pad;
	uint64_t tsc, mult, ns;
	uint64_t boot_offset; /* CLOCK_BOOTTIME - CLOCK_MONOTONIC */
};

#define MACHINE_CPU_FSGSBASE 1u /* rdfsbase may be used */

struct machine_ctl {
	uint64_t magic;
	uint64_t base;          /* address of ctl; data follows at base + MACHINE_CTL_SIZE */
	uint32_t nvcpus;
	int32_t tracer_pid;
	_Atomic uint32_t closed; /* set at the end: hooks do nothing any more */
	uint32_t cpu_flags;     /* MACHINE_CPU_* */
	uint64_t alive;         /* data offset of a word that the kernel marks (bit 30,
	                         * FUTEX_OWNER_DIED) when the tracer dies */
	uint64_t start_ns;      /* CLOCK_MONOTONIC at the session's start */
	struct machine_clock clock;
	struct machine_map maps[MACHINE_MAPS];
	struct machine_prog progs[MACHINE_PROGS];
	struct machine_hook hooks[MACHINE_HOOKS];
	_Atomic machine_list sys_enter[MACHINE_SYSCALLS]; /* tracepoint syscalls:sys_enter_X */
	_Atomic machine_list sys_exit[MACHINE_SYSCALLS];
	_Atomic machine_list tp_sys_enter, tp_sys_exit;   /* tracepoint raw_syscalls:* */
	_Atomic machine_list raw_sys_enter, raw_sys_exit; /* raw tracepoints sys_enter, sys_exit */
	uint64_t lists;         /* ctl offset of the area for lists; grows only */
};

/* ---- data ---------------------------------------------------------------- */

/* A lock or lease: 0 free, else target slot + 1; of locks, bit 31: a waiter gave up, others
 * need not wait long. */
typedef _Atomic uint32_t machine_owner;

/* A virtual CPU: leased while one thread runs one program. */
struct machine_vcpu {
	machine_owner owner;
	uint32_t pad;
	uint64_t runs; /* programs run, by whoever had the lease */
	uint32_t more[12];
	uint8_t stack[4096];    /* the program's r10 area: MACHINE_STACK_SIZE */
	uint8_t ctx[1024];      /* copy of the context: pt_regs, tracepoint record … */
	uint8_t scratch[1024];  /* for helpers */
};

/* One entry for each process that runs the agent. Slot 0 is the tracer's own. */
struct machine_target {
	_Atomic int32_t pid;         /* 0: free */
	_Atomic uint32_t generation; /* counts uses of the slot */
	_Atomic uint64_t hits;       /* programs run by the tracer; targets': machine_vcpu.runs */
	_Atomic uint64_t missed;     /* no lease, lock not to be had, program stopped */
	_Atomic uint64_t stopped;    /* of these: ended by a check (memory, budget …) */
};

/*
 * A question of a target to the tracer (service thread), and the way to wake the tracer:
 * the target sets its request, increments data->request_bell, FUTEX_WAKEs it, and FUTEX_WAITs on
 * its own `state` (at most a second at a time; gives up when the tracer is dead).
 */
enum machine_request_kind {
	MACHINE_REQ_NONE,
	MACHINE_REQ_MAPPED, /* code was mapped: arg0 address, arg1 length; please hook it */
	MACHINE_REQ_FORKED, /* I am a new process: arg0 pid, arg1 address of its block; answer:
	                     * result = my slot */
	MACHINE_REQ_EXEC,   /* thread arg0 (tid) is about to exec: catch it */
	MACHINE_REQ_EXIT,   /* process is about to exit_group */
	MACHINE_REQ_EXEC_FAILED, /* thread arg0 is back from its execve */
	MACHINE_REQ_REGION, /* memory for stubs was mapped: arg0 address (or -errno), arg1 length.
	                     * The result of MAPPED is where it should be, or 0: all is hooked */
};

struct machine_request {
	_Atomic uint32_t state; /* 0 free, 1 being written, 2 asked, 3 answered */
	uint32_t kind;
	uint32_t slot;
	uint32_t pad;
	uint64_t arg[3];
	int64_t result;
};

#define MACHINE_REQUESTS 64
#define MACHINE_REGION_SIZE (256ull << 10) /* of memory for stubs */

struct machine_data {
	_Atomic uint32_t bell;     /* futex: incremented when there is something to do */
	_Atomic uint32_t request_bell; /* futex of the service thread */
	_Atomic uint32_t sleeping; /* the tracer waits for the bell: ring it after submitting to
	                            * a ring buffer too */
	_Atomic uint32_t alive;    /* thread id of the tracer; see machine_ctl.alive */
	uint32_t pad[13];
	struct machine_request requests[MACHINE_REQUESTS];
	struct machine_target targets[MACHINE_TARGETS];
	_Alignas(4096) struct machine_vcpu vcpus[MACHINE_VCPUS];
	/* map contents follow, from the next page on */
};

/* Heads of maps' contents. */
struct machine_map_head {
	_Atomic uint32_t fresh;     /* elements from here on were never used and are zero */
	machine_owner free_lock;
	uint32_t free_first;        /* index + 1 of the first free element, 0: none */
	_Atomic uint32_t hand;      /* LRU: where the clock's hand is */
	machine_owner ring_lock;
	uint32_t pad[11];
};

struct machine_bucket {
	machine_owner lock;
	_Atomic uint32_t first; /* element index + 1, or 0 */
};

/* An element of a hash map; the key follows. A trace of a stack map: no key, next is the number
 * of addresses. */
struct machine_elem {
	_Atomic uint32_t next;  /* element index + 1, or 0 */
	_Atomic uint32_t hash;
	_Atomic uint32_t state; /* bit 0: in use; bit 1: referenced (LRU); bit 2: leaving its
	                         * chain; rest: version, counts uses */
	machine_owner owner;    /* who is putting it into a chain or taking it out */
	uint8_t key[];
};

_Static_assert(sizeof(struct machine_ctl) < MACHINE_CTL_CODE, "ctl: tables before code");

static inline struct machine_data *machine_data_of(const struct machine_ctl *ctl)
{
	return (struct machine_data *)(uintptr_t)(ctl->base + MACHINE_CTL_SIZE);
}

#endif
