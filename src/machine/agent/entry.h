/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What entry.S calls, on the stack that it chose: @regs are copies, @anchor is obeyed. */
#ifndef MACHINE_AGENT_ENTRY_H
#define MACHINE_AGENT_ENTRY_H

#include "machine/agent/agent.h"

void agent_syscall_enter(struct agent_regs *regs, struct agent_anchor *anchor);
void agent_syscall_exit(struct agent_regs *regs, struct agent_anchor *anchor);
void agent_special_exit(struct agent_regs *regs, struct agent_anchor *anchor);
void agent_func_entry(struct agent_regs *regs, struct agent_anchor *anchor);
void agent_func_return(struct agent_regs *regs, struct agent_anchor *anchor);

#endif
