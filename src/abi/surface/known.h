/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Which descriptors, mappings and paths belong to the seam. --wrap catches a
 * name in the whole program, so each call asks here first; what is not the
 * seam's goes straight to libc.
 */
#ifndef ABI_KNOWN_H
#define ABI_KNOWN_H

#include <stdbool.h>

/* Is @fd one that came out of the seam? False for negative numbers. */
bool abi_known_fd(int fd);

/*
 * abi_learn_fd - note that @fd, just returned, is (@ours) or is not the seam's.
 * Saying "not" matters too: stdio may have closed a known descriptor behind the
 * seam's back, and its number is now another file's. Nothing if @fd < 0.
 */
void abi_learn_fd(int fd, bool ours);

/* abi_learn_fd() after a duplication, a bpf command, an fcntl. */
void abi_learn_dup(int from, int fd);
void abi_learn_bpf(int cmd, int fd);
void abi_learn_fcntl(int from, int cmd, int fd);

/*
 * abi_forget_fd - @fd is about to be closed: was it the seam's? Forgotten
 * before the close, since after it another thread may be given the number.
 */
bool abi_forget_fd(int fd);

/* The same for a mapping, known by its first address. */
void abi_learn_map(void *addr, bool ours);
bool abi_forget_map(void *addr);

/*
 * Does @path (relative to @dirfd, as for openat) describe a kernel? True under
 * /sys and /proc, and for a path relative to a known directory. NULL is false.
 */
bool abi_known_path(int dirfd, const char *path);

#endif
