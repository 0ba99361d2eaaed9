# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""skep's own engines beside the kernel's JIT, on the programs of machine/.

Compiled by skep every access to memory is checked as it happens, since nothing
has verified the program; the kernel's verifier has proved its accesses before.
What an empty program costs (to the kernel, some 20 ns of BPF_PROG_TEST_RUN's own)
is taken off.
"""
import glob
import json
import math
import os
import subprocess

from frame import Unmeasured, row

PROGRAMS = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'machine')


def figures(bench):
    """{program: what tests/bench/machine prints}, measured once for all rows."""
    if 'machine' not in bench.kept:
        program = f'{bench.build}/tests/bench/machine'
        if not os.path.exists(program):
            raise Unmeasured(f'{program} is not built')
        out = subprocess.run([program, PROGRAMS], check=True, stdout=subprocess.PIPE, text=True)
        lines = map(json.loads, out.stdout.splitlines())
        bench.kept['machine'] = {line['name']: line for line in lines}
    return bench.kept['machine']


def above_empty(bench, name, engine):
    value, empty = (figures(bench)[n][engine] for n in (name, 'empty'))
    if not value or not empty:
        raise Unmeasured('the kernel did not run it')
    return value - empty


def geomean(values):
    values = list(values)
    return math.exp(sum(map(math.log, values)) / len(values))


def against_kernel(name):
    def measure(bench):
        return {'skep JIT': above_empty(bench, name, 'jit'),
                'kernel JIT': above_empty(bench, name, 'kernel')}
    return measure


def per_instruction(name):
    def measure(bench):
        f = figures(bench)[name]
        return {'compiled': f['jit'] / f['executed'], 'interpreted': f['interpreter'] / f['executed']}
    return measure


NAMES = sorted(os.path.basename(p).removesuffix('.data') for p in glob.glob(f'{PROGRAMS}/*.data'))
NAMES.remove('empty')
for _name in NAMES:
    row(f'machine: {_name}', 'ns')(against_kernel(_name))


@row('machine: geometric mean', 'ns')
def mean(bench):
    return {tool: geomean(above_empty(bench, name, engine) for name in NAMES)
            for tool, engine in (('skep JIT', 'jit'), ('kernel JIT', 'kernel'))}


for _name in NAMES:
    row(f'machine: {_name}, an instruction', 'ns')(per_instruction(_name))
