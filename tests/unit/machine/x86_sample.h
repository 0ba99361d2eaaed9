/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Functions that test_x86_relocate.c moves; every list ends with NULL. */
#ifndef X86_SAMPLE_H
#define X86_SAMPLE_H

#include <stdint.h>

extern uint64_t (*const x86_sample_0[])(uint64_t a, uint64_t b);
extern uint64_t (*const x86_sample_1[])(uint64_t a, uint64_t b);
extern uint64_t (*const x86_sample_2[])(uint64_t a, uint64_t b);
extern uint64_t (*const x86_sample_3[])(uint64_t a, uint64_t b);

#endif
