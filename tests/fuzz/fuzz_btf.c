// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Fuzzes the BTF reader: opens the input, and if it opens, asks everything about every type. Also
 * opens it as the extension of itself, as a module's BTF is of vmlinux's.
 */
#include "unit/btf/walk.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct btfr *base = NULL, *b = NULL;
	struct btfr_error err = {0};
	/* Of the exact size, so that one byte beyond is seen; malloc aligns. */
	void *copy = malloc(len ? len : 1);

	if (!copy)
		return 0;
	memcpy(copy, data, len);
	if (btfr_open_mem(copy, len, NULL, &base, &err)) {
		if (!err.text || err.off > len)
			abort();
	} else {
		walk_all(base);
		if (!btfr_open_mem(copy, len, base, &b, NULL))
			walk_all(b);
	}
	btfr_close(b);
	btfr_close(base);
	free(copy);
	return 0;
}
