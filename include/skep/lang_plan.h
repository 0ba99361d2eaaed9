/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the compiler hands over: instructions, and a plan of maps, probes, records.
 *
 * The plan is plain data. src/trace creates the maps in order, patches the
 * relocations, loads the programs, attaches the probes in order, decodes what
 * arrives in the ring buffer with `events`, what maps hold with `maps`, and the
 * counters in the globals map with `errors`. The plan owns everything in it;
 * lang_plan_free() frees it.
 */
#ifndef SKEP_LANG_PLAN_H
#define SKEP_LANG_PLAN_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <skep/lang_format.h>
#include <skep/lang_world.h>

#define LANG_NONE UINT32_MAX /* an index that points nowhere */

/* How a field of a key, a value or an event record is to be read and shown. */
enum lang_data {
	LANG_DATA_INT,     /* signed integer of size bytes */
	LANG_DATA_UINT,    /* unsigned integer of size bytes */
	LANG_DATA_STRING,  /* char[size], ends at the first NUL */
	LANG_DATA_BUF,     /* u32 length, then size - 4 bytes, shown as buf() is */
	LANG_DATA_INET,    /* u32 family (2 or 10), then 16 bytes of address */
	LANG_DATA_TIME,    /* u64 nanoseconds since boot, shown by strftime(strings[aux]) */
	LANG_DATA_PROBE,   /* u32 or u64 index in plan->probe_names */
	LANG_DATA_FUNC,    /* u32 or u64 index in plan->func_names */
	LANG_DATA_POINTER, /* u64 address */
};

struct lang_data_field {
	enum lang_data data;
	uint32_t offset; /* bytes from the start of the key, value or payload */
	uint32_t size;   /* bytes */
	uint32_t aux;    /* TIME: index in plan->strings of the strftime format */
};

/* What a map holds. Names are those of the language's functions. */
enum lang_map_kind {
	LANG_MAP_VALUE,   /* an integer, string, …: see value */
	LANG_MAP_COUNT,
	LANG_MAP_SUM,
	LANG_MAP_MIN,
	LANG_MAP_MAX,
	LANG_MAP_AVG,
	LANG_MAP_STATS,
	LANG_MAP_HIST,
	LANG_MAP_LHIST,
	LANG_MAP_SCRATCH, /* per-CPU work memory of the programs; never shown */
	LANG_MAP_GLOBALS, /* ARRAY of one element: scalars and error counters */
	LANG_MAP_RING,    /* the ring buffer of events */
};

enum lang_storage {
	LANG_STORE_MAP,    /* a BPF map of its own */
	LANG_STORE_GLOBAL, /* a scalar inside the globals map */
};

/*
 * One map of the script, or an internal one (name "").
 *
 * Values by kind (in PERCPU types one for each CPU, which the reader adds up):
 *   VALUE       one field, `value`; integers take 8 bytes
 *   COUNT SUM   u64; s64 or u64
 *   MIN MAX     { value, u64 is_set }
 *   AVG STATS   { sum, u64 count }
 *   HIST LHIST  u64 count of one bucket; the bucket is the u64 behind the keys
 *               (PERCPU_HASH), or the index (PERCPU_ARRAY, when there are no keys);
 *               buckets are numbered as in include/skep/kit_histogram.h
 * A scalar (LANG_STORE_GLOBAL, kind VALUE) is { value, u64 is_set } at global_offset in
 * the globals map; the value is padded to 8 bytes; without is_set it is not there.
 * Aggregations without keys are PERCPU_ARRAY; one that counts 0 in total was never set.
 */
struct lang_map {
	const char *name;        /* with its @: "@", "@reads" */
	enum lang_map_kind kind;
	enum lang_storage storage;
	bool is_signed;          /* SUM MIN MAX AVG STATS: of signed values */
	enum bpf_map_type type;  /* STORE_MAP: HASH PERCPU_HASH ARRAY PERCPU_ARRAY RINGBUF */
	uint32_t key_size;       /* bytes, the bucket included */
	uint32_t value_size;
	uint32_t max_entries;    /* RINGBUF: bytes, a power of two and of pages */
	uint32_t map_flags;
	uint32_t global_offset;  /* STORE_GLOBAL */
	struct lang_data_field *keys; /* shown between [ ]; NULL when nkeys is 0 */
	uint32_t nkeys;
	struct lang_data_field value; /* VALUE */
	uint32_t hist_bits;      /* HIST: 0…5 */
	int64_t lhist_min, lhist_max, lhist_step; /* LHIST */
};

/* insns[insn], insns[insn + 1] are an lddw whose immediates are completed at load. */
enum lang_reloc_kind {
	LANG_RELOC_MAP,       /* BPF_PSEUDO_MAP_FD: first imm = fd of maps[map] */
	LANG_RELOC_MAP_VALUE, /* BPF_PSEUDO_MAP_VALUE: first imm = fd; second is the offset */
};

struct lang_reloc {
	enum lang_reloc_kind kind;
	uint32_t insn;
	uint32_t map;
};

/* One program to load. */
struct lang_program {
	char name[16];               /* for the kernel's listings: letters, digits, _ */
	enum bpf_prog_type type;
	enum bpf_attach_type expected_attach_type;
	uint32_t attach_btf_id;      /* TRACING (fentry, fexit, tp_btf); else 0 */
	const struct btfr *attach_btf; /* the BTF that holds it: vmlinux's or a module's */
	const char *attach_module;     /* the module's name; NULL for vmlinux */
	struct bpf_insn *insns;
	uint32_t ninsns;
	struct lang_reloc *relocs;
	uint32_t nrelocs;
	uint32_t callback;           /* insn where the for_each_map_elem callback starts; 0: none.
	                              * With one, the program is loaded with BTF func_info for
	                              * both functions: int main(void *ctx) and the static
	                              * long callback(void *, void *, void *, void *) */
	uint32_t line;               /* of its clause, for messages */
};

enum lang_attach_kind {
	LANG_ATTACH_BEGIN,      /* BPF_PROG_TEST_RUN once, before anything is attached */
	LANG_ATTACH_END,        /* BPF_PROG_TEST_RUN once, after all is detached */
	LANG_ATTACH_INTERVAL,   /* BPF_PROG_TEST_RUN every `period` ns */
	LANG_ATTACH_PROFILE,    /* perf cpu-clock on every CPU: every `period` ns or at `freq` Hz */
	LANG_ATTACH_SOFTWARE,   /* perf software event `perf_config`, every `period`-th, all CPUs */
	LANG_ATTACH_TRACEPOINT, /* perf tracepoint target:name */
	LANG_ATTACH_RAW_TP,     /* raw tracepoint `name` (program RAW_TRACEPOINT or tp_btf) */
	LANG_ATTACH_KPROBE,
	LANG_ATTACH_KRETPROBE,
	LANG_ATTACH_TRACING,    /* fentry, fexit: BPF_RAW_TRACEPOINT_OPEN without a name */
	LANG_ATTACH_UPROBE,
	LANG_ATTACH_URETPROBE,
};

/* One attachment of a program (BEGIN, END and INTERVAL programs are RAW_TRACEPOINT). */
struct lang_attach {
	enum lang_attach_kind kind;
	uint32_t program;
	const char *probe;  /* as `probe` shows it, e.g. "tracepoint:sched:sched_switch" */
	const char *target; /* TRACEPOINT: category; UPROBE: path; KPROBE: module or NULL */
	const char *name;   /* event, function, symbol; RAW_TP: tracepoint */
	uint64_t offset;    /* KPROBE: from the function; UPROBE: in the file */
	uint64_t period;    /* ns, or events; 0 when freq counts */
	uint64_t freq;      /* Hz; 0 when period counts */
	uint64_t perf_config; /* SOFTWARE: PERF_COUNT_SW_… */
	uint32_t nprobes;   /* probes of the script that it stands for (one raw sys_enter
	                     * program may stand for hundreds of syscall tracepoints); >= 1 */
	uint32_t line;      /* of its clause */
};

/* Records in the ring buffer begin with this; the payload follows at offset 8. */
struct lang_event_header {
	uint32_t event; /* index in plan->events */
	uint32_t reserved;
};

enum lang_event_kind {
	LANG_EVENT_PRINTF,      /* format, fields */
	LANG_EVENT_CAT,         /* format of the path, fields */
	LANG_EVENT_SYSTEM,      /* format of the command, fields; only with --unsafe */
	LANG_EVENT_PRINT_VALUE, /* print(expr): fields */
	LANG_EVENT_PRINT_MAP,   /* print(@m, top, div): map; payload u64 top, u64 div (0: absent) */
	LANG_EVENT_PRINT_ENTRY, /* print(@m[k]): map; fields are the keys */
	LANG_EVENT_CLEAR,       /* map */
	LANG_EVENT_ZERO,        /* map */
	LANG_EVENT_TIME,        /* string: strftime format */
	LANG_EVENT_JOIN,        /* string: delimiter; payload u64 count, then strings of `stride` */
	LANG_EVENT_EXIT,        /* payload u64: exit code */
};

struct lang_event {
	enum lang_event_kind kind;
	const struct lang_format *format; /* PRINTF CAT SYSTEM; else NULL */
	struct lang_data_field *fields;   /* offsets count from the payload */
	uint32_t nfields;
	uint32_t size;                    /* bytes of the payload */
	uint32_t map;                     /* PRINT_MAP PRINT_ENTRY CLEAR ZERO; else LANG_NONE */
	uint32_t string;                  /* TIME JOIN: index in strings; else LANG_NONE */
	uint32_t stride;                  /* JOIN */
};

/*
 * What may go wrong at run time, one counter a site: { u64 times, s64 last error } at
 * global_offset in the globals map. The runner reports their growth.
 */
enum lang_runtime_error {
	LANG_RT_MAP_FULL,   /* an update found the map full (E2BIG); map */
	LANG_RT_MAP_UPDATE, /* an update failed otherwise; map */
	LANG_RT_READ,       /* a pointer could not be read (EFAULT) */
	LANG_RT_DIV_ZERO,   /* division or modulo by zero: the result was 1 */
	LANG_RT_LOST_EVENT, /* the ring buffer was full; one site for the whole plan */
	LANG_RT_BUSY,       /* no work memory was free: the event was missed */
};

struct lang_error_site {
	enum lang_runtime_error kind;
	uint32_t global_offset;
	uint32_t map;          /* MAP_FULL, MAP_UPDATE; else LANG_NONE */
	uint32_t line, column; /* in the script, from 1; 0 when it has no place */
	const char *what;      /* "str()", "args.filename"…; never NULL */
};

struct lang_plan {
	struct lang_map *maps;
	uint32_t nmaps;
	uint32_t globals;  /* index in maps, or LANG_NONE */
	uint32_t ring;     /* index in maps, or LANG_NONE */
	/* u64 in the globals map, or LANG_NONE: the runner writes the time of start there
	 * (same clock as nsecs), for `elapsed`, before it runs anything. */
	uint32_t start_offset;
	/* { u64 requested, u64 code } in the globals map, or LANG_NONE: exit() leaves its
	 * request here too, so that it is honoured when the ring buffer is full. */
	uint32_t exit_offset;
	bool boot_clock;   /* nsecs counts from boot with suspend (CLOCK_BOOTTIME), else
	                    * CLOCK_MONOTONIC */
	struct lang_program *programs;
	uint32_t nprograms;
	struct lang_attach *attaches; /* in the order of attaching: BEGIN first, END last */
	uint32_t nattaches;
	struct lang_event *events;
	uint32_t nevents;
	struct lang_error_site *errors;
	uint32_t nerrors;
	const char **probe_names; /* full names; entries may be NULL */
	const char **func_names;  /* what `func` shows; entries may be NULL */
	uint32_t nprobe_names;    /* of both tables */
	const char **strings;     /* time and strftime formats, delimiters */
	uint32_t nstrings;
	struct lang_arena *arena; /* owns everything above */
};

/* Frees @plan and all it holds. NULL is allowed. */
void lang_plan_free(struct lang_plan *plan);

#endif
