// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * C types both ways: what the spelling in a format file means, and how a BTF type is spelled.
 *
 * The table holds names whose meaning is the same on every 64-bit Linux, so that BTF is opened
 * only for the others.
 */
#include <stdio.h>
#include <string.h>

#include <skep/kit_buffer.h>

#include "trace/world_private.h"

struct known {
	const char *name;
	uint8_t size;
	bool is_signed;
};

static const struct known known[] = {
	{"__kernel_mode_t", 4, false},
	{"__s16", 2, true},
	{"__s32", 4, true},
	{"__s64", 8, true},
	{"__s8", 1, true},
	{"__u16", 2, false},
	{"__u32", 4, false},
	{"__u64", 8, false},
	{"__u8", 1, false},
	{"_Bool", 1, false},
	{"aio_context_t", 8, false},
	{"bool", 1, false},
	{"char", 1, true},
	{"clockid_t", 4, true},
	{"dev_t", 4, false},
	{"gid_t", 4, false},
	{"ino_t", 8, false},
	{"int", 4, true},
	{"int16_t", 2, true},
	{"int32_t", 4, true},
	{"int64_t", 8, true},
	{"int8_t", 1, true},
	{"key_serial_t", 4, true},
	{"key_t", 4, true},
	{"loff_t", 8, true},
	{"long", 8, true},
	{"long int", 8, true},
	{"long long", 8, true},
	{"mqd_t", 4, true},
	{"off_t", 8, true},
	{"pid_t", 4, true},
	{"qid_t", 4, false},
	{"rwf_t", 4, true},
	{"s16", 2, true},
	{"s32", 4, true},
	{"s64", 8, true},
	{"s8", 1, true},
	{"sector_t", 8, false},
	{"short", 2, true},
	{"short int", 2, true},
	{"signed char", 1, true},
	{"size_t", 8, false},
	{"ssize_t", 8, true},
	{"time64_t", 8, true},
	{"timer_t", 4, true},
	{"u16", 2, false},
	{"u32", 4, false},
	{"u64", 8, false},
	{"u8", 1, false},
	{"uid_t", 4, false},
	{"uint", 4, false},
	{"uint16_t", 2, false},
	{"uint32_t", 4, false},
	{"uint64_t", 8, false},
	{"uint8_t", 1, false},
	{"umode_t", 2, false},
	{"unsigned", 4, false},
	{"unsigned char", 1, false},
	{"unsigned int", 4, false},
	{"unsigned long", 8, false},
	{"unsigned long long", 8, false},
	{"unsigned short", 2, false},
};

/* Copies a spelling without const and volatile, its words parted by single spaces. */
static bool strip(const char *spelling, char *buf, size_t size)
{
	size_t n = 0, len;

	for (;; spelling += len) {
		spelling += strspn(spelling, " \t");
		len = strcspn(spelling, " \t");
		if (!len)
			break;
		if ((len == 5 && !memcmp(spelling, "const", 5)) ||
		    (len == 8 && !memcmp(spelling, "volatile", 8)))
			continue;
		if (n + len + 2 > size)
			return false;
		if (n)
			buf[n++] = ' ';
		memcpy(buf + n, spelling, len);
		n += len;
	}
	buf[n] = '\0';
	return n > 0;
}

/* Looks "struct X", "enum X" or a typedef's name up in the kernel's BTF. */
static uint32_t by_spelling(struct btfr *btf, const char *text)
{
	if (!strncmp(text, "struct ", 7))
		return btfr_by_name(btf, BTFR_K(STRUCT), text + 7);
	if (!strncmp(text, "union ", 6))
		return btfr_by_name(btf, BTFR_K(UNION), text + 6);
	if (!strncmp(text, "enum ", 5))
		return btfr_by_name(btf, BTFR_K(ENUM) | BTFR_K(ENUM64), text + 5);
	return btfr_by_name(btf, BTFR_K(TYPEDEF) | BTFR_K(INT), text);
}

bool trace_ctype_parse(struct trace_world *w, const char *spelling, struct trace_ctype *type)
{
	struct btfr_enum value;
	struct btfr_int integer;
	struct btfr *btf;
	char text[256];
	uint32_t id;
	int64_t size;
	size_t i;

	memset(type, 0, sizeof(*type));
	if (!strip(spelling, text, sizeof(text)))
		return false;
	if (text[strlen(text) - 1] == '*') {
		*type = (struct trace_ctype){.size = 8, .is_pointer = true};
		return true;
	}
	for (i = 0; i < sizeof(known) / sizeof(*known); i++) {
		if (!strcmp(known[i].name, text)) {
			*type = (struct trace_ctype){known[i].size, known[i].is_signed, false,
						     true};
			return true;
		}
	}
	btf = trace_world_vmlinux(w);
	id = btf ? by_spelling(btf, text) : 0;
	size = id ? btfr_size(btf, id) : -1;
	if (size <= 0 || size > UINT32_MAX)
		return false;
	type->size = (uint32_t)size;
	if (!btfr_int(btf, id, &integer)) {
		type->is_integer = true;
		type->is_signed = integer.is_signed;
		return true;
	}
	switch (btfr_kind(btf, btfr_skip_mods(btf, id))) {
	case BTF_KIND_PTR: type->is_pointer = true; break;
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		type->is_integer = true;
		type->is_signed = !btfr_enum_at(btf, id, 0, &value) && value.is_signed;
		break;
	default: break;
	}
	return true;
}

/* Types nest: deeper than this a spelling ends in "...". */
#define MAX_DEPTH 16

static void spell_named(struct kit_buffer *b, const char *word, const char *name)
{
	kit_buffer_puts(b, word);
	kit_buffer_puts(b, *name ? name : "(anonymous)");
}

static void spell(struct kit_buffer *b, const struct btfr *btf, uint32_t id, unsigned int depth);

/* A pointer: to a function, "void (*)(int)", or "char *", "char **". */
static void spell_pointer(struct kit_buffer *b, const struct btfr *btf, uint32_t id,
			  unsigned int depth)
{
	uint32_t target = btfr_target(btf, id);
	struct btfr_param param;
	int i, cnt;

	if (btfr_kind(btf, target) != BTF_KIND_FUNC_PROTO) {
		spell(b, btf, target, depth + 1);
		if (b->len && b->data[b->len - 1] != '*')
			kit_buffer_putc(b, ' ');
		kit_buffer_putc(b, '*');
		return;
	}
	spell(b, btf, btfr_ret_type(btf, target), depth + 1);
	kit_buffer_puts(b, " (*)(");
	cnt = btfr_param_cnt(btf, target);
	for (i = 0; i < cnt && !btfr_param_at(btf, target, (unsigned int)i, &param); i++) {
		if (i)
			kit_buffer_puts(b, ", ");
		if (param.type)
			spell(b, btf, param.type, depth + 1);
		else
			kit_buffer_puts(b, "...");
	}
	kit_buffer_puts(b, cnt ? ")" : "void)");
}

static void spell(struct kit_buffer *b, const struct btfr *btf, uint32_t id, unsigned int depth)
{
	struct btfr_array array;

	if (depth > MAX_DEPTH || b->len > 1000) {
		kit_buffer_puts(b, "...");
		return;
	}
	switch (id ? btfr_kind(btf, id) : BTF_KIND_UNKN) {
	case BTF_KIND_UNKN: kit_buffer_puts(b, id ? "?" : "void"); break;
	case BTF_KIND_PTR: spell_pointer(b, btf, id, depth); break;
	case BTF_KIND_CONST:
		/* "const char", but "char *const" */
		if (btfr_kind(btf, btfr_target(btf, id)) == BTF_KIND_PTR) {
			spell(b, btf, btfr_target(btf, id), depth + 1);
			kit_buffer_puts(b, "const");
			break;
		}
		kit_buffer_puts(b, "const ");
		spell(b, btf, btfr_target(btf, id), depth + 1);
		break;
	case BTF_KIND_VOLATILE:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_TYPE_TAG: spell(b, btf, btfr_target(btf, id), depth + 1); break;
	case BTF_KIND_ARRAY:
		btfr_array(btf, id, &array);
		spell(b, btf, array.elem, depth + 1);
		kit_buffer_printf(b, "[%u]", array.cnt);
		break;
	case BTF_KIND_STRUCT: spell_named(b, "struct ", btfr_name(btf, id)); break;
	case BTF_KIND_UNION: spell_named(b, "union ", btfr_name(btf, id)); break;
	case BTF_KIND_FWD:
		spell_named(b, btfr_kflag(btf, id) ? "union " : "struct ", btfr_name(btf, id));
		break;
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64: spell_named(b, "enum ", btfr_name(btf, id)); break;
	default: kit_buffer_puts(b, btfr_name(btf, id)); break;
	}
}

const char *trace_ctype_spell(struct trace_world *w, const struct btfr *btf, uint32_t id)
{
	struct kit_buffer b = {0};
	const char *text = NULL;

	spell(&b, btf, id, 0);
	if (!b.error)
		text = trace_world_strdup(w, kit_buffer_string(&b));
	kit_buffer_free(&b);
	return text;
}
