// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "agent_self.h"

#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#define CTL_AT		 0x2c0000000000ull
#define PROGRAMS	 4
#define LIST_AT(program) (MACHINE_CTL_CODE - 4096 + 16 * (program))

static struct self self;

static void *map(void *at, size_t size, int prot, int flags)
{
	void *p = mmap(at, size, prot, flags | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	assert_ptr_not_equal(p, MAP_FAILED);
	return p;
}

/* movabs $counter, %rax; lock incq (%rax); xor %eax, %eax; ret */
static void put_program(int i)
{
	uint8_t *code = (uint8_t *)self.ctl + MACHINE_CTL_CODE + 64 * i;
	uint64_t *counter = &self.counts[i];
	uint32_t *list = (uint32_t *)((uint8_t *)self.ctl + LIST_AT(i));

	memcpy(code, "\x48\xb8", 2);
	memcpy(code + 2, &counter, 8);
	memcpy(code + 10, "\xf0\x48\xff\x00\x31\xc0\xc3", 7);
	self.ctl->progs[i].type = 1;
	self.ctl->progs[i].code = MACHINE_CTL_CODE + 64 * (uint64_t)i;
	list[0] = 1;
	list[1] = (uint32_t)i;
}

static void put_region(uint64_t blob)
{
	const struct agent_header *header = (const void *)agent_blob;
	uint64_t near = ((uintptr_t)put_region & ~0xfffull) - (64 << 20);

	self.region = map((void *)near, MACHINE_REGION_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC,
			  MAP_PRIVATE | MAP_FIXED_NOREPLACE);
	self.region->magic = STUB_REGION_MAGIC;
	for (int i = 0; i < AGENT_ENTRIES; i++)
		self.region->entries[i] = blob + header->entries[i];
	self.region->used = sizeof(struct stub_region);
}

int self_open(void **state)
{
	size_t blob_size = (agent_blob_size + AGENT_PAGE - 1) & ~(size_t)(AGENT_PAGE - 1);
	uint8_t *blob;

	self.ctl = map((void *)CTL_AT, MACHINE_CTL_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC,
		       MAP_SHARED | MAP_FIXED_NOREPLACE);
	self.data = map((void *)(CTL_AT + MACHINE_CTL_SIZE), MACHINE_DATA_SIZE,
			PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED_NOREPLACE);
	self.ctl->magic = MACHINE_MAGIC;
	self.ctl->base = CTL_AT;
	self.ctl->cpu_flags = getauxval(AT_HWCAP2) & 2 ? MACHINE_CPU_FSGSBASE : 0;
	self.ctl->alive = offsetof(struct machine_data, alive);
	self.counts = (uint64_t *)((uint8_t *)self.data + sizeof(struct machine_data));
	for (int i = 0; i < PROGRAMS; i++)
		put_program(i);
	blob = map(NULL, blob_size + sizeof(struct agent_block), PROT_READ | PROT_WRITE,
		   MAP_PRIVATE);
	memcpy(blob, agent_blob, agent_blob_size);
	assert_int_equal(mprotect(blob, blob_size, PROT_READ | PROT_EXEC), 0);
	self.block = (struct agent_block *)(blob + blob_size);
	self.block->magic = AGENT_MAGIC;
	self.block->ctl = self.ctl;
	self.block->data = self.data;
	self.block->blob = (uintptr_t)blob;
	self.block->slot = 1;
	self.block->tgid = (uint32_t)getpid();
	put_region((uintptr_t)blob);
	*state = &self;
	return 0;
}

uint64_t self_count(const struct self *it, int program)
{
	return __atomic_load_n(&it->counts[program], __ATOMIC_SEQ_CST);
}

static void write_code(uint64_t address, const void *bytes, size_t len)
{
	uint64_t page = address & ~0xfffull;

	assert_int_equal(mprotect((void *)page, 8192, PROT_READ | PROT_WRITE | PROT_EXEC), 0);
	memcpy((void *)address, bytes, len);
	assert_int_equal(mprotect((void *)page, 8192, PROT_READ | PROT_EXEC), 0);
}

static void add_patch(struct stub_patch *patch, const uint8_t *stub, int len)
{
	struct stub_region *region = self.region;
	uint8_t jump[16];

	assert_in_range(len, 1, STUB_MAX);
	assert_true(region->used + STUB_MAX < MACHINE_REGION_SIZE);
	memcpy((uint8_t *)region + region->used, stub, (size_t)len);
	patch->stub = region->used;
	memset(jump, 0xcc, sizeof(jump));
	stub_jump(jump, patch->address, (uintptr_t)region + region->used);
	region->patches[region->npatches++] = *patch;
	region->used += ((uint32_t)len + 15) & ~15u;
	write_code(patch->address, jump, patch->len);
}

void self_hook(struct self *it, void *function, int entry, int ret)
{
	struct stub_code code = {(uintptr_t)function, function, 64, function, 64};
	struct stub_patch patch;
	uint8_t stub[STUB_MAX];
	const char *why = NULL;
	int len = stub_function(stub, (uintptr_t)it->region + it->region->used,
				(uintptr_t)it->region, &code, 7, ret >= 0 ? STUB_RETURNS : 0, &patch, &why);

	if (len < 0)
		fail_msg("%s", why);
	it->ctl->hooks[7].entry = entry < 0 ? 0 : (machine_list)LIST_AT(entry);
	it->ctl->hooks[7].ret = ret < 0 ? 0 : (machine_list)LIST_AT(ret);
	add_patch(&patch, stub, len);
}

static int hook_site(void *arg, const struct x86_site *site)
{
	struct stub_code code = {site->patch, (const uint8_t *)site->patch, 64, NULL, 0};
	struct stub_patch patch;
	uint8_t stub[STUB_MAX];
	const char *why = NULL;
	int len = stub_syscall(stub, (uintptr_t)self.region + self.region->used,
			       (uintptr_t)self.region, site, &code, &patch, &why);

	if (len < 0)
		fail_msg("%s", why);
	add_patch(&patch, stub, len);
	(void)arg;
	return 0;
}

void self_hook_syscalls(struct self *it, const uint8_t *code, size_t size, uint32_t number,
			int enter, int leave)
{
	it->ctl->sys_enter[number] = (machine_list)LIST_AT(enter);
	it->ctl->sys_exit[number] = (machine_list)LIST_AT(leave);
	assert_int_equal(x86_find_sites(code, size, (uintptr_t)code, hook_site, NULL), 0);
}

void self_unhook(struct self *it)
{
	for (uint32_t i = 0; i < it->region->npatches; i++) {
		const struct stub_patch *patch = &it->region->patches[i];

		write_code(patch->address, patch->original, patch->len);
	}
	it->region->npatches = 0;
	memset((void *)it->ctl->hooks, 0, sizeof(it->ctl->hooks));
	memset((void *)it->ctl->sys_enter, 0, sizeof(it->ctl->sys_enter));
	memset((void *)it->ctl->sys_exit, 0, sizeof(it->ctl->sys_exit));
}
