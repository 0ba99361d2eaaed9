// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Surface 5, netlink: how XDP and tc programs are attached. Sockets of other
 * families are not the seam's.
 */
#include "abi/surface/wrap.h"

ABI_NETLINK_CALLS(ABI_DEFINE_WRAP)
