// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The small program whose file test_symbols.c breaks in many ways.
 */
int main(void)
{
	return 0;
}
