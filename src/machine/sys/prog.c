// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Loading programs: checked for form, bound to their maps, prepared for the interpreter, compiled
 * into ctl where the traced processes find the code. What an instruction may touch is checked when
 * it runs, so that there is no verifier here that could say no to more.
 */
#include "machine/sys/sys.h"

#include "isa/opcodes.h"
#include "machine/jit/jit.h"

#include <skep/isa.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PROG_FLAGS                                                                                \
	(BPF_F_STRICT_ALIGNMENT | BPF_F_ANY_ALIGNMENT | BPF_F_TEST_STATE_FREQ | BPF_F_SLEEPABLE | \
	 BPF_F_TEST_RND_HI32 | BPF_F_XDP_HAS_FRAGS)

/* Programs of the types that something here runs, and the simplest, which others probe with. */
static bool is_served(uint32_t type)
{
	switch (type) {
	case BPF_PROG_TYPE_SOCKET_FILTER:
	case BPF_PROG_TYPE_KPROBE:
	case BPF_PROG_TYPE_TRACEPOINT:
	case BPF_PROG_TYPE_PERF_EVENT:
	case BPF_PROG_TYPE_RAW_TRACEPOINT: return true;
	default: return false;
	}
}

/* --- checking -------------------------------------------------------------------------- */

/* Programs may call the helpers that there are. */
static int check_helpers(const struct bpf_insn *insns, uint32_t cnt, struct sys_log *log)
{
	const char *name;
	uint32_t i;

	for (i = 0; i < cnt; i++) {
		if (insns[i].code != (BPF_JMP | BPF_CALL) || insns[i].src_reg)
			continue;
		if (sys_helper(insns[i].imm))
			continue;
		sys_log_insn(log, insns, cnt, i);
		name = isa_helper_name(insns[i].imm);
		if (name)
			sys_log(log, "unknown func %s#%d\n", name, insns[i].imm);
		else
			sys_log(log, "invalid func unknown#%d\n", insns[i].imm);
		return -EINVAL;
	}
	return 0;
}

static int check(struct sys_prog *prog, struct sys_log *log)
{
	struct isa_error e;

	if (!isa_check(prog->insns, prog->ninsns, &e))
		return check_helpers(prog->insns, prog->ninsns, log);
	sys_log_insn(log, prog->insns, prog->ninsns, e.idx);
	sys_log(log, "%s\n", e.text);
	return -EINVAL;
}

/* --- making it run ---------------------------------------------------------------------- */

static int prepare(struct sys_prog *prog, const struct bpf_insn *insns, struct sys_log *log)
{
	struct machine_fault fault = {0};
	int err;

	prog->prepared = calloc(prog->ninsns, sizeof(*prog->prepared));
	if (!prog->prepared)
		return -ENOMEM;
	err = machine_prepare(insns, prog->ninsns, prog->prepared, &fault);
	if (!err)
		return 0;
	sys_log_insn(log, prog->insns, prog->ninsns, fault.idx);
	sys_log(log, "%s\n", fault.text ? fault.text : "not a program of the machine");
	return err == -EOPNOTSUPP ? -EINVAL : err;
}

/* A program's slot; one that processes may still run is not given away. */
static int take_slot(struct sys_prog *prog)
{
	uint32_t i;

	for (i = 0; i < MACHINE_PROGS; i++) {
		if (machine.ctl->progs[i].type)
			continue;
		machine.ctl->progs[i] = (struct machine_prog){
			.type = prog->type, .id = prog->o.id, .ninsns = prog->ninsns};
		prog->index = i;
		return 0;
	}
	return -ENOMEM;
}

/* Is r1 overwritten before anything reads it? Said only of what is plain from straight code. */
static bool ignores_ctx(const struct sys_prog *prog)
{
	for (uint32_t i = 0; i < prog->ninsns; i++) {
		const struct machine_insn *insn = &prog->prepared[i];
		const struct isa_op *op = &isa_ops[insn->op];
		uint8_t class = BPF_CLASS(op->code);

		if (insn->op == ISA_OP_NONE)
			continue;
		if (insn->op == ISA_OP_EXIT)
			return true;
		if (class == BPF_JMP || class == BPF_JMP32 ||
		    (op->src != ISA_REG_NONE && insn->src == 1))
			return false;
		if (op->dst != ISA_REG_NONE && insn->dst == 1)
			return op->dst == ISA_REG_WRITE;
	}
	return false;
}

/* Without a compiler for this processor it is interpreted. */
static int compile(struct sys_prog *prog)
{
	struct machine_prog *slot = &machine.ctl->progs[prog->index];
	uint32_t *offsets = calloc(prog->ninsns + 1, sizeof(*offsets));
	size_t room = (size_t)prog->ninsns * 64 + 1024;
	uint8_t *code = malloc(room), *more;
	uint64_t at;
	int64_t len;
	int err = offsets && code ? 0 : -ENOMEM;

	len = err ? err : machine_jit(prog->prepared, prog->ninsns, offsets, code, room);
	if (len > (int64_t)room) {
		room = (size_t)len;
		more = realloc(code, room);
		if (more)
			code = more;
		len = more ? machine_jit(prog->prepared, prog->ninsns, offsets, code, room)
			   : -ENOMEM;
	}
	if (len >= 0) {
		err = machine_session_code(&machine.session, code, (size_t)len, &at);
		if (!err) {
			slot->code_size = (uint32_t)len;
			slot->no_ctx = ignores_ctx(prog);
			slot->code = at;
		}
	} else if (len != -EOPNOTSUPP) {
		err = (int)len;
	}
	free(offsets);
	free(code);
	return err;
}

/* Everything that can be wrong with the instructions. */
static int build(struct sys_prog *prog, const union bpf_attr *attr, struct sys_log *log)
{
	size_t size = prog->ninsns * sizeof(struct bpf_insn);
	struct bpf_insn *insns = malloc(size);
	int err = insns ? check(prog, log) : -ENOMEM;

	if (!err) {
		memcpy(insns, prog->insns, size);
		err = sys_relocate(prog, insns, attr->fd_array, log);
	}
	if (!err)
		err = prepare(prog, insns, log);
	if (!err)
		err = take_slot(prog);
	if (!err)
		err = compile(prog);
	free(insns);
	return err;
}

/* --- the commands ------------------------------------------------------------------------- */

static int check_attr(const union bpf_attr *attr)
{
	if (attr->prog_flags & ~PROG_FLAGS)
		return -EINVAL;
	if (!attr->insn_cnt || attr->insn_cnt > MACHINE_INSN_MAX)
		return -E2BIG;
	/* Nothing here has types of the kernel's, or other programs to replace. */
	if (attr->attach_btf_id || attr->attach_prog_fd || !is_served(attr->prog_type))
		return -EINVAL;
	return 0;
}

static struct sys_prog *new_prog(const union bpf_attr *attr)
{
	struct sys_prog *prog = calloc(1, sizeof(*prog));
	struct timespec now;

	if (!prog)
		return NULL;
	prog->index = MACHINE_PROGS;
	prog->type = attr->prog_type;
	prog->expected_attach_type = attr->expected_attach_type;
	prog->ninsns = attr->insn_cnt;
	clock_gettime(CLOCK_BOOTTIME, &now);
	prog->load_time = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
	prog->insns = calloc(prog->ninsns, sizeof(*prog->insns));
	sys_object_init(&prog->o, SYS_PROG);
	return prog;
}

/* Licenses by which programs may use what is only for the GPL. */
static bool is_gpl(const char *license)
{
	static const char *const gpl[] = {
		"GPL",		"GPL v2",	"GPL and additional rights",
		"Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL"};

	for (size_t i = 0; i < SYS_COUNT(gpl); i++)
		if (!strcmp(license, gpl[i]))
			return true;
	return false;
}

static int load(struct sys_prog *prog, const union bpf_attr *attr)
{
	struct sys_log log = {0};
	char license[128];
	int err, full;

	if (!prog->insns)
		return -ENOMEM;
	if (sys_copy_in(prog->insns, attr->insns, prog->ninsns * sizeof(*prog->insns)) ||
	    sys_string_in(license, attr->license, sizeof(license)) < 0)
		return -EFAULT;
	prog->gpl = is_gpl(license);
	err = sys_name_in(prog->name, attr->prog_name);
	if (err)
		return err;
	if (!sys_log_valid(attr))
		return -EINVAL;
	err = build(prog, attr, &log);
	full = sys_log_out(&log, attr, prog->ninsns);
	free(log.text);
	return full ? full : err;
}

int sys_prog_load(union bpf_attr *attr, uint64_t uattr)
{
	struct sys_prog *prog;
	int err = check_attr(attr);

	if (err)
		return err;
	prog = new_prog(attr);
	if (!prog)
		return -ENOMEM;
	err = load(prog, attr);
	if (err) {
		sys_object_drop(&prog->o);
		return err;
	}
	return sys_object_fd(&prog->o);
}

void sys_prog_free(struct sys_object *o)
{
	struct sys_prog *prog = (struct sys_prog *)o;
	uint32_t i;

	/* A process may be in the middle of it, and of its maps. */
	if (prog->index < MACHINE_PROGS && !prog->was_attached)
		machine.ctl->progs[prog->index].type = 0;
	for (i = 0; i < prog->nmaps; i++)
		sys_object_drop(&prog->maps[i]->o);
	free(prog->maps);
	free(prog->prepared);
	free(prog->insns);
}

int sys_prog_bind_map(union bpf_attr *attr, uint64_t uattr)
{
	struct sys_prog *prog;
	int err;

	if (attr->prog_bind_map.flags)
		return -EINVAL;
	prog = sys_prog_of((int)attr->prog_bind_map.prog_fd, &err);
	if (!prog)
		return err;
	return sys_map_of((int)attr->prog_bind_map.map_fd, &err) ? 0 : err;
}

/* Times of test runs are always taken: there is nothing to switch on. */
int sys_enable_stats(union bpf_attr *attr, uint64_t uattr)
{
	struct sys_object *o;

	if (attr->enable_stats.type != BPF_STATS_RUN_TIME)
		return -EINVAL;
	o = calloc(1, sizeof(*o));
	if (!o)
		return -ENOMEM;
	sys_object_init(o, SYS_STATS);
	return sys_object_fd(o);
}
