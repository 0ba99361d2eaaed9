// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * C++ exceptions through the hooked function: out of one call, out of three in each other,
 * caught and thrown again in the middle.
 */
#include "target.h"

#include <stdexcept>
#include <stdio.h>
#include <string>

namespace
{

const int TIMES = 300;
int destroyed, depth;

struct witness {
	~witness()
	{
		destroyed++;
	}
};

void throw_once()
{
	witness w;

	throw std::runtime_error("from inside");
}

void throw_deep()
{
	witness w;

	if (++depth == 3)
		throw std::string("from below");
	try {
		target_call(depth);
	} catch (const std::string &) {
		throw;
	}
}

} // namespace

int main()
{
	int first = 0, second = 0;

	target_begin();
	target_ready();
	for (int i = 0; i < TIMES; i++) {
		target_inside = throw_once;
		try {
			target_call(i);
		} catch (const std::exception &e) {
			first += e.what() == std::string("from inside");
		}
		depth = 0;
		target_inside = throw_deep;
		try {
			target_call(i);
		} catch (const std::string &s) {
			second += s == "from below";
		}
		target_inside = nullptr;
		target_work(2);
	}
	printf("%d %d %d\n", first, second, destroyed);
	return target_end(50);
}
