#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""The scripts that guard the seam find what they are there to find.

usage: checks.py TREE

Each case is a small tree with one fault, or none, and what must be said of it.
"""
import pathlib
import subprocess
import sys
import tempfile

INCLUDES = [
    ({'src/lang/a.c': '#include <skep/btf.h>\n#include "lang/b.h"\n#include <stdio.h>\n'}, None),
    ({'src/lang/a.c': '#include <skep/kit_output.h>\n'}, 'lang may not include kit'),
    ({'src/lang/a.c': '#include <bpf/libbpf.h>\n'}, 'lang may not include libbpf'),
    ({'src/isa/sub/a.h': '#  include <skep/btf.h>\n'}, 'src/isa/sub/a.h:1'),
    ({'src/trace/a.c': '#include "lang/ir/ir.h"\n'}, 'private to src/lang/'),
    ({'src/cli/a.c': '#include <skep/trace.h>\n#include <bpf/bpf.h>\n'}, None),
    ({'include/skep/isa.h': '#include <skep/lang.h>\n'}, 'isa may not include lang'),
    ({'src/kit/a.c': '#include <skep/lang_format.h>\n'}, None),
    ({'src/kit/a.c': '#include <skep/lang.h>\n'}, 'kit may not include lang'),
    ({'src/attic/a.c': '\n'}, '"attic" is not a room'),
    ({'src/cli/a.c': '#include <skep/misc.h>\n'}, 'belongs to no room'),
    ({'README': '\n'}, 'no sources found'),
]

RAW = [
    ({'src/kit/a.c': '/* syscall(__NR_bpf) */\nconst char *s = "__NR_bpf";\n'}, None),
    ({'src/kit/a.c': '\n/*\n*/ x = syscall(SYS_gettid);\n'}, 'src/kit/a.c:3: "syscall("'),
    ({'src/trace/a.c': 'long n = __NR_bpf;\n'}, '"__NR_bpf"'),
    ({'src/trace/a.c': 'long n = SYS_perf_event_open;\n'}, 'abi_perf_event_open()'),
    ({'src/trace/a.c': '__real_close(1);\n'}, 'only the seam calls past itself'),
    ({'src/trace/a.c': '__asm__ volatile("syscall");\n'}, 'no system calls by hand'),
    ({'src/abi/backend/fault.c': 'int n = __NR_bpf;\n'}, '"__NR_bpf"'),
    ({'src/abi/backend/kernel.c': '__real_syscall(__NR_bpf);\n'}, None),
]

GOOD = 'close wrapped\nmemcpy pure\n'
LISTS = [
    (GOOD, ['close'], None),
    ('close wrapped\n', ['close'], 'imports "memcpy", which nobody has reviewed'),
    (GOOD, [], 'close is said to be wrapped'),
    (GOOD, ['close', 'memcpy'], 'memcpy is wrapped, but said to be pure'),
    (GOOD + 'time system\n', ['close'], 'say why'),
    (GOOD + 'time harmless\n', ['close'], 'want "symbol class why"'),
    (GOOD + 'close wrapped\n', ['close'], 'listed twice'),
]

failed = []


def expect(what, done, said):
    ok = done.returncode == 0 and not done.stderr if said is None else \
        done.returncode == 1 and said in done.stderr
    if not ok:
        failed.append(f'{what}: want {said!r}, got {done.returncode} {done.stderr!r}')


def run(*command):
    return subprocess.run([str(c) for c in command], capture_output=True, text=True)


def trees(script, cases):
    for files, said in cases:
        with tempfile.TemporaryDirectory() as folder:
            for name, text in files.items():
                path = pathlib.Path(folder) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            expect(f'{script.name} {files}', run(script, folder), said)


def imports(script):
    """An archive that imports close and memcpy, and a symbol of its own."""
    source = ('void *memcpy(void *, const void *, unsigned long); int close(int); int own(void);\n'
              'int f(void *p, unsigned long n) { memcpy(p, p, n); return close(own()); }\n')
    with tempfile.TemporaryDirectory() as folder:
        at = pathlib.Path(folder)
        (at / 'a.c').write_text(source)
        (at / 'b.c').write_text('int own(void); int own(void) { return 0; }\n')
        for name in 'ab':
            run('cc', '-fno-builtin', '-c', at / f'{name}.c', '-o', at / f'{name}.o')
        run('ar', 'rc', at / 'x.a', at / 'a.o', at / 'b.o')
        for text, wrapped, said in LISTS:
            (at / 'list').write_text(text)
            done = run(script, at / 'x.a', at / 'list', at / 'stamp', *wrapped)
            expect(f'{script.name} {text!r}', done, said)


scripts = pathlib.Path(sys.argv[1]) / 'scripts'
trees(scripts / 'check-includes', INCLUDES)
trees(scripts / 'check-raw-bpf', RAW)
imports(scripts / 'check-libbpf-imports')
print('\n'.join(failed))
sys.exit(1 if failed else 0)
