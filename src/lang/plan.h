/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the compiler itself does with plans: print one (`-d plan`). */
#ifndef LANG_PLAN_H
#define LANG_PLAN_H

#include <skep/lang.h>

/* Prints maps, probes, events and error counters, a line each. */
void plan_dump(const struct lang_plan *plan, FILE *out);

#endif
