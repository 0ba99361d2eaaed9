# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""What one hit of a probe adds to what is traced: by skep's machine, run by a user
without privilege, and by the kernel, run by root; beside bpftrace and strace."""
import json
import os
import shutil
import subprocess

from frame import Unmeasured, row

NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
PROBES = {
    'uprobe': ('call', 'uprobe:{program}:hit_target'),
    'uretprobe': ('call', 'uretprobe:{program}:hit_target'),
    'system call': ('syscall', 'tracepoint:syscalls:sys_enter_getppid'),
}
CLAUSES = {'{ }': {}, '{ @ = count(); }': {},
           '{ @[key] = count(); }': {'uprobe': 'arg0', 'uretprobe': 'retval',
                                     'system call': 'args->__syscall_nr'}}


def fastest(argv, runs):
    """ns, of the fastest of some runs."""
    best = None
    for _ in range(runs):
        done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              timeout=60)
        lines = [line for line in done.stdout.splitlines() if line.startswith('{"ns"')]
        if done.returncode or not lines:
            raise Unmeasured(f'{argv[0]}: {done.stderr.strip() or done.stdout.strip()}')
        ns = json.loads(lines[0])['ns']
        best = ns if best is None else min(best, ns)
    return best


def tools(bench, what, script, target):
    skep = [bench.skep, 'trace', '-e', script, '-c', ' '.join(target)]
    found = {'skep machine': [*NOBODY, *skep], 'skep kernel': skep}
    if shutil.which('bpftrace'):
        found['bpftrace'] = ['bpftrace', '-e', script, '-c', ' '.join(target)]
    if what == 'syscall' and shutil.which('strace'):
        found['strace'] = ['strace', '-f', '-o', '/dev/null', '-e', 'trace=getppid', *target]
    return found


def hit(name, clause):
    def measure(bench):
        bench.root()
        what, probe = PROBES[name]
        program = f'{bench.build}/tests/bench/hit'
        if not os.path.exists(program):
            raise Unmeasured(f'{program} is not built')
        target = [program, what]
        key = CLAUSES[clause].get(name, '')
        script = probe.format(program=program) + ' ' + clause.replace('key', key)
        runs = max(1, bench.runs // 3)
        plain = fastest(target, runs)
        return {tool: fastest(argv, runs) - plain
                for tool, argv in tools(bench, what, script, target).items()}
    return measure


for _name in PROBES:
    for _clause in CLAUSES:
        row(f'hit: {_name} {_clause}', 'ns')(hit(_name, _clause))
