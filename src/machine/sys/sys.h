/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The machine's system calls: what its files share. Objects and descriptors are in object.c;
 * each other file serves one family of commands.
 *
 * One lock guards everything here; entry points (machine.c) take it, the rest expects it held.
 * Programs and map contents need no lock, they are shared with the traced processes anyway.
 */
#ifndef MACHINE_SYS_H
#define MACHINE_SYS_H

#include <errno.h>
#include <pthread.h>
#include <skep/machine.h>
#include <stdint.h>

#include "machine/helper/helper.h"
#include "machine/prepare.h"
#include "machine/session.h"

#define SYS_ENOTSUPP 524 /* the kernel's own, which reaches callers of bpf(2) */
#define SYS_COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* --- objects ------------------------------------------------------------------------- */

enum sys_kind { SYS_MAP, SYS_PROG, SYS_LINK, SYS_BTF, SYS_EVENT, SYS_STATS, SYS_KINDS };

/* The head of every object. Each descriptor and each object that uses it holds a reference. */
struct sys_object {
	enum sys_kind kind;
	uint32_t id; /* 1…, unique in its kind, never used again */
	unsigned int refs;
	struct sys_object *next; /* of its kind, by id */
};

struct sys_map {
	struct sys_object o;
	uint32_t index; /* in ctl->maps */
	char name[BPF_OBJ_NAME_LEN];
	bool frozen;
	uint32_t writers; /* writable mappings */
	/* Ring buffers (ring.c): a duplicate of the eventfd; the ring that readers map. */
	int notify, ring_fd; /* -1 without */
	uint8_t *ring;
	/* Arrays of programs: max_entries, each with a reference or NULL. */
	struct sys_prog **progs;
};

struct sys_prog {
	struct sys_object o;
	uint32_t index; /* in ctl->progs */
	uint32_t type, expected_attach_type;
	char name[BPF_OBJ_NAME_LEN];
	struct bpf_insn *insns; /* as loaded */
	uint32_t ninsns;
	struct machine_insn *prepared;
	struct sys_map **maps; /* that it uses, each once; references held */
	uint32_t nmaps;
	uint64_t load_time, runs, run_ns;
	bool gpl;
	bool was_attached; /* processes may run it until the end: its slot is not reused */
};

/* Where attached programs run: the word of ctl that lists them. */
struct sys_attach {
	_Atomic machine_list *where; /* NULL: not attached */
	struct sys_prog *prog;	     /* reference held by the owner */
	uint32_t hook;		     /* of functions */
	bool on;		     /* in the list */
	struct sys_attach *next;     /* all attachments, in the order they were made */
};

struct sys_event {
	struct sys_object o;
	_Atomic machine_list *where;
	uint32_t prog_type; /* that may be attached */
	uint32_t hook;	    /* of functions: index + 1 in ctl->hooks, else 0 */
	bool enabled;
	struct sys_attach attach;
};

struct sys_link {
	struct sys_object o;
	uint32_t type;		  /* enum bpf_link_type */
	char name[64];		  /* of a raw tracepoint */
	struct sys_event *event;  /* of a perf event: reference held */
	struct sys_attach attach; /* of a raw tracepoint; of an event only .prog */
};

struct sys_btf {
	struct sys_object o;
	void *data;
	uint32_t size;
};

/* A place of a file, whose functions may have programs. */
struct sys_function {
	dev_t dev;
	ino_t ino;
	uint64_t offset;
	pid_t pid; /* 0: any */
	uint32_t users;
};

struct sys_mapping; /* mmap.c */

struct machine {
	pthread_mutex_t lock;
	pid_t owner; /* the process that opened it; 0: not open */
	struct machine_session session;
	struct machine_ctl *ctl; /* session.ctl_rw */

	struct sys_object **fds; /* by descriptor */
	int nfds;
	struct sys_object *objects[SYS_KINDS];
	uint32_t last_id[SYS_KINDS];

	struct sys_attach *attached;
	struct sys_function functions[MACHINE_HOOKS];
	struct sys_mapping *mappings;
	bool syscalls_hooked;

	struct sys_notifier *notifier; /* ring.c */
	const char *reason;
	machine_helper helpers[HELPER_MAX];
	struct helper_process process; /* our own, for programs that run here */
};

extern struct machine machine;

/* machine.c: for entry points. Takes the lock; -EPERM in a forked child, -ENODEV when closed. */
int sys_enter(void);
void sys_leave(void);

/* object.c */

/* Gives @o its kind, id and one reference, and enters it among the objects. */
void sys_object_init(struct sys_object *o, enum sys_kind kind);
void sys_object_hold(struct sys_object *o);
/* The last reference frees it. NULL is allowed. */
void sys_object_drop(struct sys_object *o);
/* Makes the open @fd a descriptor of @o, which gets a reference. */
int sys_object_name(int fd, struct sys_object *o);
/* @fd is no object's any more. */
void sys_object_unname(int fd);
/* A new descriptor, which takes over the caller's reference, also when that fails. */
int sys_object_fd(struct sys_object *o);
/*
 * The object of @fd, without a reference of its own. NULL and *@err: -EBADF when nothing is
 * open there, -EINVAL when it is something else.
 */
struct sys_object *sys_object_of(int fd, enum sys_kind kind, int *err);
struct sys_object *sys_object_by_id(enum sys_kind kind, uint32_t id);
/* The object with the lowest id above @id, or NULL. */
struct sys_object *sys_object_after(enum sys_kind kind, uint32_t id);

static inline struct sys_map *sys_map_of(int fd, int *err)
{
	return (struct sys_map *)sys_object_of(fd, SYS_MAP, err);
}

static inline struct sys_prog *sys_prog_of(int fd, int *err)
{
	return (struct sys_prog *)sys_object_of(fd, SYS_PROG, err);
}

static inline const struct machine_map *sys_map_shape(const struct sys_map *map)
{
	return &machine.ctl->maps[map->index];
}

/* Frees what is an object's own, at its last reference. */
void sys_map_free(struct sys_object *o);
void sys_prog_free(struct sys_object *o);
void sys_link_free(struct sys_object *o);
void sys_btf_free(struct sys_object *o);
void sys_event_free(struct sys_object *o);

/* --- the caller's memory (user.c): -EFAULT instead of a signal ------------------------- */

int sys_copy_in(void *dst, uint64_t from, size_t size);
int sys_copy_out(uint64_t to, const void *src, size_t size);
/* A string of at most @size - 1 bytes; longer ones are cut. Returns its length or -EFAULT. */
long sys_string_in(char *dst, uint64_t from, size_t size);
/* A name as objects have: letters, digits, _ and ., ended by NUL. -EINVAL if it is not. */
int sys_name_in(char dst[BPF_OBJ_NAME_LEN], const char *src);

/* --- commands: @uattr is where the caller's attributes are ----------------------------- */

typedef int sys_command(union bpf_attr *attr, uint64_t uattr);
sys_command sys_map_create, sys_map_lookup, sys_map_update, sys_map_delete, sys_map_next_key,
	sys_map_take, sys_map_lookup_batch, sys_map_freeze;
sys_command sys_prog_load, sys_prog_test_run, sys_prog_bind_map, sys_enable_stats;
sys_command sys_raw_tracepoint_open, sys_link_create, sys_link_detach;
sys_command sys_btf_load, sys_info;
sys_command sys_prog_next_id, sys_map_next_id, sys_btf_next_id, sys_link_next_id;
sys_command sys_prog_fd_by_id, sys_map_fd_by_id, sys_btf_fd_by_id, sys_link_fd_by_id;

/* --- arrays of programs (prog_array.c): values are descriptors to set, ids to read --------- */

int sys_progs_lookup(const struct sys_map *map, const void *key, void *value);
int sys_progs_update(struct sys_map *map, const void *key, const void *value, uint64_t flags);
/* The element at @key was deleted; nothing for other types of maps. */
void sys_progs_forget(struct sys_map *map, const void *key);
void sys_progs_free(struct sys_map *map);

/* --- programs ---------------------------------------------------------------------------- */

/* The text of a refusal, in the form of Linux's verifier (log.c). */
struct sys_log {
	char *text;
	size_t len, room;
};

void sys_log(struct sys_log *log, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* "5: (85) call bpf_foo#1" */
void sys_log_insn(struct sys_log *log, const struct bpf_insn *insns, size_t cnt, size_t idx);
/* Checks the attributes; hands the text over. -ENOSPC when the caller's buffer is too small. */
bool sys_log_valid(const union bpf_attr *attr);
int sys_log_out(struct sys_log *log, const union bpf_attr *attr, size_t ninsns);

/*
 * Replaces maps in @prog's instructions by what programs use in their place, and notes them in
 * @prog->maps. @fd_array is the caller's. (reloc.c)
 */
int sys_relocate(struct sys_prog *prog, struct bpf_insn *insns, uint64_t fd_array,
		 struct sys_log *log);

static inline bool sys_helper(int32_t id)
{
	return id >= 0 && id < HELPER_MAX && machine.helpers[id];
}

/* --- attaching (attach.c) ------------------------------------------------------------------ */

/* Puts @attach's program into the list at its place, or takes it out. */
int sys_attach_publish(struct sys_attach *attach, bool on);
void sys_attach_remove(struct sys_attach *attach);
/* Links @event and @prog. -EEXIST when it has one, -EINVAL for the wrong type of program. */
int sys_event_set_prog(struct sys_event *event, struct sys_prog *prog);
void sys_event_clear_prog(struct sys_event *event);
int sys_event_enable(struct sys_event *event, bool on);
/* System calls of targets are hooked from now on. */
int sys_hook_syscalls(void);
/* The hook of a place: *@hook is its index. */
int sys_hook_function(const struct sys_function *place, bool is_return, uint32_t *hook);
void sys_unhook_function(uint32_t hook);

/* --- events and files (table.c) --------------------------------------------------------------- */

#define SYS_PMU_UPROBE	 8u /* /sys/bus/event_source/devices/uprobe/type */
#define SYS_RETPROBE_BIT 0

/* A system call with the names and types of its arguments: "int dfd;char * path". */
struct sys_syscall {
	const char *name;
	uint16_t nr;
	const char *args;
};

extern const struct sys_syscall sys_syscalls[];
extern const uint32_t sys_syscalls_cnt;

/* The row of an event's name, as "sys_enter_openat"; NULL when there is none. */
const struct sys_syscall *sys_syscall_of(const char *event, bool *is_exit);
/* What a tracepoint's id stands for: the list that its programs are in, or NULL. */
_Atomic machine_list *sys_tracepoint(uint64_t id);
/* The id of syscalls:sys_enter_X, syscalls:sys_exit_X, raw_syscalls:*; 0 when there is none. */
uint32_t sys_tracepoint_id(const char *category, const char *name);

/* --- ring buffers (ring.c) -------------------------------------------------------------------- */

void sys_notifier_close(void);
/* What a ring buffer has besides its contents. */
int sys_ring_open(struct sys_map *map, int fd);
void sys_ring_close(struct sys_map *map);
/* Shows readers what came and producers what was read, of all ring buffers. */
void sys_rings_sync(void);
/* There is another ring buffer, or something was submitted by ourselves. */
void sys_notifier_wake(void);

/* --- mappings (mmap.c) ------------------------------------------------------------------------ */

void sys_mappings_free(void);

#endif
