// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * addresses: passes addresses to target_in6() and target_in4(): a pointer to the 16
 * bytes of 2001:db8::1, then of ::ffff:192.0.2.7; a pointer to the 4 of 192.0.2.7.
 */
#include "truth.h"

#include <arpa/inet.h>

void target_in6(const void *addr);
void target_in4(const void *addr);

TARGET void target_in6(const void *addr)
{
	__asm__ volatile("" : : "r"(addr) : "memory");
}

TARGET void target_in4(const void *addr)
{
	__asm__ volatile("" : : "r"(addr) : "memory");
}

int main(void)
{
	static const char *const texts[] = {"2001:db8::1", "::ffff:192.0.2.7"};
	struct in6_addr in6;
	struct in_addr in4;

	for (int i = 0; i < 2; i++) {
		inet_pton(AF_INET6, texts[i], &in6);
		target_in6(&in6);
		truth("in6 %s\n", texts[i]);
	}
	inet_pton(AF_INET, "192.0.2.7", &in4);
	target_in4(&in4);
	truth("in4 192.0.2.7\n");
	return 0;
}
