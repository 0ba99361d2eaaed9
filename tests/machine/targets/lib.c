// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A library that a target loads while it is traced: a hooked function, and system calls from
 * code of its own.
 */
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

/* Calls of lib_call() since the library was loaded. */
EXPORT long lib_calls;
EXPORT __attribute__((noinline)) long lib_call(long i);
/* Two system calls getppid: by libc and by an instruction here. */
EXPORT void lib_ppid(void);

long lib_call(long i)
{
	__asm__ volatile("nop");
	lib_calls++;
	return i + 2;
}

void lib_ppid(void)
{
	long ret;

	getppid();
	__asm__ volatile("syscall" : "=a"(ret) : "a"(110) : "rcx", "r11", "memory");
}
