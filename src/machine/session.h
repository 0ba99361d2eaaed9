/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A session: the tracer's side of the shared memory. One per skep process.
 */
#ifndef MACHINE_SESSION_H
#define MACHINE_SESSION_H

#include <stdbool.h>
#include <sys/types.h>

#include "machine/map/map.h"
#include "machine/shared.h"

struct machine_targets; /* inject/: the traced processes */

struct machine_session {
	int ctl_fd, data_fd;       /* memory files; ctl sealed against further writers */
	const struct machine_ctl *ctl; /* read-only view, at ctl->base as in the targets; code
	                            * is executable there */
	struct machine_ctl *ctl_rw; /* writable view, elsewhere */
	struct machine_data *data; /* at ctl->base + MACHINE_CTL_SIZE */
	struct machine_alloc *alloc;
	uint64_t code_used;        /* of ctl's code area */
	uint64_t lists_used;
	uint64_t clock_tsc, clock_ns; /* where ctl's clock began */
	struct machine_targets *targets;
};

/*
 * Makes the memory files, maps them at an address that is free, and announces the calling thread
 * to the kernel as owner of the word by which targets see the tracer die. It must be the main
 * thread, because the word is marked when the thread ends; and that thread must not use robust
 * mutexes, which would withdraw the announcement. Returns 0 or -errno.
 */
int machine_session_open(struct machine_session *s);
/* Closes everything: targets must have been let go before. */
void machine_session_close(struct machine_session *s);

/* Copies @size bytes of compiled code into ctl; *@offset: where (16-byte aligned). */
int machine_session_code(struct machine_session *s, const void *code, size_t size,
			 uint64_t *offset);
/* Publishes in *@where the list of @n programs (0: empty). Returns 0 or -ENOSPC. */
int machine_session_list(struct machine_session *s, _Atomic machine_list *where,
			 const uint32_t *progs, uint32_t n);

/* Corrects ctl's clock; about once a second. */
void machine_session_clock(struct machine_session *s);

#endif
