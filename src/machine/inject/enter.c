// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Entering a stopped process: the memory of the session and the agent are mapped there by system
 * calls in its name, then its code is hooked. On failure what was mapped is unmapped again.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "machine/inject/inject.h"

#define MADV_WIPE_ON_FORK 18
#define MADV_DONT_DUMP	  16
#define PATH_BELOW	  1024 /* under the stack pointer: room for a path, behind the red zone */

static uint64_t blob_size(void)
{
	return (agent_blob_size + AGENT_PAGE - 1) & ~(uint64_t)(AGENT_PAGE - 1);
}

uint64_t enter_gadget(uint64_t blob)
{
	const uint8_t *insn = memmem(agent_blob, agent_blob_size, "\x0f\x05", 2);

	return insn ? blob + (uint64_t)(insn - agent_blob) : 0;
}

static bool is_error(long ret)
{
	return (unsigned long)ret >= (unsigned long)-4095;
}

static bool taken(const struct process_maps *maps, uint64_t from, uint64_t to)
{
	for (size_t i = 0; i < maps->cnt; i++) {
		if (maps->all[i].start < to && maps->all[i].end > from)
			return true;
	}
	return false;
}

/* Maps one of our memory files in the process, which opens it through /proc. */
static int map_file(struct process *p, int fd, int flags, uint64_t at, uint64_t size, int prot)
{
	uint64_t path_at = p->threads[0].regs.rsp - PATH_BELOW;
	char path[64];
	long their_fd, ret;
	int err;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", getpid(), fd);
	err = process_write(p, path_at, path, sizeof(path));
	if (err)
		return err;
	their_fd = process_call(p, SYS_openat, (uint64_t)AT_FDCWD, path_at,
				(uint64_t)(flags | O_CLOEXEC), 0, 0, 0);
	if (is_error(their_fd))
		return (int)their_fd;
	ret = process_call(p, SYS_mmap, at, size, (uint64_t)prot,
			   MAP_SHARED | MAP_FIXED_NOREPLACE | MAP_NORESERVE, (uint64_t)their_fd, 0);
	process_call(p, SYS_close, (uint64_t)their_fd, 0, 0, 0, 0, 0);
	if (is_error(ret))
		return (int)ret;
	return (uint64_t)ret == at ? 0 : -EEXIST;
}

static int map_session(struct process *p, const struct machine_session *s)
{
	uint64_t base = s->ctl->base;
	int err = map_file(p, s->ctl_fd, O_RDONLY, base, MACHINE_CTL_SIZE, PROT_READ | PROT_EXEC);

	if (!err)
		err = map_file(p, s->data_fd, O_RDWR, base + MACHINE_CTL_SIZE, MACHINE_DATA_SIZE,
			       PROT_READ | PROT_WRITE);
	if (err)
		return err;
	process_call(p, SYS_madvise, base, MACHINE_CTL_SIZE + MACHINE_DATA_SIZE, MADV_DONT_DUMP, 0,
		     0, 0);
	return 0;
}

static uint32_t flags_of(const struct machine_targets *t, const struct process *p)
{
	return (t->follow ? AGENT_FOLLOW : 0) |
	       (process_status(p->pid, "Seccomp:") > 0 ? AGENT_FILTERED : 0);
}

static int write_block(const struct machine_targets *t, struct process *p, uint64_t at,
		       uint64_t blob, int slot)
{
	const struct machine_session *s = t->session;
	struct agent_block *head = calloc(1, sizeof(*head));
	uint32_t number = (uint32_t)slot, tgid = (uint32_t)p->pid;
	int err;

	if (!head)
		return -ENOMEM;
	head->magic = AGENT_MAGIC;
	head->ctl = s->ctl;
	head->data = s->data;
	head->blob = blob;
	head->flags = flags_of(t, p);
	head->root = (uint32_t)p->root;
	err = process_write(p, at, head, offsetof(struct agent_block, helpers_state));
	if (!err)
		err = process_write(p, at + offsetof(struct agent_block, slot), &number,
				    sizeof(number));
	if (!err)
		err = process_write(p, at + offsetof(struct agent_block, tgid), &tgid,
				    sizeof(tgid));
	free(head);
	return err;
}

/* Blob and block, one behind the other. */
static int map_agent(struct machine_targets *t, struct process *p, int slot, uint64_t *block)
{
	uint64_t size = blob_size() + sizeof(struct agent_block);
	long blob = process_call(p, SYS_mmap, 0, size, PROT_READ | PROT_EXEC,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, (uint64_t)-1, 0);
	uint64_t at;
	long ret;
	int err;

	if (is_error(blob))
		return (int)blob;
	at = (uint64_t)blob + blob_size();
	err = process_write(p, (uint64_t)blob, agent_blob, agent_blob_size);
	if (err)
		return err;
	ret = process_call(p, SYS_mprotect, at, sizeof(struct agent_block), PROT_READ | PROT_WRITE,
			   0, 0, 0);
	if (!ret)
		ret = process_call(p, SYS_madvise, at + offsetof(struct agent_block, slot),
				   AGENT_PAGE, MADV_WIPE_ON_FORK, 0, 0, 0);
	if (ret)
		return (int)ret;
	process_calls_use(p, enter_gadget((uint64_t)blob));
	*block = at;
	return write_block(t, p, at, (uint64_t)blob, slot);
}

/* Filters cannot be asked; they can be put off by those who may. */
static enum machine_refusal pass_filter(struct process *p)
{
	long mode = process_status(p->pid, "Seccomp:");

	if (mode <= 0)
		return MACHINE_OK;
	if (ptrace(PTRACE_SETOPTIONS, p->threads[0].tid, NULL,
		   PTRACE_O_TRACESYSGOOD | PTRACE_O_SUSPEND_SECCOMP))
		return MACHINE_SECCOMP;
	return MACHINE_OK;
}

static int enter_with_calls(struct machine_targets *t, struct process *p, int slot)
{
	uint64_t block = 0;
	int64_t left;
	int err = map_session(p, t->session);

	if (!err)
		err = map_agent(t, p, slot, &block);
	if (!err)
		err = target_slot_take(t, slot, p->pid, p->root, block);
	if (!err) {
		left = patch_range(t, p, block, 0, UINT64_MAX, true);
		err = left < 0 ? (int)left : 0;
	}
	return err;
}

/* A stack for Go's goroutines is too small for the agent; its handlers have one of their own. */
static void mark_go(struct machine_targets *t, struct process *p, uint64_t block,
		    const struct process_maps *maps)
{
	uint32_t flags = flags_of(t, p) | AGENT_PRIVATE_STACK;

	for (size_t i = 0; i < maps->cnt; i++) {
		const struct code_file *file;

		if (!maps->all[i].executable || !maps->all[i].ino)
			continue;
		file = code_file_get(t, p->pid, &maps->all[i]);
		if (file && file->is_go)
			process_write(p, block + offsetof(struct agent_block, flags), &flags,
				      sizeof(flags));
	}
}

static enum machine_refusal refusal_of(int err)
{
	if (err == -EEXIST)
		return MACHINE_ADDRESS_TAKEN;
	if (err == -ENOMEM || err == -ENOSPC)
		return MACHINE_NO_ROOM;
	return err == -ESRCH ? MACHINE_NO_PROCESS : MACHINE_FAILED;
}

enum machine_refusal enter_process(struct machine_targets *t, struct process *p, int slot, int *err)
{
	uint64_t base = t->session->ctl->base;
	enum machine_refusal why;
	struct process_maps maps;

	if (p->threads[0].regs.cs != 0x33)
		return MACHINE_WRONG_ARCH;
	why = pass_filter(p);
	if (why)
		return why;
	*err = process_maps_read(p->pid, &maps);
	if (*err)
		return refusal_of(*err);
	if (taken(&maps, base, base + MACHINE_CTL_SIZE + MACHINE_DATA_SIZE)) {
		process_maps_free(&maps);
		return MACHINE_ADDRESS_TAKEN;
	}
	*err = process_calls_begin(p, 0);
	if (!*err) {
		*err = enter_with_calls(t, p, slot);
		process_calls_end(p);
	}
	if (!*err)
		mark_go(t, p, t->records[slot].block, &maps);
	process_maps_free(&maps);
	return *err ? refusal_of(*err) : MACHINE_OK;
}
