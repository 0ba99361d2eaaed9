// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Features: one table of probes.
 *
 * A helper exists if the kernel's enumeration of helpers in BTF has it: free when BTF is open
 * already. Otherwise a tiny program that calls it is loaded, which costs less than opening BTF;
 * where that is not permitted, BTF is opened after all. An instruction must be tried.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <skep/btf.h>

#include "trace/session.h"
#include "trace/world_features.h"

struct feature {
	bool (*probe)(struct trace_features *features, const struct feature *feature);
	const char *helper; /* its enumerator */
	enum bpf_func_id id;
};

/* Loads a program that exchanges a word of its stack and gets the old one. */
static bool probe_atomic_fetch(struct trace_features *features, const struct feature *feature)
{
	const struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0},
		{.code = BPF_STX | BPF_MEM | BPF_DW,
		 .dst_reg = BPF_REG_10,
		 .src_reg = BPF_REG_0,
		 .off = -8},
		{.code = BPF_STX | BPF_ATOMIC | BPF_DW,
		 .dst_reg = BPF_REG_10,
		 .src_reg = BPF_REG_0,
		 .off = -8,
		 .imm = BPF_XCHG},
		{.code = BPF_JMP | BPF_EXIT},
	};
	int fd = bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "skep_probe", "GPL", insns,
			       sizeof(insns) / sizeof(*insns), NULL);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

static bool btf_has_helper(struct btfr *btf, const struct feature *feature)
{
	struct btfr_enum value;
	uint32_t id;

	if (!btf)
		return false;
	id = btfr_by_name(btf, BTFR_K(ENUM), "bpf_func_id");
	return id && !btfr_enum_by_name(btf, id, feature->helper, &value) &&
	       value.value == (int64_t)feature->id;
}

static bool probe_helper(struct trace_features *features, const struct feature *feature)
{
	struct btfr *btf = features->btf(features->ctx, false);
	int ret;

	if (btf)
		return btf_has_helper(btf, feature);
	ret = libbpf_probe_bpf_helper(BPF_PROG_TYPE_RAW_TRACEPOINT, feature->id, NULL);
	if (ret >= 0)
		return ret;
	return btf_has_helper(features->btf(features->ctx, true), feature);
}

/* Of use only with types, so BTF is needed anyway; and it is where the kernel has the types of. */
static bool probe_tp_btf(struct trace_features *features, const struct feature *feature)
{
	struct btfr *btf = features->btf(features->ctx, true);

	return btf && btfr_by_name(btf, BTFR_K(TYPEDEF), "btf_trace_sys_enter");
}

/* The task it returns can be read only by its type. */
static bool probe_task_btf(struct trace_features *features, const struct feature *feature)
{
	return btf_has_helper(features->btf(features->ctx, true), feature);
}

static bool probe_big_keys(struct trace_features *features, const struct feature *feature)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_HASH, "skep_probe", 520, 8, 1, NULL);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

static const struct feature table[LANG_FEAT_COUNT] = {
	[LANG_FEAT_ATOMIC_FETCH] = {probe_atomic_fetch},
	[LANG_FEAT_FOR_EACH_MAP_ELEM] = {probe_helper, "BPF_FUNC_for_each_map_elem",
					 BPF_FUNC_for_each_map_elem},
	[LANG_FEAT_KTIME_BOOT] = {probe_helper, "BPF_FUNC_ktime_get_boot_ns",
				  BPF_FUNC_ktime_get_boot_ns},
	[LANG_FEAT_TP_BTF] = {probe_tp_btf},
	[LANG_FEAT_TASK_BTF] = {probe_task_btf, "BPF_FUNC_get_current_task_btf",
				BPF_FUNC_get_current_task_btf},
	[LANG_FEAT_BIG_KEYS] = {probe_big_keys},
};

bool trace_feature(struct trace_features *features, enum lang_feature feature)
{
	if ((unsigned int)feature >= LANG_FEAT_COUNT)
		return false;
	if (features->known[feature] == TRACE_FEATURE_UNKNOWN)
		features->known[feature] = table[feature].probe(features, &table[feature])
						   ? TRACE_FEATURE_YES
						   : TRACE_FEATURE_NO;
	return features->known[feature] == TRACE_FEATURE_YES;
}

/*
 * The answer must hold for all functions: what the kernel says of this one alone, as that it must
 * not be traced, is EINVAL.
 */
static bool probe_fentry(uint32_t func)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_FENTRY,
		    .attach_btf_id = func);
	const struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	int fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, "skep_probe", "GPL", insns,
			       sizeof(insns) / sizeof(*insns), &opts);

	if (fd >= 0)
		close(fd);
	return fd != -EPERM || trace_missing_privilege();
}

bool trace_feature_fentry(struct trace_features *features, uint32_t func)
{
	if (features->fentry == TRACE_FEATURE_UNKNOWN)
		features->fentry = probe_fentry(func) ? TRACE_FEATURE_YES : TRACE_FEATURE_NO;
	return features->fentry == TRACE_FEATURE_YES;
}
