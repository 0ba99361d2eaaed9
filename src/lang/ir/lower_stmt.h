/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A list of statements to IR. */
#ifndef LANG_LOWER_STMT_H
#define LANG_LOWER_STMT_H

#include "lang/ir/lower_internal.h"

void lower_statements(struct lower *lw, const struct stmt *first);

#endif
