// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The disassembler: copies an opcode row's text and replaces its % marks by the fields. The marks
 * are listed in opcodes.h; assemble.c reads the same texts backwards.
 */
#include "isa/opcodes.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

struct out {
	char *buf;
	size_t len; /* of buf */
	size_t pos; /* characters so far, also those that did not fit */
};

__attribute__((format(printf, 2, 3))) static void put(struct out *o, const char *fmt, ...)
{
	bool fits = o->pos < o->len;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(fits ? o->buf + o->pos : NULL, fits ? o->len - o->pos : 0, fmt, ap);
	va_end(ap);
	if (n > 0)
		o->pos += (size_t)n;
}

static void put_map(struct out *o, const struct isa_names *names, int32_t fd, bool is_index)
{
	const char *name = names && names->map ? names->map(names->ctx, fd, is_index) : NULL;

	if (name)
		put(o, "map[%s]", name);
	else
		put(o, "map[%s:%d]", is_index ? "idx" : "fd", fd);
}

static void put_helper(struct out *o, const struct isa_names *names, int32_t id)
{
	const char *name = names && names->helper ? names->helper(names->ctx, id) : NULL;

	if (!name)
		name = isa_helper_name(id);
	put(o, "%s#%d", name ? name : "unknown", id);
}

static void put_kfunc(struct out *o, const struct isa_names *names, const struct bpf_insn *insn)
{
	const char *name =
		names && names->kfunc ? names->kfunc(names->ctx, insn->imm, insn->off) : NULL;

	put(o, "%s#%d", name ? name : "kernel-function", insn->imm);
}

static void put_mark(struct out *o, char mark, const struct bpf_insn *insn,
		     const struct isa_names *names)
{
	unsigned int class = BPF_CLASS(insn->code);
	char r = class == BPF_ALU || class == BPF_JMP32 ? 'w' : 'r';
	uint32_t upper = isa_insn_slots(insn) == 2 ? (uint32_t)insn[1].imm : 0;

	switch (mark) {
	case 'd': put(o, "%c%d", r, insn->dst_reg); break;
	case 's': put(o, "%c%d", r, insn->src_reg); break;
	case 'D': put(o, "r%d", insn->dst_reg); break;
	case 'S': put(o, "r%d", insn->src_reg); break;
	case 'o': put(o, "%+d", insn->off); break;
	case 'r': put(o, "%+d", insn->imm); break;
	case 'i': put(o, "%d", insn->imm); break;
	case 'x': put(o, "0x%x", (uint32_t)insn->imm); break;
	case 'q': put(o, "0x%" PRIx64, (uint64_t)upper << 32 | (uint32_t)insn->imm); break;
	case 'v': put(o, "%u", upper); break;
	case 'm': put_map(o, names, insn->imm, false); break;
	case 'M': put_map(o, names, insn->imm, true); break;
	case 'h': put_helper(o, names, insn->imm); break;
	case 'k': put_kfunc(o, names, insn); break;
	default: put(o, "%c", mark); break;
	}
}

int isa_disasm(const struct bpf_insn *insns, size_t cnt, size_t idx, const struct isa_names *names,
	       char *buf, size_t len)
{
	const struct bpf_insn *insn;
	struct out o = {.buf = buf, .len = len};
	const struct isa_op *op;

	if (len)
		buf[0] = '\0';
	if (idx >= cnt)
		return -ERANGE;
	insn = &insns[idx];
	op = isa_decode(insn);
	if (!op || isa_insn_slots(insn) > cnt - idx) {
		put(&o, "%02x %02x %04x %08x", insn->code, insn->dst_reg | insn->src_reg << 4,
		    (uint16_t)insn->off, (uint32_t)insn->imm);
		return -EINVAL;
	}
	for (const char *t = op->text; *t; t++) {
		if (*t == '%')
			put_mark(&o, *++t, insn, names);
		else
			put(&o, "%c", *t);
	}
	return (int)o.pos;
}
