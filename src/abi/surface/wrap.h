/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Makes a row of calls.h into the function that the linker calls for libc's. */
#ifndef ABI_WRAP_H
#define ABI_WRAP_H

#include "abi/seam.h"
#include "abi/surface/known.h"

/*
 * libc's ioctl, fcntl, open and syscall take "...". A definition with the
 * longest fixed list may stand in for them on every Linux ABI skep builds for:
 * variable arguments travel in the registers of fixed ones, and an argument
 * that the caller left out is some register's value, which nobody looks at.
 */
#define ABI_DEFINE_WRAP(call, returns, is_ours, learn, n, ...)                               \
	ABI_TYPE_##returns __wrap_##call(ABI_PARAMS(n, __VA_ARGS__))                         \
	{                                                                                    \
		bool ours = is_ours;                                                         \
		const struct abi_layer *top = ours ? abi_enter() : NULL;                     \
		ABI_TYPE_##returns ret = top ? top->ops->call(top, ABI_ARGS(n, __VA_ARGS__)) \
					     : __real_##call(ABI_ARGS(n, __VA_ARGS__));      \
                                                                                             \
		learn;                                                                       \
		return ret;                                                                  \
	}

/* On 64-bit Linux the large-file twin of a call is the same call. */
#define ABI_DEFINE_TWIN(twin, call) \
	extern __typeof__(__wrap_##call) __wrap_##twin __attribute__((alias("__wrap_" #call)));

_Static_assert(sizeof(long) == 8, "the large-file twins are only the same on 64-bit");

#endif
