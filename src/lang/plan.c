// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The end of a plan. Apart from the compiler, so that a user of plans need not link it. */
#include "lang/arena.h"
#include "lang/plan.h"

void lang_plan_free(struct lang_plan *plan)
{
	/* the plan itself lies in the arena, too */
	if (plan)
		arena_free(plan->arena);
}
