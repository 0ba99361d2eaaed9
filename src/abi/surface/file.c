// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Surface 4, the files that describe a kernel: BTF, tracefs, PMU types,
 * possible CPUs, fdinfo, bpffs. Told from other files by their path
 * (abi_known_path). The older names become the "at" forms, so that a back end
 * has one call to answer.
 */
#include "abi/surface/wrap.h"

ABI_FILE_CALLS(ABI_DEFINE_WRAP)
ABI_DEFINE_TWIN(openat64, openat)
ABI_DEFINE_TWIN(fopen64, fopen)
ABI_DEFINE_TWIN(stat64, stat)
ABI_DEFINE_TWIN(statfs64, statfs)

int __wrap_open(const char *path, int flags, mode_t mode);
int __wrap___open_2(const char *path, int flags);
int __wrap_access(const char *path, int mode);

int __wrap_open(const char *path, int flags, mode_t mode)
{
	return __wrap_openat(AT_FDCWD, path, flags, mode);
}
ABI_DEFINE_TWIN(open64, open)

/* What a build with _FORTIFY_SOURCE calls when it cannot see the flags. */
int __wrap___open_2(const char *path, int flags)
{
	return __wrap_openat(AT_FDCWD, path, flags, 0);
}
ABI_DEFINE_TWIN(__open64_2, __open_2)

int __wrap_access(const char *path, int mode)
{
	return __wrap_faccessat(AT_FDCWD, path, mode, 0);
}
