// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * What runs in a target when a hook is hit. Freestanding. entry.S saves the registers and calls
 * one of the functions at the end of this file, which runs the programs of the lists that belong
 * to the hook, and asks the tracer for what only it can do.
 */
#include <asm/prctl.h>
#include <linux/bpf.h>
#include <linux/futex.h>
#include <linux/prctl.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "machine/agent/agent.h"
#include "machine/agent/entry.h"
#include "machine/agent/layout.h"
#include "machine/helper/helper.h"
#include "machine/jit/jit.h"
#include "machine/map/lock.h"

/* The page behind the blob (agent.lds). */
extern struct agent_block agent_end_of_blob __attribute__((visibility("hidden")));

_Static_assert(LAYOUT_MAGIC == AGENT_MAGIC, "layout.h");
_Static_assert(LAYOUT_BLOCK_FLAGS == offsetof(struct agent_block, flags), "layout.h");
_Static_assert(LAYOUT_KNOWN == offsetof(struct agent_block, known), "layout.h");
_Static_assert(LAYOUT_SLOTS == offsetof(struct agent_block, slots), "layout.h");
_Static_assert(1 << LAYOUT_SLOT_SHIFT == sizeof(struct agent_slot), "layout.h");
_Static_assert(LAYOUT_SLOT_MASK + 1 == AGENT_STACKS, "layout.h");
_Static_assert(LAYOUT_PRIVATE == AGENT_PRIVATE_STACK, "layout.h");
_Static_assert(LAYOUT_REGS_ANCHOR == sizeof(struct agent_regs), "layout.h");
_Static_assert(LAYOUT_QUIET_END == offsetof(struct agent_anchor, number) + 7 -
					   offsetof(struct agent_anchor, ret),
	       "layout.h");

/* The flags of the processor carry which special call it is to both of its ends. */
#define FLAG_CARRY 0x1u
#define FLAG_ZERO  0x40u
#define FLAG_SIGN  0x80u

/* Distances that stub.c lays out. */
#define FROM_ENTER    54
#define FROM_EXIT     44
#define FROM_SPECIAL  10
#define FROM_FUNCTION 10
#define FROM_RETURN   (-43)
#define PLAIN_SKIP    62
#define RESUME_BEHIND 29 /* info -> where the body returns to */

/* These may not return, or return twice, or on another stack. */
static const uint16_t special_calls[8] = {
	[0] = SYS_fork,	  [1] = SYS_vfork,    [2] = SYS_clone,	      [3] = 435 /* clone3 */,
	[4] = SYS_execve, [5] = SYS_execveat, [6] = SYS_rt_sigreturn, [7] = SYS_exit,
};
#define CLONE_VM_FLAG	 0x100u
#define CLONE_VFORK_FLAG 0x4000u

static int special_of(uint64_t number)
{
	if (number == SYS_exit_group)
		return 7;
	for (int i = 0; i < 8; i++) {
		if (special_calls[i] == number)
			return i;
	}
	return -1;
}

static bool awake(const struct agent_block *block)
{
	const struct machine_ctl *ctl = block->ctl;
	const _Atomic uint32_t *alive = (const void *)((const uint8_t *)block->data + ctl->alive);

	return !ctl->closed && !(*alive & FUTEX_OWNER_DIED);
}

/* Instructions that a program may run: some milliseconds. */
#define BUDGET	       1000000
#define HELPERS_PAUSES 1000000 /* the one who fills them in may have been preempted */
#define TAIL_CALLS     33      /* as in Linux */

/* ---- running programs --------------------------------------------------- */

static void count_missed(struct agent_block *block, uint32_t n)
{
	atomic_fetch_add_explicit(&block->data->targets[block->slot].missed, n,
				  memory_order_relaxed);
}

/* The first to come fills in the table; others wait for the moment that takes. */
static bool helpers_ready(struct agent_block *block)
{
	uint32_t none = 0;

	if (block->helpers_state == 2)
		return true;
	if (atomic_compare_exchange_strong_explicit(&block->helpers_state, &none, 1,
						    memory_order_acquire, memory_order_relaxed)) {
		helper_table(block->helpers);
		block->helpers_state = 2;
	}
	for (int i = 0; i < HELPERS_PAUSES && block->helpers_state != 2; i++)
		machine_pause();
	return block->helpers_state == 2;
}

/* Runs a program and what it calls as its tail. */
static void run_chain(const struct machine_ctl *ctl, const struct machine_prog *prog,
		      struct machine_run *run, void *ctx)
{
	for (int calls = 0; calls <= TAIL_CALLS; calls++) {
		machine_code code = (machine_code)((uintptr_t)ctl + prog->code);

		if (!prog->code)
			return;
		code(run, (uintptr_t)ctx, 0);
		if (run->stop != MACHINE_TAIL_CALL)
			return;
		prog = run->tail_call;
		run->stop = MACHINE_DONE;
	}
}

static void run_program(struct agent_block *block, struct helper_env *env, uint32_t number,
			void *ctx)
{
	const struct machine_ctl *ctl = block->ctl;
	struct machine_data *data = block->data;
	struct machine_target *target = &data->targets[env->who.slot];
	struct machine_vcpu *vcpu = &data->vcpus[env->who.vcpu];
	struct machine_run run;

	if (number >= MACHINE_PROGS || !ctl->progs[number].code)
		return;
	if (machine_run_init(&run, (uintptr_t)data, MACHINE_DATA_SIZE,
			     (uintptr_t)(vcpu->stack + MACHINE_STACK_SIZE)))
		return;
	run.budget = BUDGET;
	run.helpers = block->helpers;
	run.helper_cnt = HELPER_MAX;
	run.owner = env;
	env->prog_type = ctl->progs[number].type;
	run_chain(ctl, &ctl->progs[number], &run, ctx);
	vcpu->runs++;
	if (run.stop != MACHINE_DONE) {
		atomic_fetch_add_explicit(&target->missed, 1, memory_order_relaxed);
		atomic_fetch_add_explicit(&target->stopped, 1, memory_order_relaxed);
	}
}

static void run_list(struct agent_block *block, struct helper_env *env, machine_list list,
		     void *ctx)
{
	const uint32_t *progs = (const uint32_t *)((const uint8_t *)block->ctl + list);

	for (uint32_t i = 0; i < progs[0]; i++)
		run_program(block, env, progs[1 + i], ctx);
}

static uint32_t list_length(const struct agent_block *block, machine_list list)
{
	return list ? *(const uint32_t *)((const uint8_t *)block->ctl + list) : 0;
}

/* As machine_lease and machine_release, without a call. */
static int lease(struct machine_data *data, uint32_t slot, uint32_t hint)
{
	for (uint32_t i = 0; i < MACHINE_VCPUS; i++) {
		uint32_t vcpu = (hint + i) % MACHINE_VCPUS;

		if (!data->vcpus[vcpu].owner && machine_trylock(&data->vcpus[vcpu].owner, slot))
			return (int)vcpu;
	}
	return -1;
}

#define STARVED 1000

/*
 * Threads that wait for a lock or their turn have them all. When the wait is in vain, somebody
 * falsified the leases: then many hits are missed without one.
 */
static int await_lease(struct agent_block *block, const struct machine_who *who, uint32_t hint)
{
	int vcpu;

	if (block->starved) {
		block->starved--;
		return -1;
	}
	vcpu = machine_lease_wait(who, hint);
	if (vcpu < 0)
		block->starved = STARVED;
	return vcpu;
}

static void release(struct machine_data *data, const struct machine_who *who)
{
	machine_unlock(&data->vcpus[who->vcpu].owner);
}

/* Leases a virtual CPU for the programs of an event; NULL (all missed) if there is none. */
static struct machine_vcpu *begin(struct agent_block *block, struct helper_env *env,
				  const struct agent_regs *regs)
{
	uint32_t slot = block->slot;
	uint32_t hint = ((uint32_t)(regs->rsp >> 14) + slot * 7) % MACHINE_VCPUS;
	int vcpu;

	env->who.ctl = block->ctl;
	env->who.slot = slot;
	env->who.flags = block->flags & AGENT_FILTERED ? 0 : MACHINE_WHO_YIELD;
	if (!helpers_ready(block))
		return NULL;
	vcpu = lease(block->data, slot, hint);
	if (vcpu < 0)
		vcpu = await_lease(block, &env->who, hint);
	if (vcpu < 0)
		return NULL;
	env->who.vcpu = (uint32_t)vcpu;
	env->tgid = block->vforks ? 0 : block->tgid;
	env->flags = 0;
	env->ip = regs->rip;
	env->sp = regs->rsp;
	env->fp = regs->rbp;
	env->func_ip = 0;
	env->cookie = 0;
	env->random = 0; /* seeded by whoever asks for a number: the counter is slow to read */
	env->process = &block->process;
	return &block->data->vcpus[vcpu];
}

/* ---- asking the tracer -------------------------------------------------- */

static int64_t await_answer(struct agent_block *block, struct machine_request *request)
{
	struct {
		int64_t sec, nsec;
	} second = {1, 0};
	int64_t result;

	while (request->state == 2) {
		if (!awake(block)) {
			request->state = 0;
			return -3; /* ESRCH */
		}
		machine_rawcall(SYS_futex, (uintptr_t)&request->state, FUTEX_WAIT, 2,
				(uintptr_t)&second, 0, 0);
	}
	result = request->result;
	request->state = 0;
	return result;
}

/* Asks the tracer and waits for its answer; negative when there is none. */
static int64_t ask(struct agent_block *block, uint32_t kind, uint64_t arg0, uint64_t arg1,
		   uint64_t arg2)
{
	struct machine_data *data = block->data;

	if (!awake(block))
		return -3;
	for (int i = 0; i < MACHINE_REQUESTS; i++) {
		struct machine_request *request = &data->requests[i];
		uint32_t none = 0;

		if (request->state ||
		    !atomic_compare_exchange_strong_explicit(
			    &request->state, &none, 1, memory_order_acquire, memory_order_relaxed))
			continue;
		request->kind = kind;
		request->slot = block->slot;
		request->arg[0] = arg0;
		request->arg[1] = arg1;
		request->arg[2] = arg2;
		request->state = 2;
		data->request_bell++;
		machine_rawcall(SYS_futex, (uintptr_t)&data->request_bell, FUTEX_WAKE, 1, 0, 0, 0);
		return await_answer(block, request);
	}
	return -16; /* EBUSY */
}

/* Memory for stubs where the tracer wants it; then it is asked again. */
static void ask_mapped(struct agent_block *block, uint64_t address, uint64_t size)
{
	for (int tries = 0; tries < 64; tries++) {
		int64_t place = ask(block, MACHINE_REQ_MAPPED, address, size, 0);

		if (place <= 0)
			return;
		place = machine_rawcall(
			SYS_mmap, (uint64_t)place, MACHINE_REGION_SIZE, PROT_READ | PROT_EXEC,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, (uint64_t)-1, 0);
		if (ask(block, MACHINE_REQ_REGION, (uint64_t)place, MACHINE_REGION_SIZE, 0))
			return;
	}
}

/* In a new process: its parent's other threads are not here, so nothing of theirs is in use. */
static void become_target(struct agent_block *block)
{
	uint64_t pid = (uint64_t)machine_rawcall(SYS_getpid, 0, 0, 0, 0, 0, 0);
	int64_t slot = -1;

	if (block->flags & AGENT_FOLLOW)
		slot = ask(block, MACHINE_REQ_FORKED, pid, (uintptr_t)block, 0);
	if (slot <= 0 || slot >= MACHINE_TARGETS) {
		block->refused = 1;
		return;
	}
	block->vforks = 0;
	block->tgid = (uint32_t)pid;
	block->slot = (uint32_t)slot;
}

/* A private stack that the parent's threads had in use would stay so for ever. */
static void free_stacks(struct agent_block *block, const struct agent_regs *regs)
{
	for (int i = 0; i < AGENT_STACKS; i++) {
		struct agent_slot *slot = &block->slots[i];
		uint64_t place = (uintptr_t)regs - (uintptr_t)slot;

		if (place >= sizeof(*slot) && slot->busy)
			slot->busy = 0;
	}
}

/* On a private stack only because nothing was known of the target's: is there another page? */
static void learn_stack(struct agent_block *block, const struct agent_regs *regs)
{
	uint64_t slot = *(const uint64_t *)((const uint8_t *)regs + LAYOUT_REGS_SLOT);
	uint64_t anchor = *(const uint64_t *)((const uint8_t *)regs + LAYOUT_REGS_ANCHOR);
	uint64_t page = anchor >> 12, byte;
	struct {
		uint64_t at, size;
	} here = {(uintptr_t)&byte, 1}, there = {(page << 12) - 1, 1};

	if (!slot || block->flags & (AGENT_PRIVATE_STACK | AGENT_FILTERED))
		return;
	if (machine_rawcall(SYS_process_vm_readv, block->tgid, (uintptr_t)&here, 1,
			    (uintptr_t)&there, 1, 0) == 1)
		block->known[page & 255] = page;
}

/* Is this process traced? A new one is asked for on its first hit. */
static bool traced(struct agent_block *block, const struct agent_regs *regs)
{
	if (!awake(block))
		return false;
	if (!block->slot && !block->refused) {
		free_stacks(block, regs);
		become_target(block);
	}
	learn_stack(block, regs);
	return block->slot;
}

/* ---- system calls ------------------------------------------------------- */

/* Word by word: string instructions are slow to start. */
static void fill_regs(struct agent_regs *to, const struct agent_regs *regs)
{
	const volatile uint64_t *from = (const volatile uint64_t *)regs;

	for (size_t i = 0; i < sizeof(*regs) / 8; i++)
		((volatile uint64_t *)to)[i] = from[i];
}

static void run_syscall(struct agent_block *block, struct agent_regs *regs, uint64_t number,
			bool is_exit)
{
	const struct machine_ctl *ctl = block->ctl;
	bool known = number < MACHINE_SYSCALLS;
	machine_list named = !known ? 0 : is_exit ? ctl->sys_exit[number] : ctl->sys_enter[number];
	machine_list tp = is_exit ? ctl->tp_sys_exit : ctl->tp_sys_enter;
	machine_list raw = is_exit ? ctl->raw_sys_exit : ctl->raw_sys_enter;
	struct helper_env env;
	struct machine_vcpu *vcpu;
	uint64_t *ctx;

	if (!(named | tp | raw))
		return;
	vcpu = begin(block, &env, regs);
	if (!vcpu) {
		count_missed(block, list_length(block, named) + list_length(block, tp) +
					    list_length(block, raw));
		return;
	}
	ctx = (uint64_t *)vcpu->ctx;
	for (int i = 0; i < 2; i++) {
		machine_list list = i ? named : tp;

		if (!list)
			continue;
		ctx[0] = 0;
		ctx[1] = number;
		ctx[2] = is_exit ? regs->rax : regs->rdi;
		ctx[3] = regs->rsi;
		ctx[4] = regs->rdx;
		ctx[5] = regs->r10;
		ctx[6] = regs->r8;
		ctx[7] = regs->r9;
		run_list(block, &env, list, ctx);
	}
	if (raw) {
		struct agent_regs *copy = (struct agent_regs *)(vcpu->ctx + 128);

		fill_regs(copy, regs);
		ctx[0] = (uintptr_t)copy;
		ctx[1] = is_exit ? regs->rax : number;
		run_list(block, &env, raw, ctx);
	}
	release(block->data, &env.who);
}

static void syscall_regs(struct agent_regs *regs, const struct stub_info *info, uint64_t number)
{
	regs->orig_rax = number;
	regs->rip = info->address + 2;
	regs->rcx = regs->rip;
	regs->r11 = regs->eflags;
}

/* Does the call make a process that runs in our memory until it execs, while we wait? */
static bool shares_memory(const struct agent_regs *regs, uint64_t number)
{
	uint64_t flags = 0;

	if (number == SYS_vfork)
		return true;
	if (number == SYS_clone)
		flags = regs->rdi;
	else if (number == 435 && regs->rdi && regs->rsi >= 64)
		flags = *(const uint64_t *)regs->rdi;
	return (flags & (CLONE_VM_FLAG | CLONE_VFORK_FLAG)) == (CLONE_VM_FLAG | CLONE_VFORK_FLAG);
}

/* Behind a filter helpers may not ask the kernel: what they keep, they ask for now. */
static void before_filter(struct agent_block *block, const struct agent_regs *regs)
{
	struct machine_run run = {0};
	struct helper_env env;

	block->flags |= AGENT_FILTERED;
	if (!begin(block, &env, regs))
		return;
	run.owner = &env;
	block->helpers[BPF_FUNC_get_current_pid_tgid](&run, 0, 0, 0, 0, 0);
	release(block->data, &env.who);
}

#define QUIET_END (1ull << 56) /* in anchor->number: the end of the call needs no look */

/* Has the end of a call something to run, or to learn of the process's memory? */
static bool end_matters(const struct machine_ctl *ctl, uint64_t number)
{
	return number >= MACHINE_SYSCALLS || number == SYS_mmap || number == SYS_mprotect ||
	       number == SYS_munmap || ctl->sys_exit[number] || ctl->tp_sys_exit ||
	       ctl->raw_sys_exit;
}

void agent_syscall_enter(struct agent_regs *regs, struct agent_anchor *anchor)
{
	struct agent_block *block = &agent_end_of_blob;
	const struct stub_info *info = (const void *)(anchor->ret + FROM_ENTER);
	uint64_t number = (uint32_t)regs->rax;
	int special = special_of(number);

	anchor->number = number;
	anchor->rcx = special < 0;
	if (special >= 0) {
		anchor->eflags &= ~(uint64_t)(FLAG_CARRY | FLAG_ZERO | FLAG_SIGN);
		anchor->eflags |= (special & 1 ? FLAG_CARRY : 0) | (special & 2 ? FLAG_ZERO : 0) |
				  (special & 4 ? FLAG_SIGN : 0);
	}
	if (!traced(block, regs))
		return;
	syscall_regs(regs, info, number);
	if (shares_memory(regs, number))
		block->vforks++;
	regs->rax = (uint64_t)-38; /* ENOSYS, as the kernel has it there */
	run_syscall(block, regs, number, false);
	if (!end_matters(block->ctl, number))
		anchor->number |= QUIET_END;
	if (number == SYS_seccomp || (number == SYS_prctl && regs->rdi == PR_SET_SECCOMP))
		before_filter(block, regs);
	if (number == SYS_execve || number == SYS_execveat)
		ask(block, MACHINE_REQ_EXEC,
		    (uint64_t)machine_rawcall(SYS_gettid, 0, 0, 0, 0, 0, 0),
		    number == SYS_execve ? regs->rdi : regs->rsi, number == SYS_execve);
}

static void after_mapping(struct agent_block *block, const struct agent_regs *regs, uint64_t number)
{
	if (number == SYS_mmap && (regs->rdx & PROT_EXEC) && !(regs->r10 & MAP_ANONYMOUS) &&
	    regs->rax < (uint64_t)-4095)
		ask_mapped(block, regs->rax, regs->rsi);
	else if (number == SYS_mprotect && (regs->rdx & PROT_EXEC) && !regs->rax)
		ask_mapped(block, regs->rdi, regs->rsi);
}

void agent_syscall_exit(struct agent_regs *regs, struct agent_anchor *anchor)
{
	struct agent_block *block = &agent_end_of_blob;
	const struct stub_info *info = (const void *)(anchor->ret + FROM_EXIT);

	if (!traced(block, regs))
		return;
	syscall_regs(regs, info, anchor->number);
	run_syscall(block, regs, anchor->number, true);
	if (anchor->number == SYS_munmap || anchor->number == SYS_mprotect) {
		for (int i = 0; i < 256; i++)
			block->known[i] = 0;
	}
	if (anchor->number == SYS_mmap || anchor->number == SYS_mprotect)
		after_mapping(block, regs, anchor->number);
}

void agent_special_exit(struct agent_regs *regs, struct agent_anchor *anchor)
{
	struct agent_block *block = &agent_end_of_blob;
	const struct stub_info *info = (const void *)(anchor->ret + FROM_SPECIAL);
	unsigned special = (regs->eflags & FLAG_CARRY ? 1 : 0) |
			   (regs->eflags & FLAG_ZERO ? 2 : 0) | (regs->eflags & FLAG_SIGN ? 4 : 0);
	uint64_t number = special_calls[special];

	if (!traced(block, regs))
		return;
	syscall_regs(regs, info, number);
	run_syscall(block, regs, number, true);
	if (regs->rax && shares_memory(regs, number))
		block->vforks--;
	if (number == SYS_execve || number == SYS_execveat)
		ask(block, MACHINE_REQ_EXEC_FAILED,
		    (uint64_t)machine_rawcall(SYS_gettid, 0, 0, 0, 0, 0, 0), 0, 0);
}

/* ---- functions ---------------------------------------------------------- */

static bool needs_ctx(const struct agent_block *block, machine_list list)
{
	const uint32_t *progs = (const uint32_t *)((const uint8_t *)block->ctl + list);

	for (uint32_t i = 0; i < progs[0]; i++) {
		if (progs[1 + i] < MACHINE_PROGS && !block->ctl->progs[progs[1 + i]].no_ctx)
			return true;
	}
	return false;
}

static void run_function(struct agent_block *block, struct agent_regs *regs, machine_list list,
			 uint64_t func_ip)
{
	struct helper_env env;
	struct machine_vcpu *vcpu = begin(block, &env, regs);

	if (!vcpu) {
		count_missed(block, list_length(block, list));
		return;
	}
	env.func_ip = func_ip;
	env.flags = func_ip ? HELPER_AT_ENTRY : 0;
	if (needs_ctx(block, list))
		fill_regs((struct agent_regs *)vcpu->ctx, regs);
	run_list(block, &env, list, vcpu->ctx);
	release(block->data, &env.who);
}

static uint64_t thread_pointer(const struct agent_block *block)
{
	uint64_t fs;

	if (!(block->ctl->cpu_flags & MACHINE_CPU_FSGSBASE))
		machine_rawcall(SYS_arch_prctl, ARCH_GET_FS, (uintptr_t)&fs, 0, 0, 0, 0);
	else
		__asm__ volatile("rdfsbase %0" : "=r"(fs));
	return fs;
}

#define FRAME_PROBES 16

static struct agent_frame *frame_at(struct agent_block *block, uint64_t sp, unsigned i)
{
	uint64_t hash = (sp >> 3) * 0x9e3779b97f4a7c15ull >> 40;

	return &block->frames[(hash + i) % AGENT_FRAMES];
}

/*
 * Keeps where the call that just entered @info's function returns to. A frame of the same place
 * and function is one that longjmp left behind, unless the function is to return to its own
 * stub: then it called itself as its last act. One left behind that lies past a free frame stays:
 * the newer one is found before it. False when there is no room.
 */
static bool push_frame(struct agent_block *block, uint64_t sp, const struct stub_info *info)
{
	uint64_t ret = *(const uint64_t *)sp;
	bool again = ret == (uintptr_t)info + RESUME_BEHIND;
	struct agent_frame *frame = NULL;

	for (unsigned i = 0; !frame && i < FRAME_PROBES; i++) {
		struct agent_frame *it = frame_at(block, sp, i);
		uint64_t none = 0;

		if (it->sp == sp && it->info == (uintptr_t)info) {
			if (again) {
				it->again++;
				return true;
			}
			frame = it;
		} else if (!it->sp && !again &&
			   atomic_compare_exchange_strong_explicit(&it->sp, &none, sp,
								   memory_order_acq_rel,
								   memory_order_relaxed)) {
			frame = it;
		}
	}
	if (!frame)
		return false;
	frame->info = (uintptr_t)info;
	frame->again = 0;
	frame->disarmed = 0;
	frame->thread = thread_pointer(block);
	frame->ret = ret;
	return true;
}

static uint64_t pop_frame(struct agent_block *block, uint64_t sp, const struct stub_info *info)
{
	for (unsigned i = 0; i < FRAME_PROBES; i++) {
		struct agent_frame *frame = frame_at(block, sp, i);
		uint64_t ret;

		if (frame->sp != sp || frame->info != (uintptr_t)info)
			continue;
		if (frame->again) {
			frame->again--;
			return (uintptr_t)info + RESUME_BEHIND;
		}
		ret = frame->ret;
		atomic_store_explicit(&frame->sp, 0, memory_order_release);
		return ret;
	}
	__builtin_trap(); /* the target overwrote the agent's memory: there is no way back */
}

/*
 * Before something walks up the stack, this thread's frames get their own return addresses back;
 * one that is returned to before it is armed again is missed. Arming drops what was unwound: that
 * lies below @sp.
 */
static void set_frames(struct agent_block *block, uint64_t sp, bool arm)
{
	uint64_t thread = thread_pointer(block);

	for (uint32_t i = 0; i < AGENT_FRAMES; i++) {
		struct agent_frame *frame = &block->frames[i];
		uint64_t at = frame->sp;

		if (!at || frame->thread != thread)
			continue;
		if (at <= sp) {
			if (arm && frame->disarmed)
				atomic_store_explicit(&frame->sp, 0, memory_order_release);
			continue;
		}
		if (arm && frame->disarmed && *(uint64_t *)at == frame->ret)
			*(uint64_t *)at = frame->info + RESUME_BEHIND;
		else if (!arm && *(uint64_t *)at == frame->info + RESUME_BEHIND)
			*(uint64_t *)at = frame->ret;
		frame->disarmed = !arm;
	}
}

void agent_func_entry(struct agent_regs *regs, struct agent_anchor *anchor)
{
	struct agent_block *block = &agent_end_of_blob;
	const struct stub_info *info = (const void *)(anchor->ret + FROM_FUNCTION);
	bool is_traced = traced(block, regs);
	machine_list list = block->ctl->hooks[info->hook].entry;

	if (info->flags & (STUB_UNWINDS | STUB_CATCHES))
		set_frames(block, regs->rsp, info->flags & STUB_CATCHES);
	regs->rip = info->address;
	regs->orig_rax = (uint64_t)-1;
	if (is_traced && list)
		run_function(block, regs, list, info->address);
	if (!(info->flags & STUB_RETURNS))
		return;
	list = block->ctl->hooks[info->hook].ret;
	if (!is_traced || !list) {
		anchor->ret += PLAIN_SKIP;
	} else if (!push_frame(block, regs->rsp, info)) {
		count_missed(block, list_length(block, list));
		anchor->ret += PLAIN_SKIP;
	}
}

void agent_func_return(struct agent_regs *regs, struct agent_anchor *anchor)
{
	struct agent_block *block = &agent_end_of_blob;
	const struct stub_info *info = (const void *)(anchor->ret + FROM_RETURN);
	machine_list list = block->ctl->hooks[info->hook].ret;
	uint64_t sp = regs->rsp - 8;
	uint64_t ret = pop_frame(block, sp, info);

	*(uint64_t *)sp = ret;
	if (!list || !traced(block, regs))
		return;
	regs->rip = ret;
	regs->orig_rax = (uint64_t)-1;
	run_function(block, regs, list, 0);
}
