# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""skep trace beside bpftrace: starting and ending, memory, size, and what an event
costs. The scripts are written so that bpftrace 0.17 takes them, too (args->x)."""
import os
import subprocess
import tempfile

from frame import row

EXIT = 'BEGIN { exit(); }'

# What is printed last comes from the program that calls exit().
PROMPT = '''tracepoint:sched:sched_switch { @[args->next_pid] = count(); }
interval:ms:200 { printf("last\\n"); exit(); }'''

TWO_PROBES = EXIT + '''
tracepoint:block:block_rq_issue { @start[args->dev, args->sector] = nsecs; }
tracepoint:block:block_rq_complete /@start[args->dev, args->sector]/ {
    printf("%-7d %d %d us\\n", args->dev, args->sector,
           (nsecs - @start[args->dev, args->sector]) / 1000);
    delete(@start[args->dev, args->sector]);
}'''

EIGHT_LINES = '''tracepoint:raw_syscalls:sys_enter /pid == {n}/ {{
    $now = nsecs;
    @start{n}[tid] = $now;
    @calls{n}[comm] = count();
    if (args->id > {n} && $now != 0) {{
        printf("%s %d %d\\n", comm, pid, args->id);
    }}
}}
'''
HUNDRED_LINES = EXIT + '\n' + ''.join(EIGHT_LINES.format(n=n) for n in range(12)) + \
    'END {\n    clear(@start1);\n}\n'

COUNT = 'tracepoint:raw_syscalls:sys_enter { @ = count(); }'
BY_COMM = 'tracepoint:raw_syscalls:sys_enter { @[comm] = count(); }'
PLUS_PLUS = 'tracepoint:raw_syscalls:sys_enter { @[comm]++; }'
HIST = 'tracepoint:syscalls:sys_enter_read { @ = hist(args->count); }'
ONE_CALL = 'tracepoint:syscalls:sys_enter_getppid { @ = count(); }'
PRINTF = 'tracepoint:syscalls:sys_enter_getppid /pid == %PID%/ ' \
         '{ printf("ev %d %s\\n", pid, comm); }'


@row('BEGIN { exit(); }: start to end', 'ms')
def start_to_end(bench):
    return bench.pick(bench.time(bench.tracers(EXIT)), 'wall_us', scale=1e-3)


@row('BEGIN { exit(); }: CPU time', 'ms')
def start_cpu(bench):
    return bench.pick(bench.time(bench.tracers(EXIT)), 'user_us', 'sys_us', scale=1e-3)


@row('BEGIN { exit(); }: largest resident memory', 'MiB')
def resident(bench):
    return bench.pick(bench.time(bench.tracers(EXIT)), 'maxrss_kib', scale=1 / 1024)


@row('program and its libraries, stripped', 'MB')
def size(bench):
    sizes = {}
    for tool, argv in bench.tracers(EXIT).items():
        chroot = argv[:2] if argv[0] == 'chroot' else []
        root, path = (chroot[1], argv[2]) if chroot else ('', argv[0])
        ldd = subprocess.run([*chroot, 'ldd', path], stdout=subprocess.PIPE, text=True,
                             stderr=subprocess.DEVNULL).stdout
        libraries = [word for line in ldd.splitlines() for word in line.split()
                     if word.startswith('/')]
        with tempfile.NamedTemporaryFile() as out:
            subprocess.run(['strip', '-o', out.name, root + path], check=True)
            total = os.stat(out.name).st_size
        if libraries:
            libraries = subprocess.run([*chroot, 'realpath', *libraries], check=True, text=True,
                                       stdout=subprocess.PIPE).stdout.split()
        sizes[tool] = (total + sum(os.stat(root + lib).st_size for lib in set(libraries))) / 1e6
    return sizes


@row('two tracepoints, latency between them: start to end', 'ms')
def two_probes(bench):
    return bench.pick(bench.time(bench.tracers(TWO_PROBES)), 'wall_us', scale=1e-3)


@row('script of 100 lines, compiled and loaded: CPU time', 'ms')
def hundred_lines(bench):
    return bench.pick(bench.time(bench.tracers(HUNDRED_LINES)), 'user_us', 'sys_us', scale=1e-3)


def prompt(bench):
    return bench.measure('promptback', ['-n', str(bench.runs), 'last'], bench.tracers(PROMPT))


@row('exit() to the prompt, a tracepoint with args', 'ms')
def prompt_back(bench):
    return bench.pick(prompt(bench), 'after_us', scale=1e-3)


@row('exit() to the prompt, the worst', 'ms')
def prompt_worst(bench):
    return bench.pick(prompt(bench), 'worst_us', scale=1e-3)


def events(bench, script):
    """What an event of the script costs."""
    call = 'read' if script == HIST else 'getppid'
    rounds = str(max(1, bench.runs // 2))
    return bench.measure('eventcost', ['-r', rounds, '-c', call], bench.tracers(script))


def event_rows(name, script, others=False):
    """The rows of one script. others: those of calls that it did not ask for, too."""
    @row(f'{name}: program, over an empty one', 'ns')
    def run_time(bench):
        figures = events(bench, script)
        return {tool: f['run_ns'] - figures['']['run_ns'] for tool, f in figures.items() if tool}

    @row(f'{name}: added to a traced call', 'ns')
    def traced_call(bench):
        return bench.pick(events(bench, script), 'call_ns')

    if others:
        @row(f'{name}: added to other calls', 'ns')
        def other_call(bench):
            return bench.pick(events(bench, script), 'other_call_ns')

    @row(f'{name}: instructions', '')
    def instructions(bench):
        return bench.pick(events(bench, script), 'insns')

    @row(f'{name}: bytes of machine code', '')
    def jited(bench):
        return bench.pick(events(bench, script), 'jited')


event_rows('@ = count()', COUNT)
event_rows('@[comm] = count()', BY_COMM)
event_rows('@[comm]++', PLUS_PLUS)
event_rows('one call, @ = hist(args.count)', HIST, others=True)
event_rows('one call, @ = count()', ONE_CALL, others=True)


@row('printf: events a second without loss (more is better)', '')
def printf_rate(bench):
    # bpftrace 0.17 has a buffer for each processor, the others one for all.
    env = {'SKEP_RING_BYTES': str(256 << 10), 'BPFTRACE_PERF_RB_PAGES': '64'}
    rounds = str(max(1, bench.runs // 3))
    return bench.pick(bench.measure('rate', ['-r', rounds], bench.tracers(PRINTF), env),
                      'per_second')
