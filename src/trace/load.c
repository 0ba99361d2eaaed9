// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Creates the maps of a plan and loads its programs.
 *
 * Maps come first, in order; then each program's instructions are copied and the map
 * descriptors written into the copy. The verifier's log is only asked for when a load has
 * failed: it makes loading slower.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <skep/abi.h>

#include "trace/session.h"

#define LICENSE	  "Dual BSD/GPL"
#define LOG_SIZE  (4u << 20)
#define LOG_LINES 12

void trace_map_name(const struct lang_map *map, char name[16])
{
	const char *prefix = "", *rest = map->name;
	size_t n, i;

	switch (map->kind) {
	case LANG_MAP_SCRATCH: rest = "skep_scratch"; break;
	case LANG_MAP_GLOBALS: rest = "skep_globals"; break;
	case LANG_MAP_RING: rest = "skep_ring"; break;
	default: break;
	}
	if (rest[0] == '@') {
		prefix = "at_";
		rest++;
	}
	n = strlen(prefix);
	memcpy(name, prefix, n);
	for (i = 0; rest[i] && n < 15; i++, n++) {
		unsigned char c = (unsigned char)rest[i];

		name[n] = isalnum(c) || c == '_' || c == '.' ? (char)c : '_';
	}
	name[n] = 0;
}

static const char *privilege_hint(int err)
{
	if (err == -EPERM || err == -EACCES)
		return trace_missing_privilege();
	if (err == -E2BIG || err == -ENOMEM)
		return "use fewer or shorter keys, or lower SKEP_MAX_MAP_KEYS";
	return NULL;
}

static int create_map(struct trace_session *s, uint32_t i)
{
	const struct lang_map *map = &s->plan->maps[i];
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = map->map_flags);
	char name[16];
	int fd;

	if (map->storage == LANG_STORE_GLOBAL)
		return 0;
	trace_map_name(map, name);
	fd = bpf_map_create(map->type, name, map->key_size, map->value_size, map->max_entries,
			    &opts);
	if (fd < 0)
		return trace_fail(s->failure, fd, privilege_hint(fd), "cannot create the map %s",
				  map->name && *map->name ? map->name : name);
	s->map_fds[i] = fd;
	return 0;
}

/* The globals: mapped where the map allows it, else a copy. */
static int open_globals(struct trace_session *s)
{
	const struct lang_map *map;
	long page = sysconf(_SC_PAGESIZE);
	size_t size;
	void *p;

	if (s->plan->globals == LANG_NONE)
		return 0;
	map = &s->plan->maps[s->plan->globals];
	if (map->map_flags & BPF_F_MMAPABLE) {
		size = (map->value_size + (size_t)page - 1) & ~((size_t)page - 1);
		p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
			 s->map_fds[s->plan->globals], 0);
		if (p != MAP_FAILED) {
			s->globals = p;
			s->globals_mapped = size;
			return 0;
		}
	}
	s->globals = calloc(1, map->value_size);
	return s->globals ? 0 : -ENOMEM;
}

/*
 * bpf_for_each_map_elem() takes a function, and the kernel wants functions described: a BTF of
 * int main(void *ctx) and long callback(void *, void *, void *, void *).
 */
static int callback_btf(int *fd, uint32_t types[2])
{
	LIBBPF_OPTS(bpf_btf_load_opts, opts);
	struct btf *btf = btf__new_empty();
	int int_id, long_id, ptr_id, main_id, callback_id, err;
	const void *raw;
	uint32_t size;

	if (!btf)
		return -errno;
	int_id = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	long_id = btf__add_int(btf, "long", 8, BTF_INT_SIGNED);
	ptr_id = btf__add_ptr(btf, 0);
	main_id = btf__add_func_proto(btf, int_id);
	err = btf__add_func_param(btf, "ctx", ptr_id);
	callback_id = btf__add_func_proto(btf, long_id);
	for (const char *const *name = (const char *const[]){"map", "key", "value", "ctx", NULL};
	     !err && *name; name++)
		err = btf__add_func_param(btf, *name, ptr_id);
	main_id = btf__add_func(btf, "main", BTF_FUNC_STATIC, main_id);
	callback_id = btf__add_func(btf, "callback", BTF_FUNC_STATIC, callback_id);
	raw = btf__raw_data(btf, &size);
	if (err || int_id < 0 || long_id < 0 || ptr_id < 0 || main_id < 0 || callback_id < 0 ||
	    !raw) {
		btf__free(btf);
		return -ENOMEM;
	}
	types[0] = (uint32_t)main_id;
	types[1] = (uint32_t)callback_id;
	*fd = bpf_btf_load(raw, size, &opts);
	btf__free(btf);
	return *fd < 0 ? *fd : 0;
}

/* A descriptor of the BTF of kernel module @name. */
static int module_btf(const char *name)
{
	uint32_t id = 0;
	int fd, err;

	while (!(err = bpf_btf_get_next_id(id, &id))) {
		char found[64] = "";
		struct bpf_btf_info info = {.name = (uintptr_t)found, .name_len = sizeof(found)};
		uint32_t len = sizeof(info);

		fd = bpf_btf_get_fd_by_id(id);
		if (fd == -ENOENT)
			continue; /* gone since */
		if (fd < 0)
			return fd;
		if (!bpf_obj_get_info_by_fd(fd, &info, &len) && info.kernel_btf &&
		    !strcmp(found, name))
			return fd;
		close(fd);
	}
	return err;
}

static const struct lang_attach *first_attach(const struct lang_plan *plan, uint32_t program)
{
	uint32_t i;

	for (i = 0; i < plan->nattaches; i++) {
		if (plan->attaches[i].program == program)
			return &plan->attaches[i];
	}
	return NULL;
}

static int patch(struct trace_session *s, const struct lang_program *program,
		 struct bpf_insn *insns)
{
	uint32_t i;

	memcpy(insns, program->insns, program->ninsns * sizeof(*insns));
	for (i = 0; i < program->nrelocs; i++) {
		const struct lang_reloc *reloc = &program->relocs[i];

		if (reloc->map >= s->plan->nmaps || reloc->insn + 1 >= program->ninsns)
			return -EINVAL;
		insns[reloc->insn].src_reg =
			reloc->kind == LANG_RELOC_MAP ? BPF_PSEUDO_MAP_FD : BPF_PSEUDO_MAP_VALUE;
		insns[reloc->insn].imm = s->map_fds[reloc->map];
	}
	return 0;
}

/* Keeps the last lines: the verifier says at the end what it did not like. */
static char *log_tail(char *log)
{
	size_t len = strlen(log), lines = 0, i;

	for (i = len; i; i--) {
		if (log[i - 1] == '\n' && i != len && ++lines == LOG_LINES)
			break;
	}
	return strdup(log + i);
}

static const char *load_hint(int err)
{
	if (err == -EPERM || err == -EACCES) {
		const char *hint = trace_missing_privilege();

		if (hint)
			return hint;
	}
	if (err == -EPERM)
		return "the caller has every capability: the kernel's configuration or policy "
		       "forbids programs of this type";
	return "this is a fault of skep, not of the script: please report it with the script";
}

/* What bpf_prog_load() takes besides the instructions. */
struct load {
	struct bpf_prog_load_opts opts;
	struct bpf_func_info func_info[2];
	int btf_fd, module_fd;
};

static int prepare(struct trace_session *s, uint32_t i, struct load *load)
{
	const struct lang_program *program = &s->plan->programs[i];
	uint32_t types[2] = {0, 0};
	int err;

	load->opts.sz = sizeof(load->opts);
	if (program->type == BPF_PROG_TYPE_TRACING) {
		load->opts.attach_btf_id = program->attach_btf_id;
		if (program->attach_module) {
			load->module_fd = module_btf(program->attach_module);
			if (load->module_fd < 0)
				return trace_fail(s->failure, load->module_fd, NULL,
						  "cannot find the types of kernel module %s",
						  program->attach_module);
			load->opts.attach_btf_obj_fd = (uint32_t)load->module_fd;
		}
	}
	if (!program->callback)
		return 0;
	err = callback_btf(&load->btf_fd, types);
	if (err)
		return trace_fail(s->failure, err, privilege_hint(err),
				  "cannot describe the functions of a program");
	load->func_info[1].insn_off = program->callback;
	load->func_info[0].type_id = types[0];
	load->func_info[1].type_id = types[1];
	load->opts.prog_btf_fd = (uint32_t)load->btf_fd;
	load->opts.func_info = load->func_info;
	load->opts.func_info_cnt = 2;
	load->opts.func_info_rec_size = sizeof(load->func_info[0]);
	return 0;
}

static int report_load(struct trace_session *s, uint32_t i, struct load *load,
		       enum bpf_prog_type type, const struct bpf_insn *insns, int err)
{
	const struct lang_program *program = &s->plan->programs[i];
	const struct lang_attach *attach = first_attach(s->plan, i);
	const char *hint = load_hint(err);
	char *log = NULL;
	int fd;

	/* Without the privilege the verifier never ran. */
	if (err != -EPERM)
		log = calloc(1, LOG_SIZE);
	if (log) {
		load->opts.log_buf = log;
		load->opts.log_size = LOG_SIZE;
		load->opts.log_level = 1;
		fd = bpf_prog_load(type, program->name, LICENSE, insns, program->ninsns,
				   &load->opts);
		if (fd >= 0)
			close(fd);
		/* An empty log: the fault was none of the verifier's. */
		if (*log && !s->failure->text)
			s->failure->log = log_tail(log);
		else if (err != -EACCES)
			hint = err == -EINVAL ? "this kernel may lack the program type"
					      : privilege_hint(err);
		free(log);
	}
	return trace_fail(s->failure, err, hint, "the kernel refused the program of %s (line %u)",
			  attach ? attach->probe : program->name, program->line);
}

static int load_program(struct trace_session *s, uint32_t i, enum bpf_prog_type type,
			enum bpf_attach_type expected, bool quiet)
{
	const struct lang_program *program = &s->plan->programs[i];
	struct load load = {.btf_fd = -1, .module_fd = -1};
	struct bpf_insn *insns;
	int fd;

	insns = malloc(program->ninsns * sizeof(*insns));
	fd = insns ? patch(s, program, insns) : -ENOMEM;
	if (fd)
		fd = trace_fail(s->failure, fd, NULL, "cannot load the program of line %u",
				program->line);
	else
		fd = prepare(s, i, &load);
	if (fd)
		goto out;
	load.opts.expected_attach_type = expected;
	fd = bpf_prog_load(type, program->name, LICENSE, insns, program->ninsns, &load.opts);
	if (fd < 0 && !quiet)
		fd = report_load(s, i, &load, type, insns, fd);
out:
	if (load.btf_fd >= 0)
		close(load.btf_fd);
	if (load.module_fd >= 0)
		close(load.module_fd);
	free(insns);
	return fd;
}

int trace_reload(struct trace_session *s, uint32_t i, enum bpf_prog_type type,
		 enum bpf_attach_type attach)
{
	int fd = load_program(s, i, type, attach, false);

	if (fd < 0)
		return fd;
	close(s->prog_fds[i]);
	s->prog_fds[i] = fd;
	s->multi[i] = false;
	return 0;
}

/*
 * The attach type with which one link serves all probes of program @i; 0 where each is to be
 * attached alone. A multi link with a pid counts only one thread on Linux 6.6 to 6.9, so a
 * uprobe of one process is attached alone.
 */
static enum bpf_attach_type multi_type(const struct trace_session *s, uint32_t i)
{
	const struct lang_attach *first = first_attach(s->plan, i), *attach;
	uint32_t j, n = 0;

	if (!first || s->plan->programs[i].type != BPF_PROG_TYPE_KPROBE)
		return 0;
	for (j = 0; j < s->plan->nattaches; j++) {
		attach = &s->plan->attaches[j];
		if (attach->program != i)
			continue;
		n++;
		if (attach->kind != first->kind)
			return 0;
		if ((attach->kind == LANG_ATTACH_KPROBE || attach->kind == LANG_ATTACH_KRETPROBE) &&
		    (attach->offset || !attach->name))
			return 0;
		if ((attach->kind == LANG_ATTACH_UPROBE || attach->kind == LANG_ATTACH_URETPROBE) &&
		    (!attach->target || !first->target || strcmp(attach->target, first->target)))
			return 0;
	}
	if (n < 2)
		return 0;
	if (first->kind == LANG_ATTACH_KPROBE || first->kind == LANG_ATTACH_KRETPROBE)
		return BPF_TRACE_KPROBE_MULTI;
	return s->options->pid || s->options->command ? 0 : ABI_TRACE_UPROBE_MULTI;
}

static int load_one(struct trace_session *s, uint32_t i)
{
	const struct lang_program *program = &s->plan->programs[i];
	enum bpf_attach_type multi = multi_type(s, i);
	int fd = -EINVAL;

	if (multi) {
		fd = load_program(s, i, program->type, multi, true);
		s->multi[i] = fd >= 0;
	}
	if (fd < 0 && !s->failure->text)
		fd = load_program(s, i, program->type, program->expected_attach_type, false);
	if (fd < 0)
		return fd;
	s->prog_fds[i] = fd;
	if (s->options->verbose)
		fprintf(s->options->verbose, "loaded %s: %u instructions (line %u)\n",
			program->name, program->ninsns, program->line);
	return 0;
}

/* Every probe on every CPU may need a descriptor; the kernel's default is 1024. */
static void raise_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static int *descriptors(uint32_t n)
{
	int *fds = malloc((n + 1) * sizeof(*fds));
	uint32_t i;

	for (i = 0; fds && i < n; i++)
		fds[i] = -1;
	return fds;
}

int trace_load(struct trace_session *s)
{
	const struct lang_plan *plan = s->plan;
	uint32_t i;
	int err = 0;

	s->map_fds = descriptors(plan->nmaps);
	s->prog_fds = descriptors(plan->nprograms);
	s->multi = calloc(plan->nprograms + 1, sizeof(*s->multi));
	s->zeroed = calloc(plan->nmaps + 1, sizeof(*s->zeroed));
	if (!s->map_fds || !s->prog_fds || !s->multi || !s->zeroed)
		return trace_fail(s->failure, -ENOMEM, NULL, "cannot load");
	if (plan->nattaches + plan->nmaps + plan->nprograms > 200)
		raise_files();
	for (i = 0; !err && i < plan->nmaps; i++)
		err = create_map(s, i);
	if (!err) {
		err = open_globals(s);
		if (err)
			trace_fail(s->failure, err, NULL, "cannot map the script's variables");
	}
	for (i = 0; !err && i < plan->nprograms; i++)
		err = load_one(s, i);
	return err;
}

static void close_all(int *fds, uint32_t n)
{
	uint32_t i;

	for (i = 0; fds && i < n; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
	free(fds);
}

void trace_unload(struct trace_session *s)
{
	if (s->globals_mapped)
		munmap(s->globals, s->globals_mapped);
	else
		free(s->globals);
	close_all(s->prog_fds, s->plan->nprograms);
	close_all(s->map_fds, s->plan->nmaps);
	free(s->multi);
	free(s->zeroed);
}
