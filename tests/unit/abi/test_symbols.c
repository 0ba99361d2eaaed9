// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Every symbol of the list has its function, and this program's linker was told
 * to use it: then the name itself has the function's address.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "abi/calls.h"

/* Addresses only, under names of our own: no libc header, no compiler's builtin. */
#define DECLARE(symbol)                                        \
	extern const char reached_##symbol[] __asm__(#symbol); \
	extern const char wrapper_##symbol[] __asm__("__wrap_" #symbol);
ABI_SYMBOLS(DECLARE)

#define ROW(symbol) {#symbol, reached_##symbol, wrapper_##symbol},
static const struct {
	const char *name, *reached, *wrapper;
} symbols[] = {ABI_SYMBOLS(ROW)};

static void every_symbol_is_wrapped(void **state)
{
	for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
		if (symbols[i].reached != symbols[i].wrapper)
			fail_msg("%s is not wrapped", symbols[i].name);
		assert_non_null(symbols[i].wrapper);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_symbol_is_wrapped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
