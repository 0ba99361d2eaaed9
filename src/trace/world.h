/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The room's own users find the public header here under its former name. */
#include <skep/trace_world.h>
