/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Checked script to plan: lays out maps and records, makes IR for each unit, has it
 * optimised, allocated and emitted. */
#ifndef LANG_LOWER_H
#define LANG_LOWER_H

#include "lang/check/check.h"

/*
 * Returns 0 and a plan in *@plan, -EINVAL with errors reported, or -ENOMEM. The plan is
 * built in cx->arena, which lang_compile() then hands over to it.
 */
int lower_script(struct lang_context *cx, struct checked *checked, struct lang_plan **plan);

#endif
