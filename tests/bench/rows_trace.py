# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""skep trace beside bpftrace: starting and ending, memory, size."""
import os

from frame import Unmeasured, row

EXIT = 'BEGIN { exit(); }'


def start_and_end(bench):
    """Timed once for the rows that share it."""
    bench.root()
    if not os.path.exists(bench.skep):
        raise Unmeasured(f'{bench.skep} is not built')
    if not hasattr(bench, 'start_figures'):
        peer = bench.peer('bpftrace')
        bench.start_figures = bench.time({
            'skep': [bench.skep, 'trace', '-e', EXIT],
            'bpftrace': peer and [peer, '-e', EXIT],
        })
    return bench.start_figures


@row('BEGIN { exit(); }: start to end', 'ms')
def start_to_end(bench):
    return bench.pick(start_and_end(bench), 'wall_us', 1e-3)


@row('BEGIN { exit(); }: largest resident memory', 'MiB')
def resident(bench):
    return bench.pick(start_and_end(bench), 'maxrss_kib', 1 / 1024)
