/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A system made of tables, for tests of the compiler: a few tracepoints and system calls, kernel
 * functions, one program with symbols, and BTF encoded by libbpf. Nothing here asks the machine.
 *
 * Tracepoints: syscalls:sys_{enter,exit}_{openat,read,write}, sched:sched_switch,
 * sched:sched_wakeup, sched:sched_process_exec, net:net_addr, net:net_only (no raw tracepoint of
 * its name), and many:event_0 … event_1999.
 * Raw tracepoints: sys_enter, sys_exit, sched_switch (typed by BTF), sched_wakeup,
 * sched_process_exec, net_addr.
 * Kernel functions: vfs_open, vfs_read, vfs_write, tcp_sendmsg, and vfs_notrace, which exists but
 * cannot be attached.
 * Programs: /bin/app (main, work, worker), /bin/stripped, /bin/script (no ELF).
 */
#ifndef FAKE_WORLD_H
#define FAKE_WORLD_H

#include <skep/lang_world.h>

struct fake_world {
	struct lang_world world;
	struct btfr *btf;	  /* NULL: a kernel without BTF */
	void *btf_data;		  /* what btf borrows */
	uint32_t features;	  /* bits 1 << enum lang_feature */
	enum lang_reason refusal; /* not LANG_OK: every question about a probe ends so */
	struct lang_field *typed; /* arguments that need BTF */
};

/* All features, BTF when @with_btf. Returns false when BTF could not be made. */
bool fake_world_open(struct fake_world *fake, bool with_btf);
void fake_world_close(struct fake_world *fake);

#endif
