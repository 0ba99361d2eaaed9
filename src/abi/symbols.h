/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Prints the symbols to wrap, when the build preprocesses it: the linker's
 * flags are made from what comes out.
 */
#include "calls.h"
#define ABI_PRINT(symbol) symbol
ABI_SYMBOLS(ABI_PRINT)
