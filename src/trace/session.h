/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * One run of a plan: what is open in the kernel, and the parts of the runner that work on it.
 * Every function below returns 0 or -errno; those that take a struct trace_session * and can
 * fail for a reason worth telling set session->failure.
 */
#ifndef TRACE_SESSION_H
#define TRACE_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include <skep/kit_buffer.h>
#include <skep/kit_value.h>
#include <skep/trace.h>

struct ring_buffer;

/* An attachment: one descriptor that ends it when it is closed. */
struct trace_attached {
	int fd;
	bool slow; /* closing it waits for the kernel (tens of milliseconds) */
};

struct trace_session {
	const struct lang_plan *plan;
	const struct trace_options *options;
	struct trace_failure *failure;

	int *map_fds;  /* plan->nmaps, -1 where there is none */
	int *prog_fds; /* plan->nprograms */
	bool *multi;   /* plan->nprograms: loaded for a multi link */
	bool *zeroed;  /* plan->nmaps: zero() was called, so that a sum of 0 is shown */

	/* The value of the globals map: mapped, or a copy that is refreshed. */
	unsigned char *globals;
	size_t globals_mapped; /* bytes, 0 when it is a copy */

	struct trace_attached *attached;
	size_t nattached, cap_attached;

	struct ring_buffer *ring;
	uint64_t *errors_seen; /* plan->nerrors: times already reported */
	uint64_t malformed;    /* records passed over, not yet reported */
	uint64_t missed;       /* programs not run and events not acted on, not yet reported */
	int64_t wall_offset;   /* ns from the clock of nsecs to the wall clock */
	uint32_t ncpus;	       /* possible CPUs */

	size_t budget;		/* records that may still be handled in this turn */
	bool discard;		/* events after exit() are not shown */
	bool exiting;		/* exit() came */
	int exit_code;		/* of exit() */
	struct kit_buffer text; /* work memory of the event being printed */
};

/* load.c */
int trace_load(struct trace_session *s);
/* Loads program @i again as another type or for another attach type; replaces its fd. */
int trace_reload(struct trace_session *s, uint32_t i, enum bpf_prog_type type,
		 enum bpf_attach_type attach);
void trace_unload(struct trace_session *s);
/* A name that the kernel takes for a map: letters, digits, _ and ., at most 15. */
void trace_map_name(const struct lang_map *map, char name[16]);

/* attach.c */
int trace_attach(struct trace_session *s);
/* Runs the program of BEGIN, END or INTERVAL once; counts it as missed when that is busy. */
int trace_run_program(struct trace_session *s, const struct lang_attach *attach);
/* Runs the programs of BEGIN or END, in order. */
int trace_fire(struct trace_session *s, enum lang_attach_kind kind);
/* Ends every attachment; the slow ones through the reaper. */
void trace_detach(struct trace_session *s);

/* reaper.c: closes @fds, in a process of its own where that is possible. */
void trace_reap(const int *fds, size_t nfds);

/* values.c */

/* Memory that decoded values borrow from; freed all at once. */
struct trace_pool {
	void **blocks;
	size_t n, cap;
};

void *trace_pool_alloc(struct trace_pool *pool, size_t size);
/* The pool frees @block later, or now when there is no memory (-ENOMEM). */
int trace_pool_adopt(struct trace_pool *pool, void *block);
void trace_pool_free(struct trace_pool *pool);

/*
 * Decodes one field of @size bytes at @data into *@value, which borrows from @data and @pool.
 * -EBADMSG when the field does not fit.
 */
int trace_decode(const struct trace_session *s, const struct lang_data_field *field,
		 const void *data, size_t size, struct trace_pool *pool, struct kit_value *value);
/* The text of @fmt (strftime(3), and %f for microseconds) for @ns on the wall clock. */
int trace_strftime(struct kit_buffer *out, const char *fmt, int64_t ns);

/* maps.c */

/* What a map holds, as rows. Zeroed is empty. */
struct trace_rows {
	struct kit_row *rows;
	size_t nrows;
	enum kit_type type; /* of all values */
	struct trace_pool pool;
};

int trace_map_read(struct trace_session *s, uint32_t map, struct trace_rows *rows);
/* Adds up one entry over the CPUs: @values has @ncpus (1 if not per CPU) strides. */
int trace_map_value(const struct trace_session *s, const struct lang_map *map, const void *values,
		    uint32_t ncpus, struct trace_pool *pool, struct kit_value *value);
void trace_rows_free(struct trace_rows *rows);
int trace_map_print(struct trace_session *s, uint32_t map, uint32_t top, uint32_t div);
int trace_map_clear(struct trace_session *s, uint32_t map);
int trace_map_zero(struct trace_session *s, uint32_t map);
/* All maps of the script that hold something, in the order of their definition. */
int trace_maps_print(struct trace_session *s);
/* A word of the globals as it was read last; 0 when the plan has no such word. */
uint64_t trace_globals_word(const struct trace_session *s, uint32_t offset);
/* Sets a word of the globals. */
int trace_globals_set(struct trace_session *s, uint32_t offset, uint64_t word);
/* Refreshes the copy of the globals when they are not mapped. */
int trace_globals_refresh(struct trace_session *s);

/* events.c: one record of the ring buffer. -EBADMSG when it is malformed. */
int trace_event(struct trace_session *s, const void *data, size_t size);
/* The same, but malformed ones, and those that met something busy, are counted for
 * trace_problems(), and no error. */
int trace_record(struct trace_session *s, const void *data, size_t size);

/* actions.c: the events that reach outside of the runner. */
int trace_cat(struct trace_session *s, const char *path);
int trace_system(struct trace_session *s, const char *command);

/* problems.c: tells which run-time error counters have grown, and of malformed and missed events. */
int trace_problems(struct trace_session *s);

/* failure.c */

/*
 * Records why the run failed; the first one stays. @err: -errno, whose text is appended (0:
 * none). @hint: a copy is made; may be NULL. Returns @err (or -EINVAL for 0).
 */
int trace_fail(struct trace_failure *failure, int err, const char *hint, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* What privilege is missing for bpf(2) or perf events, as a hint; NULL when none seems to. */
const char *trace_missing_privilege(void);

#endif
