// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Fuzzes the compiler: the input as a script, compiled for a made-up system with BTF, and
 * for one without. All stages are dumped and messages printed, so that what one pass
 * leaves behind is read. What comes out must be well-formed instructions.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skep/isa.h>
#include <skep/lang.h>

#include "unit/lang/fake_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_plan(const struct lang_plan *plan)
{
	for (uint32_t i = 0; i < plan->nprograms; i++) {
		const struct lang_program *prog = &plan->programs[i];
		struct isa_error where;

		if (isa_check(prog->insns, prog->ninsns, &where))
			abort();
		for (uint32_t r = 0; r < prog->nrelocs; r++)
			if (prog->relocs[r].map >= plan->nmaps ||
			    prog->relocs[r].insn + 1 >= prog->ninsns)
				abort();
	}
	for (uint32_t i = 0; i < plan->nattaches; i++)
		if (plan->attaches[i].program >= plan->nprograms)
			abort();
}

static void compile(const uint8_t *data, size_t len, struct fake_world *fake, FILE *sink)
{
	static const char *const params[] = {"one", "2"};
	struct lang_options options = {
		.params = params,
		.nparams = 2,
		.cpid = 7,
		.allow_unsafe = true,
		.ncpus = 2,
		.dump = (1u << LANG_STAGE_COUNT) - 1,
		.dump_file = sink,
	};
	struct lang_messages messages;
	struct lang_plan *plan;
	int err = lang_compile("fuzz", (const char *)data, len, &fake->world, &options, &plan,
			       &messages);

	if (err == -EBADMSG || (err == -EINVAL) != (messages.nerrors > 0) || messages.count > 40)
		abort();
	if (!err)
		check_plan(plan);
	for (size_t i = 0; i < messages.count; i++)
		lang_message_print(&messages.list[i], sink);
	lang_messages_free(&messages);
	lang_plan_free(plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct fake_world with_btf, without;
	static FILE *sink;

	if (!sink) {
		sink = fopen("/dev/null", "w");
		if (!sink || !fake_world_open(&with_btf, true) || !fake_world_open(&without, false))
			abort();
		without.features = 0;
	}
	compile(data, len, &with_btf, sink);
	compile(data, len, &without, sink);
	return 0;
}
