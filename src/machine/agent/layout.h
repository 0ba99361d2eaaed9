/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Numbers that entry.S needs of agent.h's structures; agent.c asserts that they are right. */
#ifndef MACHINE_AGENT_LAYOUT_H
#define MACHINE_AGENT_LAYOUT_H

#define LAYOUT_MAGIC	   0x746e6567616b73
#define LAYOUT_BLOCK_FLAGS 32
#define LAYOUT_KNOWN	   3120
#define LAYOUT_ROOM	   3072 /* of stack: what agent, programs and helpers need */
#define LAYOUT_SLOTS	   0x53000
#define LAYOUT_SLOT_SHIFT  15
#define LAYOUT_SLOT_MASK   63
#define LAYOUT_PRIVATE	   2

/* struct agent_regs, with the anchor and the private stack behind it. */
#define LAYOUT_REGS_ANCHOR 168
#define LAYOUT_REGS_SLOT   176
#define LAYOUT_REGS_SIZE   192

/* What stubs leave between the target's stack and the return address. */
#define LAYOUT_GAP_SYSCALL  136
#define LAYOUT_GAP_FUNCTION 128

/* Where the return address is: from there to the highest byte of the system call's number. */
#define LAYOUT_QUIET_END 15

#endif
