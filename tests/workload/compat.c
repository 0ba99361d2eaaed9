// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * compat N: N calls of getppid as a 64-bit program makes them, and as many as a 32-bit one does,
 * where its number, 64, is another call's for 64-bit programs. Counter: getppid, of the first.
 */
#include <sys/syscall.h>
#include <unistd.h>

#include "truth.h"

#define GETPPID_OF_32_BIT 64

int main(int argc, char **argv)
{
	long n = count_argument(argc > 1 ? argv[1] : NULL, 10), i, result;

	for (i = 0; i < n; i++) {
		syscall(SYS_getppid);
		__asm__ volatile("int $0x80"
				 : "=a"(result)
				 : "a"(GETPPID_OF_32_BIT)
				 : "memory", "r8", "r9", "r10", "r11");
	}
	truth("getppid %ld", n);
	return 0;
}
