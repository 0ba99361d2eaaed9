// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * union bpf_attr and struct perf_event_attr as text, by tables: for each bpf
 * command, the fields in the order of the header. Of a structure only as many
 * bytes are looked at as the caller said it has; the rest counts as zero.
 */
#include "abi/seam.h"
#include "abi/show/names.h"

#include <inttypes.h>
#include <string.h>

/* How a field is printed. */
enum how {
	DEC,
	HEX,
	FD,   /* a descriptor, signed */
	STR,  /* address of a string */
	TEXT, /* characters in the structure itself */
	NAME, /* one of .names */
	FLAG, /* several of .names */
};

struct field {
	const char *name;
	uint16_t offset, size;
	uint8_t how;
	bool always; /* also when it is zero */
	const struct abi_name *names;
};

/* Fields of bpf_attr: A is printed always, F only when it is not zero. */
#define AT(member) offsetof(union bpf_attr, member), sizeof(((union bpf_attr *)0)->member)
#define F(name, member, how)                       \
	{                                          \
		name, AT(member), how, false, NULL \
	}
#define A(name, member, how)                      \
	{                                         \
		name, AT(member), how, true, NULL \
	}
#define FN(name, member, how, names)                \
	{                                           \
		name, AT(member), how, false, names \
	}
#define AN(name, member, how, names)               \
	{                                          \
		name, AT(member), how, true, names \
	}
#define NEW(name, offset, size, how, t)           \
	{                                         \
		name, offset, size, how, false, t \
	}
#define END                                \
	{                                  \
		NULL, 0, 0, 0, false, NULL \
	}

// clang-format off
static const struct field map_create[] = {
	AN("map_type", map_type, NAME, abi_map_types),
	F("key_size", key_size, DEC),
	F("value_size", value_size, DEC),
	F("max_entries", max_entries, DEC),
	FN("map_flags", map_flags, FLAG, abi_map_flags),
	F("inner_map_fd", inner_map_fd, FD),
	F("numa_node", numa_node, DEC),
	F("map_name", map_name, TEXT),
	F("map_ifindex", map_ifindex, DEC),
	F("btf_fd", btf_fd, FD),
	F("btf_key_type_id", btf_key_type_id, DEC),
	F("btf_value_type_id", btf_value_type_id, DEC),
	F("btf_vmlinux_value_type_id", btf_vmlinux_value_type_id, DEC),
	F("map_extra", map_extra, HEX),
	END,
};

static const struct field elem[] = {
	A("map_fd", map_fd, FD),
	F("key", key, HEX),
	F("value", value, HEX),
	FN("flags", flags, FLAG, abi_elem_flags),
	END,
};

static const struct field next_key[] = {
	A("map_fd", map_fd, FD),
	F("key", key, HEX),
	F("next_key", next_key, HEX),
	END,
};

static const struct field batch[] = {
	A("map_fd", batch.map_fd, FD),
	F("in_batch", batch.in_batch, HEX),
	F("out_batch", batch.out_batch, HEX),
	F("keys", batch.keys, HEX),
	F("values", batch.values, HEX),
	A("count", batch.count, DEC),
	FN("elem_flags", batch.elem_flags, FLAG, abi_elem_flags),
	F("flags", batch.flags, HEX),
	END,
};

static const struct field map_freeze[] = {
	A("map_fd", map_fd, FD),
	END,
};

static const struct field prog_load[] = {
	AN("prog_type", prog_type, NAME, abi_prog_types),
	A("insn_cnt", insn_cnt, DEC),
	F("license", license, STR),
	F("log_level", log_level, HEX),
	F("log_size", log_size, DEC),
	F("kern_version", kern_version, HEX),
	FN("prog_flags", prog_flags, FLAG, abi_prog_flags),
	F("prog_name", prog_name, TEXT),
	F("prog_ifindex", prog_ifindex, DEC),
	FN("expected_attach_type", expected_attach_type, NAME, abi_attach_types),
	F("prog_btf_fd", prog_btf_fd, FD),
	F("func_info_cnt", func_info_cnt, DEC),
	F("line_info_cnt", line_info_cnt, DEC),
	F("attach_btf_id", attach_btf_id, DEC),
	F("attach_prog_fd", attach_prog_fd, FD),
	F("core_relo_cnt", core_relo_cnt, DEC),
	END,
};

static const struct field obj_pin[] = {
	A("pathname", pathname, STR),
	A("bpf_fd", bpf_fd, FD),
	FN("file_flags", file_flags, FLAG, abi_file_flags),
	END,
};

static const struct field obj_get[] = {
	A("pathname", pathname, STR),
	FN("file_flags", file_flags, FLAG, abi_file_flags),
	END,
};

static const struct field prog_attach[] = {
	A("target_fd", target_fd, FD),
	A("attach_bpf_fd", attach_bpf_fd, FD),
	AN("attach_type", attach_type, NAME, abi_attach_types),
	F("attach_flags", attach_flags, HEX),
	F("replace_bpf_fd", replace_bpf_fd, FD),
	END,
};

static const struct field test_run[] = {
	A("prog_fd", test.prog_fd, FD),
	F("retval", test.retval, DEC),
	F("data_size_in", test.data_size_in, DEC),
	F("data_size_out", test.data_size_out, DEC),
	F("repeat", test.repeat, DEC),
	F("duration", test.duration, DEC),
	F("ctx_size_in", test.ctx_size_in, DEC),
	F("ctx_size_out", test.ctx_size_out, DEC),
	F("flags", test.flags, HEX),
	F("cpu", test.cpu, DEC),
	F("batch_size", test.batch_size, DEC),
	END,
};

static const struct field next_id[] = {
	A("start_id", start_id, DEC),
	A("next_id", next_id, DEC),
	END,
};

static const struct field fd_by_id[] = {
	A("id", start_id, DEC),
	FN("open_flags", open_flags, FLAG, abi_file_flags),
	END,
};

static const struct field info_by_fd[] = {
	A("bpf_fd", info.bpf_fd, FD),
	A("info_len", info.info_len, DEC),
	F("info", info.info, HEX),
	END,
};

static const struct field prog_query[] = {
	A("target_fd", query.target_fd, FD),
	AN("attach_type", query.attach_type, NAME, abi_attach_types),
	F("query_flags", query.query_flags, HEX),
	F("attach_flags", query.attach_flags, HEX),
	F("prog_cnt", query.prog_cnt, DEC),
	END,
};

static const struct field raw_tracepoint_open[] = {
	A("name", raw_tracepoint.name, STR),
	A("prog_fd", raw_tracepoint.prog_fd, FD),
	END,
};

static const struct field btf_load[] = {
	F("btf", btf, HEX),
	A("btf_size", btf_size, DEC),
	F("btf_log_size", btf_log_size, DEC),
	F("btf_log_level", btf_log_level, DEC),
	END,
};

static const struct field task_fd_query[] = {
	A("pid", task_fd_query.pid, DEC),
	A("fd", task_fd_query.fd, FD),
	F("buf_len", task_fd_query.buf_len, DEC),
	F("prog_id", task_fd_query.prog_id, DEC),
	F("fd_type", task_fd_query.fd_type, DEC),
	F("probe_offset", task_fd_query.probe_offset, HEX),
	F("probe_addr", task_fd_query.probe_addr, HEX),
	END,
};

static const struct field link_create[] = {
	A("prog_fd", link_create.prog_fd, FD),
	F("target_fd", link_create.target_fd, FD),
	AN("attach_type", link_create.attach_type, NAME, abi_attach_types),
	F("flags", link_create.flags, HEX),
	END,
};

static const struct field link_update[] = {
	A("link_fd", link_update.link_fd, FD),
	A("new_prog_fd", link_update.new_prog_fd, FD),
	F("flags", link_update.flags, HEX),
	F("old_prog_fd", link_update.old_prog_fd, FD),
	END,
};

static const struct field link_detach[] = {
	A("link_fd", link_detach.link_fd, FD),
	END,
};

static const struct field enable_stats[] = {
	AN("type", enable_stats.type, NAME, abi_stats_types),
	END,
};

static const struct field iter_create[] = {
	A("link_fd", iter_create.link_fd, FD),
	F("flags", iter_create.flags, HEX),
	END,
};

static const struct field bind_map[] = {
	A("prog_fd", prog_bind_map.prog_fd, FD),
	A("map_fd", prog_bind_map.map_fd, FD),
	F("flags", prog_bind_map.flags, HEX),
	END,
};

static const struct field *const commands[] = {
	[BPF_MAP_CREATE] = map_create,
	[BPF_MAP_LOOKUP_ELEM] = elem,
	[BPF_MAP_UPDATE_ELEM] = elem,
	[BPF_MAP_DELETE_ELEM] = elem,
	[BPF_MAP_GET_NEXT_KEY] = next_key,
	[BPF_PROG_LOAD] = prog_load,
	[BPF_OBJ_PIN] = obj_pin,
	[BPF_OBJ_GET] = obj_get,
	[BPF_PROG_ATTACH] = prog_attach,
	[BPF_PROG_DETACH] = prog_attach,
	[BPF_PROG_TEST_RUN] = test_run,
	[BPF_PROG_GET_NEXT_ID] = next_id,
	[BPF_MAP_GET_NEXT_ID] = next_id,
	[BPF_BTF_GET_NEXT_ID] = next_id,
	[BPF_LINK_GET_NEXT_ID] = next_id,
	[BPF_PROG_GET_FD_BY_ID] = fd_by_id,
	[BPF_MAP_GET_FD_BY_ID] = fd_by_id,
	[BPF_BTF_GET_FD_BY_ID] = fd_by_id,
	[BPF_LINK_GET_FD_BY_ID] = fd_by_id,
	[BPF_OBJ_GET_INFO_BY_FD] = info_by_fd,
	[BPF_PROG_QUERY] = prog_query,
	[BPF_RAW_TRACEPOINT_OPEN] = raw_tracepoint_open,
	[BPF_BTF_LOAD] = btf_load,
	[BPF_TASK_FD_QUERY] = task_fd_query,
	[BPF_MAP_LOOKUP_AND_DELETE_ELEM] = elem,
	[BPF_MAP_FREEZE] = map_freeze,
	[BPF_MAP_LOOKUP_BATCH] = batch,
	[BPF_MAP_LOOKUP_AND_DELETE_BATCH] = batch,
	[BPF_MAP_UPDATE_BATCH] = batch,
	[BPF_MAP_DELETE_BATCH] = batch,
	[BPF_LINK_CREATE] = link_create,
	[BPF_LINK_UPDATE] = link_update,
	[BPF_ENABLE_STATS] = enable_stats,
	[BPF_ITER_CREATE] = iter_create,
	[BPF_LINK_DETACH] = link_detach,
	[BPF_PROG_BIND_MAP] = bind_map,
};

/* What BPF_LINK_CREATE has besides, by attach type. */
static const struct field link_perf_event[] = {
	F("bpf_cookie", link_create.perf_event.bpf_cookie, HEX),
	END,
};

static const struct field link_kprobe_multi[] = {
	FN("multi.flags", link_create.kprobe_multi.flags, FLAG, abi_kprobe_multi_flags),
	A("cnt", link_create.kprobe_multi.cnt, DEC),
	F("syms", link_create.kprobe_multi.syms, HEX),
	F("addrs", link_create.kprobe_multi.addrs, HEX),
	F("cookies", link_create.kprobe_multi.cookies, HEX),
	END,
};

/* Linux 6.6's; the offsets are newer.c's. */
static const struct field link_uprobe_multi[] = {
	NEW("path", 16, 8, STR, NULL),
	NEW("offsets", 24, 8, HEX, NULL),
	NEW("ref_ctr_offsets", 32, 8, HEX, NULL),
	NEW("cookies", 40, 8, HEX, NULL),
	NEW("cnt", 48, 4, DEC, NULL),
	NEW("multi.flags", 52, 4, HEX, NULL),
	NEW("pid", 56, 4, DEC, NULL),
	END,
};

static const struct field link_tracing[] = {
	F("target_btf_id", link_create.tracing.target_btf_id, DEC),
	F("cookie", link_create.tracing.cookie, HEX),
	END,
};

static const struct field link_iter[] = {
	F("iter_info", link_create.iter_info, HEX),
	F("iter_info_len", link_create.iter_info_len, DEC),
	END,
};

static const struct {
	uint32_t attach_type;
	const struct field *fields;
} links[] = {
	{BPF_PERF_EVENT, link_perf_event},
	{BPF_TRACE_KPROBE_MULTI, link_kprobe_multi},
	{ABI_TRACE_KPROBE_SESSION, link_kprobe_multi},
	{ABI_TRACE_UPROBE_MULTI, link_uprobe_multi},
	{ABI_TRACE_UPROBE_SESSION, link_uprobe_multi},
	{BPF_TRACE_FENTRY, link_tracing},
	{BPF_TRACE_FEXIT, link_tracing},
	{BPF_MODIFY_RETURN, link_tracing},
	{BPF_LSM_MAC, link_tracing},
	{BPF_TRACE_ITER, link_iter},
};
// clang-format on

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void show_field(struct abi_text *text, const struct field *f, const char *at, uint64_t value)
{
	switch (f->how) {
	case DEC: abi_text_add(text, "%" PRIu64, value); break;
	case HEX: abi_text_add(text, "0x%" PRIx64, value); break;
	case FD: abi_text_add(text, "%d", (int)value); break;
	case STR: abi_show_string(text, value); break;
	case TEXT: abi_show_bytes(text, at, strnlen(at, f->size), false); break;
	case NAME: abi_show_name(text, f->names, value); break;
	case FLAG: abi_show_flags(text, f->names, value); break;
	}
}

/* Prints the fields of one table; @comma says whether others came before. */
static bool show_fields(struct abi_text *text, const struct field *f, const char *base, bool comma)
{
	for (; f->name; f++) {
		const char *at = base + f->offset;
		uint64_t value = 0;
		uint32_t word;

		if (f->size == sizeof(word)) {
			memcpy(&word, at, sizeof(word));
			value = word;
		} else if (f->size == sizeof(value)) {
			memcpy(&value, at, sizeof(value));
		} else {
			value = (unsigned char)at[0];
		}
		if (!value && !f->always)
			continue;
		abi_text_add(text, "%s%s=", comma ? ", " : "", f->name);
		show_field(text, f, at, value);
		comma = true;
	}
	return comma;
}

void abi_show_bpf_attr(struct abi_text *text, const struct abi_shown *call, unsigned int i)
{
	uint64_t cmd = call->values[i - 1].value, from = call->values[i].value;
	size_t size = (uint32_t)call->values[i + 1].value;
	union {
		union bpf_attr attr;
		char bytes[sizeof(union bpf_attr)];
	} copy = {0};
	bool comma;

	if (size > sizeof(copy))
		size = sizeof(copy);
	if (cmd >= COUNT(commands) || !commands[cmd] || abi_peek(&copy, from, size) != size) {
		abi_show_address(text, from);
		return;
	}
	abi_text_add(text, "{");
	comma = show_fields(text, commands[cmd], copy.bytes, false);
	for (size_t k = 0; cmd == BPF_LINK_CREATE && k < COUNT(links); k++)
		if (links[k].attach_type == copy.attr.link_create.attach_type)
			show_fields(text, links[k].fields, copy.bytes, comma);
	abi_text_add(text, "}");
}

/* One bit of struct perf_event_attr that tracing sets. */
#define BIT(name)                                                                      \
	do {                                                                           \
		if (attr.name)                                                         \
			abi_text_add(text, ", " #name "=%u", (unsigned int)attr.name); \
	} while (0)

static void show_config(struct abi_text *text, const struct perf_event_attr *attr)
{
	abi_text_add(text, ", config=");
	if (attr->type == PERF_TYPE_SOFTWARE)
		abi_show_name(text, abi_perf_software, attr->config);
	else if (attr->type == PERF_TYPE_HARDWARE)
		abi_show_name(text, abi_perf_hardware, attr->config);
	else if (attr->type == PERF_TYPE_TRACEPOINT)
		abi_text_add(text, "%" PRIu64, (uint64_t)attr->config);
	else
		abi_text_add(text, "0x%" PRIx64, (uint64_t)attr->config);
}

/*
 * config1 and config2 are addresses, of a function's name or a file's path,
 * for the dynamic PMUs (kprobe, uprobe), whose types begin after the fixed
 * ones; abi_peek() answers for those PMUs where they are not addresses.
 */
static void show_probe(struct abi_text *text, const struct perf_event_attr *attr)
{
	char first;

	if (attr->config1) {
		abi_text_add(text, ", config1=");
		if (attr->type >= PERF_TYPE_MAX && abi_peek(&first, attr->config1, 1))
			abi_show_string(text, attr->config1);
		else
			abi_text_add(text, "0x%" PRIx64, (uint64_t)attr->config1);
	}
	if (attr->config2)
		abi_text_add(text, ", config2=0x%" PRIx64, (uint64_t)attr->config2);
}

void abi_show_perf_attr(struct abi_text *text, const struct abi_shown *call, unsigned int i)
{
	uint64_t from = call->values[i].value;
	struct perf_event_attr attr = {0};
	uint32_t head[2];
	size_t size;

	if (abi_peek(head, from, sizeof(head)) != sizeof(head))
		goto address;
	/* A size of 0 is what the first perf had: PERF_ATTR_SIZE_VER0. */
	size = head[1] ? head[1] : PERF_ATTR_SIZE_VER0;
	if (size > sizeof(attr))
		size = sizeof(attr);
	if (abi_peek(&attr, from, size) != size)
		goto address;

	abi_text_add(text, "{type=");
	abi_show_name(text, abi_perf_types, attr.type);
	abi_text_add(text, ", size=%u", head[1]);
	show_config(text, &attr);
	if (attr.sample_period)
		abi_text_add(text, ", %s=%" PRIu64, attr.freq ? "sample_freq" : "sample_period",
			     (uint64_t)attr.sample_period);
	if (attr.sample_type) {
		abi_text_add(text, ", sample_type=");
		abi_show_flags(text, abi_perf_samples, attr.sample_type);
	}
	BIT(disabled);
	BIT(inherit);
	BIT(exclude_user);
	BIT(exclude_kernel);
	BIT(freq);
	BIT(watermark);
	BIT(precise_ip);
	BIT(wakeup_events);
	show_probe(text, &attr);
	abi_text_add(text, "}");
	return;

address:
	abi_show_address(text, from);
}
