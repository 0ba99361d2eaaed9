// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Names of types, as messages and dumps show them. */
#include <stdio.h>

#include <skep/btf.h>

#include "lang/type.h"

static const char *const simple_names[] = {
	[TYPE_UNKNOWN] = "unknown", [TYPE_VOID] = "nothing", [TYPE_INET] = "inet",
	[TYPE_TIME] = "timestamp",  [TYPE_PROBE] = "probe",  [TYPE_FUNC] = "function",
	[TYPE_ARGS] = "args",	    [TYPE_COUNT] = "count",  [TYPE_SUM] = "sum",
	[TYPE_MIN] = "min",	    [TYPE_MAX] = "max",	     [TYPE_AVG] = "avg",
	[TYPE_STATS] = "stats",	    [TYPE_HIST] = "hist",    [TYPE_LHIST] = "lhist",
};

/* "struct x", "union x", … of a BTF type. */
static void btf_type_name(struct type type, char *buf, size_t len)
{
	const char *name = btfr_name(type.btf, type.btf_id), *tag = "";

	switch (btfr_kind(type.btf, type.btf_id)) {
	case BTF_KIND_STRUCT:
	case BTF_KIND_FWD: tag = "struct "; break;
	case BTF_KIND_UNION: tag = "union "; break;
	case BTF_KIND_PTR: tag = "void *"; break;
	default: break;
	}
	snprintf(buf, len, "%s%s", tag, *name || *tag == 'v' ? name : "(anonymous)");
}

/* What a pointer points to, or an array consists of. */
static void element_name(struct type type, char *buf, size_t len)
{
	if (type.btf_id)
		btf_type_name(type, buf, len);
	else if (type.elem_size)
		snprintf(buf, len, "%sint%u", type.is_signed ? "" : "u", 8 * type.elem_size);
	else
		snprintf(buf, len, "void");
}

const char *type_name(struct type type, char *buf, size_t len)
{
	char element[96];

	switch (type.kind) {
	case TYPE_INT:
		snprintf(buf, len, "%sint%u", type.is_signed ? "" : "u", 8 * type.size);
		break;
	case TYPE_STRING: snprintf(buf, len, "string[%u]", type.size); break;
	case TYPE_BUF: snprintf(buf, len, "buf[%u]", type.size > 4 ? type.size - 4 : 0); break;
	case TYPE_PTR:
		element_name(type, element, sizeof(element));
		snprintf(buf, len, "%s *", element);
		break;
	case TYPE_ARRAY:
		element_name(type, element, sizeof(element));
		snprintf(buf, len, "%s[%u]", element, type.count);
		break;
	case TYPE_RECORD: btf_type_name(type, buf, len); break;
	default: snprintf(buf, len, "%s", simple_names[type.kind]); break;
	}
	return buf;
}
