// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Looking names up, both ways, and printing by them. */
#include "abi/show/names.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

const char *abi_name_of(const struct abi_name *table, uint64_t value)
{
	for (; table->name; table++)
		if (table->value == value)
			return table->name;
	return NULL;
}

bool abi_name_find(const struct abi_name *table, const char *name, uint64_t *value)
{
	for (; table->name; table++) {
		if (strcmp(table->name, name))
			continue;
		*value = table->value;
		return true;
	}
	return false;
}

void abi_show_name(struct abi_text *text, const struct abi_name *table, uint64_t value)
{
	const char *name = abi_name_of(table, value);

	if (name)
		abi_text_add(text, "%s", name);
	else
		abi_text_add(text, "%" PRIu64, value);
}

void abi_show_flags(struct abi_text *text, const struct abi_name *table, uint64_t value)
{
	const char *bar = "";

	if (!value)
		abi_text_add(text, "0");
	for (; table->name && value; table++) {
		if (!table->value || (value & table->value) != table->value)
			continue;
		abi_text_add(text, "%s%s", bar, table->name);
		value &= ~table->value;
		bar = "|";
	}
	if (value)
		abi_text_add(text, "%s0x%" PRIx64, bar, value);
}

const struct abi_name *abi_selector(enum abi_show show)
{
	switch (show) {
	case ABI_SHOW_BPF_CMD: return abi_bpf_cmds;
	case ABI_SHOW_IOCTL: return abi_ioctls;
	case ABI_SHOW_EPOLL_OP: return abi_epoll_ops;
	case ABI_SHOW_FCNTL: return abi_fcntls;
	default: return NULL;
	}
}
