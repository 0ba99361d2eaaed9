/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A bottom back end that nothing can pass: it answers what the test said, and
 * counts. Calls that it was told nothing of fail with ENOSYS.
 */
#ifndef FAKE_H
#define FAKE_H

#include "abi/seam.h"

extern const struct abi_ops fake_ops;

struct fake_answer {
	int64_t ret;
	int err; /* not 0: the call fails with it */
};

/* What each call answers, and how often it was made. */
extern struct fake_answer fake_answers[ABI_CALL_MAX];
extern unsigned int fake_counts[ABI_CALL_MAX];

/* All fail, none made. */
void fake_reset(void);

/* Puts the fake under the seam, recording to a stream in memory. */
void fake_begin(const char *fault);

/* Takes it away; returns what was recorded, to be freed. */
char *fake_end(void);

#endif
