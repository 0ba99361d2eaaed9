// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * BTF that callers load, to describe their programs and maps. It is kept for those who ask for it
 * back; the machine itself does not read it, so that only its header is checked.
 */
#include "machine/sys/sys.h"

#include <linux/btf.h>
#include <stdlib.h>
#include <string.h>

#define BTF_SIZE_MAX (16u << 20)

static int check(const void *data, uint32_t size)
{
	struct btf_header h;

	if (size < sizeof(h))
		return -EINVAL;
	memcpy(&h, data, sizeof(h));
	if (h.magic != BTF_MAGIC || h.hdr_len < sizeof(h) || h.hdr_len > size)
		return -EINVAL;
	if (h.version != BTF_VERSION || h.flags)
		return -ENOTSUP;
	size -= h.hdr_len;
	if (h.type_off > size || h.type_len > size - h.type_off || h.str_off > size ||
	    h.str_len > size - h.str_off || !h.str_len)
		return -EINVAL;
	return 0;
}

int sys_btf_load(union bpf_attr *attr, uint64_t uattr)
{
	struct sys_btf *btf;
	int err;

	if (attr->btf_size > BTF_SIZE_MAX)
		return -E2BIG;
	btf = calloc(1, sizeof(*btf));
	if (!btf)
		return -ENOMEM;
	btf->size = attr->btf_size;
	btf->data = malloc(btf->size + 1);
	err = btf->data ? sys_copy_in(btf->data, attr->btf, btf->size) : -ENOMEM;
	if (!err)
		err = check(btf->data, btf->size);
	if (err) {
		free(btf->data);
		free(btf);
		return err;
	}
	sys_object_init(&btf->o, SYS_BTF);
	return sys_object_fd(&btf->o);
}

void sys_btf_free(struct sys_object *o)
{
	free(((struct sys_btf *)o)->data);
}
