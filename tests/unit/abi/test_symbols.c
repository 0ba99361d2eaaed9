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

/* Addresses only, so that no libc header and no type comes in the way. */
#define DECLARE(symbol) extern const char symbol[], __wrap_##symbol[];
#pragma GCC diagnostic ignored "-Wbuiltin-declaration-mismatch"
ABI_SYMBOLS(DECLARE)

#define ROW(symbol) {#symbol, symbol, __wrap_##symbol},
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
