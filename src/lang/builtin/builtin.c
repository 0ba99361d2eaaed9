// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The tables of builtins and functions, and finding a row by its name. */
#include <ctype.h>
#include <string.h>

#include "lang/builtin/builtin.h"

const struct builtin_row builtin_rows[NBUILTINS] = {
#define BUILTIN(ID, name, summary) [BUILTIN_##ID] = {name, summary},
#include "lang/builtin/builtins.h"
};

const struct function_row function_rows[NFUNCTIONS] = {
#define FUNCTION(ID, name, min, max, flags, summary) \
	[FUNCTION_##ID] = {name, min, max, flags, summary},
#include "lang/builtin/functions.h"
};

/* arg0, arg1 … without leading zeros */
static int is_argn(const char *name)
{
	const char *digit = name + 3;

	if (strncmp(name, "arg", 3) || !isdigit((unsigned char)*digit))
		return 0;
	if (*digit == '0')
		return digit[1] == '\0';
	while (isdigit((unsigned char)*digit))
		digit++;
	return *digit == '\0' && digit - name <= 5;
}

int builtin_find(const char *name)
{
	if (is_argn(name))
		return BUILTIN_ARGN;
	for (int i = 0; i < NBUILTINS; i++)
		if (!strcmp(builtin_rows[i].name, name))
			return i;
	return -1;
}

int function_find(const char *name)
{
	for (int i = 0; i < NFUNCTIONS; i++)
		if (!strcmp(function_rows[i].name, name))
			return i;
	return -1;
}
