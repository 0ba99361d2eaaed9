// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * dlopen LIBRARY: loads it, calls what is hooked in it, unloads it; several times.
 */
#include "target.h"

#include <dlfcn.h>
#include <stdio.h>

enum { TIMES = 4, CALLS = 50 };

static void use(const char *path)
{
	void *lib = dlopen(path, RTLD_NOW);
	void (*lib_ppid)(void);
	long (*lib_call)(long);
	long *lib_calls;

	if (!lib)
		fprintf(stderr, "%s\n", dlerror());
	target_need(lib, "dlopen");
	*(void **)&lib_call = dlsym(lib, "lib_call");
	*(void **)&lib_ppid = dlsym(lib, "lib_ppid");
	lib_calls = dlsym(lib, "lib_calls");
	target_need(lib_call && lib_ppid && lib_calls, "dlsym");
	for (int i = 0; i < CALLS; i++) {
		target_need(lib_call(i) == i + 2, "lib_call's result");
		lib_ppid();
		target_count_ppids(2);
	}
	target_count_lib(*lib_calls);
	dlclose(lib);
}

int main(int argc, char **argv)
{
	target_begin();
	target_need(argc == 2, "usage: dlopen LIBRARY;");
	target_ready();
	for (int i = 0; i < TIMES; i++) {
		use(argv[1]);
		target_work(20);
	}
	printf("loaded %d times\n", TIMES);
	return target_end(51);
}
