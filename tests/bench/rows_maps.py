# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Map operations of skep's machine beside the kernel's, by the same program in a loop."""
import json
import os
import subprocess

from frame import Unmeasured, row

NAMES = ('array lookup', 'per-CPU array lookup', 'hash lookup', 'hash update',
         'hash insert and delete', 'per-CPU hash lookup', 'LRU hash update',
         'ring buffer, 1 producer', 'ring buffer, 2 producers', 'ring buffer, 8 producers')


def figures(bench):
    """What tests/bench/maps prints, measured once for all rows."""
    if 'maps' not in bench.kept:
        bench.root()
        program = f'{bench.build}/tests/bench/maps'
        if not os.path.exists(program):
            raise Unmeasured(f'{program} is not built')
        out = subprocess.run([program], check=True, stdout=subprocess.PIPE, text=True)
        bench.kept['maps'] = {line['name']: line for line in map(json.loads, out.stdout.splitlines())}
    return bench.kept['maps']


def one(name):
    def measure(bench):
        f = figures(bench)[name]
        return {'skep machine': f['machine'], 'kernel': f['kernel'] or None}
    return measure


for _name in NAMES:
    row(f'map: {_name}', 'ns')(one(_name))
