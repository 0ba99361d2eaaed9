/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The header of the blob and its entries. A stub calls an entry with the target's registers as
 * they are, below the red zone. The entry makes struct agent_anchor on that stack, changes to a
 * private stack if the block says so or there may be no room, and one is free, fills struct agent_regs there, and calls
 * its C function with (regs, anchor). Vector registers are never touched.
 */
#include "machine/agent/layout.h"

	.section .head, "a", @progbits
	.globl agent_head
agent_head:
	.quad LAYOUT_MAGIC
	.long agent_end - agent_head
	.long enter_syscall_enter - agent_head
	.long quick_syscall_exit - agent_head
	.long enter_special_exit - agent_head
	.long enter_func_entry - agent_head
	.long enter_func_return - agent_head

	.text
/*
 * In: rcx the block. Out: rdx the slot of a private stack, 0 when all are taken. The caller goes
 * to that stack: every call has its return, or the processor mispredicts those that follow.
 */
	.p2align 4
take_slot:
	mov $LAYOUT_SLOT_MASK + 1, %r11d
	mov %rsp, %rdx
	shr $13, %edx
1:	and $LAYOUT_SLOT_MASK, %edx
	push %rdx
	shl $LAYOUT_SLOT_SHIFT, %rdx
	lea LAYOUT_SLOTS(%rcx,%rdx), %rdx
	mov $1, %eax
	xchg %eax, (%rdx)
	test %eax, %eax
	jz 2f
	pop %rdx
	inc %edx
	dec %r11d
	jnz 1b
	xor %edx, %edx
	ret
2:	pop %rax
	ret

.macro entry name function gap
	.globl enter_\name
	.type enter_\name, @function
	.p2align 4
enter_\name:
	pushfq
	push %rax
	push %rcx
	push %rdx
	push %r11
	mov %rsp, %rax
	xor %edx, %edx
	lea agent_end_of_blob(%rip), %rcx
	testl $LAYOUT_PRIVATE, LAYOUT_BLOCK_FLAGS(%rcx)
	jnz 4f
	/* Is there room in this page of the stack, or is the one below known to be there? */
	mov %esp, %r11d
	and $4095, %r11d
	cmp $LAYOUT_ROOM, %r11d
	jae 1f
	mov %rsp, %rdx
	shr $12, %rdx
	movzbl %dl, %r11d
	cmp %rdx, LAYOUT_KNOWN(%rcx,%r11,8)
	mov $0, %edx
	je 1f
4:	call take_slot
	mov %rsp, %rax
	test %rdx, %rdx
	jz 1f
	lea (1 << LAYOUT_SLOT_SHIFT)(%rdx), %rsp
1:	sub $LAYOUT_REGS_SIZE, %rsp
	and $-16, %rsp
	mov %rax, LAYOUT_REGS_ANCHOR(%rsp)
	mov %rdx, LAYOUT_REGS_SLOT(%rsp)
	mov %r15, 0(%rsp)
	mov %r14, 8(%rsp)
	mov %r13, 16(%rsp)
	mov %r12, 24(%rsp)
	mov %rbp, 32(%rsp)
	mov %rbx, 40(%rsp)
	mov %r10, 56(%rsp)
	mov %r9, 64(%rsp)
	mov %r8, 72(%rsp)
	mov %rsi, 104(%rsp)
	mov %rdi, 112(%rsp)
	mov 0(%rax), %rcx
	mov %rcx, 48(%rsp)
	mov 8(%rax), %rcx
	mov %rcx, 96(%rsp)
	mov 16(%rax), %rcx
	mov %rcx, 88(%rsp)
	mov 24(%rax), %rcx
	mov %rcx, 80(%rsp)
	mov 32(%rax), %rcx
	mov %rcx, 144(%rsp)
	movq $0x33, 136(%rsp)
	lea 48+\gap(%rax), %rcx
	mov %rcx, 152(%rsp)
	movq $0x2b, 160(%rsp)
	mov %rsp, %rdi
	mov %rax, %rsi
	testb $4, 145(%rsp)
	jz 3f
	cld
3:	call \function
	mov 56(%rsp), %r10
	mov 64(%rsp), %r9
	mov 72(%rsp), %r8
	mov 104(%rsp), %rsi
	mov 112(%rsp), %rdi
	mov LAYOUT_REGS_SLOT(%rsp), %rdx
	mov LAYOUT_REGS_ANCHOR(%rsp), %rsp
	test %rdx, %rdx
	jz 2f
	movl $0, (%rdx)
2:	pop %r11
	pop %rdx
	pop %rcx
	/* As popfq, which is slow: the overflow flag by an addition, the others by sahf. */
	testb $4, 9(%rsp)
	jnz 3f
	mov 9(%rsp), %al
	mov 8(%rsp), %ah
	and $8, %al
	add $0x78, %al
	sahf
	pop %rax
	lea 8(%rsp), %rsp
	ret
3:	pop %rax
	popfq
	ret
	.size enter_\name, . - enter_\name
.endm

	entry syscall_enter agent_syscall_enter LAYOUT_GAP_SYSCALL
/* Back at once if the call's way in noted that nobody waits for its end. Of what a system call
 * leaves only rcx is changed, which it does not keep either; flags are not touched. */
	.p2align 4
quick_syscall_exit:
	movzbl LAYOUT_QUIET_END(%rsp), %ecx
	jrcxz enter_syscall_exit
	ret
	entry syscall_exit agent_syscall_exit LAYOUT_GAP_SYSCALL
	entry special_exit agent_special_exit LAYOUT_GAP_SYSCALL
	entry func_entry agent_func_entry LAYOUT_GAP_FUNCTION
	entry func_return agent_func_return LAYOUT_GAP_SYSCALL

/* What compilers call without being asked. */
	.globl memcpy, memmove, memset, memcmp
	.p2align 4
memcpy:
	mov %rdi, %rax
	mov %rdx, %rcx
	rep movsb
	ret
memmove:
	mov %rdi, %rax
	mov %rdx, %rcx
	mov %rdi, %r8
	sub %rsi, %r8
	cmp %rdx, %r8
	jb 1f
	rep movsb
	ret
1:	lea -1(%rdi,%rdx), %rdi
	lea -1(%rsi,%rdx), %rsi
	std
	rep movsb
	cld
	ret
memset:
	mov %rdi, %r8
	mov %esi, %eax
	mov %rdx, %rcx
	rep stosb
	mov %r8, %rax
	ret
memcmp:
	xor %eax, %eax
	xor %ecx, %ecx
1:	cmp %rdx, %rcx
	je 2f
	movzbl (%rdi,%rcx), %eax
	movzbl (%rsi,%rcx), %r8d
	inc %rcx
	sub %r8d, %eax
	jz 1b
2:	ret

	.section .note.GNU-stack, "", @progbits
