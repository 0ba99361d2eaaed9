// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Names of the kernel's helper functions. The list is the one in <linux/bpf.h>; helpers that are
 * newer than the oldest header skep is built with follow by number. (The kernel adds no more
 * helpers, only kernel functions.)
 */
#include <skep/isa.h>

#include <errno.h>
#include <string.h>

#define NAME(name) "bpf_" #name
static const char *const names[] = {__BPF_FUNC_MAPPER(NAME)};
#undef NAME

#define NAMES_CNT ((int32_t)(sizeof(names) / sizeof(names[0])))

static const struct {
	int32_t id;
	const char *name;
} later[] = {
	{210, "bpf_cgrp_storage_get"},
	{211, "bpf_cgrp_storage_delete"},
};

#define LATER_CNT (sizeof(later) / sizeof(later[0]))

const char *isa_helper_name(int32_t id)
{
	if (id > 0 && id < NAMES_CNT)
		return names[id];
	for (size_t i = 0; i < LATER_CNT; i++)
		if (later[i].id == id)
			return later[i].name;
	return NULL;
}

int isa_helper_id(const char *name)
{
	size_t skip = strncmp(name, "bpf_", 4) ? 4 : 0;

	for (int32_t i = 1; i < NAMES_CNT; i++)
		if (!strcmp(names[i] + skip, name))
			return i;
	for (size_t i = 0; i < LATER_CNT; i++)
		if (!strcmp(later[i].name + skip, name))
			return later[i].id;
	return -ENOENT;
}
