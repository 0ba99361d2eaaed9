// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Programs name maps by descriptors of whoever loads them. Here these become what programs of the
 * machine have in their place: a map's handle, or the address of a value, which is the same in
 * every process.
 */
#include "machine/sys/sys.h"

#include "machine/helper/helper.h"

#include <stdlib.h>
#include <string.h>

#define VALUE_OFFSET_MAX (1u << 29)

static bool is_ld64(const struct bpf_insn *insn)
{
	return insn->code == (BPF_LD | BPF_DW | BPF_IMM);
}

static void set_number(struct bpf_insn *insn, uint64_t number)
{
	insn[0].src_reg = 0;
	insn[0].imm = (int32_t)(uint32_t)number;
	insn[1].imm = (int32_t)(uint32_t)(number >> 32);
}

/* Notes that @prog uses @map, which lives as long as it. */
static int use_map(struct sys_prog *prog, struct sys_map *map)
{
	struct sys_map **more;
	uint32_t i;

	for (i = 0; i < prog->nmaps; i++)
		if (prog->maps[i] == map)
			return 0;
	more = reallocarray(prog->maps, prog->nmaps + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	prog->maps = more;
	prog->maps[prog->nmaps++] = map;
	sys_object_hold(&map->o);
	return 0;
}

/* The address of a value at @offset; only of arrays with one entry, as in Linux. */
static int value_address(const struct sys_map *map, uint32_t offset, uint64_t *address,
			 struct sys_log *log)
{
	const struct machine_map *shape = sys_map_shape(map);

	if (offset >= VALUE_OFFSET_MAX) {
		sys_log(log, "direct value offset of %u is not allowed\n", offset);
		return -EINVAL;
	}
	if (shape->type != BPF_MAP_TYPE_ARRAY || shape->max_entries != 1 ||
	    offset >= shape->value_size) {
		sys_log(log, "invalid access to map value pointer, value_size=%u off=%u\n",
			shape->value_size, offset);
		return shape->type == BPF_MAP_TYPE_ARRAY && shape->max_entries == 1 ? -EINVAL
										    : -SYS_ENOTSUPP;
	}
	*address = (uint64_t)(uintptr_t)machine.session.data + shape->values + offset;
	return 0;
}

static int relocate_one(struct sys_prog *prog, struct bpf_insn *insn, uint64_t fd_array,
			struct sys_log *log)
{
	bool is_index =
		insn->src_reg == BPF_PSEUDO_MAP_IDX || insn->src_reg == BPF_PSEUDO_MAP_IDX_VALUE;
	bool is_value =
		insn->src_reg == BPF_PSEUDO_MAP_VALUE || insn->src_reg == BPF_PSEUDO_MAP_IDX_VALUE;
	int32_t fd = insn->imm;
	struct sys_map *map;
	uint64_t number;
	int err;

	if (!is_value && insn[1].imm) {
		sys_log(log, "unrecognized bpf_ld_imm64 insn\n");
		return -EINVAL;
	}
	if (is_index && !fd_array) {
		sys_log(log, "fd_idx without fd_array is invalid\n");
		return -EPROTO;
	}
	if (is_index &&
	    sys_copy_in(&fd, fd_array + (uint64_t)(uint32_t)fd * sizeof(fd), sizeof(fd)))
		return -EFAULT;
	map = sys_map_of(fd, &err);
	if (!map) {
		sys_log(log, "fd %d is not pointing to valid bpf_map\n", fd);
		return err;
	}
	number = MACHINE_MAP_HANDLE | map->index;
	err = is_value ? value_address(map, (uint32_t)insn[1].imm, &number, log) : 0;
	if (!err)
		err = use_map(prog, map);
	if (!err)
		set_number(insn, number);
	return err;
}

int sys_relocate(struct sys_prog *prog, struct bpf_insn *insns, uint64_t fd_array,
		 struct sys_log *log)
{
	uint32_t i;
	int err;

	for (i = 0; i + 1 < prog->ninsns; i++) {
		if (!is_ld64(&insns[i]))
			continue;
		switch (insns[i].src_reg) {
		case BPF_PSEUDO_MAP_FD:
		case BPF_PSEUDO_MAP_VALUE:
		case BPF_PSEUDO_MAP_IDX:
		case BPF_PSEUDO_MAP_IDX_VALUE:
			err = relocate_one(prog, &insns[i], fd_array, log);
			if (err)
				return err;
			break;
		default: break;
		}
		i++;
	}
	return 0;
}
